/* SPDX-License-Identifier: MIT */
/* The receiving end of a UDP test: see flow.h. */
#include "bench/net/wire/iperf2/flow.h"

#include <errno.h>

int flow_begin(struct flow *flow, const uint8_t *in, size_t len)
{
	struct iperf2_datagram first;

	*flow = (struct flow){ 0 };
	int err = iperf2_first_datagram(in, len, &flow->layout, &flow->request);
	if (!err)
		err = iperf2_datagram_decode(in, len, flow->layout, flow->request.wide_ids, 0,
					     &first);
	if (err)
		return err;
	flow->has_request = flow->request.threads;
	return first.fin ? -EBADMSG : 0;
}

ssize_t flow_take(struct flow *flow, const uint8_t *in, size_t len, uint64_t received_ns,
		  uint8_t *answer, size_t room)
{
	struct iperf2_datagram datagram;
	struct iperf2_report report;
	int err = iperf2_datagram_decode(in, len, flow->layout, flow->request.wide_ids,
					 iperf2_count_expected(&flow->count), &datagram);

	if (err)
		return err;
	flow->heard_ns = received_ns;
	if (len > flow->largest)
		flow->largest = len;
	iperf2_count_add(&flow->count, &datagram, received_ns, len);
	if (!datagram.fin)
		return 0;
	iperf2_count_report(&flow->count, &report);
	return iperf2_report_encode(&report, flow->layout, in, len, answer, room);
}

struct receiving flow_receiving(const struct flow *flow)
{
	const struct iperf2_count *count = &flow->count;

	return (struct receiving){
		.duplicates = count->duplicates,
		.tail_lost = count->tail,
		.variation_p50_ns = histogram_percentile(&count->variation, 50),
		.variation_p95_ns = histogram_percentile(&count->variation, 95),
		.variation_p99_ns = histogram_percentile(&count->variation, 99),
	};
}
