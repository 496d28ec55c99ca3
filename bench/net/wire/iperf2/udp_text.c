/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x would have written of net.udp: see text.h. With several streams (-P) each has
 * its rows, and [SUM] theirs; the intervals are those of the sum. */
#include "bench/net/udp.h"

#include "bench/net/wire/iperf2/text.h"

#include <errno.h>
#include <math.h>

enum { FIRST_ID = 3, SUM_ID = -1 };

/* One way with its streams' figures. */
struct way {
	struct iperf2_way ends;
	unsigned streams; /* 1: its figures are the totals */
	unsigned figures; /* STREAM_SENT or STREAM_INCOMING */
	int first_id;
	unsigned common_port; /* the one that all streams share */
};

/* A figure of one of several streams; NAN when there is none. */
static double figure_of(const struct run *run, unsigned metric, unsigned stream)
{
	const uint64_t point[AXES] = { stream + 1 };

	return run_value(run, metric, point, NULL);
}

static unsigned count_streams(const struct run *run, unsigned figures)
{
	struct stats stats;

	run_value(run, figures + STREAM_PORT, NULL, &stats);
	return stats.n ? (unsigned)stats.n : 1;
}

static struct way outgoing_way(const struct run *run)
{
	bool back = iperf2_we_serve(run);

	return (struct way){
		.ends = { back, OUTGOING, OUTGOING_BYTES, OUTGOING_INTERVAL },
		.streams = count_streams(run, STREAM_SENT),
		.figures = STREAM_SENT,
		.first_id = FIRST_ID + (back ? (int)count_streams(run, STREAM_INCOMING) : 0),
		.common_port = back ? way_back_port(run->value) : (unsigned)run->value[PORT].num,
	};
}

static struct way incoming_way(const struct run *run)
{
	bool back = !iperf2_we_serve(run);

	return (struct way){
		.ends = { back, INCOMING, INCOMING_BYTES, INCOMING_INTERVAL },
		.streams = count_streams(run, STREAM_INCOMING),
		.figures = STREAM_INCOMING,
		.first_id = FIRST_ID + (back ? (int)count_streams(run, STREAM_SENT) : 0),
		.common_port = back ? way_back_port(run->value) : (unsigned)run->value[PORT].num,
	};
}

static struct iperf2_ports ports_of(const struct run *run, const struct way *way, unsigned stream)
{
	bool sent = way->figures == STREAM_SENT;
	double own = figure_of(run, way->figures + STREAM_PORT, stream);
	unsigned port = stream < way->streams && !isnan(own) ? (unsigned)own : 0;

	return sent ? (struct iperf2_ports){ port, way->common_port } :
		      (struct iperf2_ports){ way->common_port, port };
}

static void get_counts(const struct run *run, const struct udp_report_metrics *report,
		       struct iperf2_row *row)
{
	row->has_counts = true;
	row->jitter_ms = iperf2_value(run, report->jitter);
	row->lost = iperf2_value(run, report->lost);
	row->datagrams = iperf2_value(run, report->datagrams);
	row->lost_percent = iperf2_value(run, report->lost_percent);
	row->out_of_order = iperf2_value(run, report->out_of_order);
}

static void get_stream_counts(const struct run *run, unsigned figures, unsigned stream,
			      struct iperf2_row *row)
{
	row->has_counts = true;
	row->jitter_ms = figure_of(run, figures + STREAM_JITTER, stream);
	row->lost = figure_of(run, figures + STREAM_LOST, stream);
	row->datagrams = figure_of(run, figures + STREAM_DATAGRAMS, stream);
	row->lost_percent = row->datagrams > 0 ? 100 * row->lost / row->datagrams : 0;
	row->out_of_order = figure_of(run, figures + STREAM_ORDER, stream);
}

/* Bytes and time of one stream; false when it has none. */
static bool get_stream(const struct run *run, unsigned figures, unsigned stream,
		       struct iperf2_row *row)
{
	row->bytes = figure_of(run, figures + STREAM_BYTES, stream);
	row->to = figure_of(run, figures + STREAM_SECONDS, stream);
	if (!(row->to > 0))
		return false;
	row->bits_per_second = row->bytes * 8 / row->to;
	return true;
}

/* What one stream carried (of one alone: the way), by whoever is at our end. */
static bool get_row(const struct run *run, const struct way *way, unsigned stream,
		    struct iperf2_row *row)
{
	bool there;

	*row = (struct iperf2_row){ 0 };
	if (way->streams == 1)
		there = iperf2_total(run, &way->ends, row);
	else
		there = get_stream(run, way->figures, stream, row);
	row->id = way->first_id + (int)stream;
	if (there && way->figures == STREAM_INCOMING && way->streams == 1)
		get_counts(run, &udp_our_report, row);
	else if (there && way->figures == STREAM_INCOMING)
		get_stream_counts(run, way->figures, stream, row);
	return there;
}

static bool get_sum(const struct run *run, const struct way *way, struct iperf2_row *row)
{
	if (!iperf2_total(run, &way->ends, row))
		return false;
	row->id = way->streams > 1 ? SUM_ID : way->first_id;
	return true;
}

/* What the partner reported of our sending; false when its report did not come. */
static bool get_report(const struct run *run, const struct way *way, unsigned stream,
		       struct iperf2_row *row)
{
	double rate = run_value(run, udp_partners_report.rate, NULL, NULL);
	double sent = iperf2_value(run, SENT_DATAGRAMS);

	*row = (struct iperf2_row){ .id = way->first_id + (int)stream };
	if (isnan(rate))
		return false;
	if (way->streams > 1) {
		get_stream_counts(run, STREAM_REPORT, stream, row);
		return get_stream(run, STREAM_REPORT, stream, row);
	}
	get_counts(run, &udp_partners_report, row);
	row->bits_per_second = rate * 1e6;
	row->bytes = sent > 0 ? (sent - iperf2_value(run, MISSING)) *
					iperf2_value(run, OUTGOING_BYTES) / sent :
				0;
	row->to = rate > 0 ? row->bytes * 8 / row->bits_per_second : 0;
	return true;
}

/* ---- the text ---- */

static void add_opening(const struct run *run, const struct way *way, const char *more_columns,
			struct text *out)
{
	struct iperf2_row row;

	for (unsigned i = 0; i < way->streams; i++) {
		struct iperf2_ports ports = ports_of(run, way, i);
		if (!get_row(run, way, i, &row))
			continue;
		row.ports = way->streams > 1 ? &ports : NULL;
		iperf2_add_connection(run, &way->ends, &row, out);
	}
	if (get_sum(run, way, &row))
		iperf2_add_intervals(run, &way->ends, &row, more_columns, out);
}

static void add_sent_stream(const struct run *run, const struct way *way, unsigned stream,
			    struct text *out)
{
	struct iperf2_row row;
	double datagrams = way->streams > 1 ?
				   figure_of(run, STREAM_SENT + STREAM_DATAGRAMS, stream) :
				   iperf2_value(run, SENT_DATAGRAMS);

	if (!get_row(run, way, stream, &row))
		return;
	iperf2_add_row(&row, out);
	text_add(out, "[%3d] Sent %.0f datagrams\n", row.id, datagrams);
	if (get_report(run, way, stream, &row)) {
		text_add(out, "[%3d] Server Report:\n", row.id);
		iperf2_add_row(&row, out);
	} else {
		text_add(out,
			 "[%3d] WARNING: did not receive ack of last datagram after 10 tries.\n",
			 row.id);
	}
}

static void add_sent(const struct run *run, struct text *out)
{
	struct way way = outgoing_way(run);
	struct iperf2_row row;

	if (!get_sum(run, &way, &row))
		return;
	add_opening(run, &way, "", out);
	for (unsigned i = 0; i < way.streams; i++)
		add_sent_stream(run, &way, i, out);
	if (way.streams == 1)
		return;
	iperf2_add_row(&row, out);
	text_add(out, "[SUM] Sent %.0f datagrams\n", iperf2_value(run, SENT_DATAGRAMS));
}

static void add_received(const struct run *run, struct text *out)
{
	struct way way = incoming_way(run);
	struct iperf2_row row;

	if (!get_sum(run, &way, &row))
		return;
	add_opening(run, &way, "        Jitter   Lost/Total Datagrams", out);
	for (unsigned i = 0; i < way.streams; i++)
		if (get_row(run, &way, i, &row))
			iperf2_add_row(&row, out);
	if (way.streams == 1 || !get_sum(run, &way, &row))
		return;
	get_counts(run, &udp_our_report, &row);
	iperf2_add_row(&row, out);
}

static int write_text(const struct run *run, struct text *out)
{
	iperf2_add_banner(run, "UDP", out);
	if (iperf2_we_serve(run)) {
		add_received(run, out);
		add_sent(run, out);
	} else {
		add_sent(run, out);
		add_received(run, out);
	}
	return out->cut ? -ENOSPC : 0;
}

/* ---- -y C ---- */

static void add_csv_rows(const struct run *run, const struct way *way, struct text *out)
{
	struct iperf2_row row;

	for (unsigned i = 0; i < way->streams; i++) {
		struct iperf2_ports ports = ports_of(run, way, i);
		const struct iperf2_ports *own = way->streams > 1 ? &ports : NULL;
		if (!get_row(run, way, i, &row))
			continue;
		row.ports = own;
		iperf2_add_csv(run, &way->ends, &row, false, out);
		if (way->figures == STREAM_SENT && get_report(run, way, i, &row)) {
			row.ports = own;
			iperf2_add_csv(run, &way->ends, &row, true, out);
		}
	}
}

static void add_csv(const struct run *run, const struct way *way, struct text *out)
{
	struct iperf2_ports ports = ports_of(run, way, way->streams);
	struct iperf2_row row;

	if (!get_sum(run, way, &row))
		return;
	add_csv_rows(run, way, out);
	if (way->streams == 1)
		return;
	if (way->figures == STREAM_INCOMING)
		get_counts(run, &udp_our_report, &row);
	row.ports = &ports;
	iperf2_add_csv(run, &way->ends, &row, false, out);
}

static int write_csv(const struct run *run, struct text *out)
{
	struct way sent = outgoing_way(run), received = incoming_way(run);

	add_csv(run, &sent, out);
	add_csv(run, &received, out);
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file udp_stock[] = { { "iperf.txt", write_text },
					{ "iperf.csv", write_csv },
					{ 0 } };
