/* SPDX-License-Identifier: MIT */
/* What a TPM answers: each part that was found lies within the answer. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/tpm/command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist_within(const struct tpm_part *part, const uint8_t *in, size_t len)
{
	if (part->at < in || part->len > len || part->at - in > (ptrdiff_t)(len - part->len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tpm_part first, second;
	uint32_t key, code;
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (!tpm_read_key(copy, len, &key, &first, &code))
		insist_within(&first, copy, len);
	if (!tpm_read_quote(copy, len, &first, &second, &code)) {
		insist_within(&first, copy, len);
		insist_within(&second, copy, len);
	}
	free(copy);
	return 0;
}
