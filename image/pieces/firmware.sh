# Firmware files of network adapters, as the distribution packs them. Only what FIRMWARE= names goes into an image (image/firmware.sh).
# sources: firmware-bnx2 firmware-bnx2x firmware-misc-nonfree firmware-realtek

for name in firmware-bnx2 firmware-bnx2x firmware-misc-nonfree firmware-realtek; do
	"$ROOT/image/fetch.sh" "$name"
	file=$(lock_files "$name")
	dpkg-deb --fsys-tarfile "$CACHE/sources/$file" | tar -x -C "$OUT" ./lib/firmware "./usr/share/doc/$name"
done
