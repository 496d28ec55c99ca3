/* SPDX-License-Identifier: MIT */
/* What both lives share: the run's name and the wall clock, which only labels. */
#include "init/init.h"
#include "version.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

const char assay_version[] = ASSAY_VERSION;

int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* YYYYMMDD-HHMMSS-<128 random bits>: the date is a label for people, the bits are the identity. */
void run_id_make(char *out, size_t room)
{
	struct digest bits = { 0 };
	time_t now = time(NULL);
	struct tm tm;
	char date[20], hex[33];

	while (getrandom(bits.bytes, 16, 0) !=
	       16) /* waits until the kernel's generator is seeded */
		if (errno != EINTR)
			break;
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	digest_hex(&bits, hex, 16);
	snprintf(out, room, "%s-%s", date, hex);
}
