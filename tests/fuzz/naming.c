/* SPDX-License-Identifier: MIT */
/* scratch=, scratch_over= and the head of a file on a medium: whatever they are, a name is whole
 * and has a size, and no signature is given up that was not named. clang -fsanitize=fuzzer,... */
#include "init/guard/guard.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

static void as_words(const char *scratch, const char *over)
{
	static const struct block anonymous = { .name = "vda", .disk = "vda" };
	struct naming naming;
	char why[WHY_ROOM];

	if (naming_read(&naming, scratch, over, why, sizeof(why)))
		return;
	insist(naming.name[0] && (naming.bytes > 0) == (naming.kind != NAMED_BY_PARTITION));
	insist(!naming_answers(&naming, &anonymous));
	insist(naming_covers(naming.over, ""));
	insist(!naming_covers(naming.over, "no-such-signature"));
	insist(naming_covers(naming.over, naming.over));
}

static void as_path(const char *target)
{
	struct naming naming;
	char why[WHY_ROOM];

	if (naming_read_path(&naming, target, why, sizeof(why)))
		return;
	insist(naming.name[0] == '/' && naming.bytes && naming_is_path(target));
	insist(!naming_is_meant(target)); /* the image takes no path */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	size_t first;

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	first = strlen(text);
	as_words(text, first < len ? text + first + 1 : "");
	as_path(text);
	medium_is_payload(data, len);
	free(text);
	return 0;
}
