/* SPDX-License-Identifier: MIT */
/* A batch of records put to `assay serve`, into a folder in memory: as it is, and as frames that
 * follow from its lines. What the desk takes it reads back, and takes no second time. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "lab/serve/serve.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char run_name[] = "20260131-120000-00112233445566778899aabbccddeeff";
static struct serving serving;
static bool stands; /* something in the run's folder */

static void say_nothing(const char *format, ...)
{
	(void)format;
}

static void remove_place(void)
{
	path_remove(serving.results);
}

static void prepare(void)
{
	static char place[200];
	const char *folder = getenv("TMPDIR");

	if (serving.say)
		return;
	snprintf(place, sizeof(place), "%.150s/assay-fuzz-XXXXXX", folder ? folder : "/dev/shm");
	serving.say = say_nothing;
	serving.results = mkdtemp(place);
	serving.results_fd = serving.results ? open(place, O_RDONLY | O_DIRECTORY) : -1;
	if (serving.results_fd < 0 || mkdirat(serving.results_fd, run_name, 0755))
		abort();
	atexit(remove_place);
}

static void begin(struct run *run)
{
	static const char *const names[] = { "journal.jsonl", "journal.sha256", "collect.json" };
	int folder;

	*run = (struct run){ 0 };
	snprintf(run->id, sizeof(run->id), "%s", run_name);
	if (!stands)
		return;
	stands = false;
	folder = run_folder(&serving, run->id);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlinkat(folder, names[i], 0);
	close(folder);
}

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

/* What stands in the folder is what it thinks it has. */
static void check(const struct run *run)
{
	struct run again = { 0 };
	int folder = run_folder(&serving, run->id);

	memcpy(again.id, run->id, sizeof(again.id));
	insist(!run_recover(&serving, &again, folder));
	insist(again.next == run->next && again.ended == run->ended);
	insist(!memcmp(&again.head, &run->head, sizeof(run->head)));
	close(folder);
}

static void put(const char *batch, size_t len)
{
	struct run run;
	char why[WHY_ROOM];
	unsigned next, status;

	begin(&run);
	status = run_append(&serving, &run, 0, batch, len, why, sizeof(why));
	stands = run.next || status >= 500;
	check(&run);
	next = run.next;
	insist(status < 300 || !next);
	if (status >= 300 || !next)
		return;
	insist(run_append(&serving, &run, 0, batch, len, why, sizeof(why)) == 200);
	insist(run.next == next);
}

/* Each line with the number and the hash that it has in a journal. */
static void put_frames(const char *lines)
{
	size_t room = 4 * strlen(lines) + 200 * 64, used = 0;
	char *frames = malloc(room);
	struct digest head = { 0 };
	const char *end;

	for (unsigned n = 0; frames && n < 64 && (end = strchr(lines, '\n')); n++) {
		int got;

		digest_chain(&head, lines, (size_t)(end - lines));
		got = frame_format(frames + used, room - used, n, &head, lines,
				   (size_t)(end - lines));
		if (got < 0)
			break;
		used += (size_t)got;
		lines = end + 1;
	}
	if (frames)
		put(frames, used);
	free(frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	prepare();
	memcpy(text, data, len);
	text[len] = '\0';
	put(text, len);
	put_frames(text);
	free(text);
	return 0;
}
