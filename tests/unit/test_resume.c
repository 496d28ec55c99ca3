/* SPDX-License-Identifier: MIT */
/* What a power cut leaves of a journal, and what is owed then. */
#include "tests/unit/test.h"

#include "init/resume/resume.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- a journal in memory ---- */

static struct {
	char lines[1 << 16], hashes[1 << 14];
	size_t len, hash_len;
	size_t line_end[64]; /* where record n ends */
} disk;

static int append(struct sink *sink, const char *line, size_t len, unsigned sequence,
		  const struct digest *head)
{
	char hex[66];

	(void)sink;
	memcpy(disk.lines + disk.len, line, len);
	disk.len += len;
	disk.line_end[sequence] = disk.len;
	digest_hex(head, hex, 32);
	hex[64] = '\n';
	memcpy(disk.hashes + disk.hash_len, hex, 65);
	disk.hash_len += 65;
	return 0;
}

static int flush(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int64_t fixed_wall_ms(void)
{
	return 1795356659123;
}

static const char run_id[] = "20261123-000000-0123456789abcdef0123456789abcdef";
static struct sink sink = { "memory", append, flush, NULL, false, 0 };

static void outcome(struct journal *journal, const char *step, const char *word)
{
	cJSON *content = cJSON_CreateObject();

	cJSON_AddStringToObject(content, "outcome", word);
	cJSON_AddNumberToObject(content, "seconds", 2.5);
	cJSON_AddStringToObject(content, "reason", "because");
	journal_write(journal, artifact_extension(step, "outcome", content));
}

/* Records 0 to 18: s1 is done, s2 was cut off in a first boot and done in a second, s3 stands open
 * in a series of which two elements are there. */
static void make_journal(struct journal *journal)
{
	cJSON *metadata = cJSON_CreateObject();

	memset(&disk, 0, sizeof(disk));
	*journal = (struct journal){ .wall_ms = fixed_wall_ms };
	journal_add_sink(journal, &sink);
	cJSON_AddStringToObject(metadata, "runId", run_id);
	journal_write(journal, artifact_schema_version());
	journal_write(journal, artifact_run_start("assay", "1", "", NULL, NULL, metadata));
	journal_write(journal, artifact_step_start("s1", "self.null"));
	outcome(journal, "s1", "failed");
	journal_write(journal, artifact_step_end("s1", STATUS_COMPLETE));
	journal_write(journal, artifact_step_start("s2", "self.noise"));
	journal_write(journal, artifact_error(NULL, "interrupted", "cut off"));
	outcome(journal, "s2", "interrupted");
	journal_write(journal, artifact_step_end("s2", STATUS_ERROR));
	journal_write(journal, artifact_step_start("s2r", "self.noise"));
	outcome(journal, "s2r", "ok");
	journal_write(journal, artifact_step_end("s2r", STATUS_COMPLETE));
	journal_write(journal, artifact_step_start("s3", "file.bonnie"));
	journal_write(journal, artifact_measurement("s3", "write", 1, "MB/s", NULL));
	journal_write(journal, artifact_series_start("s3", "s3-0", "write", "MB/s", NULL));
	journal_write(journal, artifact_series_element("s3", "s3-0", 0, 1, "now", NULL));
	journal_write(journal, artifact_series_element("s3", "s3-0", 1, 1, "now", NULL));
}
enum { RECORDS = 17, OPEN_AT = 12 };

static int read_cut(size_t len, size_t hash_len, struct owed *out)
{
	FILE *journal = len ? fmemopen(disk.lines, len, "r") : fopen("/dev/null", "r");
	FILE *chain = hash_len ? fmemopen(disk.hashes, hash_len, "r") : fopen("/dev/null", "r");
	int err;

	assert_non_null(journal);
	assert_non_null(chain);
	err = owed_read(journal, chain, out);
	fclose(journal);
	fclose(chain);
	return err;
}

static void what_is_owed(void **state)
{
	struct journal journal;
	static struct owed owed;

	(void)state;
	make_journal(&journal);
	assert_int_equal(read_cut(disk.len, disk.hash_len, &owed), 0);
	assert_int_equal(owed.records, RECORDS);
	assert_int_equal(owed.bytes, disk.len);
	assert_int_equal(owed.torn_bytes, 0);
	assert_memory_equal(&owed.head, &journal.head, sizeof(owed.head));
	assert_string_equal(owed.run_id, run_id);
	assert_false(owed.ended);
	assert_int_equal(owed.cuts, 1);
	assert_true(owed.steps[0].ended && owed.steps[0].outcome == RUN_FAILED);
	assert_string_equal(owed.steps[0].reason, "because");
	assert_true(owed.steps[1].ended && owed.steps[1].outcome == RUN_OK);
	assert_int_equal(owed.steps[1].attempts, 2);
	assert_false(owed.steps[2].ended || owed.has_outcome);
	assert_string_equal(owed.step, "s3");
	assert_string_equal(owed.series, "s3-0");
	assert_int_equal(owed.elements, 2);
	assert_int_equal(owed.figures, 1);
	assert_false(owed.steps[3].attempts);
	outcome(&journal, "s3", "ok");
	assert_int_equal(read_cut(disk.len, disk.hash_len, &owed), 0);
	assert_true(owed.has_outcome && owed.outcome == RUN_OK && !owed.steps[2].ended);
	journal_write(&journal, artifact_step_end("s3", STATUS_COMPLETE));
	journal_write(&journal, artifact_run_end(STATUS_COMPLETE, RESULT_FAIL));
	assert_int_equal(read_cut(disk.len, disk.hash_len, &owed), 0);
	assert_true(owed.ended && !owed.step[0]);
}

static unsigned whole_records(size_t len, size_t hash_len)
{
	unsigned count = 0;

	while (count < RECORDS && disk.line_end[count] <= len && (count + 1) * 65 <= hash_len)
		count++;
	return count;
}

/* [E1] Either file cut at every byte: the longest prefix that is whole in both, never anything
 * else. */
static void every_cut(void **state)
{
	struct journal journal;
	static struct owed owed;

	(void)state;
	make_journal(&journal);
	for (size_t len = 0; len <= disk.len; len++) {
		unsigned expected = whole_records(len, disk.hash_len);

		assert_int_equal(read_cut(len, disk.hash_len, &owed), 0);
		assert_int_equal(owed.records, expected);
		assert_int_equal(owed.bytes, expected ? disk.line_end[expected - 1] : 0);
		assert_int_equal(owed.torn_bytes,
				 len - owed.bytes + disk.hash_len - expected * 65u);
	}
	for (size_t len = 0; len <= disk.hash_len; len++) {
		assert_int_equal(read_cut(disk.len, len, &owed), 0);
		assert_int_equal(owed.records, whole_records(disk.len, len));
	}
}

/* A bit turned in a line that has its hash is no power cut's work: refused, and nothing behind it
 * is believed. In the tail without a hash it is. */
static void every_bit(void **state)
{
	struct journal journal;
	static struct owed owed;

	(void)state;
	make_journal(&journal);
	for (size_t at = 0; at < disk.len; at++) {
		disk.lines[at] ^= (char)(1 << at % 7);
		/* Without the last newline it is a torn line. */
		assert_int_equal(read_cut(disk.len, disk.hash_len, &owed),
				 at < disk.len - 1 ? -EBADMSG : 0);
		assert_true(owed.records < RECORDS && disk.line_end[owed.records] > at);
		if (at >= disk.line_end[OPEN_AT])
			assert_int_equal(read_cut(disk.len, (OPEN_AT + 1) * 65, &owed), 0);
		disk.lines[at] ^= (char)(1 << at % 7);
	}
}

static void ids(void **state)
{
	static const struct {
		const char *id;
		size_t place;
		unsigned attempt; /* 0: none of the plan's */
	} rows[] = {
		{ "s1", 0, 1 }, { "s64", 63, 1 }, { "s3r", 2, 2 },  { "s65", 0, 0 }, { "s0", 0, 0 },
		{ "s", 0, 0 },	{ "s01", 0, 0 },  { "s3rr", 0, 0 }, { "s3p", 0, 0 }, { "x1", 0, 0 },
		{ "", 0, 0 },	{ "s-1", 0, 0 },  { "s 1", 0, 0 },  { "s1 ", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned attempt = 0;
		size_t place = 0;
		bool known = step_id_parse(rows[i].id, &place, &attempt);

		CHECK_ROW(i, rows[i].id, known == !!rows[i].attempt);
		if (known)
			CHECK_ROW(i, rows[i].id,
				  place == rows[i].place && attempt == rows[i].attempt);
	}
}

static void marks(void **state)
{
	static const struct {
		const char *text;
		bool sound;
	} rows[] = {
		{ "run 20261123-000000-0123456789abcdef0123456789abcdef\nimage a b\nplan c\n"
		  "machine d e\n",
		  true },
		{ "run 20261123-000000-0123456789abcdef0123456789abcdef\nimage \nplan \nmachine \n",
		  true },
		{ "run ../../../../../../../../../../../etc/shadow\nimage a\nplan c\nmachine d\n",
		  false },
		{ "run 1\nimage a\nplan c\nmachine d\n", false },
		{ "run 20261123-000000-0123456789abcdef0123456789abcdef\nimage a b\nplan c\n"
		  "machine d",
		  false },
		{ "run 20261123-000000-0123456789abcdef0123456789abcdef\nplan c\nmachine d\n",
		  false },
		{ "run 20261123-000000-0123456789abcdef0123456789abcdef\nimage a\nplan c\nmachine d\n"
		  "more\n",
		  false },
		{ "", false },
	};
	char back[400];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mark mark;
		struct text text;

		CHECK_ROW(i, rows[i].text, !mark_parse(rows[i].text, &mark) == rows[i].sound);
		text_begin(&text, back, sizeof(back));
		if (rows[i].sound)
			mark_format(&mark, &text);
		CHECK_ROW(i, rows[i].text, !rows[i].sound || !strcmp(back, rows[i].text));
	}
}

/* What the run is and where it runs must be the same; the words that only wait must not. */
static void other_runs(void **state)
{
	static struct story story;
	static struct machine machine;
	struct mark left, ours;

	(void)state;
	params_defaults(settings_table, story.settings.value, NULL, 0);
	snprintf(story.run_id, sizeof(story.run_id), "%s", run_id);
	machine.link_count = 2;
	strcpy(machine.link[0].mac, "52:54:00:00:00:02");
	strcpy(machine.link[1].mac, "52:54:00:00:00:01");
	story.machine = machine;
	mark_make(&left, &story);
	snprintf(story.settings.value[SET_NOTE].text, 10, "a note");
	story.settings.value[SET_SETTLE].real = 1;
	story.machine.link[0] = machine.link[1];
	story.machine.link[1] = machine.link[0];
	mark_make(&ours, &story);
	assert_null(mark_difference(&left, &ours));
	snprintf(story.settings.value[SET_PEER].text, 20, "198.18.0.9");
	mark_make(&ours, &story);
	assert_string_equal(mark_difference(&left, &ours), "another plan, or other settings of it");
	story.settings.value[SET_PEER].text[0] = '\0';
	strcpy(story.machine.link[0].mac, "52:54:00:00:00:03");
	mark_make(&ours, &story);
	assert_string_equal(mark_difference(&left, &ours), "another machine");
	story.machine.link[0] = machine.link[1];
	story.machine.init_digest.bytes[3] = 1;
	mark_make(&ours, &story);
	assert_string_equal(mark_difference(&left, &ours), "another image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_owed), cmocka_unit_test(every_cut),
		cmocka_unit_test(every_bit),	cmocka_unit_test(ids),
		cmocka_unit_test(marks),	cmocka_unit_test(other_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
