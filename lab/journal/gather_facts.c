/* SPDX-License-Identifier: MIT */
/* What collecting found: is it our image, and collect.json. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

static bool texts_equal(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static enum payload_match match(const cJSON *payload, const cJSON *start)
{
	const char *build_id = json_text(start, "metadata.buildId");

	if (!payload || !build_id)
		return PAYLOAD_UNKNOWN;
	if (!texts_equal(build_id, json_text(payload, "buildId")))
		return PAYLOAD_OTHER;
	if (!texts_equal(json_text(start, "metadata.initSha256"),
			 json_text(payload, "init.sha256")))
		return PAYLOAD_OTHER_INIT;
	/* Images and runs from before there was a digest state none. */
	if (json_text(payload, "digest") && json_text(start, "metadata.payloadDigest") &&
	    !texts_equal(json_text(payload, "digest"), json_text(start, "metadata.payloadDigest")))
		return PAYLOAD_OTHER_FILES;
	return PAYLOAD_SAME;
}

static void say_match(struct gathered *out, const cJSON *payload, const cJSON *start)
{
	const char *build_id = json_text(start, "metadata.buildId"),
		   *ours = json_text(payload, "buildId");

	if (out->payload == PAYLOAD_UNKNOWN)
		notes_add(&out->notes, "the image was not identified: %s",
			  build_id ? "no payload.json beside this build" :
				     "the run does not say its build id");
	if (out->payload == PAYLOAD_OTHER)
		notes_add(&out->notes,
			  "the run comes from another image: build id %s, payload.json says %s",
			  build_id, ours ? ours : "nothing");
	if (out->payload == PAYLOAD_OTHER_INIT)
		notes_add(&out->notes,
			  "the run's init is not the image's own: replaced by a second initramfs");
	if (out->payload == PAYLOAD_OTHER_FILES)
		notes_add(
			&out->notes,
			"the run's files are not the image's own: payload digest %s, payload.json says %s",
			json_text(start, "metadata.payloadDigest"), json_text(payload, "digest"));
}

void gather_payload(const struct gathering *from, struct gathered *out, const char *stage)
{
	const cJSON *start = records_first(&out->journal.records, "testRunStart");
	cJSON *payload = from->payload ? json_load(from->payload, NULL, 0) : NULL;
	char path[PATH_ROOM];

	out->payload = match(payload, start);
	say_match(out, payload, start);
	/* A description of another image beside the run would be worse than none. */
	if (out->payload != PAYLOAD_UNKNOWN && out->payload != PAYLOAD_OTHER &&
	    !path_format(path, sizeof(path), "%s/payload.json", stage) &&
	    path_copy(from->payload, path))
		notes_add(&out->notes, "%s could not be copied", from->payload);
	cJSON_Delete(payload);
}

static void add_serial(cJSON *json, const struct console *console)
{
	cJSON *serial = cJSON_AddObjectToObject(json, "serial"), *lost;

	cJSON_AddNumberToObject(serial, "frames", (double)console->records.count);
	cJSON_AddNumberToObject(serial, "damaged", console->damaged);
	cJSON_AddNumberToObject(serial, "mended", (double)console->mended_count);
	cJSON_AddNumberToObject(serial, "repeated", console->repeated);
	cJSON_AddNumberToObject(serial, "earlierRuns", console->earlier_runs);
	cJSON_AddNumberToObject(serial, "absentSeriesElements", console->bulk);
	lost = cJSON_AddArrayToObject(serial, "lost");
	for (size_t i = 0; i < console->lost_count; i++)
		cJSON_AddItemToArray(lost,
				     cJSON_CreateDoubleArray((double[]){ console->lost[i].first,
									 console->lost[i].last },
							     2));
}

static void add_journal(cJSON *json, const struct gathered *out)
{
	cJSON *journal = cJSON_AddObjectToObject(json, "journal");

	cJSON_AddNumberToObject(journal, "records", (double)out->journal.records.count);
	cJSON_AddNumberToObject(journal, "fromPartition", (double)out->from_partition);
	cJSON_AddNumberToObject(journal, "fromSerial", (double)out->from_serial);
	cJSON_AddBoolToObject(journal, "rebuilt", out->rebuilt);
	cJSON_AddBoolToObject(journal, "torn", out->journal.torn);
}

static const char *agreement(const struct gathered *out)
{
	if (!out->has_console || !out->from_partition)
		return "one";
	return out->contradictions		      ? "differ" :
	       out->absent || out->console.lost_count ? "lost" :
							"agree";
}

static const char *match_name(enum payload_match match)
{
	static const char *const names[] = {
		[PAYLOAD_UNKNOWN] = "unknown",	     [PAYLOAD_SAME] = "same",
		[PAYLOAD_OTHER_INIT] = "other init", [PAYLOAD_OTHER_FILES] = "other files",
		[PAYLOAD_OTHER] = "other image",
	};
	return names[match];
}

static cJSON *describe(const struct gathering *from, const struct gathered *out)
{
	cJSON *json = cJSON_CreateObject(), *notes;

	cJSON_AddStringToObject(json, "runId", out->run_id);
	if (from->machine)
		cJSON_AddStringToObject(json, "machine", from->machine);
	if (from->accel)
		cJSON_AddStringToObject(json, "accel", from->accel);
	add_journal(json, out);
	if (out->has_console)
		add_serial(json, &out->console);
	cJSON_AddStringToObject(json, "partition",
				out->on_disk ? out->recovered ? "recovered" : "read" : "none");
	cJSON_AddStringToObject(json, "channels", agreement(out));
	cJSON_AddStringToObject(json, "payload", match_name(out->payload));
	notes = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < out->notes.count; i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(out->notes.line[i]));
	return json;
}

int gather_facts(const struct gathering *from, const struct gathered *out, const char *stage)
{
	char path[PATH_ROOM], *text;
	cJSON *json = describe(from, out);
	int err = path_format(path, sizeof(path), "%s/collect.json", stage);

	text = cJSON_Print(json);
	cJSON_Delete(json);
	if (!text)
		return -ENOMEM;
	if (!err)
		err = path_write(path, text, strlen(text));
	free(text);
	return err;
}
