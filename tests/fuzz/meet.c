/* SPDX-License-Identifier: MIT */
/* What a machine or its partner may say at a meeting, and what the partner makes of it.
 * clang -fsanitize=fuzzer,address,undefined. */
#include "bench/net/wire/meet/meeting.h"
#include "bench/net/wire/meet/tally.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t frame[MEET_FRAME_MOST];
static struct meet_message message, again;

/* What was understood can be said, and is then understood as the same. */
static void say_again(void)
{
	ssize_t len = meet_encode(&message, frame);

	if (len < 0)
		abort();
	if (meet_frame_length(frame) != len - MEET_LENGTH ||
	    meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &again))
		abort();
	if (again.say != message.say)
		abort();
}

static void ignore(void *context, unsigned id, const struct meet_message *said)
{
	(void)context;
	(void)id;
	if (meet_encode(said, frame) < 0)
		abort();
}

static void tally(void *context, const struct meeting *meeting, const char *text)
{
	const struct meet_share *alone[MEET_MACHINES] = { 0 }, *together[MEET_MACHINES] = { 0 };
	struct meet_tally result;

	(void)context;
	(void)text;
	for (size_t i = 0; i < MEET_MACHINES; i++) {
		const struct meeting_member *member = &meeting->member[i];
		if (!member->place)
			continue;
		alone[member->place - 1] = member->alone;
		together[member->place - 1] = member->together;
	}
	meet_tally_make(&result, &meeting->terms, alone, together, meeting->begin_ns);
}

/* The input as frames of up to three machines; the first byte says which one speaks. */
static void meet(const uint8_t *data, size_t len)
{
	static struct meeting meeting;
	uint64_t now_ns = 1;

	meeting = (struct meeting){ .send = ignore, .over = tally };
	while (len > 3) {
		unsigned id = 1 + data[0] % 3;
		size_t part = (size_t)data[1] << 8 | data[2];
		part = part > len - 3 ? len - 3 : part;
		now_ns += (uint64_t)data[0] << 24;
		if (data[0] == 255)
			meeting_leave(&meeting, id, now_ns);
		else if (!meet_decode(data + 3, part, &message)) {
			if (message.say == MEET_HELLO)
				meeting_join(&meeting, id, &message, now_ns);
			else if (meeting_take(&meeting, id, &message, now_ns))
				meeting_leave(&meeting, id, now_ns);
		}
		meeting_tick(&meeting, now_ns);
		data += 3 + part;
		len -= 3 + part;
	}
	meeting_end(&meeting, "the input is over");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (len >= MEET_LENGTH)
		meet_frame_length(copy);
	if (!meet_decode(copy, len, &message))
		say_again();
	meet(copy, len);
	free(copy);
	return 0;
}
