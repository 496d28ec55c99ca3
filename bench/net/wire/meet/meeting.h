/* SPDX-License-Identifier: MIT */
/*
 * A meeting as the partner keeps it, pure: what machines say and what time it is go in, what they
 * are told comes out. No sockets, no clock.
 *
 * Gathering, until as many are there as were asked for, all on the same terms. Then phases, each
 * alone in turn (when wanted) and all together last: announced, every machine has agreed its clock
 * and says it is ready, started at a time that all know, and over when all that ran have told their
 * share, which everybody gets. A machine that leaves or fails ends the meeting for all, by name.
 */
#ifndef ASSAY_MEET_MEETING_H
#define ASSAY_MEET_MEETING_H

#include "bench/net/wire/meet/message.h"

enum meeting_state { MEETING_NONE, MEETING_GATHERING, MEETING_PREPARING, MEETING_RUNNING };

struct meeting_member {
	unsigned id;		/* of its connection; 0: nobody */
	uint64_t place, wanted; /* wanted 0: by arrival */
	char name[41];
	bool ready, shared;
	uint64_t uncertainty_ns;
	struct meet_share *alone, *together; /* as far as they are known */
};

struct meeting {
	/* Set by the caller. */
	void (*send)(void *context, unsigned id, const struct meet_message *message);
	/* Over, well (text "") or not; the shares are there until it returns. */
	void (*over)(void *context, const struct meeting *meeting, const char *text);
	void *context;

	enum meeting_state state;
	struct meet_terms terms;
	struct meeting_member member[MEET_MACHINES];
	uint64_t present;
	uint64_t phase, phases, runs[MEET_MACHINES], run_count;
	uint64_t begin_ns;	     /* of the phase, on the meeting's own time */
	uint64_t epoch_ns, until_ns; /* the caller's clock: when it began, and this state's limit */
	uint64_t end_ns;	     /* about when the whole will be over, once it goes on */
};

/* NULL, or what is wrong with the terms: of no use whoever asks. */
const char *meet_terms_objection(const struct meet_terms *terms);
/* One place's start after the first's, and how long all of a phase run together. */
uint64_t meet_start_offset(const struct meet_terms *terms, uint64_t place, uint64_t run_count);
uint64_t meet_window_ns(const struct meet_terms *terms, uint64_t run_count);
/* From the first start to the last end. */
uint64_t meet_span_ns(const struct meet_terms *terms, uint64_t run_count);

/* A machine said hello. 0, or -errno after it was told why not. */
int meeting_join(struct meeting *meeting, unsigned id, const struct meet_message *hello,
		 uint64_t now_ns);
/* A member said ready or share. -EBADMSG: not now, or never. */
int meeting_take(struct meeting *meeting, unsigned id, const struct meet_message *message,
		 uint64_t now_ns);
/* A connection is gone; those of strangers do not matter. */
void meeting_leave(struct meeting *meeting, unsigned id, uint64_t now_ns);
/* Ends what is over its limit. To be called a few times a second. */
void meeting_tick(struct meeting *meeting, uint64_t now_ns);
/* Ends it for all, if there is one. */
void meeting_end(struct meeting *meeting, const char *text);
/* The meeting's own time; 0 before it began. */
uint64_t meeting_time(const struct meeting *meeting, uint64_t now_ns);
/* Seconds until it is over, and the names of those in it; 0: nothing goes on. */
uint64_t meeting_busy(const struct meeting *meeting, uint64_t now_ns, char *names, size_t room);

#endif
