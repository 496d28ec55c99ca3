/* SPDX-License-Identifier: MIT */
/* A record's line on a serial port, read without the code that wrote it. */
#include <string.h>

#include "lab/verify/framed.h"

/* The token up to the next blank, made only of these characters; its length, or 0. */
static size_t take_token(const char *at, const char *end, const char *of)
{
	size_t len = 0;

	while (at + len < end && at[len] && strchr(of, at[len]))
		len++;
	return at + len < end && at[len] == ' ' ? len : 0;
}

bool framed_read(const char *console_line, size_t len, struct framed *out)
{
	static const char marker[] = "@assay ";
	const char *at = console_line + sizeof(marker) - 1, *end = console_line + len;
	uint64_t number = 0;
	size_t digits;

	while (end > console_line && (end[-1] == '\r' || end[-1] == '\n'))
		end--;
	if (end <= at || strncmp(console_line, marker, sizeof(marker) - 1) != 0)
		return false;
	digits = take_token(at, end, "0123456789");
	for (size_t i = 0; i < digits && number <= UINT32_MAX; i++)
		number = 10 * number + (uint64_t)(at[i] - '0');
	if (!digits || number > UINT32_MAX)
		return false;
	at += digits + 1;
	digits = take_token(at, end, "0123456789abcdef");
	if (digits < 8 || digits > 64 || at + digits + 1 == end || at[digits + 1] != '{')
		return false;
	*out = (struct framed){ .sequence = (unsigned)number, .line = at + digits + 1 };
	memcpy(out->head, at, digits);
	out->len = (size_t)(end - out->line);
	return true;
}
