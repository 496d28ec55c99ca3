/* SPDX-License-Identifier: MIT */
/* The sockets of the search for a partner: see init/pair/search.h. */
#include "init/pair/search.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

/* To say, not to hear. */
static int open_group(unsigned index)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), off = 0, hops = 1, err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void set_group(struct address *group, unsigned index)
{
	address_any(AF_INET6, PAIR_PORT, group);
	inet_pton(AF_INET6, PAIR_GROUP, &group->v6.sin6_addr);
	group->v6.sin6_scope_id = index;
}

static int open_beacons(struct search *search)
{
	struct ipv6_mreq join = { .ipv6mr_interface = search->index };
	int fd = open_group(search->index);

	if (fd < 0)
		return fd;
	join.ipv6mr_multiaddr = search->group.v6.sin6_addr;
	if (!bind(fd, &search->group.any, search->group.len) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join, sizeof(join))) {
		search->beacon_fd = fd;
		return 0;
	}
	int err = -errno;
	close(fd);
	return err;
}

int search_open(struct search *search)
{
	const struct network *network = &search->story->network;
	int err = address_resolve(network->link_local, PAIR_PORT, &search->own);

	search->index = if_nametoindex(network->nic);
	set_group(&search->group, search->index);
	if (!err)
		err = open_beacons(search);
	if (!err)
		err = search->call_fd = socket_listen(&search->own, SOCK_STREAM, 0);
	return err < 0 ? err : 0;
}

void search_close(struct search *search)
{
	if (search->beacon_fd >= 0)
		close(search->beacon_fd);
	if (search->call_fd >= 0)
		close(search->call_fd);
}

/* A wire that is down now may be up for the next one. */
void beacon_send(int fd, const struct beacon *beacon, const struct address *group)
{
	uint8_t bytes[BEACON_BYTES];

	beacon_encode(beacon, bytes);
	if (sendto(fd, bytes, sizeof(bytes), MSG_DONTWAIT, &group->any, group->len) < 0)
		return;
}

void pair_say_taken(const struct story *story)
{
	unsigned index = if_nametoindex(story->network.nic);
	struct address group;
	int fd = index ? open_group(index) : -1;

	if (fd < 0)
		return;
	set_group(&group, index);
	beacon_send(fd, &story->pair->self, &group);
	close(fd);
}
