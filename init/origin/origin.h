/* SPDX-License-Identifier: MIT */
/*
 * Where this system came from: firmware, loader, medium, and which payload it is. All of it is
 * read; what cannot be known stays empty or says "unknown".
 */
#ifndef ASSAY_INIT_ORIGIN_H
#define ASSAY_INIT_ORIGIN_H

#include "init/init.h"

/* ---- boot_option.c: a UEFI boot option, as its variable holds it ---- */

struct boot_option {
	char description[96]; /* the firmware's words, ASCII */
	char device[200];     /* "/Acpi/Pci(3,0)/MAC(52:54:00:12:34:56)/IPv4" */
	char mac[18];	      /* of the NIC it came through, or "" */
	bool network, http, usb, has_pci;
	unsigned pci_device, pci_function; /* the last in the path */
};
/* data begins behind efivarfs's four bytes of attributes. -EINVAL: not of that form. */
int boot_option_parse(const uint8_t *data, size_t len, struct boot_option *out);

/* ---- spcr.c: the serial port of the firmware's own console ---- */

struct serial_port {
	bool io; /* at an I/O port, else in memory */
	uint64_t address;
	unsigned baud; /* 0: as the firmware left it */
};
/* The ACPI table of that name. -EINVAL: not of that form; -ENOENT: it names no port. */
int spcr_parse(const uint8_t *table, size_t len, struct serial_port *out);
/* "ttyS2", where the table and a port of this machine agree. */
bool spcr_find(char *name, size_t room, unsigned *baud);

/* ---- origin.c ---- */

/* The loader that the first sector of boot_params names (Documentation/arch/x86/boot.rst,
 * type_of_loader): "PXELINUX"; "" for one nobody registered. params has at least 0x228 bytes. */
const char *loader_name(const uint8_t *params, unsigned *type);

/* "bios-pxe", "uefi-iso-cd", ...: from what was read into the rest. */
void origin_name_path(struct origin *origin, const char *firmware);

/* ---- payload.c ---- */

/* One line of the payload's list: "file /init 0755 SHA256" or "slink /bin/sh busybox". */
enum { PAYLOAD_LINES = 1024, PAYLOAD_DEPTH = 16 };

#endif
