/* SPDX-License-Identifier: MIT */
/* Bounded text, words of a command line, numbers with units. */
#include "lib/lib.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void text_begin(struct text *text, char *buffer, size_t room)
{
	*text = (struct text){ .start = buffer, .room = room };
	if (room)
		buffer[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	size_t left = text->room - text->len;
	va_list args;
	int n;

	if (text->cut || !left) {
		text->cut = true;
		return;
	}
	va_start(args, format);
	n = vsnprintf(text->start + text->len, left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= left) {
		text->cut = true;
		n = n < 0 ? 0 : (int)left - 1;
	}
	text->len += (size_t)n;
}

int text_refuse(int err, char *why, size_t room, const char *format, ...)
{
	va_list args;

	if (why && room) {
		va_start(args, format);
		vsnprintf(why, room, format, args);
		va_end(args);
	}
	return err;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void text_make_plain(char *text)
{
	const char *in = text + strspn(text, " \t\r\n\v\f");
	char *out = text;

	for (; *in; in++)
		*out++ = blank(*in) ? ' ' : *in > ' ' && *in <= '~' ? *in : '?';
	*out = '\0';
	while (out > text && out[-1] == ' ')
		*--out = '\0';
}

bool text_next_word(char **cursor, struct word *word)
{
	char *in = *cursor, *out;
	bool quoted = false;

	while (blank(*in))
		in++;
	if (!*in)
		return false;
	*word = (struct word){ .key = in };
	/* Quotes are dropped and hide blanks, as in the kernel's next_arg(). */
	for (out = in; *in && (quoted || !blank(*in)); in++) {
		if (*in == '"') {
			quoted = !quoted;
		} else if (*in == '=' && !word->value) {
			*out++ = '\0';
			word->value = out;
		} else {
			*out++ = *in;
		}
	}
	*cursor = *in ? in + 1 : in;
	*out = '\0';
	return true;
}

/* One number from the start of `in`; *end is where it stopped. No sign, no blanks, no hex, no
 * "inf". */
static int plain_number(const char *in, double *out, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*in) && !(*in == '.' && isdigit((unsigned char)in[1])))
		return -EINVAL;
	if (in[0] == '0' && (in[1] == 'x' || in[1] == 'X'))
		return -EINVAL;
	errno = 0;
	*out = strtod(in, &stop);
	if (errno == ERANGE || !isfinite(*out))
		return -ERANGE;
	*end = stop;
	return 0;
}

int text_u64(const char *in, uint64_t *out)
{
	char *end;
	unsigned long long value;

	if (!isdigit((unsigned char)*in))
		return -EINVAL;
	errno = 0;
	value = strtoull(in, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*out = value;
	return 0;
}

int text_real(const char *in, double *out)
{
	const char *end;
	bool negative = *in == '-';
	int err = plain_number(in + negative, out, &end);

	if (err || *end)
		return err ? err : -EINVAL;
	if (negative)
		*out = -*out;
	return 0;
}

static int scale_to_u64(double number, double scale, uint64_t *out)
{
	double product = number * scale;

	if (product > 9.2e18) /* llrint is signed; nobody writes larger fractions */
		return -ERANGE;
	*out = (uint64_t)llrint(product);
	return 0;
}

/* Whole numbers keep all their digits: a double would lose them past 2^53. */
static int whole_or_scaled(const char *in, uint64_t *out, const char **suffix)
{
	uint64_t whole = 0;
	const char *at = in;

	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return -ERANGE;
	if (at == in || *at == '.')
		return -EAGAIN; /* a fraction: the caller scales a double */
	*out = whole;
	*suffix = at;
	return 0;
}

static int scaled(const char *in, uint64_t *out,
		  int (*scale_of)(const char *suffix, uint64_t *scale))
{
	const char *suffix = in;
	uint64_t whole, scale, product;
	double number;
	int err = whole_or_scaled(in, &whole, &suffix);

	if (!err) {
		if (scale_of(suffix, &scale))
			return -EINVAL;
		if (__builtin_mul_overflow(whole, scale, &product))
			return -ERANGE;
		*out = product;
		return 0;
	}
	if (err != -EAGAIN)
		return err;
	err = plain_number(in, &number, &suffix);
	if (err)
		return err;
	return scale_of(suffix, &scale) ? -EINVAL : scale_to_u64(number, (double)scale, out);
}

static const char prefixes[] = "kmgt";

static int bytes_scale(const char *suffix, uint64_t *scale)
{
	const char *known = *suffix ? strchr(prefixes, tolower((unsigned char)*suffix)) : NULL;

	*scale = 1;
	if (known) {
		*scale <<= 10 * (known - prefixes + 1);
		suffix++;
		if (!strcmp(suffix, "iB"))
			return 0;
	}
	return !*suffix || !strcmp(suffix, "B") ? 0 : -EINVAL;
}

int text_bytes(const char *in, uint64_t *out)
{
	return scaled(in, out, bytes_scale);
}

static int rate_scale(const char *suffix, uint64_t *scale)
{
	const char *known = *suffix ? strchr(prefixes, tolower((unsigned char)*suffix)) : NULL;

	*scale = 1;
	if (!*suffix)
		return 0;
	if (!known || suffix[1])
		return -EINVAL;
	for (long i = 0; i <= known - prefixes; i++)
		*scale *= isupper((unsigned char)*suffix) ? 1024 : 1000;
	return 0;
}

int text_rate(const char *in, uint64_t *out)
{
	return scaled(in, out, rate_scale);
}

int text_seconds(const char *in, double *out)
{
	static const struct {
		const char *suffix;
		double scale;
	} units[] = { { "", 1 },      { "s", 1 },    { "ms", 1e-3 },
		      { "us", 1e-6 }, { "min", 60 }, { "h", 3600 } };
	const char *end;
	double number;
	int err = plain_number(in, &number, &end);

	if (err)
		return err;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (!strcmp(end, units[i].suffix)) {
			*out = number * units[i].scale;
			return 0;
		}
	return -EINVAL;
}

int text_bool(const char *in, bool *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strcmp(in, words[i])) {
			*out = i % 2;
			return 0;
		}
	return -EINVAL;
}

void text_add_bytes(struct text *text, uint64_t bytes)
{
	static const char units[] = " kMGT";
	unsigned unit = 0;
	double value = (double)bytes;

	while (unit < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	if (bytes < 10240) {
		text_add(text, "%llu%.*s", (unsigned long long)bytes, unit > 0, units + unit);
		return;
	}
	for (unit = 0; unit < 4 && value >= 1024; unit++)
		value /= 1024;
	text_add(text, "%.1f%.*s", value, unit > 0, units + unit);
}

void text_add_value(struct text *text, double value)
{
	double size = fabs(value);

	if (size >= 1000 || value == 0)
		text_add(text, "%.0f", value);
	else if (size >= 100)
		text_add(text, "%.1f", value);
	else if (size >= 10)
		text_add(text, "%.2f", value);
	else if (size >= 0.001)
		text_add(text, "%.4f", value);
	else
		text_add(text, "%.3g", value);
}

void text_add_duration(struct text *text, double seconds)
{
	unsigned long whole = (unsigned long)seconds;

	if (seconds < 10)
		text_add(text, "%.2f s", seconds);
	else if (seconds < 120)
		text_add(text, "%.0f s", seconds);
	else if (seconds < 7200)
		text_add(text, "%lu min %02lu s", whole / 60, whole % 60);
	else
		text_add(text, "%lu h %02lu min", whole / 3600, whole / 60 % 60);
}
