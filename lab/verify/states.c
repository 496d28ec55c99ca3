/* SPDX-License-Identifier: MIT */
/* E4: aborted, failed, partial, invalid and passed are different states, and each follows from what
 * is recorded below it. */
#include <cjson/cJSON.h>
#include <string.h>

#include "lab/verify/verify.h"

static bool is(const char *text, const char *word)
{
	return text && !strcmp(text, word);
}

/* What the end of a step must say after this outcome; NULL: a word that this reader does not know,
 * which at least is no pass. */
static const char *status_after(const char *outcome)
{
	static const struct {
		const char *outcome, *status;
	} table[] = {
		{ "ok", "COMPLETE" },	   { "failed", "COMPLETE" },   { "skipped", "SKIP" },
		{ "error", "ERROR" },	   { "timeout", "ERROR" },     { "crashed", "ERROR" },
		{ "invalid", "COMPLETE" }, { "interrupted", "ERROR" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (is(outcome, table[i].outcome))
			return table[i].status;
	return NULL;
}

/* The first record of a kind in a step whose key has this value. */
static bool says(const struct inquest *inquest, const struct step_told *step, const char *kind,
		 const char *key, const char *value)
{
	for (size_t i = step->first; i <= step->last; i++)
		if (is(json_text(step_part(&inquest->records->at[i], step, kind), key), value))
			return true;
	return false;
}

static void judge_step(const struct inquest *inquest, const struct step_told *step,
		       struct claim *claim)
{
	const char *expected = status_after(step->outcome);

	if (!step->outcome || !step->status)
		return;
	if (expected && strcmp(expected, step->status) != 0)
		claim_fail(claim, "step %s (%s) is %s, and its end says %s; %s expected", step->id,
			   step->name, step->outcome, step->status, expected);
	if (is(step->outcome, "ok") && says(inquest, step, "diagnosis", "type", "FAIL"))
		claim_fail(claim, "step %s (%s) is ok, and one of its diagnoses is FAIL", step->id,
			   step->name);
	if (is(step->outcome, "skipped") &&
	    step_part(&inquest->records->at[step->last], step, "measurement"))
		claim_fail(claim, "step %s (%s) was skipped and has figures", step->id, step->name);
	claim_fact(claim, "step %s (%s): %s", step->id, step->name, step->outcome);
}

static void judge_end(const struct inquest *inquest, size_t ran, size_t bad, struct claim *claim)
{
	const cJSON *end = records_first(inquest->records, "testRunEnd");
	const char *status = json_text(end, "status"), *result = json_text(end, "result");
	const struct console *console = &inquest->folder->console;
	size_t steps = inquest->steps.count;

	if (!end)
		return claim_fact(claim, "the run: cut off");
	claim_fact(claim, "the run: %s, %s", or_unknown(status), or_unknown(result));
	if (console->said_head[0] &&
	    (!is(status, console->said_status) || !is(result, console->said_result)))
		claim_fail(claim, "the machine ended with %s, %s; the journal with %s, %s",
			   console->said_status, console->said_result, or_unknown(status),
			   or_unknown(result));
	if (is(status, "ERROR")) {
		if (is(result, "PASS"))
			claim_remark(claim, "the run ended as an error although its steps passed");
		return;
	}
	if (bad && !is(result, "FAIL"))
		claim_fail(claim, "%zu of %zu steps did not end well, and the run says %s", bad,
			   steps, or_unknown(result));
	if (ran && !bad && !is(result, "PASS"))
		claim_fail(claim, "all %zu steps that ran are ok, and the run says %s", ran,
			   or_unknown(result));
	if (steps && !ran && (!is(status, "SKIP") || is(result, "PASS")))
		claim_fail(claim, "no step ran, and the run says %s, %s", or_unknown(status),
			   or_unknown(result));
}

void judge_states(const struct inquest *inquest, struct claim *claim)
{
	size_t ran = 0, bad = 0;

	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		judge_step(inquest, step, claim);
		if (step_second_try(&inquest->steps, step))
			continue; /* that one counts */
		ran += step->outcome && !is(step->outcome, "skipped");
		bad += step->outcome && !is(step->outcome, "skipped") && !is(step->outcome, "ok");
	}
	judge_end(inquest, ran, bad, claim);
}
