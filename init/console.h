/* SPDX-License-Identifier: MIT */
/* Every console: lines for people, frames for programs, a bar; and the kernel's own lines. */
#ifndef ASSAY_INIT_CONSOLE_H
#define ASSAY_INIT_CONSOLE_H

#include "lib/lib.h"

/* ---- kernel_lines.c: the kernel's own lines on the consoles; only for process 1 ---- */

void kernel_lines_begin(void);
/* Not printed until as many releases as holds; then those that were held are said, each a whole
 * line. say NULL: they are not. */
void kernel_lines_hold(void);
void kernel_lines_release(void (*say)(const char *line));

/* ---- console.c: every console, for people and for frames ---- */

void console_open_all(void);
bool console_any_screen(void);
/* To the screens that have so many rows and columns; true when there is one. */
bool console_picture(const char *data, size_t len, unsigned rows, unsigned columns);
bool console_any_serial(void);				     /* someone to send frames to */
void console_say(const char *format, ...) PRINTF_LIKE(1, 2); /* a line for people, everywhere */
void console_bar(const char *line);			     /* screens only, repainted in place */
void console_bar_clear(void);
bool console_key_pressed(void);	 /* on any of them since it was asked last */
extern struct sink console_sink; /* frames, serial consoles only */
void console_drain(void);	 /* until all of it is in the ports, or they take no more */

#endif
