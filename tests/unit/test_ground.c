/* SPDX-License-Identifier: MIT */
/* A storage step's ground: which words mkfs and mount are given, the disk's settings and back, and
 * helpers that do not come back. */
#include "tests/unit/test.h"

#include "init/ground/ground.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[WHY_ROOM];

/* ---- words ---- */

static const struct {
	enum file_system kind;
	const char *options, *line; /* the command; NULL: refused */
	const char *said;
} commands[] = {
	{ FS_EXT4, "",
	  "/sbin/mke2fs -q -F -t ext4 -L assay-scratch -E lazy_itable_init=0,lazy_journal_init=0,"
	  "nodiscard /dev/x" },
	{ FS_EXT4, "-b 1024 -O ^has_journal,bigalloc",
	  "/sbin/mke2fs -q -F -t ext4 -L assay-scratch -b 1024 -O ^has_journal,bigalloc -E "
	  "lazy_itable_init=0,lazy_journal_init=0,nodiscard /dev/x" },
	{ FS_EXT4, " -E  stride=16 -m0 ",
	  "/sbin/mke2fs -q -F -t ext4 -L assay-scratch -m 0 -E lazy_itable_init=0,"
	  "lazy_journal_init=0,nodiscard,stride=16 /dev/x" },
	{ FS_XFS, "", "/sbin/mkfs.xfs -q -f -K -L assayscratch /dev/x" },
	{ FS_XFS, "-b size=1024 -m crc=1,reflink=0 -l size=64m",
	  "/sbin/mkfs.xfs -q -f -K -L assayscratch -b size=1024 -m crc=1,reflink=0 -l size=64m "
	  "/dev/x" },
	{ FS_EXT4, "-J device=LABEL", NULL, "-J device" },
	{ FS_EXT4, "-J size=4",
	  "/sbin/mke2fs -q -F -t ext4 -L assay-scratch -J size=4 -E "
	  "lazy_itable_init=0,lazy_journal_init=0,nodiscard /dev/x" },
	{ FS_EXT4, "-E discard", NULL, "-E discard" },
	{ FS_EXT4, "-E offset=4096", NULL, "-E offset" },
	{ FS_EXT4, "-L home", NULL, "-L" },
	{ FS_EXT4, "-n", NULL, "-n" },
	{ FS_EXT4, "-S", NULL, "-S" },
	{ FS_EXT4, "-d /etc", NULL, "letters" },
	{ FS_EXT4, "-d etc", NULL, "-d" },
	{ FS_EXT4, "sda", NULL, "sda" },
	{ FS_EXT4, "-b 1024 100", NULL, "100" },
	{ FS_EXT4, "-b", NULL, "-b without" },
	{ FS_EXT4, "-b -O", NULL, "-b without" },
	{ FS_EXT4, "-", NULL, "expected" },
	{ FS_EXT4, "-b \"1024\"", NULL, "letters" },
	{ FS_EXT4, "-b 1024;reboot", NULL, "letters" },
	{ FS_EXT4, "-b $HOME", NULL, "letters" },
	{ FS_EXT4, "-b\t1024", NULL, "letters" },
	{ FS_XFS, "-l logdev=vdb", NULL, "-l logdev" },
	{ FS_XFS, "-l size=64m,logdev=vdb", NULL, "-l logdev" },
	{ FS_XFS, "-r rtdev=vdb", NULL, "-r" },
	{ FS_XFS, "-d name=vdb", NULL, "-d name" },
	{ FS_XFS, "-d file", NULL, "-d file" },
	{ FS_XFS, "-d file=1", NULL, "-d file" },
	{ FS_XFS, "-c options=x", NULL, "-c" },
	{ FS_XFS, "-p proto", NULL, "-p" },
	{ FS_XFS, "-N", NULL, "-N" },
	{ FS_XFS, "-E nodiscard", NULL, "-E" },
	{ FS_EXT4,
	  "-b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1 -b 1", NULL,
	  "too many" },
};

static void mkfs_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		struct mkfs mkfs;
		int err;

		why[0] = '\0';
		err = mkfs_command(&mkfs, commands[i].kind, commands[i].options, "/dev/x", why,
				   sizeof(why));
		if (commands[i].line) {
			CHECK_ROW(i, why, !err);
			CHECK_ROW(i, mkfs.line, !strcmp(mkfs.line, commands[i].line));
			CHECK_ROW(i, "ends", !mkfs.word[mkfs.count]);
			CHECK_ROW(i, "path", !strcmp(mkfs.word[mkfs.count - 1], "/dev/x"));
		} else {
			CHECK_ROW(i, commands[i].options, err);
			CHECK_ROW(i, why, strstr(why, commands[i].said));
		}
	}
}

static const struct {
	enum file_system kind;
	const char *options;
	unsigned long flags;
	const char *data; /* NULL: refused */
} mounts[] = {
	{ FS_EXT4, "noatime", MS_NOATIME, "errors=remount-ro" },
	{ FS_EXT4, "", 0, "errors=remount-ro" },
	{ FS_XFS, "noatime", MS_NOATIME, "" },
	{ FS_EXT4, "relatime,data=writeback,barrier=0", MS_RELATIME,
	  "data=writeback,barrier=0,errors=remount-ro" },
	{ FS_EXT4, "noatime,relatime", MS_RELATIME, "errors=remount-ro" },
	{ FS_EXT4, "sync,dirsync,lazytime,errors=continue",
	  MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME, "errors=continue" },
	{ FS_XFS, "defaults,rw,logbufs=8", 0, "logbufs=8" },
	{ FS_XFS, "ro", 0, NULL },
	{ FS_XFS, "noatime,ro", 0, NULL },
	{ FS_XFS, "logdev=vdb", 0, NULL },
	{ FS_XFS, "rtdev=vdb", 0, NULL },
	{ FS_EXT4, "journal_path=x", 0, NULL },
	{ FS_EXT4, "journal_dev=3", 0, NULL },
	{ FS_EXT4, "usrjquota=x", 0, NULL },
	{ FS_EXT4, "sb=32768", 0, NULL },
	{ FS_EXT4, "loop", 0, NULL },
	{ FS_EXT4, "remount", 0, NULL },
	{ FS_EXT4, "a b", 0, NULL },
	{ FS_EXT4, "a/b", 0, NULL },
	{ FS_EXT4, "a\\040b", 0, NULL },
};

static void mount_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mounts); i++) {
		struct mount_words words;
		int err = mount_words(mounts[i].options, mounts[i].kind, &words, why, sizeof(why));

		CHECK_ROW(i, mounts[i].options, !err == !!mounts[i].data);
		if (err)
			continue;
		CHECK_ROW(i, mounts[i].options,
			  words.flags == (mounts[i].flags | MS_NODEV | MS_NOSUID));
		CHECK_ROW(i, words.data, !strcmp(words.data, mounts[i].data));
	}
}

/* ---- keys ---- */

static struct request request;

static int set(const char *bench, const char *name, const char *in)
{
	int err;

	why[0] = '\0';
	assert_int_equal(request_init(&request, bench_find(bench), why, sizeof(why)), 0);
	err = request_set(&request, name, in, FROM_PLAN, why, sizeof(why));
	return err ? err : request_check(&request, why, sizeof(why));
}

static void keys_and_who_has_them(void **state)
{
	(void)state;
	assert_int_equal(set("file.bonnie", "file_system", "xfs"), 0);
	assert_int_equal(request.ground[GROUND_FILE_SYSTEM].num, FS_XFS);
	assert_int_equal(request.ground_from[GROUND_FILE_SYSTEM], FROM_PLAN);
	assert_int_equal(request.ground_from[GROUND_TRIM], FROM_DEFAULT);
	assert_true(set("file.bonnie", "file_system", "btrfs") < 0);
	assert_true(set("self.null", "file_system", "xfs") < 0);
	assert_non_null(strstr(why, "no disk"));
	assert_true(set("net.tcp", "trim", "yes") < 0);
	assert_int_equal(set("file.bonnie", "read_ahead", "128k"), 0);
	assert_int_equal(set("file.bonnie", "read_ahead", "0"), 0);
	assert_true(set("file.bonnie", "read_ahead", "1000") < 0);
	assert_true(set("file.bonnie", "read_ahead", "none") < 0);
	assert_int_equal(set("file.bonnie", "scheduler", "mq-deadline"), 0);
	assert_true(set("file.bonnie", "scheduler", "[none]") < 0);
	assert_int_equal(set("file.bonnie", "write_cache", "off"), 0);
	assert_true(set("file.bonnie", "mkfs_options", "-F") < 0);
	assert_true(set("file.bonnie", "mount_options", "ro") < 0);
}

/* A benchmark of the disk itself has no file system to say anything of. */
static void raw_steps(void **state)
{
	static const struct bench raw = { .name = "disk.test", .need = NEEDS_DISK };

	(void)state;
	assert_int_equal(request_init(&request, &raw, why, sizeof(why)), 0);
	assert_int_equal(request_set(&request, "trim", "yes", FROM_PLAN, why, sizeof(why)), 0);
	assert_true(request.ground[GROUND_TRIM].on);
	assert_true(request_set(&request, "file_system", "xfs", FROM_PLAN, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "without a file system"));
	assert_true(request_set(&request, "fresh", "yes", FROM_PLAN, why, sizeof(why)) < 0);
}

/* ---- the disk's settings, on a folder that looks like /sys/block/vda ---- */

static char folder[] = "/tmp/assay-queue-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const char *get(const char *name)
{
	static char text[64];

	file_read(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static int make_folder(void **state)
{
	char path[200];

	(void)state;
	strcpy(folder, "/tmp/assay-queue-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/queue", folder);
	mkdir(path, 0755);
	put("queue/scheduler", "[none] mq-deadline kyber bfq\n");
	put("queue/read_ahead_kb", "128\n");
	put("queue/write_cache", "write back\n");
	put("cache_type", "write back\n");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	scratch_remove(folder);
	return 0;
}

static void want(const char *scheduler, const char *read_ahead, const char *write_cache)
{
	request_init(&request, bench_find("file.bonnie"), NULL, 0);
	request_set(&request, "scheduler", scheduler, FROM_PLAN, NULL, 0);
	request_set(&request, "read_ahead", read_ahead, FROM_PLAN, NULL, 0);
	request_set(&request, "write_cache", write_cache, FROM_PLAN, NULL, 0);
}

static void settings_and_back(void **state)
{
	struct queue queue;

	(void)state;
	want("kyber", "1M", "keep");
	assert_int_equal(queue_set(&queue, folder, &request, why, sizeof(why)), 0);
	assert_string_equal(get("queue/scheduler"), "kyber");
	assert_string_equal(get("queue/read_ahead_kb"), "1024");
	assert_string_equal(get("queue/write_cache"), "write back");
	assert_int_equal(queue_restore(&queue, why, sizeof(why)), 0);
	assert_string_equal(get("queue/scheduler"), "none");
	assert_string_equal(get("queue/read_ahead_kb"), "128");
	/* what was kept is not touched */
	want("keep", "keep", "keep");
	put("queue/scheduler", "[bfq] none\n");
	assert_int_equal(queue_set(&queue, folder, &request, why, sizeof(why)), 0);
	assert_int_equal(queue_restore(&queue, why, sizeof(why)), 0);
	assert_string_equal(get("queue/scheduler"), "[bfq] none");
	/* nor what is already so */
	want("bfq", "128k", "on");
	assert_int_equal(queue_set(&queue, folder, &request, why, sizeof(why)), 0);
	assert_string_equal(get("queue/scheduler"), "[bfq] none");
}

static void write_cache_of_the_disk(void **state)
{
	struct queue queue;
	char path[200];

	(void)state;
	want("keep", "keep", "off");
	assert_int_equal(queue_set(&queue, folder, &request, why, sizeof(why)), 0);
	assert_string_equal(get("cache_type"), "write through");
	assert_string_equal(get("queue/write_cache"), "write through");
	assert_int_equal(queue_restore(&queue, why, sizeof(why)), 0);
	assert_string_equal(get("cache_type"), "write back");
	assert_string_equal(get("queue/write_cache"), "write back");
	/* Nothing there that would tell the disk: an error, and the kernel's view is as it was. */
	snprintf(path, sizeof(path), "%s/cache_type", folder);
	unlink(path);
	assert_true(queue_set(&queue, folder, &request, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "no command"));
	assert_string_equal(get("queue/write_cache"), "write back");
}

/* What the kernel takes and does not do is an error, and what was set before it is put back. */
static void settings_that_do_not_hold(void **state)
{
	struct queue queue;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/queue/read_ahead_kb", folder);
	unlink(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	want("kyber", "64k", "keep");
	assert_true(queue_set(&queue, folder, &request, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "read_ahead_kb"));
	assert_string_equal(get("queue/scheduler"), "none");
	unlink(path);
	assert_int_equal(queue_set(&queue, folder, &request, why, sizeof(why)), -ENOENT);
	assert_string_equal(get("queue/scheduler"), "none");
}

static void active_words(void **state)
{
	char word[32];

	(void)state;
	queue_active("none [mq-deadline] kyber", word, sizeof(word));
	assert_string_equal(word, "mq-deadline");
	queue_active("write back", word, sizeof(word));
	assert_string_equal(word, "write back");
	queue_active("[none", word, sizeof(word));
	assert_string_equal(word, "none");
	queue_active("", word, sizeof(word));
	assert_string_equal(word, "");
}

/* ---- helpers ---- */

static int refuse(void *context, char *reason, size_t room)
{
	return text_refuse(-ENODEV, reason, room, "no %s here", (const char *)context);
}

static int succeed(void *context, char *reason, size_t room)
{
	(void)context;
	(void)reason;
	(void)room;
	return 0;
}

static int hang(void *context, char *reason, size_t room)
{
	(void)context;
	(void)reason;
	(void)room;
	for (;;)
		pause();
	return 0;
}

static void helpers(void **state)
{
	char *const says[] = { "/bin/sh", "-c", "echo; echo first >&2; echo second; exit 3", NULL };
	char *const fine[] = { "/bin/true", NULL };
	char *const silent[] = { "/bin/sh", "-c", "exit 4", NULL };
	char *const killed[] = { "/bin/sh", "-c", "kill -9 $$", NULL };
	char *const absent[] = { "/nowhere/mkfs", NULL };
	/* more than a pipe holds */
	char *const talks[] = { "/bin/sh", "-c", "yes | head -c 200000; exit 1", NULL };

	(void)state;
	assert_int_equal(helper_run("a", 5, succeed, NULL, why, sizeof(why)), 0);
	assert_int_equal(helper_run("a", 5, refuse, "disk", why, sizeof(why)), -ENODEV);
	assert_string_equal(why, "no disk here");
	assert_int_equal(helper_run("wait", 0.05, hang, NULL, why, sizeof(why)), -ETIMEDOUT);
	assert_non_null(strstr(why, "wait: not done"));
	assert_int_equal(helper_exec(fine, 5, why, sizeof(why)), 0);
	assert_int_equal(helper_exec(says, 5, why, sizeof(why)), -EIO);
	assert_string_equal(why, "first");
	assert_int_equal(helper_exec(silent, 5, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "code 4"));
	assert_int_equal(helper_exec(killed, 5, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "signal 9"));
	assert_int_equal(helper_exec(absent, 5, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(helper_exec(talks, 20, why, sizeof(why)), -EIO);
	assert_string_equal(why, "y");
}

/* ---- facts ---- */

static void facts_of_a_directory(void **state)
{
	struct ground_facts facts = { NULL, "no" };
	cJSON *ground = ground_facts("/proc/self", &facts);

	(void)state;
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(ground, "fileSystem")),
			    "proc");
	assert_non_null(cJSON_GetObjectItem(ground, "mountOptions"));
	assert_non_null(cJSON_GetObjectItem(ground, "memoryAvailableBytes"));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(ground, "trimmed")), "no");
	assert_null(cJSON_GetObjectItem(ground, "mkfs"));
	assert_null(cJSON_GetObjectItem(ground, "queue"));
	cJSON_Delete(ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mkfs_commands),
		cmocka_unit_test(mount_options),
		cmocka_unit_test(keys_and_who_has_them),
		cmocka_unit_test(raw_steps),
		cmocka_unit_test_setup_teardown(settings_and_back, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(write_cache_of_the_disk, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(settings_that_do_not_hold, make_folder,
						remove_folder),
		cmocka_unit_test(active_words),
		cmocka_unit_test(helpers),
		cmocka_unit_test(facts_of_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
