/* SPDX-License-Identifier: MIT */
/* Memory modules, board and system, as the firmware tells them (SMBIOS). See parts.h. */
#include "init/fingerprint/parts.h"
#include "init/fingerprint/smbios.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tables[] = "/sys/firmware/dmi/tables";

static bool is_alike(const struct memory_module *a, const struct memory_module *b)
{
	return a->bytes == b->bytes && a->speed == b->speed &&
	       a->configured_speed == b->configured_speed && a->ranks == b->ranks &&
	       a->data_bits == b->data_bits && a->total_bits == b->total_bits &&
	       a->voltage_mv == b->voltage_mv && !strcmp(a->type, b->type) &&
	       !strcmp(a->manufacturer, b->manufacturer) && !strcmp(a->part, b->part);
}

/* Those like module `first`, itself included, as one entry: a server has 32 of a kind. */
static cJSON *group_detail(const struct memory_modules *modules, size_t first)
{
	const struct memory_module *one = &modules->at[first];
	cJSON *group = cJSON_CreateObject();
	static char slots[2048], serials[2048];
	struct text slot_text, serial_text;
	unsigned count = 0;

	text_begin(&slot_text, slots, sizeof(slots));
	text_begin(&serial_text, serials, sizeof(serials));
	for (size_t i = first; i < modules->count; i++) {
		const struct memory_module *other = &modules->at[i];

		if (!is_alike(one, other))
			continue;
		text_add(&slot_text, "%s%s", count ? "; " : "", other->slot);
		text_add(&serial_text, "%s%s", other->serial[0] && serial_text.len ? "; " : "",
			 other->serial);
		count++;
	}
	cJSON_AddNumberToObject(group, "count", count);
	fact_count(group, "bytes", one->bytes);
	fact_text(group, "type", one->type);
	fact_count(group, "megatransfersPerSecond", one->speed);
	fact_count(group, "configuredMegatransfersPerSecond", one->configured_speed);
	fact_text(group, "manufacturer", one->manufacturer);
	fact_text(group, "part", one->part);
	fact_count(group, "ranks", one->ranks);
	fact_count(group, "dataBits", one->data_bits);
	fact_count(group, "totalBits", one->total_bits);
	fact_count(group, "millivolts", one->voltage_mv);
	fact_text(group, "slots", slots);
	fact_text(group, "serial", serials);
	return group;
}

static bool is_grouped(const struct memory_modules *modules, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (is_alike(&modules->at[i], &modules->at[which]))
			return true;
	return false;
}

static void add_modules(cJSON *detail, const struct memory_modules *modules)
{
	cJSON *list;

	fact_count(detail, "slotCount", modules->slots);
	fact_count(detail, "moduleCount", modules->count + modules->more);
	fact_text(detail, "errorCorrection", modules->correction);
	if (modules->more)
		cJSON_AddNumberToObject(detail, "modulesNotTold", (double)modules->more);
	list = cJSON_AddArrayToObject(detail, "kinds");
	for (size_t i = 0; i < modules->count; i++)
		if (!is_grouped(modules, i))
			cJSON_AddItemToArray(list, group_detail(modules, i));
}

cJSON *memory_detail(void)
{
	enum { TABLE_MOST = 1 << 18 };
	cJSON *detail = cJSON_CreateObject();
	static struct memory_modules modules;
	uint8_t entry[32], *table = malloc(TABLE_MOST);
	char path[80], version[8] = "";
	ssize_t len;

	snprintf(path, sizeof(path), "%s/smbios_entry_point", tables);
	len = file_bytes(path, entry, sizeof(entry));
	if (len > 0)
		smbios_version(entry, (size_t)len, version);
	fact_text(detail, "smbios", version);
	snprintf(path, sizeof(path), "%s/DMI", tables);
	len = table ? file_bytes(path, table, TABLE_MOST) : -1;
	if (len > 0) {
		smbios_read_memory(table, (size_t)len, &modules);
		add_modules(detail, &modules);
	}
	free(table);
	return detail;
}

static cJSON *dmi_detail(const char *const (*files)[2], size_t count)
{
	cJSON *detail = cJSON_CreateObject();

	for (size_t i = 0; i < count; i++)
		fact_file(detail, files[i][0], "/sys/class/dmi/id/%s", files[i][1]);
	return detail;
}

cJSON *board_detail(void)
{
	static const char *const files[][2] = {
		{ "vendor", "board_vendor" },
		{ "name", "board_name" },
		{ "version", "board_version" },
		{ "serial", "board_serial" },
	};

	return dmi_detail(files, COUNT_OF(files));
}

cJSON *system_detail(void)
{
	static const char *const files[][2] = {
		{ "version", "product_version" },
		{ "family", "product_family" },
		{ "sku", "product_sku" },
		{ "serial", "product_serial" },
		{ "chassisType", "chassis_type" },
		{ "biosRelease", "bios_release" },
		{ "controllerFirmware", "ec_firmware_release" },
	};

	return dmi_detail(files, COUNT_OF(files));
}
