/* SPDX-License-Identifier: MIT */
/* M12: what was known of the machine's noise before it was measured: the gate's record and
 * self.noise. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "lab/verify/verify.h"

enum { QUIET, NOISY, UNUSABLE, WORDS };
static const char *const words[WORDS] = { "quiet", "noisy", "unusable" };

/* The limits of the gate, as docs/audit.md has them: quiet is at most 1 % stolen and 0.2 ms late,
 * unusable 10 % or 5 ms. */
static int judge_figures(double stolen_percent, double late_us)
{
	if (!(stolen_percent < 10 && late_us < 5000))
		return UNUSABLE;
	return stolen_percent > 1 || late_us > 200 ? NOISY : QUIET;
}

/* What the figures allow: the record has three digits of each, so one at a limit may be of either
 * side. */
struct allowed {
	int least, most; /* -1: no figures */
};

/* The worst of the CPUs that the text names. */
static struct allowed judge_text(const char *text)
{
	struct allowed worst = { -1, -1 };

	for (const char *at = text; at; at = strstr(at, "; ") ? strstr(at, "; ") + 2 : NULL) {
		static const double rounding = 0.005;
		double stolen, longest_us, late_us;
		unsigned cpu;
		int least, most;

		if (sscanf(at, "cpu %u: %lf %% stolen, longest %lf us, timers %lf us late", &cpu,
			   &stolen, &longest_us, &late_us) != 4)
			continue;
		least = judge_figures(stolen * (1 - rounding), late_us * (1 - rounding));
		most = judge_figures(stolen * (1 + rounding), late_us * (1 + rounding));
		worst.least = least > worst.least ? least : worst.least;
		worst.most = most > worst.most ? most : worst.most;
	}
	return worst;
}

static int word_of(const char *text)
{
	for (int word = QUIET; word < WORDS; word++) {
		size_t len = strlen(words[word]);

		if (!strncmp(text, words[word], len) && text[len] == ':')
			return word;
	}
	return -1;
}

/* Behind that record: a run that was cut off passes the gate once more. */
static bool a_step_ran(const struct inquest *inquest, size_t since)
{
	for (size_t i = 0; i < inquest->steps.count; i++)
		if (step_ran(&inquest->steps.at[i]) && inquest->steps.at[i].first > since)
			return true;
	return false;
}

/* The settings' word about going on, and whether it went on. */
static void judge_going_on(const struct inquest *inquest, int word, size_t at, struct claim *claim)
{
	const char *gate = json_text(inquest->start, "parameters.gate");
	bool stops = gate && ((!strcmp(gate, "stop") && word == UNUSABLE) ||
			      (!strcmp(gate, "strict") && word != QUIET));

	if (stops && a_step_ran(inquest, at))
		claim_fail(claim, "gate=%s, and steps ran on a machine that the gate calls %s",
			   gate, words[word]);
	else if (word == UNUSABLE && a_step_ran(inquest, at))
		claim_informative(claim, "measured on a machine that the gate calls unusable");
}

static void judge_gate(const struct inquest *inquest, const char *text, size_t at,
		       struct claim *claim)
{
	int said = word_of(text);
	struct allowed found;

	if (said < 0) {
		claim_fail(claim, "the noise gate says neither quiet, noisy nor unusable: %.80s",
			   text);
		return;
	}
	found = judge_text(text + strlen(words[said]) + 1 + strspn(strchr(text, ':') + 1, " "));
	if (found.most < 0)
		claim_missing(claim, "figures of the noise gate");
	else if (said < found.least || said > found.most)
		claim_fail(claim, "the noise gate says %s, and its figures are %s: %.200s",
			   words[said], words[found.most], text);
	claim_fact(claim, "noise gate: %.300s", text);
	judge_going_on(inquest, said, at, claim);
}

void judge_noise(const struct inquest *inquest, struct claim *claim)
{
	static const char start[] = "noise gate: ";
	size_t first = inquest->steps.count ? inquest->steps.at[0].first : SIZE_MAX;
	bool passed = false;

	for (size_t i = 0; i < inquest->records->count; i++) {
		const char *text =
			json_text(inquest->records->at[i].json, "testRunArtifact.log.message");

		if (!text || strncmp(text, start, sizeof(start) - 1) != 0)
			continue;
		if (!passed && i > first)
			claim_fail(claim, "the noise gate was passed after the first step began");
		passed = true;
		judge_gate(inquest, text + sizeof(start) - 1, i, claim);
	}
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		if (step_is_of(step, "self.noise") && step_ran(step))
			claim_fact(claim, "%s (%s), place %zu of %zu", step->id, step->name, i + 1,
				   inquest->steps.count);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE && inquest->steps.count)
		claim_missing(claim, "no noise was measured");
}
