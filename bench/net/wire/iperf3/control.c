/* SPDX-License-Identifier: MIT */
/* The control connection: see control.h. */
#include "bench/net/wire/iperf3/control.h"

#include "bench/net/wire/words.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

int iperf3_control_write(const struct iperf3_control *control, const void *data, size_t len,
			 uint64_t until_ns)
{
	const uint8_t *at = data;

	while (len) {
		int err = socket_wait(control->fd, POLLOUT, until_ns, control->stop);
		if (err)
			return err;
		ssize_t sent = send(control->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent > 0) {
			at += sent;
			len -= (size_t)sent;
		}
	}
	return 0;
}

int iperf3_control_state(const struct iperf3_control *control, int8_t state, uint64_t until_ns)
{
	return iperf3_control_write(control, &state, 1, until_ns);
}

int iperf3_control_read_state(const struct iperf3_control *control, int8_t *state,
			      uint64_t until_ns)
{
	return socket_read_all(control->fd, state, 1, until_ns, control->stop);
}

int iperf3_control_send(const struct iperf3_control *control, char *json, uint64_t until_ns)
{
	size_t len = json ? strlen(json) : 0;
	uint8_t head[4];

	if (!json)
		return -ENOMEM;
	put32(head, (uint32_t)len);
	int err = iperf3_control_write(control, head, sizeof(head), until_ns);
	if (!err)
		err = iperf3_control_write(control, json, len, until_ns);
	free(json);
	return err;
}

int iperf3_control_receive(const struct iperf3_control *control, size_t most, char **json,
			   size_t *len, uint64_t until_ns)
{
	uint8_t head[4];

	int err = socket_read_all(control->fd, head, sizeof(head), until_ns, control->stop);
	if (!err)
		err = iperf3_message_length(head, most, len);
	if (err)
		return err;
	*json = malloc(*len);
	if (!*json)
		return -ENOMEM;
	err = socket_read_all(control->fd, *json, *len, until_ns, control->stop);
	if (err)
		free(*json);
	return err;
}
