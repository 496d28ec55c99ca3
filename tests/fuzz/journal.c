/* SPDX-License-Identifier: MIT */
/* A journal as found on a disk: read, checked, reported. clang -fsanitize=fuzzer,address,undefined.
 */
#include "lab/journal/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char report[1 << 16];
	struct finding findings[CHECKS_MAX];
	struct folder folder = { .path = "." };
	struct text text;
	char *copy = malloc(len + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (!journal_read(copy, len, NULL, len % 2, &folder.journal)) {
		for (size_t i = checks_run(&folder, findings); i-- > 0;)
			notes_free(&findings[i].notes);
		text_begin(&text, report, sizeof(report));
		account_write(&folder, &text);
	}
	folder_free(&folder);
	return 0;
}
