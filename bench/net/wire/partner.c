/* SPDX-License-Identifier: MIT */
/* What benchmarks with a partner have in common: see partner.h. */
#include "bench/net/wire/partner.h"

#include <errno.h>
#include <sys/resource.h>

#define SLICE_NS (50 * MILLISECOND_NS)

int partner_find(struct run *run, uint16_t port, double patience_seconds, struct address *peer,
		 struct address *local)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(patience_seconds * 1e9);

	if (!run->target)
		return run_fail(run, -EDESTADDRREQ, "no partner named");
	int err = address_resolve(run->target, port, peer);
	if (err)
		return run_fail(run, err, "finding the address of %s", run->target);
	for (;;) {
		err = address_toward(peer, local);
		if ((err != -ENETUNREACH && err != -EADDRNOTAVAIL) || clock_raw_ns() >= until_ns)
			break;
		clock_sleep_ns(SLICE_NS);
	}
	return err ? run_fail(run, err, "finding a way to %s", run->target) : 0;
}

void partner_note_ends(struct run *run, const struct address *local, const struct address *peer)
{
	char ours[ADDRESS_ROOM], theirs[ADDRESS_ROOM];

	address_format(local, ours);
	address_format(peer, theirs);
	run_note(run, "local %s port %u connected with %s port %u", ours, address_port(local),
		 theirs, address_port(peer));
}

void partner_note_connection(struct run *run, int fd, unsigned index)
{
	struct address local, peer;

	if (!index && fd >= 0 && !address_of(fd, &local, &peer))
		partner_note_ends(run, &local, &peer);
}

void meter_begin(struct meter *meter, uint64_t now_ns, uint64_t bytes)
{
	*meter = (struct meter){ now_ns, bytes };
}

void meter_sample(struct meter *meter, struct run *run, unsigned metric, uint64_t now_ns,
		  uint64_t bytes, uint64_t least_ns)
{
	uint64_t elapsed_ns = now_ns - meter->last_ns;

	if (!elapsed_ns || elapsed_ns < least_ns || bytes < meter->last_bytes)
		return;
	run_sample(run, metric, (double)(bytes - meter->last_bytes) * 8e3 / (double)elapsed_ns);
	meter_begin(meter, now_ns, bytes);
}

static double process_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct cpu_meter cpu_meter_begin(void)
{
	return (struct cpu_meter){ process_cpu_seconds(), clock_raw_ns() };
}

double cpu_meter_percent(const struct cpu_meter *meter)
{
	double elapsed = (double)(clock_raw_ns() - meter->start_ns) / 1e9;

	return elapsed > 0 ? 100 * (process_cpu_seconds() - meter->cpu_seconds) / elapsed : 0;
}
