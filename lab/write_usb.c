/* SPDX-License-Identifier: MIT */
/* assay write-usb: a medium of ours onto a stick, guarded as the image guards a disk, and read
 * back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/disk/disk.h"

enum { BLOCK = 1 << 20, ALIGNMENT = 4096 };

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay write-usb: %s\n", why);
	return code;
}

/* A GPT with our boot partition, or our ISO (ECMA-119, 8.4): not any file that was named by
 * mistake. */
static int open_image(const char *path, uint64_t *bytes, char *why, size_t room)
{
	struct partition partition;
	char volume[46] = "";
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		text_refuse(0, why, room, "%s: %s%s", path, strerror(errno),
			    errno == ENOENT ? "; make disk or make iso makes one" : "");
	} else if (S_ISREG(st.st_mode) && st.st_size % 512 == 0 &&
		   (!gpt_find(fd, "assay-boot", &partition, NULL, 0) ||
		    (pread(fd, volume, sizeof(volume), 16 * 2048) == sizeof(volume) &&
		     !memcmp(volume, "\1CD001", 6) && !memcmp(volume + 40, "ASSAY ", 6)))) {
		*bytes = (uint64_t)st.st_size;
		return fd;
	} else {
		text_refuse(0, why, room, "%s is no medium that make disk or make iso makes", path);
	}
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

/* Exclusively, which the kernel refuses while anything uses it (open(2)), and still what was looked
 * at. */
static int open_target(const struct usb_target *target, char *why, size_t room)
{
	int fd = open(target->path, O_RDWR | O_EXCL | O_CLOEXEC);
	uint64_t bytes = 0;
	struct stat st;
	int sector = 0;

	if (fd < 0)
		return text_refuse(-errno, why, room, "%s: %s", target->path, strerror(errno));
	if (ioctl(fd, BLKSSZGET, &sector) || sector != 512) {
		close(fd);
		return text_refuse(-EINVAL, why, room,
				   "%s has sectors of %d bytes; media are made for 512",
				   target->path, sector);
	}
	if (!fstat(fd, &st) && S_ISBLK(st.st_mode) && st.st_rdev == target->device &&
	    !ioctl(fd, BLKGETSIZE64, &bytes) && bytes == target->bytes)
		return fd;
	close(fd);
	return text_refuse(-ENXIO, why, room, "%s is no longer the disk that was looked at",
			   target->path);
}

/* As `make disk` makes it. The table of an ISO is odd on purpose and stays as it is. */
static bool is_disk_image(int image)
{
	struct partition partition;

	return !gpt_find(image, "assay-boot", &partition, NULL, 0);
}

static void announce(const struct usb_target *target, const char *path, int image, uint64_t bytes,
		     unsigned seconds)
{
	char size[40];
	struct text text;

	text_begin(&text, size, sizeof(size));
	text_add_bytes(&text, target->bytes);
	printf("%s: %s, serial %s, %llu bytes (%s)%s%s\n", target->path,
	       target->model[0] ? target->model : "a disk",
	       target->serial[0] ? target->serial : "none", (unsigned long long)target->bytes, size,
	       target->signatures[0] ? "; it carries " : "", target->signatures);
	printf("its first %llu bytes are about to be replaced by %s%s\n", (unsigned long long)bytes,
	       path,
	       is_disk_image(image) ? ", and its last by the copy of the partition table" : "");
	for (; seconds; seconds--) {
		printf("%u s until the first write; Ctrl-C prevents it\n", seconds);
		fflush(stdout);
		sleep(1);
	}
}

static int copy(int from, int to, uint64_t bytes, uint8_t *buffer)
{
	for (uint64_t at = 0; at < bytes;) {
		size_t want = bytes - at < BLOCK ? (size_t)(bytes - at) : BLOCK;
		ssize_t got = pread(from, buffer, want, (off_t)at);

		if (got != (ssize_t)want)
			return got < 0 ? -errno : -EIO;
		if (pwrite(to, buffer, want, (off_t)at) != (ssize_t)want)
			return errno ? -errno : -EIO;
		at += want;
	}
	return fsync(to) ? -errno : 0;
}

/* Past the page cache: what the disk holds, not what it was given. */
static int compare(int image, const char *path, uint64_t bytes, uint8_t *buffer, uint64_t *where)
{
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC), err = fd < 0 ? -errno : 0;

	for (*where = 0; !err && *where < bytes;) {
		size_t want = bytes - *where < BLOCK ? (size_t)(bytes - *where) : BLOCK;
		size_t whole = (want + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		ssize_t got = pread(fd, buffer, whole, (off_t)*where);

		if (got < (ssize_t)want ||
		    pread(image, buffer + BLOCK, want, (off_t)*where) != (ssize_t)want)
			err = got < 0 ? -errno : -EIO;
		else if (memcmp(buffer, buffer + BLOCK, want) != 0)
			err = -EBADMSG;
		else
			*where += want;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int write_and_compare(int image, int fd, const struct usb_target *target, uint64_t bytes,
			     char *why, size_t room)
{
	uint8_t *buffer = NULL;
	uint64_t where = 0;
	int err = -posix_memalign((void **)&buffer, ALIGNMENT, 2 * BLOCK);

	if (err)
		return text_refuse(err, why, room, "out of memory");
	errno = 0;
	err = copy(image, fd, bytes, buffer);
	if (err)
		text_refuse(err, why, room, "%s: writing failed: %s", target->path, strerror(-err));
	if (!err) {
		ioctl(fd, BLKFLSBUF, 0);
		err = compare(image, target->path, bytes, buffer, &where);
		if (err)
			text_refuse(err, why, room, "%s: read back at byte %llu: %s", target->path,
				    (unsigned long long)where,
				    err == -EBADMSG ? "not what was written" : strerror(-err));
	}
	free(buffer);
	return err;
}

static const char results_name[] = "assay-results";

/* It asks for the disk exclusively, as we did: ours is closed by now. */
static int grow_file_system(const char *path, const struct partition *place, char *why, size_t room)
{
	struct command *command = malloc(sizeof(*command));
	int err = command ? command_begin_program(command, "resize2fs", "e2fsprogs", why, room) :
			    -ENOMEM;

	if (!err) {
		command_add(command, "-f"); /* it was made a moment ago */
		command_add(command, "%s?offset=%llu", path, (unsigned long long)place->start);
		command_add(command, "%lluk", (unsigned long long)(place->bytes / 1024));
		err = process_run(command, NULL, NULL, NULL, why, room);
	}
	free(command);
	if (!err)
		printf("%s: %s has %llu bytes\n", path, results_name,
		       (unsigned long long)place->bytes);
	return err;
}

/* The disk is larger than the image: the table's copy goes to its end. */
static int fit_table(int fd, const struct usb_target *target, struct partition *grown, char *why,
		     size_t room)
{
	char reason[WHY_ROOM];
	int err = gpt_fit(fd, target->bytes, grown ? results_name : NULL, reason, sizeof(reason));

	if (!err) {
		ioctl(fd, BLKFLSBUF, 0);
		err = gpt_check(fd, target->bytes);
		if (err)
			text_refuse(err, reason, sizeof(reason),
				    "the table, read back, is not what was written");
	}
	if (!err && grown)
		err = gpt_find(fd, results_name, grown, reason, sizeof(reason));
	if (err)
		return text_refuse(err, why, room, "%s: %s", target->path, reason);
	printf("%s: the partition table's copy is in its last sectors\n", target->path);
	return 0;
}

static int write_image(const char *path, const char *device, struct usb_naming *naming,
		       unsigned seconds, bool grow, char *why, size_t room)
{
	struct partition grown;
	struct usb_target target;
	struct digest digest;
	char hex[65];
	int fd = -1, image = open_image(path, &naming->image_bytes, why, room);
	int err = image < 0 ? image : usb_target_read(device, &target, why, room);

	if (!err)
		err = usb_target_check(&target, naming, why, room);
	if (!err && grow && !is_disk_image(image))
		err = text_refuse(-EINVAL, why, room, "grow: %s has no results partition", path);
	if (!err) {
		announce(&target, path, image, naming->image_bytes, seconds);
		/* What was true before the countdown need not be now. */
		fd = open_target(&target, why, room);
		err = fd < 0 ? fd : usb_target_read(device, &target, why, room);
	}
	if (!err)
		err = usb_target_check(&target, naming, why, room);
	if (!err)
		err = write_and_compare(image, fd, &target, naming->image_bytes, why, room);
	if (!err)
		err = digest_of_file(path, &digest);
	if (!err) {
		digest_hex(&digest, hex, 32);
		printf("%s: %llu bytes written and read back, SHA-256 %s\n", device,
		       (unsigned long long)naming->image_bytes, hex);
	}
	if (!err && is_disk_image(image))
		err = fit_table(fd, &target, grow ? &grown : NULL, why, room);
	if (fd >= 0) {
		ioctl(fd, BLKRRPART);
		close(fd);
	}
	if (!err && grow)
		err = grow_file_system(target.path, &grown, why, room);
	if (image >= 0)
		close(image);
	return err;
}

static struct arg keys[] = {
	{ "image", "build/assay.img", "FILE", "what make disk or make iso made" },
	{ "device", "", "FILE", "the stick, as in /dev/sdX" },
	{ "serial", "", "TEXT", "its serial, as assay disks prints it; none: it has none" },
	{ "size", "", "BYTES", "its exact size" },
	{ "over", "", "TEXT", "signatures on it that may be lost, as in gpt,vfat" },
	{ "countdown", "5", "SECONDS", "before the first write" },
	{ "grow", "no", "no|yes", "the results partition to the disk's end" },
	{ 0 },
};

static int write_usb_main(int argc, char **argv)
{
	char why[WHY_ROOM] = "";
	struct usb_naming naming = { 0 };
	uint64_t seconds;
	bool grow;
	int rest = args_take(argc, argv, keys, why, sizeof(why));

	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (rest || !*keys[1].value || !*keys[2].value || !*keys[3].value)
		return refuse(
			CODE_USAGE,
			"device=PATH serial=SERIAL (none, when it has none) size=BYTES expected");
	if (text_bytes(keys[3].value, &naming.bytes))
		return refuse(CODE_USAGE, "size: the disk's exact size in bytes expected");
	if (text_u64(keys[5].value, &seconds) || seconds > 600)
		return refuse(CODE_USAGE, "countdown: 0 to 600 seconds expected");
	if (text_bool(keys[6].value, &grow))
		return refuse(CODE_USAGE, "grow: yes or no expected");
	naming.serial = keys[2].value;
	naming.over = keys[4].value;
	if (write_image(keys[0].value, keys[1].value, &naming, (unsigned)seconds, grow, why,
			sizeof(why)))
		return refuse(CODE_FAILED, why);
	return CODE_OK;
}

const struct verb verb_write_usb = {
	.name = "write-usb",
	.usage = "write-usb device=FILE serial=SERIAL size=BYTES [NAME=VALUE ...]",
	.summary = "write a medium on a stick that is named by serial and size, and read it back",
	.main = write_usb_main,
	.args = keys,
	.notes =
		"A disk that is mounted, held or of another serial or size is refused, and so is one with "
		"a signature that over= does not name.",
	.examples = "assay write-usb device=/dev/sdX serial=4C53000 size=15376318464 grow=yes\n",
};
