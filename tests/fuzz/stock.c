/* SPDX-License-Identifier: MIT */
/* Files of stock tools: every reader sees every input, whatever it looks like. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/stock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int take(void *context, const struct observation *figure)
{
	(void)context;
	if (!isfinite(figure->level.value) || !figure->level.n || figure->axes > AXES_MAX ||
	    strlen(figure->name) > 4096)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct stock *const all[] = { &stock_iperf2_text,	&stock_iperf2_csv,
						   &stock_iperf3,	&stock_bonnie,
						   &stock_iozone,	&stock_iozone_excel,
						   &stock_iozone_sheet, &stock_iozone_throughput,
						   &stock_ping,		&stock_figures };
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	stock_recognise(text, len);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct taker taker = { take, NULL, 0 };

		stock_read(all[i], text, len, &taker, NULL, 0);
	}
	free(text);
	return 0;
}
