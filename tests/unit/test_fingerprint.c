/* SPDX-License-Identifier: MIT */
/* What firmware, kernel and devices say of themselves, to facts: an SMBIOS table of a server, and
 * tables that lie [R4]; virtio features by name [R6]; speeds, lines of /proc/cpuinfo [R4]. */
#include "tests/unit/test.h"

#include "init/fingerprint/parts.h"
#include "init/fingerprint/smbios.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- SMBIOS ---- */

static uint8_t table[65536];
static size_t table_len;

static void put_bytes(const void *bytes, size_t len)
{
	memcpy(table + table_len, bytes, len);
	table_len += len;
}

/* Strings are given with a zero after each; one more is added. */
static void put_structure(const uint8_t *formatted, const char *strings, size_t strings_len)
{
	put_bytes(formatted, formatted[1]);
	put_bytes(strings, strings_len);
	put_bytes("\0", strings_len ? 1 : 2);
}

enum { DEVICE_LEN = 0x5c };
static void set16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

/* A DDR5 module of 32 GiB with ECC. */
static void make_device(uint8_t device[DEVICE_LEN])
{
	memset(device, 0, DEVICE_LEN);
	device[0] = 17;
	device[1] = DEVICE_LEN;
	set16(device + 0x08, 80);
	set16(device + 0x0a, 64);
	set16(device + 0x0c, 0x7fff);
	device[0x10] = 1; /* locator */
	device[0x12] = 0x22;
	set16(device + 0x15, 5600);
	device[0x17] = 2;
	device[0x18] = 3;
	device[0x1a] = 4;
	device[0x1b] = 2;
	set16(device + 0x1c, 32768);
	set16(device + 0x20, 4800);
	set16(device + 0x26, 1100);
}

static const char device_strings[] = "DIMM_A1\0Acme\0SN-1\0AC-32G-5600  ";

static void put_array(unsigned use, unsigned correction)
{
	uint8_t array[0x17] = { 16, 0x17 };

	array[4] = 3;
	array[5] = (uint8_t)use;
	array[6] = (uint8_t)correction;
	put_structure(array, "", 0);
}

static void start_table(void)
{
	static const uint8_t bios[] = { 0, 0x18, 0, 0, 1, 2 };
	uint8_t whole[0x18] = { 0 };

	table_len = 0;
	memcpy(whole, bios, sizeof(bios));
	put_structure(whole, "Vendor\0Version", sizeof("Vendor\0Version"));
}

static void end_table(void)
{
	static const uint8_t end[] = { 127, 4, 0xff, 0xfe };

	put_structure(end, "", 0);
}

static void modules_of_a_server(void **state)
{
	struct memory_modules modules;
	uint8_t device[DEVICE_LEN], empty[DEVICE_LEN];

	(void)state;
	start_table();
	put_array(3, 6);
	put_array(5, 3); /* a cache's: not the system's */
	make_device(device);
	put_structure(device, device_strings, sizeof(device_strings));
	make_device(empty);
	set16(empty + 0x0c, 0);
	put_structure(empty, device_strings, sizeof(device_strings));
	end_table();
	put_structure(device, device_strings, sizeof(device_strings)); /* behind the end */
	smbios_read_memory(table, table_len, &modules);
	assert_int_equal(modules.slots, 2);
	assert_int_equal(modules.count, 1);
	assert_string_equal(modules.correction, "multi-bit ECC");
	assert_string_equal(modules.at[0].slot, "DIMM_A1");
	assert_string_equal(modules.at[0].type, "DDR5");
	assert_string_equal(modules.at[0].manufacturer, "Acme");
	assert_string_equal(modules.at[0].serial, "SN-1");
	assert_string_equal(modules.at[0].part, "AC-32G-5600");
	assert_true(modules.at[0].bytes == 32ull << 30);
	assert_int_equal(modules.at[0].speed, 5600);
	assert_int_equal(modules.at[0].configured_speed, 4800);
	assert_int_equal(modules.at[0].ranks, 2);
	assert_int_equal(modules.at[0].data_bits, 64);
	assert_int_equal(modules.at[0].total_bits, 80);
	assert_int_equal(modules.at[0].voltage_mv, 1100);
}

/* A table of 2006 ends before most of the fields: they are not told. */
static void modules_of_an_old_table(void **state)
{
	struct memory_modules modules;
	uint8_t device[DEVICE_LEN];

	(void)state;
	start_table();
	make_device(device);
	device[1] = 0x15;
	set16(device + 0x0c, 512);
	put_structure(device, device_strings, sizeof(device_strings));
	make_device(device);
	set16(device + 0x0c, 0x8000 | 640); /* in KiB */
	set16(device + 0x08, 0xffff);
	set16(device + 0x15, 0xffff);
	set16(device + 0x54, 8800);
	device[0x1a] = 9; /* a string that is not there */
	device[0x12] = 0xee;
	put_structure(device, "Not Specified\0\x1b[31m\xff", sizeof("Not Specified\0\x1b[31m\xff"));
	end_table();
	smbios_read_memory(table, table_len, &modules);
	assert_int_equal(modules.count, 2);
	assert_true(modules.at[0].bytes == 512ull << 20);
	assert_int_equal(modules.at[0].speed, 0);
	assert_string_equal(modules.at[0].part, "");
	assert_true(modules.at[1].bytes == 640ull << 10);
	assert_int_equal(modules.at[1].total_bits, 0);
	assert_int_equal(modules.at[1].speed, 8800);
	assert_string_equal(modules.at[1].slot, "");
	assert_string_equal(modules.at[1].type, "");
	assert_string_equal(modules.at[1].manufacturer, "?[31m?");
	assert_string_equal(modules.at[1].part, "");
	assert_string_equal(modules.correction, "");
}

/* Every cut of a sound table, with nothing readable behind it, and every byte of it turned. */
static void tables_that_lie(void **state)
{
	struct memory_modules modules;
	uint8_t device[DEVICE_LEN];

	(void)state;
	start_table();
	put_array(3, 5);
	make_device(device);
	put_structure(device, device_strings, sizeof(device_strings));
	end_table();
	for (size_t len = 0; len <= table_len; len++) {
		uint8_t *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, table, len);
		smbios_read_memory(exact, len, &modules);
		assert_true(modules.count <= (len >= table_len - 6));
		for (size_t at = 0; at < len; at += 1 + len / 64) {
			exact[at] ^= 0xff;
			smbios_read_memory(exact, len, &modules);
			exact[at] ^= 0xff;
		}
		free(exact);
	}
}

static void more_modules_than_room(void **state)
{
	struct memory_modules modules;
	uint8_t device[DEVICE_LEN];

	(void)state;
	start_table();
	make_device(device);
	for (unsigned i = 0; i < MODULES + 3; i++)
		put_structure(device, device_strings, sizeof(device_strings));
	smbios_read_memory(table, table_len, &modules);
	assert_int_equal(modules.count, MODULES);
	assert_int_equal(modules.slots, MODULES + 3);
	assert_int_equal(modules.more, 3);
}

static void versions(void **state)
{
	static const struct {
		const char *entry;
		size_t len;
		const char *version;
	} rows[] = {
		{ "_SM3_\xaa\x18\x03\x05\x00", 10, "3.5" },
		{ "_SM_\xaa\x1f\x02\x08", 8, "2.8" },
		{ "_SM3_\xaa\x18\x03", 8, "" },
		{ "_SM_\xaa\x1f\x02", 7, "" },
		{ "_DMI_\xaa\x18\x03\x05", 9, "" },
		{ "", 0, "" },
	};
	char version[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		smbios_version((const uint8_t *)rows[i].entry, rows[i].len, version);
		CHECK_ROW(i, version, !strcmp(version, rows[i].version));
	}
}

/* ---- words of the kernel ---- */

static void lines_of_cpuinfo(void **state)
{
	static const char text[] = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
				   "model\t\t: 143\nmodel name\t: Acme(R) 9000 @ 2.0GHz\n"
				   "stepping\t: 8\nmicrocode\t: 0x2b000590\nflags\t\t: fpu\tx\n"
				   "empty\t:\nbare\nmodel\t\t: 7\n";
	static const struct {
		const char *key, *value;
	} rows[] = {
		{ "vendor_id", "GenuineIntel" },
		{ "model", "143" },
		{ "model name", "Acme(R) 9000 @ 2.0GHz" },
		{ "microcode", "0x2b000590" },
		{ "cpu family", "6" },
		{ "flags", "fpu x" },
		{ "empty", "" },
		{ "bare", "" },
		{ "absent", "" },
		{ "mode", "" },
	};
	char value[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cpuinfo_find(text, rows[i].key, value, sizeof(value));
		CHECK_ROW(i, value, !strcmp(value, rows[i].value));
	}
	cpuinfo_find("", "model", value, sizeof(value));
	assert_string_equal(value, "");
}

static void speeds_of_links(void **state)
{
	static const struct {
		const char *text;
		double pci, sata; /* NAN: absent, never guessed */
	} rows[] = {
		{ "8.0 GT/s PCIe", 8.0, NAN }, { "2.5 GT/s", 2.5, NAN },
		{ "Unknown", NAN, NAN },       { "", NAN, NAN },
		{ "6.0 Gbps", NAN, 6.0 },      { "<unknown>", NAN, NAN },
		{ "0 GT/s", NAN, NAN },	       { "nan GT/s", NAN, NAN },
		{ "-1 Gbps", NAN, NAN },       { "inf Gbps", NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double pci = pci_speed(rows[i].text), sata = sata_speed(rows[i].text);

		CHECK_ROW(i, rows[i].text,
			  isnan(rows[i].pci) ? isnan(pci) : fabs(pci - rows[i].pci) < 1e-9);
		CHECK_ROW(i, rows[i].text,
			  isnan(rows[i].sata) ? isnan(sata) : fabs(sata - rows[i].sata) < 1e-9);
	}
}

static void virtio_features(void **state)
{
	static const struct {
		unsigned device;
		const char *bits, *names;
	} rows[] = {
		{ 2, "0110001001011000000000000000110010",
		  "SIZE_MAX SEG_MAX BLK_SIZE FLUSH "
		  "CONFIG_WCE MQ RING_INDIRECT_DESC "
		  "RING_EVENT_IDX VERSION_1" },
		{ 1, "11000100", "CSUM GUEST_CSUM MAC" },
		{ 8, "011", "HOTPLUG CHANGE" },
		{ 99, "11", "bit-0 bit-1" },
		{ 2, "000", "" },
		{ 2, "", "" },
		{ 2, "1x1", "BARRIER" },
	};
	char names[400], many[200];
	struct text text;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		names[0] = '\0';
		text_begin(&text, names, sizeof(names));
		virtio_name_features(rows[i].bits, rows[i].device, &text);
		CHECK_ROW(i, names, !strcmp(names, rows[i].names));
	}
	memset(many, '1', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	text_begin(&text, names, sizeof(names));
	virtio_name_features(many, 2, &text);
	assert_true(text.cut && strlen(names) < sizeof(names));
}

/* ---- what is absent is said ---- */

static void absent_is_said(void **state)
{
	static const struct machine nowhere = { .hypervisor = "none" };
	cJSON *detail = cJSON_CreateObject(), *virtualisation;
	char *printed;

	(void)state;
	fact_text(detail, "a", "");
	fact_number(detail, "b", NAN);
	fact_count(detail, "c", 0);
	fact_file(detail, "d", "/nowhere/%d", 1);
	fact_file_number(detail, "e", 1, "/proc/self/comm");
	fact_each(detail, "f", "/nowhere", "", "x");
	fact_count(detail, "g", 7);
	printed = cJSON_PrintUnformatted(detail);
	assert_string_equal(printed, "{\"a\":\"absent\",\"b\":\"absent\",\"c\":\"absent\","
				     "\"d\":\"absent\",\"e\":\"absent\",\"f\":\"absent\",\"g\":7}");
	cJSON_free(printed);
	cJSON_Delete(detail);
	virtualisation = virtualisation_detail(&nowhere);
	printed = cJSON_PrintUnformatted(virtualisation);
	assert_non_null(strstr(printed, "\"byProcessor\":\"none\",\"byFirmware\":\"none\""));
	assert_non_null(strstr(printed, "\"stealTime\":\"absent: no hypervisor\""));
	cJSON_free(printed);
	cJSON_Delete(virtualisation);
}

/* ---- a start that is too long for its record ---- */

static void what_does_not_fit_is_said(void **state)
{
	cJSON *metadata = cJSON_CreateObject(), *dut = cJSON_CreateObject(), *artifact, *blocks;
	char text[1000], *printed;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	blocks = cJSON_AddArrayToObject(cJSON_AddObjectToObject(dut, "metadata"), "blocks");
	for (int i = 0; i < 96; i++) {
		cJSON *block = cJSON_CreateObject();

		cJSON_AddStringToObject(block, "transport", "scsi");
		cJSON_AddStringToObject(block, "model", text);
		cJSON_AddStringToObject(cJSON_AddObjectToObject(block, "interrupts"), "cpus", text);
		cJSON_AddItemToArray(blocks, block);
	}
	artifact = artifact_run_start("assay", "1", "", NULL, dut, metadata);
	fingerprint_fit(artifact);
	printed = cJSON_PrintUnformatted(artifact);
	assert_true(strlen(printed) < JOURNAL_LINE - 200);
	assert_int_equal(cJSON_GetArraySize(blocks), 32);
	assert_non_null(strstr(printed, "\"leftOut\":[\"what changed since the previous run\","
					"\"interrupts of disks\","));
	cJSON_free(printed);
	cJSON_Delete(artifact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_of_a_server),
		cmocka_unit_test(modules_of_an_old_table),
		cmocka_unit_test(tables_that_lie),
		cmocka_unit_test(more_modules_than_room),
		cmocka_unit_test(versions),
		cmocka_unit_test(lines_of_cpuinfo),
		cmocka_unit_test(speeds_of_links),
		cmocka_unit_test(virtio_features),
		cmocka_unit_test(absent_is_said),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
