/* SPDX-License-Identifier: MIT */
/* Where the campaign stands: a table that is drawn anew on a terminal. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lab/campaign/campaign.h"

double live_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_alike(const struct slot *a, const struct slot *b)
{
	return a->together == b->together && a->which == b->which;
}

/* What such a slot took on average; negative: none has been run. */
static double usual_seconds(const struct desk *desk, const struct slot *slot)
{
	double sum = 0, all = 0;
	size_t count = 0, any = 0;

	for (size_t i = 0; i < desk->slot_count; i++) {
		if (desk->state.at[i].progress != SLOT_DONE)
			continue;
		all += desk->state.at[i].seconds;
		any++;
		if (!is_alike(&desk->slots[i], slot))
			continue;
		sum += desk->state.at[i].seconds;
		count++;
	}
	return count ? sum / (double)count : any ? all / (double)any : -1;
}

static bool is_due(const struct desk *desk, size_t slot)
{
	enum progress progress = desk->state.at[slot].progress;

	return progress == SLOT_OPEN || progress == SLOT_CUT;
}

double live_left(const struct desk *desk, size_t slot)
{
	double left = 0;

	for (size_t i = 0; i < desk->slot_count; i++) {
		double usual = usual_seconds(desk, &desk->slots[i]),
		       gone = live_now() - desk->began;

		if (!is_due(desk, i))
			continue;
		if (usual < 0)
			return -1;
		if (i == slot)
			usual = usual > gone ? usual - gone : 0;
		left += usual;
	}
	return left;
}

static void add_left(const struct desk *desk, size_t slot, struct text *out)
{
	double left = live_left(desk, slot);

	if (left < 0)
		return;
	text_add(out, ", about ");
	text_add_duration(out, left);
	text_add(out, " left");
}

static void count_boots(const struct desk *desk, const struct slot *of, unsigned *done,
			unsigned *all)
{
	*done = *all = 0;
	for (size_t i = 0; i < desk->slot_count; i++) {
		if (!is_alike(&desk->slots[i], of))
			continue;
		++*all;
		*done += desk->state.at[i].progress == SLOT_DONE;
	}
}

static void add_entrant(const struct desk *desk, size_t which, struct text *out)
{
	const struct entrant *entrant = &desk->campaign->entrants[which];
	struct slot slot = { false, which, 0 };
	unsigned done, all;

	count_boots(desk, &slot, &done, &all);
	if (entrant->value[ENTRANT_KIND].num == KIND_REAL)
		text_add(out, "  %-24s real; its runs are brought into machines/%s\n",
			 entrant->name, entrant->name);
	else if (*desk->obstacles[which])
		text_add(out, "  %-24s cannot be run here: %s\n", entrant->name,
			 desk->obstacles[which]);
	else
		text_add(out, "  %-24s %2u/%-2u  %s\n", entrant->name, done, all,
			 desk->phase[which]);
}

static void add_meeting(const struct desk *desk, size_t which, struct text *out)
{
	struct slot slot = { true, which, 0 };
	unsigned done, all;

	count_boots(desk, &slot, &done, &all);
	text_add(out, "  %-24s %2u/%-2u  together\n", desk->campaign->meetings[which].name, done,
		 all);
}

/* From wherever an echoed ^C left the cursor. */
void live_clear(struct desk *desk)
{
	if (desk->drawn)
		printf("\r\033[%zuA\033[J", desk->drawn);
	desk->drawn = 0;
}

/* Cuts what a small window has no rows for: the cursor could not go back up to what scrolled away.
 * Returns how many lines are left. */
static size_t fit_rows(char *table, size_t rows)
{
	size_t lines = 0;

	for (char *at = table; (at = strchr(at, '\n')); at++)
		if (++lines == rows) {
			at[1] = '\0';
			break;
		}
	return lines;
}

static size_t rows_of_terminal(void)
{
	struct winsize size;

	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row > 2 ? size.ws_row - 1u : 23;
}

void live_draw(struct desk *desk, size_t slot)
{
	char table[8192];
	struct text text;

	if (!desk->terminal)
		return;
	text_begin(&text, table, sizeof(table));
	text_add(&text, "boot %zu of %zu: %s, since ", slot + 1, desk->slot_count,
		 slot_name(desk->campaign, &desk->slots[slot]));
	text_add_duration(&text, floor(live_now() - desk->began));
	add_left(desk, slot, &text);
	text_add(&text, "\n");
	for (size_t i = 0; i < desk->campaign->entrant_count; i++)
		add_entrant(desk, i, &text);
	for (size_t i = 0; i < desk->campaign->meeting_count; i++)
		add_meeting(desk, i, &text);
	live_clear(desk);
	desk->drawn = fit_rows(table, rows_of_terminal());
	/* Without wrapping: a line that is too long for the window ends at its edge, and stays one.
	 */
	printf("\033[?7l%s\033[?7h", table);
	fflush(stdout);
}
