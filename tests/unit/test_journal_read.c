/* SPDX-License-Identifier: MIT */
/* A journal and its serial log, written by our own writer, then damaged in every way that a port, a
 * kernel or a power cut can: what is read back is always a part of what was written, and what is
 * missing is named. */
#include "tests/unit/test.h"

#include "lab/journal/journal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16, RECORDS = 16, BULK_FIRST = 5, BULK_LAST = 8 };

static char lines[ROOM], hashes[ROOM], serial[ROOM];
static char original[RECORDS][512]; /* each line, to compare with */

static int add_line(struct sink *sink, const char *line, size_t len, unsigned sequence,
		    const struct digest *head)
{
	char hex[65];

	(void)sink;
	digest_hex(head, hex, 32);
	strncat(lines, line, len);
	strcat(strcat(hashes, hex), "\n");
	snprintf(original[sequence], sizeof(original[0]), "%.*s", (int)len - 1, line);
	return 0;
}

static int add_frame(struct sink *sink, const char *line, size_t len, unsigned sequence,
		     const struct digest *head)
{
	char frame[1024];

	(void)sink;
	assert_true(frame_format(frame, sizeof(frame), sequence, head, line, len - 1) > 0);
	strcat(serial, frame);
	return 0;
}

static int flush(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int64_t some_time(void)
{
	return 1769860800000;
}

/* 0 version, 1 start, 2 step, 3 log, 4 series, 5..8 elements, 9 end of series, 10..13 logs, 14 step
 * end, 15 end. */
static int write_run(void **state)
{
	struct sink file = { .name = "file", .append = add_line, .flush = flush };
	struct sink port = {
		.name = "port", .append = add_frame, .flush = flush, .skip_bulk = true
	};
	struct journal journal = { .sinks = { &file, &port },
				   .sink_count = 2,
				   .wall_ms = some_time };
	cJSON *metadata = cJSON_CreateObject();

	(void)state;
	lines[0] = hashes[0] = serial[0] = '\0';
	cJSON_AddStringToObject(metadata, "runId", "run");
	journal_write(&journal, artifact_schema_version());
	journal_write(&journal, artifact_run_start("assay", "1", "", NULL, NULL, metadata));
	journal_write(&journal, artifact_step_start("s1", "net.tcp"));
	journal_write(&journal, artifact_log("s1", SEVERITY_INFO, "a \"quoted\" line"));
	journal_write(&journal, artifact_series_start("s1", "x", "rate", "bit/s", NULL));
	for (unsigned i = 0; i < 4; i++)
		journal_write_bulk(&journal, artifact_series_element("s1", "x", i, i,
								     "2026-01-31T12:00:00Z", NULL));
	journal_write(&journal, artifact_series_end("s1", "x", 4));
	for (int i = 0; i < 4; i++)
		journal_write(&journal, artifact_log("s1", SEVERITY_INFO, "something happened"));
	journal_write(&journal, artifact_step_end("s1", STATUS_COMPLETE));
	journal_write(&journal, artifact_run_end(STATUS_COMPLETE, RESULT_PASS));
	assert_int_equal(journal.sequence, RECORDS);
	return 0;
}

static void read_console(const char *text, struct console *console)
{
	assert_int_equal(console_read(strdup(text), strlen(text), console), 0);
}

static void read_journal(const char *text, const char *chain, struct journal_copy *copy)
{
	assert_int_equal(journal_read(strdup(text), strlen(text), chain, false, copy), 0);
}

/* The start of the frame with this number in a log. */
static char *frame_at(char *log, unsigned sequence)
{
	char marker[32];

	snprintf(marker, sizeof(marker), "@assay %u ", sequence);
	return strstr(log, marker);
}

static void what_was_written_reads_back(void **state)
{
	struct journal_copy copy;
	struct console console;
	struct notes notes = { 0 };
	size_t absent;

	(void)state;
	read_journal(lines, hashes, &copy);
	read_console(serial, &console);
	assert_int_equal(copy.problems.count, 0);
	assert_int_equal(copy.records.count, RECORDS);
	assert_int_equal(console.records.count, RECORDS - 4);
	assert_int_equal(console.bulk, 4);
	assert_int_equal(console.lost_count, 0);
	assert_int_equal(console.damaged, 0);
	assert_true(console.ended);
	assert_string_equal(records_run_id(&console.records), "run");
	assert_int_equal(channels_compare(&copy, &console, &notes, &absent), 0);
	assert_int_equal(absent, 0);
	notes_free(&notes);
	journal_copy_free(&copy);
	console_free(&console);
}

/* Any one frame is taken out of the serial log: its number is said, the others stand [E3]. */
static void every_lost_frame_is_named(void **state)
{
	(void)state;
	for (unsigned victim = 0; victim < RECORDS; victim++) {
		char log[ROOM];
		struct console console;
		char *frame;

		if (victim >= BULK_FIRST && victim <= BULK_LAST)
			continue;
		strcpy(log, serial);
		frame = frame_at(log, victim);
		frame[0] = '#';
		read_console(log, &console);
		if (victim < RECORDS - 1) {
			/* Without its start or end the elements of a series cannot be told from
			 * losses. */
			assert_int_equal(console.lost_count, 1);
			assert_true(console.lost[0].first <= victim &&
				    console.lost[0].last >= victim);
		} else {
			assert_false(console.ended);
		}
		assert_int_equal(console.records.count, RECORDS - 5);
		console_free(&console);
	}
}

static const struct {
	const char *name;
	unsigned victim;
	const char *in, *out; /* the first `in` behind the frame's start becomes `out` */
	unsigned damaged;
} damages[] = {
	{ "a turned byte in a text, chain known", 3, "quoted", "quotes", 1 },
	{ "a turned digit of the hash", 2, "@assay 2 ", "@assay 2 z", 1 },
	{ "the kernel in between", 10, "something", "some[  3.14] eth0: up", 1 },
	{ "the kernel behind elements", 9, "Z\"", "Z[  3.14] eth0: up\"", 1 },
	{ "a control byte in JSON", 10, "{", "\001", 1 },
	{ "a wrong number in the frame", 11, "@assay 11", "@assay 12", 1 },
	{ "a number too large", 11, "@assay 11", "@assay 99999999999", 1 },
	{ "a line end in the middle", 12, "log", "l\nog", 1 },
	{ "a missing brace", 13, "}}", "}", 1 },
};

static void damaged_frames_are_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		char log[ROOM];
		struct console console;
		char *at = strstr(frame_at(serial, damages[i].victim), damages[i].in);

		snprintf(log, sizeof(log), "%.*s%s%s", (int)(at - serial), serial, damages[i].out,
			 at + strlen(damages[i].in));
		read_console(log, &console);
		CHECK_ROW(i, damages[i].name, console.damaged == damages[i].damaged);
		CHECK_ROW(i, damages[i].name, console.lost_count == damages[i].damaged);
		CHECK_ROW(i, damages[i].name,
			  !damages[i].damaged ||
				  !records_find(&console.records, damages[i].victim));
		console_free(&console);
	}
}

static void repeated_and_interleaved(void **state)
{
	char log[2 * ROOM] = "boot\r\n";
	struct console console;
	char copy[ROOM], *rest = copy, *line;

	(void)state;
	strcpy(copy, serial);
	while ((line = strsep(&rest, "\n")))
		if (*line) /* twice each, carriage returns, people between, one behind a half line */
			sprintf(log + strlen(log),
				"%s\r\n[ 1.0] kernel says\r\nhalf a line%s\r\n  progress 50%%\r\n",
				line, line);
	read_console(log, &console);
	assert_int_equal(console.records.count, RECORDS - 4);
	assert_int_equal(console.repeated, RECORDS - 4);
	assert_int_equal(console.damaged, 0);
	assert_int_equal(console.lost_count, 0);
	console_free(&console);
}

/* Whatever place of whichever frame the kernel printed into, and however many lines: they are taken
 * out, every record is there [E3]. Where the frame is damaged as well it stays so. */
static void what_the_kernel_printed_is_taken_out(void **state)
{
	static const char *const said[] = {
		"[    3.141592] hrtimer: interrupt took 12345 ns\r\n",
		"[12345.000001] WARNING: a line\r\n[12345.000002] another [0]\r\n[12345.000003] \r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(said); i++)
		for (unsigned victim = 0; victim < RECORDS; victim++) {
			const char *start = frame_at(serial, victim);
			size_t len = start ? strcspn(start, "\n") : 0;

			for (size_t at = 1; at <= len; at++) {
				char log[ROOM];
				struct console console;

				sprintf(log, "%.*s%s%s", (int)(start - serial + (ptrdiff_t)at),
					serial, said[i], start + at);
				read_console(log, &console);
				CHECK_ROW(at, said[i], console.records.count == RECORDS - 4);
				CHECK_ROW(at, said[i], console.mended_count == 1);
				CHECK_ROW(at, said[i], !console.damaged && !console.lost_count);
				console_free(&console);
			}
		}
}

static void what_is_damaged_too_stays_so(void **state)
{
	static const char said[] = "[    3.141592] hrtimer: interrupt took 12345 ns\r\n";
	char log[ROOM];
	struct console console;
	char *start = frame_at(serial, 10);
	char *place = strstr(start, "something");

	(void)state;
	sprintf(log, "%.*s%s%s", (int)(place - serial), serial, said, place + 1);
	read_console(log, &console);
	assert_int_equal(console.mended_count, 0);
	assert_int_equal(console.damaged, 1);
	assert_int_equal(console.lost_count, 1);
	assert_int_equal(console.lost[0].first, 10);
	/* The one behind it is not lost with it. */
	assert_non_null(records_find(&console.records, 11));
	console_free(&console);
	/* Twice in one frame. */
	sprintf(log, "%.*s%s%.4s%s%s", (int)(place - serial), serial, said, place, said, place + 4);
	read_console(log, &console);
	assert_int_equal(console.mended_count, 1);
	assert_int_equal(console.lost_count, 0);
	console_free(&console);
}

static void the_last_of_several_boots_counts(void **state)
{
	char log[2 * ROOM], line[512];
	struct digest head = { 0 };
	struct console console;

	(void)state;
	/* An earlier boot, cut off, whose first record has another time. */
	strcpy(line, original[0]);
	strstr(line, "2026-01-31")[0] = '1';
	digest_chain(&head, line, strlen(line));
	assert_true(frame_format(log, sizeof(log), 0, &head, line, strlen(line)) > 0);
	sprintf(log + strlen(log), "%.*s\n", (int)(frame_at(serial, 9) - frame_at(serial, 1)),
		frame_at(serial, 1));
	strcat(log, serial);
	read_console(log, &console);
	assert_int_equal(console.earlier_runs, 1);
	assert_int_equal(console.records.count, RECORDS - 4);
	assert_int_equal(console.lost_count, 0);
	console_free(&console);
}

static void journal_problems_name_their_record(void **state)
{
	(void)state;
	for (unsigned victim = 0; victim < RECORDS; victim++) {
		char text[ROOM], expected[32];
		struct journal_copy copy;

		strcpy(text, lines);
		char *line = strstr(text, original[victim]);
		line[strlen(original[victim]) - 1] = ' ';
		read_journal(text, hashes, &copy);
		snprintf(expected, sizeof(expected), "record %u: ", victim);
		assert_true(copy.problems.count >= 1);
		assert_true(!strncmp(copy.problems.line[0], expected, strlen(expected)));
		journal_copy_free(&copy);
	}
}

/* Wherever the power went: a prefix comes back, and nothing is called a problem [E1]. */
static void every_torn_end_is_forgiven(void **state)
{
	(void)state;
	for (size_t len = 1; len < strlen(lines); len++) {
		char text[ROOM], chain[ROOM];
		struct journal_copy copy;
		size_t whole = 0;

		snprintf(text, sizeof(text), "%.*s", (int)len, lines);
		for (size_t i = 0; text[i]; i++)
			whole += text[i] == '\n';
		snprintf(chain, sizeof(chain), "%.*s", (int)whole * 65, hashes);
		read_journal(text, chain, &copy);
		if (copy.problems.count)
			fail_msg("cut after %zu bytes: %s", len, copy.problems.line[0]);
		assert_int_equal(copy.records.count, whole);
		assert_int_equal(copy.torn, text[len - 1] != '\n');
		for (size_t i = 0; i < copy.records.count; i++)
			assert_memory_equal(copy.records.at[i].line, original[i],
					    strlen(original[i]));
		journal_copy_free(&copy);
	}
}

/* Random damage: whatever is accepted while the chain could be followed is what was written. */
static void random_damage(void **state)
{
	struct random random;
	size_t len = strlen(serial);

	(void)state;
	random_seed(&random, 7);
	for (int round = 0; round < 3000; round++) {
		char log[ROOM];
		struct console console;

		memcpy(log, serial, len + 1);
		for (uint64_t change = 1 + random_below(&random, 20); change-- > 0;)
			log[random_below(&random, len)] = (char)random_below(&random, 256);
		char *text = malloc(len);
		memcpy(text, log, len);
		assert_int_equal(console_read(text, len, &console), 0);
		/* Before the series every record is proved by the one before it, until the first
		 * gap. */
		for (size_t i = 0; i < console.records.count &&
				   console.records.at[i].sequence == i && i < BULK_FIRST;
		     i++)
			assert_memory_equal(console.records.at[i].line, original[i],
					    strlen(original[i]));
		console_free(&console);
	}
}

/* ---- a property: whatever becomes of the log, what is read is a part of what was written */

enum { LOG_LINES = 64 };
struct log {
	char *line[LOG_LINES];
	size_t count;
};

static void insert(struct log *log, size_t at, char *line)
{
	memmove(&log->line[at + 1], &log->line[at], (log->count - at) * sizeof(*log->line));
	log->line[at] = line;
	log->count++;
}

static void drop(struct log *log, size_t at)
{
	free(log->line[at]);
	log->count--;
	memmove(&log->line[at], &log->line[at + 1], (log->count - at) * sizeof(*log->line));
}

/* A piece of another line gets into this one, as when the kernel prints. */
static void interleave(struct log *log, size_t at, struct random *random)
{
	const char *other = log->line[random_below(random, log->count)];
	size_t len = strlen(log->line[at]), cut = random_below(random, len + 1);
	size_t from = random_below(random, strlen(other) + 1);
	char *mixed = malloc(len + strlen(other) + 1);

	sprintf(mixed, "%.*s%s%s", (int)cut, log->line[at], other + from, log->line[at] + cut);
	free(log->line[at]);
	log->line[at] = mixed;
}

static void damage(struct log *log, struct random *random)
{
	size_t at = random_below(random, log->count);
	char *line = log->line[at];
	size_t len = strlen(line);

	switch (random_below(random, 5)) {
	case 0:
		if (log->count > 1)
			drop(log, at);
		break;
	case 1:
		if (log->count < LOG_LINES)
			insert(log, random_below(random, log->count + 1), strdup(line));
		break;
	case 2:
		if (len)
			line[random_below(random, len)] = (char)(1 + random_below(random, 255));
		break;
	case 3:
		line[random_below(random, len + 1)] = '\0'; /* cut off */
		break;
	default:
		interleave(log, at, random);
	}
}

static void split(const char *text, struct log *log)
{
	log->count = 0;
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		log->line[log->count++] = strndup(text, (size_t)(end - text));
}

static char *join(struct log *log)
{
	size_t len = 1;
	char *text;

	for (size_t i = 0; i < log->count; i++)
		len += strlen(log->line[i]) + 1;
	text = calloc(len, 1);
	for (size_t i = 0; i < log->count; i++) {
		strcat(strcat(text, log->line[i]), "\n");
		free(log->line[i]);
	}
	return text;
}

static bool is_named_lost(const struct console *console, unsigned sequence)
{
	for (size_t i = 0; i < console->lost_count; i++)
		if (sequence >= console->lost[i].first && sequence <= console->lost[i].last)
			return true;
	return false;
}

/* Records that are there are as they were, with their hash; of those before the last one that is
 * there, each that is not there is named, and none that is. Elements are absent by design. */
static void check_part(const struct console *console)
{
	unsigned next = 0;
	const char *hash = hashes;

	for (size_t i = 0; i < console->records.count; i++) {
		const struct record *record = &console->records.at[i];

		for (; next < record->sequence; next++)
			assert_true(is_named_lost(console, next) ||
				    (next >= BULK_FIRST && next <= BULK_LAST));
		assert_true(record->sequence < RECORDS);
		assert_false(is_named_lost(console, record->sequence));
		assert_int_equal(record->len, strlen(original[record->sequence]));
		assert_memory_equal(record->line, original[record->sequence], record->len);
		assert_memory_equal(record->head, hash + 65 * record->sequence, 64);
		next = record->sequence + 1;
	}
}

/* [E3] */
static void any_damage_leaves_a_part_of_the_truth(void **state)
{
	struct random random;
	size_t whole = 0, kept = 0;

	(void)state;
	random_seed(&random, 20261123);
	for (int round = 0; round < 4000; round++) {
		struct console console;
		struct log log;
		char *text;

		split(serial, &log);
		for (uint64_t n = random_below(&random, 12); n-- > 0;)
			damage(&log, &random);
		text = join(&log);
		assert_int_equal(console_read(text, strlen(text), &console), 0);
		check_part(&console);
		whole += console.records.count == RECORDS - (BULK_LAST - BULK_FIRST + 1);
		kept += console.records.count;
		console_free(&console);
	}
	/* As far as possible: a reader that gave up would leave nothing. */
	assert_true(whole > 200 && kept > 4000 * (size_t)6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_damage_leaves_a_part_of_the_truth),
		cmocka_unit_test(what_was_written_reads_back),
		cmocka_unit_test(every_lost_frame_is_named),
		cmocka_unit_test(damaged_frames_are_dropped),
		cmocka_unit_test(repeated_and_interleaved),
		cmocka_unit_test(what_the_kernel_printed_is_taken_out),
		cmocka_unit_test(what_is_damaged_too_stays_so),
		cmocka_unit_test(the_last_of_several_boots_counts),
		cmocka_unit_test(journal_problems_name_their_record),
		cmocka_unit_test(every_torn_end_is_forgiven),
		cmocka_unit_test(random_damage),
	};

	return cmocka_run_group_tests(tests, write_run, NULL);
}
