/* SPDX-License-Identifier: MIT */
/*
 * What the two machines of a pair tell each other, over one TCP connection to port 5212 between
 * their link-local addresses. Each message is a frame: 4 bytes length (big-endian) of what follows,
 * 1 byte type, the body. A frame longer than PAIR_MESSAGE_MOST ends the talk.
 *
 *   hello    magic[8] version[1] 0[1] mac[6] nonce[8] for[8] plan[32]   the caller's first words
 *   welcome  -                     the called one takes it; from here on both speak
 *   refuse   text                  it does not
 *   ahead    step[2] most_ms[4]    "I shall be at the barrier of this step within that time"
 *   ready    step[2] turn[1] most_ms[4]   "I am at it; what I do in this turn takes at most that"
 *   serving  step[2] turn[1] ok[1] text   the servers run, or why not
 *   done     step[2] turn[1] outcome[1]   my measurement of the step is over
 *   record   number[4] head[32] text      a line of my journal and its chained hash
 *   end      step[2] left_out[4]          all records up to here are told, but for so many
 *   bye      text                         I go, and why
 *   ask      -                      "what does your clock say?", of the one who measures
 *   clock    now_ns[8]              CLOCK_MONOTONIC_RAW of the one who serves
 */
#ifndef ASSAY_PAIR_MESSAGE_H
#define ASSAY_PAIR_MESSAGE_H

#include "bench/net/wire/pair/beacon.h"

enum {
	PAIR_TEXT_MOST = JOURNAL_LINE,
	PAIR_MESSAGE_MOST = PAIR_TEXT_MOST + 64,
	PAIR_FRAME_ROOM = PAIR_MESSAGE_MOST + 4,
	PAIR_STEP_NONE = 0xffff, /* behind the last step */
};

enum pair_type {
	PAIR_HELLO = 1,
	PAIR_WELCOME,
	PAIR_REFUSE,
	PAIR_AHEAD,
	PAIR_READY,
	PAIR_SERVING,
	PAIR_DONE,
	PAIR_RECORD,
	PAIR_END,
	PAIR_BYE,
	PAIR_ASK,
	PAIR_CLOCK,
	PAIR_TYPES
};

struct pair_message {
	enum pair_type type;
	unsigned step, turn;
	uint32_t most_ms;	   /* ahead, ready */
	bool ok;		   /* serving */
	unsigned outcome;	   /* done */
	uint32_t number;	   /* record: its sequence number; end: left out */
	struct digest digest;	   /* record: the head; hello: the plan's */
	uint8_t mac[6];		   /* hello */
	uint64_t nonce, for_nonce; /* hello */
	uint64_t now_ns;	   /* clock */
	const char *text;	   /* not terminated; inside the frame it was decoded from */
	size_t text_len;
};

/* The whole frame. Returns its length; -EMSGSIZE: the text is too long. */
ssize_t pair_message_encode(const struct pair_message *message, uint8_t *out, size_t room);
/* The length of the frame that begins here, its 4 bytes included; 0: not known yet; -EBADMSG. */
ssize_t pair_frame_length(const uint8_t *in, size_t len);
/* A whole frame. 0, -EBADMSG. Texts of people are printable; a record is one line that begins like
 * JSON and holds no control character. */
int pair_message_decode(const uint8_t *frame, size_t len, struct pair_message *out);

#endif
