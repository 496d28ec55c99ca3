/* SPDX-License-Identifier: MIT */
/* Serial log against journal, record for record. */
#include <string.h>

#include "lab/journal/journal.h"

enum { NAMED_AT_MOST = 20 };

bool heads_agree(const char *a, const char *b)
{
	size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return !strncmp(a, b, len);
}

static const char *difference(const struct record *serial, const struct record *kept)
{
	if (!kept)
		return "came over serial and is not in the journal";
	if (serial->len != kept->len || memcmp(serial->line, kept->line, kept->len) != 0)
		return "reads differently on serial and in the journal";
	return heads_agree(serial->head, kept->head) ?
		       NULL :
		       "has another hash on serial than in journal.sha256";
}

static bool is_bulk(const struct record *record)
{
	const char *kind = record_kind(record->json, NULL);

	return kind && !strcmp(kind, "measurementSeriesElement");
}

static void count_one(struct notes *differences, size_t *count, unsigned sequence, const char *what)
{
	if (++*count <= NAMED_AT_MOST)
		notes_add(differences, "record %u %s", sequence, what);
}

static void say_rest(struct notes *differences, size_t count)
{
	if (count > NAMED_AT_MOST)
		notes_add(differences, "... and %zu more", count - NAMED_AT_MOST);
}

size_t channels_compare(const struct journal_copy *journal, const struct console *console,
			struct notes *differences, size_t *absent)
{
	const struct records *serial = &console->records, *kept = &journal->records;
	size_t count = 0;

	for (size_t i = 0; i < serial->count; i++) {
		const char *what =
			difference(&serial->at[i], records_find(kept, serial->at[i].sequence));

		if (what)
			count_one(differences, &count, serial->at[i].sequence, what);
	}
	say_rest(differences, count);
	*absent = 0;
	for (size_t i = 0; i < kept->count; i++)
		if (!is_bulk(&kept->at[i]) && !records_find(serial, kept->at[i].sequence))
			count_one(differences, absent, kept->at[i].sequence,
				  "is in the journal and not in the serial log");
	say_rest(differences, *absent);
	return count;
}
