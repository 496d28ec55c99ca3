/* SPDX-License-Identifier: MIT */
/* Shared by meeting.c and gather.c and nobody else. */
#ifndef ASSAY_MEET_MEETING_INSIDE_H
#define ASSAY_MEET_MEETING_INSIDE_H

#include "bench/net/wire/meet/meeting.h"

#define SECOND_NS 1000000000ull
/* From the word to the first start: everybody has to hear it. */
#define LEAD_NS	  (SECOND_NS / 2)

/* To be freed; NULL: out of memory. It is large, so never on a thread's stack. */
struct meet_message *meeting_message(enum meet_say say);
void meeting_tell_all(struct meeting *meeting, struct meet_message *message);
void meeting_tell_waiting(struct meeting *meeting);
void meeting_announce(struct meeting *meeting, uint64_t now_ns); /* the phase that is set */

#endif
