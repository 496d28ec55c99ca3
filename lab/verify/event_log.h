/* SPDX-License-Identifier: MIT */
/* A firmware's log of what it measured into a TPM 2.0. */
#ifndef ASSAY_VERIFY_EVENT_LOG_H
#define ASSAY_VERIFY_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_PCRS = 24 };
struct event_log {
	uint8_t pcr[EVENT_PCRS][32]; /* SHA-256 bank, after the last event */
	bool extended[EVENT_PCRS];
	size_t events;
};
/* False: damaged, or without SHA-256. */
bool event_log_replay(const void *data, size_t len, struct event_log *out);

#endif
