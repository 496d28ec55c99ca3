/* SPDX-License-Identifier: MIT */
/* A call, at the partner: see call.h. */
#include "bench/net/wire/meet/call.h"

#include "bench/bench.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALL_RUNS, CALL_OVER, CALL_ABANDONED };
enum { VALUES = 32, SAMPLES = 16384, STACK = 512 * 1024 };

struct call {
	struct run run;
	union value value[VALUES];
	char target[ADDRESS_ROOM + IF_NAMESIZE];
	pthread_t thread;
	bool started;
	atomic_int state;
	int err;
};

/* Those that have a client that needs nothing but an address. */
static const char *const callable[] = { "net.ping", "net.tcp", "net.udp" };
/* What the asking side does not decide. */
static const char *const ours[] = { "role", "called", "meet_port" };

static const struct bench *find_callable(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(callable); i++)
		if (!strcmp(callable[i], name))
			return bench_find(name);
	return NULL;
}

static bool is_ours(const char *key)
{
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (!strcmp(ours[i], key))
			return true;
	return false;
}

/* A parameter's value; zero when the benchmark has no such. */
static union value value_of(const struct call *call, const char *name)
{
	const struct param *params = call->run.bench->params, *param = params_find(params, name);

	return param ? call->value[param - params] : (union value){ 0 };
}

static int check_limits(const struct call *call, char *why, size_t room)
{
	const struct bench *bench = call->run.bench;
	int err = bench->check ? bench->check(call->value, why, room) : 0;

	if (err)
		return err;
	if (!(bench->seconds(call->value, &speeds_plain) <= CALL_SECONDS_MOST))
		return text_refuse(-EINVAL, why, room, "a call takes at most %.0f s",
				   CALL_SECONDS_MOST);
	if (value_of(call, "rate").num > CALL_RATE_MOST)
		return text_refuse(-EINVAL, why, room, "a call's rate is at most %llu bit/s",
				   (unsigned long long)CALL_RATE_MOST);
	if (value_of(call, "streams").num > CALL_STREAMS_MOST)
		return text_refuse(-EINVAL, why, room, "a call has at most %d streams",
				   CALL_STREAMS_MOST);
	if (value_of(call, "connect_timeout").real > CALL_CONNECT_MOST)
		return text_refuse(-EINVAL, why, room, "a call connects within %.0f s",
				   CALL_CONNECT_MOST);
	return 0;
}

/* The benchmark's own default for a way back is the port on which this partner serves: another,
 * that is free. */
static void choose_way_back(struct call *call)
{
	const struct param *params = call->run.bench->params,
			   *listen = params_find(params, "listen");
	struct address at;
	int fd;

	if (!listen || call->value[listen - params].num)
		return;
	address_any(AF_INET, 0, &at);
	fd = socket_listen(&at, SOCK_STREAM, 0);
	if (fd >= 0 && !address_of(fd, &at, NULL))
		call->value[listen - params].num = address_port(&at);
	if (fd >= 0)
		close(fd);
}

static int set_values(struct call *call, const char *asked, char *why, size_t room)
{
	char words[sizeof(((struct meet_message *)0)->words)], *cursor = words;
	const struct param *params = call->run.bench->params;
	struct word word;
	int err = params_count(params) > VALUES ? -E2BIG : 0;

	if (!err)
		err = params_defaults(params, call->value, why, room);
	snprintf(words, sizeof(words), "%s", asked);
	while (!err && text_next_word(&cursor, &word)) {
		if (!word.value || is_ours(word.key))
			return text_refuse(-EINVAL, why, room, "%.40s is not for the caller to say",
					   word.key);
		err = params_set(params, call->value, word.key, word.value, why, room);
	}
	if (!err)
		choose_way_back(call);
	return err ? err : check_limits(call, why, room);
}

static void set_target(struct call *call, const struct address *towards)
{
	char host[ADDRESS_ROOM], interface[IF_NAMESIZE] = "";

	address_format(towards, host);
	if (towards->any.sa_family == AF_INET6 && towards->v6.sin6_scope_id &&
	    IN6_IS_ADDR_LINKLOCAL(&towards->v6.sin6_addr))
		if_indextoname(towards->v6.sin6_scope_id, interface);
	snprintf(call->target, sizeof(call->target), "%s%s%s", host, interface[0] ? "%" : "",
		 interface);
}

int call_open(struct call **out, const struct meet_message *asked, const struct address *towards,
	      char *why, size_t room)
{
	const struct bench *bench = find_callable(asked->bench);
	struct call *call;

	if (asked->version != MEET_VERSION)
		return text_refuse(-EPROTO, why, room, "version %d of the protocol is spoken here",
				   MEET_VERSION);
	if (!bench)
		return text_refuse(-EINVAL, why, room, "%s cannot be called for", asked->bench);
	call = calloc(1, sizeof(*call));
	if (!call)
		return text_refuse(-ENOMEM, why, room, "no memory for a call");
	call->run = (struct run){ .bench = bench,
				  .value = call->value,
				  .target = call->target,
				  .now_ns = clock_raw_ns,
				  .sleep_ns = clock_sleep_ns,
				  .shared = run_shared_map(SAMPLES) };
	set_target(call, towards);
	int err = call->run.shared ? set_values(call, asked->words, why, room) : -ENOMEM;
	if (err)
		call_free(call);
	else
		*out = call;
	return err;
}

double call_seconds(const struct call *call)
{
	return call->run.bench->seconds(call->value, &speeds_plain);
}

const char *call_bench(const struct call *call)
{
	return call->run.bench->name;
}

static void free_all(struct call *call)
{
	run_shared_unmap(call->run.shared);
	free(call);
}

static void *run_call(void *argument)
{
	struct call *call = argument;

	call->err = call->run.bench->run(&call->run);
	if (atomic_exchange(&call->state, CALL_OVER) == CALL_ABANDONED)
		free_all(call);
	return NULL;
}

int call_start(struct call *call)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	int err = -pthread_create(&call->thread, &attributes, run_call, call);
	pthread_attr_destroy(&attributes);
	call->started = !err;
	return err;
}

bool call_over(const struct call *call)
{
	return atomic_load(&call->state) == CALL_OVER;
}

/* All samples of one metric, in their order, as long as there is room. */
static void add_figure(const struct run *run, uint32_t metric, struct meet_message *out)
{
	struct meet_figure *figure = &out->figure[out->figure_count];
	const struct run_shared *shared = run->shared;

	*figure = (struct meet_figure){ .first = out->value_count };
	snprintf(figure->name, sizeof(figure->name), "%s", run->bench->metrics[metric].name);
	for (uint32_t i = 0; i < shared->count && out->value_count < MEET_VALUES; i++)
		/* Not those of one stream among several: the whole is at 0. */
		if (shared->samples[i].metric == metric && !shared->samples[i].point[0]) {
			out->value[out->value_count++] = shared->samples[i].value;
			figure->count++;
		}
	if (figure->count)
		out->figure_count++;
}

void call_result(const struct call *call, struct meet_message *out)
{
	const struct metric *metrics = call->run.bench->metrics;

	out->say = MEET_CALLED;
	out->err = (uint64_t)-call->err;
	out->figure_count = out->value_count = 0;
	snprintf(out->text, sizeof(out->text), "%s", call->err ? call->run.shared->failure : "");
	/* Single figures first: a long series must not push them out. */
	for (int series = 0; series < 2; series++)
		for (uint32_t i = 0; metrics[i].name && out->figure_count < MEET_FIGURES; i++)
			if (metrics[i].series == series)
				add_figure(&call->run, i, out);
}

void call_free(struct call *call)
{
	if (call->started)
		pthread_join(call->thread, NULL);
	free_all(call);
}

void call_abandon(struct call *call)
{
	pthread_t thread = call->thread; /* the thread may free the rest from the next line on */

	if (!call->started || atomic_exchange(&call->state, CALL_ABANDONED) == CALL_OVER)
		return call_free(call);
	pthread_detach(thread);
}
