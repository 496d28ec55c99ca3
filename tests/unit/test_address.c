/* SPDX-License-Identifier: MIT */
/* Addresses before they are used: the kernel's table of IPv6 addresses, and an address conflict on
 * a made-up wire (a veth pair in a namespace of its own). */
#include "tests/unit/test.h"

#include "init/init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char lo[] = "00000000000000000000000000000001 01 80 10 80       lo\n";
#define LINE(flags, name) "fe80000000000000505400fffe00000a 02 40 20 " flags "     " name "\n"

static const struct {
	const char *table, *address;
	int err;
} rows[] = {
	{ "", "", -ENOENT },
	{ lo, "", -ENOENT },
	{ LINE("80", "eth0"), "fe80::5054:ff:fe00:a%eth0", 0 },
	{ LINE("c0", "eth0"), "", -EAGAIN },	 /* tentative */
	{ LINE("c8", "eth0"), "", -EADDRINUSE }, /* another has it */
	{ LINE("80", "eth1"), "", -ENOENT },
	{ LINE("80", "eth01"), "", -ENOENT },
	{ LINE("80", "eth1") LINE("80", "eth0"), "fe80::5054:ff:fe00:a%eth0", 0 },
	{ "20010db8000000000000000000000001 02 40 00 80     eth0\n" LINE("80", "eth0"),
	  "fe80::5054:ff:fe00:a%eth0", 0 },
	{ "fe80 02 40 20 80     eth0\n", "", -ENOENT },
	{ "nonsense\n\n\n", "", -ENOENT },
	{ "fe80000000000000505400fffe00000a 02 40", "", -ENOENT },
};

static void link_local_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char out[64] = "";

		CHECK_ROW(i, rows[i].table,
			  link_local_find(rows[i].table, "eth0", out, sizeof(out)) == rows[i].err);
		CHECK_ROW(i, out, !strcmp(out, rows[i].address));
	}
}

static bool run(const char *command)
{
	return system(command) == 0;
}

/* As root, or as an ordinary user where that may make namespaces. */
static bool enter_namespace(void)
{
	char map[40];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)getuid());
	if (unshare(CLONE_NEWNET) &&
	    (unshare(CLONE_NEWUSER | CLONE_NEWNET) || file_write("/proc/self/uid_map", map)))
		return false;
	return run("ip link add here type veth peer name there 2> /dev/null") &&
	       run("ip link set here address 02:00:00:00:00:01 && ip link set here up") &&
	       run("ip link set there address 02:00:00:00:00:02 && ip link set there up") &&
	       run("ip addr add 198.18.0.9/24 dev there");
}

static void conflict(void **state)
{
	static const char own[] = "02:00:00:00:00:01";
	struct in_addr taken, free_one;
	char why[WHY_ROOM] = "", at[64];

	(void)state;
	if (!enter_namespace()) {
		print_message("no namespace or no veth here\n");
		skip();
	}
	inet_pton(AF_INET, "198.18.0.9", &taken);
	inet_pton(AF_INET, "198.18.0.10", &free_one);
	assert_int_equal(address_check_free("here", own, free_one, why, sizeof(why)), 0);
	assert_int_equal(address_check_free("here", own, taken, why, sizeof(why)), -EADDRINUSE);
	assert_string_equal(why, "address 198.18.0.9 is in use by 02:00:00:00:00:02");
	/* Our own address is not a conflict. */
	assert_int_equal(address_check_free("here", "02:00:00:00:00:02", taken, why, sizeof(why)),
			 0);
	assert_int_equal(link_local_await("here", 10, at, sizeof(at), why, sizeof(why)), 0);
	assert_string_equal(at, "fe80::ff:fe00:1%here");
	assert_true(run("ip link set here down"));
	assert_int_equal(address_check_free("here", own, free_one, why, sizeof(why)), -ENETDOWN);
	assert_int_equal(link_local_await("here", 0.1, at, sizeof(at), why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "no IPv6 link-local address on here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_local_table),
		cmocka_unit_test(conflict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
