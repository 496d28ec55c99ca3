/* SPDX-License-Identifier: MIT */
/* What a storage step stands on, written down as it is when the step starts. */
#include "init/ground/ground.h"

#include "bench/engine/file/mountinfo.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int disk_folder(unsigned long long device, char *out, size_t room)
{
	char path[64], real[PATH_MAX], partition[PATH_MAX + 16];
	char *slash;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device));
	if (!realpath(path, real))
		return -errno;
	snprintf(partition, sizeof(partition), "%s/partition", real);
	slash = strrchr(real, '/');
	if (!access(partition, F_OK) && slash) {
		*slash = '\0';
		slash = strrchr(real, '/');
	}
	snprintf(out, room, "/sys/block/%.200s", slash ? slash + 1 : real);
	return 0;
}

/* By where the device hangs in the tree of /sys/devices; behind ATA and USB the kernel plays SCSI.
 */
void disk_transport(const char *folder, char *out, size_t room)
{
	static const struct {
		const char *part, *name;
	} ways[] = { { "/usb", "usb" },
		     { "/ata", "ata" },
		     { "/virtio", "virtio" },
		     { "/nvme", "nvme" },
		     { "/host", "scsi" },
		     { "/virtual/block/loop", "loop" },
		     { "/virtual/block/dm-", "dm" },
		     { "/virtual/block/md", "md" } };
	char real[PATH_MAX];

	out[0] = '\0';
	if (!realpath(folder, real))
		return;
	if (strstr(real, "/virtio") && strstr(real, "/host"))
		snprintf(out, room, "virtio-scsi");
	for (size_t i = 0; i < COUNT_OF(ways) && !out[0]; i++)
		if (strstr(real, ways[i].part))
			snprintf(out, room, "%s", ways[i].name);
}

/* SCSI disks all have the driver "sd", whatever is behind them: the first other one on the way up
 * to the board is the one that speaks to the hardware. */
void disk_driver(const char *folder, char *out, size_t room)
{
	char real[PATH_MAX], link[PATH_MAX + 16], target[PATH_MAX];
	char *slash = NULL;

	out[0] = '\0';
	if (!realpath(folder, real))
		return;
	while (!out[0] && (slash = strrchr(real, '/')) && slash != real) {
		ssize_t len;

		snprintf(link, sizeof(link), "%s/driver", real);
		len = readlink(link, target, sizeof(target) - 1);
		*slash = '\0';
		if (len <= 0)
			continue;
		target[len] = '\0';
		slash = strrchr(target, '/');
		if (slash && strcmp(slash + 1, "sd") != 0)
			snprintf(out, room, "%.31s", slash + 1);
	}
}

static void add_mount(cJSON *ground, const char *path)
{
	static struct mounted mounts[256];
	char *text = NULL, real[PATH_MAX], options[800];
	const struct mounted *found = NULL;
	const char *own;
	ssize_t count;

	if (!realpath(path, real) || file_load(&text, 1 << 20, "/proc/self/mountinfo") < 0)
		return;
	count = mountinfo_parse(text, mounts, COUNT_OF(mounts));
	if (count > 0)
		found = mountinfo_find(mounts, (size_t)count, real);
	if (found) {
		/* As /proc/mounts has them: those of the mount, then the file system's own. */
		own = !strncmp(found->super, "rw", 2) || !strncmp(found->super, "ro", 2) ?
			      found->super + 2 :
			      found->super;
		snprintf(options, sizeof(options), "%s%s", found->options, own);
		cJSON_AddStringToObject(ground, "fileSystem", found->type);
		cJSON_AddStringToObject(ground, "source", found->source);
		cJSON_AddStringToObject(ground, "mountOptions", options);
	}
	free(text);
}

/* ---- the disk under it ---- */

static void add_disk(cJSON *ground, const char *folder)
{
	static const char *const names[] = {
		"scheduler",
		"read_ahead_kb",
		"write_cache",
		"fua",
		"nr_requests",
		"rotational",
		"wbt_lat_usec",
		"logical_block_size",
		"physical_block_size",
		"discard_granularity",
		"discard_max_bytes",
		"max_sectors_kb",
		"nomerges",
		"minimum_io_size",
		"optimal_io_size",
	};
	cJSON *queue = cJSON_CreateObject();
	char text[256], active[64];

	cJSON_AddStringToObject(ground, "disk", strrchr(folder, '/') + 1);
	disk_transport(folder, text, sizeof(text));
	if (text[0])
		cJSON_AddStringToObject(ground, "transport", text);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (file_read(text, sizeof(text), "%s/queue/%s", folder, names[i]) <= 0)
			continue;
		queue_active(text, active, sizeof(active));
		cJSON_AddStringToObject(queue, names[i], active);
	}
	cJSON_AddItemToObject(ground, "queue", queue);
}

/* What the page cache may grow to: a file that fits into it is measured there. */
static void add_memory(cJSON *ground)
{
	char text[1024];
	const char *at;

	file_read(text, sizeof(text), "/proc/meminfo");
	at = strstr(text, "MemAvailable:");
	if (at)
		cJSON_AddNumberToObject(ground, "memoryAvailableBytes",
					strtod(at + strlen("MemAvailable:"), NULL) * 1024);
}

cJSON *ground_facts(const char *path, const struct ground_facts *facts)
{
	cJSON *ground = cJSON_CreateObject();
	char folder[300];
	struct stat stat_buffer;
	bool is_block;

	if (facts->mkfs)
		cJSON_AddStringToObject(ground, "mkfs", facts->mkfs);
	if (facts->trimmed)
		cJSON_AddStringToObject(ground, "trimmed", facts->trimmed);
	add_memory(ground);
	if (stat(path, &stat_buffer))
		return ground;
	is_block = S_ISBLK(stat_buffer.st_mode);
	if (!is_block)
		add_mount(ground, path);
	if (!disk_folder(is_block ? stat_buffer.st_rdev : stat_buffer.st_dev, folder,
			 sizeof(folder)))
		add_disk(ground, folder);
	return ground;
}
