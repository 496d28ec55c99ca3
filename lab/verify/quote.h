/* SPDX-License-Identifier: MIT */
/* A TPM 2.0's quote and the key that it is signed with, read (TCG TPM 2.0 Library, Part 2). */
#ifndef ASSAY_VERIFY_QUOTE_H
#define ASSAY_VERIFY_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quote_key { /* ECC on P-256 */
	uint8_t x[32], y[32];
	uint8_t name[32];	/* SHA-256 over its public area */
	uint8_t signer[2 + 32]; /* its qualified name in the endorsement hierarchy */
};
struct quote { /* of all 24 PCRs of the SHA-256 bank */
	uint8_t nonce[32], pcrs[32];
	uint8_t signer[2 + 32];
	uint32_t resets, restarts; /* of the TPM, since it was cleared */
};
struct quote_signature { /* ECDSA with SHA-256 */
	uint8_t r[32], s[32];
};
/* NULL: read. Otherwise what it is not, for "journal.quote ...": "is cut off". */
const char *quote_key_read(const void *data, size_t len, struct quote_key *out);
const char *quote_read(const void *data, size_t len, struct quote *out);
const char *quote_signature_read(const void *data, size_t len, struct quote_signature *out);
/* Of these bytes, by this key. */
bool quote_signature_holds(const struct quote_signature *signature, const struct quote_key *key,
			   const void *data, size_t len);

/* p256.c: ECDSA on P-256 (FIPS 186-4), by Mbed TLS. False, too, for a point that is not on the
 * curve. */
bool p256_holds(const uint8_t x[32], const uint8_t y[32], const uint8_t r[32], const uint8_t s[32],
		const uint8_t digest[32]);

struct inquest;
struct claim;
/* judge_quote.c: as a part of E8. */
void judge_quote(const struct inquest *inquest, struct claim *claim);
/* The key that quotes must be of, for all runs that are judged from here on: a journal.quote.pub. */
int quote_trust(const char *path, char *why, size_t room);

#endif
