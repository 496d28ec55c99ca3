/* SPDX-License-Identifier: MIT */
/*
 * ping-loop ADDRESS SECONDS - ICMP echo with nothing around it: send, receive, read the clock; what
 * any ping must cost. Prints round trips, their median and 99th percentile in microseconds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 20000000, PACKET = 64, REPLY = 0, REQUEST = 8, FILTER_OPTION = 1 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void set_checksum(uint8_t *packet)
{
	uint32_t sum = 0;

	packet[2] = packet[3] = 0;
	for (int i = 0; i < PACKET; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	packet[2] = (uint8_t)(sum >> 8);
	packet[3] = (uint8_t)sum;
}

static int open_socket(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint32_t but_replies = ~(1u << REPLY);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_RAW, FILTER_OPTION, &but_replies, sizeof(but_replies)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("ping-loop");
		exit(1);
	}
	return fd;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Only the reply to this request ends the round trip. */
static void await_reply(int fd, const uint8_t *packet)
{
	uint8_t reply[256];

	while (recv(fd, reply, sizeof(reply), 0) != 20 + PACKET ||
	       memcmp(reply + 24, packet + 4, 4))
		;
}

int main(int argc, char **argv)
{
	uint8_t packet[PACKET] = { REQUEST };
	uint32_t *took = calloc(MOST, sizeof(*took)), n = 0;

	if (argc != 3 || !took)
		return 2;
	int fd = open_socket(argv[1]);
	uint64_t last = now_ns(), until = last + (uint64_t)(atof(argv[2]) * 1e9);
	for (; n < MOST && last < until; n++) {
		memcpy(packet + 4, &n, 4);
		set_checksum(packet);
		uint64_t start = now_ns();
		if (send(fd, packet, sizeof(packet), 0) != PACKET)
			return 1;
		await_reply(fd, packet);
		last = now_ns();
		took[n] = (uint32_t)(last - start);
	}
	qsort(took, n, sizeof(*took), ascending);
	printf("%u %.3f %.3f\n", n, took[n / 2] / 1e3, took[n - n / 100 - 1] / 1e3);
	return 0;
}
