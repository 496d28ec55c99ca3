# The stock iperf and iperf3 of Debian 12 and 13, for the peers ring only: unpacked, not installed, and never part of the image. Each
# stands as one command named after its version. Debian 13's want a newer C library than Debian 12 has: they bring it along; the other
# libraries are the host's own, there by its packages iperf and iperf3.
# sources: iperf-2.1.8 iperf-2.2.1 iperf3-3.12 iperf3-3.18 libc6

libraries=usr/lib/x86_64-linux-gnu

unpack_release() { # FOLDER NAME...
	mkdir "$1"
	folder=$1
	shift
	"$ROOT/image/fetch.sh" "$@"
	for name; do
		for file in $(lock_files "$name"); do
			dpkg-deb -x "$CACHE/sources/$file" "$folder"
		done
	done
	rm -rf "$folder/usr/share" "$folder/$libraries/gconv"
}

write_command() { # NAME WORDS...
	name=$1
	shift
	printf '#!/bin/sh\nexec %s "$@"\n' "$*" > "$OUT/$name"
	chmod +x "$OUT/$name"
	"$OUT/$name" -v 2>&1 | grep -F " ${name#*-} "
}

old=$OUT/debian-12 new=$OUT/debian-13
unpack_release "$old" iperf-2.1.8 iperf3-3.12
unpack_release "$new" iperf-2.2.1 iperf3-3.18 libc6
for name in iperf-2.1.8 iperf3-3.12; do
	write_command $name env "LD_LIBRARY_PATH=$old/$libraries" "$old/usr/bin/${name%-*}"
done
for name in iperf-2.2.1 iperf3-3.18; do
	write_command $name "$new/$libraries/ld-linux-x86-64.so.2" --library-path "$new/$libraries:/$libraries" "$new/usr/bin/${name%-*}"
done
