/* SPDX-License-Identifier: MIT */
/* Counters and states of the machine that may not move while it is measured. */
#include "init/sentry/sentry.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- reading ---- */

/* The sum over the entries of a folder of the number in one file of each, as `read` finds it there.
 */
static uint64_t sum_files(const char *folder, const char *begins, const char *file,
			  uint64_t (*read)(const char *text))
{
	char text[1024];
	struct dirent *entry;
	DIR *dir = opendir(folder);
	uint64_t sum = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !strncmp(entry->d_name, begins, strlen(begins)) &&
		    file_read(text, sizeof(text), "%s/%s/%s", folder, entry->d_name, file) > 0)
			sum += read(text);
	if (dir)
		closedir(dir);
	return sum;
}

static uint64_t plain_number(const char *text)
{
	return strtoull(text, NULL, 0); /* decimal; SCSI's counters are hexadecimal with 0x */
}

uint64_t aer_total(const char *text)
{
	const char *at = strstr(text, "TOTAL");

	at = at ? strchr(at, ' ') : NULL;
	return at ? strtoull(at, NULL, 10) : 0;
}

uint64_t interrupts_total(const char *table, const char *label)
{
	size_t len = strlen(label);
	uint64_t sum = 0;

	for (const char *line = table; *line;) {
		const char *at = line + strspn(line, " ");

		if (!strncmp(at, label, len) && at[len] == ':') {
			for (at += len + 1; at += strspn(at, " "), isdigit((unsigned char)*at);)
				sum += strtoull(at, (char **)&at, 10);
			return sum;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}

static uint64_t vmstat(const char *name)
{
	char *text = NULL, *at;
	uint64_t value = 0;

	if (file_load(&text, 1 << 20, "/proc/vmstat") < 0)
		return 0;
	at = strstr(text, name);
	if (at)
		value = strtoull(at + strlen(name), NULL, 10);
	free(text);
	return value;
}

static void read_errors(struct health *health)
{
	static const char cpus[] = "/sys/devices/system/cpu", pci[] = "/sys/bus/pci/devices",
			  memory[] = "/sys/devices/system/edac/mc";
	char *interrupts = NULL;

	health->throttled =
		sum_files(cpus, "cpu", "thermal_throttle/core_throttle_count", plain_number) +
		sum_files(cpus, "cpu", "thermal_throttle/package_throttle_count", plain_number);
	health->pcie_corrected = sum_files(pci, "", "aer_dev_correctable", aer_total);
	health->pcie_worse = sum_files(pci, "", "aer_dev_nonfatal", aer_total) +
			     sum_files(pci, "", "aer_dev_fatal", aer_total);
	health->ecc_corrected = sum_files(memory, "mc", "ce_count", plain_number);
	health->ecc_worse = sum_files(memory, "mc", "ue_count", plain_number);
	health->disk_errors = sum_files("/sys/block", "", "device/ioerr_cnt", plain_number);
	health->memory_kills = vmstat("\noom_kill ");
	if (file_load(&interrupts, 16 << 20, "/proc/interrupts") > 0)
		health->machine_checks = interrupts_total(interrupts, "MCE");
	free(interrupts);
	health->checks_noted = machine_checks_noted();
}

static void read_link(struct health_link *link, const char *name)
{
	char text[32];

	*link = (struct health_link){ .speed_mbit = -1 };
	snprintf(link->name, sizeof(link->name), "%.15s", name);
	if (file_read(text, sizeof(text), "/sys/class/net/%s/carrier_changes", name) > 0)
		link->changes = (unsigned)strtoul(text, NULL, 10);
	if (file_read(text, sizeof(text), "/sys/class/net/%s/speed", name) > 0)
		link->speed_mbit = atoi(text);
	file_read(link->duplex, sizeof(link->duplex), "/sys/class/net/%s/duplex", name);
}

static void read_links(struct health *health)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/net");

	while (dir && (entry = readdir(dir)) && health->links < MAX_LINKS)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lo") != 0 &&
		    strcmp(entry->d_name, "bonding_masters") != 0)
			read_link(&health->link[health->links++], entry->d_name);
	if (dir)
		closedir(dir);
}

void health_read(struct health *health)
{
	char text[32];

	*health = (struct health){ .rtc_s = NAN, .partner_s = NAN };
	read_errors(health);
	read_links(health);
	file_read(health->clocksource, sizeof(health->clocksource),
		  "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	if (file_read(text, sizeof(text), "/sys/class/rtc/rtc0/since_epoch") > 0)
		health->rtc_s = strtod(text, NULL);
	health->raw_s = (double)clock_raw_ns() / 1e9;
	health->wall_s = (double)wall_ms() / 1e3;
}

/* ---- comparing ---- */

const char *lost_name(enum lost kind)
{
	static const char *const names[] = {
		[LOST_THROTTLED] = "throttled",
		[LOST_MACHINE_CHECK] = "machine-check",
		[LOST_PCIE_ERROR] = "pcie-error",
		[LOST_MEMORY_ERROR] = "memory-error",
		[LOST_DISK_ERROR] = "disk-error",
		[LOST_LINK] = "link-change",
		[LOST_CLOCK_SOURCE] = "clock-source",
		[LOST_CLOCK] = "clock",
		[LOST_PARTNER] = "partner",
		[LOST_OUT_OF_MEMORY] = "out-of-memory",
		[LOST_KERNEL_MESSAGE] = "kernel-message",
	};

	return names[kind];
}

void reasons_add(struct reasons *reasons, enum lost kind, const char *format, ...)
{
	struct reason *reason;
	size_t same = 0;
	va_list args;

	for (size_t i = 0; i < reasons->count; i++)
		same += reasons->at[i].kind == kind;
	/* One oops is thirty lines. */
	if (reasons->count == REASONS || same == REASONS_OF_A_KIND) {
		reasons->more++;
		return;
	}
	reason = &reasons->at[reasons->count++];
	reason->kind = kind;
	va_start(args, format);
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
}

static void compare_counts(const struct health *before, const struct health *after,
			   struct reasons *reasons)
{
	const struct {
		enum lost kind;
		uint64_t then, now;
		const char *what;
	} counts[] = {
		{ LOST_THROTTLED, before->throttled, after->throttled,
		  "times a processor was slowed down for heat or power" },
		{ LOST_MACHINE_CHECK, before->machine_checks, after->machine_checks,
		  "machine check exceptions" },
		{ LOST_MACHINE_CHECK, before->checks_noted, after->checks_noted,
		  "machine check banks more hold an error that the kernel has not read yet" },
		{ LOST_PCIE_ERROR, before->pcie_corrected, after->pcie_corrected,
		  "corrected PCIe errors (AER)" },
		{ LOST_PCIE_ERROR, before->pcie_worse, after->pcie_worse,
		  "uncorrected PCIe errors (AER)" },
		{ LOST_MEMORY_ERROR, before->ecc_corrected, after->ecc_corrected,
		  "corrected memory errors (ECC)" },
		{ LOST_MEMORY_ERROR, before->ecc_worse, after->ecc_worse,
		  "uncorrected memory errors (ECC)" },
		{ LOST_DISK_ERROR, before->disk_errors, after->disk_errors,
		  "disk requests ended in an error" },
		{ LOST_OUT_OF_MEMORY, before->memory_kills, after->memory_kills,
		  "processes were ended for want of memory" },
	};

	/* A device that is gone takes its counters along, and a bank that was read is empty. */
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		if (counts[i].now > counts[i].then)
			reasons_add(reasons, counts[i].kind, "%llu %s",
				    (unsigned long long)(counts[i].now - counts[i].then),
				    counts[i].what);
}

static const struct health_link *find_link(const struct health *health, const char *name)
{
	for (size_t i = 0; i < health->links; i++)
		if (!strcmp(health->link[i].name, name))
			return &health->link[i];
	return NULL;
}

static void compare_link(const struct health_link *then, const struct health_link *now,
			 struct reasons *reasons)
{
	if (!now)
		reasons_add(reasons, LOST_LINK, "%s is gone", then->name);
	else if (now->changes != then->changes)
		reasons_add(reasons, LOST_LINK, "the link of %s went or came %u times", then->name,
			    now->changes - then->changes);
	else if (now->speed_mbit != then->speed_mbit || strcmp(now->duplex, then->duplex) != 0)
		reasons_add(reasons, LOST_LINK, "%s: %d Mbit/s %s before, %d Mbit/s %s after",
			    then->name, then->speed_mbit, then->duplex, now->speed_mbit,
			    now->duplex);
}

static void compare_links(const struct health *before, const struct health *after,
			  struct reasons *reasons)
{
	for (size_t i = 0; i < before->links; i++)
		compare_link(&before->link[i], find_link(after, before->link[i].name), reasons);
	for (size_t i = 0; i < after->links; i++)
		if (!find_link(before, after->link[i].name))
			reasons_add(reasons, LOST_LINK, "%s has come", after->link[i].name);
}

/* A hundredth: a processor's counter that an emulator or a busy host let be measured wrongly is off
 * by less, two sound quartzes by a ten thousandth. Together with a quarter of a second, that is
 * what a figure of ours could be wrong by without being seen. */
static void compare_partner(const struct health *before, const struct health *after,
			    struct reasons *reasons)
{
	double ours_s = after->asked_s - before->asked_s,
	       theirs_s = after->partner_s - before->partner_s;
	double allowed_s =
		0.25 + ours_s / 100 + (before->partner_trip_s + after->partner_trip_s) / 2;

	if (fabs(theirs_s - ours_s) > allowed_s)
		reasons_add(reasons, LOST_CLOCK,
			    "it took %.2f s by our clock and %.2f s by the partner's", ours_s,
			    theirs_s);
}

/* The board's clock counts seconds: two readings are up to one off. A guest that was stopped has an
 * own clock that stood still. */
static void compare_clocks(const struct health *before, const struct health *after,
			   struct reasons *reasons)
{
	double ours_s = after->raw_s - before->raw_s, theirs_s = after->rtc_s - before->rtc_s;
	double allowed_s = 2 + ours_s / 1000;

	if (fabs(theirs_s - ours_s) > allowed_s)
		reasons_add(reasons, LOST_CLOCK,
			    "it took %.1f s by our clock and %.0f s by the board's (RTC)", ours_s,
			    theirs_s);
	/* In the second second of every boot the kernel has measured the TSC better. */
	if (strcmp(before->clocksource, after->clocksource) != 0 &&
	    (strcmp(before->clocksource, "tsc-early") != 0 ||
	     strcmp(after->clocksource, "tsc") != 0))
		reasons_add(reasons, LOST_CLOCK_SOURCE, "the clock source was %s and is %s",
			    before->clocksource, after->clocksource);
}

void health_compare(const struct health *before, const struct health *after,
		    struct reasons *reasons)
{
	compare_counts(before, after, reasons);
	compare_links(before, after, reasons);
	compare_clocks(before, after, reasons);
	compare_partner(before, after, reasons);
}
