/* SPDX-License-Identifier: MIT */
/* The QR code's limits [E5]; that a reader takes what is drawn is asked of zbarimg, in the test of
 * the screen, tests/image/screen.sh. With a path, this program draws a text there as a picture. */
#include "tests/unit/test.h"

#include "lib/qr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void what_it_holds(void **state)
{
	char longest[QR_TEXT + 2];
	struct qr qr;

	(void)state;
	memset(longest, 'Z', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(qr_of(longest, &qr), -ENOSPC);
	longest[QR_TEXT] = '\0';
	assert_int_equal(qr_of(longest, &qr), 0);
	assert_int_equal(qr_of("", &qr), 0);
	assert_int_equal(qr_of("abc", &qr), -EINVAL);
	assert_int_equal(qr_of("A_B", &qr), -EINVAL);
}

/* ISO/IEC 18004: three finders, timing between them, the module that is always dark. */
static void what_is_fixed(void **state)
{
	struct qr qr;

	(void)state;
	assert_int_equal(qr_of("ASSAY", &qr), 0);
	for (int i = 0; i < 7; i++) {
		assert_true(qr.dark[0][i] && qr.dark[i][0] && qr.dark[0][QR_SIDE - 1 - i]);
		assert_false(qr.dark[7][i] || qr.dark[i][7] || qr.dark[QR_SIDE - 8][i]);
	}
	for (int i = 8; i < QR_SIDE - 8; i++)
		assert_true(qr.dark[6][i] == (i % 2 == 0) && qr.dark[i][6] == (i % 2 == 0));
	assert_true(qr.dark[QR_SIDE - 8][8]);
}

static void as_lines(void **state)
{
	static char printed[16384];
	struct text text;
	struct qr qr;
	size_t lines = 0;

	(void)state;
	assert_int_equal(qr_of("ASSAY", &qr), 0);
	text_begin(&text, printed, sizeof(printed));
	qr_print(&qr, &text);
	assert_false(text.cut);
	for (const char *at = printed; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, (QR_SIDE + 4 + 1) / 2);
}

/* A portable graymap with 4 pixels a module and a margin of 4 modules. */
static int draw(const char *text, const char *path)
{
	enum { SCALE = 4, MARGIN = 4, PIXELS = (QR_SIDE + 2 * MARGIN) * SCALE };
	FILE *out = fopen(path, "w");
	struct qr qr;

	if (!out || qr_of(text, &qr))
		return 1;
	fprintf(out, "P2\n%d %d\n1\n", PIXELS, PIXELS);
	for (int y = 0; y < PIXELS; y++)
		for (int x = 0; x < PIXELS; x++) {
			int row = y / SCALE - MARGIN, column = x / SCALE - MARGIN;
			bool inside = row >= 0 && column >= 0 && row < QR_SIDE && column < QR_SIDE;

			fprintf(out, "%d\n", !(inside && qr.dark[row][column]));
		}
	return fclose(out) != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_holds),
		cmocka_unit_test(what_is_fixed),
		cmocka_unit_test(as_lines),
	};

	if (argc == 3)
		return draw(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
