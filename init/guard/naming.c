/* SPDX-License-Identifier: MIT */
/* The words that name a disk by its identity, and the signatures that may be lost with it. */
#include "init/guard/guard.h"

#include <blkid/blkid.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *prefix;
	bool whole; /* a whole disk: with its size */
} kinds[] = {
	[NAMED_BY_SERIAL] = { "serial:", true },
	[NAMED_BY_WWN] = { "wwn:", true },
	[NAMED_BY_PARTITION] = { "partition:", false },
	[NAMED_BY_PATH] = { "path:", true }, /* of a command, not of the image */
};

static const char *strip_kind(const char *text, enum naming_kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (!strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix))) {
			*kind = (enum naming_kind)i;
			return text + strlen(kinds[i].prefix);
		}
	return NULL;
}

bool naming_is_meant(const char *text)
{
	enum naming_kind kind;

	return strip_kind(text, &kind) && kind != NAMED_BY_PATH;
}

bool naming_is_path(const char *text)
{
	enum naming_kind kind;

	return strip_kind(text, &kind) && kind == NAMED_BY_PATH;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 33 || (unsigned char)*text > 126)
			return false;
	return true;
}

/* A serial may have colons of its own: the size stands behind the last one. */
static int take_size(struct naming *out, char *why, size_t room)
{
	char *colon = strrchr(out->name, ':');

	if (!colon || colon == out->name || text_bytes(colon + 1, &out->bytes) || !out->bytes)
		return text_refuse(-EINVAL, why, room,
				   "scratch=%s: of a whole disk the exact size is expected too, in "
				   "bytes: %s%s:BYTES (plan survey lists the disks)",
				   out->text, kinds[out->kind].prefix,
				   colon == out->name ? "NAME" : out->name);
	*colon = '\0';
	return 0;
}

static int check_over(const char *over, char *why, size_t room)
{
	char list[160], *save = NULL;

	snprintf(list, sizeof(list), "%s", over);
	for (char *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save))
		if (!blkid_known_fstype(item) && !blkid_known_pttype(item))
			return text_refuse(
				-EINVAL, why, room,
				"scratch_over=%.80s: %.40s is no signature that is known; "
				"as in ext4,gpt expected",
				over, item);
	return 0;
}

int naming_read(struct naming *out, const char *scratch, const char *over, char *why, size_t room)
{
	const char *name;
	int err = 0;

	*out = (struct naming){ 0 };
	name = strip_kind(scratch, &out->kind);
	if (!name || !*name || out->kind == NAMED_BY_PATH || strlen(scratch) >= sizeof(out->text) ||
	    !is_printable(scratch))
		return text_refuse(-EINVAL, why, room,
				   "scratch=%.120s: expected serial:SERIAL:BYTES, wwn:WWN:BYTES or "
				   "partition:GPT-NAME",
				   scratch);
	if (strlen(over) >= sizeof(out->over))
		return text_refuse(-EINVAL, why, room, "scratch_over: too long");
	strcpy(out->text, scratch);
	strcpy(out->name, name);
	strcpy(out->over, over);
	if (kinds[out->kind].whole)
		err = take_size(out, why, room);
	return err ? err : check_over(over, why, room);
}

int naming_read_path(struct naming *out, const char *target, char *why, size_t room)
{
	const char *name, *colon;

	*out = (struct naming){ 0 };
	name = strip_kind(target, &out->kind);
	colon = name ? strrchr(name, ':') : NULL;
	if (!colon || out->kind != NAMED_BY_PATH || *name != '/' || colon == name ||
	    strlen(target) >= sizeof(out->text) || !is_printable(target) ||
	    text_bytes(colon + 1, &out->bytes) || !out->bytes)
		return text_refuse(-EINVAL, why, room,
				   "target=%.120s: expected path:/dev/NAME:BYTES, with the exact "
				   "size in bytes",
				   target);
	strcpy(out->text, target);
	snprintf(out->name, sizeof(out->name), "%.*s", (int)(colon - name), name);
	return 0;
}

int naming_of(struct naming *out, const struct settings *settings, char *why, size_t room)
{
	return naming_read(out, settings->value[SET_SCRATCH].text,
			   settings->value[SET_SCRATCH_OVER].text, why, room);
}

/* ---- does it answer ---- */

/* One number, written in more than one way: 0x5000c500..., naa.5000c500... */
static const char *bare_wwn(const char *wwn)
{
	static const char *const prefixes[] = { "wwn-", "0x", "naa.", "eui." };

	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (!strncasecmp(wwn, prefixes[i], strlen(prefixes[i])))
			wwn += strlen(prefixes[i]);
	return wwn;
}

bool naming_answers(const struct naming *naming, const struct block *block)
{
	bool whole = !strcmp(block->name, block->disk);

	switch (naming->kind) {
	case NAMED_BY_SERIAL:
		return whole && block->serial[0] && !strcmp(block->serial, naming->name);
	case NAMED_BY_WWN:
		return whole && block->wwid[0] &&
		       !strcasecmp(bare_wwn(block->wwid), bare_wwn(naming->name));
	case NAMED_BY_PARTITION:
		return block->partition_name[0] && !strcmp(block->partition_name, naming->name);
	case NAMED_BY_PATH: /* is no identity */
		break;
	}
	return false;
}

void naming_suggest(const struct block *block, struct text *out)
{
	if (block->serial[0])
		text_add(out, "assay.scratch=serial:%s:%llu", block->serial,
			 (unsigned long long)block->bytes);
	else if (block->wwid[0])
		text_add(out, "assay.scratch=wwn:%s:%llu", block->wwid,
			 (unsigned long long)block->bytes);
}

void naming_of_path(const struct block *block, const char *path, struct text *out)
{
	unsigned long long bytes = block->bytes;
	bool whole = !strcmp(block->name, block->disk);

	if (whole && block->serial[0])
		text_add(out, "serial:%s:%llu", block->serial, bytes);
	else if (whole && block->wwid[0])
		text_add(out, "wwn:%s:%llu", block->wwid, bytes);
	else if (block->partition_name[0])
		text_add(out, "partition:%s", block->partition_name);
	else if (!block->serial[0] && !block->wwid[0])
		text_add(out, "path:%s:%llu", path, bytes);
}

static bool is_item(const char *list, const char *item, size_t len)
{
	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == len && !strncmp(list, item, len))
			return true;
	return false;
}

bool naming_covers(const char *over, const char *signatures)
{
	while (*signatures) {
		size_t len = strcspn(signatures, ",");

		if (len && !is_item(over, signatures, len))
			return false;
		signatures += len;
		signatures += *signatures == ',';
	}
	return true;
}
