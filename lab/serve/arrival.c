/* SPDX-License-Identifier: MIT */
/*
 * A body on its way in. It grows in the stage folder and is moved to its place when it is whole and
 * on the disk: what breaks off leaves nothing under its final name, and nothing there is
 * overwritten.
 */
#include "lab/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { OK = 200, CREATED = 201, FORBIDDEN = 403, CONFLICT = 409, TOO_LARGE = 413, FULL = 507 };
/* The disk is not filled to the last byte: the desk's other work stands on it too. */
enum { FREE_BYTES_KEPT = 64 << 20 };

static void refuse(struct arrival *arrival, unsigned status, const char *why)
{
	if (arrival->status)
		return;
	arrival->status = status;
	snprintf(arrival->why, sizeof(arrival->why), "%s", why);
}

static bool disk_has_room(const struct serving *serving, uint64_t bytes)
{
	struct statvfs space;

	return !fstatvfs(serving->results_fd, &space) &&
	       (uint64_t)space.f_bavail * space.f_frsize > FREE_BYTES_KEPT + bytes;
}

static void check_bytes(struct arrival *arrival, uint64_t bytes)
{
	const struct serving *serving = arrival->serving;
	char why[120];

	if (bytes > arrival->limit_bytes) {
		snprintf(why, sizeof(why), "%s: at most %llu bytes at once",
			 arrival->resource.kind == RESOURCE_RECORDS ? "records" : "a file",
			 (unsigned long long)arrival->limit_bytes);
		refuse(arrival, TOO_LARGE, why);
	} else if (serving->stored_bytes + serving->arriving_bytes - arrival->bytes + bytes >
		   serving->total_bytes) {
		refuse(arrival, FULL, "the results folder has reached its limit (total=)");
	}
}

static void open_stage(struct arrival *arrival)
{
	struct serving *serving = arrival->serving;

	snprintf(arrival->stage, sizeof(arrival->stage), "%u", serving->stage_next++);
	arrival->fd = openat(serving->stage_fd, arrival->stage,
			     O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (arrival->fd < 0)
		refuse(arrival, FULL, strerror(errno));
}

void arrival_begin(struct arrival *arrival, struct serving *serving,
		   const struct resource *resource, uint64_t announced_bytes)
{
	*arrival = (struct arrival){ .serving = serving, .resource = *resource, .fd = -1 };
	arrival->limit_bytes = resource->kind == RESOURCE_RECORDS ? BATCH_MAX :
								    serving->limit_bytes;
	check_bytes(arrival, announced_bytes);
	if (!disk_has_room(serving, announced_bytes))
		refuse(arrival, FULL, "the desk's disk is full");
	if (!arrival->status)
		open_stage(arrival);
}

void arrival_add(struct arrival *arrival, const char *data, size_t len)
{
	int err;

	check_bytes(arrival, arrival->bytes + len);
	if (arrival->status)
		return;
	err = file_write_all(arrival->fd, data, len);
	if (err)
		refuse(arrival, FULL, strerror(-err));
	arrival->bytes += len;
	arrival->serving->arriving_bytes += len;
}

void arrival_drop(struct arrival *arrival)
{
	if (arrival->fd < 0)
		return;
	close(arrival->fd);
	unlinkat(arrival->serving->stage_fd, arrival->stage, 0);
	arrival->serving->arriving_bytes -= arrival->bytes;
	arrival->fd = -1;
}

/* ---- to its place ---- */

static bool same_bytes(int a, int b)
{
	char mine[16384], theirs[sizeof(mine)];
	off_t at = 0;
	ssize_t got;

	do {
		got = pread(a, mine, sizeof(mine), at);
		if (got < 0 || pread(b, theirs, sizeof(theirs), at) != got ||
		    memcmp(mine, theirs, (size_t)got) != 0)
			return false;
		at += got;
	} while (got);
	return true;
}

static unsigned compare(struct arrival *arrival, int folder)
{
	const char *name = arrival->resource.name;
	int there = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool same = there >= 0 && same_bytes(arrival->fd, there);

	if (there >= 0)
		close(there);
	if (same)
		return OK;
	refuse(arrival, CONFLICT, "there is a file of this name with other bytes; it is kept");
	return CONFLICT;
}

static unsigned link_file(struct arrival *arrival, struct run *run, int folder)
{
	struct serving *serving = arrival->serving;

	if (fsync(arrival->fd)) {
		refuse(arrival, FULL, strerror(errno));
	} else if (!linkat(serving->stage_fd, arrival->stage, folder, arrival->resource.name, 0) &&
		   !fsync(folder)) {
		run->files++;
		serving->files++;
		serving->stored_bytes += arrival->bytes;
		return CREATED;
	} else if (errno == EEXIST) {
		return compare(arrival, folder);
	} else {
		refuse(arrival, FULL, strerror(errno));
	}
	return arrival->status;
}

static unsigned finish_file(struct arrival *arrival, struct run *run)
{
	int folder = run_folder(arrival->serving, run->id);
	unsigned status;

	if (folder < 0) {
		refuse(arrival, FULL, strerror(-folder));
		return arrival->status;
	}
	if (run->files >= RUN_FILES) {
		refuse(arrival, FORBIDDEN, "this run has as many files as one may have");
		status = FORBIDDEN;
	} else {
		status = link_file(arrival, run, folder);
	}
	close(folder);
	return status;
}

static unsigned finish_records(struct arrival *arrival, struct run *run)
{
	struct serving *serving = arrival->serving;
	ssize_t got = pread(arrival->fd, serving->batch, BATCH_MAX, 0);

	if (got != (ssize_t)arrival->bytes)
		return FULL;
	serving->batch[got] = '\0';
	arrival->status = run_append(serving, run, arrival->resource.first, serving->batch,
				     (size_t)got, arrival->why, sizeof(arrival->why));
	return arrival->status;
}

unsigned arrival_finish(struct arrival *arrival, const char *address, unsigned *next)
{
	struct run *run;

	*next = 0;
	if (arrival->status)
		return arrival->status;
	run = run_open(arrival->serving, arrival->resource.run_id, true, arrival->why,
		       sizeof(arrival->why));
	if (!run)
		return arrival->status = CONFLICT;
	snprintf(run->address, sizeof(run->address), "%s", address);
	snprintf(stations_find(&arrival->serving->stations, address)->run_id, RUN_ID_ROOM, "%s",
		 run->id);
	arrival->status = arrival->resource.kind == RESOURCE_RECORDS ?
				  finish_records(arrival, run) :
				  finish_file(arrival, run);
	*next = run->next;
	return arrival->status;
}
