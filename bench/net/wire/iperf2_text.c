/* SPDX-License-Identifier: MIT */
/*
 * iperf 2.0.x's text and CSV: see iperf2_text.h. The layouts are those that 2.0.6 printed; what only
 * the running tool knows (socket numbers) is its usual value, 3 for our way and 4 for the way back.
 */
#include "bench/net/wire/iperf2_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OUR_ID = 3, BACK_ID = 4 };

/* One way's row; UDP's receiving side adds counts. */
struct row {
	int id;
	double from, to, bytes, bits_per_second;
	bool has_counts;
	double jitter_ms, lost, datagrams, lost_percent, out_of_order;
};

struct connection {
	char ours[64], theirs[64];
	unsigned our_port, their_port;
	const char *note;
};

/* The connection notes stand in the order in which the ways began. */
static bool find_connection(const struct run *run, unsigned nth, struct connection *out)
{
	*out = (struct connection){ .ours = "0.0.0.0", .theirs = "0.0.0.0" };
	for (uint32_t i = 0; i < run->shared->note_count && i < RUN_NOTES; i++) {
		const char *text = run->shared->notes[i].text;
		if (sscanf(text, "local %63s port %u connected with %63s port %u", out->ours,
			   &out->our_port, out->theirs, &out->their_port) == 4 &&
		    nth-- == 0) {
			out->note = text;
			return true;
		}
	}
	return false;
}

static bool we_serve(const struct run *run, const struct iperf2_text_ways *ways)
{
	return run->value[ways->role].num == 1;
}

static double value_of(const struct run *run, unsigned metric)
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

static void add_row(const struct row *row, struct text *out)
{
	text_add(out, row->id < 0 ? "[SUM]" : "[%3d]", row->id);
	text_add(out, " %4.1f-%4.1f sec  ", row->from, row->to);
	add_scaled(out, row->bytes, 1024, "Bytes");
	text_add(out, "  ");
	add_scaled(out, row->bits_per_second, 1000, "bits/sec");
	if (row->has_counts)
		text_add(out, "  %6.3f ms %4.0f/%5.0f (%.2g%%)", row->jitter_ms, row->lost,
			 row->datagrams, row->lost_percent);
	text_add(out, "\n");
	if (row->has_counts && row->out_of_order > 0)
		text_add(out, "[%3d] %4.1f-%4.1f sec  %.0f datagrams received out-of-order\n",
			 row->id, row->from, row->to, row->out_of_order);
}

/* The whole way. False: it was not measured. */
static bool total_row(const struct run *run, unsigned rate, unsigned bytes, int id, struct row *row)
{
	double mbit = run_value(run, rate, NULL, NULL);

	*row = (struct row){ .id = id, .bytes = value_of(run, bytes) };
	if (isnan(mbit) || mbit <= 0)
		return false;
	row->bits_per_second = mbit * 1e6;
	row->to = row->bytes * 8 / row->bits_per_second;
	return true;
}

static void add_intervals(const struct run *run, unsigned metric, double interval,
			  const struct row *total, struct text *out)
{
	struct row row = { .id = total->id };

	for (uint32_t i = 0; i < run->shared->count && total->to > interval * 1.5; i++) {
		const struct sample *sample = &run->shared->samples[i];
		if (sample->metric != metric)
			continue;
		row.to = row.from + interval < total->to ? row.from + interval : total->to;
		if (row.to - row.from < interval / 10)
			return; /* what the last sample saw beyond the end */
		row.bits_per_second = sample->value * 1e6;
		row.bytes = sample->value * 1e6 / 8 * (row.to - row.from);
		add_row(&row, out);
		row.from = row.to;
	}
}

static void add_rule(struct text *out)
{
	text_add(out, "------------------------------------------------------------\n");
}

static void add_banner(const struct run *run, const struct iperf2_text_ways *ways,
		       const char *protocol, struct text *out)
{
	uint64_t window = run->value[ways->window].num;
	unsigned port = (unsigned)run->value[ways->port].num;

	add_rule(out);
	if (we_serve(run, ways))
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

/* Which of the two connections a way is: the server hears first, the client speaks first. */
static void add_connection(const struct run *run, const struct iperf2_text_ways *ways,
			   bool outgoing, int id, struct text *out)
{
	struct connection connection;

	if (find_connection(run, outgoing == we_serve(run, ways), &connection))
		text_add(out, "[%3d] %s\n", id, connection.note);
}

int iperf2_text_tcp(const struct run *run, const struct iperf2_text_ways *ways, struct text *out)
{
	double interval = run->value[ways->interval].real;
	struct row row;

	add_banner(run, ways, "TCP", out);
	for (int back = 0; back < 2; back++) {
		bool outgoing = we_serve(run, ways) == back;
		if (!total_row(run, outgoing ? ways->outgoing : ways->incoming,
			       outgoing ? ways->outgoing_bytes : ways->incoming_bytes,
			       back ? BACK_ID : OUR_ID, &row))
			continue;
		add_connection(run, ways, outgoing, row.id, out);
		text_add(out, "[ ID] Interval       Transfer     Bandwidth\n");
		add_intervals(run, outgoing ? ways->outgoing_interval : ways->incoming_interval,
			      interval, &row, out);
		add_row(&row, out);
	}
	return out->cut ? -ENOSPC : 0;
}

static void get_counts(const struct run *run, const struct iperf2_text_counts *counts,
		       struct row *row)
{
	row->has_counts = true;
	row->jitter_ms = value_of(run, counts->jitter);
	row->lost = value_of(run, counts->lost);
	row->datagrams = value_of(run, counts->datagrams);
	row->lost_percent = value_of(run, counts->lost_percent);
	row->out_of_order = value_of(run, counts->out_of_order);
}

/* What the partner reported of our way; false when its report did not come. */
static bool report_row(const struct run *run, const struct iperf2_text_udp_ways *ways, int id,
		       struct row *row)
{
	double rate = run_value(run, ways->report.rate, NULL, NULL);

	*row = (struct row){ .id = id };
	if (isnan(rate))
		return false;
	get_counts(run, &ways->report, row);
	row->bits_per_second = rate * 1e6;
	row->bytes = (row->datagrams - row->lost) * (double)run->value[ways->length].num;
	row->to = rate > 0 ? row->bytes * 8 / row->bits_per_second : 0;
	return true;
}

static void add_sent(const struct run *run, const struct iperf2_text_udp_ways *ways, int id,
		     struct text *out)
{
	struct row row;

	if (!total_row(run, ways->ways.outgoing, ways->ways.outgoing_bytes, id, &row))
		return;
	add_connection(run, &ways->ways, true, id, out);
	text_add(out, "[ ID] Interval       Transfer     Bandwidth\n");
	add_intervals(run, ways->ways.outgoing_interval, run->value[ways->ways.interval].real, &row,
		      out);
	add_row(&row, out);
	text_add(out, "[%3d] Sent %.0f datagrams\n", id, value_of(run, ways->sent_datagrams));
	if (!report_row(run, ways, id, &row)) {
		text_add(out,
			 "[%3d] WARNING: did not receive ack of last datagram after 10 tries.\n",
			 id);
		return;
	}
	text_add(out, "[%3d] Server Report:\n", id);
	add_row(&row, out);
}

static void add_received(const struct run *run, const struct iperf2_text_udp_ways *ways, int id,
			 struct text *out)
{
	struct row row;

	if (!total_row(run, ways->ways.incoming, ways->ways.incoming_bytes, id, &row))
		return;
	add_connection(run, &ways->ways, false, id, out);
	text_add(
		out,
		"[ ID] Interval       Transfer     Bandwidth        Jitter   Lost/Total Datagrams\n");
	add_intervals(run, ways->ways.incoming_interval, run->value[ways->ways.interval].real, &row,
		      out);
	get_counts(run, &ways->own, &row);
	add_row(&row, out);
}

int iperf2_text_udp(const struct run *run, const struct iperf2_text_udp_ways *ways,
		    struct text *out)
{
	add_banner(run, &ways->ways, "UDP", out);
	if (we_serve(run, &ways->ways)) {
		add_received(run, ways, OUR_ID, out);
		add_sent(run, ways, BACK_ID, out);
	} else {
		add_sent(run, ways, OUR_ID, out);
		add_received(run, ways, BACK_ID, out);
	}
	return out->cut ? -ENOSPC : 0;
}

/* ---- -y C: 9 columns, 14 with UDP's counts; A is the local end; the server's report has the ends
 * swapped ---- */

static void add_csv(const struct row *row, const struct connection *ends, bool swapped,
		    struct text *out)
{
	char stamp[16];
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &local);
	text_add(out, "%s,%s,%u,%s,%u,%d,%.1f-%.1f,%.0f,%.0f", stamp,
		 swapped ? ends->theirs : ends->ours, swapped ? ends->their_port : ends->our_port,
		 swapped ? ends->ours : ends->theirs, swapped ? ends->our_port : ends->their_port,
		 row->id, row->from, row->to, row->bytes, row->bits_per_second);
	if (row->has_counts)
		text_add(out, ",%.3f,%.0f,%.0f,%.3f,%.0f", row->jitter_ms, row->lost,
			 row->datagrams, row->lost_percent, row->out_of_order);
	text_add(out, "\n");
}

int iperf2_csv_tcp(const struct run *run, const struct iperf2_text_ways *ways, struct text *out)
{
	struct connection ends;
	struct row row;

	for (int back = 0; back < 2; back++) {
		bool outgoing = we_serve(run, ways) == back;
		if (!total_row(run, outgoing ? ways->outgoing : ways->incoming,
			       outgoing ? ways->outgoing_bytes : ways->incoming_bytes,
			       back ? BACK_ID : OUR_ID, &row))
			continue;
		find_connection(run, (unsigned)back, &ends);
		add_csv(&row, &ends, false, out);
	}
	return out->cut ? -ENOSPC : 0;
}

int iperf2_csv_udp(const struct run *run, const struct iperf2_text_udp_ways *ways, struct text *out)
{
	bool serves = we_serve(run, &ways->ways);
	struct connection ends;
	struct row row;

	find_connection(run, serves, &ends);
	if (total_row(run, ways->ways.outgoing, ways->ways.outgoing_bytes,
		      serves ? BACK_ID : OUR_ID, &row)) {
		add_csv(&row, &ends, false, out);
		if (report_row(run, ways, row.id, &row))
			add_csv(&row, &ends, true, out);
	}
	find_connection(run, !serves, &ends);
	if (total_row(run, ways->ways.incoming, ways->ways.incoming_bytes,
		      serves ? OUR_ID : BACK_ID, &row)) {
		get_counts(run, &ways->own, &row);
		add_csv(&row, &ends, false, out);
	}
	return out->cut ? -ENOSPC : 0;
}
