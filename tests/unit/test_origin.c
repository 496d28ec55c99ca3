/* SPDX-License-Identifier: MIT */
/* Where a system came from: boot options as firmware writes them and as nobody should, loaders,
 * paths, and the digest of a payload's files. */
#include "init/origin/origin.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bytes {
	uint8_t at[1024];
	size_t len;
};

static void put(struct bytes *bytes, const void *data, size_t len)
{
	memcpy(bytes->at + bytes->len, data, len);
	bytes->len += len;
}

static void put_wide(struct bytes *bytes, const char *text)
{
	do
		put(bytes, (const char[]){ *text, 0 }, 2);
	while (*text++);
}

static void put_node(struct bytes *bytes, int type, int kind, const void *body, size_t len)
{
	uint8_t head[4] = { (uint8_t)type, (uint8_t)kind, (uint8_t)(len + 4), 0 };

	put(bytes, head, 4);
	put(bytes, body, len);
}

/* With the head around it: attributes, the path's length, the description. */
static struct bytes option(const char *description, const struct bytes *path)
{
	struct bytes all = { { 1, 0, 0, 0, (uint8_t)path->len, (uint8_t)(path->len >> 8) }, 6 };

	put_wide(&all, description);
	put(&all, path->at, path->len);
	return all;
}

static const uint8_t mac_body[33] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56, [32] = 1 };

static struct bytes network_path(bool http)
{
	struct bytes path = { 0 };

	put_node(&path, 2, 1, "\xd0\x41\x03\x0a\0\0\0\0", 8);
	put_node(&path, 1, 1, "\0\3", 2);
	put_node(&path, 3, 11, mac_body, sizeof(mac_body));
	put_node(&path, 3, 12, "12345678901234567890123", 23);
	if (http)
		put_node(&path, 3, 24, "http://a/b", 10);
	put_node(&path, 0x7f, 0xff, "", 0);
	return path;
}

static void options_as_firmware_writes_them(void **state)
{
	struct bytes path = network_path(true), all = option("UEFI HTTPv4 ", &path), disk = { 0 };
	struct boot_option out;

	(void)state;
	assert_int_equal(boot_option_parse(all.at, all.len, &out), 0);
	assert_string_equal(out.description, "UEFI HTTPv4");
	assert_string_equal(out.device,
			    "/Acpi/Pci(3,0)/MAC(52:54:00:12:34:56)/IPv4/Uri(http://a/b)");
	assert_string_equal(out.mac, "52:54:00:12:34:56");
	assert_true(out.network && out.http && out.has_pci && !out.usb);
	assert_int_equal(out.pci_device, 3);

	put_node(&disk, 1, 1, "\2\x1f", 2);
	put_node(&disk, 3, 5, "\0\0", 2);
	put_node(&disk, 4, 4, "\\\0E\0\0\0", 6);
	all = option("", &disk); /* no end node: the length ends it */
	assert_int_equal(boot_option_parse(all.at, all.len, &out), 0);
	assert_string_equal(out.device, "/Pci(1f,2)/Usb/\\E");
	assert_true(out.usb && !out.network && !out.mac[0]);
}

/* Every way of being cut short or lying about a length: refused, or what is there is taken. */
static void options_as_nobody_should(void **state)
{
	struct bytes path = network_path(true), all = option("UEFI HTTPv4", &path);
	struct boot_option out;
	struct bytes bad;

	(void)state;
	for (size_t len = 0; len < all.len; len++) {
		uint8_t *exact =
			malloc(len ? len : 1); /* so that the sanitizer sees one byte more */

		memcpy(exact, all.at, len);
		assert_int_equal(boot_option_parse(exact, len, &out), -EINVAL);
		free(exact);
	}
	for (size_t i = 0; i < all.len; i++)
		for (int value = 0; value < 256; value += 51) {
			bad = all;
			bad.at[i] = (uint8_t)value;
			boot_option_parse(bad.at, bad.len, &out);
			assert_true(strlen(out.device) < sizeof(out.device));
		}
	bad = (struct bytes){ { 1, 0, 0, 0, 8, 0, 0, 0, 3, 11, 2, 0, 0, 0, 0, 0 }, 16 };
	assert_int_equal(boot_option_parse(bad.at, bad.len, &out),
			 -EINVAL); /* a node of two bytes */
	bad = (struct bytes){ { 1, 0, 0, 0, 4, 0, 0, 0, 3, 11, 4, 0 }, 12 };
	assert_int_equal(boot_option_parse(bad.at, bad.len, &out),
			 0); /* a MAC node without a MAC */
	assert_false(out.network);
}

static void long_texts_are_cut(void **state)
{
	struct bytes path = { 0 }, all;
	struct boot_option out;
	char long_text[140];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	put_node(&path, 3, 24, long_text, sizeof(long_text) - 1);
	put_node(&path, 3, 24, long_text, sizeof(long_text) - 1);
	all = option(long_text, &path);
	assert_int_equal(boot_option_parse(all.at, all.len, &out), 0);
	assert_int_equal(strlen(out.description), sizeof(out.description) - 1);
	assert_int_equal(strlen(out.device), sizeof(out.device) - 1);
}

static void loaders(void **state)
{
	static const struct {
		uint8_t type, extended;
		const char *name;
	} cases[] = {
		{ 0xb0, 0, "QEMU" },	     { 0x30, 0, "SYSLINUX" }, { 0x32, 0, "PXELINUX" },
		{ 0x21, 0, "EFI stub" },     { 0x66, 0, "iPXE" },     { 0x72, 0, "GRUB" },
		{ 0xff, 0, "unregistered" }, { 0x60, 0, "" },	      { 0xe0, 4, "" },
	};
	uint8_t params[0x228] = { 0 };
	unsigned type;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		params[0x210] = cases[i].type;
		params[0x227] = cases[i].extended;
		assert_string_equal(loader_name(params, &type), cases[i].name);
		assert_int_equal(type, cases[i].type);
	}
}

static void paths(void **state)
{
	static const struct {
		struct origin origin;
		const char *firmware, *path, *loader;
	} cases[] = {
		{ { .loader = "QEMU", .loader_type = 0xb0 }, "BIOS", "direct", "QEMU" },
		{ { .loader = "SYSLINUX", .loader_type = 0x30, .said = "pxe" },
		  "BIOS",
		  "bios-pxe",
		  "PXELINUX" },
		{ { .loader = "SYSLINUX", .loader_type = 0x30, .nic = "x" },
		  "BIOS",
		  "bios-pxe",
		  "SYSLINUX" },
		{ { .loader = "SYSLINUX", .loader_type = 0x30, .said = "iso" },
		  "BIOS",
		  "bios-iso",
		  "ISOLINUX" },
		{ { .loader = "SYSLINUX",
		    .loader_type = 0x30,
		    .said = "iso",
		    .medium_kind = "iso-cd" },
		  "BIOS",
		  "bios-iso-cd",
		  "ISOLINUX" },
		{ { .loader = "SYSLINUX", .loader_type = 0x30 }, "BIOS", "bios-medium", "SYSLINUX" },
		{ { .loader = "iPXE", .loader_type = 0x66 }, "BIOS", "bios-ipxe", "iPXE" },
		{ { .loader = "GRUB", .loader_type = 0x72 }, "BIOS", "bios-other", "GRUB" },
		{ { .loader = "EFI stub", .loader_type = 0x21 }, "UEFI", "direct", "EFI stub" },
		{ { .loader = "EFI stub", .option = "x", .option_network = true },
		  "UEFI",
		  "uefi-pxe",
		  "EFI stub" },
		{ { .loader = "EFI stub",
		    .option = "x",
		    .option_network = true,
		    .option_http = true },
		  "UEFI",
		  "uefi-http",
		  "EFI stub" },
		{ { .loader = "EFI stub", .option = "x", .option_network = true, .said = "ipxe" },
		  "UEFI",
		  "uefi-ipxe",
		  "iPXE" },
		{ { .loader = "EFI stub", .option = "x" }, "UEFI", "uefi-medium", "EFI stub" },
		{ { .loader = "EFI stub", .option = "x", .medium_kind = "disk" },
		  "UEFI",
		  "uefi-disk",
		  "EFI stub" },
		/* A stick of ours that is only plugged in. */
		{ { .loader = "EFI stub",
		    .option = "x",
		    .option_network = true,
		    .medium_kind = "disk" },
		  "UEFI",
		  "uefi-pxe",
		  "EFI stub" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct origin origin = cases[i].origin;

		origin_name_path(&origin, cases[i].firmware);
		assert_string_equal(origin.path, cases[i].path);
		assert_string_equal(origin.loader, cases[i].loader);
	}
}

static void make_file(const char *folder, const char *name, const char *text)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0644);
}

static void digest_of_a_payload(void **state)
{
	/* printf 'file /b/c 0644 %s\nkernel k\nslink /a b/c\n' "$(printf x | sha256sum | cut -d ' '
	 * -f 1)" | sha256sum */
	static const char expected[] =
		"e91d3b6f6149a04ae06f8fade04230af9cdb3d2dd2283d18b7d5480dea3f88d6";
	char folder[] = "/tmp/payload-XXXXXX", path[64], hex[65];
	struct digest digest, other, init = { 0 }, content;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/b", folder);
	mkdir(path, 0755);
	make_file(path, "c", "x");
	snprintf(path, sizeof(path), "%s/a", folder);
	assert_int_equal(symlink("b/c", path), 0);
	assert_int_equal(payload_digest(folder, "k", &digest, &init), 0);
	digest_hex(&digest, hex, 32);
	assert_string_equal(hex, expected);
	assert_memory_equal(&init, &(struct digest){ 0 }, sizeof(init));
	make_file(folder, "init", "y");
	assert_int_equal(payload_digest(folder, "k", &other, &init), 0);
	assert_memory_not_equal(&digest, &other, sizeof(digest));
	digest_of("y", 1, &content);
	assert_memory_equal(&init, &content, sizeof(init));
	assert_int_equal(payload_digest("/nowhere", "k", &other, NULL), -ENOENT);
}

static void firmware_serial_ports(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int err;
	} rows[] = {
		{ 0, 'S', 0 },	    { 0, 'X', -EINVAL },  { 4, 81, -EINVAL },
		{ 4, 79, -EINVAL }, { 7, 0xff, -EINVAL }, { 40, 2, -EINVAL },
		{ 44, 0, -ENOENT }, { 58, 0, 0 },	  { 58, 0xff, 0 },
	};
	struct serial_port port;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t len = 0; len <= 80; len += i ? 80 : 1) {
			uint8_t table[80] = {
				'S', 'P', 'C', 'R', 80, [40] = 1, [44] = 0xe8, 3, [58] = 7
			};
			uint8_t sum = 0;

			table[rows[i].at] = rows[i].value;
			if (rows[i].err == -ENOENT)
				table[45] = 0;
			for (size_t k = 0; k < sizeof(table); k++)
				sum = (uint8_t)(sum + table[k]);
			table[9] = (uint8_t)-sum;
			assert_int_equal(spcr_parse(table, len, &port),
					 len < 80 ? -EINVAL : rows[i].err);
			if (len == 80 && !rows[i].err) {
				assert_int_equal(port.address, 0x3e8);
				assert_int_equal(port.baud, rows[i].at == 58 ? 0 : 115200);
			}
			table[9]++;
			assert_int_equal(spcr_parse(table, len, &port), -EINVAL);
		}
}

static void words_that_are_file_names(void **state)
{
	static const struct {
		const char *key, *value;
		bool is;
	} cases[] = {
		{ "assay.efi", NULL, true },   { "\\EFI\\BOOT\\BOOTX64.EFI", NULL, true },
		{ ".efi", NULL, false },       { "assay.efi", "1", false },
		{ "assay.plan", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct word word = { (char *)cases[i].key, (char *)cases[i].value };

		assert_int_equal(word_is_file_name(&word), cases[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_as_firmware_writes_them),
		cmocka_unit_test(options_as_nobody_should),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(loaders),
		cmocka_unit_test(paths),
		cmocka_unit_test(digest_of_a_payload),
		cmocka_unit_test(words_that_are_file_names),
		cmocka_unit_test(firmware_serial_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
