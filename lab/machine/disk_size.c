/* SPDX-License-Identifier: MIT */
/* How large a guest sees a disk, to the byte: it is named by that, too. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lab/machine/machine.h"

/* QEMU, docs/interop/qcow2.txt: magic, version, ..., the virtual size at byte 24, big-endian. */
int qcow2_bytes(const uint8_t *head, size_t len, uint64_t *bytes)
{
	enum { SIZE_AT = 24 };

	*bytes = 0;
	if (len < SIZE_AT + 8 || memcmp(head, "QFI\xfb", 4) != 0)
		return -EINVAL;
	for (int i = 0; i < 8; i++)
		*bytes = *bytes << 8 | head[SIZE_AT + i];
	return *bytes ? 0 : -EINVAL;
}

static int measure(int fd, bool qcow2, uint64_t *bytes)
{
	enum { SECTOR = 512 };
	uint8_t head[32];
	off_t end;

	if (qcow2)
		return pread(fd, head, sizeof(head), 0) == sizeof(head) ?
			       qcow2_bytes(head, sizeof(head), bytes) :
			       -EINVAL;
	end = lseek(fd, 0, SEEK_END); /* of a block device, too */
	*bytes = end > 0 ? ((uint64_t)end + SECTOR - 1) / SECTOR * SECTOR : 0;
	return end > 0 ? 0 : end ? -errno : -EINVAL;
}

int disk_bytes(const struct machine_disk *disk, uint64_t *bytes, char *why, size_t room)
{
	const char *file = disk->value[DISK_FILE].text;
	int fd, err;

	*bytes = disk->value[DISK_SIZE].num;
	if (!*file)
		return 0;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : measure(fd, disk->value[DISK_FORMAT].num == FORMAT_QCOW2, bytes);
	if (fd >= 0)
		close(fd);
	return err ? text_refuse(err, why, room, "disk %s: how large %s is cannot be told: %s",
				 disk->name, file,
				 err == -EINVAL ? "not of the format the machine file says" :
						  strerror(-err)) :
		     0;
}
