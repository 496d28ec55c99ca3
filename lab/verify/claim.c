/* SPDX-License-Identifier: MIT */
/* A requirement's word and its reasons. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/verify/verify.h"

const char *claim_word_name(enum claim_word word)
{
	static const char *const names[CLAIM_WORDS] = {
		[CLAIM_NOT_APPLICABLE] = "not applicable",
		[CLAIM_PASS] = "pass",
		[CLAIM_INFORMATIVE] = "informative only",
		[CLAIM_MISSING] = "missing",
		[CLAIM_FAIL] = "fail",
	};

	return names[word];
}

static void raise_to(struct claim *claim, enum claim_word word)
{
	if (claim->word < word)
		claim->word = word;
}

/* Of each kind, as a bad run may have thousands of places. */
enum { LINES_MOST = 40 };

/* A damaged record is quoted: nothing of it may steer a terminal or end a JSON text. */
void line_make_plain(char *line)
{
	for (; *line; line++)
		if (*line < ' ' || *line > '~')
			*line = '?';
}

static void add(struct notes *notes, const char *format, va_list args)
{
	char line[WHY_ROOM];

	if (notes->count == LINES_MOST)
		notes_add(notes, "... and more");
	if (notes->count > LINES_MOST)
		return;
	vsnprintf(line, sizeof(line), format, args);
	line_make_plain(line);
	notes_add(notes, "%s", line);
}

#define DEFINE_CLAIM(name, lines, least)                        \
	void name(struct claim *claim, const char *format, ...) \
	{                                                       \
		va_list args;                                   \
                                                                \
		raise_to(claim, least);                         \
		va_start(args, format);                         \
		add(&claim->lines, format, args);               \
		va_end(args);                                   \
	}
DEFINE_CLAIM(claim_fail, notes, CLAIM_FAIL)
DEFINE_CLAIM(claim_missing, notes, CLAIM_MISSING)
DEFINE_CLAIM(claim_informative, notes, CLAIM_INFORMATIVE)
DEFINE_CLAIM(claim_remark, notes, CLAIM_NOT_APPLICABLE)
DEFINE_CLAIM(claim_fact, facts, CLAIM_PASS)

void claim_free(struct claim *claim)
{
	notes_free(&claim->notes);
	notes_free(&claim->facts);
}

void claim_take(const struct inquest *inquest, const char *check, struct claim *claim)
{
	for (size_t i = 0; i < inquest->finding_count; i++) {
		const struct finding *finding = &inquest->findings[i];

		if (strcmp(finding->check, check) != 0)
			continue;
		raise_to(claim, finding->how == FINDING_BAD ? CLAIM_FAIL :
				finding->how == FINDING_OK  ? CLAIM_PASS :
							      CLAIM_NOT_APPLICABLE);
		for (size_t line = 0; line < finding->notes.count; line++)
			claim_remark(claim, "%s", finding->notes.line[line]);
	}
}
