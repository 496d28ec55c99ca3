/* SPDX-License-Identifier: MIT */
/* Every console: lines for people on all of them, frames on the serial ones, a bar on screens. */
#include "init/origin/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct console {
	char name[32];
	int fd;
	bool screen; /* a person sits there; no frames */
	bool dead;
};
enum { MAX_CONSOLES = 8 };
static struct console consoles[MAX_CONSOLES];
static size_t console_count;

static speed_t speed_of(unsigned baud)
{
	return baud == 9600 ? B9600 : baud == 19200 ? B19200 : baud == 57600 ? B57600 : B115200;
}

/* Plain 8-bit line, no flow control and no carrier needed: a cable that is not there must not stop
 * a run. baud 0: as it is. */
static bool set_line(int fd, unsigned baud)
{
	struct termios line;

	if (tcgetattr(fd, &line))
		return false; /* an 8250 that is not there answers EIO */
	line.c_iflag &= (tcflag_t) ~(IXON | IXOFF | IXANY);
	line.c_cflag |= CLOCAL;
	line.c_cflag &= (tcflag_t)~CRTSCTS;
	line.c_oflag |= OPOST | ONLCR;
	line.c_lflag &= (tcflag_t) ~(ECHO | ICANON);
	if (baud)
		cfsetspeed(&line, speed_of(baud));
	return !tcsetattr(fd, TCSANOW, &line);
}

static void open_one(const char *name, unsigned baud)
{
	struct console *console = &consoles[console_count];
	char path[48];
	int fd;

	for (size_t i = 0; i < console_count; i++)
		if (!strcmp(consoles[i].name, name))
			return;
	if (console_count == MAX_CONSOLES)
		return;
	snprintf(path, sizeof(path), "/dev/%.30s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!set_line(fd, baud)) {
		close(fd);
		return;
	}
	*console = (struct console){ .fd = fd };
	console->screen = !strncmp(name, "tty", 3) && name[3] >= '0' && name[3] <= '9';
	snprintf(console->name, sizeof(console->name), "%.31s", name);
	console_count++;
}

void console_open_all(void)
{
	static const char *const usual[] = { "ttyS0", "ttyS1", "hvc0", "tty0" };
	char active[256], named[16], *save = NULL;
	unsigned baud;

	if (spcr_find(named, sizeof(named), &baud))
		open_one(named, baud);
	for (size_t i = 0; i < COUNT_OF(usual); i++)
		open_one(usual[i], 0);
	/* What somebody chose beyond those (console=). */
	if (file_read(active, sizeof(active), "/sys/class/tty/console/active") > 0)
		for (char *name = strtok_r(active, " ", &save); name;
		     name = strtok_r(NULL, " ", &save))
			open_one(name, 0);
}

bool console_any_screen(void)
{
	for (size_t i = 0; i < console_count; i++)
		if (consoles[i].screen && !consoles[i].dead)
			return true;
	return false;
}

bool console_any_serial(void)
{
	for (size_t i = 0; i < console_count; i++)
		if (!consoles[i].screen && !consoles[i].dead)
			return true;
	return false;
}

/* A port that takes nothing for ten seconds has nobody behind it: it is left alone from then on. */
enum { PATIENCE_MS = 10000 };

static void put(struct console *console, const char *data, size_t len)
{
	while (len && !console->dead) {
		struct pollfd ready = { .fd = console->fd, .events = POLLOUT };
		ssize_t done = write(console->fd, data, len);

		if (done > 0) {
			data += done;
			len -= (size_t)done;
		} else if (done < 0 && errno != EAGAIN && errno != EINTR) {
			console->dead = true;
		} else if (poll(&ready, 1, PATIENCE_MS) == 0) {
			console->dead = true;
		}
	}
}

bool console_picture(const char *data, size_t len, unsigned rows, unsigned columns)
{
	bool shown = false;

	for (size_t i = 0; i < console_count; i++) {
		struct winsize size;

		if (!consoles[i].screen || consoles[i].dead ||
		    ioctl(consoles[i].fd, TIOCGWINSZ, &size) || size.ws_row < rows ||
		    size.ws_col < columns)
			continue;
		put(&consoles[i], data, len);
		shown = true;
	}
	return shown;
}

/* How much of what was written still waits in front of the port. */
static int queued(const struct console *console)
{
	int bytes = 0;

	return ioctl(console->fd, TIOCOUTQ, &bytes) ? 0 : bytes;
}

static void drain(struct console *console)
{
	enum { NAP_NS = 200000 };
	uint64_t moved_ns = clock_raw_ns();
	int left = queued(console), before = left;

	for (; left && !console->dead; left = queued(console)) {
		if (left < before)
			moved_ns = clock_raw_ns();
		else if (clock_raw_ns() - moved_ns > PATIENCE_MS * 1000000ull)
			console->dead = true;
		before = left;
		clock_sleep_ns(NAP_NS);
	}
}

void console_drain(void)
{
	for (size_t i = 0; i < console_count; i++)
		if (!consoles[i].dead)
			drain(&consoles[i]);
}

/* To all, or to those without a screen. How many took it. */
static int put_all(const char *data, size_t len, bool frame)
{
	int taken = 0;

	for (size_t i = 0; i < console_count; i++) {
		if (consoles[i].dead || (frame && consoles[i].screen))
			continue;
		put(&consoles[i], data, len);
		taken += !consoles[i].dead;
	}
	return taken;
}

static void say_held(const char *line)
{
	put_all(line, strlen(line), false);
}

/* A whole line, with nothing of the kernel's in it: the kernel writes to the port itself, past what
 * waits in the queue, so it is held until the queue is empty. */
static int put_line(const char *line, size_t len, bool frame)
{
	int taken;

	kernel_lines_hold();
	taken = put_all(line, len, frame);
	console_drain();
	kernel_lines_release(say_held);
	return taken;
}

void console_say(const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n] = '\n';
	console_bar_clear();
	put_line(line, (size_t)n + 1, false);
	if (!console_count && file_write_all(STDERR_FILENO, line, (size_t)n + 1))
		return; /* an ordinary command; nobody to tell */
}

static bool bar_shown;

void console_bar(const char *line)
{
	char painted[256];
	int n = snprintf(painted, sizeof(painted), "\r%.200s\033[K", line);

	for (size_t i = 0; i < console_count; i++)
		if (consoles[i].screen)
			put(&consoles[i], painted, (size_t)n);
	bar_shown = true;
}

void console_bar_clear(void)
{
	static const char clear[] = "\r\033[K";

	for (size_t i = 0; bar_shown && i < console_count; i++)
		if (consoles[i].screen)
			put(&consoles[i], clear, sizeof(clear) - 1);
	bar_shown = false;
}

static int append_frame(struct sink *sink, const char *line, size_t len, unsigned sequence,
			const struct digest *head)
{
	static char frame[JOURNAL_LINE + 128];
	int n = frame_format(frame, sizeof(frame), sequence, head, line, len - 1);

	(void)sink;
	if (n < 0)
		return n;
	return put_line(frame, (size_t)n, true) ? 0 : -ENODEV;
}

static int flush_frames(struct sink *sink)
{
	(void)sink;
	return 0;
}

struct sink console_sink = { "serial console", append_frame, flush_frames, NULL, true, 0 };

/* Noise on a line with nobody at its end is no key: breaks and bytes that no keyboard sends. */
static bool is_key(unsigned char byte)
{
	return (byte >= 32 && byte < 127) || byte == '\r' || byte == '\n' || byte == 27 ||
	       byte == 3 || byte == 4;
}

bool console_key_pressed(void)
{
	bool pressed = false;

	for (size_t i = 0; i < console_count; i++) {
		unsigned char bytes[64];
		ssize_t n;

		while (!consoles[i].dead && (n = read(consoles[i].fd, bytes, sizeof(bytes))) > 0)
			for (ssize_t k = 0; k < n; k++)
				pressed = pressed || is_key(bytes[k]);
	}
	return pressed;
}
