/* SPDX-License-Identifier: MIT */
/* bonnie++'s many files: their names, what is made, what a failure leaves. */
#include "tests/unit/bench_run.h"

#include "bench/engine/bonnie/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

extern const struct bench bench_file_bonnie;
static const struct bench *const tested = &bench_file_bonnie;

/* ---- names ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool all_differ(const struct names *names)
{
	const char **sorted = malloc(names->count * sizeof(*sorted));
	bool differ = true;

	assert_non_null(sorted);
	for (uint32_t i = 0; i < names->count; i++)
		sorted[i] = names_of(names, i);
	qsort(sorted, names->count, sizeof(*sorted), compare);
	for (uint32_t i = 1; i < names->count; i++)
		differ = differ && strcmp(sorted[i - 1], sorted[i]);
	free(sorted);
	return differ;
}

/* Where the number stands, and in which directory the stock tool would have put it. */
static void names_by_definition(void **state)
{
	static const struct {
		struct names_form form;
		uint32_t which;
		const char *directory, *number;
	} rows[] = {
		{ { 1024, 1, 10, false }, 0, "", "0000000000" },
		{ { 1024, 1, 10, false }, 1023, "", "00000003ff" },
		{ { 1024, 3, 10, false }, 341, "00000/", "0000000155" },
		{ { 1024, 3, 10, false }, 342, "00001/", "0000000156" },
		{ { 1024, 3, 10, true }, 684, "00002/", "00000002ac" },
		{ { 1024, 1, 7, false }, 300, "", "000012c" },
		{ { 1024, 2, 7, true }, 1023, "00001/", "00003ff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t head = strlen(rows[i].directory), digits = rows[i].form.digits;
		struct random random;
		struct names names;
		const char *name;

		random_seed(&random, i);
		assert_int_equal(names_make(&names, &rows[i].form, &random), 0);
		name = names_of(&names, rows[i].which);
		CHECK_ROW(i, name, strlen(name) <= head + digits + 12);
		CHECK_ROW(i, name, !strncmp(name, rows[i].directory, head));
		CHECK_ROW(i, name, names_directory(name) == strtoul(name, NULL, 10) || !head);
		name += rows[i].form.letters_first ? strlen(name) - digits : head;
		CHECK_ROW(i, name, !strncmp(name, rows[i].number, digits));
		CHECK_ROW(i, "differ", all_differ(&names));
		names_shuffle(&names, &random);
		CHECK_ROW(i, "after the shuffle", all_differ(&names));
		CHECK_ROW(i, "shuffled", strcmp(names_of(&names, rows[i].which), name));
		names_free(&names);
	}
}

/* The same seed, the same names; another one, others. */
static void names_by_seed(void **state)
{
	const struct names_form form = { 1024, 1, 10, true };
	struct names names[3];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct random random;

		random_seed(&random, i / 2);
		assert_int_equal(names_make(&names[i], &form, &random), 0);
	}
	assert_string_equal(names_of(&names[0], 1000), names_of(&names[1], 1000));
	assert_string_not_equal(names_of(&names[0], 1000), names_of(&names[2], 1000));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		names_free(&names[i]);
}

/* ---- what is made ---- */

struct made {
	uint64_t files, links, smallest, largest, bytes, zeros;
};

/* All below the current directory of this walk. */
static void look_into(const char *path, struct made *made)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char below[4096], data[65536];

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct stat facts;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		assert_int_equal(lstat(below, &facts), 0);
		made->links += S_ISLNK(facts.st_mode) ||
			       (S_ISREG(facts.st_mode) && facts.st_nlink > 2);
		assert_int_equal(stat(below, &facts), 0); /* a link leads somewhere */
		if (S_ISDIR(facts.st_mode)) {
			look_into(below, made);
			continue;
		}
		made->files++;
		made->bytes += (uint64_t)facts.st_size;
		made->smallest = (uint64_t)facts.st_size < made->smallest ?
					 (uint64_t)facts.st_size :
					 made->smallest;
		made->largest = (uint64_t)facts.st_size > made->largest ? (uint64_t)facts.st_size :
									  made->largest;
		fd = open(below, O_RDONLY);
		for (ssize_t n = read(fd, data, sizeof(data)); n > 0; n--)
			made->zeros += !data[n - 1];
		close(fd);
	}
	closedir(dir);
}

static void makes_what_was_asked(void **state)
{
	static const struct {
		const char *max, *min, *dirs, *pattern;
		uint64_t smallest, largest, links;
		bool zeros;
	} rows[] = {
		{ "0", "0", "1", "random", 0, 0, 0, false },
		{ "0", "0", "7", "random", 0, 0, 0, false },
		{ "9000", "9000", "1", "random", 9000, 9000, 0, false },
		{ "9000", "9000", "1", "stock", 9000, 9000, 0, true },
		{ "20000", "100", "2", "random", 100, 20000, 0, false },
		{ "link", "0", "2", "random", 0, 0, 1024, false },
		{ "symlink", "0", "1", "random", 0, 0, 1023, false },
		{ "symlink", "0", "3", "random", 0, 0, 1023, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(directory);
		struct made made = { .smallest = UINT64_MAX };
		static struct catalog catalog;

		set("files", "1");
		set("files_max", rows[i].max);
		set("files_min", rows[i].min);
		set("files_dirs", rows[i].dirs);
		set("pattern", rows[i].pattern);
		set("definition", "1.03");
		assert_int_equal(catalog_begin(&catalog, &run), 0);
		random_seed(&catalog.random, i);
		CHECK_ROW(i, catalog.doing, catalog_prepare(&catalog, i % 2) == 0);
		CHECK_ROW(i, catalog.doing, catalog_create(&catalog) == 0);
		look_into(directory, &made);
		CHECK_ROW(i, rows[i].max, made.files == 1024);
		CHECK_ROW(i, rows[i].max, made.links == rows[i].links);
		CHECK_ROW(i, rows[i].max, made.smallest >= rows[i].smallest);
		CHECK_ROW(i, rows[i].max, made.smallest <= rows[i].smallest + 500);
		CHECK_ROW(i, rows[i].max, made.largest <= rows[i].largest);
		CHECK_ROW(i, rows[i].max, made.largest + 500 >= rows[i].largest);
		/* Of random bytes one in 256. */
		CHECK_ROW(i, rows[i].pattern,
			  rows[i].zeros ? made.zeros == made.bytes :
					  made.zeros * 100 <= made.bytes);
		CHECK_ROW(i, "removed", catalog_remove(&catalog) == 0 && files_left() == 0);
		catalog_end(&catalog);
		run_shared_unmap(run.shared);
	}
}

/* Somebody took one away: the walk ends, and says so. */
static void misses_one(void **state)
{
	struct run run = prepared(directory);
	static struct catalog catalog;

	(void)state;
	set("files", "1");
	set("definition", "1.03");
	assert_int_equal(catalog_begin(&catalog, &run), 0);
	random_seed(&catalog.random, 1);
	assert_int_equal(catalog_prepare(&catalog, false), 0);
	assert_int_equal(catalog_create(&catalog), 0);
	assert_int_equal(unlinkat(catalog.top, names_of(&catalog.names, 77), 0), 0);
	catalog.done = 0;
	assert_int_equal(catalog_stat_listed(&catalog), -ENOENT);
	assert_string_equal(catalog.doing, "find all of them");
	assert_int_equal(catalog_stat_named(&catalog), -ENOENT);
	assert_string_equal(catalog.doing, "stat");
	assert_int_equal(catalog_remove(&catalog), 0);
	catalog_end(&catalog);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* ---- runs ---- */

static void runs_and_leaves_nothing(void **state)
{
	static const struct {
		const char *definition, *max, *dirs, *sync;
	} rows[] = {
		{ "2.00", "0", "1", "no" },	{ "1.03", "3000", "1", "yes" },
		{ "1.03", "link", "3", "yes" }, { "1.03", "symlink", "3", "no" },
		{ "1.03", "100k", "2", "no" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(directory);

		set("io", "no");
		set("files", "1");
		set("definition", rows[i].definition);
		set("files_max", rows[i].max);
		set("files_dirs", rows[i].dirs);
		set("sync", rows[i].sync);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
			double rate =
				run_value(&run, phase * BONNIE_FIGURES + BONNIE_RATE, NULL, NULL);

			CHECK_ROW(phase, rows[i].max,
				  phase < BONNIE_IO_PHASES ? isnan(rate) : rate > 0);
		}
		CHECK_ROW(i, rows[i].max, files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

/* What was measured stays, what was made does not, and the words say how far it came. */
static void fails_and_leaves_nothing(void **state)
{
	static const struct {
		const char *max, *dirs, *words;
		int resource;
		rlim_t most;
		int err;
	} rows[] = {
		{ "40k", "1", "write, number 0 of 1024", RLIMIT_FSIZE, 20000, -EFBIG },
		{ "40k", "2", "write, number 0 of 1024", RLIMIT_FSIZE, 20000, -EFBIG },
		{ "0", "40", "open a directory", RLIMIT_NOFILE, 30, -EMFILE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(directory);

		set("io", "no");
		set("files", "1");
		set("files_max", rows[i].max);
		set("files_min", rows[i].max);
		set("files_dirs", rows[i].dirs);
		set("sync", "yes"); /* a descriptor for each directory */
		CHECK_ROW(i, rows[i].words,
			  run_limited(&run, rows[i].resource, rows[i].most) == rows[i].err);
		CHECK_ROW(i, run.shared->failure, strstr(run.shared->failure, rows[i].words));
		CHECK_ROW(i, rows[i].words, files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

/* The directory's name is taken: not ours, and it stays. The figures of the large file are kept. */
static void stranger_stays(void **state)
{
	struct run run = prepared(directory);
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/Bonnie.%d", directory, (int)getpid());
	assert_int_equal(mkdir(path, 0700), 0);
	set("size", "1m");
	set("ram", "0");
	set("seeks", "10");
	set("files", "1");
	set("definition", "1.03");
	assert_int_equal(tested->run(&run), -EEXIST);
	assert_non_null(strstr(run.shared->failure, "make their directory"));
	assert_true(run_value(&run, BONNIE_SEEKS_PHASE * BONNIE_FIGURES, NULL, NULL) > 0);
	assert_int_equal(files_left(), 1);
	assert_int_equal(rmdir(path), 0);
	run_shared_unmap(run.shared);
}

/* In memory where there is room for that: a flush a file takes its time on a disk. */
static int make_fast_directory(void **state)
{
	if (!access("/dev/shm", W_OK))
		strcpy(directory, "/dev/shm/tb-XXXXXX");
	return make_directory(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_by_definition),
		cmocka_unit_test(names_by_seed),
		cmocka_unit_test(makes_what_was_asked),
		cmocka_unit_test(misses_one),
		cmocka_unit_test(runs_and_leaves_nothing),
		cmocka_unit_test(fails_and_leaves_nothing),
		cmocka_unit_test(stranger_stays),
	};

	return cmocka_run_group_tests(tests, make_fast_directory, remove_directory);
}
