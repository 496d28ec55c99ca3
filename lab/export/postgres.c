/* SPDX-License-Identifier: MIT */
/*
 * A script for psql that loads a run into the tables of lab/fleet/schema.sql: one transaction, the
 * rows by COPY (PostgreSQL's manual, COPY, text format), what becomes of them decided by the
 * function assay.take_run() over there. Cut off anywhere, it has no COMMIT and leaves nothing.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/export/copy.h"
#include "lab/export/export.h"
#include "lab/export/rows.h"

/* What lab/fleet/schema.sql answers to. */
enum { FLEET_SCHEMA = 1 };

struct postgres {
	FILE *out;
	struct export_run run;
};

/* ---- the machine ---- */

static bool is_known(const char *id)
{
	return id && *id && strcmp(id, "unknown") != 0 && strspn(id, "0-") != strlen(id) &&
	       strspn(id, "fF-") != strlen(id);
}

static const char *first_mac(const cJSON *start)
{
	const cJSON *item = json_first(json_path(start, "dutInfo.hardwareInfos"));

	for (; item; item = item->next) {
		const char *type = json_text(item, "partType"),
			   *mac = json_text(item, "serialNumber");

		if (type && !strcmp(type, "nic") && mac && *mac)
			return mac;
	}
	return NULL;
}

/* Which one of the fleet: the name that the desk gave it, the board's own number, its first card's
 * address, whichever there is. */
static const char *machine_name(const struct folder *folder, const cJSON *start)
{
	const char *given = json_text(folder->collect, "machine"),
		   *id = json_text(start, "dutInfo.dutInfoId"), *mac = first_mac(start),
		   *name = json_text(start, "dutInfo.name");

	return given && *given ? given : is_known(id) ? id : mac ? mac : name ? name : "unknown";
}

/* The image and the plan are no part of the machine; they have columns of their own. */
static int add_fact(void *context, const char *path, const char *value)
{
	static const char *const others[] = { "payload", "plan", "software.assay",
					      "software.kernel" };

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (!strcmp(path, others[i]))
			return 0;
	return cJSON_AddStringToObject(context, path, value) ? 0 : -ENOMEM;
}

static int put_facts(const struct folder *folder, FILE *out)
{
	cJSON *facts = cJSON_CreateObject();
	int err = facts ? facts_each(folder, add_fact, facts) : -ENOMEM;
	char *text = err ? NULL : cJSON_PrintUnformatted(facts);

	cJSON_Delete(facts);
	if (!err && !text)
		err = -ENOMEM;
	if (text)
		copy_text(out, text);
	free(text);
	return err;
}

/* ---- the run ---- */

static bool is_sound(const struct journal_copy *journal)
{
	return !journal->problems.count && journal->hashes == journal->records.count;
}

static int put_run(const struct folder *folder, const struct postgres *to)
{
	const struct records *records = &folder->journal.records;
	const cJSON *start = records_first(records, "testRunStart");
	const char *payload = json_text(start, "metadata.payloadDigest"),
		   *build = json_text(start, "metadata.buildId"),
		   *digest = json_text(start, "metadata.planSha256");
	char number[32];
	int err;

	fputs("COPY given_run (name, machine, product, plan, plan_digest, image, version, started, "
	      "records, head, sound, ended, status, result, facts) FROM stdin;\n",
	      to->out);
	copy_text(to->out, to->run.id);
	copy_next(to->out, machine_name(folder, start));
	copy_next(to->out, or_unknown(json_text(start, "dutInfo.name")));
	copy_next(to->out, to->run.plan);
	copy_next(to->out, digest ? digest : "");
	copy_next(to->out, payload ? payload : build ? build : "");
	copy_next(to->out, to->run.version);
	copy_next(to->out, *to->run.when ? to->run.when : NULL);
	snprintf(number, sizeof(number), "%zu", records->count);
	copy_next(to->out, number);
	copy_next(to->out, records->at[records->count - 1].head);
	copy_next(to->out, is_sound(&folder->journal) ? "t" : "f");
	copy_next(to->out, to->run.ended ? "t" : "f");
	copy_next(to->out, to->run.status);
	copy_next(to->out, to->run.result);
	fputc('\t', to->out);
	err = put_facts(folder, to->out);
	fputs("\n\\.\n", to->out);
	return err;
}

/* ---- its steps and measurements ---- */

static int put_step(void *context, const struct export_step *step)
{
	const struct postgres *to = context;

	copy_text(to->out, step->id);
	copy_next(to->out, step->name);
	copy_next(to->out, step->bench);
	copy_next(to->out, step->label);
	copy_next(to->out, step->target);
	copy_next(to->out, step->outcome);
	copy_next(to->out, step->reason);
	copy_next_number(to->out, step->seconds);
	fputc('\n', to->out);
	return 0;
}

static void put_value(FILE *out, const cJSON *value)
{
	if (cJSON_IsNumber(value))
		copy_next_number(out, value->valuedouble);
	else
		copy_next(out, NULL);
	copy_next(out, cJSON_IsString(value) ? value->valuestring :
		       cJSON_IsBool(value)   ? (cJSON_IsTrue(value) ? "true" : "false") :
					       NULL);
}

static int put_measurement(void *context, const struct export_step *row)
{
	static const char *const spread[] = { "metadata.n",    "metadata.min", "metadata.max",
					      "metadata.mean", "metadata.sd",  "metadata.median",
					      "metadata.p95",  "metadata.p99" };
	const struct postgres *to = context;
	const char *name = json_text(row->body, "name"), *unit = json_text(row->body, "unit"),
		   *better = json_text(row->body, "metadata.better");
	char place[256], number[16];
	struct text text;

	snprintf(number, sizeof(number), "%u", row->sequence);
	text_begin(&text, place, sizeof(place));
	export_place(row->body, &text);
	copy_text(to->out, number);
	copy_next(to->out, row->id);
	copy_next(to->out, name ? name : "");
	copy_next(to->out, place);
	copy_next(to->out, unit ? unit : "");
	copy_next(to->out, better ? better : "");
	copy_next(to->out, cJSON_IsTrue(json_path(row->body, "metadata.detail")) ? "t" : "f");
	put_value(to->out, json_path(row->body, "value"));
	for (size_t i = 0; i < COUNT_OF(spread); i++) {
		const cJSON *item = json_path(row->body, spread[i]);

		if (cJSON_IsNumber(item))
			copy_next_number(to->out, item->valuedouble);
		else
			copy_next(to->out, NULL);
	}
	copy_next(to->out, *row->timestamp ? row->timestamp : NULL);
	fputc('\n', to->out);
	return 0;
}

static int put_rows(const struct folder *folder, struct postgres *to)
{
	int err = put_run(folder, to);

	if (err)
		return err;
	fputs("COPY given_step (id, name, bench, label, target, outcome, reason, seconds) "
	      "FROM stdin;\n",
	      to->out);
	if (export_steps(folder, put_step, to))
		return -ENOMEM;
	fputs("\\.\nCOPY given_measurement (record, step, metric, place, unit, better, detail, "
	      "value, word, n, min, max, mean, sd, median, p95, p99, taken) FROM stdin;\n",
	      to->out);
	if (export_measurements(folder, put_measurement, to))
		return -ENOMEM;
	fputs("\\.\n", to->out);
	return 0;
}

static int put_script(const struct folder *folder, struct postgres *to)
{
	int err;

	fprintf(to->out,
		"\\set ON_ERROR_STOP on\nSET client_encoding TO 'UTF8';\nBEGIN;\n"
		"SELECT assay.begin_run(%d) \\g /dev/null\n",
		FLEET_SCHEMA);
	err = put_rows(folder, to);
	fputs("SELECT assay.take_run() \\g (format=unaligned tuples_only=on)\nCOMMIT;\n", to->out);
	return err;
}

/* All of it or nothing: what follows in the same stream must not find a transaction open. */
int export_postgres(const struct folder *folder, FILE *out, char *why, size_t room)
{
	struct postgres to = { 0 };
	char *script = NULL;
	size_t len = 0;
	int err;

	export_run_read(folder, &to.run);
	if (!path_name_is_plain(to.run.id))
		return text_refuse(-EINVAL, why, room,
				   "%s: its journal has no run id; without one it cannot be told "
				   "from another",
				   folder->path);
	to.out = open_memstream(&script, &len);
	if (!to.out)
		return -errno;
	err = put_script(folder, &to);
	if (fclose(to.out) && !err)
		err = -errno;
	if (!err)
		fwrite(script, 1, len, out);
	free(script);
	return err;
}
