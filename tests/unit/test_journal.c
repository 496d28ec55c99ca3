/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sink in memory that fails at write `fail_at`, or keeps only `keep` bytes of that write. */
struct memory {
	char data[16384];
	size_t len, writes, fail_at, keep;
	int flushes;
};

static int append(struct sink *sink, const char *line, size_t len, unsigned sequence,
		  const struct digest *head)
{
	struct memory *memory = sink->state;
	bool fails = ++memory->writes == memory->fail_at;
	size_t taken = fails && memory->keep < len ? memory->keep : len;

	(void)sequence;
	(void)head;
	assert_true(memory->len + taken < sizeof(memory->data));
	memcpy(memory->data + memory->len, line, taken);
	memory->len += taken;
	return fails ? -EIO : 0;
}

static int flush(struct sink *sink)
{
	((struct memory *)sink->state)->flushes++;
	return 0;
}

static int64_t fixed_wall_ms(void)
{
	return 1795356659123;
}

static struct sink sink_on(struct memory *memory)
{
	return (struct sink){ "memory", append, flush, memory, false, 0 };
}

static int write_some(struct journal *journal)
{
	int err = 0;

	for (int i = 0; i < 8; i++) {
		char text[32];

		snprintf(text, sizeof(text), "line %d", i);
		err |= journal_write(journal, artifact_log(NULL, SEVERITY_INFO, text));
	}
	return err;
}

static void lines_and_chain(void **state)
{
	static struct memory memory;
	struct sink sink = sink_on(&memory);
	struct journal journal = { .wall_ms = fixed_wall_ms };
	struct digest head = { 0 };
	char *line = memory.data, *end;
	unsigned n = 0;

	(void)state;
	memory = (struct memory){ 0 };
	journal_add_sink(&journal, &sink);
	assert_int_equal(write_some(&journal), 0);
	for (; (end = strchr(line, '\n')); line = end + 1, n++) {
		cJSON *json = cJSON_ParseWithLength(line, (size_t)(end - line));

		assert_non_null(json);
		assert_int_equal(cJSON_GetObjectItem(json, "sequenceNumber")->valueint, (int)n);
		assert_string_equal(cJSON_GetObjectItem(json, "timestamp")->valuestring,
				    "2026-11-22T14:10:59.123Z");
		cJSON_Delete(json);
		digest_chain(&head, line, (size_t)(end - line));
	}
	assert_int_equal(n, 8);
	assert_memory_equal(head.bytes, journal.head.bytes, 32);
	assert_int_equal(memory.flushes, 8);
}

/* The chain's definition, checked by a value computed with sha256sum: h(0) of the line "a". */
static void chain_definition(void **state)
{
	struct digest head = { 0 };
	char hex[65];

	(void)state;
	digest_chain(&head, "a", 1);
	digest_hex(&head, hex, 32);
	assert_string_equal(hex,
			    "41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647");
}

/* Loop, not a case: the sink fails at write n and keeps k bytes; what it holds is always a prefix. */
static void failing_sink_keeps_prefix(void **state)
{
	static struct memory whole, broken;
	struct sink good = sink_on(&whole);
	struct journal reference = { .wall_ms = fixed_wall_ms };

	(void)state;
	whole = (struct memory){ 0 };
	journal_add_sink(&reference, &good);
	write_some(&reference);
	for (size_t n = 1; n <= 9; n++)
		for (size_t keep = 0; keep < 140; keep += 7) {
			struct sink bad = sink_on(&broken);
			struct journal journal = { .wall_ms = fixed_wall_ms };
			int err;

			broken = (struct memory){ .fail_at = n, .keep = keep };
			journal_add_sink(&journal, &bad);
			err = write_some(&journal);
			assert_memory_equal(whole.data, broken.data, broken.len);
			assert_int_equal(err != 0, n <= 8);
			assert_int_equal(bad.dead, n <= 8 ? -EIO : 0);
			assert_true(n > 8 || broken.writes == n); /* a dead sink is asked no more */
		}
}

/* One living sink is enough, and it has a record of the other's death, once, right behind the line
 * that killed it. */
static void one_living_sink_is_enough(void **state)
{
	static struct memory a, b;
	struct sink good = sink_on(&a), bad = sink_on(&b);
	struct journal journal = { .wall_ms = fixed_wall_ms };
	const char *told;

	(void)state;
	a = (struct memory){ 0 };
	b = (struct memory){ .fail_at = 3 };
	journal_add_sink(&journal, &bad);
	journal_add_sink(&journal, &good);
	assert_int_equal(write_some(&journal), 0);
	assert_int_equal(b.writes, 3);
	assert_int_equal(a.writes, 9);
	told = strstr(a.data, "sink-failed");
	assert_non_null(told);
	assert_null(strstr(told + 1, "sink-failed"));
	assert_non_null(strstr(told, "line 3"));
	assert_null(strstr(told, "line 2"));
}

static void bulk_skips(void **state)
{
	static struct memory a, b;
	struct sink partition = sink_on(&a), serial = sink_on(&b);
	struct journal journal = { .wall_ms = fixed_wall_ms };

	(void)state;
	a = b = (struct memory){ 0 };
	serial.skip_bulk = true;
	journal_add_sink(&journal, &partition);
	journal_add_sink(&journal, &serial);
	journal_write(&journal, artifact_series_start("s1", "s1-0", "rtt", "ms", NULL));
	journal_write_bulk(&journal, artifact_series_element("s1", "s1-0", 0, 1.5,
							     "2026-01-01T00:00:00.000Z", NULL));
	journal_write(&journal, artifact_series_end("s1", "s1-0", 1));
	assert_int_equal(a.writes, 3);
	assert_int_equal(b.writes, 2);
	assert_int_equal(a.flushes, 2);
	assert_int_equal(journal.sequence, 3);
}

static void too_long_a_record(void **state)
{
	static struct memory memory;
	static char huge[JOURNAL_LINE + 1];
	struct sink sink = sink_on(&memory);
	struct journal journal = { .wall_ms = fixed_wall_ms };

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	memory = (struct memory){ 0 };
	journal_add_sink(&journal, &sink);
	assert_int_equal(journal_write(&journal, artifact_log(NULL, SEVERITY_INFO, huge)),
			 -ENOBUFS);
	assert_int_equal(memory.len, 0);
	assert_int_equal(journal.sequence, 0);
}

#define AB64 "abababababababababababababababababababababababababababababababab"

static void frames(void **state)
{
	static const char line[] = "{\"sequenceNumber\":7}";
	struct digest head;
	struct frame frame;
	char out[256];
	int n;

	(void)state;
	memset(head.bytes, 0xab, sizeof(head.bytes));
	n = frame_format(out, sizeof(out), 7, &head, line, strlen(line));
	assert_memory_equal(out, "@assay 7 " AB64, 9 + 64);
	assert_string_equal(out + 9 + 64 + FRAME_CHECK, " {\"sequenceNumber\":7}\n");
	assert_true(frame_parse(out, (size_t)n, &frame));
	assert_int_equal(frame.sequence, 7);
	assert_string_equal(frame.head, AB64);
	assert_int_equal(frame.len, strlen(line));
	assert_memory_equal(frame.line, line, frame.len);
	/* A byte that turned, anywhere, is told by the frame itself. [E3] */
	for (int at = 0; at < n - 1; at++) {
		out[at] ^= 1;
		assert_false(frame_parse(out, (size_t)n, &frame));
		out[at] ^= 1;
	}
	assert_int_equal(frame_format(out, 20, 7, &head, line, strlen(line)), -ENOSPC);
}

static void hostile_frames(void **state)
{
	static const struct {
		const char *in;
		bool good;
	} rows[] = {
		{ "@assay 1 12345678 {}", true },
		{ "@assay 1 12345678 {}\r\n", true },
		{ "@assay 4294967295 12345678abcdef {}", true },
		{ "@assay 4294967296 12345678 {}", false },
		{ "@assay -1 12345678 {}", false },
		{ "@assay 1 1234567 {}", false },
		{ "@assay 1 1234567G {}", false },
		{ "@assay 1 12345678 ", false },
		{ "@assay 1 12345678 []", false },
		{ "@assay 1 12345678{}", false },
		{ "@assay  1 12345678 {}", false },
		{ "@assay", false },
		{ "", false },
		{ " @assay 1 12345678 {}", false },
		{ "@assay 1 00000000000000000000000000000000000000000000000000000000000000000 {}",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct frame frame;
		/* A copy without the terminator, so that the sanitizer sees a read behind the end. */
		size_t len = strlen(rows[i].in);
		char *copy = malloc(len + !len);

		memcpy(copy, rows[i].in, len);
		CHECK_ROW(i, rows[i].in, frame_parse(copy, len, &frame) == rows[i].good);
		free(copy);
	}
}

static void numbers_json_has_not(void **state)
{
	char *text;
	cJSON *json = artifact_measurement("s1", "x", 0.0 / 0.0, "ms", NULL);

	(void)state;
	text = cJSON_PrintUnformatted(json);
	assert_null(strstr(text, "null"));
	assert_non_null(strstr(text, "\"value\":\"nan\""));
	free(text);
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_chain),
		cmocka_unit_test(chain_definition),
		cmocka_unit_test(failing_sink_keeps_prefix),
		cmocka_unit_test(one_living_sink_is_enough),
		cmocka_unit_test(bulk_skips),
		cmocka_unit_test(too_long_a_record),
		cmocka_unit_test(frames),
		cmocka_unit_test(hostile_frames),
		cmocka_unit_test(numbers_json_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
