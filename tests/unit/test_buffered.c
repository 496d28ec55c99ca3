/* SPDX-License-Identifier: MIT */
/* The buffer layer calls the kernel as glibc's stdio does. A socket that keeps messages apart shows
 * each write(2). */
#include "tests/unit/test.h"

#include "bench/engine/file/buffered.h"
#include "bench/engine/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 8 };

/* The lengths of what was written, as text: "8 8 3". */
static void drain(int fd, char *out, size_t room)
{
	char message[256];
	struct text text;
	ssize_t n;

	text_begin(&text, out, room);
	while ((n = recv(fd, message, sizeof(message), MSG_DONTWAIT)) > 0)
		text_add(&text, "%s%zd", text.len ? " " : "", n);
}

static void put_chars(struct buffered *file, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(buffered_putc(file, (uint8_t)i), 0);
}

static void put_records(struct buffered *file, int count, size_t len)
{
	static const char data[64] = "record";

	for (int i = 0; i < count; i++)
		assert_int_equal(buffered_write(file, data, len), len);
}

static void writes_as_glibc(void **state)
{
	static const struct {
		const char *name;
		int chars, records;
		size_t len;
		const char *before_flush, *flush; /* seen by strace of glibc 2.36 */
	} rows[] = {
		{ "no char", 0, 0, 0, "", "" },
		{ "full buffer waits", 8, 0, 0, "", "8" },
		{ "next char writes", 9, 0, 0, "8", "1" },
		{ "chars", 20, 0, 0, "8 8", "4" },
		{ "one record of the buffer's size", 0, 1, ROOM, "8", "" },
		{ "the second is copied", 0, 2, ROOM, "8", "8" },
		{ "the third writes both", 0, 3, ROOM, "8 8 8", "" },
		{ "six", 0, 6, ROOM, "8 8 8 8 8", "8" },
		{ "small records", 0, 3, 3, "8", "1" },
		{ "large records", 0, 2, 20, "16 8 16", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t buffer[ROOM];
		struct buffered file;
		char seen[80];
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
		buffered_begin(&file, ends[0], buffer, ROOM);
		put_chars(&file, rows[i].chars);
		put_records(&file, rows[i].records, rows[i].len);
		drain(ends[1], seen, sizeof(seen));
		CHECK_ROW(i, seen, !strcmp(seen, rows[i].before_flush));
		assert_int_equal(buffered_flush(&file), 0);
		drain(ends[1], seen, sizeof(seen));
		CHECK_ROW(i, seen, !strcmp(seen, rows[i].flush));
		close(ends[0]);
		close(ends[1]);
	}
}

static int file_of(size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	for (size_t i = 0; i < len; i++)
		assert_int_equal(write(fd, &(uint8_t){ (uint8_t)i }, 1), 1);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void getc_reads_a_buffer_ahead(void **state)
{
	uint8_t buffer[ROOM];
	struct buffered file;
	int fd = file_of(20);

	(void)state;
	buffered_begin(&file, fd, buffer, ROOM);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(buffered_getc(&file), i);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), i < 8 ? 8 : i < 16 ? 16 : 20);
	}
	assert_int_equal(buffered_getc(&file), -ENODATA);
	close(fd);
}

static void fread_takes_all(void **state)
{
	static const struct {
		size_t len, first, rest;
		off_t at; /* of the file after the first */
	} rows[] = { { 8, 8, 8, 8 },
		     { 3, 3, 3, 8 },
		     { 20, 20, 0, 20 },
		     { 12, 12, 8, 16 },
		     { 40, 20, 0, 20 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t buffer[ROOM], data[64];
		struct buffered file;
		int fd = file_of(20);

		buffered_begin(&file, fd, buffer, ROOM);
		CHECK_ROW(i, "first", buffered_read(&file, data, rows[i].len) == rows[i].first);
		CHECK_ROW(i, "place", lseek(fd, 0, SEEK_CUR) == rows[i].at);
		for (size_t k = 0; k < rows[i].first; k++)
			CHECK_ROW(i, "bytes", data[k] == k);
		CHECK_ROW(i, "rest", buffered_read(&file, data, rows[i].len) == rows[i].rest);
		close(fd);
	}
}

static void failure_stays(void **state)
{
	uint8_t buffer[ROOM];
	struct buffered file;
	int fd = open("/dev/full", O_WRONLY), err = 0;

	(void)state;
	buffered_begin(&file, fd, buffer, ROOM);
	for (int i = 0; i < 9; i++)
		err = buffered_putc(&file, 1);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(buffered_flush(&file), -ENOSPC);
	assert_int_equal(buffered_write(&file, buffer, ROOM), 0);
	close(fd);
	buffered_begin(&file, -1, buffer, ROOM);
	assert_int_equal(buffered_getc(&file), -EBADF);
	assert_int_equal(buffered_read(&file, buffer, ROOM), 0);
	assert_int_equal(file.err, -EBADF);
}

/* ---- what is written ---- */

/* No two 4 KiB blocks alike, and no byte that stands out. */
static void random_blocks_differ(void **state)
{
	enum { BLOCKS = 300 };
	static uint8_t seen[BLOCKS][PATTERN_PAGE];
	unsigned bytes[256] = { 0 };
	struct pattern pattern;

	(void)state;
	assert_int_equal(pattern_begin(&pattern, PATTERN_RANDOM, PATTERN_PAGE, 1), 0);
	for (size_t i = 0; i < BLOCKS; i++) {
		memcpy(seen[i], pattern_next(&pattern), PATTERN_PAGE);
		for (size_t k = 0; k < i; k++)
			CHECK_ROW(i, "new", memcmp(seen[i], seen[k], PATTERN_PAGE));
		for (size_t k = 0; k < PATTERN_PAGE; k++)
			bytes[seen[i][k]]++;
	}
	for (size_t i = 0; i < COUNT_OF(bytes);
	     i++) /* 4800 each; what compresses is far from that */
		CHECK_ROW(i, "frequency", bytes[i] > 4200 && bytes[i] < 5400);
	pattern_end(&pattern);
}

static void stock_patterns(void **state)
{
	struct pattern pattern;
	uint8_t *record;

	(void)state;
	assert_int_equal(pattern_begin(&pattern, PATTERN_IOZONE, 16384, 1), 0);
	record = pattern_next(&pattern);
	for (size_t i = 0; i < 16384; i++) /* strace of iozone 3.489 */
		CHECK_ROW(i, "iozone", record[i] == (i % PATTERN_PAGE < 8 ? 0x5f : 0));
	pattern_end(&pattern);
	assert_int_equal(pattern_begin(&pattern, PATTERN_BONNIE, 256, 1), 0);
	for (size_t turn = 0; turn < 600;
	     turn++) { /* strace of bonnie++ 2.00a with a chunk of 256 */
		record = pattern_next(&pattern);
		for (size_t i = 0; i < 256; i++)
			CHECK_ROW(turn, "bonnie++", record[i] == turn / 256 + (i <= turn % 256));
	}
	pattern_end(&pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_glibc),	cmocka_unit_test(getc_reads_a_buffer_ahead),
		cmocka_unit_test(fread_takes_all),	cmocka_unit_test(failure_stays),
		cmocka_unit_test(random_blocks_differ), cmocka_unit_test(stock_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
