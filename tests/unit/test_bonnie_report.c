/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/file/bonnie.h"

#include <errno.h>
#include <stdio.h>

extern const struct bench bench_file_bonnie;
static const struct bench *const tested = &bench_file_bonnie;

/* As the stock tool prints it before -x 2; two names fewer than fields. */
#define HEADER_1_98                                                                                  \
	"format_version,bonnie_version,name,concurrency,seed,file_size,io_chunk_size,putc,putc_cpu," \
	"put_block,put_block_cpu,rewrite,rewrite_cpu,getc,getc_cpu,get_block,get_block_cpu,seeks,"   \
	"seeks_cpu,num_files,max_size,min_size,num_dirs,file_chunk_size,seq_create,seq_create_cpu,"  \
	"seq_stat,seq_stat_cpu,seq_del,seq_del_cpu,ran_create,ran_create_cpu,ran_stat,ran_stat_cpu," \
	"ran_del,ran_del_cpu,putc_latency,put_block_latency,rewrite_latency,getc_latency,"           \
	"get_block_latency,seeks_latency,seq_create_latency,seq_stat_latency,seq_del_latency,"       \
	"ran_create_latency,ran_stat_latency,ran_del_latency\n"

enum { CSV, TEXT, PAGE, CSV_1_98, CSV_1_03 }; /* of bonnie_stock */

struct phase {
	double rate, cpu, latency_us; /* latency 0: none */
};

/* A repeat; phases without a rate were skipped. */
static void add_repeat(struct run *run, const struct phase phases[BONNIE_PHASES])
{
	for (unsigned i = 0; i < BONNIE_PHASES; i++) {
		if (phases[i].rate > 0) {
			run_sample(run, i * BONNIE_FIGURES + BONNIE_RATE, phases[i].rate);
			run_sample(run, i * BONNIE_FIGURES + BONNIE_CPU, phases[i].cpu);
		}
		if (phases[i].latency_us > 0)
			run_sample(run, i * BONNIE_FIGURES + BONNIE_LATENCY, phases[i].latency_us);
	}
}

static void expect_report(const struct run *run, size_t file, const char *want)
{
	write_report(run, file);
	assert_string_equal(report, want);
}

/* The line that bon_csv2txt and bon_csv2html 2.00a accepted, and its file creation part as with -n
 * 0. */
static void csv_of_2_00(void **state)
{
	static const struct phase phases[BONNIE_PHASES] = {
		[BONNIE_PUTC] = { 1124.9, 97.9, 12470.2 },
		[BONNIE_PUT_BLOCK] = { 500000, 60, 1511 },
		[BONNIE_REWRITE] = { 200000, 40, 300 },
		[BONNIE_GETC] = { 1728, 98, 99999 },
		[BONNIE_GET_BLOCK] = { 40000000, 50, 100000 },
		[BONNIE_SEEKS_PHASE] = { 512.34, 30, 100000001 },
	};
	struct run run = prepared(NULL);

	(void)state;
	set("size", "16g");
	set("seed", "42");
	set("machine", "ourtool");
	set("files", "0");
	add_repeat(&run, phases);
	expect_report(
		&run, CSV,
		"1.98,2.00a,ourtool,1,42,16G,,8192,5,1124,97,500000,60,200000,40,1728,98,+++++,+++,512.3,30,"
		",,,,,,,,,,,,,,,,,12470us,1511us,300us,99999us,100ms,100s,,,,,,\n");
	expect_report(
		&run, TEXT,
		"Version 2.00a       ------Sequential Output------ --Sequential Input- --Random-\n"
		"                    -Per Chr- --Block-- -Rewrite- -Per Chr- --Block-- --Seeks--\n"
		"Name:Size etc        /sec %CP  /sec %CP  /sec %CP  /sec %CP  /sec %CP  /sec %CP\n"
		"ourtool         16G 1124k  97  488m  60  195m  40 1728k  98 +++++ +++ 512.3  30\n"
		"Latency             12470us    1511us     300us   99999us     100ms      100s\n");
	run_shared_unmap(run.shared);
}

static void csv_of_1_03(void **state)
{
	static const struct phase phases[BONNIE_PHASES] = {
		[BONNIE_PUTC] = { 196383, 99, 0 },	  [BONNIE_PUT_BLOCK] = { 1008036, 99, 20 },
		[BONNIE_REWRITE] = { 4000000, 99, 20 },	  [BONNIE_GETC] = { 270842, 99, 0 },
		[BONNIE_GET_BLOCK] = { 4000000, 99, 20 }, [BONNIE_SEEKS_PHASE] = { 9999.96, 1, 20 },
	};
	struct run run = prepared(NULL);

	(void)state;
	set("definition", "1.03");
	set("size", "1100m");
	set("chunk", "64k");
	set("machine", "ref,vm");
	set("files", "0");
	add_repeat(&run, phases);
	expect_report(
		&run, CSV,
		"ref_vm,1100M:64k,196383,99,1008036,99,+++++,+++,270842,99,+++++,+++,10000.0,1"
		",,,,,,,,,,,,,\n");
	run_shared_unmap(run.shared);
}

/* Per-byte phases skipped: their fields and latencies are blank. Two repeats: two lines. A cut run:
 * what there is. */
static void csv_with_holes(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("size", "300m");
	set("machine", "m");
	set("repeats", "2");
	set("files", "0");
	set("per_byte", "no");
	for (int round = 0; round < 2; round++) {
		struct phase phases[BONNIE_PHASES] = {
			[BONNIE_PUT_BLOCK] = { 100000 + round, 10, 5 },
			[BONNIE_REWRITE] = { 50000, 10, 5 },
		};

		add_repeat(&run, phases);
	}
	expect_report(
		&run, CSV,
		HEADER_1_98
		"1.98,2.00a,m,1,1,300M,,8192,5,,,100000,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n"
		"1.98,2.00a,m,1,2,300M,,8192,5,,,100001,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n");
	run_shared_unmap(run.shared);
}

/* The many files: the sheet's own line, read by both stock readers. */
static const struct phase many[BONNIE_PHASES] = {
	[BONNIE_SEQ_CREATE] = { 20000, 50, 352 }, [BONNIE_SEQ_STAT] = { 60000, 99, 519 },
	[BONNIE_SEQ_DEL] = { 30000, 60, 1371 },	  [BONNIE_RAN_CREATE] = { 15000, 55, 2475 },
	[BONNIE_RAN_STAT] = { 60000, 99, 313 },	  [BONNIE_RAN_DEL] = { 28000, 66, 1514 },
};
#define MANY_RATES     "20000,50,+++++,+++,30000,60,15000,55,+++++,+++,28000,66"
#define MANY_LATENCIES "352us,519us,1371us,2475us,313us,1514us"

static void csv_of_many_files(void **state)
{
	static const struct {
		const char *max, *min, *dirs, *chunk, *want, *want_old;
	} rows[] = {
		{ "0", "0", "1", "0", "16,,,,", "16" },
		{ "2000", "0", "1", "0", "16,2000,,,", "16:2000:0" },
		{ "2000", "100", "3", "4k", "16,2000,100,3,4096", "16:2000:100/3" },
		{ "-1", "0", "2", "0", "16,link,,2,", "16:link/2" },
		{ "symlink", "0", "1", "0", "16,symlink,,,", "16:symlink" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(NULL);
		char want[400];

		set("io", "no");
		set("machine", "m");
		set("files_max", rows[i].max);
		set("files_min", rows[i].min);
		set("files_dirs", rows[i].dirs);
		set("files_chunk", rows[i].chunk);
		add_repeat(&run, many);
		snprintf(want, sizeof(want),
			 "1.98,2.00a,m,1,1,,,,,,,,,,,,,,,,,%s," MANY_RATES ",,,,,,," MANY_LATENCIES
			 "\n",
			 rows[i].want);
		expect_report(&run, CSV, want);
		snprintf(want, sizeof(want), "m,,,,,,,,,,,,,,%s," MANY_RATES "\n",
			 rows[i].want_old);
		expect_report(&run, CSV_1_03, want);
		run_shared_unmap(run.shared);
	}
}

static void text_of_many_files(void **state)
{
	static const char rates[] =
		" 20000  50 +++++ +++ 30000  60 15000  55 +++++ +++ 28000  66\n";
	static const struct {
		const char *definition, *max, *head, *column, *left, *tail;
	} rows[] = {
		{ "2.00", "2000",
		  "Version 2.00a       ------Sequential Create------ --------Random Create--------\n"
		  "ourtool             -Create--",
		  "\nfiles:max:min        /sec %CP  /sec", "          16:2000:0",
		  "Latency               352us     519us    1371us    2475us     313us    1514us\n" },
		{ "2.00", "link", "", "\nfiles:max            /sec %CP", "            16:link",
		  "Latency" },
		{ "1.03", "0",
		  "                    ------Sequential Create------ --------Random Create--------\n"
		  "                    -Create--",
		  "\n              files  /sec %CP", "                 16", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(NULL);
		const char *line;

		set("machine", "ourtool");
		set("definition", rows[i].definition);
		set("files_max", rows[i].max);
		add_repeat(&run, many);
		write_report(&run, TEXT);
		CHECK_ROW(i, report, !strncmp(report, rows[i].head, strlen(rows[i].head)));
		CHECK_ROW(i, report, strstr(report, rows[i].column));
		line = strstr(report, rows[i].left);
		CHECK_ROW(i, report, line && line[-1] == '\n');
		line += strlen(rows[i].left);
		CHECK_ROW(i, report, !strncmp(line, rates, sizeof(rates) - 1));
		line += sizeof(rates) - 1;
		CHECK_ROW(i, report, !strncmp(line, rows[i].tail, strlen(rows[i].tail)));
		CHECK_ROW(i, report, *rows[i].tail || !*line);
		run_shared_unmap(run.shared);
	}
}

/* ---- the page's table ---- */

static void add_rounds(struct run *run, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++) {
		struct phase phases[BONNIE_PHASES] = {
			[BONNIE_PUTC] = { 196383.7 + round, 97.9, 0 },
			[BONNIE_PUT_BLOCK] = { 100000 + 10 * round, 20, 0 },
			[BONNIE_REWRITE] = { 50000, 10 + round, 0 },
			[BONNIE_GETC] = { 270842, 99, 0 },
			[BONNIE_GET_BLOCK] = { 4e9, 50, 0 },
			[BONNIE_SEEKS_PHASE] = { 512.34, 1, 0 },
		};

		add_repeat(run, phases);
	}
}

static void page_of_repeats(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("definition", "1.03");
	set("size", "50g");
	set("machine", "refvm");
	set("repeats", "3");
	set("pattern", "stock");
	add_rounds(&run, 3);
	expect_report(
		&run, PAGE,
		"bonnie++ as 1.03e defines it, chunks of 8k, 8192 seeks by 3 seekers, no fsync in the time "
		"of writing, data nearly all zeros, as bonnie++'s, 3 runs\n\n"
		"                               ----------Sequential Output----------- ----Sequential Input----- ---Random---\n"
		"                               --Per Chr--- ---Block---- --Rewrite--- --Per Chr--- ---Block---- ---Seeks----\n"
		"Machine Size Run                  K/sec %CP    K/sec %CP    K/sec %CP    K/sec %CP    K/sec %CP     /sec %CP\n"
		"refvm 50G run 1                  196383  97   100000  20    50000  10   270842  99 4000000000  50    512.3   1\n"
		"refvm 50G run 2                  196384  97   100010  20    50000  11   270842  99 4000000000  50    512.3   1\n"
		"refvm 50G run 3                  196385  97   100020  20    50000  12   270842  99 4000000000  50    512.3   1\n"
		"refvm 50G average                196384  97   100010  20    50000  11   270842  99 4000000000  50    512.3   1\n"
		"refvm 50G deviation                   1   0       10   0        0   1        0   0        0   0      0.0   0\n"
		"\nless than half a second in some run (+++++ in the CSV): get_block\n");
	run_shared_unmap(run.shared);
}

/* What 1.03 measured in the layout of which 2.00a's readers make a table. */
static void other_layouts(void **state)
{
	struct run run = prepared(NULL);
	struct text text;

	(void)state;
	set("definition", "1.03");
	set("size", "50g");
	set("machine", "refvm");
	set("files", "0");
	add_rounds(&run, 1);
	expect_report(
		&run, CSV_1_98,
		"1.98,1.03e,refvm,1,1,50G,,8192,3,196383,97,100000,20,50000,10,270842,99,+++++,+++,512.3,1,"
		",,,,,,,,,,,,,,,,,,,,,,,,,,,,\n");
	text_begin(&text, report, sizeof(report));
	assert_int_equal(tested->stock[CSV_1_03].write(&run, &text), -ENODATA);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_of_2_00),	      cmocka_unit_test(csv_of_1_03),
		cmocka_unit_test(csv_with_holes),     cmocka_unit_test(csv_of_many_files),
		cmocka_unit_test(text_of_many_files), cmocka_unit_test(page_of_repeats),
		cmocka_unit_test(other_layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
