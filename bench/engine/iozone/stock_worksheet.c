/* SPDX-License-Identifier: MIT */
/*
 * The worksheet of -b: records of Excel 2's binary format (BIFF2), each an opcode, the length of
 * its body, the body; little-endian (decoded from files of iozone 3.489).
 */
#include "bench/engine/iozone/stock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KIB = 1024 };
enum { OPCODE_BOF = 9, OPCODE_EOF = 10, OPCODE_LABEL = 4, OPCODE_NUMBER = 3 };
enum { CELL_BYTES = 7, LABEL_BYTES = 264, NUMBER_BYTES = 15, LABEL_MOST = 255 };

static void put(struct text *out, const void *bytes, size_t count)
{
	if (out->cut || out->room - out->len <= count) {
		out->cut = true;
		return;
	}
	memcpy(out->start + out->len, bytes, count);
	out->len += count;
	out->start[out->len] = 0;
}

static void put_u16(struct text *out, unsigned number)
{
	uint8_t bytes[] = { (uint8_t)number, (uint8_t)(number >> 8) };

	put(out, bytes, sizeof(bytes));
}

/* Place, and three bytes of attributes. */
static void put_cell(struct text *out, unsigned opcode, unsigned length, unsigned row,
		     unsigned column)
{
	put_u16(out, opcode);
	put_u16(out, length);
	put_u16(out, row);
	put_u16(out, column);
	put(out, "\0\0\0", 3);
}

static void put_label(struct text *out, unsigned row, const char *label)
{
	uint8_t body[LABEL_BYTES - CELL_BYTES] = { 0 };
	size_t len = strlen(label) < LABEL_MOST ? strlen(label) : LABEL_MOST;

	body[0] = (uint8_t)len;
	memcpy(body + 1, label, len);
	put_cell(out, OPCODE_LABEL, LABEL_BYTES, row, 0);
	put(out, body, sizeof(body));
}

static void put_number(struct text *out, unsigned row, unsigned column, double number)
{
	uint64_t bits;
	uint8_t body[NUMBER_BYTES - CELL_BYTES];

	memcpy(&bits, &number, sizeof(bits));
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(bits >> 8 * i);
	put_cell(out, OPCODE_NUMBER, NUMBER_BYTES, row, column);
	put(out, body, sizeof(body));
}

static void put_row(const struct run *run, const struct stock_column *column, bool shares,
		    uint64_t file_bytes, unsigned row, struct text *out)
{
	struct iozone_cell cell = { file_bytes, 0 };
	unsigned at = 0;

	put_number(out, row, at++, (double)(file_bytes / KIB));
	while ((cell.record_bytes = iozone_next_record(run->value, cell.record_bytes)) &&
	       cell.record_bytes <= file_bytes)
		put_number(out, row, at++,
			   shares ? stock_share(run, column->metric, &cell) :
				    (double)stock_rate(run, column->metric, &cell));
}

/* The row after it. */
static unsigned put_block(const struct run *run, const struct stock_column *column, bool shares,
			  unsigned row, struct text *out)
{
	char title[100];
	unsigned at = 1;

	snprintf(title, sizeof(title), "%s %s%s", column->worksheet,
		 shares ? "CPU utilization report" : "Report",
		 shares ? " (Zero values should be ignored)" : "");
	put_label(out, row++, title);
	for (uint64_t record = 0; (record = iozone_next_record(run->value, record));)
		put_number(out, row, at++, (double)(record / KIB));
	row++;
	for (uint64_t file = 0; (file = iozone_next_file(run->value, file));)
		put_row(run, column, shares, file, row++, out);
	return row;
}

static unsigned put_blocks(const struct run *run, bool shares, unsigned row, struct text *out)
{
	for (size_t i = 0; i < IOZONE_RATES; i++)
		if (stock_has(run, &stock_columns[i]))
			row = put_block(run, &stock_columns[i], shares, row, out);
	return row;
}

int stock_worksheet(const struct run *run, struct text *out)
{
	char command_line[1024];
	struct text text;
	unsigned row;

	if (!run->shared->count)
		return -ENODATA;
	text_begin(&text, command_line, sizeof(command_line));
	stock_command_line(run->value, &text);
	put_u16(out, OPCODE_BOF);
	put_u16(out, 4);
	put_u16(out, 2);    /* the version */
	put_u16(out, 0x10); /* a worksheet */
	put_label(out, 0, command_line);
	put_label(out, 1, " ");
	put_label(out, 2, "The top row is records sizes, the left column is file sizes");
	row = put_blocks(run, false, 3, out);
	if (run->value[IOZONE_CPU].on)
		put_blocks(run, true, row + 1, out);
	put_u16(out, OPCODE_EOF);
	put_u16(out, 0);
	return out->cut ? -ENOSPC : 0;
}
