/* SPDX-License-Identifier: MIT */
/* The page of a report: one file with all that it needs inside. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"

/* image/page.S: all but the data. */
extern const char report_page[];
extern const uint64_t report_page_bytes;

static const char place[] = "<!-- put data -->";

/* In HTML a script ends at its end tag wherever that stands, in a text of JSON too; \u003c is the
 * same character to JSON. */
static void write_json(FILE *out, const char *json)
{
	fputs("<script type=\"application/json\" id=\"data\">", out);
	for (; *json; json++)
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
	fputs("</script>", out);
}

int page_make(const cJSON *data, char **html, size_t *len)
{
	const char *at = memmem(report_page, report_page_bytes, place, sizeof(place) - 1);
	char *json = cJSON_PrintUnformatted(data);
	FILE *out = open_memstream(html, len);
	int err = 0;

	if (json && out && at) {
		fwrite(report_page, 1, (size_t)(at - report_page), out);
		write_json(out, json);
		at += sizeof(place) - 1;
		fwrite(at, 1, report_page_bytes - (size_t)(at - report_page), out);
	}
	if (!out || fclose(out) || !json || !at)
		err = -ENOMEM;
	free(json);
	return err;
}
