/* SPDX-License-Identifier: MIT */
/* Single settings beside a machine's file: `assay boot metal-ahci cpus=8 disk.scratch.size=4G`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/machine/machine.h"

enum { NAME_ROOM = 32 };

/* "disk.scratch.size": which table, whose values, which key. */
struct place {
	const struct param *keys;
	union value *values;
	char key[NAME_ROOM];
};

bool machine_is_setting(const char *word)
{
	static const char *const sections[] = { "disk.", "nic.", "peer." };
	const char *equals = strchr(word, '=');
	char key[NAME_ROOM];

	if (!equals)
		return false;
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (!strncmp(word, sections[i], strlen(sections[i])))
			return true;
	if ((size_t)(equals - word) >= sizeof(key))
		return false;
	snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
	return params_find(machine_keys, key);
}

/* The values of the disk or card of this name, or NULL. */
static union value *values_of(struct machine *machine, bool disk, const char *name)
{
	for (size_t i = 0; disk && i < machine->disk_count; i++)
		if (!strcmp(machine->disks[i].name, name))
			return machine->disks[i].value;
	for (size_t i = 0; !disk && i < machine->nic_count; i++)
		if (!strcmp(machine->nics[i].name, name))
			return machine->nics[i].value;
	return NULL;
}

static int find_part(struct machine *machine, const char *path, struct place *place, char *why,
		     size_t room)
{
	bool disk = !strncmp(path, "disk.", 5);
	const char *name = strchr(path, '.') + 1, *dot = strchr(name, '.');
	char wanted[NAME_ROOM];

	if (!dot || dot == name || dot - name >= NAME_ROOM)
		return text_refuse(-EINVAL, why, room, "%.80s: %s.NAME.KEY=VALUE expected", path,
				   disk ? "disk" : "nic");
	snprintf(wanted, sizeof(wanted), "%.*s", (int)(dot - name), name);
	place->keys = disk ? disk_keys : nic_keys;
	place->values = values_of(machine, disk, wanted);
	if (!place->values)
		return text_refuse(-EINVAL, why, room, "%.80s: %s has no %s of this name", path,
				   machine->name, disk ? "disk" : "nic");
	snprintf(place->key, sizeof(place->key), "%.31s", dot + 1);
	return 0;
}

static int find_place(struct machine *machine, const char *path, struct place *place, char *why,
		      size_t room)
{
	if (!strncmp(path, "disk.", 5) || !strncmp(path, "nic.", 4))
		return find_part(machine, path, place, why, room);
	if (!strncmp(path, "peer.", 5)) {
		*place = (struct place){ .keys = peer_keys, .values = machine->peer };
		snprintf(place->key, sizeof(place->key), "%.31s", path + 5);
		return 0;
	}
	*place = (struct place){ .keys = machine_keys, .values = machine->value };
	snprintf(place->key, sizeof(place->key), "%.31s", path);
	return 0;
}

int machine_set(struct machine *machine, const char *setting, char *why, size_t room)
{
	const char *equals = strchr(setting, '=');
	size_t len = strlen(machine->title);
	char path[3 * NAME_ROOM];
	struct place place;
	int err;

	if (!equals || (size_t)(equals - setting) >= sizeof(path))
		return text_refuse(-EINVAL, why, room, "%.80s: KEY=VALUE expected", setting);
	snprintf(path, sizeof(path), "%.*s", (int)(equals - setting), setting);
	err = find_place(machine, path, &place, why, room);
	if (!err)
		err = params_set(place.keys, place.values, place.key, equals + 1, why, room);
	snprintf(machine->title + len, sizeof(machine->title) - len, " %s", setting);
	return err ? -EINVAL : 0;
}
