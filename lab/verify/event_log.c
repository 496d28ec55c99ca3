/* SPDX-License-Identifier: MIT */
/*
 * E8: the firmware's event log replayed to PCRs. TCG PC Client Platform Firmware Profile, 10.2: a
 * first event in the old form, whose data name the hashes of all that follow ("Spec ID Event03");
 * then events with a digest of each kind.
 */
#include <string.h>

#include "lab/verify/cursor.h"
#include "lab/verify/event_log.h"
#include "lab/verify/sha256.h"

enum { SHA256_ID = 0x000b, NO_ACTION = 3, ALGORITHMS = 8 };

static uint32_t take_number(struct cursor *cursor, size_t bytes)
{
	const uint8_t *at = cursor_take(cursor, bytes);
	uint32_t number = 0;

	for (size_t i = 0; at && i < bytes; i++)
		number |= (uint32_t)at[i] << 8 * i;
	return number;
}

struct algorithms {
	uint32_t count;
	uint16_t id[ALGORITHMS], bytes[ALGORITHMS];
};

static bool read_heading(struct cursor *cursor, struct algorithms *out)
{
	struct cursor event = { 0 };
	uint32_t type;

	take_number(cursor, 4);
	type = take_number(cursor, 4);
	cursor_take(cursor, 20);
	event.left = take_number(cursor, 4);
	event.at = cursor_take(cursor, event.left);
	if (!event.at || type != NO_ACTION)
		return false;
	const uint8_t *signature = cursor_take(&event, 16);
	if (!signature || memcmp(signature, "Spec ID Event03", 16) != 0)
		return false;
	cursor_take(&event, 8); /* platform class, version, errata, size of a UINTN */
	out->count = take_number(&event, 4);
	if (event.bad || out->count > ALGORITHMS)
		return false;
	for (uint32_t i = 0; i < out->count; i++) {
		out->id[i] = (uint16_t)take_number(&event, 2);
		out->bytes[i] = (uint16_t)take_number(&event, 2);
	}
	return !event.bad;
}

static size_t bytes_of(const struct algorithms *algorithms, uint32_t id)
{
	for (uint32_t i = 0; i < algorithms->count; i++)
		if (algorithms->id[i] == id)
			return algorithms->bytes[i];
	return 0;
}

static void extend(struct event_log *log, uint32_t pcr, const uint8_t digest[32])
{
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, log->pcr[pcr], 32);
	sha256_add(&sha, digest, 32);
	sha256_end(&sha, log->pcr[pcr]);
	log->extended[pcr] = true;
}

/* "StartupLocality": PCR 0 begins with the locality in its last byte. */
static void take_locality(struct event_log *log, const uint8_t *data, size_t len)
{
	if (len == 17 && !memcmp(data, "StartupLocality", 16) && !log->extended[0])
		log->pcr[0][31] = data[16];
}

static bool read_event(struct cursor *cursor, const struct algorithms *algorithms,
		       struct event_log *log)
{
	uint32_t pcr = take_number(cursor, 4), type = take_number(cursor, 4);
	uint32_t count = take_number(cursor, 4), size;
	const uint8_t *ours = NULL, *data;

	for (uint32_t i = 0; i < count && !cursor->bad; i++) {
		uint32_t id = take_number(cursor, 2);
		size_t bytes = bytes_of(algorithms, id);
		const uint8_t *digest = cursor_take(cursor, bytes);

		if (!bytes)
			return false;
		if (id == SHA256_ID && bytes == 32)
			ours = digest;
	}
	size = take_number(cursor, 4);
	data = cursor_take(cursor, size);
	if (cursor->bad || pcr >= EVENT_PCRS)
		return false;
	if (type == NO_ACTION)
		take_locality(log, data, size);
	else if (ours)
		extend(log, pcr, ours);
	log->events++;
	return true;
}

bool event_log_replay(const void *data, size_t len, struct event_log *out)
{
	struct cursor cursor = { .at = data, .left = len };
	struct algorithms algorithms = { 0 };

	memset(out, 0, sizeof(*out));
	if (!read_heading(&cursor, &algorithms) || !bytes_of(&algorithms, SHA256_ID))
		return false;
	while (cursor.left)
		if (!read_event(&cursor, &algorithms, out))
			return false;
	return true;
}
