/* SPDX-License-Identifier: MIT */
/* ping.txt, in iputils' words: see bench/net/ping.h. */
#include "bench/net/ping.h"

#include "bench/net/wire/icmp.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const struct sample *next_sample(const struct run *run, unsigned metric, uint32_t *at)
{
	while (*at < run->shared->count) {
		const struct sample *sample = &run->shared->samples[(*at)++];
		if (sample->metric == metric)
			return sample;
	}
	return NULL;
}

static void add_time(struct text *out, double ms)
{
	text_add(out, "%.*f ms", ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0, ms);
}

static void add_replies(const struct run *run, struct text *out)
{
	uint32_t at_rtt = 0, at_sequence = 0, at_ttl = 0;
	bool seen[PING_MOST + 1] = { false };
	const struct sample *rtt;

	while ((rtt = next_sample(run, RTT, &at_rtt))) {
		const struct sample *sequence = next_sample(run, SEQUENCE, &at_sequence);
		const struct sample *ttl = next_sample(run, TTL, &at_ttl);
		if (!sequence || !ttl || sequence->value < 0 ||
		    sequence->value >= (double)COUNT_OF(seen))
			return;
		unsigned number = (unsigned)sequence->value;
		text_add(out, "%llu bytes from %s: icmp_seq=%u ttl=%.0f time=",
			 (unsigned long long)run->value[SIZE].num + ICMP_HEADER, run->target,
			 number, ttl->value);
		add_time(out, rtt->value);
		text_add(out, "%s\n", seen[number] ? " (DUP!)" : "");
		seen[number] = true;
	}
}

static double whole(const struct run *run, unsigned metric)
{
	double value = run_value(run, metric, NULL, NULL);

	return isnan(value) ? 0 : value;
}

int ping_text(const struct run *run, struct text *out)
{
	const char *target = run->target ? run->target : "";
	uint64_t size = run->value[SIZE].num;
	double pause = whole(run, RATE) > 0 ? 1 / whole(run, RATE) : run->value[INTERVAL].real;
	double elapsed_ms = (whole(run, SENT) - 1) * pause * 1e3;

	if (strchr(target, ':'))
		text_add(out, "PING %s (%s) %llu data bytes\n", target, target,
			 (unsigned long long)size);
	else
		text_add(out, "PING %s (%s) %llu(%llu) bytes of data.\n", target, target,
			 (unsigned long long)size, (unsigned long long)size + 28);
	add_replies(run, out);
	text_add(out, "\n--- %s ping statistics ---\n%.0f packets transmitted, %.0f received, ",
		 target, whole(run, SENT), whole(run, RECEIVED));
	if (whole(run, DUPLICATES) > 0)
		text_add(out, "+%.0f duplicates, ", whole(run, DUPLICATES));
	text_add(out, "%g%% packet loss, time %.0fms\n", whole(run, LOSS), elapsed_ms);
	if (whole(run, RECEIVED) > 0)
		text_add(out, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n",
			 whole(run, RTT_MIN), whole(run, RTT_AVG), whole(run, RTT_MAX),
			 whole(run, RTT_MDEV));
	return out->cut ? -ENOSPC : 0;
}
