/* SPDX-License-Identifier: MIT */
/* A password, from whoever sits there or from a file. */
#include "lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int take_line(int fd, char out[PASSWORD_ROOM])
{
	size_t len = 0;

	while (len < PASSWORD_ROOM - 1) {
		ssize_t got = read(fd, out + len, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got || out[len] == '\n' || out[len] == '\r')
			break;
		len++;
	}
	out[len] = '\0';
	return len ? 0 : -EINVAL;
}

static int take_from_file(const char *path, char out[PASSWORD_ROOM], char *why, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : take_line(fd, out);

	if (fd >= 0)
		close(fd);
	return err ? text_refuse(err, why, room, "%s: %s", path,
				 err == -EINVAL ? "its first line is empty" : strerror(-err)) :
		     0;
}

/* Ctrl-C comes as a character, so that the terminal is never left without its echo. */
static int ask(int fd, const char *of, char out[PASSWORD_ROOM])
{
	enum { CTRL_C = 3 };
	struct termios before, silent;
	int err;

	if (tcgetattr(fd, &before))
		return -ENOTTY;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_lflag |= ICANON;
	tcsetattr(fd, TCSAFLUSH, &silent);
	dprintf(fd, "password of %s: ", of);
	err = take_line(fd, out);
	tcsetattr(fd, TCSAFLUSH, &before);
	dprintf(fd, "\n");
	return !err && strchr(out, CTRL_C) ? -ECANCELED : err;
}

int password_take(const char *path, const char *of, char out[PASSWORD_ROOM], char *why, size_t room)
{
	int fd, err;

	if (path)
		return take_from_file(path, out, why, room);
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	err = fd < 0 ? -ENOTTY : ask(fd, of, out);
	if (fd >= 0)
		close(fd);
	if (err == -ENOTTY)
		return text_refuse(err, why, room,
				   "the key has a password: password=FILE gives it");
	return err ? text_refuse(err, why, room, "no password was given") : 0;
}
