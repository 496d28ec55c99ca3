/* SPDX-License-Identifier: MIT */
/*
 * What waits to be sent: frames and files in memory, within a limit. With a results partition the
 * limit costs nothing: what does not fit is there as well and is read back. Without one it is the
 * end of this way out, which is recorded. See upload.h.
 */
#include "init/upload/upload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES_FIRST = 1 << 16, AROUND = 96 };

int upload_init(struct upload *upload, const char *url, const char *run_id, int folder_fd,
		size_t limit)
{
	*upload = (struct upload){ .folder_fd = folder_fd, .limit = limit };
	upload->last_file = &upload->files;
	snprintf(upload->said, sizeof(upload->said), "%s", url);
	snprintf(upload->run_id, sizeof(upload->run_id), "%s", run_id);
	return upload_url_parse(url, &upload->url, upload->state, sizeof(upload->state));
}

void upload_free(struct upload *upload)
{
	while (upload->files)
		upload_drop_file(upload);
	if (upload->store.journal)
		upload_store_close(&upload->store);
	free(upload->batch);
	free(upload->frames);
}

/* Everything that was recorded stands in the run's folder too. */
static bool is_kept(const struct upload *upload)
{
	return upload->folder_fd >= 0 && !(upload->kept && upload->kept->dead);
}

/* ---- frames ---- */

/* What the server has is held too, as long as there is room: it may lose it. */
static void forget_acked(struct upload *upload)
{
	if (upload->acked < upload->first || !upload->acked_at)
		return;
	memmove(upload->frames, upload->frames + upload->acked_at, upload->len - upload->acked_at);
	upload->len -= upload->acked_at;
	upload->first = upload->acked;
	upload->acked_at = 0;
}

static void forget_all(struct upload *upload)
{
	upload->len = upload->acked_at = 0;
	upload->first = upload->count;
}

static bool is_full(const struct upload *upload, size_t more)
{
	return upload->len + upload->file_bytes + more > upload->limit;
}

static bool grow(struct upload *upload, size_t more)
{
	size_t wanted = upload->room ? upload->room : FRAMES_FIRST;
	char *frames;

	if (upload->len + more <= upload->room)
		return true;
	while (wanted < upload->len + more)
		wanted *= 2;
	frames = realloc(upload->frames, wanted);
	if (!frames)
		return false;
	upload->frames = frames;
	upload->room = wanted;
	return true;
}

static bool make_room(struct upload *upload, size_t more)
{
	if (is_full(upload, more))
		forget_acked(upload);
	if (is_full(upload, more) && is_kept(upload))
		forget_all(upload);
	return !is_full(upload, more) && grow(upload, more);
}

int upload_add(struct upload *upload, const char *line, size_t len, unsigned sequence,
	       const struct digest *head)
{
	int n;

	if (!make_room(upload, len + AROUND)) {
		if (!is_kept(upload))
			return -ENOBUFS;
		upload->count = sequence + 1;
		forget_all(upload);
		return 0;
	}
	n = frame_format(upload->frames + upload->len, upload->room - upload->len, sequence, head,
			 line, len - 1);
	if (n < 0)
		return n;
	upload->len += (size_t)n;
	upload->count = sequence + 1;
	return 0;
}

/* At most a batch, whole lines, at least one. */
static size_t held_bytes(const struct upload *upload, const char *start)
{
	size_t left = upload->len - upload->acked_at;
	const char *end;

	if (left <= UPLOAD_BATCH)
		return left;
	end = memrchr(start, '\n', UPLOAD_BATCH);
	if (!end)
		end = memchr(start, '\n', left);
	return (size_t)(end - start) + 1;
}

static ssize_t read_back(struct upload *upload)
{
	int err = 0;

	if (!upload->batch)
		upload->batch = malloc(UPLOAD_BATCH);
	if (!upload->batch)
		return -ENOMEM;
	if (!upload->store.journal)
		err = upload_store_open(&upload->store, upload->folder_fd);
	return err ? err :
		     upload_store_frames(&upload->store, upload->acked, upload->first,
					 upload->batch, UPLOAD_BATCH);
}

ssize_t upload_next(struct upload *upload, const char **frames)
{
	ssize_t len;

	if (upload->acked >= upload->first) {
		*frames = upload->frames + upload->acked_at;
		return (ssize_t)held_bytes(upload, *frames);
	}
	len = read_back(upload);
	*frames = upload->batch;
	return len;
}

bool upload_has(const struct upload *upload, unsigned number)
{
	return number <= upload->count && (number >= upload->first || is_kept(upload));
}

void upload_move(struct upload *upload, unsigned next)
{
	bool anew = next < upload->acked || upload->acked < upload->first;
	size_t at = anew ? 0 : upload->acked_at;

	for (unsigned n = anew ? upload->first : upload->acked; n < next; n++) {
		const char *end = memchr(upload->frames + at, '\n', upload->len - at);

		at = end ? (size_t)(end - upload->frames) + 1 : upload->len;
	}
	upload->acked = next;
	upload->acked_at = at;
}

/* ---- files ---- */

int upload_add_file(struct upload *upload, const char *name, const char *data, size_t len)
{
	struct held *held;
	size_t hold = data ? len : 0;

	if (hold && is_full(upload, hold))
		forget_acked(upload);
	if (hold && is_full(upload, hold)) {
		if (!is_kept(upload))
			return -ENOBUFS;
		hold = 0;
	}
	held = malloc(sizeof(*held) + hold);
	if (!held)
		return -ENOMEM;
	*held = (struct held){ .len = hold, .in_folder = !data || hold < len };
	snprintf(held->name, sizeof(held->name), "%s", name);
	if (hold)
		memcpy(held->data, data, hold);
	*upload->last_file = held;
	upload->last_file = &held->next;
	upload->file_bytes += hold;
	return 0;
}

static bool is_beside(const char *name)
{
	return name[0] != '.' && strcmp(name, "journal.jsonl") != 0 &&
	       strcmp(name, "journal.sha256") != 0;
}

int upload_add_folder(struct upload *upload)
{
	int fd = openat(upload->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!folder) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(folder)))
		if (is_beside(entry->d_name))
			err = upload_add_file(upload, entry->d_name, NULL, 0);
	closedir(folder);
	return err;
}

void upload_drop_file(struct upload *upload)
{
	struct held *held = upload->files;

	upload->files = held->next;
	if (!upload->files)
		upload->last_file = &upload->files;
	upload->file_bytes -= held->len;
	free(held);
}

static ssize_t read_whole(int fd, size_t most, char **out)
{
	char *data = malloc(most + 1);
	size_t len = 0;
	ssize_t got = data ? 1 : -1;

	while (got > 0 && len <= most) {
		got = read(fd, data + len, most + 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	*out = data;
	return !data ? -ENOMEM : got < 0 ? -errno : len > most ? -EFBIG : (ssize_t)len;
}

ssize_t upload_load_file(const struct upload *upload, const struct held *held, const char **data,
			 char **loaded)
{
	ssize_t len;
	int fd;

	*loaded = NULL;
	*data = held->data;
	if (!held->in_folder)
		return (ssize_t)held->len;
	fd = openat(upload->folder_fd, held->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read_whole(fd, upload->limit, loaded);
	*data = *loaded;
	close(fd);
	return len;
}
