/* SPDX-License-Identifier: MIT */
/* A machine as a libvirt domain of the same meaning (libvirt.org/formatdomain.html). What libvirt
 * 9.0 has no words for (NVMe, UAS, forwarded ports, TFTP) goes to QEMU as it is, in
 * qemu:commandline. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/machine/machine.h"

enum { XML_ROOM = 65536 };

void domain_escape(struct text *out, const char *in)
{
	for (; *in; in++) {
		switch (*in) {
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '&':
			text_add(out, "&amp;");
			break;
		case '\'':
			text_add(out, "&apos;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		default:
			/* XML 1.0 has no other control characters. */
			text_add(out, "%c", (unsigned char)*in < ' ' && *in != '\t' ? '?' : *in);
		}
	}
}

static void add_element(struct text *out, const char *indent, const char *name, const char *value)
{
	text_add(out, "%s<%s>", indent, name);
	domain_escape(out, value);
	text_add(out, "</%s>\n", name);
}

/* libvirt's daemon has a working directory of its own. */
static void make_absolute(const char *path, char *out, size_t room)
{
	char here[PATH_ROOM] = "";

	if (path[0] == '/' || !getcwd(here, sizeof(here)) ||
	    path_format(out, room, "%s/%s", here, path))
		snprintf(out, room, "%s", path);
}

static void add_os(const struct machine *machine, const struct qemu *qemu, struct text *out)
{
	char code[PATH_ROOM] = "", variables[PATH_ROOM], path[PATH_ROOM];
	char words[4096];

	text_add(out, "  <os>\n    <type arch='x86_64' machine='%s'>hvm</type>\n",
		 machine->value[MACHINE_CHIPSET].num == CHIPSET_PC ? "pc" : "q35");
	if (machine->value[MACHINE_FIRMWARE].num == FIRMWARE_UEFI) {
		qemu_firmware(code, variables, PATH_ROOM, NULL, 0);
		make_absolute(qemu->work, path, sizeof(path));
		text_add(out, "    <loader readonly='yes' type='pflash'>%s</loader>\n    <nvram>",
			 code);
		domain_escape(out, path);
		text_add(out, "/variables.fd</nvram>\n");
	}
	if (machine->value[MACHINE_MEDIA].num == MEDIA_KERNEL) {
		make_absolute(qemu->image, path, sizeof(path));
		add_element(out, "    ", "kernel", path);
		if (qemu->initrd) {
			make_absolute(qemu->initrd, path, sizeof(path));
			add_element(out, "    ", "initrd", path);
		}
		snprintf(words, sizeof(words), "%s%s", qemu_own_words(qemu->accel), qemu->words);
		add_element(out, "    ", "cmdline", words);
	}
	text_add(out, "  </os>\n");
}

static void add_board(const struct machine *machine, const struct qemu *qemu, const char *name,
		      struct text *out)
{
	bool kvm = !strcmp(qemu->accel, "kvm");
	bool hidden = machine->value[MACHINE_HYPERVISOR].num == HYPERVISOR_HIDDEN;

	text_add(out,
		 "<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n",
		 kvm ? "kvm" : "qemu");
	add_element(out, "  ", "name", name);
	text_add(out, "  <memory unit='KiB'>%llu</memory>\n  <vcpu>%u</vcpu>\n",
		 (unsigned long long)(machine->value[MACHINE_MEMORY].num >> 10),
		 (unsigned)machine->value[MACHINE_CPUS].num);
	add_os(machine, qemu, out);
	text_add(out, "  <features>\n    <acpi/>\n    <apic/>\n");
	if (hidden)
		text_add(out, "%s    <vmport state='off'/>\n",
			 kvm ? "    <kvm>\n      <hidden state='on'/>\n    </kvm>\n" : "");
	text_add(out, "  </features>\n  <cpu mode='%s'%s\n", kvm ? "host-passthrough" : "maximum",
		 hidden ? ">\n    <feature policy='disable' name='hypervisor'/>\n  </cpu>" : "/>");
	text_add(out, "  <clock offset='utc'/>\n  <on_poweroff>destroy</on_poweroff>\n"
		      "  <on_reboot>destroy</on_reboot>\n  <on_crash>destroy</on_crash>\n");
}

int domain_write(const struct machine *machine, const struct qemu *qemu, const char *name,
		 const char *path)
{
	char *xml = malloc(XML_ROOM), console[PATH_ROOM];
	struct text text;
	int err;

	if (!xml)
		return -ENOMEM;
	text_begin(&text, xml, XML_ROOM);
	make_absolute(qemu->console, console, sizeof(console));
	add_board(machine, qemu, name, &text);
	text_add(&text, "  <devices>\n");
	add_element(&text, "    ", "emulator", qemu->program);
	domain_add_devices(machine, qemu, &text);
	text_add(&text, "    <serial type='file'>\n      <source path='");
	domain_escape(&text, console);
	text_add(&text, "'/>\n      <target port='0'/>\n    </serial>\n"
			"    <video>\n      <model type='none'/>\n    </video>\n"
			"    <memballoon model='none'/>\n  </devices>\n");
	domain_add_arguments(machine, qemu, &text);
	text_add(&text, "</domain>\n");
	err = text.cut ? -E2BIG : path_write(path, xml, text.len);
	free(xml);
	return err;
}

/* The domain is transient: gone when it ends. Ended with us, whatever ends us. */
void domain_command(const char *name, const char *xml, struct command *out)
{
	command_begin(out);
	command_add(out, "/bin/sh");
	command_add(out, "-c");
	command_add(out, "trap 'virsh -q destroy \"$1\"; exit 1' TERM INT HUP\n"
			 "virsh -q create \"$2\" || exit 1\n"
			 "while virsh -q domid \"$1\" > /dev/null 2>&1; do sleep 0.3; done");
	command_add(out, "domain");
	command_add(out, "%s", name);
	command_add(out, "%s", xml);
}
