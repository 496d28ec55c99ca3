/* SPDX-License-Identifier: MIT */
/* One talk of a pair: see channel.h. */
#include "bench/net/wire/pair/channel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static void set_option(int fd, int level, int option, int value)
{
	/* Without one of them the talk is only slower, or ends later: by its own deadlines. */
	setsockopt(fd, level, option, &value, sizeof(value));
}

void pair_channel_begin(struct pair_channel *channel, int fd)
{
	channel->fd = fd;
	channel->have = channel->taken = 0;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, PAIR_SILENCE_SECONDS);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, PAIR_SILENCE_SECONDS * 1000);
}

void pair_channel_end(struct pair_channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

static int send_all(int fd, const uint8_t *at, size_t left, uint64_t deadline_ns)
{
	while (left) {
		ssize_t sent = send(fd, at, left, MSG_DONTWAIT | MSG_NOSIGNAL);
		int err;

		if (sent > 0) {
			at += sent;
			left -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = socket_wait(fd, POLLOUT, deadline_ns, NULL);
		if (err)
			return err;
	}
	return 0;
}

int pair_channel_send(struct pair_channel *channel, const struct pair_message *message,
		      uint64_t deadline_ns)
{
	ssize_t len = pair_message_encode(message, channel->out, sizeof(channel->out));

	return len < 0 ? (int)len : send_all(channel->fd, channel->out, (size_t)len, deadline_ns);
}

/* More bytes into the buffer. */
static int fill(struct pair_channel *channel, uint64_t deadline_ns)
{
	int err = socket_wait(channel->fd, POLLIN, deadline_ns, NULL);
	ssize_t got;

	if (err)
		return err;
	got = recv(channel->fd, channel->in + channel->have, sizeof(channel->in) - channel->have,
		   MSG_DONTWAIT);
	if (got > 0)
		channel->have += (size_t)got;
	else if (!got)
		return -ENODATA;
	else if (errno != EAGAIN && errno != EINTR)
		return -errno;
	return 0;
}

static void drop_last(struct pair_channel *channel)
{
	channel->have -= channel->taken;
	memmove(channel->in, channel->in + channel->taken, channel->have);
	channel->taken = 0;
}

int pair_channel_receive(struct pair_channel *channel, struct pair_message *out,
			 uint64_t deadline_ns)
{
	drop_last(channel);
	for (;;) {
		ssize_t len = pair_frame_length(channel->in, channel->have);
		int err;

		if (len < 0)
			return (int)len;
		if (len && (size_t)len <= channel->have) {
			channel->taken = (size_t)len;
			return pair_message_decode(channel->in, (size_t)len, out);
		}
		err = fill(channel, deadline_ns);
		if (err)
			return err;
	}
}

double pair_channel_silence(const struct pair_channel *channel)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	uint32_t ms;

	if (getsockopt(channel->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return 0;
	ms = info.tcpi_last_ack_recv < info.tcpi_last_data_recv ? info.tcpi_last_ack_recv :
								  info.tcpi_last_data_recv;
	return ms / 1e3;
}
