/* SPDX-License-Identifier: MIT */
/* A model of the page cache: see replay.h. */
#include "bench/engine/bounded/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int replay_begin(struct replay *replay, uint64_t records, uint64_t room)
{
	room = room < records ? room : records;
	*replay = (struct replay){ .records = records, .room = room };
	replay->queue = malloc((room ? room : 1) * sizeof(*replay->queue));
	replay->held = calloc(records / 8 + 1, 1);
	if (replay->queue && replay->held)
		return 0;
	replay_end(replay);
	return -ENOMEM;
}

void replay_end(struct replay *replay)
{
	free(replay->queue);
	free(replay->held);
	replay->queue = NULL;
	replay->held = NULL;
}

void replay_empty(struct replay *replay)
{
	memset(replay->held, 0, replay->records / 8 + 1);
	replay->first = replay->count = 0;
}

static void forget_oldest(struct replay *replay)
{
	uint32_t record = replay->queue[replay->first];

	replay->held[record / 8] &= (uint8_t) ~(1u << record % 8);
	replay->first = replay->first + 1 < replay->room ? replay->first + 1 : 0;
	replay->count--;
}

bool replay_touch(struct replay *replay, uint64_t record)
{
	uint8_t bit = (uint8_t)(1u << record % 8);

	if (replay->held[record / 8] & bit)
		return true;
	if (!replay->room)
		return false;
	if (replay->count == replay->room)
		forget_oldest(replay);
	replay->queue[(replay->first + replay->count++) % replay->room] = (uint32_t)record;
	replay->held[record / 8] |= bit;
	return false;
}
