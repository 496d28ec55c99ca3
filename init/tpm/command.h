/* SPDX-License-Identifier: MIT */
/*
 * The two commands of a quote, as bytes, and what a TPM 2.0 answers (TCG TPM 2.0 Library, Part 3:
 * TPM2_CreatePrimary, TPM2_Quote; Part 2 for the structures). Pure: quote.c speaks to the
 * device.
 */
#ifndef ASSAY_TPM_COMMAND_H
#define ASSAY_TPM_COMMAND_H

#include <stddef.h>
#include <stdint.h>

enum { TPM_MOST = 4096, TPM_NONCE = 32 }; /* bytes of a command or answer; of what is quoted */

/* A part of an answer. */
struct tpm_part {
	const uint8_t *at;
	size_t len;
};

/* A key that signs nothing but what the TPM itself made: ECC on P-256, ECDSA with SHA-256, primary
 * in the endorsement hierarchy, so that the same machine has the same one each time. Returns the
 * command's length. */
size_t tpm_make_key(uint8_t out[TPM_MOST]);
/* All 24 PCRs of the SHA-256 bank, signed by this key together with the nonce. */
size_t tpm_make_quote(uint32_t key, const uint8_t nonce[TPM_NONCE], uint8_t out[TPM_MOST]);

/* 0; -EPROTO: no answer to that; -EREMOTEIO: refused, with the TPM's reason in *code (which is 0
 * otherwise). */
/* The key's handle and its TPM2B_PUBLIC, the length before it included. */
int tpm_read_key(const uint8_t *in, size_t len, uint32_t *key, struct tpm_part *public_area,
		 uint32_t *code);
/* TPMS_ATTEST and TPMT_SIGNATURE. */
int tpm_read_quote(const uint8_t *in, size_t len, struct tpm_part *attest,
		   struct tpm_part *signature, uint32_t *code);

#endif
