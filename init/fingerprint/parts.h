/* SPDX-License-Identifier: MIT */
/*
 * The parts of the fingerprint, one file each: what a part cannot find has the word "absent" as its
 * value, so that nobody takes silence for a default.
 *
 * fact.c            a value, or that it is absent
 * processor.c       CPU, topology, caches, frequency, idle states
 * memory.c          memory modules (smbios.c reads the firmware's table), board and system
 * virtualisation.c  which hypervisor, and what it offers
 * bus.c             PCI function, PCIe link, SATA and USB speed, interrupts of a device
 * virtio.c          the features that driver and device agreed upon, by name
 * disk.c            a disk and how it is set
 */
#ifndef ASSAY_FINGERPRINT_PARTS_H
#define ASSAY_FINGERPRINT_PARTS_H

#include "init/init.h"

enum { BELOW_SYS = 512 }; /* room of a folder's path beneath /sys */

/* ---- fact.c ---- */

void fact_text(struct cJSON *object, const char *key, const char *value);    /* "": absent */
void fact_number(struct cJSON *object, const char *key, double value);	     /* NAN: absent */
void fact_count(struct cJSON *object, const char *key, unsigned long value); /* 0: absent */
/* A file of the kernel as it stands, or the number in it times `unit`. */
void fact_file(struct cJSON *object, const char *key, const char *path_format, ...)
	PRINTF_LIKE(3, 4);
void fact_file_number(struct cJSON *object, const char *key, double unit, const char *path_format,
		      ...) PRINTF_LIKE(4, 5);
/* FOLDER/PREFIX*\/FILE of every entry: each value once, "a / b"; absent when there is none. */
void fact_each(struct cJSON *object, const char *key, const char *folder, const char *prefix,
	       const char *file);

/* ---- the parts ---- */

struct cJSON *processor_detail(void);
struct cJSON *topology_detail(void);
struct cJSON *frequency_detail(void);
struct cJSON *idle_detail(void);
struct cJSON *memory_detail(void);
struct cJSON *board_detail(void);
struct cJSON *system_detail(void);
struct cJSON *virtualisation_detail(const struct machine *machine);
struct cJSON *disk_detail(const struct machine *machine, const struct block *block);
/* The value of a line "key : value" of a text as of /proc/cpuinfo; "" when there is none. */
void cpuinfo_find(const char *text, const char *key, char *out, size_t room);

/* ---- bus.c: of the device whose folder beneath /sys this is ---- */

/* The nearest folder above, or this one, of a PCI function; of virtio, SCSI and USB it is not the
 * device's own. "0000:00:03.0" is its last part. */
bool pci_function_above(const char *device, char out[BELOW_SYS]);
/* pci, sataLink, usbMbit, virtio, interrupts into the object: those that the device can have. */
void bus_add(struct cJSON *object, const char *device);
/* "8.0 GT/s PCIe", "2.5 GT/s", "Unknown": the number, or NAN. */
double pci_speed(const char *text);
/* "1.5 Gbps", "<unknown>" */
double sata_speed(const char *text);

/* ---- virtio.c ---- */

/* Of a text as of /sys/bus/virtio/devices/virtio0/features: a digit each, bit 0 first. The names,
 * or "bit 41", blanks between. device: the id of its kind (1 network, 2 block, 8 SCSI). */
void virtio_name_features(const char *bits, unsigned device, struct text *out);
struct cJSON *virtio_detail(const char *folder);

#endif
