/* SPDX-License-Identifier: MIT */
/*
 * The tables that people know from the stock tools, beside the plain rows of figures.c: ping,
 * iperf, bonnie++ as on the page of 2011, simultaneous use by machine, percentiles by operation.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

enum { COLUMNS = 9, NAME_WIDTH = 30, PLACE_WIDTH = 48 };

/* ---- one figure of a step ---- */

static const cJSON *measurement_at(const struct step_view *step, size_t at)
{
	const cJSON *json = step->records->at[at].json;
	const char *id = record_step(json);

	return id && !strcmp(id, step->id) ? json_path(json, "testStepArtifact.measurement") : NULL;
}

/* At this place (NULL: the first there is). NAN: not measured. */
static double figure_at(const struct step_view *step, const char *metric, const cJSON *place)
{
	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *found = measurement_at(step, i);
		const char *name = json_text(found, "name");

		if (name && !strcmp(name, metric) &&
		    (!place || cJSON_Compare(json_path(found, "metadata.at"), place, 1)))
			return json_number(found, "value", NAN);
	}
	return NAN;
}

static void add_figure(struct text *out, int width, double value)
{
	char room[32] = "-";
	struct text text;

	if (isfinite(value)) {
		text_begin(&text, room, sizeof(room));
		text_add_value(&text, value);
	}
	text_add(out, " %*s", width, room);
}

/* ---- tables with a row for each step of a benchmark ---- */

struct column {
	const char *metric, *head;
};
struct step_table {
	const char *bench, *title;
	struct column columns[COLUMNS];
};
/* clang-format off */
static const struct step_table step_tables[] = {
	{ "net.ping", "ping", { { "sent", "sent" }, { "received", "received" }, { "loss", "loss %" }, { "rtt_min", "min ms" },
		{ "rtt_avg", "avg ms" }, { "rtt_max", "max ms" }, { "rtt_mdev", "mdev ms" } } },
	{ "net.tcp", "iperf, TCP", { { "outgoing", "out Mbit/s" }, { "incoming", "in Mbit/s" }, { "retransmits", "retransmits" },
		{ "rtt", "rtt ms" }, { "cpu", "CPU %" } } },
	{ "net.udp", "iperf, UDP", { { "outgoing", "out Mbit/s" }, { "jitter", "jitter ms" }, { "lost", "lost" }, { "datagrams", "of" },
		{ "incoming", "in Mbit/s" }, { "incoming_jitter", "jitter ms" }, { "incoming_lost", "lost" } } },
};
/* clang-format on */

static bool is_of(const struct step_view *step, const char *bench)
{
	size_t len = strlen(bench);

	return !strncmp(step->name, bench, len) && (!step->name[len] || step->name[len] == ' ');
}

static size_t columns_of(const struct step_table *table)
{
	size_t count = 0;

	while (count < COLUMNS && table->columns[count].metric)
		count++;
	return count;
}

static bool add_step_row(const struct step_table *table, const struct step_view *step,
			 struct text *out)
{
	double values[COLUMNS];
	bool any = false;

	for (size_t i = 0; i < columns_of(table); i++) {
		values[i] = figure_at(step, table->columns[i].metric, NULL);
		any |= isfinite(values[i]);
	}
	if (!any)
		return false;
	text_add(out, "%-*s", NAME_WIDTH, step->name);
	for (size_t i = 0; i < columns_of(table); i++)
		add_figure(out, 11, values[i]);
	text_add(out, "\n");
	return true;
}

static void add_step_table(const struct step_table *table, const struct step_view *steps,
			   size_t count, struct text *out)
{
	struct text before = *out;
	bool any = false;

	text_add(out, "%-*s", NAME_WIDTH, table->title);
	for (size_t i = 0; i < columns_of(table); i++)
		text_add(out, " %11s", table->columns[i].head);
	text_add(out, "\n");
	for (size_t i = 0; i < count; i++)
		if (is_of(&steps[i], table->bench))
			any |= add_step_row(table, &steps[i], out);
	if (any)
		text_add(out, "\n");
	else
		*out = before; /* the heading of nothing */
	out->start[out->len] = '\0';
}

/* ---- bonnie++ ---- */

static const char bonnie_heads[][2][112] = {
	{ "----------Sequential Output----------- ----Sequential Input----- ---Random---",
	  "------------Sequential Create--------- ------------Random Create-------------" },
	{ "--Per Chr--- ---Block---- --Rewrite--- --Per Chr--- ---Block---- ---Seeks----",
	  "---Create--- ----Read---- ---Delete--- ---Create--- ----Read---- ---Delete---" },
	{ "   K/sec %CP    K/sec %CP    K/sec %CP    K/sec %CP    K/sec %CP     /sec %CP",
	  "    /sec %CP     /sec %CP     /sec %CP     /sec %CP     /sec %CP     /sec %CP" },
};
static const char *const bonnie_phases[2][6] = {
	{ "putc", "put_block", "rewrite", "getc", "get_block", "seeks" },
	{ "seq_create", "seq_stat", "seq_del", "ran_create", "ran_stat", "ran_del" },
};

static void add_phase(const struct step_view *step, const char *phase, struct text *out)
{
	double rate = figure_at(step, phase, NULL), busy;
	char name[64];

	snprintf(name, sizeof(name), "%s_cpu", phase);
	busy = figure_at(step, name, NULL);
	if (!isfinite(rate)) {
		text_add(out, " %8s %3s", "--", "--");
		return;
	}
	text_add(out, rate < 1000 ? " %8.1f" : " %8.0f", rate);
	if (isfinite(busy))
		text_add(out, " %3.0f", busy);
	else
		text_add(out, " %3s", "--");
}

static void add_bonnie(const struct step_view *step, struct text *out)
{
	for (size_t part = 0; part < 2; part++) {
		double first = NAN;

		for (size_t i = 0; i < 6 && !isfinite(first); i++)
			first = figure_at(step, bonnie_phases[part][i], NULL);
		if (!isfinite(first))
			continue;
		for (size_t line = 0; line < COUNT_OF(bonnie_heads); line++)
			text_add(out, "%-*s %s\n", NAME_WIDTH, line ? "" : "bonnie++",
				 bonnie_heads[line][part]);
		text_add(out, "%-*s", NAME_WIDTH, step->name);
		for (size_t i = 0; i < 6; i++)
			add_phase(step, bonnie_phases[part][i], out);
		text_add(out, "\n\n");
	}
}

/* ---- simultaneous use: a row for each machine ---- */

static void add_meeting(const struct step_view *step, struct text *out)
{
	static const struct column columns[] = { { "alone", "alone" },
						 { "together", "together" },
						 { "portion", "share %" },
						 { "penalty", "penalty %" },
						 { "lost_percent", "lost %" } };
	bool headed = false;

	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *found = measurement_at(step, i),
			    *place = json_path(found, "metadata.at");
		const char *name = json_text(found, "name");

		if (!name || strcmp(name, "together") != 0 || !place)
			continue;
		if (!headed) {
			text_add(out, "%-*s", NAME_WIDTH, step->name);
			for (size_t c = 0; c < COUNT_OF(columns); c++)
				text_add(out, " %11s", columns[c].head);
			text_add(out, "   Mbit/s\n");
			headed = true;
		}
		text_add(out, "  machine %-*.0f", NAME_WIDTH - 10,
			 json_number(cJSON_GetArrayItem(place, 0), "value", 0));
		for (size_t c = 0; c < COUNT_OF(columns); c++)
			add_figure(out, 11, figure_at(step, columns[c].metric, place));
		text_add(out, "\n");
	}
	if (headed) {
		text_add(out, "  all together%*s", NAME_WIDTH - 14, "");
		add_figure(out, 23, figure_at(step, "aggregate", NULL));
		text_add(out, "   fairness");
		add_figure(out, 1, figure_at(step, "fairness", NULL));
		text_add(out, "\n\n");
	}
}

/* ---- percentiles: NAME_p50, NAME_p99 ... as a row of NAME ---- */

/* bonnie++'s rows write 99.9 without its point. */
static const struct column percentiles[] = {
	{ "p50", "" }, { "p90", "" },	    { "p95", "" },
	{ "p99", "" }, { "p99_9", "p999" }, { "p99_99", "p9999" },
};

static double percentile_at(const struct step_view *step, const char *metric, size_t len,
			    const char *word, const cJSON *place)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s_%s", (int)len, metric, word);
	return figure_at(step, name, place);
}

static void add_percentile_row(const struct step_view *step, const char *metric,
			       const cJSON *measurement, struct text *out)
{
	const char *unit = json_text(measurement, "unit");
	const cJSON *place = json_path(measurement, "metadata.at");
	size_t len = strlen(metric) - 4; /* without _p99 */
	char name[160], where[40];

	figures_place(place, where, sizeof(where));
	snprintf(name, sizeof(name), "%.26s %.*s%s%s", step->name, (int)len, metric,
		 *where ? ", " : "", where);
	text_add(out, "%-*s %-4s", PLACE_WIDTH, name, unit ? unit : "");
	for (size_t i = 0; i < COUNT_OF(percentiles); i++) {
		double value = percentile_at(step, metric, len, percentiles[i].metric, place);

		if (!isfinite(value))
			value = percentile_at(step, metric, len, percentiles[i].head, place);
		add_figure(out, 9, value);
	}
	text_add(out, "\n");
}

static void add_percentiles(const struct step_view *step, bool *headed, struct text *out)
{
	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *found = measurement_at(step, i);
		const char *name = json_text(found, "name");
		size_t len = name ? strlen(name) : 0;

		if (len < 5 || len > 60 || strcmp(name + len - 4, "_p99") != 0)
			continue;
		if (!*headed)
			text_add(out, "%-*s %-4s %9s %9s %9s %9s %9s %9s\n", PLACE_WIDTH,
				 "latency by percentile", "", "p50", "p90", "p95", "p99", "p99.9",
				 "p99.99");
		*headed = true;
		add_percentile_row(step, name, found, out);
	}
}

void tables_write(const struct step_view *steps, size_t count, struct text *out)
{
	bool headed = false;

	for (size_t i = 0; i < COUNT_OF(step_tables); i++)
		add_step_table(&step_tables[i], steps, count, out);
	for (size_t i = 0; i < count; i++)
		if (is_of(&steps[i], "net.simultaneous"))
			add_meeting(&steps[i], out);
	for (size_t i = 0; i < count; i++)
		if (is_of(&steps[i], "file.bonnie"))
			add_bonnie(&steps[i], out);
	for (size_t i = 0; i < count; i++)
		add_percentiles(&steps[i], &headed, out);
	if (headed)
		text_add(out, "\n");
}
