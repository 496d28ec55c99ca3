/* SPDX-License-Identifier: MIT */
/*
 * One line a measurement, as RFC 4180 has it. A text that a spreadsheet would take for a formula
 * gets an apostrophe in front (OWASP, CSV injection).
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "lab/export/export.h"
#include "lab/export/rows.h"

struct csv {
	FILE *out;
	struct export_run run;
};

static void put_text(FILE *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);

	fprintf(out, ",\"%s", formula ? "'" : "");
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_number(FILE *out, const cJSON *measurement, const char *path)
{
	const cJSON *item = json_path(measurement, path);

	fputc(',', out);
	if (cJSON_IsNumber(item))
		fprintf(out, "%.17g", item->valuedouble);
}

static void put_value(FILE *out, const cJSON *value)
{
	if (cJSON_IsNumber(value))
		fprintf(out, ",%.17g", value->valuedouble);
	else if (cJSON_IsBool(value))
		fprintf(out, ",%s", cJSON_IsTrue(value) ? "true" : "false");
	else
		put_text(out, cJSON_IsString(value) ? value->valuestring : "");
}

static int put_row(void *context, const struct export_step *row)
{
	static const char *const spread[] = { "metadata.n",    "metadata.min", "metadata.max",
					      "metadata.mean", "metadata.sd",  "metadata.median",
					      "metadata.p95",  "metadata.p99" };
	const struct csv *csv = context;
	const char *name = json_text(row->body, "name"), *unit = json_text(row->body, "unit"),
		   *better = json_text(row->body, "metadata.better");
	const char *const before[] = { csv->run.machine, csv->run.plan, row->id,     row->bench,
				       row->label,	 row->target,	row->outcome };
	char place[256];
	struct text text;

	text_begin(&text, place, sizeof(place));
	export_place(row->body, &text);
	fprintf(csv->out, "\"%s\"", path_name_is_plain(csv->run.id) ? csv->run.id : "");
	for (size_t i = 0; i < COUNT_OF(before); i++)
		put_text(csv->out, before[i]);
	put_text(csv->out, name ? name : "");
	put_text(csv->out, place);
	put_value(csv->out, json_path(row->body, "value"));
	put_text(csv->out, unit ? unit : "");
	put_text(csv->out, better ? better : "");
	for (size_t i = 0; i < COUNT_OF(spread); i++)
		put_number(csv->out, row->body, spread[i]);
	put_text(csv->out, row->timestamp);
	fputs("\r\n", csv->out);
	return 0;
}

int export_csv(const struct folder *folder, FILE *out, char *why, size_t room)
{
	struct csv csv = { .out = out };

	export_run_read(folder, &csv.run);
	(void)why;
	(void)room;
	fputs("run,machine,plan,step,bench,label,target,outcome,metric,at,value,unit,better,"
	      "n,min,max,mean,sd,median,p95,p99,time\r\n",
	      out);
	return export_measurements(folder, put_row, &csv) ? -ENOMEM : 0;
}
