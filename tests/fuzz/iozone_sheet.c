/* SPDX-License-Identifier: MIT */
/* Worksheets of iozone's -b. */
#include <math.h>
#include <stdlib.h>

#include "lab/stock/stock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int take(void *context, const struct observation *figure)
{
	(void)context;
	if (!isfinite(figure->level.value) || figure->level.value <= 0 || figure->axes != 2 ||
	    !isfinite(figure->at[0].value) || !isfinite(figure->at[1].value))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct taker taker = { take, NULL, 0 };

	/* What is read is not asked first whether it looks like one: the fuzzer need not find that.
	 */
	stock_iozone_sheet.fits((const char *)data, len);
	stock_iozone_sheet.read((const char *)data, len, &taker);
	return 0;
}
