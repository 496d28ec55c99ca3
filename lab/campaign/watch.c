/* SPDX-License-Identifier: MIT */
/* The boots that run now: what they say, until they end or we are asked to. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/campaign/campaign.h"

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
	(void)signal;
	stop_asked = 1;
}

void watch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = ask_stop };

	for (size_t i = 0; i < COUNT_OF(signals); i++)
		sigaction(signals[i], &action, NULL);
}

bool watch_stopped(void)
{
	return stop_asked;
}

/* ---- what `assay boot` prints ---- */

/* "  3/7 net.tcp    ... (about 37 s left in all)" */
static bool is_step(const char *line)
{
	size_t blanks = strspn(line, " "), digits = strspn(line + blanks, "0123456789");

	return blanks == 2 && digits && line[blanks + digits] == '/';
}

static void take_step(struct desk *desk, const struct booting *boot)
{
	char *phase = desk->phase[boot->entrant];
	char name[48], left[40] = "";
	const char *line = boot->line + 2, *about = strstr(line, "(about ");

	snprintf(name, sizeof(name), "%.47s", line);
	name[strcspn(name, " ") + 1 + strcspn(name + strcspn(name, " ") + 1, " ")] = '\0';
	if (about)
		snprintf(left, sizeof(left), ", %.*s",
			 (int)strcspn(about + 1, ")") < 38 ? (int)strcspn(about + 1, ")") : 37,
			 about + 1);
	if (!about)
		return; /* the end of a step; the next one's beginning follows */
	snprintf(phase, sizeof(desk->phase[0]), "%s%s", name, left);
	if (!desk->terminal)
		printf("  %s: %s\n", desk->campaign->entrants[boot->entrant].name, phase);
}

static void take_line(struct desk *desk, struct booting *boot)
{
	const char *line = boot->line, *slash;

	if (strlen(line) > 6 && strchr(line + 3, '/') && is_step(line))
		take_step(desk, boot);
	if (!strncmp(line, "results  ", 9)) {
		slash = strrchr(line, '/');
		snprintf(boot->run, sizeof(boot->run), "%.63s", slash ? slash + 1 : line + 9);
	}
	if (!strncmp(line, "assay boot: ", 12))
		snprintf(boot->reason, sizeof(boot->reason), "%.199s", line + 12);
}

static void read_on(struct desk *desk, struct booting *boot)
{
	char chunk[4096];
	ssize_t got;

	while (boot->log >= 0 && (got = read(boot->log, chunk, sizeof(chunk))) > 0)
		for (ssize_t i = 0; i < got; i++) {
			if (chunk[i] != '\n') {
				if (boot->len < sizeof(boot->line) - 1)
					boot->line[boot->len++] = chunk[i];
				continue;
			}
			boot->line[boot->len] = '\0';
			boot->len = 0;
			take_line(desk, boot);
		}
}

/* ---- until the end ---- */

static size_t count_running(struct desk *desk, struct booting *boots, size_t count)
{
	size_t running = 0;

	for (size_t i = 0; i < count; i++) {
		if (boots[i].pid > 0 && waitpid(boots[i].pid, &boots[i].status, WNOHANG) != 0)
			boots[i].pid = 0;
		read_on(desk, &boots[i]);
		running += boots[i].pid > 0;
	}
	return running;
}

/* `assay boot` ends its guest and keeps what that had recorded. */
static void end_all(struct booting *boots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (boots[i].pid > 0)
			kill(boots[i].pid, SIGTERM);
	for (size_t i = 0; i < count; i++)
		if (boots[i].pid > 0)
			boots[i].status = process_end(boots[i].pid, 60);
}

int boots_watch(struct desk *desk, size_t slot, struct booting *boots, size_t count)
{
	const struct timespec nap = { .tv_nsec = 200000000 };
	double drawn = 0;

	while (count_running(desk, boots, count) && !stop_asked) {
		if (live_now() - drawn >= 1) {
			drawn = live_now();
			live_draw(desk, slot);
		}
		fflush(stdout);
		nanosleep(&nap, NULL);
	}
	if (stop_asked)
		end_all(boots, count);
	for (size_t i = 0; i < count; i++) {
		read_on(desk, &boots[i]);
		*desk->phase[boots[i].entrant] = '\0';
		if (boots[i].log >= 0)
			close(boots[i].log);
	}
	return stop_asked ? -EINTR : 0;
}
