/* SPDX-License-Identifier: MIT */
/* Everything that speaks against writing an image on a disk, one thing at a time. */
#include "lab/disk/disk.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct usb_target good = { .path = "/dev/sdx",
					.serial = "4C530001",
					.bytes = 8000000000,
					.alike = 1,
					.whole = true,
					.complete = true };
static const struct usb_naming named = { "4C530001", "", 8000000000, 100 << 20 };

struct row {
	const char *what, *why; /* why NULL: nothing speaks against it */
	struct usb_target target;
	struct usb_naming naming;
};

static struct row row(const char *what, const char *why)
{
	return (struct row){ what, why, good, named };
}

static void judge(const struct row *row)
{
	char why[WHY_ROOM] = "";
	int err = usb_target_check(&row->target, &row->naming, why, sizeof(why));

	if (!row->why && err)
		fail_msg("%s: refused: %s", row->what, why);
	if (row->why && (!err || !strstr(why, row->why)))
		fail_msg("%s: expected '%s', said '%s'", row->what, row->why, why);
}

static void each_fact_alone(void **state)
{
	static const struct {
		size_t at;
		bool value;
		const char *why;
	} flags[] = {
		{ offsetof(struct usb_target, whole), false, "is a partition" },
		{ offsetof(struct usb_target, complete), false, "did not tell" },
		{ offsetof(struct usb_target, read_only), true, "read-only" },
		{ offsetof(struct usb_target, mounted), true, "mounted" },
		{ offsetof(struct usb_target, swapped), true, "swap" },
		{ offsetof(struct usb_target, held), true, "holders" },
	};
	struct row this = row("nothing", NULL);

	(void)state;
	judge(&this);
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		this = row(flags[i].why, flags[i].why);
		*(bool *)((char *)&this.target + flags[i].at) = flags[i].value;
		judge(&this);
	}
}

static void names_and_sizes(void **state)
{
	struct row this = row("another serial", "serial=4C530001, not 4C53000");

	(void)state;
	this.naming.serial = "4C53000";
	judge(&this);
	this = row("a byte less", "size=8000000000");
	this.naming.bytes--;
	judge(&this);
	this = row("two with that serial", "neither");
	this.target.alike = 2;
	judge(&this);
	this = row("no serial, and said so", NULL);
	this.target.serial[0] = '\0';
	this.target.alike = 0;
	this.naming.serial = "none";
	judge(&this);
	this = row("none said of one that has one", "not none");
	this.naming.serial = "none";
	judge(&this);
	this = row("too small", "smaller");
	this.naming.image_bytes = this.target.bytes + 512;
	judge(&this);
}

static void signatures(void **state)
{
	static const struct {
		const char *there, *over, *why;
	} rows[] = {
		{ "ext4", "", "carries ext4" },		{ "ext4", "ext4", NULL },
		{ "gpt,PMBR", "gpt", "carries PMBR" },	{ "gpt,PMBR", "PMBR,gpt", NULL },
		{ "ext4", "ext3,ext", "carries ext4" }, { "zfs_member", "xfs", "carries zfs" },
		{ "dos,vfat", "vfat", "carries dos" },	{ "", "dos", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct row this = row(rows[i].there, rows[i].why);

		strcpy(this.target.signatures, rows[i].there);
		this.naming.over = rows[i].over;
		judge(&this);
	}
}

static void no_disk_at_all(void **state)
{
	struct usb_target target;
	char why[WHY_ROOM];

	(void)state;
	assert_int_equal(usb_target_read("/dev/null", &target, why, sizeof(why)), -ENOTBLK);
	assert_int_equal(usb_target_read("/proc/self/status", &target, why, sizeof(why)), -ENOTBLK);
	assert_int_equal(usb_target_read("/nowhere", &target, why, sizeof(why)), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fact_alone),
		cmocka_unit_test(names_and_sizes),
		cmocka_unit_test(signatures),
		cmocka_unit_test(no_disk_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
