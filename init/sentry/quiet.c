/* SPDX-License-Identifier: MIT */
/* What is not measured goes elsewhere: interrupts, unbound work, kernel threads and this process
 * itself. */
#include "init/sentry/quiet.h"

#include "init/init.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void quiet_choose(struct quiet *quiet, const char *online, const char *nohz_full,
		  const char *managed)
{
	cpu_set_t tickless, unmanaged;

	*quiet = (struct quiet){ .cpu = -1 };
	if (cpus_parse(online, &quiet->all))
		return;
	quiet->others = quiet->all;
	if (CPU_COUNT(&quiet->all) < 2)
		return;
	/* "(null)" is what the kernel says without the word. A CPU that is kept quiet but is not
	 * there is none. */
	if (cpus_parse(nohz_full, &tickless))
		CPU_ZERO(&tickless);
	if (cpus_parse(managed, &unmanaged))
		CPU_ZERO(&unmanaged);
	CPU_AND(&tickless, &tickless, &quiet->all);
	quiet->cpu = cpus_last(CPU_COUNT(&tickless) ? &tickless : &quiet->all);
	quiet->tick = CPU_ISSET((unsigned)quiet->cpu, &tickless);
	quiet->managed = CPU_ISSET((unsigned)quiet->cpu, &unmanaged);
	CPU_CLR((unsigned)quiet->cpu, &quiet->others);
}

/* ---- interrupts ---- */

static void move_interrupt(struct quiet *quiet, const char *number)
{
	char path[300], list[256], others[256];
	struct text text;
	cpu_set_t now;

	if (file_read(list, sizeof(list), "/proc/irq/%s/smp_affinity_list", number) <= 0 ||
	    cpus_parse(list, &now) || !CPU_ISSET((unsigned)quiet->cpu, &now))
		return;
	if (CPU_COUNT(&now) == 1) { /* its driver gave this CPU a queue of its own */
		quiet->own++;
		return;
	}
	CPU_CLR((unsigned)quiet->cpu, &now);
	text_begin(&text, others, sizeof(others));
	cpus_format(&now, &text);
	snprintf(path, sizeof(path), "/proc/irq/%s/smp_affinity_list", number);
	if (!file_write(path, others)) {
		quiet->moved++;
		return;
	}
	/* Managed ones cannot be moved from here; where they really go is the kernel's choice. */
	if (file_read(list, sizeof(list), "/proc/irq/%s/effective_affinity_list", number) > 0 &&
	    !cpus_parse(list, &now) && CPU_ISSET((unsigned)quiet->cpu, &now))
		quiet->stuck++;
}

static void move_interrupts(struct quiet *quiet)
{
	char mask[400];
	struct dirent *entry;
	struct text text;
	DIR *dir = opendir("/proc/irq");

	text_begin(&text, mask, sizeof(mask));
	cpus_format_mask(&quiet->others, &text);
	file_write("/proc/irq/default_smp_affinity", mask);
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			move_interrupt(quiet, entry->d_name);
	if (dir)
		closedir(dir);
}

/* ---- the kernel's own work ---- */

/* The mask of all unbound work, and of each queue that has one of its own (writeback). */
static void move_work(struct quiet *quiet)
{
	static const char folder[] = "/sys/devices/virtual/workqueue";
	char path[400], mask[400];
	struct dirent *entry;
	struct text text;
	DIR *dir = opendir(folder);

	text_begin(&text, mask, sizeof(mask));
	cpus_format_mask(&quiet->others, &text);
	snprintf(path, sizeof(path), "%s/cpumask", folder);
	quiet->workqueues = !file_write(path, mask);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s/cpumask", folder, entry->d_name);
		if (entry->d_name[0] != '.' && !access(path, W_OK))
			file_write(path, mask);
	}
	if (dir)
		closedir(dir);
}

/* proc(5): PF_KTHREAD among the flags, the ninth field; the second, in brackets, may hold anything.
 */
static bool is_kernel_thread(const char *pid)
{
	enum { PF_KTHREAD = 0x00200000 };
	char stat[512];
	const char *at;
	unsigned flags;

	if (file_read(stat, sizeof(stat), "/proc/%s/stat", pid) <= 0)
		return false;
	at = strrchr(stat, ')');
	return at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       (flags & PF_KTHREAD);
}

/* A thread of the kernel, or a program that process 1 started before (a DHCP client); not
 * process 1. */
static void move_process(struct quiet *quiet, const char *number)
{
	bool kernel = is_kernel_thread(number);
	pid_t pid = atoi(number);
	cpu_set_t now;

	if (pid == getpid() || sched_getaffinity(pid, sizeof(now), &now))
		return;
	if (CPU_ISSET((unsigned)quiet->cpu, &now) && CPU_COUNT(&now) == 1) {
		quiet->bound += kernel;
		return;
	}
	CPU_CLR((unsigned)quiet->cpu, &now);
	if (!sched_setaffinity(pid, sizeof(now), &now))
		quiet->threads += kernel;
}

static void move_processes(struct quiet *quiet)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			move_process(quiet, entry->d_name);
	if (dir)
		closedir(dir);
}

/* ---- all of it ---- */

/* isolcpus= has no list in /sys for managed interrupts alone: the kernel's own words say it. A list
 * that it refused came to nothing, as nohz_full did, which stands on the same CPU. */
static bool asks_for_managed(void)
{
	char words[2048];

	return file_read(words, sizeof(words), "/proc/cmdline") > 0 &&
	       strstr(words, "isolcpus=managed_irq");
}

/* The kernel's own timers about memory (admin-guide/sysctl/vm): counters folded every second,
 * compaction looked at twice a second. Neither is asked for by a measurement; memory is still
 * compacted when somebody needs it in one piece. */
static void calm_memory(void)
{
	file_write("/proc/sys/vm/stat_interval", "120");
	file_write("/proc/sys/vm/compaction_proactiveness", "0");
}

/* Neighbours that are kept alive by probes (ip-neighbour(8), "managed") are looked for every five
 * seconds, in both tables, though there are none here. How long the others are believed stays as it
 * is: it is a part of what is measured. */
static void calm_neighbours(void)
{
	static const char a_day_ms[] = "86400000";

	file_write("/proc/sys/net/ipv4/neigh/default/interval_probe_time_ms", a_day_ms);
	file_write("/proc/sys/net/ipv6/neigh/default/interval_probe_time_ms", a_day_ms);
}

/* A framebuffer's cursor is painted by work on a timer, five times a second. */
static void calm_cursor(void)
{
	file_write("/sys/class/graphics/fbcon/cursor_blink", "0");
}

void quiet_prepare(struct quiet *quiet)
{
	char online[256], nohz_full[256];

	file_read(online, sizeof(online), "/sys/devices/system/cpu/online");
	file_read(nohz_full, sizeof(nohz_full), "/sys/devices/system/cpu/nohz_full");
	quiet_choose(quiet, online, nohz_full, asks_for_managed() ? nohz_full : "");
	quiet->done = true;
	calm_memory();
	calm_neighbours();
	calm_cursor();
	if (quiet->cpu < 0)
		return;
	move_interrupts(quiet);
	move_work(quiet);
	move_processes(quiet);
}

void quiet_run_on(const cpu_set_t *cpus)
{
	if (cpus && CPU_COUNT(cpus))
		sched_setaffinity(0, sizeof(*cpus), cpus);
}

bool quiet_step_cpus(const struct quiet *quiet, bool one_by_one, cpu_set_t *out)
{
	if (!quiet->done)
		return false;
	*out = quiet->all;
	if (one_by_one && quiet->cpu >= 0) {
		CPU_ZERO(out);
		CPU_SET((unsigned)quiet->cpu, out);
	}
	return CPU_COUNT(out);
}

static void add_cpus(cJSON *object, const char *key, const cpu_set_t *cpus)
{
	char list[400];
	struct text text;

	text_begin(&text, list, sizeof(list));
	cpus_format(cpus, &text);
	cJSON_AddStringToObject(object, key, list);
}

cJSON *quiet_detail(const struct quiet *quiet)
{
	const struct {
		const char *key;
		unsigned count;
	} counts[] = {
		{ "interruptsMoved", quiet->moved },	{ "interruptsOfItsQueues", quiet->own },
		{ "interruptsNotMoved", quiet->stuck }, { "kernelThreadsKeptOff", quiet->threads },
		{ "kernelThreadsBound", quiet->bound },
	};
	cJSON *detail = cJSON_CreateObject();

	add_cpus(detail, "housekeepingCpus", &quiet->others);
	if (quiet->cpu < 0) {
		cJSON_AddStringToObject(detail, "measuringCpu", "none: one CPU does everything");
		return detail;
	}
	cJSON_AddNumberToObject(detail, "measuringCpu", quiet->cpu);
	cJSON_AddBoolToObject(detail, "tickKeptOff", quiet->tick);
	cJSON_AddBoolToObject(detail, "managedInterruptsKeptOff", quiet->managed);
	cJSON_AddBoolToObject(detail, "unboundWorkKeptOff", quiet->workqueues);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		cJSON_AddNumberToObject(detail, counts[i].key, counts[i].count);
	return detail;
}
