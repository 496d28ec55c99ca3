/* SPDX-License-Identifier: MIT */
/* Tests that failed: counted, told, and when to give up. */
#include "bench/engine/iozone/failures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE = 8 };

static bool is_final(int err)
{
	static const int finals[] = { ENOSPC, EDQUOT, EFBIG,  EROFS,   ENODEV,
				      ENXIO,  ENOENT, EACCES, ENOTDIR, EMFILE };

	for (size_t i = 0; i < COUNT_OF(finals); i++)
		if (err == -finals[i])
			return true;
	return false;
}

/* run_fail() will add the reason again. */
static void keep_words(struct failures *failures, const char *words, int err)
{
	size_t len = strlen(words), reason = strlen(strerror(-err)) + 2;

	if (len > reason && !strcmp(words + len - reason + 2, strerror(-err)))
		len -= reason;
	snprintf(failures->first, sizeof(failures->first), "%.*s", (int)len, words);
}

bool failures_add(struct failures *failures, struct run *run, int err)
{
	bool final = is_final(err) || ++failures->in_a_row >= PATIENCE;

	if (!failures->count++) {
		failures->err = err;
		keep_words(failures, run->shared->failure, err);
	}
	if (!final)
		run_warn(run, "%s", run->shared->failure);
	return final;
}

void failures_success(struct failures *failures)
{
	failures->in_a_row = 0;
}

int failures_end(const struct failures *failures, struct run *run)
{
	if (!failures->count)
		return 0;
	if (failures->count == 1)
		return run_fail(run, failures->err, "%s", failures->first);
	return run_fail(run, failures->err, "%u tests failed; the first: %s", failures->count,
			failures->first);
}
