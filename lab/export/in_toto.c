/* SPDX-License-Identifier: MIT */
/*
 * A run as an in-toto Statement v1 with the predicate test-result v0.1 (github.com/in-toto/
 * attestation, spec/v1 and spec/predicates/test-result.md): the subject is the payload that ran;
 * the configuration names plan, machine and journal. A statement is not signed by itself: `assay
 * sign`, or the tool that wraps it into an envelope, does that.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "lab/export/export.h"
#include "lab/verify/verify.h"

static cJSON *add_resource(cJSON *list, const char *name, const char *sha256)
{
	cJSON *resource = cJSON_CreateObject();

	cJSON_AddStringToObject(resource, "name", name);
	if (sha256)
		cJSON_AddStringToObject(cJSON_AddObjectToObject(resource, "digest"), "sha256",
					sha256);
	cJSON_AddItemToArray(list, resource);
	return resource;
}

static void add_machine(cJSON *list, const struct inquest *inquest)
{
	const char *id = or_unknown(json_text(inquest->start, "dutInfo.dutInfoId"));
	cJSON *machine = add_resource(list, "dut", NULL), *notes;
	char uri[300];

	/* A resource is known by a URI, a digest or its content. */
	snprintf(uri, sizeof(uri), "urn:assay:dut:%.250s", id);
	cJSON_AddStringToObject(machine, "uri", uri);
	notes = cJSON_AddObjectToObject(machine, "annotations");
	cJSON_AddStringToObject(notes, "dutInfoId", id);
	cJSON_AddStringToObject(notes, "name",
				or_unknown(json_text(inquest->start, "dutInfo.name")));
}

static void add_configuration(cJSON *predicate, const struct inquest *inquest)
{
	cJSON *list = cJSON_AddArrayToObject(predicate, "configuration"), *journal;
	const struct records *records = inquest->records;
	const char *steps = json_text(inquest->start, "metadata.stepsSha256"),
		   *plan = json_text(inquest->start, "metadata.planSha256");

	if (plan)
		add_resource(list, "plan", plan);
	if (steps)
		add_resource(list, "steps", steps);
	add_machine(list, inquest);
	journal = add_resource(list, "journal", records->at[records->count - 1].head);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(journal, "annotations"), "runId",
				records_run_id(records));
}

/* A step without an outcome was cut off, and did not pass. */
static const char *list_of(const struct step_told *step)
{
	const char *outcome = step->outcome ? step->outcome : "";

	return !strcmp(outcome, "ok")	   ? "passedTests" :
	       !strcmp(outcome, "skipped") ? "warnedTests" :
					     "failedTests";
}

static void add_tests(cJSON *predicate, const struct inquest *inquest)
{
	static const char *const lists[] = { "passedTests", "warnedTests", "failedTests" };

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		cJSON *list = cJSON_AddArrayToObject(predicate, lists[i]);

		for (size_t at = 0; at < inquest->steps.count; at++) {
			const struct step_told *step = &inquest->steps.at[at];

			if (!strcmp(list_of(step), lists[i]))
				cJSON_AddItemToArray(list, cJSON_CreateString(step->name));
		}
	}
}

/* PASSED: all that ran passed and nothing was left out. WARNED: something was left out. */
static const char *result_of(const struct inquest *inquest, const cJSON *predicate)
{
	const cJSON *end = records_first(inquest->records, "testRunEnd");
	const char *status = json_text(end, "status"), *result = json_text(end, "result");

	if (!end || !status || !result || !strcmp(status, "ERROR") || !strcmp(result, "FAIL") ||
	    cJSON_GetArraySize(json_path(predicate, "failedTests")))
		return "FAILED";
	return !strcmp(result, "PASS") && !cJSON_GetArraySize(json_path(predicate, "warnedTests")) ?
		       "PASSED" :
		       "WARNED";
}

static cJSON *make_statement(const struct inquest *inquest, const char *payload)
{
	cJSON *statement = cJSON_CreateObject(), *predicate;

	cJSON_AddStringToObject(statement, "_type", "https://in-toto.io/Statement/v1");
	add_resource(cJSON_AddArrayToObject(statement, "subject"), "assay payload", payload);
	cJSON_AddStringToObject(statement, "predicateType",
				"https://in-toto.io/attestation/test-result/v0.1");
	predicate = cJSON_AddObjectToObject(statement, "predicate");
	add_configuration(predicate, inquest);
	add_tests(predicate, inquest);
	cJSON_AddStringToObject(predicate, "result", result_of(inquest, predicate));
	return statement;
}

/* The first requirement that does not hold, or NULL: nothing is stated about such a run. */
static const struct requirement *find_broken(const struct inquest *inquest)
{
	for (size_t i = 0; i < requirement_count; i++) {
		struct claim claim;

		requirement_judge(&requirements[i], inquest, &claim);
		claim_free(&claim);
		if (claim.word == CLAIM_FAIL)
			return &requirements[i];
	}
	return NULL;
}

static int print(const struct inquest *inquest, const char *payload, FILE *out)
{
	cJSON *statement = make_statement(inquest, payload);
	char *text = cJSON_Print(statement);
	int err = text ? 0 : -ENOMEM;

	if (text && fprintf(out, "%s\n", text) < 0)
		err = -EIO;
	cJSON_free(text);
	cJSON_Delete(statement);
	return err;
}

int export_in_toto(const struct folder *folder, FILE *out, char *why, size_t room)
{
	const struct requirement *broken;
	struct inquest inquest;
	int err = inquest_begin(&inquest, folder);
	const char *payload = json_text(inquest.start, "metadata.payloadDigest");

	broken = err ? NULL : find_broken(&inquest);
	if (!err && broken)
		err = text_refuse(
			-EINVAL, why, room,
			"%s: nothing is stated about a run that does not verify: %s fails",
			folder->path, broken->id);
	else if (!err && !payload)
		err = text_refuse(-EINVAL, why, room,
				  "%s: the run does not say its payload digest, the subject",
				  folder->path);
	if (!err)
		err = print(&inquest, payload, out);
	inquest_end(&inquest);
	return err;
}
