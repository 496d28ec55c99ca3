/* SPDX-License-Identifier: MIT */
/*
 * The plan of a run, rebuilt from its journal: every step with every value that it had, wherever
 * that came from, so that the same steps run again (`assay plan plan=FILE` shows the same digest of
 * the steps).
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "lab/export/export.h"
#include "lab/verify/verify.h"

/* These say what to run, how and where; the others what to run it on this time, or afterwards. */
static bool belongs_to_a_plan(const char *name)
{
	static const char *const own[] = { "plan", "boot", "note", "results", "after", "role" };

	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (!strcmp(name, own[i]))
			return false;
	return true;
}

static void print_values(const cJSON *values, bool head, FILE *out)
{
	for (const cJSON *item = json_first(values); item; item = item->next)
		if (cJSON_IsString(item) && (!head || belongs_to_a_plan(item->string)))
			if (*item->valuestring || !head)
				fprintf(out, "%s = %s\n", item->string, item->valuestring);
}

static void print_step(const struct step_told *step, FILE *out)
{
	fprintf(out, "\n[%s%s%s]\n", step->bench, step->label && *step->label ? " " : "",
		step->label ? step->label : "");
	print_values(step->parameters, false, out);
}

static int print(const struct inquest *inquest, FILE *out, char *why, size_t room)
{
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		if (!step->told || (step_is_planned(inquest->records, step) &&
				    (!step->parameters || !step->bench)))
			return text_refuse(-EINVAL, why, room,
					   "step %s (%s) does not say its parameters", step->id,
					   step->name);
	}
	fprintf(out, "; Rebuilt from the journal of run %s.\n[plan]\n",
		or_unknown(records_run_id(inquest->records)));
	fprintf(out, "summary = as run: %s\n",
		or_unknown(json_text(inquest->start, "metadata.plan")));
	print_values(json_path(inquest->start, "parameters"), true, out);
	for (size_t i = 0; i < inquest->steps.count; i++)
		if (step_is_planned(inquest->records, &inquest->steps.at[i]))
			print_step(&inquest->steps.at[i], out);
	return 0;
}

int export_plan(const struct folder *folder, FILE *out, char *why, size_t room)
{
	struct inquest inquest;
	int err = inquest_begin(&inquest, folder);

	if (!err && !inquest.steps.count)
		err = text_refuse(-ENOENT, why, room, "%s: no step in it", folder->path);
	else if (!err)
		err = print(&inquest, out, why, room);
	inquest_end(&inquest);
	return err;
}
