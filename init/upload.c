/* SPDX-License-Identifier: MIT */
/*
 * The third way out for records, beside serial and the results partition: frames and files wait in
 * memory, and go to the desk between steps, never while one is timed. A desk that is away is a state
 * with a name: it is asked again, with growing pauses and a limit at the end, and the run goes on.
 */
#include "init/upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1 << 20, HOLD_MOST = 16 << 20, HOLD_SHARE = 16, ROUND_SECONDS = 5 };
enum { PAUSE_FIRST_S = 2, PAUSE_MOST_S = 60 };

struct held { /* a file on its way */
	struct held *next;
	char name[80];
	size_t len;
	char data[];
};

struct upload {
	struct upload_url url;
	char said[160], run_id[64]; /* the URL as it was given */
	struct sink sink;
	char *frames; /* whole lines, one behind the other */
	size_t len, room, limit;
	unsigned first, count; /* numbers of the first one held, and of the one to come */
	unsigned acked;	       /* the server has all before this one */
	size_t acked_at;       /* where that one stands in frames */
	struct held *files, **last_file;
	size_t file_bytes;
	unsigned files_sent, files_refused;
	int refused; /* -errno: the server will not have them; no more is tried */
	bool away;
	unsigned pause_s;
	uint64_t not_before_ns;
	char state[WHY_ROOM];
};

/* ---- what waits ---- */

/* What the server has is kept too, as long as there is room: it may lose it. */
static void forget_acked(struct upload *upload)
{
	memmove(upload->frames, upload->frames + upload->acked_at, upload->len - upload->acked_at);
	upload->len -= upload->acked_at;
	upload->first = upload->acked;
	upload->acked_at = 0;
}

static bool make_room(struct upload *upload, size_t more)
{
	size_t wanted = upload->room ? upload->room * 2 : 1 << 16;
	char *frames;

	if (upload->len + more <= upload->room)
		return true;
	if (upload->len + more + upload->file_bytes > upload->limit)
		forget_acked(upload);
	if (upload->len + more <= upload->room)
		return true;
	if (upload->len + more + upload->file_bytes > upload->limit)
		return false;
	while (wanted < upload->len + more)
		wanted *= 2;
	frames = realloc(upload->frames, wanted);
	if (!frames)
		return false;
	upload->frames = frames;
	upload->room = wanted;
	return true;
}

static int append_frame(struct sink *sink, const char *line, size_t len, unsigned sequence,
			const struct digest *head)
{
	enum { AROUND = 96 };
	struct upload *upload = sink->state;
	int n;

	if (upload->refused)
		return upload->refused;
	if (!make_room(upload, len + AROUND))
		return -ENOBUFS;
	n = frame_format(upload->frames + upload->len, upload->room - upload->len, sequence, head,
			 line, len - 1);
	if (n < 0)
		return n;
	upload->len += (size_t)n;
	upload->count = sequence + 1;
	return 0;
}

static int flush_nothing(struct sink *sink)
{
	(void)sink;
	return 0; /* between steps, not here */
}

int upload_keep(struct story *story, const char *name, const char *data, size_t len)
{
	struct upload *upload = story->upload;
	struct held *held;

	if (!upload || upload->sink.dead || upload->refused)
		return -ENODEV;
	if (upload->len + upload->file_bytes + len > upload->limit)
		forget_acked(upload);
	if (upload->len + upload->file_bytes + len > upload->limit)
		return -ENOBUFS;
	held = malloc(sizeof(*held) + len);
	if (!held)
		return -ENOMEM;
	*held = (struct held){ .len = len };
	snprintf(held->name, sizeof(held->name), "%s", name);
	memcpy(held->data, data, len);
	*upload->last_file = held;
	upload->last_file = &held->next;
	upload->file_bytes += len;
	return 0;
}

static void drop_file(struct upload *upload)
{
	struct held *held = upload->files;

	upload->files = held->next;
	if (!upload->files)
		upload->last_file = &upload->files;
	upload->file_bytes -= held->len;
	free(held);
}

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

static int send_files(struct upload *upload, uint64_t deadline_ns)
{
	while (upload->files) {
		struct http_reply reply;
		int err = put(upload, upload->files->name, upload->files->data, upload->files->len,
			      deadline_ns, &reply);

		if (err)
			return err;
		if (reply.status < 300)
			upload->files_sent++;
		else
			upload->files_refused++;
		if (reply.status >= 300)
			console_say("assay: a file is not taken: %s", upload->state);
		drop_file(upload);
	}
	return 0;
}

static void move_acked(struct upload *upload, unsigned next)
{
	size_t at = next >= upload->acked ? upload->acked_at : 0;
	unsigned number = next >= upload->acked ? upload->acked : upload->first;

	for (; number < next; number++) {
		const char *end = memchr(upload->frames + at, '\n', upload->len - at);

		at = end ? (size_t)(end - upload->frames) + 1 : upload->len;
	}
	upload->acked = next;
	upload->acked_at = at;
}

/* At most BATCH, whole lines, at least one. */
static size_t batch_bytes(const struct upload *upload)
{
	const char *start = upload->frames + upload->acked_at;
	size_t left = upload->len - upload->acked_at;
	const char *end;

	if (left <= BATCH)
		return left;
	end = memrchr(start, '\n', BATCH);
	if (!end)
		end = memchr(start, '\n', left);
	return (size_t)(end - start) + 1;
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
	if (reply->next < upload->first)
		return refuse(upload, "it has lost records that are no longer held here");
	move_acked(upload, reply->next);
	/* Behind what we thought: it lost some, and gets them again. Exactly there: it will not. */
	return reply->status >= 300 && reply->next == before ? refuse(upload, NULL) : 0;
}

static int send_records(struct upload *upload, uint64_t deadline_ns)
{
	while (upload->acked < upload->count) {
		struct http_reply reply;
		char name[32];
		int err;

		if (clock_raw_ns() > deadline_ns)
			return -ETIMEDOUT;
		snprintf(name, sizeof(name), "records/%u", upload->acked);
		err = put(upload, name, upload->frames + upload->acked_at, batch_bytes(upload),
			  deadline_ns, &reply);
		if (!err)
			err = take_reply(upload, &reply);
		if (err)
			return err;
	}
	return 0;
}

/* Files first: with its last record a run is whole. */
static int send_all(struct upload *upload, double seconds)
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

void upload_prepare(struct story *story)
{
	const char *url = story->settings.value[SET_RESULTS].text;
	struct upload *upload = *url ? calloc(1, sizeof(*upload)) : NULL;
	uint64_t share = story->machine.memory_bytes / HOLD_SHARE;

	if (!upload || story->refusal[0] ||
	    upload_url_parse(url, &upload->url, upload->state, sizeof(upload->state))) {
		free(upload);
		return;
	}
	snprintf(upload->said, sizeof(upload->said), "%s", url);
	snprintf(upload->run_id, sizeof(upload->run_id), "%s", story->run_id);
	upload->limit = share && share < HOLD_MOST ? (size_t)share : HOLD_MOST;
	upload->last_file = &upload->files;
	upload->sink =
		(struct sink){ "HTTP server", append_frame, flush_nothing, upload, false, 0 };
	story->upload = upload;
	journal_add_sink(&story->journal, &upload->sink);
}

void upload_between(struct story *story)
{
	struct upload *upload = story->upload;

	if (!upload || upload->sink.dead || clock_raw_ns() < upload->not_before_ns)
		return;
	tell(story, send_all(upload, ROUND_SECONDS));
}

/* As long as the limit allows, with short pauses. */
static int insist(struct upload *upload, double seconds)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9), now,
		 pause_ns = SECOND_NS / 4;
	int err = send_all(upload, seconds);

	while (err && !upload->refused && (now = clock_raw_ns()) + pause_ns < until_ns) {
		clock_sleep_ns(pause_ns);
		err = send_all(upload, (double)(until_ns - now) / 1e9);
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
	err = insist(upload, story->settings.value[SET_RESULTS_TIMEOUT].real);
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
	      upload->away	? send_all(upload, 3) :
				  insist(upload, seconds);
	console_say("assay: records over HTTP: %u of %u at %s%s%s", upload->acked, upload->count,
		    upload->said, err ? ": " : "", err ? upload->state : "");
}

int story_put(struct story *story, const char *name, const char *text, size_t len)
{
	int kept = results_put(&story->results, name, text, len);
	int sent = upload_keep(story, name, text, len);

	return kept ? sent : 0;
}
