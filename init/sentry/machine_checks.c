/* SPDX-License-Identifier: MIT */
/*
 * Errors that processors have noted and that the kernel does not know of yet. Of uncorrected ones
 * it is told at once; for corrected ones it looks every five minutes (check_interval in
 * Documentation/arch/x86/x86_64/machinecheck.rst), which is longer than most steps. So the banks
 * are looked at here, before and after: Intel SDM volume 3, 16.3.2.
 */
#include "init/sentry/sentry.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { MCG_CAP = 0x179, MC0_STATUS = 0x401, MSRS_OF_A_BANK = 4, BANKS_MOST = 64 };

bool machine_check_is_noted(uint64_t status)
{
	return status >> 63; /* VAL */
}

/* False: there is no such register, or none may be read. */
static bool read_register(int fd, off_t number, uint64_t *out)
{
	return pread(fd, out, sizeof(*out), number) == sizeof(*out);
}

static unsigned count_noted(int fd)
{
	uint64_t value;
	unsigned banks, noted = 0;

	if (!read_register(fd, MCG_CAP, &value))
		return 0;
	banks = value & 0xff;
	for (unsigned bank = 0; bank < banks && bank < BANKS_MOST; bank++)
		if (read_register(fd, MC0_STATUS + (off_t)bank * MSRS_OF_A_BANK, &value))
			noted += machine_check_is_noted(value);
	return noted;
}

uint64_t machine_checks_noted(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t noted = 0;
	char path[40];

	for (long cpu = 0; cpu < cpus; cpu++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/cpu/%ld/msr", cpu);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) /* it is offline, or the kernel has no such files */
			continue;
		noted += count_noted(fd);
		close(fd);
	}
	return noted;
}
