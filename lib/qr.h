/* SPDX-License-Identifier: MIT */
/*
 * A QR code (ISO/IEC 18004) of one fixed kind, for what a screen shows at the end of a run: version
 * 5, 37 modules a side, error correction L, alphanumeric: up to 154 of 0-9 A-Z and " $%*+-./:". The
 * mask is always the same, which every reader takes; the standard's choice of the prettiest is left
 * out.
 */
#ifndef ASSAY_QR_H
#define ASSAY_QR_H

#include "lib/lib.h"

enum { QR_SIDE = 37, QR_TEXT = 154 };
struct qr {
	bool dark[QR_SIDE][QR_SIDE]; /* [row][column] */
};
/* -EINVAL: another character; -ENOSPC: longer. */
int qr_of(const char *text, struct qr *out);
/* With a light margin, two rows of modules in a line of half blocks (UTF-8), for a screen whose
 * ground is dark: light modules are drawn. */
void qr_print(const struct qr *qr, struct text *out);

#endif
