/* SPDX-License-Identifier: MIT */
/* Devices without a driver, in made-up buses beneath a folder of our own. */
#include "tests/unit/test.h"

#include "init/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char sys[64];

static void put(const char *device, const char *name, const char *text)
{
	char path[300], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/bus/%s/%s", sys, device, name);
	for (slash = strchr(path + strlen(sys), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const struct {
	const char *class, *kind; /* kind NULL: of no interest */
} pci_rows[] = {
	{ "0x010000", "storage" }, { "0x010802", "storage" },
	{ "0x0104ff", "storage" }, { "0x020000", "network" },
	{ "0x028000", "network" }, { "0x0c0400", "storage" },
	{ "0x0c0600", "network" }, { "0x0d2000", "network" },
	{ "0x080501", "storage" }, { "0x080500", "storage" },
	{ "0x080000", NULL },	   { "0x0c0330", NULL },
	{ "0x060000", NULL },	   { "0x030000", NULL },
	{ "0x000000", NULL },	   { "", NULL },
	{ "020000x", NULL },	   { "-", NULL },
	{ "network", NULL },	   { "0x02000000", NULL },
};

static void by_pci_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pci_rows); i++) {
		struct unclaimed found[2];
		size_t count;

		put("pci/devices/0000:00:03.0", "class", pci_rows[i].class);
		put("pci/devices/0000:00:03.0", "vendor", "0x1022\n");
		put("pci/devices/0000:00:03.0", "device", "0x2000\n");
		count = unclaimed_find(sys, found, COUNT_OF(found));
		CHECK_ROW(i, pci_rows[i].class, count == (pci_rows[i].kind ? 1 : 0));
		CHECK_ROW(i, pci_rows[i].class, !count || !strcmp(found[0].kind, pci_rows[i].kind));
	}
}

static const struct {
	const char *class, *sub, *protocol, *kind;
} usb_rows[] = {
	{ "08", "06", "50", "storage" }, { "08", "06", "62", "storage" },
	{ "02", "06", "00", "network" }, { "02", "0d", "00", "network" },
	{ "02", "0e", "00", "network" }, { "02", "02", "ff", "network" },
	{ "e0", "01", "03", "network" }, { "02", "02", "01", NULL },
	{ "e0", "01", "01", NULL },	 { "03", "01", "01", NULL },
	{ "ff", "ff", "ff", NULL },	 { "09", "00", "00", NULL },
	{ "08", "", "50", NULL },	 { "zz", "06", "50", NULL },
};

static void by_usb_class(void **state)
{
	static const char interface[] = "usb/devices/1-1/1-1:1.0";

	(void)state;
	put("usb/devices/1-1", "idVendor", "0525\n");
	put("usb/devices/1-1", "idProduct", "a4a2\n");
	for (size_t i = 0; i < COUNT_OF(usb_rows); i++) {
		struct unclaimed found[2] = { 0 };
		char text[400], link[100];
		size_t count;

		put(interface, "bInterfaceClass", usb_rows[i].class);
		put(interface, "bInterfaceSubClass", usb_rows[i].sub);
		put(interface, "bInterfaceProtocol", usb_rows[i].protocol);
		snprintf(link, sizeof(link), "%s/bus/usb/devices/1-1:1.0", sys);
		unlink(link);
		assert_int_equal(symlink("1-1/1-1:1.0", link), 0);
		count = unclaimed_find(sys, found, COUNT_OF(found));
		CHECK_ROW(i, usb_rows[i].class, count == (usb_rows[i].kind ? 1 : 0));
		if (!count)
			continue;
		unclaimed_format(&found[0], text, sizeof(text));
		CHECK_ROW(i, text, strstr(text, "usb 1-1:1.0 (0525:a4a2, class "));
	}
}

static void a_driver_ends_it(void **state)
{
	struct unclaimed found[2];
	char text[120];

	(void)state;
	put("pci/devices/0000:00:03.0", "class", "0x020000\n");
	put("pci/devices/0000:00:03.0", "vendor", "0x1022\n");
	put("pci/devices/0000:00:03.0", "device", "0x2000\n");
	put("pci/devices/0000:00:04.0", "class", "0x010000\n");
	put("pci/devices/0000:00:04.0", "vendor", "0x1000\n");
	put("pci/devices/0000:00:04.0", "device", "0x0012\n");
	assert_int_equal(unclaimed_find(sys, found, 2), 2);
	assert_string_equal(found[0].address, "0000:00:03.0");
	assert_string_equal(found[1].address, "0000:00:04.0");
	unclaimed_format(&found[1], text, sizeof(text));
	assert_string_equal(text, "storage device pci 0000:00:04.0 (1000:0012, class 010000)");
	assert_int_equal(unclaimed_find(sys, found, 1), 1);
	put("pci/devices/0000:00:04.0/driver", "new_id", "");
	assert_int_equal(unclaimed_find(sys, found, 2), 1);
	assert_string_equal(found[0].address, "0000:00:03.0");
	put("virtio/devices/virtio0", "vendor", "0x1af4\n");
	put("virtio/devices/virtio0", "device", "0x0008\n");
	assert_int_equal(unclaimed_find(sys, found, 2), 2);
	unclaimed_format(&found[1], text, sizeof(text));
	assert_string_equal(text, "storage device virtio virtio0 (1af4:0008)");
	assert_int_equal(unclaimed_find("/nowhere", found, 2), 0);
}

static int empty(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", sys, sys);
	return system(command);
}

static int leave(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", sys);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_pci_class, empty, leave),
		cmocka_unit_test_setup_teardown(by_usb_class, empty, leave),
		cmocka_unit_test_setup_teardown(a_driver_ends_it, empty, leave),
	};

	snprintf(sys, sizeof(sys), "/tmp/assay-unclaimed-%d", getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
