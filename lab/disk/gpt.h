/* SPDX-License-Identifier: MIT */
/* A GUID partition table in memory, for gpt.c that reads it and gpt_fit.c that changes it. */
#ifndef ASSAY_GPT_H
#define ASSAY_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GPT_SECTOR = 512 };

/* Offsets in the header (UEFI 2.10, table 5-5), and in an entry (table 5-6). */
enum {
	GPT_SIZE_AT = 12,
	GPT_CRC_AT = 16,
	GPT_OWN_AT = 24,
	GPT_OTHER_AT = 32,
	GPT_LAST_USABLE_AT = 48,
	GPT_ENTRIES_AT = 72,
	GPT_COUNT_AT = 80,
	GPT_ENTRY_SIZE_AT = 84,
	GPT_ENTRIES_CRC_AT = 88,
	GPT_HEADER_LEAST = 92
};
enum { GPT_FIRST_AT = 32, GPT_LAST_AT = 40, GPT_NAME_AT = 56 };

struct gpt {
	uint8_t header[GPT_SECTOR], *entries;
	size_t count, size; /* of the entries, and of each */
};

/* The table whose header is in this sector of `sectors`, every check passed; -EINVAL. */
int gpt_load(int fd, uint64_t sector, uint64_t sectors, struct gpt *out);
void gpt_free(struct gpt *gpt);
bool gpt_is_named(const uint8_t *entry, const char *name); /* an unused one is not */
uint32_t gpt_crc32(const uint8_t *data, size_t len);
uint32_t gpt_little32(const uint8_t *at);
uint64_t gpt_little64(const uint8_t *at);

#endif
