/* SPDX-License-Identifier: MIT */
/* Other programs, as children that do not outlive us. */
#include "lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 16 << 20 };

void command_begin(struct command *command)
{
	command->count = command->used = 0;
	command->full = false;
	command->argv[0] = NULL;
}

void command_add(struct command *command, const char *format, ...)
{
	char *word = command->store + command->used;
	size_t room = sizeof(command->store) - command->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(word, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room || command->count == COMMAND_WORDS) {
		command->full = true;
		return;
	}
	command->used += (size_t)len + 1;
	command->argv[command->count++] = word;
	command->argv[command->count] = NULL;
}

static void add_quoted(struct text *out, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./,:+@%";

	if (*word && !word[strspn(word, plain)]) {
		text_add(out, "%s", word);
		return;
	}
	text_add(out, "'");
	for (; *word; word++)
		text_add(out, *word == '\'' ? "'\\''" : "%c", *word);
	text_add(out, "'");
}

void command_text(const struct command *command, struct text *out)
{
	for (size_t i = 0; i < command->count; i++) {
		/* One option a line, its value beside it. */
		bool option = i && command->argv[i][0] == '-';

		text_add(out, "%s", !i ? "" : option ? " \\\n\t" : " ");
		add_quoted(out, command->argv[i]);
	}
	text_add(out, "\n");
}

int command_save(const struct command *command, const char *path)
{
	enum { ROOM = 2 * COMMAND_ROOM };
	char *buffer = malloc(ROOM);
	struct text text;
	int err;

	if (!buffer)
		return -ENOMEM;
	text_begin(&text, buffer, ROOM);
	text_add(&text, "#!/bin/sh\nexec ");
	command_text(command, &text);
	err = path_write(path, buffer, text.len);
	free(buffer);
	return err ? err : chmod(path, 0755) ? -errno : 0;
}

int process_find(const char *name, const char *package, char *out, size_t room, char *why,
		 size_t why_room)
{
	char folders[4096], *rest = folders, *folder;
	const char *path = getenv("PATH");

	/* mke2fs, debugfs and sfdisk live where an ordinary user's PATH does not look. */
	if (path_format(folders, sizeof(folders), "%s:/usr/sbin:/sbin",
			path ? path : "/usr/bin:/bin"))
		path_format(folders, sizeof(folders), "/usr/bin:/bin:/usr/sbin:/sbin");
	while ((folder = strsep(&rest, ":")))
		if (!path_format(out, room, "%s/%s", *folder ? folder : ".", name) &&
		    !access(out, X_OK))
			return 0;
	return text_refuse(-ENOENT, why, why_room,
			   "%s is not installed; get it with: apt-get install %s", name, package);
}

int command_begin_program(struct command *command, const char *name, const char *package, char *why,
			  size_t room)
{
	char program[PATH_ROOM];
	int err = process_find(name, package, program, sizeof(program), why, room);

	command_begin(command);
	if (!err)
		command_add(command, "%s", program);
	return err;
}

static void become(const struct command *command, const char *folder, int in, int out, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127); /* it ended before we could ask to end with it */
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || (folder && chdir(folder)))
		_exit(127);
	execv(command->argv[0], command->argv);
	dprintf(2, "cannot start %s: %s\n", command->argv[0], strerror(errno));
	_exit(127);
}

static pid_t start(const struct command *command, const char *folder, int in, int out)
{
	pid_t parent = getpid(), pid;

	if (command->full || !command->count)
		return -E2BIG;
	pid = fork();
	if (!pid)
		become(command, folder, in, out, parent);
	return pid < 0 ? -errno : pid;
}

pid_t process_start_into(const struct command *command, const char *folder, int out)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid = in < 0 ? -errno : start(command, folder, in, out);

	if (in >= 0)
		close(in);
	return pid;
}

pid_t process_start(const struct command *command, const char *folder, const char *output)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	pid_t pid = in < 0 || out < 0 ? -errno : start(command, folder, in, out);

	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return pid;
}

/* An unlinked file: no pipe that could fill up, whatever the child does. */
static int anonymous_file(const char *contents)
{
	char name[] = "/tmp/assay-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0)
		return -errno;
	unlink(name);
	if (contents &&
	    (file_write_all(fd, contents, strlen(contents)) || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static char *read_back(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 || size > OUTPUT_MAX ? NULL : malloc((size_t)size + 1);
	ssize_t got = text ? pread(fd, text, (size_t)size, 0) : -1;

	if (text)
		text[got > 0 ? got : 0] = '\0';
	return text;
}

int process_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Of what a failed program said, the last line: that is where the reason is. */
static const char *last_line(char *text)
{
	size_t len = strlen(text);

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	char *line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

int process_run(const struct command *command, const char *folder, const char *input, char **output,
		char *why, size_t room)
{
	int in = anonymous_file(input), out = anonymous_file(NULL), status = -1, err = 0;
	pid_t pid = in < 0 || out < 0 ? -EIO : start(command, folder, in, out);
	char *said = NULL;

	if (pid > 0) {
		status = process_wait(pid);
		said = read_back(out);
	}
	if (pid < 0 || status)
		err = text_refuse(-EIO, why, room, "%s failed: %s", command->argv[0],
				  said ? last_line(said) : "it could not be started");
	else if (!said)
		err = text_refuse(-EFBIG, why, room, "%s said too much", command->argv[0]);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (output && !err)
		*output = said;
	else
		free(said);
	return err;
}

int process_end(pid_t pid, double grace_seconds)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int status = 0;

	kill(pid, SIGTERM);
	for (double waited = 0; waited < grace_seconds; waited += 0.02) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return status;
		nanosleep(&nap, NULL);
	}
	kill(pid, SIGKILL);
	return process_wait(pid);
}
