/* SPDX-License-Identifier: MIT */
/* A campaign's file, and the state of one that was stopped. */
#include <stdlib.h>
#include <string.h>

#include "lab/campaign/campaign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_plan(const char *text)
{
	static struct campaign campaign;
	static struct slot slots[SLOTS_MAX];
	char why[WHY_ROOM];
	size_t count;

	if (campaign_read(&campaign, text, "fuzz.ini", why, sizeof(why)))
		return;
	count = schedule_make(&campaign, slots, SLOTS_MAX);
	for (size_t i = 0; i < count; i++)
		if (!*slot_name(&campaign, &slots[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct state state;
	char *text = malloc(len + 1), why[WHY_ROOM];

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!memchr(text, '\0', len))
		read_plan(text);
	memset(&state, 0, sizeof(state));
	state.count = 8;
	state_read(&state, text, len, "dd", why, sizeof(why));
	free(text);
	return 0;
}
