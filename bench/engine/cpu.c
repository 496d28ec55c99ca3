/* SPDX-License-Identifier: MIT */
/* Rows "cpu3 user nice system idle iowait irq softirq steal guest guest_nice": see cpu.h. */
#include "bench/engine/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find_row(const char *stat, int cpu)
{
	char label[24];
	size_t len = (size_t)(cpu < 0 ? snprintf(label, sizeof(label), "cpu ") :
					snprintf(label, sizeof(label), "cpu%d ", cpu));

	while (stat && strncmp(stat, label, len) != 0) {
		stat = strchr(stat, '\n');
		stat = stat ? stat + 1 : NULL;
	}
	return stat ? stat + len : NULL;
}

bool cpu_time_read(const char *stat, int cpu, struct cpu_time *out)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
	uint64_t field[FIELDS];
	const char *at = find_row(stat, cpu);

	*out = (struct cpu_time){ 0 };
	for (int i = 0; i < FIELDS; i++) {
		char *end;
		if (!at)
			return false;
		field[i] = strtoull(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	*out = (struct cpu_time){
		field[USER] + field[NICE],  field[SYSTEM], field[IRQ], field[SOFTIRQ], field[STEAL],
		field[IDLE] + field[IOWAIT]
	};
	return true;
}

static uint64_t rise(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0; /* iowait may fall: proc(5) */
}

void cpu_share_of(const struct cpu_time *before, const struct cpu_time *after,
		  struct cpu_share *out)
{
	struct cpu_time d = {
		rise(before->user, after->user),   rise(before->system, after->system),
		rise(before->irq, after->irq),	   rise(before->softirq, after->softirq),
		rise(before->steal, after->steal), rise(before->idle, after->idle)
	};
	uint64_t busy = d.user + d.system + d.irq + d.softirq;
	double percent;

	*out = (struct cpu_share){ .ticks = busy + d.steal + d.idle };
	if (!out->ticks)
		return;
	percent = 100.0 / (double)out->ticks;
	out->user = percent * (double)d.user;
	out->system = percent * (double)d.system;
	out->irq = percent * (double)d.irq;
	out->softirq = percent * (double)d.softirq;
	out->steal = percent * (double)d.steal;
	out->busy = percent * (double)busy;
}
