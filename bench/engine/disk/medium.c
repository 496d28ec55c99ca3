/* SPDX-License-Identifier: MIT */
/* What a disk is: see medium.h. */
#include "bench/engine/disk/medium.h"
#include "bench/engine/device_bytes.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *medium_name(enum medium medium)
{
	static const char *const names[] = { "unknown", "rotating", "flash", "virtual" };

	return names[medium];
}

bool medium_has_hypervisor(const char *cpuinfo)
{
	const char *flags = strstr(cpuinfo, "\nflags"), *end, *at;

	if (!flags)
		return false;
	end = flags + 1 + strcspn(flags + 1, "\n");
	at = strstr(flags, " hypervisor");
	return at && at < end && strchr(" \n", at[11]);
}

enum medium medium_judge(const struct medium_facts *facts)
{
	static const char *const made[] = { "/virtio", "/vbd-", "/vmbus", "/virtual/block/loop" };

	if (facts->hypervisor)
		return MEDIUM_VIRTUAL;
	for (size_t i = 0; i < COUNT_OF(made); i++)
		if (strstr(facts->device, made[i]))
			return MEDIUM_VIRTUAL;
	if (facts->rotational < 0)
		return MEDIUM_UNKNOWN;
	return facts->rotational ? MEDIUM_ROTATING : MEDIUM_FLASH;
}

/* A partition has no queue of its own: its disk's is one folder up. */
static void read_setting(dev_t device, const char *name, char *out, size_t room)
{
	if (file_read(out, room, "/sys/dev/block/%u:%u/queue/%s", major(device), minor(device),
		      name) < 0)
		file_read(out, room, "/sys/dev/block/%u:%u/../queue/%s", major(device),
			  minor(device), name);
}

static int read_flag(dev_t device, const char *name)
{
	char text[24];

	read_setting(device, name, text, sizeof(text));
	return !strcmp(text, "0") ? 0 : !strcmp(text, "1") ? 1 : -1;
}

static void read_folder(dev_t device, char *out, size_t room)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(device), minor(device));
	n = readlink(link, out, room - 1);
	out[n > 0 ? n : 0] = '\0';
}

void medium_look(const char *path, struct medium_facts *out)
{
	static char cpuinfo[16384];
	dev_t device;

	*out = (struct medium_facts){ .rotational = -1, .fua = -1 };
	if (file_read(cpuinfo, sizeof(cpuinfo), "/proc/cpuinfo") > 0)
		out->hypervisor = medium_has_hypervisor(cpuinfo);
	if (!device_below(path, &device)) {
		out->rotational = read_flag(device, "rotational");
		out->fua = read_flag(device, "fua");
		read_setting(device, "write_cache", out->write_cache, sizeof(out->write_cache));
		read_folder(device, out->device, sizeof(out->device));
	}
	out->medium = medium_judge(out);
}

static void add_flag(struct text *out, const char *name, int flag)
{
	if (flag < 0)
		text_add(out, " %s=unknown", name);
	else
		text_add(out, " %s=%d", name, flag);
}

void medium_describe(const struct medium_facts *facts, struct text *out)
{
	text_add(out, "write_cache=%s", facts->write_cache[0] ? facts->write_cache : "unknown");
	add_flag(out, "fua", facts->fua);
	add_flag(out, "rotational", facts->rotational);
	text_add(out, " hypervisor=%s: %s", facts->hypervisor ? "yes" : "no",
		 medium_name(facts->medium));
}

void medium_note(struct run *run, bool is_block, enum medium stated, struct medium_facts *out)
{
	struct text text;
	char line[200];

	medium_look(run->target, out);
	if (stated)
		out->medium = stated;
	text_begin(&text, line, sizeof(line));
	medium_describe(out, &text);
	run_note(run, "%s%s%s", is_block ? "" : "the disk below the file: ", line,
		 stated ? ", as was stated" : "");
}
