/* SPDX-License-Identifier: MIT */
/* Each key of a machine file, and each setting beside it, becomes words of the command. */
#include "tests/unit/test.h"

#include "lab/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct machine machine;
static char why[WHY_ROOM];

/* Does a word of the command contain the text? */
static bool holds(const struct command *command, const char *text)
{
	for (size_t i = 0; i < command->count; i++)
		if (strstr(command->argv[i], text))
			return true;
	return false;
}

/* A file that is good, the settings beside it, and what the command then holds and does not. */
static const struct {
	const char *text, *settings[4], *holds, *lacks;
} commands[] = {
	{ "[machine]\n[disk a]\nbus = ahci\n[disk b]\nbus = ahci\n",
	  { NULL },
	  "ide-hd,bus=ide.1,drive=b",
	  "ich9-ahci" },
	{ "[machine]\nchipset = pc\n[disk a]\nbus = ide\n[disk b]\nbus = ide\n[disk c]\nbus = ide\n",
	  { NULL },
	  "ide-hd,bus=ide.1,unit=0,drive=c",
	  "-drive if=pflash" },
	{ "[machine]\nfirmware = uefi\n", { NULL }, "/w/variables.fd", "-kernel,-append" },
	{ "[machine]\n", { "hypervisor=hidden" }, "max,-hypervisor", "kvm=off" },
	{ "[machine]\n[disk a]\nbus = uas\n[disk b]\nbus = usb\n",
	  { NULL },
	  "scsi-hd,bus=uas-a.0,drive=a",
	  "vmport" },
	{ "[machine]\n[disk a]\nbus = megasas\n", { NULL }, "scsi-hd,bus=megasas.0", "virtio" },
	{ "[machine]\n[disk a]\nbus = virtio\n",
	  { "disk.a.bus=mptsas" },
	  "scsi-hd,bus=mptsas.0,wwn=0x3000000000000001,drive=a",
	  "virtio" },
	{ "[machine]\n[disk a]\nbus = ahci\n[disk b]\nbus = mptsas\n[disk c]\nbus = mptsas\n",
	  { NULL },
	  "scsi-hd,bus=mptsas.0,wwn=0x3000000000000002,drive=c",
	  "serial=c" },
	{ "[machine]\n[disk a]\n",
	  { "disk.a.size=2G", "disk.a.format=qcow2" },
	  "/w/a.qcow2",
	  "raw" },
	{ "[machine]\n", { "cpus=8", "memory=96M" }, "98304k", "1048576k" },
	{ "[machine]\nmedia = disk\n", { NULL }, "ide-hd,bus=ide.0,drive=medium", "-kernel" },
	{ "[machine]\nmedia = iso\n", { NULL }, "media=cdrom,readonly=on", "ide-hd" },
	{ "[machine]\nmedia = iso\nmedia_bus = usb\n",
	  { NULL },
	  "usb-storage,bus=usb.0,drive=medium",
	  "cdrom" },
	{ "[machine]\nmedia = usb\nmedia_bus = uas\n",
	  { NULL },
	  "scsi-hd,bus=uas-medium.0,drive=medium,serial=medium,bootindex=0",
	  "usb-storage" },
	{ "[machine]\nmedia = pxe\n[nic n]\nmodel = e1000\n",
	  { NULL },
	  ",tftp=/t,,ree,bootfile=bios/pxelinux.0",
	  "romfile" },
	{ "[machine]\nmedia = pxe\nfirmware = uefi\n[nic n]\n",
	  { NULL },
	  ",romfile=,bootindex=0",
	  "pxelinux" },
	{ "[machine]\n[nic a]\nlink = down\n", { NULL }, "pipe,id=monitor,path=/w/monitor", "kvm" },
	{ "[machine]\n[nic a]\nlink = down\n", { "nic.a.model=none" }, "tcg", "monitor" },
	{ "[machine]\n[nic a]\n",
	  { "nic.a.network=socket", "nic.a.local=127.0.0.1:1", "nic.a.remote=127.0.0.1:2" },
	  "socket,id=a,udp=127.0.0.1:2,localaddr=127.0.0.1:1",
	  "user," },
	{ "[machine]\n[nic a]\n",
	  { "nic.a.network=tap", "nic.a.interface=tap7", "nic.a.mac=52:54:00:00:00:07" },
	  "tap,id=a,ifname=tap7,script=no",
	  "user," },
	{ "[machine]\n[nic a]\n",
	  { "nic.a.network=bridge", "nic.a.interface=br0" },
	  "bridge,id=a,br=br0",
	  "user," },
	{ "[machine]\n[peer]\nkind = iperf2\n[nic a]\nmodel = igb\n",
	  { "peer.kind=none", "nic.a.network=none" },
	  "igb,netdev=a",
	  "user," },
};

/* The file, then the settings, as machine_load does it. */
static int load(const char *text, const char *const *settings)
{
	FILE *file = fopen("m.ini", "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	why[0] = '\0';
	return machine_load(&machine, "m.ini", settings, why, sizeof(why));
}

static void each_key_becomes_words(void **state)
{
	static struct command command;
	const struct qemu qemu = {
		.program = "qemu",
		.accel = "tcg",
		.image = "assay.efi",
		.console = "/w/console.log",
		.words = "",
		.work = "/w",
		.tree = "/t,ree",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (load(commands[i].text, commands[i].settings))
			fail_msg("row %zu: %s", i, why);
		qemu_command(&machine, &qemu, &command);
		CHECK_ROW(i, commands[i].holds, holds(&command, commands[i].holds));
		CHECK_ROW(i, commands[i].lacks, !holds(&command, commands[i].lacks));
	}
}

static void settings_are_refused_by_name(void **state)
{
	static const char good[] = "[machine]\n[disk a]\n[nic n]\n";
	static const struct {
		const char *setting, *expected;
	} rows[] = {
		{ "cpus=many", "cpus=many: " },
		{ "disk.a=4G", "disk.a: disk.NAME.KEY=VALUE expected" },
		{ "disk..size=4G", "disk..size: disk.NAME.KEY=VALUE expected" },
		{ "disk.b.size=4G", "disk.b.size: m has no disk of this name" },
		{ "nic.a.model=e1000", "nic.a.model: m has no nic of this name" },
		{ "disk.a.colour=red", "colour: unknown setting" },
		{ "disk.a.bus=ide", "m.ini:2: bus = ide is the PIIX" },
		{ "peer.king=none", "king: unknown setting" },
		{ "memory=1", "memory=1: out of range" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const settings[] = { rows[i].setting, NULL };

		assert_true(machine_is_setting(rows[i].setting));
		assert_int_equal(load(good, settings), -EINVAL);
		if (strncmp(why, rows[i].expected, strlen(rows[i].expected)) != 0)
			fail_msg("row %zu: \"%s\" where \"%s\" was expected", i, why,
				 rows[i].expected);
	}
	assert_false(machine_is_setting("plan=quick"));
	assert_false(machine_is_setting("file-virtio"));
	assert_false(machine_is_setting("a.b/disk.ini"));
}

/* A folder to write in, left again. */
static int home = -1;
static char folder[] = "/tmp/assay-test-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return home < 0 || !mkdtemp(folder) || chdir(folder);
}

static int leave_folder(void **state)
{
	(void)state;
	if (fchdir(home) || close(home))
		return -1;
	return path_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_key_becomes_words, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(settings_are_refused_by_name, enter_folder,
						leave_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
