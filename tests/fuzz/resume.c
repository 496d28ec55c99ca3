/* SPDX-License-Identifier: MIT */
/* A journal and its chain as a power cut may have left them, the mark beside them, and
 * the list of runs that a desk does not have. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/resume/resume.h"
#include "init/upload/upload.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Mostly the chain is what the lines give, so that the records are read too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct owed owed;
	static char hashes[1 << 16];
	char *copy = malloc(len + 1), *line, *end;
	struct digest head = { 0 };
	struct unsent unsent;
	struct mark mark;
	FILE *journal, *chain;
	size_t hash_len = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	copy[len] = '\0';
	mark_parse(copy, &mark);
	unsent_parse(copy, &unsent);
	for (line = copy; (end = strchr(line, '\n')) && hash_len + 66 < sizeof(hashes);
	     line = end + 1) {
		digest_chain(&head, line, (size_t)(end - line));
		digest_hex(&head, hashes + hash_len, 32);
		hash_len += 65;
		hashes[hash_len - 1] = '\n';
	}
	journal = fmemopen(copy, len + 1, "r");
	chain = len && data[0] & 1 ? fmemopen(copy, len + 1, "r") :
				     fmemopen(hashes, hash_len ? hash_len : 1, "r");
	if (journal && chain)
		owed_read(journal, chain, &owed);
	if (journal)
		fclose(journal);
	if (chain)
		fclose(chain);
	free(copy);
	return 0;
}
