/* SPDX-License-Identifier: MIT */
/* What collecting trusts and what not: partition tables, names, arguments. */
#include "tests/unit/test.h"

#include "lab/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, SECTORS = 4096, ENTRIES = 128 };

static uint8_t image[SECTORS * SECTOR];

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t crc32_slow(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	while (len--) {
		crc ^= *data++;
		for (int i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

static void add_partition(unsigned index, const char *name, uint64_t first, uint64_t last)
{
	uint8_t *entry = image + 2 * SECTOR + 128 * index;

	entry[0] = 1; /* any type */
	put(entry + 32, first, 8);
	put(entry + 40, last, 8);
	for (size_t i = 0; name[i]; i++)
		entry[56 + 2 * i] = (uint8_t)name[i];
}

static void seal(uint64_t at, uint64_t entries)
{
	uint8_t *header = image + at * SECTOR;

	memcpy(header, "EFI PART", 8);
	put(header + 8, 0x10000, 4);
	put(header + 12, 92, 4);
	put(header + 24, at, 8);
	put(header + 72, entries, 8);
	put(header + 80, ENTRIES, 4);
	put(header + 84, 128, 4);
	put(header + 88, crc32_slow(image + entries * SECTOR, ENTRIES * 128), 4);
	put(header + 16, 0, 4);
	put(header + 16, crc32_slow(header, 92), 4);
}

static void fresh(const char *name, uint64_t first, uint64_t last)
{
	memset(image, 0, sizeof(image));
	add_partition(0, "boot", 100, 199);
	add_partition(1, name, first, last);
	seal(1, 2);
}

static int find(struct partition *out, char *why, size_t room)
{
	char path[] = "/tmp/assay-gpt-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(file_write_all(fd, image, sizeof(image)), 0);
	err = gpt_find(fd, "assay-results", out, why, room);
	close(fd);
	return err;
}

static void finds_the_named_partition(void **state)
{
	struct partition partition;

	(void)state;
	fresh("assay-results", 2048, 4000);
	assert_int_equal(find(&partition, NULL, 0), 0);
	assert_int_equal(partition.start, 2048 * SECTOR);
	assert_int_equal(partition.bytes, 1953 * SECTOR);
}

static void finds_it_by_the_copy_at_the_end(void **state)
{
	struct partition partition;

	(void)state;
	fresh("assay-results", 2048, 4000);
	memcpy(image + (SECTORS - 33) * SECTOR, image + 2 * SECTOR, ENTRIES * 128);
	seal(SECTORS - 1, SECTORS - 33);
	memset(image + SECTOR, 0, SECTOR);
	assert_int_equal(find(&partition, NULL, 0), 0);
	assert_int_equal(partition.start, 2048 * SECTOR);
}

static void refuses_hostile_tables(void **state)
{
	struct partition partition;
	char why[WHY_ROOM];

	(void)state;
	fresh("assay-result", 2048, 4000); /* a prefix is another name */
	assert_int_equal(find(&partition, why, sizeof(why)), -ENOENT);
	fresh("assay-results2", 2048, 4000);
	assert_int_equal(find(&partition, why, sizeof(why)), -ENOENT);
	fresh("assay-results", 2048, 5000);
	assert_int_equal(find(&partition, why, sizeof(why)), -EINVAL);
	fresh("assay-results", 3000, 2999);
	assert_int_equal(find(&partition, why, sizeof(why)), -EINVAL);
	fresh("assay-results", 2048, UINT64_MAX);
	assert_int_equal(find(&partition, why, sizeof(why)), -EINVAL);
	fresh("assay-results", 2048, 4000);
	add_partition(2, "assay-results", 200, 300);
	seal(1, 2);
	assert_int_equal(find(&partition, why, sizeof(why)), -EEXIST);
	fresh("assay-results", 2048, 4000);
	image[2 * SECTOR + 200] ^= 1; /* the entries' sum is wrong now */
	assert_int_equal(find(&partition, why, sizeof(why)), -EINVAL);
}

/* Each byte of the header turned: refused, or the right answer; never a fault. Sums repaired for
 * half of them. */
static void random_tables(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 3);
	for (int round = 0; round < 400; round++) {
		struct partition partition = { 0 };
		int err;

		fresh("assay-results", 2048, 4000);
		image[SECTOR + random_below(&random, 92)] = (uint8_t)random_next(&random);
		if (round % 2) {
			put(image + SECTOR + 16, 0, 4);
			put(image + SECTOR + 16, crc32_slow(image + SECTOR, 92), 4);
		}
		err = find(&partition, NULL, 0);
		if (!err)
			assert_true(partition.start + partition.bytes <= sizeof(image));
	}
}

static void names_that_may_become_files(void **state)
{
	static const struct {
		const char *name;
		bool plain;
	} names[] = {
		{ "journal.jsonl", true },
		{ "s1-bonnie.csv", true },
		{ "a_b", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ ".hidden", false },
		{ "a/b", false },
		{ "../x", false },
		{ "a b", false },
		{ "-rf", false },
		{ "a\nb", false },
		{ "a\\b", false },
		{ "\xc3\xa4", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK_ROW(i, names[i].name, path_name_is_plain(names[i].name) == names[i].plain);
}

static void arguments(void **state)
{
	struct arg args[] = { { "console", NULL }, { "disk", "d" }, { 0 } };
	char *good[] = { "collect", "a=b/c.ini", "console=x=y", "./p=q", NULL }, why[WHY_ROOM];
	char *known[] = { "collect", "first", "console=x=y", "second", NULL };

	(void)state;
	assert_int_equal(args_take(4, good, args, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "unknown argument 'a=b/c.ini'; known: console= disk=");
	assert_int_equal(args_take(4, known, args, why, sizeof(why)), 2);
	assert_string_equal(args[0].value, "x=y");
	assert_string_equal(args[1].value, "d");
	assert_string_equal(known[1], "first");
	assert_string_equal(known[2], "second");
}

static void copies_keep_holes(void **state)
{
	char from[] = "/tmp/assay-copy-XXXXXX", to[] = "/tmp/assay-copy-XXXXXX";
	int fd = mkstemp(from);

	(void)state;
	close(mkstemp(to));
	assert_int_equal(ftruncate(fd, 3 << 20), 0);
	assert_int_equal(pwrite(fd, "here", 4, 1 << 20), 4);
	close(fd);
	assert_int_equal(path_copy(from, to), 0);
	assert_true(path_same(from, to));
	fd = open(to, O_RDONLY);
	assert_true(lseek(fd, 0, SEEK_DATA) >= (1 << 20) - 65536);
	close(fd);
	unlink(from);
	unlink(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_named_partition),
		cmocka_unit_test(finds_it_by_the_copy_at_the_end),
		cmocka_unit_test(refuses_hostile_tables),
		cmocka_unit_test(random_tables),
		cmocka_unit_test(names_that_may_become_files),
		cmocka_unit_test(arguments),
		cmocka_unit_test(copies_keep_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
