/* SPDX-License-Identifier: MIT */
/* R: which run it is, of what, on what. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lab/verify/verify.h"

/* "20260131-120000-" and 32 hex digits: 128 random bits. */
static bool is_run_id(const char *id)
{
	static const char form[] = "dddddddd-dddddd-";
	size_t at = 0;

	for (; form[at]; at++)
		if (form[at] == 'd' ? !isdigit((unsigned char)id[at]) : id[at] != form[at])
			return false;
	return strlen(id + at) == 32 && strspn(id + at, "0123456789abcdef") == 32;
}

void judge_run_id(const struct inquest *inquest, struct claim *claim)
{
	const char *id = records_run_id(inquest->records);

	claim_take(inquest, "identity", claim);
	if (id && !is_run_id(id))
		claim_fail(claim, "%.80s is not a run id: date, time and 32 hex digits expected",
			   id);
	if (id)
		claim_fact(claim, "%s", id);
}

/* ---- what a run states ---- */

struct stated {
	const char *path, *name;
	bool digest; /* 64 hex digits */
};

static bool is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static void print_value(const cJSON *item, char *out, size_t room)
{
	char *json;

	if (cJSON_IsString(item)) {
		snprintf(out, room, "%s", item->valuestring);
		return;
	}
	json = cJSON_PrintUnformatted(item);
	snprintf(out, room, "%s", json ? json : "?");
	cJSON_free(json);
}

static void judge_stated(const cJSON *from, const struct stated *stated, struct claim *claim)
{
	const cJSON *item = json_path(from, stated->path);
	const char *text = cJSON_GetStringValue(item);
	char value[600];

	if (!item || (text && !*text))
		return claim_missing(claim, "%s", stated->name);
	if (stated->digest && (!text || !is_digest(text)))
		return claim_fail(claim, "%s is not a SHA-256: %.80s", stated->name,
				  or_unknown(text));
	print_value(item, value, sizeof(value));
	claim_fact(claim, "%s: %s", stated->name, value);
}

static void judge_all(const cJSON *from, const struct stated *stated, size_t count,
		      struct claim *claim)
{
	for (size_t i = 0; i < count; i++)
		judge_stated(from, &stated[i], claim);
}

void judge_statement(const struct inquest *inquest, struct claim *claim)
{
	static const struct stated of_run[] = {
		{ "version", "version", false },
		{ "commandLine", "command line", false },
		{ "metadata.buildId", "build id", false },
		{ "metadata.payloadDigest", "payload digest", true },
		{ "metadata.plan", "plan", false },
		{ "metadata.planSha256", "plan file's digest", true },
	};
	static const struct stated of_machine[] = {
		{ "boot.path", "boot path", false },
		{ "boot.loader", "boot loader", false },
		{ "boot.firmware", "firmware", false },
		{ "boot.firmwareVendor", "firmware vendor", false },
		{ "boot.firmwareVersion", "firmware version", false },
		{ "boot.firmwareDate", "firmware date", false },
		{ "boot.secureBoot", "secure boot", false },
	};
	const char *firmware = json_text(inquest->dut, "boot.firmware");
	size_t count = COUNT_OF(of_machine);

	judge_all(inquest->start, of_run, COUNT_OF(of_run), claim);
	/* A BIOS has none. */
	if (firmware && !strcmp(firmware, "BIOS"))
		count--;
	judge_all(inquest->dut, of_machine, count, claim);
}

void judge_image(const struct inquest *inquest, struct claim *claim)
{
	const char *said = json_text(inquest->start, "metadata.payloadDigest"),
		   *kept = json_text(inquest->folder->payload, "digest");

	claim_take(inquest, "image", claim);
	if (!said || !kept)
		return;
	if (strcmp(said, kept) != 0)
		claim_fail(claim,
			   "the run measured payload %.16s of itself, payload.json has %.16s", said,
			   kept);
	claim_fact(claim, "payload %s", said);
}

/* ---- lists of devices ---- */

static void judge_each(const cJSON *list, const char *what, const struct stated *stated,
		       size_t count, struct claim *claim)
{
	for (const cJSON *item = json_first(list); item; item = item->next) {
		const char *name = json_text(item, "name");

		/* A partition has what its disk has. */
		if (json_text(item, "partitionName"))
			continue;
		for (size_t i = 0; i < count; i++) {
			const cJSON *found = json_path(item, stated[i].path);
			char value[300];

			if (found)
				print_value(found, value, sizeof(value));
			if (found)
				claim_fact(claim, "%s %s: %s: %s", what, or_unknown(name),
					   stated[i].name, value);
			else
				claim_missing(claim, "%s %s: %s", what, or_unknown(name),
					      stated[i].name);
		}
	}
}

void judge_hardware(const struct inquest *inquest, struct claim *claim)
{
	static const struct stated of_machine[] = {
		{ "cpu", "CPU", false },
		{ "cpus", "CPUs", false },
		{ "memoryBytes", "memory in bytes", false },
		{ "product", "product", false },
		{ "board", "board", false },
		{ "processor.stepping", "stepping", false },
		{ "processor.microcode", "microcode", false },
		{ "topology", "topology", false },
		{ "memory", "memory modules", false },
	};
	static const struct stated of_disk[] = {
		{ "bytes", "bytes", false },
		{ "driver", "driver", false },
		{ "transport", "transport", false },
		{ "firmwareRevision", "firmware revision", false },
		{ "pci", "PCI function and link", false },
	};
	static const struct stated of_link[] = {
		{ "mac", "MAC", false },
		{ "driver", "driver", false },
		{ "firmwareVersion", "firmware version", false },
		{ "pci", "PCI function and link", false },
	};

	judge_all(inquest->dut, of_machine, COUNT_OF(of_machine), claim);
	judge_each(json_path(inquest->dut, "blocks"), "disk", of_disk, COUNT_OF(of_disk), claim);
	judge_each(json_path(inquest->dut, "links"), "link", of_link, COUNT_OF(of_link), claim);
}

/* A run that had an earlier one beside it says in what they differ, each fact with both values. */
static void judge_previous(const struct inquest *inquest, struct claim *claim)
{
	const cJSON *previous = json_path(inquest->start, "metadata.previousRun");
	const char *id = json_text(previous, "run");
	double changes = json_number(previous, "changes", 0);
	const cJSON *change = json_first(json_path(previous, "changed"));

	if (!id || !strcmp(id, "none"))
		return;
	claim_fact(claim, "since run %s: %g facts changed", id, changes);
	for (; change; change = change->next) {
		const char *before = json_text(change, "before"), *now = json_text(change, "now");

		if (!json_text(change, "fact") || (!before && !now) ||
		    (before && now && !strcmp(before, now)))
			claim_fail(claim, "a change since run %s that is none", id);
		claim_fact(claim, "%s: %s, before it %s", or_unknown(json_text(change, "fact")),
			   now ? now : "not there", before ? before : "not there");
	}
}

void judge_tunables(const struct inquest *inquest, struct claim *claim)
{
	static const struct stated of_machine[] = {
		{ "smt", "SMT", false },
		{ "idleDriver", "idle driver", false },
		{ "frequency", "CPU frequency", false },
		{ "idleStates", "idle states", false },
		{ "transparentHugepages", "transparent huge pages", false },
		{ "congestionControl", "TCP congestion control", false },
		{ "dirtyRatio", "dirty ratio", false },
		{ "vulnerabilities", "mitigations", false },
	};
	static const struct stated of_disk[] = {
		{ "scheduler", "scheduler", false },
		{ "nr_requests", "queue length", false },
		{ "read_ahead_kb", "read-ahead in KiB", false },
		{ "write_cache", "write cache", false },
		{ "interrupts", "interrupts", false },
	};
	static const struct stated of_link[] = {
		{ "mtu", "MTU", false },
		{ "offloads", "offloads", false },
		{ "coalescing", "interrupt coalescing", false },
		{ "interrupts", "interrupts", false },
	};

	judge_all(inquest->dut, of_machine, COUNT_OF(of_machine), claim);
	judge_each(json_path(inquest->dut, "blocks"), "disk", of_disk, COUNT_OF(of_disk), claim);
	judge_each(json_path(inquest->dut, "links"), "link", of_link, COUNT_OF(of_link), claim);
	judge_previous(inquest, claim);
}

/* A virtio device without its features says less than a hypervisor's guest can know. */
static void judge_virtio(const cJSON *list, const char *what, struct claim *claim)
{
	for (const cJSON *item = json_first(list); item; item = item->next) {
		const char *name = or_unknown(json_text(item, "name")),
			   *driver = json_text(item, "driver"),
			   *features = json_text(item, "virtio.features");

		if (features)
			claim_fact(claim, "%s %s: virtio features: %s", what, name, features);
		else if (driver && !strncmp(driver, "virtio", 6))
			claim_missing(claim, "%s %s: virtio features", what, name);
	}
}

void judge_hypervisor(const struct inquest *inquest, struct claim *claim)
{
	static const struct stated of_machine[] = {
		{ "hypervisor", "hypervisor", false },
		{ "virtualisation.byFirmware", "hypervisor by the firmware", false },
		{ "virtualisation.stealTime", "stolen time", false },
	};

	judge_all(inquest->dut, of_machine, COUNT_OF(of_machine), claim);
	judge_virtio(json_path(inquest->dut, "blocks"), "disk", claim);
	judge_virtio(json_path(inquest->dut, "links"), "link", claim);
}
