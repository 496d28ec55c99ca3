/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x would have written of net.tcp: see text.h. With -P it has a row for each stream
 * and their sum, in each interval and in all. */
#include "bench/net/tcp.h"

#include "bench/net/wire/iperf2/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { FIRST_ID = 3, SUM_ID = -1, SEVERAL_MOST = 32 };

/* The ways in the order in which they began. */
static struct iperf2_way way_of(const struct run *run, bool back)
{
	return iperf2_we_serve(run) == back ?
		       (struct iperf2_way){ back, OUTGOING, OUTGOING_BYTES, OUTGOING_INTERVAL } :
		       (struct iperf2_way){ back, INCOMING, INCOMING_BYTES, INCOMING_INTERVAL };
}

/* ---- several streams ---- */

struct several {
	const struct run *run;
	const struct iperf2_way *way;
	unsigned count, first_id;
	uint32_t at[SEVERAL_MOST +
		    1]; /* how far each one's intervals have been read; 0: the sum's */
};

static bool is_outgoing(const struct several *several)
{
	return several->way->rate == OUTGOING;
}

static double figure(const struct several *several, unsigned of_outgoing, unsigned stream)
{
	unsigned metric =
		of_outgoing + (is_outgoing(several) ? 0 : STREAM_INCOMING - STREAM_OUTGOING);
	const uint64_t point[AXES] = { stream };
	double value = run_value(several->run, metric, point, NULL);

	return isnan(value) ? 0 : value;
}

static unsigned count_streams(const struct several *several)
{
	unsigned count = 0;

	while (count < SEVERAL_MOST && figure(several, STREAM_OUTGOING_PORT, count + 1) > 0)
		count++;
	return count;
}

/* The next interval's Mbit/s of one stream, or of all (0). */
static bool next_interval(struct several *several, unsigned stream, double *mbit)
{
	const struct run_shared *shared = several->run->shared;
	unsigned metric = !stream	       ? several->way->interval :
			  is_outgoing(several) ? STREAM_OUTGOING_INTERVAL :
						 STREAM_INCOMING_INTERVAL;

	while (several->at[stream] < shared->count) {
		const struct sample *sample = &shared->samples[several->at[stream]++];
		if (sample->metric == metric && sample->point[0] == stream) {
			*mbit = sample->value;
			return true;
		}
	}
	return false;
}

static void add_interval_row(int id, double from, double to, double mbit, struct text *out)
{
	struct iperf2_row row = { .id = id,
				  .from = from,
				  .to = to,
				  .bytes = mbit * 1e6 / 8 * (to - from),
				  .bits_per_second = mbit * 1e6 };

	iperf2_add_row(&row, out);
}

static void add_intervals(struct several *several, double until, struct text *out)
{
	double interval = several->run->value[INTERVAL].real, mbit;

	for (double from = 0; from + interval / 10 < until && until > interval * 1.5 && !out->cut;
	     from += interval) {
		double to = from + interval < until ? from + interval : until;
		for (unsigned i = 1; i <= several->count; i++)
			if (next_interval(several, i, &mbit))
				add_interval_row((int)(several->first_id + i - 1), from, to, mbit,
						 out);
		if (!next_interval(several, 0, &mbit))
			return;
		add_interval_row(SUM_ID, from, to, mbit, out);
	}
}

static struct iperf2_row stream_row(const struct several *several, unsigned stream)
{
	double mbit = figure(several, STREAM_OUTGOING, stream);
	struct iperf2_row row = { .id = (int)(several->first_id + stream - 1),
				  .bytes = figure(several, STREAM_OUTGOING_BYTES, stream),
				  .bits_per_second = mbit * 1e6 };

	row.to = mbit > 0 ? row.bytes * 8 / row.bits_per_second : 0;
	return row;
}

/* Where a client of ours awaited the way back (its -L), out of the note about it. */
static unsigned port_sent_back_to(const struct run *run)
{
	unsigned port = 0;

	for (uint32_t i = 0; i < run->shared->note_count && i < RUN_NOTES; i++)
		sscanf(run->shared->notes[i].text, "local %*s port %*u connected with %*s port %u",
		       &port);
	return port;
}

/* The end that connected has a port of its own for each stream, the other listens on one. */
static struct iperf2_ports stream_ports(const struct several *several, unsigned stream)
{
	const union value *value = several->run->value;
	unsigned port = (unsigned)figure(several, STREAM_OUTGOING_PORT, stream);
	unsigned listening = !several->way->back	   ? (unsigned)value[PORT].num :
			     iperf2_we_serve(several->run) ? port_sent_back_to(several->run) :
							     way_back_port(value);

	return is_outgoing(several) ? (struct iperf2_ports){ port, listening } :
				      (struct iperf2_ports){ listening, port };
}

static void add_several(struct several *several, const struct iperf2_row *total, struct text *out)
{
	struct iperf2_row sum = *total;

	for (unsigned i = 1; i <= several->count; i++) {
		struct iperf2_ports ports = stream_ports(several, i);
		struct iperf2_row row = stream_row(several, i);
		row.ports = &ports;
		iperf2_add_connection(several->run, several->way, &row, out);
	}
	text_add(out, "[ ID] Interval       Transfer     Bandwidth\n");
	add_intervals(several, total->to, out);
	for (unsigned i = 1; i <= several->count; i++) {
		struct iperf2_row row = stream_row(several, i);
		iperf2_add_row(&row, out);
	}
	sum.id = SUM_ID;
	iperf2_add_row(&sum, out);
}

static void add_several_csv(const struct several *several, const struct iperf2_row *total,
			    struct text *out)
{
	static const struct iperf2_ports none;
	struct iperf2_row sum = *total;

	for (unsigned i = 1; i <= several->count; i++) {
		struct iperf2_ports ports = stream_ports(several, i);
		struct iperf2_row row = stream_row(several, i);
		row.ports = &ports;
		iperf2_add_csv(several->run, several->way, &row, false, out);
	}
	sum.id = SUM_ID;
	sum.ports = &none;
	iperf2_add_csv(several->run, several->way, &sum, false, out);
}

/* False: one stream, or so many that only their sum was kept. */
static bool find_several(const struct run *run, const struct iperf2_way *way,
			 struct several *several)
{
	*several = (struct several){ .run = run, .way = way };
	several->count = count_streams(several);
	several->first_id = FIRST_ID + (way->back ? several->count : 0);
	return several->count > 1;
}

/* ---- the files ---- */

/* Nobody may take what another engine measured for iperf's. */
static bool is_iperfs(const struct run *run)
{
	return run->value[ENGINE].num == ENGINE_IPERF;
}

static int write_text(const struct run *run, struct text *out)
{
	struct iperf2_row total;
	struct several several;

	if (!is_iperfs(run))
		return 0;
	iperf2_add_banner(run, "TCP", out);
	for (int back = 0; back < 2; back++) {
		struct iperf2_way way = way_of(run, back);
		if (!iperf2_total(run, &way, &total))
			continue;
		if (find_several(run, &way, &several)) {
			add_several(&several, &total, out);
			continue;
		}
		iperf2_add_way(run, &way, &total, "", out);
		iperf2_add_row(&total, out);
	}
	return out->cut ? -ENOSPC : 0;
}

static int write_csv(const struct run *run, struct text *out)
{
	struct iperf2_row total;
	struct several several;

	if (!is_iperfs(run))
		return 0;
	for (int back = 0; back < 2; back++) {
		struct iperf2_way way = way_of(run, back);
		if (!iperf2_total(run, &way, &total))
			continue;
		if (find_several(run, &way, &several))
			add_several_csv(&several, &total, out);
		else
			iperf2_add_csv(run, &way, &total, false, out);
	}
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file tcp_stock[] = { { "iperf.txt", write_text },
					{ "iperf.csv", write_csv },
					{ 0 } };
