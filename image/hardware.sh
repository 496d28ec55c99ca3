#!/bin/sh
# hardware.sh - the PCI devices that the image's kernel drives: a line each with ids, kind, driver, whether the driver may ask for firmware
# files, and the name where Debian's pci.ids is installed; then counts by driver. From the kernel's own tables.
set -eu

aliases=$B/piece/hardware/aliases
modinfo=$B/piece/kernel/modules.builtin.modinfo
names=/usr/share/misc/pci.ids
[ -r "$names" ] || names=/dev/null
firmware=$(tr '\0' '\n' < "$modinfo" | sed -n 's/^\([a-z0-9_]*\)\.firmware=.*/\1/p' | sort -u | tr '\n' ' ')

echo "# PCI devices that this image's kernel ($(cat "$B/piece/kernel/include/config/kernel.release")) drives. A * is any; a driver marked F may ask for"
echo "# firmware files: make image FIRMWARE=\"...\" puts them in."
awk -v firmware=" $firmware" -v names="$names" '
BEGIN {
	while ((getline line < names) > 0) {
		if (line ~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f] /) {
			vendor = substr(line, 1, 4)
			name[vendor] = substr(line, 7)
		} else if (line ~ /^C /) {
			vendor = ""
		} else if (vendor != "" && line ~ /^\t[0-9a-f]/) {
			name[vendor ":" substr(line, 2, 4)] = substr(line, 8)
		}
	}
	kinds["01"] = "storage"; kinds["02"] = "network"
	sub_kind["0c03"] = "USB host"; sub_kind["0700"] = "serial"
}
# pci:v00008086d0000100Esv*sd*bc*sc*i*
function part(text, from, to,    at) {
	at = index(text, from)
	text = substr(text, at + length(from))
	return to == "" ? text : substr(text, 1, index(text, to) - 1)
}
function interface(text) { return text ~ /^..\*$/ ? substr(text, 1, 2) : text }
function short(id) { return id == "*" ? "*" : tolower(substr(id, 5)) }
{
	driver = $1
	vendor = short(part($2, ":v", "d"))
	rest = substr($2, index($2, ":v") + 2)
	device = short(part(rest, "d", "sv"))
	subsystem = short(part(rest, "sv", "sd")) ":" short(part(rest, "sd", "bc"))
	class = tolower(part(rest, "bc", "sc")) "/" tolower(part(rest, "sc", "i")) "/" interface(tolower(part(rest, "i", "")))
	ids = vendor ":" device (subsystem == "*:*" ? "" : " subsystem " subsystem) (class == "*/*/*" ? "" : " class " class)
	known = name[vendor ":" device]
	if (known == "" && vendor != "*")
		known = name[vendor]
	printf "%-44s %-18s %s  %s\n", ids, driver, index(firmware, " " driver " ") ? "F" : "-", known
	count[driver]++
}
END {
	for (driver in count)
		printf "~ %-18s %5d%s\n", driver, count[driver], index(firmware, " " driver " ") ? "  F" : ""
}' "$aliases" | LC_ALL=C sort | sed 's/^~ /# /'
echo "# $(wc -l < "$aliases") entries of $(cut -d ' ' -f 1 "$aliases" | sort -u | wc -l) drivers"
