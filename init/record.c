/* SPDX-License-Identifier: MIT */
/* Samples and notes to records: what the supervisor writes about a run and its steps. */
#include "init/resume/previous.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the run ---- */

static void add_value(cJSON *all, const struct param *param, const union value *value)
{
	char written[200];
	struct text text;

	text_begin(&text, written, sizeof(written));
	param_format(param, value, &text);
	cJSON_AddStringToObject(all, param->name, written);
}

static cJSON *values_json(const struct param *params, const union value *values)
{
	cJSON *all = cJSON_CreateObject();

	for (size_t i = 0; i < params_count(params); i++)
		add_value(all, &params[i], &values[i]);
	return all;
}

/* "net.address" and the rest of the link measured through; of the others what was said. */
static void add_links(cJSON *all, const struct settings *settings)
{
	char name[16], full[40];

	for (size_t i = 0; i < WISHES; i++)
		for (size_t key = 0; key < LINK_KEYS && settings->wish[i].said; key++) {
			struct param param = link_table[key];

			if (i ? settings->link_from[i][key] == FROM_DEFAULT : key == LINK_PEER)
				continue;
			snprintf(full, sizeof(full), "%s.%s", wish_name(i, name), param.name);
			param.name = full;
			add_value(all, &param, &settings->link[i][key]);
		}
}

static cJSON *settings_json(const struct settings *settings)
{
	cJSON *all = values_json(settings_table, settings->value);

	add_links(all, settings);
	return all;
}

/* What is not known is not there: a command has neither payload nor plan. */
static cJSON *run_metadata(struct story *story)
{
	static const struct digest none;
	cJSON *metadata = cJSON_CreateObject();
	struct digest steps;
	char hex[65];

	cJSON_AddStringToObject(metadata, "runId", story->run_id);
	cJSON_AddStringToObject(metadata, "buildId", story->machine.build_id);
	digest_hex(&story->machine.init_digest, hex, 32);
	cJSON_AddStringToObject(metadata, "initSha256", hex);
	if (!story->machine.payload_err) {
		digest_hex(&story->machine.payload_digest, hex, 32);
		cJSON_AddStringToObject(metadata, "payloadDigest", hex);
	}
	cJSON_AddStringToObject(metadata, "plan", story->settings.value[SET_PLAN].text);
	if (memcmp(&story->settings.plan_digest, &none, sizeof(none))) {
		digest_hex(&story->settings.plan_digest, hex, 32);
		cJSON_AddStringToObject(metadata, "planSha256", hex);
		settings_digest_steps(&story->settings, &steps);
		digest_hex(&steps, hex, 32);
		cJSON_AddStringToObject(metadata, "stepsSha256", hex);
	}
	cJSON_AddItemToObject(metadata, "network", links_detail(story));
	cJSON_AddItemToObject(metadata, "tpm", tpm_facts());
	cJSON_AddItemToObject(metadata, "signature", sign_facts());
	if (story->quiet.done)
		cJSON_AddItemToObject(metadata, "quiet", quiet_detail(&story->quiet));
	return metadata;
}

/* Of process 1 only: a command has no results partition of its own. */
static void add_previous(struct story *story, cJSON *artifact)
{
	cJSON *start = cJSON_GetObjectItem(cJSON_GetObjectItem(artifact, "testRunArtifact"),
					   "testRunStart");

	if (story->duties && start)
		previous_compare(&story->previous, start);
}

void record_start(struct story *story)
{
	enum { ALWAYS_FIT = 16 }; /* disks, partitions and links */
	cJSON *start = artifact_run_start("assay", assay_version, story->command_line,
					  settings_json(&story->settings),
					  fingerprint_dut(&story->machine), run_metadata(story));

	add_previous(story, start);
	if (story->machine.block_count + story->machine.link_count > ALWAYS_FIT)
		fingerprint_fit(start);
	journal_write(&story->journal, artifact_schema_version());
	journal_write(&story->journal, start);
	story->journal_open = true;
}

void record_log(struct story *story, const char *step, enum severity severity, const char *format,
		...)
{
	char message[WHY_ROOM + 128];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	journal_write(&story->journal, artifact_log(step, severity, message));
}

void record_end(struct story *story, enum run_status status, enum run_result result)
{
	journal_write(&story->journal, artifact_run_end(status, result));
}

/* ---- a step ---- */

static void add_ground(cJSON *parameters, const struct request *request)
{
	for (size_t key = 0; key < GROUND_KEYS; key++)
		if (ground_has_key(request->bench, key))
			add_value(parameters, &ground_table[key], &request->ground[key]);
}

void record_step_start(struct story *story, const struct step *step)
{
	cJSON *content = cJSON_CreateObject(), *parameters;
	char list[400];
	struct text text;
	cpu_set_t cpus;

	cJSON_AddStringToObject(content, "bench", step->request->bench->name);
	cJSON_AddStringToObject(content, "label", step->request->label);
	cJSON_AddStringToObject(content, "definition", step->request->bench->definition);
	cJSON_AddStringToObject(content, "target", step->target);
	if (story->plan.count) {
		cJSON_AddNumberToObject(content, "place", (double)(step - story->plan.step) + 1);
		cJSON_AddNumberToObject(content, "of", (double)story->plan.count);
	}
	if (quiet_step_cpus(&story->quiet, step->request->bench->one_by_one, &cpus)) {
		text_begin(&text, list, sizeof(list));
		cpus_format(&cpus, &text);
		cJSON_AddStringToObject(content, "cpus", list);
	}
	parameters = values_json(step->request->bench->params, step->request->value);
	/* Of a plan also where the step is skipped: what it asked for is part of the plan. */
	if (step->sets_ground || story->plan.count)
		add_ground(parameters, step->request);
	cJSON_AddItemToObject(content, "parameters", parameters);
	cJSON_AddNumberToObject(content, "expectedSeconds", step->expected_seconds);
	cJSON_AddNumberToObject(content, "deadlineSeconds", step->deadline_seconds);
	journal_write(&story->journal, artifact_step_start(step->id, step->name));
	journal_write(&story->journal, artifact_extension(step->id, "step", content));
}

static void record_notes(struct story *story, const struct step *step,
			 const struct run_shared *shared)
{
	static const enum verdict_type types[] = {
		[NOTE_PASS] = VERDICT_PASS, [NOTE_FAIL] = VERDICT_FAIL, [NOTE_UNKNOWN] = VERDICT_UNKNOWN
	};

	for (uint32_t i = 0; i < shared->note_count && i < RUN_NOTES; i++) {
		const struct run_note *note = &shared->notes[i];

		if (note->kind == NOTE_INFO || note->kind == NOTE_WARNING)
			record_log(story, step->id,
				   note->kind == NOTE_INFO ? SEVERITY_INFO : SEVERITY_WARNING, "%s",
				   note->text);
		else
			journal_write(&story->journal,
				      artifact_diagnosis(step->id, note->verdict, types[note->kind],
							 note->text));
	}
	if (shared->dropped)
		record_log(story, step->id, SEVERITY_WARNING,
			   "%u samples found no room and are not counted", shared->dropped);
}

static void record_stock_files(struct story *story, const struct step *step, const struct run *run)
{
	enum { STOCK_ROOM = 1 << 20 };
	char *buffer = run->bench->stock ? malloc(STOCK_ROOM) : NULL;
	char name[80];
	struct text text;

	for (const struct stock_file *file = run->bench->stock; buffer && file->name; file++) {
		text_begin(&text, buffer, STOCK_ROOM);
		if (file->write(run, &text) || text.cut || !text.len)
			continue;
		snprintf(name, sizeof(name), "%s-%s", step->id, file->name);
		if (!story_put(story, name, text.start, text.len))
			journal_write(&story->journal,
				      artifact_file(step->id, file->name, name,
						    file->media ? file->media : "text/plain"));
		else if (!story->journal.sink_count && !file->media)
			text_add(&story->summary, "\n%s:\n%s", file->name, text.start);
	}
	free(buffer);
}

void record_step_closed(struct story *story, const char *step, enum outcome outcome)
{
	enum run_status status = outcome == RUN_SKIPPED ? STATUS_SKIP :
				 outcome_ended(outcome) ? STATUS_COMPLETE :
							  STATUS_ERROR;

	journal_write(&story->journal, artifact_step_end(step, status));
}

void record_outcome(struct story *story, const struct step *step, const struct result *result)
{
	cJSON *content = cJSON_CreateObject();

	cJSON_AddStringToObject(content, "outcome", outcome_name(result->outcome));
	cJSON_AddNumberToObject(content, "seconds", result->seconds);
	cJSON_AddStringToObject(content, "reason", result->reason);
	if (result->peak_bytes)
		cJSON_AddNumberToObject(content, "peakMemoryBytes", (double)result->peak_bytes);
	journal_write(&story->journal, artifact_extension(step->id, "outcome", content));
	record_step_closed(story, step->id, result->outcome);
}

void record_step_end(struct story *story, const struct step *step, const struct run *run,
		     const struct result *result)
{
	record_samples(story, step, run);
	record_notes(story, step, run->shared);
	if (!outcome_ended(result->outcome))
		journal_write(&story->journal,
			      artifact_error(step->id, outcome_name(result->outcome),
					     result->reason));
	record_stock_files(story, step, run);
	record_outcome(story, step, result);
}

void record_not_run(struct story *story, const struct step *step, const struct result *result)
{
	if (result->outcome == RUN_SKIPPED)
		journal_write(&story->journal, artifact_diagnosis(step->id, "skipped",
								  VERDICT_UNKNOWN, result->reason));
	else
		journal_write(&story->journal,
			      artifact_error(step->id, outcome_name(result->outcome),
					     result->reason));
	record_outcome(story, step, result);
}
