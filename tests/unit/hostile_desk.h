/* SPDX-License-Identifier: MIT */
/* A desk on loopback that takes records as `assay serve` does, and on some connections does what
 * desks, networks and strangers do instead. */
#ifndef ASSAY_HOSTILE_DESK_H
#define ASSAY_HOSTILE_DESK_H

#include "tests/unit/test.h"

#include "init/upload/upload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum behaviour {
	TAKE,	    /* as it should be */
	STALL,	    /* it takes the connection and says nothing */
	STALL_BODY, /* it reads a part of the body, and no more */
	RESET_AT_ONCE,
	RESET_MIDDLE, /* half of the body read */
	CLOSE_MIDDLE,
	ANSWER_500,
	ANSWER_503_EARLY, /* before the body, and closes */
	ANSWER_429,
	TAKE_AND_RESET, /* the answer is lost */
	TAKE_AND_HALF,	/* half of it */
	TAKE_ONE,	/* one record of the batch */
	GARBAGE,
	ENDLESS_HEAD,
	EMPTY_ANSWER,
	FORGET,	   /* it has lost the second half of its records, and says so */
	NO_NUMBER, /* some other HTTP server */
	FORBID,
	AHEAD, /* it says that it has records which there are not */
};

struct desk {
	int listener;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop, let_go;
	enum behaviour script[32];
	atomic_size_t at; /* connections so far */
	char *journal;	  /* what it has: lines of the journal */
	size_t len, room;
	unsigned next, files;
	struct digest head;
	bool wrong; /* a line that does not follow */
};

static struct desk desk;

/* ---- what it keeps ---- */

static inline void desk_store(const char *line, size_t len)
{
	if (desk.len + len + 1 > desk.room) {
		desk.room = 2 * (desk.len + len + 1);
		desk.journal = realloc(desk.journal, desk.room);
	}
	memcpy(desk.journal + desk.len, line, len);
	desk.journal[desk.len + len] = '\n';
	desk.len += len + 1;
	digest_chain(&desk.head, line, len);
	desk.next++;
}

/* Records from what is here on; those before are passed over. */
static inline void desk_take(const char *body, size_t len, unsigned most)
{
	for (const char *end; most && (end = memchr(body, '\n', len));) {
		struct frame frame;
		char hex[65];

		if (!frame_parse(body, (size_t)(end - body), &frame)) {
			desk.wrong = true;
			return;
		}
		if (frame.sequence == desk.next) {
			desk_store(frame.line, frame.len);
			digest_hex(&desk.head, hex, 32);
			desk.wrong = desk.wrong || strcmp(hex, frame.head) != 0;
			most--;
		}
		len -= (size_t)(end - body) + 1;
		body = end + 1;
	}
}

static inline void desk_forget(void)
{
	const char *line = desk.journal;
	unsigned keep = desk.next / 2;

	desk.next = 0;
	desk.head = (struct digest){ 0 };
	for (; desk.next < keep; desk.next++) {
		const char *end = memchr(line, '\n', desk.len);

		digest_chain(&desk.head, line, (size_t)(end - line));
		line = end + 1;
	}
	desk.len = (size_t)(line - desk.journal);
}

/* ---- a connection ---- */

static inline void desk_say(int fd, const char *format, ...)
{
	char text[400];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send(fd, text, (size_t)len, MSG_NOSIGNAL);
}

static inline void desk_answer(int fd, unsigned status, unsigned next)
{
	desk_say(fd, "HTTP/1.1 %u Said\r\nAssay-Next: %u\r\nContent-Length: 4\r\n\r\nsaid", status,
		 next);
}

static inline void desk_reset(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
}

/* Until so many bytes are there, or the other end goes. */
static inline size_t desk_read(int fd, char *in, size_t have, size_t wanted)
{
	while (have < wanted && !desk.stop) {
		struct pollfd wait = { fd, POLLIN, 0 };
		ssize_t got;

		if (poll(&wait, 1, 100) <= 0)
			continue;
		got = recv(fd, in + have, wanted - have, 0);
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

/* Until the test says so: whoever closes with bytes on their way does not say that it is gone. */
static inline void desk_hold(void)
{
	while (!desk.stop && !desk.let_go)
		clock_sleep_ns(10 * MILLISECOND_NS);
}

/* What it holds is over; the next connection is the script's next. */
static inline void desk_let_go(size_t connections)
{
	desk.let_go = true;
	for (int i = 0; i < 3000 && desk.at < connections; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	desk.let_go = false;
}

static inline void desk_do(int fd, enum behaviour what, bool records, const char *body, size_t len)
{
	static char endless[HTTP_HEAD_MAX + 100];
	unsigned before = desk.next;

	if (what == FORGET)
		desk_forget();
	else if (what == TAKE_ONE || what == TAKE || what == TAKE_AND_RESET ||
		 what == TAKE_AND_HALF)
		desk_take(records ? body : "", records ? len : 0, what == TAKE_ONE ? 1 : -1U);
	switch (what) {
	case TAKE:
		desk.files += !records;
		desk_answer(fd, 201, desk.next);
		break;
	case TAKE_ONE:
		desk_answer(fd, 200, desk.next);
		break;
	case TAKE_AND_RESET:
		desk_reset(fd);
		break;
	case TAKE_AND_HALF:
		desk_say(fd, "HTTP/1.1 201 Created\r\nAssay-Ne");
		break;
	case ANSWER_500:
	case ANSWER_429:
		desk_answer(fd, what == ANSWER_500 ? 500 : 429, before);
		break;
	case GARBAGE:
		desk_say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
		break;
	case ENDLESS_HEAD:
		memset(endless, 'a', sizeof(endless));
		memcpy(endless, "HTTP/1.1 200 OK\r\nX: ", 20);
		send(fd, endless, sizeof(endless), MSG_NOSIGNAL);
		desk_hold();
		break;
	case FORGET:
		desk_answer(fd, 409, desk.next);
		break;
	case FORBID:
		desk_answer(fd, 403, before);
		break;
	case AHEAD:
		desk_answer(fd, 201, 4000000000u);
		break;
	case NO_NUMBER:
		desk_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		break;
	default:
		break;
	}
}

static inline void desk_serve(int fd, enum behaviour what)
{
	enum { HEAD = 4096, BODY = 2 << 20 };
	static char in[HEAD + BODY];
	size_t have = 0, len, wanted;
	const char *length;
	char *body = NULL;

	if (what == STALL)
		return desk_hold();
	if (what == RESET_AT_ONCE)
		return desk_reset(fd);
	while (!body && !desk.stop && have < HEAD) {
		size_t got = desk_read(fd, in, have, have + 1);

		if (got == have)
			return;
		have = got;
		in[have] = '\0';
		body = strstr(in, "\r\n\r\n");
	}
	length = body ? strstr(in, "Content-Length: ") : NULL;
	if (!length)
		return;
	len = strtoul(length + 16, NULL, 10);
	if (what == ANSWER_503_EARLY)
		return desk_answer(fd, 503, desk.next);
	wanted = have + (what == STALL_BODY || what == RESET_MIDDLE || what == CLOSE_MIDDLE ?
				 len / 2 :
				 len);
	if (desk_read(fd, in, have, wanted) < wanted)
		return;
	if (what == STALL_BODY)
		return desk_hold();
	if (what == RESET_MIDDLE)
		return desk_reset(fd);
	desk_do(fd, what, strstr(in, "/records/") && strstr(in, "/records/") < body, in + have,
		len);
}

/* ---- its life ---- */

static inline void *desk_run(void *none)
{
	(void)none;
	while (!desk.stop) {
		struct pollfd wait = { desk.listener, POLLIN, 0 };
		int fd = poll(&wait, 1, 100) > 0 ? accept(desk.listener, NULL, NULL) : -1;
		size_t at = desk.at;

		if (fd < 0)
			continue;
		desk_serve(fd, at < COUNT_OF(desk.script) ? desk.script[at] : TAKE);
		close(fd);
		desk.at = at + 1;
	}
	return NULL;
}

/* A port of its own, which refuses until desk_start. */
static inline void desk_bind(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(here);

	desk = (struct desk){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_return_code(bind(desk.listener, (struct sockaddr *)&here, sizeof(here)), errno);
	assert_return_code(getsockname(desk.listener, (struct sockaddr *)&here, &len), errno);
	desk.port = ntohs(here.sin_port);
}

static inline void desk_start(void)
{
	assert_return_code(listen(desk.listener, 16), errno);
	assert_int_equal(pthread_create(&desk.thread, NULL, desk_run, NULL), 0);
}

static inline void desk_stop(void)
{
	desk.stop = true;
	pthread_join(desk.thread, NULL);
	close(desk.listener);
	free(desk.journal);
}

#endif
