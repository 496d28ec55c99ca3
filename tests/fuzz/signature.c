/* SPDX-License-Identifier: MIT */
/* Keys and signatures as they come from files that anybody may have written. */
#include "lab/verify/signature.h"
#include "lib/minisign.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), why[200];
	struct signature signature;
	struct public_key key;
	struct minisign_key secret;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!public_key_read(text, &key))
		memset(&key, 1, sizeof(key));
	if (signature_read(text, &signature))
		signature_holds(&signature, &key, "x", 1);
	minisign_key_read(text, NULL, &secret, why, sizeof(why));
	free(text);
	return 0;
}
