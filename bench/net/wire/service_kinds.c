/* SPDX-License-Identifier: MIT */
/* Each service as services.c wants it: started, stopped, its tests in one form. */
#include "bench/net/wire/services_inside.h"

#include "bench/net/wire/echo/serve.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/iperf3/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- iperf 2 ---- */

static const char *iperf2_words(int err)
{
	switch (err) {
	case 0:
		return "";
	case -ENODATA:
		return "said nothing";
	case -EBADMSG:
		return "sent a header that is not iperf 2's";
	case -EOPNOTSUPP:
		return "asked for -R or --full-duplex, which is not served";
	case -ECANCELED:
		return "cut off: we were told to end";
	default:
		return strerror(-err);
	}
}

static void tell_iperf2(void *context, const struct served *served)
{
	struct served_test test = {
		.udp = served->udp,
		.sent = served->sent,
		.peer = served->peer,
		.local = served->local,
		.bytes = served->bytes,
		.seconds = served->seconds,
		.has_counts = served->has_report,
		.datagrams = served->report.datagrams,
		.lost = served->report.lost,
		.out_of_order = served->report.out_of_order,
		.duplicates = served->receiving.duplicates,
		.jitter_ms = (double)served->report.jitter_us / 1e3,
		.sent_datagrams = served->sent ? served->datagrams : 0,
		.others = served->others,
		.err = served->err,
	};

	snprintf(test.words, sizeof(test.words), "%s", iperf2_words(served->err));
	server_tell(context, &test);
}

static int start_iperf2(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct serve_options iperf2 = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.tcp = true,
		.udp = true,
		.length = 128 * 1024,
		.rate = IPERF2_RATE,
		.seconds_most = options->seconds_most,
		.done = tell_iperf2,
		.context = server,
	};
	struct serve *serve = NULL;
	int err = serve_start(&iperf2, &serve);

	*handle = serve;
	return err;
}

static void stop_iperf2(void *handle)
{
	serve_stop(handle);
}

static unsigned count_iperf2(void *handle)
{
	struct serve_state state;

	serve_state(handle, &state);
	return state.active;
}

/* ---- iperf 3 ---- */

/* Each way of a test is told by itself, by its receiver's counts as far as they are known. */
static void tell_way(struct server *server, const struct iperf3_served *served, bool sent)
{
	const struct iperf3_way *way = sent ? &served->out : &served->in;
	bool received = way->has_received || !way->has_sent;
	struct served_test test = {
		.udp = served->params.udp,
		.sent = sent,
		.peer = served->peer,
		.local = served->local,
		.bytes = received ? way->received_bytes : way->sent_bytes,
		.seconds = received ? way->received_seconds : way->sent_seconds,
		.has_counts = served->params.udp && way->has_received,
		.datagrams = way->packets,
		.lost = way->lost,
		.out_of_order = way->out_of_order > 0 ? (uint64_t)way->out_of_order : 0,
		.duplicates = way->duplicates > 0 ? (uint64_t)way->duplicates : 0,
		.jitter_ms = way->jitter_ms,
		.sent_datagrams = sent ? way->sent_packets : 0,
		.others = served->others,
		.err = served->err,
	};

	if (served->err)
		snprintf(test.words, sizeof(test.words), "%.95s",
			 served->words && served->words[0] ? served->words :
							     strerror(-served->err));
	server_tell(server, &test);
}

static void tell_iperf3(void *context, const struct iperf3_served *served)
{
	if (served->in.streams || !served->out.streams)
		tell_way(context, served, false);
	if (served->out.streams)
		tell_way(context, served, true);
}

static int start_iperf3(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct iperf3_serve_options iperf3 = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.seconds_most = options->seconds_most,
		.done = tell_iperf3,
		.context = server,
	};
	struct iperf3_serve *serve = NULL;
	int err = iperf3_serve_start(&iperf3, &serve);

	*handle = serve;
	return err;
}

static void stop_iperf3(void *handle)
{
	iperf3_serve_stop(handle);
}

static unsigned count_iperf3(void *handle)
{
	struct iperf3_serve_state state;

	iperf3_serve_state(handle, &state);
	return state.active;
}

/* ---- echo, the partner of net.rr ---- */

static const char *echo_words(int err)
{
	switch (err) {
	case 0:
		return "";
	case -ENODATA:
		return "said nothing";
	case -EBADMSG:
		return "sent something that is not of the echo service";
	case -EPROTONOSUPPORT:
		return "speaks another version of the echo service";
	case -EMSGSIZE:
		return "asked for sizes beyond the limits";
	case -ECANCELED:
		return "cut off: we were told to end";
	default:
		return strerror(-err);
	}
}

static void tell_echo(void *context, const struct echo_served *served)
{
	struct served_test test = {
		.udp = served->udp,
		.peer = served->peer,
		.local = served->local,
		.bytes = served->transactions * served->request,
		.transactions = served->transactions,
		.seconds = served->seconds,
		.others = served->others,
		.err = served->err,
	};

	snprintf(test.words, sizeof(test.words), "%s", echo_words(served->err));
	server_tell(context, &test);
}

static int start_echo(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct echo_serve_options echo = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.seconds_most = options->seconds_most,
		.done = tell_echo,
		.context = server,
	};
	struct echo_serve *serve = NULL;
	int err = echo_serve_start(&echo, &serve);

	*handle = serve;
	return err;
}

static void stop_echo(void *handle)
{
	echo_serve_stop(handle);
}

static unsigned count_echo(void *handle)
{
	return echo_serve_active(handle);
}

/* ---- meetings and calls ---- */

static void tell_meet(void *context, const struct meet_served *served)
{
	struct served_test test = {
		.sent = served->bench != NULL,
		.peer = served->peer,
		.local = served->local,
		.seconds = served->seconds,
		.meet = served,
		.err = served->err,
	};

	snprintf(test.words, sizeof(test.words), "%.95s", served->text);
	server_tell(context, &test);
}

static int start_meet(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct meet_serve_options meet = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.calls = options->calls,
		.done = tell_meet,
		.context = server,
	};
	struct meet_serve *serve = NULL;
	int err = meet_serve_start(&meet, &serve);

	*handle = serve;
	return err;
}

static void stop_meet(void *handle)
{
	meet_serve_stop(handle);
}

static unsigned count_meet(void *handle)
{
	return meet_serve_active(handle);
}

/* ---- all of them ---- */

const struct service_kind service_kinds[SERVICE_KINDS] = {
	[SERVICE_IPERF2] = { "iperf 2", IPERF2_PORT, start_iperf2, stop_iperf2, count_iperf2 },
	[SERVICE_IPERF3] = { "iperf 3", IPERF3_PORT, start_iperf3, stop_iperf3, count_iperf3 },
	[SERVICE_ECHO] = { "echo", ECHO_PORT, start_echo, stop_echo, count_echo },
	[SERVICE_MEET] = { "meetings", MEET_PORT, start_meet, stop_meet, count_meet },
};
