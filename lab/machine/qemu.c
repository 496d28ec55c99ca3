/* SPDX-License-Identifier: MIT */
/* A machine as a QEMU command. Nothing by default: the guest has what the machine file says and no
 * more. */
#include <stdio.h>
#include <string.h>

#include "lab/machine/machine.h"

/* RFC 2544's benchmarking network: it is nobody's, so it cannot collide with the host's own. */
static const char network[] = "net=198.18.0.0/24,host=198.18.0.2,dhcpstart=198.18.0.15";

/* ---- the board ---- */

static void add_processor(const struct machine *machine, bool kvm, struct command *out)
{
	bool hidden = machine->value[MACHINE_HYPERVISOR].num == HYPERVISOR_HIDDEN;

	command_add(out, "-accel");
	/* With a thread for each CPU the emulator lets one run into the breakpoint of code that
	 * another is patching, after the patch: one boot in a hundred or two ends in "int3: 0000". */
	command_add(out, kvm ? "kvm" : "tcg,thread=single");
	command_add(out, "-cpu");
	command_add(out, "%s%s%s", kvm ? "host" : "max", hidden ? ",-hypervisor" : "",
		    hidden && kvm ? ",kvm=off" : "");
	command_add(out, "-smp");
	command_add(out, "%u", (unsigned)machine->value[MACHINE_CPUS].num);
	command_add(out, "-m");
	command_add(out, "%lluk", (unsigned long long)(machine->value[MACHINE_MEMORY].num >> 10));
}

static void add_board(const struct machine *machine, const struct qemu *qemu, struct command *out)
{
	command_add(out, "%s", qemu->program);
	command_add(out, "-nodefaults");
	command_add(out, "-no-user-config");
	command_add(out, "-display");
	command_add(out, "none");
	command_add(out, "-no-reboot");
	command_add(out, "-machine");
	/* The port through which VMware's guests ask for their host is on by default. */
	command_add(out, "%s%s", machine->value[MACHINE_CHIPSET].num == CHIPSET_PC ? "pc" : "q35",
		    machine->value[MACHINE_HYPERVISOR].num == HYPERVISOR_HIDDEN ? ",vmport=off" :
										  "");
	add_processor(machine, !strcmp(qemu->accel, "kvm"), out);
	command_add(out, "-rtc");
	command_add(out, "base=utc");
}

/* Firmware that is not there was refused before (qemu_files_make). */
static void add_firmware(const struct qemu *qemu, struct command *out)
{
	char code[PATH_ROOM] = "", variables[PATH_ROOM], option[2 * PATH_ROOM];
	struct text text;

	qemu_firmware(code, variables, PATH_ROOM, NULL, 0);
	command_add(out, "-drive");
	command_add(out, "if=pflash,format=raw,readonly=on,file=%s", code);
	text_begin(&text, option, sizeof(option));
	qemu_add_path(&text, qemu->work);
	command_add(out, "-drive");
	command_add(out, "if=pflash,format=raw,file=%s/variables.fd", option);
}

static void add_chardev(const char *kind, const char *id, const char *folder, const char *name,
			struct command *out)
{
	char option[2 * PATH_ROOM];
	struct text text;

	text_begin(&text, option, sizeof(option));
	qemu_add_path(&text, folder);
	command_add(out, "-chardev");
	command_add(out, "%s,id=%s,path=%s%s", kind, id, option, name);
}

static void add_monitor(const struct qemu *qemu, struct command *out)
{
	command_add(out, "-S");
	add_chardev("pipe", "monitor", qemu->work, "/monitor", out);
	command_add(out, "-mon");
	command_add(out, "chardev=monitor,mode=control");
}

/* ---- what it boots ---- */

const char *qemu_own_words(const char *accel)
{
	/* Emulated, on a busy host, the kernel's check of its timer (ten milliseconds by the cycle
	 * counter) finds no tick now and then and panics: "IO-APIC + timer doesn't work!". Under
	 * KVM the kernel leaves the check out by itself (kernel-parameters.txt: no_timer_check). */
	return strcmp(accel, "kvm") ? "no_timer_check " : "";
}

static void add_payload(const struct qemu *qemu, struct command *out)
{
	command_add(out, "-kernel");
	command_add(out, "%s", qemu->image);
	if (qemu->initrd) {
		command_add(out, "-initrd");
		command_add(out, "%s", qemu->initrd);
	}
	command_add(out, "-append");
	command_add(out, "%s%s", qemu_own_words(qemu->accel), qemu->words);
}

/* ---- cards ---- */

/* A peer that connects back (iperf -r) reaches the guest through a port of ours. */
static void add_user_network(const struct machine_nic *nic, unsigned back_port, const char *boot,
			     struct command *out)
{
	char forward[160] = "";

	if (back_port)
		snprintf(forward, sizeof(forward),
			 ",hostfwd=tcp:127.0.0.1:%u-198.18.0.15:%u,"
			 "hostfwd=udp:127.0.0.1:%u-198.18.0.15:%u",
			 back_port, back_port, back_port, back_port);
	command_add(out, "user,id=%s,%s%s%s", nic->name, network, forward, boot);
}

static void add_network(const struct machine_nic *nic, unsigned back_port, const char *boot,
			struct command *out)
{
	const char *interface = nic->value[NIC_INTERFACE].text;

	command_add(out, "-netdev");
	switch (nic->value[NIC_NETWORK].num) {
	case NETWORK_USER:
		add_user_network(nic, back_port, boot, out);
		break;
	case NETWORK_TAP:
		command_add(out, "tap,id=%s,ifname=%s,script=no,downscript=no", nic->name,
			    interface);
		break;
	case NETWORK_BRIDGE:
		command_add(out, "bridge,id=%s,br=%s", nic->name, interface);
		break;
	case NETWORK_SOCKET:
		command_add(out, "socket,id=%s,udp=%s,localaddr=%s", nic->name,
			    nic->value[NIC_REMOTE].text, nic->value[NIC_LOCAL].text);
		break;
	default:
		/* A card that is plugged into a hub with nothing else on it. */
		command_add(out, "hubport,id=%s,hubid=0", nic->name);
	}
}

/* Its boot ROM is left out, as loading it takes time, unless somebody boots from it. UEFI has a
 * driver for virtio and needs the ROM of the others. */
static bool needs_rom(const struct machine *machine, const struct machine_nic *nic)
{
	return machine->value[MACHINE_FIRMWARE].num == FIRMWARE_BIOS ||
	       nic->value[NIC_MODEL].num != MODEL_VIRTIO;
}

void qemu_add_nic(const struct machine *machine, const struct machine_nic *nic,
		  const struct qemu *qemu, struct command *out)
{
	bool boots = machine->value[MACHINE_MEDIA].num == MEDIA_PXE &&
		     nic == machine_boot_nic(machine);
	bool uefi = machine->value[MACHINE_FIRMWARE].num == FIRMWARE_UEFI;
	const char *mac = nic->value[NIC_MAC].text;
	/* One guest listens, behind the first card that leads anywhere. */
	unsigned back_port = nic == machine_boot_nic(machine) ? qemu->back_port : 0;
	char model[32], boot[2 * PATH_ROOM] = "";
	struct text text;

	machine_choice(&nic_keys[NIC_MODEL], &nic->value[NIC_MODEL], model, sizeof(model));
	text_begin(&text, boot, sizeof(boot));
	if (boots && qemu->tree) {
		text_add(&text, ",tftp=");
		qemu_add_path(&text, qemu->tree);
		text_add(&text, ",bootfile=%s", uefi ? "assay.efi" : "bios/pxelinux.0");
	}
	add_network(nic, back_port, boot, out);
	command_add(out, "-device");
	command_add(
		out, "%s,netdev=%s%s%s%s%s", model, nic->name, *mac ? ",mac=" : "", mac,
		boots && needs_rom(machine, nic) ? "" : ",romfile=", boots ? ",bootindex=0" : "");
}

void qemu_command(const struct machine *machine, const struct qemu *qemu, struct command *out)
{
	command_begin(out);
	add_board(machine, qemu, out);
	if (machine->value[MACHINE_FIRMWARE].num == FIRMWARE_UEFI)
		add_firmware(qemu, out);
	if (qemu_has_dead_link(machine))
		add_monitor(qemu, out);
	add_chardev("file", "serial0", qemu->console, "", out);
	command_add(out, "-serial");
	command_add(out, "chardev:serial0");
	if (machine->value[MACHINE_MEDIA].num == MEDIA_KERNEL) {
		add_payload(qemu, out);
	} else {
		command_add(out, "-boot");
		command_add(out, "strict=on");
	}
	qemu_add_controllers(machine, out);
	for (size_t i = 0; i < machine->disk_count; i++)
		qemu_add_disk(machine, i, qemu->work, out);
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_MODEL].num != MODEL_NONE)
			qemu_add_nic(machine, &machine->nics[i], qemu, out);
}
