/* SPDX-License-Identifier: MIT */
/* The records' order, chain and ways out. */
#include "lib/lib.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int journal_add_sink(struct journal *journal, struct sink *sink)
{
	if (journal->sink_count == JOURNAL_SINKS)
		return -ENOSPC;
	journal->sinks[journal->sink_count++] = sink;
	return 0;
}

/* Every living sink gets the line; one that fails is dead from here on. Returns how many took it. */
static int hand_out(struct journal *journal, const char *line, size_t len, bool bulk)
{
	int taken = 0;

	for (size_t i = 0; i < journal->sink_count; i++) {
		struct sink *sink = journal->sinks[i];

		if (sink->dead || (bulk && sink->skip_bulk))
			continue;
		sink->dead = sink->append(sink, line, len, journal->sequence, &journal->head);
		if (!sink->dead && !bulk)
			sink->dead = sink->flush(sink);
		taken += !sink->dead;
	}
	return taken;
}

static int number_and_stamp(struct journal *journal, cJSON *artifact)
{
	char timestamp[TIMESTAMP_ROOM];

	timestamp_format(journal->wall_ms(), timestamp);
	if (!cJSON_AddNumberToObject(artifact, "sequenceNumber", journal->sequence) ||
	    !cJSON_AddStringToObject(artifact, "timestamp", timestamp))
		return -ENOMEM;
	return 0;
}

static int write_line(struct journal *journal, cJSON *artifact, bool bulk);

/* What lives must say that another way out is gone, at the place in the order where it went. */
static void tell_of_the_dead(struct journal *journal)
{
	for (size_t i = 0; i < journal->sink_count; i++) {
		struct sink *sink = journal->sinks[i];
		char message[160];

		if (!sink->dead || sink->told)
			continue;
		sink->told = true;
		snprintf(message, sizeof(message), "the %s failed and gets no more records: %s",
			 sink->name, strerror(-sink->dead));
		write_line(journal, artifact_error(NULL, "sink-failed", message), false);
	}
}

static int write_line(struct journal *journal, cJSON *artifact, bool bulk)
{
	static char line[JOURNAL_LINE];
	size_t len;
	int taken;

	if (!artifact)
		return -ENOMEM;
	if (number_and_stamp(journal, artifact) ||
	    !cJSON_PrintPreallocated(artifact, line, sizeof(line) - 2, 0)) {
		cJSON_Delete(artifact);
		return -ENOBUFS;
	}
	cJSON_Delete(artifact);
	len = strlen(line);
	digest_chain(&journal->head, line, len);
	line[len] = '\n';
	line[len + 1] = '\0';
	taken = hand_out(journal, line, len + 1, bulk);
	journal->sequence++;
	if (taken)
		tell_of_the_dead(journal);
	return taken ? 0 : -EIO;
}

int journal_write(struct journal *journal, cJSON *artifact)
{
	return write_line(journal, artifact, false);
}

int journal_write_bulk(struct journal *journal, cJSON *artifact)
{
	return write_line(journal, artifact, true);
}

int frame_format(char *out, size_t room, unsigned sequence, const struct digest *head,
		 const char *line, size_t len)
{
	char hex[65];
	int n;

	digest_hex(head, hex, 32);
	n = snprintf(out, room, "@assay %u %s %.*s\n", sequence, hex, (int)len, line);
	return n < 0 || (size_t)n >= room ? -ENOSPC : n;
}

static bool parse_sequence(const char **at, const char *end, unsigned *out)
{
	uint64_t value = 0;
	const char *start = *at;

	for (; *at < end && isdigit((unsigned char)**at); (*at)++) {
		value = value * 10 + (uint64_t)(**at - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*out = (unsigned)value;
	return *at > start;
}

static bool parse_head(const char **at, const char *end, char *out)
{
	size_t n = 0;

	while (*at < end && n < 64 && strchr("0123456789abcdef", **at))
		out[n++] = *(*at)++;
	out[n] = '\0';
	return n >= 8;
}

bool frame_parse(const char *console_line, size_t len, struct frame *out)
{
	static const char marker[] = "@assay ";
	const char *at = console_line, *end = console_line + len;

	while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
		end--;
	if ((size_t)(end - at) < sizeof(marker) || memcmp(at, marker, sizeof(marker) - 1))
		return false;
	at += sizeof(marker) - 1;
	if (!parse_sequence(&at, end, &out->sequence) || at == end || *at++ != ' ')
		return false;
	if (!parse_head(&at, end, out->head) || at == end || *at++ != ' ' || at == end ||
	    *at != '{')
		return false;
	out->line = at;
	out->len = (size_t)(end - at);
	return true;
}
