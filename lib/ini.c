/* SPDX-License-Identifier: MIT */
/* INI files by inih, with the place of every refusal. */
#include "lib/lib.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

struct reading {
	int (*each)(void *context, const struct ini_line *line);
	void *context;
	int stopped;
};

static int hand_on(void *user, const char *section, const char *name, const char *value, int line)
{
	struct reading *reading = user;
	struct ini_line found = { section, name, value, line };

	if (!reading->stopped) /* the first refusal is the one to tell */
		reading->stopped = reading->each(reading->context, &found);
	return reading->stopped == 0; /* inih: zero means error */
}

int ini_read(const char *text, const char *path,
	     int (*each)(void *context, const struct ini_line *line), void *context, char *why,
	     size_t room)
{
	struct reading reading = { each, context, 0 };
	int line = ini_parse_string(text, hand_on, &reading);

	if (reading.stopped)
		return reading.stopped;
	if (line < 0)
		return text_refuse(-ENOMEM, why, room, "%s: out of memory", path);
	if (line > 0)
		return text_refuse(-EINVAL, why, room, "%s:%d: neither [section] nor key = value",
				   path, line);
	return 0;
}
