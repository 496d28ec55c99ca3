/* SPDX-License-Identifier: MIT */
/* mke2fs and mkfs.xfs: which words they are given, and what of a plan's own words is refused. */
#include "init/ground/ground.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Tables are written now, not lazily: a kernel thread writing them later would be measured too.
 * Whether the disk is trimmed is the plan's to say, so mkfs does not. */
static const struct kind {
	const char *before[8];
	const char *letters;  /* the options that a plan may give; each has a value */
	const char *extended; /* mke2fs takes the last -E only: a plan's goes behind ours */
} kinds[] = {
	[FS_EXT4] = { { "/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-L", "assay-scratch" },
		      "bCEgGiIJmNO",
		      "lazy_itable_init=0,lazy_journal_init=0,nodiscard" },
	[FS_XFS] = { { "/sbin/mkfs.xfs", "-q", "-f", "-K", "-L", "assayscratch" }, "bdilmns", NULL },
};

static void add_word(struct mkfs *mkfs, struct text *room, const char *prefix, const char *word)
{
	if (mkfs->count == MKFS_WORDS) {
		room->cut = true;
		return;
	}
	mkfs->word[mkfs->count++] = room->start + room->len;
	text_add(room, "%s%s", prefix, word);
	/* The words lie one behind the other, each with its own end. */
	if (room->len + 1 < room->room)
		room->start[++room->len] = '\0';
	else
		room->cut = true;
}

/* A value is a list of KEY or KEY=VALUE; one that names something outside the disk is refused. */
static const char *harmful_item(char *value)
{
	static const char *const keys[] = { "name",   "file",	 "discard", "offset",
					    "rtname", "logname", "agfile",  "orphan_file_name" };
	char *save = NULL;

	for (char *item = strtok_r(value, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		bool device = strstr(item, "dev");

		item[strcspn(item, "=")] = '\0';
		if (device)
			return item;
		for (size_t i = 0; i < COUNT_OF(keys); i++)
			if (!strcmp(item, keys[i]))
				return item;
	}
	return NULL;
}

static int check_value(const char *value, char letter, char *why, size_t room)
{
	char copy[160];
	const char *item;

	if (!value || !*value || *value == '-')
		return text_refuse(-EINVAL, why, room, "mkfs_options: -%c without a value", letter);
	snprintf(copy, sizeof(copy), "%s", value);
	item = harmful_item(copy);
	return item ? text_refuse(-EINVAL, why, room,
				  "mkfs_options: -%c %s is not for a scratch file system", letter,
				  item) :
		      0;
}

static bool is_plain(const char *options)
{
	for (; *options; options++)
		if (!isalnum((unsigned char)*options) && !strchr(" _-=.,^:", *options))
			return false;
	return true;
}

struct reading {
	const struct kind *kind;
	struct mkfs *mkfs;
	struct text *room;
	char extended[200];
};

static int take_option(struct reading *reading, const char *word, char **save, char *why,
		       size_t room)
{
	const char *letters = reading->kind->letters, *value = word + 2;
	char option[3] = { '-', word[1], '\0' };
	int err;

	if (word[0] != '-' || !word[1] || !strchr(letters, word[1]))
		return text_refuse(
			-EINVAL, why, room,
			"mkfs_options: %.40s: one of the options %s expected, each with -", word,
			letters);
	if (!*value)
		value = strtok_r(NULL, " ", save);
	err = check_value(value, word[1], why, room);
	if (err)
		return err;
	if (reading->kind->extended && word[1] == 'E') {
		snprintf(reading->extended, sizeof(reading->extended), "%s,%.120s",
			 reading->kind->extended, value);
		return 0;
	}
	add_word(reading->mkfs, reading->room, "", option);
	add_word(reading->mkfs, reading->room, "", value);
	return 0;
}

static void add_line(struct mkfs *mkfs)
{
	struct text line;

	text_begin(&line, mkfs->line, sizeof(mkfs->line));
	for (size_t i = 0; i < mkfs->count; i++)
		text_add(&line, "%s%s", i ? " " : "", mkfs->word[i]);
}

int mkfs_command(struct mkfs *mkfs, enum file_system kind, const char *options, const char *path,
		 char *why, size_t room)
{
	struct text words;
	struct reading reading = { &kinds[kind], mkfs, &words, "" };
	char copy[160], *save = NULL;
	int err = 0;

	*mkfs = (struct mkfs){ 0 };
	text_begin(&words, mkfs->room, sizeof(mkfs->room));
	if (strlen(options) >= sizeof(copy) || !is_plain(options))
		return text_refuse(-EINVAL, why, room,
				   "mkfs_options=%.80s: letters, digits and _ - = . , ^ : expected",
				   options);
	strcpy(copy, options);
	for (size_t i = 0; reading.kind->before[i]; i++)
		add_word(mkfs, &words, "", reading.kind->before[i]);
	for (char *word = strtok_r(copy, " ", &save); word && !err;
	     word = strtok_r(NULL, " ", &save))
		err = take_option(&reading, word, &save, why, room);
	if (err)
		return err;
	if (reading.kind->extended) {
		add_word(mkfs, &words, "", "-E");
		add_word(mkfs, &words, "",
			 reading.extended[0] ? reading.extended : reading.kind->extended);
	}
	add_word(mkfs, &words, "", path);
	if (words.cut)
		return text_refuse(-E2BIG, why, room, "mkfs_options: too many");
	add_line(mkfs);
	return 0;
}

int mkfs_run(struct mkfs *mkfs, double limit_seconds, char *why, size_t room)
{
	char reason[WHY_ROOM / 2] = "";
	int err = helper_exec(mkfs->word, limit_seconds, reason, sizeof(reason));

	return err ? text_refuse(err, why, room, "%s: %s", mkfs->line, reason) : 0;
}
