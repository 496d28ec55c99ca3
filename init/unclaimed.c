/* SPDX-License-Identifier: MIT */
/* Storage and network devices that the machine has and no driver took: without a word about them a
 * disk or a port is simply missing from the results. */
#include "init/init.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PCI Code and ID Assignment Specification, base class and subclass; a subclass of -1 is any. */
static const char *pci_kind(unsigned class)
{
	static const struct {
		int base, sub;
		const char *kind;
	} kinds[] = {
		{ 0x01, -1, "storage" },   { 0x02, -1, "network" },
		{ 0x08, 0x05, "storage" }, /* SD host controller */
		{ 0x0c, 0x04, "storage" }, /* Fibre Channel */
		{ 0x0c, 0x06, "network" }, /* InfiniBand */
		{ 0x0d, -1, "network" },   /* wireless */
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if ((int)(class >> 16 & 0xff) == kinds[i].base &&
		    (kinds[i].sub < 0 || (int)(class >> 8 & 0xff) == kinds[i].sub))
			return kinds[i].kind;
	return NULL;
}

/* An interface's class, subclass and protocol, as www.usb.org/defined-class-codes has them. What a
 * vendor calls specific says nothing about itself. */
static const char *usb_kind(unsigned class)
{
	static const unsigned ethernet[] = { 0x06, 0x0c, 0x0d, 0x0e }; /* ECM, EEM, NCM, MBIM */

	if (class >> 16 == 0x08)
		return "storage";
	if (class == 0x0202ff || class == 0xe00103) /* RNDIS, under both of its names */
		return "network";
	for (size_t i = 0; i < COUNT_OF(ethernet); i++)
		if (class >> 8 == (0x0200 | ethernet[i]))
			return "network";
	return NULL;
}

/* virtio 1.2, section 5: device types. */
static const char *virtio_kind(unsigned type)
{
	return type == 1 ? "network" : type == 2 || type == 8 ? "storage" : NULL;
}

static bool read_hex(unsigned *out, const char *folder, const char *name)
{
	char text[16], *end;

	if (file_read(text, sizeof(text), "%s/%s", folder, name) <= 0)
		return false;
	*out = (unsigned)strtoul(text, &end, 16);
	return !*end;
}

static const char *read_pci(const char *folder, struct unclaimed *found)
{
	unsigned class, vendor, device;

	if (!read_hex(&class, folder, "class") || !read_hex(&vendor, folder, "vendor") ||
	    !read_hex(&device, folder, "device"))
		return NULL;
	snprintf(found->id, sizeof(found->id), "%04x:%04x", vendor & 0xffff, device & 0xffff);
	snprintf(found->class, sizeof(found->class), "%06x", class & 0xffffff);
	return pci_kind(class);
}

/* The ids are the device's, one folder up from the interface's, which is a link. */
static const char *read_usb(const char *folder, struct unclaimed *found)
{
	unsigned class, sub, protocol, vendor = 0, product = 0;

	if (!read_hex(&class, folder, "bInterfaceClass") ||
	    !read_hex(&sub, folder, "bInterfaceSubClass") ||
	    !read_hex(&protocol, folder, "bInterfaceProtocol"))
		return NULL;
	read_hex(&vendor, folder, "../idVendor");
	read_hex(&product, folder, "../idProduct");
	class = (class & 0xff) << 16 | (sub & 0xff) << 8 | (protocol & 0xff);
	snprintf(found->id, sizeof(found->id), "%04x:%04x", vendor & 0xffff, product & 0xffff);
	snprintf(found->class, sizeof(found->class), "%06x", class);
	return usb_kind(class);
}

static const char *read_virtio(const char *folder, struct unclaimed *found)
{
	unsigned vendor, type;

	if (!read_hex(&vendor, folder, "vendor") || !read_hex(&type, folder, "device"))
		return NULL;
	snprintf(found->id, sizeof(found->id), "%04x:%04x", vendor & 0xffff, type & 0xffff);
	found->class[0] = '\0';
	return virtio_kind(type);
}

static const struct bus {
	const char *name;
	const char *(*read)(const char *folder, struct unclaimed *found);
} buses[] = { { "pci", read_pci }, { "usb", read_usb }, { "virtio", read_virtio } };

static bool is_unclaimed(const struct bus *bus, const char *sys, const char *name,
			 struct unclaimed *found)
{
	char folder[400], driver[420];

	snprintf(folder, sizeof(folder), "%s/bus/%s/devices/%s", sys, bus->name, name);
	snprintf(driver, sizeof(driver), "%s/driver", folder);
	if (!access(driver, F_OK))
		return false;
	snprintf(found->bus, sizeof(found->bus), "%s", bus->name);
	snprintf(found->address, sizeof(found->address), "%.31s", name);
	found->kind = bus->read(folder, found);
	return found->kind;
}

static int by_address(const void *a, const void *b)
{
	const struct unclaimed *one = a, *other = b;
	int order = strcmp(one->bus, other->bus);

	return order ? order : strcmp(one->address, other->address);
}

size_t unclaimed_find(const char *sys, struct unclaimed *out, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(buses); i++) {
		struct dirent *entry;
		char path[300];
		DIR *dir;

		snprintf(path, sizeof(path), "%s/bus/%s/devices", sys, buses[i].name);
		dir = opendir(path);
		while (dir && count < room && (entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				count += is_unclaimed(&buses[i], sys, entry->d_name, &out[count]);
		if (dir)
			closedir(dir);
	}
	qsort(out, count, sizeof(out[0]), by_address);
	return count;
}

void unclaimed_format(const struct unclaimed *found, char *out, size_t room)
{
	snprintf(out, room, "%s device %s %s (%s%s%s)", found->kind, found->bus, found->address,
		 found->id, found->class[0] ? ", class " : "", found->class);
}
