/* SPDX-License-Identifier: MIT */
/* What a storage step stands on: the disk that was named, as it is, or a file system made on it. */
#include "init/init.h"

/* The disk is opened anew whenever it is to be written as a whole: what was true of it before may
 * no longer be. */
static struct wipeable disk;
static bool has_file_system;

static int open_disk(struct story *story, const char *what, char *why, size_t room)
{
	const struct block *block = story->plan.scratch;
	const char *scratch = story->settings.value[SET_SCRATCH].text;
	char size[24];
	struct text text;
	int err = guard_open(block, scratch, &disk, why, room);

	if (err)
		return err;
	text_begin(&text, size, sizeof(size));
	text_add_bytes(&text, block->bytes);
	console_say("assay: writing to %s: %s, serial %s, %s: %s", disk.path, scratch,
		    block->serial[0] ? block->serial : "none", size, what);
	record_log(story, NULL, SEVERITY_INFO,
		   "writing to %s: named by %s, serial %s, %llu bytes: %s", disk.path, scratch,
		   block->serial, (unsigned long long)block->bytes, what);
	return 0;
}

static int make_file_system(struct story *story, char *why, size_t room)
{
	int err = open_disk(story, "a new ext4 file system", why, room);

	return err ? err : scratch_make(&disk, why, room);
}

int ground_enter(struct story *story, const struct step *step, char *why, size_t room)
{
	int err = 0;

	if (step->request->bench->need == NEEDS_DISK) {
		has_file_system = false;
		return open_disk(story, "all of it, without a file system", why, room);
	}
	if (!has_file_system)
		err = make_file_system(story, why, room);
	has_file_system = !err;
	return err ? err : scratch_enter(&disk, step->target, why, room);
}

void ground_leave(const struct step *step)
{
	if (step->request->bench->need == NEEDS_DIRECTORY)
		scratch_leave(step->target);
}
