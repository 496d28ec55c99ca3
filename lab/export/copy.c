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

static void put_character(FILE *out, const unsigned char *at, size_t len)
{
	switch (*at) {
	case '\\':
		fputs("\\\\", out);
		break;
	case '\t':
		fputs("\\t", out);
		break;
	case '\n':
		fputs("\\n", out);
		break;
	case '\r':
		fputs("\\r", out);
		break;
	default:
		fwrite(at, 1, len, out);
	}
}

void copy_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t len = character_length(at);

		if (len)
			put_character(out, at, len);
		else
			fputc('?', out);
		at += len ? len : 1;
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
