/* SPDX-License-Identifier: MIT */
/* A run as anybody may have written it, judged by every requirement and exported in a form that its
 * length chooses: the journal up to a zero byte, behind it the serial log. The hashes are mostly
 * what the lines give, so that more than the chain is judged. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "lab/export/export.h"
#include "lab/verify/framed.h"
#include "lab/verify/sha256.h"
#include "lab/verify/verify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *copy_text(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

static char *make_hashes(const char *journal)
{
	size_t lines = 0;
	char *hashes, *at;
	uint8_t head[32] = { 0 };

	for (const char *end = journal; (end = strchr(end, '\n')); end++)
		lines++;
	hashes = at = malloc(lines * 65 + 1);
	for (const char *end; hashes && (end = strchr(journal, '\n')); journal = end + 1) {
		sha256_chain(head, journal, (size_t)(end - journal));
		sha256_hex(head, at);
		at[64] = '\n';
		at += 65;
	}
	if (hashes)
		*at = '\0';
	return hashes;
}

static void judge_all(const struct folder *folder)
{
	struct inquest inquest;

	if (inquest_begin(&inquest, folder)) {
		inquest_end(&inquest);
		return;
	}
	for (size_t i = 0; i < requirement_count; i++) {
		struct claim claim;

		requirement_judge(&requirements[i], &inquest, &claim);
		for (size_t line = 0; line < claim.notes.count; line++)
			if (strpbrk(claim.notes.line[line], "\n\r\033"))
				abort(); /* it would steer a terminal */
		claim_free(&claim);
	}
	inquest_end(&inquest);
}

static void export_one(const struct folder *folder, size_t which)
{
	static int (*const forms[])(const struct folder *, FILE *, char *,
				    size_t) = { export_in_toto, export_disclosure,  export_plan,
						export_csv,	export_openmetrics, export_junit,
						export_journal };
	static FILE *out;
	char why[WHY_ROOM];

	if (!out)
		out = fopen("/dev/null", "we");
	if (out)
		forms[which % COUNT_OF(forms)](folder, out, why, sizeof(why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct folder folder = { .path = "/nonexistent" };
	struct framed framed;
	char *journal = copy_text(data, len), *hashes, *console;
	size_t first;

	if (!journal)
		return 0;
	first = strlen(journal);
	framed_read(journal, first, &framed);
	console = first < len ? copy_text(data + first + 1, len - first - 1) : NULL;
	folder.has_console = console && !console_read(console, len - first - 1, &folder.console);
	hashes = make_hashes(journal);
	if (!journal_read(journal, first, len % 8 ? hashes : NULL, false, &folder.journal)) {
		judge_all(&folder);
		export_one(&folder, len);
	}
	free(hashes);
	folder_free(&folder);
	return 0;
}
