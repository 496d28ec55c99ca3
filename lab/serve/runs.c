/* SPDX-License-Identifier: MIT */
/* The runs that arrive: a folder of the results each, and what is known of how far they are. */
#include "lab/journal/journal.h"
#include "lab/serve/serve.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int run_folder(const struct serving *serving, const char *id)
{
	int fd = openat(serving->results_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ---- what a record means to who looks on ---- */

static const char *station_of(const struct serving *serving, const struct run *run)
{
	for (size_t i = 0; i < serving->stations.count; i++)
		if (!strcmp(serving->stations.at[i].address, run->address) &&
		    serving->stations.at[i].mac[0])
			return serving->stations.at[i].mac;
	return run->address;
}

static void keep(char *out, size_t room, const char *text)
{
	snprintf(out, room, "%.*s", (int)room - 1, text ? text : "");
	for (char *at = out; *at; at++) /* it goes to terminals */
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
}

static void learn_start(struct serving *serving, struct run *run, const cJSON *body, bool announce)
{
	keep(run->plan, sizeof(run->plan), json_text(body, "metadata.plan"));
	keep(run->build_id, sizeof(run->build_id), json_text(body, "metadata.buildId"));
	keep(run->init_sha256, sizeof(run->init_sha256), json_text(body, "metadata.initSha256"));
	if (announce)
		serving->say("%s  run %s: plan %s", station_of(serving, run), run->id, run->plan);
}

static void learn_step(struct run *run, const cJSON *content)
{
	run->place = (unsigned)json_number(content, "place", 0);
	run->of = (unsigned)json_number(content, "of", 0);
}

static void learn_outcome(struct serving *serving, struct run *run, const cJSON *content,
			  bool announce)
{
	char outcome[NAME_ROOM], duration[32], place[48] = "";
	struct text text;

	if (!announce)
		return;
	keep(outcome, sizeof(outcome), json_text(content, "outcome"));
	text_begin(&text, duration, sizeof(duration));
	text_add_duration(&text, json_number(content, "seconds", 0));
	if (run->of)
		snprintf(place, sizeof(place), "step %u of %u ", run->place, run->of);
	serving->say("%s  %s%s: %s %s", station_of(serving, run), place, run->step, outcome,
		     duration);
}

static void learn_end(struct serving *serving, struct run *run, const cJSON *body, bool announce)
{
	char status[20], result[20];

	keep(status, sizeof(status), json_text(body, "status"));
	keep(result, sizeof(result), json_text(body, "result"));
	snprintf(run->end, sizeof(run->end), "%s %s", status, result);
	run->ended = true;
	if (announce)
		serving->say("%s  run %s ended: %s, %u records", station_of(serving, run), run->id,
			     run->end, run->next + 1);
}

void run_learn(struct serving *serving, struct run *run, const char *line, size_t len,
	       bool announce)
{
	const cJSON *body, *content;
	const char *kind, *name;
	cJSON *json;

	/* They come in thousands, and tell nothing here. */
	if (memmem(line, len < 200 ? len : 200, "measurementSeriesElement", 24))
		return;
	json = record_parse(line, len);
	kind = json ? record_kind(json, &body) : NULL;
	if (kind && !strcmp(kind, "testRunStart"))
		learn_start(serving, run, body, announce);
	else if (kind && !strcmp(kind, "testStepStart"))
		keep(run->step, sizeof(run->step), json_text(body, "name"));
	else if (kind && !strcmp(kind, "testRunEnd"))
		learn_end(serving, run, body, announce);
	else if (kind && !strcmp(kind, "extension")) {
		name = json_text(body, "name");
		content = json_path(body, "content");
		if (name && !strcmp(name, "step"))
			learn_step(run, content);
		else if (name && !strcmp(name, "outcome"))
			learn_outcome(serving, run, content, announce);
	}
	cJSON_Delete(json);
}

/* ---- the table ---- */

static struct run *make_place(struct serving *serving)
{
	struct run *oldest = &serving->runs[0];

	if (serving->run_count < RUNS)
		return &serving->runs[serving->run_count++];
	for (size_t i = 1; i < RUNS; i++)
		if (serving->runs[i].seen_ns < oldest->seen_ns)
			oldest = &serving->runs[i];
	return oldest;
}

static struct run *find(struct serving *serving, const char *id)
{
	for (size_t i = 0; i < serving->run_count; i++)
		if (!strcmp(serving->runs[i].id, id))
			return &serving->runs[i];
	return NULL;
}

static int open_folder(struct serving *serving, const char *id, bool make)
{
	int folder = run_folder(serving, id);

	if (folder != -ENOENT || !make)
		return folder;
	if (mkdirat(serving->results_fd, id, 0777))
		return -errno;
	if (fsync(serving->results_fd))
		return -errno;
	return run_folder(serving, id);
}

struct run *run_open(struct serving *serving, const char *id, bool make, char *why, size_t room)
{
	struct run fresh = { .seen_ns = serve_now_ns() }, *run = find(serving, id);
	int folder = open_folder(serving, id, make);

	if (folder < 0) {
		text_refuse(folder, why, room, "%s: %s", id, strerror(-folder));
		return NULL;
	}
	if (!run || run->damaged[0]) {
		snprintf(fresh.id, sizeof(fresh.id), "%s", id);
		run_recover(serving, &fresh, folder);
		run = run ? run : make_place(serving);
		*run = fresh;
	}
	close(folder);
	run->seen_ns = serve_now_ns();
	return run;
}

/* ---- the end of a run ---- */

static int write_new(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err;

	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, strlen(text));
	return close(fd) && !err ? -errno : err;
}

static void write_json(int folder, const char *name, const cJSON *json)
{
	char *text = json ? cJSON_Print(json) : NULL;

	if (text)
		write_new(folder, name, text); /* one that is there is as good */
	free(text);
}

static const char *keep_payload(const struct serving *serving, const struct run *run, int folder)
{
	cJSON *payload = serving->payload ? json_load(serving->payload, NULL, 0) : NULL;
	const char *ours = json_text(payload, "buildId"), *init = json_text(payload, "init.sha256");
	const char *match = "unknown";

	if (ours && run->build_id[0])
		match = strcmp(ours, run->build_id) != 0	     ? "other image" :
			!init || strcmp(init, run->init_sha256) != 0 ? "other init" :
								       "same";
	if (!strcmp(match, "same") || !strcmp(match, "other init"))
		write_json(folder, "payload.json", payload);
	cJSON_Delete(payload);
	return match;
}

static void keep_facts(const struct run *run, int folder, const char *payload)
{
	cJSON *json = cJSON_CreateObject(), *journal;

	cJSON_AddStringToObject(json, "runId", run->id);
	journal = cJSON_AddObjectToObject(json, "journal");
	cJSON_AddNumberToObject(journal, "records", run->next);
	cJSON_AddNumberToObject(journal, "fromPartition", 0);
	cJSON_AddNumberToObject(journal, "fromSerial", 0);
	cJSON_AddNumberToObject(journal, "fromHttp", run->next);
	cJSON_AddBoolToObject(journal, "rebuilt", false);
	cJSON_AddBoolToObject(journal, "torn", false);
	cJSON_AddStringToObject(json, "partition", "not read");
	cJSON_AddStringToObject(json, "channels", "one");
	cJSON_AddStringToObject(json, "address", run->address);
	cJSON_AddStringToObject(json, "payload", payload);
	cJSON_AddArrayToObject(json, "notes");
	write_json(folder, "collect.json", json);
	cJSON_Delete(json);
}

void run_finish(struct serving *serving, struct run *run)
{
	int folder = run_folder(serving, run->id);

	if (folder < 0)
		return;
	keep_facts(run, folder, keep_payload(serving, run, folder));
	fsync(folder);
	close(folder);
	gather_point_latest(serving->results, run->id);
}
