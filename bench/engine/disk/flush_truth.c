/* SPDX-License-Identifier: MIT */
/* The limits of what is possible: see flush_truth.h. */
#include "bench/engine/disk/flush_truth.h"

#include <stdio.h>
#include <string.h>

struct judgement {
	const struct flush_times *times;
	const struct flush_limits *limits;
	enum protection protection;
	char *why;
	size_t room;
};

#define SAY(type, ...) (snprintf(j->why, j->room, __VA_ARGS__), VERDICT_##type)

static enum verdict_type judge_rotating(const struct judgement *j)
{
	double cycle_us = j->times->write_us + j->times->flush_us,
	       rotation_us = 60e6 / j->limits->rpm;

	if (cycle_us < 0.9 * rotation_us)
		return SAY(
			FAIL,
			"a block was rewritten and flushed every %.0f us, a disk of %.0f rpm turns "
			"once in %.0f us: a cache answered, and lies unless it survives a power cut "
			"(protection=yes)",
			cycle_us, j->limits->rpm, rotation_us);
	return SAY(PASS,
		   "a block was rewritten and flushed every %.0f us, a turn at %.0f rpm is %.0f",
		   cycle_us, j->limits->rpm, rotation_us);
}

static enum verdict_type judge_flash(const struct judgement *j)
{
	double cycle_us = j->times->write_us + j->times->flush_us;

	if (cycle_us >= j->limits->program_us)
		return SAY(
			PASS,
			"write and flush take %.0f us, flash can be programmed in %.0f us and more",
			cycle_us, j->limits->program_us);
	if (j->protection == PROTECTION_NO)
		return SAY(FAIL,
			   "write and flush take %.1f us, programming flash %.0f us at least: not "
			   "stored when it returns",
			   cycle_us, j->limits->program_us);
	return SAY(UNKNOWN,
		   "write and flush take %.1f us, programming flash %.0f us at least: power-loss "
		   "protection, or a lie; only a power cut tells",
		   cycle_us, j->limits->program_us);
}

static enum verdict_type judge_idle_flush(const struct judgement *j)
{
	const struct flush_times *t = j->times;

	if (t->flush_us > j->limits->same * t->write_us)
		return SAY(
			UNKNOWN,
			"a flush takes %.0f us with data to write and %.0f us without, more than the "
			"write's %.0f us: it does something, perhaps for others who write",
			t->flush_us, t->empty_us, t->write_us);
	if (t->write_us - t->empty_us < j->limits->program_us)
		return SAY(
			FAIL,
			"a flush takes %.0f us with data to write and %.0f us without, the write "
			"%.0f us: the layer below ignores flushes (as cache=unsafe does)",
			t->flush_us, t->empty_us, t->write_us);
	return SAY(
		UNKNOWN,
		"a flush takes %.0f us with data to write and %.0f us without: it does nothing; the "
		"write takes %.0f us and may be through by itself",
		t->flush_us, t->empty_us, t->write_us);
}

static enum verdict_type judge_virtual(const struct judgement *j, bool volatile_cache)
{
	const struct flush_times *t = j->times;

	if (!volatile_cache)
		return SAY(
			UNKNOWN,
			"the disk says it has no cache to flush, and Linux sends none: a write takes "
			"%.0f us, and nothing shows from here whether it is stored then",
			t->write_us);
	if (t->flush_us <= j->limits->same * t->empty_us)
		return judge_idle_flush(j);
	if (t->flush_us - t->empty_us >= j->limits->program_us)
		return SAY(
			PASS,
			"a flush takes %.0f us with data to write and %.0f us without: the layer "
			"below acts on it, and takes the time that storing needs",
			t->flush_us, t->empty_us);
	return SAY(
		UNKNOWN,
		"a flush takes %.0f us with data to write and %.0f us without: acted on, but faster "
		"than flash is programmed (%.0f us)",
		t->flush_us, t->empty_us, j->limits->program_us);
}

enum verdict_type flush_judge(const struct medium_facts *facts, enum protection protection,
			      const struct flush_times *times, const struct flush_limits *limits,
			      char *why, size_t room)
{
	const struct judgement judgement = { times, limits, protection, why, room };
	const struct judgement *j = &judgement;

	if (times->cycles < FLUSH_LEAST_CYCLES)
		return SAY(UNKNOWN, "only %llu cycles: too few to judge",
			   (unsigned long long)times->cycles);
	if (protection == PROTECTION_YES)
		return SAY(PASS,
			   "protected against power loss, as was stated: any time is possible");
	switch (facts->medium) {
	case MEDIUM_ROTATING:
		return judge_rotating(j);
	case MEDIUM_FLASH:
		return judge_flash(j);
	case MEDIUM_VIRTUAL:
		return judge_virtual(j, !strcmp(facts->write_cache, "write back"));
	default:
		return SAY(UNKNOWN, "what the disk is made of is not known here: say medium=");
	}
}
