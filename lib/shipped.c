/* SPDX-License-Identifier: MIT */
/* What comes with the program: plans, machines, the image. In a clone it stands in the present
 * folder; `make install` puts it into PREFIX/share/assay, beside PREFIX/bin. */
#include "lib/lib.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "/usr/local/bin/assay" to "/usr/local/share/assay/config/plans". */
static bool find_installed(const char *name, char *out, size_t room)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int parts = 2, wrote;

	if (len <= 0)
		return false;
	program[len] = '\0';
	for (char *slash; parts && (slash = strrchr(program, '/')); parts--)
		*slash = '\0';
	wrote = snprintf(out, room, "%s/share/assay/%s", program, name);
	return wrote > 0 && (size_t)wrote < room && !access(out, F_OK);
}

bool shipped_path(char *out, size_t room, const char *format, ...)
{
	char name[256];
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (wrote < 0 || (size_t)wrote >= sizeof(name) || (size_t)wrote >= room)
		return false;
	if (!access(name, F_OK) || !find_installed(name, out, room))
		snprintf(out, room, "%s", name);
	return true;
}
