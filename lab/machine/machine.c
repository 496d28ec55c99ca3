/* SPDX-License-Identifier: MIT */
/* config/machines/NAME.ini: a machine to boot. What no row of keys.c knows is refused
 * by its line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine/machine.h"

enum { FILE_LIMIT = 65536 };

/* Where the reading stands: the table and values of the section it is in. */
struct reading {
	struct machine *machine;
	const char *path;
	const struct param *keys;
	union value *values;
	bool seen_machine, seen_peer;
	char given[64][32]; /* keys of this section, to refuse a second one */
	size_t given_count;
	char *why;
	size_t room;
};

static int refuse_at(struct reading *reading, int line, const char *what)
{
	return text_refuse(-EINVAL, reading->why, reading->room, "%s:%d: %s", reading->path, line,
			   what);
}

/* "disk scratch" -> "scratch". NULL: the section is of another kind. */
static const char *name_in(const char *section, const char *kind)
{
	size_t len = strlen(kind);

	return !strncmp(section, kind, len) && section[len] == ' ' ? section + len + 1 : NULL;
}

static bool is_name(const char *name)
{
	return path_name_is_plain(name) && strlen(name) < 32 && !strchr(name, '.');
}

static int begin(struct reading *reading, int line, const struct param *keys, union value *values)
{
	char what[WHY_ROOM];

	reading->keys = keys;
	reading->values = values;
	return params_defaults(keys, values, what, sizeof(what)) ? refuse_at(reading, line, what) :
								   0;
}

static int begin_disk(struct reading *reading, int line, const char *name)
{
	struct machine *machine = reading->machine;
	struct machine_disk *disk = &machine->disks[machine->disk_count];

	for (size_t i = 0; i < machine->disk_count; i++)
		if (!strcmp(machine->disks[i].name, name))
			return refuse_at(reading, line, "a second disk of this name");
	if (!is_name(name))
		return refuse_at(reading, line, "a disk's name: letters, digits, - and _ expected");
	if (machine->disk_count == MACHINE_DISKS)
		return refuse_at(reading, line, "at most 8 disks expected");
	machine->disk_count++;
	snprintf(disk->name, sizeof(disk->name), "%.31s", name);
	disk->line = line;
	return begin(reading, line, disk_keys, disk->value);
}

static int begin_nic(struct reading *reading, int line, const char *name)
{
	struct machine *machine = reading->machine;
	struct machine_nic *nic = &machine->nics[machine->nic_count];

	for (size_t i = 0; i < machine->nic_count; i++)
		if (!strcmp(machine->nics[i].name, name))
			return refuse_at(reading, line, "a second nic of this name");
	if (!is_name(name))
		return refuse_at(reading, line, "a nic's name: letters, digits, - and _ expected");
	if (machine->nic_count == MACHINE_NICS)
		return refuse_at(reading, line, "at most 4 nics expected");
	machine->nic_count++;
	nic->line = line;
	snprintf(nic->name, sizeof(nic->name), "%.31s", name);
	return begin(reading, line, nic_keys, nic->value);
}

static int begin_section(struct reading *reading, const struct ini_line *line)
{
	const char *section = line->section, *disk = name_in(section, "disk"),
		   *nic = name_in(section, "nic");

	reading->given_count = 0;
	if (disk)
		return begin_disk(reading, line->line, disk);
	if (nic)
		return begin_nic(reading, line->line, nic);
	if (!strcmp(section, "machine") && !reading->seen_machine) {
		reading->seen_machine = true;
		return begin(reading, line->line, machine_keys, reading->machine->value);
	}
	if (!strcmp(section, "peer") && !reading->seen_peer) {
		reading->seen_peer = true;
		return begin(reading, line->line, peer_keys, reading->machine->peer);
	}
	return refuse_at(reading, line->line,
			 "one [machine], one [peer], and [disk NAME], [nic NAME] expected");
}

static bool is_given(struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->given_count; i++)
		if (!strcmp(reading->given[i], name))
			return true;
	if (reading->given_count < COUNT_OF(reading->given))
		snprintf(reading->given[reading->given_count++], sizeof(reading->given[0]), "%.31s",
			 name);
	return false;
}

static int take_line(void *context, const struct ini_line *line)
{
	struct reading *reading = context;
	char what[WHY_ROOM];

	if (!line->name)
		return begin_section(reading, line);
	if (!reading->keys)
		return refuse_at(reading, line->line, "a section like [machine] expected first");
	if (is_given(reading, line->name))
		return refuse_at(reading, line->line, "this key is there twice");
	if (params_set(reading->keys, reading->values, line->name, line->value ? line->value : "",
		       what, sizeof(what)))
		return refuse_at(reading, line->line, what);
	return 0;
}

/* The file's name without folder and ending. */
static void take_name(struct machine *machine, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strcspn(base, ".");
	snprintf(machine->name, sizeof(machine->name), "%.*s", (int)(len < 63 ? len : 63), base);
	snprintf(machine->title, sizeof(machine->title), "%s", machine->name);
}

int machine_read(struct machine *machine, const char *text, const char *path, char *why,
		 size_t room)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int err;

	*machine = (struct machine){ 0 };
	if (!reading)
		return -ENOMEM;
	*reading = (struct reading){ .machine = machine, .path = path, .why = why, .room = room };
	take_name(machine, path);
	params_defaults(peer_keys, machine->peer, NULL, 0);
	err = ini_read(text, path, take_line, reading, why, room);
	if (!err && !reading->seen_machine)
		err = refuse_at(reading, 1, "a section [machine] expected");
	if (!err)
		err = machine_check(machine, path, why, room);
	free(reading);
	return err;
}

/* What firmware boots from, when it is a disk: where such a thing is on that board. */
static void add_medium(struct machine *machine)
{
	uint64_t media = machine->value[MACHINE_MEDIA].num;
	uint64_t bus = machine->value[MACHINE_MEDIA_BUS].num;
	bool pc = machine->value[MACHINE_CHIPSET].num == CHIPSET_PC;
	struct machine_disk *disk = &machine->disks[machine->disk_count];

	if (media == MEDIA_KERNEL || media == MEDIA_PXE)
		return;
	machine->disk_count++;
	*disk = (struct machine_disk){ .name = "medium" };
	params_defaults(disk_keys, disk->value, NULL, 0);
	disk->value[DISK_KIND].num = KIND_MEDIUM;
	disk->value[DISK_BUS].num = bus		       ? bus - 1 :
				    media == MEDIA_USB ? BUS_USB :
				    pc		       ? BUS_IDE :
							 BUS_AHCI;
	snprintf(disk->value[DISK_SERIAL].text, sizeof(disk->value[DISK_SERIAL].text), "medium");
}

static int take_settings(struct machine *machine, const char *path, const char *const *settings,
			 char *why, size_t room)
{
	int err = 0;

	for (; settings && *settings && !err; settings++)
		err = machine_set(machine, *settings, why, room);
	if (!err)
		err = machine_check(machine, path, why, room);
	if (!err)
		add_medium(machine);
	return err;
}

int machine_load(struct machine *machine, const char *word, const char *const *settings, char *why,
		 size_t room)
{
	size_t len = strlen(word);
	bool is_path = len > 4 && !strcmp(word + len - 4, ".ini");
	char path[PATH_ROOM], meant[NEAREST_WORDS], *text;
	ssize_t got;
	int err;

	if (!is_path && !path_name_is_plain(word))
		return text_refuse(-EINVAL, why, room,
				   "%s: a machine's name or a path that ends in .ini expected",
				   word);
	err = config_path(path, sizeof(path), "machines", word);
	if (err)
		return text_refuse(err, why, room, "%.80s...: the path is too long", word);
	got = file_load(&text, FILE_LIMIT, path);
	if (got < 0)
		return text_refuse((int)got, why, room, "%s: %s%s", path, strerror((int)-got),
				   config_hint("machines", word, meant));
	err = memchr(text, '\0', (size_t)got) ?
		      text_refuse(-EINVAL, why, room, "%s: not a text file", path) :
		      machine_read(machine, text, path, why, room);
	free(text);
	return err ? err : take_settings(machine, path, settings, why, room);
}
