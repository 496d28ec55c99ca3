# The stock iozone, for the peers ring only: unpacked, not installed, and never part of the image.
# sources: iozone

"$ROOT/image/fetch.sh" iozone
dpkg-deb -x "$CACHE"/sources/iozone3_*.deb unpacked
cp unpacked/usr/bin/iozone "$OUT/iozone"
