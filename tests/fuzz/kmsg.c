/* SPDX-License-Identifier: MIT */
/* What the kernel says and counts: its messages, lists of CPUs, interrupts, PCIe errors. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/sentry/sentry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use_text(const char *text)
{
	char list[4096], mask[400];
	cpu_set_t cpus, again;
	struct text out;

	interrupts_total(text, "MCE");
	aer_total(text);
	if (cpus_parse(text, &cpus))
		return;
	text_begin(&out, list, sizeof(list));
	cpus_format(&cpus, &out);
	if (cpus_parse(list, &again) || !CPU_EQUAL(&cpus, &again))
		abort();
	text_begin(&out, mask, sizeof(mask));
	cpus_format_mask(&cpus, &out);
	if (out.cut)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kmsg message;
	enum lost kind;
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	use_text(text);
	free(text);
	text = malloc(len ? len : 1); /* without an end: to the byte */
	if (!text)
		return 0;
	memcpy(text, data, len);
	if (!kmsg_parse(text, len, &message)) {
		if (message.level > 7 || strlen(message.text) >= sizeof(message.text))
			abort();
		kmsg_judge(&message, &kind);
	}
	free(text);
	return 0;
}
