/* SPDX-License-Identifier: MIT */
/* What QEMU reads or writes beside the disks: the firmware's variables, orders to its monitor. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/machine/machine.h"

int qemu_firmware(char *code, char *variables, size_t room, char *why, size_t why_room)
{
	/* Where Debian, Fedora and Arch have it. A code file goes with the variables of its size. */
	static const char *const places[][2] = {
		{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
		{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
		{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
		{ "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
	};

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (!access(places[i][0], R_OK) && !access(places[i][1], R_OK)) {
			snprintf(code, room, "%s", places[i][0]);
			snprintf(variables, room, "%s", places[i][1]);
			return 0;
		}
	return text_refuse(-ENOENT, why, why_room,
			   "UEFI firmware is not installed; get it with: apt-get install ovmf");
}

static int copy_variables(const char *work, char *why, size_t room)
{
	char code[PATH_ROOM], original[PATH_ROOM], copy[PATH_ROOM];
	int err = qemu_firmware(code, original, PATH_ROOM, why, room);

	if (err)
		return err;
	err = path_format(copy, sizeof(copy), "%s/variables.fd", work);
	if (!err)
		err = path_copy(original, copy);
	return err ? text_refuse(err, why, room, "%.200s/variables.fd: %s", work, strerror(-err)) :
		     0;
}

bool qemu_has_dead_link(const struct machine *machine)
{
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_LINK].num == LINK_DOWN &&
		    machine->nics[i].value[NIC_MODEL].num != MODEL_NONE)
			return true;
	return false;
}

static int write_file(const char *work, const char *name, const char *contents, char *why,
		      size_t room)
{
	char path[PATH_ROOM];
	int err = path_format(path, sizeof(path), "%s/%s", work, name);

	if (!err)
		err = path_write(path, contents, strlen(contents));
	return err ? text_refuse(err, why, room, "%.200s/%s: %s", work, name, strerror(-err)) : 0;
}

/* QMP's commands (docs/interop/qmp-spec), all there before QEMU starts: its "pipe" is a file. */
static int write_orders(const struct machine *machine, const char *work, char *why, size_t room)
{
	char orders[1024];
	struct text text;
	int err;

	text_begin(&text, orders, sizeof(orders));
	text_add(&text, "{\"execute\": \"qmp_capabilities\"}\n");
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_LINK].num == LINK_DOWN &&
		    machine->nics[i].value[NIC_MODEL].num != MODEL_NONE)
			text_add(&text,
				 "{\"execute\": \"set_link\", \"arguments\": {\"name\": \"%s\", "
				 "\"up\": false}}\n",
				 machine->nics[i].name);
	text_add(&text, "{\"execute\": \"cont\"}\n");
	err = write_file(work, "monitor.in", orders, why, room);
	return err ? err : write_file(work, "monitor.out", "", why, room);
}

int qemu_files_make(const struct machine *machine, const char *work, char *why, size_t room)
{
	int err = 0;

	if (machine->value[MACHINE_FIRMWARE].num == FIRMWARE_UEFI)
		err = copy_variables(work, why, room);
	if (!err && qemu_has_dead_link(machine))
		err = write_orders(machine, work, why, room);
	return err;
}
