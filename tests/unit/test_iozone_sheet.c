/* SPDX-License-Identifier: MIT */
/* The worksheet of iozone's -b: the figures that a person would read there, and nothing out of
 * damaged ones. */
#include <stdlib.h>

#include "tests/unit/stock_taken.h"

struct bytes {
	uint8_t data[16384];
	size_t len;
};

static void put(struct bytes *out, const void *from, size_t count)
{
	assert_true(out->len + count <= sizeof(out->data));
	memcpy(out->data + out->len, from, count);
	out->len += count;
}

static void put_u16(struct bytes *out, unsigned number)
{
	put(out, &(uint8_t[]){ (uint8_t)number, (uint8_t)(number >> 8) }, 2);
}

static void put_place(struct bytes *out, unsigned opcode, unsigned length, unsigned row,
		      unsigned column)
{
	put_u16(out, opcode);
	put_u16(out, length);
	put_u16(out, row);
	put_u16(out, column);
	put(out, "\0\0\0", 3);
}

/* One cell of a worksheet that is made up: text, or a number. */
struct sheet_cell {
	enum { ROWS_END, TEXT, NUMBER, INTEGER, UNKNOWN, SHORT, LONG, LIE, LEAVE } kind;
	unsigned row, column;
	double number;
	const char *text;
};

static void put_text(struct bytes *out, const struct sheet_cell *cell, size_t said)
{
	uint8_t body[257] = { 0 };
	size_t len = strlen(cell->text);

	body[0] = (uint8_t)said;
	memcpy(body + 1, cell->text, len);
	/* What iozone leaves there is not zeros. */
	memset(body + 1 + len, 'x', sizeof(body) - 1 - len);
	put_place(out, 4, cell->kind == LIE ? 8 + 4 : 264, cell->row, cell->column);
	put(out, body, cell->kind == LIE ? 1 + 4 : sizeof(body));
}

static void put_cell(struct bytes *out, const struct sheet_cell *cell)
{
	switch (cell->kind) {
	case TEXT:
	case LIE: /* more letters than the record has */
		put_text(out, cell, strlen(cell->text));
		break;
	case NUMBER:
		put_place(out, 3, 15, cell->row, cell->column);
		put(out, &cell->number, 8); /* the tests run where numbers are little-endian */
		break;
	case INTEGER:
		put_place(out, 2, 9, cell->row, cell->column);
		put_u16(out, (unsigned)cell->number);
		break;
	case UNKNOWN: /* a record of another kind, with a body */
		put_place(out, 0x26, 9, cell->row, cell->column);
		put_u16(out, 77);
		break;
	case SHORT: /* a number with a byte too few */
		put_place(out, 3, 14, cell->row, cell->column);
		put(out, &cell->number, 7);
		break;
	case LONG: /* says that it goes on behind the file's end */
		put_place(out, 3, 65535, cell->row, cell->column);
		put(out, &cell->number, 8);
		break;
	default: /* the end of the sheet */
		put(out, "\x0a\0\0\0", 4);
		break;
	}
}

static void make_sheet(struct bytes *out, const struct sheet_cell *cells)
{
	out->len = 0;
	put(out, "\x09\0\x04\0\x02\0\x10\0", 8);
	for (; cells->kind != ROWS_END; cells++)
		put_cell(out, cells);
}

#define LINE(text_)                          \
	{                                    \
		TEXT, 0, 0, 0, .text = text_ \
	}
#define TITLE(row_, text_)                      \
	{                                       \
		TEXT, row_, 0, 0, .text = text_ \
	}
#define N(row_, column_, number_)                    \
	{                                            \
		NUMBER, row_, column_, number_, NULL \
	}

static const struct {
	const char *name;
	struct sheet_cell cells[16];
	const char *figures;
} sheets[] = {
	{ "two tables, as iozone writes them",
	  { LINE("iozone -Ra -b x.xls "), TITLE(1, " "), TITLE(3, "Writer Report"), N(4, 1, 4),
	    N(4, 2, 8), N(5, 0, 64), N(5, 1, 771797), N(5, 2, 0), TITLE(6, "Re-reader Report"),
	    N(7, 1, 16), N(8, 0, 128), N(8, 1, 5) },
	  "write 64x4 771797 KiB/s; reread 128x16 5 KiB/s" },
	{ "operations a second, by the command line",
	  { LINE("iozone -a -O -b x.xls"), TITLE(3, "Pwritev Report"), N(4, 1, 4), N(5, 0, 64),
	    N(5, 1, 9) },
	  "pwritev 64x4 9 op/s" },
	{ "microseconds, in one word with others",
	  { LINE("iozone -RaN"), TITLE(3, "Random Read Report"), N(4, 1, 4), N(5, 0, 64),
	    N(5, 1, 9) },
	  "random_read 64x4 9 us/op" },
	{ "letters of a file's name are no options",
	  { LINE("iozone -a -bON -fO -+uO /-O"), TITLE(3, "Fread Report"), N(4, 1, 4), N(5, 0, 64),
	    N(5, 1, 9) },
	  "fread 64x4 9 KiB/s" },
	{ "whole numbers, and a record that nobody knows",
	  { TITLE(3, "Reader Report"),
	    { INTEGER, 4, 1, 4, NULL },
	    { UNKNOWN, 4, 2, 0, NULL },
	    { INTEGER, 5, 0, 64, NULL },
	    { INTEGER, 5, 1, 65535, NULL } },
	  "read 64x4 65535 KiB/s" },
	/* ---- hostile: nothing is made up ---- */
	{ "nothing but the beginning", { { ROWS_END } }, "" },
	{ "numbers before any title", { N(4, 1, 4), N(5, 0, 64), N(5, 1, 9) }, "" },
	{ "shares of the processor",
	  { TITLE(3, "Writer CPU utilization report (Zero values should be ignored)"), N(4, 1, 4),
	    N(5, 0, 64), N(5, 1, 9) },
	  "" },
	{ "no sizes of records", { TITLE(3, "Writer Report"), N(5, 0, 64), N(5, 1, 9) }, "" },
	{ "sizes of the table before do not stay",
	  { TITLE(3, "Writer Report"), N(4, 1, 4), TITLE(5, "Reader Report"), N(7, 0, 64),
	    N(7, 1, 9) },
	  "" },
	{ "a row without its file's size",
	  { TITLE(3, "Writer Report"), N(4, 1, 4), N(5, 0, 64), N(6, 1, 9) },
	  "" },
	{ "figures that are none",
	  { TITLE(3, "Writer Report"), N(4, 1, 4), N(4, 2, -4), N(4, 3, INFINITY), N(5, 0, 64),
	    N(5, 1, NAN), N(5, 2, 9), N(5, 3, 9), N(6, 0, NAN), N(6, 1, 9), N(7, 0, 1e308),
	    N(7, 1, 1.7e308), N(8, 0, 64), N(8, 1, -1) },
	  "" },
	{ "columns that no table has",
	  { TITLE(3, "Writer Report"), N(4, 33, 4), N(4, 65535, 4), N(5, 0, 64), N(5, 33, 9),
	    N(5, 65535, 9) },
	  "" },
	{ "a title in the last row, one in another column",
	  { { TEXT, 65535, 0, 0, .text = "Writer Report" },
	    N(0, 1, 4),
	    N(1, 0, 64),
	    N(1, 1, 9),
	    { TEXT, 3, 1, 0, .text = "Writer Report" },
	    N(4, 1, 4),
	    N(5, 0, 64),
	    N(5, 1, 9) },
	  "" },
	{ "a title that is longer than its record",
	  { { LIE, 3, 0, 0, .text = "Writer Report" }, N(4, 1, 4), N(5, 0, 64), N(5, 1, 9) },
	  "" },
	{ "a number that is too short",
	  { TITLE(3, "Writer Report"), N(4, 1, 4), N(5, 0, 64), { SHORT, 5, 1, 9, NULL } },
	  "" },
	{ "a record that goes on behind the end",
	  { TITLE(3, "Writer Report"), N(4, 1, 4), N(5, 0, 64), { LONG, 5, 1, 9, NULL } },
	  "" },
	{ "what stands behind the sheet's end",
	  { TITLE(3, "Writer Report"),
	    N(4, 1, 4),
	    { LEAVE, 0, 0, 0, NULL },
	    N(5, 0, 64),
	    N(5, 1, 9) },
	  "" },
};

static void sheets_read(void **state)
{
	static struct bytes sheet;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sheets); i++) {
		struct taken taken;
		char why[WHY_ROOM];

		make_sheet(&sheet, sheets[i].cells);
		assert_ptr_equal(stock_recognise((char *)sheet.data, sheet.len),
				 &stock_iozone_sheet);
		read_with(&stock_iozone_sheet, (char *)sheet.data, sheet.len, &taken, why);
		if (strcmp(taken.text, sheets[i].figures) != 0)
			fail_msg("%s:\n  found  %s\n  wanted %s", sheets[i].name, taken.text,
				 sheets[i].figures);
		CHECK_ROW(i, sheets[i].name, *taken.text || strstr(why, "holds no figure"));
	}
}

/* Cut at every byte, in memory of just that size: what is found is the beginning of the whole. */
static void cut_short(void **state)
{
	static struct bytes sheet;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sheets); i++) {
		make_sheet(&sheet, sheets[i].cells);
		for (size_t len = 0; len <= sheet.len; len++) {
			char *copy = malloc(len + !len), why[WHY_ROOM];
			struct taken taken;

			assert_non_null(copy);
			memcpy(copy, sheet.data, len);
			CHECK_ROW(i, sheets[i].name,
				  len < 8 || stock_recognise(copy, len) == &stock_iozone_sheet);
			read_with(&stock_iozone_sheet, copy, len, &taken, why);
			CHECK_ROW(i, sheets[i].name,
				  !strncmp(taken.text, sheets[i].figures, taken.len));
			free(copy);
		}
	}
}

static void other_workbooks(void **state)
{
	/* Excel 97's container; version 3 and 4 worksheets; a chart of version 2. */
	static const char *const heads[] = {
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
		"\x09\x02\x06\x00\x00\x00\x10\x00",
		"\x09\x04\x06\x00\x00\x00\x10\x00",
		"\x09\x00\x04\x00\x02\x00\x20\x00",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		assert_null(stock_recognise(heads[i], 8));
}

static void taker_refuses(void **state)
{
	static struct bytes sheet;

	(void)state;
	make_sheet(&sheet, sheets[0].cells);
	check_refusal(&stock_iozone_sheet, (char *)sheet.data, sheet.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sheets_read),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(other_workbooks),
		cmocka_unit_test(taker_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
