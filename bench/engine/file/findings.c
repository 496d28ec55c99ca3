/* SPDX-License-Identifier: MIT */
/* What was wrong: see findings.h. */
#include "bench/engine/file/findings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- places that grow while their neighbours are bad in the same way ---- */

static bool goes_on(const struct finding *last, const struct finding *next)
{
	if (!last->bytes || last->file != next->file || last->from + last->bytes != next->from ||
	    last->err != next->err || last->found.kind != next->found.kind)
		return false;
	if (next->found.kind != SECTOR_STALE && next->found.kind != SECTOR_NEWER)
		return true;
	return last->expected.generation == next->expected.generation &&
	       last->found.sector.generation == next->found.sector.generation;
}

void findings_end(struct findings *findings)
{
	if (!findings->last.bytes)
		return;
	findings->count++;
	if (findings->kept < FINDINGS_KEPT)
		findings->finding[findings->kept++] = findings->last;
	findings->last.bytes = 0;
}

static void add(struct findings *findings, const struct finding *next)
{
	if (goes_on(&findings->last, next)) {
		findings->last.bytes += next->bytes;
		return;
	}
	findings_end(findings);
	findings->last = *next;
}

/* ---- records ---- */

static void check(struct findings *findings, const struct file_set *set, uint64_t record,
		  const uint8_t *data, size_t at, size_t bytes)
{
	struct sector expected = file_set_sector(set, record, at, file_set_generation(set, record));
	struct finding next = { .bytes = SECTOR, .err = 1 };
	uint64_t offset;

	next.file = file_set_place(set, record, &offset);
	for (size_t done = 0; done < bytes; done += SECTOR, expected.number++) {
		next.found = (struct sector_found){ 0 };
		sector_check(data + done, &expected, &next.found);
		if (next.found.kind == SECTOR_RIGHT ||
		    (next.found.kind == SECTOR_NEWER && findings->newer_is_right)) {
			findings->right_bytes += SECTOR;
			continue;
		}
		findings->wrong_bytes += SECTOR;
		next.from = offset + at + done;
		next.expected = expected;
		add(findings, &next);
	}
}

static void count_unreadable(struct findings *findings, const struct file_set *set, uint64_t record,
			     size_t at, size_t bytes, int err)
{
	struct finding next = { .bytes = bytes, .err = err };
	uint64_t offset;

	next.file = file_set_place(set, record, &offset);
	next.from = offset + at;
	findings->unreadable_bytes += bytes;
	add(findings, &next);
}

/* Bytes, or -errno. */
static ssize_t read_part(const struct file_set *set, uint64_t record, uint8_t *buffer, size_t at,
			 size_t bytes)
{
	uint64_t offset;
	unsigned file = file_set_place(set, record, &offset);
	ssize_t n;

	do
		n = pread(set->fd[file], buffer + at, bytes, (off_t)(offset + at));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void read_pieces(struct findings *findings, const struct file_set *set, uint64_t record,
			uint8_t *buffer)
{
	enum { PIECE = 4096 };

	for (size_t at = 0; at < set->record_bytes; at += PIECE) {
		ssize_t n = read_part(set, record, buffer, at, PIECE);

		if (n == PIECE)
			check(findings, set, record, buffer + at, at, PIECE);
		else
			count_unreadable(findings, set, record, at, PIECE, n < 0 ? (int)n : 0);
	}
}

uint64_t findings_read(struct findings *findings, const struct file_set *set, uint64_t record,
		       uint8_t *buffer, uint64_t (*now_ns)(void))
{
	uint64_t start_ns = now_ns(), elapsed_ns;
	ssize_t n = read_part(set, record, buffer, 0, set->record_bytes);

	elapsed_ns = now_ns() - start_ns;
	if (n == (ssize_t)set->record_bytes)
		check(findings, set, record, buffer, 0, set->record_bytes);
	else
		read_pieces(findings, set, record, buffer);
	return elapsed_ns;
}

/* ---- in words ---- */

void finding_describe(const struct finding *finding, const struct file_set *set, struct text *out)
{
	const char *slash = strrchr(set->path[finding->file], '/');

	text_add(out, "%s, bytes %llu to %llu: ", slash ? slash + 1 : set->path[finding->file],
		 (unsigned long long)finding->from,
		 (unsigned long long)(finding->from + finding->bytes - 1));
	if (finding->err < 0)
		text_add(out, "cannot be read: %s", strerror(-finding->err));
	else if (!finding->err)
		text_add(out, "the file ends before");
	else
		sector_describe(&finding->found, &finding->expected, out);
}

bool findings_report(struct run *run, const struct findings *findings, const struct file_set *set,
		     const char *when)
{
	char line[200];
	struct text text;

	for (size_t i = 0; i < findings->kept; i++) {
		text_begin(&text, line, sizeof(line));
		finding_describe(&findings->finding[i], set, &text);
		run_diagnose(run, VERDICT_FAIL, "data", "read %s: %s", when, line);
	}
	if (findings->count > findings->kept)
		run_diagnose(run, VERDICT_FAIL, "data",
			     "read %s: %zu more places, altogether %llu bytes wrong and %llu "
			     "unreadable",
			     when, findings->count - findings->kept,
			     (unsigned long long)findings->wrong_bytes,
			     (unsigned long long)findings->unreadable_bytes);
	return !findings->count;
}
