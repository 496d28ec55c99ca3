/* SPDX-License-Identifier: MIT */
/* What came of a boot: collected, reported, judged. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"
#include "lab/boot/boot.h"

int boot_refuse(int code, const char *why)
{
	fprintf(stderr, "assay boot: %s\n", why);
	return code;
}

static int collect(struct boot *boot, struct gathered *gathered)
{
	const struct machine_disk *results = disk_of_results(&boot->machine);
	char tcp[PATH_ROOM], udp[PATH_ROOM];
	const char *beside[5] = { boot->script, boot->log };
	struct gathering from = {
		.console = boot->console,
		.payload = boot->args[PAYLOAD].value,
		.results = boot->args[RESULTS].value,
		.machine = boot->machine.title,
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

static const char *step_name(const struct records *records, const char *id)
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *json = records->at[i].json;
		const char *name = json_text(json, "testStepArtifact.testStepStart.name"),
			   *at = record_step(json);

		if (name && at && !strcmp(at, id))
			return name;
	}
	return "a step";
}

/* The step that failed first, and what it found. */
static const char *name_failure(const struct records *records, char *out, size_t room)
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *json = records->at[i].json,
			    *found = json_path(json, "testStepArtifact.diagnosis");
		const char *type = json_text(found, "type"), *id = record_step(json);

		if (!type || !id || strcmp(type, "FAIL") != 0)
			continue;
		snprintf(out, room, "%s failed: %s", step_name(records, id),
			 or_unknown(json_text(found, "message")));
		return out;
	}
	return "a step failed";
}

/* The first thing that is wrong, or NULL. */
static const char *judge_run(const struct folder *folder, char *out, size_t room)
{
	const cJSON *end = records_first(&folder->journal.records, "testRunEnd");
	const char *status = json_text(end, "status"), *result = json_text(end, "result");

	if (!end)
		return "the run has no end";
	if (!status || strcmp(status, "COMPLETE") != 0)
		return "the run ended with an error";
	return result && strcmp(result, "FAIL") != 0 ?
		       NULL :
		       name_failure(&folder->journal.records, out, room);
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
	char why[WHY_ROOM] = "", failure[WHY_ROOM];
	struct folder folder = { 0 };
	bool good;

	if (folder_load(&folder, gathered->folder, why, sizeof(why))) {
		folder_free(&folder);
		return boot_refuse(CODE_FAILED, why);
	}
	print_report(&folder);
	good = judge_records(&folder);
	run_trouble = judge_run(&folder, failure, sizeof(failure));
	printf("results  %s\n", gathered->folder);
	folder_free(&folder);
	fflush(stdout);
	if (trouble || run_trouble)
		return boot_refuse(CODE_FAILED, trouble ? trouble : run_trouble);
	return good ? CODE_OK : boot_refuse(CODE_FAILED, "the records are not to be trusted");
}

int boot_finish(struct boot *boot)
{
	struct gathered gathered = { 0 };
	const char *trouble = judge_guest(boot);
	char kept[WHY_ROOM];
	int code;

	/* Collecting writes its own reason; QEMU's comes first if there is one. */
	snprintf(kept, sizeof(kept), "%s", trouble ? trouble : "");
	if (collect(boot, &gathered)) {
		code = boot_refuse(CODE_FAILED, *kept ? kept : boot->why);
	} else {
		memcpy(boot->why, kept, sizeof(kept));
		code = judge(boot, &gathered);
	}
	gathered_free(&gathered);
	return code;
}
