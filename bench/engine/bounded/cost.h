/* SPDX-License-Identifier: MIT */
/* How long file.iozone takes, in either mode, on a machine of such speeds. */
#ifndef ASSAY_ENGINE_BOUNDED_COST_H
#define ASSAY_ENGINE_BOUNDED_COST_H

#include "bench/file/iozone.h"

/* Seconds of one cell in exact mode: all wanted passes with what they leave to the disk. */
double cost_cell(const union value *values, const struct iozone_cell *cell,
		 const struct speeds *speeds);
/* Seconds of the whole matrix in the mode that the values ask for. */
double cost_matrix(const union value *values, const struct speeds *speeds);

#endif
