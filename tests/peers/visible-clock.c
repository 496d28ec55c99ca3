/* SPDX-License-Identifier: MIT */
/* To be loaded before a stock tool: each time it asks what time it is, strace sees a getppid(2). It
 * does not sleep between its tests either. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec time;

	(void)zone;
	syscall(SYS_getppid);
	clock_gettime(CLOCK_REALTIME, &time);
	now->tv_sec = time.tv_sec;
	now->tv_usec = time.tv_nsec / 1000;
	return 0;
}

unsigned sleep(unsigned seconds)
{
	(void)seconds;
	return 0;
}
