# common.sh - what the media's scripts share: everything that could differ from build to build is fixed here. Sourced.
set -eu

export LC_ALL=C TZ=UTC MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1
umask 022
PATH=$PATH:/usr/sbin:/sbin
# 2020-01-01, as in the initramfs; the payload says what it is, not its medium's date.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1577836800}
export SOURCE_DATE_EPOCH
modules=/usr/lib/syslinux/modules/bios
work=$out.work

begin() { # an empty work folder, gone at the end
	rm -rf "$work"
	mkdir -p "$work"
	trap 'rm -rf "$work"' EXIT
}

quietly() { # a command whose words matter only when it fails
	"$@" > "$work/said" 2>&1 || {
		cat "$work/said" >&2
		echo "${0##*/}: $1 failed" >&2
		exit 1
	}
}

same_times() { # FOLDER: of everything in it
	find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

syslinux_config() { # BOOT LINUX LOCALBOOT|none < a file of config/syslinux
	sed -e '/^#/d' -e "s,@BOOT@,$1," -e "s,@LINUX@,$2," -e "s,@LOCAL@,$3," | case $3 in none) sed '/^LABEL local/,$d' ;; *) cat ;; esac
}

# A FAT file system with the payload as the firmware's boot file, and room for NAME... beside it.
efi_partition() { # FILE FAT-BITS KIBIBYTES OPTION...
	fat=$1 bits=$2 kib=$3
	shift 3
	rm -f "$fat"
	quietly mkfs.fat -C -F "$bits" -n ASSAY -i 20200101 --invariant "$@" "$fat" "$kib"
	quietly mmd -i "$fat" ::/EFI ::/EFI/BOOT
	fat_put "$fat" "$payload" ::/EFI/BOOT/BOOTX64.EFI
}

fat_put() { # FAT FILE NAME: with the fixed time
	cp "$2" "$work/put"
	touch -d "@$SOURCE_DATE_EPOCH" "$work/put"
	quietly mcopy -m -i "$1" "$work/put" "$3"
}
