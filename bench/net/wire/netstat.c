/* SPDX-License-Identifier: MIT */
/* Counters of /proc/net: see netstat.h. */
#include "bench/net/wire/netstat.h"

#include "lib/lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : NULL;
}

/* The line after `at` (included) that begins with "group:"; NULL: none. */
static const char *find_group(const char *at, const char *group)
{
	size_t len = strlen(group);

	while (at && (strncmp(at, group, len) || at[len] != ':'))
		at = next_line(at);
	return at ? at + len + 1 : NULL;
}

static bool is_end(char c)
{
	return c == '\n' || c == '\0';
}

/* Walks the line of names and the line of numbers side by side. */
uint64_t netstat_table_value(const char *table, const char *group, const char *name)
{
	const char *names = find_group(table, group);
	const char *rest = names ? next_line(names) : NULL;
	const char *numbers = rest ? find_group(rest, group) : NULL;
	size_t len = strlen(name);

	while (numbers && !is_end(*names) && !is_end(*numbers)) {
		names += strspn(names, " ");
		numbers += strspn(numbers, " ");
		size_t width = strcspn(names, " \n");
		if (width == len && !strncmp(names, name, len))
			return strtoull(numbers, NULL, 10);
		names += width;
		numbers += strcspn(numbers, " \n");
	}
	return 0;
}

uint64_t netstat_list_value(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list; list = next_line(list))
		if (!strncmp(list, name, len) && (list[len] == ' ' || list[len] == '\t'))
			return strtoull(list + len, NULL, 10);
	return 0;
}

void netstat_softnet(const char *rows, uint64_t *dropped, uint64_t *squeezed)
{
	unsigned long long column[3];

	*dropped = *squeezed = 0;
	for (; rows; rows = next_line(rows)) {
		if (sscanf(rows, "%llx %llx %llx", &column[0], &column[1], &column[2]) != 3)
			continue;
		*dropped += column[1];
		*squeezed += column[2];
	}
}

static char *load(const char *path)
{
	char *text = NULL;

	return file_load(&text, 1 << 20, path) < 0 ? NULL : text;
}

void netstat_read(struct netstat *out)
{
	char *snmp = load("/proc/net/snmp"), *snmp6 = load("/proc/net/snmp6");
	char *more = load("/proc/net/netstat"), *softnet = load("/proc/net/softnet_stat");

	*out = (struct netstat){
		.tcp_retransmitted = netstat_table_value(snmp, "Tcp", "RetransSegs"),
		.tcp_timeouts = netstat_table_value(more, "TcpExt", "TCPTimeouts"),
		.listen_drops = netstat_table_value(more, "TcpExt", "ListenDrops"),
		.udp_no_room = netstat_table_value(snmp, "Udp", "RcvbufErrors") +
			       netstat_list_value(snmp6, "Udp6RcvbufErrors"),
		.udp_in_errors = netstat_table_value(snmp, "Udp", "InErrors") +
				 netstat_list_value(snmp6, "Udp6InErrors"),
		.udp_send_no_room = netstat_table_value(snmp, "Udp", "SndbufErrors") +
				    netstat_list_value(snmp6, "Udp6SndbufErrors"),
	};
	netstat_softnet(softnet, &out->softnet_dropped, &out->softnet_squeezed);
	free(snmp);
	free(snmp6);
	free(more);
	free(softnet);
}

struct netstat netstat_since(const struct netstat *before, const struct netstat *after)
{
	return (struct netstat){
		.tcp_retransmitted = after->tcp_retransmitted - before->tcp_retransmitted,
		.tcp_timeouts = after->tcp_timeouts - before->tcp_timeouts,
		.listen_drops = after->listen_drops - before->listen_drops,
		.udp_no_room = after->udp_no_room - before->udp_no_room,
		.udp_in_errors = after->udp_in_errors - before->udp_in_errors,
		.udp_send_no_room = after->udp_send_no_room - before->udp_send_no_room,
		.softnet_dropped = after->softnet_dropped - before->softnet_dropped,
		.softnet_squeezed = after->softnet_squeezed - before->softnet_squeezed,
	};
}
