/* SPDX-License-Identifier: MIT */
/* How a device hangs on its machine: PCI function and PCIe link, SATA and USB speed, interrupts.
 * See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The nearest folder upwards, this one first, that the question is answered with yes for. */
static bool find_above(const char *device, bool (*is_it)(const char *folder, const char *name),
		       char out[BELOW_SYS])
{
	char path[PATH_MAX], *slash;

	if (!realpath(device, path) || strlen(path) >= BELOW_SYS)
		return false;
	while ((slash = strrchr(path, '/')) && slash > path) {
		if (is_it(path, slash + 1)) {
			snprintf(out, BELOW_SYS, "%.*s", BELOW_SYS - 1, path);
			return true;
		}
		*slash = '\0';
	}
	return false;
}

static bool is_pci(const char *folder, const char *name)
{
	unsigned domain, bus, slot, function;

	(void)folder;
	return sscanf(name, "%4x:%2x:%2x.%1u", &domain, &bus, &slot, &function) == 4;
}

static bool is_virtio(const char *folder, const char *name)
{
	(void)folder;
	return !strncmp(name, "virtio", 6) && name[6] >= '0' && name[6] <= '9';
}

static bool is_ata_port(const char *folder, const char *name)
{
	(void)folder;
	return !strncmp(name, "ata", 3) && name[3] >= '0' && name[3] <= '9';
}

static bool is_usb_device(const char *folder, const char *name)
{
	char path[BELOW_SYS + 24];

	(void)name;
	snprintf(path, sizeof(path), "%.500s/bMaxPacketSize0", folder);
	return !access(path, F_OK);
}

bool pci_function_above(const char *device, char out[BELOW_SYS])
{
	return find_above(device, is_pci, out);
}

/* ---- speeds ---- */

static double number_before(const char *text, const char *unit)
{
	char *end;
	double value = strtod(text, &end);

	return end > text && !strncmp(end, unit, strlen(unit)) && value > 0 && isfinite(value) ?
		       value :
		       NAN;
}

double pci_speed(const char *text)
{
	return number_before(text, " GT/s");
}

double sata_speed(const char *text)
{
	return number_before(text, " Gbps");
}

static void add_speed(cJSON *object, const char *key, double (*parse)(const char *text),
		      const char *folder, const char *file)
{
	char text[64];

	file_read(text, sizeof(text), "%s/%s", folder, file);
	fact_number(object, key, parse(text));
}

/* 0 and 255 are what a function without a link says. */
static void add_lanes(cJSON *object, const char *key, const char *folder, const char *file)
{
	char text[16];
	unsigned long lanes;

	file_read(text, sizeof(text), "%s/%s", folder, file);
	lanes = strtoul(text, NULL, 10);
	fact_count(object, key, lanes < 255 ? lanes : 0);
}

/* ---- PCI ---- */

static void add_id(cJSON *object, const char *key, const char *folder, const char *vendor,
		   const char *device)
{
	char one[12], two[12], id[32] = "";

	if (file_read(one, sizeof(one), "%s/%s", folder, vendor) > 2 &&
	    file_read(two, sizeof(two), "%s/%s", folder, device) > 2)
		snprintf(id, sizeof(id), "%s:%s", one + 2, two + 2);
	fact_text(object, key, id);
}

static cJSON *pci_detail(const char *function)
{
	cJSON *detail = cJSON_CreateObject();
	char speed[64];

	cJSON_AddStringToObject(detail, "pciAddress", strrchr(function, '/') + 1);
	add_id(detail, "id", function, "vendor", "device");
	add_id(detail, "subsystem", function, "subsystem_vendor", "subsystem_device");
	fact_file(detail, "revision", "%s/revision", function);
	fact_file_number(detail, "numaNode", 1, "%s/numa_node", function);
	/* A function that is not on PCI Express has no such files. */
	if (file_read(speed, sizeof(speed), "%s/max_link_speed", function) <= 0) {
		fact_text(detail, "express", "");
		return detail;
	}
	cJSON_AddStringToObject(detail, "express", "yes");
	add_speed(detail, "gigatransfersPerSecond", pci_speed, function, "current_link_speed");
	add_lanes(detail, "lanes", function, "current_link_width");
	add_speed(detail, "mostGigatransfersPerSecond", pci_speed, function, "max_link_speed");
	add_lanes(detail, "mostLanes", function, "max_link_width");
	return detail;
}

/* ---- SATA ---- */

static cJSON *sata_detail(const char *port)
{
	cJSON *detail = cJSON_CreateObject();
	const char *number = strrchr(port, '/') + 4; /* of "ata3" */
	char folder[BELOW_SYS];

	snprintf(folder, sizeof(folder), "/sys/class/ata_link/link%.8s", number);
	add_speed(detail, "gigabitPerSecond", sata_speed, folder, "sata_spd");
	add_speed(detail, "mostGigabitPerSecond", sata_speed, folder, "hw_sata_spd_limit");
	return detail;
}

/* ---- interrupts ---- */

enum { VECTORS = 2048, VECTORS_TOLD = 16 };

static int by_number(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, two = *(const unsigned *)b;

	return one < two ? -1 : one > two;
}

static size_t list_vectors(const char *function, unsigned *vectors)
{
	char path[BELOW_SYS + 16], text[16];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%.500s/msi_irqs", function);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && count < VECTORS)
		if (entry->d_name[0] != '.')
			vectors[count++] = (unsigned)strtoul(entry->d_name, NULL, 10);
	if (dir)
		closedir(dir);
	if (!count && file_read(text, sizeof(text), "%s/irq", function) > 0 && atoi(text) > 0)
		vectors[count++] = (unsigned)atoi(text);
	qsort(vectors, count, sizeof(*vectors), by_number);
	return count;
}

/* What is set: where each may be served. Where the kernel then serves it is another on each boot. */
static cJSON *interrupts_detail(const char *function)
{
	static unsigned vectors[VECTORS];
	cJSON *detail = cJSON_CreateObject();
	size_t count = list_vectors(function, vectors);
	char one[1024], all[1200] = "", each[512] = "";
	struct text all_text, each_text;
	cpu_set_t cpus, allowed;
	bool alike = true;

	CPU_ZERO(&allowed);
	text_begin(&all_text, all, sizeof(all));
	text_begin(&each_text, each, sizeof(each));
	for (size_t i = 0; i < count; i++) {
		file_read(one, sizeof(one), "/proc/irq/%u/smp_affinity_list", vectors[i]);
		text_add(&each_text, "%s%s", i ? "; " : "", one[0] ? one : "-");
		if (cpus_parse(one, &cpus))
			continue;
		alike = alike && (!i || CPU_EQUAL(&allowed, &cpus));
		CPU_OR(&allowed, &allowed, &cpus);
	}
	cpus_format(&allowed, &all_text);
	fact_count(detail, "vectors", count);
	fact_text(detail, "allowedCpus", all);
	if (!alike && count <= VECTORS_TOLD)
		fact_text(detail, "allowedOfEach", each);
	return detail;
}

void bus_add(cJSON *object, const char *device)
{
	char folder[BELOW_SYS];

	if (find_above(device, is_virtio, folder))
		cJSON_AddItemToObject(object, "virtio", virtio_detail(folder));
	if (find_above(device, is_ata_port, folder))
		cJSON_AddItemToObject(object, "sataLink", sata_detail(folder));
	if (find_above(device, is_usb_device, folder))
		fact_file_number(object, "usbMbit", 1, "%s/speed", folder);
	if (!pci_function_above(device, folder)) {
		fact_text(object, "pci", "");
		return;
	}
	cJSON_AddItemToObject(object, "pci", pci_detail(folder));
	cJSON_AddItemToObject(object, "interrupts", interrupts_detail(folder));
}
