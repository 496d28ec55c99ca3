/* SPDX-License-Identifier: MIT */
/* assay report: a run as tables that people read. */
#include <stdio.h>
#include <stdlib.h>

#include "lab/lab.h"

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay report: %s\n", why);
	return code;
}

static int tell(const struct folder *folder)
{
	char *text = account_make(folder);

	if (!text)
		return refuse(CODE_FAILED, "out of memory");
	fputs(text, stdout);
	free(text);
	return CODE_OK;
}

static int report_main(int argc, char **argv)
{
	return folders_visit(argc, argv, tell, refuse);
}

const struct verb verb_report = {
	.name = "report",
	.usage = "report [RUN...] [results=results]",
	.summary = "show a run as readable tables",
	.main = report_main,
};
