/* SPDX-License-Identifier: MIT */
/*
 * The names of bonnie++'s many files, made before the clock runs: a number in hexadecimal digits
 * (10 in 2.00, 7 in 1.03) and up to 12 random letters, in front of it for the random order, so that
 * the directory's order is not that of creation, and behind it for the sequential one. With
 * directories "00012/" stands before that.
 */
#ifndef ASSAY_BONNIE_NAMES_H
#define ASSAY_BONNIE_NAMES_H

#include "lib/lib.h"

enum { NAMES_ROOM = 6 + 10 + 12 + 1, NAMES_DIRECTORIES = 99999 };

struct names {
	char *text;   /* all of them, each terminated */
	uint32_t *at; /* where each begins, in the order of the moment */
	uint32_t count;
};

struct names_form {
	uint32_t count;
	unsigned directories; /* 1: none */
	unsigned digits;
	bool letters_first;
};
uint64_t names_bytes(uint32_t count); /* of memory, at most */
/* 0 or -ENOMEM. */
int names_make(struct names *names, const struct names_form *form, struct random *random);
void names_free(struct names *names);
/* bonnie++'s shuffle: each in turn changes places with any; not every order is as likely, and it
 * is the same work for the disk. */
void names_shuffle(struct names *names, struct random *random);

static inline const char *names_of(const struct names *names, uint32_t i)
{
	return names->text + names->at[i];
}
unsigned names_directory(const char *name); /* 0 when there is none */

#endif
