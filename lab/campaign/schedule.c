/* SPDX-License-Identifier: MIT */
/* In which order the machines boot. */
#include "lab/campaign/campaign.h"

static void shuffle(size_t *order, size_t count, struct random *random)
{
	for (size_t i = count; i > 1; i--) {
		size_t at = random_below(random, i), kept = order[i - 1];

		order[i - 1] = order[at];
		order[at] = kept;
	}
}

static void reverse(size_t *order, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		size_t kept = order[i];

		order[i] = order[count - 1 - i];
		order[count - 1 - i] = kept;
	}
}

static bool meets(const struct meeting *meeting, unsigned round)
{
	return round < meeting->value[MEETING_BOOTS].num;
}

/* Rounds go on until the last meeting has been held as often as asked. */
static unsigned count_rounds(const struct campaign *campaign)
{
	uint64_t rounds = campaign->value[CAMPAIGN_BOOTS].num;

	for (size_t i = 0; i < campaign->meeting_count; i++)
		if (campaign->meetings[i].value[MEETING_BOOTS].num > rounds)
			rounds = campaign->meetings[i].value[MEETING_BOOTS].num;
	return (unsigned)rounds;
}

size_t schedule_make(const struct campaign *campaign, struct slot *slots, size_t max)
{
	size_t order[ENTRANTS_MAX], machines = 0, count = 0;
	struct random random;

	random_seed(&random, campaign->value[CAMPAIGN_SEED].num);
	for (size_t i = 0; i < campaign->entrant_count; i++)
		if (campaign->entrants[i].value[ENTRANT_KIND].num == KIND_QEMU)
			order[machines++] = i;
	for (unsigned round = 0; round < count_rounds(campaign); round++) {
		if (round % 2)
			reverse(order, machines);
		else
			shuffle(order, machines, &random);
		for (size_t i = 0; i < machines && count < max; i++)
			if (round < campaign->value[CAMPAIGN_BOOTS].num)
				slots[count++] = (struct slot){ false, order[i], round };
		for (size_t i = 0; i < campaign->meeting_count && count < max; i++)
			if (meets(&campaign->meetings[i], round))
				slots[count++] = (struct slot){ true, i, round };
	}
	return count;
}

const char *slot_name(const struct campaign *campaign, const struct slot *slot)
{
	return slot->together ? campaign->meetings[slot->which].name :
				campaign->entrants[slot->which].name;
}
