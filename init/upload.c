/* SPDX-License-Identifier: MIT */
/*
 * The third way out for records, beside serial and the results partition: frames and files wait in
 * memory, and go to the desk between steps, never while one is timed. A desk that is away is a state
 * with a name: it is asked again, with growing pauses and a limit at the end, and the run goes on.
 */
#include "init/upload/upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLD_MOST = 16 << 20, HOLD_SHARE = 16, ROUND_SECONDS = 5 };
enum { PAUSE_FIRST_S = 2, PAUSE_MOST_S = 60 };

/* ---- sending ---- */

static bool is_away(unsigned status)
{
	return status >= 500 || status == 408 || status == 429;
}

static int put(struct upload *upload, const char *name, const char *data, size_t len,
	       uint64_t deadline_ns, struct http_reply *reply)
{
	char path[160], why[WHY_ROOM] = "";
	int err;

	snprintf(path, sizeof(path), "runs/%s/%s", upload->run_id, name);
	err = upload_put(&upload->url, path, data, len, deadline_ns, reply, why, sizeof(why));
	if (err) {
		snprintf(upload->state, sizeof(upload->state), "%.200s", why);
		return err;
	}
	if (reply->status >= 300)
		snprintf(upload->state, sizeof(upload->state), "%s: %u %.300s", name, reply->status,
			 why);
	return is_away(reply->status) ? -EAGAIN : 0;
}

/* The first of those that wait; what cannot be read or is not taken is told and left. */
static int send_file(struct upload *upload, uint64_t deadline_ns)
{
	const struct held *held = upload->files;
	struct http_reply reply = { 0 };
	const char *data;
	char *loaded;
	ssize_t len = upload_load_file(upload, held, &data, &loaded);
	int err = 0;

	if (len < 0)
		snprintf(upload->state, sizeof(upload->state), "%s: %s", held->name,
			 strerror((int)-len));
	else
		err = put(upload, held->name, data, (size_t)len, deadline_ns, &reply);
	free(loaded);
	if (err)
		return err;
	if (len >= 0 && reply.status < 300) {
		upload->files_sent++;
	} else {
		upload->files_refused++;
		console_say("assay: a file is not %s: %s", len < 0 ? "sent" : "taken",
			    upload->state);
	}
	upload_drop_file(upload);
	return 0;
}

static int send_files(struct upload *upload, uint64_t deadline_ns)
{
	int err = 0;

	while (!err && upload->files)
		err = send_file(upload, deadline_ns);
	return err;
}

static int refuse(struct upload *upload, const char *why)
{
	if (why)
		snprintf(upload->state, sizeof(upload->state), "%s", why);
	return upload->refused = -EREMOTEIO;
}

static int take_reply(struct upload *upload, const struct http_reply *reply)
{
	unsigned before = upload->acked;

	if (!reply->has_next)
		return refuse(upload, reply->status < 300 ?
					      "that is no assay serve: its answer names no record" :
					      NULL);
	if (reply->next > upload->count)
		return refuse(upload, "it has records of this run that are not ours");
	if (!upload_has(upload, reply->next))
		return refuse(upload, "it has lost records that are no longer held here");
	upload_move(upload, reply->next);
	/* Behind what we thought: it lost some, and gets them again. Exactly there: it will not. */
	return reply->status >= 300 && reply->next == before ? refuse(upload, NULL) : 0;
}

static int give_up(struct upload *upload, const char *why)
{
	snprintf(upload->state, sizeof(upload->state), "%s", why);
	return -ETIMEDOUT;
}

static int send_records(struct upload *upload, uint64_t deadline_ns)
{
	while (upload->acked < upload->count) {
		struct http_reply reply;
		const char *frames;
		char name[32];
		ssize_t len;
		int err;

		if (clock_raw_ns() > deadline_ns)
			return give_up(upload, "no end of it within the limit");
		len = upload_next(upload, &frames);
		if (len <= 0)
			return refuse(upload, "records that wait cannot be read back here");
		snprintf(name, sizeof(name), "records/%u", upload->acked);
		err = put(upload, name, frames, (size_t)len, deadline_ns, &reply);
		if (!err)
			err = take_reply(upload, &reply);
		if (err)
			return err;
	}
	return 0;
}

/* Files first: with its last record a run is whole. */
int upload_send(struct upload *upload, double seconds)
{
	uint64_t deadline_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9);
	int err = upload->refused ? upload->refused : send_files(upload, deadline_ns);

	if (!err)
		err = send_records(upload, deadline_ns);
	if (!err) {
		upload->pause_s = 0;
	} else {
		upload->pause_s = upload->pause_s ? upload->pause_s * 2 : PAUSE_FIRST_S;
		if (upload->pause_s > PAUSE_MOST_S)
			upload->pause_s = PAUSE_MOST_S;
		upload->not_before_ns = clock_raw_ns() + upload->pause_s * SECOND_NS;
	}
	return err;
}

/* Each change of its state once, on the consoles and in the records. */
static void tell(struct story *story, int err)
{
	struct upload *upload = story->upload;
	bool was_away = upload->away;

	upload->away = err && !upload->refused;
	if (upload->refused && !upload->sink.dead) {
		upload->sink.dead = upload->refused;
		console_say("assay: records over HTTP: refused: %s", upload->state);
		record_log(story, NULL, SEVERITY_WARNING, "records over HTTP: %s refused: %s",
			   upload->said, upload->state);
	} else if (upload->away && !was_away) {
		console_say("assay: records over HTTP: %s is away: %s", upload->said,
			    upload->state);
		record_log(story, NULL, SEVERITY_WARNING,
			   "records over HTTP: %s is away: %s; asked again between steps",
			   upload->said, upload->state);
	} else if (was_away && !err) {
		record_log(story, NULL, SEVERITY_INFO, "records over HTTP: %s is back",
			   upload->said);
	}
}

/* ---- the run's occasions ---- */

static int append_frame(struct sink *sink, const char *line, size_t len, unsigned sequence,
			const struct digest *head)
{
	struct upload *upload = sink->state;

	return upload->refused ? upload->refused : upload_add(upload, line, len, sequence, head);
}

static int flush_nothing(struct sink *sink)
{
	(void)sink;
	return 0; /* between steps, not here */
}

size_t upload_limit(const struct story *story)
{
	uint64_t share = story->machine.memory_bytes / HOLD_SHARE;

	return share && share < HOLD_MOST ? (size_t)share : HOLD_MOST;
}

void upload_prepare(struct story *story)
{
	const char *url = story->settings.value[SET_RESULTS].text;
	struct upload *upload = *url && !story->refusal[0] ? calloc(1, sizeof(*upload)) : NULL;

	if (!upload)
		return;
	if (upload_init(upload, url, story->run_id,
			story->results.usable ? story->results.folder_fd : -1,
			upload_limit(story))) {
		free(upload);
		return;
	}
	upload->kept = story->results.usable ? &story->results.sink : NULL;
	upload->sink =
		(struct sink){ "HTTP server", append_frame, flush_nothing, upload, false, 0 };
	story->upload = upload;
	journal_add_sink(&story->journal, &upload->sink);
	upload_note(story, false);
}

int upload_keep(struct story *story, const char *name, const char *data, size_t len)
{
	struct upload *upload = story->upload;

	if (!upload || upload->sink.dead || upload->refused)
		return -ENODEV;
	return upload_add_file(upload, name, data, len);
}

void upload_again(struct story *story)
{
	struct upload *upload = story->upload;

	if (upload && upload->folder_fd >= 0)
		upload_add_folder(upload);
}

void upload_between(struct story *story)
{
	struct upload *upload = story->upload;

	if (!upload || upload->sink.dead || clock_raw_ns() < upload->not_before_ns)
		return;
	tell(story, upload_send(upload, ROUND_SECONDS));
}

/* As long as the limit allows, with short pauses. */
int upload_insist(struct upload *upload, double seconds)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9), now,
		 pause_ns = SECOND_NS / 4;
	int err = upload_send(upload, seconds);

	while (err && !upload->refused && (now = clock_raw_ns()) + pause_ns < until_ns) {
		clock_sleep_ns(pause_ns);
		err = upload_send(upload, (double)(until_ns - now) / 1e9);
		pause_ns = pause_ns < 2 * SECOND_NS ? pause_ns * 2 : pause_ns;
	}
	return err;
}

void upload_conclude(struct story *story)
{
	struct upload *upload = story->upload;
	int err;

	if (!upload || upload->sink.dead)
		return;
	err = upload_insist(upload, story->settings.value[SET_RESULTS_TIMEOUT].real);
	tell(story, err);
	if (!upload->refused)
		record_log(story, NULL,
			   err || upload->files_refused ? SEVERITY_WARNING : SEVERITY_INFO,
			   "records over HTTP: %u of %u and %u files are at %s%s%s", upload->acked,
			   upload->count, upload->files_sent, upload->said,
			   err || upload->files_refused ? ": " : "",
			   err || upload->files_refused ? upload->state : "");
}

void upload_end(struct story *story)
{
	struct upload *upload = story->upload;
	double seconds = story->settings.value[SET_RESULTS_TIMEOUT].real;
	int err;

	if (!upload)
		return;
	/* One that was away until now has had its time. */
	err = upload->sink.dead ? upload->sink.dead :
	      upload->away	? upload_send(upload, 3) :
				  upload_insist(upload, seconds);
	if (!err || upload->refused)
		upload_note(story, true);
	console_say("assay: records over HTTP: %u of %u at %s%s%s", upload->acked, upload->count,
		    upload->said, err ? ": " : "", err ? upload->state : "");
}

int story_put(struct story *story, const char *name, const char *text, size_t len)
{
	int kept = results_put(&story->results, name, text, len);
	int sent = upload_keep(story, name, text, len);

	return kept ? sent : 0;
}
