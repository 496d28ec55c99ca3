# mkfs.xfs takes its atomic counters from it.
# sources: liburcu
# tools: gcc musl-gcc

unpack liburcu
# The patches are newer than what was generated from the files they touch; nothing is to be generated anew.
as_it_is="ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=:"
cd liburcu
./configure -q CC=musl-gcc CFLAGS="-Os -ffunction-sections -fdata-sections" --prefix=/ --host=x86_64-linux-musl --enable-static --disable-shared
make -s -j"$JOBS" $as_it_is -C include
make -s -j"$JOBS" $as_it_is -C src liburcu-common.la liburcu.la
mkdir "$OUT/lib"
cp src/.libs/liburcu.a "$OUT/lib"
make -s $as_it_is -C include install DESTDIR="$OUT"
