/* SPDX-License-Identifier: MIT */
/* What this image was started from: a stick, a CD's image, an EFI partition that carries it. */
#include "init/ground/ground.h"
#include "init/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 32768, SEARCH_SECONDS = 30 };

bool medium_is_payload(const void *head, size_t len)
{
	enum { MAGIC_AT = 0x202, VERSION_AT = 0x20e, SETUP_AT = 0x200, LONGEST = 200 };
	static const char builder[] = " (assay@assay) ";
	const unsigned char *bytes = head;
	size_t at, end;

	if (len < VERSION_AT + 2 || memcmp(bytes + MAGIC_AT, "HdrS", 4))
		return false;
	at = (size_t)SETUP_AT + bytes[VERSION_AT] + 256u * bytes[VERSION_AT + 1];
	end = at + LONGEST < len ? at + LONGEST : len;
	for (; at + sizeof(builder) - 1 <= end && bytes[at]; at++)
		if (!memcmp(bytes + at, builder, sizeof(builder) - 1))
			return true;
	return false;
}

enum { FOUND = 1, UNREADABLE = 2 };

static int look_at(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	static unsigned char head[HEAD];
	int fd;
	ssize_t len;

	(void)where;
	if (kind == FTW_DNR || kind == FTW_NS)
		return UNREADABLE;
	if (kind != FTW_F || stat->st_size < HEAD)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	if (fd >= 0)
		close(fd);
	return len < 0 ? UNREADABLE : medium_is_payload(head, (size_t)len) ? FOUND : 0;
}

struct place {
	const struct block *block;
	const char *type;
};

/* In a mount namespace of this child's own, so that nothing stays mounted whatever becomes of it.
 * Returns -EEXIST when the payload is there. */
static int search(void *context, char *why, size_t room)
{
	static const char place[] = "/tmp";
	const struct place *in = context;
	char path[48];
	int found;

	snprintf(path, sizeof(path), "/dev/%s", in->block->name);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(path, place, in->type, MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL))
		return text_refuse(-errno, why, room, "mount %s: %s", path, strerror(errno));
	found = nftw(place, look_at, 16, FTW_PHYS | FTW_MOUNT);
	umount2(place, MNT_DETACH);
	return found == FOUND ? text_refuse(-EEXIST, why, room, "it is there") :
	       found	      ? text_refuse(-EIO, why, room, "search %s", path) :
				0;
}

static void mark(struct machine *machine, const struct block *disk, int err)
{
	for (size_t i = 0; i < machine->block_count; i++) {
		struct block *block = &machine->block[i];

		if (strcmp(block->disk, disk->disk))
			continue;
		if (err == -EEXIST)
			block->boot_medium = true;
		else
			block->facts_complete = false;
	}
}

static void search_block(struct machine *machine, const struct block *block)
{
	/* What firmware and the loaders of a stick or a CD read. */
	static const char *const types[] = { "vfat", "iso9660" };
	char why[WHY_ROOM];

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct place in = { block, types[i] };
		int err = naming_covers(block->signature, types[i]) ?
				  helper_run("search for the boot medium", SEARCH_SECONDS, search,
					     &in, why, sizeof(why)) :
				  0;

		if (err)
			mark(machine, block, err);
	}
}

void medium_search(struct machine *machine, const struct block *disk)
{
	for (size_t i = 0; i < machine->block_count; i++)
		if (!strcmp(machine->block[i].disk, disk->disk))
			search_block(machine, &machine->block[i]);
}
