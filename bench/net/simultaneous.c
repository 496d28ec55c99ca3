/* SPDX-License-Identifier: MIT */
/*
 * net.simultaneous: several machines load one partner at the same time, as the page of 2011 had a
 * machine and a VM, or two VMs, against one iperf server, either one first.
 *
 * They meet at the partner (`assay peer`), agree on its clock, and start at times that all of them
 * know: first each alone in turn, then all together, in a given order and so far apart. The load is
 * iperf 2's, with a stock server or ours. Afterwards each has everybody's share.
 */
#include "bench/net/simultaneous.h"

#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/meet/meeting.h"
#include "bench/net/wire/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	[MACHINES] = { "machines", "2", "so many meet", PARAM_COUNT, 1, MEET_MACHINES, NULL },
	[PLACE] = { "place", "0", "this machine's number; 0: by arrival", PARAM_COUNT, 0,
		    MEET_MACHINES, NULL },
	[ORDER] = { "order", "", "who starts first, then next: 2,1; empty: by place", PARAM_TEXT, 0,
		    48, NULL },
	[STAGGER] = { "stagger", "0", "from one's start to the next one's", PARAM_SECONDS, 0, 3600,
		      NULL },
	[ALONE] = { "alone", "yes", "first each alone in turn, to compare with", PARAM_BOOL, 0, 0,
		    NULL },
	[PROTOCOL] = { "protocol", "tcp", "of the load", PARAM_CHOICE, .choices = "tcp|udp" },
	[DIRECTION] = { "direction", "out", "out: to the partner; in: from it, by iperf's -r",
			PARAM_CHOICE, .choices = "out|in" },
	[SECONDS] = { "seconds", "10", "each machine sends for so long (-t)", PARAM_SECONDS, 0.2,
		      86400, NULL },
	[STREAMS] = { "streams", "1", "TCP connections of each machine (-P)", PARAM_COUNT, 1,
		      STREAMS_MOST, NULL },
	[RATE] = { "rate", "1048576", "bit/s of UDP of each machine (-b)", PARAM_RATE, 1000, 4e11,
		   NULL },
	[LENGTH] = { "length", "0", "of a write or datagram (-l); 0: 128k, or 1470", PARAM_BYTES, 0,
		     4 << 20, NULL },
	[WINDOW] = { "window", "0", "socket buffers (-w); 0: the system's", PARAM_BYTES, 0, 1 << 30,
		     NULL },
	[INTERVAL] = { "interval", "1", "of the shares over time (-i)", PARAM_SECONDS, 0.05, 3600,
		       NULL },
	[PORT] = { "port", "5001", "of the partner's iperf 2 server (-p)", PARAM_COUNT, 1, 65535,
		   NULL },
	[LISTEN] = { "listen", "0", "port for the way in (-L); 0: the same as port", PARAM_COUNT, 0,
		     65535, NULL },
	[MEET_AT] = { "meet_port", "5210", "where the partner's meeting service listens",
		      PARAM_COUNT, 1, 65535, NULL },
	[MEET_TIMEOUT] = { "meet_timeout", "60", "how long to wait for the other machines",
			   PARAM_SECONDS, 0.1, 86400, NULL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10",
			      "how long to wait for the partner's services to answer",
			      PARAM_SECONDS, 0.1, 600, NULL },
	[NAME] = { "name", "", "what the others call this machine; empty: its address", PARAM_TEXT,
		   0, 40, NULL },
	{ 0 }
};

static const struct metric metrics[] = {
	[ALONE_RATE] = { "alone", "Mbit/s", "a machine by itself", MORE_IS_BETTER, BY_LAST, false },
	[TOGETHER_RATE] = { "together", "Mbit/s",
			    "while all run: TCP from the last start to the first end; UDP by the "
			    "receiver's report",
			    MORE_IS_BETTER, BY_LAST, false },
	[PORTION] = { "portion", "%", "of the aggregate", NEITHER_IS_BETTER, BY_LAST, false },
	[PENALTY] = { "penalty", "%", "less than alone", LESS_IS_BETTER, BY_LAST, false },
	[AGGREGATE] = { "aggregate", "Mbit/s", "all machines together", MORE_IS_BETTER, BY_LAST,
			false },
	[FAIRNESS] = { "fairness", "index", "Jain's: 1 is equal, 1/machines is one has all",
		       MORE_IS_BETTER, BY_LAST, false },
	[SHARE] = { "share", "Mbit/s", "each interval from the first start on, all together",
		    MORE_IS_BETTER, BY_MEDIAN, true },
	[ALONE_SHARE] = { "alone_share", "Mbit/s", "each interval, alone", MORE_IS_BETTER,
			  BY_MEDIAN, true, true },
	[BYTES] = { "bytes", "B", "moved, all together", NEITHER_IS_BETTER, BY_LAST, false, true },
	[START] = { "start", "ms", "after the first starter's agreed time", NEITHER_IS_BETTER,
		    BY_LAST, false, true },
	[START_ERROR] = { "start_error", "ms", "later than agreed, on the partner's clock",
			  LESS_IS_BETTER, BY_LAST, false },
	[CLOCK_UNCERTAINTY] = { "clock_uncertainty", "ms",
				"half the shortest round trip: how wrong a start can be",
				LESS_IS_BETTER, BY_LAST, false },
	[CLOCK_DRIFT] = { "clock_drift", "ppm", "the partner's clock against this machine's",
			  NEITHER_IS_BETTER, BY_LAST, false, true },
	[RETRANSMITS] = { "retransmits", "segments", "of TCP to the partner, all together",
			  LESS_IS_BETTER, BY_LAST, false, true },
	[JITTER] = { "jitter", "ms", "UDP, all together, by the receiver's report (RFC 3550)",
		     LESS_IS_BETTER, BY_LAST, false },
	[LOST] = { "lost", "datagrams", "UDP, all together, by the receiver's report",
		   LESS_IS_BETTER, BY_LAST, false },
	[LOST_PERCENT] = { "lost_percent", "%", "UDP, all together, by the receiver's report",
			   LESS_IS_BETTER, BY_LAST, false },
	[DATAGRAMS] = { "datagrams", "datagrams", "UDP, all together, that the receiver knows of",
			NEITHER_IS_BETTER, BY_LAST, false, true },
	[ALONE_JITTER] = { "alone_jitter", "ms", "UDP, by itself", LESS_IS_BETTER, BY_LAST, false,
			   true },
	[ALONE_LOST_PERCENT] = { "alone_lost_percent", "%", "UDP, by itself", LESS_IS_BETTER,
				 BY_LAST, false, true },
	[OWN_PLACE] = { "own_place", "place", "which machine this journal is of", NEITHER_IS_BETTER,
			BY_LAST, false, true },
	{ 0 }
};

/* Machines count from 1; 0 stands for all of them. */
static const struct axis axes[] = { { "machine", "" }, { 0 } };

static int read_order(const char *in, struct meet_terms *terms)
{
	uint64_t machines = terms->machines;
	const char *at = in;

	terms->order_count = machines;
	for (uint64_t i = 0; i < machines; i++) {
		char number[8] = "";
		size_t len = strcspn(at, ",");

		terms->order[i] = i + 1;
		if (!*in)
			continue;
		if (len < sizeof(number))
			memcpy(number, at, len);
		if (text_u64(number, &terms->order[i]))
			return -EINVAL;
		at += len + (at[len] == ',');
	}
	return *at ? -EINVAL : 0;
}

/* All that the load depends on: what differs here would not be one meeting. */
static void make_digest(const union value *value, char *hex)
{
	static const unsigned which[] = { MACHINES, ORDER,   STAGGER, ALONE,  PROTOCOL, DIRECTION,
					  SECONDS,  STREAMS, RATE,    LENGTH, WINDOW,	INTERVAL };
	char words[1024];
	struct text text;
	struct digest digest;

	text_begin(&text, words, sizeof(words));
	for (size_t i = 0; i < COUNT_OF(which); i++) {
		text_add(&text, "%s=", params[which[i]].name);
		param_format(&params[which[i]], &value[which[i]], &text);
		text_add(&text, "\n");
	}
	digest_of(words, text.len, &digest);
	digest_hex(&digest, hex, 32);
}

int simultaneous_terms(const union value *value, struct meet_terms *terms, char *why, size_t room)
{
	const char *objection;

	*terms = (struct meet_terms){
		.machines = value[MACHINES].num,
		.stagger_ns = (uint64_t)(value[STAGGER].real * 1e9 + 0.5),
		.duration_ns = (uint64_t)(value[SECONDS].real * 1e9 + 0.5),
		.interval_ns = (uint64_t)(value[INTERVAL].real * 1e9 + 0.5),
		.alone = value[ALONE].on,
		.udp = value[PROTOCOL].num == PROTOCOL_UDP,
	};
	make_digest(value, terms->digest);
	objection = read_order(value[ORDER].text, terms) ?
			    "expected every machine's place once, as in 2,1" :
			    meet_terms_objection(terms);
	return objection ? text_refuse(-EINVAL, why, room,
				       "order=%s, %llu machines, %g s, stagger %g s: %s",
				       value[ORDER].text, (unsigned long long)value[MACHINES].num,
				       value[SECONDS].real, value[STAGGER].real, objection) :
			   0;
}

static int check(const union value *value, char *why, size_t room)
{
	struct meet_terms terms;
	bool udp = value[PROTOCOL].num == PROTOCOL_UDP;
	uint64_t length = value[LENGTH].num;

	if (value[PLACE].num > value[MACHINES].num)
		return text_refuse(-EINVAL, why, room, "place=%llu: there are %llu machines",
				   (unsigned long long)value[PLACE].num,
				   (unsigned long long)value[MACHINES].num);
	if (length && (length < 80 || (udp && length > 65507)))
		return text_refuse(-EINVAL, why, room, "length=%llu: 0, or 80 to %d",
				   (unsigned long long)length, udp ? 65507 : 4 << 20);
	if (udp && value[STREAMS].num > 1)
		return text_refuse(-EINVAL, why, room, "streams=%llu: UDP has one",
				   (unsigned long long)value[STREAMS].num);
	return simultaneous_terms(value, &terms, why, room);
}

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	enum { BETWEEN = 3, PATIENCE = 30 };
	double machines = (double)value[MACHINES].num, limit = value[MEET_TIMEOUT].real;
	double all = value[SECONDS].real + BETWEEN + value[STAGGER].real * (machines - 1);

	if (value[ALONE].on)
		all += machines * (value[SECONDS].real + BETWEEN);
	return all + (limit > PATIENCE ? limit / 4 : 0);
}

static int run(struct run *run)
{
	struct attendance attendance = { 0 };
	char why[200];

	if (simultaneous_terms(run->value, &attendance.terms, why, sizeof(why)))
		return run_fail(run, -EINVAL, "%s", why);
	int err = meeting_attend(run, &attendance);
	attendance_sample(run, &attendance);
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		free(attendance.alone[i]);
		free(attendance.together[i]);
	}
	return err;
}

const struct bench bench_net_simultaneous = {
	.name = "net.simultaneous",
	.summary = "several machines against one partner at one agreed time: shares, fairness, "
		   "penalty",
	.definition =
		"iperf 2.1.8's TCP or UDP test by each; started on the partner's clock (Cristian 1989); "
		"fairness: Jain 1984, (sum x)^2 / (n sum x^2); penalty: 100 (1 - together / alone)",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = check,
	.seconds = seconds,
	.run = run,
};
