/* SPDX-License-Identifier: MIT */
/*
 * The worksheet of iozone's -b: records of Excel 2's binary format (BIFF2), each an opcode, the
 * length of its body, the body; little-endian (decoded from files of iozone 3.489; OpenOffice's
 * documentation of the format, 5). A table is a title, a row of record sizes, and a row for each
 * file size, which begins with it. A file that a spreadsheet has saved anew is of another format.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/iozone.h"

enum { OPCODE_INTEGER = 2, OPCODE_NUMBER = 3, OPCODE_LABEL = 4, OPCODE_END = 10 };
enum { HEAD_BYTES = 4, PLACE_BYTES = 7, INTEGER_BYTES = 2, NUMBER_BYTES = 8, LABEL_MOST = 255 };

struct biff_record {
	unsigned opcode, length;
	const uint8_t *body;
};
struct sheet {
	struct taker *taker;
	const struct iozone_unit *unit;
	size_t test; /* IOZONE_TESTS: behind no title that is known */
	unsigned title_row, file_row;
	double file, records[IOZONE_RECORDS_MOST];
};

static unsigned get_u16(const uint8_t *bytes)
{
	return bytes[0] | (unsigned)bytes[1] << 8;
}

static double get_double(const uint8_t *bytes)
{
	uint64_t bits = 0;
	double number;

	for (size_t i = 0; i < sizeof(bits); i++)
		bits |= (uint64_t)bytes[i] << 8 * i;
	memcpy(&number, &bits, sizeof(number));
	return number;
}

static bool next_record(const uint8_t **at, const uint8_t *end, struct biff_record *out)
{
	if (end - *at < HEAD_BYTES)
		return false;
	out->opcode = get_u16(*at);
	out->length = get_u16(*at + 2);
	out->body = *at + HEAD_BYTES;
	if (out->opcode == OPCODE_END || (size_t)(end - out->body) < out->length)
		return false;
	*at = out->body + out->length;
	return true;
}

/* By the command line, which stands in the first cell, cut after 255 letters: -O, -N, also in words
 * such as -RaO. */
static const struct iozone_unit *unit_of(const char *command)
{
	static const char with_argument[] = "bdFfgHiJjkLlnPqrSstUuVXYy+";
	const struct iozone_unit *unit = &iozone_kib;
	bool option = false, first = true;

	for (; *command; first = *command++ == ' ') {
		option = first ? *command == '-' : option && !strchr(with_argument, *command);
		if (option && *command == 'O')
			unit = &iozone_ops;
		if (option && *command == 'N')
			unit = &iozone_us;
	}
	return unit;
}

static void take_label(struct sheet *sheet, const struct biff_record *record)
{
	unsigned row = get_u16(record->body), column = get_u16(record->body + 2);
	size_t len = record->body[PLACE_BYTES];
	char text[LABEL_MOST + 1];

	if (column || record->length < PLACE_BYTES + 1 + len)
		return;
	memcpy(text, record->body + PLACE_BYTES + 1, len);
	text[len] = '\0';
	if (!row)
		sheet->unit = unit_of(text);
	sheet->test = iozone_test_titled(text, strlen(text));
	sheet->title_row = row;
	sheet->file_row = 0;
	memset(sheet->records, 0, sizeof(sheet->records));
}

static int take_number(struct sheet *sheet, unsigned row, unsigned column, double number)
{
	if (sheet->test == IOZONE_TESTS || row <= sheet->title_row || column > IOZONE_RECORDS_MOST)
		return 0;
	if (!column) {
		sheet->file = number;
		sheet->file_row = row;
	} else if (row == sheet->title_row + 1) {
		sheet->records[column - 1] = number;
	} else if (row == sheet->file_row) {
		return iozone_take_cell(sheet->taker, sheet->test, sheet->unit, sheet->file,
					sheet->records[column - 1], number);
	}
	return 0;
}

static int take_record(struct sheet *sheet, const struct biff_record *record)
{
	const uint8_t *value = record->body + PLACE_BYTES;
	unsigned room = record->length;

	if (record->opcode == OPCODE_LABEL && room > PLACE_BYTES)
		take_label(sheet, record);
	if (record->opcode == OPCODE_NUMBER && room >= PLACE_BYTES + NUMBER_BYTES)
		return take_number(sheet, get_u16(record->body), get_u16(record->body + 2),
				   get_double(value));
	if (record->opcode == OPCODE_INTEGER && room >= PLACE_BYTES + INTEGER_BYTES)
		return take_number(sheet, get_u16(record->body), get_u16(record->body + 2),
				   get_u16(value));
	return 0;
}

/* The beginning of a worksheet, version 2. */
static bool fits(const char *text, size_t len)
{
	static const char beginning[] = { 9, 0, 4, 0, 2, 0, 0x10, 0 };

	return len >= sizeof(beginning) && !memcmp(text, beginning, sizeof(beginning));
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + len;
	struct sheet sheet = { .taker = taker, .unit = &iozone_kib, .test = IOZONE_TESTS };
	struct biff_record record;
	int err = 0;

	while (!err && next_record(&at, end, &record))
		err = take_record(&sheet, &record);
	return err;
}

const struct stock stock_iozone_sheet = { "iozone worksheet", fits, read_all };
