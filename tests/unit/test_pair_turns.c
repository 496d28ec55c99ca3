/* SPDX-License-Identifier: MIT */
/* A network step in two turns, with a partner in another process that keeps to the rules, stalls,
 * vanishes or lies: each ends in a named outcome, in time, with what was measured. */
#include "tests/unit/memory_sink.h"
#include "tests/unit/test.h"

#include "init/pair/pair.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- our side: a story of two steps, whose benchmark samples 42 ---- */

static int sample(struct run *run)
{
	run_sample(run, 0, 42);
	return 0;
}

static double no_time(const union value *value, const struct speeds *speeds)
{
	(void)value;
	(void)speeds;
	return 0;
}

static const struct param params[] = { { 0 } };
static const struct metric metrics[] = {
	{ "rtt", "ms", "", LESS_IS_BETTER, BY_MEDIAN, false },
	{ 0 },
};
/* By this name, as its server is the kernel: no port is opened here. */
static const struct bench bench = { .name = "net.ping",
				    .definition = "",
				    .need = NEEDS_PEER,
				    .params = params,
				    .metrics = metrics,
				    .seconds = no_time,
				    .run = sample };

static struct story story;
static struct pair pair, partner_side;
static struct request request = { .bench = &bench };
static char table[16384];

/* ---- the partner ---- */

static struct pair_channel *theirs = &partner_side.channel;
static struct digest their_head;
static uint32_t their_number;

static void tell(struct pair_message message)
{
	if (message.text)
		message.text_len = strlen(message.text);
	if (pair_channel_send(theirs, &message, pair_deadline(5)))
		_exit(2);
}

/* Skips what may come in between. */
static void expect(enum pair_type type)
{
	struct pair_message message;

	do {
		if (pair_channel_receive(theirs, &message, pair_deadline(5)))
			_exit(3);
	} while (message.type == PAIR_AHEAD ||
		 (message.type == PAIR_RECORD && type != PAIR_RECORD));
	if (message.type != type)
		_exit(4);
}

static void record(const char *artifact)
{
	char line[1000];

	snprintf(line, sizeof(line), "{%s,\"sequenceNumber\":%u}", artifact, their_number);
	digest_chain(&their_head, line, strlen(line));
	tell((struct pair_message){
		.type = PAIR_RECORD, .number = their_number++, .digest = their_head, .text = line });
}

#define OF_STEP(id, part) "\"testStepArtifact\":{\"testStepId\":\"" id "\"," part "}"
#define RTT(value, more) \
	OF_STEP("s1",    \
		"\"measurement\":{\"name\":\"rtt\",\"value\":" value ",\"unit\":\"ms\"" more "}")
#define OUTCOME(word)                                                                        \
	OF_STEP("s1", "\"extension\":{\"name\":\"outcome\",\"content\":{\"outcome\":\"" word \
		      "\",\"seconds\":1,\"reason\":\"\"}}")

static void ready(unsigned step, unsigned turn)
{
	tell((struct pair_message){
		.type = PAIR_READY, .step = step, .turn = turn, .most_ms = 500 });
	expect(PAIR_READY);
}

static void end_records(unsigned step)
{
	tell((struct pair_message){ .type = PAIR_END, .step = step });
}

static void measure_first_step(void)
{
	ready(0, 0);
	expect(PAIR_SERVING);
	tell((struct pair_message){ .type = PAIR_DONE, .step = 0 });
}

/* It measures first, we serve. */
static void take_its_turn(unsigned step, unsigned turn, const char *rtt)
{
	ready(step, turn);
	expect(PAIR_SERVING);
	tell((struct pair_message){ .type = PAIR_DONE, .step = step, .turn = turn });
	record(rtt);
	record(OUTCOME("ok"));
	end_records(step);
}

static void serve_ours(unsigned step, unsigned turn)
{
	ready(step, turn);
	tell((struct pair_message){ .type = PAIR_SERVING, .step = step, .turn = turn, .ok = true });
	expect(PAIR_DONE);
	expect(PAIR_END);
}

static void keep_to_the_rules(void)
{
	tell((struct pair_message){ .type = PAIR_AHEAD, .step = 0, .most_ms = 100 });
	take_its_turn(0, 0,
		      RTT("7.5",
			  ",\"metadata\":{\"n\":3,\"min\":7,\"max\":8,\"evil\":\"\\u001b[2J\"}"));
	serve_ours(0, 1);
	take_its_turn(1, 0, RTT("9", ""));
	serve_ours(1, 1);
	ready(PAIR_STEP_NONE, 0);
	expect(PAIR_END);
	end_records(PAIR_STEP_NONE);
}

static void serve_first(void)
{
	serve_ours(0, 0);
	take_its_turn(0, 1, RTT("7.5", ""));
	_exit(0);
}

/* Asked three times before and three times after, its clock is found to have been set by so much. */
static void serve_by_clock(int64_t jump_ns)
{
	ready(0, 0);
	tell((struct pair_message){ .type = PAIR_SERVING, .step = 0, .ok = true });
	for (int i = 0; i < 6; i++) {
		expect(PAIR_ASK);
		tell((struct pair_message){ .type = PAIR_CLOCK,
					    .now_ns = clock_raw_ns() +
						      (uint64_t)(i < 3 ? 0 : jump_ns) });
	}
	expect(PAIR_DONE);
	expect(PAIR_END);
	take_its_turn(0, 1, RTT("7.5", ""));
	_exit(0);
}

static void serve_by_a_sound_clock(void)
{
	serve_by_clock(0);
}

static void serve_by_a_clock_that_jumps(void)
{
	serve_by_clock(-3 * (int64_t)SECOND_NS);
}

/* It is asked what its clock says, and asks once itself. */
static void ask_for_our_clock(void)
{
	uint64_t before_ns = clock_raw_ns();
	struct pair_message message;

	ready(0, 0);
	expect(PAIR_SERVING);
	tell((struct pair_message){ .type = PAIR_ASK });
	do {
		if (pair_channel_receive(theirs, &message, pair_deadline(5)))
			_exit(3);
	} while (message.type == PAIR_RECORD);
	if (message.type != PAIR_CLOCK || message.now_ns < before_ns ||
	    message.now_ns > clock_raw_ns())
		_exit(5);
	_exit(0);
}

static void say_nothing(void)
{
	clock_sleep_ns(5 * SECOND_NS);
}

static void leave_at_once(void)
{
}

static void take_leave(void)
{
	tell((struct pair_message){ .type = PAIR_BYE, .text = "enough" });
	expect(PAIR_READY);
}

static void announce_for_ever(void)
{
	for (;;) {
		tell((struct pair_message){ .type = PAIR_AHEAD, .step = 0, .most_ms = UINT32_MAX });
		clock_sleep_ns(50 * MILLISECOND_NS);
	}
}

static void be_at_another_step(void)
{
	tell((struct pair_message){ .type = PAIR_READY, .step = 7 });
	say_nothing();
}

static void speak_out_of_turn(void)
{
	tell((struct pair_message){ .type = PAIR_DONE, .step = 0 });
	say_nothing();
}

static void talk_nonsense(void)
{
	if (write(theirs->fd, "HTTP/1.1 400 Bad Request\r\n", 26) == 26)
		say_nothing();
}

static void leave_among_records(void)
{
	measure_first_step();
	record(RTT("7.5", ""));
}

static void never_be_done(void)
{
	ready(0, 0);
	expect(PAIR_SERVING);
	say_nothing();
}

static void bend_the_chain(void)
{
	measure_first_step();
	their_head.bytes[0] ^= 1;
	record(RTT("7.5", ""));
	say_nothing();
}

static void count_backwards(void)
{
	measure_first_step();
	their_number = 5;
	record(RTT("7.5", ""));
	their_number = 3;
	record(RTT("7.5", ""));
	say_nothing();
}

static void number_falsely(void)
{
	measure_first_step();
	tell((struct pair_message){
		.type = PAIR_RECORD, .number = 9, .text = "{\"sequenceNumber\":8}" });
	say_nothing();
}

static void make_figures_up(void)
{
	static const char *const false_ones[] = {
		OF_STEP("s1", "\"measurement\":{\"name\":\"other\",\"value\":1,\"unit\":\"ms\"}"),
		OF_STEP("s1", "\"measurement\":{\"name\":\"rtt\",\"value\":2,\"unit\":\"s\"}"),
		OF_STEP("s1", "\"measurement\":{\"name\":\"rtt\",\"value\":\"3\",\"unit\":\"ms\"}"),
		OF_STEP("s1", "\"measurement\":{\"name\":\"rtt\",\"value\":1e999,\"unit\":\"ms\"}"),
		OF_STEP("s1", "\"measurement\":[]"),
		OF_STEP("s1", "\"measurement\":{\"name\":7,\"value\":4,\"unit\":{}}"),
		OF_STEP("s2", "\"measurement\":{\"name\":\"rtt\",\"value\":5,\"unit\":\"ms\"}"),
		"\"testStepArtifact\":7",
		OUTCOME("splendid"),
	};

	ready(0, 0);
	expect(PAIR_SERVING);
	tell((struct pair_message){ .type = PAIR_DONE, .step = 0, .outcome = 200 });
	for (size_t i = 0; i < COUNT_OF(false_ones); i++)
		record(false_ones[i]);
	end_records(0);
	serve_ours(0, 1);
}

static void refuse_to_serve(void)
{
	ready(0, 0);
	tell((struct pair_message){
		.type = PAIR_SERVING, .step = 0, .text = "iperf 2: port 5001 is in use" });
	expect(PAIR_DONE);
	expect(PAIR_END);
	take_its_turn(0, 1, RTT("7.5", ""));
}

/* ---- one meeting ---- */

/* Of process 1, which looks at the machine and at clocks before and after a step; NULL: a command. */
static const struct duties *duties;

/* Long where the partner will do something, as the machine may be busy. */
static double patience_seconds = 5;

static pid_t start_partner(void (*script)(void))
{
	int fds[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		pair_channel_begin(theirs, fds[1]);
		script();
		_exit(0);
	}
	close(fds[1]);
	pair_channel_begin(&pair.channel, fds[0]);
	return pid;
}

static void begin(bool serves_first)
{
	used = 0;
	lines[0] = '\0';
	pair = (struct pair){ .joined = true,
			      .serves_first = serves_first,
			      .patience_seconds = patience_seconds,
			      .mac = "02:00:00:00:00:02" };
	strcpy(pair.partner.run_id, "theirs");
	story = (struct story){ .pair = &pair, .duties = duties, .journal.wall_ms = wall_ms };
	text_begin(&story.summary, table, sizeof(table));
	pair_records_begin(&pair);
	journal_add_sink(&story.journal, &sink);
	journal_add_sink(&story.journal, &pair.sink);
	for (size_t i = 0; i < 2; i++)
		plan_step(&story.plan.step[story.plan.count++], &request, i, 1);
}

/* Measures all with it. Returns how it left: its exit code, or -1 when we left first. */
static int meet(void (*script)(void), bool serves_first)
{
	uint64_t start_ns = clock_raw_ns();
	int status = 0;
	pid_t pid;

	begin(serves_first);
	pid = start_partner(script);
	measure_all(&story);
	assert_true(clock_raw_ns() - start_ns < 20 * SECOND_NS);
	/* One that still sleeps is ended; one that is at its end has a moment. */
	for (int i = 0; i < 100 && waitpid(pid, &status, WNOHANG) == 0; i++) {
		clock_sleep_ns(5 * MILLISECOND_NS);
		if (i == 98)
			kill(pid, SIGKILL);
	}
	waitpid(pid, &status, 0);
	pair_channel_end(&pair.channel);
	free(pair.held.bytes);
	pair_records_drop_view(&pair);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has(const char *words)
{
	return strstr(lines, words) != NULL;
}

static void both_ways(void **state)
{
	(void)state;
	assert_int_equal(meet(keep_to_the_rules, true), 0);
	assert_int_equal(story.result[0].outcome, RUN_OK);
	assert_int_equal(story.result[1].outcome, RUN_OK);
	assert_true(has(OF_STEP("s1p", "\"testStepStart\":{\"name\":\"net.ping (partner)\"}")));
	assert_true(has("\"testStepId\":\"s1p\",\"measurement\":{\"name\":\"rtt\",\"value\":7.5,"));
	assert_true(has("\"testStepId\":\"s1\",\"measurement\":{\"name\":\"rtt\",\"value\":42,"));
	assert_true(has("\"min\":7,\"max\":8"));
	assert_false(has("evil"));
	assert_true(has("\"runId\":\"theirs\""));
	assert_non_null(strstr(table, "net.ping (partner) rtt"));
	assert_true(has("told 4 records in all"));
}

static void the_other_first(void **state)
{
	(void)state;
	assert_int_equal(meet(serve_first, false), 0);
	assert_int_equal(story.result[0].outcome, RUN_OK);
	assert_true(has("\"testStepId\":\"s1p\",\"measurement\":{\"name\":\"rtt\",\"value\":7.5,"));
	/* and left before the second step */
	assert_int_equal(story.result[1].outcome, RUN_ERROR);
	assert_non_null(strstr(story.result[1].reason, "it closed the connection"));
}

/* What the first of two steps ends in; the second is always skipped for the same reason. */
static const struct {
	const char *what;
	void (*script)(void);
	bool serves_first;
	enum outcome outcome;
	const char *reason;
	bool view; /* figures of the partner came */
} faults[] = {
	{ "says nothing", say_nothing, true, RUN_ERROR, "no sign of life", false },
	{ "leaves at once", leave_at_once, true, RUN_ERROR, "it closed the connection", false },
	{ "takes its leave", take_leave, true, RUN_ERROR, "it took its leave", false },
	{ "announces for ever", announce_for_ever, true, RUN_ERROR, "no sign of life", false },
	{ "at another step", be_at_another_step, true, RUN_ERROR, "it said what cannot be", false },
	{ "out of turn", speak_out_of_turn, true, RUN_ERROR, "it said what cannot be", false },
	{ "nonsense", talk_nonsense, true, RUN_ERROR, "it said what cannot be", false },
	{ "leaves among records", leave_among_records, true, RUN_ERROR, "it closed", true },
	{ "is never done", never_be_done, true, RUN_ERROR, "no sign of life", false },
	{ "bends the chain", bend_the_chain, true, RUN_ERROR, "it said what cannot be", false },
	{ "counts backwards", count_backwards, true, RUN_ERROR, "it said what cannot be", true },
	{ "numbers falsely", number_falsely, true, RUN_ERROR, "it said what cannot be", false },
	{ "does not serve", say_nothing, false, RUN_ERROR, "no sign of life", false },
};

static void faulty_partners(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		patience_seconds = strcmp(faults[i].reason, "no sign of life") ? 5 : 0.3;
		meet(faults[i].script, faults[i].serves_first);
		patience_seconds = 5;
		CHECK_ROW(i, faults[i].what, story.result[0].outcome == faults[i].outcome);
		CHECK_ROW(i, story.result[0].reason,
			  strstr(story.result[0].reason, faults[i].reason));
		CHECK_ROW(i, story.result[0].reason,
			  strstr(story.result[0].reason, "the partner 02:00:00:00:00:02 has gone"));
		CHECK_ROW(i, faults[i].what, story.result[1].outcome == RUN_SKIPPED);
		CHECK_ROW(i, faults[i].what, has("\"testStepId\":\"s1p\"") == faults[i].view);
	}
}

static void figures_made_up(void **state)
{
	(void)state;
	meet(make_figures_up, true);
	assert_int_equal(story.result[0].outcome, RUN_OK);
	assert_true(has("\"testStepId\":\"s1p\""));
	assert_false(has("\"testStepId\":\"s1p\",\"measurement\""));
	assert_true(has("the partner told no outcome"));
}

/* Our turn is lost, its turn is not, and it is still there for the next step. */
static void no_server(void **state)
{
	(void)state;
	meet(refuse_to_serve, false);
	assert_int_equal(story.result[0].outcome, RUN_ERROR);
	assert_string_equal(
		story.result[0].reason,
		"the partner 02:00:00:00:00:02 could not serve: iperf 2: port 5001 is in use");
	assert_true(has("\"testStepId\":\"s1p\",\"measurement\":{\"name\":\"rtt\",\"value\":7.5,"));
}

static void quiet_nothing(bool quiet)
{
	(void)quiet;
}

static void reap_nothing(void)
{
}

/* The step is marked, by the partner's clock: what else the machine under this test does to itself
 * is not asked. [M13] */
static void clocks_that_disagree(void **state)
{
	static const struct duties ours = { quiet_nothing, reap_nothing };

	(void)state;
	duties = &ours;
	assert_int_equal(meet(serve_by_a_clock_that_jumps, false), 0);
	assert_int_equal(story.result[0].outcome, RUN_INVALID);
	assert_true(has("\"diagnosis\":{\"verdict\":\"invalid-clock\""));
	assert_true(has("by the partner's"));
	assert_int_equal(meet(serve_by_a_sound_clock, false), 0);
	assert_false(has("by the partner's"));
	assert_int_equal(meet(ask_for_our_clock, true), 0);
	duties = NULL;
}

/* ---- what the plan makes of it ---- */

static void plan_with(const char *words, const struct network *network)
{
	static struct machine machine;
	char copy[400], why[WHY_ROOM] = "";

	memset(&story, 0, sizeof(story));
	snprintf(copy, sizeof(copy), "plan=pair %s", words);
	CHECK_ROW(0, why, !configure(&story.settings, copy, FROM_USER, why, sizeof(why)));
	plan_make(&story.plan, &story.settings, &machine, network);
	assert_int_equal(story.plan.count, 4); /* noise, ping, tcp, udp */
}

static void planned(void **state)
{
	struct network network = { .up = true, .partner = "fe80::2%eth0" };
	double alone;

	(void)state;
	plan_with("net.udp.role=server", &network);
	assert_string_equal(story.plan.step[1].target, "fe80::2%eth0");
	assert_string_equal(story.plan.step[2].skip, "");
	assert_non_null(strstr(story.plan.step[3].skip, "role=server: in a pair each machine"));
	plan_with("peer=198.18.0.2 net.udp.role=server", &network);
	assert_string_equal(story.plan.step[3].skip, "");
	assert_string_equal(story.plan.step[3].target, "198.18.0.2");
	strcpy(network.why_no_partner, "no partner found");
	network.partner[0] = '\0';
	plan_with("", &network);
	assert_string_equal(story.plan.step[1].skip, "no partner found");
	assert_string_equal(story.plan.step[0].skip, "");
	alone = story.plan.expected_seconds;
	strcpy(network.partner, "198.18.0.2");
	plan_with("", &network); /* two turns each */
	assert_true(story.plan.expected_seconds > alone + 2 * 20);
	network.up = false;
	strcpy(network.why_not, "address 198.18.0.9 is in use by 02:00:00:00:00:02");
	plan_with("", &network);
	assert_string_equal(story.plan.step[1].skip,
			    "no network: address 198.18.0.9 is in use by 02:00:00:00:00:02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(the_other_first),
		cmocka_unit_test(faulty_partners),
		cmocka_unit_test(figures_made_up),
		cmocka_unit_test(no_server),
		cmocka_unit_test(planned),
		cmocka_unit_test(clocks_that_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
