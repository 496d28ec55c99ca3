/* SPDX-License-Identifier: MIT */
/* Who a disk says it is, from its folder in /sys/block. */
#include "lib/lib.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void identity_tidy(char *text)
{
	char *out = text;
	const char *in = text + strspn(text, " ");

	for (; *in; in++)
		*out++ = *in > 32 && *in < 127 ? *in : '_';
	*out = '\0';
	while (out > text && out[-1] == '_')
		*--out = '\0';
}

/* The unit serial number page of a SCSI or ATA disk: four header bytes, then the number
 * (SPC-4, 7.8.15). */
static bool read_vpd_serial(char *out, size_t room, const char *directory)
{
	char page[260];
	ssize_t len = file_read(page, sizeof(page), "%s/device/vpd_pg80", directory);

	if (len <= 4)
		return false;
	snprintf(out, room, "%.63s", page + 4);
	return true;
}

/* A disk behind USB has no such page that Linux reads; its device, some folders up, has a number
 * (USB 2.0, 9.6.1, iSerialNumber). */
static bool read_usb_serial(char *out, size_t room, const char *directory)
{
	char link[160], path[PATH_MAX], *end;

	snprintf(link, sizeof(link), "%s/device", directory);
	if (!realpath(link, path) || !strstr(path, "/usb"))
		return false;
	while ((end = strrchr(path, '/')) && end > path) {
		char vendor[16];

		if (file_read(vendor, sizeof(vendor), "%s/idVendor", path) > 0)
			return file_read(out, room, "%s/serial", path) > 0;
		*end = '\0';
	}
	return false;
}

void disk_serial(const char *directory, char *out, size_t room)
{
	if (file_read(out, room, "%s/serial", directory) <= 0 &&
	    file_read(out, room, "%s/device/serial", directory) <= 0 &&
	    !read_vpd_serial(out, room, directory) && !read_usb_serial(out, room, directory))
		out[0] = '\0';
	identity_tidy(out);
}
