/* SPDX-License-Identifier: MIT */
/* The start of a run as keys and values; in what two differ [R5]; which run is the previous one. */
#include "tests/unit/test.h"

#include "init/resume/previous.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char told[4000];
static struct text out;

static int add_fact(void *context, const char *key, const char *value)
{
	(void)context;
	text_add(&out, "%s=%s\n", key, value);
	return 0;
}

static void add_change(void *context, const char *key, const char *before, const char *now)
{
	(void)context;
	text_add(&out, "%s: %s -> %s\n", key, before ? before : "none", now ? now : "none");
}

/* With the device under test's metadata; single quotes are easier to read here. */
static cJSON *start_of(const char *machine, const char *plan)
{
	char text[2000];
	cJSON *start;

	snprintf(text, sizeof(text),
		 "{'dutInfo':{'platformInfos':[{'info':'virtual machine'}],'softwareInfos':["
		 "{'softwareInfoId':'kernel','version':'6.12'}],'metadata':%s},"
		 "'metadata':{'runId':'x','payloadDigest':'abc','plan':'%s'}}",
		 machine, plan);
	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	start = cJSON_Parse(text);
	assert_non_null(start);
	return start;
}

#define MACHINE                                                                            \
	"{'cpus':2,'memoryBytes':111235072,'wallClock':{'rtc':1},'kernelCommandLine':"     \
	"'quiet console=tty0 console=ttyS0','blocks':[{'name':'vda','objections':'it "     \
	"holds results'},{'name':'vdb','serial':'s','readOnly':false,'scheduler':'none'}]" \
	"}"

static void facts_of_a_start(void **state)
{
	cJSON *start = start_of(MACHINE, "quick");

	(void)state;
	text_begin(&out, told, sizeof(told));
	assert_int_equal(facts_walk(start, false, add_fact, NULL), 0);
	assert_string_equal(told, "cpus=2\nmemoryBytes=112 MiB\nblocks.0.name=vdb\n"
				  "blocks.0.readOnly=no\nblocks.0.scheduler=none\n"
				  "platform=virtual machine\nsoftware.kernel=6.12\npayload=abc\n"
				  "plan=quick\n");
	text_begin(&out, told, sizeof(told));
	facts_walk(start, true, add_fact, NULL);
	assert_non_null(strstr(told, "kernelCommandLine.quiet=yes\n"
				     "kernelCommandLine.console=tty0\n"
				     "kernelCommandLine.console=ttyS0\n"));
	assert_non_null(strstr(told, "blocks.0.serial=s\n"));
	assert_null(strstr(told, "wallClock"));
	cJSON_Delete(start);
}

/* One thing changed is one difference, exactly that. [R5] */
static void differences(void **state)
{
	static const struct {
		const char *now, *plan, *changes;
	} rows[] = {
		{ MACHINE, "quick", "" },
		{ MACHINE, "survey", "plan: quick -> survey\n" },
		{ "{'cpus':4,'memoryBytes':111235072,'kernelCommandLine':'quiet console=tty0 "
		  "console=ttyS0','blocks':[{'name':'vdb','serial':'s','readOnly':false,"
		  "'scheduler':'none'}]}",
		  "quick", "cpus: 2 -> 4\n" },
		{ "{'cpus':2,'memoryBytes':111235072,'kernelCommandLine':'quiet console=tty0 "
		  "console=ttyS0 a=b','blocks':[{'name':'vdb','serial':'t','readOnly':false,"
		  "'scheduler':'kyber'}]}",
		  "quick",
		  "kernelCommandLine.a: none -> b\nblocks.0.serial: s -> t\n"
		  "blocks.0.scheduler: none -> kyber\n" },
		{ "{'cpus':2,'memoryBytes':111235072,'clocksource':'tsc-early','kernelCommandLine'"
		  ":'quiet console=tty0 console=ttyS0','blocks':[{'name':'vdb','serial':'s',"
		  "'readOnly':false,'scheduler':'none'}]}",
		  "quick", "clocksource: none -> tsc\n" },
		/* Some pages of memory less are none. */
		{ "{'cpus':2,'memoryBytes':111200000,'kernelCommandLine':'quiet console=tty0 "
		  "console=ttyS0','blocks':[]}",
		  "quick",
		  "blocks.0.name: vdb -> none\nblocks.0.serial: s -> none\n"
		  "blocks.0.readOnly: no -> none\nblocks.0.scheduler: none -> none\n" },
		{ "{'cpus':2,'memoryBytes':111235072,'kernelCommandLine':'quiet console=tty0',"
		  "'blocks':[{'name':'vdb','serial':'s','readOnly':false,'scheduler':'none'}]}",
		  "quick", "kernelCommandLine.console: ttyS0 -> none\n" },
	};
	cJSON *before = start_of(MACHINE, "quick");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cJSON *now = start_of(rows[i].now, rows[i].plan);
		ssize_t changes, expected = 0;

		told[0] = '\0';
		text_begin(&out, told, sizeof(told));
		changes = facts_compare(before, now, add_change, NULL);
		for (const char *at = rows[i].changes; (at = strchr(at, '\n')); at++)
			expected++;
		CHECK_ROW(i, told, !strcmp(told, rows[i].changes));
		CHECK_ROW(i, told, changes == expected);
		cJSON_Delete(now);
	}
	cJSON_Delete(before);
}

static void starts_that_say_nothing(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"dutInfo\":7}",
		"{\"dutInfo\":{\"metadata\":[[[[[[[[[[[[1]]]]]]]]]]]]}}",
		"{\"metadata\":{\"plan\":7}}"
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cJSON *start = cJSON_Parse(texts[i]);

		text_begin(&out, told, sizeof(told));
		told[0] = '\0';
		CHECK_ROW(i, texts[i], !facts_walk(start, true, add_fact, NULL));
		CHECK_ROW(i, told, !told[0]);
		CHECK_ROW(i, texts[i], !facts_compare(start, NULL, add_change, NULL));
		cJSON_Delete(start);
	}
	assert_int_equal(facts_walk(NULL, true, add_fact, NULL), 0);
}

/* ---- which run is the previous one ---- */

static const char *const whole[] = {
	"{\"schemaVersion\":{\"major\":2,\"minor\":0},\"sequenceNumber\":0}",
	"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"assay\"}},\"sequenceNumber\":1}",
	"{\"testRunArtifact\":{\"log\":{\"message\":\"testRunEnd\"}},\"sequenceNumber\":2}",
	"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\"}},\"sequenceNumber\":3}",
};

/* The first `count` lines with their hashes; of the journal only so many bytes, when that is not 0.
 */
static int read_lines(const char *const *lines, size_t count, size_t bytes, cJSON **start)
{
	FILE *journal = tmpfile(), *chain = tmpfile();
	struct digest head = { 0 };
	char hex[65];
	int err;

	assert_true(journal && chain);
	for (size_t i = 0; i < count; i++) {
		digest_chain(&head, lines[i], strlen(lines[i]));
		digest_hex(&head, hex, 32);
		fprintf(chain, "%s\n", hex);
		fprintf(journal, "%s\n", lines[i]);
	}
	fflush(journal);
	if (bytes)
		assert_int_equal(ftruncate(fileno(journal), (off_t)bytes), 0);
	rewind(journal);
	rewind(chain);
	err = previous_read(journal, chain, start);
	fclose(journal);
	fclose(chain);
	return err;
}

static void a_whole_run(void **state)
{
	cJSON *start = NULL;

	(void)state;
	assert_int_equal(read_lines(whole, COUNT_OF(whole), 0, &start), 0);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(start, "name")), "assay");
	cJSON_Delete(start);
}

/* Cut off anywhere, it is not whole, and nothing of it is taken. */
static void runs_that_are_not_whole(void **state)
{
	const char *other[COUNT_OF(whole)];
	size_t bytes = 0;
	cJSON *start;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		bytes += strlen(whole[i]) + 1;
	for (size_t cut = 1; cut < bytes; cut++) {
		CHECK_ROW(cut, "cut", read_lines(whole, COUNT_OF(whole), cut, &start) != 0);
		CHECK_ROW(cut, "cut", !start);
	}
	assert_int_equal(read_lines(whole, 0, 0, &start), -EBADMSG);
	assert_int_equal(read_lines(whole, 3, 0, &start), -ENODATA);
	memcpy(other, whole, sizeof(other));
	other[1] = whole[2];
	assert_int_equal(read_lines(other, COUNT_OF(other), 0, &start), -EBADMSG);
	other[1] = "no record";
	assert_int_equal(read_lines(other, COUNT_OF(other), 0, &start), -EBADMSG);
}

/* A line that does not follow its hash is nobody's. */
static void a_start_that_was_changed(void **state)
{
	FILE *journal = tmpfile(), *chain = tmpfile();
	cJSON *start;

	(void)state;
	assert_true(journal && chain);
	for (size_t i = 0; i < COUNT_OF(whole); i++) {
		fprintf(journal, "%s\n", whole[i]);
		fprintf(chain, "%064d\n", 0);
	}
	rewind(journal);
	rewind(chain);
	assert_int_equal(previous_read(journal, chain, &start), -EBADMSG);
	assert_null(start);
	fclose(journal);
	fclose(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_start),
		cmocka_unit_test(differences),
		cmocka_unit_test(starts_that_say_nothing),
		cmocka_unit_test(a_whole_run),
		cmocka_unit_test(runs_that_are_not_whole),
		cmocka_unit_test(a_start_that_was_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
