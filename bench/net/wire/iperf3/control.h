/* SPDX-License-Identifier: MIT */
/* Messages over a control connection, each within a deadline on clock_raw_ns(). 0 or -errno:
 * -ETIMEDOUT, -ECANCELED (stop), -ENODATA (closed by the other end), -EMSGSIZE ... */
#ifndef ASSAY_IPERF3_CONTROL_H
#define ASSAY_IPERF3_CONTROL_H

#include "bench/net/wire/iperf3/messages.h"
#include "bench/net/wire/sockets.h"

struct iperf3_control {
	int fd;
	const atomic_bool *stop;
};
int iperf3_control_write(const struct iperf3_control *control, const void *data, size_t len,
			 uint64_t until_ns);
int iperf3_control_state(const struct iperf3_control *control, int8_t state, uint64_t until_ns);
int iperf3_control_read_state(const struct iperf3_control *control, int8_t *state,
			      uint64_t until_ns);
/* Sends the JSON, which is freed; NULL: -ENOMEM. */
int iperf3_control_send(const struct iperf3_control *control, char *json, uint64_t until_ns);
/* malloc'd, of *len bytes. */
int iperf3_control_receive(const struct iperf3_control *control, size_t most, char **json,
			   size_t *len, uint64_t until_ns);

#endif
