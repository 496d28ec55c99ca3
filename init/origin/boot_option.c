/* SPDX-License-Identifier: MIT */
/*
 * A UEFI boot option (UEFI 2.10, 3.1.3, EFI_LOAD_OPTION) and the device path in it (10.3), read
 * from a variable that firmware wrote: nothing in it is believed before it is checked.
 */
#include "init/origin/origin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HARDWARE = 1, ACPI = 2, MESSAGING = 3, MEDIA = 4, BIOS_BOOT = 5, END = 0x7f };

static unsigned little16(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

static char plain(unsigned unit)
{
	return unit > 31 && unit < 127 ? (char)unit : '?';
}

/* UTF-16LE up to its zero; whatever is not ASCII becomes '?'. Returns the bytes it took, 0: no end.
 */
static size_t take_description(const uint8_t *data, size_t len, char *out, size_t room)
{
	size_t i, n = 0;

	for (i = 0; i + 1 < len; i += 2) {
		unsigned unit = little16(data + i);

		if (!unit)
			break;
		if (n + 1 < room)
			out[n++] = plain(unit);
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return i + 1 < len ? i + 2 : 0;
}

static void take_pci(struct boot_option *option, const uint8_t *body, struct text *path)
{
	option->has_pci = true;
	option->pci_function = body[0];
	option->pci_device = body[1];
	text_add(path, "/Pci(%x,%x)", body[1], body[0]);
}

static void take_mac(struct boot_option *option, const uint8_t *body, struct text *path)
{
	option->network = true;
	snprintf(option->mac, sizeof(option->mac), "%02x:%02x:%02x:%02x:%02x:%02x", body[0],
		 body[1], body[2], body[3], body[4], body[5]);
	text_add(path, "/MAC(%s)", option->mac);
}

static void take_uri(struct boot_option *option, const uint8_t *body, size_t len, struct text *path)
{
	option->http = true;
	text_add(path, "/Uri(");
	for (size_t i = 0; i < len && body[i]; i++)
		text_add(path, "%c", plain(body[i]));
	text_add(path, ")");
}

static void take_file(const uint8_t *body, size_t len, struct text *path)
{
	text_add(path, "/");
	for (size_t i = 0; i + 1 < len && little16(body + i); i += 2)
		text_add(path, "%c", plain(little16(body + i)));
}

/* Those of which no more than their being there is told. */
static const struct {
	uint8_t type, kind;
	const char *name;
} names[] = {
	{ ACPI, 1, "Acpi" },	   { MESSAGING, 1, "Atapi" }, { MESSAGING, 2, "Scsi" },
	{ MESSAGING, 5, "Usb" },   { MESSAGING, 12, "IPv4" }, { MESSAGING, 13, "IPv6" },
	{ MESSAGING, 18, "Sata" }, { MESSAGING, 23, "NVMe" }, { MEDIA, 1, "HardDisk" },
	{ MEDIA, 2, "Cdrom" },	   { BIOS_BOOT, 1, "Bios" },
};

static void take_named(struct boot_option *option, unsigned type, unsigned kind, struct text *path)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].type == type && names[i].kind == kind) {
			text_add(path, "/%s", names[i].name);
			option->usb |= type == MESSAGING && kind == 5;
			return;
		}
	text_add(path, "/%u.%u", type, kind);
}

static void take_node(struct boot_option *option, const uint8_t *node, size_t len,
		      struct text *path)
{
	const uint8_t *body = node + 4;

	if (node[0] == HARDWARE && node[1] == 1 && len >= 6)
		take_pci(option, body, path);
	else if (node[0] == MESSAGING && node[1] == 11 && len >= 4 + 32)
		take_mac(option, body, path);
	else if (node[0] == MESSAGING && node[1] == 24)
		take_uri(option, body, len - 4, path);
	else if (node[0] == MEDIA && node[1] == 4)
		take_file(body, len - 4, path);
	else
		take_named(option, node[0], node[1], path);
}

int boot_option_parse(const uint8_t *data, size_t len, struct boot_option *out)
{
	size_t at = 6, path_end, described;
	struct text path;

	*out = (struct boot_option){ 0 };
	if (len < 8)
		return -EINVAL;
	described =
		take_description(data + at, len - at, out->description, sizeof(out->description));
	at += described;
	path_end = at + little16(data + 4);
	if (!described || path_end > len)
		return -EINVAL;
	text_begin(&path, out->device, sizeof(out->device));
	while (at + 4 <= path_end && data[at] != END) {
		size_t node = little16(data + at + 2);

		if (node < 4 || at + node > path_end)
			return -EINVAL;
		take_node(out, data + at, node, &path);
		at += node;
	}
	return 0;
}
