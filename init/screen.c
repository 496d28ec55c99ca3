/* SPDX-License-Identifier: MIT */
/*
 * The end of a run as a QR code on the screen: run id and the chain's end, so that a phone's
 * picture of it holds the journal that is collected later to what the machine said.
 */
#include "init/init.h"
#include "lib/qr.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Upper case: that is what such a code holds in least room. */
static void format_end(char *out, size_t room, const char *run_id, const char *head)
{
	snprintf(out, room, "ASSAY:%s:%s", run_id, head);
	for (char *at = out; *at; at++)
		*at = (char)toupper((unsigned char)*at);
}

static void wait_for_key(double seconds)
{
	enum { STEP_MS = 50 };
	uint64_t start_ns = clock_raw_ns(), limit_ns = (uint64_t)(seconds * 1e9);

	while (clock_raw_ns() - start_ns < limit_ns && !console_key_pressed())
		clock_sleep_ns(STEP_MS * 1000000u);
}

void screen_end(const struct story *story, const char *head)
{
	/* The code, its line feeds, and the two lines of the end above it. */
	enum { ROWS = (QR_SIDE + 4 + 1) / 2 + 2, COLUMNS = QR_SIDE + 8 };
	static char printed[16384];
	char end[QR_TEXT + 1];
	struct text text;
	struct qr qr;

	format_end(end, sizeof(end), story->run_id, head);
	if (qr_of(end, &qr))
		return;
	text_begin(&text, printed, sizeof(printed));
	/* Bright white on black, without the last line feed: it would scroll the top away. */
	text_add(&text, "\033[1;37;40m");
	qr_print(&qr, &text);
	text_add(&text, "\033[0m");
	if (console_picture(printed, text.len, ROWS, COLUMNS))
		wait_for_key(story->settings.value[SET_LINGER].real);
}
