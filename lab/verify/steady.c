/* SPDX-License-Identifier: MIT */
/*
 * M4: the steady state that a run claims, computed again from the rounds that it stored. SNIA Solid
 * State Storage Performance Test Specification 2.0.1: over a window of five rounds or more that
 * ends with the last, greatest less least is at most 20 % of the average, and the best straight
 * line (least squares) changes over the window by at most 10 % of it.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "lab/verify/verify.h"

enum { ROUNDS_MOST = 100, WINDOW_LEAST = 5, RANGE_MOST = 20, SLOPE_MOST = 10 };

struct window {
	size_t from, to; /* rounds [from, to) */
	double range, slope;
	bool steady;
};

static bool look_at(const double *value, size_t from, size_t to, struct window *out)
{
	double n = (double)(to - from), sum = 0, sum_x = 0, sum_xx = 0, sum_xy = 0;
	double least = value[from], most = value[from];

	for (size_t i = from; i < to; i++) {
		double x = (double)(i - from);

		least = value[i] < least ? value[i] : least;
		most = value[i] > most ? value[i] : most;
		sum += value[i];
		sum_x += x;
		sum_xx += x * x;
		sum_xy += x * value[i];
	}
	*out = (struct window){ .from = from, .to = to };
	if (!(sum > 0))
		return false;
	out->range = 100 * (most - least) * n / sum;
	out->slope =
		100 * (n * sum_xy - sum_x * sum) / (n * sum_xx - sum_x * sum_x) * (n - 1) * n / sum;
	out->steady = out->range <= RANGE_MOST && fabs(out->slope) <= SLOPE_MOST;
	return true;
}

/* The longest steady window that ends here, or the last five rounds. False: too few rounds. */
static bool find_window(const double *value, size_t count, struct window *out)
{
	if (count < WINDOW_LEAST)
		return false;
	for (size_t from = 0; from + WINDOW_LEAST <= count; from++)
		if (look_at(value, from, count, out) && out->steady)
			return true;
	return look_at(value, count - WINDOW_LEAST, count, out);
}

struct told {
	double round[ROUNDS_MOST], rounds, range, slope;
	size_t count;
	const char *verdict; /* PASS: it claims steady state */
};

static void take_measurement(const cJSON *measurement, const char *step, struct told *told,
			     struct claim *claim)
{
	const char *name = or_unknown(json_text(measurement, "name"));
	double value = json_number(measurement, "value", NAN);
	const cJSON *at = json_first(json_path(measurement, "metadata.at"));

	if (!strcmp(name, "rounds"))
		told->rounds = value;
	else if (!strcmp(name, "window_range"))
		told->range = value;
	else if (!strcmp(name, "window_slope"))
		told->slope = value;
	if (strcmp(name, "round_iops") != 0 || told->count == ROUNDS_MOST)
		return;
	if (fabs(json_number(at, "value", 0) - (double)(told->count + 1)) > 0)
		claim_fail(claim, "step %s: round %zu is absent or out of order", step,
			   told->count + 1);
	told->round[told->count++] = value;
}

static void read_told(const struct inquest *inquest, const struct step_told *step,
		      struct told *told, struct claim *claim)
{
	*told = (struct told){ .rounds = NAN, .range = NAN, .slope = NAN };
	for (size_t i = step->first; i <= step->last; i++) {
		const struct record *record = &inquest->records->at[i];
		const cJSON *measurement = step_part(record, step, "measurement"),
			    *diagnosis = step_part(record, step, "diagnosis");
		const char *verdict = json_text(diagnosis, "verdict");

		if (measurement)
			take_measurement(measurement, step->id, told, claim);
		if (verdict && !strcmp(verdict, "steady-state"))
			told->verdict = json_text(diagnosis, "type");
	}
}

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-6 * (1 + fabs(b));
}

static void compare(const struct step_told *step, const struct told *told,
		    const struct window *window, bool known, struct claim *claim)
{
	bool claimed = told->verdict && !strcmp(told->verdict, "PASS");

	if (!is_near(told->rounds, (double)told->count))
		claim_fail(claim, "step %s says %g rounds and stored %zu", step->id, told->rounds,
			   told->count);
	if (claimed != (known && window->steady))
		claim_fail(claim, "step %s %s steady state; its %zu rounds give %s", step->id,
			   claimed ? "claims" : "does not claim", told->count,
			   !known	  ? "too few" :
			   window->steady ? "one" :
					    "none");
	if (!known)
		return claim_fact(claim, "%s: not known: %zu rounds", step->id, told->count);
	if (!is_near(told->range, window->range) || !is_near(told->slope, window->slope))
		claim_fail(claim,
			   "step %s says range %.6g %% and slope %.6g %%; rounds %zu to %zu give "
			   "%.6g %% and %.6g %%",
			   step->id, told->range, told->slope, window->from + 1, window->to,
			   window->range, window->slope);
	claim_fact(claim, "%s: %s: rounds %zu to %zu range over %.3g %% and slope by %.3g %%",
		   step->id, window->steady ? "steady" : "not steady", window->from + 1, window->to,
		   window->range, window->slope);
}

void judge_steady(const struct inquest *inquest, struct claim *claim)
{
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];
		struct window window = { 0 };
		struct told told;
		bool known;

		if (!step_is_of(step, "disk.steady") || !step_ran(step))
			continue;
		read_told(inquest, step, &told, claim);
		known = find_window(told.round, told.count, &window);
		compare(step, &told, &window, known, claim);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no step that seeks a steady state ran");
}
