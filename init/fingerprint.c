/* SPDX-License-Identifier: MIT */
/* Everything that can change a number, written down: the device under test as OCP names it, and the
 * detail. */
#include "init/ground.h"
#include "init/guard.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *add_hardware(cJSON *list, const char *id, const char *name)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "hardwareInfoId", id);
	cJSON_AddStringToObject(item, "name", name);
	cJSON_AddItemToArray(list, item);
	return item;
}

static void add_unless_empty(cJSON *object, const char *key, const char *value)
{
	if (value[0])
		cJSON_AddStringToObject(object, key, value);
}

struct fact {
	const char *key, *value;
};

/* What is not known has no key: an empty text would look like a fact. */
static void add_facts(cJSON *object, const struct fact *facts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (facts[i].value[0])
			cJSON_AddStringToObject(object, facts[i].key, facts[i].value);
}

static void add_software(cJSON *list, const char *id, const char *name, const char *version,
			 const char *revision)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "softwareInfoId", id);
	cJSON_AddStringToObject(item, "name", name);
	add_unless_empty(item, "version", version);
	add_unless_empty(item, "revision", revision);
	cJSON_AddStringToObject(item, "softwareType",
				!strcmp(id, "firmware") ? "FIRMWARE" : "SYSTEM");
	cJSON_AddItemToArray(list, item);
}

static cJSON *hardware(const struct machine *machine)
{
	cJSON *list = cJSON_CreateArray();

	add_hardware(list, "cpu", machine->cpu[0] ? machine->cpu : "unknown CPU");
	for (size_t i = 0; i < machine->block_count; i++) {
		const struct block *block = &machine->block[i];
		cJSON *item;

		if (strcmp(block->name, block->disk))
			continue;
		item = add_hardware(list, block->name, block->model[0] ? block->model : "disk");
		add_unless_empty(item, "serialNumber", block->serial);
		cJSON_AddStringToObject(item, "partType", "disk");
	}
	for (size_t i = 0; i < machine->link_count; i++) {
		cJSON *item = add_hardware(list, machine->link[i].name, machine->link[i].driver);

		add_unless_empty(item, "serialNumber", machine->link[i].mac);
		cJSON_AddStringToObject(item, "partType", "nic");
	}
	return list;
}

cJSON *fingerprint_dut(const struct machine *machine)
{
	cJSON *dut = cJSON_CreateObject(), *software, *platforms, *platform;

	cJSON_AddStringToObject(dut, "dutInfoId", machine->uuid[0] ? machine->uuid : "unknown");
	cJSON_AddStringToObject(dut, "name",
				machine->product[0] ? machine->product : "unnamed machine");
	platforms = cJSON_AddArrayToObject(dut, "platformInfos");
	platform = cJSON_CreateObject();
	cJSON_AddStringToObject(platform, "info",
				strcmp(machine->hypervisor, "none") ? "virtual machine" :
								      "physical");
	cJSON_AddItemToArray(platforms, platform);
	software = cJSON_AddArrayToObject(dut, "softwareInfos");
	add_software(software, "kernel", "Linux", machine->kernel, machine->build_id);
	add_software(software, "firmware", machine->firmware, machine->bios, "");
	add_software(software, "assay", "assay", assay_version, "");
	cJSON_AddItemToObject(dut, "hardwareInfos", hardware(machine));
	cJSON_AddItemToObject(dut, "metadata", fingerprint_detail(machine));
	return dut;
}

static const char *const queue_settings[] = {
	"scheduler",	      "nr_requests",	     "read_ahead_kb",	    "write_cache",
	"rotational",	      "max_sectors_kb",	     "wbt_lat_usec",	    "fua",
	"logical_block_size", "physical_block_size", "discard_granularity", "discard_max_bytes",
};

/* Files of one /sys folder, each under its own name; silent where there is none. */
static void add_from_folder(cJSON *object, const char *const *names, size_t count,
			    const char *format, ...)
{
	char folder[200], text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(folder, sizeof(folder), format, args);
	va_end(args);
	for (size_t i = 0; i < count; i++)
		if (file_read(text, sizeof(text), "%s/%s", folder, names[i]) > 0)
			cJSON_AddStringToObject(object, names[i], text);
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

static cJSON *disk_detail(const struct machine *machine, const struct block *block)
{
	const struct fact facts[] = {
		{ "name", block->name },
		{ "serial", block->serial },
		{ "model", block->model },
		{ "wwid", block->wwid },
		{ "signature", block->signature },
		{ "partitionName", block->partition_name },
		{ "partitionTable", block->table },
	};
	cJSON *disk = cJSON_CreateObject();
	char folder[64], transport[16], driver[32];

	add_facts(disk, facts, COUNT_OF(facts));
	cJSON_AddNumberToObject(disk, "bytes", (double)block->bytes);
	cJSON_AddBoolToObject(disk, "readOnly", block->read_only);
	cJSON_AddBoolToObject(disk, "factsComplete", block->facts_complete);
	add_objections(disk, machine, block);
	if (strcmp(block->name, block->disk))
		return disk;
	snprintf(folder, sizeof(folder), "/sys/block/%s", block->disk);
	disk_transport(folder, transport, sizeof(transport));
	add_unless_empty(disk, "transport", transport);
	disk_driver(folder, driver, sizeof(driver));
	add_unless_empty(disk, "driver", driver);
	add_from_folder(disk, queue_settings, COUNT_OF(queue_settings), "%s/queue", folder);
	return disk;
}

static cJSON *unclaimed_detail(const struct unclaimed *found)
{
	const struct fact facts[] = {
		{ "kind", found->kind }, { "bus", found->bus },	    { "address", found->address },
		{ "id", found->id },	 { "class", found->class },
	};
	cJSON *device = cJSON_CreateObject();

	add_facts(device, facts, COUNT_OF(facts));
	return device;
}

/* Every file of a /sys folder as key and value; silent where the kernel has none. */
static cJSON *folder_detail(const char *path)
{
	cJSON *all = cJSON_CreateObject();
	struct dirent *entry;
	char text[256];
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    file_read(text, sizeof(text), "%s/%s", path, entry->d_name) > 0)
			cJSON_AddStringToObject(all, entry->d_name, text);
	if (dir)
		closedir(dir);
	return all;
}

static void add_files(cJSON *detail)
{
	static const struct {
		const char *key, *path;
	} files[] = {
		{ "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
		{ "frequencyDriver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver" },
		{ "noTurbo", "/sys/devices/system/cpu/intel_pstate/no_turbo" },
		{ "smt", "/sys/devices/system/cpu/smt/control" },
		{ "idleDriver", "/sys/devices/system/cpu/cpuidle/current_driver" },
		{ "nohzFull", "/sys/devices/system/cpu/nohz_full" },
		{ "isolated", "/sys/devices/system/cpu/isolated" },
		{ "clocksourcesAvailable",
		  "/sys/devices/system/clocksource/clocksource0/available_clocksource" },
		{ "transparentHugepages", "/sys/kernel/mm/transparent_hugepage/enabled" },
		{ "congestionControl", "/proc/sys/net/ipv4/tcp_congestion_control" },
		{ "tcpRmem", "/proc/sys/net/ipv4/tcp_rmem" },
		{ "tcpWmem", "/proc/sys/net/ipv4/tcp_wmem" },
		{ "dirtyRatio", "/proc/sys/vm/dirty_ratio" },
		{ "dirtyBackgroundRatio", "/proc/sys/vm/dirty_background_ratio" },
		{ "lockdown", "/sys/kernel/security/lockdown" },
		{ "tpmVersion", "/sys/class/tpm/tpm0/tpm_version_major" },
	};
	char text[256];

	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (file_read(text, sizeof(text), "%s", files[i].path) > 0)
			cJSON_AddStringToObject(detail, files[i].key, text);
}

cJSON *fingerprint_detail(const struct machine *machine)
{
	const struct fact facts[] = {
		{ "hypervisor", machine->hypervisor },
		{ "firmware", machine->firmware },
		{ "vendor", machine->vendor },
		{ "product", machine->product },
		{ "clocksource", machine->clocksource },
		{ "cpu", machine->cpu },
		{ "kernelCommandLine", machine->command_line },
	};
	cJSON *detail = cJSON_CreateObject(), *disks, *links, *unclaimed;

	add_facts(detail, facts, COUNT_OF(facts));
	cJSON_AddNumberToObject(detail, "cpus", machine->cpus);
	cJSON_AddNumberToObject(detail, "memoryBytes", (double)machine->memory_bytes);
	/* With swap, memory of the harness or of the page cache could itself be on a disk. */
	cJSON_AddNumberToObject(detail, "swapBytes", (double)machine->swap_bytes);
	cJSON_AddItemToObject(detail, "boot", origin_detail(machine));
	add_files(detail);
	cJSON_AddItemToObject(detail, "wallClock", wall_clock_detail());
	cJSON_AddItemToObject(detail, "vulnerabilities",
			      folder_detail("/sys/devices/system/cpu/vulnerabilities"));
	disks = cJSON_AddArrayToObject(detail, "blocks");
	for (size_t i = 0; i < machine->block_count; i++)
		cJSON_AddItemToArray(disks, disk_detail(machine, &machine->block[i]));
	links = cJSON_AddArrayToObject(detail, "links");
	for (size_t i = 0; i < machine->link_count; i++)
		cJSON_AddItemToArray(links, link_detail(&machine->link[i]));
	unclaimed = cJSON_AddArrayToObject(detail, "unclaimed");
	for (size_t i = 0; i < machine->unclaimed_count; i++)
		cJSON_AddItemToArray(unclaimed, unclaimed_detail(&machine->unclaimed[i]));
	return detail;
}
