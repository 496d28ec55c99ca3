/* SPDX-License-Identifier: MIT */
/*
 * What may wait in the kernel for a disk that does not answer (mount, umount, mkfs, a discard) is
 * done by a child: process 1 goes on when the time is over, whatever became of the child.
 */
#include "init/ground/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

/* The first line that it says, and all else until it says no more. False: the time is over. */
static bool hear(int fd, double limit_seconds, char *out, size_t room)
{
	uint64_t start_ns = clock_raw_ns();
	char more[512];
	size_t len = 0;

	for (;;) {
		double left_ms = limit_seconds * 1e3 - (double)(clock_raw_ns() - start_ns) / 1e6;
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (left_ms <= 0)
			return false;
		if (poll(&ready, 1, left_ms < 1e6 ? (int)left_ms + 1 : 1000000) <= 0)
			continue;
		n = len + 1 < room ? read(fd, out + len, room - 1 - len) :
				     read(fd, more, sizeof(more));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += len + 1 < room ? (size_t)n : 0;
	}
	out[len] = '\0';
	memmove(out, out + strspn(out, "\r\n"), strlen(out + strspn(out, "\r\n")) + 1);
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

static bool reap(pid_t pid, int *status)
{
	for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 10) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return got == pid;
		clock_sleep_ns(10000000);
	}
	return false;
}

static int end_late(pid_t pid, const char *what, double limit_seconds, char *why, size_t room)
{
	int status;

	kill(pid, SIGKILL);
	return text_refuse(-ETIMEDOUT, why, room, "%s: not done after %.0f s%s", what,
			   limit_seconds, reap(pid, &status) ? "" : ", and it could not be ended");
}

static int judge(pid_t pid, const char *what, char *why, size_t room)
{
	int status = 0;

	if (!reap(pid, &status))
		return text_refuse(-ETIMEDOUT, why, room, "%s: it said all and does not end", what);
	if (WIFSIGNALED(status))
		return text_refuse(-EIO, why, room, "%s: ended by signal %d", what,
				   WTERMSIG(status));
	if (WEXITSTATUS(status) && !why[0])
		return text_refuse(-EIO, why, room, "%s: ended with code %d", what,
				   WEXITSTATUS(status));
	return -WEXITSTATUS(status);
}

struct job {
	const char *what;
	int (*act)(void *context, char *why, size_t room);
	void *context;
	char *const *words;
};

static void become(const struct job *job, int out)
{
	char why[WHY_ROOM] = "";
	int err, null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	if (job->words) {
		dup2(null, 0);
		dup2(out, 1);
		dup2(out, 2);
		execv(job->words[0], job->words);
		dprintf(2, "%s\n", strerror(errno));
		_exit(127);
	}
	err = job->act(job->context, why, sizeof(why));
	if (err)
		dprintf(out, "%s\n", why);
	_exit(err < 0 && err > -256 ? -err : err != 0);
}

static int run(const struct job *job, double limit_seconds, char *why, size_t room)
{
	int ends[2];
	bool heard;
	pid_t pid;

	why[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return text_refuse(-errno, why, room, "%s: %s", job->what, strerror(errno));
	pid = fork();
	if (!pid)
		become(job, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return text_refuse(-errno, why, room, "%s: fork: %s", job->what, strerror(errno));
	}
	heard = hear(ends[0], limit_seconds, why, room);
	close(ends[0]);
	return heard ? judge(pid, job->what, why, room) :
		       end_late(pid, job->what, limit_seconds, why, room);
}

int helper_run(const char *what, double limit_seconds,
	       int (*act)(void *context, char *why, size_t room), void *context, char *why,
	       size_t room)
{
	struct job job = { .what = what, .act = act, .context = context };

	return run(&job, limit_seconds, why, room);
}

int helper_exec(char *const *words, double limit_seconds, char *why, size_t room)
{
	struct job job = { .what = words[0], .words = words };
	int err = run(&job, limit_seconds, why, room);

	/* Exit codes of a program are no errors of the system. */
	return err && err != -ETIMEDOUT ? -EIO : err;
}
