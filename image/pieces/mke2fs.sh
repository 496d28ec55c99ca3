# mke2fs, one static file: makes the file systems that are measured and the results partition.
# sources: e2fsprogs
# pieces: headers
# tools: gcc musl-gcc

unpack e2fsprogs
# Where a C library has no lseek64, as musl since 1.2.4, its own fallback defines the wrong name.
sed -i 's/^#define llseek lseek$/#define my_llseek lseek/' e2fsprogs/lib/*/llseek.c
mkdir build
cd build
../e2fsprogs/configure -q CC=musl-gcc CFLAGS="-Os -ffunction-sections -fdata-sections -isystem $(piece headers)/include" \
	LDFLAGS="-static -Wl,--gc-sections" --disable-nls --disable-elf-shlibs --disable-debugfs --disable-imager --disable-resizer \
	--disable-defrag --disable-uuidd --disable-fuse2fs --disable-testio-debug --disable-tls --disable-tdb --disable-bmap-stats --without-libarchive \
	--enable-libblkid --enable-libuuid --with-root-prefix= --without-pthread
make -s -j"$JOBS" libs
make -s -C misc mke2fs.static || make -s -C misc mke2fs
strip -o "$OUT/mke2fs" misc/mke2fs.static || strip -o "$OUT/mke2fs" misc/mke2fs
