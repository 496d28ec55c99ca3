/* SPDX-License-Identifier: MIT */
/* The wall clock, which only labels: where it came from, how far it is from the RTC, and whether
 * anything keeps it. Durations are measured by another clock. */
#include "init/init.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/timex.h>
#include <time.h>

/* adjtimex(2): STA_UNSYNC stays set until something (ntpd, chronyd, a hypervisor's agent) says that
 * the clock is kept; nothing in the image does. */
static void add_kernel_state(cJSON *clock)
{
	struct timex state = { 0 };
	int answer = adjtimex(&state);

	if (answer < 0)
		return;
	cJSON_AddBoolToObject(clock, "synchronised",
			      answer != TIME_ERROR && !(state.status & STA_UNSYNC));
	cJSON_AddNumberToObject(clock, "maxErrorMicroseconds", (double)state.maxerror);
	/* Scaled by 2^16 parts per million. */
	cJSON_AddNumberToObject(clock, "frequencyPpm", (double)state.freq / 65536.0);
}

bool clock_find_set(const char *log, struct clock_set *out)
{
	static const char words[] = ": setting system clock to ";
	const char *at = strstr(log, words), *line = at, *name;
	long long epoch;
	size_t len;

	if (!at)
		return false;
	while (line > log && line[-1] != '\n')
		line--;
	name = strstr(line, "] ");
	if (!name || name > at || sscanf(line, "<%*d>[%lf]", &out->at_s) != 1)
		return false;
	len = (size_t)(at - (name + 2));
	at = strchr(at, '(');
	if (!at || sscanf(at, "(%lld)", &epoch) != 1 || len >= sizeof(out->device))
		return false;
	snprintf(out->device, sizeof(out->device), "%.*s", (int)len, name + 2);
	out->epoch_s = epoch;
	return true;
}

static bool read_set(struct clock_set *out)
{
	enum { READ_ALL = 3, LOG_ROOM = 1 << 20 };
	char *log = calloc(1, LOG_ROOM);
	bool found = log && klogctl(READ_ALL, log, LOG_ROOM - 1) > 0 && clock_find_set(log, out);

	free(log);
	return found;
}

static double real_s(clockid_t id)
{
	struct timespec now = { 0 };

	clock_gettime(id, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The kernel set the system clock from the RTC once, and says so in its log. */
static void add_set(cJSON *clock)
{
	struct clock_set set;
	double since_s;

	if (!read_set(&set)) {
		cJSON_AddStringToObject(clock, "setFrom",
					"not said: the kernel read no RTC, or its line is gone");
		return;
	}
	cJSON_AddStringToObject(clock, "setFrom", "RTC");
	cJSON_AddStringToObject(clock, "rtc", set.device);
	cJSON_AddNumberToObject(clock, "rtcAtBoot", (double)set.epoch_s);
	/* By the kernel's log clock, which nobody sets; to a second, as the RTC counts. */
	since_s = real_s(CLOCK_BOOTTIME) - set.at_s;
	cJSON_AddNumberToObject(clock, "steppedSinceSeconds",
				round(real_s(CLOCK_REALTIME) - (double)set.epoch_s - since_s));
}

static void add_rtc(cJSON *clock)
{
	char text[64];

	/* To a second: the RTC counts no less. */
	if (file_read(text, sizeof(text), "/sys/class/rtc/rtc0/since_epoch") > 0)
		cJSON_AddNumberToObject(clock, "rtcMinusSystemSeconds",
					round(strtod(text, NULL) - real_s(CLOCK_REALTIME)));
}

cJSON *wall_clock_detail(void)
{
	cJSON *clock = cJSON_CreateObject();

	add_set(clock);
	add_rtc(clock);
	add_kernel_state(clock);
	return clock;
}
