/* SPDX-License-Identifier: MIT */
/* What a disk is, as far as the kernel knows: what its times may be compared with. */
#ifndef ASSAY_ENGINE_MEDIUM_H
#define ASSAY_ENGINE_MEDIUM_H

#include "bench/bench.h"

enum medium {
	MEDIUM_UNKNOWN, /* also a parameter's "auto" */
	MEDIUM_ROTATING,
	MEDIUM_FLASH,
	MEDIUM_VIRTUAL, /* made by software below: what it really is cannot be seen from here */
};
#define MEDIUM_CHOICES "auto|rotating|flash|virtual"
const char *medium_name(enum medium medium);

struct medium_facts {
	enum medium medium;
	bool hypervisor;      /* the CPU says that one is below */
	int rotational, fua;  /* 0, 1; -1: unknown */
	char write_cache[24]; /* "write back", "write through"; "": unknown */
	char device[160];     /* its folder in /sys/devices */
};
/* Of a block device, or of the one below a file. Facts that cannot be read stay unknown. */
void medium_look(const char *path, struct medium_facts *out);
/* One line: "write_cache=write back fua=0 rotational=1 hypervisor=yes: virtual". */
void medium_describe(const struct medium_facts *facts, struct text *out);

/* Looks at run->target and notes the facts; `stated`, unless unknown, is what the medium is taken
 * for. */
void medium_note(struct run *run, bool is_block, enum medium stated, struct medium_facts *out);

/* Virtual when a hypervisor is below or the device's folder names a paravirtual bus or a loop
 * device; else by the queue's "rotational". Pure. */
enum medium medium_judge(const struct medium_facts *facts);
/* Whether the first processor of a /proc/cpuinfo has the flag that hypervisors set. Pure. */
bool medium_has_hypervisor(const char *cpuinfo);

#endif
