/* SPDX-License-Identifier: MIT */
/* minisign's public keys and signatures, read (jedisct1.github.io/minisign). */
#ifndef ASSAY_VERIFY_SIGNATURE_H
#define ASSAY_VERIFY_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct public_key {
	uint8_t number[8], point[32];
};
struct signature {
	uint8_t number[8], bytes[64], global[64];
	char comment[200];
};
/* From the text of a key file, or the bare key as minisign prints it. */
bool public_key_read(const char *text, struct public_key *out);
bool signature_read(const char *text, struct signature *out);
bool signature_holds(const struct signature *signature, const struct public_key *key,
		     const void *data, size_t len);
/* The key that signatures must be of, for all runs that are judged from here on. */
int signature_trust(const char *path, char *why, size_t room);

#endif
