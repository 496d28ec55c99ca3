/* SPDX-License-Identifier: MIT */
/* config/machines/NAME.ini: a machine to boot. Every key is a row here; what no row knows is
 * refused by its line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"

enum { FILE_LIMIT = 65536 };
#define TERA 1099511627776.0

const struct param machine_keys[] = {
	[MACHINE_CHIPSET] = { "chipset", "q35", "the mainboard QEMU plays", PARAM_CHOICE, 0, 0,
			      "q35|pc" },
	[MACHINE_FIRMWARE] = { "firmware", "bios", "how it starts", PARAM_CHOICE, 0, 0, "bios" },
	[MACHINE_CPUS] = { "cpus", "2", "virtual processors", PARAM_COUNT, 1, 255, NULL },
	[MACHINE_MEMORY] = { "memory", "1G", "RAM", PARAM_BYTES, 67108864, TERA, NULL },
	[MACHINE_TIMEOUT] = { "timeout", "15min", "longest run", PARAM_SECONDS, 5, 604800, NULL },
	{ 0 },
};
const struct param disk_keys[] = {
	[DISK_KIND] = { "kind", "other", "what it is for", PARAM_CHOICE, 0, 0,
			"scratch|results|other" },
	[DISK_SIZE] = { "size", "1G", "bytes, when it is made here", PARAM_BYTES, 1048576,
			64 * TERA, NULL },
	[DISK_SERIAL] = { "serial", "", "what the guest knows it by", PARAM_TEXT, 0, 20, NULL },
	[DISK_BUS] = { "bus", "virtio", "the way to it", PARAM_CHOICE, 0, 0,
		       "virtio|virtio-scsi|ahci|nvme" },
	[DISK_FORMAT] = { "format", "raw", "of the file", PARAM_CHOICE, 0, 0, "raw|qcow2" },
	[DISK_CACHE] = { "cache", "writeback", "QEMU's cache mode", PARAM_CHOICE, 0, 0,
			 "writeback|none|writethrough|directsync|unsafe" },
	[DISK_AIO] = { "aio", "threads", "QEMU's way to the file", PARAM_CHOICE, 0, 0,
		       "threads|native|io_uring" },
	[DISK_FILE] = { "file", "", "path of an existing file; empty: made anew for each boot",
			PARAM_TEXT, 0, 159, NULL },
	{ 0 },
};
const struct param nic_keys[] = {
	[NIC_MODEL] = { "model", "virtio-net-pci", "the card", PARAM_CHOICE, 0, 0,
			"virtio-net-pci|e1000|e1000e|rtl8139|vmxnet3" },
	[NIC_NETWORK] = { "network", "user", "what it is plugged into", PARAM_CHOICE, 0, 0,
			  "user|none" },
	{ 0 },
};
const struct param peer_keys[] = {
	[PEER_KIND] = { "kind", "none", "the other end of network benchmarks", PARAM_CHOICE, 0, 0,
			"iperf2|none|assay" },
	{ 0 },
};

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

/* Values that are each legal but not together. */
static int check_disk(struct reading *reading, const struct machine_disk *disk)
{
	const char *serial = disk->value[DISK_SERIAL].text;
	bool results = disk->value[DISK_KIND].num == KIND_RESULTS;

	if (*serial && !path_name_is_plain(serial))
		return refuse_at(reading, disk->line,
				 "serial: letters, digits, . - and _ expected");
	if (disk->value[DISK_BUS].num == BUS_NVME && !*serial)
		return refuse_at(reading, disk->line, "a disk with bus = nvme needs a serial");
	if (results && disk->value[DISK_FORMAT].num != FORMAT_RAW)
		return refuse_at(reading, disk->line,
				 "a results disk is read here afterwards: format = raw expected");
	if (results && disk->value[DISK_SIZE].num < (8 << 20))
		return refuse_at(reading, disk->line, "a results disk needs a size of at least 8M");
	/* QEMU refuses it later and less clearly: O_DIRECT is what Linux AIO needs. */
	if (disk->value[DISK_AIO].num == 1 && disk->value[DISK_CACHE].num != 1 &&
	    disk->value[DISK_CACHE].num != 3)
		return refuse_at(reading, disk->line,
				 "aio = native needs cache = none or directsync");
	return 0;
}

static int check_machine(struct reading *reading)
{
	const struct machine *machine = reading->machine;
	size_t results = 0;
	int err = 0;

	if (!reading->seen_machine)
		return refuse_at(reading, 1, "a section [machine] expected");
	for (size_t i = 0; i < machine->disk_count && !err; i++) {
		results += machine->disks[i].value[DISK_KIND].num == KIND_RESULTS;
		err = check_disk(reading, &machine->disks[i]);
		if (!err && results > 1)
			err = refuse_at(reading, machine->disks[i].line,
					"at most one disk of kind results expected");
	}
	return err;
}

/* The file's name without folder and ending. */
static void take_name(struct machine *machine, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strcspn(base, ".");
	snprintf(machine->name, sizeof(machine->name), "%.*s", (int)(len < 63 ? len : 63), base);
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
	if (!err)
		err = check_machine(reading);
	free(reading);
	return err;
}

int machine_load(struct machine *machine, const char *word, char *why, size_t room)
{
	size_t len = strlen(word);
	bool is_path = len > 4 && !strcmp(word + len - 4, ".ini");
	char path[PATH_ROOM], *text;
	ssize_t got;
	int err;

	if (!is_path && !path_name_is_plain(word))
		return text_refuse(-EINVAL, why, room,
				   "%s: a machine's name or a path that ends in .ini expected",
				   word);
	err = path_format(path, sizeof(path), is_path ? "%s" : "config/machines/%s.ini", word);
	if (err)
		return text_refuse(err, why, room, "%.80s...: the path is too long", word);
	got = file_load(&text, FILE_LIMIT, path);
	if (got < 0)
		return text_refuse((int)got, why, room, "%s: %s", path, strerror((int)-got));
	err = memchr(text, '\0', (size_t)got) ?
		      text_refuse(-EINVAL, why, room, "%s: not a text file", path) :
		      machine_read(machine, text, path, why, room);
	free(text);
	return err;
}

void machine_choice(const struct param *key, const union value *value, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	param_format(key, value, &text);
}
