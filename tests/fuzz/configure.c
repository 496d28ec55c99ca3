/* SPDX-License-Identifier: MIT */
/* Kernel words, plan files and assay.ini: the input is each, in turn. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void as_words(char *text, enum source from)
{
	static struct settings settings;
	char why[WHY_ROOM];

	configure(&settings, text, from, why, sizeof(why));
}

static void as_file(const char *text)
{
	static struct settings settings;
	char why[WHY_ROOM], words[1] = "";

	configure_with(&settings, text, words, FROM_KERNEL, why, sizeof(why));
}

/* A file by its path, as any plan; of memory, as each input is one. */
static void as_plan(const uint8_t *data, size_t len)
{
	static int fd = -1;
	char words[64];

	if (fd < 0)
		fd = memfd_create("plan", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	snprintf(words, sizeof(words), "plan=/proc/self/fd/%d", fd);
	as_words(words, FROM_USER);
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
