/* SPDX-License-Identifier: MIT */
/* A meeting as the partner keeps it: see meeting.h. */
#include "bench/net/wire/meet/meeting_inside.h"

#include "lib/lib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A client leaves a gathering by itself; ready comes after some round trips; a share after the last
 * data is through, or the receiver's report has been asked for again and again. */
#define PREPARE_NS (15 * SECOND_NS)
#define REPORT_NS  (30 * SECOND_NS)

/* ---- members ---- */

static struct meeting_member *member_of(struct meeting *meeting, unsigned id)
{
	for (size_t i = 0; i < MEET_MACHINES; i++)
		if (id && meeting->member[i].id == id)
			return &meeting->member[i];
	return NULL;
}

static bool runs_now(const struct meeting *meeting, const struct meeting_member *member)
{
	for (uint64_t i = 0; i < meeting->run_count; i++)
		if (meeting->runs[i] == member->place)
			return true;
	return false;
}

void meeting_tell_all(struct meeting *meeting, struct meet_message *message)
{
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		const struct meeting_member *member = &meeting->member[i];
		if (!member->id)
			continue;
		if (message->say == MEET_PHASE)
			message->place = member->place;
		meeting->send(meeting->context, member->id, message);
	}
}

static void forget(struct meeting *meeting)
{
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		free(meeting->member[i].alone);
		free(meeting->member[i].together);
		meeting->member[i] = (struct meeting_member){ 0 };
	}
	meeting->state = MEETING_NONE;
	meeting->present = 0;
}

/* The message is large, and only one thread keeps a meeting: but never on its stack. */
struct meet_message *meeting_message(enum meet_say say)
{
	struct meet_message *message = calloc(1, sizeof(*message));

	if (message)
		message->say = say;
	return message;
}

void meeting_end(struct meeting *meeting, const char *text)
{
	struct meet_message *end = meeting_message(MEET_END);

	if (meeting->state != MEETING_NONE && end) {
		snprintf(end->text, sizeof(end->text), "%s", text);
		meeting_tell_all(meeting, end);
	}
	if (meeting->state > MEETING_GATHERING && meeting->over)
		meeting->over(meeting->context, meeting, text);
	forget(meeting);
	free(end);
}

uint64_t meeting_time(const struct meeting *meeting, uint64_t now_ns)
{
	return meeting->state == MEETING_NONE || now_ns < meeting->epoch_ns ?
		       0 :
		       now_ns - meeting->epoch_ns;
}

uint64_t meeting_busy(const struct meeting *meeting, uint64_t now_ns, char *names, size_t room)
{
	struct text text;

	text_begin(&text, names, room);
	for (size_t i = 0; i < MEET_MACHINES; i++)
		if (meeting->member[i].id)
			text_add(&text, "%s%s", text.len ? " and " : "", meeting->member[i].name);
	if (meeting->state < MEETING_PREPARING)
		return 0;
	return meeting->end_ns > now_ns ? (meeting->end_ns - now_ns) / SECOND_NS + 1 : 1;
}

/* ---- phases ---- */

void meeting_announce(struct meeting *meeting, uint64_t now_ns)
{
	struct meet_message *phase = meeting_message(MEET_PHASE);

	if (!phase)
		return meeting_end(meeting, "the partner is out of memory");
	meeting->state = MEETING_PREPARING;
	meeting->until_ns = now_ns + PREPARE_NS;
	if (meeting->phase < meeting->phases) {
		meeting->run_count = 1;
		meeting->runs[0] = meeting->phase;
	} else {
		meeting->run_count = meeting->terms.machines;
		memcpy(meeting->runs, meeting->terms.order, sizeof(meeting->runs));
	}
	for (size_t i = 0; i < MEET_MACHINES; i++)
		meeting->member[i].ready = meeting->member[i].shared = false;
	phase->phase = meeting->phase;
	phase->phases = meeting->phases;
	phase->run_count = meeting->run_count;
	memcpy(phase->runs, meeting->runs, sizeof(phase->runs));
	meeting_tell_all(meeting, phase);
	free(phase);
}

static void start_phase(struct meeting *meeting, uint64_t now_ns)
{
	struct meet_message *start = meeting_message(MEET_START);
	const struct meet_terms *terms = &meeting->terms;
	uint64_t count = meeting->run_count;

	if (!start)
		return meeting_end(meeting, "the partner is out of memory");
	start->phase = meeting->phase;
	start->begin_ns = meeting->begin_ns = meeting_time(meeting, now_ns) + LEAD_NS;
	start->run_count = start->start_count = count;
	memcpy(start->runs, meeting->runs, sizeof(start->runs));
	for (uint64_t i = 0; i < count; i++)
		start->starts[i] =
			start->begin_ns + meet_start_offset(terms, meeting->runs[i], count);
	meeting->state = MEETING_RUNNING;
	meeting->until_ns = now_ns + LEAD_NS + meet_span_ns(terms, count) + REPORT_NS;
	meeting_tell_all(meeting, start);
	free(start);
}

static bool all_have(const struct meeting *meeting, bool shared)
{
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		const struct meeting_member *member = &meeting->member[i];
		if (!member->id)
			continue;
		if (shared ? runs_now(meeting, member) && !member->shared : !member->ready)
			return false;
	}
	return true;
}

/* ---- while it goes on ---- */

static int take_ready(struct meeting *meeting, struct meeting_member *member,
		      const struct meet_message *message, uint64_t now_ns)
{
	if (meeting->state != MEETING_PREPARING || message->phase != meeting->phase ||
	    member->ready)
		return -EBADMSG;
	member->ready = true;
	member->uncertainty_ns = message->uncertainty_ns;
	if (all_have(meeting, false))
		start_phase(meeting, now_ns);
	return 0;
}

static void end_phase(struct meeting *meeting, uint64_t now_ns)
{
	if (meeting->phase == meeting->phases)
		return meeting_end(meeting, "");
	meeting->phase++;
	meeting_announce(meeting, now_ns);
}

static int take_share(struct meeting *meeting, struct meeting_member *member,
		      struct meet_message *message, uint64_t now_ns)
{
	struct meet_share *share = &message->share, *kept;
	char text[sizeof(message->text)];

	if (meeting->state != MEETING_RUNNING || share->phase != meeting->phase ||
	    !runs_now(meeting, member) || member->shared)
		return -EBADMSG;
	/* Who it is, we know better. */
	share->place = member->place;
	snprintf(share->name, sizeof(share->name), "%s", member->name);
	member->shared = true;
	kept = malloc(sizeof(*kept));
	if (kept)
		*kept = *share;
	*(meeting->phase < meeting->phases ? &member->alone : &member->together) = kept;
	meeting_tell_all(meeting, message);
	if (share->failure[0]) {
		snprintf(text, sizeof(text), "machine %llu (%s): %s",
			 (unsigned long long)member->place, member->name, share->failure);
		meeting_end(meeting, text);
	} else if (all_have(meeting, true)) {
		end_phase(meeting, now_ns);
	}
	return 0;
}

int meeting_take(struct meeting *meeting, unsigned id, const struct meet_message *message,
		 uint64_t now_ns)
{
	struct meeting_member *member = member_of(meeting, id);
	struct meet_message *copy;

	if (!member)
		return -EBADMSG;
	if (message->say == MEET_READY)
		return take_ready(meeting, member, message, now_ns);
	if (message->say != MEET_SHARE)
		return -EBADMSG;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *message;
	int err = take_share(meeting, member, copy, now_ns);
	free(copy);
	return err;
}

static void describe_phase(const struct meeting *meeting, struct text *text)
{
	if (meeting->phase < meeting->phases)
		text_add(text, "machine %llu alone", (unsigned long long)meeting->runs[0]);
	else
		text_add(text, "all together");
}

void meeting_leave(struct meeting *meeting, unsigned id, uint64_t now_ns)
{
	struct meeting_member *member = member_of(meeting, id);
	char words[200];
	struct text text;

	(void)now_ns;
	if (!member)
		return;
	member->id = 0;
	if (meeting->state == MEETING_GATHERING) {
		meeting->present--;
		if (!meeting->present)
			return forget(meeting);
		return meeting_tell_waiting(meeting);
	}
	text_begin(&text, words, sizeof(words));
	text_add(&text, "machine %llu (%s) left during phase %llu of %llu, ",
		 (unsigned long long)member->place, member->name,
		 (unsigned long long)meeting->phase, (unsigned long long)meeting->phases);
	describe_phase(meeting, &text);
	meeting_end(meeting, words);
}

void meeting_tick(struct meeting *meeting, uint64_t now_ns)
{
	const struct meeting_member *late = NULL;
	char words[200];

	if (meeting->state == MEETING_NONE || now_ns < meeting->until_ns)
		return;
	for (size_t i = 0; i < MEET_MACHINES && !late; i++) {
		const struct meeting_member *member = &meeting->member[i];
		bool done = meeting->state == MEETING_PREPARING ?
				    member->ready :
				    member->shared || !runs_now(meeting, member);
		late = member->id && !done ? member : NULL;
	}
	snprintf(words, sizeof(words), "machine %llu (%s) is silent in phase %llu of %llu",
		 (unsigned long long)(late ? late->place : 0), late ? late->name : "?",
		 (unsigned long long)meeting->phase, (unsigned long long)meeting->phases);
	meeting_end(meeting, words);
}
