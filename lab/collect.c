/* SPDX-License-Identifier: MIT */
/* assay collect: what a machine wrote, from its serial log and its results partition into
 * results/<run-id>/. */
#include <stdio.h>
#include <stdlib.h>

#include "lab/disk/disk.h"
#include "lab/journal/journal.h"

enum { CONSOLE, DISK, PAYLOAD, RESULTS };

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay collect: %s\n", why);
	return code;
}

/* 0, or 1 when what came is not one consistent run of our image. */
static int tell(const struct gathered *gathered)
{
	for (size_t i = 0; i < gathered->notes.count; i++)
		printf("note     %s\n", gathered->notes.line[i]);
	for (size_t i = 0; i < gathered->journal.problems.count; i++)
		printf("problem  %s\n", gathered->journal.problems.line[i]);
	if (gathered->journal.torn)
		printf("note     the journal is cut off in record %zu\n",
		       gathered->journal.records.count);
	printf("%s: %zu records\n", gathered->folder, gathered->journal.records.count);
	if (gathered->contradictions)
		return refuse(CODE_FAILED, "serial log and partition contradict each other");
	if (gathered->journal.problems.count)
		return refuse(CODE_FAILED, "the journal is damaged");
	if (gathered->payload == PAYLOAD_OTHER)
		return refuse(CODE_FAILED,
			      "the run comes from another image than payload.json describes");
	return CODE_OK;
}

static int collect_one(const struct gathering *from)
{
	struct gathered gathered;
	char why[WHY_ROOM];
	int code = gather(from, &gathered, why, sizeof(why)) ? refuse(CODE_FAILED, why) :
							       tell(&gathered);

	gathered_free(&gathered);
	return code;
}

static int collect_each(struct gathering *from, char ids[][RUN_ID_ROOM], int count)
{
	int code = CODE_OK;

	for (int i = 0; i < count; i++) {
		from->run_id = ids[i];
		if (collect_one(from))
			code = CODE_FAILED;
	}
	return count ? code : refuse(CODE_FAILED, "no run on the results partition");
}

/* Without a serial log every run on the disk is meant. */
static int collect_disk(struct gathering *from)
{
	char(*ids)[RUN_ID_ROOM] = calloc(DISK_RUNS, sizeof(*ids)),
	folder[] = "/tmp/assay-collect-XXXXXX";
	struct results_disk disk;
	char why[WHY_ROOM] = "out of memory or no /tmp";
	int count = -1, code;

	if (ids && mkdtemp(folder)) {
		count = results_disk_open(&disk, from->disk, folder, why, sizeof(why));
		if (!count)
			count = results_disk_runs(&disk, ids, DISK_RUNS, why, sizeof(why));
		path_remove(folder);
	}
	code = count < 0 ? refuse(CODE_FAILED, why) : collect_each(from, ids, count);
	free(ids);
	return code;
}

static struct arg keys[] = {
	[CONSOLE] = { "console", NULL, "FILE", "the serial log" },
	[DISK] = { "disk", NULL, "FILE",
		   "the results partition: a disk, a partition or an image of one; it is only read" },
	[PAYLOAD] = { "payload", "build/payload.json", "FILE", "what the image is said to be" },
	[RESULTS] = { "results", "results", "DIR", "each run becomes a folder in it" },
	{ 0 },
};

static int collect_main(int argc, char **argv)
{
	char why[WHY_ROOM];
	int rest = args_take(argc, argv, keys, why, sizeof(why));
	struct gathering from = { .console = keys[CONSOLE].value,
				  .disk = keys[DISK].value,
				  .payload = keys[PAYLOAD].value,
				  .results = keys[RESULTS].value };

	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (rest || (!from.console && !from.disk))
		return refuse(CODE_USAGE, "console=FILE, disk=FILE, or both expected");
	return from.console ? collect_one(&from) : collect_disk(&from);
}

const struct verb verb_collect = {
	.name = "collect",
	.usage = "collect console=FILE|disk=FILE [NAME=VALUE ...]",
	.summary = "bring a run's serial log and results partition into results/<run-id>/",
	.main = collect_main,
	.args = keys,
	.notes =
		"With both, one is checked against the other. With the disk alone every run on it is "
		"collected.",
	.examples = "assay collect disk=/dev/sdX\n"
		    "assay collect console=serial.log disk=stick.img\n",
};
