/* SPDX-License-Identifier: MIT */
/* disk.flush: what is possible, what a disk is made of, and a run on a file. */
#include "tests/unit/bench_run.h"

#include "bench/engine/disk/flush_truth.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

extern const struct bench bench_disk_flush;
static const struct bench *const tested = &bench_disk_flush;

static void verdicts(void **state)
{
	static const struct {
		const char *name, *cache;
		enum medium medium;
		enum protection protection;
		struct flush_times times;
		enum verdict_type type;
		const char *words;
	} rows[] = {
		{ "turns",
		  "write back",
		  MEDIUM_ROTATING,
		  0,
		  { 100, 20, 4100, 50 },
		  VERDICT_PASS,
		  "every 4120 us" },
		{ "too fast for turns",
		  "write back",
		  MEDIUM_ROTATING,
		  0,
		  { 100, 20, 200, 50 },
		  VERDICT_FAIL,
		  "a cache answered" },
		{ "a battery",
		  "write back",
		  MEDIUM_ROTATING,
		  PROTECTION_YES,
		  { 100, 20, 200, 50 },
		  VERDICT_PASS,
		  "as was stated" },
		{ "no cache, but too fast",
		  "write through",
		  MEDIUM_ROTATING,
		  PROTECTION_NO,
		  { 100, 90, 1, 1 },
		  VERDICT_FAIL,
		  "a cache answered" },
		{ "flash",
		  "write back",
		  MEDIUM_FLASH,
		  0,
		  { 100, 15, 900, 20 },
		  VERDICT_PASS,
		  "915 us" },
		{ "fast flash",
		  "write back",
		  MEDIUM_FLASH,
		  0,
		  { 100, 15, 10, 9 },
		  VERDICT_UNKNOWN,
		  "only a power cut" },
		{ "fast flash, bare",
		  "write back",
		  MEDIUM_FLASH,
		  PROTECTION_NO,
		  { 100, 15, 10, 9 },
		  VERDICT_FAIL,
		  "not stored" },
		{ "cache=unsafe, KVM",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 26, 25, 24 },
		  VERDICT_FAIL,
		  "ignores flushes" },
		{ "cache=unsafe, emulated",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 190, 150, 145 },
		  VERDICT_FAIL,
		  "ignores flushes" },
		{ "writes through by itself",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 900, 25, 24 },
		  VERDICT_UNKNOWN,
		  "may be through" },
		{ "others write",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 176, 1622, 1933 },
		  VERDICT_UNKNOWN,
		  "others" },
		{ "honest",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 30, 1500, 30 },
		  VERDICT_PASS,
		  "acts on it" },
		{ "honest, protected below",
		  "write back",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 26, 60, 20 },
		  VERDICT_UNKNOWN,
		  "faster than flash" },
		{ "nothing to flush",
		  "write through",
		  MEDIUM_VIRTUAL,
		  0,
		  { 100, 2000, 1, 1 },
		  VERDICT_UNKNOWN,
		  "no cache to flush" },
		{ "nothing known",
		  "",
		  MEDIUM_UNKNOWN,
		  0,
		  { 100, 26, 60, 20 },
		  VERDICT_UNKNOWN,
		  "say medium=" },
		{ "too few",
		  "write back",
		  MEDIUM_ROTATING,
		  PROTECTION_YES,
		  { 19, 2, 2, 2 },
		  VERDICT_UNKNOWN,
		  "only 19" },
	};
	static const struct flush_limits limits = { 15000, 50, 1.4 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct medium_facts facts = { .medium = rows[i].medium };
		char why[240] = "";

		strcpy(facts.write_cache, rows[i].cache);
		CHECK_ROW(i, rows[i].name,
			  flush_judge(&facts, rows[i].protection, &rows[i].times, &limits, why,
				      sizeof(why)) == rows[i].type);
		CHECK_ROW(i, why, strstr(why, rows[i].words) && strlen(why) < sizeof(why) - 1);
	}
}

static void media(void **state)
{
	static const struct {
		const char *device;
		bool hypervisor;
		int rotational;
		enum medium medium;
	} rows[] = {
		{ "../../devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda", false, 1,
		  MEDIUM_ROTATING },
		{ "../../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", false, 0,
		  MEDIUM_FLASH },
		{ "../../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", true, 0,
		  MEDIUM_VIRTUAL },
		{ "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda", false, 1,
		  MEDIUM_VIRTUAL },
		{ "../../devices/vbd-51712/block/xvda", false, 0, MEDIUM_VIRTUAL },
		{ "../../devices/virtual/block/loop0", false, 0, MEDIUM_VIRTUAL },
		{ "../../devices/virtual/block/dm-0", false, 1, MEDIUM_ROTATING },
		{ "", false, -1, MEDIUM_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct medium_facts facts = { .hypervisor = rows[i].hypervisor,
					      .rotational = rows[i].rotational };

		strcpy(facts.device, rows[i].device);
		CHECK_ROW(i, rows[i].device, medium_judge(&facts) == rows[i].medium);
	}
	assert_true(
		medium_has_hypervisor("processor\t: 0\nflags\t\t: fpu hypervisor sse\nbugs\t:"));
	assert_true(medium_has_hypervisor("processor\t: 0\nflags\t\t: fpu hypervisor\nbugs\t:"));
	assert_false(
		medium_has_hypervisor("processor\t: 0\nflags\t\t: fpu sse\nbugs\t: hypervisor"));
	assert_false(medium_has_hypervisor("model name\t: hypervisor\n"));
	assert_false(medium_has_hypervisor("flags\t: fpu hypervisors"));
	assert_false(medium_has_hypervisor(""));
}

static char path[64];

static void make_file(off_t bytes)
{
	int fd;

	snprintf(path, sizeof(path), "%s/disk", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	close(fd);
}

static void on_a_file(void **state)
{
	struct run run;

	(void)state;
	make_file(1 << 20);
	run = prepared(path);
	set("seconds", "0.1");
	set("bytes", "8k");
	assert_int_equal(tested->run(&run), 0);
	for (unsigned i = 0; tested->metrics[i].name; i++) {
		bool counted = strstr(tested->metrics[i].name, "flushes_sent");

		CHECK_ROW(i, tested->metrics[i].name,
			  isfinite(run_value(&run, i, NULL, NULL)) == !counted);
	}
	assert_string_equal(run.shared->notes[run.shared->note_count - 1].verdict, "flush");
	run_shared_unmap(run.shared);
	unlink(path);
}

static void too_small(void **state)
{
	struct run run;

	(void)state;
	make_file(4096);
	run = prepared(path);
	set("bytes", "8k");
	assert_int_equal(tested->run(&run), -EINVAL);
	assert_non_null(strstr(run.shared->failure, "bytes=8192"));
	assert_int_equal(run.shared->count, 0);
	run_shared_unmap(run.shared);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(media),
		cmocka_unit_test(on_a_file),
		cmocka_unit_test(too_small),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
