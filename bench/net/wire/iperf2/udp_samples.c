/* SPDX-License-Identifier: MIT */
/* From the streams' outcomes to samples of net.udp: see bench/net/udp.h. */
#include "bench/net/udp.h"

const struct udp_report_metrics udp_partners_report = {
	.rate = RECEIVED,
	.pps = RECEIVED_RATE,
	.jitter = JITTER,
	.lost = LOST,
	.lost_percent = LOST_PERCENT,
	.out_of_order = OUT_OF_ORDER,
	.datagrams = DATAGRAMS,
	.streams = STREAM_REPORT,
};
const struct udp_report_metrics udp_our_report = {
	.rate = INCOMING,
	.pps = INCOMING_RATE,
	.jitter = INCOMING_JITTER,
	.lost = INCOMING_LOST,
	.lost_percent = INCOMING_LOST_PERCENT,
	.out_of_order = INCOMING_OUT_OF_ORDER,
	.datagrams = INCOMING_DATAGRAMS,
	.streams = STREAM_INCOMING,
};

static void sample_stream_report(struct run *run, unsigned streams, const struct served *one,
				 uint64_t duplicates)
{
	const struct iperf2_report *report = &one->report;

	if (!one->has_report)
		return;

	run_sample(run, streams + STREAM_BYTES, (double)report->bytes);
	run_sample(run, streams + STREAM_SECONDS, (double)report->duration_us / 1e6);
	run_sample(run, streams + STREAM_DATAGRAMS, (double)report->datagrams);
	run_sample(run, streams + STREAM_LOST, (double)report->lost);
	run_sample(run, streams + STREAM_ORDER, (double)(report->out_of_order - duplicates));
	run_sample(run, streams + STREAM_JITTER, (double)report->jitter_us / 1e3);
}

static void sample_report(struct run *run, const struct udp_report_metrics *metric,
			  const struct udp_tally *tally, const struct iperf2_report *report)
{
	double rate = udp_tally_report_rate(tally);

	run_sample(run, metric->jitter, (double)report->jitter_us / 1e3);
	run_sample(run, metric->lost, (double)report->lost);
	run_sample(run, metric->out_of_order, (double)report->out_of_order);
	run_sample(run, metric->datagrams, (double)report->datagrams);
	if (report->datagrams)
		run_sample(run, metric->lost_percent,
			   100.0 * (double)report->lost / (double)report->datagrams);
	if (rate > 0) {
		run_sample(run, metric->rate, rate / 1e6);
		run_sample(run, metric->pps, udp_tally_report_pps(tally));
	}
}

static void sample_sent_streams(struct run *run, const struct udp_tally *tally)
{
	for (unsigned i = 0; i < tally->count && tally->count > 1; i++) {
		const struct served *one = &tally->one[i];
		run_at(run, i + 1, 0);
		run_sample(run, STREAM_SENT + STREAM_BYTES, (double)one->bytes);
		run_sample(run, STREAM_SENT + STREAM_SECONDS, one->seconds);
		run_sample(run, STREAM_SENT + STREAM_DATAGRAMS, (double)one->datagrams);
		run_sample(run, STREAM_SENT + STREAM_PORT, address_port(&one->local));
		sample_stream_report(run, STREAM_REPORT, one, 0);
	}
	run_at(run, 0, 0);
}

static void sample_sent(struct run *run, const struct udp_tally *tally, const struct served *sum)
{
	double rate = udp_tally_sent_rate(tally);

	run_sample(run, SENT_DATAGRAMS, (double)sum->datagrams);
	run_sample(run, OUTGOING_BYTES, (double)sum->bytes);
	if (rate > 0) {
		run_sample(run, OUTGOING, rate / 1e6);
		run_sample(run, SENT_RATE, rate / 8 / (double)sum->length);
	}
	run_sample(run, GAP_P50, (double)sum->sending.gap_p50_ns / 1e3);
	run_sample(run, GAP_P99, (double)sum->sending.gap_p99_ns / 1e3);
	run_sample(run, BATCHED, (double)sum->sending.batched);
}

static void note_sending(struct run *run, const struct sending *sending)
{
	if (sending->batched)
		run_note(
			run,
			"sent in batches of up to %u: %llu datagrams that were due together, or had no "
			"schedule, left several at once",
			sending->batch_largest, (unsigned long long)sending->batched);
	if (sending->slips)
		run_warn(
			run,
			"the sender was held up %llu times for more than 0.1 s and did not make up "
			"for it: it could not keep the rate",
			(unsigned long long)sending->slips);
	if (sending->passed_over)
		run_warn(run,
			 "%u answers that were no report, or could not be true, were passed over",
			 sending->passed_over);
	if (sending->fins > 1)
		run_note(run, "the partner's report was asked for %u times", sending->fins);
}

/* What the receiver did not get of those streams that it reported. */
static uint64_t count_missing(const struct udp_tally *tally)
{
	uint64_t missing = 0;

	for (unsigned i = 0; i < tally->count; i++) {
		const struct served *one = &tally->one[i];
		uint64_t got = one->has_report && one->length ? one->report.bytes / one->length : 0;
		if (one->has_report && got < one->datagrams)
			missing += one->datagrams - got;
	}
	return missing;
}

/* The partner's report belongs to our sending; what a known fault made absurd is put right. */
static void repair(struct run *run, struct udp_tally *tally)
{
	unsigned repaired = 0;
	size_t counted = 0;

	for (unsigned i = 0; i < tally->count; i++) {
		struct served *one = &tally->one[i];
		if (!one->has_report)
			continue;
		repaired += iperf2_report_repair(&one->report, one->datagrams, one->length);
		size_t cut = iperf2_report_mend_bytes(&one->report, one->length);
		counted = cut ? cut : counted;
	}
	if (counted)
		run_note(
			run,
			"the partner counts %zu bytes of each datagram (its -l): its report's bytes "
			"were put right",
			counted);
	if (repaired)
		run_warn(
			run,
			"the partner's report was absurd and was put right from its bytes: a known fault of "
			"iperf 2.0.10's counting");
}

void udp_sample_outgoing(struct run *run, const struct udp_tally *told)
{
	struct udp_tally tally = *told;

	if (!tally.count)
		return;
	repair(run, &tally);
	struct served sum = udp_tally_sum(&tally);
	sample_sent(run, &tally, &sum);
	note_sending(run, &sum.sending);
	if (tally.reported) {
		sample_report(run, &udp_partners_report, &tally, &sum.report);
		run_sample(run, MISSING, (double)count_missing(&tally));
	}
	sample_sent_streams(run, &tally);
}

void udp_sample_incoming(struct run *run, const struct udp_tally *tally)
{
	struct served sum = udp_tally_sum(tally);
	const struct receiving *receiving = &sum.receiving;

	if (!tally->count)
		return;
	/* The stock report counts duplicates as out of order; here they have a metric of their own.
	 */
	sum.report.out_of_order -= receiving->duplicates;
	run_sample(run, INCOMING_BYTES, (double)sum.report.bytes);
	run_sample(run, INCOMING_DUPLICATES, (double)receiving->duplicates);
	run_sample(run, INCOMING_TAIL_LOST, (double)receiving->tail_lost);
	run_sample(run, INCOMING_BUFFER_DROPS, (double)receiving->buffer_drops);
	run_sample(run, INCOMING_MERGED, (double)receiving->merged);
	if (receiving->merged)
		run_note(run,
			 "%llu datagrams came several in one packet: such a batch has one time of "
			 "arrival",
			 (unsigned long long)receiving->merged);
	run_sample(run, VARIATION_P50, (double)receiving->variation_p50_ns / 1e3);
	run_sample(run, VARIATION_P95, (double)receiving->variation_p95_ns / 1e3);
	run_sample(run, VARIATION_P99, (double)receiving->variation_p99_ns / 1e3);
	sample_report(run, &udp_our_report, tally, &sum.report);
	for (unsigned i = 0; i < tally->count && tally->count > 1; i++) {
		const struct served *one = &tally->one[i];
		run_at(run, i + 1, 0);
		sample_stream_report(run, STREAM_INCOMING, one, one->receiving.duplicates);
		run_sample(run, STREAM_INCOMING + STREAM_PORT, address_port(&one->peer));
	}
	run_at(run, 0, 0);
}
