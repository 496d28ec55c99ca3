/* SPDX-License-Identifier: MIT */
/* What is mounted where, out of the kernel's list; which of it may be unmounted and mounted again. */
#include "tests/unit/test.h"

#include "bench/engine/file/mountinfo.h"
#include "bench/engine/file/remount.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#define ROOT "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
#define DATA "30 22 8:17 / /data rw,noatime - ext4 /dev/sdb1 rw,errors=remount-ro,stripe=4\n"

enum { ROOM = 8 };

static ssize_t parse(const char *text, struct mounted *out)
{
	static char copy[4096];

	strcpy(copy, text);
	return mountinfo_parse(copy, out, ROOM);
}

static void fields(void **state)
{
	struct mounted one[ROOM];

	(void)state;
	assert_int_equal(parse("36 35 98:0 /mnt1 /my\\040disk\\134x\\011\\012 rw,noatime master:1 "
			       "propagate_from:2 - ext3 /dev/a\\043b rw,errors=continue\n" ROOT,
			       one),
			 2);
	assert_int_equal(one[0].id, 36);
	assert_int_equal(one[0].parent, 35);
	assert_int_equal(one[0].major, 98);
	assert_int_equal(one[0].minor, 0);
	assert_string_equal(one[0].root, "/mnt1");
	assert_string_equal(one[0].point, "/my disk\\x\t\n");
	assert_string_equal(one[0].options, "rw,noatime");
	assert_string_equal(one[0].type, "ext3");
	assert_string_equal(one[0].source, "/dev/a#b");
	assert_string_equal(one[0].super, "rw,errors=continue");
	assert_string_equal(one[1].point, "/");
}

static void hostile(void **state)
{
	static const struct {
		const char *text;
		ssize_t count;
	} rows[] = {
		{ "", 0 },
		{ "\n", -EINVAL },
		{ ROOT, 1 },
		{ ROOT ROOT, 2 },
		{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw", 1 }, /* no newline, no optional fields */
		{ "22 1 0:5 / /x rw - tmpfs  rw", 1 },	      /* mounted with an empty source */
		{ "22 1 8:1 / / rw - ext4 /dev/sda1", -EINVAL },
		{ "22 1 8:1 / / rw - ext4 /dev/sda1 ", -EINVAL },
		{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw more", -EINVAL },
		{ "22 1 8:1 / / rw shared:1 ext4 /dev/sda1 rw", -EINVAL }, /* no hyphen */
		{ "22 1 8:1 / / rw -", -EINVAL },
		{ "22 1 8:1 / / rw -  /dev/sda1 rw", -EINVAL },
		{ "22 1 8:1 / data rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 8:1 /  rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 8 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 8: / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 :1 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "-2 1 8:1 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 4294967296 8:1 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 8:4294967296 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ "22 1 99999999999999999999:1 / / rw - ext4 /dev/sda1 rw", -EINVAL },
		{ ROOT ROOT ROOT ROOT ROOT ROOT ROOT ROOT, ROOM },
		{ ROOT ROOT ROOT ROOT ROOT ROOT ROOT ROOT ROOT, -E2BIG },
		{ ROOT "nonsense\n", -EINVAL },
	};
	struct mounted mounts[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].text, parse(rows[i].text, mounts) == rows[i].count);
}

static void escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "/a\\040b", "/a b" },	    { "/a\\04", "/a\\04" },    { "/a\\", "/a\\" },
		{ "/a\\048", "/a\\048" },   { "/a\\400", "/a\\400" },  { "/a\\377", "/a\377" },
		{ "/a\\000b", "/a\\000b" }, { "/\\134040", "/\\040" },
	};
	struct mounted mounts[ROOM];
	char line[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(line, sizeof(line), "22 1 8:1 / %s rw - ext4 /dev/sda1 rw", rows[i].in);
		CHECK_ROW(i, rows[i].in, parse(line, mounts) == 1);
		CHECK_ROW(i, rows[i].in, !strcmp(mounts[0].point, rows[i].out));
	}
}

static void holder(void **state)
{
	static const struct {
		const char *path;
		unsigned id;
	} rows[] = {
		{ "/", 22 },	     { "/data", 31 },	   { "/data/x/y", 31 },
		{ "/database", 22 }, { "/data/in/x", 32 }, { "/dat", 22 },
	};
	struct mounted mounts[ROOM];
	ssize_t count = parse(ROOT DATA "32 31 8:33 / /data/in rw - ext4 /dev/sdc1 rw\n"
					"31 30 8:49 / /data rw - ext4 /dev/sdd1 rw\n",
			      mounts);

	(void)state;
	assert_int_equal(count, 4);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].path,
			  mountinfo_find(mounts, (size_t)count, rows[i].path)->id == rows[i].id);
	assert_null(mountinfo_find(mounts, (size_t)count, "relative"));
	assert_null(mountinfo_find(mounts, 0, "/"));
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *words;
		int err;
	} rows[] = {
		{ ROOT, "root file system", -EBUSY },
		{ ROOT DATA, "", 0 },
		{ ROOT "31 22 0:40 / /data rw - tmpfs tmpfs rw\n", "not on a block device",
		  -ENOTBLK },
		{ ROOT "31 22 8:17 /sub /data rw - ext4 /dev/sdb1 rw\n", "is a part, /sub",
		  -EINVAL },
		{ ROOT "31 22 8:17 / /data rw,idmapped - ext4 /dev/sdb1 rw\n", "with idmapped",
		  -EINVAL },
		{ ROOT DATA "31 30 0:5 / /data/tmp rw - tmpfs tmpfs rw\n",
		  "/data/tmp is mounted on /data", -EBUSY },
		{ ROOT DATA "31 22 8:17 / /other rw - ext4 /dev/sdb1 rw\n",
		  "/dev/sdb1 is mounted on /other, too", -EBUSY },
		{ ROOT DATA "31 22 8:18 / /other rw - ext4 /dev/sdb2 rw\n", "", 0 },
	};
	struct mounted mounts[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ssize_t count = parse(rows[i].text, mounts);
		char why[200] = "";

		CHECK_ROW(i, rows[i].text, count > 0);
		CHECK_ROW(i, rows[i].text,
			  mountinfo_refuse(mounts, (size_t)count,
					   mountinfo_find(mounts, (size_t)count, "/data/x"), why,
					   sizeof(why)) == rows[i].err);
		CHECK_ROW(i, why, rows[i].err ? strstr(why, rows[i].words) != NULL : !why[0]);
	}
}

static void flags(void **state)
{
	static const struct {
		const char *options, *super, *data;
		unsigned long flags;
	} rows[] = {
		{ "rw", "rw", "", MS_STRICTATIME },
		{ "rw,relatime", "rw", "", MS_RELATIME },
		{ "rw,nosuid,nodev,noexec,noatime", "rw", "",
		  MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME },
		{ "ro,noatime,nodiratime", "ro", "", MS_RDONLY | MS_NOATIME | MS_NODIRATIME },
		{ "rw,relatime", "rw,seclabel,sync,dirsync,lazytime,errors=remount-ro,data=journal",
		  "errors=remount-ro,data=journal",
		  MS_RELATIME | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME },
		{ "rw,relatime", "rw,attr2,inode64,logbufs=8", "attr2,inode64,logbufs=8",
		  MS_RELATIME },
		{ "rw,,relatime,", ",rw,,stripe=4,", "stripe=4", MS_RELATIME },
	};
	char data[64];
	unsigned long got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mounted one = { .options = rows[i].options, .super = rows[i].super };

		CHECK_ROW(i, rows[i].super, !mountinfo_flags(&one, &got, data, sizeof(data)));
		CHECK_ROW(i, rows[i].super, got == rows[i].flags);
		CHECK_ROW(i, data, !strcmp(data, rows[i].data));
	}
	struct mounted one = { .options = "rw", .super = "rw,stripe=4,data=journal" };
	assert_int_equal(mountinfo_flags(&one, &got, data, 12), -ENOSPC);
}

/* Where the tests run is never taken away: whatever holds these is refused or is not there. */
static void never_these(void **state)
{
	static const char *const rows[] = { "/", "/proc", "/dev", "/nowhere/at/all", "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char why[200] = "";

		CHECK_ROW(i, rows[i], remount(rows[i], why, sizeof(why)) < 0);
		CHECK_ROW(i, rows[i], why[0] && !strchr(why, '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),      cmocka_unit_test(hostile),
		cmocka_unit_test(escapes),     cmocka_unit_test(holder),
		cmocka_unit_test(refusals),    cmocka_unit_test(flags),
		cmocka_unit_test(never_these),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
