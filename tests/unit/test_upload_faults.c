/* SPDX-License-Identifier: MIT */
/* Records over HTTP to desks that refuse, stall, reset, answer wrongly or forget [E1]: whatever
 * they do, what they have in the end is the journal, byte for byte, or the state has a name. */
#include "tests/unit/hostile_desk.h"

#include <fcntl.h>

/* Loopback: what is not answered at once is not answered. On a busy machine there is time for what
 * is. */
static const double patient = 20, brief = 0.4;

static struct story story;
static char folder[] = "/tmp/assay-upload-XXXXXX";
static unsigned runs;

/* ---- a run with a journal ---- */

static void begin_run(bool in_folder)
{
	char path[80];
	union value *value = story.settings.value;

	story = (struct story){ .journal.wall_ms = wall_ms };
	snprintf(story.run_id, sizeof(story.run_id), "20260131-120000-%032x", ++runs);
	snprintf(path, sizeof(path), "%s/%u", folder, runs);
	snprintf(value[SET_RESULTS].text, sizeof(value[SET_RESULTS].text), "http://127.0.0.1:%u/",
		 desk.port);
	value[SET_RESULTS_TIMEOUT].real = patient;
	if (in_folder) {
		assert_int_equal(results_open_folder(&story.results, path), 0);
		journal_add_sink(&story.journal, &story.results.sink);
	}
	upload_prepare(&story);
	assert_non_null(story.upload);
}

static void end_run(void)
{
	upload_free(story.upload);
	free(story.upload);
	if (!story.results.usable)
		return;
	close(story.results.journal_fd);
	close(story.results.chain_fd);
	close(story.results.folder_fd);
}

static void write_records(unsigned count, size_t bytes)
{
	static char text[8192];

	assert_true(bytes < sizeof(text));
	memset(text, 'x', bytes);
	text[bytes] = '\0';
	while (count--)
		assert_int_equal(
			journal_write(&story.journal, artifact_log(NULL, SEVERITY_INFO, text)), 0);
}

/* The desk has what the run's folder has. */
static void check_same(const char *what)
{
	char path[200], *text = NULL;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/journal.jsonl", story.results.folder);
	len = file_load(&text, 1 << 28, path);
	if (desk.wrong || len < 0 || desk.len != (size_t)len ||
	    memcmp(desk.journal, text, desk.len) != 0 || desk.next != story.journal.sequence)
		fail_msg("%s: %u of %u records, %zu of %zd bytes%s", what, desk.next,
			 story.journal.sequence, desk.len, len, desk.wrong ? ", damaged" : "");
	free(text);
}

static bool says(const char *words)
{
	return strstr(story.upload->state, words);
}

/* ---- faults ---- */

static const struct {
	const char *what, *said;
	enum behaviour behaviour;
} faults[] = {
	{ "it stalls", "timed out", STALL },
	{ "it stalls in the body", "timed out", STALL_BODY },
	{ "it resets at once", "reset", RESET_AT_ONCE },
	{ "it resets in the middle", "reset", RESET_MIDDLE },
	{ "it closes in the middle", "reset", CLOSE_MIDDLE },
	{ "it answers 500", "500", ANSWER_500 },
	{ "it answers 503 before it has read", "", ANSWER_503_EARLY },
	{ "it answers 429", "429", ANSWER_429 },
	{ "its answer is lost", "reset", TAKE_AND_RESET },
	{ "its answer breaks off", "reset", TAKE_AND_HALF },
	{ "it is no HTTP", "not HTTP", GARBAGE },
	{ "its head has no end", "not HTTP", ENDLESS_HEAD },
	{ "it closes without an answer", "reset", EMPTY_ANSWER },
};

/* Each is a state with a name, and is over when the desk is well again. */
static void each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		bool stalls = faults[i].behaviour <= STALL_BODY;

		desk_bind();
		/* All: one connect that is reset at once may be tried again. */
		for (size_t at = 0; at < COUNT_OF(desk.script); at++)
			desk.script[at] = faults[i].behaviour;
		desk_start();
		begin_run(true);
		write_records(50, 3000);
		for (int attempt = 0; attempt < 2; attempt++) {
			size_t before = desk.at;

			CHECK_ROW(i, faults[i].what,
				  upload_send(story.upload, stalls ? brief : patient));
			CHECK_ROW(i, story.upload->state, says(faults[i].said));
			CHECK_ROW(i, faults[i].what, !story.upload->refused);
			desk_let_go(before + 1);
		}
		memset(desk.script, 0, sizeof(desk.script));
		write_records(3, 100);
		CHECK_ROW(i, faults[i].what, !upload_send(story.upload, patient));
		check_same(faults[i].what);
		end_run();
		desk_stop();
	}
}

static void refused_connection(void **state)
{
	(void)state;
	desk_bind();
	begin_run(true);
	write_records(5, 100);
	assert_int_equal(upload_send(story.upload, patient), -ECONNREFUSED);
	assert_true(says("refused") && !story.upload->refused);
	desk_start();
	assert_int_equal(upload_send(story.upload, patient), 0);
	check_same("refused at first");
	end_run();
	desk_stop();
}

/* A large journal in a machine of little memory: most of it is read back from the folder. */
static void large_journal(void **state)
{
	static const enum behaviour script[] = { TAKE_ONE,     RESET_MIDDLE, TAKE, TAKE_AND_RESET,
						 FORGET,       ANSWER_500,   TAKE, TAKE_AND_HALF,
						 CLOSE_MIDDLE, FORGET,	     TAKE };
	int err = -1;

	(void)state;
	desk_bind();
	memcpy(desk.script, script, sizeof(script));
	desk_start();
	begin_run(true);
	story.upload->limit = 1 << 16;
	for (int turn = 0; turn < 5; turn++) {
		write_records(400, 2000);
		assert_int_equal(story.upload->sink.dead, 0);
		assert_true(story.upload->len <= story.upload->limit);
		upload_send(story.upload, patient);
	}
	for (int attempt = 0; attempt < 20 && err; attempt++)
		err = upload_send(story.upload, patient);
	assert_int_equal(err, 0);
	assert_true(desk.len > 4 << 20);
	check_same("a large journal");
	end_run();
	desk_stop();
}

/* Without a folder what does not fit is lost to this way out, and the others are told. */
static void no_folder(void **state)
{
	(void)state;
	desk_bind();
	desk_start();
	begin_run(false);
	story.upload->limit = 1 << 16;
	for (int i = 0; i < 100; i++)
		journal_write(&story.journal, artifact_log(NULL, SEVERITY_INFO,
							   "one of very many, each of which is "
							   "not long, but all are together"));
	for (int i = 0; i < 100 && !story.upload->sink.dead; i++) {
		char text[2000];

		memset(text, 'x', sizeof(text));
		text[sizeof(text) - 1] = '\0';
		journal_write(&story.journal, artifact_log(NULL, SEVERITY_INFO, text));
	}
	assert_int_equal(story.upload->sink.dead, -ENOBUFS);
	end_run();
	desk_stop();
}

/* ---- desks that are none, or will not ---- */

static const struct {
	const char *what, *said;
	enum behaviour behaviour;
} refusals[] = {
	{ "another HTTP server", "names no record", NO_NUMBER },
	{ "it will not", "403", FORBID },
	{ "it has more than there is", "not ours", AHEAD },
};

static void refusals_are_final(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		desk_bind();
		desk.script[0] = refusals[i].behaviour;
		desk_start();
		begin_run(true);
		write_records(5, 100);
		CHECK_ROW(i, refusals[i].what, upload_send(story.upload, patient) == -EREMOTEIO);
		CHECK_ROW(i, story.upload->state, says(refusals[i].said));
		CHECK_ROW(i, refusals[i].what, upload_send(story.upload, patient) == -EREMOTEIO);
		CHECK_ROW(i, refusals[i].what, desk.at <= 1); /* it is not asked again */
		end_run();
		desk_stop();
	}
}

/* What it lost it gets again: from memory, or from the folder when that is forgotten. */
static void desk_forgets(void **state)
{
	(void)state;
	for (int forgotten = 0; forgotten < 2; forgotten++) {
		desk_bind();
		desk.script[1] = FORGET;
		desk_start();
		begin_run(true);
		if (forgotten)
			story.upload->limit = 4096;
		write_records(20, 1000);
		assert_int_equal(upload_send(story.upload, patient), 0);
		write_records(5, 1000);
		assert_int_equal(upload_send(story.upload, patient), 0);
		check_same(forgotten ? "read back" : "held");
		end_run();
		desk_stop();
	}
}

/* ---- files ---- */

static void files_go_first(void **state)
{
	static char large[1 << 17];

	(void)state;
	desk_bind();
	desk.script[0] = RESET_MIDDLE;
	desk.script[2] = ANSWER_500;
	desk_start();
	begin_run(true);
	story.upload->limit = 1 << 16;
	memset(large, 'l', sizeof(large));
	assert_int_equal(story_put(&story, "small.txt", "small\n", 6), 0);
	assert_int_equal(story_put(&story, "large.bin", large, sizeof(large) / 4), 0);
	assert_int_equal(story_put(&story, "larger.bin", large, sizeof(large) / 4), 0);
	assert_true(story.upload->file_bytes <= story.upload->limit);
	assert_int_equal(story_put(&story, "too-large.bin", large, sizeof(large)), 0);
	write_records(5, 100);
	assert_true(upload_send(story.upload, patient));
	assert_true(upload_send(story.upload, patient));
	assert_int_equal(upload_send(story.upload, patient), 0);
	assert_int_equal(desk.files, 3);
	assert_int_equal(story.upload->files_sent, 3);
	/* More than this machine may hold at once: told, and kept on the partition. */
	assert_int_equal(story.upload->files_refused, 1);
	check_same("with files");
	end_run();
	desk_stop();
}

/* ---- a run of an earlier boot ---- */

static void earlier_run(void **state)
{
	struct upload upload;
	unsigned whole;
	int fd;

	(void)state;
	desk_bind();
	desk.script[1] = CLOSE_MIDDLE;
	desk_start();
	begin_run(true);
	write_records(700, 3000);
	whole = story.journal.sequence;
	assert_int_equal(results_put(&story.results, "summary.txt", "table\n", 6), 0);
	/* As a cut leaves it: a line without a hash, then half a line. */
	fd = story.results.journal_fd;
	assert_int_equal(file_write_all(fd, "{\"a\":1}\n{\"b", 11), 0);
	assert_int_equal(upload_init(&upload, story.settings.value[SET_RESULTS].text, story.run_id,
				     story.results.folder_fd, 1 << 20),
			 0);
	assert_int_equal(upload_bring(&upload, patient), 0);
	assert_int_equal(upload.count, whole);
	assert_int_equal(desk.next, whole);
	assert_int_equal(desk.files, 1);
	assert_false(desk.wrong);
	/* And once more: it has them all. */
	upload_free(&upload);
	assert_int_equal(upload_init(&upload, story.settings.value[SET_RESULTS].text, story.run_id,
				     story.results.folder_fd, 1 << 20),
			 0);
	assert_int_equal(upload_bring(&upload, patient), 0);
	assert_int_equal(desk.next, whole);
	upload_free(&upload);
	end_run();
	desk_stop();
}

static const struct {
	const char *what, *text;
	size_t count;
} lists[] = {
	{ "none", "", 0 },
	{ "one", "20260131-120000-00112233445566778899aabbccddeeff\n", 1 },
	{ "no end of the line", "20260131-120000-00112233445566778899aabbccddeeff", 1 },
	{ "twice the same",
	  "20260131-120000-00112233445566778899aabbccddeeff\n"
	  "20260131-120000-00112233445566778899aabbccddeeff\n",
	  1 },
	{ "a way out", "../../20260131-120000-00112233445566778899aabbccddeeff\n", 0 },
	{ "dots alone", "..\n.\n", 0 },
	{ "too short", "20260131-120000\n", 0 },
	{ "too long", "20260131-120000-00112233445566778899aabbccddeeff00112233445566778899\n", 0 },
	{ "blanks", "\n\n \n", 0 },
	{ "one that is none between",
	  "20260131-120000-00112233445566778899aabbccddee01\nx\n"
	  "20260131-120000-00112233445566778899aabbccddee02\n",
	  2 },
};

static void lists_are_read(void **state)
{
	struct unsent list;
	char id[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		unsent_parse(lists[i].text, &list);
		CHECK_ROW(i, lists[i].what, list.count == lists[i].count);
	}
	list.count = 0;
	for (unsigned i = 0; i < UNSENT_MOST + 4; i++) {
		snprintf(id, sizeof(id), "20260131-120000-%032x", i);
		unsent_add(&list, id);
	}
	assert_int_equal(list.count, UNSENT_MOST);
	assert_string_equal(list.id[0], "20260131-120000-00000000000000000000000000000004");
	unsent_remove(&list, list.id[3]);
	assert_int_equal(list.count, UNSENT_MOST - 1);
	assert_string_equal(list.id[3], "20260131-120000-00000000000000000000000000000008");
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	scratch_remove(folder);
	rmdir(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault),	      cmocka_unit_test(refused_connection),
		cmocka_unit_test(large_journal),      cmocka_unit_test(no_folder),
		cmocka_unit_test(refusals_are_final), cmocka_unit_test(desk_forgets),
		cmocka_unit_test(files_go_first),     cmocka_unit_test(earlier_run),
		cmocka_unit_test(lists_are_read),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
