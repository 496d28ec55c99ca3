/* SPDX-License-Identifier: MIT */
/* One test with an iperf 3 server, as its client. */
#ifndef ASSAY_IPERF3_CLIENT_H
#define ASSAY_IPERF3_CLIENT_H

#include "bench/net/wire/iperf3/session.h"

/* Runs the test that session->params ask for with the server at `peer`; a length of 0 is chosen as
 * stock does. tick and stop are set by
 * the caller. Returns and stores err; the figures stand in both cases, as far as it came.
 * iperf3_session_close() ends it. */
int iperf3_client_run(struct iperf3_session *session, const struct address *peer,
		      uint64_t connect_until_ns);

#endif
