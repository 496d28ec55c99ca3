/* SPDX-License-Identifier: MIT */
/* Machine files: what is refused, where it says so, and the command that a good one becomes. */
#include "tests/unit/test.h"

#include "lab/machine/machine.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct machine machine;
static char why[WHY_ROOM];

static int read_text(const char *text)
{
	why[0] = '\0';
	return machine_read(&machine, text, "m.ini", why, sizeof(why));
}

static const struct {
	const char *text, *expected;
} refused[] = {
	{ "", "m.ini:1: a section [machine] expected" },
	{ "cpus = 2\n", "m.ini:1: " },
	{ "[machine]\n[machine]\n", "m.ini:2: one [machine]" },
	{ "[machines]\n", "m.ini:1: one [machine]" },
	{ "[machine\n", "m.ini:1" },
	{ "[machine]\nnonsense\n", "m.ini:2" },
	{ "[machine]\nchipset = i440\n",
	  "m.ini:2: chipset=i440: not of the form; expected one of q35|pc" },
	{ "[machine]\nfirmware = coreboot\n", "m.ini:2: firmware=coreboot" },
	{ "[machine]\ncpus = 0\n", "m.ini:2: cpus=0: out of range" },
	{ "[machine]\ncpus = 256\n", "m.ini:2: cpus=256: out of range" },
	{ "[machine]\ncpus = two\n", "m.ini:2: cpus=two" },
	{ "[machine]\ncpus =\n", "m.ini:2: cpus=" },
	{ "[machine]\nmemory = 1\n", "m.ini:2: memory=1: out of range" },
	{ "[machine]\nmemory = 1Q\n", "m.ini:2: memory=1Q" },
	{ "[machine]\nmemory = 99999999T\n", "m.ini:2: memory=" },
	{ "[machine]\ntimeout = 1\n", "m.ini:2: timeout=1: out of range" },
	{ "[machine]\nCPUS = 2\n", "m.ini:2: CPUS: unknown setting" },
	{ "[machine]\ncpus = 2\ncpus = 2\n", "m.ini:3: this key is there twice" },
	{ "[machine]\n[disk]\n", "m.ini:2: one [machine]" },
	{ "[machine]\n[disk ]\n", "m.ini:2: a disk's name" },
	{ "[machine]\n[disk a b]\n", "m.ini:2: a disk's name" },
	{ "[machine]\n[disk ../x]\n", "m.ini:2: a disk's name" },
	{ "[machine]\n[disk a,b]\n", "m.ini:2: a disk's name" },
	{ "[machine]\n[disk a]\n[disk a]\n", "m.ini:3: a second disk of this name" },
	{ "[machine]\n[disk a]\nbus = floppy\n", "m.ini:3: bus=floppy" },
	{ "[machine]\n[disk a]\nserial = a,b\n", "m.ini:2: serial: letters" },
	{ "[machine]\n[disk a]\nserial = 123456789012345678901\n", "m.ini:3: serial=" },
	{ "[machine]\n[disk a]\nbus = nvme\n", "m.ini:2: a disk with bus = nvme needs a serial" },
	{ "[machine]\n[disk a]\naio = native\n", "m.ini:2: aio = native needs" },
	{ "[machine]\n[disk a]\nkind = results\nformat = qcow2\n",
	  "m.ini:2: a results disk is read here" },
	{ "[machine]\n[disk a]\nkind = results\nsize = 1M\n", "m.ini:2: a results disk needs" },
	{ "[machine]\n[disk a]\nkind = results\n[disk b]\nkind = results\n",
	  "m.ini:4: at most one disk of kind" },
	{ "[machine]\n[disk a]\n[disk b]\n[disk c]\n[disk d]\n[disk e]\n[disk f]\n[disk g]\n[disk h]\n[disk i]\n",
	  "m.ini:10: at most 8 disks" },
	{ "[machine]\n[nic a]\n[nic a]\n", "m.ini:3: a second nic of this name" },
	{ "[machine]\n[nic a]\n[nic b]\n[nic c]\n[nic d]\n[nic e]\n", "m.ini:6: at most 4 nics" },
	{ "[machine]\n[nic a]\nmodel = ne2000\n", "m.ini:3: model=ne2000" },
	{ "[machine]\n[nic a]\nnetwork = wifi\n", "m.ini:3: network=wifi" },
	{ "[machine]\n[disk medium]\n", "m.ini:2: the name medium is taken" },
	{ "[machine]\n[disk a]\nbus = ide\n", "m.ini:2: bus = ide is the PIIX of chipset = pc" },
	{ "[machine]\nchipset = pc\n[disk a]\nbus = ide\n[disk b]\nbus = ide\n[disk c]\nbus = ide\n"
	  "[disk d]\nbus = ide\n[disk e]\nbus = ide\n",
	  "m.ini:11: bus = ide has room for 4" },
	{ "[machine]\nmedia = floppy\n", "m.ini:2: media=floppy" },
	{ "[machine]\nmedia_bus = usb\n", "m.ini:1: media_bus belongs to media" },
	{ "[machine]\nmedia = iso\nmedia_bus = ide\n", "m.ini:1: media_bus = ide is the PIIX" },
	{ "[machine]\nmedia = disk\n[disk a]\nkind = results\n",
	  "m.ini:3: media = disk and usb carry the results partition" },
	{ "[machine]\nmedia = pxe\n", "m.ini:1: media = pxe needs a nic" },
	{ "[machine]\nmedia = pxe\n[nic a]\nlink = down\n", "m.ini:1: media = pxe needs a nic" },
	{ "[machine]\nhypervisor = kvm\n", "m.ini:2: hypervisor=kvm" },
	{ "[machine]\n[nic a]\nlink = off\n", "m.ini:3: link=off" },
	{ "[machine]\n[nic a]\nmac = 52:54:00:12:34\n", "m.ini:2: mac: " },
	{ "[machine]\n[nic a]\nmac = 53:54:00:12:34:56\n", "m.ini:2: mac: " },
	{ "[machine]\n[nic a]\nmac = 52:54:00:12:34:5,\n", "m.ini:2: mac: " },
	{ "[machine]\n[nic a]\nnetwork = tap\n", "m.ini:2: network = tap and bridge need" },
	{ "[machine]\n[nic a]\nnetwork = tap\ninterface = a,b\n", "m.ini:2: network = tap" },
	{ "[machine]\n[nic a]\ninterface = br0\n", "m.ini:2: interface belongs to" },
	{ "[machine]\n[nic a]\nnetwork = socket\nlocal = 127.0.0.1:7001\n",
	  "m.ini:2: network = socket needs" },
	{ "[machine]\n[nic a]\nnetwork = socket\nlocal = 127.0.0.1:70000\nremote = 127.0.0.1:1\n",
	  "m.ini:2: network = socket needs" },
	{ "[machine]\n[nic a]\nremote = 127.0.0.1:7001\n", "m.ini:2: local and remote belong" },
	{ "[machine]\n[nic a]\nnetwork = tap\ninterface = tap0\n[peer]\nkind = iperf2\n",
	  "m.ini:2: a [peer] needs network = user" },
	{ "[machine]\n[peer]\nkind = netperf\n", "m.ini:3: kind=netperf" },
	{ "[machine]\n[peer]\n[peer]\n", "m.ini:3: one [machine]" },
};

static void refusals_name_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		int err = read_text(refused[i].text);

		CHECK_ROW(i, refused[i].text, err < 0);
		if (strncmp(why, refused[i].expected, strlen(refused[i].expected)) != 0)
			fail_msg("row %zu: \"%s\" where \"%s\" was expected", i, why,
				 refused[i].expected);
		CHECK_ROW(i, refused[i].text, !strchr(why, '\n'));
	}
}

static void every_shipped_machine_is_legal(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob("config/machines/*.ini", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		if (machine_load(&machine, files.gl_pathv[i], NULL, why, sizeof(why)))
			fail_msg("%s", why);
	globfree(&files);
}

static void defaults_and_names(void **state)
{
	(void)state;
	assert_int_equal(read_text("[machine]\n[disk d]\n[nic n]\n"), 0);
	assert_string_equal(machine.name, "m");
	assert_int_equal(machine.value[MACHINE_CPUS].num, 2);
	assert_int_equal(machine.value[MACHINE_MEMORY].num, 1 << 30);
	assert_int_equal(machine.disk_count, 1);
	assert_int_equal(machine.disks[0].value[DISK_KIND].num, KIND_OTHER);
	assert_int_equal(machine.nic_count, 1);
	assert_int_equal(machine.peer[PEER_KIND].num, PEER_NONE);
}

/* Does a word of the command contain the text? */
static bool holds(const struct command *command, const char *text)
{
	for (size_t i = 0; i < command->count; i++)
		if (strstr(command->argv[i], text))
			return true;
	return false;
}

static void becomes_a_command(void **state)
{
	static struct command command;
	const struct qemu qemu = {
		.program = "/usr/bin/qemu-system-x86_64",
		.accel = "tcg",
		.image = "assay.efi",
		.console = "w,x/console.log",
		.words = "assay.plan=quick assay.note=\"a b\"",
		.work = "w,x",
		.back_port = 4711,
	};
	static char line[8192];
	struct text text;

	(void)state;
	assert_int_equal(
		read_text(
			"[machine]\nchipset = pc\ncpus = 3\n[disk a]\nbus = ahci\nserial = A\n[disk b]\nbus = ahci\n"
			"[disk c]\nbus = virtio-scsi\n[nic n]\n[nic dead]\nnetwork = none\n"),
		0);
	qemu_command(&machine, &qemu, &command);
	assert_false(command.full);
	assert_true(holds(&command, "ich9-ahci,id=ahci"));
	assert_true(holds(&command, "ide-hd,bus=ahci.0,drive=a,serial=A"));
	assert_true(holds(&command, "ide-hd,bus=ahci.1,drive=b"));
	assert_true(holds(&command, "scsi-hd,bus=scsi.0,drive=c"));
	assert_true(holds(&command, "file=w,,x/a.raw"));
	assert_true(holds(&command, "hostfwd=tcp:127.0.0.1:4711-198.18.0.15:4711"));
	assert_true(holds(&command, "hubport,id=dead"));
	assert_false(holds(&command, "-initrd"));
	text_begin(&text, line, sizeof(line));
	command_text(&command, &text);
	assert_non_null(strstr(line, "'no_timer_check assay.plan=quick assay.note=\"a b\"'"));
}

static void virtual_sizes(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		int err;
		uint64_t bytes;
	} rows[] = {
		{ "QFI\xfb\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0\0\100\0\0\0", 32, 0,
		  1 << 30 },
		{ "QFI\xfb\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0\0\100\0\0\0", 31, -22,
		  0 },
		{ "QFI\xfb\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0\0\0\0\0\0", 32, -22, 0 },
		{ "QFI\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0\0\100\0\0\0", 32, -22, 0 },
		{ "", 0, -22, 0 },
	};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, "err",
			  qcow2_bytes((const uint8_t *)rows[i].head, rows[i].len, &bytes) ==
				  rows[i].err);
		CHECK_ROW(i, "bytes", rows[i].err || bytes == rows[i].bytes);
	}
}

/* Good files with some bytes turned, cut or doubled: refused or accepted, never more than one line,
 * never a fault. */
static void random_files(void **state)
{
	static const char good[] =
		"[machine]\nchipset = q35\ncpus = 2\nmemory = 1G\n[disk scratch]\nkind = scratch\n"
		"size = 1G\nserial = assay-scratch\n[nic net0]\nmodel = e1000\n[peer]\nkind = iperf2\n";
	struct random random;
	char text[2 * sizeof(good)];

	(void)state;
	random_seed(&random, 1);
	for (int round = 0; round < 20000; round++) {
		size_t len = sizeof(good) - 1;

		memcpy(text, good, sizeof(good));
		for (uint64_t change = random_below(&random, 6); change-- > 0;)
			text[random_below(&random, len)] = (char)(1 + random_below(&random, 255));
		if (!random_below(&random, 4))
			text[random_below(&random, len)] = '\0';
		read_text(text);
		assert_null(strchr(why, '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_name_their_line),
		cmocka_unit_test(every_shipped_machine_is_legal),
		cmocka_unit_test(defaults_and_names),
		cmocka_unit_test(becomes_a_command),
		cmocka_unit_test(virtual_sizes),
		cmocka_unit_test(random_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
