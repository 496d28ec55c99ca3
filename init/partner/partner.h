/* SPDX-License-Identifier: MIT */
/*
 * Being the partner of other machines: as a verb (`assay peer`) and as what a booted machine does
 * (assay.role=peer).
 *
 * partner.c         serves until it is over; every test that was served becomes a step
 * records.c such a test as records, and as a line for people
 * role.c            of a booted machine
 */
#ifndef ASSAY_PARTNER_ROLE_H
#define ASSAY_PARTNER_ROLE_H

#include "bench/net/wire/services.h"
#include "init/init.h"

/* A finished test with all that belongs to it: the services' own is gone when they have told. */
struct partner_test {
	struct served_test test;
	bool is_meeting;
	char bench[24]; /* of a call; "" otherwise */
	char text[241]; /* meeting, call: why it ended early */
	struct meet_tally tally;
	struct {
		char name[33];
		double value;
	} figure[MEET_FIGURES];
	unsigned figures;
};
void partner_keep(struct partner_test *out, const struct served_test *test);
/* A line for people: protocol, way, partner, bytes, time, rate, and what else there is to say. */
void partner_describe(const struct partner_test *test, struct text *line);
void partner_record(struct story *story, unsigned number, const struct partner_test *test);

/* Serves for so many seconds (0: no limit), or until SIGTERM or SIGINT, which are blocked from then
 * on. Each test is said and recorded. 0, or -errno and why nothing could be served. */
int partner_serve_all(struct story *story, struct services_options *options, double seconds,
		      void (*say)(const char *line), char *why, size_t room);

bool role_is_peer(const struct story *story); /* assay.role=peer */
/* 0; -EINVAL: nothing could be served, which is said, recorded and the story's refusal. */
int role_serve(struct story *story);

/* Ports of a service, "5001,5002", or "0": it is not served. */
int partner_ports(enum service service, const char *in, struct services_options *options, char *why,
		  size_t room);

#endif
