/* SPDX-License-Identifier: MIT */
/*
 * The volatile write cache in the disk. The kernel's queue/write_cache alone says whether flushes
 * are sent, not what the disk does, so the disk is told first: virtio (VIRTIO_BLK_F_CONFIG_WCE)
 * and SCSI with ATA behind it (caching mode page) by their cache_type, NVMe by Set Features.
 */
#include "init/ground/ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *word_for(bool on)
{
	return on ? "write back" : "write through";
}

/* Beneath: "device/scsi_disk/0:0:0:0/cache_type". */
bool write_cache_file(const char *folder, char *out, size_t room)
{
	char above[400];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(out, room, "%.300s/cache_type", folder);
	if (!access(out, F_OK))
		return true;
	snprintf(above, sizeof(above), "%.300s/device/scsi_disk", folder);
	dir = opendir(above);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(out, room, "%.380s/%.60s/cache_type", above, entry->d_name);
		found = entry->d_name[0] != '.' && !access(out, F_OK);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* NVMe base specification 2.0, 5.27.1.4: feature 06h, bit 0 of dword 11. */
static int set_nvme(const char *device, bool on)
{
	enum { SET_FEATURES = 0x09, VOLATILE_WRITE_CACHE = 0x06 };
	struct nvme_admin_cmd command = { .opcode = SET_FEATURES,
					  .cdw10 = VOLATILE_WRITE_CACHE,
					  .cdw11 = on,
					  .timeout_ms = 10000 };
	int fd = open(device, O_RDONLY | O_CLOEXEC), status;

	if (fd < 0)
		return -errno;
	status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
	status = status < 0 ? -errno : status > 0 ? -EIO : 0;
	close(fd);
	return status;
}

/* Where nothing tells the disk, the kernel's view alone is not set: it would be a false statement.
 */
static int tell_disk(const char *folder, bool on, char *what, size_t room)
{
	const char *name = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
	struct stat stat_buffer;

	/* A virtio disk without the feature shows the file, but not to be written. */
	if (write_cache_file(folder, what, room))
		return !stat(what, &stat_buffer) && !(stat_buffer.st_mode & S_IWUSR) ?
			       -EOPNOTSUPP :
			       file_write(what, word_for(on));
	if (strncmp(name, "nvme", 4)) {
		snprintf(what, room, "%.300s", folder);
		return -EOPNOTSUPP;
	}
	snprintf(what, room, "/dev/%.60s", name);
	return set_nvme(what, on);
}

int write_cache_set(const char *folder, bool on, char *why, size_t room)
{
	char what[500], path[400], now[64] = "";
	int err = tell_disk(folder, on, what, sizeof(what));

	if (err == -EOPNOTSUPP)
		return text_refuse(err, why, room,
				   "write_cache=%s: %.200s has no command that would set it",
				   on ? "on" : "off", what);
	if (err)
		return text_refuse(err, why, room, "write_cache=%s by %.200s: %s",
				   on ? "on" : "off", what, strerror(-err));
	snprintf(path, sizeof(path), "%.300s/queue/write_cache", folder);
	file_read(now, sizeof(now), "%s", path);
	if (strcmp(now, word_for(on)) != 0)
		file_write(path, word_for(on));
	file_read(now, sizeof(now), "%s", path);
	return strcmp(now, word_for(on)) ?
		       text_refuse(-EIO, why, room, "write_cache=%s: %.200s says %s afterwards",
				   on ? "on" : "off", path, now) :
		       0;
}
