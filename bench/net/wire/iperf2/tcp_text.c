/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x would have written of net.tcp: see text.h. */
#include "bench/net/tcp.h"

#include "bench/net/wire/iperf2/text.h"

#include <errno.h>

/* The ways in the order in which they began. */
static struct iperf2_way way_of(const struct run *run, bool back)
{
	return iperf2_we_serve(run) == back ?
		       (struct iperf2_way){ back, OUTGOING, OUTGOING_BYTES, OUTGOING_INTERVAL } :
		       (struct iperf2_way){ back, INCOMING, INCOMING_BYTES, INCOMING_INTERVAL };
}

static int write_text(const struct run *run, struct text *out)
{
	struct iperf2_row total;

	iperf2_add_banner(run, "TCP", out);
	for (int back = 0; back < 2; back++) {
		struct iperf2_way way = way_of(run, back);
		if (!iperf2_total(run, &way, &total))
			continue;
		iperf2_add_way(run, &way, &total, "", out);
		iperf2_add_row(&total, out);
	}
	return out->cut ? -ENOSPC : 0;
}

static int write_csv(const struct run *run, struct text *out)
{
	struct iperf2_row total;

	for (int back = 0; back < 2; back++) {
		struct iperf2_way way = way_of(run, back);
		if (iperf2_total(run, &way, &total))
			iperf2_add_csv(run, &way, &total, false, out);
	}
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file tcp_stock[] = { { "iperf.txt", write_text },
					{ "iperf.csv", write_csv },
					{ 0 } };
