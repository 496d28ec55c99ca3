/* SPDX-License-Identifier: MIT */
/* Shared by find.c and wire.c and nobody else: a search for a partner. */
#ifndef ASSAY_PAIR_SEARCH_H
#define ASSAY_PAIR_SEARCH_H

#include "init/pair/pair.h"

/* The sockets of the search; both on the test interface only, both gone when it is over. */
struct search {
	struct story *story;
	struct pair *pair;
	struct pairing pairing;
	struct address group, own; /* own: link-local, where calls arrive */
	unsigned index;		   /* of the interface */
	int beacon_fd, call_fd;
	bool told_clone, told_version;
};

/* Both sockets, on the interface of the network; 0 or -errno. */
int search_open(struct search *search);
void search_close(struct search *search);
/* A wire that is down now may be up for the next one: it is sent or not. */
void beacon_send(int fd, const struct beacon *beacon, const struct address *group);

#endif
