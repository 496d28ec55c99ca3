/* SPDX-License-Identifier: MIT */
/* The other end of network benchmarks: stock iperf 2 servers on this machine, ended with us. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/machine/machine.h"

static int open_port(int type, unsigned *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, len) ||
	    getsockname(fd, (struct sockaddr *)&address, &len)) {
		close(fd);
		return -EADDRINUSE;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* Between this answer and its use somebody may take it: then the server or QEMU says so. */
unsigned peer_free_port(void)
{
	for (int attempt = 0; attempt < 50; attempt++) {
		unsigned port = 0;
		int tcp = open_port(SOCK_STREAM, &port);
		int udp = tcp < 0 ? tcp : open_port(SOCK_DGRAM, &port);

		if (tcp >= 0)
			close(tcp);
		if (udp >= 0)
			close(udp);
		if (tcp >= 0 && udp >= 0)
			return port;
	}
	return 0;
}

static pid_t start_server(const char *program, bool udp, unsigned port, const char *work)
{
	struct command *command = calloc(1, sizeof(*command));
	char output[PATH_ROOM];
	pid_t pid = -ENOMEM;

	if (command &&
	    !path_format(output, sizeof(output), "%s/peer-%s.txt", work, udp ? "udp" : "tcp")) {
		command_begin(command);
		command_add(command, "%s", program);
		command_add(command, "-s");
		if (udp)
			command_add(command, "-u");
		command_add(command, "-B");
		command_add(command, "127.0.0.1");
		command_add(command, "-p");
		command_add(command, "%u", port);
		pid = process_start(command, NULL, output);
	}
	free(command);
	return pid;
}

/* Asked by trying to take the port: a connection would be a client to iperf. */
static bool listens(int type, unsigned port)
{
	int fd = open_port(type, &port);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static bool has_ended(const struct peer *peer)
{
	if (peer->own)
		return waitpid(peer->own, NULL, WNOHANG);
	return waitpid(peer->tcp, NULL, WNOHANG) || waitpid(peer->udp, NULL, WNOHANG);
}

/* Our own starts its services one after the other, meetings last. */
static bool is_up(const struct peer *peer)
{
	return listens(SOCK_STREAM, peer->port) && listens(SOCK_DGRAM, peer->port) &&
	       (!peer->own || listens(SOCK_STREAM, peer->meet_port));
}

/* By condition, two seconds at most. */
static int wait_until_up(const struct peer *peer, char *why, size_t room)
{
	const struct timespec nap = { .tv_nsec = 20000000 };

	for (int i = 0; i < 100 && !has_ended(peer); i++) {
		if (is_up(peer))
			return 0;
		nanosleep(&nap, NULL);
	}
	return text_refuse(-EIO, why, room, "the %s did not come up on port %u",
			   peer->own ? "partner (assay peer)" : "iperf servers", peer->port);
}

int peer_start(struct peer *peer, const char *work, char *why, size_t room)
{
	char program[PATH_ROOM];
	int err = process_find("iperf", "iperf", program, sizeof(program), why, room);

	*peer = (struct peer){ 0 };
	if (err)
		return err;
	peer->port = peer_free_port();
	peer->back_port = peer_free_port();
	if (!peer->port || !peer->back_port)
		return text_refuse(-EADDRINUSE, why, room, "no free port on 127.0.0.1");
	peer->tcp = start_server(program, false, peer->port, work);
	peer->udp = start_server(program, true, peer->port, work);
	if (peer->tcp < 0 || peer->udp < 0)
		err = text_refuse(-EIO, why, room, "iperf could not be started");
	if (!err)
		err = wait_until_up(peer, why, room);
	if (err)
		peer_end(peer);
	return err;
}

static pid_t start_own(const struct peer *peer, const char *work, const char *results)
{
	struct command *command = calloc(1, sizeof(*command));
	char output[PATH_ROOM];
	pid_t pid = -ENOMEM;

	if (command && !path_format(output, sizeof(output), "%s/peer.txt", work)) {
		command_begin(command);
		command_add(command, "/proc/self/exe");
		command_add(command, "peer");
		command_add(command, "address=127.0.0.1");
		command_add(command, "port=%u", peer->port);
		command_add(command, "iperf3_port=%u", peer->iperf3_port);
		command_add(command, "echo=%u", peer->echo_port);
		command_add(command, "meet=%u", peer->meet_port);
		command_add(command, "calls=no");
		command_add(command, "results=%s", results);
		pid = process_start(command, NULL, output);
	}
	free(command);
	return pid;
}

int peer_start_own(struct peer *peer, const char *work, const char *results, char *why, size_t room)
{
	unsigned *const ports[] = { &peer->port, &peer->back_port, &peer->iperf3_port,
				    &peer->echo_port, &peer->meet_port };
	int err = path_make(results);

	*peer = (struct peer){ 0 };
	if (err)
		return text_refuse(err, why, room, "%.200s: %s", results, strerror(-err));
	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		*ports[i] = peer_free_port();
		if (!*ports[i])
			return text_refuse(-EADDRINUSE, why, room, "no free port on 127.0.0.1");
	}
	peer->own = start_own(peer, work, results);
	err = peer->own < 0 ? text_refuse(-EIO, why, room, "assay peer could not be started") :
			      wait_until_up(peer, why, room);
	if (err)
		peer_end(peer);
	return err;
}

void peer_end(struct peer *peer)
{
	if (peer->own > 0)
		process_end(peer->own, 5);
	if (peer->tcp > 0)
		process_end(peer->tcp, 2);
	if (peer->udp > 0)
		process_end(peer->udp, 2);
	*peer = (struct peer){ 0 };
}
