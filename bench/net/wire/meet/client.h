/* SPDX-License-Identifier: MIT */
/* A machine's end of the meeting service: what it says and hears, and the partner's clock. */
#ifndef ASSAY_MEET_CLIENT_H
#define ASSAY_MEET_CLIENT_H

#include "bench/net/wire/meet/connection.h"

struct meet_client {
	struct connection connection;
	struct meet_message message; /* what was heard last */
	/* The partner's time less ours, and by how much it can be wrong. */
	int64_t offset_ns;
	uint64_t uncertainty_ns;
	/* For the drift: the first agreement. */
	int64_t first_offset_ns;
	uint64_t first_ns, agreed_ns;
};

/* Connects, waiting for the partner until the deadline. -errno. */
int meet_client_open(struct meet_client **out, const struct address *partner, uint64_t deadline_ns);
void meet_client_close(struct meet_client *client); /* NULL is fine */
/* 0, or -EPIPE when it cannot be said any more. */
int meet_client_say(struct meet_client *client, const struct meet_message *message);
/* The next message into client->message. -ETIMEDOUT; -ENODATA: the partner closed, or spoke
 * otherwise. What has come is heard also after a close. */
int meet_client_hear(struct meet_client *client, uint64_t deadline_ns);

/*
 * Agrees on the partner's clock by Cristian's algorithm (1989): of many round trips the shortest is
 * taken; its middle is when the partner answered, and half of it is how wrong that can be.
 * Messages other than the answers are passed over. Takes some milliseconds.
 */
int meet_client_agree(struct meet_client *client, uint64_t deadline_ns);
uint64_t meet_client_partner_ns(const struct meet_client *client,
				uint64_t ours_ns); /* at least 1 */
uint64_t meet_client_our_ns(const struct meet_client *client, uint64_t partners_ns);
/* How fast the clocks part, in millionths; NAN after one agreement only. */
double meet_client_drift_ppm(const struct meet_client *client);

#endif
