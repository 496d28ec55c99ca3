/* SPDX-License-Identifier: MIT */
/* assay format-results: an empty results partition in a file, for a virtual machine or to be
 * written on a stick. */
#include <stdio.h>

#include "lab/disk/disk.h"

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay format-results: %s\n", why);
	return code;
}

static struct arg keys[] = {
	{ "file", NULL, "FILE", "made anew" },
	{ "size", "64M", "SIZE", "of the file" },
	{ "force", "no", "no|yes", "even where there is one" },
	{ 0 },
};

static int format_results_main(int argc, char **argv)
{
	char why[WHY_ROOM] = "";
	uint64_t bytes;
	bool force;
	int rest = args_take(argc, argv, keys, why, sizeof(why));

	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (rest || !keys[0].value || !*keys[0].value)
		return refuse(CODE_USAGE, "file=PATH expected");
	if (text_bytes(keys[1].value, &bytes) || bytes > (1ull << 42))
		return refuse(CODE_USAGE, "size: a size like 64M, at most 4T, expected");
	if (text_bool(keys[2].value, &force))
		return refuse(CODE_USAGE, "force: yes or no expected");
	if (results_disk_format(keys[0].value, bytes, force, why, sizeof(why)))
		return refuse(CODE_FAILED, why);
	printf("%s: an empty results partition\n", keys[0].value);
	return CODE_OK;
}

const struct verb verb_format_results = {
	.name = "format-results",
	.usage = "format-results file=FILE [NAME=VALUE ...]",
	.summary = "make an empty results partition in a file",
	.main = format_results_main,
	.args = keys,
	.examples = "assay format-results file=results.img size=256M\n",
};
