/* SPDX-License-Identifier: MIT */
/*
 * What makes a step's numbers worthless: looked at before and after it, never while it is timed. A
 * step that measured, while one of these happened, ends as invalid.
 */
#ifndef ASSAY_SENTRY_H
#define ASSAY_SENTRY_H

#include "init/init.h"

/* Why; the words are those of the records: "invalid: throttled". */
enum lost {
	LOST_THROTTLED,	    /* for heat or power */
	LOST_MACHINE_CHECK, /* the processor's own errors */
	LOST_PCIE_ERROR,    /* AER */
	LOST_MEMORY_ERROR,  /* ECC */
	LOST_DISK_ERROR,    /* of the medium, or on the way to it */
	LOST_LINK,	    /* a link went, came, or has another speed */
	LOST_CLOCK_SOURCE,
	LOST_CLOCK,   /* our clock and another one disagree about how long it took */
	LOST_PARTNER, /* that was measured with, and is there no more */
	LOST_OUT_OF_MEMORY,
	LOST_KERNEL_MESSAGE, /* a warning or worse that nobody expects */
	LOST_KINDS
};
const char *lost_name(enum lost kind);

enum { REASONS = 12, REASONS_OF_A_KIND = 3 };
struct reasons {
	struct reason {
		enum lost kind;
		char text[200];
	} at[REASONS];
	size_t count, more; /* more: found no room */
};
void reasons_add(struct reasons *reasons, enum lost kind, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* ---- kmsg.c: the kernel's messages; pure ---- */

enum { KERNEL_WARNING = 4 }; /* levels of syslog(2): smaller is worse */
struct kmsg {
	unsigned level, facility;
	unsigned long long sequence, time_us; /* since the boot */
	char text[240];
};
/* One record of /dev/kmsg (ABI/testing/dev-kmsg): "4,1234,5678,-;text\n KEY=value\n". -EINVAL: not
 * of the form. */
int kmsg_parse(const char *record, size_t len, struct kmsg *out);
enum kmsg_kind { KMSG_EXPECTED, KMSG_REMARK, KMSG_LOST };
/* What a message means for the step during which it came; of KMSG_LOST also the kind. */
enum kmsg_kind kmsg_judge(const struct kmsg *message, enum lost *kind);

/* ---- machine_checks.c ---- */

/* So many banks of all CPUs hold an error that the kernel has not read yet. */
uint64_t machine_checks_noted(void);
bool machine_check_is_noted(uint64_t status); /* IA32_MCi_STATUS */

/* ---- health.c: counters and states that may not move ---- */

struct health {
	uint64_t throttled, machine_checks, checks_noted, pcie_corrected, pcie_worse, ecc_corrected,
		ecc_worse, disk_errors, memory_kills;
	char clocksource[32];
	struct health_link {
		char name[16], duplex[12];
		unsigned changes; /* of the carrier */
		int speed_mbit;	  /* -1: unknown */
	} link[MAX_LINKS];
	size_t links;
	double raw_s,
		rtc_s; /* CLOCK_MONOTONIC_RAW; the board's clock, to a second; NAN: there is none */
	double wall_s; /* that labels */
	/* The partner's clock, when it was so late by ours, and how long asking took; NAN: nobody
	 * was asked. */
	double partner_s, asked_s, partner_trip_s;
};
void health_read(struct health *health);
void health_compare(const struct health *before, const struct health *after,
		    struct reasons *reasons); /* pure */
/* Of a text as of /proc/interrupts: one row over all CPUs. 0: no such row. */
uint64_t interrupts_total(const char *table, const char *label);
/* Of a text as of aer_dev_correctable: the line that begins with TOTAL. */
uint64_t aer_total(const char *text);

/* ---- sentry.c: around a step ---- */

struct sentry {
	int kmsg;	  /* -1: cannot be read */
	bool has_partner; /* the step is measured with it */
	struct health before;
};
void sentry_begin(struct sentry *sentry, struct story *story);
/* Records what happened and, of a step that would count, makes the outcome invalid. */
void sentry_end(struct sentry *sentry, struct story *story, const struct step *step,
		struct result *result);

#endif
