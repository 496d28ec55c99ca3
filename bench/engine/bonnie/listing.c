/* SPDX-License-Identifier: MIT */
/* getdents64(2), read by read. */
#include "bench/engine/bonnie/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int listing_open(struct listing *listing, int parent, const char *directory, char *buffer)
{
	*listing = (struct listing){ .buffer = buffer };
	listing->fd = openat(parent, directory, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECTORY);
	return listing->fd < 0 ? -errno : 0;
}

static const struct dirent *take(struct listing *listing)
{
	const struct dirent *entry = (const struct dirent *)(listing->buffer + listing->at);

	listing->at += entry->d_reclen;
	return entry;
}

const char *listing_next(struct listing *listing, int *err)
{
	*err = 0;
	for (;;) {
		if (listing->at >= listing->end) {
			listing->at = 0;
			listing->end =
				syscall(SYS_getdents64, listing->fd, listing->buffer, LISTING_ROOM);
			*err = listing->end < 0 ? -errno : 0;
		}
		if (listing->end <= 0)
			return NULL;
		const struct dirent *entry = take(listing);

		if (entry->d_name[0] != '.')
			return entry->d_name;
	}
}

int listing_close(struct listing *listing)
{
	return close(listing->fd) ? -errno : 0;
}
