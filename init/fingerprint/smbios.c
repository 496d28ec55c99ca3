/* SPDX-License-Identifier: MIT */
/* Structures of an SMBIOS table: see smbios.h. */
#include "init/fingerprint/smbios.h"

#include <stdio.h>
#include <string.h>

enum { HEAD = 4, MEMORY_ARRAY = 16, MEMORY_DEVICE = 17, END_OF_TABLE = 127 };

struct structure {
	const uint8_t *at; /* the formatted part, its four bytes of head included */
	unsigned type, len;
	const uint8_t *strings, *end; /* of the strings, one behind the other, each with its zero */
};

/* Section 6.1: the formatted part, then strings, then one more zero. False: no whole one is there. */
static bool next(const uint8_t **cursor, const uint8_t *stop, struct structure *out)
{
	const uint8_t *at = *cursor, *scan;

	if (stop - at < HEAD || at[1] < HEAD || stop - at < at[1])
		return false;
	*out = (struct structure){ .at = at, .type = at[0], .len = at[1], .strings = at + at[1] };
	for (scan = out->strings; stop - scan >= 2 && (scan[0] || scan[1]); scan++)
		;
	if (stop - scan < 2)
		return false;
	out->end = scan + 1;
	*cursor = scan + 2;
	return true;
}

/* Of the version of the specification that the structure was made for: what is behind its end is
 * not told. */
static uint32_t number(const struct structure *structure, unsigned at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; at + bytes <= structure->len && i < bytes; i++)
		value |= (uint32_t)structure->at[at + i] << 8 * i;
	return value;
}

/* The string of which the number stands at this place; "" for number 0 and for one that is absent.
 */
static void copy_string(const struct structure *structure, unsigned at, char *out, size_t room)
{
	uint32_t wanted = number(structure, at, 1);
	const uint8_t *string = structure->strings;

	out[0] = '\0';
	while (wanted > 1 && string < structure->end) {
		string += strnlen((const char *)string, (size_t)(structure->end - string)) + 1;
		wanted--;
	}
	if (!wanted || string >= structure->end)
		return;
	snprintf(out, room, "%.*s", (int)(structure->end - string), (const char *)string);
	text_make_plain(out);
	/* What firmware says where it knows nothing. */
	if (!strcmp(out, "Not Specified") || !strcmp(out, "Unknown") || !strcmp(out, "NO DIMM"))
		out[0] = '\0';
}

/* 7.18.2 */
static const char *type_name(uint32_t type)
{
	static const char *const names[] = {
		[0x03] = "DRAM",   [0x07] = "RAM",    [0x0f] = "SDRAM",	  [0x11] = "RDRAM",
		[0x12] = "DDR",	   [0x13] = "DDR2",   [0x14] = "DDR2 FB", [0x18] = "DDR3",
		[0x1a] = "DDR4",   [0x1b] = "LPDDR",  [0x1c] = "LPDDR2",  [0x1d] = "LPDDR3",
		[0x1e] = "LPDDR4", [0x1f] = "NVDIMM", [0x20] = "HBM",	  [0x21] = "HBM2",
		[0x22] = "DDR5",   [0x23] = "LPDDR5", [0x24] = "HBM3",
	};

	return type < COUNT_OF(names) && names[type] ? names[type] : "";
}

/* 7.18.1, 7.18.5: 0: the slot is empty, or it is not told. */
static uint64_t size_of(const struct structure *structure)
{
	enum { SIZE = 0x0c, EXTENDED = 0x1c, IS_EXTENDED = 0x7fff, UNKNOWN = 0xffff };
	uint32_t size = number(structure, SIZE, 2);

	if (size == UNKNOWN)
		return 0;
	if (size == IS_EXTENDED)
		return (uint64_t)(number(structure, EXTENDED, 4) & 0x7fffffff) << 20;
	return size & 0x8000 ? (uint64_t)(size & 0x7fff) << 10 : (uint64_t)size << 20;
}

/* 7.18.4: a speed too large for its word stands in four bytes of its own. */
static unsigned speed_of(const struct structure *structure, unsigned at, unsigned extended)
{
	uint32_t speed = number(structure, at, 2);

	return speed == 0xffff ? number(structure, extended, 4) & 0x7fffffff : speed;
}

static unsigned known_word(const struct structure *structure, unsigned at)
{
	uint32_t word = number(structure, at, 2);

	return word == 0xffff ? 0 : word;
}

static void read_device(const struct structure *structure, struct memory_modules *out)
{
	enum { IS_EMPTY = 0 };
	struct memory_module *module = &out->at[out->count];

	if (structure->len < 0x15)
		return;
	out->slots++;
	if (number(structure, 0x0c, 2) == IS_EMPTY)
		return;
	if (out->count == MODULES) {
		out->more++;
		return;
	}
	out->count++;
	*module = (struct memory_module){ .bytes = size_of(structure) };
	module->total_bits = known_word(structure, 0x08);
	module->data_bits = known_word(structure, 0x0a);
	copy_string(structure, 0x10, module->slot, sizeof(module->slot));
	snprintf(module->type, sizeof(module->type), "%s", type_name(number(structure, 0x12, 1)));
	module->speed = speed_of(structure, 0x15, 0x54);
	copy_string(structure, 0x17, module->manufacturer, sizeof(module->manufacturer));
	copy_string(structure, 0x18, module->serial, sizeof(module->serial));
	copy_string(structure, 0x1a, module->part, sizeof(module->part));
	module->ranks = number(structure, 0x1b, 1) & 15;
	module->configured_speed = speed_of(structure, 0x20, 0x58);
	module->voltage_mv = known_word(structure, 0x26);
}

/* 7.17: the use of the array is 3 where it is the system's memory; 7.17.3. */
static void read_array(const struct structure *structure, struct memory_modules *out)
{
	static const char *const names[] = {
		[3] = "none", [4] = "parity", [5] = "single-bit ECC", [6] = "multi-bit ECC", [7] = "CRC"
	};
	uint32_t kind = number(structure, 0x06, 1);

	if (structure->len >= 0x0f && number(structure, 0x05, 1) == 3 && kind < COUNT_OF(names) &&
	    names[kind])
		snprintf(out->correction, sizeof(out->correction), "%s", names[kind]);
}

void smbios_read_memory(const uint8_t *table, size_t len, struct memory_modules *out)
{
	const uint8_t *cursor = table, *stop = table + len;
	struct structure structure;

	*out = (struct memory_modules){ 0 };
	while (next(&cursor, stop, &structure) && structure.type != END_OF_TABLE) {
		if (structure.type == MEMORY_DEVICE)
			read_device(&structure, out);
		else if (structure.type == MEMORY_ARRAY)
			read_array(&structure, out);
	}
}

void smbios_version(const uint8_t *entry, size_t len, char out[8])
{
	out[0] = '\0';
	if (len >= 9 && !memcmp(entry, "_SM3_", 5))
		snprintf(out, 8, "%u.%u", entry[7] & 63u, entry[8] & 63u);
	else if (len >= 8 && !memcmp(entry, "_SM_", 4))
		snprintf(out, 8, "%u.%u", entry[6] & 63u, entry[7] & 63u);
}
