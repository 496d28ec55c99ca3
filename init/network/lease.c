/* SPDX-License-Identifier: MIT */
/* The DHCP client and what it told: see lease.h. */
#include "init/network/lease.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a line ---- */

static int take_address(const char *in, struct prefix *out)
{
	int err;

	if (!in[0] || !strcmp(in, "/"))
		return 0;
	err = prefix_parse(in, out);
	return err || out->family != AF_INET ? -EINVAL : 0;
}

static int take_host(const char *in, char out[16])
{
	struct in_addr host;

	if (in[0] && inet_pton(AF_INET, in, &host) != 1)
		return -EINVAL;
	snprintf(out, 16, "%.15s", in);
	return 0;
}

static int take_fact(const struct word *word, struct lease *out)
{
	if (!word->value)
		return -EINVAL;
	if (!strcmp(word->key, "ip"))
		return take_address(word->value, &out->address);
	if (!strcmp(word->key, "router"))
		return take_host(word->value, out->router);
	if (!strcmp(word->key, "server"))
		return take_host(word->value, out->server);
	if (!strcmp(word->key, "lease"))
		return word->value[0] ? text_u64(word->value, &out->seconds) : 0;
	return -EINVAL;
}

int lease_parse(const char *line, struct lease *out)
{
	static const char *const names[] = { "deconfig", "bound", "renew", "nak", "leasefail" };
	char copy[256], *cursor = copy;
	struct word word;
	size_t event = 0;
	int err = 0;

	*out = (struct lease){ 0 };
	if (snprintf(copy, sizeof(copy), "%s", line) >= (int)sizeof(copy) ||
	    !text_next_word(&cursor, &word) || word.value)
		return -EINVAL;
	while (event < COUNT_OF(names) && strcmp(word.key, names[event]) != 0)
		event++;
	if (event == COUNT_OF(names))
		return -EINVAL;
	out->event = (enum lease_event)event;
	if (!text_next_word(&cursor, &word) || word.value || text_real(word.key, &out->uptime_s) ||
	    out->uptime_s < 0)
		return -EINVAL;
	while (!err && text_next_word(&cursor, &word))
		err = take_fact(&word, out);
	if (!err && !out->address.family && event >= LEASE_BOUND && event <= LEASE_RENEWED)
		return -EINVAL;
	return err;
}

/* ---- the client ---- */

static void name_log(const char *device, char out[48])
{
	snprintf(out, 48, "/run/udhcpc-%.15s.log", device);
}

static void name_events(const char *device, char out[48])
{
	snprintf(out, 48, "/run/dhcp-%.15s", device);
}

/* It asks for a lease of a week, so that no renewal falls into a run of days, and takes what it
 * gets; asks the wire whether the address that it was offered is free (-a: a tenth of a second, a
 * hundred times what an answer on a wire takes), and declines it when it is not. Nobody answering,
 * it tries again every few seconds until it is stopped: a bridge may need half a minute to let the
 * first packet through. What it says is not for the console. */
static void become_client(const char *device, const struct prefix *hint)
{
	char address[PREFIX_TEXT] = "", path[48];
	const char *words[] = { "udhcpc", "-f", "-i",		device, "-s", "/etc/udhcpc.script",
				"-t",	  "4",	"-T",		"2",	"-A", "2",
				"-a100",  "-x", "lease:604800", NULL,	NULL, NULL };
	size_t count = COUNT_OF(words) - 3;
	int log;

	name_log(device, path);
	log = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
	dup2(log, 1);
	dup2(log, 2);
	if (hint->family) {
		prefix_address(hint, address);
		words[count++] = "-r";
		words[count] = address;
	}
	execv("/bin/busybox", (char *const *)words);
	_exit(127);
}

pid_t lease_start(const char *device, const struct prefix *hint)
{
	char path[48];
	pid_t pid;

	name_events(device, path);
	unlink(path);
	pid = fork();
	if (!pid)
		become_client(device, hint);
	return pid < 0 ? -errno : pid;
}

void lease_stop(pid_t client, const char *device)
{
	char path[48];

	if (client > 0) {
		kill(client, SIGKILL); /* it has nothing to put in order, and must not wait */
		while (waitpid(client, NULL, 0) < 0 && errno == EINTR)
			;
	}
	name_events(device, path);
	unlink(path);
}

bool lease_next(const char *device, size_t *offset, struct lease *out)
{
	char path[48], *text = NULL, *line, *end;
	ssize_t len;
	bool found = false;

	name_events(device, path);
	len = file_load(&text, 1 << 20, path);
	while (!found && len > 0 && *offset < (size_t)len) {
		line = text + *offset;
		end = strchr(line, '\n');
		if (!end) /* it is being written */
			break;
		*end = '\0';
		*offset += (size_t)(end - line) + 1;
		found = !lease_parse(line, out);
	}
	free(text);
	return found;
}

void lease_quote(const char *device, struct text *out)
{
	char path[48], said[2048], *in_use;

	name_log(device, path);
	if (file_read(said, sizeof(said), "%s", path) <= 0)
		return;
	in_use = strstr(said, "offered address is in use");
	if (in_use)
		text_add(out, "; %s: %.*s", device, (int)strcspn(in_use, "\n"), in_use);
}
