/* SPDX-License-Identifier: MIT */
/*
 * The disk that an image is to be written on, and everything that speaks against it: as the guard of
 * the image has it, a person names it by identity, and what could not be learned is an objection.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lab/disk/disk.h"
#include "lab/journal/journal.h"

/* ---- what speaks against it: facts in, words out ---- */

static bool covers(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
	return false;
}

static int check_signatures(const struct usb_target *target, const char *over, char *why,
			    size_t room)
{
	char words[sizeof(target->signatures)], *save = NULL;

	snprintf(words, sizeof(words), "%s", target->signatures);
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (!covers(over, word))
			return text_refuse(-EPERM, why, room,
					   "%s carries %s; over=%s says that it may be lost",
					   target->path, word, target->signatures);
	return 0;
}

static int check_name(const struct usb_target *target, const char *serial, uint64_t bytes,
		      char *why, size_t room)
{
	const char *own = target->serial[0] ? target->serial : "none";

	if (strcmp(own, serial) != 0)
		return text_refuse(-EPERM, why, room, "%s has serial=%s, not %s", target->path, own,
				   serial);
	if (target->bytes != bytes)
		return text_refuse(-EPERM, why, room, "%s has size=%llu, not %llu", target->path,
				   (unsigned long long)target->bytes, (unsigned long long)bytes);
	if (target->alike > 1)
		return text_refuse(-EPERM, why, room,
				   "%zu disks have the serial %s: neither is taken", target->alike,
				   own);
	return 0;
}

int usb_target_check(const struct usb_target *target, const struct usb_naming *naming, char *why,
		     size_t room)
{
	const struct {
		bool speaks;
		const char *reason;
	} objections[] = {
		{ !target->whole, "is a partition; the whole disk is needed" },
		{ target->read_only, "is read-only" },
		{ target->mounted, "is mounted, or a part of it is" },
		{ target->swapped, "is used as swap, or a part of it is" },
		{ target->held, "has something built on it (holders)" },
		{ !target->complete, "did not tell everything about itself" },
	};
	int err = 0;

	for (size_t i = 0; i < COUNT_OF(objections); i++)
		if (objections[i].speaks)
			return text_refuse(-EPERM, why, room, "%s %s", target->path,
					   objections[i].reason);
	err = check_name(target, naming->serial, naming->bytes, why, room);
	if (!err && target->bytes < naming->image_bytes)
		err = text_refuse(-ENOSPC, why, room, "%s is smaller than the image", target->path);
	return err ? err : check_signatures(target, naming->over, why, room);
}

/* ---- the facts ---- */

static bool folder_is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool empty = true;

	while (dir && empty && (entry = readdir(dir)))
		empty = entry->d_name[0] == '.';
	if (dir)
		closedir(dir);
	return empty;
}

/* A field of a line of a /proc table that is this device: mountinfo's third is "8:1". */
static bool is_mounted(const char *device)
{
	char *text = NULL, *save = NULL;
	bool found = false;

	if (file_load(&text, 16 << 20, "/proc/self/mountinfo") < 0)
		return true; /* an unreadable fact speaks against it */
	for (char *line = strtok_r(text, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		char field[40] = "";

		found = sscanf(line, "%*s %*s %39s", field) == 1 && !strcmp(field, device);
	}
	free(text);
	return found;
}

static bool is_swap(const char *device)
{
	char *text = NULL, *save = NULL;
	bool found = false;

	if (file_load(&text, 1 << 20, "/proc/swaps") < 0)
		return false; /* a kernel without swap */
	for (char *line = strtok_r(text, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		char path[PATH_ROOM] = "", number[40];
		struct stat stat_buffer;

		if (sscanf(line, "%1023s", path) != 1 || stat(path, &stat_buffer) ||
		    !S_ISBLK(stat_buffer.st_mode))
			continue;
		snprintf(number, sizeof(number), "%u:%u", major(stat_buffer.st_rdev),
			 minor(stat_buffer.st_rdev));
		found = !strcmp(number, device);
	}
	free(text);
	return found;
}

/* By wipefs, which finds every one there is, not only the first. What it cannot read is an
 * objection. */
static void add_signatures(struct usb_target *target, const char *path)
{
	struct command *command = malloc(sizeof(*command));
	char *output = NULL, *save = NULL, why[WHY_ROOM];
	int err = command ?
			  command_begin_program(command, "wipefs", "util-linux", why, sizeof(why)) :
			  -ENOMEM;

	if (!err) {
		command_add(command, "--no-act");
		command_add(command, "--noheadings");
		command_add(command, "--output");
		command_add(command, "TYPE");
		command_add(command, "%s", path);
		err = process_run(command, NULL, NULL, &output, why, sizeof(why));
	}
	target->complete &= !err;
	for (char *word = err ? NULL : strtok_r(output, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		size_t len = strlen(target->signatures);

		if (!covers(target->signatures, word) &&
		    snprintf(target->signatures + len, sizeof(target->signatures) - len, "%s%s",
			     len ? "," : "", word) >= (int)(sizeof(target->signatures) - len))
			target->complete = false;
	}
	free(output);
	free(command);
}

/* Of the disk or of one of its partitions, whose folder this is. */
static void add_part(struct usb_target *target, const char *folder)
{
	const char *name = strrchr(folder, '/') + 1;
	char device[40], holders[PATH_ROOM], path[300];

	if (file_read(device, sizeof(device), "%s/dev", folder) <= 0 ||
	    path_format(holders, sizeof(holders), "%s/holders", folder)) {
		target->complete = false;
		return;
	}
	target->mounted |= is_mounted(device);
	target->swapped |= is_swap(device);
	target->held |= !folder_is_empty(holders);
	snprintf(path, sizeof(path), "/dev/%s", name);
	add_signatures(target, path);
}

static void add_parts(struct usb_target *target)
{
	const char *disk = strrchr(target->folder, '/') + 1;
	DIR *dir = opendir(target->folder);
	struct dirent *entry;

	target->complete &= dir != NULL;
	add_part(target, target->folder);
	while (dir && (entry = readdir(dir))) {
		char part[PATH_ROOM], number[PATH_ROOM];

		if (strncmp(entry->d_name, disk, strlen(disk)) != 0 ||
		    path_format(part, sizeof(part), "%s/%s", target->folder, entry->d_name) ||
		    path_format(number, sizeof(number), "%s/partition", part) ||
		    !path_exists(number))
			continue;
		add_part(target, part);
	}
	if (dir)
		closedir(dir);
}

static size_t count_alike(const char *serial)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	size_t alike = 0;

	while (serial[0] && dir && (entry = readdir(dir))) {
		char folder[PATH_ROOM], other[64];

		if (entry->d_name[0] == '.' ||
		    path_format(folder, sizeof(folder), "/sys/block/%s", entry->d_name))
			continue;
		disk_serial(folder, other, sizeof(other));
		alike += !strcmp(other, serial);
	}
	if (dir)
		closedir(dir);
	return alike;
}

static bool read_u64(const char *folder, const char *name, uint64_t *out)
{
	char text[40];

	return file_read(text, sizeof(text), "%s/%s", folder, name) > 0 && !text_u64(text, out);
}

int usb_target_read(const char *path, struct usb_target *target, char *why, size_t room)
{
	char link[64], model[64];
	struct stat stat_buffer;
	uint64_t sectors = 0, read_only = 1;

	*target = (struct usb_target){ .complete = true };
	snprintf(target->path, sizeof(target->path), "%s", path);
	if (stat(path, &stat_buffer))
		return text_refuse(-errno, why, room, "%s: %s", path, strerror(errno));
	if (!S_ISBLK(stat_buffer.st_mode))
		return text_refuse(-ENOTBLK, why, room, "%s is no disk; cp copies into files",
				   path);
	target->device = stat_buffer.st_rdev;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(target->device),
		 minor(target->device));
	if (!realpath(link, target->folder))
		return text_refuse(-errno, why, room, "%s: the kernel tells nothing of it", path);
	target->whole = !path_format(model, sizeof(model), "/sys/block/%s",
				     strrchr(target->folder, '/') + 1) &&
			path_exists(model);
	if (!target->whole)
		return 0;
	target->complete = read_u64(target->folder, "size", &sectors) &&
			   read_u64(target->folder, "ro", &read_only) && sectors;
	target->bytes = sectors * 512; /* sysfs counts in 512 whatever the sector is */
	target->read_only = read_only;
	file_read(target->model, sizeof(target->model), "%s/device/model", target->folder);
	disk_serial(target->folder, target->serial, sizeof(target->serial));
	target->alike = count_alike(target->serial);
	add_parts(target);
	return 0;
}
