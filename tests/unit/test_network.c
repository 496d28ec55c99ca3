/* SPDX-License-Identifier: MIT */
/* Which NIC a link means, what a DHCP client tells, and the kernel's word on links and addresses in
 * a namespace of our own. */
#include "tests/unit/test.h"

#include "init/network/plumbing.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings settings;
static char why[WHY_ROOM];

/* ---- which NIC ---- */

static const struct machine machine = {
	.link = { { "eth0", "52:54:00:00:00:0a", "e1000", "", "0000:00:02.0" },
		  { "eth1", "52:54:00:00:00:0b", "virtio_net", "", "0000:00:03.0" },
		  { "eth2", "52:54:00:00:00:0c", "e1000", "", "0000:00:04.0" } },
	.link_count = 3,
};

static const struct {
	const char *words, *boot_mac;
	size_t index;
	const char *names; /* of the NICs; NULL: the reason is in `reason` */
	const char *reason;
} choices[] = {
	{ "", "", 0, "eth0 eth1 eth2 ", NULL },
	{ "", "52:54:00:00:00:0C", 0, "eth2 ", NULL },
	{ "", "52:54:00:00:00:0f", 0, "eth0 eth1 eth2 ", NULL },
	{ "nic=mac:52:54:00:00:00:0b", "52:54:00:00:00:0c", 0, "eth1 ", NULL },
	{ "nic=eth0", "", 0, "eth0 ", NULL },
	{ "nic=pci:00:04.0", "", 0, "eth2 ", NULL },
	{ "nic=driver:e1000", "", 0, "eth0 eth2 ", NULL },
	{ "net.1.nic=eth0", "", 0, "eth1 eth2 ", NULL },
	{ "net.1.nic=eth0", "", 1, "eth0 ", NULL },
	{ "nic=driver:e1000 net.1.nic=eth0", "", 0, "eth2 ", NULL },
	{ "net.bond=balance-rr nic=driver:e1000,driver:e1000", "", 0, "eth0 eth2 ", NULL },
	{ "net.bond=balance-rr nic=eth2,eth1", "", 0, "eth2 eth1 ", NULL },
	{ "net.bond=balance-rr nic=eth0,driver:e1000", "", 0, "eth0 eth2 ", NULL },
	{ "nic=eth3", "", 0, NULL,
	  "no NIC is eth3; this machine has eth0 52:54:00:00:00:0a (e1000 at 0000:00:02.0), eth1" },
	{ "nic=mac:52:54:00:00:00:0d", "", 0, NULL, "no NIC is mac:52:54:00:00:00:0d; this" },
	{ "nic=driver:igb", "", 0, NULL, "no NIC is driver:igb; this machine has" },
	{ "net.bond=balance-rr nic=driver:virtio_net,driver:virtio_net", "", 0, NULL,
	  "no NIC is driver:virtio_net" },
	{ "net.1.nic=eth0 net.2.nic=eth1 net.3.nic=eth2", "", 0, NULL, "every NIC is another" },
};

static void choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		const struct link *nic[MAX_LINKS];
		char words[256], names[64] = "";
		size_t count;
		int err;

		memset(&settings, 0, sizeof(settings));
		snprintf(words, sizeof(words), "%s", choices[i].words);
		CHECK_ROW(i, why, !configure(&settings, words, FROM_USER, why, sizeof(why)));
		err = wish_match(settings.wish, choices[i].index, &machine, choices[i].boot_mac,
				 nic, &count, why, sizeof(why));
		CHECK_ROW(i, choices[i].words, err == (choices[i].names ? 0 : -ENODEV));
		CHECK_ROW(i, why, !err || strstr(why, choices[i].reason));
		for (size_t k = 0; !err && k < count; k++)
			strcat(strcat(names, nic[k]->name), " ");
		CHECK_ROW(i, names, err || !strcmp(names, choices[i].names));
	}
}

static void no_nic(void **state)
{
	static const struct machine none;
	const struct link *nic[MAX_LINKS];
	char words[] = "";
	size_t count;

	(void)state;
	memset(&settings, 0, sizeof(settings));
	assert_int_equal(configure(&settings, words, FROM_USER, why, sizeof(why)), 0);
	assert_int_equal(wish_match(settings.wish, 0, &none, "", nic, &count, why, sizeof(why)),
			 -ENODEV);
	assert_string_equal(why, "no NIC that a driver knows");
}

/* ---- what the client tells ---- */

static const struct {
	const char *line, *address;
	uint64_t seconds;
	int err;
	enum lease_event event;
} lines[] = {
	{ "bound 12.34 ip=198.18.0.50/24 router=198.18.0.1 lease=3600 server=198.18.0.1",
	  "198.18.0.50/24", 3600, 0, LEASE_BOUND },
	{ "renew 99 ip=198.18.0.50/8 router= lease=4294967295 server=", "198.18.0.50/8", 4294967295,
	  0, LEASE_RENEWED },
	{ "deconfig 1.00", "", 0, 0, LEASE_BEGUN },
	{ "nak 1.00", "", 0, 0, LEASE_REFUSED },
	{ "leasefail 1.00", "", 0, 0, LEASE_UNANSWERED },
	{ "", "", 0, -EINVAL, 0 },
	{ "bound", "", 0, -EINVAL, 0 },
	{ "bound 12.34", "", 0, -EINVAL, 0 },
	{ "bound x ip=198.18.0.50/24", "", 0, -EINVAL, 0 },
	{ "bound -1 ip=198.18.0.50/24", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=/24 router=198.18.0.1", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=198.18.0.50/33", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=2001:db8::1/64", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=198.18.0.50/24 router=x", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=198.18.0.50/24 lease=-1", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=198.18.0.50/24 what=ever", "", 0, -EINVAL, 0 },
	{ "bound 1 ip=198.18.0.50/24 word", "", 0, -EINVAL, 0 },
	{ "bund 1 ip=198.18.0.50/24", "", 0, -EINVAL, 0 },
	{ "bound=1 1 ip=198.18.0.50/24", "", 0, -EINVAL, 0 },
};

static void lease_lines(void **state)
{
	char line[300];
	struct lease lease;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		char text[PREFIX_TEXT] = "";

		CHECK_ROW(i, lines[i].line, lease_parse(lines[i].line, &lease) == lines[i].err);
		if (lines[i].err)
			continue;
		if (lease.address.family)
			prefix_format(&lease.address, text);
		CHECK_ROW(i, text, !strcmp(text, lines[i].address));
		CHECK_ROW(i, lines[i].line, lease.event == lines[i].event);
		CHECK_ROW(i, lines[i].line, lease.seconds == lines[i].seconds);
	}
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(lease_parse(line, &lease), -EINVAL);
}

/* ---- the wall clock ---- */

static void clock_set(void **state)
{
	static const struct {
		const char *log, *device;
	} logs[] = {
		{ "<6>[    0.1] a\n<6>[    1.234567] rtc_cmos 00:04: setting system clock to "
		  "2026-11-23T00:52:10 UTC (1795395130)\n<6>[    2.0] b\n",
		  "rtc_cmos 00:04" },
		{ "<6>[1.234567] r: setting system clock to x (1795395130)", "r" },
		{ "", NULL },
		{ "<6>[    1.2] r: setting system clock", NULL },
		{ "<6>[    1.2] r: setting system clock to 2026 UTC", NULL },
		{ "<6>[    1.2] r: setting system clock to 2026 UTC (x)", NULL },
		{ ": setting system clock to (1)", NULL },
		{ "<6>[x] r: setting system clock to (1)", NULL },
		{ "<6>[1.2] a device with a name that is too long: setting system clock to (1)",
		  NULL },
	};
	struct clock_set set;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(logs); i++) {
		bool found = clock_find_set(logs[i].log, &set);

		CHECK_ROW(i, logs[i].log, found == !!logs[i].device);
		if (!found)
			continue;
		CHECK_ROW(i, set.device, !strcmp(set.device, logs[i].device));
		CHECK_ROW(i, logs[i].log, set.epoch_s == 1795395130 && set.at_s == 1.234567);
	}
}

/* ---- the kernel ---- */

static bool run(const char *command)
{
	return system(command) == 0;
}

static bool enter_namespace(void)
{
	char map[40];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)getuid());
	if (unshare(CLONE_NEWNET) &&
	    (unshare(CLONE_NEWUSER | CLONE_NEWNET) || file_write("/proc/self/uid_map", map)))
		return false;
	return run("ip link add here type veth peer name there 2> /dev/null");
}

static struct own_address find(const char *device, const char *address)
{
	struct own_address own[16];
	size_t count = addresses_read(device, own, COUNT_OF(own));
	struct prefix wanted;

	assert_int_equal(prefix_parse(address, &wanted), 0);
	for (size_t i = 0; i < count; i++)
		if (own[i].prefix.family == wanted.family && own[i].prefix.bits == wanted.bits &&
		    !memcmp(own[i].prefix.bytes, wanted.bytes, 16))
			return own[i];
	return (struct own_address){ 0 };
}

static struct prefix prefix_of(const char *in)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(in, &prefix), 0);
	return prefix;
}

static void await_verdict(int events, const char *address, uint32_t flags)
{
	uint64_t until_ns = clock_raw_ns() + 10000000000u;

	while ((find("here", address).flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != flags &&
	       clock_raw_ns() < until_ns)
		link_events_wait(events, clock_raw_ns() + 100000000u);
	assert_int_equal(find("here", address).flags & IFA_F_DADFAILED, flags & IFA_F_DADFAILED);
}

static void kernels_word(void **state)
{
	struct prefix v4 = prefix_of("198.18.0.9/24"), v6 = prefix_of("2001:db8::9/64"),
		      taken = prefix_of("2001:db8::8/64"), router = prefix_of("198.18.0.1/32");
	struct own_address nothing;
	unsigned least, most;
	int events;

	(void)state;
	if (!enter_namespace()) {
		print_message("no namespace or no veth here\n");
		skip();
	}
	assert_true(run("ip addr add 2001:db8::8/64 dev there nodad; ip link set there up"));
	events = link_events_open();
	assert_true(events >= 0);
	assert_int_equal(link_set_mtu("here", 9000), 0);
	assert_int_equal(link_mtu_bounds("here", &least, &most), 0);
	assert_true(least == 68 && most == 65535);
	assert_int_equal(link_set_mtu("here", 67), -EINVAL);
	assert_int_equal(link_set_up("here", true), 0);
	assert_int_equal(link_set_up("nowhere", true), -ENODEV);
	assert_int_equal(route_add_default("here", &router), -ENETUNREACH);
	assert_int_equal(address_add("here", &v4), 0);
	assert_int_equal(address_add("here", &v4), 0); /* it has it: no error */
	assert_int_equal(route_add_default("here", &router), 0);
	assert_int_equal(address_add("here", &v6), 0);
	assert_int_equal(address_add("here", &taken), 0);
	assert_int_equal(find("here", "198.18.0.9/24").valid_seconds, UINT32_MAX);
	await_verdict(events, "2001:db8::9/64", 0);
	await_verdict(events, "2001:db8::8/64", IFA_F_TENTATIVE | IFA_F_DADFAILED);
	assert_int_equal(address_remove("here", &v4), 0);
	assert_int_equal(find("here", "198.18.0.9/24").prefix.family, 0);
	assert_int_equal(addresses_read("nowhere", &nothing, 1), 0);
	close(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice),	cmocka_unit_test(no_nic),
		cmocka_unit_test(lease_lines),	cmocka_unit_test(clock_set),
		cmocka_unit_test(kernels_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
