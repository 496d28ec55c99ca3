/* SPDX-License-Identifier: MIT */
/* A disk: what it is, how it hangs there, how the kernel is set for it. See parts.h. */
#include "init/fingerprint/parts.h"

#include "init/ground/ground.h"
#include "init/guard/guard.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const char *const queue_settings[] = {
	"scheduler",
	"nr_requests",
	"read_ahead_kb",
	"write_cache",
	"rotational",
	"max_sectors_kb",
	"wbt_lat_usec",
	"fua",
	"logical_block_size",
	"physical_block_size",
	"discard_granularity",
	"discard_max_bytes",
	"nomerges",
	"rq_affinity",
	"io_poll",
};

/* Each under its own name; silent where there is none: not every queue has every setting. */
static void add_queue(cJSON *disk, const char *folder)
{
	char text[256];

	for (size_t i = 0; i < COUNT_OF(queue_settings); i++)
		if (file_read(text, sizeof(text), "%s/queue/%s", folder, queue_settings[i]) > 0)
			cJSON_AddStringToObject(disk, queue_settings[i], text);
}

/* What the guard would say if it were named, nothing of it given up. */
static void add_objections(cJSON *disk, const struct machine *machine, const struct block *block)
{
	char reasons[WHY_ROOM];
	struct text text;

	text_begin(&text, reasons, sizeof(reasons));
	if (guard_objections(machine, block, "", &text))
		cJSON_AddStringToObject(disk, "objections", reasons);
}

/* NVMe, SCSI and MMC each call it something else; a virtio disk has none. */
static void add_firmware(cJSON *disk, const char *folder)
{
	static const char *const files[] = { "firmware_rev", "rev", "fwrev" };
	char text[64] = "";

	for (size_t i = 0; i < COUNT_OF(files) && !text[0]; i++) {
		file_read(text, sizeof(text), "%s/device/%s", folder, files[i]);
		text_make_plain(text);
	}
	fact_text(disk, "firmwareRevision", text);
}

/* As far as it can be seen from here: whether flushes are sent, and whether the cache could be set.
 * Whether a host's page cache lies behind it, disk.hostcache asks by measuring. */
static void add_cache(cJSON *disk, const char *folder)
{
	char text[64], type[BELOW_SYS];
	bool settable = write_cache_file(folder, type, sizeof(type));

	file_read(text, sizeof(text), "%s/queue/write_cache", folder);
	fact_text(disk, "flushesSent",
		  !strcmp(text, "write back")	 ? "yes" :
		  !strcmp(text, "write through") ? "no" :
						   "");
	if (settable)
		fact_file(disk, "cacheType", "%s", type);
	else
		fact_text(disk, "cacheType", "");
}

static void add_names(cJSON *disk, const struct block *block)
{
	const struct {
		const char *key, *value;
	} facts[] = {
		{ "name", block->name },
		{ "serial", block->serial },
		{ "model", block->model },
		{ "wwid", block->wwid },
		{ "signature", block->signature },
		{ "partitionName", block->partition_name },
		{ "partitionTable", block->table },
	};

	/* What is empty is not known, and often is not there to be known. */
	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (facts[i].value[0])
			cJSON_AddStringToObject(disk, facts[i].key, facts[i].value);
}

cJSON *disk_detail(const struct machine *machine, const struct block *block)
{
	cJSON *disk = cJSON_CreateObject();
	char folder[64], transport[16], driver[32];

	add_names(disk, block);
	cJSON_AddNumberToObject(disk, "bytes", (double)block->bytes);
	cJSON_AddBoolToObject(disk, "readOnly", block->read_only);
	cJSON_AddBoolToObject(disk, "factsComplete", block->facts_complete);
	add_objections(disk, machine, block);
	if (strcmp(block->name, block->disk))
		return disk;
	snprintf(folder, sizeof(folder), "/sys/block/%s", block->disk);
	disk_transport(folder, transport, sizeof(transport));
	fact_text(disk, "transport", transport);
	disk_driver(folder, driver, sizeof(driver));
	fact_text(disk, "driver", driver);
	add_firmware(disk, folder);
	add_queue(disk, folder);
	add_cache(disk, folder);
	bus_add(disk, folder);
	return disk;
}
