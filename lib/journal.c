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

/* Of a frame by itself: as if its line, and then its number, followed its hash in a chain. */
static void check_digits(const struct digest *head, const char *line, size_t len, unsigned sequence,
			 char out[FRAME_CHECK + 1])
{
	struct digest check = *head;
	char number[12];

	digest_chain(&check, line, len);
	digest_chain(&check, number, (size_t)snprintf(number, sizeof(number), "%u", sequence));
	digest_hex(&check, out, FRAME_CHECK / 2);
}

int frame_format(char *out, size_t room, unsigned sequence, const struct digest *head,
		 const char *line, size_t len)
{
	char hex[65], check[FRAME_CHECK + 1];
	int n;

	digest_hex(head, hex, 32);
	check_digits(head, line, len, sequence, check);
	n = snprintf(out, room, "@assay %u %s%s %.*s\n", sequence, hex, check, (int)len, line);
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

/* 8 to 64 digits; or all 64 and the frame's own, which go to check. */
static bool parse_head(const char **at, const char *end, char *out, char check[FRAME_CHECK + 1])
{
	const char *start = *at;
	size_t n;

	while (*at < end && **at && strchr("0123456789abcdef", **at))
		(*at)++;
	n = (size_t)(*at - start);
	if (n < 8 || (n > 64 && n != 64 + FRAME_CHECK))
		return false;
	snprintf(check, FRAME_CHECK + 1, "%.*s", n > 64 ? FRAME_CHECK : 0, start + 64 * (n > 64));
	snprintf(out, 65, "%.*s", (int)(n > 64 ? 64 : n), start);
	return true;
}

static bool is_sound(const struct frame *frame, const char *check)
{
	char ours[FRAME_CHECK + 1];
	struct digest head;

	if (!*check)
		return true;
	digest_parse(frame->head, &head);
	check_digits(&head, frame->line, frame->len, frame->sequence, ours);
	return !strcmp(check, ours);
}

bool frame_parse(const char *console_line, size_t len, struct frame *out)
{
	static const char marker[] = "@assay ";
	const char *at = console_line, *end = console_line + len;
	char check[FRAME_CHECK + 1];

	while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
		end--;
	if ((size_t)(end - at) < sizeof(marker) || memcmp(at, marker, sizeof(marker) - 1))
		return false;
	at += sizeof(marker) - 1;
	if (!parse_sequence(&at, end, &out->sequence) || at == end || *at++ != ' ')
		return false;
	if (!parse_head(&at, end, out->head, check) || at == end || *at++ != ' ' || at == end ||
	    *at != '{')
		return false;
	out->line = at;
	out->len = (size_t)(end - at);
	return is_sound(out, check);
}
