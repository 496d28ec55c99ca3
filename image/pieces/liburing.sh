# io_uring without hand-made system calls.
# sources: liburing
# pieces: headers
# tools: gcc musl-gcc

unpack liburing
cd liburing
./configure --cc="musl-gcc -isystem $(piece headers)/include" --prefix=/
make -s -C src -j"$JOBS" ENABLE_SHARED=0 CFLAGS="-O2 -ffunction-sections -fdata-sections -isystem $(piece headers)/include" liburing.a
mkdir -p "$OUT/include/liburing" "$OUT/lib"
cp src/include/liburing.h "$OUT/include"
cp src/include/liburing/*.h "$OUT/include/liburing"
cp src/liburing.a "$OUT/lib"
