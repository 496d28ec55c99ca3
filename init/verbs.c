/* SPDX-License-Identifier: MIT */
/* The verbs of this folder with their words, and how all are found. */
#include "init/guard/guard.h"
#include "init/verbs/help.h"

#include <stdio.h>
#include <string.h>

static const struct arg help_options[] = {
	{ "--table", NULL, "", "everything, for programs: a row a line, its parts between tabs" },
	{ 0 },
};

static const struct key_group plan_groups[] = {
	{ "", "settings", settings_table },
	{ "net.", "the link measured through; net.1. to net.7. are others beside it", link_table },
	{ 0 },
};

static const struct verb verbs[] = {
	{ .name = "list", .usage = "list", .summary = "the benchmarks", .main = list_main },
	{ .name = "help",
	  .usage = "help [VERB|BENCHMARK|settings]",
	  .summary =
		  "this list; a verb's words; a benchmark's parameters and metrics; the settings",
	  .main = help_main,
	  .operand = "TOPIC",
	  .options = help_options,
	  .examples = "assay help boot\nassay help file.iozone\nassay help settings\n" },
	{ .name = "plan",
	  .usage = "plan [plan=]NAME|FILE.ini [NAME=VALUE ...]",
	  .summary = "the steps of a plan and how long they take",
	  .main = plan_main,
	  .operand = "PLAN",
	  .params = plan_words,
	  .groups = plan_groups,
	  .notes =
		  "Every setting, and every parameter of a benchmark as BENCHMARK.NAME=VALUE, as on the "
		  "kernel command line, there with assay. before it. Nothing is measured, nobody is "
		  "asked, no right is needed.",
	  .examples = "assay plan quick\n"
		      "assay plan storage target=/srv file.bonnie.size=8g\n" },
	{ .name = "run",
	  .usage = "run BENCHMARK [target=...] [NAME=VALUE ...]",
	  .summary = "one benchmark, here and now",
	  .main = run_main,
	  .operand = "BENCHMARK",
	  .params = run_words,
	  .notes =
		  "The benchmark's own parameters are words, too: `assay help BENCHMARK`. The code is that "
		  "of the bootable image.",
	  .examples = "assay run file.iozone target=/tmp max_file=4m\n"
		      "assay run net.tcp target=198.18.0.2 tradeoff=yes format=jsonl\n"
		      "assay run disk.latency target=serial:SERIAL:BYTES\n" },
	{ .name = "disks",
	  .usage = "disks",
	  .summary = "the disks here, and what objects to writing on each",
	  .main = disks_main },
	{ .name = "peer",
	  .usage = "peer [NAME=VALUE ...]",
	  .summary = "a partner for network benchmarks: iperf 2, iperf 3, echo, meetings, calls",
	  .main = peer_main,
	  .params = peer_words,
	  .notes = "It listens until it is interrupted, and then no more.",
	  .examples = "assay peer\n"
		      "assay peer address=198.18.0.2 results=results seconds=600\n" },
	{ .name = "complete",
	  .usage = "complete WORD ...",
	  .summary = "for shells: what the last of these words may become",
	  .main = complete_main,
	  .notes = "docs/shell has what bash and zsh need; make install puts it where they look.",
	  .examples = "assay complete boot file-virtio plan=q\n" },
};

const struct verb *verb_at(size_t index)
{
	if (index < COUNT_OF(verbs))
		return &verbs[index];
	for (const struct verb *const *verb = lab_verbs; *verb; verb++)
		if (index-- == COUNT_OF(verbs))
			return *verb;
	return NULL;
}

const struct verb *verb_find(const char *name)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

static const char *hint_of(const struct nearest *nearest, char out[NEAREST_WORDS])
{
	if (!*nearest_words(nearest, out))
		snprintf(out, NEAREST_WORDS, ";");
	return out;
}

const char *verb_hint(const char *name, char out[NEAREST_WORDS])
{
	const struct verb *verb;
	struct nearest nearest;

	nearest_begin(&nearest, name);
	for (size_t i = 0; (verb = verb_at(i)); i++)
		nearest_offer(&nearest, verb->name, verb->name);
	return hint_of(&nearest, out);
}

/* "iozone" is file.iozone. */
const char *bench_hint(const char *name, char out[NEAREST_WORDS])
{
	struct nearest nearest;

	nearest_begin(&nearest, name);
	for (const struct bench *const *bench = bench_table; *bench; bench++) {
		const char *dot = strchr((*bench)->name, '.');

		nearest_offer(&nearest, (*bench)->name, (*bench)->name);
		if (dot)
			nearest_offer(&nearest, dot + 1, (*bench)->name);
	}
	return hint_of(&nearest, out);
}
