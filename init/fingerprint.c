/* SPDX-License-Identifier: MIT */
/* Everything that can change a number, written down: the device under test as OCP names it, and the
 * detail. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <dirent.h>
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
		{ "queueDiscipline", "/proc/sys/net/core/default_qdisc" },
		{ "socketReceiveMost", "/proc/sys/net/core/rmem_max" },
		{ "socketSendMost", "/proc/sys/net/core/wmem_max" },
		{ "socketBusyPoll", "/proc/sys/net/core/busy_poll" },
		{ "hugePages", "/proc/sys/vm/nr_hugepages" },
		{ "numaBalancing", "/proc/sys/kernel/numa_balancing" },
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

/* What stays as it is from the start of the kernel on. */
static cJSON *make_parts(const struct machine *machine)
{
	cJSON *parts = cJSON_CreateObject();

	cJSON_AddItemToObject(parts, "virtualisation", virtualisation_detail(machine));
	cJSON_AddItemToObject(parts, "board", board_detail());
	cJSON_AddItemToObject(parts, "system", system_detail());
	cJSON_AddItemToObject(parts, "processor", processor_detail());
	cJSON_AddItemToObject(parts, "topology", topology_detail());
	cJSON_AddItemToObject(parts, "frequency", frequency_detail());
	cJSON_AddItemToObject(parts, "idleStates", idle_detail());
	cJSON_AddItemToObject(parts, "memory", memory_detail());
	cJSON_AddItemToObject(parts, "vulnerabilities",
			      folder_detail("/sys/devices/system/cpu/vulnerabilities"));
	return parts;
}

void fingerprint_prepare(struct machine *machine)
{
	if (!machine->parts)
		machine->parts = make_parts(machine);
}

/* Prepared, or made now: the object gives up its children. */
static void add_parts(cJSON *detail, const struct machine *machine)
{
	cJSON *parts = machine->parts ? cJSON_Duplicate(machine->parts, true) : make_parts(machine);
	cJSON *child;

	while (parts && (child = parts->child)) {
		char key[40];

		snprintf(key, sizeof(key), "%s", child->string);
		cJSON_AddItemToObject(detail, key, cJSON_DetachItemViaPointer(parts, child));
	}
	cJSON_Delete(parts);
}

static void add_devices(cJSON *detail, const struct machine *machine)
{
	cJSON *list = cJSON_AddArrayToObject(detail, "blocks");

	for (size_t i = 0; i < machine->block_count; i++)
		cJSON_AddItemToArray(list, disk_detail(machine, &machine->block[i]));
	list = cJSON_AddArrayToObject(detail, "links");
	for (size_t i = 0; i < machine->link_count; i++)
		cJSON_AddItemToArray(list, link_detail(&machine->link[i]));
	list = cJSON_AddArrayToObject(detail, "unclaimed");
	for (size_t i = 0; i < machine->unclaimed_count; i++)
		cJSON_AddItemToArray(list, unclaimed_detail(&machine->unclaimed[i]));
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
	cJSON *detail = cJSON_CreateObject();

	add_facts(detail, facts, COUNT_OF(facts));
	cJSON_AddNumberToObject(detail, "cpus", machine->cpus);
	cJSON_AddNumberToObject(detail, "memoryBytes", (double)machine->memory_bytes);
	/* With swap, memory of the harness or of the page cache could itself be on a disk. */
	cJSON_AddNumberToObject(detail, "swapBytes", (double)machine->swap_bytes);
	cJSON_AddItemToObject(detail, "boot", origin_detail(machine));
	add_files(detail);
	cJSON_AddItemToObject(detail, "wallClock", wall_clock_detail());
	add_parts(detail, machine);
	add_devices(detail, machine);
	return detail;
}
