/* SPDX-License-Identifier: MIT */
/* A TPM's event log, as a file that anybody may have written. */
#include "lab/verify/event_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_log log;

	event_log_replay(data, size, &log);
	return 0;
}
