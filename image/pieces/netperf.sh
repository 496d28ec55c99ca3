# The stock netperf and its server, for the peers ring only: unpacked, not installed, and never part of the image.
# sources: netperf

"$ROOT/image/fetch.sh" netperf
dpkg-deb -x "$CACHE"/sources/netperf_*.deb unpacked
cp unpacked/usr/bin/netperf unpacked/usr/bin/netserver "$OUT"
