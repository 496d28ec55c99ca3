/* SPDX-License-Identifier: MIT */
/* What a reader of a stock tool's output has taken, as one line. */
#ifndef ASSAY_TEST_STOCK_TAKEN_H
#define ASSAY_TEST_STOCK_TAKEN_H

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/stock/stock.h"
#include "tests/unit/test.h"

/* Everything taken, as "name [at] value unit;", details in brackets. */
struct taken {
	char text[4096], parameters[80];
	size_t len;
};

static int note(void *context, const struct observation *figure)
{
	struct taken *taken = context;
	char at[64] = "";

	assert_true(figure->bench && figure->label && figure->name && figure->unit);
	assert_true(isfinite(figure->level.value) && figure->level.n == 1);
	if (figure->axes == 2)
		snprintf(at, sizeof(at), " %gx%g", figure->at[0].value, figure->at[1].value);
	if (figure->axes == 1)
		snprintf(at, sizeof(at), " by %g", figure->at[0].value);
	snprintf(taken->parameters, sizeof(taken->parameters), "%s",
		 figure->parameters ? figure->parameters : "");
	if (taken->len < sizeof(taken->text) - 200)
		taken->len += (size_t)snprintf(taken->text + taken->len, 200, "%s%s%s%s %.7g %s%s",
					       taken->len ? "; " : "", figure->detail ? "[" : "",
					       figure->name, at, figure->level.value, figure->unit,
					       figure->detail ? "]" : "");
	return 0;
}

static void read_with(const struct stock *stock, const char *text, size_t len, struct taken *taken,
		      char *why)
{
	struct taker taker = { note, taken, 0 };

	*taken = (struct taken){ 0 };
	*why = '\0';
	stock_read(stock, text, len, &taker, why, WHY_ROOM);
}

static int refuse_figure(void *context, const struct observation *figure)
{
	(void)figure;
	++*(int *)context;
	return -ENOMEM;
}

/* What the taker says ends the reading at once. */
static void check_refusal(const struct stock *stock, const char *text, size_t len)
{
	int calls = 0;
	struct taker taker = { refuse_figure, &calls, 0 };

	assert_int_equal(stock_read(stock, text, len, &taker, NULL, 0), -ENOMEM);
	assert_int_equal(calls, 1);
}

#endif
