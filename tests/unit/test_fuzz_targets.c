/* SPDX-License-Identifier: MIT */
/* Each target of tests/fuzz for a short while, under gcc's sanitizers and without a fuzzer: the
 * inputs that are kept for it, as they are and with a few bytes changed, always in the same way.
 * `make fuzz` is the long one. */
#include "tests/unit/test.h"

#include "tests/unit/fuzz_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGED = 400, INPUT_MOST = 4096, LINE_MOST = 2 * INPUT_MOST + 2 };

struct input {
	uint8_t bytes[INPUT_MOST];
	size_t len;
};

static struct random dice;
static size_t kept; /* inputs, over all targets */

static bool read_input(FILE *from, struct input *out)
{
	static char line[LINE_MOST];

	if (!fgets(line, sizeof(line), from))
		return false;
	out->len = strcspn(line, "\n") / 2;
	for (size_t i = 0; i < out->len; i++) {
		char two[3] = { line[2 * i], line[2 * i + 1], '\0' };

		out->bytes[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

/* One of: a bit, a byte, an interesting one, a stretch twice, a stretch left out, the end. */
static void change(struct input *input)
{
	static const uint8_t likely[] = { 0, 0xff, 0x7f, 0x80, '\n', '"', '\\', '{', '9', '-' };
	size_t at = input->len ? random_below(&dice, input->len) : 0;
	size_t len = 1 + random_below(&dice, 16);

	len = len < input->len - at ? len : input->len - at;
	switch (random_below(&dice, 6)) {
	case 0:
		input->bytes[at] ^= (uint8_t)(1 << random_below(&dice, 8));
		break;
	case 1:
		input->bytes[at] = (uint8_t)random_next(&dice);
		break;
	case 2:
		input->bytes[at] = likely[random_below(&dice, COUNT_OF(likely))];
		break;
	case 3:
		if (input->len + len > INPUT_MOST)
			break;
		memmove(input->bytes + at + len, input->bytes + at, input->len - at);
		input->len += len;
		break;
	case 4:
		memmove(input->bytes + at, input->bytes + at + len, input->len - at - len);
		input->len -= len;
		break;
	default:
		input->len = at;
	}
}

/* In memory of exactly its length, so that a byte beyond is seen. */
static void run(const struct fuzz_target *target, const struct input *input)
{
	uint8_t *exact = malloc(input->len ? input->len : 1);

	assert_non_null(exact);
	memcpy(exact, input->bytes, input->len);
	target->run(exact, input->len);
	free(exact);
}

static void run_changed(const struct fuzz_target *target, const struct input *input, size_t times)
{
	static struct input changed;

	while (times--) {
		changed = *input;
		for (uint64_t n = 1 + random_below(&dice, 4); n--;)
			change(&changed);
		run(target, &changed);
	}
}

static size_t count_kept(FILE *from)
{
	static struct input input;
	size_t count = 0;

	while (read_input(from, &input))
		count++;
	rewind(from);
	return count;
}

static void run_target(const struct fuzz_target *target)
{
	static struct input input;
	char path[100];
	FILE *from;
	size_t count;

	input.len = 0;
	run(target, &input);
	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s.hex", target->name);
	from = fopen(path, "re");
	if (!from)
		fail_msg("%s: no inputs are kept for this target (make fuzz-keep)", path);
	count = count_kept(from);
	random_seed(&dice, 1);
	while (read_input(from, &input)) {
		run(target, &input);
		run_changed(target, &input, CHANGED / count + 1);
	}
	fclose(from);
	kept += count;
}

static void all_targets(void **state)
{
	(void)state;
	for (const struct fuzz_target *target = fuzz_targets; target->name; target++)
		run_target(target);
	printf("# %zu inputs, each as it is and changed\n", kept);
	assert_true(kept > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
