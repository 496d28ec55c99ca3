#!/bin/sh
# machine.sh - a machine file or an argument that is wrong: one line, where, and what was expected. Nothing is booted.
. "$(dirname "$0")/lib.sh"

: > assay.efi
try() { # WHAT PATTERN, the file on standard input
	cat > m.ini
	says "$1" 2 "$2" "$assay" boot m.ini image=assay.efi accel=tcg
	check "in one line" test "$(wc -l < said.txt)" = 1
}
try "an unknown key" 'm.ini:2: cpu: unknown setting; known here: chipset' <<'END'
[machine]
cpu = 2
END
try "a bad number" 'm.ini:2: cpus=many: .*whole number from 1 to 255' <<'END'
[machine]
cpus = many
END
try "an unknown section" 'm.ini:2: .*expected' <<'END'
[machine]
[disc x]
END
try "a key outside a section" 'm.ini:1: ' <<'END'
cpus = 2
END
try "firmware that is not there" 'm.ini:2: firmware=coreboot: .*one of bios|uefi' <<'END'
[machine]
firmware = coreboot
END
try "two results disks" 'm.ini:4: at most one disk of kind results' <<'END'
[machine]
[disk a]
kind = results
[disk b]
kind = results
END
try "a key twice" 'm.ini:3: this key is there twice' <<'END'
[machine]
cpus = 2
cpus = 3
END
try "no machine" 'm.ini:1: a section \[machine\] expected' <<'END'
[peer]
END
printf '[machine]\n' > m.ini
printf '[machine]\n[nic n]\n' > n.ini
says "no such machine" 1 'No such file' "$assay" boot nowhere
says "a path is not a name" 2 'ends in .ini expected' "$assay" boot ../x
says "no machine at all" 2 'one machine expected' "$assay" boot
says "an unknown argument" 2 "unknown argument 'plam=x'; known: plan=" "$assay" boot m.ini plam=x
says "a setting beside the file that is bad" 2 'cpus=0: out of range' "$assay" boot m.ini cpus=0 image=assay.efi
says "a setting of a disk that is not there" 2 'disk.x.size: m has no disk of this name' "$assay" boot m.ini disk.x.size=1G image=assay.efi
says "a medium that is not built" 1 'assay.iso: No such file or directory; make iso builds it' "$assay" boot m.ini media=iso image=assay.efi accel=tcg
: > assay.iso
says "words for a CD" 2 'this medium boots with its own words' "$assay" boot m.ini media=iso plan=quick image=assay.efi accel=tcg
says "a tree that is not built" 1 'pxe is not there; make pxe builds it' "$assay" boot n.ini media=pxe image=assay.efi accel=tcg
says "an unknown accelerator" 2 'one of auto, kvm, tcg' "$assay" boot m.ini accel=xen image=assay.efi
says "no image" 1 'make image builds it' "$assay" boot m.ini image=none.efi
says "a bad time" 2 'seconds expected' "$assay" boot m.ini timeout=soon image=assay.efi

says "format-results" 0 'empty results partition' "$assay" format-results file=r.raw size=16M
says "again, as it is one" 0 'empty results partition' "$assay" format-results file=r.raw size=16M
echo precious > p.raw
says "not over something else" 1 'force=yes' "$assay" format-results file=p.raw
check "which is as it was" test "$(cat p.raw)" = precious
says "not on a device" 1 'a regular file expected' "$assay" format-results file=/dev/null
says "not too small" 1 'at least 8M' "$assay" format-results file=s.raw size=1M
says "no file" 2 'file=PATH expected' "$assay" format-results
finish
