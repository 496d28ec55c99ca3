/* SPDX-License-Identifier: MIT */
/*
 * Sockets with deadlines: nothing here can wait for ever. A deadline is a time on clock_raw_ns(),
 * the real clock even where a benchmark runs under a fake one, because a peer lives in real time.
 * Errors are -errno; -ETIMEDOUT is the deadline, -ECANCELED the stop flag (which is looked at about
 * every 100 ms).
 */
#ifndef ASSAY_SOCKETS_H
#define ASSAY_SOCKETS_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SECOND_NS      1000000000ull
#define MILLISECOND_NS 1000000ull

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	};
	socklen_t len;
};
enum { ADDRESS_ROOM = 64 };

/* A number, or a name by the C library's resolver, whose own limit is some seconds a server.
 * -EINVAL: no host; -ENXIO: no such name; -EAGAIN: the resolver did not answer. */
int address_resolve(const char *host, uint16_t port, struct address *out);
void address_any(sa_family_t family, uint16_t port, struct address *out);
void address_set_port(struct address *address, uint16_t port);
uint16_t address_port(const struct address *address);
/* The host without its port, an IPv4-mapped one as IPv4. */
void address_format(const struct address *address, char out[ADDRESS_ROOM]);
bool address_same_host(const struct address *a, const struct address *b);
bool address_equal(const struct address *a, const struct address *b);
/* The address of ours from which the peer is reached: to listen there and nowhere else. Sends
 * nothing. */
int address_toward(const struct address *peer, struct address *local);
int address_of(int fd, struct address *local, struct address *peer); /* either may be NULL */

/* TCP or UDP (type); window sets both buffers as iperf's -w does, 0 leaves the system's. Returns a
 * descriptor. */
int socket_open(const struct address *family_of, int type, uint64_t window);
/* Waits for the peer by condition: as long as it refuses or is unreachable, it is asked again until
 * the deadline; then the last refusal is the error. */
int socket_connect(const struct address *to, uint64_t window, uint64_t deadline_ns,
		   const atomic_bool *stop);
/* Bound, and for SOCK_STREAM listening. AF_INET6's any address takes IPv4 as well. */
int socket_listen(const struct address *at, int type, uint64_t window);
/* The same for what comes through one interface only (SO_BINDTODEVICE); NULL: through any. */
int socket_listen_on(const struct address *at, const char *interface, int type, uint64_t window);
/* The next connection from `only` (NULL: anybody); others are closed and counted in *strangers (may
 * be NULL). */
int socket_accept(int fd, const struct address *only, uint64_t deadline_ns, const atomic_bool *stop,
		  struct address *from, unsigned *strangers);
/* Until fd has one of the poll events. 0, -ETIMEDOUT, -ECANCELED, -errno. */
int socket_wait(int fd, short events, uint64_t deadline_ns, const atomic_bool *stop);
/* How long one blocking send or receive may take before it returns -EAGAIN. */
void socket_set_timeouts(int fd, uint64_t ns);
/* Bytes that the peer has not acknowledged yet; 0 when that cannot be learned. */
uint64_t socket_unacknowledged(int fd);
/* All of a few bytes before the deadline. */
int socket_read_all(int fd, void *out, size_t len, uint64_t deadline_ns, const atomic_bool *stop);

#endif
