/* SPDX-License-Identifier: MIT */
/*
 * The serial port that the firmware's own console is on: ACPI's SPCR table (Microsoft, "Serial Port
 * Console Redirection Table", revision 2 and later). x86 Linux leaves it alone, so we look at it.
 */
#include "init/origin/origin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t little32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int spcr_parse(const uint8_t *table, size_t len, struct serial_port *out)
{
	enum { LENGTH_AT = 4, SPACE_AT = 40, ADDRESS_AT = 44, BAUD_AT = 58, LEAST = 80 };
	static const unsigned bauds[] = { [3] = 9600, [4] = 19200, [6] = 57600, [7] = 115200 };
	uint8_t sum = 0;

	*out = (struct serial_port){ 0 };
	if (len < LEAST || memcmp(table, "SPCR", 4) || little32(table + LENGTH_AT) < LEAST ||
	    little32(table + LENGTH_AT) > len)
		return -EINVAL;
	for (size_t i = 0; i < little32(table + LENGTH_AT); i++)
		sum = (uint8_t)(sum + table[i]);
	if (sum || table[SPACE_AT] > 1)
		return -EINVAL;
	out->io = table[SPACE_AT]; /* 0: memory, 1: I/O ports */
	out->address = little32(table + ADDRESS_AT) | (uint64_t)little32(table + ADDRESS_AT + 4)
							      << 32;
	if (table[BAUD_AT] < COUNT_OF(bauds))
		out->baud = bauds[table[BAUD_AT]];
	return out->address ? 0 : -ENOENT; /* redirection is switched off */
}

static bool is_at(const char *name, const struct serial_port *port)
{
	char text[40];

	return file_read(text, sizeof(text), "/sys/class/tty/%.30s/%s", name,
			 port->io ? "port" : "iomem_base") > 0 &&
	       strtoull(text, NULL, 16) == port->address;
}

bool spcr_find(char *name, size_t room, unsigned *baud)
{
	uint8_t table[256];
	struct serial_port port;
	ssize_t len = file_bytes("/sys/firmware/acpi/tables/SPCR", table, sizeof(table));
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (len <= 0 || spcr_parse(table, (size_t)len, &port))
		return false;
	dir = opendir("/sys/class/tty");
	while (dir && !found && (entry = readdir(dir))) {
		found = !strncmp(entry->d_name, "ttyS", 4) && is_at(entry->d_name, &port);
		if (found)
			snprintf(name, room, "%.15s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	*baud = port.baud;
	return found;
}
