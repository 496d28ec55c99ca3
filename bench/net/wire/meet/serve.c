/* SPDX-License-Identifier: MIT */
/* The meeting service: connections, frames, one meeting, one call. See serve.h. */
#include "bench/net/wire/meet/serve.h"

#include "bench/bench.h"
#include "bench/net/wire/meet/call.h"
#include "bench/net/wire/meet/connection.h"
#include "bench/net/wire/meet/meeting.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 2 * MEET_MACHINES, STACK = 256 * 1024, TICK_MS = 50 };
/* Somebody who has connected says what it wants. */
#define SILENT_NS (5 * SECOND_NS)

struct meet_serve {
	struct meet_serve_options options;
	int fd;
	bool runs;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint active;
	struct connection connection[CONNECTIONS];
	unsigned last_id;
	struct meeting meeting;
	struct call *call;
	unsigned caller; /* connection */
	uint64_t began_ns;
	struct meet_message message; /* what came last */
};

static struct connection *connection_of(struct meet_serve *serve, unsigned id)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (id && serve->connection[i].id == id)
			return &serve->connection[i];
	return NULL;
}

/* ---- sending ---- */

/* Never closes anything: the loop does, when nobody is in the middle of a list any more. */
static void say(void *context, unsigned id, const struct meet_message *message)
{
	struct connection *connection = connection_of(context, id);

	if (connection && (message->say == MEET_END || message->say == MEET_REFUSED ||
			   message->say == MEET_CALLED))
		connection_say_last(connection, message);
	else if (connection)
		connection_say(connection, message);
}

static void refuse(struct meet_serve *serve, unsigned id, uint64_t seconds, bool busy,
		   const char *text)
{
	struct meet_message *refused = calloc(1, sizeof(*refused));

	if (!refused)
		return;
	refused->say = MEET_REFUSED;
	refused->busy = busy;
	refused->seconds = seconds;
	snprintf(refused->text, sizeof(refused->text), "%s", text);
	say(serve, id, refused);
	free(refused);
}

/* ---- a meeting ---- */

static void count_active(struct meet_serve *serve)
{
	atomic_store(&serve->active, serve->call != NULL);
}

static void tell_meeting(void *context, const struct meeting *meeting, const char *text)
{
	struct meet_serve *serve = context;
	const struct meet_share *alone[MEET_MACHINES] = { 0 }, *together[MEET_MACHINES] = { 0 };
	struct meet_tally tally;
	struct meet_served served = {
		.seconds = (double)meeting_time(meeting, clock_raw_ns()) / 1e9,
		.err = text[0] ? -ECANCELED : 0,
		.text = text,
		.tally = &tally,
	};

	for (size_t i = 0; i < MEET_MACHINES; i++) {
		const struct meeting_member *member = &meeting->member[i];
		if (!member->place)
			continue;
		alone[member->place - 1] = member->alone;
		together[member->place - 1] = member->together;
	}
	meet_tally_make(&tally, &meeting->terms, alone, together, meeting->begin_ns);
	if (serve->options.done)
		serve->options.done(serve->options.context, &served);
}

static void join(struct meet_serve *serve, struct connection *connection, uint64_t now_ns)
{
	if (serve->call) {
		uint64_t left = (uint64_t)call_seconds(serve->call) + 1;
		refuse(serve, connection->id, left, true, "busy with a call");
		return;
	}
	connection->joined =
		!meeting_join(&serve->meeting, connection->id, &serve->message, now_ns);
	if (connection->joined)
		connection->until_ns = 0;
}

/* ---- a call ---- */

static void begin_call(struct meet_serve *serve, struct connection *connection, uint64_t now_ns)
{
	char why[200] = "", names[120];
	uint64_t busy = meeting_busy(&serve->meeting, now_ns, names, sizeof(names));

	if (!serve->options.calls)
		return refuse(serve, connection->id, 0, false,
			      "this partner starts no clients (calls=no)");
	if (serve->call || busy) {
		snprintf(why, sizeof(why), "busy with %s", busy ? names : "another call");
		return refuse(serve, connection->id, busy, true, why);
	}
	int err = call_open(&serve->call, &serve->message, &connection->peer, why, sizeof(why));
	if (err)
		return refuse(serve, connection->id, 0, false, why);
	serve->message.say = MEET_CALLING;
	serve->message.seconds = (uint64_t)call_seconds(serve->call) + 1;
	say(serve, connection->id, &serve->message);
	serve->caller = connection->id;
	serve->began_ns = now_ns;
	connection->until_ns = 0;
	if (call_start(serve->call)) {
		call_free(serve->call);
		serve->call = NULL;
		refuse(serve, connection->id, 0, false, "no thread for a call");
	}
}

static void end_call(struct meet_serve *serve)
{
	const struct connection *caller = connection_of(serve, serve->caller);
	struct meet_message *result = calloc(1, sizeof(*result));
	struct meet_served served = {
		.bench = call_bench(serve->call),
		.seconds = (double)(clock_raw_ns() - serve->began_ns) / 1e9,
		.text = "",
		.figures = result,
	};

	if (caller) {
		served.peer = caller->peer;
		served.local = caller->local;
	}
	if (result) {
		call_result(serve->call, result);
		served.err = -(int)result->err;
		served.text = result->text;
		say(serve, serve->caller, result);
		if (serve->options.done)
			serve->options.done(serve->options.context, &served);
	}
	free(result);
	call_free(serve->call);
	serve->call = NULL;
}

/* ---- receiving ---- */

static void answer_ping(struct meet_serve *serve, struct connection *connection)
{
	/* Read as late as can be, for the round trip is what the other end knows. */
	serve->message.say = MEET_PONG;
	serve->message.now_ns = meeting_time(&serve->meeting, clock_raw_ns());
	say(serve, connection->id, &serve->message);
}

static void take(struct meet_serve *serve, struct connection *connection, uint64_t now_ns)
{
	enum meet_say said = serve->message.say;

	if (said == MEET_PING && connection->joined)
		answer_ping(serve, connection);
	else if (said == MEET_HELLO && !connection->joined && serve->caller != connection->id)
		join(serve, connection, now_ns);
	else if (said == MEET_CALL && !connection->joined && serve->caller != connection->id)
		begin_call(serve, connection, now_ns);
	else if (!connection->joined ||
		 meeting_take(&serve->meeting, connection->id, &serve->message, now_ns))
		connection->broken = true;
}

static void receive(struct meet_serve *serve, struct connection *connection)
{
	connection_receive(connection);
	while (!connection->closing && connection_next(connection, &serve->message))
		take(serve, connection, clock_raw_ns());
}

/* ---- connections ---- */

static void close_connection(struct meet_serve *serve, struct connection *connection)
{
	unsigned id = connection->id;

	connection_close(connection);
	meeting_leave(&serve->meeting, id, clock_raw_ns());
}

static void welcome(struct meet_serve *serve, int fd)
{
	struct connection *connection = serve->connection;

	for (size_t i = 1; i < CONNECTIONS && connection->id; i++)
		connection++;
	if (connection->id)
		close(fd);
	else if (!connection_open(connection, ++serve->last_id, fd))
		connection->until_ns = clock_raw_ns() + SILENT_NS;
}

static void sweep(struct meet_serve *serve)
{
	uint64_t now_ns = clock_raw_ns();

	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *connection = &serve->connection[i];
		bool late = connection->until_ns && now_ns >= connection->until_ns;
		if (connection->id && (connection->broken || late))
			close_connection(serve, connection);
	}
}

static void accept_one(struct meet_serve *serve)
{
	const struct address *only = serve->options.only.len ? &serve->options.only : NULL;
	struct address peer;
	int fd = socket_accept(serve->fd, only, clock_raw_ns() + MILLISECOND_NS, &serve->stop,
			       &peer, NULL);

	if (fd >= 0)
		welcome(serve, fd);
	else if (fd != -ETIMEDOUT)
		clock_sleep_ns(10 * MILLISECOND_NS); /* out of descriptors: let some end */
}

static void wait_and_take(struct meet_serve *serve)
{
	struct pollfd wanted[CONNECTIONS + 1] = { { .fd = serve->fd, .events = POLLIN } };

	for (size_t i = 0; i < CONNECTIONS; i++) {
		const struct connection *connection = &serve->connection[i];
		wanted[i + 1].fd = connection->id ? connection->fd : -1;
		wanted[i + 1].events = connection->out_len ? POLLIN | POLLOUT : POLLIN;
	}
	if (poll(wanted, COUNT_OF(wanted), TICK_MS) <= 0)
		return;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *connection = &serve->connection[i];
		if (wanted[i + 1].revents & POLLOUT)
			connection_flush(connection);
		if (wanted[i + 1].revents & (POLLIN | POLLHUP | POLLERR))
			receive(serve, connection);
	}
	if (wanted[0].revents)
		accept_one(serve);
}

static void *keep(void *argument)
{
	struct meet_serve *serve = argument;

	while (!atomic_load(&serve->stop)) {
		wait_and_take(serve);
		meeting_tick(&serve->meeting, clock_raw_ns());
		if (serve->call && call_over(serve->call))
			end_call(serve);
		sweep(serve);
		count_active(serve);
	}
	meeting_end(&serve->meeting, "the partner was told to end");
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (serve->connection[i].id)
			close_connection(serve, &serve->connection[i]);
	return NULL;
}

/* ---- life ---- */

int meet_serve_start(const struct meet_serve_options *options, struct meet_serve **out)
{
	struct meet_serve *serve = calloc(1, sizeof(*serve));
	pthread_attr_t attributes;

	if (!serve)
		return -ENOMEM;
	serve->options = *options;
	serve->meeting = (struct meeting){ .send = say, .over = tell_meeting, .context = serve };
	serve->fd = socket_listen_on(&options->at, options->interface, SOCK_STREAM, 0);
	int err = serve->fd < 0 ? serve->fd : 0;
	if (!err) {
		pthread_attr_init(&attributes);
		pthread_attr_setstacksize(&attributes, STACK);
		err = -pthread_create(&serve->thread, &attributes, keep, serve);
		pthread_attr_destroy(&attributes);
	}
	serve->runs = !err;
	if (err)
		meet_serve_stop(serve);
	else
		*out = serve;
	return err;
}

unsigned meet_serve_active(struct meet_serve *serve)
{
	return atomic_load(&serve->active);
}

void meet_serve_stop(struct meet_serve *serve)
{
	atomic_store(&serve->stop, true);
	if (serve->runs)
		pthread_join(serve->thread, NULL);
	if (serve->call)
		call_abandon(serve->call);
	if (serve->fd >= 0)
		close(serve->fd);
	free(serve);
}
