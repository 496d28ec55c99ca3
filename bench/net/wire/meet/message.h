/* SPDX-License-Identifier: MIT */
/*
 * What machines and their partner say to each other at a meeting, pure: bytes to a struct and back.
 *
 * A message is a frame: its length in four bytes, big-endian, then so many bytes of one JSON
 * object. The member "say" names the message; each message has exactly the members that its row
 * lists, and each within its bounds. Anything else is -EBADMSG: a missing member, one too many, one
 * twice, a fraction where a count belongs.
 *
 * Times are nanoseconds on the partner's clock since the meeting began there. They and counts of
 * bytes are below 10^15 (11 days; a petabyte): so many digits a JSON writer gives exactly.
 */
#ifndef ASSAY_MEET_MESSAGE_H
#define ASSAY_MEET_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	MEET_PORT = 5210,
	MEET_VERSION = 1,
	MEET_MACHINES = 16,
	MEET_INTERVALS = 3600,
	MEET_FIGURES = 48,  /* metrics that a call brings back */
	MEET_VALUES = 2000, /* of all of them together */
	MEET_LENGTH = 4,    /* of the length */
	MEET_JSON_MOST = 65536,
	MEET_FRAME_MOST = MEET_LENGTH + MEET_JSON_MOST,
};
#define MEET_TIME_MOST 999999999999999ull

enum meet_say {
	/* A machine to its partner. */
	MEET_HELLO, /* who it is and on which terms it wants to meet */
	MEET_PING,  /* what does your clock say? */
	MEET_READY, /* for the phase that was announced */
	MEET_CALL,  /* start a client towards me */
	/* The partner to a machine. */
	MEET_REFUSED,
	MEET_WAIT,    /* so many are here */
	MEET_PONG,    /* the token of the ping, and the time */
	MEET_PHASE,   /* who runs in it; answered by ready */
	MEET_START,   /* when each of them starts */
	MEET_END,     /* of the meeting; with a reason when it was too early */
	MEET_CALLING, /* the call has begun */
	MEET_CALLED,  /* what it measured */
	/* Either: what a machine moved in a phase; the partner gives every machine's to all. */
	MEET_SHARE,
	MEET_SAYS
};
const char *meet_say_name(enum meet_say say);

/* What all machines of a meeting must want alike. */
struct meet_terms {
	uint64_t machines;
	uint64_t order[MEET_MACHINES], order_count; /* places, the first starter first */
	uint64_t stagger_ns, duration_ns, interval_ns;
	uint64_t alone;	 /* 1: each alone in turn first */
	uint64_t udp;	 /* 1: the load is datagrams: what arrived is in the receiver's report */
	char digest[65]; /* SHA-256 of all parameters that the load depends on */
};

struct meet_share {
	uint64_t place, phase;
	uint64_t started_ns, ended_ns; /* of its data; both 0: it did not run */
	uint64_t bytes;		       /* in all, headers of the tool left out */
	uint64_t window_bytes;	       /* between the last start and the first end, as agreed */
	uint64_t uncertainty_ns;       /* of its clock against the partner's */
	uint64_t retransmits;	       /* TCP, of what it sent */
	uint64_t reported;	       /* 1: UDP, and its receiver's report is known: */
	uint64_t received_bytes, received_us, datagrams, lost, out_of_order, jitter_us;
	uint64_t interval[MEET_INTERVALS], interval_count; /* bytes in each, from `begin` on */
	char name[41];
	char failure[161]; /* "" or what went wrong */
};

struct meet_figure {
	char name[33];
	uint32_t first, count; /* of the values */
};

struct meet_message {
	enum meet_say say;
	uint64_t version, place, phase, phases, present, token, now_ns, begin_ns, uncertainty_ns;
	uint64_t seconds; /* until a busy partner is free, or that a call takes */
	uint64_t busy;	  /* refused for now: it may be asked again */
	uint64_t err;	  /* of a call: errno */
	char name[41], bench[33];
	char words[601]; /* a call's parameters, NAME=VALUE */
	char text[241];	 /* for people */
	struct meet_terms terms;
	uint64_t runs[MEET_MACHINES], run_count;     /* places */
	uint64_t starts[MEET_MACHINES], start_count; /* when each of `runs` starts */
	struct meet_share share;
	struct meet_figure figure[MEET_FIGURES];
	uint32_t figure_count, value_count;
	double value[MEET_VALUES];
};

/* The JSON's length out of a frame's first four bytes; -EBADMSG: 0 or more than MEET_JSON_MOST. */
ssize_t meet_frame_length(const uint8_t in[MEET_LENGTH]);
/* The JSON without its length. -EBADMSG, -ENOMEM. *out is set as far as members came. */
int meet_decode(const uint8_t *json, size_t len, struct meet_message *out);
/* A whole frame into MEET_FRAME_MOST bytes. Returns its length; -ENOSPC, -ENOMEM. */
ssize_t meet_encode(const struct meet_message *message, uint8_t out[MEET_FRAME_MOST]);

#endif
