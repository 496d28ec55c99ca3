/* SPDX-License-Identifier: MIT */
/*
 * Two machines booted from the image with the same plan, and no server (assay.peer=find).
 *
 * find.c     they find each other by beacons (bench/net/wire/pair/beacon.h) and open one TCP
 *                 connection between their link-local addresses; wire.c has the sockets
 * turns.c    each network step is measured twice: first the machine with the lower MAC serves
 *                 and the other measures, then the other way round; both begin a turn together
 * serve.c    the servers of one turn, in a child process, on the test interface only
 * records.c  after its turn each tells the other its records; the other keeps them beside its
 *                 own (partner-journal.jsonl, partner-journal.sha256, partner.json), and its
 * figures as a step "net.tcp (partner)" in its own journal
 *
 * Every wait has a limit. A partner that has gone is not waited for again, and costs the steps that
 * need it, no other.
 */
#ifndef ASSAY_PAIR_H
#define ASSAY_PAIR_H

#include "init/init.h"

#include "bench/net/wire/pair/channel.h"
#include "bench/net/wire/pair/pairing.h"

/* Lines of ours that the partner has not been told, one after the other. */
struct pair_held {
	char *bytes;
	size_t len, room;
	unsigned left_out; /* found no room */
};

enum { PAIR_VIEW = 512 };
struct pair {
	struct beacon self, partner;
	char mac[MAC_TEXT_ROOM];	   /* the partner's */
	struct address own_at, partner_at; /* by which the two are measured */
	bool joined, gone;
	bool missed;	   /* a step has paid for its going with an error; the others are skipped */
	bool serves_first; /* we have the lower MAC */
	bool serves_us;	   /* it does now, and answers what its clock says */
	double patience_seconds; /* for what is not measuring: starting servers, telling records */
	char why_gone[WHY_ROOM];
	struct pair_channel channel;

	/* What the partner announced. */
	uint64_t ahead_until_ns;

	struct sink sink;
	struct pair_held held;

	/* What it told of its journal. */
	unsigned records, left_out;
	uint32_t next_number;
	struct digest head;
	int store_err;
	/* Of the step that both measure now; each is taken over. */
	struct cJSON *view[PAIR_VIEW];
	size_t view_count;
	uint32_t view_first, view_last;
	struct digest view_head; /* of view_last */
};

/* The partner is lost: the reason, once. Returns err. */
int pair_lose(struct story *story, int err, const char *doing);
uint64_t pair_deadline(double seconds); /* from now on */
/* One beacon: who looks for a partner later shall know that we have one. Between steps only. */
void pair_say_taken(const struct story *story);

/* Around a measurement of ours: into the health, unless no partner serves us. */
struct health;
void pair_read_clock(struct story *story, struct health *health);

/* ---- serve.c ---- */

struct pair_server {
	pid_t pid;
	int said_fd; /* it writes lines here: first "+" or "-REASON", then what it served */
};
/* 0, or -errno and the reason. */
int pair_server_start(struct pair_server *server, const struct story *story,
		      const struct step *step, char *why, size_t room);
/* Ends it; what it served becomes log records of the step. */
void pair_server_stop(struct pair_server *server, struct story *story, const struct step *step);

/* ---- records.c ---- */

void pair_records_begin(struct pair *pair); /* the sink */
/* All that is held, and the end of it. */
int pair_records_tell(struct pair *pair, unsigned step, uint64_t deadline_ns);
/* One record came. -EBADMSG: it does not fit the chain. */
int pair_records_take(struct story *story, const struct pair_message *message, const char *step);
/* Those of a step are complete: on the disk, and the partner's figures into our journal. */
void pair_records_settle(struct story *story, const struct step *step);
void pair_records_drop_view(struct pair *pair);

#endif
