/* SPDX-License-Identifier: MIT */
/*
 * What our machine did while a network result was measured: processors, interface, protocol
 * counters, clocks - the reason beside the number. A benchmark puts HOST_ROWS(first) among its
 * metrics, with HOST_METRICS places from `first` on, and calls begin and conclude around what it
 * times.
 */
#ifndef ASSAY_HOST_H
#define ASSAY_HOST_H

#include "bench/bench.h"
#include "bench/engine/clocks.h"
#include "bench/net/wire/netstat.h"
#include "bench/net/wire/nic.h"

enum {
	HOST_BUSY,
	HOST_SOFTIRQ,
	HOST_STEAL,
	HOST_DROPPED,
	/* details from here on; the counters of them only when they grew */
	HOST_CORE_USER,
	HOST_CORE_SYSTEM,
	HOST_CORE_IRQ,
	HOST_CORE_SOFTIRQ,
	HOST_CORE_STEAL,
	HOST_RX_PACKETS,
	HOST_RX_BYTES,
	HOST_TX_PACKETS,
	HOST_TX_BYTES,
	HOST_RX_DROPPED,
	HOST_RX_ERRORS,
	HOST_TX_DROPPED,
	HOST_TX_ERRORS,
	HOST_TCP_RETRANSMITTED,
	HOST_TCP_TIMEOUTS,
	HOST_LISTEN_DROPS,
	HOST_UDP_NO_ROOM,
	HOST_UDP_SEND_NO_ROOM,
	HOST_SOFTNET_DROPPED,
	HOST_SOFTNET_SQUEEZED,
	HOST_CLOCK_DRIFT,
	HOST_METRICS
};

#define HOST_CORE_ROW(name, help)                                                       \
	{                                                                               \
		name, "%", help, NEITHER_IS_BETTER, BY_LAST, false, true, host_cpu_axes \
	}
#define HOST_COUNT_ROW(name, unit, help)                                     \
	{                                                                    \
		name, unit, help, LESS_IS_BETTER, BY_LAST, false, true, NULL \
	}

/* In the order of the names above. */
#define HOST_ROWS(first)                                                                           \
	[first] = { "cpu_busy", "%", "all processors, by all programs", LESS_IS_BETTER, BY_LAST }, \
	{ "cpu_softirq", "%", "all processors, in the kernel's network half", LESS_IS_BETTER,      \
	  BY_LAST },                                                                               \
	{ "cpu_steal", "%", "all processors, taken by the hypervisor", LESS_IS_BETTER, BY_LAST },  \
	{ "nic_dropped", "packets", "dropped or in error at the interface, both ways",             \
	  LESS_IS_BETTER, BY_LAST },                                                               \
	HOST_CORE_ROW("core_user", "of each processor that did anything"),                         \
	HOST_CORE_ROW("core_system", "in the kernel, without interrupts"),                         \
	HOST_CORE_ROW("core_irq", "hard interrupts"),                                              \
	HOST_CORE_ROW("core_softirq", "soft interrupts"),                                          \
	HOST_CORE_ROW("core_steal", "taken by the hypervisor"),                                    \
	HOST_COUNT_ROW("nic_rx_packets", "packets", "by the interface, of everybody"),             \
	HOST_COUNT_ROW("nic_rx_bytes", "B", "with headers"),                                       \
	HOST_COUNT_ROW("nic_tx_packets", "packets", "by the interface, of everybody"),             \
	HOST_COUNT_ROW("nic_tx_bytes", "B", "with headers"),                                       \
	HOST_COUNT_ROW("nic_rx_dropped", "packets", "rx_dropped and rx_missed_errors"),            \
	HOST_COUNT_ROW("nic_rx_errors", "packets", "rx_errors"),                                   \
	HOST_COUNT_ROW("nic_tx_dropped", "packets", "tx_dropped"),                                 \
	HOST_COUNT_ROW("nic_tx_errors", "packets", "tx_errors"),                                   \
	HOST_COUNT_ROW("tcp_retransmitted", "segments", "by all connections of this machine"),     \
	HOST_COUNT_ROW("tcp_timeouts", "events", "retransmission timers that ran out"),            \
	HOST_COUNT_ROW("listen_drops", "connections", "for which a listener had no room"),         \
	HOST_COUNT_ROW("udp_no_room", "datagrams", "found a full receive buffer on this machine"), \
	HOST_COUNT_ROW("udp_send_no_room", "datagrams",                                            \
		       "found a full send queue on this machine"),                                 \
	HOST_COUNT_ROW("softnet_dropped", "packets",                                               \
		       "found the queue between driver and protocols full"),                       \
	HOST_COUNT_ROW("softnet_squeezed", "events",                                               \
		       "rounds of the network half that stopped early"),                           \
	HOST_COUNT_ROW("clock_drift", "ppm", "the steered clock against the raw one")

extern const struct axis host_cpu_axes[AXES];

struct host_watch {
	struct run *run;
	unsigned first;	    /* of its metrics */
	char nic[NIC_NAME]; /* "": unknown */
	bool noted;
	char *stat; /* /proc/stat */
	struct nic_counters counted;
	struct netstat netstat;
	struct clocks clocks;
};

/* The watch is all zeros before its first begin(). Looks at the interface toward the peer and notes
 * once what it is. */
void host_watch_begin(struct host_watch *watch, struct run *run, unsigned first,
		      const struct address *peer);
/* Samples what happened since, and warns of what can have spoilt the result. Harmless without a
 * begin(), or a second time. */
void host_watch_conclude(struct host_watch *watch);

#endif
