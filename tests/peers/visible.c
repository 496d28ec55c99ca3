/* SPDX-License-Identifier: MIT */
/* Runs a benchmark in the folder fs with a clock that strace sees as getppid(2), and leaves what
 * the stock tool would have written in this folder: visible NAME [parameter=value...] */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t visible_clock(void)
{
	syscall(SYS_getppid);
	return clock_raw_ns();
}

static int set(const struct bench *bench, union value *values, char *word)
{
	char why[300], *value = strchr(word, '=');
	int err = -1;

	if (value) {
		*value++ = 0;
		err = params_set(bench->params, values, word, value, why, sizeof(why));
	}
	if (err)
		fprintf(stderr, "visible: %s: %s\n", word, value ? why : "expected name=value");
	return err;
}

static void leave(const struct run *run, const struct stock_file *file)
{
	static char room[1 << 20];
	struct text text;
	FILE *out;

	text_begin(&text, room, sizeof(room));
	if (file->write(run, &text) || !(out = fopen(file->name, "w")))
		return;
	fwrite(text.start, 1, text.len, out);
	fclose(out);
}

int main(int argc, char **argv)
{
	static union value values[40];
	const struct bench *bench = argc > 1 ? bench_find(argv[1]) : NULL;
	struct run run = { .bench = bench,
			   .value = values,
			   .target = "fs",
			   .now_ns = visible_clock,
			   .sleep_ns = clock_sleep_ns,
			   .shared = run_shared_map(10000) };

	if (!bench || !run.shared || params_defaults(bench->params, values, NULL, 0))
		return 2;
	for (int i = 2; i < argc; i++)
		if (set(bench, values, argv[i]))
			return 2;
	if (bench->run(&run))
		fprintf(stderr, "visible: %s\n", run.shared->failure);
	for (const struct stock_file *file = bench->stock; file && file->name; file++)
		leave(&run, file);
	return run.shared->err ? 1 : 0;
}
