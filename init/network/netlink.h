/* SPDX-License-Identifier: MIT */
/*
 * rtnetlink(7): links, addresses and routes are changed by requests that the kernel acknowledges,
 * and awaited by its own announcements. Names are of our network namespace.
 */
#ifndef ASSAY_NETLINK_H
#define ASSAY_NETLINK_H

#include "init/network/links.h"

struct own_address {
	struct prefix prefix;
	uint32_t flags, valid_seconds; /* IFA_F_*; UINT32_MAX: for ever */
	uint8_t scope, protocol;       /* RT_SCOPE_*; IFAPROT_KERNEL_RA: by a router's word */
};

/* All return 0 or -errno. What is there already is no error. */
int link_set_up(const char *device, bool up);
int link_set_mtu(const char *device, unsigned mtu);
int link_mtu_bounds(const char *device, unsigned *least, unsigned *most);
int link_add_vlan(const char *nic, unsigned tag, const char *device);
/* first: of active-backup the leg that is used while it has a link. */
int link_add_bond(const char *device, enum bond mode, const char *first);
int link_set_master(const char *nic, const char *master);
int link_remove(const char *device);
int address_add(const char *device, const struct prefix *prefix);
int address_remove(const char *device, const struct prefix *prefix);
int route_add_default(const char *device, const struct prefix *gateway);

/* The addresses of a device; how many, at most room. */
size_t addresses_read(const char *device, struct own_address *out, size_t room);

/* What the kernel announces of links and addresses. */
int link_events_open(void);
/* Until something is announced (and all that was is taken), at most until then. */
void link_events_wait(int fd, uint64_t until_ns);

bool link_has_carrier(const char *device);

#endif
