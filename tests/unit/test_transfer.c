/* SPDX-License-Identifier: MIT */
/* A transfer that did not move everything: what it was, and the error that the kernel kept back. */
#include "tests/unit/test.h"

#include "bench/engine/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WANTED = 8192, LIMIT = 20480 };
static char data[WANTED];

static int open_file(void)
{
	char path[] = "/tmp/test-transfer-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

/* The limit on a file's size ends a write in its middle as a full disk does (setrlimit(2)). */
static int write_limited(int fd, off_t at, bool positioned, struct transfer *failed)
{
	struct rlimit before, during;
	int err;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	during = (struct rlimit){ LIMIT, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &during), 0);
	assert_int_equal(lseek(fd, positioned ? 0 : at, SEEK_SET), positioned ? 0 : at);
	err = positioned ? transfer_pwrite(failed, fd, data, WANTED, (uint64_t)at) :
			   transfer_write(failed, fd, data, WANTED);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	return err;
}

static void says_why_a_write_was_short(void **state)
{
	static const struct {
		off_t at;
		int err;
		const char *words;
	} rows[] = {
		{ 0, 0, "" },
		{ 12288, 0, "" }, /* up to the limit */
		{ 16384, -EFBIG, ", short write, 4096 of 8192 bytes at 16384" },
		{ 20479, -EFBIG, ", short write, 1 of 8192 bytes at 20479" },
		{ 20480, -EFBIG, ", write of 8192 bytes at 20480" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		size_t row = i / 2;
		struct transfer failed = { 0 };
		char words[TRANSFER_ROOM];
		int fd = open_file();

		CHECK_ROW(row, rows[row].words,
			  write_limited(fd, rows[row].at, i & 1, &failed) == rows[row].err);
		CHECK_ROW(row, rows[row].words, failed.err == rows[row].err);
		transfer_words(&failed, words);
		CHECK_ROW(row, words, !strcmp(words, rows[row].words));
		close(fd);
	}
}

static void says_where_a_file_ended(void **state)
{
	static const struct {
		off_t at;
		int err;
		const char *words;
	} rows[] = {
		{ 0, 0, "" },
		{ 4096, -ENODATA, ", short read, 4096 of 8192 bytes at 4096" },
		{ 8192, -ENODATA, ", read of 8192 bytes at 8192" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		size_t row = i / 2;
		struct transfer failed = { 0 };
		char words[TRANSFER_ROOM];
		int fd = open_file(), err;

		assert_int_equal(write(fd, data, WANTED), WANTED);
		lseek(fd, i & 1 ? 0 : rows[row].at, SEEK_SET);
		err = i & 1 ? transfer_pread(&failed, fd, data, WANTED, (uint64_t)rows[row].at) :
			      transfer_read(&failed, fd, data, WANTED);
		CHECK_ROW(row, rows[row].words, err == rows[row].err);
		CHECK_ROW(row, rows[row].words,
			  !strcmp(transfer_words(&failed, words), rows[row].words));
		close(fd);
	}
}

/* What has no position is not given one, and the first error is kept. */
static void has_no_offset_without_a_position(void **state)
{
	struct transfer failed = { 0 };
	char words[TRANSFER_ROOM];
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[1]);
	assert_int_equal(transfer_write(&failed, ends[0], data, WANTED), -EPIPE);
	assert_string_equal(transfer_words(&failed, words), ", write of 8192 bytes");
	close(ends[0]);
}

/* A pipe gives what it has; the rest comes when it is asked for. */
static void goes_on_after_a_short_read(void **state)
{
	struct transfer failed = { 0 };
	char in[10] = "";
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(write(ends[1], "abcd", 4), 4);
	assert_int_equal(write(ends[1], "efghij", 6), 6);
	assert_int_equal(transfer_read(&failed, ends[0], in, sizeof(in)), 0);
	assert_memory_equal(in, "abcdefghij", sizeof(in));
	assert_int_equal(failed.err, 0);
	assert_int_equal(write(ends[1], "abcd", 4), 4);
	close(ends[1]);
	assert_int_equal(transfer_read(&failed, ends[0], in, sizeof(in)), -ENODATA);
	assert_int_equal(failed.moved, 4);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_why_a_write_was_short),
		cmocka_unit_test(says_where_a_file_ended),
		cmocka_unit_test(has_no_offset_without_a_position),
		cmocka_unit_test(goes_on_after_a_short_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
