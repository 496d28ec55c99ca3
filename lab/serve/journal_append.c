/* SPDX-License-Identifier: MIT */
/*
 * Records that arrive, behind those that are there. A record is taken when its number is the next
 * and its hash is what ours makes of it: what a machine wrote is what stands in the folder, or it
 * is not taken. A batch is whole on the disk before it is answered.
 */
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

enum { HASH_LINE = 65, OK = 200, CREATED = 201, BAD_REQUEST = 400, CONFLICT = 409, FULL = 507 };

/* ---- what a crash left ---- */

/* The whole lines, with their hashes, until either file ends or they disagree. */
struct recovery {
	FILE *journal, *chain;
	char *line;
	size_t room;
	off_t good; /* bytes of the journal */
	bool disagrees;
};

static bool read_hash(FILE *chain, char out[HASH_LINE + 1])
{
	return fread(out, 1, HASH_LINE, chain) == HASH_LINE && out[HASH_LINE - 1] == '\n';
}

static bool recover_line(struct recovery *recovery, struct serving *serving, struct run *run)
{
	char hash[HASH_LINE + 1] = "", ours[65];
	ssize_t len = getline(&recovery->line, &recovery->room, recovery->journal);
	struct digest head = run->head;

	if (len <= 0 || recovery->line[len - 1] != '\n' || !read_hash(recovery->chain, hash))
		return false;
	digest_chain(&head, recovery->line, (size_t)len - 1);
	digest_hex(&head, ours, 32);
	recovery->disagrees = strncmp(hash, ours, 64) != 0;
	if (recovery->disagrees)
		return false;
	run_learn(serving, run, recovery->line, (size_t)len - 1, false);
	run->head = head;
	run->next++;
	recovery->good += len;
	return true;
}

/* What the desk has finished, or collected by another way, is not touched. */
static bool is_closed(int folder)
{
	return !faccessat(folder, "collect.json", F_OK, 0);
}

static FILE *open_stream(int folder, const char *name, int flags)
{
	int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !stream)
		close(fd);
	return stream;
}

static int cut_tail(const struct recovery *recovery, const struct run *run, int folder)
{
	struct stat journal, chain;
	off_t hashes = (off_t)run->next * HASH_LINE;

	if (fstat(fileno(recovery->journal), &journal) || fstat(fileno(recovery->chain), &chain))
		return -errno;
	if (is_closed(folder) && !run->ended)
		return -EBADMSG;
	if (journal.st_size == recovery->good && chain.st_size == hashes)
		return 0;
	/* Nothing that was acknowledged lies there: both files were synced first. */
	if (run->ended || is_closed(folder))
		return -EBADMSG;
	if (ftruncate(fileno(recovery->journal), recovery->good) ||
	    ftruncate(fileno(recovery->chain), hashes))
		return -errno;
	return 0;
}

int run_recover(struct serving *serving, struct run *run, int folder)
{
	struct recovery recovery = { .journal = open_stream(folder, "journal.jsonl", 0) };
	int err = 0;

	if (recovery.journal)
		recovery.chain =
			open_stream(folder, "journal.sha256", is_closed(folder) ? 0 : O_CREAT);
	if (recovery.journal && recovery.chain) {
		while (recover_line(&recovery, serving, run))
			;
		err = recovery.disagrees ? -EBADMSG : cut_tail(&recovery, run, folder);
	} else if (recovery.journal || is_closed(folder)) {
		err = -EBADMSG;
	}
	if (err)
		snprintf(run->damaged, sizeof(run->damaged),
			 "its journal here is not sound behind record %u and is left as it is",
			 run->next);
	free(recovery.line);
	if (recovery.journal)
		fclose(recovery.journal);
	if (recovery.chain)
		fclose(recovery.chain);
	return err;
}

/* ---- a batch ---- */

struct batch {
	struct text lines, hashes; /* what is new */
	struct digest head;
	unsigned next;
	bool ended;
};

static bool is_line(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ')
			return false;
	return len && line[len - 1] == '}';
}

static bool read_stored(int fd, unsigned sequence, struct digest *out)
{
	char hash[HASH_LINE + 1] = "";

	if (pread(fd, hash, HASH_LINE, (off_t)sequence * HASH_LINE) != HASH_LINE)
		return false;
	for (size_t i = 0; i < sizeof(out->bytes); i++)
		out->bytes[i] =
			(uint8_t)strtoul((char[]){ hash[2 * i], hash[2 * i + 1], '\0' }, NULL, 16);
	return true;
}

/* Is this line the one that we have under its number? By hashes: from the one before to its own. */
static bool is_known(int folder, const struct frame *frame)
{
	int fd = openat(folder, "journal.sha256", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct digest before = { 0 }, stored;
	bool same = fd >= 0 && read_stored(fd, frame->sequence, &stored) &&
		    (!frame->sequence || read_stored(fd, frame->sequence - 1, &before));

	if (fd >= 0)
		close(fd);
	digest_chain(&before, frame->line, frame->len);
	return same && !memcmp(&before, &stored, sizeof(stored));
}

/* The run's start names the folder that it belongs into. */
static bool names_run(const struct run *run, const struct frame *frame)
{
	cJSON *json = record_parse(frame->line, frame->len);
	const char *id = json_text(json, "testRunArtifact.testRunStart.metadata.runId");
	bool same = id && !strcmp(id, run->id);

	cJSON_Delete(json);
	return same;
}

static unsigned take_frame(struct batch *batch, const struct run *run, const struct frame *frame,
			   char *why, size_t room)
{
	char ours[65];

	if (frame->sequence == 1 && !names_run(run, frame)) {
		text_refuse(0, why, room, "record 1 is not the start of run %s", run->id);
		return CONFLICT;
	}

	digest_chain(&batch->head, frame->line, frame->len);
	digest_hex(&batch->head, ours, 32);
	if (strcmp(ours, frame->head) != 0) {
		text_refuse(0, why, room,
			    "record %u: its hash does not follow from the records before it",
			    frame->sequence);
		return CONFLICT;
	}
	text_add(&batch->lines, "%.*s\n", (int)frame->len, frame->line);
	text_add(&batch->hashes, "%s\n", ours);
	batch->next++;
	return 0;
}

static unsigned read_frame(struct batch *batch, const struct run *run, int folder,
			   unsigned expected, const char *line, size_t len, char *why, size_t room)
{
	struct frame frame;

	if (len > FRAME_MAX || !frame_parse(line, len, &frame) || strlen(frame.head) != 64 ||
	    frame.sequence != expected || !is_line(frame.line, frame.len)) {
		text_refuse(0, why, room, "no frame of record %u: '%.60s'", expected,
			    is_line(line, len) ? line : "");
		return BAD_REQUEST;
	}
	if (expected < run->next) {
		/* Sent once more, as the answer was lost. */
		if (is_known(folder, &frame))
			return 0;
		text_refuse(0, why, room, "record %u is here already and is another", expected);
		return CONFLICT;
	}
	if (expected > batch->next || run->ended) {
		text_refuse(0, why, room,
			    run->ended ? "record %u: the run has its end already" :
					 "record %u: those before it are missing",
			    expected);
		return CONFLICT;
	}
	return take_frame(batch, run, &frame, why, room);
}

static int append(int folder, const char *name, const struct text *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
	int err;

	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text->start, text->len);
	if (!err && fdatasync(fd))
		err = -errno;
	close(fd);
	return err;
}

static int write_batch(struct run *run, int folder, const struct batch *batch)
{
	bool first = !run->next;
	int err = append(folder, "journal.jsonl", &batch->lines);

	if (!err)
		err = append(folder, "journal.sha256", &batch->hashes);
	if (!err && first && fsync(folder))
		err = -errno;
	return err;
}

static void learn_batch(struct serving *serving, struct run *run, const struct batch *batch)
{
	const char *line = batch->lines.start, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		run_learn(serving, run, line, (size_t)(end - line), true);
		run->next++;
	}
	run->head = batch->head;
}

static unsigned read_all(struct batch *batch, struct run *run, int folder, unsigned first,
			 const char *in, size_t len, char *why, size_t room)
{
	const char *end = in + len;
	unsigned status = 0;

	for (unsigned expected = first; !status && in < end; expected++) {
		const char *newline = memchr(in, '\n', (size_t)(end - in));

		if (!newline) {
			text_refuse(0, why, room, "record %u: the line has no end", expected);
			return BAD_REQUEST;
		}
		status = read_frame(batch, run, folder, expected, in, (size_t)(newline - in), why,
				    room);
		in = newline + 1;
	}
	return status;
}

static unsigned store(struct serving *serving, struct run *run, int folder, struct batch *batch,
		      char *why, size_t room)
{
	unsigned count = batch->next - run->next;
	int err;

	if (!count)
		return OK;
	err = write_batch(run, folder, batch);
	if (err) {
		text_refuse(err, why, room, "%s: %s", run->id, strerror(-err));
		/* Half of it may stand there: looked at anew, and cut off, by the next that comes.
		 */
		snprintf(run->damaged, sizeof(run->damaged), "%s", strerror(-err));
		return FULL;
	}
	serving->stored_bytes += batch->lines.len + batch->hashes.len;
	serving->records += count;
	learn_batch(serving, run, batch);
	if (run->ended)
		run_finish(serving, run);
	return CREATED;
}

unsigned run_append(struct serving *serving, struct run *run, unsigned first, const char *in,
		    size_t len, char *why, size_t room)
{
	struct batch batch = { .head = run->head, .next = run->next };
	int folder = run_folder(serving, run->id);
	/* Each line of the journal is shorter than its frame; a frame has 80 bytes and more. */
	char *lines = malloc(len + 1), *hashes = malloc(len + 1);
	unsigned status = FULL;

	if (run->damaged[0]) {
		text_refuse(0, why, room, "%s: %s", run->id, run->damaged);
		status = CONFLICT;
	} else if (folder < 0 || !lines || !hashes) {
		text_refuse(0, why, room, "%s: no folder or no memory", run->id);
	} else {
		text_begin(&batch.lines, lines, len + 1);
		text_begin(&batch.hashes, hashes, len + 1);
		status = read_all(&batch, run, folder, first, in, len, why, room);
		if (!status)
			status = store(serving, run, folder, &batch, why, room);
	}
	free(lines);
	free(hashes);
	if (folder >= 0)
		close(folder);
	return status;
}
