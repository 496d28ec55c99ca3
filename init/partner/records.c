/* SPDX-License-Identifier: MIT */
/* A test that was served, as records and for people: see partner.h. */
#include "init/partner/partner.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- out of the services' threads ---- */

static void keep_figures(struct partner_test *out, const struct meet_message *called)
{
	for (uint32_t i = 0; i < called->figure_count; i++) {
		const struct meet_figure *figure = &called->figure[i];
		if (figure->count != 1)
			continue; /* series stay with who asked */
		snprintf(out->figure[out->figures].name, sizeof(out->figure[0].name), "%s",
			 figure->name);
		out->figure[out->figures++].value = called->value[figure->first];
	}
}

void partner_keep(struct partner_test *out, const struct served_test *test)
{
	const struct meet_served *meet = test->meet;

	*out = (struct partner_test){ .test = *test };
	out->test.meet = NULL;
	if (!meet)
		return;
	out->is_meeting = meet->tally != NULL;
	if (meet->tally)
		out->tally = *meet->tally;
	snprintf(out->bench, sizeof(out->bench), "%s", meet->bench ? meet->bench : "");
	snprintf(out->text, sizeof(out->text), "%s", meet->text);
	if (meet->figures)
		keep_figures(out, meet->figures);
}

/* ---- for people ---- */

static void describe_counts(const struct served_test *test, struct text *line)
{
	if (test->service == SERVICE_ECHO)
		text_add(line, ", %llu transactions", (unsigned long long)test->transactions);
	if (!test->udp || test->service == SERVICE_ECHO)
		return;
	if (!test->has_counts) {
		text_add(line, ", %llu datagrams, no report came",
			 (unsigned long long)test->sent_datagrams);
		return;
	}
	text_add(line, ", lost %llu/%llu, out of order %llu, jitter %.3f ms",
		 (unsigned long long)test->lost, (unsigned long long)test->datagrams,
		 (unsigned long long)test->out_of_order, test->jitter_ms);
	if (test->duplicates)
		text_add(line, ", duplicates %llu", (unsigned long long)test->duplicates);
}

static void describe_transfer(const struct served_test *test, const char *host, struct text *line)
{
	text_add(line, "%s %s %s port %u (%s): %llu bytes in %.4f s", test->udp ? "UDP" : "TCP",
		 test->sent ? "to" : "from", host, address_port(&test->peer),
		 service_name(test->service), (unsigned long long)test->bytes, test->seconds);
	if (test->seconds > 0)
		text_add(line, ", %.3f Mbit/s", (double)test->bytes * 8 / test->seconds / 1e6);
	describe_counts(test, line);
	if (test->others)
		text_add(line, ", shared with %u other tests", test->others);
	if (test->err)
		text_add(line, "; ended: %s", test->words);
}

static void describe_meeting(const struct partner_test *test, struct text *line)
{
	const struct meet_tally *tally = &test->tally;

	text_add(line, "meeting of %llu machines in %.1f s", (unsigned long long)tally->machines,
		 test->test.seconds);
	if (isfinite(tally->aggregate))
		text_add(line, ": %.3f Mbit/s together, fairness %.4f", tally->aggregate,
			 tally->fairness);
	for (size_t i = 0; i < tally->machines; i++) {
		const struct meet_machine *machine = &tally->machine[i];
		if (isfinite(machine->together))
			text_add(line, "; %s %.3f", machine->name, machine->together);
	}
	if (test->text[0])
		text_add(line, "; ended: %s", test->text);
}

void partner_describe(const struct partner_test *test, struct text *line)
{
	char host[ADDRESS_ROOM] = "?";

	if (test->test.peer.len)
		address_format(&test->test.peer, host);
	if (test->is_meeting)
		describe_meeting(test, line);
	else if (test->bench[0])
		text_add(line, "call: %s towards %s, %.1f s%s%s", test->bench, host,
			 test->test.seconds, test->text[0] ? "; ended: " : "", test->text);
	else
		describe_transfer(&test->test, host, line);
}

/* ---- records ---- */

struct place {
	struct story *story;
	const char *step;
	uint64_t machine; /* 0: no axis */
};

static void record_figure(const struct place *place, const char *name, double value,
			  const char *unit, const char *better)
{
	static const char *const repeated[] = { "min", "max", "mean", "median" };
	cJSON *metadata, *axis;

	if (!isfinite(value))
		return;
	metadata = cJSON_CreateObject();
	cJSON_AddStringToObject(metadata, "better", better);
	cJSON_AddStringToObject(metadata, "by", "last");
	cJSON_AddNumberToObject(metadata, "n", 1);
	for (size_t i = 0; i < COUNT_OF(repeated); i++)
		cJSON_AddNumberToObject(metadata, repeated[i], value);
	if (place->machine) {
		axis = cJSON_CreateObject();
		cJSON_AddStringToObject(axis, "axis", "machine");
		cJSON_AddNumberToObject(axis, "value", (double)place->machine);
		cJSON_AddStringToObject(axis, "unit", "");
		cJSON_AddItemToArray(cJSON_AddArrayToObject(metadata, "at"), axis);
	}
	journal_write(&place->story->journal,
		      artifact_measurement(place->step, name, value, unit, metadata));
}

static void record_transfer(const struct place *place, const struct served_test *test)
{
	record_figure(place, "bytes", (double)test->bytes, "B", "neither");
	record_figure(place, "seconds", test->seconds, "s", "neither");
	if (test->seconds > 0)
		record_figure(place, "rate", (double)test->bytes * 8 / test->seconds / 1e6,
			      "Mbit/s", "more");
	if (test->service == SERVICE_ECHO)
		record_figure(place, "transactions", (double)test->transactions, "transactions",
			      "more");
	if (test->udp && test->sent)
		record_figure(place, "sent_datagrams", (double)test->sent_datagrams, "datagrams",
			      "neither");
	if (!test->has_counts)
		return;
	record_figure(place, "datagrams", (double)test->datagrams, "datagrams", "neither");
	record_figure(place, "lost", (double)test->lost, "datagrams", "less");
	record_figure(place, "out_of_order", (double)test->out_of_order, "datagrams", "less");
	record_figure(place, "duplicates", (double)test->duplicates, "datagrams", "less");
	record_figure(place, "jitter", test->jitter_ms, "ms", "less");
}

static void record_meeting(const struct place *all, const struct meet_tally *tally)
{
	record_figure(all, "aggregate", tally->aggregate, "Mbit/s", "more");
	record_figure(all, "fairness", tally->fairness, "index", "more");
	for (uint64_t i = 0; i < tally->machines; i++) {
		const struct meet_machine *machine = &tally->machine[i];
		struct place place = { all->story, all->step, i + 1 };
		record_figure(&place, "alone", machine->alone, "Mbit/s", "more");
		record_figure(&place, "together", machine->together, "Mbit/s", "more");
		record_figure(&place, "portion", machine->portion, "%", "neither");
		record_figure(&place, "penalty", machine->penalty, "%", "less");
		record_figure(&place, "start", machine->start_ms, "ms", "neither");
		record_figure(&place, "start_error", machine->start_error_ms, "ms", "less");
		record_figure(&place, "clock_uncertainty", machine->uncertainty_ms, "ms", "less");
		record_figure(&place, "jitter", machine->jitter_ms, "ms", "less");
		record_figure(&place, "lost_percent", machine->lost_percent, "%", "less");
	}
}

static void record_called(const struct place *place, const struct partner_test *test)
{
	const struct bench *bench = bench_find(test->bench);

	for (unsigned i = 0; bench && i < test->figures; i++)
		for (const struct metric *metric = bench->metrics; metric->name; metric++)
			if (!strcmp(metric->name, test->figure[i].name))
				record_figure(place, metric->name, test->figure[i].value,
					      metric->unit,
					      metric->better == MORE_IS_BETTER ? "more" :
					      metric->better == LESS_IS_BETTER ? "less" :
										 "neither");
}

static void record_facts(struct story *story, const char *step, const struct partner_test *test)
{
	const struct served_test *served = &test->test;
	cJSON *content = cJSON_CreateObject();
	char host[ADDRESS_ROOM];

	cJSON_AddStringToObject(content, "bench", test->bench[0] ? test->bench : "peer");
	cJSON_AddStringToObject(content, "service", service_name(served->service));
	if (served->peer.len) {
		address_format(&served->peer, host);
		cJSON_AddStringToObject(content, "target", host);
		cJSON_AddNumberToObject(content, "port", address_port(&served->peer));
	}
	if (served->local.len) {
		address_format(&served->local, host);
		cJSON_AddStringToObject(content, "local", host);
		cJSON_AddNumberToObject(content, "localPort", address_port(&served->local));
	}
	cJSON_AddStringToObject(content, "protocol", served->udp ? "UDP" : "TCP");
	cJSON_AddStringToObject(content, "direction", served->sent ? "out" : "in");
	cJSON_AddNumberToObject(content, "others", served->others);
	journal_write(&story->journal, artifact_extension(step, "step", content));
}

static void name_step(const struct partner_test *test, char *out, size_t room)
{
	if (test->is_meeting)
		snprintf(out, room, "peer meeting");
	else if (test->bench[0])
		snprintf(out, room, "peer call %s", test->bench);
	else
		snprintf(out, room, "peer %s %s", service_name(test->test.service),
			 test->test.udp ? "UDP" : "TCP");
}

void partner_record(struct story *story, unsigned number, const struct partner_test *test)
{
	struct result result = { .outcome = test->test.err ? RUN_ERROR : RUN_OK,
				 .seconds = test->test.seconds };
	struct step step = { 0 };
	struct place place = { story, step.id, 0 };

	snprintf(step.id, sizeof(step.id), "s%u", number);
	name_step(test, step.name, sizeof(step.name));
	snprintf(result.reason, sizeof(result.reason), "%s",
		 test->text[0] ? test->text : test->test.words);
	journal_write(&story->journal, artifact_step_start(step.id, step.name));
	record_facts(story, step.id, test);
	if (test->is_meeting)
		record_meeting(&place, &test->tally);
	else if (test->bench[0])
		record_called(&place, test);
	else
		record_transfer(&place, &test->test);
	for (size_t i = 0; test->is_meeting && i < test->tally.machines; i++)
		if (test->tally.machine[i].place)
			record_log(story, step.id, SEVERITY_INFO, "machine %zu is %s", i + 1,
				   test->tally.machine[i].name);
	if (result.outcome == RUN_ERROR)
		journal_write(&story->journal, artifact_error(step.id, "error", result.reason));
	record_outcome(story, &step, &result);
}
