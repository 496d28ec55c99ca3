/* SPDX-License-Identifier: MIT */
/* The least that can be process 1: says so on the serial port and powers off. What a boot costs
 * without any user space. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	static const char line[] = "trivial init is process 1\n";
	int fd;

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/ttyS0", O_WRONLY | O_NOCTTY);
	if (write(fd, line, sizeof(line) - 1) < 0)
		return 1;
	sleep(1); /* the port's buffer must be out before the power is */
	reboot(RB_POWER_OFF);
	return 0;
}
