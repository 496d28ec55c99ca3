/* SPDX-License-Identifier: MIT */
/*
 * assay boot: a machine from its file, booted in QEMU, watched, collected, judged. Everything it
 * needs it makes (disks, the other end of the network) and ends what it started, however the guest
 * ends.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lab/lab.h"

enum { PLAN, ACCEL, WORDS, INITRD, IMAGE, RESULTS, WORK, TIMEOUT, PAYLOAD, ARGS };
enum { COMMAND_LINE_MAX = 2048 };

struct boot {
	struct arg args[ARGS + 1];
	struct machine machine;
	struct peer peer;
	struct qemu qemu;
	struct guest guest;
	char work[PATH_ROOM], console[PATH_ROOM], log[PATH_ROOM], script[PATH_ROOM],
		disk[PATH_ROOM];
	char words[COMMAND_LINE_MAX];
	double limit_seconds;
	int lock;
	bool in_table;
	enum guest_end end;
	char why[WHY_ROOM];
};

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay boot: %s\n", why);
	return code;
}

/* ---- what was asked ---- */

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
	if (access(boot->args[IMAGE].value, R_OK))
		return text_refuse(-errno, boot->why, WHY_ROOM, "%s: %s; make image builds it",
				   boot->args[IMAGE].value, strerror(errno));
	if (boot->args[INITRD].value && access(boot->args[INITRD].value, R_OK))
		return text_refuse(-errno, boot->why, WHY_ROOM, "%s: %s", boot->args[INITRD].value,
				   strerror(errno));
	return 0;
}

/* ---- what it needs ---- */

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

/* The ports of `assay peer`, for whatever a plan may have. */
static void add_own_ports(const struct peer *peer, struct text *out)
{
	static const char *const on_iperf2[] = { "load_latency", "search", "simultaneous" };
	static const char *const on_meet[] = { "ping", "tcp", "udp", "simultaneous" };

	for (size_t i = 0; i < COUNT_OF(on_iperf2); i++)
		text_add(out, " assay.net.%s.port=%u", on_iperf2[i], peer->port);
	for (size_t i = 0; i < COUNT_OF(on_meet); i++)
		text_add(out, " assay.net.%s.meet_port=%u", on_meet[i], peer->meet_port);
	text_add(out, " assay.net.simultaneous.listen=%u assay.net.load_latency.listen=%u",
		 peer->back_port, peer->back_port);
	text_add(out, " assay.net.iperf3.port=%u", peer->iperf3_port);
	text_add(out, " assay.net.rr.port=%u", peer->echo_port);
}

/* Ours first, the user's last: later words win. */
static int choose_words(struct boot *boot)
{
	const struct machine_disk *scratch = disk_of_kind(&boot->machine, KIND_SCRATCH);
	struct text text;

	text_begin(&text, boot->words, sizeof(boot->words));
	text_add(&text, "assay.plan=%s", boot->args[PLAN].value);
	if (scratch && *scratch->value[DISK_SERIAL].text)
		text_add(&text, " assay.scratch=serial:%s", scratch->value[DISK_SERIAL].text);
	if (boot->peer.port)
		text_add(&text,
			 " assay.peer=198.18.0.2 assay.net.tcp.port=%u assay.net.udp.port=%u"
			 " assay.net.tcp.listen=%u assay.net.udp.listen=%u",
			 boot->peer.port, boot->peer.port, boot->peer.back_port,
			 boot->peer.back_port);
	if (boot->peer.own)
		add_own_ports(&boot->peer, &text);
	if (*boot->args[WORDS].value)
		text_add(&text, " %s", boot->args[WORDS].value);
	if (text.cut)
		return text_refuse(-E2BIG, boot->why, WHY_ROOM,
				   "words: together at most %d characters", COMMAND_LINE_MAX - 1);
	return 0;
}

static int prepare(struct boot *boot)
{
	int err = check_arguments(boot);

	if (!err)
		err = make_paths(boot);
	if (!err)
		err = lock_work(boot);
	if (!err)
		err = choose_accelerator(boot);
	if (!err)
		err = disks_make(&boot->machine, boot->work, boot->why, WHY_ROOM);
	if (!err)
		err = start_peer(boot);
	return err ? err : choose_words(boot);
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

static void run(struct boot *boot)
{
	boot->qemu.image = boot->args[IMAGE].value;
	boot->qemu.initrd = boot->args[INITRD].value;
	boot->qemu.console = boot->console;
	boot->qemu.words = boot->words;
	boot->qemu.work = boot->work;
	boot->qemu.back_port = boot->peer.back_port;
	qemu_command(&boot->machine, &boot->qemu, &boot->guest.command);
	boot->guest.console = boot->console;
	boot->guest.log = boot->log;
	boot->guest.limit_seconds = boot->limit_seconds;
	boot->guest.show = show;
	boot->guest.context = boot;
	/* To be run again by hand. Peers are ended by then; the words tell their ports. */
	command_save(&boot->guest.command, boot->script);
	printf("booting %s, plan %s; serial log %s\n", boot->machine.name, boot->args[PLAN].value,
	       boot->console);
	fflush(stdout);
	boot->end = guest_run(&boot->guest, boot->why, WHY_ROOM);
}

/* ---- what came of it ---- */

static int collect(struct boot *boot, struct gathered *gathered)
{
	const struct machine_disk *results = disk_of_kind(&boot->machine, KIND_RESULTS);
	char tcp[PATH_ROOM], udp[PATH_ROOM];
	const char *beside[5] = { boot->script, boot->log };
	struct gathering from = {
		.console = boot->console,
		.payload = boot->args[PAYLOAD].value,
		.results = boot->args[RESULTS].value,
		.machine = boot->machine.name,
		.accel = boot->qemu.accel,
		.beside = beside,
	};
	int err;

	if (boot->machine.peer[PEER_KIND].num == PEER_IPERF2 &&
	    !path_format(tcp, PATH_ROOM, "%s/peer-tcp.txt", boot->work) &&
	    !path_format(udp, PATH_ROOM, "%s/peer-udp.txt", boot->work)) {
		beside[2] = tcp;
		beside[3] = udp;
	}
	if (boot->machine.peer[PEER_KIND].num == PEER_ASSAY &&
	    !path_format(tcp, PATH_ROOM, "%s/peer.txt", boot->work))
		beside[2] = tcp;
	if (results && !qemu_disk_path(results, boot->work, boot->disk, PATH_ROOM))
		from.disk = boot->disk;
	err = gather(&from, gathered, boot->why, WHY_ROOM);
	for (size_t i = 0; i < gathered->notes.count; i++)
		printf("note     %s\n", gathered->notes.line[i]);
	return err;
}

static void print_report(const struct folder *folder)
{
	char *text = account_make(folder);

	printf("\n%s", text ? text : "");
	free(text);
}

/* The first thing that is wrong, or NULL. */
static const char *judge_run(const struct folder *folder)
{
	const cJSON *end = records_first(&folder->journal.records, "testRunEnd");
	const char *status = json_text(end, "status"), *result = json_text(end, "result");

	if (!end)
		return "the run has no end";
	if (!status || strcmp(status, "COMPLETE") != 0)
		return "the run ended with an error";
	return result && strcmp(result, "FAIL") != 0 ? NULL : "a step failed";
}

static bool judge_records(const struct folder *folder)
{
	struct notes notes = { 0 };
	size_t broken = checks_broken(folder, &notes);

	for (size_t i = 0; i < notes.count; i++)
		printf("not ok   %s\n", notes.line[i]);
	notes_free(&notes);
	return !broken;
}

static const char *judge_guest(const struct boot *boot)
{
	switch (boot->end) {
	case GUEST_TIMEOUT:
		return "the machine was ended at its time limit; what it had recorded is kept";
	case GUEST_STOPPED:
		return "stopped; what the machine had recorded is kept";
	case GUEST_FAILED:
		return boot->why;
	default:
		return NULL;
	}
}

static int judge(const struct boot *boot, const struct gathered *gathered)
{
	const char *trouble = judge_guest(boot), *run_trouble;
	char why[WHY_ROOM] = "";
	struct folder folder = { 0 };
	bool good;

	if (folder_load(&folder, gathered->folder, why, sizeof(why))) {
		folder_free(&folder);
		return refuse(CODE_FAILED, why);
	}
	print_report(&folder);
	good = judge_records(&folder);
	run_trouble = judge_run(&folder);
	printf("results  %s\n", gathered->folder);
	folder_free(&folder);
	fflush(stdout);
	if (trouble || run_trouble)
		return refuse(CODE_FAILED, trouble ? trouble : run_trouble);
	return good ? CODE_OK : refuse(CODE_FAILED, "the records are not to be trusted");
}

static int finish(struct boot *boot)
{
	struct gathered gathered = { 0 };
	const char *trouble = judge_guest(boot);
	char kept[WHY_ROOM];
	int code;

	/* Collecting writes its own reason; QEMU's comes first if there is one. */
	snprintf(kept, sizeof(kept), "%s", trouble ? trouble : "");
	if (collect(boot, &gathered)) {
		code = refuse(CODE_FAILED, *kept ? kept : boot->why);
	} else {
		memcpy(boot->why, kept, sizeof(kept));
		code = judge(boot, &gathered);
	}
	gathered_free(&gathered);
	return code;
}

static int boot_machine(struct boot *boot, const char *word)
{
	int err = machine_load(&boot->machine, word, boot->why, WHY_ROOM);
	int code;

	if (!err)
		err = prepare(boot);
	if (err) {
		peer_end(&boot->peer);
		return refuse(err == -EINVAL ? CODE_USAGE : CODE_FAILED,
			      *boot->why ? boot->why : strerror(-err));
	}
	run(boot);
	peer_end(&boot->peer);
	code = finish(boot);
	close(boot->lock);
	return code;
}

static int boot_main(int argc, char **argv)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	int rest, code;

	if (!boot)
		return refuse(CODE_FAILED, "out of memory");
	memcpy(boot->args,
	       (struct arg[ARGS + 1]){
		       [PLAN] = { "plan", "quick" },
		       [ACCEL] = { "accel", "auto" },
		       [WORDS] = { "words", "" },
		       [INITRD] = { "initrd", NULL },
		       [IMAGE] = { "image", "build/assay.efi" },
		       [RESULTS] = { "results", "results" },
		       [WORK] = { "work", NULL },
		       [TIMEOUT] = { "timeout", NULL },
		       [PAYLOAD] = { "payload", "build/payload.json" },
	       },
	       sizeof(boot->args));
	rest = args_take(argc, argv, boot->args, boot->why, WHY_ROOM);
	if (rest < 0)
		code = refuse(CODE_USAGE, boot->why);
	else if (rest != 1)
		code = refuse(CODE_USAGE,
			      "one machine expected: a name in config/machines or FILE.ini");
	else
		code = boot_machine(boot, argv[1]);
	free(boot);
	return code;
}

const struct verb verb_boot = {
	.name = "boot",
	.usage =
		"boot MACHINE|FILE.ini [plan=quick] [accel=auto|kvm|tcg] [words=\"...\"] [timeout=S] [initrd=FILE]\n"
		"     [image=build/assay.efi] [payload=build/payload.json] [results=results] [work=DIR]",
	.summary = "boot a machine in QEMU, watch it, collect and judge its results",
	.main = boot_main,
};
