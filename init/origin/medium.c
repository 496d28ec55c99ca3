/* SPDX-License-Identifier: MIT */
/* The medium it was booted from: which of the disks and drives carries our files. Reads only. */
#include "init/ground/ground.h"
#include "init/origin/origin.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	const char *pci;  /* only behind this PCI function; NULL: anywhere */
	char name[32];	  /* of the last that was found */
	const char *kind; /* "iso-cd", "iso-disk", "disk" */
	size_t found;
};

/* The primary volume descriptor (ECMA-119, 8.4): our volume identifier. */
static bool carries_iso(const char *name)
{
	static const char wanted[] = "\1CD001";
	uint8_t sector[64] = { 0 };
	char path[48];
	int fd;
	bool ours;

	snprintf(path, sizeof(path), "/dev/%.30s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ours = pread(fd, sector, sizeof(sector), 16 * 2048) == sizeof(sector) &&
	       !memcmp(sector, wanted, 6) && !memcmp(sector + 40, "ASSAY ", 6);
	close(fd);
	return ours;
}

static bool is_behind(const char *disk, const char *pci)
{
	char link[64], path[PATH_MAX], part[16];

	snprintf(link, sizeof(link), "/sys/block/%.30s", disk);
	snprintf(part, sizeof(part), ":%s/", pci);
	return realpath(link, path) && strstr(path, part);
}

static void take(struct search *search, const char *disk, const char *kind)
{
	if (search->pci && !is_behind(disk, search->pci))
		return;
	search->found++;
	search->kind = kind;
	snprintf(search->name, sizeof(search->name), "%.31s", disk);
}

static void look(const struct machine *machine, struct search *search)
{
	enum { DRIVES = 8 };
	bool only_disk = !strcmp(machine->origin.path, "bios-disk");
	bool only_iso = !strcmp(machine->origin.path, "bios-iso");

	search->found = 0;
	for (int i = 0; !only_disk && i < DRIVES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "sr%d", i);
		if (carries_iso(name))
			take(search, name, "iso-cd");
	}
	for (size_t i = 0; i < machine->block_count; i++) {
		const struct block *block = &machine->block[i];

		if (!only_iso && !strcmp(block->partition_name, "assay-boot"))
			take(search, block->disk, "disk");
		else if (!only_disk && !strcmp(block->name, block->disk) &&
			 carries_iso(block->name))
			take(search, block->name, "iso-disk");
	}
}

void origin_await(struct machine *machine, double seconds)
{
	enum { STEP_MS = 250 };
	uint64_t start_ns = clock_raw_ns(), limit_ns = (uint64_t)(seconds * 1e9);
	struct origin *origin = &machine->origin;
	struct search search = { 0 };
	char folder[64];

	if (!origin_has_medium(origin))
		return;
	for (;;) {
		look(machine, &search);
		if (search.found || clock_raw_ns() - start_ns >= limit_ns)
			break;
		clock_sleep_ns(STEP_MS * 1000000u);
		discover_identities(machine);
	}
	origin->media_count = search.found;
	if (search.found > 1 && origin->pci[0]) {
		search.pci = origin->pci;
		look(machine, &search);
	}
	if (search.found != 1)
		return;
	snprintf(origin->medium, sizeof(origin->medium), "%s", search.name);
	snprintf(origin->medium_kind, sizeof(origin->medium_kind), "%s", search.kind);
	snprintf(folder, sizeof(folder), "/sys/block/%s", search.name);
	disk_transport(folder, origin->transport, sizeof(origin->transport));
	origin_name_path(origin, machine->firmware);
}
