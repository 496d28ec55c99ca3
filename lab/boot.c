/* SPDX-License-Identifier: MIT */
/*
 * assay boot: a machine from its file, booted in QEMU, watched, collected, judged. Everything it
 * needs it makes (disks, the other end of the network) and ends what it started, however the guest
 * ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lab/boot/boot.h"

/* ---- what was asked ---- */

/* Of an installed program they are not in the folder one stands in. */
static void find_shipped(struct boot *boot)
{
	static char image[PATH_ROOM], payload[PATH_ROOM];

	if (shipped_path(image, sizeof(image), "%s", boot->args[IMAGE].value))
		boot->args[IMAGE].value = image;
	if (shipped_path(payload, sizeof(payload), "%s", boot->args[PAYLOAD].value))
		boot->args[PAYLOAD].value = payload;
}

static int check_arguments(struct boot *boot)
{
	const char *accel = boot->args[ACCEL].value, *timeout = boot->args[TIMEOUT].value;

	boot->limit_seconds = boot->machine.value[MACHINE_TIMEOUT].real;
	if (strcmp(accel, "auto") != 0 && strcmp(accel, "kvm") != 0 && strcmp(accel, "tcg") != 0)
		return text_refuse(-EINVAL, boot->why, WHY_ROOM,
				   "accel=%s: one of auto, kvm, tcg expected", accel);
	if (timeout && (text_seconds(timeout, &boot->limit_seconds) || boot->limit_seconds <= 0))
		return text_refuse(-EINVAL, boot->why, WHY_ROOM, "timeout=%s: seconds expected",
				   timeout);
	if (!strcmp(boot->args[LIBVIRT].value, "no"))
		boot->domain[0] = '\0';
	else if (strcmp(boot->args[LIBVIRT].value, "yes") != 0 &&
		 path_format(boot->domain, PATH_ROOM, "%s", boot->args[LIBVIRT].value))
		return text_refuse(-EINVAL, boot->why, WHY_ROOM,
				   "libvirt=...: yes, no or a file's name expected");
	if (strcmp(boot->args[KUBEVIRT].value, "no") != 0)
		return text_refuse(-EINVAL, boot->why, WHY_ROOM, "kubevirt=%s: yes or no expected",
				   boot->args[KUBEVIRT].value);
	if (access(boot->args[IMAGE].value, R_OK))
		return text_refuse(-errno, boot->why, WHY_ROOM, "%s: %s; make image builds it",
				   boot->args[IMAGE].value, strerror(errno));
	if (boot->args[INITRD].value && access(boot->args[INITRD].value, R_OK))
		return text_refuse(-errno, boot->why, WHY_ROOM, "%s: %s", boot->args[INITRD].value,
				   strerror(errno));
	return 0;
}

/* ---- what it needs ---- */

/* Media stand beside the image that they carry. */
static int find_media(struct boot *boot)
{
	const char *image = boot->args[IMAGE].value, *slash = strrchr(image, '/');

	return slash ? path_format(boot->media, PATH_ROOM, "%.*s", (int)(slash - image), image) :
		       path_format(boot->media, PATH_ROOM, ".");
}

static int make_paths(struct boot *boot)
{
	const char *work = boot->args[WORK].value;
	int err = work ? path_format(boot->work, PATH_ROOM, "%s", work) :
			 path_format(boot->work, PATH_ROOM, "build/boot/%s", boot->machine.name);

	if (!err)
		err = path_format(boot->console, PATH_ROOM, "%s/console.log", boot->work);
	if (!err)
		err = path_format(boot->log, PATH_ROOM, "%s/qemu.txt", boot->work);
	if (!err)
		err = path_format(boot->script, PATH_ROOM, "%s/command.sh", boot->work);
	if (!err)
		err = path_make(boot->work);
	if (!err && !strcmp(boot->args[LIBVIRT].value, "yes"))
		err = path_format(boot->domain, PATH_ROOM, "%s/domain.xml", boot->work);
	if (!err)
		err = find_media(boot);
	return err ? text_refuse(err, boot->why, WHY_ROOM, "%.200s: %s", boot->work,
				 strerror(-err)) :
		     0;
}

/* Two boots on the same disks would destroy each other's. */
static int lock_work(struct boot *boot)
{
	boot->lock = open(boot->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (boot->lock < 0 || flock(boot->lock, LOCK_EX | LOCK_NB))
		return text_refuse(-EBUSY, boot->why, WHY_ROOM,
				   "%s is in use by another boot; work=DIR takes another place",
				   boot->work);
	return 0;
}

static int choose_accelerator(struct boot *boot)
{
	const char *asked = boot->args[ACCEL].value;
	bool cached, works;

	if (process_find("qemu-system-x86_64", "qemu-system-x86", boot->qemu.program, PATH_ROOM,
			 boot->why, WHY_ROOM))
		return -ENOENT;
	boot->qemu.accel = asked;
	if (!strcmp(asked, "tcg"))
		puts("accel=tcg: emulated: figures are the emulator's");
	if (strcmp(asked, "auto") != 0)
		return 0;
	works = accel_kvm_works(boot->qemu.program, boot->args[IMAGE].value, &cached);
	boot->qemu.accel = works ? "kvm" : "tcg";
	printf("KVM: a guest %s on it here%s%s\n", works ? "runs" : "does not run",
	       cached ? " (asked since this host's boot)" : "",
	       works ? "" : "; using TCG, emulated: figures are the emulator's");
	return 0;
}

static int start_peer(struct boot *boot)
{
	switch (boot->machine.peer[PEER_KIND].num) {
	case PEER_IPERF2:
		return peer_start(&boot->peer, boot->work, boot->why, WHY_ROOM);
	case PEER_ASSAY:
		return peer_start_own(&boot->peer, boot->work, boot->args[RESULTS].value, boot->why,
				      WHY_ROOM);
	default:
		return 0;
	}
}

static int prepare(struct boot *boot)
{
	int err;

	find_shipped(boot);
	err = check_arguments(boot);
	if (!err)
		err = make_paths(boot);
	if (!err)
		err = lock_work(boot);
	if (!err)
		err = choose_accelerator(boot);
	if (!err)
		err = disks_make(&boot->machine, boot->media, boot->work, boot->why, WHY_ROOM);
	if (!err)
		err = qemu_files_make(&boot->machine, boot->work, boot->why, WHY_ROOM);
	if (!err)
		err = start_peer(boot);
	if (!err)
		err = boot_choose_words(boot);
	return err ? err : boot_prepare_medium(boot);
}

/* ---- the boot itself ---- */

/* The guest's own table is left out: the same figures stand in the report that follows. */
static bool is_in_table(struct boot *boot, const char *line)
{
	char heading[200];
	struct text text;

	text_begin(&text, heading, sizeof(heading));
	table_heading(&text);
	if (!strncmp(line, heading, strcspn(heading, " ") + 1))
		boot->in_table = true;
	if (!strncmp(line, "assay: ", 7))
		boot->in_table = false;
	return boot->in_table;
}

static void show(void *context, const char *line)
{
	if (is_in_table(context, line))
		return;
	puts(line);
	fflush(stdout);
}

static void describe(struct boot *boot)
{
	boot->qemu.image = boot->args[IMAGE].value;
	boot->qemu.initrd = boot->args[INITRD].value;
	boot->qemu.console = boot->console;
	boot->qemu.words = boot->words;
	boot->qemu.work = boot->work;
	boot->qemu.back_port = boot->peer.back_port;
	boot->qemu.tree = *boot->tree ? boot->tree : NULL;
	if (!*boot->domain)
		qemu_command(&boot->machine, &boot->qemu, &boot->guest.command);
}

/* The domain's description, and the command that creates it and waits for its end. */
static int describe_domain(struct boot *boot)
{
	char name[128], program[PATH_ROOM];
	int err;

	describe(boot);
	if (!*boot->domain)
		return 0;
	if (process_find("virsh", "libvirt-clients", program, sizeof(program), boot->why, WHY_ROOM))
		return -ENOENT;
	err = path_format(name, sizeof(name), "assay-%s-%d", boot->machine.name, (int)getpid());

	if (!err)
		err = domain_write(&boot->machine, &boot->qemu, name, boot->domain);
	if (!err)
		domain_command(name, boot->domain, &boot->guest.command);
	return err ? text_refuse(err, boot->why, WHY_ROOM, "%.200s: %s", boot->domain,
				 strerror(-err)) :
		     0;
}

static void run(struct boot *boot)
{
	boot->guest.console = boot->console;
	boot->guest.log = boot->log;
	boot->guest.limit_seconds = boot->limit_seconds;
	boot->guest.show = show;
	boot->guest.context = boot;
	/* To be run again by hand. Peers are ended by then; the words tell their ports. */
	command_save(&boot->guest.command, boot->script);
	printf("booting %s, plan %s; serial log %s\n", boot->machine.title, boot->args[PLAN].value,
	       boot->console);
	fflush(stdout);
	boot->end = guest_run(&boot->guest, boot->why, WHY_ROOM);
}

static int boot_machine(struct boot *boot, const char *word)
{
	int err = machine_load(&boot->machine, word, boot->settings, boot->why, WHY_ROOM);
	bool prints = !strcmp(boot->args[KUBEVIRT].value, "yes");
	int code;

	if (!err)
		err = prints ? boot_print_kubevirt(boot) : prepare(boot);
	if (err) {
		peer_end(&boot->peer);
		return boot_refuse(err == -EINVAL ? CODE_USAGE : CODE_FAILED,
				   *boot->why ? boot->why : strerror(-err));
	}
	if (prints)
		return CODE_OK;
	err = describe_domain(boot);
	if (err) {
		peer_end(&boot->peer);
		return boot_refuse(CODE_FAILED, boot->why);
	}
	run(boot);
	peer_end(&boot->peer);
	code = boot_finish(boot);
	close(boot->lock);
	return code;
}

/* The words that set something of the machine are taken out of argv. */
static int take_settings(struct boot *boot, int argc, char **argv)
{
	static char libvirt[] = "libvirt=yes", kubevirt[] = "kubevirt=yes";
	int kept = 1, taken = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--libvirt"))
			argv[i] = libvirt;
		if (!strcmp(argv[i], "--kubevirt"))
			argv[i] = kubevirt;
		if (!machine_is_setting(argv[i]) || !strncmp(argv[i], "timeout=", 8))
			argv[kept++] = argv[i];
		else if (taken < SETTINGS_MAX)
			boot->settings[taken++] = argv[i];
		else
			return text_refuse(-EINVAL, boot->why, WHY_ROOM,
					   "at most %d settings of the machine expected",
					   SETTINGS_MAX);
	}
	return kept;
}

static struct arg keys[ARGS + 1] = {
	[PLAN] = { "plan", NULL, "PLAN", "what it measures; none given: quick" },
	[ACCEL] = { "accel", "auto", "auto|kvm|tcg",
		    "KVM, or QEMU's emulator; auto: KVM where a guest really runs on it" },
	[WORDS] = { "words", "", "TEXT", "further kernel words, as in assay.note=mine" },
	[INITRD] = { "initrd", NULL, "FILE", "beside the image's own (make rerun)" },
	[IMAGE] = { "image", "build/assay.efi", "FILE", "what is booted" },
	[RESULTS] = { "results", "results", "DIR", "the run becomes a folder in it" },
	[WORK] = { "work", NULL, "DIR",
		   "disks and logs while it runs; none given: build/boot/MACHINE" },
	[TIMEOUT] = { "timeout", NULL, "SECONDS", "longest run; none given: the machine's" },
	[PAYLOAD] = { "payload", "build/payload.json", "FILE",
		      "what the image is said to be; the run is checked against it" },
	[LIBVIRT] = { "libvirt", "no", "yes|no|FILE.xml",
		      "as a libvirt domain, by virsh, its description kept in that file" },
	[KUBEVIRT] = { "kubevirt", "no", "yes|no",
		       "only print it, as a KubeVirt manifest; docs/fleet.md" },
	[CONTAINER] = { "container", "assay", "TEXT",
			"kubevirt: the container image with the kernel" },
};

static const struct key_group groups[] = {
	{ "", "of the machine, beside its file", machine_keys },
	{ "disk.NAME.", "of its disk [disk NAME]", disk_keys },
	{ "nic.NAME.", "of its network card [nic NAME]", nic_keys },
	{ "peer.", "of the other end, [peer]", peer_keys },
	{ 0 },
};
static const struct key_group files[] = {
	{ "[machine] ", "the machine itself", machine_keys },
	{ "[disk NAME] ", "each disk", disk_keys },
	{ "[nic NAME] ", "each network card", nic_keys },
	{ "[peer] ", "the other end of network benchmarks", peer_keys },
	{ 0 },
};
static const struct arg options[] = {
	{ "--libvirt", NULL, "", "short for libvirt=yes" },
	{ "--kubevirt", NULL, "", "short for kubevirt=yes" },
	{ 0 },
};

static int refuse_count(struct boot *boot)
{
	struct text text;

	text_begin(&text, boot->why, WHY_ROOM);
	text_add(&text, "one machine expected: FILE.ini, or one of config/machines: ");
	config_names("machines", &text);
	return boot_refuse(CODE_USAGE, boot->why);
}

static int boot_main(int argc, char **argv)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	int rest, code;

	if (!boot)
		return boot_refuse(CODE_FAILED, "out of memory");
	boot->args = keys;
	argc = take_settings(boot, argc, argv);
	rest = argc < 0 ? argc : args_take(argc, argv, boot->args, boot->why, WHY_ROOM);
	if (rest < 0)
		code = boot_refuse(CODE_USAGE, boot->why);
	else if (rest != 1)
		code = refuse_count(boot);
	else
		code = boot_machine(boot, argv[1]);
	free(boot);
	return code;
}

const struct verb verb_boot = {
	.name = "boot",
	.usage = "boot MACHINE|FILE.ini [NAME=VALUE ...] [--libvirt|--kubevirt]",
	.summary = "boot a machine in QEMU, watch it, collect and judge its results",
	.main = boot_main,
	.operand = "MACHINE",
	.args = keys,
	.groups = groups,
	.files = files,
	.options = options,
	.notes =
		"A machine is config/machines/NAME.ini, or a file by its path. What the machine "
		"needs is made and ended with it: disks, the stock iperf servers, the results. Every "
		"key of its file can be given beside it.",
	.examples = "assay boot file-virtio plan=quick\n"
		    "assay boot metal-ahci cpus=8 memory=8G nic.net0.model=e1000\n"
		    "assay boot metal-nvme-uefi plan=storage words=\"assay.file.bonnie.size=2g\"\n",
};
