/* SPDX-License-Identifier: MIT */
/* Reads tables of the form "label: count count ... words", with processors named in the first line.
 */
#include "bench/engine/counters.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int counters_take(struct counters *counters)
{
	enum { LIMIT = 16 << 20 };
	ssize_t a, b, c;

	*counters = (struct counters){ 0 };
	a = file_load(&counters->interrupts, LIMIT, "/proc/interrupts");
	b = file_load(&counters->softirqs, LIMIT, "/proc/softirqs");
	c = file_load(&counters->stat, LIMIT, "/proc/stat");
	return a < 0 ? (int)a : b < 0 ? (int)b : c < 0 ? (int)c : 0;
}

void counters_free(struct counters *counters)
{
	free(counters->interrupts);
	free(counters->softirqs);
	free(counters->stat);
	*counters = (struct counters){ 0 };
}

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : at;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* The place of "CPU<cpu>" in the first line: processors that are off line have no column. */
static int column_of(const char *table, unsigned cpu)
{
	const char *at = skip_blanks(table);
	char wanted[24];
	size_t len = (size_t)snprintf(wanted, sizeof(wanted), "CPU%u", cpu);

	for (int column = 0; *at && *at != '\n'; column++) {
		size_t width = strcspn(at, " \t\n");

		if (width == len && !strncmp(at, wanted, len))
			return column;
		at = skip_blanks(at + width);
	}
	return -1;
}

/* "label:" at the line's start, or NULL. ERR and MIS count for the whole machine, in the first
 * column. */
static const char *label_of(const char *line, size_t *len)
{
	const char *label = skip_blanks(line);

	*len = strcspn(label, ": \t\n");
	if (!*len || label[*len] != ':' || !strncmp(label, "ERR:", 4) || !strncmp(label, "MIS:", 4))
		return NULL;
	return label;
}

/* The count in a column; false when the row is shorter ("ERR: 0"). */
static bool count_in(const char *label, size_t len, int column, uint64_t *count)
{
	const char *at = skip_blanks(label + len + 1);

	for (; column > 0; column--) {
		if (!isdigit((unsigned char)*at))
			return false;
		at = skip_blanks(at + strspn(at, "0123456789"));
	}
	*count = strtoull(at, NULL, 10);
	return isdigit((unsigned char)*at);
}

static uint64_t count_before(const char *table, const char *label, size_t len, int column)
{
	uint64_t count;
	size_t width;

	for (const char *line = next_line(table); *line; line = next_line(line)) {
		const char *other = label_of(line, &width);

		if (other && width == len && !strncmp(other, label, len))
			return count_in(other, width, column, &count) ? count : 0;
	}
	return 0;
}

/* The label and the words after the counts, blanks made single. */
static void name_row(const char *label, size_t len, char name[SOURCE_NAME])
{
	const char *at = label + len + 1;
	size_t used = len < SOURCE_NAME - 1 ? len : SOURCE_NAME - 1;

	memcpy(name, label, used);
	do
		at = skip_blanks(at + strspn(at, "0123456789"));
	while (isdigit((unsigned char)*at) && strspn(at, "0123456789") == strcspn(at, " \t\n"));
	while (*at && *at != '\n' && used + 2 < SOURCE_NAME) {
		size_t width = strcspn(at, " \t\n");

		name[used++] = ' ';
		width = width < SOURCE_NAME - 1 - used ? width : SOURCE_NAME - 1 - used;
		memcpy(name + used, at, width);
		used += width;
		at = skip_blanks(at + strcspn(at, " \t\n"));
	}
	name[used] = '\0';
}

static void rank(struct rise *rise, const char *label, size_t len, uint64_t count)
{
	int place = SOURCES;

	while (place > 0 && rise->top[place - 1].count < count)
		place--;
	if (place == SOURCES)
		return;
	memmove(&rise->top[place + 1], &rise->top[place],
		sizeof(rise->top[0]) * (size_t)(SOURCES - 1 - place));
	rise->top[place].count = count;
	name_row(label, len, rise->top[place].name);
}

void counters_rise(const char *before, const char *after, unsigned cpu, struct rise *rise)
{
	int column = after ? column_of(after, cpu) : -1,
	    old_column = before ? column_of(before, cpu) : -1;
	uint64_t now, then;
	size_t len;

	if (column < 0 || old_column < 0)
		return;
	for (const char *line = next_line(after); *line; line = next_line(line)) {
		const char *label = label_of(line, &len);

		if (!label || !count_in(label, len, column, &now))
			continue;
		then = count_before(before, label, len, old_column);
		if (now <= then)
			continue;
		rise->total += now - then;
		rank(rise, label, len, now - then);
	}
}

bool counters_cpu(const char *stat, unsigned cpu, struct cpu_ticks *ticks)
{
	enum {
		STEAL = 7,
		FIELDS = 8
	}; /* user nice system idle iowait irq softirq steal; guests are in user */
	char wanted[24];
	size_t len = (size_t)snprintf(wanted, sizeof(wanted), "cpu%u ", cpu);

	*ticks = (struct cpu_ticks){ 0 };
	for (const char *line = stat; line && *line; line = next_line(line)) {
		char *at = (char *)line + len;

		if (strncmp(line, wanted, len))
			continue;
		for (int field = 0; field < FIELDS; field++) {
			uint64_t value = strtoull(at, &at, 10);

			ticks->all += value;
			ticks->steal = field == STEAL ? value : 0;
		}
		return true;
	}
	return false;
}

uint64_t counters_switches(const char *stat)
{
	const char *line = stat ? strstr(stat, "\nctxt ") : NULL;

	return line ? strtoull(line + 6, NULL, 10) : 0;
}
