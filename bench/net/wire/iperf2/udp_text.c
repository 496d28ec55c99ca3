/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x would have written of net.udp: see text.h. */
#include "bench/net/udp.h"

#include "bench/net/wire/iperf2/text.h"

#include <errno.h>
#include <math.h>

static struct iperf2_way outgoing_way(const struct run *run)
{
	return (struct iperf2_way){ iperf2_we_serve(run), OUTGOING, OUTGOING_BYTES,
				    OUTGOING_INTERVAL };
}

static struct iperf2_way incoming_way(const struct run *run)
{
	return (struct iperf2_way){ !iperf2_we_serve(run), INCOMING, INCOMING_BYTES,
				    INCOMING_INTERVAL };
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

/* What the partner reported of our way; false when its report did not come. */
static bool get_report(const struct run *run, int id, struct iperf2_row *row)
{
	double rate = run_value(run, udp_partners_report.rate, NULL, NULL);

	*row = (struct iperf2_row){ .id = id };
	if (isnan(rate))
		return false;
	get_counts(run, &udp_partners_report, row);
	row->bits_per_second = rate * 1e6;
	row->bytes = (row->datagrams - row->lost) * (double)run->value[LENGTH].num;
	row->to = rate > 0 ? row->bytes * 8 / row->bits_per_second : 0;
	return true;
}

static void add_sent(const struct run *run, struct text *out)
{
	struct iperf2_way way = outgoing_way(run);
	struct iperf2_row row;

	if (!iperf2_total(run, &way, &row))
		return;
	iperf2_add_way(run, &way, &row, "", out);
	iperf2_add_row(&row, out);
	text_add(out, "[%3d] Sent %.0f datagrams\n", row.id, iperf2_value(run, SENT_DATAGRAMS));
	if (get_report(run, row.id, &row)) {
		text_add(out, "[%3d] Server Report:\n", row.id);
		iperf2_add_row(&row, out);
	} else {
		text_add(out,
			 "[%3d] WARNING: did not receive ack of last datagram after 10 tries.\n",
			 row.id);
	}
}

static void add_received(const struct run *run, struct text *out)
{
	struct iperf2_way way = incoming_way(run);
	struct iperf2_row row;

	if (!iperf2_total(run, &way, &row))
		return;
	iperf2_add_way(run, &way, &row, "        Jitter   Lost/Total Datagrams", out);
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

static int write_csv(const struct run *run, struct text *out)
{
	struct iperf2_way sent = outgoing_way(run), received = incoming_way(run);
	struct iperf2_row row;

	if (iperf2_total(run, &sent, &row)) {
		iperf2_add_csv(run, &sent, &row, false, out);
		if (get_report(run, row.id, &row))
			iperf2_add_csv(run, &sent, &row, true, out);
	}
	if (iperf2_total(run, &received, &row)) {
		get_counts(run, &udp_our_report, &row);
		iperf2_add_csv(run, &received, &row, false, out);
	}
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file udp_stock[] = { { "iperf.txt", write_text },
					{ "iperf.csv", write_csv },
					{ 0 } };
