/* SPDX-License-Identifier: MIT */
/* Files of the tree: opened beneath it or not at all. */
#include "lab/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SCRIPT_MAX = 256 << 10, FLEET_MAX = 4 << 20 };

int tree_open(const struct serving *serving, const char *path, uint64_t *bytes)
{
	/* The kernel's own promise (openat2, Linux 5.6): no "..", no link, no mount trick leads
	 * out. */
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, serving->tree_fd, path, &how, sizeof(how));
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*bytes = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return -ENOENT;
}

static char *read_script(const struct serving *serving, const char *path)
{
	uint64_t bytes = 0;
	int fd = tree_open(serving, path, &bytes);
	char *text = fd < 0 || bytes > SCRIPT_MAX ? NULL : malloc(bytes + 1);
	ssize_t got = text ? read(fd, text, bytes) : -1;

	if (text)
		text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Read each time: whoever edits it need not start anything again. */
static bool find_entry(struct serving *serving, const char *mac, struct fleet_entry *out)
{
	char why[WHY_ROOM], *text;
	ssize_t len;
	int err;

	*out = (struct fleet_entry){ 0 };
	if (!serving->fleet)
		return false;
	len = file_load(&text, FLEET_MAX, serving->fleet);
	if (len < 0) {
		serving->say("%s: %s; no machine gets words from it", serving->fleet,
			     strerror((int)-len));
		return false;
	}
	err = fleet_read(text, serving->fleet, mac, out, why, sizeof(why));
	free(text);
	if (err)
		serving->say("%s; no machine gets words from it", why);
	if (err)
		*out = (struct fleet_entry){ 0 };
	return out->words[0];
}

/* pxelinux asks for pxelinux.cfg/01-MAC first: one with words of its own gets the common script
 * with them, the others are to ask on until default. */
static char *script_source(struct serving *serving, const char *path, const char *own,
			   bool has_words)
{
	char common[PATH_ROOM], mac[MAC_ROOM];
	const char *name = strrchr(path, '/');
	char *text = read_script(serving, path);

	name = name ? name + 1 : path;
	if (text || !has_words || !own[0] || !strstr(path, "pxelinux.cfg/") || !mac_read(name, mac))
		return text;
	if (path_format(common, sizeof(common), "%.*sdefault", (int)(name - path), path))
		return NULL;
	return read_script(serving, common);
}

char *tree_script(struct serving *serving, const char *path, const char *address, const char *mac)
{
	struct fleet_entry entry;
	char words[WORDS_ROOM + URL_ROOM + 32], *source, *script;
	const char *name = strrchr(path, '/');
	char own[MAC_ROOM] = "";
	bool has_words;

	if (!mac_read(name ? name + 1 : path, own) && !mac_read(mac, own))
		own[0] = '\0';
	has_words = find_entry(serving, own, &entry);
	source = script_source(serving, path, own, has_words);
	if (!source)
		return NULL;
	snprintf(words, sizeof(words), "%s", entry.words);
	/* Who boots from here brings the results back here, unless told otherwise. */
	if (!strstr(words, "assay.results="))
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%sassay.results=%s",
			 *words ? " " : "", serving->url);
	script = script_extend(source, words);
	free(source);
	if (entry.name[0])
		serving->say("%s  %s is %s", own[0] ? own : address, address, entry.name);
	return script;
}
