/* SPDX-License-Identifier: MIT */
/* The table is the specification: one situation of the disks a row, the objection, and few rows
 * that pass. */
#include "tests/unit/test.h"

#include "init/guard/guard.h"

#include <stdio.h>
#include <string.h>

static struct machine machine;

static struct block *add(const char *name, const char *disk, const char *serial,
			 const char *partition_name)
{
	struct block *block = &machine.block[machine.block_count++];

	*block = (struct block){ .bytes = 1 << 30, .sector_bytes = 512, .facts_complete = true };
	snprintf(block->name, sizeof(block->name), "%s", name);
	snprintf(block->disk, sizeof(block->disk), "%s", disk);
	snprintf(block->serial, sizeof(block->serial), "%s", serial);
	snprintf(block->partition_name, sizeof(block->partition_name), "%s", partition_name);
	return block;
}

static void put_table(struct block *block, const char *table)
{
	snprintf(block->table, sizeof(block->table), "%s", table);
}

static void sign(struct block *block, const char *type, const char *label)
{
	snprintf(block->signature, sizeof(block->signature), "%s", type);
	snprintf(block->label, sizeof(block->label), "%s", label);
}

/* vda: empty scratch disk; vdb: system disk with two partitions; vdc: results; vdd: partition named
 * assay-scratch. */
static struct block *usual_machine(void)
{
	struct block *scratch;

	memset(&machine, 0, sizeof(machine));
	scratch = add("vda", "vda", "S1", "");
	strcpy(scratch->wwid, "naa.5000c500a1b2c3d4");
	put_table(add("vdb", "vdb", "S2", ""), "gpt");
	sign(add("vdb1", "vdb", "S2", "root"), "ext4", "root");
	sign(add("vdb2", "vdb", "S2", "swap"), "swap", "");
	put_table(add("vdc", "vdc", "S3", ""), "gpt");
	sign(add("vdc1", "vdc", "S3", "assay-results"), "ext4", "assay-results");
	put_table(add("vdd", "vdd", "S4", ""), "gpt");
	add("vdd1", "vdd", "S4", "assay-scratch");
	sign(add("vdd2", "vdd", "S4", "home"), "ext4", "home");
	return scratch;
}

static struct block *block_named(const char *name)
{
	for (size_t i = 0; i < machine.block_count; i++)
		if (!strcmp(machine.block[i].name, name))
			return &machine.block[i];
	return NULL;
}

#define S1   "serial:S1:1073741824"
#define S2   "serial:S2:1073741824"
#define PART "partition:assay-scratch"
static const struct {
	const char *scratch, *over, *block;
	struct block is; /* what it is besides */
	bool unknown;
	const char *objection; /* a part of it; NULL: may be written */
} rows[] = {
	/* What may be written. */
	{ S1, "", "vda", { .bytes = 0 }, false, NULL },
	{ "serial:S1:1G", "", "vda", { .bytes = 0 }, false, NULL },
	{ "wwn:0x5000c500a1b2c3d4:1G", "", "vda", { .bytes = 0 }, false, NULL },
	{ "wwn:naa.5000C500A1B2C3D4:1G", "", "vda", { .bytes = 0 }, false, NULL },
	{ S1, "", "vda", { .signature = "ext4", .label = "assay-scratch" }, false, NULL },
	{ S1, "", "vda", { .signature = "xfs", .label = "assayscratch" }, false, NULL },
	{ PART, "", "vdd1", { .bytes = 0 }, false, NULL },
	{ PART, "", "vdd1", { .signature = "ext4", .label = "assay-scratch" }, false, NULL },
	{ S1, "xfs", "vda", { .signature = "xfs" }, false, NULL },
	{ S1, "ext4,gpt", "vda", { .signature = "ext4", .table = "gpt" }, false, NULL },
	{ S1, "swap,ext4", "vda", { .signature = "ext4,swap" }, false, NULL },
	{ S2, "gpt,ext4,swap", "vdb", { .table = "gpt" }, false, NULL },
	{ "partition:root", "ext4", "vdb1", { .signature = "ext4" }, false, NULL },
	/* What may not. */
	{ S1, "", "vda", { .signature = "ext4", .label = "assayscratch" }, false, "signature" },
	{ S1, "", "vda", { .signature = "ext4,gpt", .label = "assay-scratch" }, false, "signature" },
	{ S1,
	  "",
	  "vda",
	  { .signature = "ext4", .table = "gpt", .label = "assay-scratch" },
	  false,
	  "signature" },
	{ S1, "", "vda", { .read_only = true }, false, "read-only" },
	{ S1, "", "vda", { .mounted = true }, false, "mounted" },
	{ S1, "", "vda", { .held = true }, false, "holders" },
	{ S1, "", "vda", { .stopped = true }, false, "by hand" },
	{ S1, "", "vda", { .bytes = 0 }, true, "learned" },
	{ S1, "", "vda", { .signature = "xfs" }, false, "signature of something else (xfs)" },
	{ S1, "", "vda", { .signature = "LVM2_member" }, false, "signature" },
	{ S1, "", "vda", { .signature = "crypto_LUKS" }, false, "signature" },
	{ S1, "", "vda", { .signature = "linux_raid_member" }, false, "signature" },
	{ S1, "", "vda", { .signature = "zfs_member" }, false, "signature" },
	{ S1, "", "vda", { .signature = "btrfs" }, false, "signature" },
	{ S1, "", "vda", { .signature = "swap" }, false, "signature" },
	{ S1, "", "vda", { .table = "dos" }, false, "signature of something else (dos)" },
	{ S1, "", "vda", { .signature = "ext4,swap" }, false, "(ext4,swap)" },
	{ S1, "", "vda", { .signature = "ext4", .label = "data" }, false, "signature" },
	{ S1, "", "vda", { .signature = "xfs", .label = "assay-scratch" }, false, "signature" },
	{ S2, "", "vdb", { .table = "gpt" }, false, "partitions" },
	{ S2, "", "vdb", { .table = "gpt" }, false, "vdb1: ext4, vdb2: swap" },
	{ "serial:S3:1G", "", "vdc", { .table = "gpt" }, false, "results" },
	{ "serial:S4:1G", "", "vdd", { .table = "gpt" }, false, "partitions" },
	{ "partition:assay-results", "", "vdc1", { .bytes = 0 }, false, "results" },
	{ "partition:root", "", "vdb1", { .signature = "ext4" }, false, "signature" },
	{ PART, "", "vdd1", { .mounted = true }, false, "mounted" },
	{ PART, "", "vdd1", { .read_only = true }, false, "read-only" },
	{ PART, "", "vdd1", { .signature = "ext4", .label = "data" }, false, "signature" },
	/* Naming one signature gives up that one and nothing else. */
	{ S1, "ext4", "vda", { .signature = "xfs" }, false, "signature" },
	{ S1, "ext2", "vda", { .signature = "ext4" }, false, "signature" },
	{ S1, "ext4", "vda", { .signature = "ext4,swap" }, false, "signature" },
	{ S1, "gpt", "vda", { .signature = "ext4", .table = "gpt" }, false, "signature" },
	{ S1, "ext4", "vda", { .signature = "ext4", .table = "gpt" }, false, "signature" },
	{ S1, "ext4", "vda", { .signature = "ext4", .read_only = true }, false, "read-only" },
	{ S1, "ext4", "vda", { .signature = "ext4", .mounted = true }, false, "mounted" },
	{ S1, "ext4", "vda", { .signature = "ext4", .held = true }, false, "holders" },
	{ S1, "ext4", "vda", { .signature = "ext4" }, true, "learned" },
	{ S1, "vfat", "vda", { .signature = "vfat", .boot_medium = true }, false, "boot medium" },
	{ S2, "gpt", "vdb", { .table = "gpt" }, false, "vdb1: ext4" },
	{ S2, "gpt,ext4", "vdb", { .table = "gpt" }, false, "vdb2: swap" },
	{ S2, "ext4,swap", "vdb", { .table = "gpt" }, false, "partitions" },
	{ S2, "gpt,ext4,swap", "vdb", { .bytes = 0 }, false, "partitions" },
	{ "serial:S3:1G", "gpt,ext4", "vdc", { .table = "gpt" }, false, "results" },
	{ "partition:assay-results", "ext4", "vdc1", { .signature = "ext4" }, false, "results" },
};

static void change(struct block *block, const struct block *is, bool unknown)
{
	block->read_only = is->read_only;
	block->mounted = is->mounted;
	block->held = is->held;
	block->stopped = is->stopped;
	block->boot_medium = is->boot_medium;
	block->facts_complete = !unknown;
	strcpy(block->table, is->table);
	if (is->signature[0])
		sign(block, is->signature, is->label);
}

static const char *objections(const struct block *block, const char *over)
{
	static char reasons[WHY_ROOM];
	struct text text;

	text_begin(&text, reasons, sizeof(reasons));
	assert_true((guard_objections(&machine, block, over, &text) > 0) == (reasons[0] != 0));
	return reasons[0] ? reasons : NULL;
}

/* Each objection, and the few that may be written [S2]. */
static void situations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct block *found;
		const char *objection;
		struct naming naming;
		char why[WHY_ROOM] = "";

		usual_machine();
		change(block_named(rows[i].block), &rows[i].is, rows[i].unknown);
		CHECK_ROW(i, why,
			  !naming_read(&naming, rows[i].scratch, rows[i].over, why, sizeof(why)));
		found = guard_named(&machine, &naming, why, sizeof(why));
		CHECK_ROW(i, why, found && !strcmp(found->name, rows[i].block));
		objection = objections(found, naming.over);
		if (rows[i].objection)
			CHECK_ROW(i, objection ? objection : "",
				  objection && strstr(objection, rows[i].objection));
		else
			CHECK_ROW(i, objection ? objection : "", !objection);
		CHECK_ROW(i, "choose",
			  !guard_choose(&machine, &naming, why, sizeof(why)) ==
				  !!rows[i].objection);
	}
}

/* A mounted or held neighbour on the same disk does not stop a partition; the whole disk it does. */
static void neighbours(void **state)
{
	(void)state;
	usual_machine();
	block_named("vdd2")->mounted = true;
	assert_null(objections(block_named("vdd1"), ""));
	assert_non_null(objections(block_named("vdd"), "gpt,ext4"));
	block_named("vdd")->mounted = true;
	assert_non_null(objections(block_named("vdd1"), ""));
}

/* What lies on the disk around a partition: its table is no objection, a RAID's mark is, and so are
 * facts of the disk that could not be read, results beside it, and the payload beside it. */
static void around_a_partition(void **state)
{
	(void)state;
	usual_machine();
	sign(block_named("vdd"), "isw_raid_member", "");
	assert_non_null(strstr(objections(block_named("vdd1"), ""), "vdd: isw_raid_member"));
	assert_null(objections(block_named("vdd1"), "isw_raid_member"));
	usual_machine();
	block_named("vdd")->facts_complete = false;
	assert_non_null(objections(block_named("vdd1"), ""));
	usual_machine();
	block_named("vdd2")->facts_complete = false;
	assert_null(objections(block_named("vdd1"), ""));
	usual_machine();
	strcpy(block_named("vdd2")->partition_name, "assay-results");
	assert_non_null(strstr(objections(block_named("vdd1"), ""), "holds results (vdd2)"));
	usual_machine();
	block_named("vdd2")->boot_medium = true;
	assert_non_null(strstr(objections(block_named("vdd1"), ""), "boot medium"));
	usual_machine();
	strcpy(block_named("vdd2")->partition_name, "assay-boot");
	assert_non_null(strstr(objections(block_named("vdd1"), ""), "boot medium"));
	usual_machine();
	sign(block_named("vda"), "iso9660", "ASSAY");
	assert_non_null(strstr(objections(block_named("vda"), "iso9660"), "boot medium"));
	sign(block_named("vda"), "iso9660", "OTHER");
	assert_null(objections(block_named("vda"), "iso9660"));
}

static void names_that_find_nothing(void **state)
{
	static const struct {
		const char *scratch, *said;
	} names[] = {
		{ "serial:S9:1G", "no disk" },
		{ "serial:s1:1G", "no disk" },
		{ "serial:S1::1G", "no disk" },
		{ "serial:S1:1073741823", "vda has 1073741824 bytes, not 1073741823" },
		{ "serial:S1:2G", "it is not taken" },
		{ "wwn:5000c500a1b2c3d4:512", "it is not taken" },
		{ "wwn:5000c500a1b2c3d:1G", "no disk" },
		{ "wwn:naa.:1G", "no disk" },
		{ "wwn:S1:1G", "no disk" },
		{ "serial:naa.5000c500a1b2c3d4:1G", "no disk" },
		{ "partition:none", "no disk" },
		{ "partition:Assay-scratch", "no disk" },
		{ "partition:assay-scratch:1G", "no disk" },
		{ "partition:S1", "no disk" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char why[WHY_ROOM] = "";
		struct naming naming;

		usual_machine();
		CHECK_ROW(i, names[i].scratch,
			  !naming_read(&naming, names[i].scratch, "", why, sizeof(why)));
		CHECK_ROW(i, names[i].scratch, !guard_named(&machine, &naming, why, sizeof(why)));
		CHECK_ROW(i, why, strstr(why, names[i].said));
	}
}

static void words_that_name_nothing(void **state)
{
	static const struct {
		const char *scratch, *over, *said;
	} words[] = {
		{ "serial:S1", "", "exact size" },
		{ "serial:S1:", "", "exact size" },
		{ "serial:S1:0", "", "exact size" },
		{ "serial:S1:-1", "", "exact size" },
		{ "serial:S1:1x", "", "exact size" },
		{ "serial:S1:1G ", "", "expected serial:" },
		{ "serial:S1:99999999999999999999", "", "exact size" },
		{ "serial::1G", "", "exact size" },
		{ "wwn:0x5000c500a1b2c3d4", "", "exact size" },
		{ "serial:", "", "expected serial:" },
		{ "wwn:", "", "expected serial:" },
		{ "partition:", "", "expected serial:" },
		{ "S1", "", "expected serial:" },
		{ "S1:1G", "", "expected serial:" },
		{ "/dev/vda", "", "expected serial:" },
		{ "/dev/vda:1G", "", "expected serial:" },
		{ "device:vda:1G", "", "expected serial:" },
		{ "", "", "expected serial:" },
		{ "Serial:S1:1G", "", "expected serial:" },
		{ "serial:S\033[1m:1G", "", "expected serial:" },
		{ S1, "ext5", "ext5 is no signature" },
		{ S1, "ext4,*", "* is no signature" },
		{ S1, "all", "all is no signature" },
		{ S1, "ext4 gpt", "is no signature" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		char why[WHY_ROOM] = "";
		struct naming naming;

		CHECK_ROW(i, words[i].scratch,
			  naming_read(&naming, words[i].scratch, words[i].over, why, sizeof(why)));
		CHECK_ROW(i, why, strstr(why, words[i].said));
	}
}

static size_t found_by(const char *scratch, char *why)
{
	struct naming naming;

	assert_int_equal(naming_read(&naming, scratch, "", why, WHY_ROOM), 0);
	return guard_named(&machine, &naming, why, WHY_ROOM) != NULL;
}

/* Also when only one of the two has the size: which of them was meant is not for us to say. */
static void two_of_a_name(void **state)
{
	char why[WHY_ROOM] = "";

	(void)state;
	usual_machine();
	add("vde", "vde", "S1", "")->bytes = 4096;
	assert_false(found_by(S1, why));
	assert_non_null(strstr(why, "2 disks"));
	usual_machine();
	strcpy(add("vde", "vde", "S5", "")->wwid, "naa.5000C500A1B2C3D4");
	assert_false(found_by("wwn:5000c500a1b2c3d4:1G", why));
	usual_machine();
	add("vde1", "vde", "S5", "assay-scratch");
	assert_false(found_by(PART, why));
}

/* One disk by two ways, or a copy: named by what differs it is as doubtful. */
static void doubles(void **state)
{
	(void)state;
	usual_machine();
	strcpy(add("vde", "vde", "S5", "")->wwid, block_named("vda")->wwid);
	assert_non_null(strstr(objections(block_named("vda"), ""), "vde has the same WWN"));
	usual_machine();
	strcpy(block_named("vdb")->serial, "S1");
	assert_non_null(strstr(objections(block_named("vda"), ""), "vdb has the same serial"));
	strcpy(block_named("vdb2")->partition_name, "assay-scratch");
	assert_non_null(strstr(objections(block_named("vdd1"), ""), "vdb2 has the same name"));
	usual_machine();
	block_named("vdb")->serial[0] = block_named("vda")->serial[0] = '\0';
	assert_null(objections(block_named("vda"), ""));
}

/* An empty serial is nobody's name. */
static void empty_identities(void **state)
{
	struct block anonymous = { .name = "vda", .disk = "vda" };
	struct naming naming = { .kind = NAMED_BY_SERIAL };

	(void)state;
	for (; naming.kind <= NAMED_BY_PARTITION; naming.kind++)
		assert_false(naming_answers(&naming, &anonymous));
}

/* The word that survey prints names the disk again. */
static void suggestions(void **state)
{
	char line[400], why[WHY_ROOM];
	struct text text;

	(void)state;
	usual_machine();
	text_begin(&text, line, sizeof(line));
	disk_line(&machine, block_named("vda"), &text);
	assert_non_null(strstr(line, ": nothing objects: assay.scratch=" S1));
	assert_true(found_by(strstr(line, "serial:S1:"), why));
	text_begin(&text, line, sizeof(line));
	disk_line(&machine, block_named("vdd1"), &text);
	assert_non_null(strstr(line, "assay.scratch=" PART));
	text_begin(&text, line, sizeof(line));
	disk_line(&machine, block_named("vdc"), &text);
	assert_non_null(strstr(line, ": not written: its disk holds results"));
}

static void lists(void **state)
{
	(void)state;
	assert_true(naming_covers("", ""));
	assert_true(naming_covers("ext4,gpt", "gpt"));
	assert_true(naming_covers("ext4,gpt", "gpt,ext4"));
	assert_false(naming_covers("", "ext4"));
	assert_false(naming_covers("ext4", "ext4,gpt"));
	assert_false(naming_covers("ext4", "ext"));
	assert_false(naming_covers("ext", "ext4"));
	assert_false(naming_covers("ext4,", "swap"));
	assert_false(naming_covers("ext4,gpt", "too many signatures"));
}

static void payloads(void **state)
{
	static unsigned char head[32768];
	static const char version[] = "6.12.95 (assay@assay) #1 SMP";

	(void)state;
	assert_false(medium_is_payload(head, sizeof(head)));
	memcpy(head + 0x202, "HdrS", 4);
	head[0x20e] = 0x00, head[0x20f] = 0x40;
	assert_false(medium_is_payload(head, sizeof(head)));
	memcpy(head + 0x4200, version, sizeof(version));
	assert_true(medium_is_payload(head, sizeof(head)));
	memcpy(head + 0x4200, "6.12.95 (somebody@else) #1 SMP", 31);
	assert_false(medium_is_payload(head, sizeof(head)));
	memcpy(head + 0x4200, version, sizeof(version));
	head[0x202] = 'h';
	assert_false(medium_is_payload(head, sizeof(head)));
	head[0x202] = 'H';
	/* The version lies behind what was read, across its end, or nowhere. */
	assert_false(medium_is_payload(head, 0x4200));
	assert_false(medium_is_payload(head, 0x4200 + 12));
	assert_false(medium_is_payload(head, 0x20f));
	head[0x20f] = 0xff;
	assert_false(medium_is_payload(head, sizeof(head)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(situations),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(around_a_partition),
		cmocka_unit_test(names_that_find_nothing),
		cmocka_unit_test(words_that_name_nothing),
		cmocka_unit_test(two_of_a_name),
		cmocka_unit_test(doubles),
		cmocka_unit_test(empty_identities),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(lists),
		cmocka_unit_test(payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
