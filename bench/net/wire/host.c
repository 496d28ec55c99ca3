/* SPDX-License-Identifier: MIT */
/* Our machine beside a result: see host.h. */
#include "bench/net/wire/host.h"

#include "bench/engine/cpu.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* /proc/stat counts ticks of 10 ms: with fewer of them a share says nothing. */
enum { TICKS_LEAST = 20 };
#define CORE_IDLE_PERCENT 1.0
#define CORE_FULL_PERCENT 95.0
#define STEAL_PERCENT	  1.0

const struct axis host_cpu_axes[AXES] = { { "cpu", "" } };

static char *load_stat(void)
{
	char *text = NULL;

	return file_load(&text, 16 << 20, "/proc/stat") < 0 ? NULL : text;
}

static void note_nic(struct run *run, const char *name)
{
	char line[sizeof(run->shared->notes[0].text)];
	struct text text;
	struct nic nic;

	nic_look(name, &nic);
	text_begin(&text, line, sizeof(line));
	nic_describe(&nic, &text);
	run_note(run, "%s", line);
}

void host_watch_begin(struct host_watch *watch, struct run *run, unsigned first,
		      const struct address *peer)
{
	watch->run = run;
	watch->first = first;
	if (nic_toward(peer, watch->nic))
		watch->nic[0] = '\0';
	if (!watch->noted && watch->nic[0])
		note_nic(run, watch->nic);
	watch->noted = true;
	free(watch->stat);
	watch->stat = load_stat();
	if (watch->nic[0])
		nic_count(watch->nic, &watch->counted);
	netstat_read(&watch->netstat);
	clocks_read(&watch->clocks);
}

/* ---- processors ---- */

static bool share_between(const char *before, const char *after, int cpu, struct cpu_share *share)
{
	struct cpu_time then, now;

	if (!cpu_time_read(before, cpu, &then) || !cpu_time_read(after, cpu, &now))
		return false;
	cpu_share_of(&then, &now, share);
	return share->ticks >= TICKS_LEAST;
}

static void sample_core(struct host_watch *watch, int cpu, const struct cpu_share *share)
{
	struct run *run = watch->run;

	run_at(run, (uint64_t)cpu, 0);
	run_sample(run, watch->first + HOST_CORE_USER, share->user);
	run_sample(run, watch->first + HOST_CORE_SYSTEM, share->system);
	run_sample(run, watch->first + HOST_CORE_IRQ, share->irq);
	run_sample(run, watch->first + HOST_CORE_SOFTIRQ, share->softirq);
	run_sample(run, watch->first + HOST_CORE_STEAL, share->steal);
}

static void sample_cores(struct host_watch *watch, const char *after)
{
	struct run *run = watch->run;
	const uint64_t point[AXES] = { run->point[0], run->point[1] };
	struct cpu_share share, busiest = { 0 };
	long count = sysconf(_SC_NPROCESSORS_CONF);
	int where = -1;

	for (int cpu = 0; cpu < count; cpu++) {
		if (!share_between(watch->stat, after, cpu, &share) ||
		    share.busy + share.steal < CORE_IDLE_PERCENT)
			continue;
		sample_core(watch, cpu, &share);
		if (share.busy > busiest.busy) {
			busiest = share;
			where = cpu;
		}
	}
	run_at(run, point[0], point[1]);
	if (busiest.busy >= CORE_FULL_PERCENT)
		run_warn(run,
			 "CPU %d was busy for %.0f %% of the time (user %.0f, system %.0f, soft "
			 "interrupts %.0f): it may have set the result",
			 where, busiest.busy, busiest.user, busiest.system, busiest.softirq);
}

static void sample_processors(struct host_watch *watch)
{
	struct run *run = watch->run;
	struct cpu_share share;
	char *after = load_stat();

	if (after && watch->stat && share_between(watch->stat, after, CPU_ALL, &share)) {
		run_sample(run, watch->first + HOST_BUSY, share.busy);
		run_sample(run, watch->first + HOST_SOFTIRQ, share.softirq);
		run_sample(run, watch->first + HOST_STEAL, share.steal);
		sample_cores(watch, after);
		if (share.steal >= STEAL_PERCENT)
			run_warn(run,
				 "the hypervisor took %.1f %% of this machine's processor time",
				 share.steal);
	}
	free(after);
}

/* ---- counters ---- */

static void sample_grown(struct host_watch *watch, unsigned metric, uint64_t value)
{
	if (value)
		run_sample(watch->run, watch->first + metric, (double)value);
}

static void sample_nic(struct host_watch *watch)
{
	struct nic_counters now, d;

	nic_count(watch->nic, &now);
	d = nic_since(&watch->counted, &now);
	uint64_t dropped = d.rx_dropped + d.rx_errors + d.tx_dropped + d.tx_errors;
	run_sample(watch->run, watch->first + HOST_DROPPED, (double)dropped);
	sample_grown(watch, HOST_RX_PACKETS, d.rx_packets);
	sample_grown(watch, HOST_RX_BYTES, d.rx_bytes);
	sample_grown(watch, HOST_TX_PACKETS, d.tx_packets);
	sample_grown(watch, HOST_TX_BYTES, d.tx_bytes);
	sample_grown(watch, HOST_RX_DROPPED, d.rx_dropped);
	sample_grown(watch, HOST_RX_ERRORS, d.rx_errors);
	sample_grown(watch, HOST_TX_DROPPED, d.tx_dropped);
	sample_grown(watch, HOST_TX_ERRORS, d.tx_errors);
	if (dropped)
		run_warn(
			watch->run,
			"%s: received packets dropped %llu, in error %llu; sent packets dropped %llu, "
			"in error %llu",
			watch->nic, (unsigned long long)d.rx_dropped,
			(unsigned long long)d.rx_errors, (unsigned long long)d.tx_dropped,
			(unsigned long long)d.tx_errors);
}

static void sample_protocols(struct host_watch *watch)
{
	struct run *run = watch->run;
	struct netstat now, d;

	netstat_read(&now);
	d = netstat_since(&watch->netstat, &now);
	sample_grown(watch, HOST_TCP_RETRANSMITTED, d.tcp_retransmitted);
	sample_grown(watch, HOST_TCP_TIMEOUTS, d.tcp_timeouts);
	sample_grown(watch, HOST_LISTEN_DROPS, d.listen_drops);
	sample_grown(watch, HOST_UDP_NO_ROOM, d.udp_no_room);
	sample_grown(watch, HOST_UDP_SEND_NO_ROOM, d.udp_send_no_room);
	sample_grown(watch, HOST_SOFTNET_DROPPED, d.softnet_dropped);
	sample_grown(watch, HOST_SOFTNET_SQUEEZED, d.softnet_squeezed);
	if (d.udp_no_room)
		run_warn(
			run,
			"%llu datagrams found a full receive buffer on this machine: they were not "
			"lost by the network",
			(unsigned long long)d.udp_no_room);
	if (d.softnet_dropped)
		run_warn(run,
			 "%llu packets were dropped between driver and protocols of this machine "
			 "(net.core.netdev_max_backlog)",
			 (unsigned long long)d.softnet_dropped);
}

/* 500 ppm is the most by which NTP slews (adjtimex(2)); a quartz alone is mostly within 100. */
static void sample_clocks(struct host_watch *watch)
{
	struct run *run = watch->run;
	struct clocks now;
	struct clocks_drift drift;

	clocks_read(&now);
	clocks_compare(&watch->clocks, &now, &drift);
	if (drift.step_ns)
		run_warn(
			run,
			"the wall clock was set by %.3f ms during the measurement: time stamps jumped",
			(double)drift.step_ns / 1e6);
	if (drift.seconds < 1)
		return; /* the reading's own error would be part of it */
	run_sample(run, watch->first + HOST_CLOCK_DRIFT, drift.ppm);
	if (fabs(drift.ppm) > CLOCKS_PPM_MOST)
		run_warn(
			run,
			"the steered clock ran %.0f ppm off the raw one (NTP slews by 500 at most): "
			"the results here are on the raw clock",
			drift.ppm);
}

void host_watch_conclude(struct host_watch *watch)
{
	if (!watch->run)
		return;
	sample_clocks(watch);
	sample_processors(watch);
	if (watch->nic[0])
		sample_nic(watch);
	sample_protocols(watch);
	free(watch->stat);
	watch->stat = NULL;
	watch->run = NULL;
}
