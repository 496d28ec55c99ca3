/* SPDX-License-Identifier: MIT */
/* The table is the specification: one situation of the disks a row, the objection, and few rows
 * that pass. */
#include "tests/unit/test.h"

#include "init/init.h"

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
	sign(add("vdb", "vdb", "S2", ""), "gpt", "");
	sign(add("vdb1", "vdb", "S2", "root"), "ext4", "root");
	sign(add("vdb2", "vdb", "S2", "swap"), "swap", "");
	sign(add("vdc", "vdc", "S3", ""), "gpt", "");
	sign(add("vdc1", "vdc", "S3", "assay-results"), "ext4", "assay-results");
	sign(add("vdd", "vdd", "S4", ""), "gpt", "");
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

static const struct {
	const char *scratch, *block;
	struct block is; /* what it is besides */
	bool unknown;
	const char *objection; /* a part of it; NULL: may be written */
} rows[] = {
	{ "serial:S1", "vda", { .bytes = 0 }, false, NULL },
	{ "serial:S1", "vda", { .signature = "ext4", .label = "assay-scratch" }, false, NULL },
	{ "partition:assay-scratch", "vdd1", { .bytes = 0 }, false, NULL },
	{ "partition:assay-scratch",
	  "vdd1",
	  { .signature = "ext4", .label = "assay-scratch" },
	  false,
	  NULL },
	{ "serial:S1", "vda", { .signature = "xfs", .label = "assayscratch" }, false, NULL },
	{ "serial:S1", "vda", { .signature = "ext4", .label = "assayscratch" }, false, "signature" },
	{ "serial:S1", "vda", { .read_only = true }, false, "read-only" },
	{ "serial:S1", "vda", { .mounted = true }, false, "mounted" },
	{ "serial:S1", "vda", { .held = true }, false, "holders" },
	{ "serial:S1", "vda", { .bytes = 0 }, true, "learned" },
	{ "serial:S1", "vda", { .signature = "xfs" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "LVM2_member" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "crypto_LUKS" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "linux_raid_member" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "zfs_member" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "btrfs" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "swap" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "dos" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "ambiguous" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "ext4", .label = "data" }, false, "signature" },
	{ "serial:S1", "vda", { .signature = "xfs", .label = "assay-scratch" }, false, "signature" },
	{ "serial:S2", "vdb", { .bytes = 0 }, false, "partitions" },
	{ "serial:S3", "vdc", { .bytes = 0 }, false, "results" },
	{ "serial:S4", "vdd", { .bytes = 0 }, false, "partitions" },
	{ "partition:assay-results", "vdc1", { .bytes = 0 }, false, "results" },
	{ "partition:root", "vdb1", { .bytes = 0 }, false, "signature" },
	{ "partition:assay-scratch", "vdd1", { .mounted = true }, false, "mounted" },
	{ "partition:assay-scratch", "vdd1", { .read_only = true }, false, "read-only" },
	{ "partition:assay-scratch",
	  "vdd1",
	  { .signature = "ext4", .label = "data" },
	  false,
	  "signature" },
};

static void change(struct block *block, const struct block *is, bool unknown)
{
	block->read_only = is->read_only;
	block->mounted = is->mounted;
	block->held = is->held;
	block->facts_complete = !unknown;
	if (is->signature[0])
		sign(block, is->signature, is->label);
}

static void situations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct block *found;
		const char *objection;
		char why[WHY_ROOM] = "";

		usual_machine();
		change(block_named(rows[i].block), &rows[i].is, rows[i].unknown);
		found = guard_named(&machine, rows[i].scratch, why, sizeof(why));
		CHECK_ROW(i, why, found && !strcmp(found->name, rows[i].block));
		objection = guard_objection(&machine, found);
		if (rows[i].objection)
			CHECK_ROW(i, rows[i].scratch,
				  objection && strstr(objection, rows[i].objection));
		else
			CHECK_ROW(i, objection ? objection : "", !objection);
	}
}

/* A mounted or held neighbour on the same disk does not stop a partition; the whole disk it does. */
static void neighbours(void **state)
{
	(void)state;
	usual_machine();
	block_named("vdd2")->mounted = true;
	assert_null(guard_objection(&machine, block_named("vdd1")));
	assert_non_null(guard_objection(&machine, block_named("vdd")));
	block_named("vdd")->mounted = true;
	assert_non_null(guard_objection(&machine, block_named("vdd1")));
}

static void names_that_find_nothing(void **state)
{
	static const struct {
		const char *scratch, *said;
	} names[] = {
		{ "serial:S9", "no disk" },
		{ "serial:", "expected" },
		{ "S1", "expected" },
		{ "/dev/vda", "expected" },
		{ "device:vda", "expected" },
		{ "", "expected" },
		{ "serial:s1", "no disk" },
		{ "partition:", "expected" },
		{ "partition:none", "no disk" },
		{ "partition:Assay-scratch", "no disk" },
		{ "serial:S1 ", "no disk" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char why[WHY_ROOM] = "";

		usual_machine();
		CHECK_ROW(i, names[i].scratch,
			  !guard_named(&machine, names[i].scratch, why, sizeof(why)));
		CHECK_ROW(i, why, strstr(why, names[i].said));
	}
}

static void two_of_a_name(void **state)
{
	char why[WHY_ROOM] = "";

	(void)state;
	usual_machine();
	add("vde", "vde", "S1", "");
	assert_null(guard_named(&machine, "serial:S1", why, sizeof(why)));
	assert_non_null(strstr(why, "2 disks"));
	usual_machine();
	add("vde1", "vde", "S5", "assay-scratch");
	assert_null(guard_named(&machine, "partition:assay-scratch", why, sizeof(why)));
}

/* An empty serial is nobody's name. */
static void empty_serials(void **state)
{
	char why[WHY_ROOM];

	(void)state;
	usual_machine()->serial[0] = '\0';
	assert_null(guard_named(&machine, "serial:", why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(situations),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(names_that_find_nothing),
		cmocka_unit_test(two_of_a_name),
		cmocka_unit_test(empty_serials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
