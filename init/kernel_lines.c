/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own lines on the consoles. It prints at any moment, between any two characters of
 * ours that still wait in a port's queue: a record with such a line in it reads as damaged. So it
 * is held back while a line of ours goes out, and what it wanted to say is said behind that line;
 * and it is held back, for good, while a step is timed, as its messages are kept with the step
 * then. Only for process 1: anybody else is refused by the kernel, and nothing is held.
 */
#include "init/sentry/sentry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/klog.h>
#include <unistd.h>

static bool ours;	 /* process 1 has begun to decide about them */
static unsigned holders; /* not printed while there are any */
static int kmsg = -1;

static void set_level(bool quiet)
{
	enum { SYSLOG_ACTION_CONSOLE_LEVEL = 8, ONLY_PANIC = 1 };

	klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, quiet ? ONLY_PANIC : KERNEL_WARNING + 1);
}

void kernel_lines_begin(void)
{
	ours = true;
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	set_level(false);
}

void kernel_lines_hold(void)
{
	if (!ours || holders++)
		return;
	set_level(true);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END); /* what comes from here on is held */
}

static void tell_one(const struct kmsg *message, void (*say)(const char *line))
{
	char line[300];

	if (message->level > KERNEL_WARNING)
		return;
	snprintf(line, sizeof(line), "[%5llu.%06llu] %s\n", message->time_us / 1000000,
		 message->time_us % 1000000, message->text);
	say(line);
}

/* A kernel that does not stop is not copied out: it has its log, and the rest may be read there. */
static void tell_held(void (*say)(const char *line))
{
	enum { MOST = 64 };

	for (unsigned told = 0; kmsg >= 0 && told < MOST; told++) {
		char record[8192]; /* the longest that the kernel gives is shorter */
		ssize_t len = read(kmsg, record, sizeof(record));
		struct kmsg message;

		if (len < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (len <= 0)
			break;
		if (!kmsg_parse(record, (size_t)len, &message))
			tell_one(&message, say);
	}
}

void kernel_lines_release(void (*say)(const char *line))
{
	if (!ours || --holders)
		return;
	if (say)
		tell_held(say);
	set_level(false);
}
