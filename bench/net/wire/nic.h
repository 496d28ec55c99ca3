/* SPDX-License-Identifier: MIT */
/* The network interface under a test: what it is, what it does for us, what it counted. */
#ifndef ASSAY_NIC_H
#define ASSAY_NIC_H

#include "bench/net/wire/sockets.h"
#include "lib/lib.h"

enum { NIC_NAME = 16 };
/* Which interface the kernel would send to the peer through, asked of it by RTM_GETROUTE
 * (rtnetlink(7)): lo for an address of our own. -errno: no route. */
int nic_toward(const struct address *peer, char name[NIC_NAME]);

/* Facts; 0 or "" where the driver does not say. */
struct nic {
	char name[NIC_NAME], driver[32];
	unsigned mtu, speed_mbit, rx_queues, tx_queues;
	unsigned rx_ring, rx_ring_most, tx_ring, tx_ring_most;
	/* By SIOCETHTOOL: 1 on, 0 off, -1 unknown. */
	int rx_checksum, tx_checksum, tso, gso, gro, lro;
};
void nic_look(const char *name, struct nic *out);
/* "eth0: virtio_net, mtu 1500, rx-checksum on ..., 2 rx and 2 tx queues". */
void nic_describe(const struct nic *nic, struct text *out);

/* Of IFLA_STATS64. Dropped takes in what the NIC itself had no room for
 * (rx_missed_errors, which the kernel keeps apart from rx_dropped). */
struct nic_counters {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_dropped, rx_errors, tx_dropped, tx_errors;
};
void nic_count(const char *name, struct nic_counters *out);
struct nic_counters nic_since(const struct nic_counters *before, const struct nic_counters *after);

#endif
