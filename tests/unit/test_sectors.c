/* SPDX-License-Identifier: MIT */
/* Sectors that know where they belong, and the order in which records are visited. */
#include "tests/unit/test.h"

#include "bench/engine/file/file_set.h"

#include <stdlib.h>
#include <string.h>

static const struct sector here = { .seed = 1, .number = 7, .file = 2, .generation = 3 };

static enum sector_kind kind_of(const uint8_t *data, struct sector_found *found)
{
	*found = (struct sector_found){ 0 };
	sector_check(data, &here, found);
	return found->kind;
}

static void origins(void **state)
{
	static const struct {
		struct sector sector;
		enum sector_kind kind;
		const char *words;
	} rows[] = {
		{ { 1, 7, 2, 3 }, SECTOR_RIGHT, "right" },
		{ { 1, 7, 2, 2 }, SECTOR_STALE, "generation 2 instead of 3: a write was lost" },
		{ { 1, 7, 2, 4 }, SECTOR_NEWER, "generation 4 instead of 3" },
		{ { 1, 8, 2, 3 }, SECTOR_MISPLACED, "file 2, byte 4096" },
		{ { 1, 7, 1, 3 }, SECTOR_MISPLACED, "file 1, byte 3584" },
		{ { 9, 7, 2, 3 }, SECTOR_FOREIGN, "seed 9" },
	};
	struct sector_found found;
	uint8_t data[SECTOR];
	char words[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text text;

		sector_fill(data, &rows[i].sector);
		CHECK_ROW(i, rows[i].words, kind_of(data, &found) == rows[i].kind);
		text_begin(&text, words, sizeof(words));
		sector_describe(&found, &here, &text);
		CHECK_ROW(i, words, strstr(words, rows[i].words));
	}
}

static void damage(void **state)
{
	struct sector_found found;
	uint8_t data[SECTOR];

	(void)state;
	for (unsigned bit = 0; bit < 8 * SECTOR; bit++) { /* each bit counts */
		sector_fill(data, &here);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_ROW(bit, "bit", kind_of(data, &found) == SECTOR_FLIPPED);
		CHECK_ROW(bit, "bit", found.bits == 1 && found.byte == bit / 8);
	}
	memset(data, 0, SECTOR);
	assert_int_equal(kind_of(data, &found), SECTOR_ZEROS);
	memset(data, 0xff, SECTOR);
	assert_int_equal(kind_of(data, &found), SECTOR_GARBLED);
	sector_fill(data, &here);
	memset(data + 256, 0, 256);
	assert_int_equal(kind_of(data, &found), SECTOR_GARBLED);
	assert_int_equal(found.byte, 256);
}

static void no_two_alike(void **state)
{
	enum { MANY = 500 };
	static uint64_t words[MANY * 60];
	size_t count = 0;

	(void)state;
	for (uint64_t i = 0; i < MANY; i++) {
		struct sector sector = here;
		uint64_t data[SECTOR / 8];

		sector.number = i;
		sector_fill((uint8_t *)data, &sector);
		for (int word = 3; word < 63; word++)
			words[count++] = data[word];
	}
	for (size_t i = 0; i < 3000; i++)
		for (size_t j = i + 1; j < count; j++)
			if (words[i] == words[j])
				fail_msg("word %zu is word %zu", i, j);
}

static void each_once(void **state)
{
	static const uint64_t counts[] = { 1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 4096, 4097, 65535 };
	static bool seen[65536];

	(void)state;
	for (size_t row = 0; row < COUNT_OF(counts); row++)
		for (uint64_t seed = 0; seed < 3; seed++) {
			struct shuffle shuffle;
			uint64_t steps = 0;

			memset(seen, 0, sizeof(seen));
			shuffle_begin(&shuffle, counts[row], seed);
			for (uint64_t i = 0, last = 0; i < counts[row]; i++) {
				uint64_t at = shuffle_at(&shuffle, i);

				CHECK_ROW(row, "once", at < counts[row] && !seen[at]);
				steps += i && (at == last + 1 || last == at + 1);
				seen[at] = true;
				last = at;
			}
			CHECK_ROW(row, "not in a row",
				  counts[row] < 100 || steps < counts[row] / 10);
		}
}

static void generations(void **state)
{
	struct file_set set = { .files = 3,
				.seed = 1,
				.file_bytes = 100 * 8192,
				.record_bytes = 8192,
				.generations = 3 };
	unsigned count[4] = { 0 };
	uint64_t offset;

	(void)state;
	assert_int_equal(file_set_records(&set), 300);
	for (uint64_t i = 0; i < 300; i++) {
		unsigned generation = file_set_generation(&set, i);

		assert_in_range(generation, 1, 3);
		assert_true(file_set_writes(&set, generation, i));
		for (unsigned later = generation + 1; later <= 3; later++)
			assert_false(file_set_writes(&set, later, i));
		count[generation]++;
	}
	assert_in_range(count[3], 300 / 8, 300 * 3 / 8);
	assert_in_range(count[1], 300 / 3, 300 * 3 / 4);
	assert_int_equal(file_set_place(&set, 199, &offset), 1);
	assert_int_equal(offset, 99 * 8192);
	assert_int_equal(file_set_sector(&set, 199, 1024, 2).number, (99 * 8192 + 1024) / 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins),	cmocka_unit_test(damage),
		cmocka_unit_test(no_two_alike), cmocka_unit_test(each_once),
		cmocka_unit_test(generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
