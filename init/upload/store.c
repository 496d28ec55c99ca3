/* SPDX-License-Identifier: MIT */
/* A run's records read back from its folder, to be sent. See upload.h. */
#include "init/upload/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HASH_LINE = 65, AROUND = 128 };

static char line[JOURNAL_LINE + 2];

static FILE *open_stream(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !stream)
		close(fd);
	return stream;
}

int upload_store_open(struct upload_store *store, int folder_fd)
{
	*store = (struct upload_store){ .journal = open_stream(folder_fd, "journal.jsonl") };
	if (store->journal)
		store->chain = open_stream(folder_fd, "journal.sha256");
	if (store->chain)
		return 0;
	upload_store_close(store);
	return -ENOENT;
}

void upload_store_close(struct upload_store *store)
{
	if (store->journal)
		fclose(store->journal);
	if (store->chain)
		fclose(store->chain);
	*store = (struct upload_store){ 0 };
}

/* The next whole line, into `line`. */
static bool read_line(struct upload_store *store, size_t *len)
{
	if (!fgets(line, sizeof(line), store->journal))
		return false;
	*len = strlen(line);
	return *len && line[*len - 1] == '\n';
}

static bool read_hash(struct upload_store *store, struct digest *out)
{
	char hash[HASH_LINE + 1] = "";

	if (fread(hash, 1, HASH_LINE, store->chain) != HASH_LINE || hash[HASH_LINE - 1] != '\n' ||
	    strspn(hash, "0123456789abcdef") != HASH_LINE - 1)
		return false;
	digest_parse(hash, out);
	return true;
}

/* Both files at this record. They grow meanwhile: what stdio had read ahead is read anew. */
static bool seek_record(struct upload_store *store, unsigned number)
{
	off_t at = number < store->next ? 0 : ftello(store->journal);
	size_t len;

	if (number < store->next)
		store->next = 0;
	if (at < 0 || fseeko(store->journal, at, SEEK_SET))
		return false;
	for (; store->next < number; store->next++)
		if (!read_line(store, &len))
			return false;
	return !fseeko(store->chain, (off_t)number * HASH_LINE, SEEK_SET);
}

/* After a line that was not whole, the place in the file is not that of a record. */
static void forget_place(struct upload_store *store)
{
	rewind(store->journal);
	store->next = 0;
}

unsigned upload_store_count(struct upload_store *store)
{
	struct digest head;
	unsigned count = 0;
	size_t len;

	forget_place(store);
	rewind(store->chain);
	while (read_line(store, &len) && read_hash(store, &head))
		count++;
	forget_place(store);
	return count;
}

ssize_t upload_store_frames(struct upload_store *store, unsigned first, unsigned end, char *out,
			    size_t room)
{
	size_t used = 0, len;
	unsigned number = first;
	struct digest head;
	bool sound = seek_record(store, first);

	while (sound && number < end && room - used > JOURNAL_LINE + AROUND) {
		int n = -1;

		if (read_line(store, &len) && read_hash(store, &head))
			n = frame_format(out + used, room - used, number, &head, line, len - 1);
		sound = n >= 0;
		used += sound ? (size_t)n : 0;
		number += sound;
	}
	store->next = number;
	if (!sound)
		forget_place(store);
	return used ? (ssize_t)used : -EBADMSG;
}
