/* SPDX-License-Identifier: MIT */
/* A TPM's quote, as files that anybody may have written. What is read must not depend on what was
 * there before. clang -fsanitize=fuzzer,address,undefined. */
#include "lab/verify/quote.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* To the byte: a copy that ends where the input does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct quote_signature signature, again;
	struct quote_key key;
	struct quote quote;
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	quote_read(copy, len, &quote);
	quote_key_read(copy, len, &key);
	memset(&signature, 0x11, sizeof(signature));
	memset(&again, 0x22, sizeof(again));
	if (!quote_signature_read(copy, len, &signature) &&
	    (quote_signature_read(copy, len, &again) ||
	     memcmp(&signature, &again, sizeof(again)) != 0))
		abort();
	free(copy);
	return 0;
}
