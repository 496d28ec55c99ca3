/* SPDX-License-Identifier: MIT */
/* Disks and partitions: identity, size, use and signature, from /sys and libblkid. Reads only. */
#include "init/ground/ground.h"
#include "init/guard/guard.h"

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

/* Memory pretending to be disks, and assemblies whose members are seen anyway. */
static bool is_no_disk(const char *name)
{
	static const char *const prefixes[] = { "loop", "ram", "zram", "sr", "fd", "mtdblock" };

	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool read_number(uint64_t *out, const char *directory, const char *name)
{
	char text[64];

	return file_read(text, sizeof(text), "%s/%s", directory, name) > 0 && !text_u64(text, out);
}

static void read_identity(struct block *block, const char *directory)
{
	disk_serial(directory, block->serial, sizeof(block->serial));
	file_read(block->model, sizeof(block->model), "%s/device/model", directory);
	if (file_read(block->wwid, sizeof(block->wwid), "%s/wwid", directory) <= 0)
		file_read(block->wwid, sizeof(block->wwid), "%s/device/wwid", directory);
	identity_tidy(block->model);
	identity_tidy(block->wwid);
}

static void read_partition_name(struct block *block, const char *directory)
{
	char uevent[1024];
	const char *at;

	file_read(uevent, sizeof(uevent), "%s/uevent", directory);
	at = strstr(uevent, "PARTNAME=");
	if (at)
		snprintf(block->partition_name, sizeof(block->partition_name), "%.*s",
			 (int)strcspn(at + 9, "\n"), at + 9);
}

static bool folder_has_entries(const char *directory, const char *name)
{
	char path[300];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

/* A line of mountinfo has the device as its third field, "254:1". Unreadable: counted as mounted. */
static bool is_mounted(unsigned device)
{
	char wanted[40], *text = NULL, *line, *save = NULL;
	bool mounted = false;

	if (file_load(&text, 1 << 20, "/proc/self/mountinfo") < 0)
		return true;
	snprintf(wanted, sizeof(wanted), "%u:%u", major(device), minor(device));
	for (line = strtok_r(text, "\n", &save); line && !mounted;
	     line = strtok_r(NULL, "\n", &save)) {
		char field[40] = "";

		mounted = sscanf(line, "%*s %*s %39s", field) == 1 && !strcmp(field, wanted);
	}
	free(text);
	return mounted;
}

static bool read_facts(struct block *block, const char *directory, const char *disk_directory)
{
	uint64_t sectors = 0, sector_bytes = 0, flag = 1;
	char device[32];
	unsigned major_number, minor_number;

	if (file_read(device, sizeof(device), "%s/dev", directory) <= 0 ||
	    sscanf(device, "%u:%u", &major_number, &minor_number) != 2 ||
	    !read_number(&sectors, directory, "size") ||
	    !read_number(&sector_bytes, disk_directory, "queue/logical_block_size") ||
	    !read_number(&flag, directory, "ro"))
		return false;
	block->device = (unsigned)makedev(major_number, minor_number);
	block->bytes = sectors * 512; /* sysfs counts in 512 whatever the sector is */
	block->sector_bytes = (unsigned)sector_bytes;
	block->read_only = flag;
	if (!read_number(&flag, disk_directory, "removable"))
		return false;
	block->removable = flag;
	block->held = folder_has_entries(directory, "holders");
	block->mounted = is_mounted(block->device);
	return true;
}

static void add_block(struct machine *machine, const char *directory, const char *name,
		      const char *disk)
{
	char disk_directory[128];
	struct block *block;

	if (machine->block_count == MAX_BLOCKS)
		return;
	block = &machine->block[machine->block_count++];
	*block = (struct block){ 0 };
	snprintf(block->name, sizeof(block->name), "%s", name);
	snprintf(block->disk, sizeof(block->disk), "%s", disk);
	snprintf(disk_directory, sizeof(disk_directory), "/sys/block/%s", disk);
	block->known = read_facts(block, directory, disk_directory) && block->bytes;
	read_identity(block, disk_directory);
	read_partition_name(block, directory);
}

static void add_disk(struct machine *machine, const char *disk)
{
	char directory[128], partition[400];
	struct dirent *entry;
	DIR *dir;

	snprintf(directory, sizeof(directory), "/sys/block/%s", disk);
	add_block(machine, directory, disk, disk);
	dir = opendir(directory);
	while (dir && (entry = readdir(dir))) {
		snprintf(partition, sizeof(partition), "%s/%s", directory, entry->d_name);
		if (!strncmp(entry->d_name, disk, strlen(disk)) &&
		    folder_has_entries(partition, "."))
			add_block(machine, partition, entry->d_name, disk);
	}
	if (dir)
		closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct block *)a)->name, ((const struct block *)b)->name);
}

void discover_identities(struct machine *machine)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/block");

	machine->block_count = 0;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !is_no_disk(entry->d_name))
			add_disk(machine, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(machine->block, machine->block_count, sizeof(machine->block[0]), by_name);
}

void discover_signatures(struct machine *machine, const char *disk)
{
	for (size_t i = 0; i < machine->block_count; i++) {
		struct block *block = &machine->block[i];

		if (!disk || !strcmp(block->disk, disk))
			block->facts_complete = block->known && probe_signatures(block);
	}
}

void discover_blocks(struct machine *machine)
{
	discover_identities(machine);
	discover_signatures(machine, NULL);
}

const struct block *discover_device(struct machine *machine, unsigned long long device)
{
	char folder[300];

	machine->block_count = 0;
	if (disk_folder(device, folder, sizeof(folder)))
		return NULL;
	add_disk(machine, strrchr(folder, '/') + 1);
	discover_signatures(machine, NULL);
	for (size_t i = 0; i < machine->block_count; i++)
		if (machine->block[i].device == (unsigned)device)
			return &machine->block[i];
	return NULL;
}

const struct block *block_by_partition_name(const struct machine *machine, const char *name,
					    size_t *matches)
{
	const struct block *found = NULL;

	*matches = 0;
	for (size_t i = 0; i < machine->block_count; i++)
		if (!strcmp(machine->block[i].partition_name, name)) {
			found = &machine->block[i];
			++*matches;
		}
	return found;
}
