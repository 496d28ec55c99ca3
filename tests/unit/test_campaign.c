/* SPDX-License-Identifier: MIT */
/* A campaign's file, its order of boots, and what its state says of one that was stopped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/campaign/campaign.h"
#include "tests/unit/test.h"

static const char three[] =
	"[campaign]\nboots = 4\nseed = 7\n[machine a]\n[machine b]\n[machine c]\n"
	"[machine r]\nkind = real\n[together ab]\nmachines = a, b\nboots = 2\n"
	"[compare x]\nmachines = b,a\nfactor = disk\n";

static struct campaign *read_good(const char *text)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	char why[WHY_ROOM] = "";

	assert_non_null(campaign);
	if (campaign_read(campaign, text, "config/campaigns/mine.ini", why, sizeof(why)))
		fail_msg("%s", why);
	return campaign;
}

static void plan_read(void **state)
{
	struct campaign *campaign = read_good(three);

	(void)state;
	assert_string_equal(campaign->name, "mine");
	assert_int_equal(campaign->entrant_count, 4);
	assert_int_equal(campaign->entrants[3].value[ENTRANT_KIND].num, KIND_REAL);
	assert_int_equal(campaign->meetings[0].member_count, 2);
	assert_int_equal(campaign->meetings[0].members[1], 1);
	assert_int_equal(campaign->inquiries[0].members[0], 1);
	assert_string_equal(campaign->inquiries[0].value[QUESTION_FACTOR].text, "disk");
	free(campaign);
}

static void plan_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "at least one [machine NAME] expected" },
		{ "[campaign]\n", "at least one [machine NAME] expected" },
		{ "[machine a]\n", "[campaign] and" },
		{ "[campain]\n", "m.ini:1: [campaign], [machine NAME]" },
		{ "[campaign]\nboot = 3\n", "m.ini:2: boot: unknown setting" },
		{ "[campaign]\nboots = 0\n", "m.ini:2: boots=0: out of range" },
		{ "[campaign]\nboots = many\n", "m.ini:2: boots=many" },
		{ "boots = 3\n", "m.ini:1" },
		{ "[campaign]\n[machine ../x]\n", "m.ini:2: a name of letters" },
		{ "[campaign]\n[machine ]\n", "m.ini:2: " },
		{ "[campaign]\n[machine a]\nkind = cloud\n", "m.ini:3: kind=cloud" },
		{ "[campaign]\n[machine a]\n[machine a]\n", "two sections [machine a]" },
		{ "[campaign]\n[machine a]\n[together t]\nmachines = a,b\n",
		  "no section [machine b]" },
		{ "[campaign]\n[machine a]\n[together t]\n", "two or more expected" },
		{ "[campaign]\n[machine a]\n[compare t]\nmachines = a\n", "two or more expected" },
		{ "[campaign\n", "m.ini:1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct campaign *campaign = calloc(1, sizeof(*campaign));
		char why[WHY_ROOM] = "";

		assert_non_null(campaign);
		assert_int_equal(campaign_read(campaign, rows[i].text, "m.ini", why, sizeof(why)),
				 -EINVAL);
		if (!strstr(why, rows[i].why))
			fail_msg("row %zu: %s", i, why);
		free(campaign);
	}
}

/* A B B A: each pair of rounds is one order and the same backwards, so that a drift meets all
 * alike. */
static void order_there_and_back(void **state)
{
	struct campaign *campaign = read_good(three);
	struct slot slots[SLOTS_MAX], again[SLOTS_MAX];
	size_t count = schedule_make(campaign, slots, SLOTS_MAX), places[3] = { 0 },
	       boots[3] = { 0 };

	(void)state;
	assert_int_equal(count, 4 * 3 + 2);
	for (size_t round = 0; round < 4; round += 2) {
		const struct slot *there = slots + (round ? 8 : 0), *back = there + (round ? 3 : 4);

		for (size_t i = 0; i < 3; i++) {
			assert_false(there[i].together);
			assert_int_equal(there[i].which, back[2 - i].which);
			places[there[i].which] += i + (5 - i);
			boots[there[i].which] += 2;
		}
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(places[i], 10); /* the same place on average */
		assert_int_equal(boots[i], 4);
	}
	assert_true(slots[3].together && slots[7].together);
	assert_string_equal(slot_name(campaign, &slots[3]), "ab");
	assert_int_equal(schedule_make(campaign, again, SLOTS_MAX), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(again[i].which, slots[i].which);
	assert_int_equal(schedule_make(campaign, slots, 5), 5);
	free(campaign);
}

static void order_by_seed(void **state)
{
	struct campaign *campaign = read_good(three);
	struct slot slots[SLOTS_MAX];
	bool other = false;
	size_t first;

	(void)state;
	schedule_make(campaign, slots, SLOTS_MAX);
	first = slots[0].which;
	for (unsigned seed = 0; seed < 20; seed++) {
		campaign->value[CAMPAIGN_SEED].num = seed;
		schedule_make(campaign, slots, SLOTS_MAX);
		other |= slots[0].which != first;
	}
	assert_true(other);
	free(campaign);
}

#define HEAD		 "{\"campaign\":1,\"digest\":\"dd\"}\n"
#define LINE(slot, word) "{\"slot\":" slot ",\"name\":\"a\",\"state\":\"" word "\",\"seconds\":9}\n"

static void state_read_back(void **state)
{
	static const struct {
		const char *text;
		enum progress first, second;
		int err;
	} rows[] = {
		{ HEAD, SLOT_OPEN, SLOT_OPEN, 0 },
		{ HEAD LINE("0", "started"), SLOT_CUT, SLOT_OPEN, 0 },
		{ HEAD LINE("0", "started") LINE("0", "done") LINE("1", "started"), SLOT_DONE,
		  SLOT_CUT, 0 },
		{ HEAD LINE("0", "started") LINE("0", "failed"), SLOT_FAILED, SLOT_OPEN, 0 },
		{ HEAD LINE("0", "skipped"), SLOT_SKIPPED, SLOT_OPEN, 0 },
		/* the power went: the last line has no end */
		{ HEAD LINE("0", "started") "{\"slot\":0,\"name\":\"a\",\"state\":\"do", SLOT_CUT,
		  SLOT_OPEN, 0 },
		/* ... and the next start went on behind it */
		{ HEAD LINE("0", "started") "{\"slot\":0,\"na\n" LINE("0", "done"), SLOT_DONE,
		  SLOT_OPEN, 0 },
		/* another campaign's, or none */
		{ "{\"campaign\":1,\"digest\":\"ee\"}\n", SLOT_OPEN, SLOT_OPEN, -EINVAL },
		{ "nonsense\n", SLOT_OPEN, SLOT_OPEN, -EINVAL },
		/* hostile */
		{ HEAD LINE("99", "done") LINE("-1", "done") LINE("1e300", "done")
			  LINE("0", "eaten"),
		  SLOT_OPEN, SLOT_OPEN, 0 },
		{ HEAD "[]\n{}\n{\"slot\":\"0\",\"state\":\"done\"}\n{\"slot\":0,\"state\":4}\n",
		  SLOT_OPEN, SLOT_OPEN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct state *read = calloc(1, sizeof(*read));
		char why[WHY_ROOM] = "";

		assert_non_null(read);
		read->count = 2;
		CHECK_ROW(i, rows[i].text,
			  state_read(read, rows[i].text, strlen(rows[i].text), "dd", why,
				     sizeof(why)) == rows[i].err);
		CHECK_ROW(i, rows[i].text, read->at[0].progress == rows[i].first);
		CHECK_ROW(i, rows[i].text, read->at[1].progress == rows[i].second);
		CHECK_ROW(i, rows[i].text, !rows[i].err == !*why);
		free(read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_read),
		cmocka_unit_test(plan_refused),
		cmocka_unit_test(order_there_and_back),
		cmocka_unit_test(order_by_seed),
		cmocka_unit_test(state_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
