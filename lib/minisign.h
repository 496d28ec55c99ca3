/* SPDX-License-Identifier: MIT */
/*
 * Ed25519 signatures in minisign's files (jedisct1.github.io/minisign, "Signature format" and
 * "Secret key format"), so that the stock program checks ours.
 */
#ifndef ASSAY_MINISIGN_H
#define ASSAY_MINISIGN_H

#include "lib/lib.h"

struct minisign_key {
	uint8_t number[8]; /* as in the file: least significant byte first */
	uint8_t secret[64];
};
/* From the text of a secret key file. password NULL: nobody is there to be asked. To open one with
 * a password takes a gigabyte and some seconds, as minisign made it. -EINVAL, -EACCES (it has a
 * password and none is given), -EKEYREJECTED (another one), -ENOMEM, and a line. */
int minisign_key_read(const char *text, const char *password, struct minisign_key *out, char *why,
		      size_t room);
void minisign_key_forget(struct minisign_key *key);
/* As minisign shows it: 16 hex digits. */
void minisign_key_id(const struct minisign_key *key, char out[17]);
/* SHA-256 of the public key's 32 bytes. */
void minisign_key_fingerprint(const struct minisign_key *key, struct digest *out);
/* The .minisig file of this data, prehashed. The comment is signed with it; no newline in it. */
void minisign_sign(const struct minisign_key *key, const void *data, size_t len,
		   const char *comment, struct text *out);
/* What is signed of a run: which one it is, how many records, the end of its chain. */
void statement_format(struct text *out, const char *run_id, unsigned records, const char *head);

#endif
