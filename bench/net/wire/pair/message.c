/* SPDX-License-Identifier: MIT */
/* The messages of a pair, to bytes and back: see message.h. */
#include "bench/net/wire/pair/message.h"

#include "bench/net/wire/words.h"

#include <errno.h>
#include <string.h>

static const uint8_t magic[8] = "assay-pr";

/* One cursor for both ways: with `out` the fields are written, with `in` they are read; so a
 * message has one description. */
struct cursor {
	uint8_t *out;
	const uint8_t *in;
	size_t at, len;
	bool bad;
};

static bool has_room(struct cursor *cursor, size_t bytes)
{
	cursor->bad |= cursor->len - cursor->at < bytes;
	return !cursor->bad;
}

static void field_bytes(struct cursor *cursor, void *value, size_t bytes)
{
	if (!has_room(cursor, bytes) || !bytes)
		return;
	if (cursor->out)
		memcpy(cursor->out + cursor->at, value, bytes);
	else
		memcpy(value, cursor->in + cursor->at, bytes);
	cursor->at += bytes;
}

/* A number of 1, 2 or 4 bytes. */
static void field_number(struct cursor *cursor, uint32_t *value, size_t bytes)
{
	uint8_t word[4];

	put32(word, *value);
	field_bytes(cursor, word + 4 - bytes, bytes);
	if (!cursor->out) {
		memset(word, 0, 4 - bytes);
		*value = cursor->bad ? 0 : get32(word);
	}
}

static void field_long(struct cursor *cursor, uint64_t *value)
{
	uint32_t high = (uint32_t)(*value >> 32), low = (uint32_t)*value;

	field_number(cursor, &high, 4);
	field_number(cursor, &low, 4);
	*value = (uint64_t)high << 32 | low;
}

static void field_text(struct cursor *cursor, struct pair_message *message)
{
	if (cursor->out) {
		field_bytes(cursor, (void *)(uintptr_t)message->text, message->text_len);
		return;
	}
	message->text = (const char *)cursor->in + cursor->at;
	message->text_len = cursor->len - cursor->at;
	cursor->at = cursor->len;
}

static void field_magic(struct cursor *cursor)
{
	uint8_t found[sizeof(magic)];
	uint32_t version = BEACON_VERSION, spare = 0;

	memcpy(found, magic, sizeof(magic));
	field_bytes(cursor, found, sizeof(found));
	field_number(cursor, &version, 1);
	field_number(cursor, &spare, 1);
	cursor->bad |= memcmp(found, magic, sizeof(magic)) != 0 || version != BEACON_VERSION ||
		       spare;
}

static void fields_of_hello(struct cursor *cursor, struct pair_message *message)
{
	field_magic(cursor);
	field_bytes(cursor, message->mac, sizeof(message->mac));
	field_long(cursor, &message->nonce);
	field_long(cursor, &message->for_nonce);
	field_bytes(cursor, message->digest.bytes, sizeof(message->digest.bytes));
	cursor->bad |= !message->nonce || !message->for_nonce;
}

static void field_small(struct cursor *cursor, unsigned *value, size_t bytes)
{
	uint32_t wide = *value;

	field_number(cursor, &wide, bytes);
	*value = wide;
}

static void field_turn(struct cursor *cursor, struct pair_message *message)
{
	field_small(cursor, &message->step, 2);
	field_small(cursor, &message->turn, 1);
	cursor->bad |= message->turn > 1;
}

static void fields_of(struct cursor *cursor, struct pair_message *message)
{
	unsigned flag = message->ok;

	switch (message->type) {
	case PAIR_HELLO:
		return fields_of_hello(cursor, message);
	case PAIR_AHEAD:
		field_small(cursor, &message->step, 2);
		return field_number(cursor, &message->most_ms, 4);
	case PAIR_READY:
		field_turn(cursor, message);
		return field_number(cursor, &message->most_ms, 4);
	case PAIR_SERVING:
		field_turn(cursor, message);
		field_small(cursor, &flag, 1);
		message->ok = flag;
		cursor->bad |= flag > 1;
		return field_text(cursor, message);
	case PAIR_DONE:
		field_turn(cursor, message);
		return field_small(cursor, &message->outcome, 1);
	case PAIR_RECORD:
		field_number(cursor, &message->number, 4);
		field_bytes(cursor, message->digest.bytes, sizeof(message->digest.bytes));
		return field_text(cursor, message);
	case PAIR_END:
		field_small(cursor, &message->step, 2);
		return field_number(cursor, &message->number, 4);
	case PAIR_REFUSE:
	case PAIR_BYE:
		return field_text(cursor, message);
	case PAIR_CLOCK:
		return field_long(cursor, &message->now_ns);
	case PAIR_WELCOME:
	case PAIR_ASK:
		return;
	default:
		cursor->bad = true;
	}
}

ssize_t pair_message_encode(const struct pair_message *message, uint8_t *out, size_t room)
{
	struct pair_message copy = *message; /* the description takes what it may also fill */
	struct cursor cursor = { .out = out, .at = 5, .len = room };

	if (room < 5)
		return -EMSGSIZE;
	if (cursor.len > PAIR_FRAME_ROOM)
		cursor.len = PAIR_FRAME_ROOM;
	fields_of(&cursor, &copy);
	if (cursor.bad)
		return -EMSGSIZE;
	put32(out, (uint32_t)(cursor.at - 4));
	out[4] = (uint8_t)message->type;
	return (ssize_t)cursor.at;
}

ssize_t pair_frame_length(const uint8_t *in, size_t len)
{
	uint32_t length;

	if (len < 4)
		return 0;
	length = get32(in);
	if (!length || length > PAIR_MESSAGE_MOST)
		return -EBADMSG;
	return (ssize_t)length + 4;
}

/* Texts go to consoles, files and records: nothing that moves a cursor. A record may hold UTF-8. */
static bool is_clean(const struct pair_message *message)
{
	bool record = message->type == PAIR_RECORD;

	for (size_t i = 0; i < message->text_len; i++) {
		uint8_t c = (uint8_t)message->text[i];

		if (c < 0x20 || c == 0x7f || (c > 0x7f && !record))
			return false;
	}
	if (!record)
		return message->text_len < 512;
	return message->text_len > 1 && message->text_len < JOURNAL_LINE &&
	       message->text[0] == '{' && message->text[message->text_len - 1] == '}';
}

int pair_message_decode(const uint8_t *frame, size_t len, struct pair_message *out)
{
	struct cursor cursor = { .in = frame, .at = 5, .len = len };

	*out = (struct pair_message){ 0 };
	if (len < 5 || pair_frame_length(frame, len) != (ssize_t)len)
		return -EBADMSG;
	out->type = frame[4];
	fields_of(&cursor, out);
	return cursor.bad || cursor.at != len || !is_clean(out) ? -EBADMSG : 0;
}
