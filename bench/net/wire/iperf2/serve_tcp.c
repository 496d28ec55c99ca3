/* SPDX-License-Identifier: MIT */
/* One TCP client of the server: its header, its data, its way back. See serve.h. */
#include "bench/net/wire/iperf2/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LENGTH_MOST = 4 << 20, UNCOPIED_LENGTH = 1 << 20 };

static size_t length_of(const struct serve *serve, const struct iperf2_request *request)
{
	size_t length = request->length ? request->length : serve->options.length;

	if (request->uncopied && length < UNCOPIED_LENGTH)
		length = UNCOPIED_LENGTH;
	return length > LENGTH_MOST ? LENGTH_MOST : length;
}

static uint64_t window_of(const struct serve *serve, const struct iperf2_request *request)
{
	return request->window ? request->window : serve->options.window;
}

static uint8_t *get_buffer(size_t length)
{
	enum { PAGE = 4096 };
	void *buffer;

	return posix_memalign(&buffer, PAGE, length) ? NULL : buffer;
}

static void tell(const struct serve_test *test, const struct transfer *transfer, bool sent, int err)
{
	struct served served = {
		.sent = sent,
		.peer = test->peer,
		.local = test->local,
		.bytes = transfer->bytes,
		.seconds = transfer_seconds(transfer),
		.start_ns = transfer->start_ns,
		.back = test->request.back,
		.err = err,
	};

	serve_tell(test->serve, &served);
}

/* Four bytes of a test without a header: data, unless they begin our own request for a test without
 * copying. That came in one piece, so nothing has to be waited for. It counts as data in both
 * cases: a stock server, which the client may have met instead, counts it too. */
static int read_plain_start(struct serve_test *test, uint8_t *header)
{
	test->in.bytes = 4;
	ssize_t more = recv(test->fd, header + 4, IPERF2_HEADER - 4, MSG_PEEK | MSG_DONTWAIT);
	if (more == IPERF2_HEADER - 4 && iperf2_is_uncopied(header, IPERF2_HEADER))
		return iperf2_request_decode(header, IPERF2_HEADER, false, &test->request);
	return 0;
}

/* The header of those clients that send one. Bytes that turn out to be data are counted as such. */
static int read_header(struct serve_test *test)
{
	uint8_t header[IPERF2_HEADER_ROOM];
	uint64_t deadline_ns = clock_raw_ns() + SILENT_NS;
	const atomic_bool *stop = &test->serve->stop;

	int err = socket_read_all(test->fd, header, 4, deadline_ns, stop);
	if (err)
		return err;
	atomic_store_explicit(&test->spoke, true, memory_order_relaxed);
	ssize_t len = iperf2_header_length(header, 4);
	if (len == 0)
		return read_plain_start(test, header);
	if (len < 0)
		return (int)len;
	err = socket_read_all(test->fd, header + 4, (size_t)len - 4, deadline_ns, stop);
	return err ? err : iperf2_request_decode(header, (size_t)len, false, &test->request);
}

static int answer_header(struct serve_test *test)
{
	uint8_t ack[IPERF2_HEADER_ACK];

	if (test->request.same_connection)
		return -EOPNOTSUPP;
	if (!test->request.wants_reply && !test->request.uncopied)
		return 0;
	if (test->request.uncopied)
		iperf2_uncopied_ack(ack);
	else
		iperf2_header_ack(ack);
	return send(test->fd, ack, sizeof(ack), MSG_NOSIGNAL) == sizeof(ack) ? 0 : -EPIPE;
}

static int connect_back(struct serve_test *test)
{
	struct address to = test->peer;

	address_set_port(&to, test->request.port);
	return socket_connect(&to, window_of(test->serve, &test->request), clock_raw_ns() + BACK_NS,
			      &test->serve->stop);
}

/* No header on the way back: the pattern from the first byte. */
static void send_back(struct serve_test *test)
{
	const struct serve *serve = test->serve;
	size_t length = length_of(serve, &test->request);
	uint8_t *buffer = get_buffer(length);
	int fd = buffer ? connect_back(test) : -ENOMEM;

	if (fd < 0) {
		tell(test, &test->out, true, fd);
		free(buffer);
		return;
	}
	transfer_pattern(buffer, length);
	address_of(fd, &test->local, &test->peer);
	test->out.fd = fd;
	test->out.buffer = buffer;
	test->out.length = length;
	test->out.bytes_wanted = test->request.bytes;
	test->out.duration_ns = 10 * MILLISECOND_NS * test->request.centiseconds;
	test->out.idle_ns = IDLE_NS;
	test->out.deadline_ns = serve_deadline(serve, &test->request);
	test->out.rate = test->request.rate; /* 2.1.8 says its -b, 2.0.x nothing */
	test->out.uncopied = test->request.uncopied;
	test->out.stop = &serve->stop;
	transfer_send(&test->out);
	close(fd);
	tell(test, &test->out, true, test->out.err);
	free(buffer);
}

void *serve_way_back(void *argument)
{
	struct serve_test *test = argument;

	send_back(test);
	serve_leave(test);
	return NULL;
}

static int receive(struct serve_test *test)
{
	const struct serve *serve = test->serve;
	size_t length = length_of(serve, &test->request);
	uint8_t *buffer = get_buffer(length);

	if (!buffer)
		return -ENOMEM;
	test->in.fd = test->fd;
	test->in.buffer = buffer;
	test->in.length = length;
	test->in.idle_ns = IDLE_NS;
	test->in.deadline_ns = serve_deadline(serve, &test->request);
	test->in.uncopied = test->request.uncopied;
	test->in.stop = &serve->stop;
	int err = transfer_receive(&test->in);
	free(buffer);
	return err;
}

static void *serve_client(void *argument)
{
	struct serve_test *test = argument;
	struct serve_test back;

	address_of(test->fd, &test->local, NULL);
	int err = read_header(test);
	if (!err)
		err = answer_header(test);
	back = (struct serve_test){
		.spoke = true, .fd = -1, .peer = test->peer, .request = test->request
	};
	if (!err && test->request.back == BACK_TOGETHER)
		serve_spawn(test->serve, &back, serve_way_back);
	if (!err)
		err = receive(test);
	if (!err && test->evicted)
		err = -ECONNABORTED;
	serve_close(test);
	/* Somebody who connects and leaves without a byte is not a test; a silent one is told of. */
	if (err != -ENODATA)
		tell(test, &test->in, false, err);
	if (!err && test->request.back == BACK_AFTER)
		send_back(test);
	serve_leave(test);
	return NULL;
}

void *serve_tcp(void *argument)
{
	struct serve *serve = argument;
	const struct address *only = serve->options.only.len ? &serve->options.only : NULL;

	while (!atomic_load(&serve->stop)) {
		struct serve_test test = { 0 };
		unsigned strangers = 0;
		test.fd = socket_accept(serve->tcp_fd, only, clock_raw_ns() + SECOND_NS,
					&serve->stop, &test.peer, &strangers);
		pthread_mutex_lock(&serve->lock);
		serve->strangers += strangers;
		pthread_mutex_unlock(&serve->lock);
		serve_look(serve);
		if (test.fd >= 0)
			serve_make_room(serve);
		if (test.fd >= 0 && serve_spawn(serve, &test, serve_client))
			close(test.fd);
		if (test.fd < 0 && test.fd != -ETIMEDOUT)
			clock_sleep_ns(10 * MILLISECOND_NS); /* out of descriptors: let some end */
	}
	return NULL;
}
