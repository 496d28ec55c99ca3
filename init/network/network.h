/* SPDX-License-Identifier: MIT */
/* What became of each link, and how it is asked for; the parts are in plumbing.h. */
#ifndef ASSAY_NETWORK_H
#define ASSAY_NETWORK_H

#include "init/network/lease.h"
#include "init/settings.h"
#include "lib/lib.h"

struct network { /* what became of one link */
	bool up;
	char nic[16], mac[18], address[64]; /* nic: the device that has the address: "bond0.100" */
	char how[16];			    /* dhcp, static, slaac, loader, link-local */
	unsigned bits;			    /* of the IPv4 network; 0: no IPv4 address */
	char link_local[64];		    /* "fe80::1%eth0", when a partner is to be found */
	char why_not[WHY_ROOM];
	char remark[WHY_ROOM]; /* up, but not as it was wanted */
	char partner[64];      /* the address of the one that was found */
	char why_no_partner[WHY_ROOM];

	char lower[WISH_NICS][16]; /* the NICs beneath */
	size_t lower_count;
	char bond[16], active[16]; /* "" when it is none; the leg that is used, where one is */
	unsigned carrier_changes[WISH_NICS];
	char addresses[400]; /* as they were when last looked at */
	struct lease lease;  /* the last that was given; address family 0: none */
	pid_t client;	     /* that renews it; 0: none */
	size_t told;	     /* of what it told, so much is recorded */
};
struct story;
/* Links up, with addresses (given, lent, advertised, link-local): by condition, with limits. The
 * outcomes are in story->network and story->further. It begins without waiting, so that a cable is
 * agreed upon and a lease is asked for while the machine is looked at. */
void network_begin(struct story *story);
void network_end(struct story *story);
struct network *story_network(struct story *story, size_t link);
void network_remark(struct network *network, const char *format, ...) PRINTF_LIKE(2, 3);
/* network/link_facts.c: every link with its structure, its addresses and how each came. */
struct cJSON *links_detail(struct story *story);
/* network/link_watch.c: what changed since, recorded as of this step. */
void link_watch_begin(struct network *network, const struct wish *wish);
void links_watch(struct story *story, const char *step);

/* ---- network/address.c: addresses before they are used ---- */

struct in_addr;
/* Asks the wire by ARP (RFC 5227). 0; -EADDRINUSE and who has it; -errno. Takes half a second. */
int address_check_free(const char *nic, const char *mac, struct in_addr address, char *why,
		       size_t room);
/* Waits for the kernel's link-local address of the NIC, proved unique: "fe80::1%eth0". */
int link_local_await(const char *nic, double seconds, char *out, size_t room, char *why,
		     size_t why_room);
/* The same in a table as of /proc/net/if_inet6. -ENOENT, -EAGAIN (not proved yet), -EADDRINUSE. */
int link_local_find(const char *table, const char *nic, char *out, size_t room);

#endif
