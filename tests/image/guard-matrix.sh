#!/bin/sh
# guard-matrix.sh - what is on a disk, times how it is named: each signature and each state of a disk, made by the real tools or as their
# formats have it, in guests with dozens of disks. What was not named, or was refused, is unchanged, and QEMU counted no write to it.
# Prints the table: situation, naming, expected, got.
. "$(dirname "$0")/qemu.sh"
skip_without python3 cpio mke2fs mkswap mkfs.vfat mkfs.btrfs mkfs.xfs cryptsetup sfdisk mcopy xorriso

# ---- disks

luks() { # FILE TYPE
	echo secret | cryptsetup luksFormat -q --type "$2" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --batch-mode "$1" - 2> /dev/null
}
small_xfs() { # mkfs.xfs makes one below 300 MB only for its own tests
	TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q -f "$@"
}
table() { # FILE LINES: a partition table in sfdisk's words
	printf "$2" | sfdisk -q "$1"
}
into() { # FILE SECTOR COMMAND...: what the command makes of a file of 2 MB, onto the disk at this sector
	disk=$1 sector=$2
	shift 2
	truncate -s 2M part.raw
	"$@" part.raw > /dev/null
	dd if=part.raw of="$disk" bs=512 seek="$sector" conv=notrunc,sparse 2> /dev/null
	rm part.raw
}
on_disk() { # KIND FILE
	file=$2
	case $1 in
	blank | read-only | same-serial | same-wwn) ;;
	noise) head -c 8388608 /dev/urandom > "$file" ;;
	ext2 | ext3 | ext4) mke2fs -q -F -t "$1" -L precious "$file" ;;
	own-ext4 | mounted) mke2fs -q -F -t ext4 -L assay-scratch "$file" ;;
	own-xfs) small_xfs -L assayscratch "$file" ;;
	own-ext4-and-gpt) # somebody's table put back from its copy at the end would bring somebody's partitions back
		mke2fs -q -F -t ext4 -L assay-scratch "$file"
		truncate -s 8M gpt.raw
		table gpt.raw 'label: gpt\nsize=2M, name=home\n'
		dd if=gpt.raw of="$file" bs=512 skip=16351 seek=16351 conv=notrunc 2> /dev/null
		rm gpt.raw
		;;
	xfs) small_xfs -L precious "$file" ;;
	btrfs) mkfs.btrfs -q --mixed "$file" > /dev/null 2>&1 ;;
	vfat) mkfs.vfat "$file" > /dev/null ;;
	swap) mkswap "$file" > /dev/null 2>&1 ;;
	luks1 | luks2) luks "$file" "$1" ;;
	ext4-and-btrfs) mke2fs -q -F -t ext4 "$file" && printf _BHRfS_M | dd of="$file" bs=1 seek=65600 conv=notrunc 2> /dev/null ;;
	ext4-bad-sum) mke2fs -q -F -t ext4 -O metadata_csum "$file" && python3 "$here/tests/image/signatures.py" bad-checksum "$file" ;;
	gpt) table "$file" 'label: gpt\nsize=2M, name=home\n' ;;
	gpt-bare) table "$file" 'label: gpt\n' ;;
	gpt-end) table "$file" 'label: gpt\nsize=2M, name=home\n' && python3 "$here/tests/image/signatures.py" second-gpt "$file" ;;
	gpt-ext4) table "$file" 'label: gpt\nsize=2M, name=root\n' && into "$file" 2048 mke2fs -q -F -t ext4 ;;
	dos) table "$file" 'label: dos\nsize=2M\n' ;;
	iso) mkdir -p tree && echo hello > tree/file && xorriso -as mkisofs -quiet -V DATA -o "$file" tree 2> /dev/null ;;
	results) table "$file" 'label: gpt\nsize=2M, name=assay-results\nsize=2M, name=beside-results\n' && into "$file" 2048 mke2fs -q -F -t ext4 ;;
	medium-fat) mkfs.vfat "$file" > /dev/null && mmd -i "$file" ::/EFI ::/EFI/BOOT && mcopy -i "$file" "$image" ::/EFI/BOOT/BOOTX64.EFI ;;
	medium-iso) mkdir -p stick && cp "$image" stick/assay.efi && xorriso -as mkisofs -quiet -V MINE -o "$file" stick 2> /dev/null ;;
	medium-name) table "$file" 'label: gpt\nsize=2M, name=assay-boot\nsize=2M, name=beside-boot\n' ;;
	parts) table "$file" 'label: gpt\nsize=1M, name=p-free\nsize=2M, name=p-ext4\nsize=1M, name=p-same\nsize=1M, name=p-same\n' &&
		into "$file" 4096 mke2fs -q -F -t ext4 ;;
	parts-taken) table "$file" 'label: gpt\nsize=1M, name=q-free\nsize=2M, name=q-ext4\n' && into "$file" 4096 mke2fs -q -F -t ext4 ;;
	isw-parts) table "$file" 'label: gpt\nsize=2M, name=p-raid\n' && python3 "$here/tests/image/signatures.py" isw "$file" ;;
	*) python3 "$here/tests/image/signatures.py" "$1" "$file" ;;
	esac
}
size_of() {
	case $1 in
	zfs*) echo 64M ;;
	xfs | own-xfs | btrfs | medium-*) echo 32M ;;
	luks2) echo 20M ;;
	*) echo 8M ;;
	esac
}

# ---- what is asked of each

# attempt DRIVE NAMING TARGET OVER EXPECTED WORDS: one line each; "-" is nothing, "_" in WORDS a blank
attempt() { echo "$*" >> "$batch.attempts"; }
count=0
add() { # KIND DRIVE: one disk more; its serial is the drive's name, its WWN counts up
	kind=$1 drive=$2
	truncate -s "$(size_of "$kind")" "$drive.raw"
	on_disk "$kind" "$drive.raw"
	truncate -s %512 "$drive.raw"
	sha256sum < "$drive.raw" > "$drive.before"
	count=$((count + 1))
	serial=$drive wwn=0x5000c50000000$(printf %03d $count)
	case $drive in
	same-serial.*) serial=same-serial ;;
	same-wwn.*) wwn=0x5000c50000000fff ;;
	esac
	case $kind in read-only) readonly=,readonly=on ;; *) readonly= ;; esac
	bytes=$(stat -c %s "$drive.raw")
	echo "-drive if=none,id=$drive,format=raw,file=$drive.raw$readonly -device scsi-hd,bus=bus.0,drive=$drive,serial=$serial,wwn=$wwn" >> "$batch.disks"
	echo "$drive" >> "$batch.drives"
}
# refused KIND SIGNATURES WORDS: by each way to name it, and one that gives up another signature
refused() {
	add "$1" "$1.kept"
	attempt "$1.kept" serial "serial:$1.kept:$bytes" - refused "$3"
	attempt "$1.kept" size "serial:$1.kept:$((bytes + 512))" "$2" refused not_taken
	attempt "$1.kept" wwn "wwn:$wwn:$bytes" - refused "$3"
	attempt "$1.kept" other "serial:$1.kept:$bytes" minix refused "$3"
}
given_up() { # KIND SIGNATURES: with its signatures named it is taken
	add "$1" "$1.given"
	attempt "$1.given" given "serial:$1.given:$bytes" "$2" written -
	echo "$1.given" >> "$batch.written"
}
signed() { # KIND SIGNATURES
	refused "$1" "$2" "${2%%,*}"
	given_up "$1" "$2"
}
free() { # KIND: nothing speaks against it, if it is named rightly
	add "$1" "$1.kept"
	attempt "$1.kept" size "serial:$1.kept:$((bytes - 512))" - refused not_taken
	attempt "$1.kept" wwn-size "wwn:$wwn:$((bytes * 2))" - refused not_taken
	attempt "$1.kept" case "serial:$(echo "$1.kept" | tr a-z A-Z):$bytes" - refused no_disk
	attempt "$1.kept" no-size "serial:$1.kept" - refused exact_size
	attempt "$1.kept" position "/dev/disk:$bytes" - refused not_a_plain_file
	add "$1" "$1.by-serial"
	attempt "$1.by-serial" serial "serial:$1.by-serial:$bytes" - written -
	add "$1" "$1.by-wwn"
	attempt "$1.by-wwn" wwn "wwn:$wwn:$bytes" - written -
	printf '%s\n' "$1.by-serial" "$1.by-wwn" >> "$batch.written"
}

batch=a
: > a.written
: > b.written
for kind in blank noise own-ext4 own-xfs; do free $kind; done
signed ext2 ext2
signed ext4 ext4
signed xfs xfs
signed btrfs btrfs
signed vfat vfat
signed swap swap
signed luks1 crypto_LUKS
signed luks2 crypto_LUKS
signed luks2-second crypto_LUKS
signed gpt gpt
signed gpt-bare gpt
signed gpt-end gpt
signed gpt-ext4 ext4,gpt
signed dos dos
signed iso iso9660
signed ext4-and-btrfs ext4,btrfs
signed ext4-bad-sum ext4
signed own-ext4-and-gpt gpt,ext4
refused mounted ext4 mounted
refused read-only ext4 read-only

batch=b
signed lvm2 LVM2_member
signed lvm1 LVM1_member
signed md-0.90 linux_raid_member
signed md-1.0 linux_raid_member
signed md-1.1 linux_raid_member
signed md-1.2 linux_raid_member
signed ddf ddf_raid_member
signed isw isw_raid_member
signed zfs zfs_member
signed zfs-end zfs_member
signed bcache bcache
signed drbd drbd
signed vmfs VMFS_volume_member
signed bitlocker BitLocker
signed ntfs ntfs,dos
signed reiserfs reiserfs
signed f2fs f2fs
signed hfsplus hfsplus
signed udf udf
signed squashfs squashfs
signed erofs erofs
signed sun sun
signed mac mac
for kind in same-serial same-wwn; do
	add $kind $kind.one
	attempt $kind.one serial "serial:$serial:$bytes" - refused "$(case $kind in same-serial) echo 2_disks ;; *) echo the_same_WWN ;; esac)"
	add $kind $kind.two
	attempt $kind.two wwn "wwn:$wwn:$bytes" - refused "$(case $kind in same-wwn) echo 2_disks ;; *) echo the_same_serial ;; esac)"
done
refused results gpt,ext4 holds_results
attempt results.kept given "serial:results.kept:$bytes" gpt,ext4 refused holds_results
attempt results.kept partition partition:assay-results ext4 refused holds_results
attempt results.kept beside partition:beside-results - refused holds_results
refused medium-fat vfat vfat
attempt medium-fat.kept given "serial:medium-fat.kept:$bytes" vfat refused boot_medium
refused medium-iso iso9660 iso9660
attempt medium-iso.kept given "serial:medium-iso.kept:$bytes" iso9660 refused boot_medium
refused medium-name gpt boot_medium
attempt medium-name.kept given "serial:medium-name.kept:$bytes" gpt refused boot_medium
attempt medium-name.kept beside partition:beside-boot - refused boot_medium
refused parts gpt partitions
attempt parts.kept partition partition:p-ext4 - refused ext4
attempt parts.kept twice partition:p-same - refused 2_disks
attempt parts.kept whole "serial:parts.kept:$bytes" gpt refused ext4
refused isw-parts isw_raid_member isw_raid_member
attempt isw-parts.kept partition partition:p-raid - refused isw_raid_member
add parts-taken parts-taken.given
attempt parts-taken.given partition partition:q-free - written -
attempt parts-taken.given given partition:q-ext4 ext4 written -
echo parts-taken.given >> b.written

# ---- guests

mkdir -p guest
cat > guest/matrix << 'END'
#!/bin/sh
# Each attempt by the image's own program, one after the other, as an operator at its shell would.
/bin/busybox mount -t proc none /proc # where the shell finds its own programs
mount -t devtmpfs none /dev
mount -t sysfs none /sys
exec > /dev/ttyS0 2>&1 < /dev/null
echo "assay matrix"
read -r disks < /disks
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	set -- /sys/block/sd*
	[ $# -lt "$disks" ] || break
	sleep 1
done
sleep 1
mkdir /held
for block in /sys/block/sd*; do
	[ "$(cat "$block/device/wwid")" != "naa.$(cat /mounted)" ] || mount -t ext4 -o ro,noload "/dev/${block##*/}" /held
done
number=0
while read -r drive naming target over expected words; do
	number=$((number + 1))
	[ "$over" != - ] || over=
	/init run disk.flush "target=$target" ${over:+"scratch_over=$over"} seconds=0.02 > /tmp/said 2>&1
	echo "#matrix $number $(tail -n 1 /tmp/said)"
done < /attempts
echo "#matrix end"
poweroff -f
END
chmod 755 guest/matrix
wwn_of() { # DRIVE
	cat a.disks b.disks | sed -n "s/.*drive=$1,.*wwn=0x//p"
}
matrix() { # BATCH
	mkdir "$1.guest"
	cp guest/matrix "$1.guest"
	cp "$1.attempts" "$1.guest/attempts"
	wc -l < "$1.disks" > "$1.guest/disks"
	wwn_of mounted.kept > "$1.guest/mounted"
	(cd "$1.guest" && find . | cpio -o -H newc 2> /dev/null) > "$1.cpio"
	initrd=$PWD/$1.cpio
	# shellcheck disable=SC2046
	boot "$1" 400 "rdinit=/matrix" -device virtio-scsi-pci,id=bus $(cat "$1.disks") $(counted "$1")
	tr -d '\r' < "$1/console" | sed -n 's/^#matrix //p' > "$1.said"
}
words="assay.plan=quick assay.self.null.seconds=0.1 assay.self.noise.seconds=0.1 assay.file.bonnie.size=2m assay.file.bonnie.seeks=20 assay.file.bonnie.files=0
	assay.file.bonnie.per_byte=no assay.file.iozone.max_file=64k"
words=$(echo $words)
unnamed() { # BATCH: the image's own run, all of its disks there, none of them named but one that is empty
	truncate -s 64M "unnamed-$1.raw"
	# shellcheck disable=SC2046
	boot "unnamed-$1" 240 "$words $(scratch scratch "unnamed-$1.raw")" $(disk "unnamed-$1.raw" scratch) -device virtio-scsi-pci,id=bus \
		$(grep -v -F -f "$1.written" -e drive=results "$1.disks") $(counted "unnamed-$1")
}
unnamed a &
unnamed b &
wait
matrix a &
matrix b &
wait

# ---- what came of it

is_kept() { # DRIVE BATCH: by its bytes, and by QEMU's count in both guests (a results partition is written where results are to be kept)
	is_unchanged "$1.raw" "$(cat "$1.before")" && is_unwritten "$2" "$1" && { [ "$1" = results.kept ] || is_unwritten "unnamed-$2" "$1"; }
}
answer() { # BATCH NUMBER EXPECTED WORDS
	said=$(sed -n "s/^$2 //p" "$1.said")
	case $said in
	"disk.flush: ok"* | "disk.flush: failed"*) got=written ;;
	"assay run: "*) got=refused ;;
	*) got=neither ;;
	esac
	said=${said#assay run: disk.flush: }
	[ "$got" = "$3" ] || return 1
	[ "$4" = - ] || case $said in *"$(echo "$4" | tr _ ' ')"*) ;; *"$4"*) ;; *) return 1 ;; esac
}
situations=0
for batch in a b; do
	check "unnamed-$batch: the run on the one that was named passed" outcome "unnamed-$batch" s6 ok
	check "$batch: all attempts were made" grep -qx end "$batch.said"
	number=0
	while read -r drive naming target over expected words; do
		number=$((number + 1)) situations=$((situations + 1))
		if answer "$batch" $number "$expected" "$words"; then word=ok; else word="not ok" failures=$((failures + 1)); fi
		printf '%s - %-14s | %-9s | expected %-7s | got %s: %s\n' "$word" "${drive%.*}" "$naming" "$expected" "$got" "$(echo "$said" | cut -c 1-150)"
	done < "$batch.attempts"
	while read -r drive; do
		if grep -qx "$drive" "$batch.written"; then
			twin "$drive was taken: it is not unchanged" is_unchanged "$drive.raw" "$(cat "$drive.before")"
			twin "$drive was taken: QEMU counted writes [S2]" is_unwritten "$batch" "$drive"
		else
			check "$drive: unchanged, and no write counted [S2]" is_kept "$drive" "$batch"
		fi
	done < "$batch.drives"
done
check "at least 40 situations, each named in more than one way [S2]" [ $situations -ge 160 ]
twin "the named disk of a run was written" is_unwritten unnamed-a d-scratch
finish
