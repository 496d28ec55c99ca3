/* SPDX-License-Identifier: MIT */
/*
 * iperf 2.0.x's text and CSV: see text.h. The layouts are those that 2.0.6 printed; what only
 * the running tool knows (socket numbers) is its usual value, 3 for our way and 4 for the way back.
 */
#include "bench/net/wire/iperf2/text.h"

#include "bench/net/wire/iperf2/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OUR_ID = 3, BACK_ID = 4 };

struct connection {
	char ours[64], theirs[64];
	unsigned our_port, their_port;
};

/* The connection notes stand in the order in which the ways began. */
static bool find_note(const struct run *run, unsigned nth, struct connection *out)
{
	*out = (struct connection){ .ours = "0.0.0.0", .theirs = "0.0.0.0" };
	for (uint32_t i = 0; i < run->shared->note_count && i < RUN_NOTES; i++) {
		const char *text = run->shared->notes[i].text;
		if (sscanf(text, "local %63s port %u connected with %63s port %u", out->ours,
			   &out->our_port, out->theirs, &out->their_port) == 4 &&
		    nth-- == 0) {
			return true;
		}
	}
	return false;
}

/* With the ports of one stream where they are known. */
static bool find_connection(const struct run *run, unsigned nth, const struct iperf2_ports *ports,
			    struct connection *out)
{
	bool found = find_note(run, nth, out);

	if (ports) {
		out->our_port = ports->ours;
		out->their_port = ports->theirs;
	}
	return found;
}

bool iperf2_we_serve(const struct run *run)
{
	return settings_serves(run->value);
}

double iperf2_value(const struct run *run, unsigned metric)
{
	double value = run_value(run, metric, NULL, NULL);

	return isnan(value) ? 0 : value;
}

/* iperf's byte_snprintf: three digits, at least four characters. */
static void add_scaled(struct text *out, double value, double step, const char *unit)
{
	static const char *const prefixes[] = { "", "K", "M", "G", "T" };
	unsigned i = 0;

	while (value >= step && i + 1 < COUNT_OF(prefixes)) {
		value /= step;
		i++;
	}
	int decimals = value < 0.9995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	text_add(out, "%4.*f %s%s", decimals, value, prefixes[i], unit);
}

static void add_id(int id, struct text *out)
{
	if (id < 0)
		text_add(out, "[SUM]");
	else
		text_add(out, "[%3d]", id);
}

static void add_late(const struct iperf2_row *row, struct text *out)
{
	add_id(row->id, out);
	text_add(out, " %4.1f-%4.1f sec  %.0f datagrams received out-of-order\n", row->from,
		 row->to, row->out_of_order);
}

void iperf2_add_row(const struct iperf2_row *row, struct text *out)
{
	add_id(row->id, out);
	text_add(out, " %4.1f-%4.1f sec  ", row->from, row->to);
	add_scaled(out, row->bytes, 1024, "Bytes");
	text_add(out, "  ");
	add_scaled(out, row->bits_per_second, 1000, "bits/sec");
	if (row->has_counts)
		text_add(out, "  %6.3f ms %4.0f/%5.0f (%.2g%%)", row->jitter_ms, row->lost,
			 row->datagrams, row->lost_percent);
	text_add(out, "\n");
	if (row->has_counts && row->out_of_order > 0)
		add_late(row, out);
}

bool iperf2_total(const struct run *run, const struct iperf2_way *way, struct iperf2_row *total)
{
	double mbit = run_value(run, way->rate, NULL, NULL);

	*total = (struct iperf2_row){ .id = way->back ? BACK_ID : OUR_ID,
				      .bytes = iperf2_value(run, way->bytes) };
	if (isnan(mbit) || mbit <= 0)
		return false;
	total->bits_per_second = mbit * 1e6;
	total->to = total->bytes * 8 / total->bits_per_second;
	return true;
}

static void add_intervals(const struct run *run, unsigned metric, const struct iperf2_row *total,
			  struct text *out)
{
	double interval = run->value[INTERVAL].real;
	struct iperf2_row row = { .id = total->id };

	for (uint32_t i = 0; i < run->shared->count && total->to > interval * 1.5; i++) {
		const struct sample *sample = &run->shared->samples[i];
		if (sample->metric != metric)
			continue;
		row.to = row.from + interval < total->to ? row.from + interval : total->to;
		if (row.to - row.from < interval / 10)
			return; /* what the last sample saw beyond the end */
		row.bits_per_second = sample->value * 1e6;
		row.bytes = sample->value * 1e6 / 8 * (row.to - row.from);
		iperf2_add_row(&row, out);
		row.from = row.to;
	}
}

static void add_rule(struct text *out)
{
	text_add(out, "------------------------------------------------------------\n");
}

void iperf2_add_banner(const struct run *run, const char *protocol, struct text *out)
{
	uint64_t window = run->value[WINDOW].num;
	unsigned port = (unsigned)run->value[PORT].num;

	add_rule(out);
	if (iperf2_we_serve(run))
		text_add(out, "Server listening on %s port %u\n", protocol, port);
	else
		text_add(out, "Client connecting to %s, %s port %u\n",
			 run->target ? run->target : "", protocol, port);
	text_add(out, "%s %s size: ", protocol, !strcmp(protocol, "TCP") ? "window" : "buffer");
	if (window)
		add_scaled(out, (double)window, 1024, "Byte");
	text_add(out, "%s\n", window ? "" : "(default)");
	add_rule(out);
}

void iperf2_add_connection(const struct run *run, const struct iperf2_way *way,
			   const struct iperf2_row *row, struct text *out)
{
	struct connection ends;

	if (find_connection(run, way->back, row->ports, &ends))
		text_add(out, "[%3d] local %s port %u connected with %s port %u\n", row->id,
			 ends.ours, ends.our_port, ends.theirs, ends.their_port);
}

void iperf2_add_intervals(const struct run *run, const struct iperf2_way *way,
			  const struct iperf2_row *total, const char *more_columns,
			  struct text *out)
{
	text_add(out, "[ ID] Interval       Transfer     Bandwidth%s\n", more_columns);
	add_intervals(run, way->interval, total, out);
}

void iperf2_add_way(const struct run *run, const struct iperf2_way *way,
		    const struct iperf2_row *total, const char *more_columns, struct text *out)
{
	iperf2_add_connection(run, way, total, out);
	iperf2_add_intervals(run, way, total, more_columns, out);
}

void iperf2_add_csv(const struct run *run, const struct iperf2_way *way,
		    const struct iperf2_row *row, bool swapped, struct text *out)
{
	struct connection ends;
	char stamp[16];
	time_t now = time(NULL);
	struct tm local;

	find_connection(run, way->back, row->ports, &ends);
	localtime_r(&now, &local);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &local);
	text_add(out, "%s,%s,%u,%s,%u,%d,%.1f-%.1f,%.0f,%.0f", stamp,
		 swapped ? ends.theirs : ends.ours, swapped ? ends.their_port : ends.our_port,
		 swapped ? ends.ours : ends.theirs, swapped ? ends.our_port : ends.their_port,
		 row->id, row->from, row->to, row->bytes, row->bits_per_second);
	if (row->has_counts)
		text_add(out, ",%.3f,%.0f,%.0f,%.3f,%.0f", row->jitter_ms, row->lost,
			 row->datagrams, row->lost_percent, row->out_of_order);
	text_add(out, "\n");
}
