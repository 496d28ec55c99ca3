/* SPDX-License-Identifier: MIT */
/* Before the first write: who named which disk, said on every console and recorded; then time to
 * stop it. */
#include "init/guard/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t asked_to_stop;

static void take_signal(int number)
{
	(void)number;
	asked_to_stop = 1;
}

static const char *or_none(const char *text)
{
	return text[0] ? text : "none";
}

static void announce(struct story *story, const struct naming *naming, const struct block *block)
{
	const char *who = source_name(story->settings.from[SET_SCRATCH]);
	unsigned long long bytes = block->bytes;

	console_say("assay: plan %s will overwrite ALL DATA on /dev/%s:",
		    story->settings.value[SET_PLAN].text, block->name);
	console_say("  %s, serial %s, WWN %s, %llu bytes (%.1f GB)%s%s",
		    block->model[0] ? block->model : "a disk", or_none(block->serial),
		    or_none(block->wwid), bytes, (double)bytes / 1e9,
		    block->partition_name[0] ? ", partition " : "", block->partition_name);
	console_say("  named by: %s (%s)%s%s", naming->text, who,
		    naming->over[0] ? "; may be lost: " : "", naming->over);
	record_log(story, NULL, SEVERITY_WARNING,
		   "guard: /dev/%s will be written: %s, serial %s, wwn %s, %llu bytes, signatures "
		   "%s; named by %s (%s); countdown %g s",
		   block->name, or_none(block->model), or_none(block->serial), or_none(block->wwid),
		   bytes, or_none(block->signature), naming->text, who,
		   story->settings.value[SET_COUNTDOWN].real);
}

static void tick(unsigned left, const char *name)
{
	char line[120];

	snprintf(line, sizeof(line),
		 "assay: %s is overwritten in %u s; any key or Ctrl-Alt-Del stops it", name, left);
	if (left <= 3 || left % 5 == 0)
		console_say("%s", line);
	else
		console_bar(line);
}

/* True when the time went by and nobody said a thing. */
static bool wait_for_nobody(double seconds, const char *name)
{
	enum { STEP_MS = 50 };
	uint64_t start_ns = clock_raw_ns(), limit_ns = (uint64_t)(seconds * 1e9), gone_ns = 0;
	unsigned shown = 0;

	console_key_pressed(); /* what was typed at the loader means something else */
	while ((gone_ns = clock_raw_ns() - start_ns) < limit_ns) {
		unsigned left = (unsigned)((limit_ns - gone_ns + 999999999) / 1000000000);

		if (left != shown)
			tick(left, name);
		shown = left;
		if (asked_to_stop || console_key_pressed())
			return false;
		clock_sleep_ns(STEP_MS * 1000000u);
	}
	console_bar_clear();
	return !asked_to_stop;
}

/* -ECANCELED: a key or Ctrl-Alt-Del stopped it. */
static int count_down(struct story *story, const struct naming *naming, const struct block *block)
{
	struct sigaction stop = { .sa_handler = take_signal }, before;
	bool go;

	announce(story, naming, block);
	sigaction(SIGINT, &stop, &before);
	go = wait_for_nobody(story->settings.value[SET_COUNTDOWN].real, block->name);
	sigaction(SIGINT, &before, NULL);
	if (go)
		return 0;
	console_say("assay: stopped by hand: no disk is written");
	record_log(story, NULL, SEVERITY_WARNING, "guard: stopped by hand: no disk is written");
	return -ECANCELED;
}

void countdown_ask(struct story *story)
{
	char why[WHY_ROOM];
	struct naming naming;
	const struct block *disk;

	if (!plan_writes(&story->settings) ||
	    naming_of(&naming, &story->settings, why, sizeof(why)))
		return;
	guard_learn(&story->machine, &naming);
	disk = guard_choose(&story->machine, &naming, why, sizeof(why));
	if (!disk) {
		console_say("assay: no disk is written: %s", why);
		record_log(story, NULL, SEVERITY_WARNING, "guard: no disk is written: %s", why);
	} else if (count_down(story, &naming, disk)) {
		story->machine.block[disk - story->machine.block].stopped = true;
	}
}
