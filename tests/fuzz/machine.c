/* SPDX-License-Identifier: MIT */
/* Machine files. clang -fsanitize=fuzzer,address,undefined. */
#include "lab/machine/machine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct machine machine;
	char why[WHY_ROOM], *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!machine_read(&machine, text, "fuzz.ini", why, sizeof(why)))
		machine_set(&machine, strrchr(text, '\n') ? strrchr(text, '\n') : text, why,
			    sizeof(why));
	free(text);
	return 0;
}
