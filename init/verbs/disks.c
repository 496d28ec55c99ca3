/* SPDX-License-Identifier: MIT */
/* Each disk in a line: what it is, and the words that would name it or what objects to writing. */
#include "init/guard/guard.h"

#include <stdio.h>
#include <string.h>

static bool is_whole(const struct block *block)
{
	return !strcmp(block->name, block->disk);
}

static void add_fact(struct text *out, const char *name, const char *value)
{
	if (value[0])
		text_add(out, ", %s%s", name, value);
}

static void add_words(const struct block *block, struct text *out)
{
	size_t before = out->len;

	if (!is_whole(block))
		text_add(out, "assay.scratch=partition:%s", block->partition_name);
	else
		naming_suggest(block, out);
	if (out->len == before)
		text_add(out, "nothing that names it: neither serial nor WWN");
}

void disk_line(const struct machine *machine, const struct block *block, struct text *out)
{
	char reasons[WHY_ROOM];
	struct text text;

	text_begin(&text, reasons, sizeof(reasons));
	text_add(out, "%s %llu bytes", block->name, (unsigned long long)block->bytes);
	add_fact(out, "", block->model);
	add_fact(out, "serial ", block->serial);
	add_fact(out, "WWN ", block->wwid);
	add_fact(out, "partition ", block->partition_name);
	if (guard_objections(machine, block, "", &text)) {
		text_add(out, ": not written: %s", reasons);
	} else {
		text_add(out, ": nothing objects: ");
		add_words(block, out);
	}
}

/* A partition has a line when its name alone would let it be written. */
static bool has_line(const struct machine *machine, const struct block *block)
{
	char reasons[WHY_ROOM];
	struct text text;

	text_begin(&text, reasons, sizeof(reasons));
	return is_whole(block) ||
	       (block->partition_name[0] && !guard_objections(machine, block, "", &text));
}

static void each(const struct machine *machine, void (*take)(const char *line))
{
	char line[WHY_ROOM * 2];
	struct text text;

	for (size_t i = 0; i < machine->block_count; i++) {
		if (!has_line(machine, &machine->block[i]))
			continue;
		text_begin(&text, line, sizeof(line));
		disk_line(machine, &machine->block[i], &text);
		take(line);
	}
}

static void say(const char *line)
{
	console_say("  %s", line);
}

void disks_say(const struct machine *machine)
{
	each(machine, say);
}

static void print(const char *line)
{
	puts(line);
}

int disks_main(int argc, char **argv)
{
	static struct machine machine;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "assay disks: takes no words\n");
		return CODE_USAGE;
	}
	discover_blocks(&machine);
	each(&machine, print);
	return CODE_OK;
}
