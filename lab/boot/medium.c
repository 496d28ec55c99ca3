/* SPDX-License-Identifier: MIT */
/*
 * The words on a medium that firmware boots. syslinux and pxelinux read them from a file, which is
 * replaced on our copy; a UEFI firmware starts the payload without any, and a CD cannot be written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/boot/boot.h"

enum { CONFIG_ROOM = COMMAND_LINE_MAX + 256 };

bool medium_takes_words(const struct machine *machine)
{
	uint64_t media = machine->value[MACHINE_MEDIA].num;
	const struct machine_nic *nic = machine_boot_nic(machine);
	bool ours = nic && nic->value[NIC_NETWORK].num == NETWORK_USER;

	if (media == MEDIA_KERNEL)
		return true;
	return machine->value[MACHINE_FIRMWARE].num == FIRMWARE_BIOS &&
	       (media == MEDIA_DISK || media == MEDIA_USB || (media == MEDIA_PXE && ours));
}

/* One entry, no menu. */
static int write_config(const struct boot *boot, const char *path, const char *medium,
			const char *payload)
{
	char config[CONFIG_ROOM];
	struct text text;

	text_begin(&text, config, sizeof(config));
	text_add(&text,
		 "SERIAL 0 115200\nPROMPT 0\nSYSAPPEND 3\nDEFAULT assay\nLABEL assay\n  LINUX %s\n"
		 "  APPEND assay.boot=%s %s%s\n",
		 payload, medium, qemu_own_words(boot->qemu.accel), boot->words);
	return text.cut ? -E2BIG : path_write(path, config, text.len);
}

static int run_mcopy(const char *from, const char *image, char *why)
{
	struct command *command = calloc(1, sizeof(*command));
	int err = command ? command_begin_program(command, "mcopy", "mtools", why, WHY_ROOM) :
			    -ENOMEM;

	if (!err) {
		command_add(command, "-o");
		command_add(command, "-i");
		command_add(command, "%s@@1M", image); /* where the system partition begins */
		command_add(command, "%s", from);
		command_add(command, "::/syslinux/syslinux.cfg");
		err = process_run(command, NULL, NULL, NULL, why, WHY_ROOM);
	}
	free(command);
	return err;
}

static int put_on_disk(struct boot *boot)
{
	char config[PATH_ROOM], image[PATH_ROOM];
	int err = path_format(config, sizeof(config), "%s/syslinux.cfg", boot->work);

	if (!err)
		err = path_format(image, sizeof(image), "%s/medium.raw", boot->work);
	if (!err)
		err = write_config(boot, config, "disk", "/EFI/BOOT/BOOTX64.EFI");
	if (err)
		return text_refuse(err, boot->why, WHY_ROOM, "%.200s/syslinux.cfg: %s", boot->work,
				   strerror(-err));
	return run_mcopy(config, image, boot->why);
}

static int copy_tree(const char *from, const char *to, char *why)
{
	struct command *command = calloc(1, sizeof(*command));
	int err = command ? command_begin_program(command, "cp", "coreutils", why, WHY_ROOM) :
			    -ENOMEM;

	if (!err) {
		command_add(command, "-a");
		command_add(command, "%s", from);
		command_add(command, "%s", to);
		err = process_run(command, NULL, NULL, NULL, why, WHY_ROOM);
	}
	free(command);
	return err;
}

/* The tree as it was built, and for BIOS a copy of it with our words. */
static int put_on_tree(struct boot *boot)
{
	char original[PATH_ROOM], config[PATH_ROOM];
	int err = path_format(original, sizeof(original), "%s/pxe", boot->media);

	if (!err)
		err = path_format(boot->tree, sizeof(boot->tree), "%s/pxe", boot->work);
	if (!err)
		err = path_format(config, sizeof(config), "%s/bios/pxelinux.cfg/default",
				  boot->tree);
	if (err || !path_exists(original))
		return text_refuse(err ? err : -ENOENT, boot->why, WHY_ROOM,
				   "%.200s/pxe is not there; make pxe builds it", boot->media);
	path_remove(boot->tree);
	err = copy_tree(original, boot->tree, boot->why);
	if (err || !medium_takes_words(&boot->machine))
		return err;
	err = write_config(boot, config, "pxe", "assay.efi");
	return err ? text_refuse(err, boot->why, WHY_ROOM, "%.200s: %s", config, strerror(-err)) :
		     0;
}

int boot_prepare_medium(struct boot *boot)
{
	const struct machine_nic *nic = machine_boot_nic(&boot->machine);
	uint64_t media = boot->machine.value[MACHINE_MEDIA].num;

	if (media == MEDIA_PXE && nic && nic->value[NIC_NETWORK].num == NETWORK_USER)
		return put_on_tree(boot);
	if ((media == MEDIA_DISK || media == MEDIA_USB) && medium_takes_words(&boot->machine))
		return put_on_disk(boot);
	return 0;
}
