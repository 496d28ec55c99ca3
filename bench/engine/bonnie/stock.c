/* SPDX-License-Identifier: MIT */
/* The reports that bonnie++ itself would have written, and the table that is made of them. */
#include "bench/engine/bonnie/stock.h"
#include "bench/file/bonnie.h"

const struct stock_file bonnie_stock[] = {
	{ "bonnie.csv", stock_csv },	       { "bonnie.txt", stock_text },
	{ "bonnie-page.txt", stock_page },     { "bonnie-1.98.csv", stock_csv_1_98 },
	{ "bonnie-1.03.csv", stock_csv_1_03 }, { 0 },
};
