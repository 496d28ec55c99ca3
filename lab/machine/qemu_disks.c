/* SPDX-License-Identifier: MIT */
/* Drives, the controllers they are behind, and the devices that the guest sees. */
#include <stdio.h>
#include <string.h>

#include "lab/machine/machine.h"

/* Each bus as QEMU has it. Without a `place` devices number themselves. */
static const struct {
	const char *controller, *disk, *cdrom;
} buses[BUSES] = {
	[BUS_VIRTIO] = { NULL, "virtio-blk-pci", NULL },
	[BUS_VIRTIO_SCSI] = { "virtio-scsi-pci,id=scsi", "scsi-hd,bus=scsi.0",
			      "scsi-cd,bus=scsi.0" },
	[BUS_IDE] = { NULL, "ide-hd", "ide-cd" },
	[BUS_AHCI] = { "ich9-ahci,id=ahci", "ide-hd", "ide-cd" },
	[BUS_NVME] = { NULL, "nvme", NULL },
	[BUS_USB] = { "qemu-xhci,id=usb", "usb-storage,bus=usb.0", NULL },
	[BUS_UAS] = { "qemu-xhci,id=usb", "scsi-hd", NULL },
	[BUS_MEGASAS] = { "megasas,id=megasas", "scsi-hd,bus=megasas.0", "scsi-cd,bus=megasas.0" },
	[BUS_MPTSAS] = { "mptsas1068,id=mptsas", "scsi-hd,bus=mptsas.0", "scsi-cd,bus=mptsas.0" },
};

int qemu_disk_path(const struct machine_disk *disk, const char *work, char *out, size_t room)
{
	const char *file = disk->value[DISK_FILE].text;

	if (*file)
		return path_format(out, room, "%s", file);
	return path_format(out, room, "%s/%s.%s", work, disk->name,
			   disk->value[DISK_FORMAT].num == FORMAT_QCOW2 ? "qcow2" : "raw");
}

void qemu_add_path(struct text *out, const char *path)
{
	for (; *path; path++)
		text_add(out, *path == ',' ? ",," : "%c", *path);
}

static const char *choice(const struct machine_disk *disk, unsigned key, char *room, size_t size)
{
	machine_choice(&disk_keys[key], &disk->value[key], room, size);
	return room;
}

bool qemu_is_cdrom(const struct machine *machine, const struct machine_disk *disk)
{
	return disk->value[DISK_KIND].num == KIND_MEDIUM &&
	       machine->value[MACHINE_MEDIA].num == MEDIA_ISO &&
	       buses[disk->value[DISK_BUS].num].cdrom;
}

static void add_drive(const struct machine *machine, const struct machine_disk *disk,
		      const char *work, struct command *out)
{
	char path[PATH_ROOM], option[2 * PATH_ROOM + 200], word[3][32];
	struct text text;

	text_begin(&text, option, sizeof(option));
	if (qemu_disk_path(disk, work, path, sizeof(path)))
		path[0] = '\0';
	text_add(&text, "if=none,id=%s,%sformat=%s,cache=%s,aio=%s,file=", disk->name,
		 qemu_is_cdrom(machine, disk) ? "media=cdrom,readonly=on," : "",
		 choice(disk, DISK_FORMAT, word[0], sizeof(word[0])),
		 choice(disk, DISK_CACHE, word[1], sizeof(word[1])),
		 choice(disk, DISK_AIO, word[2], sizeof(word[2])));
	qemu_add_path(&text, path);
	if (disk->value[DISK_RATE].num)
		text_add(&text, ",throttling.bps-total=%llu",
			 (unsigned long long)disk->value[DISK_RATE].num);
	if (disk->value[DISK_IOPS].num)
		text_add(&text, ",throttling.iops-total=%llu",
			 (unsigned long long)disk->value[DISK_IOPS].num);
	command_add(out, "-drive");
	command_add(out, "%s", option);
}

/* q35 has an AHCI controller on the board. */
static const char *controller_of(const struct machine *machine, enum bus bus)
{
	bool on_board = bus == BUS_AHCI && machine->value[MACHINE_CHIPSET].num == CHIPSET_Q35;

	return on_board ? NULL : buses[bus].controller;
}

void qemu_add_controllers(const struct machine *machine, struct command *out)
{
	const char *last = NULL;

	for (enum bus bus = 0; bus < BUSES; bus++) {
		const char *controller = controller_of(machine, bus);
		bool used = false;

		for (size_t i = 0; i < machine->disk_count; i++)
			used |= machine->disks[i].value[DISK_BUS].num == bus;
		/* Both ways over USB share one. */
		if (!used || !controller || (last && !strcmp(controller, last)))
			continue;
		last = controller;
		command_add(out, "-device");
		command_add(out, "%s", controller);
	}
}

unsigned qemu_disks_before(const struct machine *machine, size_t index)
{
	unsigned before = 0;

	for (size_t i = 0; i < index; i++)
		before += machine->disks[i].value[DISK_BUS].num ==
			  machine->disks[index].value[DISK_BUS].num;
	return before;
}

uint64_t qemu_disk_wwn(const struct machine *machine, size_t index)
{
	const uint64_t locally_assigned = 3ull << 60; /* its name address authority (SPC-4, 7.8) */

	if (machine->disks[index].value[DISK_BUS].num != BUS_MPTSAS)
		return 0;
	return locally_assigned + qemu_disks_before(machine, index) + 1;
}

/* IDE has two channels of two, AHCI a port each; SCSI, USB and PCI number by themselves. */
static void add_place(const struct machine *machine, size_t index, struct text *out)
{
	const struct machine_disk *disk = &machine->disks[index];
	uint64_t bus = disk->value[DISK_BUS].num;
	bool q35 = machine->value[MACHINE_CHIPSET].num == CHIPSET_Q35;
	unsigned before = qemu_disks_before(machine, index);

	if (bus == BUS_IDE)
		text_add(out, ",bus=ide.%u,unit=%u", before / 2, before % 2);
	else if (bus == BUS_AHCI)
		text_add(out, ",bus=%s.%u", q35 ? "ide" : "ahci", before);
	else if (bus == BUS_UAS)
		text_add(out, ",bus=uas-%s.0", disk->name);
	else if (bus == BUS_MPTSAS)
		text_add(out, ",wwn=0x%llx", (unsigned long long)qemu_disk_wwn(machine, index));
}

void qemu_add_disk(const struct machine *machine, size_t index, const char *work,
		   struct command *out)
{
	const struct machine_disk *disk = &machine->disks[index];
	const char *serial = disk->value[DISK_SERIAL].text;
	uint64_t bus = disk->value[DISK_BUS].num;
	bool cdrom = qemu_is_cdrom(machine, disk);
	char place[64];
	struct text text;

	text_begin(&text, place, sizeof(place));
	add_place(machine, index, &text);
	add_drive(machine, disk, work, out);
	if (bus == BUS_UAS) {
		command_add(out, "-device");
		command_add(out, "usb-uas,id=uas-%s,bus=usb.0", disk->name);
	}
	command_add(out, "-device");
	command_add(out, "%s%s,drive=%s%s%s%s", cdrom ? buses[bus].cdrom : buses[bus].disk, place,
		    disk->name, *serial ? ",serial=" : "", serial,
		    disk->value[DISK_KIND].num == KIND_MEDIUM ? ",bootindex=0" : "");
}
