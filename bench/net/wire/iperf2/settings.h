/* SPDX-License-Identifier: MIT */
/* The settings that net.tcp and net.udp share because iperf 2 has them for both, and what follows
 * from them. */
#ifndef ASSAY_SETTINGS_H
#define ASSAY_SETTINGS_H

#include "bench/bench.h"
#include "bench/net/wire/iperf2/protocol.h"

/* By index; a benchmark's own come behind, from SETTINGS_SHARED on. */
enum {
	ROLE,
	PORT,
	SECONDS,
	BYTES,
	LENGTH,
	WINDOW,
	TRADEOFF,
	DUAL,
	LISTEN,
	INTERVAL,
	CONNECT_TIMEOUT,
	CALLED,
	CALL_PORT,
	SETTINGS_SHARED
};
enum { ROLE_CLIENT, ROLE_SERVER };

/* The rows that read the same in both tables. */
#define SETTINGS_ROWS                                                                                   \
	[PORT] = { "port", "5001", "where the server listens (-p)", PARAM_COUNT, 1, 65535 },            \
	[SECONDS] = { "seconds", "10", "duration of each direction (-t)", PARAM_SECONDS, 0.1, 86400 },  \
	[WINDOW] = { "window", "0", "socket buffers (-w); 0: the system's", PARAM_BYTES, 0, 1 << 30 },  \
	[DUAL] = { "dual", "no", "both ways at once (-d)", PARAM_BOOL },                                \
	[LISTEN] = { "listen",	  "0", "port for the way back (-L); 0: the same as port",               \
		     PARAM_COUNT, 0,   65535 },                                                         \
	[INTERVAL] = { "interval", "1", "between throughput samples (-i)", PARAM_SECONDS, 0.05, 3600 }, \
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",              \
			      PARAM_SECONDS,	 0.1,  3600 },                                          \
	[CALLED] = { "called", "no",                                                                    \
		     "be the server and ask the partner (assay peer) to start its client",              \
		     PARAM_BOOL },                                                                      \
	[CALL_PORT] = { "meet_port", "5210", "called: where the partner takes calls",                   \
			PARAM_COUNT, 1,	     65535 }

/* The server's part, whether a stock client is waited for or the partner's is asked for. */
static inline bool settings_serves(const union value *value)
{
	return value[ROLE].num == ROLE_SERVER || value[CALLED].on;
}

static inline bool way_back_wanted(const union value *value)
{
	return value[TRADEOFF].on || value[DUAL].on;
}

static inline uint16_t way_back_port(const union value *value)
{
	return (uint16_t)(value[LISTEN].num ? value[LISTEN].num : value[PORT].num);
}

static inline enum iperf2_back settings_back(const union value *value)
{
	return value[DUAL].on ? BACK_TOGETHER : value[TRADEOFF].on ? BACK_AFTER : BACK_NONE;
}

/* Refuses what iperf cannot do together. */
int settings_check(const union value *value, char *why, size_t room);
/* The part of the patience with the partner that belongs in the expected duration. */
double settings_patience(const union value *value);
/* What a client of ours asks for in its header. */
struct iperf2_request settings_request(const union value *value);

#endif
