/* SPDX-License-Identifier: MIT */
/* The kernel's own counters of what went wrong above the NIC, of this network namespace: pure
 * parsers of /proc/net/{snmp,snmp6,netstat,softnet_stat}, and one reading of all. */
#ifndef ASSAY_NETSTAT_H
#define ASSAY_NETSTAT_H

#include <stdbool.h>
#include <stdint.h>

struct netstat {
	uint64_t tcp_retransmitted; /* segments */
	uint64_t tcp_timeouts;	    /* retransmission timers that ran out */
	uint64_t listen_drops;	    /* connections for which a listener had no room */
	uint64_t udp_no_room;	    /* datagrams that found a full receive buffer */
	uint64_t udp_in_errors, udp_send_no_room;
	/* Of the whole machine, not of the namespace: packets that found the queue between driver
	 * and protocols full, and rounds that ended with packets left over. */
	uint64_t softnet_dropped, softnet_squeezed;
};
void netstat_read(struct netstat *out); /* what cannot be read is 0 */
/* after - before, field by field. */
struct netstat netstat_since(const struct netstat *before, const struct netstat *after);

/* "Udp: InDatagrams RcvbufErrors" above "Udp: 12 3", as in snmp and netstat. 0 when it is not
 * there. */
uint64_t netstat_table_value(const char *table, const char *group, const char *name);
/* "Udp6RcvbufErrors   3", as in snmp6. */
uint64_t netstat_list_value(const char *list, const char *name);
/* The sums of the second and third hexadecimal columns of softnet_stat, one row a processor. */
void netstat_softnet(const char *rows, uint64_t *dropped, uint64_t *squeezed);

#endif
