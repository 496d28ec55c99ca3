/* SPDX-License-Identifier: MIT */
/* A record's line on a serial port, read without the code that wrote it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/framed.h"
#include "lab/verify/sha256.h"

enum { OWN_DIGITS = 8 };

/* The token up to the next blank, made only of these characters; its length, or 0. */
static size_t take_token(const char *at, const char *end, const char *of)
{
	size_t len = 0;

	while (at + len < end && at[len] && strchr(of, at[len]))
		len++;
	return at + len < end && at[len] == ' ' ? len : 0;
}

static bool own_digits_agree(const struct framed *frame, const char *given)
{
	uint8_t head[32];
	char number[16], hex[65];

	for (size_t i = 0; i < 32; i++)
		head[i] = (uint8_t)strtoul(
			(char[]){ frame->head[2 * i], frame->head[2 * i + 1], '\0' }, NULL, 16);
	sha256_chain(head, frame->line, frame->len);
	sha256_chain(head, number, (size_t)snprintf(number, sizeof(number), "%u", frame->sequence));
	sha256_hex(head, hex);
	return !strncmp(given, hex, OWN_DIGITS);
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
	if (digits < 8 || (digits > 64 && digits != 64 + OWN_DIGITS) || at + digits + 1 == end ||
	    at[digits + 1] != '{')
		return false;
	*out = (struct framed){ .sequence = (unsigned)number, .line = at + digits + 1 };
	memcpy(out->head, at, digits > 64 ? 64 : digits);
	out->len = (size_t)(end - out->line);
	out->proved = digits > 64 && own_digits_agree(out, at + 64);
	return digits <= 64 || out->proved;
}
