# SHA-256 and friends. Compiled without its configure script, which the distribution's archive does not contain: portable C only,
# since the sums over a journal are short and never part of what is timed. Not vectorised: gcc's
# attempt at SHA-256 halves its speed where SSE is emulated (8 to 14 MB/s the other way), and every boot waits for the payload's digest.
# sources: libsodium
# tools: gcc musl-gcc

unpack libsodium
cd libsodium/src/libsodium
sed 's/@VERSION@/1.0.18/; s/@SODIUM_LIBRARY_VERSION_MAJOR@/10/; s/@SODIUM_LIBRARY_VERSION_MINOR@/3/; s/@SODIUM_LIBRARY_MINIMAL_DEF@//' \
	include/sodium/version.h.in > include/sodium/version.h
flags="-std=c99 -O2 -fno-tree-vectorize -fno-tree-slp-vectorize -ffunction-sections -fdata-sections -Iinclude -Iinclude/sodium -D_GNU_SOURCE -DCONFIGURED=1 -DSODIUM_STATIC=1"
flags="$flags -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_TI_MODE=1 -DHAVE_PTHREAD=1 -DHAVE_EXPLICIT_BZERO=1 -DHAVE_MMAP=1 -DHAVE_MLOCK=1"
flags="$flags -DHAVE_MPROTECT=1 -DHAVE_NANOSLEEP=1 -DHAVE_POSIX_MEMALIGN=1 -DHAVE_GETPID=1 -DHAVE_SYS_MMAN_H=1 -DHAVE_WEAK_SYMBOLS=1"
find . -name '*.c' | sort | xargs -P "$JOBS" -n 8 sh -ec 'for file; do
	musl-gcc '"$flags"' -c "$file" -o "$(echo "${file#./}" | tr / _).o"
done' sh
mkdir -p "$OUT/include" "$OUT/lib"
ar rcsD "$OUT/lib/libsodium.a" *.o
cp -r include/sodium.h include/sodium "$OUT/include"
rm -rf "$OUT/include/sodium/private"
