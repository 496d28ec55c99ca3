# mkfs.xfs numbers its file systems with it.
# sources: util-linux
# pieces: headers
# tools: gcc musl-gcc

unpack util-linux
# The patches are newer than what was generated from the files they touch; nothing is to be generated anew.
as_it_is="ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=:"
cd util-linux
./configure -q CC=musl-gcc CFLAGS="-Os -ffunction-sections -fdata-sections -isystem $(piece headers)/include" --prefix=/ \
	--host=x86_64-linux-musl --disable-all-programs --enable-libuuid --enable-static --disable-shared \
	--disable-nls --without-python --without-ncurses --without-ncursesw --without-tinfo --without-udev --without-systemd \
	--without-econf --without-libz --disable-bash-completion
make -s -j"$JOBS" $as_it_is libuuid.la
make -s $as_it_is install-usrlib_execLTLIBRARIES install-uuidincHEADERS DESTDIR="$OUT"
rm -f "$OUT"/lib/*.la
