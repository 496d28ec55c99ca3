/* SPDX-License-Identifier: MIT */
/* The machines that were seen, and what is told of them to whoever asks. */
#include "lab/serve/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t serve_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct station *make_place(struct stations *stations)
{
	struct station *oldest = &stations->at[0];

	if (stations->count < STATIONS)
		return &stations->at[stations->count++];
	for (size_t i = 1; i < STATIONS; i++)
		if (stations->at[i].seen_ns < oldest->seen_ns)
			oldest = &stations->at[i];
	return oldest;
}

struct station *stations_find(struct stations *stations, const char *address)
{
	struct station *station = NULL;

	for (size_t i = 0; i < stations->count && !station; i++)
		if (!strcmp(stations->at[i].address, address))
			station = &stations->at[i];
	if (!station) {
		station = make_place(stations);
		*station = (struct station){ 0 };
		snprintf(station->address, sizeof(station->address), "%s", address);
	}
	station->seen_ns = serve_now_ns();
	return station;
}

/* ---- status ---- */

static const struct run *run_of(const struct serving *serving, const char *id)
{
	for (size_t i = 0; i < serving->run_count; i++)
		if (!strcmp(serving->runs[i].id, id))
			return &serving->runs[i];
	return NULL;
}

static void add_progress(const struct run *run, struct text *out)
{
	if (!run)
		return;
	text_add(out, "%s  ", run->plan);
	if (run->ended)
		text_add(out, "ended %s", run->end);
	else if (run->of)
		text_add(out, "step %u of %u %s", run->place, run->of, run->step);
	else
		text_add(out, "%s", run->step[0] ? run->step : "begun");
	text_add(out, ", %u records", run->next);
}

char *status_text(const struct serving *serving)
{
	enum { LINE = 320 };
	size_t room = (serving->stations.count + 4) * LINE;
	char *out = malloc(room);
	struct text text;

	if (!out)
		return NULL;
	text_begin(&text, out, room);
	text_add(&text, "assay serve %s\n%zu machines, %llu records, %llu files, %llu refused\n\n",
		 serving->url, serving->stations.count, (unsigned long long)serving->records,
		 (unsigned long long)serving->files, (unsigned long long)serving->refusals);
	for (size_t i = 0; i < serving->stations.count; i++) {
		const struct station *station = &serving->stations.at[i];

		text_add(&text, "%-17s  %-15s  %-10s  %-24s  ",
			 station->mac[0] ? station->mac : "-", station->address,
			 station->firmware[0] ? station->firmware : "-",
			 station->file[0] ? station->file : "-");
		add_progress(run_of(serving, station->run_id), &text);
		text_add(&text, "\n");
	}
	return out;
}
