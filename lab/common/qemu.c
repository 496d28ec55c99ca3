/* SPDX-License-Identifier: MIT */
/* A machine as a QEMU command. Nothing by default: the guest has what the machine file says and no
 * more. */
#include <stdio.h>
#include <string.h>

#include "lab/machine.h"

/* RFC 2544's benchmarking network: it is nobody's, so it cannot collide with the host's own. */
static const char network[] = "net=198.18.0.0/24,host=198.18.0.2,dhcpstart=198.18.0.15";

int qemu_disk_path(const struct machine_disk *disk, const char *work, char *out, size_t room)
{
	const char *file = disk->value[DISK_FILE].text;

	if (*file)
		return path_format(out, room, "%s", file);
	return path_format(out, room, "%s/%s.%s", work, disk->name,
			   disk->value[DISK_FORMAT].num == FORMAT_QCOW2 ? "qcow2" : "raw");
}

/* In QEMU's option lists a comma in a value is written twice. */
static void add_path(struct text *out, const char *path)
{
	for (; *path; path++)
		text_add(out, *path == ',' ? ",," : "%c", *path);
}

static const char *choice(const struct param *keys, const union value *values, unsigned key,
			  char *room, size_t size)
{
	machine_choice(&keys[key], &values[key], room, size);
	return room;
}

static void add_drive(const struct machine_disk *disk, const char *work, struct command *out)
{
	char path[PATH_ROOM], option[2 * PATH_ROOM + 200], word[3][32];
	struct text text;

	text_begin(&text, option, sizeof(option));
	if (qemu_disk_path(disk, work, path, sizeof(path)))
		path[0] = '\0';
	text_add(&text, "if=none,id=%s,format=%s,cache=%s,aio=%s,file=", disk->name,
		 choice(disk_keys, disk->value, DISK_FORMAT, word[0], sizeof(word[0])),
		 choice(disk_keys, disk->value, DISK_CACHE, word[1], sizeof(word[1])),
		 choice(disk_keys, disk->value, DISK_AIO, word[2], sizeof(word[2])));
	add_path(&text, path);
	command_add(out, "-drive");
	command_add(out, "%s", option);
}

static const struct {
	const char *controller, *device;
} buses[] = {
	[BUS_VIRTIO] = { NULL, "virtio-blk-pci" },
	[BUS_VIRTIO_SCSI] = { "virtio-scsi-pci,id=scsi", "scsi-hd,bus=scsi.0" },
	[BUS_AHCI] = { "ich9-ahci,id=ahci", "ide-hd" },
	[BUS_NVME] = { NULL, "nvme" },
};

static void add_controllers(const struct machine *machine, struct command *out)
{
	for (size_t bus = 0; bus < COUNT_OF(buses); bus++) {
		bool used = false;

		for (size_t i = 0; i < machine->disk_count; i++)
			used |= machine->disks[i].value[DISK_BUS].num == bus;
		if (!used || !buses[bus].controller)
			continue;
		command_add(out, "-device");
		command_add(out, "%s", buses[bus].controller);
	}
}

static void add_disk(const struct machine_disk *disk, unsigned *ahci_port, const char *work,
		     struct command *out)
{
	const char *serial = disk->value[DISK_SERIAL].text;
	unsigned bus = (unsigned)disk->value[DISK_BUS].num;
	char place[32] = "";

	add_drive(disk, work, out);
	if (bus == BUS_AHCI) /* a port each; SCSI and PCI number by themselves */
		snprintf(place, sizeof(place), ",bus=ahci.%u", (*ahci_port)++);
	command_add(out, "-device");
	command_add(out, "%s%s,drive=%s%s%s", buses[bus].device, place, disk->name,
		    *serial ? ",serial=" : "", serial);
}

/* A peer that connects back (iperf -r) reaches the guest through a port of ours. */
static void add_nic(const struct machine_nic *nic, unsigned back_port, struct command *out)
{
	char model[32];

	choice(nic_keys, nic->value, NIC_MODEL, model, sizeof(model));
	if (nic->value[NIC_NETWORK].num == NETWORK_NONE) {
		/* A card that is plugged into a hub with nothing else on it. */
		command_add(out, "-netdev");
		command_add(out, "hubport,id=%s,hubid=0", nic->name);
	} else {
		command_add(out, "-netdev");
		if (back_port)
			command_add(out,
				    "user,id=%s,%s,hostfwd=tcp:127.0.0.1:%u-198.18.0.15:%u,"
				    "hostfwd=udp:127.0.0.1:%u-198.18.0.15:%u",
				    nic->name, network, back_port, back_port, back_port, back_port);
		else
			command_add(out, "user,id=%s,%s", nic->name, network);
	}
	command_add(out, "-device");
	/* No boot ROM: nobody boots from it, and loading it takes time. */
	command_add(out, "%s,netdev=%s,romfile=", model, nic->name);
}

static void add_board(const struct machine *machine, const struct qemu *qemu, struct command *out)
{
	bool kvm = !strcmp(qemu->accel, "kvm");

	command_add(out, "%s", qemu->program);
	command_add(out, "-nodefaults");
	command_add(out, "-no-user-config");
	command_add(out, "-display");
	command_add(out, "none");
	command_add(out, "-no-reboot");
	command_add(out, "-machine");
	command_add(out, "%s", machine->value[MACHINE_CHIPSET].num ? "pc" : "q35");
	command_add(out, "-accel");
	/* With a thread for each CPU the emulator lets one run into the breakpoint of code that
	 * another is patching, after the patch: one boot in a hundred or two ends in "int3: 0000". */
	command_add(out, kvm ? "kvm" : "tcg,thread=single");
	command_add(out, "-cpu");
	command_add(out, kvm ? "host" : "max");
	command_add(out, "-smp");
	command_add(out, "%u", (unsigned)machine->value[MACHINE_CPUS].num);
	command_add(out, "-m");
	command_add(out, "%lluk", (unsigned long long)(machine->value[MACHINE_MEMORY].num >> 10));
	command_add(out, "-rtc");
	command_add(out, "base=utc");
}

static void add_payload(const struct qemu *qemu, struct command *out)
{
	char option[2 * PATH_ROOM];
	struct text text;

	text_begin(&text, option, sizeof(option));
	text_add(&text, "file,id=serial0,path=");
	add_path(&text, qemu->console);
	command_add(out, "-chardev");
	command_add(out, "%s", option);
	command_add(out, "-serial");
	command_add(out, "chardev:serial0");
	command_add(out, "-kernel");
	command_add(out, "%s", qemu->image);
	if (qemu->initrd) {
		command_add(out, "-initrd");
		command_add(out, "%s", qemu->initrd);
	}
	command_add(out, "-append");
	/* Emulated, on a busy host, the kernel's check of its timer (ten milliseconds by the cycle
	 * counter) finds no tick now and then and panics: "IO-APIC + timer doesn't work!". Under
	 * KVM the kernel leaves the check out by itself (kernel-parameters.txt: no_timer_check). */
	command_add(out, "%s%s", strcmp(qemu->accel, "kvm") ? "no_timer_check " : "", qemu->words);
}

void qemu_command(const struct machine *machine, const struct qemu *qemu, struct command *out)
{
	unsigned ahci_port = 0, back_port = qemu->back_port;

	command_begin(out);
	add_board(machine, qemu, out);
	add_payload(qemu, out);
	add_controllers(machine, out);
	for (size_t i = 0; i < machine->disk_count; i++)
		add_disk(&machine->disks[i], &ahci_port, qemu->work, out);
	for (size_t i = 0; i < machine->nic_count; i++) {
		add_nic(&machine->nics[i], back_port, out);
		back_port = 0; /* one guest listens, behind the first card */
	}
}
