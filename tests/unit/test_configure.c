/* SPDX-License-Identifier: MIT */
/* Settings: precedence, and every refusal with its place. Runs in the project's root: plans are
 * config/plans. */
#include "tests/unit/test.h"

#include "init/init.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings settings;
static char why[WHY_ROOM];

static int with_words(const char *words, enum source from)
{
	char copy[2048];

	memset(&settings, 0, sizeof(settings));
	why[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", words);
	return configure(&settings, copy, from, why, sizeof(why));
}

static int with_plan(const char *text, const char *more)
{
	static char path[] = "/tmp/assay-plan-XXXXXX.ini";
	char words[512];
	int fd, err;

	strcpy(path, "/tmp/assay-plan-XXXXXX.ini");
	fd = mkstemps(path, 4);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
	snprintf(words, sizeof(words), "plan=%s %s", path, more);
	err = with_words(words, FROM_USER);
	unlink(path);
	return err;
}

/* The value of a whole-number parameter of the plan's step `index`. */
static uint64_t count_of(size_t index, const char *name)
{
	const struct param *params = settings.request[index].bench->params;

	return settings.request[index].value[params_find(params, name) - params].num;
}

static void empty_command_line_is_survey(void **state)
{
	(void)state;
	assert_int_equal(with_words("", FROM_KERNEL), 0);
	assert_string_equal(settings.value[SET_PLAN].text, "survey");
	assert_int_equal(settings.value[SET_AFTER].num, AFTER_POWEROFF);
	assert_int_equal(settings.from[SET_PLAN], FROM_DEFAULT);
	assert_false(plan_needs(&settings, NEEDS_DIRECTORY));
	assert_true(settings.request_count >= 2);
}

static void every_shipped_plan_is_legal(void **state)
{
	static const char *const names[] = { "survey", "quick", "selftest", "storage" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char words[64];

		snprintf(words, sizeof(words), "assay.plan=%s", names[i]);
		CHECK_ROW(i, why, with_words(words, FROM_KERNEL) == 0);
		CHECK_ROW(i, names[i], settings.plan_summary[0] && settings.request_count);
	}
}

static void words_that_are_not_ours(void **state)
{
	(void)state;
	assert_int_equal(
		with_words(
			"console=ttyS0 quiet root=/dev/sda assayx.plan=no BOOTIF=01-52-54-00-12-34-56",
			FROM_KERNEL),
		0);
	assert_string_equal(settings.value[SET_PLAN].text, "survey");
}

/* Default, then the plan, then the words; each remembers who set it. */
static void precedence(void **state)
{
	static const char plan[] =
		"[plan]\nsummary = x\nafter = halt\nnote = from the plan\n[self.null]\nbatch = 7\n";

	(void)state;
	assert_int_equal(with_plan(plan, ""), 0);
	assert_int_equal(settings.value[SET_AFTER].num, AFTER_HALT);
	assert_int_equal(settings.from[SET_AFTER], FROM_PLAN);
	assert_int_equal(count_of(0, "batch"), 7);
	assert_int_equal(with_plan(plan, "after=reboot self.null.batch=9 self.null.batch=8"), 0);
	assert_int_equal(settings.value[SET_AFTER].num, AFTER_REBOOT);
	assert_int_equal(settings.from[SET_AFTER], FROM_USER);
	assert_int_equal(count_of(0, "batch"), 8); /* the later word wins */
	assert_int_equal(settings.from[SET_NOTE], FROM_PLAN);
}

static void steps_in_order(void **state)
{
	static const char plan[] =
		"[self.crash]\n[self.null one]\nbatch = 1\n[self.null two]\nbatch = 2\n";

	(void)state;
	assert_int_equal(with_plan(plan, ""), 0);
	assert_int_equal(settings.request_count, 3);
	assert_string_equal(settings.request[0].bench->name, "self.crash");
	assert_string_equal(settings.request[1].label, "one");
	assert_int_equal(count_of(2, "batch"), 2);
	/* a word speaks to all steps of its benchmark */
	assert_int_equal(with_plan(plan, "self.null.batch=5"), 0);
	assert_int_equal(count_of(1, "batch"), 5);
	assert_int_equal(count_of(2, "batch"), 5);
}

static void refused_words(void **state)
{
	static const struct {
		const char *words, *said;
		int err;
	} rows[] = {
		{ "assay.plan=nowhere", "cannot read config/plans/nowhere.ini", -ENOENT },
		{ "assay.plan", "expected NAME=VALUE", -EINVAL },
		{ "assay.plan=", "plan", -ERANGE },
		{ "assay.colour=red", "unknown setting", -ENOENT },
		{ "assay.colour=red", "kernel command line", -ENOENT },
		{ "assay.=x", "unknown setting", -ENOENT },
		{ "assay.after=sleep", "poweroff|reboot|halt|shell", -EINVAL },
		{ "assay.link_timeout=601", "out of range", -ERANGE },
		{ "assay.role=server", "run|peer", -EINVAL },
		{ "assay.role=peer assay.peer=find", "take turns", -EINVAL },
		{ "assay.peer_seconds=-1", "not of the form", -EINVAL },
		{ "assay.link_timeout=-1", "not of the form", -EINVAL },
		{ "assay.self.null.bach=1", "unknown setting", -ENOENT },
		{ "assay.self.nul.batch=1", "no benchmark self.nul", -ENOENT },
		{ "assay.self.null.batch=0", "out of range", -ERANGE },
		{ "assay.self.null.batch=1e3", "not of the form", -EINVAL },
		{ "assay.self.null.=1", "unknown setting", -ENOENT },
		{ "assay...=1", "no benchmark", -ENOENT },
		/* judged although no step of survey uses it */
		{ "assay.self.crash.how=softly", "one of trap", -EINVAL },
		{ "assay.plan=/dev/null/x", "cannot read", -ENOTDIR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, rows[i].words, with_words(rows[i].words, FROM_KERNEL) == rows[i].err);
		CHECK_ROW(i, why, strstr(why, rows[i].said));
		CHECK_ROW(i, why, !strchr(why, '\n'));
	}
}

static void refused_plans(void **state)
{
	static const struct {
		const char *plan, *said;
	} rows[] = {
		{ "[self.null]\nbatch = 0\n", ".ini:2: batch=0: out of range" },
		{ "[self.null]\nbatches = 1\n", ".ini:2: batches: unknown setting" },
		{ "[self.nil]\n", ".ini:1: [self.nil]: no such benchmark" },
		{ "[self]\n", "no such benchmark" },
		{ "[]\n", "no such benchmark" },
		{ "batch = 1\n", "before any [section]" },
		{ "[plan]\nplan = quick\n", "does not name a plan" },
		{ "[plan]\ncolour = red\n", ".ini:2: colour: unknown setting" },
		{ "[self.null]\nbatch 1\n", ".ini:2: neither [section] nor key = value" },
		{ "[self.null\nbatch = 1\n", ".ini:1: neither" },
		{ "[plan]\nafter = never\n", "poweroff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, rows[i].plan, with_plan(rows[i].plan, "") < 0);
		CHECK_ROW(i, why, strstr(why, rows[i].said));
	}
}

static void too_many_steps(void **state)
{
	char plan[MAX_STEPS * 16 + 32] = "";

	(void)state;
	for (int i = 0; i <= MAX_STEPS; i++)
		strcat(plan, "[self.null]\n");
	assert_true(with_plan(plan, "") < 0);
	assert_non_null(strstr(why, "more than"));
}

/* Hostile text in every place: never a crash, always a decision. Seeded, so that a failure repeats.
 */
static void random_words(void **state)
{
	static const char alphabet[] =
		"assay.plan=self.null.batch= \"\t\n=.[]0123456789kKmM-\\%$;#\xff\x01";
	struct random random;

	(void)state;
	random_seed(&random, 7);
	for (int round = 0; round < 3000; round++) {
		char words[160];
		size_t len = random_below(&random, sizeof(words));

		for (size_t i = 0; i < len; i++)
			words[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
		words[len ? len - 1 : 0] = '\0';
		with_words(words, round % 2 ? FROM_KERNEL : FROM_USER);
		if (round % 10 == 0)
			with_plan(words, "");
	}
}

static void digest_with(const char *words, struct digest *out)
{
	CHECK_ROW(0, why, !with_words(words, FROM_USER));
	settings_digest_steps(&settings, out);
}

/* Two machines may pair when they will do the same, wherever it was set; what is theirs alone (NIC,
 * disk, remark) does not count. */
static void digest_of_what_will_be_done(void **state)
{
	static const struct {
		const char *words;
		bool same;
	} rows[] = {
		{ "plan=pair", true },
		{ "plan=pair note=here nic=eth1 ip=none find_timeout=7", true },
		{ "plan=pair net.tcp.seconds=10", true }, /* as the plan says */
		{ "plan=pair net.tcp.seconds=11", false },
		{ "plan=pair net.udp.length=1000", false },
		{ "plan=quick", false },
	};
	struct digest wanted, digest;

	(void)state;
	digest_with("plan=pair", &wanted);
	assert_true(settings_find_peer(&settings));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		digest_with(rows[i].words, &digest);
		CHECK_ROW(i, rows[i].words,
			  !memcmp(&digest, &wanted, sizeof(digest)) == rows[i].same);
	}
	assert_false(settings_find_peer(&settings));
}

/* Above the plan, below the words. */
static void a_file_between(void **state)
{
	static const struct {
		const char *file, *words, *why; /* why NULL: it is taken */
		const char *note;
		enum source from;
	} rows[] = {
		{ "note = filed\n", "", NULL, "filed", FROM_RESULTS },
		{ "[assay]\nnote = filed\n", "assay.note=said", NULL, "said", FROM_KERNEL },
		{ "; nothing\n", "", NULL, "", FROM_DEFAULT },
		{ NULL, "", NULL, "", FROM_DEFAULT },
		{ "plan = selftest\nnote = filed\n", "assay.plan=survey", NULL, "filed",
		  FROM_RESULTS },
		{ "self.noise.seconds = 2\n", "", NULL, "", FROM_DEFAULT },
		{ "nonsense = 1\n", "", "assay.ini:1: ", "", FROM_DEFAULT },
		{ "note = a\n[plan]\n", "", "assay.ini:2: [plan]", "", FROM_DEFAULT },
		{ "note\n", "", "assay.ini:1", "", FROM_DEFAULT },
		{ "self.noise.seconds = never\n", "", "assay.ini:1: ", "", FROM_DEFAULT },
		{ "plan = nowhere\n", "", "nowhere", "", FROM_DEFAULT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char words[64];
		int err;

		snprintf(words, sizeof(words), "%s", rows[i].words);
		why[0] = '\0';
		err = configure_with(&settings, rows[i].file, words, FROM_KERNEL, why, sizeof(why));
		CHECK_ROW(i, why, !err == !rows[i].why);
		CHECK_ROW(i, why, !rows[i].why || strstr(why, rows[i].why));
		CHECK_ROW(i, rows[i].note,
			  err || !strcmp(settings.value[SET_NOTE].text, rows[i].note));
		CHECK_ROW(i, rows[i].note, err || settings.from[SET_NOTE] == rows[i].from);
	}
	assert_int_equal(configure_with(&settings, "plan = selftest\n", (char[1]){ 0 }, FROM_KERNEL,
					why, sizeof(why)),
			 0);
	assert_string_equal(settings.value[SET_PLAN].text, "selftest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_between),
		cmocka_unit_test(digest_of_what_will_be_done),
		cmocka_unit_test(empty_command_line_is_survey),
		cmocka_unit_test(every_shipped_plan_is_legal),
		cmocka_unit_test(words_that_are_not_ours),
		cmocka_unit_test(precedence),
		cmocka_unit_test(steps_in_order),
		cmocka_unit_test(refused_words),
		cmocka_unit_test(refused_plans),
		cmocka_unit_test(too_many_steps),
		cmocka_unit_test(random_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
