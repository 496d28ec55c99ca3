/* SPDX-License-Identifier: MIT */
/*
 * The meeting service of a partner: a TCP port where machines meet before they load it together
 * (net.simultaneous), and where one asks for a client towards itself. One thread keeps all of it;
 * each state has a limit.
 */
#ifndef ASSAY_MEET_SERVE_H
#define ASSAY_MEET_SERVE_H

#include "bench/net/wire/meet/tally.h"
#include "bench/net/wire/sockets.h"

/* One meeting or one call that is over. */
struct meet_served {
	struct address peer, local; /* call: who asked */
	const char *bench;	    /* call: what was asked for; NULL: it was a meeting */
	double seconds;
	int err;			/* of a call; a meeting that ended early has -ECANCELED */
	const char *text;		/* why it ended early; "" */
	const struct meet_tally *tally; /* meeting */
	const struct meet_message *figures; /* call: what it measured (MEET_CALLED) */
};

struct meet_serve_options {
	struct address at;     /* with the port */
	struct address only;   /* len 0: anybody */
	const char *interface; /* not NULL: through this NIC only */
	bool calls;	       /* start clients for those who ask */
	/* Called from the service's thread; what it points to is gone when it returns. */
	void (*done)(void *context, const struct meet_served *served);
	void *context;
};

struct meet_serve;

int meet_serve_start(const struct meet_serve_options *options, struct meet_serve **out);
unsigned meet_serve_active(struct meet_serve *serve); /* calls: a meeting's load is not ours */
void meet_serve_stop(struct meet_serve *serve);	      /* tells those who are there */

#endif
