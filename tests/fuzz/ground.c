/* SPDX-License-Identifier: MIT */
/* mkfs_options, mount_options and read_ahead of a plan: whatever they are, no device or file but
 * the scratch disk is named. clang -fsanitize=fuzzer,address,undefined. */
#include "init/ground/ground.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

/* Between the program and the disk at the end no word is a path or names a device. */
static void as_mkfs(const char *text, enum file_system kind)
{
	struct mkfs mkfs;
	char why[WHY_ROOM];

	if (mkfs_command(&mkfs, kind, text, "/dev/vda", why, sizeof(why)))
		return;
	insist(mkfs.count <= MKFS_WORDS && !mkfs.word[mkfs.count]);
	insist(!strcmp(mkfs.word[mkfs.count - 1], "/dev/vda"));
	for (size_t i = 1; i + 1 < mkfs.count; i++)
		insist(mkfs.word[i][0] && !strchr(mkfs.word[i], '/') &&
		       !strstr(mkfs.word[i], "dev="));
}

static void as_mount(const char *text, enum file_system kind)
{
	struct mount_words words;
	char why[WHY_ROOM];

	if (mount_words(text, kind, &words, why, sizeof(why)))
		return;
	insist(!strchr(words.data, '/') && !strstr(words.data, "dev="));
	insist(memchr(words.data, '\0', sizeof(words.data)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), word[24], why[WHY_ROOM];
	uint64_t kb;
	bool set;

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	for (enum file_system kind = FS_EXT4; kind <= FS_XFS; kind++) {
		as_mkfs(text, kind);
		as_mount(text, kind);
	}
	if (!read_ahead_kb(text, &set, &kb, why, sizeof(why)) && set)
		insist(kb % 4 == 0 && kb <= 1 << 20);
	queue_active(text, word, sizeof(word));
	free(text);
	return 0;
}
