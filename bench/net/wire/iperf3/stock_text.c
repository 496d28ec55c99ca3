/* SPDX-License-Identifier: MIT */
/* The lines that iperf 3.12 would have printed: see stock.h. */
#include "bench/net/wire/iperf3/stock.h"

#include "bench/net/iperf3.h"

#include <errno.h>
#include <stdio.h>

/* Behind the rate of a receiver of TCP, and of a sum of senders. */
#define BLANK_RECEIVER "                  "
#define BLANK_SENDER   "             "

struct page {
	const struct run *run;
	const struct iperf3_kept *kept;
	struct text *out;
	bool udp;
};

/* iperf 3's unit_snprintf: at least four characters. */
static void add_scaled(struct text *out, double value, double step, const char *unit)
{
	static const char *const prefixes[] = { "", "K", "M", "G", "T" };
	unsigned i = 0;

	while (value >= step && i + 1 < COUNT_OF(prefixes)) {
		value /= step;
		i++;
	}
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	text_add(out, "%4.*f %s%s", decimals, value, prefixes[i], unit);
}

/* "[TX-C]" and the like, only where both kinds stand side by side. */
static void add_label(const struct page *page, int socket, bool outgoing)
{
	text_add(page->out, socket < 0 ? "[SUM]" : "[%3d]", socket);
	if (page->kept->params.bidir)
		text_add(page->out, "[%s-%c]", outgoing ? "TX" : "RX",
			 page->kept->server ? 'S' : 'C');
}

static void add_amount(const struct page *page, double from, double to, uint64_t bytes)
{
	text_add(page->out, " %6.2f-%-6.2f sec  ", from, to);
	add_scaled(page->out, (double)bytes, 1024, "Bytes");
	text_add(page->out, "  ");
	add_scaled(page->out, to > from ? (double)bytes * 8 / (to - from) : 0, 1000, "bits/sec");
}

static void add_loss(const struct page *page, double jitter_ms, uint64_t lost, uint64_t packets)
{
	text_add(page->out, "  %5.3f ms  %llu/%llu (%.2g%%)  ", jitter_ms, (unsigned long long)lost,
		 (unsigned long long)packets, packets ? 100.0 * (double)lost / (double)packets : 0);
}

static void add_heading(const struct page *page, bool outgoing, bool total)
{
	bool both = page->kept->params.bidir;

	text_add(page->out, both ? "[ ID][Role] " : "[ ID] ");
	text_add(page->out, "Interval           Transfer     Bitrate");
	if (page->udp)
		text_add(page->out, outgoing && !both && !total ?
					    "         Total Datagrams" :
					    "         Jitter    Lost/Total Datagrams");
	else if (outgoing || both || total)
		text_add(page->out, total ? "         Retr" : "         Retr  Cwnd");
	text_add(page->out, "\n");
}

static void add_rule(const struct page *page)
{
	text_add(page->out, "- - - - - - - - - - - - - - - - - - - - - - - - -\n");
}

/* ---- the connections ---- */

static void add_banner(const struct page *page)
{
	const struct iperf3_kept *kept = page->kept;
	char host[ADDRESS_ROOM], ours[ADDRESS_ROOM];
	unsigned port = address_port(&kept->peer);

	address_format(&kept->peer, host);
	if (kept->server)
		text_add(page->out,
			 "-----------------------------------------------------------\n"
			 "Server listening on %u (test #1)\n"
			 "-----------------------------------------------------------\n"
			 "Accepted connection from %s, port %u\n",
			 address_port(&kept->local), host, port);
	else
		text_add(page->out, "Connecting to host %s, port %u\n", page->run->target, port);
	if (kept->params.reverse && !kept->server)
		text_add(page->out, "Reverse mode, remote host %s is sending\n", host);
	for (unsigned i = 0; i < kept->stream_count; i++) {
		const struct iperf3_kept_stream *stream = &kept->stream[i];
		address_format(&stream->local, ours);
		address_format(&stream->peer, host);
		text_add(page->out, "[%3d] local %s port %u connected to %s port %u\n", stream->fd,
			 ours, address_port(&stream->local), host, address_port(&stream->peer));
	}
}

/* ---- intervals ---- */

static void add_row(const struct page *page, const struct iperf3_row *row, int socket,
		    bool outgoing)
{
	add_label(page, socket, outgoing);
	add_amount(page, row->from, row->to, row->bytes);
	if (page->udp && outgoing)
		text_add(page->out, "  %llu  ", (unsigned long long)row->packets);
	else if (page->udp)
		add_loss(page, row->jitter_ms, row->lost, row->packets);
	else if (!outgoing)
		text_add(page->out, BLANK_RECEIVER);
	else
		text_add(page->out, "  %3llu", (unsigned long long)row->retransmits);
	if (outgoing && !page->udp && socket >= 0) {
		text_add(page->out, "   ");
		add_scaled(page->out, row->kernel.cwnd, 1024, "Bytes");
		text_add(page->out, "       ");
	} else if (outgoing && !page->udp) {
		text_add(page->out, BLANK_SENDER);
	}
	text_add(page->out, "%s\n", row->omitted ? "(omitted)" : "");
}

static void add_interval(const struct page *page, const struct iperf3_row *rows)
{
	const struct iperf3_kept *kept = page->kept;
	struct iperf3_row sum;

	for (unsigned i = 0; i < kept->stream_count; i++) {
		const struct iperf3_kept_stream *stream = &kept->stream[rows[i].stream];
		add_row(page, &rows[i], stream->fd, stream->ends.outgoing);
	}
	for (int second = 0; second < 2 && kept->params.parallel > 1; second++) {
		bool outgoing = kept->stream[0].ends.outgoing != second;
		if (iperf3_sum_rows(kept, rows, outgoing, &sum))
			add_row(page, &sum, -1, outgoing);
	}
}

static void add_intervals(const struct page *page)
{
	const struct iperf3_kept *kept = page->kept;
	unsigned n = kept->stream_count;

	add_heading(page, kept->stream[0].ends.outgoing, false);
	for (unsigned at = 0; n && at + n <= kept->row_count; at += n) {
		add_interval(page, &kept->row[at]);
		if (n > 1 && at + 2 * n <= kept->row_count)
			add_rule(page);
	}
}

/* ---- the end ---- */

static void add_total(const struct page *page, const struct iperf3_way *way, int socket,
		      bool outgoing)
{
	if (way->has_sent) {
		add_label(page, socket, outgoing);
		add_amount(page, 0, way->sent_seconds, way->sent_bytes);
		if (page->udp)
			add_loss(page, 0, 0, way->sent_packets);
		else if (way->retransmits >= 0)
			text_add(page->out, "  %3lld" BLANK_SENDER, (long long)way->retransmits);
		else
			text_add(page->out, BLANK_RECEIVER);
		text_add(page->out, "sender\n");
	}
	if (!way->has_received)
		return;
	add_label(page, socket, outgoing);
	add_amount(page, 0, way->received_seconds, way->received_bytes);
	if (page->udp)
		add_loss(page, way->jitter_ms, way->lost, way->packets);
	else
		text_add(page->out, BLANK_RECEIVER);
	text_add(page->out, "receiver\n");
}

static void add_end(const struct page *page)
{
	const struct iperf3_kept *kept = page->kept;

	add_rule(page);
	add_heading(page, true, true);
	for (unsigned i = 0; i < kept->stream_count; i++) {
		struct iperf3_way one = IPERF3_WAY_NONE;
		iperf3_way_add(&one, &kept->stream[i].ends);
		add_total(page, &one, kept->stream[i].fd, kept->stream[i].ends.outgoing);
	}
	for (int second = 0; second < 2 && kept->params.parallel > 1; second++) {
		bool outgoing = kept->stream[0].ends.outgoing != second;
		struct iperf3_way way = iperf3_kept_way(kept, outgoing);
		if (way.streams)
			add_total(page, &way, -1, outgoing);
	}
	if (!kept->server && !page->run->shared->err)
		text_add(page->out, "\niperf Done.\n");
}

int iperf3_write_text(const struct run *run, struct text *out)
{
	const struct iperf3_kept *kept = iperf3_kept_of(run);
	struct page page = { run, kept, out, kept->params.udp };

	if (kept->begun) {
		add_banner(&page);
		add_intervals(&page);
	}
	if (kept->ended)
		add_end(&page);
	if (run->shared->err)
		text_add(out, "iperf3: error - %s\n", run->shared->failure);
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file iperf3_stock[] = { { "iperf3.txt", iperf3_write_text },
					   { "iperf3.json", iperf3_write_json },
					   { 0 } };
