/* SPDX-License-Identifier: MIT */
/* Kernel words, plan files and assay.ini: the input is each, in turn. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/init.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void as_words(char *text, enum source from)
{
	static struct settings settings;
	char why[WHY_ROOM];

	memset(&settings, 0, sizeof(settings));
	configure(&settings, text, from, why, sizeof(why));
}

static void as_file(const char *text)
{
	static struct settings settings;
	char why[WHY_ROOM], words[1] = "";

	configure_with(&settings, text, words, FROM_KERNEL, why, sizeof(why));
}

static void as_plan(const uint8_t *data, size_t len)
{
	char path[] = "/tmp/assay-fuzz-XXXXXX.ini", words[64] = "plan=";
	int fd = mkstemps(path, 4);

	if (fd < 0)
		return;
	if (!file_write_all(fd, data, len))
		as_words(strcat(words, path), FROM_USER);
	close(fd);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	as_words(text, len % 2 ? FROM_KERNEL : FROM_USER);
	as_file(text);
	as_plan(data, len);
	free(text);
	return 0;
}
