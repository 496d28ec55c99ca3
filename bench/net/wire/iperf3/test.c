/* SPDX-License-Identifier: MIT */
/* The streams of a test and what they counted: see test.h. */
#include "bench/net/wire/iperf3/test.h"

#include "bench/bench.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

/* A reader needs no more room than this, whatever the block: a client may ask for 256 streams of
 * 1 MiB. */
enum { STACK = 128 * 1024, ROOM_MOST = 256 * 1024 };

/* ---- life ---- */

static size_t buffer_room(const struct iperf3_params *params, bool sender)
{
	if (params->udp)
		return IPERF3_DATAGRAM_MOST;
	return sender || params->length < ROOM_MOST ? params->length : ROOM_MOST;
}

/* Random as stock's: what compresses the zeros or the pattern of others finds nothing here. */
static int fill_buffer(struct iperf3_stream *stream)
{
	size_t room = buffer_room(&stream->test->params, stream->sender);
	struct random random;
	uint64_t seed = clock_raw_ns();

	stream->buffer = malloc(room);
	stream->room = room;
	if (!stream->buffer)
		return -ENOMEM;
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	random_seed(&random, seed);
	random_fill(&random, stream->buffer, stream->sender ? room : 0);
	return 0;
}

int iperf3_test_open(struct iperf3_test *test, const struct iperf3_params *params, bool server)
{
	memset(test, 0, sizeof(*test));
	test->params = *params;
	test->server = server;
	test->amount = params->bytes ? params->bytes : params->blocks * params->length;
	test->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (test->wake_fd < 0)
		return -errno;
	test->stream = calloc(iperf3_params_streams(params), sizeof(*test->stream));
	if (test->stream)
		return 0;
	close(test->wake_fd);
	return -ENOMEM;
}

bool iperf3_test_complete(const struct iperf3_test *test)
{
	return test->count == iperf3_params_streams(&test->params);
}

/* What an end cannot set is not worth a failure, save the algorithm that was asked for. */
static int set_options(const struct iperf3_params *params, int fd)
{
	int yes = 1, mss = (int)params->mss, tos = (int)params->tos, window = (int)params->window;

	if (window) {
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &window, sizeof(window));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	}
	if (tos && setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)))
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (params->udp)
		return 0;
	if (params->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (mss)
		setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss));
	if (params->congestion[0] && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, params->congestion,
						(socklen_t)strlen(params->congestion)))
		return -errno;
	return 0;
}

int iperf3_test_attach(struct iperf3_test *test, int fd)
{
	struct iperf3_stream *stream = &test->stream[test->count];
	bool upward = iperf3_params_upward(&test->params, test->count);

	*stream = (struct iperf3_stream){ .test = test,
					  .fd = fd,
					  .id = iperf3_stream_id(test->count),
					  .sender = upward != test->server };
	pthread_mutex_init(&stream->lock, NULL);
	test->count++;
	address_of(fd, &stream->local, &stream->peer);
	int err = set_options(&test->params, fd);
	return err ? err : fill_buffer(stream);
}

static int start_streams(struct iperf3_test *test, bool senders)
{
	pthread_attr_t attributes;
	int err = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (unsigned i = 0; i < test->count && !err; i++) {
		struct iperf3_stream *stream = &test->stream[i];
		if (stream->sender != senders)
			continue;
		atomic_fetch_add(&test->running, 1);
		atomic_fetch_add(&test->senders, senders);
		err = -pthread_create(&stream->thread, &attributes, iperf3_stream_run, stream);
		stream->started = !err;
	}
	pthread_attr_destroy(&attributes);
	return err;
}

int iperf3_test_start_receivers(struct iperf3_test *test)
{
	atomic_store(&test->omitting, test->params.omit > 0);
	return start_streams(test, false);
}

int iperf3_test_start_senders(struct iperf3_test *test)
{
	test->start_ns = test->count_ns = clock_raw_ns();
	for (unsigned i = 0; i < test->count; i++)
		test->stream[i].base.at_ns = test->stream[i].last.at_ns = test->start_ns;
	return start_streams(test, true);
}

static void enter_phase(struct iperf3_test *test, enum iperf3_phase phase)
{
	atomic_store(&test->phase, phase);
	eventfd_write(test->wake_fd, 1);
}

void iperf3_test_drain(struct iperf3_test *test)
{
	enter_phase(test, PHASE_DRAIN);
	test->end_ns = clock_raw_ns();
	for (unsigned i = 0; i < test->count; i++)
		if (test->stream[i].started && test->stream[i].sender) {
			pthread_join(test->stream[i].thread, NULL);
			test->stream[i].started = false;
		}
}

void iperf3_test_end(struct iperf3_test *test)
{
	enter_phase(test, PHASE_STOP);
	if (!test->end_ns)
		test->end_ns = clock_raw_ns();
	/* As stock's server, which closes: its client may be reading a block that will not come. */
	for (unsigned i = 0; i < test->count && test->server && !test->params.udp; i++)
		if (test->stream[i].sender)
			shutdown(test->stream[i].fd, SHUT_WR);
	for (unsigned i = 0; i < test->count; i++)
		if (test->stream[i].started)
			pthread_join(test->stream[i].thread, NULL);
	for (unsigned i = 0; i < test->count; i++)
		test->stream[i].started = false;
}

void iperf3_test_free(struct iperf3_test *test)
{
	if (!test->stream)
		return;
	iperf3_test_end(test);
	for (unsigned i = 0; i < test->count; i++) {
		close(test->stream[i].fd);
		pthread_mutex_destroy(&test->stream[i].lock);
		free(test->stream[i].buffer);
	}
	close(test->wake_fd);
	free(test->stream);
	test->stream = NULL;
}

/* ---- what was counted ---- */

static struct iperf3_kernel ask_kernel(const struct iperf3_stream *stream, uint64_t *retransmits)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (!stream->sender || stream->test->params.udp ||
	    getsockopt(stream->fd, IPPROTO_TCP, TCP_INFO, &info, &len) || !info.tcpi_snd_mss)
		return (struct iperf3_kernel){ 0 };
	*retransmits = info.tcpi_total_retrans;
	return (struct iperf3_kernel){
		.known = true,
		.cwnd = info.tcpi_snd_cwnd * info.tcpi_snd_mss,
		.wnd = len >= offsetof(struct tcp_info, tcpi_snd_wnd) + 4 ? info.tcpi_snd_wnd : 0,
		.rtt_us = info.tcpi_rtt,
		.rttvar_us = info.tcpi_rttvar,
		.pmtu = info.tcpi_pmtu,
	};
}

static uint64_t end_of(const struct iperf3_stream *stream)
{
	const struct iperf3_test *test = stream->test;

	if (!test->end_ns)
		return clock_raw_ns();
	/* A client's last block counts to its end; a server's is cut off. */
	if (stream->sender && stream->end_ns)
		return test->server && stream->end_ns > test->end_ns ? test->end_ns :
								       stream->end_ns;
	return stream->last_ns > test->end_ns ? stream->last_ns : test->end_ns;
}

static struct iperf3_tally tally_now(struct iperf3_stream *stream)
{
	struct iperf3_tally now = { .at_ns = end_of(stream),
				    .retransmits = stream->last.retransmits };

	stream->kernel = ask_kernel(stream, &now.retransmits);
	pthread_mutex_lock(&stream->lock);
	now.bytes = stream->bytes;
	now.packets = stream->sender ? stream->packets : stream->count.packets;
	now.lost = stream->count.lost;
	now.out_of_order = stream->count.out_of_order;
	now.duplicates = stream->count.duplicates;
	now.jitter_ms = stream->count.jitter_us / 1e3;
	pthread_mutex_unlock(&stream->lock);
	return now;
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What is lost may be found again in a later interval: never less than nothing. */
static struct iperf3_tally difference(const struct iperf3_tally *now,
				      const struct iperf3_tally *before)
{
	return (struct iperf3_tally){
		.at_ns = since(now->at_ns, before->at_ns),
		.bytes = since(now->bytes, before->bytes),
		.packets = since(now->packets, before->packets),
		.lost = since(now->lost, before->lost),
		.out_of_order = since(now->out_of_order, before->out_of_order),
		.duplicates = since(now->duplicates, before->duplicates),
		.jitter_ms = now->jitter_ms,
		.retransmits = since(now->retransmits, before->retransmits),
	};
}

void iperf3_test_count(struct iperf3_test *test)
{
	atomic_store(&test->omitting, false);
	for (unsigned i = 0; i < test->count; i++) {
		struct iperf3_stream *stream = &test->stream[i];
		stream->base = stream->last = tally_now(stream);
		stream->looks = stream->rtt_sum_us = stream->rtt_least_us = 0;
		stream->most = (struct iperf3_kernel){ 0 };
		pthread_mutex_lock(&stream->lock);
		stream->count.jitter_us = 0;
		pthread_mutex_unlock(&stream->lock);
	}
	test->count_ns = clock_raw_ns();
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void keep_kernel(struct iperf3_stream *stream)
{
	const struct iperf3_kernel *now = &stream->kernel;

	if (!now->known)
		return;
	if (!stream->looks || now->rtt_us < stream->rtt_least_us)
		stream->rtt_least_us = now->rtt_us;
	stream->rtt_sum_us += now->rtt_us;
	stream->looks++;
	stream->most.known = true;
	stream->most.cwnd = larger(stream->most.cwnd, now->cwnd);
	stream->most.wnd = larger(stream->most.wnd, now->wnd);
	stream->most.rtt_us = larger(stream->most.rtt_us, now->rtt_us);
}

void iperf3_test_look(struct iperf3_test *test, unsigned index, struct iperf3_interval *out)
{
	struct iperf3_stream *stream = &test->stream[index];
	struct iperf3_tally now = tally_now(stream);

	*out = (struct iperf3_interval){
		.delta = difference(&now, &stream->last),
		.from_ns = since(stream->last.at_ns, stream->base.at_ns),
		.to_ns = since(now.at_ns, stream->base.at_ns),
		.omitted = test->omitting,
	};
	stream->last = now;
	keep_kernel(stream);
}

struct iperf3_tally iperf3_stream_total(const struct iperf3_stream *stream)
{
	struct iperf3_tally now = tally_now((struct iperf3_stream *)stream);

	return difference(&now, &stream->base);
}

uint64_t iperf3_test_bytes(const struct iperf3_test *test, bool sent)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < test->count; i++)
		if (test->stream[i].sender == sent)
			bytes += test->stream[i].bytes;
	return bytes;
}

uint64_t iperf3_test_received(const struct iperf3_test *test)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < test->count; i++)
		if (!test->stream[i].sender)
			bytes += test->stream[i].bytes - test->stream[i].base.bytes;
	return bytes;
}

int iperf3_test_error(const struct iperf3_test *test)
{
	for (unsigned i = 0; i < test->count; i++)
		if (test->stream[i].err)
			return test->stream[i].err;
	return 0;
}

static void add_cpu(const struct iperf3_test *test, struct iperf3_results *out)
{
	double user = 0, system = 0;
	double elapsed = (double)since(test->end_ns, test->start_ns) / 1e9;

	for (unsigned i = 0; i < test->count; i++) {
		user += test->stream[i].cpu_user;
		system += test->stream[i].cpu_system;
	}
	if (elapsed <= 0)
		return;
	out->cpu_user = 100 * user / elapsed;
	out->cpu_system = 100 * system / elapsed;
	out->cpu_total = out->cpu_user + out->cpu_system;
}

static struct iperf3_side side_of(const struct iperf3_stream *stream)
{
	struct iperf3_tally total = iperf3_stream_total(stream);
	bool udp = stream->test->params.udp;
	bool tcp_sender = stream->sender && !udp;

	return (struct iperf3_side){
		.id = stream->id,
		.bytes = total.bytes,
		.retransmits = tcp_sender ? (int64_t)total.retransmits : -1,
		.jitter_seconds = stream->sender ? 0 : total.jitter_ms / 1e3,
		.lost = total.lost + stream->base.lost,
		.packets = total.packets + stream->base.packets,
		.omitted_lost = stream->base.lost,
		.omitted_packets = stream->base.packets,
		.has_omitted = true,
		.end = (double)total.at_ns / 1e9,
	};
}

void iperf3_test_results(const struct iperf3_test *test, struct iperf3_results *out)
{
	socklen_t room = sizeof(out->congestion) - 1;
	bool sends = false;

	memset(out, 0, sizeof(*out));
	add_cpu(test, out);
	for (unsigned i = 0; i < test->count; i++) {
		out->side[out->count++] = side_of(&test->stream[i]);
		sends |= test->stream[i].sender;
	}
	out->has_retransmits = !sends ? -1 : !test->params.udp;
	if (!test->params.udp && test->count &&
	    getsockopt(test->stream[0].fd, IPPROTO_TCP, TCP_CONGESTION, out->congestion, &room))
		out->congestion[0] = '\0';
}
