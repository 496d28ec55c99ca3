/* SPDX-License-Identifier: MIT */
/* A TCP test as iperf 2's client: see tcp_client.h. */
#include "bench/net/wire/iperf2/tcp_client.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>

/* 2.0.x as server reads the bytes of -n -r as hundredths of a second and never stops. */
enum { BACK_GRACE_SECONDS = 5, SLOWEST_BYTES_PER_SECOND = 125000 };

double tcp_client_way_seconds(uint64_t bytes, double seconds)
{
	return bytes ? (double)bytes / SLOWEST_BYTES_PER_SECOND + 1 : seconds;
}

static uint64_t way_ns(const struct tcp_client_options *options)
{
	return (uint64_t)(tcp_client_way_seconds(options->bytes, options->omit + options->seconds) *
			  1e9);
}

static int listen_for_way_back(struct tcp_client *client)
{
	const struct tcp_client_options *options = &client->options;
	struct address at = options->local;

	address_set_port(&at, options->back_port);
	client->in.listener = socket_listen(&at, SOCK_STREAM, options->window);
	client->in.only = options->peer;
	for (unsigned i = 0; i < client->in.count; i++) {
		client->in.one[i].transfer.idle_ns = TCP_CLIENT_IDLE_NS;
		client->in.one[i].transfer.bytes_wanted = options->bytes;
		client->in.one[i].transfer.omit_ns = (uint64_t)(options->omit * 1e9);
	}
	return client->in.listener < 0 ? client->in.listener : 0;
}

static int connect_stream(struct tcp_client *client, struct transfer *transfer)
{
	const struct tcp_client_options *options = &client->options;

	transfer->fd =
		socket_connect(&options->peer, options->window, options->connect_until_ns, NULL);
	if (transfer->fd < 0)
		return transfer->fd;
	transfer->bytes_wanted = options->only_back ? 0 : options->bytes;
	transfer->duration_ns =
		options->only_back ? 0 : (uint64_t)((options->omit + options->seconds) * 1e9);
	transfer->omit_ns = options->only_back ? 0 : (uint64_t)(options->omit * 1e9);
	transfer->rate = options->rate;
	transfer->idle_ns = TCP_CLIENT_IDLE_NS;
	return 0;
}

static int prepare(struct tcp_client *client, enum tcp_client_step *failed)
{
	const struct tcp_client_options *options = &client->options;
	unsigned back = options->back == BACK_NONE ? 0 : options->streams;
	int err = streams_init(&client->out, options->streams, options->length, false,
			       options->uncopied);

	*failed = TCP_CLIENT_ALLOCATE;
	if (!err)
		err = streams_init(&client->in, back, options->length, true, options->uncopied);
	if (!err && options->pin)
		err = streams_pin(&client->out, 0);
	if (!err && options->pin)
		err = streams_pin(&client->in,
				  options->back == BACK_TOGETHER ? options->streams : 0);
	if (err)
		return err;
	*failed = TCP_CLIENT_LISTEN;
	if (back)
		err = listen_for_way_back(client);
	if (err)
		return err;
	*failed = TCP_CLIENT_CONNECT;
	for (unsigned i = 0; i < options->streams && !err; i++)
		err = connect_stream(client, &client->out.one[i].transfer);
	return err;
}

int tcp_client_open(struct tcp_client **out, const struct tcp_client_options *options,
		    enum tcp_client_step *failed)
{
	enum tcp_client_step ignored = TCP_CLIENT_ALLOCATE;
	struct tcp_client *client = calloc(1, sizeof(*client));

	failed = failed ? failed : &ignored;
	*failed = TCP_CLIENT_ALLOCATE;
	if (!client)
		return -ENOMEM;
	client->options = *options;
	int err = prepare(client, failed);
	if (err)
		tcp_client_free(client);
	else
		*out = client;
	return err;
}

static int send_header(const struct tcp_client_options *options, int fd)
{
	struct iperf2_request request = {
		.back = options->back,
		.port = options->back_port,
		.threads = 1, /* in each header, whatever -P: 2.0.x would connect back threads times
				 per header */
		.bytes = options->bytes,
		.centiseconds = options->bytes ?
					0 :
					(uint32_t)((options->omit + options->seconds) * 100 + 0.5),
		.window = options->window,
		.uncopied = options->uncopied,
	};
	uint8_t header[IPERF2_EXTENDED];
	size_t len = iperf2_request_encode(&request, false, header);

	/* Never with the extension: the server would answer with bytes that we must not leave
	 * unread. */
	ssize_t sent = send(fd, header, len, MSG_NOSIGNAL);
	return sent == (ssize_t)len ? 0 : sent < 0 ? -errno : -EIO;
}

int tcp_client_start_out(struct tcp_client *client)
{
	uint64_t deadline_ns = clock_raw_ns() + 2 * TCP_CLIENT_IDLE_NS + way_ns(&client->options);
	int err = 0;

	for (unsigned i = 0; i < client->out.count && !err; i++) {
		client->out.one[i].transfer.deadline_ns = deadline_ns;
		err = send_header(&client->options, client->out.one[i].transfer.fd);
	}
	return err ? err : streams_start(&client->out);
}

int tcp_client_start_in(struct tcp_client *client)
{
	struct streams *in = &client->in;

	in->accept_until_ns = clock_raw_ns() + TCP_CLIENT_IDLE_NS;
	for (unsigned i = 0; i < in->count; i++)
		in->one[i].transfer.deadline_ns = in->accept_until_ns + way_ns(&client->options) +
						  BACK_GRACE_SECONDS * SECOND_NS;
	return streams_start(in);
}

unsigned tcp_client_wait(struct tcp_client *client, uint64_t until_ns)
{
	unsigned running = streams_wait(&client->out, until_ns);

	return running + streams_wait(&client->in, until_ns);
}

bool tcp_client_server_uncopied(const struct tcp_client *client)
{
	for (unsigned i = 0; i < client->out.count; i++) {
		const struct transfer *transfer = &client->out.one[i].transfer;
		if (!iperf2_is_uncopied_ack(transfer->said, transfer->said_bytes))
			return false;
	}
	return client->out.count > 0;
}

void tcp_client_stop(struct tcp_client *client)
{
	streams_end(&client->out);
	streams_end(&client->in);
}

void tcp_client_free(struct tcp_client *client)
{
	if (client)
		tcp_client_stop(client);
	free(client);
}
