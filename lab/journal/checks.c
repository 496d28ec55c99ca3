/* SPDX-License-Identifier: MIT */
/* What `assay verify` asks of a run: each check looks at one promise and says every place where it
 * is broken. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

static void bad(struct finding *finding)
{
	finding->how = FINDING_BAD;
}

static void skip(struct finding *finding, const char *reason)
{
	finding->how = FINDING_SKIPPED;
	notes_add(&finding->notes, "%s", reason);
}

static bool is_rebuilt(const struct folder *folder)
{
	return cJSON_IsTrue(json_path(folder->collect, "journal.rebuilt"));
}

/* Lines, numbers and hashes: all that reading the journal found. */
static void check_chain(const struct folder *folder, struct finding *finding)
{
	const struct journal_copy *journal = &folder->journal;

	for (size_t i = 0; i < journal->problems.count; i++)
		notes_add(&finding->notes, "%s", journal->problems.line[i]);
	if (journal->problems.count || !journal->records.count)
		bad(finding);
	if (!journal->records.count)
		notes_add(&finding->notes, "the journal is empty");
	if (journal->torn)
		notes_add(&finding->notes, "cut off in record %zu; what precedes it is whole",
			  journal->records.count);
	if (is_rebuilt(folder))
		notes_add(
			&finding->notes,
			"rebuilt from the serial log: behind absent records the chain cannot be followed");
}

static void check_schema(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;

	for (size_t i = 0; i < records->count; i++) {
		char why[WHY_ROOM];

		if (!records->at[i].json || !schema_check(records->at[i].json, why, sizeof(why)))
			continue;
		notes_add(&finding->notes, "record %u: %s", records->at[i].sequence, why);
		bad(finding);
	}
}

static bool is_kind(const struct record *record, const char *kind)
{
	const char *found = record_kind(record->json, NULL);

	return found && !strcmp(found, kind);
}

static size_t count_kind(const struct records *records, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < records->count; i++)
		count += is_kind(&records->at[i], kind);
	return count;
}

static void expect_at(const struct records *records, size_t place, const char *kind,
		      struct finding *finding)
{
	if (place >= records->count || !is_kind(&records->at[place], kind)) {
		notes_add(&finding->notes, "record %zu should be %s", place, kind);
		bad(finding);
	}
	if (count_kind(records, kind) > 1) {
		notes_add(&finding->notes, "%s is there more than once", kind);
		bad(finding);
	}
}

static void check_ends(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;
	const cJSON *version =
		json_path(records->count ? records->at[0].json : NULL, "schemaVersion");
	double major = json_number(version, "major", -1), minor = json_number(version, "minor", -1);

	expect_at(records, 0, "schemaVersion", finding);
	if (version && (major < 2 || major > 2 || minor < 0 || minor > 0)) {
		notes_add(&finding->notes, "schema version %g.%g; 2.0 expected", major, minor);
		bad(finding);
	}
	expect_at(records, 1, "testRunStart", finding);
	if (records_first(records, "testRunEnd"))
		expect_at(records, records->count - 1, "testRunEnd", finding);
	else
		notes_add(&finding->notes, "the run was cut off: it has no end");
}

/* The run's start names its folder: a journal of another run under this name is a mistake or worse.
 */
static void check_identity(const struct folder *folder, struct finding *finding)
{
	const char *id = records_run_id(&folder->journal.records);
	const char *collected = json_text(folder->collect, "runId");

	if (!id) {
		notes_add(&finding->notes, "testRunStart.metadata.runId is missing");
		bad(finding);
	} else if (collected && strcmp(id, collected) != 0) {
		notes_add(&finding->notes, "the journal is of run %s, collected as %s", id,
			  collected);
		bad(finding);
	}
}

static void say(struct finding *finding, const struct record *record, const char *what,
		const char *whose)
{
	notes_add(&finding->notes, "record %u: %s %s", record->sequence, what, whose);
	bad(finding);
}

/* Of the records before `at`, does one of this kind belong to the same step (and, if given,
 * series)? */
static const struct record *find_before(const struct records *records, size_t at, const char *kind,
					const char *series)
{
	const char *step = record_step(records->at[at].json);

	/* One of the run itself may say that it is of a series, and belongs to no step. */
	for (size_t i = step ? at : 0; i-- > 0;) {
		const cJSON *body;
		const char *found = record_kind(records->at[i].json, &body),
			   *other = record_step(records->at[i].json);
		const char *id = json_text(body, "measurementSeriesId");

		if (found && !strcmp(found, kind) && other && !strcmp(other, step) &&
		    (!series || (id && !strcmp(id, series))))
			return &records->at[i];
	}
	return NULL;
}

static void check_step_record(const struct records *records, size_t at, struct finding *finding)
{
	const struct record *record = &records->at[at];
	const char *step = record_step(record->json);
	bool starts = is_kind(record, "testStepStart");
	bool started, ended;

	if (!step)
		return;
	started = find_before(records, at, "testStepStart", NULL);
	ended = find_before(records, at, "testStepEnd", NULL);
	if (starts && started)
		say(finding, record, "a second start of step", step);
	if (!starts && !started)
		say(finding, record, "before the start of its step", step);
	if (ended)
		say(finding, record, "after the end of its step", step);
}

static bool is_ended(const struct records *records, const char *step)
{
	for (size_t i = 0; i < records->count; i++) {
		const char *other = record_step(records->at[i].json);

		if (other && !strcmp(other, step) && is_kind(&records->at[i], "testStepEnd"))
			return true;
	}
	return false;
}

/* Only what was open when a run was cut off may have no end. */
static bool is_cut_at(const struct records *records, size_t place, const char *kind)
{
	for (size_t i = place + 1; i < records->count; i++)
		if (is_kind(&records->at[i], kind) || is_kind(&records->at[i], "testRunEnd"))
			return false;
	return true;
}

static void check_steps(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;

	for (size_t i = 0; i < records->count; i++) {
		const char *step = record_step(records->at[i].json);

		/* Elements come in thousands between two records that are looked at. */
		if (is_kind(&records->at[i], "measurementSeriesElement"))
			continue;
		check_step_record(records, i, finding);
		if (!is_kind(&records->at[i], "testStepStart") || !step || is_ended(records, step))
			continue;
		notes_add(&finding->notes, "step %s has no end", step);
		if (!is_cut_at(records, i, "testStepStart"))
			bad(finding);
	}
}

/* Walks one series from its start; elements count from 0, and the end says how many there were. */
static void check_one_series(const struct folder *folder, size_t start, struct finding *finding)
{
	const struct records *records = &folder->journal.records;
	const cJSON *body;
	const char *id;
	double count = 0;

	record_kind(records->at[start].json, &body);
	id = json_text(body, "measurementSeriesId");
	for (size_t i = start + 1; id && i < records->count; i++) {
		const char *kind = record_kind(records->at[i].json, &body);
		const char *other = json_text(body, "measurementSeriesId");

		if (!kind || !other || strcmp(other, id) != 0)
			continue;
		if (!strcmp(kind, "measurementSeriesStart"))
			return say(finding, &records->at[i], "a second start of series", id);
		if (!strcmp(kind, "measurementSeriesEnd")) {
			double total = json_number(body, "totalCount", -1);

			if (!is_rebuilt(folder) && (total < count || total > count))
				say(finding, &records->at[i],
				    "totalCount is not the number of elements of series", id);
			return;
		}
		double index = json_number(body, "index", -1);
		if (index < count || index > count)
			say(finding, &records->at[i], "an element out of order in series", id);
		count++;
	}
	notes_add(&finding->notes, "series %s has no end", id ? id : "without a name");
	if (!is_cut_at(records, start, "measurementSeriesStart"))
		bad(finding);
}

static void check_series(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;
	const char *open = NULL;

	for (size_t i = 0; i < records->count; i++) {
		const cJSON *body;
		const char *kind = record_kind(records->at[i].json, &body);
		const char *id = json_text(body, "measurementSeriesId");

		if (!kind || !id)
			continue;
		if (!strcmp(kind, "measurementSeriesStart")) {
			check_one_series(folder, i, finding);
			open = id;
		} else if (!open || (strcmp(open, id) != 0 &&
				     !find_before(records, i, "measurementSeriesStart", id))) {
			say(finding, &records->at[i], "belongs to no series that started:", id);
		}
	}
}

static void check_last_words(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;
	const struct console *console = &folder->console;
	const struct record *last = records->count ? &records->at[records->count - 1] : NULL;

	if (!console->said_head[0])
		return;
	if (last && last->sequence + 1 == console->said_records &&
	    heads_agree(last->head, console->said_head))
		return;
	notes_add(&finding->notes,
		  "the machine ended with %u records and head %.16s, the journal with %u and %.16s",
		  console->said_records, console->said_head, last ? last->sequence + 1 : 0,
		  last ? last->head : "none");
	bad(finding);
}

static void check_channels(const struct folder *folder, struct finding *finding)
{
	const struct console *console = &folder->console;
	size_t absent = 0, contradictions;

	if (!folder->has_console)
		return skip(finding, "no console.log here: one channel only");
	for (size_t i = 0; i < console->notes.count; i++)
		notes_add(&finding->notes, "%s", console->notes.line[i]);
	contradictions = channels_compare(&folder->journal, console, &finding->notes, &absent);
	/* A damaged frame whose record came whole as well, as when the run went on, lost nothing. */
	if (contradictions || absent || console->lost_count)
		bad(finding);
	check_last_words(folder, finding);
}

static void check_payload(const struct folder *folder, struct finding *finding)
{
	const cJSON *start = records_first(&folder->journal.records, "testRunStart");
	const char *theirs = json_text(start, "metadata.buildId"),
		   *ours = json_text(folder->payload, "buildId");
	const char *init = json_text(start, "metadata.initSha256");
	const char *our_init = json_text(folder->payload, "init.sha256");

	if (!folder->payload)
		return skip(finding, "no payload.json here: which image it was is not proved");
	if (!theirs || !ours || strcmp(theirs, ours) != 0) {
		notes_add(&finding->notes, "the run says build id %s, payload.json %s",
			  theirs ? theirs : "nothing", ours ? ours : "nothing");
		bad(finding);
	} else if (init && our_init && strcmp(init, our_init) != 0) {
		notes_add(&finding->notes,
			  "init was replaced by a second initramfs: not the image's own");
	}
}

/* A file that a record promises, unless only the serial log is here: files do not travel over it. */
static void check_files(const struct folder *folder, struct finding *finding)
{
	const struct records *records = &folder->journal.records;
	const char *partition = json_text(folder->collect, "partition");

	if (partition && !strcmp(partition, "none"))
		return skip(finding, "no results partition: files did not travel over serial");
	for (size_t i = 0; i < records->count; i++) {
		const char *uri = json_text(records->at[i].json, "testStepArtifact.file.uri");
		char path[PATH_ROOM];

		if (!uri)
			continue;
		uri += !strncmp(uri, "file:", 5) ? 5 : 0;
		uri += !strncmp(uri, "./", 2) ? 2 : 0;
		if (path_name_is_plain(uri) &&
		    !path_format(path, sizeof(path), "%s/%s", folder->path, uri) &&
		    path_exists(path))
			continue;
		say(finding, &records->at[i], "names a file that is not here:", uri);
	}
}

static const struct {
	const char *name;
	void (*check)(const struct folder *folder, struct finding *finding);
} checks[] = {
	{ "chain", check_chain },	{ "schema", check_schema }, { "ends", check_ends },
	{ "identity", check_identity }, { "steps", check_steps },   { "series", check_series },
	{ "channels", check_channels }, { "image", check_payload }, { "files", check_files },
	{ "partner", check_partner },
};

size_t checks_run(const struct folder *folder, struct finding *findings)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		findings[i] = (struct finding){ .how = FINDING_OK, .check = checks[i].name };
		checks[i].check(folder, &findings[i]);
	}
	return COUNT_OF(checks);
}

size_t checks_broken(const struct folder *folder, struct notes *out)
{
	struct finding findings[CHECKS_MAX];
	size_t count = checks_run(folder, findings);

	for (size_t i = 0; i < count; i++) {
		const struct notes *notes = &findings[i].notes;

		for (size_t line = 0; findings[i].how == FINDING_BAD && line < notes->count; line++)
			notes_add(out, "%s: %s", findings[i].check, notes->line[line]);
		notes_free(&findings[i].notes);
	}
	return out->count;
}
