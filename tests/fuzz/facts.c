/* SPDX-License-Identifier: MIT */
/* Two starts of a run, the second behind the first newline: the facts in which they differ; and
 * either as the journal of an earlier run. clang -fsanitize=fuzzer,address,undefined. */
#include "init/resume/previous.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t called;

static void count_change(void *context, const char *key, const char *before, const char *now)
{
	(void)context;
	if (!before && !now)
		abort();
	called += strlen(key) > 0;
}

static void compare(const char *one, const char *two)
{
	cJSON *before = cJSON_Parse(one), *now = cJSON_Parse(two);
	ssize_t changes = facts_compare(before, now, count_change, NULL);

	if (changes < 0 || facts_compare(before, before, count_change, NULL))
		abort();
	cJSON_Delete(before);
	cJSON_Delete(now);
}

static void read_as_journal(const uint8_t *data, size_t len)
{
	FILE *journal = len ? fmemopen((void *)(uintptr_t)data, len, "r") : NULL;
	FILE *chain = len ? fmemopen((void *)(uintptr_t)data, len, "r") : NULL;
	cJSON *start = NULL;

	if (journal && chain && !previous_read(journal, chain, &start))
		cJSON_Delete(start);
	if (journal)
		fclose(journal);
	if (chain)
		fclose(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *second;

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	second = strchr(text, '\n');
	if (second)
		*second++ = '\0';
	compare(text, second ? second : "{}");
	read_as_journal(data, len);
	free(text);
	return 0;
}
