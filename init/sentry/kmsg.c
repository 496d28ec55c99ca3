/* SPDX-License-Identifier: MIT */
/* The kernel's messages: which of them make a number worthless, which are in the nature of what is
 * measured. */
#include "init/sentry/sentry.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Digits up to one of the ends, which *at then stands behind. */
static int take_number(const char **at, const char *stop, char end, unsigned long long *out)
{
	unsigned digits = 0;

	*out = 0;
	for (; *at < stop && isdigit((unsigned char)**at); (*at)++, digits++)
		*out = *out * 10 + (unsigned long long)(**at - '0');
	if (!digits || digits > 19 || *at == stop || **at != end)
		return -EINVAL;
	(*at)++;
	return 0;
}

/* Only printable ASCII goes on: the kernel escapes the rest, and what it leaves is not ours to pass
 * on. */
static void copy_text(const char *at, const char *stop, char *out, size_t room)
{
	size_t len = 0;

	for (; at < stop && *at != '\n' && len + 1 < room; at++)
		out[len++] = isprint((unsigned char)*at) ? *at : '?';
	out[len] = '\0';
}

int kmsg_parse(const char *record, size_t len, struct kmsg *out)
{
	const char *at = record, *stop = record + len, *text;
	unsigned long long priority;

	*out = (struct kmsg){ 0 };
	if (take_number(&at, stop, ',', &priority) || priority > 0xffff ||
	    take_number(&at, stop, ',', &out->sequence) ||
	    take_number(&at, stop, ',', &out->time_us))
		return -EINVAL;
	text = memchr(at, ';', (size_t)(stop - at));
	if (!text || memchr(at, '\n', (size_t)(text - at)))
		return -EINVAL;
	out->level = priority & 7;
	out->facility = (unsigned)(priority >> 3);
	copy_text(text + 1, stop, out->text, sizeof(out->text));
	return 0;
}

/* Whatever their level. */
static const struct {
	const char *words;
	enum lost kind;
} marks[] = {
	{ "[Hardware Error]", LOST_MACHINE_CHECK },
	{ "Machine check", LOST_MACHINE_CHECK },
	{ "PCIe Bus Error", LOST_PCIE_ERROR },
	{ "AER: Corrected error", LOST_PCIE_ERROR },
	{ "AER: Uncorrect", LOST_PCIE_ERROR },
	{ "AER: Multiple", LOST_PCIE_ERROR },
	{ "EDAC MC", LOST_MEMORY_ERROR },
	{ "critical medium error", LOST_DISK_ERROR },
	{ "I/O error, dev ", LOST_DISK_ERROR },
	{ "Medium Error", LOST_DISK_ERROR },
	{ "Buffer I/O error", LOST_DISK_ERROR },
	{ "temperature above threshold", LOST_THROTTLED },
	{ "clock throttled", LOST_THROTTLED },
	{ "Out of memory: Killed process", LOST_OUT_OF_MEMORY },
	{ "invoked oom-killer", LOST_OUT_OF_MEMORY },
};

/*
 * Warnings, or what some kernels say as a warning, that come of measuring and take nothing from it.
 * The clock source is looked at itself: of its messages one comes on every boot, when the TSC is
 * refined in the second second.
 */
static const char *const expected[] = {
	"hrtimer: interrupt took ",    /* once; self.noise and the gate say how the machine is */
	": drop_caches: ",	       /* cold files */
	" mount option is deprecated", /* xfs, when it is mounted again as /proc/mounts has it */
	"Driver has suspect GRO",      /* once; of old NIC models */
	"random: crng init done",
	"clocksource: ",
	"tsc: Refined TSC clocksource",
};

enum kmsg_kind kmsg_judge(const struct kmsg *message, enum lost *kind)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (strstr(message->text, marks[i].words)) {
			*kind = marks[i].kind;
			return KMSG_LOST;
		}
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		if (strstr(message->text, expected[i]))
			return KMSG_EXPECTED;
	if (message->level > KERNEL_WARNING)
		return KMSG_REMARK;
	*kind = LOST_KERNEL_MESSAGE;
	return KMSG_LOST;
}
