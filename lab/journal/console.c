/* SPDX-License-Identifier: MIT */
/*
 * A serial log, as noisy as it came: the kernel may print into a frame (frames.c), a byte may turn,
 * a line may be cut. A frame counts only whole: one JSON object, the number it says, and, where the
 * record before it is here, the hash that follows from it. Numbers that are missing although they
 * should be here are named.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/frames.h"
#include "lab/verify/sha256.h"

/* A frame that reads well by itself; `order` keeps sorting stable. */
struct candidate {
	struct record record;
	size_t order;
};
struct candidates {
	struct candidate *at;
	size_t count, room;
};

static int keep(struct candidates *all, const struct record *record)
{
	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 256;
		struct candidate *at = realloc(all->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		all->at = at;
		all->room = room;
	}
	all->at[all->count] = (struct candidate){ *record, all->count };
	all->count++;
	return 0;
}

static void forget(struct candidates *all)
{
	for (size_t i = 0; i < all->count; i++)
		cJSON_Delete(all->at[i].record.json);
	all->count = 0;
}

/* A log may hold several boots; record 0 with another time begins the next one. The last one
 * counts. */
static bool begins_another(const struct candidates *all, const struct record *record)
{
	for (size_t i = 0; record->sequence == 0 && i < all->count; i++) {
		const struct record *other = &all->at[i].record;

		if (!other->sequence &&
		    (other->len != record->len || memcmp(other->line, record->line, other->len)))
			return true;
	}
	return false;
}

static size_t line_length(const char *line, const char *end)
{
	const char *stop = memchr(line, '\n', (size_t)(end - line));

	return (size_t)((stop ? stop : end) - line);
}

/* The machine's last words to people hold what a whole log must amount to. */
static void hear_last_words(struct console *out, const char *line, size_t len)
{
	char words[256], status[32], result[32], head[65] = "";
	unsigned records;
	int used = 0;

	if (len >= sizeof(words) || len < 11 || memcmp(line, "assay: end ", 11))
		return;
	memcpy(words, line, len);
	words[len] = '\0';
	/* Where a character of it was damaged it says nothing. */
	if (sscanf(words,
		   "assay: end status=%31[A-Z] result=%31[A-Z_] records=%u head=%64[0-9a-f]%n",
		   status, result, &records, head, &used) != 4 ||
	    strlen(head) != 64 || (words[used] && strcmp(words + used, "\r") != 0))
		return;
	memcpy(out->said_status, status, sizeof(status));
	memcpy(out->said_result, result, sizeof(result));
	out->said_records = records;
	memcpy(out->said_head, head, sizeof(head));
}

/* What the kernel's lines were taken out of stays as long as its record. */
static int keep_mended(struct console *out, struct framing *framing, unsigned number)
{
	char **mended = realloc(out->mended, (out->mended_count + 1) * sizeof(*mended));

	if (!mended) {
		cJSON_Delete(framing->record.json);
		free(framing->mended);
		return -ENOMEM;
	}
	out->mended = mended;
	out->mended[out->mended_count++] = framing->mended;
	notes_add(&out->notes,
		  "serial line %u: the kernel printed into record %u; its lines are taken out, and "
		  "the frame's own digits agree",
		  number, framing->record.sequence);
	return 0;
}

static int take_frame(struct console *out, struct framing *framing, unsigned number,
		      struct candidates *all)
{
	int err = framing->mended ? keep_mended(out, framing, number) : 0;

	if (err)
		return err;
	if (begins_another(all, &framing->record)) {
		forget(all);
		out->earlier_runs++;
		out->said_head[0] = '\0';
	}
	err = keep(all, &framing->record);
	if (err)
		cJSON_Delete(framing->record.json);
	return err;
}

static int read_lines(struct console *out, size_t len, struct candidates *all)
{
	struct framing framing = { .at = out->records.text, .end = out->records.text + len };
	unsigned number = 1;
	int err = 0;

	while (!err && framing.at < framing.end) {
		const char *line = framing.at;

		frame_next(&framing);
		if (!framing.why) {
			err = take_frame(out, &framing, number, all);
		} else if (*framing.why) {
			out->damaged++;
			notes_add(&out->notes, "serial line %u: a damaged frame: %s", number,
				  framing.why);
		}
		if (framing.lines == 1)
			hear_last_words(out, line, line_length(line, framing.end));
		number += framing.lines;
	}
	return err;
}

static int by_sequence(const void *a, const void *b)
{
	const struct candidate *first = a, *second = b;

	if (first->record.sequence != second->record.sequence)
		return first->record.sequence < second->record.sequence ? -1 : 1;
	return first->order < second->order ? -1 : first->order > second->order;
}

/* The hash of the record before, if it is known. */
struct chain {
	uint8_t head[32];
	bool known;
};

static bool follows(const struct chain *chain, const struct record *record, uint8_t next[32])
{
	char hex[65];

	memcpy(next, chain->head, 32);
	sha256_chain(next, record->line, record->len);
	sha256_hex(next, hex);
	return !strncmp(hex, record->head, strlen(record->head));
}

static bool same(const struct record *a, const struct record *b)
{
	return a->len == b->len && !memcmp(a->line, b->line, a->len) && !strcmp(a->head, b->head);
}

/* Of the frames with one number, the one that is proved, or the only one there is. -1: none can be
 * believed. */
static ptrdiff_t choose(const struct candidate *group, size_t count, struct chain *chain)
{
	uint8_t next[32];

	for (size_t i = 0; chain->known && i < count; i++)
		if (follows(chain, &group[i].record, next)) {
			memcpy(chain->head, next, sizeof(next));
			return (ptrdiff_t)i;
		}
	for (size_t i = 1; i < count; i++)
		if (!same(&group[0].record, &group[i].record))
			return -1;
	return chain->known ? -1 : 0;
}

/* A frame that carries the whole hash lets the chain go on behind a gap. */
static void resume_chain(struct chain *chain, const char *head)
{
	chain->known = strlen(head) == 64;
	for (size_t i = 0; chain->known && i < 32; i++)
		chain->head[i] =
			(uint8_t)strtoul((char[]){ head[2 * i], head[2 * i + 1], '\0' }, NULL, 16);
}

static int take_group(struct console *out, struct candidate *group, size_t count,
		      struct chain *chain)
{
	bool proved = chain->known;
	ptrdiff_t chosen = choose(group, count, chain);
	int err = 0;

	if (chosen < 0) {
		chain->known = false;
		out->damaged++;
		notes_add(&out->notes,
			  "record %u: its frame does not follow from the one before: dropped",
			  group[0].record.sequence);
	} else {
		if (!proved)
			resume_chain(chain, group[chosen].record.head);
		out->unproved += !proved;
		out->repeated += (unsigned)count - 1;
		err = records_add(&out->records, &group[chosen].record);
	}
	for (size_t i = 0; i < count; i++)
		if ((ptrdiff_t)i != chosen || err)
			cJSON_Delete(group[i].record.json);
	return err;
}

static int choose_frames(struct console *out, struct candidates *all)
{
	struct chain chain = { .known = true };
	size_t i = 0;
	uint64_t next = 0;
	int err = 0;

	if (all->count)
		qsort(all->at, all->count, sizeof(*all->at), by_sequence);
	while (!err && i < all->count) {
		unsigned sequence = all->at[i].record.sequence;
		size_t count = 1;

		while (i + count < all->count && all->at[i + count].record.sequence == sequence)
			count++;
		if (sequence != next)
			chain.known = false;
		err = take_group(out, &all->at[i], count, &chain);
		next = (uint64_t)sequence + 1;
		i += count;
	}
	for (; i < all->count; i++)
		cJSON_Delete(all->at[i].record.json);
	all->count = 0;
	return err;
}

static int find_absent(struct console *out)
{
	const struct records *records = &out->records;
	uint64_t next = 0;

	out->lost = calloc(records->count + 1, sizeof(*out->lost));
	if (!out->lost)
		return -ENOMEM;
	for (size_t i = 0; i < records->count; i++) {
		unsigned here = records->at[i].sequence;

		if (here > next)
			out->lost[out->lost_count++] = (struct span){ (unsigned)next, here - 1 };
		next = (uint64_t)here + 1;
	}
	return 0;
}

/* The start of the series that ends at `end`. */
static const struct record *series_start(const struct records *records, size_t end)
{
	const char *id = json_text(records->at[end].json,
				   "testStepArtifact.measurementSeriesEnd.measurementSeriesId");

	for (size_t i = end; id && i-- > 0;) {
		const cJSON *body;
		const char *kind = record_kind(records->at[i].json, &body);
		const char *other = json_text(body, "measurementSeriesId");

		if (kind && !strcmp(kind, "measurementSeriesStart") && other && !strcmp(other, id))
			return &records->at[i];
	}
	return NULL;
}

/* Absent numbers inside a series are its elements, if there are exactly as many as it says. */
static void explain_series(struct console *out, unsigned start, unsigned end, double total)
{
	size_t first = 0, last;
	double absent = 0;

	while (first < out->lost_count && out->lost[first].first < start)
		first++;
	for (last = first; last < out->lost_count && out->lost[last].last < end; last++)
		absent += (double)out->lost[last].last - out->lost[last].first + 1;
	if (last == first || absent < total || absent > total)
		return;
	out->bulk += (unsigned)absent;
	memmove(&out->lost[first], &out->lost[last], (out->lost_count - last) * sizeof(*out->lost));
	out->lost_count -= last - first;
}

static void explain_absent(struct console *out)
{
	for (size_t i = 0; i < out->records.count; i++) {
		const cJSON *body;
		const char *kind = record_kind(out->records.at[i].json, &body);
		const struct record *start;

		if (!kind || strcmp(kind, "measurementSeriesEnd") != 0)
			continue;
		start = series_start(&out->records, i);
		if (start)
			explain_series(out, start->sequence, out->records.at[i].sequence,
				       json_number(body, "totalCount", -1));
	}
}

static void name_what_is_missing(struct console *out)
{
	for (size_t i = 0; i < out->lost_count; i++) {
		const struct span *span = &out->lost[i];

		if (span->first == span->last)
			notes_add(&out->notes, "record %u is lost on serial", span->first);
		else
			notes_add(&out->notes, "records %u to %u are lost on serial", span->first,
				  span->last);
	}
	out->ended = records_first(&out->records, "testRunEnd");
	if (out->records.count && !out->ended)
		notes_add(&out->notes,
			  "the serial log stops after record %u without the end of the run",
			  out->records.at[out->records.count - 1].sequence);
}

int console_read(char *text, size_t len, struct console *out)
{
	struct candidates all = { 0 };
	int err;

	*out = (struct console){ .records.text = text };
	err = read_lines(out, len, &all);
	if (!err)
		err = choose_frames(out, &all);
	if (!err)
		err = find_absent(out);
	forget(&all);
	free(all.at);
	if (err)
		return err;
	explain_absent(out);
	name_what_is_missing(out);
	return 0;
}

void console_free(struct console *console)
{
	records_free(&console->records);
	notes_free(&console->notes);
	free(console->lost);
	for (size_t i = 0; i < console->mended_count; i++)
		free(console->mended[i]);
	free(console->mended);
	*console = (struct console){ 0 };
}
