/* SPDX-License-Identifier: MIT */
/* A device named by its path and size: what is whole, and when it is the only name there is. */
#include "tests/unit/test.h"

#include "init/guard/guard.h"

#include <errno.h>
#include <string.h>

static void paths(void **state)
{
	static const char *const wrong[] = {
		"path:",
		"path:/dev/loop0",
		"path:/dev/loop0:",
		"path:/dev/loop0:0",
		"path:loop0:67108864",
		"path::67108864",
		"path:/dev/loop0:x",
		"/dev/loop0:67108864",
		"serial:/dev/loop0:67108864",
		"path:/dev/l 0:64M",
		"path:/dev/loop0:-1",
		"Path:/dev/loop0:64M",
		"path:/dev/loop0:1k:",
	};
	struct naming naming;
	char why[WHY_ROOM], longest[400] = "path:/";

	(void)state;
	assert_int_equal(naming_read_path(&naming, "path:/dev/loop0:64M", why, sizeof(why)), 0);
	assert_string_equal(naming.name, "/dev/loop0");
	assert_int_equal(naming.bytes, 64 << 20);
	assert_int_equal(naming_read_path(&naming, "path:/dev/a:b:512", why, sizeof(why)), 0);
	assert_string_equal(naming.name, "/dev/a:b");
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_int_equal(naming_read_path(&naming, wrong[i], why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "expected path:/dev/NAME:BYTES"));
	}
	memset(longest + 6, 'x', 300);
	strcpy(longest + 306, ":512");
	assert_int_equal(naming_read_path(&naming, longest, why, sizeof(why)), -EINVAL);
	/* The image takes none: scratch=path:... is refused, and nothing answers to it. */
	assert_false(naming_is_meant("path:/dev/loop0:64M"));
	assert_int_equal(naming_read(&naming, "path:/dev/loop0:64M", "", why, sizeof(why)),
			 -EINVAL);
}

/* What a command says when it is given a path. */
static void names_for_a_path(void **state)
{
	static const struct {
		struct block block;
		const char *name;
	} rows[] = {
		{ { .name = "vda", .disk = "vda", .serial = "S1" }, "serial:S1:512" },
		{ { .name = "vda", .disk = "vda", .serial = "S1", .wwid = "naa.5" },
		  "serial:S1:512" },
		{ { .name = "vda", .disk = "vda", .wwid = "naa.5" }, "wwn:naa.5:512" },
		{ { .name = "vda1", .disk = "vda", .serial = "S1", .partition_name = "p" },
		  "partition:p" },
		{ { .name = "loop0p1", .disk = "loop0", .partition_name = "p" }, "partition:p" },
		/* Its disk has a name, and it has none. */
		{ { .name = "vda1", .disk = "vda", .serial = "S1" }, "" },
		{ { .name = "vda1", .disk = "vda", .wwid = "naa.5" }, "" },
		{ { .name = "loop0", .disk = "loop0" }, "path:/dev/it:512" },
		{ { .name = "loop0p1", .disk = "loop0" }, "path:/dev/it:512" },
	};
	char line[200];
	struct text text;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct block block = rows[i].block;

		block.bytes = 512;
		text_begin(&text, line, sizeof(line));
		naming_of_path(&block, "/dev/it", &text);
		assert_string_equal(line, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(names_for_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
