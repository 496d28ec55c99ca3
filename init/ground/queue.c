/* SPDX-License-Identifier: MIT */
/* A disk's settings in /sys/block/NAME: set for a step, read back, and put back afterwards. */
#include "init/ground/ground.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void queue_active(const char *text, char *out, size_t room)
{
	const char *open = strchr(text, '[');
	const char *start = open ? open + 1 : text;
	size_t len = open ? strcspn(start, "]") : strlen(text);

	snprintf(out, room, "%.*s", (int)len, start);
}

static int read_setting(const char *folder, const char *name, char *out, size_t room)
{
	char text[256];
	ssize_t len = file_read(text, sizeof(text), "%s/queue/%s", folder, name);

	if (len < 0)
		return (int)len;
	queue_active(text, out, room);
	return 0;
}

/* What the kernel took without an error it need not have done: it is read back. */
static int write_setting(const char *folder, const char *name, const char *value, char *why,
			 size_t room)
{
	char path[400], now[64] = "";
	int err;

	snprintf(path, sizeof(path), "%s/queue/%s", folder, name);
	err = file_write(path, value);
	if (!err)
		err = read_setting(folder, name, now, sizeof(now));
	if (err)
		return text_refuse(err, why, room, "set %s to %s: %s", path, value, strerror(-err));
	return strcmp(now, value) ? text_refuse(-EIO, why, room, "%s was set to %s and is %s", path,
						value, now) :
				    0;
}

static int set(const char *folder, const char *name, const char *value, char *before,
	       size_t before_room, char *why, size_t room)
{
	char now[64] = "";
	int err = read_setting(folder, name, now, sizeof(now));

	if (err)
		return text_refuse(err, why, room, "read %s/queue/%s: %s", folder, name,
				   strerror(-err));
	if (!strcmp(now, value))
		return 0;
	err = write_setting(folder, name, value, why, room);
	if (!err)
		snprintf(before, before_room, "%s", now);
	return err;
}

static int set_scheduler(struct queue *queue, const struct request *request, char *why, size_t room)
{
	const union value *value = &request->ground[GROUND_SCHEDULER];
	char word[40];
	struct text text;

	text_begin(&text, word, sizeof(word));
	param_format(&ground_table[GROUND_SCHEDULER], value, &text);
	return value->num ? set(queue->folder, "scheduler", word, queue->scheduler,
				sizeof(queue->scheduler), why, room) :
			    0;
}

static int set_read_ahead(struct queue *queue, const struct request *request, char *why,
			  size_t room)
{
	char word[24];
	uint64_t kb;
	bool asked;
	int err = read_ahead_kb(request->ground[GROUND_READ_AHEAD].text, &asked, &kb, why, room);

	if (err || !asked)
		return err;
	snprintf(word, sizeof(word), "%llu", (unsigned long long)kb);
	return set(queue->folder, "read_ahead_kb", word, queue->read_ahead,
		   sizeof(queue->read_ahead), why, room);
}

static int set_write_cache(struct queue *queue, const struct request *request, char *why,
			   size_t room)
{
	enum { KEEP, ON, OFF };
	uint64_t asked = request->ground[GROUND_WRITE_CACHE].num;
	char now[24] = "";
	int err;

	if (asked == KEEP)
		return 0;
	err = read_setting(queue->folder, "write_cache", now, sizeof(now));
	if (err)
		return text_refuse(err, why, room, "read %s/queue/write_cache: %s", queue->folder,
				   strerror(-err));
	if (!strcmp(now, asked == ON ? "write back" : "write through"))
		return 0;
	err = write_cache_set(queue->folder, asked == ON, why, room);
	if (!err)
		memcpy(queue->write_cache, now, sizeof(now));
	return err;
}

int queue_set(struct queue *queue, const char *folder, const struct request *request, char *why,
	      size_t room)
{
	char ignored[WHY_ROOM];
	int err;

	*queue = (struct queue){ 0 };
	snprintf(queue->folder, sizeof(queue->folder), "%s", folder);
	err = set_scheduler(queue, request, why, room);
	if (!err)
		err = set_read_ahead(queue, request, why, room);
	if (!err)
		err = set_write_cache(queue, request, why, room);
	if (err)
		queue_restore(queue, ignored, sizeof(ignored));
	return err;
}

int queue_restore(struct queue *queue, char *why, size_t room)
{
	int err = 0, first = 0;

	if (queue->write_cache[0])
		first = write_cache_set(queue->folder, !strcmp(queue->write_cache, "write back"),
					why, room);
	if (queue->read_ahead[0])
		err = write_setting(queue->folder, "read_ahead_kb", queue->read_ahead, why, room);
	first = first ? first : err;
	err = 0;
	if (queue->scheduler[0])
		err = write_setting(queue->folder, "scheduler", queue->scheduler, why, room);
	queue->scheduler[0] = queue->read_ahead[0] = queue->write_cache[0] = '\0';
	return first ? first : err;
}
