/* SPDX-License-Identifier: MIT */
/* The disks and cards of a libvirt domain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/machine/machine.h"

/* How libvirt calls each bus; NULL: it has no word for it. */
static const struct {
	const char *target, *prefix, *model;
} buses[BUSES] = {
	[BUS_VIRTIO] = { "virtio", "vd", NULL },
	[BUS_VIRTIO_SCSI] = { "scsi", "sd", "virtio-scsi" },
	[BUS_IDE] = { "ide", "hd", NULL },
	[BUS_AHCI] = { "sata", "sd", NULL },
	[BUS_USB] = { "usb", "sd", NULL },
	[BUS_MEGASAS] = { "scsi", "sd", "lsisas1078" },
	[BUS_MPTSAS] = { "scsi", "sd", "lsisas1068" },
};

static bool is_device(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISBLK(status.st_mode);
}

static void add_text(struct text *out, const struct machine_disk *disk, unsigned key)
{
	char word[32];

	machine_choice(&disk_keys[key], &disk->value[key], word, sizeof(word));
	text_add(out, "%s", word);
}

static void add_source(const struct machine_disk *disk, const char *work, struct text *out)
{
	char path[PATH_ROOM] = "", absolute[PATH_ROOM];
	bool device;

	qemu_disk_path(disk, work, path, sizeof(path));
	device = is_device(path);
	if (path_absolute(path, absolute, sizeof(absolute)))
		snprintf(absolute, sizeof(absolute), "%s", path);
	text_add(out, "      <source %s='", device ? "dev" : "file");
	/* A device keeps the name it was given: /dev/vg0/lv, not where that leads today. */
	domain_escape(out, device ? path : absolute);
	text_add(out, "'/>\n");
}

/* One place after the other, as QEMU counts them by itself. */
static void add_place(const struct machine *machine, size_t index, unsigned controller,
		      struct text *out)
{
	uint64_t bus = machine->disks[index].value[DISK_BUS].num;
	unsigned before = qemu_disks_before(machine, index);

	if (bus == BUS_IDE)
		text_add(
			out,
			"      <address type='drive' controller='0' bus='%u' target='0' unit='%u'/>\n",
			before / 2, before % 2);
	if (bus == BUS_AHCI)
		text_add(
			out,
			"      <address type='drive' controller='0' bus='0' target='0' unit='%u'/>\n",
			before);
	if (buses[bus].model)
		text_add(
			out,
			"      <address type='drive' controller='%u' bus='0' target='%u' unit='0'/>\n",
			controller, before);
}

static void add_limits(const struct machine_disk *disk, struct text *out)
{
	unsigned long long rate = disk->value[DISK_RATE].num, iops = disk->value[DISK_IOPS].num;

	if (!rate && !iops)
		return;
	text_add(out, "      <iotune>\n");
	if (rate)
		text_add(out, "        <total_bytes_sec>%llu</total_bytes_sec>\n", rate);
	if (iops)
		text_add(out, "        <total_iops_sec>%llu</total_iops_sec>\n", iops);
	text_add(out, "      </iotune>\n");
}

static void add_disk(const struct machine *machine, size_t index, unsigned controller,
		     const char *work, struct text *out)
{
	const struct machine_disk *disk = &machine->disks[index];
	const char *serial = disk->value[DISK_SERIAL].text;
	uint64_t bus = disk->value[DISK_BUS].num, wwn = qemu_disk_wwn(machine, index);
	bool medium = disk->value[DISK_KIND].num == KIND_MEDIUM;
	bool cdrom = qemu_is_cdrom(machine, disk);
	char path[PATH_ROOM] = "";

	qemu_disk_path(disk, work, path, sizeof(path));
	text_add(out, "    <disk type='%s' device='%s'>\n      <driver name='qemu' type='",
		 is_device(path) ? "block" : "file", cdrom ? "cdrom" : "disk");
	add_text(out, disk, DISK_FORMAT);
	text_add(out, "' cache='");
	add_text(out, disk, DISK_CACHE);
	text_add(out, "' io='");
	add_text(out, disk, DISK_AIO);
	text_add(out, "'/>\n");
	add_source(disk, work, out);
	text_add(out, "      <target dev='%s%c' bus='%s'/>\n", buses[bus].prefix, 'a' + (int)index,
		 buses[bus].target);
	add_limits(disk, out);
	if (cdrom)
		text_add(out, "      <readonly/>\n");
	if (*serial)
		text_add(out, "      <serial>%s</serial>\n", serial);
	if (wwn)
		text_add(out, "      <wwn>%llx</wwn>\n", (unsigned long long)wwn);
	if (medium)
		text_add(out, "      <boot order='1'/>\n");
	add_place(machine, index, controller, out);
	text_add(out, "    </disk>\n");
}

/* ---- cards ---- */

/* libvirt's user network has neither forwarded ports nor TFTP. */
static bool is_for_qemu(const struct machine *machine, const struct qemu *qemu,
			const struct machine_nic *nic)
{
	return nic->value[NIC_NETWORK].num == NETWORK_USER && nic == machine_boot_nic(machine) &&
	       (qemu->back_port || qemu->tree);
}

/* "127.0.0.1:7001" as two attributes. */
static void add_endpoint(struct text *out, const char *endpoint)
{
	const char *colon = strchr(endpoint, ':');

	text_add(out, "address='%.*s' port='%s'", (int)(colon - endpoint), endpoint, colon + 1);
}

static void add_network(const struct machine_nic *nic, struct text *out)
{
	const char *interface = nic->value[NIC_INTERFACE].text;

	switch (nic->value[NIC_NETWORK].num) {
	case NETWORK_USER:
		text_add(out, "      <ip family='ipv4' address='198.18.0.0' prefix='24'/>\n");
		break;
	case NETWORK_TAP:
		text_add(out, "      <target dev='%s' managed='no'/>\n", interface);
		break;
	case NETWORK_BRIDGE:
		text_add(out, "      <source bridge='%s'/>\n", interface);
		break;
	case NETWORK_SOCKET:
		text_add(out, "      <source ");
		add_endpoint(out, nic->value[NIC_REMOTE].text);
		text_add(out, ">\n        <local ");
		add_endpoint(out, nic->value[NIC_LOCAL].text);
		text_add(out, "/>\n      </source>\n");
	}
}

static void add_nic(const struct machine *machine, size_t index, struct text *out)
{
	static const char *const types[] = { "user", "ethernet", "bridge", "udp", "null" };
	const struct machine_nic *nic = &machine->nics[index];
	const char *mac = nic->value[NIC_MAC].text;
	bool boots = machine->value[MACHINE_MEDIA].num == MEDIA_PXE &&
		     nic == machine_boot_nic(machine);
	char model[32];

	machine_choice(&nic_keys[NIC_MODEL], &nic->value[NIC_MODEL], model, sizeof(model));
	text_add(out, "    <interface type='%s'>\n", types[nic->value[NIC_NETWORK].num]);
	/* QEMU's own, where none is given: libvirt would make one up for each run. */
	if (*mac)
		text_add(out, "      <mac address='%s'/>\n", mac);
	else
		text_add(out, "      <mac address='52:54:00:12:34:%02x'/>\n", 0x56 + (int)index);
	add_network(nic, out);
	text_add(out, "      <model type='%s'/>\n",
		 nic->value[NIC_MODEL].num == MODEL_VIRTIO ? "virtio" : model);
	text_add(out, "      <link state='%s'/>\n",
		 nic->value[NIC_LINK].num == LINK_DOWN ? "down" : "up");
	text_add(out, boots ? "      <boot order='1'/>\n" : "      <rom enabled='no'/>\n");
	text_add(out, "    </interface>\n");
}

static bool uses(const struct machine *machine, uint64_t bus)
{
	for (size_t i = 0; i < machine->disk_count; i++)
		if (machine->disks[i].value[DISK_BUS].num == bus)
			return true;
	return false;
}

void domain_add_devices(const struct machine *machine, const struct qemu *qemu, struct text *out)
{
	bool usb = uses(machine, BUS_USB) || uses(machine, BUS_UAS);
	unsigned scsi[BUSES] = { 0 }, count = 0;

	text_add(out, "    <controller type='usb' index='0' model='%s'/>\n",
		 usb ? "qemu-xhci" : "none");
	for (uint64_t bus = 0; bus < BUSES; bus++) {
		if (!buses[bus].model || !uses(machine, bus))
			continue;
		scsi[bus] = count++;
		text_add(out, "    <controller type='scsi' index='%u' model='%s'/>\n", scsi[bus],
			 buses[bus].model);
	}
	for (size_t i = 0; i < machine->disk_count; i++) {
		uint64_t bus = machine->disks[i].value[DISK_BUS].num;

		if (buses[bus].target)
			add_disk(machine, i, scsi[bus], qemu->work, out);
	}
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_MODEL].num != MODEL_NONE &&
		    !is_for_qemu(machine, qemu, &machine->nics[i]))
			add_nic(machine, i, out);
}

void domain_add_arguments(const struct machine *machine, const struct qemu *qemu, struct text *out)
{
	struct command *command = calloc(1, sizeof(*command));
	unsigned slot = 0x10;
	char work[PATH_ROOM];

	if (!command)
		return;
	if (path_absolute(qemu->work, work, sizeof(work)))
		snprintf(work, sizeof(work), "%s", qemu->work);
	command_begin(command);
	for (size_t i = 0; i < machine->disk_count; i++)
		if (!buses[machine->disks[i].value[DISK_BUS].num].target)
			qemu_add_disk(machine, i, work, command);
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_MODEL].num != MODEL_NONE &&
		    is_for_qemu(machine, qemu, &machine->nics[i]))
			qemu_add_nic(machine, &machine->nics[i], qemu, command);
	if (command->count)
		text_add(out, "  <qemu:commandline>\n");
	for (size_t i = 0; i < command->count; i++) {
		bool on_board = i && !strcmp(command->argv[i - 1], "-device") &&
				!strstr(command->argv[i], "bus=");

		text_add(out, "    <qemu:arg value='");
		domain_escape(out, command->argv[i]);
		if (on_board) /* behind the places that libvirt gives to its own */
			text_add(out, ",addr=0x%x", slot++);
		text_add(out, "'/>\n");
	}
	if (command->count)
		text_add(out, "  </qemu:commandline>\n");
	free(command);
}
