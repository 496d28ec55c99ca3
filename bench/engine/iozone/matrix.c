/* SPDX-License-Identifier: MIT */
/* iozone's matrix: which files, which records of each, which tests. */
#include "bench/file/iozone.h"

#include <errno.h>
#include <string.h>

enum { KIB = 1024, MIB = 1048576 };
/* Files above 16 MiB start with records of 64 KiB, unless told otherwise. */
enum { CROSS_OVER_FILE = 16 * MIB, CROSS_OVER_RECORD = 64 * KIB };
enum { LEAST_RECORD = 4 * KIB, GREATEST_RECORD = 16 * MIB };
/* A bit for each that we have: all but 8, which is only for many at once. */
enum { KNOWN_TESTS = 0x1eff };
#define AUTO_EXACT_BYTES 0x4p32

/* ---- the two axes ---- */

/* The next size of a list such as "64k,1m". 1; 0 at its end; -errno. */
static int take_size(const char **at, uint64_t *bytes)
{
	char word[32];
	size_t len = strcspn(*at, ",");

	if (!len)
		return **at ? -EINVAL : 0;
	if (len >= sizeof(word) || !strcmp(*at + len, ","))
		return -EINVAL;
	memcpy(word, *at, len);
	word[len] = 0;
	*at += len + ((*at)[len] == ',');
	return text_bytes(word, bytes) ? -EINVAL : 1;
}

/* The smallest of the list that is larger; 0: none. */
static uint64_t next_listed(const char *list, uint64_t after)
{
	uint64_t next = 0, bytes;

	while (take_size(&list, &bytes) > 0)
		if (bytes > after && (!next || bytes < next))
			next = bytes;
	return next;
}

static uint64_t next_size(const char *list, uint64_t least, uint64_t greatest, uint64_t after)
{
	uint64_t next = after ? after * 2 : least;

	if (*list)
		return next_listed(list, after);
	return next <= greatest ? next : 0;
}

uint64_t iozone_next_file(const union value *values, uint64_t after)
{
	return next_size(values[IOZONE_FILES].text, values[IOZONE_MIN_FILE].num,
			 values[IOZONE_MAX_FILE].num, after);
}

uint64_t iozone_next_record(const union value *values, uint64_t after)
{
	return next_size(values[IOZONE_RECORDS].text, values[IOZONE_MIN_RECORD].num,
			 values[IOZONE_MAX_RECORD].num, after);
}

uint64_t iozone_largest_file(const union value *values)
{
	uint64_t largest = 0;

	for (uint64_t file = 0; (file = iozone_next_file(values, file));)
		largest = file;
	return largest;
}

uint64_t iozone_largest_record(const union value *values)
{
	uint64_t largest = 0;

	for (uint64_t record = 0; (record = iozone_next_record(values, record));)
		largest = record;
	return largest;
}

/* ---- mode ---- */

double iozone_exact_bytes(const union value *values)
{
	double bytes = 0;

	for (uint64_t file = 0; (file = iozone_next_file(values, file));)
		for (uint64_t record = 0;
		     (record = iozone_next_record(values, record)) && record <= file;)
			bytes += (double)file;
	return bytes * __builtin_popcount(iozone_tests(values)) *
	       (values[IOZONE_RETESTS].on ? 2 : 1);
}

bool iozone_bounded(const union value *values)
{
	if (values[IOZONE_MODE].num != IOZONE_AUTO)
		return values[IOZONE_MODE].num == IOZONE_BOUNDED;
	return !values[IOZONE_CPU].on && iozone_exact_bytes(values) > AUTO_EXACT_BYTES;
}

/* ---- cells ---- */

static bool crosses_over(const union value *values, uint64_t file_bytes)
{
	bool all = values[IOZONE_MIN_RECORD].num == LEAST_RECORD &&
		   values[IOZONE_MAX_RECORD].num == GREATEST_RECORD;

	return all && !*values[IOZONE_FILES].text && !*values[IOZONE_RECORDS].text &&
	       !values[IOZONE_SMALL_RECORDS].on && file_bytes > CROSS_OVER_FILE &&
	       !iozone_bounded(values);
}

uint64_t iozone_first_record(const union value *values, uint64_t file_bytes)
{
	return crosses_over(values, file_bytes) ? CROSS_OVER_RECORD : iozone_next_record(values, 0);
}

static bool next_file(const union value *values, struct iozone_cell *cell)
{
	cell->file_bytes = iozone_next_file(values, cell->file_bytes);
	cell->record_bytes = iozone_first_record(values, cell->file_bytes);
	return cell->file_bytes;
}

static bool fits(const struct iozone_cell *cell)
{
	return cell->record_bytes && cell->record_bytes <= cell->file_bytes;
}

bool iozone_next_cell(const union value *values, struct iozone_cell *cell)
{
	if (cell->file_bytes) {
		cell->record_bytes = iozone_next_record(values, cell->record_bytes);
		if (fits(cell))
			return true;
	}
	while (next_file(values, cell))
		if (fits(cell))
			return true;
	return false;
}

/* ---- tests ---- */

static bool take_number(const char **at, unsigned *number)
{
	unsigned digits = 0;

	for (*number = 0; **at >= '0' && **at <= '9' && digits < 2; (*at)++, digits++)
		*number = *number * 10 + (unsigned)(**at - '0');
	return digits;
}

unsigned iozone_tests_of(const char *at)
{
	unsigned tests = 0, number;

	while (take_number(&at, &number) && number <= IOZONE_LAST_TEST) {
		tests |= 1u << number;
		if (!*at)
			return tests;
		if (*at++ != ',')
			return 0;
	}
	return 0;
}

unsigned iozone_tests(const union value *values)
{
	return iozone_tests_of(values[IOZONE_TESTS].text);
}

bool iozone_is_retest(unsigned metric)
{
	static const unsigned retests = 1u << IOZONE_REWRITE | 1u << IOZONE_REREAD |
					1u << IOZONE_FREWRITE | 1u << IOZONE_FREREAD |
					1u << IOZONE_REPWRITE | 1u << IOZONE_REPREAD |
					1u << IOZONE_REPWRITEV | 1u << IOZONE_REPREADV;

	return metric < IOZONE_RATES && retests & 1u << metric;
}

/* ---- is it one? ---- */

static int check_list(const char *name, const char *list, char *why, size_t room)
{
	const char *at = list;
	uint64_t bytes;
	int more;

	while ((more = take_size(&at, &bytes)) > 0)
		if (!bytes || bytes % KIB || bytes > 1ull << 40)
			return text_refuse(
				-EINVAL, why, room,
				"%s=%s: each size must be a whole number of KiB, 1k to 1T", name,
				list);
	if (more < 0)
		return text_refuse(-EINVAL, why, room,
				   "%s=%s: expected sizes with commas between, such as 64k,1m",
				   name, list);
	return 0;
}

static int check_sizes(const union value *values, char *why, size_t room)
{
	static const char *const names[] = { [IOZONE_MIN_FILE] = "min_file",
					     [IOZONE_MAX_FILE] = "max_file",
					     [IOZONE_MIN_RECORD] = "min_record",
					     [IOZONE_MAX_RECORD] = "max_record" };
	int err = check_list("files", values[IOZONE_FILES].text, why, room);

	err = err ? err : check_list("records", values[IOZONE_RECORDS].text, why, room);
	for (int i = IOZONE_MIN_FILE; i <= IOZONE_MAX_RECORD && !err; i++)
		if (values[i].num % KIB)
			err = text_refuse(-EINVAL, why, room, "%s=%llu: not a whole number of KiB",
					  names[i], (unsigned long long)values[i].num);
	return err;
}

int iozone_check_matrix(const union value *values, char *why, size_t room)
{
	unsigned tests = iozone_tests(values);
	struct iozone_cell cell = { 0 };
	int err;

	if (!(tests & 1) || tests & ~(unsigned)KNOWN_TESTS)
		return text_refuse(
			-EINVAL, why, room,
			"tests=%s: expected a list of 0 to 7 and 9 to 12 with 0 in it, such as 0,2",
			values[IOZONE_TESTS].text);
	if (values[IOZONE_CPU].on && values[IOZONE_MODE].num == IOZONE_BOUNDED)
		return text_refuse(-EINVAL, why, room,
				   "cpu=yes: of whole passes only, so not with mode=bounded");
	err = check_sizes(values, why, room);
	if (!err && !iozone_next_cell(values, &cell))
		err = text_refuse(
			-EINVAL, why, room,
			"no record size, min_record to max_record or of records, fits into a file size, min_file to max_file or of files");
	if (!err && iozone_largest_record(values) > 1ull << 30)
		err = text_refuse(-EINVAL, why, room, "records=%s: larger than 1 GiB",
				  values[IOZONE_RECORDS].text);
	return err;
}
