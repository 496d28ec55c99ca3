/* SPDX-License-Identifier: MIT */
/* Frames in a serial log: whole ones, and such as the kernel has printed into. */
#ifndef ASSAY_FRAMES_H
#define ASSAY_FRAMES_H

#include "lab/journal/journal.h"

/* One place of a log, to be read up to the end of a frame or of a line. */
struct framing {
	const char *at, *end; /* the rest of the log; after reading: behind what was read */
	struct record record; /* when there is one; its json is the caller's */
	const char *why;      /* NULL: there is one. "": nothing like one; or what is wrong */
	char *mended;	/* malloc'd: the frame without the kernel's lines, on which record stands;
			   NULL: it came whole */
	unsigned lines; /* so many were read */
};
/* Reads the next line, and those behind it when the kernel printed into a frame that begins in it:
 * such a frame counts only by its own check digits. */
void frame_next(struct framing *framing);

#endif
