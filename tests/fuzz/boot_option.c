/* SPDX-License-Identifier: MIT */
/* A UEFI boot option, as a firmware's variable may hold it. */
#include "init/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct boot_option option;

	boot_option_parse(data, len, &option);
	return 0;
}
