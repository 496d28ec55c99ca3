/* SPDX-License-Identifier: MIT */
/* What the roles of net.tcp and net.udp have in common: see roles.h. */
#include "bench/net/wire/iperf2/roles.h"

#include "bench/net/wire/iperf2/settings.h"
#include "bench/net/wire/meet/ask.h"
#include "bench/net/wire/host.h"

#include <errno.h>

#define SLICE_NS (50 * MILLISECOND_NS)
/* After a test: a client with -P may still be closing others of its connections. */
#define REST_NS	 (300 * MILLISECOND_NS)

int partner_test(struct run *run, const struct partner_roles *roles)
{
	const union value *value = run->value;
	struct address peer, local;
	int err = partner_find(run, (uint16_t)value[PORT].num, value[CONNECT_TIMEOUT].real, &peer,
			       &local);

	if (err)
		return err;
	return settings_serves(value) ? roles->server(run, &peer, &local) :
					roles->client(run, &peer, &local);
}

/* ---- being the server ---- */

/* Called in the server's threads: only stores. */
static void keep(void *context, const struct served *served)
{
	struct partner_server *server = context;
	struct partner_way *way = served->sent ? &server->out : &server->in;

	if (served->err && !served->bytes && !served->sent)
		return; /* connected and brought nothing: not the partner's test */
	if (server->each)
		server->each(server->each_context, served);
	way->bytes += served->bytes;
	way->datagrams += served->datagrams;
	if (way->tests < PARTNER_TESTS)
		way->each[way->tests] = *served;
	way->tests++;
	way->last = *served;
	if (served->seconds > way->seconds)
		way->seconds = served->seconds;
	if (served->err) {
		server->test_err = served->err;
		atomic_store(&server->broken, true);
	}
}

struct watch {
	struct serve *serve;
	struct serve_state now;
	struct meter in, out;
	struct host_watch host;
	uint64_t began_ns, rest_ns;
};

static void begin_watch(struct watch *watch, const struct partner_server *server,
			struct cpu_meter *cpu)
{
	host_watch_begin(&watch->host, server->run, server->host, &server->options.only);
	watch->began_ns = clock_raw_ns();
	meter_begin(&watch->in, watch->began_ns, 0);
	meter_begin(&watch->out, watch->began_ns, 0);
	*cpu = cpu_meter_begin();
}

/* Each way has intervals of its own, from its first byte on. */
static void sample_way(struct meter *meter, struct run *run, unsigned metric, uint64_t bytes,
		       uint64_t interval_ns)
{
	uint64_t now_ns = clock_raw_ns();

	if (!bytes)
		meter->last_ns = now_ns;
	else if (bytes > meter->last_bytes)
		meter_sample(meter, run, metric, now_ns, bytes, interval_ns);
}

/* True when the test, and whatever belongs to it, has been over for a moment. */
static bool is_over(struct watch *watch, const struct partner_server *server, uint64_t now_ns)
{
	bool ended = watch->now.finished || atomic_load(&server->broken);

	if (!ended || watch->now.active) {
		watch->rest_ns = 0;
		return false;
	}
	if (!watch->rest_ns)
		watch->rest_ns = now_ns;
	return now_ns - watch->rest_ns >= REST_NS;
}

/* Returns 0 when a test is over, -ETIMEDOUT when none began in time or it would not end. */
static int watch_test(struct watch *watch, const struct partner_server *server,
		      struct cpu_meter *cpu)
{
	const union value *value = server->run->value;
	uint64_t begin_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9);
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9);
	uint64_t most_ns = (uint64_t)(2 * server->options.seconds_most * 1e9);

	for (;;) {
		clock_sleep_ns(SLICE_NS < interval_ns ? SLICE_NS : interval_ns);
		serve_state(watch->serve, &watch->now);
		if (!watch->began_ns && watch->now.received_bytes)
			begin_watch(watch, server, cpu);
		uint64_t now_ns = clock_raw_ns();
		if (is_over(watch, server, now_ns))
			return 0;
		if (!watch->began_ns && now_ns >= begin_until_ns)
			return -ETIMEDOUT;
		if (!watch->began_ns)
			continue;
		run_progress(server->run, (double)(now_ns - watch->began_ns) / (double)most_ns * 4);
		if (now_ns - watch->began_ns > most_ns)
			return -ETIMEDOUT;
		sample_way(&watch->in, server->run, server->incoming_interval,
			   watch->now.received_bytes, interval_ns);
		sample_way(&watch->out, server->run, server->outgoing_interval,
			   watch->now.sent_bytes, interval_ns);
	}
}

static void report_strangers(const struct partner_server *server, const struct serve_state *state)
{
	if (state->strangers)
		run_warn(server->run,
			 "%u connections or datagrams from others than %s were turned away",
			 state->strangers, server->run->target);
	if (state->turned_away)
		run_warn(server->run, "%u tests found no free place", state->turned_away);
}

static void set_options(struct partner_server *server, const struct address *peer,
			const struct address *local)
{
	const union value *value = server->run->value;
	struct serve_options *options = &server->options;

	options->at = *local;
	address_set_port(&options->at, (uint16_t)value[PORT].num);
	options->only = *peer;
	options->window = value[WINDOW].num;
	if (!options->length)
		options->length = value[LENGTH].num;
	options->seconds_most = value[SECONDS].real + 30;
	options->done = keep;
	options->context = server;
}

/* Our server listens; now the partner's client may come. */
static int call(struct run *run, const struct address *peer, struct ask **ask)
{
	const union value *value = run->value;

	return value[CALLED].on ? ask_partner(run, peer, (uint16_t)value[CALL_PORT].num,
					      value[CONNECT_TIMEOUT].real, ask) :
				  0;
}

int partner_serve(struct partner_server *server, const struct address *peer,
		  const struct address *local, struct cpu_meter *cpu)
{
	struct run *run = server->run;
	struct watch watch = { 0 };
	unsigned port = (unsigned)run->value[PORT].num;

	set_options(server, peer, local);
	*cpu = cpu_meter_begin();
	struct ask *ask = NULL;
	int err = serve_start(&server->options, &watch.serve);
	if (err)
		return run_fail(run, err, "listening on port %u", port);
	err = call(run, peer, &ask);
	if (err) {
		serve_stop(watch.serve);
		return err;
	}
	run_activity(run, "waiting for %s", run->target);
	err = watch_test(&watch, server, cpu);
	int told = ask ? ask_finish(run, ask, "caller_", err && watch.began_ns) : 0;
	host_watch_conclude(&watch.host);
	serve_stop(watch.serve);
	report_strangers(server, &watch.now);
	if (server->in.tests)
		partner_note_ends(run, &server->in.last.local, &server->in.last.peer);
	if (server->out.tests)
		partner_note_ends(run, &server->out.last.local, &server->out.last.peer);
	if (told)
		return told; /* the caller knows best why it did not come */
	if (err && !watch.began_ns)
		return run_fail(run, err, "%s did not begin a test on port %u", run->target, port);
	if (server->test_err)
		return run_fail(run, server->test_err,
				"serving %s: after %llu bytes received, %llu sent", run->target,
				(unsigned long long)server->in.bytes,
				(unsigned long long)server->out.bytes);
	return err ? run_fail(run, err, "the test of %s did not end", run->target) : 0;
}
