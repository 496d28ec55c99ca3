/* SPDX-License-Identifier: MIT */
/* A QR code of version 5-L: 108 bytes of data, 26 of Reed and Solomon's, in one block. */
#include "lib/qr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 108, CHECK = 26, WHOLE = DATA + CHECK };

/* ---- the bytes ---- */

struct bits {
	uint8_t byte[WHOLE];
	size_t count;
};

static void put(struct bits *bits, unsigned value, unsigned width)
{
	for (; width; width--, bits->count++)
		if (value >> (width - 1) & 1)
			bits->byte[bits->count / 8] |= (uint8_t)(0x80 >> bits->count % 8);
}

static int encode(const char *text, struct bits *bits)
{
	static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	size_t len = strlen(text);
	unsigned before = 0;

	if (len > QR_TEXT)
		return -ENOSPC;
	put(bits, 2, 4); /* alphanumeric */
	put(bits, (unsigned)len, 9);
	for (size_t i = 0; i < len; i++) {
		const char *found = strchr(characters, text[i]);
		unsigned value = found ? (unsigned)(found - characters) : 0;

		if (!found)
			return -EINVAL;
		if (i % 2)
			put(bits, before * 45 + value, 11);
		else if (i + 1 == len)
			put(bits, value, 6);
		before = value;
	}
	put(bits, 0, bits->count + 4 <= 8 * DATA ? 4 : (unsigned)(8 * DATA - bits->count));
	bits->count = (bits->count + 7) / 8 * 8;
	for (bool first = true; bits->count < 8 * DATA; first = !first)
		put(bits, first ? 0xec : 0x11, 8);
	return 0;
}

/* In the field of 256 elements whose polynomial is x^8 + x^4 + x^3 + x^2 + 1. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0;

	for (int bit = 7; bit >= 0; bit--) {
		product = product << 1 ^ (product >> 7) * 0x11d;
		product ^= (unsigned)(b >> bit & 1) * a;
	}
	return (uint8_t)product;
}

/* The remainder of the data divided by the product of (x - 2^0) to (x - 2^25). */
static void add_check(struct bits *bits)
{
	uint8_t divisor[CHECK] = { [CHECK - 1] = 1 }, root = 1, *rest = bits->byte + DATA;

	for (size_t i = 0; i < CHECK; i++, root = multiply(root, 2))
		for (size_t at = 0; at < CHECK; at++) {
			divisor[at] = multiply(divisor[at], root);
			if (at + 1 < CHECK)
				divisor[at] ^= divisor[at + 1];
		}
	for (size_t i = 0; i < DATA; i++) {
		uint8_t factor = bits->byte[i] ^ rest[0];

		memmove(rest, rest + 1, CHECK - 1);
		rest[CHECK - 1] = 0;
		for (size_t at = 0; at < CHECK; at++)
			rest[at] ^= multiply(divisor[at], factor);
	}
}

/* ---- the modules ---- */

struct drawing {
	struct qr *qr;
	bool fixed[QR_SIDE][QR_SIDE]; /* no place for data */
};

static void set(struct drawing *drawing, int column, int row, bool dark)
{
	if (column < 0 || row < 0 || column >= QR_SIDE || row >= QR_SIDE)
		return;
	drawing->qr->dark[row][column] = dark;
	drawing->fixed[row][column] = true;
}

/* Squares in squares around a middle: of this reach, dark where `rings` has the distance's bit. */
static void draw_squares(struct drawing *drawing, int column, int row, int reach, unsigned rings)
{
	for (int y = -reach; y <= reach; y++)
		for (int x = -reach; x <= reach; x++) {
			int distance = abs(x) > abs(y) ? abs(x) : abs(y);

			set(drawing, column + x, row + y, rings >> distance & 1);
		}
}

/* Correction level L and mask 0 with their own check bits, twice. */
static void draw_format(struct drawing *drawing)
{
	unsigned data = 1 << 3, rest = data, bits;

	for (int i = 0; i < 10; i++)
		rest = rest << 1 ^ (rest >> 9) * 0x537;
	bits = (data << 10 | rest) ^ 0x5412;
	for (int i = 0; i < 15; i++) {
		bool dark = bits >> i & 1;

		set(drawing, i < 8 ? 8 : i == 8 ? 7 : 14 - i, i < 6 ? i : i < 8 ? i + 1 : 8, dark);
		set(drawing, i < 8 ? QR_SIDE - 1 - i : 8, i < 8 ? 8 : QR_SIDE - 15 + i, dark);
	}
	set(drawing, 8, QR_SIDE - 8, true);
}

static void draw_fixed(struct drawing *drawing)
{
	enum { RINGS_OF_FINDER = 0x0b, RINGS_OF_ALIGNMENT = 0x05 };

	for (int i = 0; i < QR_SIDE; i++) {
		set(drawing, 6, i, i % 2 == 0);
		set(drawing, i, 6, i % 2 == 0);
	}
	draw_squares(drawing, 3, 3, 4, RINGS_OF_FINDER);
	draw_squares(drawing, QR_SIDE - 4, 3, 4, RINGS_OF_FINDER);
	draw_squares(drawing, 3, QR_SIDE - 4, 4, RINGS_OF_FINDER);
	draw_squares(drawing, QR_SIDE - 7, QR_SIDE - 7, 2, RINGS_OF_ALIGNMENT);
	draw_format(drawing);
}

/* Two columns at a time from the right, up and down in turn; mask 0 inverts every other module. */
static void draw_data(struct drawing *drawing, const struct bits *bits)
{
	size_t bit = 0;
	bool up = true;

	for (int right = QR_SIDE - 1; right >= 1; right -= 2, up = !up) {
		right -= right == 6;
		for (int i = 0; i < 2 * QR_SIDE; i++) {
			int row = up ? QR_SIDE - 1 - i / 2 : i / 2, column = right - i % 2;
			bool dark = false;

			if (drawing->fixed[row][column])
				continue;
			if (bit < 8 * WHOLE)
				dark = bits->byte[bit / 8] >> (7 - bit % 8) & 1;
			bit++;
			drawing->qr->dark[row][column] = dark ^ ((row + column) % 2 == 0);
		}
	}
}

int qr_of(const char *text, struct qr *out)
{
	struct drawing drawing = { .qr = out };
	struct bits bits = { 0 };
	int err = encode(text, &bits);

	if (err)
		return err;
	memset(out, 0, sizeof(*out));
	add_check(&bits);
	draw_fixed(&drawing);
	draw_data(&drawing, &bits);
	return 0;
}

void qr_print(const struct qr *qr, struct text *out)
{
	enum { ACROSS = 4, ABOVE = 2 };
	static const char *const blocks[] = { " ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88" };

	for (int row = -ABOVE; row < QR_SIDE + ABOVE; row += 2) {
		for (int column = -ACROSS; column < QR_SIDE + ACROSS; column++) {
			bool beside = column < 0 || column >= QR_SIDE;
			bool upper = beside || row < 0 || row >= QR_SIDE || !qr->dark[row][column];
			bool lower = beside || row + 1 < 0 || row + 1 >= QR_SIDE ||
				     !qr->dark[row + 1][column];

			text_add(out, "%s", blocks[2 * upper + lower]);
		}
		text_add(out, "\n");
	}
}
