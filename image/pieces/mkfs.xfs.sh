# mkfs.xfs, one static file: makes the file systems that are measured. inih is compiled as mkfs.xfs expects it, not as we do.
# sources: xfsprogs
# pieces: headers libinih liburcu libblkid libuuid
# tools: gcc musl-gcc

unpack xfsprogs
mkdir inih
musl-gcc -Os -c -o inih/ini.o "$(piece libinih)/src/ini.c" -I"$(piece libinih)/include"
ar rcsD inih/libinih.a inih/ini.o
includes="-isystem $(piece libinih)/include" libraries="-L$PWD/inih"
for name in liburcu libblkid libuuid; do
	includes="$includes -isystem $(piece $name)/include"
	libraries="$libraries -L$(piece $name)/lib"
done
cd xfsprogs
# Without the definition, musl since 1.2.4 hides the names with 64 in them.
./configure -q CC=musl-gcc BUILD_CC=gcc CFLAGS="-Os -ffunction-sections -fdata-sections -D_LARGEFILE64_SOURCE $includes -isystem $(piece headers)/include" \
	LDFLAGS="-Wl,--gc-sections $libraries" --host=x86_64-linux-musl --disable-shared --disable-gettext --disable-scrub --disable-libicu \
	--enable-blkid=yes
make -s headers
make -s -j"$JOBS" libxcmd
make -s -j"$JOBS" -C mkfs mkfs.xfs LLDFLAGS=-all-static
strip -o "$OUT/mkfs.xfs" mkfs/mkfs.xfs
