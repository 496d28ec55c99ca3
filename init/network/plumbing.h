/* SPDX-License-Identifier: MIT */
/*
 * How the links come up: which NICs a link may mean (link_choice.c), the devices made of them
 * (link_build.c), their addresses (link_address.c), and all of it in order, each step by condition
 * and with a limit (network.c). What becomes of a link later is in link_watch.c.
 */
#ifndef ASSAY_NETWORK_PLUMBING_H
#define ASSAY_NETWORK_PLUMBING_H

#include "init/init.h"
#include "init/network/lease.h"
#include "init/network/netlink.h"

/* One way to have the link: a device of one NIC, or of several when it is a bond. */
struct candidate {
	char nic[WISH_NICS][16];
	size_t nic_count;
	char device[16]; /* "eth0", "eth0.100", "bond0", "bond0.100" */
	bool built;
	pid_t client;	    /* of DHCP; 0: none */
	size_t told;	    /* of what the client told, so many bytes were read */
	struct lease lease; /* address family 0: none yet */
};

struct plumbing {
	size_t link; /* 0: the one measured through */
	const struct wish *wish;
	const struct settings *settings;
	struct network *network;
	struct candidate candidate[MAX_LINKS];
	size_t count;
	const char *peer;		  /* what is to be reached; "" when nobody is named */
	struct prefix hint, hint_gateway; /* the loader's address; family 0: none */
	int events;
};

/* link_choice.c: pure. The NICs that link `index` may mean, in order; for a bond its legs. -ENODEV
 * and a line that names the machine's NICs. boot_mac "": the loader named none. */
int wish_match(const struct wish wish[WISHES], size_t index, const struct machine *machine,
	       const char *boot_mac, const struct link *out[MAX_LINKS], size_t *count, char *why,
	       size_t room);

/* link_build.c. -errno and a line. */
int candidate_build(const struct plumbing *plumbing, struct candidate *candidate, char *why,
		    size_t room);
/* Nothing of ours stays on it: it does not answer, ask or listen. */
void candidate_drop(const struct plumbing *plumbing, struct candidate *candidate);

/* link_address.c: a lease is asked for on every NIC that may be the link and has a carrier. */
void link_ask_leases(struct plumbing *plumbing);
/* What the wish says onto candidates that have a link; fills plumbing->network. */
void link_take_addresses(struct plumbing *plumbing);
/* "static", "dhcp", "loader", "slaac", "link-local". */
const char *address_origin(const struct own_address *own, const struct network *network,
			   const struct wish *wish);
void addresses_describe(const struct network *network, const struct wish *wish, struct text *out);
bool link_needs_v6(const struct plumbing *plumbing);

#endif
