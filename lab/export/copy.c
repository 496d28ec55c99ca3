/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "lab/export/copy.h"

/* Bytes of the UTF-8 character at `in` (RFC 3629: shortest form, no surrogates, up to U+10FFFF); 0:
 * it is none. */
static size_t character_length(const unsigned char *in)
{
	size_t len = in[0] < 0x80 ? 1 :
		     in[0] < 0xc2 ? 0 :
		     in[0] < 0xe0 ? 2 :
		     in[0] < 0xf0 ? 3 :
		     in[0] < 0xf5 ? 4 :
				    0;

	for (size_t i = 1; i < len; i++)
		if ((in[i] & 0xc0) != 0x80)
			return 0;
	if ((in[0] == 0xe0 && in[1] < 0xa0) || (in[0] == 0xed && in[1] > 0x9f) ||
	    (in[0] == 0xf0 && in[1] < 0x90) || (in[0] == 0xf4 && in[1] > 0x8f))
		return 0;
	return len;
}

/* What a character is written as, when not as itself. */
static const char *escape_of(unsigned char first, size_t len)
{
	switch (first) {
	case '\\':
		return "\\\\";
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	default:
		return len ? NULL : "?";
	}
}

void copy_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text, *plain = at;

	for (;;) {
		size_t len = *at ? character_length(at) : 0;
		const char *escape = *at ? escape_of(*at, len) : NULL;

		if (*at && !escape) {
			at += len;
			continue;
		}
		fwrite(plain, 1, (size_t)(at - plain), out);
		if (!*at)
			return;
		fputs(escape, out);
		at += len ? len : 1;
		plain = at;
	}
}

void copy_next(FILE *out, const char *text)
{
	fputc('\t', out);
	if (text)
		copy_text(out, text);
	else
		fputs("\\N", out);
}

void copy_next_number(FILE *out, double value)
{
	fprintf(out, "\t%.17g", value);
}
