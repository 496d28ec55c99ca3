/* SPDX-License-Identifier: MIT */
/* A serial log. clang -fsanitize=fuzzer,address,undefined. */
#include "lab/journal/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct console console;
	char *copy = malloc(len + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	console_read(copy, len, &console);
	console_free(&console);
	return 0;
}
