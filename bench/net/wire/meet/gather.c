/* SPDX-License-Identifier: MIT */
/* How a meeting comes together: its terms, places, and who is turned away. See meeting.h. */
#include "bench/net/wire/meet/meeting_inside.h"

#include "lib/lib.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A gathering has no limit of its own to speak of: each machine has one, and leaves. */
#define GATHER_NS  (86400 * SECOND_NS)
/* What a phase takes beside its data, for people who ask how long. */
#define BETWEEN_NS (2 * SECOND_NS)

/* ---- terms ---- */

const char *meet_terms_objection(const struct meet_terms *terms)
{
	unsigned seen = 0;

	if (terms->machines < 1 || terms->order_count != terms->machines)
		return "the order does not name every machine once";
	for (uint64_t i = 0; i < terms->order_count; i++) {
		if (terms->order[i] < 1 || terms->order[i] > terms->machines ||
		    seen & 1u << terms->order[i])
			return "the order does not name every machine once";
		seen |= 1u << terms->order[i];
	}
	if (!terms->interval_ns || !terms->duration_ns || terms->duration_ns > 86400 * SECOND_NS ||
	    terms->stagger_ns > 86400 * SECOND_NS)
		return "a time is zero or more than a day";
	if (terms->stagger_ns * (terms->machines - 1) >= terms->duration_ns)
		return "the first would be over before the last starts";
	if (meet_span_ns(terms, terms->machines) / terms->interval_ns >= MEET_INTERVALS)
		return "too many intervals";
	return strlen(terms->digest) == 64 ? NULL : "no digest of the parameters";
}

uint64_t meet_start_offset(const struct meet_terms *terms, uint64_t place, uint64_t run_count)
{
	for (uint64_t i = 0; run_count > 1 && i < terms->order_count; i++)
		if (terms->order[i] == place)
			return i * terms->stagger_ns;
	return 0;
}

uint64_t meet_span_ns(const struct meet_terms *terms, uint64_t run_count)
{
	return terms->duration_ns + (run_count - 1) * terms->stagger_ns;
}

uint64_t meet_window_ns(const struct meet_terms *terms, uint64_t run_count)
{
	return terms->duration_ns - (run_count - 1) * terms->stagger_ns;
}

static bool same_terms(const struct meet_terms *a, const struct meet_terms *b)
{
	return a->machines == b->machines && !memcmp(a->order, b->order, sizeof(a->order)) &&
	       a->stagger_ns == b->stagger_ns && a->duration_ns == b->duration_ns &&
	       a->interval_ns == b->interval_ns && a->alone == b->alone && a->udp == b->udp &&
	       !strcmp(a->digest, b->digest);
}

/* ---- who comes ---- */

static int refuse(struct meeting *meeting, unsigned id, int err, uint64_t seconds,
		  const char *format, ...) PRINTF_LIKE(5, 6);
static int refuse(struct meeting *meeting, unsigned id, int err, uint64_t seconds,
		  const char *format, ...)
{
	struct meet_message *refused = meeting_message(MEET_REFUSED);
	va_list args;

	if (!refused)
		return err;
	va_start(args, format);
	vsnprintf(refused->text, sizeof(refused->text), format, args);
	va_end(args);
	refused->busy = err == -EBUSY;
	refused->seconds = seconds;
	meeting->send(meeting->context, id, refused);
	free(refused);
	return err;
}

static bool place_is_taken(const struct meeting *meeting, uint64_t place)
{
	for (size_t i = 0; i < MEET_MACHINES; i++)
		if (meeting->member[i].id && meeting->member[i].place == place)
			return true;
	return false;
}

/* Who asked for a place has it; the others fill what is left, first come first. */
static void give_places(struct meeting *meeting)
{
	for (size_t i = 0; i < MEET_MACHINES; i++)
		meeting->member[i].place = meeting->member[i].wanted;
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		struct meeting_member *member = &meeting->member[i];
		for (uint64_t place = 1; member->id && !member->place; place++)
			if (!place_is_taken(meeting, place))
				member->place = place;
	}
}

void meeting_tell_waiting(struct meeting *meeting)
{
	struct meet_message *wait = meeting_message(MEET_WAIT);

	if (!wait)
		return;
	wait->present = meeting->present;
	wait->terms.machines = meeting->terms.machines;
	meeting_tell_all(meeting, wait);
	free(wait);
}

static void begin(struct meeting *meeting, uint64_t now_ns)
{
	const struct meet_terms *terms = &meeting->terms;
	uint64_t alone = terms->alone ? terms->machines : 0;

	give_places(meeting);
	meeting->phases = alone + 1;
	meeting->phase = alone ? 1 : meeting->phases;
	meeting->end_ns = now_ns + meeting->phases * (LEAD_NS + BETWEEN_NS) +
			  alone * terms->duration_ns + meet_span_ns(terms, terms->machines);
	meeting_announce(meeting, now_ns);
}

static int check_hello(struct meeting *meeting, unsigned id, const struct meet_message *hello,
		       uint64_t now_ns)
{
	const char *objection = meet_terms_objection(&hello->terms);
	char names[160];
	uint64_t seconds = meeting_busy(meeting, now_ns, names, sizeof(names));

	if (hello->version != MEET_VERSION)
		return refuse(meeting, id, -EPROTO, 0, "version %d of the protocol is spoken here",
			      MEET_VERSION);
	if (objection)
		return refuse(meeting, id, -EINVAL, 0, "%s", objection);
	if (hello->place > hello->terms.machines)
		return refuse(meeting, id, -EINVAL, 0, "place %llu of %llu",
			      (unsigned long long)hello->place,
			      (unsigned long long)hello->terms.machines);
	if (meeting->state > MEETING_GATHERING)
		return refuse(meeting, id, -EBUSY, seconds, "busy with %s for %llu s more", names,
			      (unsigned long long)seconds);
	if (meeting->state == MEETING_GATHERING && !same_terms(&meeting->terms, &hello->terms))
		return refuse(meeting, id, -EBUSY, 0, "%s waits here to meet with other parameters",
			      names);
	if (hello->place && place_is_taken(meeting, hello->place))
		return refuse(meeting, id, -EEXIST, 0, "place %llu is taken",
			      (unsigned long long)hello->place);
	return 0;
}

int meeting_join(struct meeting *meeting, unsigned id, const struct meet_message *hello,
		 uint64_t now_ns)
{
	int err = check_hello(meeting, id, hello, now_ns);
	struct meeting_member *member = meeting->member;

	if (err)
		return err;
	if (meeting->state == MEETING_NONE) {
		meeting->terms = hello->terms;
		meeting->epoch_ns = now_ns;
		meeting->until_ns = now_ns + GATHER_NS;
		meeting->state = MEETING_GATHERING;
	}
	while (member->id)
		member++;
	*member =
		(struct meeting_member){ .id = id, .place = hello->place, .wanted = hello->place };
	snprintf(member->name, sizeof(member->name), "%s", hello->name);
	meeting->present++;
	if (meeting->present < meeting->terms.machines)
		meeting_tell_waiting(meeting);
	else
		begin(meeting, now_ns);
	return 0;
}
