# busybox, one static file: an address by DHCP, and a shell when the operator asks for one.
# sources: busybox
# files: config/busybox.config
# pieces: headers
# tools: gcc musl-gcc

unpack busybox
cd busybox
export SOURCE_DATE_EPOCH=1577836800 KCONFIG_NOTIMESTAMP=1
wanted=$ROOT/config/busybox.config
make -s allnoconfig
# Its kconfig is too old to be told what to set: rewrite the answers, then have it check their dependencies.
sed 's/^# \(CONFIG_[A-Z0-9_]*\) is not set/\1=n/' .config | awk -F= '
	/^CONFIG_/ && !($1 in seen) { seen[$1]; print }' "$wanted" - | sed 's/^\(CONFIG_.*\)=n$/# \1 is not set/' > merged
cp merged .config
yes '' | make -s oldconfig
"$ROOT/image/check-config.sh" .config "$wanted"
make -s -j"$JOBS" CC=musl-gcc CFLAGS_busybox="-static" EXTRA_CFLAGS="-isystem $(piece headers)/include" busybox
cp busybox "$OUT"
