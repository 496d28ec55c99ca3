/* SPDX-License-Identifier: MIT */
/* The streams of one way added up: see udp_tally.h. */
#include "bench/net/wire/iperf2/udp_tally.h"

#define RAISE(to, from) ((to) = (from) > (to) ? (from) : (to))

void udp_tally_add(struct udp_tally *tally, const struct served *served)
{
	if (tally->count >= UDP_STREAMS_MOST)
		return;
	tally->one[tally->count++] = *served;
	tally->reported += served->has_report;
	if (!tally->err)
		tally->err = served->err;
}

static void add_report(struct iperf2_report *sum, const struct iperf2_report *report)
{
	sum->bytes += report->bytes;
	sum->lost += report->lost;
	sum->out_of_order += report->out_of_order;
	sum->datagrams += report->datagrams;
	RAISE(sum->duration_us, report->duration_us);
	RAISE(sum->jitter_us, report->jitter_us);
}

static void add_receiving(struct receiving *sum, const struct receiving *one)
{
	sum->duplicates += one->duplicates;
	sum->tail_lost += one->tail_lost;
	sum->merged += one->merged;
	/* Streams that came to one socket all saw the same drops. */
	RAISE(sum->buffer_drops, one->buffer_drops);
	RAISE(sum->variation_p50_ns, one->variation_p50_ns);
	RAISE(sum->variation_p95_ns, one->variation_p95_ns);
	RAISE(sum->variation_p99_ns, one->variation_p99_ns);
}

static void add_sending(struct sending *sum, const struct sending *one)
{
	sum->slips += one->slips;
	sum->batched += one->batched;
	sum->refused += one->refused;
	sum->passed_over += one->passed_over;
	RAISE(sum->gap_p50_ns, one->gap_p50_ns);
	RAISE(sum->gap_p99_ns, one->gap_p99_ns);
	RAISE(sum->batch_largest, one->batch_largest);
	RAISE(sum->fins, one->fins);
}

struct served udp_tally_sum(const struct udp_tally *tally)
{
	struct served sum = { .udp = true, .err = tally->err, .has_report = tally->reported };

	for (unsigned i = 0; i < tally->count; i++) {
		const struct served *one = &tally->one[i];
		sum.bytes += one->bytes;
		sum.datagrams += one->datagrams;
		RAISE(sum.seconds, one->seconds);
		RAISE(sum.length, one->length);
		if (one->has_report)
			add_report(&sum.report, &one->report);
		add_receiving(&sum.receiving, &one->receiving);
		add_sending(&sum.sending, &one->sending);
	}
	return sum;
}

double udp_report_rate(const struct iperf2_report *report)
{
	return report->duration_us ? (double)report->bytes * 8e6 / (double)report->duration_us : 0;
}

double udp_tally_sent_rate(const struct udp_tally *tally)
{
	double rate = 0;

	for (unsigned i = 0; i < tally->count; i++)
		if (tally->one[i].seconds > 0)
			rate += (double)tally->one[i].bytes * 8 / tally->one[i].seconds;
	return rate;
}

double udp_tally_report_rate(const struct udp_tally *tally)
{
	double rate = 0;

	for (unsigned i = 0; i < tally->count; i++)
		if (tally->one[i].has_report)
			rate += udp_report_rate(&tally->one[i].report);
	return rate;
}

double udp_tally_report_pps(const struct udp_tally *tally)
{
	double rate = 0;

	for (unsigned i = 0; i < tally->count; i++) {
		const struct served *one = &tally->one[i];
		if (one->has_report && one->length)
			rate += udp_report_rate(&one->report) / 8 / (double)one->length;
	}
	return rate;
}
