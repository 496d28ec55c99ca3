/* SPDX-License-Identifier: MIT */
/* The kernel's lists of mounts and of a device's counters. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "bench/engine/device_bytes.h"
#include "bench/engine/file/mountinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use(const struct mounted *mounts, size_t count)
{
	const struct mounted *one = mountinfo_find(mounts, count, "/data/in it");
	unsigned long flags;
	char why[200], options[64];

	for (size_t i = 0; i < count; i++)
		if (strlen(mounts[i].point) < 1 || !mounts[i].source || !mounts[i].super)
			abort();
	if (!one)
		return;
	mountinfo_refuse(mounts, count, one, why, sizeof(why));
	mountinfo_flags(one, &flags, options, sizeof(options));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mounted mounts[16];
	struct device_bytes bytes;
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	device_bytes_parse(text, &bytes);
	ssize_t count = mountinfo_parse(text, mounts, COUNT_OF(mounts));
	if (count > 0)
		use(mounts, (size_t)count);
	free(text);
	return 0;
}
