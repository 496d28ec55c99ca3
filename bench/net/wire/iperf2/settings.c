/* SPDX-License-Identifier: MIT */
/* What net.tcp and net.udp make of the settings they share: see settings.h. */
#include "bench/net/wire/iperf2/settings.h"

#include <errno.h>

int settings_check(const union value *value, char *why, size_t room)
{
	if (value[TRADEOFF].on && value[DUAL].on)
		return text_refuse(-EINVAL, why, room,
				   "tradeoff and dual: one of them (iperf's -r or -d)");
	if (value[ROLE].num == ROLE_SERVER && !value[CALLED].on &&
	    (way_back_wanted(value) || value[BYTES].num))
		return text_refuse(
			-EINVAL, why, room,
			"role=server: the client decides about bytes, tradeoff and dual");
	return 0;
}

double settings_patience(const union value *value)
{
	return value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;
}

struct iperf2_request settings_request(const union value *value)
{
	return (struct iperf2_request){
		.back = settings_back(value),
		.port = way_back_port(value),
		.threads = 1, /* in each header, whatever -P: 2.0.x would connect back threads times
				 per header */
		.bytes = value[BYTES].num,
		.centiseconds = value[BYTES].num ? 0 : (uint32_t)(value[SECONDS].real * 100 + 0.5),
	};
}
