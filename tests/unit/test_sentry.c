/* SPDX-License-Identifier: MIT */
/* What makes a step invalid, and what does not; and the states of a step and of a run. [M13] [E4] */
#include "tests/unit/memory_sink.h"
#include "tests/unit/test.h"

#include "init/sentry/sentry.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void messages(void **state)
{
	static const struct {
		const char *record;
		int err;
		unsigned level;
		const char *text;
	} rows[] = {
		{ "6,339,5140900,-;NET: Registered\n SUBSYSTEM=x\n", 0, 6, "NET: Registered" },
		{ "12,1,2,-;from user space\n", 0, 4, "from user space" },
		{ "4,1,2,-,caller=T1;more fields\n", 0, 4, "more fields" },
		{ "3,1,2,c;continued", 0, 3, "continued" },
		{ "4,1,2,-;", 0, 4, "" },
		{ "4,1,2,-;tab\tand\x01\xff", 0, 4, "tab?and??" },
		{ "", -EINVAL, 0, "" },
		{ "4", -EINVAL, 0, "" },
		{ "4,1,2,-", -EINVAL, 0, "" },
		{ "4,1,2,-\n;late", -EINVAL, 0, "" },
		{ ",1,2,-;x", -EINVAL, 0, "" },
		{ "x,1,2,-;x", -EINVAL, 0, "" },
		{ "-4,1,2,-;x", -EINVAL, 0, "" },
		{ "4,,2,-;x", -EINVAL, 0, "" },
		{ "99999999999999999999,1,2,-;x", -EINVAL, 0, "" },
		{ "65536,1,2,-;x", -EINVAL, 0, "" },
	};
	char longest[3000];
	struct kmsg message;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int err = kmsg_parse(rows[i].record, strlen(rows[i].record), &message);

		CHECK_ROW(i, rows[i].record, err == rows[i].err);
		CHECK_ROW(i, message.text, err || !strcmp(message.text, rows[i].text));
		CHECK_ROW(i, rows[i].record, err || message.level == rows[i].level);
	}
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "4,1,2,-;", 8);
	assert_int_equal(kmsg_parse(longest, sizeof(longest), &message), 0);
	assert_int_equal(strlen(message.text), sizeof(message.text) - 1);
}

static void what_a_message_means(void **state)
{
	static const struct {
		unsigned level;
		const char *text;
		enum kmsg_kind meaning;
		enum lost kind;
	} rows[] = {
		{ 4, "something nobody expects", KMSG_LOST, LOST_KERNEL_MESSAGE },
		{ 0, "", KMSG_LOST, LOST_KERNEL_MESSAGE },
		{ 5, "something worth a notice", KMSG_REMARK, 0 },
		{ 6, "EXT4-fs (vda): mounted filesystem", KMSG_REMARK, 0 },
		{ 2, "EXT4-fs error (device vda): ext4_lookup", KMSG_LOST, LOST_KERNEL_MESSAGE },
		{ 4, "hrtimer: interrupt took 9876 ns", KMSG_EXPECTED, 0 },
		{ 6, "file.iozone (99): drop_caches: 3", KMSG_EXPECTED, 0 },
		{ 4, "XFS: attr2 mount option is deprecated.", KMSG_EXPECTED, 0 },
		{ 6, "clocksource: Switched to clocksource tsc", KMSG_EXPECTED, 0 },
		{ 0, "mce: [Hardware Error]: Machine check events logged", KMSG_LOST,
		  LOST_MACHINE_CHECK },
		{ 6, "mce: [Hardware Error]: Machine check events logged", KMSG_LOST,
		  LOST_MACHINE_CHECK },
		{ 4, "pcieport 0000:00:01.0: PCIe Bus Error: severity=Corrected", KMSG_LOST,
		  LOST_PCIE_ERROR },
		{ 4, "EDAC MC0: 1 CE memory read error", KMSG_LOST, LOST_MEMORY_ERROR },
		{ 2, "critical medium error, dev sda, sector 2048 op 0x0:(READ)", KMSG_LOST,
		  LOST_DISK_ERROR },
		{ 3, "I/O error, dev vda, sector 2048 op 0x1:(WRITE)", KMSG_LOST, LOST_DISK_ERROR },
		{ 2, "CPU3: Core temperature above threshold, cpu clock throttled", KMSG_LOST,
		  LOST_THROTTLED },
		{ 3, "Out of memory: Killed process 99 (assay)", KMSG_LOST, LOST_OUT_OF_MEMORY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct kmsg message = { .level = rows[i].level };
		enum lost kind = LOST_KINDS;

		snprintf(message.text, sizeof(message.text), "%s", rows[i].text);
		CHECK_ROW(i, rows[i].text, kmsg_judge(&message, &kind) == rows[i].meaning);
		CHECK_ROW(i, rows[i].text,
			  rows[i].meaning == KMSG_LOST ? kind == rows[i].kind : kind == LOST_KINDS);
	}
}

/* A machine on which nothing happened for ten seconds. */
static void sound(struct health *before, struct health *after)
{
	*before = (struct health){ .clocksource = "tsc",
				   .links = 1,
				   .raw_s = 100,
				   .rtc_s = 5000,
				   .partner_s = 70,
				   .asked_s = 99.9,
				   .partner_trip_s = 0.01 };
	strcpy(before->link[0].name, "eth0");
	strcpy(before->link[0].duplex, "full");
	before->link[0].speed_mbit = 1000;
	*after = *before;
	after->raw_s += 10.4;
	after->rtc_s += 11;
	after->asked_s += 10.5;
	after->partner_s += 10.6;
}

static void throttle(struct health *health)
{
	health->throttled++;
}
static void machine_check(struct health *health)
{
	health->machine_checks++;
}
static void noted(struct health *health)
{
	health->checks_noted++;
}
static void pcie(struct health *health)
{
	health->pcie_corrected += 3;
}
static void pcie_worse(struct health *health)
{
	health->pcie_worse++;
}
static void ecc(struct health *health)
{
	health->ecc_corrected++;
}
static void disk(struct health *health)
{
	health->disk_errors++;
}
static void memory(struct health *health)
{
	health->memory_kills++;
}
static void flap(struct health *health)
{
	health->link[0].changes += 2;
}
static void slow(struct health *health)
{
	health->link[0].speed_mbit = 100;
}
static void half(struct health *health)
{
	strcpy(health->link[0].duplex, "half");
}
static void gone(struct health *health)
{
	health->links = 0;
}
static void renamed(struct health *health)
{
	strcpy(health->link[0].name, "eth1");
}
static void hpet(struct health *health)
{
	strcpy(health->clocksource, "hpet");
}
static void stopped(struct health *health)
{
	health->rtc_s += 5;
}
static void fast(struct health *health)
{
	health->raw_s += 5;
}
static void partner_stopped(struct health *health)
{
	health->partner_s -= 3;
}
static void partner_fast(struct health *health)
{
	health->partner_s += 0.4;
}
static void partner_far(struct health *health) /* an answer that took so long tells no more */
{
	health->partner_s += 0.4;
	health->partner_trip_s = 1;
}
static void no_partner(struct health *health)
{
	health->partner_s = NAN;
}
static void no_rtc(struct health *health)
{
	health->rtc_s = NAN;
}
static void nothing(struct health *health)
{
	(void)health;
}

static void what_moved(void **state)
{
	static const struct {
		const char *name;
		void (*happens)(struct health *after);
		size_t reasons;
		enum lost kind;
	} rows[] = {
		{ "nothing", nothing, 0, 0 },
		{ "no RTC", no_rtc, 0, 0 },
		{ "throttled", throttle, 1, LOST_THROTTLED },
		{ "machine check", machine_check, 1, LOST_MACHINE_CHECK },
		{ "a corrected one, not read yet", noted, 1, LOST_MACHINE_CHECK },
		{ "no partner", no_partner, 0, 0 },
		{ "partner stopped for three seconds", partner_stopped, 1, LOST_CLOCK },
		{ "partner's clock too fast", partner_fast, 1, LOST_CLOCK },
		{ "partner far away", partner_far, 0, 0 },
		{ "corrected PCIe error", pcie, 1, LOST_PCIE_ERROR },
		{ "fatal PCIe error", pcie_worse, 1, LOST_PCIE_ERROR },
		{ "ECC", ecc, 1, LOST_MEMORY_ERROR },
		{ "disk error", disk, 1, LOST_DISK_ERROR },
		{ "out of memory", memory, 1, LOST_OUT_OF_MEMORY },
		{ "link down and up", flap, 1, LOST_LINK },
		{ "link at another speed", slow, 1, LOST_LINK },
		{ "half duplex", half, 1, LOST_LINK },
		{ "NIC gone", gone, 1, LOST_LINK },
		{ "another NIC", renamed, 2, LOST_LINK },
		{ "clock source", hpet, 1, LOST_CLOCK_SOURCE },
		{ "stopped for five seconds", stopped, 1, LOST_CLOCK },
		{ "our clock too fast", fast, 1, LOST_CLOCK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct health before, after;
		struct reasons reasons = { 0 };

		sound(&before, &after);
		rows[i].happens(&after);
		health_compare(&before, &after, &reasons);
		CHECK_ROW(i, rows[i].name, reasons.count == rows[i].reasons);
		CHECK_ROW(i, rows[i].name, !reasons.count || reasons.at[0].kind == rows[i].kind);
	}
}

/* On every boot the kernel knows the TSC better in its second second: no reason. */
static void a_clock_source_that_was_refined(void **state)
{
	struct health before, after;
	struct reasons reasons = { 0 };

	(void)state;
	sound(&before, &after);
	strcpy(before.clocksource, "tsc-early");
	health_compare(&before, &after, &reasons);
	assert_int_equal(reasons.count, 0);
	strcpy(after.clocksource, "acpi_pm");
	health_compare(&before, &after, &reasons);
	assert_int_equal(reasons.count, 1);
}

static void more_reasons_than_room(void **state)
{
	struct reasons reasons = { 0 };

	(void)state;
	for (size_t i = 0; i < REASONS_OF_A_KIND + 2; i++)
		reasons_add(&reasons, LOST_LINK, "%zu", i);
	assert_int_equal(reasons.count, REASONS_OF_A_KIND);
	assert_int_equal(reasons.more, 2);
	for (size_t i = 0; i < (size_t)LOST_KINDS * REASONS_OF_A_KIND; i++)
		reasons_add(&reasons, (enum lost)(i % LOST_KINDS), "%zu", i);
	assert_int_equal(reasons.count, REASONS);
}

static void counters_of_the_kernel(void **state)
{
	static const char table[] = "           CPU0       CPU1\n"
				    "  0:         44          0   IO-APIC   2-edge      timer\n"
				    "MCE:          1          2   Machine check exceptions\n"
				    "MCP:          7          7   Machine check polls\n"
				    "ERR:          0\n";
	static const struct {
		const char *text;
		uint64_t total;
	} rows[] = {
		{ "RxErr 1\nBadTLP 2\nTOTAL_ERR_COR 3\n", 3 },
		{ "TOTAL_ERR_FATAL 0\n", 0 },
		{ "TOTAL", 0 },
		{ "TOTAL_ERR_COR x", 0 },
		{ "", 0 },
	};

	(void)state;
	assert_int_equal(interrupts_total(table, "MCE"), 3);
	assert_int_equal(interrupts_total(table, "ERR"), 0);
	assert_int_equal(interrupts_total(table, "THR"), 0);
	assert_int_equal(interrupts_total("MCE:", "MCE"), 0);
	assert_int_equal(interrupts_total("", "MCE"), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].text, aer_total(rows[i].text) == rows[i].total);
	assert_true(machine_check_is_noted(0x9000000000000136));
	assert_false(machine_check_is_noted(0x1000000000000136));
}

/* ---- states ---- */

/* Each outcome of a step is another word, and of the records of a step another set. [E4] */
static void states_of_a_step(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *word, *status;
		bool error;
	} rows[] = {
		{ RUN_OK, "ok", "COMPLETE", false },
		{ RUN_FAILED, "failed", "COMPLETE", false },
		{ RUN_INVALID, "invalid", "COMPLETE", false },
		{ RUN_ERROR, "error", "ERROR", true },
		{ RUN_TIMEOUT, "timeout", "ERROR", true },
		{ RUN_CRASHED, "crashed", "ERROR", true },
		{ RUN_SKIPPED, "skipped", "SKIP", false },
	};
	char expected[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct story story;
		struct request request;
		struct step step;
		struct result result = { .outcome = rows[i].outcome, .reason = "because" };
		struct run run = { .shared = run_shared_map(4) };

		used = 0;
		memset(&story, 0, sizeof(story));
		story.journal.wall_ms = wall_ms;
		journal_add_sink(&story.journal, &sink);
		assert_int_equal(request_init(&request, bench_find("self.null"), NULL, 0), 0);
		plan_step(&step, &request, 0, 1);
		run.bench = request.bench;
		run.value = request.value;
		record_step_end(&story, &step, &run, &result);
		run_shared_unmap(run.shared);
		snprintf(expected, sizeof(expected), "\"outcome\":\"%s\"", rows[i].word);
		CHECK_ROW(i, lines, strstr(lines, expected));
		snprintf(expected, sizeof(expected), "\"testStepEnd\":{\"status\":\"%s\"}",
			 rows[i].status);
		CHECK_ROW(i, lines, strstr(lines, expected));
		if (rows[i].outcome != RUN_SKIPPED)
			CHECK_ROW(i, lines, !strstr(lines, "\"symptom\"") == !rows[i].error);
	}
}

/* Aborted, failed, invalid, partial and passed are different words of a run. [E4] */
static void states_of_a_run(void **state)
{
	static const struct {
		enum outcome outcome[4];
		size_t steps;
		enum run_status status;
		const char *word, *counts;
		enum run_result result;
	} rows[] = {
		{ { RUN_OK, RUN_OK }, 2, STATUS_COMPLETE, "passed", "2 ok", RESULT_PASS },
		{ { RUN_OK, RUN_SKIPPED },
		  2,
		  STATUS_COMPLETE,
		  "partial",
		  "1 ok, 1 skipped",
		  RESULT_PASS },
		{ { RUN_SKIPPED }, 1, STATUS_SKIP, "nothing", "1 skipped", RESULT_NOT_APPLICABLE },
		{ { RUN_OK, RUN_INVALID },
		  2,
		  STATUS_COMPLETE,
		  "invalid",
		  "1 ok, 1 invalid",
		  RESULT_FAIL },
		{ { RUN_SKIPPED, RUN_INVALID },
		  2,
		  STATUS_COMPLETE,
		  "invalid",
		  "1 skipped, 1 invalid",
		  RESULT_FAIL },
		{ { RUN_INVALID, RUN_FAILED },
		  2,
		  STATUS_COMPLETE,
		  "failed",
		  "1 failed, 1 invalid",
		  RESULT_FAIL },
		{ { RUN_OK, RUN_TIMEOUT, RUN_SKIPPED, RUN_CRASHED },
		  4,
		  STATUS_COMPLETE,
		  "failed",
		  "1 ok, 1 skipped, 1 timeout, 1 crashed",
		  RESULT_FAIL },
		{ { RUN_OK }, 1, STATUS_ERROR, "aborted", "", RESULT_PASS },
		{ { RUN_OK }, 0, STATUS_SKIP, "nothing", "", RESULT_NOT_APPLICABLE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct story story;
		char words[200];
		struct text counts;
		enum run_status status;
		enum run_result result;

		memset(&story, 0, sizeof(story));
		story.plan.count = rows[i].steps;
		for (size_t step = 0; step < rows[i].steps; step++)
			story.result[step].outcome = rows[i].outcome[step];
		summarise(&story, &status, &result);
		CHECK_ROW(i, rows[i].word, result == rows[i].result);
		CHECK_ROW(i, rows[i].word,
			  rows[i].status == STATUS_ERROR || status == rows[i].status);
		text_begin(&counts, words, sizeof(words));
		CHECK_ROW(i, rows[i].word,
			  !strcmp(summarise_state(&story, rows[i].status, &counts), rows[i].word));
		CHECK_ROW(i, words, !strcmp(words, rows[i].counts));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(what_a_message_means),
		cmocka_unit_test(what_moved),
		cmocka_unit_test(a_clock_source_that_was_refined),
		cmocka_unit_test(more_reasons_than_room),
		cmocka_unit_test(counters_of_the_kernel),
		cmocka_unit_test(states_of_a_step),
		cmocka_unit_test(states_of_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
