/* SPDX-License-Identifier: MIT */
/* What a storage step stands on: the disk that was named, as it is, or a file system made on it. */
#include "init/ground/ground.h"
#include "init/guard/guard.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the disk between the steps. It is opened anew whenever it is to be written as a whole: what
 * was true of it before may no longer be. */
static struct {
	struct wipeable disk;
	struct queue queue;
	struct mkfs mkfs; /* that made what is on it */
	enum file_system kind;
	char options[160], trimmed[200];
	bool made;
	char stuck[WHY_ROOM]; /* it did not let go of a step: nothing touches it again */
} now;

static bool is_raw(const struct step *step)
{
	return step->request->bench->need == NEEDS_DISK;
}

static const char *kind_name(const struct step *step)
{
	return is_raw(step) ?
		       "all of it, without a file system" :
		       file_system_name(
			       (enum file_system)step->request->ground[GROUND_FILE_SYSTEM].num);
}

/* The guard reads the disk, and one that died in an earlier step may never answer: a helper asks
 * first. */
enum { ANSWER_SECONDS = 30 }; /* the kernel's own for a request to a SCSI disk */

static int rehearse(void *context, char *why, size_t room)
{
	const struct story *story = context;
	struct naming naming;
	struct wipeable disk;
	int err = naming_of(&naming, &story->settings, why, room);

	return err ? err : guard_open(story->plan.scratch, &naming, &disk, why, room);
}

static void say_disk(struct story *story, const struct step *step, const struct naming *naming)
{
	const struct block *block = story->plan.scratch;
	char size[24];
	struct text text;

	text_begin(&text, size, sizeof(size));
	text_add_bytes(&text, block->bytes);
	console_say("assay: writing to %s: %s, serial %s, %s: %s%s", now.disk.path, naming->text,
		    block->serial[0] ? block->serial : "none", size,
		    is_raw(step) ? "" : "a new file system, ", kind_name(step));
	record_log(story, NULL, SEVERITY_INFO,
		   "writing to %s: named by %s, serial %s, wwn %s, %llu bytes: %s%s", now.disk.path,
		   naming->text, block->serial, block->wwid, (unsigned long long)block->bytes,
		   is_raw(step) ? "" : "a new file system, ", kind_name(step));
}

/* Signatures that the plan gave up are erased first: one that stayed behind, as a table's copy at
 * the end does, would be somebody's data for the next run. */
static int erase_foreign(struct story *story, char *why, size_t room)
{
	bool whole = !strcmp(story->plan.scratch->name, story->plan.scratch->disk);
	int fd = open(now.disk.path, O_RDWR | O_EXCL | O_CLOEXEC), err;

	if (fd < 0)
		return text_refuse(-errno, why, room, "open %s: %s", now.disk.path,
				   strerror(errno));
	err = probe_erase(fd, why, room);
	if (!err && story->plan.scratch->table[0] && whole && ioctl(fd, BLKRRPART))
		err = text_refuse(-errno, why, room, "%s: forget its partitions: %s", now.disk.path,
				  strerror(errno));
	close(fd);
	if (!err)
		record_log(story, NULL, SEVERITY_WARNING, "%s: its signatures are erased: %s%s%s",
			   now.disk.path, story->plan.scratch->signature,
			   story->plan.scratch->table[0] ? " " : "", story->plan.scratch->table);
	return err;
}

static int open_disk(struct story *story, const struct step *step, char *why, size_t room)
{
	struct naming naming;
	int err = helper_run("look at the disk", ANSWER_SECONDS, rehearse, story, why, room);

	if (err == -ETIMEDOUT)
		snprintf(now.stuck, sizeof(now.stuck), "%s", why);
	if (!err)
		err = naming_of(&naming, &story->settings, why, room);
	if (!err)
		err = guard_open(story->plan.scratch, &naming, &now.disk, why, room);
	if (err)
		return err;
	say_disk(story, step, &naming);
	return now.disk.foreign ? erase_foreign(story, why, room) : 0;
}

/* ---- discarding all of it ---- */

static int discard(void *context, char *why, size_t room)
{
	const char *path = context;
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	uint64_t range[2] = { 0, 0 };
	int err = 0;

	if (fd < 0)
		return text_refuse(-errno, why, room, "open %s: %s", path, strerror(errno));
	if (ioctl(fd, BLKGETSIZE64, &range[1]) || ioctl(fd, BLKDISCARD, range))
		err = text_refuse(-errno, why, room, "discard %s: %s", path, strerror(errno));
	close(fd);
	return err;
}

/* Slow where the disk takes it piece by piece: a second for each GB, and ten minutes. */
static double trim_limit(uint64_t bytes)
{
	return 600 + (double)bytes / 1e9;
}

static int trim(struct story *story, const struct step *step, uint64_t bytes, char *why,
		size_t room)
{
	int err;

	snprintf(now.trimmed, sizeof(now.trimmed), "no");
	if (!step->request->ground[GROUND_TRIM].on)
		return 0;
	err = helper_run("discard", trim_limit(bytes), discard, now.disk.path, why, room);
	if (err == -EOPNOTSUPP) {
		snprintf(now.trimmed, sizeof(now.trimmed), "no: the disk has no discard");
		record_log(story, step->id, SEVERITY_WARNING,
			   "trim=yes: %s has no discard; the step runs without", now.disk.path);
		return 0;
	}
	snprintf(now.trimmed, sizeof(now.trimmed), err ? "failed" : "yes");
	return err;
}

/* ---- the file system ---- */

/* Inode tables and journal are written now: a sixtieth of the disk, at 20 MB/s at least. */
static double mkfs_limit(uint64_t bytes)
{
	return 300 + (double)bytes / 60 / 20e6;
}

static bool same_as_made(const struct request *request)
{
	return now.made && !request->ground[GROUND_FRESH].on && !request->ground[GROUND_TRIM].on &&
	       request->ground[GROUND_FILE_SYSTEM].num == now.kind &&
	       !strcmp(request->ground[GROUND_MKFS].text, now.options);
}

static int make_file_system(const struct step *step, uint64_t bytes, char *why, size_t room)
{
	const union value *ground = step->request->ground;
	int err;

	now.kind = (enum file_system)ground[GROUND_FILE_SYSTEM].num;
	snprintf(now.options, sizeof(now.options), "%s", ground[GROUND_MKFS].text);
	err = mkfs_command(&now.mkfs, now.kind, now.options, now.disk.path, why, room);
	if (!err)
		err = mkfs_run(&now.mkfs, mkfs_limit(bytes), why, room);
	now.made = !err;
	return err;
}

static int mount_it(const struct step *step, char *why, size_t room)
{
	struct mount_words words;
	int err =
		mount_words(step->request->ground[GROUND_MOUNT].text, now.kind, &words, why, room);

	return err ? err :
		     scratch_enter(now.disk.path, step->target, file_system_name(now.kind), &words,
				   why, room);
}

/* ---- entering and leaving ---- */

static int set_queue(const struct step *step, char *why, size_t room)
{
	char folder[300];
	struct stat stat_buffer;
	int err = stat(now.disk.path, &stat_buffer) ? -errno : 0;

	now.queue = (struct queue){ 0 };
	if (!err)
		err = disk_folder(stat_buffer.st_rdev, folder, sizeof(folder));
	if (err)
		return text_refuse(err, why, room, "find %s in /sys: %s", now.disk.path,
				   strerror(-err));
	return queue_set(&now.queue, folder, step->request, why, room);
}

static void restore_queue(struct story *story, const struct step *step)
{
	char why[WHY_ROOM] = "";

	if (queue_restore(&now.queue, why, sizeof(why)))
		record_log(story, NULL, SEVERITY_WARNING, "after %s not as it was before: %s",
			   step->id, why);
}

static void record_ground(struct story *story, const struct step *step)
{
	struct ground_facts facts = { is_raw(step) || !now.made ? NULL : now.mkfs.line,
				      now.trimmed[0] ? now.trimmed : NULL };

	journal_write(&story->journal,
		      artifact_extension(step->id, "ground", ground_facts(step->target, &facts)));
}

/* The disk is set, discarded, given a file system as the step asks for it. */
static int prepare(struct story *story, const struct step *step, uint64_t bytes, char *why,
		   size_t room)
{
	bool anew = is_raw(step) || !same_as_made(step->request);
	int err = set_queue(step, why, room);

	if (!err && anew)
		err = trim(story, step, bytes, why, room);
	if (!err && anew && !is_raw(step))
		err = make_file_system(step, bytes, why, room);
	if (!err && !is_raw(step))
		err = mount_it(step, why, room);
	if (err == -ETIMEDOUT)
		snprintf(now.stuck, sizeof(now.stuck), "%s", why);
	else if (err)
		restore_queue(story, step);
	return err;
}

static int stand(struct story *story, const struct step *step, char *why, size_t room)
{
	int err = 0;

	if (is_raw(step) || !same_as_made(step->request)) {
		now.made = false;
		err = open_disk(story, step, why, room);
	}
	if (!err)
		err = prepare(story, step, story->plan.scratch->bytes, why, room);
	if (err)
		now.made = false;
	/* What is mounted keeps its name; what is measured raw keeps it by this. The last one who
	 * closes a disk empties its cache, which a file system's step expects of its unmounting. */
	if (err || !is_raw(step))
		guard_close(&now.disk);
	return err;
}

int ground_enter(struct story *story, const struct step *step, char *why, size_t room)
{
	bool anew = is_raw(step) || !same_as_made(step->request);
	int err;

	if (now.stuck[0])
		return text_refuse(-EIO, why, room, "the scratch disk is left alone since: %.400s",
				   now.stuck);
	err = stand(story, step, why, room);
	/* What an earlier step left may have been broken when it was unmounted. */
	if (err && !anew && !now.stuck[0]) {
		record_log(story, step->id, SEVERITY_WARNING, "%s: tried with a new file system",
			   why);
		err = stand(story, step, why, room);
	}
	if (!err)
		record_ground(story, step);
	return err;
}

/* One block read past the cache. What it says, even an error, is an answer. */
static int read_one(void *context, char *why, size_t room)
{
	enum { BLOCK = 4096 };
	const char *path = context;
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *block = aligned_alloc(BLOCK, BLOCK);

	(void)why, (void)room;
	if (fd >= 0 && block)
		(void)!pread(fd, block, BLOCK, 0);
	free(block);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* After a step that went wrong the disk may never answer again, and what asks it would wait, too. A
 * slow one, with gigabytes yet to write, answers in between. */
static int leave(const struct step *step, bool well, char *why, size_t room)
{
	char more[WHY_ROOM];
	int err = well ? 0 :
			 helper_run("read from the scratch disk", ANSWER_SECONDS, read_one,
				    now.disk.path, why, room);

	if (!err)
		return is_raw(step) ? 0 : scratch_leave(step->target, why, room);
	if (!is_raw(step))
		scratch_abandon(more, sizeof(more));
	return err;
}

/* The step's own records have ended by now: these are the run's. */
void ground_leave(struct story *story, const struct step *step, const struct result *result)
{
	bool well = outcome_ended(result->outcome);
	char why[WHY_ROOM] = "";
	int err = leave(step, well, why, sizeof(why));

	guard_close(&now.disk);
	if (err == -ETIMEDOUT)
		snprintf(now.stuck, sizeof(now.stuck), "%s", why);
	else
		restore_queue(story, step);
	if (well && !err)
		return;
	now.made = false;
	record_log(story, NULL, err ? SEVERITY_WARNING : SEVERITY_INFO, "after %s: %s: %s",
		   step->id, err ? why : "the step went wrong",
		   now.stuck[0] ? "the scratch disk is left alone from now on" :
				  "the next step on this disk gets a new file system");
}

/* ---- as a command: a device that the user named, or whatever a directory stands on ---- */

int ground_enter_here(struct story *story, const struct step *step, char *why, size_t room)
{
	struct naming naming;
	int err = 0;

	if (step->sets_ground && story->plan.scratch) {
		err = open_disk(story, step, why, room);
	} else if (step->sets_ground) {
		err = naming_read_path(&naming, story->settings.value[SET_SCRATCH].text, why, room);
		if (!err)
			err = guard_open_path(&naming, &now.disk, why, room);
	}
	if (!err && step->sets_ground)
		err = prepare(story, step, now.disk.bytes, why, room);
	if (!err)
		record_ground(story, step);
	return err;
}

void ground_leave_here(struct story *story, const struct step *step)
{
	guard_close(&now.disk);
	if (step->sets_ground)
		restore_queue(story, step);
}
