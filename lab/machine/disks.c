/* SPDX-License-Identifier: MIT */
/* The disks of a machine to boot. Those without a file of their own are made anew for each boot. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/disk/disk.h"
#include "lab/machine/machine.h"

static int make_qcow2(const char *path, uint64_t bytes, char *why, size_t room)
{
	struct command *command = calloc(1, sizeof(*command));
	int err = command ? command_begin_program(command, "qemu-img", "qemu-utils", why, room) :
			    -ENOMEM;

	if (!err) {
		command_add(command, "create");
		command_add(command, "-q");
		command_add(command, "-f");
		command_add(command, "qcow2");
		command_add(command, "%s", path);
		command_add(command, "%llu", (unsigned long long)bytes);
		err = process_run(command, NULL, NULL, NULL, why, room);
	}
	free(command);
	return err;
}

/* Of a device the kernel is asked, by O_EXCL (open(2)), whether this host has it mounted or
 * something built on it: the guest's guard cannot see that. It is not written, nor kept open. */
static int check_file(const char *name, const char *file, char *why, size_t room)
{
	struct stat stat_buffer;
	int fd, err;

	if (stat(file, &stat_buffer))
		return text_refuse(-errno, why, room, "disk %s: %s: %s", name, file,
				   errno == ENOENT ? "does not exist" : strerror(errno));
	if (!S_ISBLK(stat_buffer.st_mode))
		return 0;
	fd = open(file, O_RDONLY | O_EXCL | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return err ? text_refuse(err, why, room, "disk %s: %s %s", name, file,
				 err == -EBUSY ? "is in use here: mounted, or a part of something" :
						 strerror(-err)) :
		     0;
}

/* The guest writes to it (its results, the firmware's variables): the original stays as built. */
static int copy_medium(const struct machine *machine, const char *media, const char *path,
		       char *why, size_t room)
{
	bool iso = machine->value[MACHINE_MEDIA].num == MEDIA_ISO;
	char original[PATH_ROOM];
	int err =
		path_format(original, sizeof(original), "%s/assay.%s", media, iso ? "iso" : "img");

	unlink(path);
	if (!err)
		err = path_copy(original, path);
	return err ? text_refuse(err, why, room, "%s: %s; make %s builds it", original,
				 strerror(-err), iso ? "iso" : "disk") :
		     0;
}

static int make_disk(const struct machine *machine, const struct machine_disk *disk,
		     const char *media, const char *work, char *why, size_t room)
{
	const char *file = disk->value[DISK_FILE].text;
	uint64_t bytes = disk->value[DISK_SIZE].num;
	char path[PATH_ROOM];
	int err = qemu_disk_path(disk, work, path, sizeof(path));

	if (err)
		return text_refuse(err, why, room, "disk %s: the path is too long", disk->name);
	if (disk->value[DISK_KIND].num == KIND_MEDIUM)
		return copy_medium(machine, media, path, why, room);
	if (*file)
		return check_file(disk->name, file, why, room);
	unlink(path);
	if (disk->value[DISK_KIND].num == KIND_RESULTS)
		return results_disk_format(path, bytes, false, why, room);
	return disk->value[DISK_FORMAT].num == FORMAT_QCOW2 ?
		       make_qcow2(path, bytes, why, room) :
		       path_make_sparse(path, bytes, why, room);
}

int disks_make(const struct machine *machine, const char *media, const char *work, char *why,
	       size_t room)
{
	int err = 0;

	for (size_t i = 0; i < machine->disk_count && !err; i++)
		err = make_disk(machine, &machine->disks[i], media, work, why, room);
	return err;
}

const struct machine_disk *disk_of_kind(const struct machine *machine, unsigned kind)
{
	for (size_t i = 0; i < machine->disk_count; i++)
		if (machine->disks[i].value[DISK_KIND].num == kind)
			return &machine->disks[i];
	return NULL;
}

const struct machine_disk *disk_of_results(const struct machine *machine)
{
	const struct machine_disk *results = disk_of_kind(machine, KIND_RESULTS);

	if (results || machine->value[MACHINE_MEDIA].num == MEDIA_ISO)
		return results;
	return disk_of_kind(machine, KIND_MEDIUM);
}
