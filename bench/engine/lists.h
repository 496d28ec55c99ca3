/* SPDX-License-Identifier: MIT */
/* Lists in the values of parameters: "1,4,16" or "1-128", which doubles from one to the other. */
#ifndef ASSAY_ENGINE_LISTS_H
#define ASSAY_ENGINE_LISTS_H

#include "lib/lib.h"

enum { LIST_MOST = 32 };
struct list {
	uint64_t item[LIST_MOST];
	size_t count;
};

/*
 * parse: text_u64 or text_bytes. Each item lies within least and most; none stands there twice.
 * -EINVAL and a line that begins with the parameter's name and says what was expected.
 */
int list_parse(struct list *list, const char *name, const char *in,
	       int (*parse)(const char *in, uint64_t *out), uint64_t least, uint64_t most,
	       char *why, size_t room);

#endif
