/* SPDX-License-Identifier: MIT */
/*
 * The kernel writes to a port when it likes, and ends what it writes with a line end. What it wrote
 * begins with the time since the boot in brackets (printk.time), so it can be taken out again: what
 * stood before it and what stands behind it are one line, if the frame's own digits say so.
 */
#include "lab/journal/frames.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/framed.h"

static const char marker[] = "@assay ";
enum { MARKER = sizeof(marker) - 1 };

/* One place where a frame may begin. NULL: it is whole; otherwise what is wrong with it. */
static const char *read_frame(const char *line, size_t len, bool by_its_digits,
			      struct record *record)
{
	struct framed frame;
	double number;

	if (!framed_read(line, len, &frame) || (by_its_digits && !frame.proved))
		return "not a whole frame";
	*record =
		(struct record){ .sequence = frame.sequence, .line = frame.line, .len = frame.len };
	memcpy(record->head, frame.head, sizeof(record->head));
	record->json = record_parse(frame.line, frame.len);
	if (!record->json)
		return "its JSON is damaged";
	number = json_number(record->json, "sequenceNumber", -1);
	if (number >= frame.sequence && number <= frame.sequence)
		return NULL;
	cJSON_Delete(record->json);
	return "frame and record have different numbers";
}

/* Every place before `last` where a frame could begin. */
static const char *find_frame(const char *line, const char *last, const char *end,
			      bool by_its_digits, struct record *record)
{
	const char *why = NULL;

	while ((line = memmem(line, (size_t)(end - line), marker, MARKER)) && line < last) {
		const char *trouble = read_frame(line, (size_t)(end - line), by_its_digits, record);

		if (!trouble)
			return NULL;
		if (!why)
			why = trouble;
		line += MARKER;
	}
	return why ? why : "";
}

static bool is_stamp(const char *at, const char *end)
{
	enum { MICRO = 6 };
	size_t digits = 0;

	for (at++; at < end && *at == ' '; at++)
		;
	for (; at < end && isdigit((unsigned char)*at); at++)
		digits++;
	if (!digits || end - at < MICRO + 3 || *at++ != '.')
		return false;
	for (digits = 0; digits < MICRO && isdigit((unsigned char)at[digits]); digits++)
		;
	return digits == MICRO && at[MICRO] == ']' && at[MICRO + 1] == ' ';
}

/* Where the kernel began to print, last in this line. NULL: it did not. */
static const char *find_stamp(const char *line, const char *end)
{
	for (const char *at = end; at-- > line;)
		if (*at == '[' && is_stamp(at, end))
			return at;
	return NULL;
}

static const char *line_end(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return stop ? stop : end;
}

struct patch {
	char *text; /* what is certain: up to where the kernel began */
	size_t len;
};

static bool patch_add(struct patch *patch, const char *from, const char *to)
{
	char *text = realloc(patch->text, patch->len + (size_t)(to - from) + 1);

	if (!text)
		return false;
	memcpy(text + patch->len, from, (size_t)(to - from));
	patch->text = text;
	patch->len += (size_t)(to - from);
	return true;
}

/* What is certain and this line together; what is certain stays so when they are no frame. */
static bool closes_frame(struct patch *patch, const char *line, const char *stop,
			 struct record *record)
{
	size_t certain = patch->len;

	if (!patch_add(patch, line, stop))
		return false;
	if (!find_frame(patch->text, patch->text + certain, patch->text + patch->len, true, record))
		return true;
	patch->len = certain;
	return false;
}

/* From a line that is no frame, over as many as the kernel may have said in between. */
static void mend(struct framing *framing, const char *line, const char *stop)
{
	enum { MOST = 64 };
	const char *stamp = find_stamp(line, stop);
	struct patch patch = { 0 };

	for (unsigned lines = 1; lines < MOST && stamp && stop < framing->end; lines++) {
		if (!patch_add(&patch, line, stamp))
			break;
		line = stop + 1;
		stop = line_end(line, framing->end);
		if (closes_frame(&patch, line, stop, &framing->record)) {
			framing->mended = patch.text;
			framing->why = NULL;
			framing->at = stop < framing->end ? stop + 1 : stop;
			framing->lines = lines + 1;
			return;
		}
		stamp = find_stamp(line, stop);
	}
	free(patch.text);
}

void frame_next(struct framing *framing)
{
	const char *line = framing->at, *stop = line_end(line, framing->end);

	framing->mended = NULL;
	framing->lines = 1;
	framing->at = stop < framing->end ? stop + 1 : stop;
	framing->why = find_frame(line, stop, stop, false, &framing->record);
	if (framing->why && stop > line && *line != '[')
		mend(framing, line, stop);
}
