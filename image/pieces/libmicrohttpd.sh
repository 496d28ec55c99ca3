# The HTTP server of `assay serve`: HTTP alone, no TLS, no forms, no passwords, no WebSocket.
# sources: libmicrohttpd
# pieces: headers
# tools: gcc musl-gcc

unpack libmicrohttpd
# Nothing is to be generated anew, as the archive's files need not be in the order of their times.
as_it_is="ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=: MAKEINFO=:"
cd libmicrohttpd
./configure -q CC=musl-gcc CFLAGS="-O2 -ffunction-sections -fdata-sections -isystem $(piece headers)/include" --prefix=/ \
	--host=x86_64-linux-musl --enable-static --disable-shared --disable-https --disable-doc --disable-examples --disable-curl \
	--disable-bauth --disable-dauth --disable-postprocessor --disable-httpupgrade --disable-cookie --enable-epoll=yes
make -s -j"$JOBS" -C src/microhttpd $as_it_is libmicrohttpd.la
make -s -C src/microhttpd $as_it_is install-libLTLIBRARIES DESTDIR="$OUT"
rm -f "$OUT"/lib/*.la
mkdir -p "$OUT/include"
cp src/include/microhttpd.h "$OUT/include"
