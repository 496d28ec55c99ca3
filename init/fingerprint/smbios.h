/* SPDX-License-Identifier: MIT */
/*
 * The memory modules as the firmware's SMBIOS table tells them (DMTF DSP0134: structure types 16
 * and 17); pure. A table is bytes of a stranger: nothing in it is believed beyond its end.
 */
#ifndef ASSAY_FINGERPRINT_SMBIOS_H
#define ASSAY_FINGERPRINT_SMBIOS_H

#include "lib/lib.h"

/* "" and 0: the table does not tell. Texts are printable ASCII. */
struct memory_module {
	char slot[48], type[16], manufacturer[48], part[48], serial[48];
	uint64_t bytes;
	unsigned speed,
		configured_speed; /* millions of transfers a second: of the part; as set up */
	unsigned ranks, voltage_mv, data_bits, total_bits; /* total: with those of the ECC */
};

enum { MODULES = 64 };
struct memory_modules {
	struct memory_module at[MODULES];
	size_t count;	     /* those in a slot */
	size_t slots;	     /* all, also empty ones */
	size_t more;	     /* in a slot, and found no room */
	char correction[24]; /* of the array that is the system's: "none", "multi-bit ECC" */
};
/* As many as are whole; what is behind the first structure that cannot be is not read. */
void smbios_read_memory(const uint8_t *table, size_t len, struct memory_modules *out);
/* Of an entry point, "_SM_" or "_SM3_": "2.8"; "" when it is none. */
void smbios_version(const uint8_t *entry, size_t len, char out[8]);

#endif
