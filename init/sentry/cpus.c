/* SPDX-License-Identifier: MIT */
/* Lists and masks of CPUs as the kernel writes and reads them (admin-guide/cputopology,
 * core-api/irq/irq-affinity). */
#include "init/sentry/quiet.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One number at *at, which is moved behind it. */
static int take_number(const char **at, unsigned *out)
{
	unsigned long value = 0;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	for (; isdigit((unsigned char)**at); (*at)++) {
		value = value * 10 + (unsigned long)(**at - '0');
		if (value >= CPU_SETSIZE)
			return -EINVAL;
	}
	*out = (unsigned)value;
	return 0;
}

static int take_range(const char **at, cpu_set_t *out)
{
	unsigned first, last;
	int err = take_number(at, &first);

	last = first;
	if (!err && **at == '-') {
		(*at)++;
		err = take_number(at, &last);
	}
	if (err || last < first)
		return -EINVAL;
	for (unsigned cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, out);
	return 0;
}

int cpus_parse(const char *list, cpu_set_t *out)
{
	const char *at = list;

	CPU_ZERO(out);
	while (*at && *at != '\n') {
		if (take_range(&at, out) || (*at && *at != ',' && *at != '\n') ||
		    (*at == ',' && !isdigit((unsigned char)at[1]))) {
			CPU_ZERO(out);
			return -EINVAL;
		}
		at += *at == ',';
	}
	return 0;
}

void cpus_format(const cpu_set_t *cpus, struct text *out)
{
	const char *between = "";

	for (unsigned cpu = 0, last; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, cpus))
			continue;
		for (last = cpu; last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus); last++)
			;
		if (last > cpu)
			text_add(out, "%s%u-%u", between, cpu, last);
		else
			text_add(out, "%s%u", between, cpu);
		between = ",";
		cpu = last;
	}
}

void cpus_format_mask(const cpu_set_t *cpus, struct text *out)
{
	bool begun = false;

	for (unsigned word = CPU_SETSIZE / 32; word-- > 0;) {
		uint32_t bits = 0;

		for (unsigned bit = 0; bit < 32; bit++)
			bits |= CPU_ISSET(word * 32 + bit, cpus) ? 1u << bit : 0;
		if (!bits && !begun && word)
			continue;
		text_add(out, begun ? ",%08x" : "%x", bits);
		begun = true;
	}
}

int cpus_last(const cpu_set_t *cpus)
{
	for (int cpu = CPU_SETSIZE; cpu-- > 0;)
		if (CPU_ISSET((unsigned)cpu, cpus))
			return cpu;
	return -1;
}
