/* SPDX-License-Identifier: MIT */
/* dnsmasq as a child: started, listened to, ended by its process id and no other way. */
#include "lab/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who owns the tree can read it, wherever it lies; dnsmasq needs no more once it has its ports. */
static const char *owner_of(const char *tree)
{
	struct stat st;
	struct passwd *owner = stat(tree, &st) ? NULL : getpwuid(st.st_uid);

	return owner ? owner->pw_name : NULL;
}

static int write_config(struct dnsmasq_options *options, const char *path, char *why, size_t room)
{
	char config[8192];
	struct text text;
	int err;

	options->user = owner_of(options->tree);

	text_begin(&text, config, sizeof(config));
	dnsmasq_config(options, &text);
	if (text.cut || strchr(options->tree, '\n') || strchr(options->tree, '#'))
		return text_refuse(-EINVAL, why, room, "%s: a name that dnsmasq cannot read",
				   options->tree);
	err = path_write(path, config, text.len);
	return err ? text_refuse(err, why, room, "%s: %s", path, strerror(-err)) : 0;
}

static int open_log(struct dnsmasq *dnsmasq, int *child_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	dnsmasq->log = ends[0];
	*child_end = ends[1];
	return 0;
}

int dnsmasq_start(struct dnsmasq *dnsmasq, struct dnsmasq_options *options, const char *work,
		  char *why, size_t room)
{
	char config[PATH_ROOM], absolute[PATH_ROOM];
	struct command command;
	int child_end = -1;
	int err = path_absolute(work, absolute, sizeof(absolute));

	if (!err)
		err = path_format(config, sizeof(config), "%s/dnsmasq.conf", absolute);
	if (!err)
		err = path_format(options->leases, sizeof(options->leases), "%s/dnsmasq.leases",
				  absolute);
	if (!err)
		err = write_config(options, config, why, room);
	if (!err)
		err = command_begin_program(&command, "dnsmasq", "dnsmasq-base", why, room);
	if (!err)
		err = open_log(dnsmasq, &child_end);
	if (err)
		return err;
	command_add(&command, "--conf-file=%s", config);
	dnsmasq->pid = process_start_into(&command, NULL, child_end);
	close(child_end);
	return dnsmasq->pid < 0 ? dnsmasq->pid : 0;
}

void dnsmasq_stop(struct dnsmasq *dnsmasq)
{
	if (dnsmasq->pid > 0)
		process_end(dnsmasq->pid, 5);
	if (dnsmasq->pid > 0)
		close(dnsmasq->log);
	dnsmasq->pid = 0;
}

/* ---- what it says ---- */

/* PXEClient:Arch:00007:UNDI:003016, HTTPClient:Arch:00016:... */
static const char *firmware_name(const char *class)
{
	const char *arch = strstr(class, ":Arch:");
	unsigned long number = arch ? strtoul(arch + 6, NULL, 10) : 99999;

	switch (number) {
	case 0:
		return "BIOS";
	case 7:
	case 9:
		return "UEFI";
	case 16:
		return "UEFI HTTP";
	default:
		return arch ? "other" : "";
	}
}

static void note_lease(struct dnsmasq *dnsmasq, struct serving *serving,
		       const struct dnsmasq_event *event)
{
	struct station *station = stations_find(&serving->stations, event->address);
	bool is_same = !strcmp(dnsmasq->transaction, event->transaction);

	snprintf(station->mac, sizeof(station->mac), "%s", event->mac);
	if (is_same && dnsmasq->firmware[0])
		snprintf(station->firmware, sizeof(station->firmware), "%s", dnsmasq->firmware);
	serving->say("%s  has %s%s%s", event->mac, event->address,
		     is_same && dnsmasq->firmware[0] ? " for " : "",
		     is_same ? dnsmasq->firmware : "");
}

static void note_transfer(struct serving *serving, const struct dnsmasq_event *event, bool whole)
{
	struct station *station = stations_find(&serving->stations, event->address);
	const char *name = strrchr(event->text, '/');

	snprintf(station->file, sizeof(station->file), "%.63s", name ? name + 1 : event->text);
	serving->say("%s  %s by TFTP%s", station->mac[0] ? station->mac : event->address,
		     station->file, whole ? "" : ", broken off");
}

static void note(struct dnsmasq *dnsmasq, struct serving *serving, const char *line)
{
	struct dnsmasq_event event;

	dnsmasq_read(line, &event);
	switch (event.what) {
	case DNSMASQ_LEASE:
		note_lease(dnsmasq, serving, &event);
		break;
	case DNSMASQ_CLASS:
		snprintf(dnsmasq->transaction, sizeof(dnsmasq->transaction), "%s",
			 event.transaction);
		snprintf(dnsmasq->firmware, sizeof(dnsmasq->firmware), "%s",
			 firmware_name(event.text));
		break;
	case DNSMASQ_SENT:
	case DNSMASQ_FAILED:
		note_transfer(serving, &event, event.what == DNSMASQ_SENT);
		break;
	case DNSMASQ_NOTHING:
		snprintf(dnsmasq->last, sizeof(dnsmasq->last), "%.199s", line);
		break;
	}
}

static void note_lines(struct dnsmasq *dnsmasq, struct serving *serving)
{
	char *line = dnsmasq->pending, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		note(dnsmasq, serving, line);
	}
	dnsmasq->pending_len = strlen(line);
	memmove(dnsmasq->pending, line, dnsmasq->pending_len + 1);
	/* A line that has no end within the room for it is none of interest. */
	if (dnsmasq->pending_len == sizeof(dnsmasq->pending) - 1)
		dnsmasq->pending_len = 0;
}

int dnsmasq_turn(struct dnsmasq *dnsmasq, struct serving *serving, char *why, size_t room)
{
	ssize_t got;
	int status;

	while ((got = read(dnsmasq->log, dnsmasq->pending + dnsmasq->pending_len,
			   sizeof(dnsmasq->pending) - 1 - dnsmasq->pending_len)) > 0) {
		char *fresh = dnsmasq->pending + dnsmasq->pending_len;

		for (ssize_t i = 0; i < got; i++)
			fresh[i] = fresh[i] ? fresh[i] : '?';
		fresh[got] = '\0';
		note_lines(dnsmasq, serving);
	}
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (waitpid(dnsmasq->pid, &status, 0) == dnsmasq->pid) {
		close(dnsmasq->log);
		dnsmasq->pid = 0;
	}
	return text_refuse(-ECHILD, why, room, "dnsmasq ended: %s", dnsmasq->last);
}
