/* SPDX-License-Identifier: MIT */
/* Mounts as the kernel lists them: see mountinfo.h. */
#include "bench/engine/file/mountinfo.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* ---- a line taken apart ---- */

static bool is_octal(const char *at)
{
	return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' &&
	       at[2] <= '7';
}

/* The kernel writes blank, tab, newline, backslash and # as a backslash and three octal digits. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (*in == '\\' && is_octal(in + 1) && memcmp(in + 1, "000", 3)) {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* Fields are parted by one blank each, and one may be empty: a source that was mounted as "". NULL:
 * the line is over. */
static char *next_field(char **cursor)
{
	char *field = *cursor, *end;

	if (!field)
		return NULL;
	end = strchr(field, ' ');
	*cursor = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return field;
}

static bool take_number(char **cursor, unsigned *out)
{
	const char *field = next_field(cursor);
	uint64_t number;

	if (!field || text_u64(field, &number) || number > UINT32_MAX)
		return false;
	*out = (unsigned)number;
	return true;
}

static bool take_device(char **cursor, struct mounted *out)
{
	char *field = next_field(cursor), *colon = field ? strchr(field, ':') : NULL;
	uint64_t major, minor;

	if (!colon)
		return false;
	*colon = '\0';
	if (text_u64(field, &major) || text_u64(colon + 1, &minor) || major > UINT32_MAX ||
	    minor > UINT32_MAX)
		return false;
	out->major = (unsigned)major;
	out->minor = (unsigned)minor;
	return true;
}

static bool take_text(char **cursor, const char **out)
{
	char *field = next_field(cursor);

	if (!field)
		return false;
	unescape(field);
	*out = field;
	return true;
}

/* Any number of "shared:7" and the like, and the hyphen that ends them. */
static bool skip_optional(char **cursor)
{
	const char *field;

	while ((field = next_field(cursor)))
		if (!strcmp(field, "-"))
			return true;
	return false;
}

static bool parse_line(char *line, struct mounted *out)
{
	return take_number(&line, &out->id) && take_number(&line, &out->parent) &&
	       take_device(&line, out) && take_text(&line, &out->root) &&
	       take_text(&line, &out->point) && take_text(&line, &out->options) &&
	       skip_optional(&line) && take_text(&line, &out->type) &&
	       take_text(&line, &out->source) && take_text(&line, &out->super) && !line &&
	       out->point[0] == '/' && out->type[0] && out->super[0];
}

ssize_t mountinfo_parse(char *text, struct mounted *out, size_t room)
{
	size_t count = 0;

	for (char *end; *text; text = end) {
		end = text + strcspn(text, "\n");
		if (*end)
			*end++ = '\0';
		if (count == room)
			return -E2BIG;
		if (!parse_line(text, &out[count]))
			return -EINVAL;
		count++;
	}
	return (ssize_t)count;
}

/* ---- one among them ---- */

static bool leads_to(const char *point, const char *path)
{
	size_t len = strlen(point);

	if (len == 1)
		return path[0] == '/';
	return !strncmp(point, path, len) && (path[len] == '/' || !path[len]);
}

const struct mounted *mountinfo_find(const struct mounted *mounts, size_t count, const char *path)
{
	const struct mounted *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (leads_to(mounts[i].point, path) &&
		    (!best || strlen(mounts[i].point) >= strlen(best->point)))
			best = &mounts[i];
	return best;
}

static const struct option {
	const char *name;
	unsigned long set, clear;
} mount_options[] = {
	{ "rw", 0, 0 },
	{ "ro", MS_RDONLY, 0 },
	{ "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 },
	{ "noexec", MS_NOEXEC, 0 },
	{ "noatime", MS_NOATIME, MS_STRICTATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, MS_STRICTATIME },
	{ "nosymfollow", MS_NOSYMFOLLOW, 0 },
	{ 0 },
}, super_options[] = {
	{ "rw", 0, 0 },
	{ "ro", MS_RDONLY, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "mand", MS_MANDLOCK, 0 },
	{ "lazytime", MS_LAZYTIME, 0 },
	{ "seclabel", 0, 0 }, /* what the security module adds to the list; it takes none back */
	{ 0 },
};

static const struct option *find_option(const struct option *options, const char *name, size_t len)
{
	for (; options->name; options++)
		if (strlen(options->name) == len && !memcmp(options->name, name, len))
			return options;
	return NULL;
}

static const char *next_option(const char **cursor, size_t *len)
{
	const char *option = *cursor + (**cursor == ',');

	*len = strcspn(option, ",");
	*cursor = option + *len;
	return *option ? option : NULL;
}

int mountinfo_flags(const struct mounted *mounted, unsigned long *flags, char *data, size_t room)
{
	const char *cursor = mounted->options, *name;
	const struct option *option;
	struct text text;
	size_t len;

	text_begin(&text, data, room);
	/* Neither of the two words that say otherwise: each access changes the time. */
	*flags = MS_STRICTATIME;
	while ((name = next_option(&cursor, &len)))
		if ((option = find_option(mount_options, name, len)))
			*flags = (*flags & ~option->clear) | option->set;
	cursor = mounted->super;
	while ((name = next_option(&cursor, &len)))
		if ((option = find_option(super_options, name, len)))
			*flags |= option->set;
		else
			text_add(&text, "%s%.*s", text.len ? "," : "", (int)len, name);
	return text.cut ? -ENOSPC : 0;
}

static const char *unknown_option(const struct mounted *mounted, size_t *len)
{
	const char *cursor = mounted->options, *name;

	while ((name = next_option(&cursor, len)))
		if (!find_option(mount_options, name, *len))
			return name;
	return NULL;
}

static int refuse_others(const struct mounted *mounts, size_t count, const struct mounted *one,
			 char *why, size_t room)
{
	for (size_t i = 0; i < count; i++) {
		const struct mounted *other = &mounts[i];

		if (other != one && other->parent == one->id)
			return text_refuse(-EBUSY, why, room, "%s is mounted on %s", other->point,
					   one->point);
		if (other != one && other->major == one->major && other->minor == one->minor)
			return text_refuse(
				-EBUSY, why, room,
				"%s is mounted on %s, too: the page cache would stay filled",
				one->source, other->point);
	}
	return 0;
}

int mountinfo_refuse(const struct mounted *mounts, size_t count, const struct mounted *one,
		     char *why, size_t room)
{
	const char *option;
	size_t len;

	if (!strcmp(one->point, "/"))
		return text_refuse(-EBUSY, why, room, "it is on the root file system");
	if (one->source[0] != '/')
		return text_refuse(-ENOTBLK, why, room, "%s (%s) is not on a block device",
				   one->point, one->type);
	if (strcmp(one->root, "/"))
		return text_refuse(-EINVAL, why, room, "%s is a part, %s, of a file system",
				   one->point, one->root);
	option = unknown_option(one, &len);
	if (option)
		return text_refuse(-EINVAL, why, room,
				   "%s is mounted with %.*s, which cannot be asked for again",
				   one->point, (int)len, option);
	return refuse_others(mounts, count, one, why, room);
}
