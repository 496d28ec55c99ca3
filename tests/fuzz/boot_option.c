/* SPDX-License-Identifier: MIT */
/* A UEFI boot option and an SPCR table, as firmware may hold them. */
#include "init/origin/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct boot_option option;
	struct serial_port port;

	boot_option_parse(data, len, &option);
	spcr_parse(data, len, &port);
	return 0;
}
