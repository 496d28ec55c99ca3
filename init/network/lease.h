/* SPDX-License-Identifier: MIT */
/*
 * A lease by busybox udhcpc. The client stays and sleeps until half of the lease is over (RFC 2131,
 * T1), then asks for it anew. What becomes of the lease it tells image/udhcpc.script, which adds a
 * line to /run/dhcp-DEVICE; whoever looks later reads what has happened since.
 */
#ifndef ASSAY_LEASE_H
#define ASSAY_LEASE_H

#include "init/network/links.h"

#include <sys/types.h>

enum lease_event { LEASE_BEGUN, LEASE_BOUND, LEASE_RENEWED, LEASE_REFUSED, LEASE_UNANSWERED };

struct lease { /* one line of what has happened */
	enum lease_event event;
	double uptime_s;       /* when, by /proc/uptime */
	struct prefix address; /* family 0: none */
	uint64_t seconds;      /* it is lent for so long; UINT32_MAX: for ever */
	char router[16], server[16];
};
/* "bound 12.34 ip=198.18.0.50/24 router=198.18.0.1 lease=3600 server=198.18.0.1". -EINVAL. */
int lease_parse(const char *line, struct lease *out);

/* The client's pid, or -errno. hint: an address to ask for; family 0: none. */
pid_t lease_start(const char *device, const struct prefix *hint);
void lease_stop(pid_t client, const char *device);
/* The next line behind *offset; false: nothing has happened since. */
bool lease_next(const char *device, size_t *offset, struct lease *out);
/* That the address it was offered is in use, when it found that. */
void lease_quote(const char *device, struct text *out);

#endif
