/* SPDX-License-Identifier: MIT */
/* Where settings come from: defaults < plan file < the results partition's assay.ini < kernel words
 * or arguments. */
#include "init/guard/guard.h"
#include "init/upload/upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- the plan file ---- */

struct plan_reading {
	struct settings *settings;
	const char *path;
	bool in_head;
	char *why;
	size_t room;
};

/* "net.tcp", or "net.tcp a label". */
static int open_section(struct plan_reading *reading, const struct ini_line *line)
{
	struct settings *settings = reading->settings;
	char name[64], meant[NEAREST_WORDS];
	const char *label = strchr(line->section, ' ');
	const struct bench *bench;
	struct request *request;

	reading->in_head = !strcmp(line->section, "plan");
	if (reading->in_head)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line->section, " "), line->section);
	bench = bench_find(name);
	if (!bench)
		return text_refuse(-ENOENT, reading->why, reading->room,
				   "%s:%d: [%.60s]: no such benchmark%s `assay list` names them",
				   reading->path, line->line, line->section,
				   bench_hint(name, meant));
	if (settings->request_count == MAX_STEPS)
		return text_refuse(-E2BIG, reading->why, reading->room, "%s:%d: more than %d steps",
				   reading->path, line->line, MAX_STEPS);
	request = &settings->request[settings->request_count++];
	if (request_init(request, bench, reading->why, reading->room))
		return -EINVAL;
	snprintf(request->label, sizeof(request->label), "%.31s",
		 label ? label + strspn(label, " ") : "");
	return 0;
}

static int plan_key(struct plan_reading *reading, const struct ini_line *line, char *why,
		    size_t room)
{
	struct settings *settings = reading->settings;

	if (!reading->in_head && !settings->request_count)
		return text_refuse(-EINVAL, why, room, "%.60s stands before any [section]",
				   line->name);
	if (!reading->in_head)
		return request_set(&settings->request[settings->request_count - 1], line->name,
				   line->value, FROM_PLAN, why, room);
	if (!strcmp(line->name, "summary")) {
		snprintf(settings->plan_summary, sizeof(settings->plan_summary), "%.159s",
			 line->value);
		return 0;
	}
	if (!strcmp(line->name, "plan"))
		return text_refuse(-EINVAL, why, room, "plan: a plan does not name a plan");
	return settings_set(settings, line->name, line->value, FROM_PLAN, why, room);
}

static int plan_line(void *context, const struct ini_line *line)
{
	struct plan_reading *reading = context;
	char why[WHY_ROOM];
	int err;

	if (!line->name)
		return open_section(reading, line);
	err = plan_key(reading, line, why, sizeof(why));
	if (err)
		text_refuse(err, reading->why, reading->room, "%s:%d: %s", reading->path,
			    line->line, why);
	return err;
}

/* What of config/plans it may have been meant to be. */
static const char *plan_hint(const char *name, char out[NEAREST_WORDS])
{
	struct nearest nearest;
	char folder[300];

	nearest_begin(&nearest, name);
	if (!shipped_path(folder, sizeof(folder), "config/plans"))
		return nearest_words(&nearest, out);
	nearest_offer_files(&nearest, folder, ".ini");
	if (!*nearest_words(&nearest, out) && access(folder, F_OK))
		snprintf(out, NEAREST_WORDS, "; no %.30s here: stand in the clone, or make install",
			 folder);
	return out;
}

static int read_plan(struct settings *settings, char *why, size_t room)
{
	const char *name = settings->value[SET_PLAN].text;
	bool is_path = strchr(name, '/') || strstr(name, ".ini");
	struct plan_reading reading = { .settings = settings, .why = why, .room = room };
	char path[300], meant[NEAREST_WORDS], *text = NULL;
	ssize_t len;
	int err;

	if (is_path)
		snprintf(path, sizeof(path), "%s", name);
	else
		shipped_path(path, sizeof(path), "config/plans/%s.ini", name);
	reading.path = path;
	len = file_load(&text, 256 * 1024, path);
	if (len < 0)
		return text_refuse((int)len, why, room, "plan=%s: cannot read %s: %s%s", name, path,
				   strerror((int)-len), plan_hint(name, meant));
	digest_of(text, (size_t)len, &settings->plan_digest);
	if (strlen(text) != (size_t)len)
		err = text_refuse(-EINVAL, why, room, "%s: a zero byte in it", path);
	else
		err = ini_read(text, path, plan_line, &reading, why, room);
	free(text);
	return err;
}

/* ---- words ---- */

/* "net.tcp.seconds": the benchmark is the longest name followed by a dot. Sets it in all its steps.
 */
static int set_in_steps(struct settings *settings, const char *key, const char *in,
			enum source from, char *why, size_t room)
{
	const char *dot = strrchr(key, '.'), *link_key;
	const struct bench *bench;
	struct request probe;
	char name[64], meant[NEAREST_WORDS];
	size_t link;
	int err;

	if (!dot || dot - key >= (long)sizeof(name) ||
	    wish_key(key, &link, &link_key, why, room) != -ENOENT)
		return settings_set(settings, key, in, from, why, room);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	bench = bench_find(name);
	if (!bench)
		return text_refuse(-ENOENT, why, room,
				   "%.80s: no benchmark %s%s `assay list` names them", key, name,
				   bench_hint(name, meant));
	/* Judged even when no step of the plan uses it: a typo must not depend on the plan to be
	 * found. */
	err = request_init(&probe, bench, why, room);
	if (!err)
		err = request_set(&probe, dot + 1, in, from, why, room);
	for (size_t i = 0; !err && i < settings->request_count; i++)
		if (settings->request[i].bench == bench)
			err = request_set(&settings->request[i], dot + 1, in, from, why, room);
	return err;
}

bool word_is_file_name(const struct word *word)
{
	size_t len = strlen(word->key);

	return !word->value && len > 4 && !strcasecmp(word->key + len - 4, ".efi");
}

static const char *own_key(const struct word *word, enum source from)
{
	static const char prefix[] = "assay.";

	if (from != FROM_KERNEL)
		return word->key;
	if (word_is_file_name(word))
		return NULL;
	return strncmp(word->key, prefix, sizeof(prefix) - 1) ? NULL :
								word->key + sizeof(prefix) - 1;
}

/* Two walks over the words: the plan's name first, since all others stand above the plan. */
static int apply_words(struct settings *settings, const char *words, enum source from,
		       bool plan_only, char *why, size_t room)
{
	char *copy = strdup(words), *cursor = copy, reason[WHY_ROOM];
	struct word word;
	int err = copy ? 0 : -ENOMEM;

	while (!err && text_next_word(&cursor, &word)) {
		const char *key = own_key(&word, from);

		if (!key || !strcmp(key, "plan") != plan_only)
			continue;
		if (!word.value)
			err = text_refuse(-EINVAL, reason, sizeof(reason),
					  "%.80s: expected NAME=VALUE", key);
		else
			err = set_in_steps(settings, key, word.value, from, reason, sizeof(reason));
		if (err)
			text_refuse(err, why, room, "%s (%s): %s", word.key, source_name(from),
				    reason);
	}
	free(copy);
	return err;
}

static int check_together(const struct settings *settings, char *why, size_t room)
{
	char reason[WHY_ROOM];
	struct naming naming;
	struct upload_url url;

	if (wishes_check(settings->wish, why, room) || plan_check_room(settings, why, room))
		return -EINVAL;
	if (settings->value[SET_RESULTS].text[0] &&
	    upload_url_parse(settings->value[SET_RESULTS].text, &url, why, room))
		return -EINVAL;
	if (settings->value[SET_ROLE].num == ROLE_PEER &&
	    !strcmp(settings->value[SET_PEER].text, "find"))
		return text_refuse(-EINVAL, why, room,
				   "role=peer and peer=find: two that find each other take turns");
	if (naming_of(&naming, settings, why, room))
		return -EINVAL;
	for (size_t i = 0; i < settings->request_count; i++) {
		const struct request *request = &settings->request[i];
		int err = request_check(request, reason, sizeof(reason));

		if (err)
			return text_refuse(err, why, room, "%s: %s", request->bench->name, reason);
	}
	return 0;
}

static int links_default(struct settings *settings, char *why, size_t room)
{
	int err = 0;

	for (size_t i = 0; !err && i < WISHES; i++) {
		err = params_defaults(link_table, settings->link[i], why, room);
		for (enum link_key key = 0; !err && key < LINK_KEYS; key++)
			err = wish_set(&settings->wish[i], key, &settings->link[i][key], why, room);
		settings->wish[i].said = !i;
	}
	return err;
}

/* ---- the results partition's own file ---- */

struct file_reading {
	struct settings *settings;
	const char *path;
	bool plan_only;
	char *why;
	size_t room;
};

/* Each line is a word without its "assay."; a section, if any, is [assay]. */
static int file_line(void *context, const struct ini_line *line)
{
	struct file_reading *reading = context;
	char why[WHY_ROOM];
	int err = 0;

	if (!line->name && strcmp(line->section, "assay") != 0)
		err = text_refuse(-EINVAL, why, sizeof(why),
				  "[%.60s]: NAME = VALUE lines expected, at most under [assay]",
				  line->section);
	else if (line->name && !strcmp(line->name, "plan") == reading->plan_only)
		err = set_in_steps(reading->settings, line->name, line->value, FROM_RESULTS, why,
				   sizeof(why));
	return err ? text_refuse(err, reading->why, reading->room, "%s:%d: %s", reading->path,
				 line->line, why) :
		     0;
}

static int apply_file(struct settings *settings, const char *text, bool plan_only, char *why,
		      size_t room)
{
	struct file_reading reading = { settings, "assay.ini", plan_only, why, room };

	return text ? ini_read(text, reading.path, file_line, &reading, why, room) : 0;
}

int configure_with(struct settings *settings, const char *file, char *words, enum source from,
		   char *why, size_t room)
{
	int err;

	memset(settings, 0, sizeof(*settings));
	err = params_defaults(settings_table, settings->value, why, room);
	if (!err)
		err = links_default(settings, why, room);
	if (!err)
		err = apply_file(settings, file, true, why, room);
	if (!err)
		err = apply_words(settings, words, from, true, why, room);
	if (!err)
		err = read_plan(settings, why, room);
	if (!err)
		err = apply_file(settings, file, false, why, room);
	if (!err)
		err = apply_words(settings, words, from, false, why, room);
	return err ? err : check_together(settings, why, room);
}

int configure(struct settings *settings, char *words, enum source from, char *why, size_t room)
{
	return configure_with(settings, NULL, words, from, why, room);
}
