/* SPDX-License-Identifier: MIT */
/*
 * One boot, watched. QEMU writes the serial port to a file, so the log is complete whatever happens
 * to us; we follow the file, hand on what people should see, and end the machine when its time is
 * over.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/machine/machine.h"

enum { CHUNK = 16384, LINE_ROOM = JOURNAL_LINE + 256, POLL_MS = 50 };

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
	(void)signal;
	stop_asked = 1;
}

static void catch_signals(struct sigaction *old, bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = ask_stop };

	for (size_t i = 0; i < COUNT_OF(signals); i++)
		sigaction(signals[i], on ? &action : &old[i], on ? &old[i] : NULL);
}

/* The log as far as it has come. */
struct follow {
	int fd;
	size_t len;
	bool enough, overlong;
	char line[LINE_ROOM];
};

/* A serial log is not our terminal's master: no escape sequences, no control characters. */
static void make_printable(char *line)
{
	char *out = line;

	for (char *in = line; *in; in++) {
		if (*in == '\033' && in[1] == '[') {
			in += 2;
			while (*in && (*in < '@' || *in > '~'))
				in++;
			if (!*in)
				break;
		} else if ((unsigned char)*in >= ' ' || *in == '\t') {
			*out++ = *in;
		}
	}
	*out = '\0';
}

static void hand_on(struct guest *guest, struct follow *follow)
{
	struct frame frame;
	char *line = follow->line;

	line[follow->len] = '\0';
	if (guest->enough && guest->enough(guest->context, line, follow->len))
		follow->enough = true;
	if (!follow->overlong && strncmp(line, "@assay ", 7) != 0 &&
	    !frame_parse(line, follow->len, &frame)) {
		make_printable(line);
		if (guest->show && *line)
			guest->show(guest->context, line);
	}
	follow->len = 0;
	follow->overlong = false;
}

static void take(struct guest *guest, struct follow *follow, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n')
			hand_on(guest, follow);
		else if (follow->len < LINE_ROOM - 1)
			follow->line[follow->len++] = data[i];
		else
			follow->overlong = true;
	}
}

static void read_on(struct guest *guest, struct follow *follow)
{
	char chunk[CHUNK];
	ssize_t got;

	if (follow->fd < 0)
		follow->fd = open(guest->console, O_RDONLY | O_CLOEXEC);
	while (follow->fd >= 0 && (got = read(follow->fd, chunk, sizeof(chunk))) > 0)
		take(guest, follow, chunk, (size_t)got);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum guest_end watch(struct guest *guest, struct follow *follow, pid_t pid, int *status)
{
	const struct timespec nap = { .tv_nsec = POLL_MS * 1000000L };
	double until = now_seconds() + guest->limit_seconds;

	for (;;) {
		pid_t ended = waitpid(pid, status, WNOHANG);

		read_on(guest, follow);
		if (ended)
			return GUEST_ENDED;
		if (follow->enough)
			return GUEST_ENOUGH;
		if (stop_asked)
			return GUEST_STOPPED;
		if (now_seconds() > until)
			return GUEST_TIMEOUT;
		nanosleep(&nap, NULL);
	}
}

/* What QEMU itself said, for the line that tells why it did not run. */
static int qemu_failed(const struct guest *guest, char *why, size_t room)
{
	char said[800] = "";

	file_read(said, sizeof(said), "%s", guest->log);
	char *end = strchr(said, '\n');
	if (end)
		*end = '\0';
	return text_refuse(GUEST_FAILED, why, room, "QEMU failed: %s",
			   *said ? said : "it said nothing");
}

enum guest_end guest_run(struct guest *guest, char *why, size_t room)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	struct sigaction old[3];
	enum guest_end end;
	int status = 0;
	pid_t pid;

	if (!follow)
		return (enum guest_end)text_refuse(GUEST_FAILED, why, room, "out of memory");
	unlink(guest->console); /* a former log must not be taken for this one */
	stop_asked = 0;
	catch_signals(old, true);
	follow->fd = -1;
	pid = process_start(&guest->command, NULL, guest->log);
	end = pid < 0 ? GUEST_FAILED : watch(guest, follow, pid, &status);
	if (pid > 0 && end != GUEST_ENDED)
		process_end(pid, 10); /* libvirt takes longer than a signal does */
	if (pid > 0)
		read_on(guest, follow);
	catch_signals(old, false);
	if (follow->fd >= 0)
		close(follow->fd);
	free(follow);
	if (end == GUEST_FAILED || (end == GUEST_ENDED && status))
		end = (enum guest_end)qemu_failed(guest, why, room);
	return end;
}
