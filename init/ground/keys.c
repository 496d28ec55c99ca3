/* SPDX-License-Identifier: MIT */
/* What a plan may say of a storage step's ground, and what of it is refused. */
#include "init/ground/ground.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

const struct param ground_table[] = {
	[GROUND_FILE_SYSTEM] = { "file_system", "ext4", "what is made on the scratch disk",
				 PARAM_CHOICE, .choices = "ext4|xfs" },
	[GROUND_MKFS] = { "mkfs_options", "",
			  "more options for its mkfs, as in -b 1024 -O ^has_journal", PARAM_TEXT, 0,
			  120 },
	[GROUND_MOUNT] = { "mount_options", "noatime", "as in relatime,data=writeback", PARAM_TEXT,
			   0, 120 },
	[GROUND_FRESH] = { "fresh", "no",
			   "a new file system, even where an earlier step had the same",
			   PARAM_BOOL },
	[GROUND_TRIM] = { "trim", "no",
			  "discard all of the disk first, where it can; the file system is new then",
			  PARAM_BOOL },
	[GROUND_SCHEDULER] = { "scheduler", "keep", "the disk's I/O scheduler during the step",
			       PARAM_CHOICE, .choices = "keep|none|mq-deadline|kyber|bfq" },
	[GROUND_READ_AHEAD] = { "read_ahead", "keep",
				"the disk's read-ahead during the step: keep, or whole pages of 4k",
				PARAM_TEXT, 1, 20 },
	[GROUND_WRITE_CACHE] = { "write_cache", "keep",
				 "the disk's volatile write cache during the step", PARAM_CHOICE,
				 .choices = "keep|on|off" },
	{ 0 },
};

static const struct {
	const char *name;
	uint64_t least_bytes; /* xfsprogs 6.1: "Filesystem must be larger than 300MB." */
} kinds[] = {
	[FS_EXT4] = { "ext4", 1 << 20 },
	[FS_XFS] = { "xfs", 300 << 20 },
};

const char *file_system_name(enum file_system kind)
{
	return kinds[kind].name;
}

uint64_t file_system_least_bytes(enum file_system kind)
{
	return kinds[kind].least_bytes;
}

bool ground_has_key(const struct bench *bench, size_t key)
{
	return bench->need == NEEDS_DIRECTORY || (bench->need == NEEDS_DISK && key >= GROUND_TRIM);
}

int ground_set(struct request *request, const char *name, const char *in, enum source from,
	       char *why, size_t room)
{
	const struct param *param = params_find(ground_table, name);
	size_t key = (size_t)(param - ground_table);
	int err;

	if (!plan_stands_on_disk(request->bench))
		return text_refuse(-EINVAL, why, room, "%s: %s stands on no disk", name,
				   request->bench->name);
	if (!ground_has_key(request->bench, key))
		return text_refuse(-EINVAL, why, room,
				   "%s: %s takes the disk as it is, without a file system", name,
				   request->bench->name);
	err = param_set(param, &request->ground[key], in, why, room);
	if (!err)
		request->ground_from[key] = from;
	return err;
}

/* ---- values ---- */

static const struct {
	const char *word;
	unsigned long flag; /* 0: only taken away */
	unsigned long without;
} flag_words[] = {
	{ "defaults", 0, 0 },
	{ "rw", 0, 0 },
	{ "nodev", 0, 0 }, /* as it is anyway */
	{ "nosuid", 0, 0 },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "lazytime", MS_LAZYTIME, 0 },
	{ "nolazytime", 0, MS_LAZYTIME },
	{ "noatime", MS_NOATIME, MS_STRICTATIME | MS_RELATIME },
	{ "atime", 0, MS_NOATIME },
	{ "relatime", MS_RELATIME, MS_NOATIME | MS_STRICTATIME },
	{ "strictatime", MS_STRICTATIME, MS_NOATIME | MS_RELATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
};

static bool take_flag(const char *word, unsigned long *flags)
{
	for (size_t i = 0; i < COUNT_OF(flag_words); i++)
		if (!strcmp(flag_words[i].word, word)) {
			*flags = (*flags & ~flag_words[i].without) | flag_words[i].flag;
			return true;
		}
	return false;
}

/* What would name another device or file, or take the step's right to write. */
static bool is_harmful(const char *word)
{
	static const char *const whole[] = { "ro",	   "remount", "bind", "loop", "move",
					     "norecovery", "noload",  "user", "owner" };
	static const char *const parts[] = { "dev=", "path=", "jquota=", "sb=", "journal_" };

	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (!strcmp(word, whole[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (strstr(word, parts[i]))
			return true;
	return false;
}

int mount_words(const char *options, enum file_system kind, struct mount_words *out, char *why,
		size_t room)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-=.,";
	char copy[sizeof(out->data)], *save = NULL;
	struct text data;

	*out = (struct mount_words){ .flags = MS_NODEV | MS_NOSUID };
	text_begin(&data, out->data, sizeof(out->data));
	if (strlen(options) >= sizeof(copy) - 20 || options[strspn(options, allowed)])
		return text_refuse(-EINVAL, why, room,
				   "mount_options=%.80s: letters, digits and _ - = . , expected",
				   options);
	strcpy(copy, options);
	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (is_harmful(word))
			return text_refuse(-EINVAL, why, room,
					   "mount_options: %s is not for a scratch file system",
					   word);
		if (!take_flag(word, &out->flags))
			text_add(&data, "%s%s", data.len ? "," : "", word);
	}
	/* An error that the disk returns must not end in a panic or go on unseen. */
	if (kind == FS_EXT4 && !strstr(out->data, "errors="))
		text_add(&data, "%serrors=remount-ro", data.len ? "," : "");
	return 0;
}

int read_ahead_kb(const char *read_ahead, bool *set, uint64_t *kb, char *why, size_t room)
{
	uint64_t bytes = 0;

	*set = strcmp(read_ahead, "keep") != 0;
	*kb = 0;
	if (!*set)
		return 0;
	if (text_bytes(read_ahead, &bytes) || bytes % 4096 || bytes > 1 << 30)
		return text_refuse(-EINVAL, why, room,
				   "read_ahead=%s: keep, or whole pages of 4k up to 1G expected",
				   read_ahead);
	*kb = bytes / 1024;
	return 0;
}

int ground_check(const struct request *request, char *why, size_t room)
{
	const union value *ground = request->ground;
	enum file_system kind = (enum file_system)ground[GROUND_FILE_SYSTEM].num;
	struct mount_words mount;
	struct mkfs mkfs;
	uint64_t kb;
	bool set;
	int err;

	if (!plan_stands_on_disk(request->bench))
		return 0;
	err = read_ahead_kb(ground[GROUND_READ_AHEAD].text, &set, &kb, why, room);
	if (!err && request->bench->need == NEEDS_DIRECTORY)
		err = mount_words(ground[GROUND_MOUNT].text, kind, &mount, why, room);
	if (!err && request->bench->need == NEEDS_DIRECTORY)
		err = mkfs_command(&mkfs, kind, ground[GROUND_MKFS].text, "/dev/null", why, room);
	return err;
}
