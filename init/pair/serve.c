/* SPDX-License-Identifier: MIT */
/* The servers of one turn, in a child process: they listen while the partner measures, on the test
 * interface, for the partner only. See init/pair/pair.h. */
#include "init/pair/pair.h"

#include "bench/net/wire/services.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_SECONDS 10.0

/* ---- the child ---- */

static int said_fd;

/* Lines that nobody has room for are lost, not waited for: a test may be running. */
static void say(const char *line, size_t len)
{
	if (write(said_fd, line, len) < 0)
		return;
}

static void tell_served(void *context, const struct served_test *test)
{
	char buffer[300];
	struct text line;

	(void)context;
	text_begin(&line, buffer, sizeof(buffer) - 1);
	text_add(&line, "served %s, %s %s the partner: %llu bytes in %.3f s",
		 service_name(test->service), test->udp ? "UDP" : "TCP", test->sent ? "to" : "from",
		 (unsigned long long)test->bytes, test->seconds);
	if (test->has_counts)
		text_add(&line, ", %llu datagrams, %llu lost, %llu out of order, jitter %.3f ms",
			 (unsigned long long)test->datagrams, (unsigned long long)test->lost,
			 (unsigned long long)test->out_of_order, test->jitter_ms);
	if (test->err)
		text_add(&line, "; ended: %s", test->words);
	buffer[line.len] = '\n';
	say(buffer, line.len + 1);
}

static void serve_until_told(const struct pair *pair, const char *nic, int fd)
{
	struct services_options options = {
		.at = pair->own_at, .only = pair->partner_at, .interface = nic, .told = tell_served
	};
	struct services *services;
	char why[200] = "", line[220];
	sigset_t signals;
	int got, err;

	said_fd = fd;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "pair server");
	/* Blocked before the first thread begins, so that only this one takes it. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; i < SERVICE_KINDS; i++)
		options.serve[i] = true;
	err = services_start(&options, &services, why, sizeof(why));
	if (err && !why[0])
		snprintf(why, sizeof(why), "%s", strerror(-err));
	got = snprintf(line, sizeof(line), "%c%s\n", err ? '-' : '+', why);
	say(line, (size_t)got);
	if (err)
		_exit(1);
	sigwait(&signals, &got);
	services_stop(services);
	_exit(0);
}

/* ---- the supervisor ---- */

/* The next line, without its newline. False: none came in time, or the child is gone. */
static bool hear_line(int fd, char *line, size_t room, uint64_t until_ns)
{
	size_t n = 0;
	char c;

	while (!socket_wait(fd, POLLIN, until_ns, NULL) && read(fd, &c, 1) == 1) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n + 1 < room)
			line[n++] = c;
	}
	return false;
}

static int await_start(struct pair_server *server, char *why, size_t room)
{
	char line[220];

	if (!hear_line(server->said_fd, line, sizeof(line), pair_deadline(START_SECONDS)))
		return text_refuse(-ETIMEDOUT, why, room, "the servers did not start within %.0f s",
				   START_SECONDS);
	return line[0] == '+' ? 0 : text_refuse(-EADDRINUSE, why, room, "%.200s", line + 1);
}

int pair_server_start(struct pair_server *server, const struct story *story,
		      const struct step *step, char *why, size_t room)
{
	int fds[2];

	*server = (struct pair_server){ -1, -1 };
	/* The kernel answers echo requests. */
	if (!strcmp(step->request->bench->name, "net.ping"))
		return 0;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return text_refuse(-errno, why, room, "pipe: %s", strerror(errno));
	server->pid = fork();
	if (!server->pid)
		serve_until_told(story->pair, story->network.nic, fds[1]);
	close(fds[1]);
	server->said_fd = fds[0];
	if (server->pid < 0)
		return text_refuse(-errno, why, room, "fork: %s", strerror(errno));
	return await_start(server, why, room);
}

/* What still runs is ended; the child has seconds to say what it served. */
static void end_child(pid_t pid)
{
	enum { PATIENCE_MS = 5000 };

	kill(pid, SIGTERM);
	for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 10) {
		if (waitpid(pid, NULL, WNOHANG))
			return;
		clock_sleep_ns(10 * MILLISECOND_NS);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void pair_server_stop(struct pair_server *server, struct story *story, const struct step *step)
{
	char line[300];

	if (server->pid > 0)
		end_child(server->pid);
	while (server->said_fd >= 0 &&
	       hear_line(server->said_fd, line, sizeof(line), 0 + pair_deadline(0.05)))
		record_log(story, step ? step->id : NULL, SEVERITY_INFO, "%s", line);
	if (server->said_fd >= 0)
		close(server->said_fd);
	*server = (struct pair_server){ -1, -1 };
}
