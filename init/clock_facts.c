/* SPDX-License-Identifier: MIT */
/* The wall clock, which only labels: where it came from, how far it is from the RTC, and whether
 * anything keeps it. Durations are measured by another clock. */
#include "init/init.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

static bool read_rtc(const char *name, char *out, size_t room)
{
	return file_read(out, room, "/sys/class/rtc/rtc0/%s", name) > 0;
}

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

static void add_rtc(cJSON *clock)
{
	char text[64];
	struct timespec now;

	if (!read_rtc("name", text, sizeof(text))) {
		cJSON_AddStringToObject(clock, "setFrom", "nothing: there is no RTC");
		return;
	}
	cJSON_AddStringToObject(clock, "rtc", text);
	cJSON_AddStringToObject(clock, "setFrom",
				read_rtc("hctosys", text, sizeof(text)) && text[0] == '1' ?
					"RTC" :
					"nothing: the RTC could not be read at boot");
	if (read_rtc("since_epoch", text, sizeof(text)) && !clock_gettime(CLOCK_REALTIME, &now))
		/* To a second: the RTC counts no less. */
		cJSON_AddNumberToObject(clock, "rtcMinusSystemSeconds",
					(double)(strtoll(text, NULL, 10) - (long long)now.tv_sec));
}

cJSON *wall_clock_detail(void)
{
	cJSON *clock = cJSON_CreateObject();

	add_rtc(clock);
	add_kernel_state(clock);
	return clock;
}
