/* SPDX-License-Identifier: MIT */
/* Which tool wrote it. */
#include <errno.h>
#include <string.h>

#include "lab/stock/stock.h"

/* In this order: a report of iozone -R holds its plain rows as well, which say more. */
static const struct stock *const known[] = {
	&stock_iozone_sheet, &stock_figures,	  &stock_iperf3,
	&stock_iozone,	     &stock_iozone_excel, &stock_iozone_throughput,
	&stock_bonnie,	     &stock_iperf2_csv,	  &stock_iperf2_text,
	&stock_ping,
};

const struct stock *stock_recognise(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i]->fits(text, len))
			return known[i];
	return NULL;
}

int stock_read(const struct stock *stock, const char *text, size_t len, struct taker *taker,
	       char *why, size_t room)
{
	int err = stock->read(text, len, taker);

	if (err || taker->taken)
		return err;
	return text_refuse(-EINVAL, why, room, "it looks like %s, but holds no figure",
			   stock->kind);
}
