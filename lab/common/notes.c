/* SPDX-License-Identifier: MIT */
/* Lines for people, as many as there are. */
#include "lab/lab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool make_room(struct notes *notes)
{
	size_t room = notes->room ? 2 * notes->room : 16;
	char **line;

	if (notes->count < notes->room)
		return true;
	line = realloc(notes->line, room * sizeof(*line));
	if (!line)
		return false;
	notes->line = line;
	notes->room = room;
	return true;
}

/* Out of memory loses the remark, not the work. */
void notes_add(struct notes *notes, const char *format, ...)
{
	va_list args;
	char *line = NULL;

	va_start(args, format);
	if (vasprintf(&line, format, args) >= 0) {
		if (make_room(notes))
			notes->line[notes->count++] = line;
		else
			free(line);
	}
	va_end(args);
}

void notes_free(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->line[i]);
	free(notes->line);
	*notes = (struct notes){ 0 };
}
