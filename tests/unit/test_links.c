/* SPDX-License-Identifier: MIT */
/* Words about links: every legal form, every hostile one with its line, and what a loader says. */
#include "tests/unit/test.h"

#include "init/init.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct settings settings;
static char why[WHY_ROOM];

static int with_words(const char *words)
{
	char copy[1024];

	memset(&settings, 0, sizeof(settings));
	why[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", words);
	return configure(&settings, copy, FROM_KERNEL, why, sizeof(why));
}

static const struct {
	const char *words, *line; /* line: a part of the refusal; NULL: legal */
} rows[] = {
	{ "assay.ip=dhcp", NULL },
	{ "assay.ip=none", NULL },
	{ "assay.net.address=slaac", NULL },
	{ "assay.net.address=dhcp,slaac", NULL },
	{ "assay.ip=198.18.0.1/24 assay.gateway=198.18.0.254", NULL },
	{ "assay.ip=198.18.0.0/31", NULL },
	{ "assay.ip=198.18.0.1/32", NULL },
	{ "assay.net.address=198.18.0.1/24,2001:db8::1/64 "
	  "assay.net.gateway=198.18.0.2,fe80::2",
	  NULL },
	{ "assay.net.address=2001:db8::1/128", NULL },
	{ "assay.nic=eth0", NULL },
	{ "assay.net.nic=name:eth0", NULL },
	{ "assay.net.nic=mac:52:54:00:12:34:56", NULL },
	{ "assay.net.nic=mac:52-54-00-AB-cd-EF", NULL },
	{ "assay.net.nic=pci:0000:00:03.0", NULL },
	{ "assay.net.nic=pci:3f:1f.7", NULL },
	{ "assay.net.nic=driver:virtio_net", NULL },
	{ "assay.net.vlan=100 assay.net.mtu=9000", NULL },
	{ "assay.net.bond=active-backup assay.net.nic=eth0,eth1", NULL },
	{ "assay.net.1.nic=mac:52:54:00:12:34:56 assay.net.1.address=198.18.1.1/24 "
	  "assay.net.1.peer=198.18.1.2",
	  NULL },
	{ "assay.net.nic=eth0 assay.net.7.nic=eth0 assay.net.7.vlan=7", NULL },
	{ "assay.net.bond=802.3ad assay.net.nic=driver:e1000,driver:e1000", NULL },

	{ "assay.net.1.peer=198.18.1.2", "net.1: which NIC? expected net.1.nic=mac:" },
	{ "assay.ip=", "out of range; expected a text from 1 to 150" },
	{ "assay.ip=198.18.0.1", "'198.18.0.1' is no address; expected dhcp, slaac, none" },
	{ "assay.ip=198.18.0.1/", "is no address" },
	{ "assay.ip=198.18.0.1/0", "out of range in its BITS" },
	{ "assay.ip=198.18.0.1/33", "out of range in its BITS" },
	{ "assay.ip=198.18.0.1/-1", "is no address" },
	{ "assay.ip=198.18.0.1/24/24", "is no address" },
	{ "assay.ip=198.18.0.1/99999999999999999999", "is no address" },
	{ "assay.ip=198.18.0/24", "is no address" },
	{ "assay.ip=198.18.0.256/24", "is no address" },
	{ "assay.ip=198.18.0.0/24", "198.18.0.0/24 is the network itself" },
	{ "assay.ip=198.18.0.255/24", "is the network's broadcast address" },
	{ "assay.ip=0.0.0.1/24", "no address of a single machine" },
	{ "assay.ip=127.0.0.1/8", "no address of a single machine" },
	{ "assay.ip=224.0.0.1/24", "no address of a single machine" },
	{ "assay.ip=255.255.255.255/32", "no address of a single machine" },
	{ "assay.ip=::/64", "no address of a single machine" },
	{ "assay.ip=::1/128", "no address of a single machine" },
	{ "assay.ip=ff02::1/64", "no address of a single machine" },
	{ "assay.ip=::ffff:198.18.0.1/96", "no address of a single machine" },
	{ "assay.ip=fe80::1/64", "which the kernel makes itself" },
	{ "assay.ip=2001:db8::/64", "the routers' anycast address" },
	{ "assay.ip=2001:db8::1/129", "out of range in its BITS" },
	{ "assay.ip=2001:db8::1%eth0/64", "is no address" },
	{ "assay.ip=2001:db8::1::2/64", "is no address" },
	{ "assay.ip=11111111111111111111111111111111111111111111111111/24", "is no address" },
	{ "assay.ip=dhcp,none", "none, and something" },
	{ "assay.ip=,", "'' is no address" },
	{ "assay.ip=198.18.0.1/24,", "'' is no address" },
	{ "assay.ip=198.18.0.1/24,198.18.0.1/16", "198.18.0.1/16 twice" },
	{ "assay.ip=1.0.0.1/8,1.0.0.2/8,1.0.0.3/8,1.0.0.4/8,1.0.0.5/8", "more than 4 addresses" },
	{ "assay.ip=198.18.0.1/24 assay.gateway=198.18.1.1", "is in no network of net.address" },
	{ "assay.ip=198.18.0.1/24 assay.gateway=198.18.0.1", "is our own address" },
	{ "assay.ip=198.18.0.1/24 assay.gateway=fe80::1", "without an address of its kind" },
	{ "assay.gateway=198.18.0.1", "without an address of its kind" },
	{ "assay.ip=198.18.0.1/24 assay.gateway=router", "'router' is no address; expected" },
	{ "assay.ip=198.18.0.1/24 assay.gateway=198.18.0.2,198.18.0.3", "more than one of a kind" },
	{ "assay.nic=mac:", "names no NIC; expected mac:AA:BB:CC:DD:EE:FF" },
	{ "assay.nic=mac:52:54:00:12:34", "names no NIC" },
	{ "assay.nic=mac:52:54:00:12:34:5g", "names no NIC" },
	{ "assay.nic=mac:52:54:00:12:34:567", "names no NIC" },
	{ "assay.nic=mac:01:00:5e:00:00:01", "names no NIC" },
	{ "assay.nic=pci:0000:00:03", "names no NIC" },
	{ "assay.nic=pci:00.03.0", "names no NIC" },
	{ "assay.nic=driver:", "names no NIC" },
	{ "assay.nic=../../etc/passwd", "names no NIC" },
	{ "assay.nic=eth0/eth1", "names no NIC" },
	{ "assay.nic=a_name_that_is_long", "names no NIC" },
	{ "assay.nic=52:54:00:12:34:56", "names no NIC" },
	{ "assay.nic=eth0,", "'' names no NIC" },
	{ "assay.nic=eth0,eth0", "eth0 twice" },
	{ "assay.nic=a,b,c,d,e", "more than 4 NICs" },
	{ "assay.nic=eth0,eth1", "net.bond does not say how they are one link" },
	{ "assay.net.bond=active-backup", "wants two NICs or more" },
	{ "assay.net.bond=lacp assay.nic=eth0,eth1", "expected one of none|active-backup|802.3ad" },
	{ "assay.net.vlan=4095", "out of range; expected a whole number from 0 to 4094" },
	{ "assay.net.vlan=-1", "not of the form" },
	{ "assay.net.mtu=67", "mtu=67: out of range; expected 68 to 65535" },
	{ "assay.net.mtu=65536", "out of range" },
	{ "assay.net.mtu=576 assay.ip=2001:db8::1/64", "IPv6 wants 1280 or more" },
	{ "assay.net.adress=dhcp", "adress: unknown setting; known here: nic, address" },
	{ "assay.net.1.adress=dhcp", "adress: unknown setting; known here: nic, address" },
	{ "assay.net.0.nic=eth0", "net.0.nic: no such link; expected net.1 to net.7" },
	{ "assay.net.8.nic=eth0", "net.8.nic: no such link" },
	{ "assay.net.10.nic=eth0", "net.10.nic: no such link" },
	{ "assay.net.1=eth0", "net.1: no such link" },
	{ "assay.net.1.=eth0", "unknown setting" },
	{ "assay.net.1.nic.x=eth0", "unknown setting" },
	{ "assay.net.1.address=dhcp", "net.1: which NIC? expected net.1.nic=mac:" },
	{ "assay.net.nic=eth0 assay.net.1.nic=eth0", "net and net.1 name the same NIC" },
	{ "assay.net.2.nic=eth1 assay.net.2.vlan=9 assay.net.1.nic=eth1 assay.net.1.vlan=9",
	  "net.1 and net.2 name the same NIC" },
	{ "assay.ip=198.18.0.1/24 assay.net.1.nic=eth1 assay.net.1.address=198.18.0.1/24",
	  "net and net.1 name the same address" },
	{ "assay.peer=find assay.net.1.nic=eth1 assay.net.1.peer=198.18.1.1",
	  "net.N.peer beside peer=find" },
	{ "assay.net.peer=198.18.0.1", "for link 0 it is assay.peer" },
};

static void words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int err = with_words(rows[i].words);

		CHECK_ROW(i, rows[i].words, !err == !rows[i].line);
		if (rows[i].line && !strstr(why, rows[i].line))
			fail_msg("row %zu (%s): '%s' is not in '%s'", i, rows[i].words,
				 rows[i].line, why);
		CHECK_ROW(i, why, !strchr(why, '\n'));
	}
}

static void structs(void **state)
{
	char text[PREFIX_TEXT];
	const struct wish *wish = &settings.wish[0];

	(void)state;
	assert_int_equal(with_words("assay.net.nic=mac:52-54-00-AB-cd-EF,pci:3F:1f.7 "
				    "assay.net.bond=802.3ad assay.net.vlan=100 assay.net.mtu=9000 "
				    "assay.net.address=slaac,198.18.0.1/15,2001:DB8::1/64 "
				    "assay.net.gateway=2001:db8::2"),
			 0);
	assert_int_equal(wish->nic_count, 2);
	assert_int_equal(wish->nic[0].by, NIC_BY_MAC);
	assert_string_equal(wish->nic[0].text, "52:54:00:ab:cd:ef");
	assert_string_equal(wish->nic[1].text, "0000:3f:1f.7");
	assert_int_equal(wish->bond, BOND_802_3AD);
	assert_int_equal(wish->vlan, 100);
	assert_int_equal(wish->mtu, 9000);
	assert_true(wish->slaac);
	assert_false(wish->dhcp);
	assert_int_equal(wish->address_count, 2);
	prefix_format(&wish->address[0], text);
	assert_string_equal(text, "198.18.0.1/15");
	prefix_format(&wish->address[1], text);
	assert_string_equal(text, "2001:db8::1/64");
	prefix_address(&wish->gateway[0], text);
	assert_string_equal(text, "2001:db8::2");
	assert_false(settings.wish[1].said);
	/* What is said again replaces what was said. */
	assert_int_equal(with_words("assay.ip=198.18.0.1/24 assay.net.address=none"), 0);
	assert_false(wish_wants_address(wish));
	assert_int_equal(with_words(""), 0);
	assert_true(wish->dhcp && !wish->slaac && !wish->address_count && !wish->nic_count);
}

/* The plan quick has three network steps, all for the one partner; a further link has them again. */
static void further_steps(void **state)
{
	static struct machine machine;
	static struct plan plan;
	static struct network network[WISHES];
	size_t before;

	(void)state;
	assert_int_equal(with_words("assay.plan=quick assay.peer=198.18.0.2 assay.net.1.nic=eth1 "
				    "assay.net.1.peer=198.18.1.2 assay.net.2.nic=eth2 "
				    "assay.net.2.peer=198.18.2.2 assay.net.3.nic=eth3"),
			 0);
	network[0].up = network[1].up = network[3].up = true;
	strcpy(network[2].why_not, "no link on eth2 within 10 s");
	plan_make(&plan, &settings, &machine, &network[0]);
	before = plan.count;
	plan_add_further(&plan, &settings, &network[1]);
	assert_int_equal(plan.count, before + 6);
	assert_string_equal(plan.step[before].name, "net.ping via net.1");
	assert_string_equal(plan.step[before].target, "198.18.1.2");
	assert_string_equal(plan.step[before + 1].id, "s9");
	assert_string_equal(plan.step[before + 3].name, "net.ping via net.2");
	assert_string_equal(plan.step[before + 3].skip,
			    "no network: net.2: no link on eth2 within 10 s");
}

static void loaders_nic(void **state)
{
	static const struct {
		const char *line, *mac; /* NULL: none */
	} lines[] = {
		{ "quiet BOOTIF=01-52-54-00-12-34-5E x=1", "52:54:00:12:34:5e" },
		{ "BOOTIF=52:54:00:12:34:56", "52:54:00:12:34:56" },
		{ "BOOTIF=52-54-00-12-34-56\n", "52:54:00:12:34:56" },
		{ "BOOTIF=01-02-54-00-12-34-56", "02:54:00:12:34:56" },
		{ "BOOTIF=01-02-54-00-12-34", "01:02:54:00:12:34" },
		{ "", NULL },
		{ "BOOTIF=", NULL },
		{ "NOBOOTIF=01-52-54-00-12-34-56", NULL },
		{ "BOOTIF=01-52-54-00-12-34-5", NULL },
		{ "BOOTIF=01-52-54-00-12-34-567", NULL },
		{ "BOOTIF=01-52-54-00-12-34-5x", NULL },
		{ "BOOTIF=20-80-00-02-08-fe-80-00-00-00-00-00-00-52-54-00-03-00-12-34-56", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		char mac[18] = "";
		bool said = loader_nic(lines[i].line, mac);

		CHECK_ROW(i, lines[i].line, said == !!lines[i].mac);
		CHECK_ROW(i, mac, !said || !strcmp(mac, lines[i].mac));
	}
}

static void loaders_address(void **state)
{
	static const struct {
		const char *line, *address, *gateway;
		int err;
	} lines[] = {
		{ "ip=198.18.0.50:198.18.0.1:198.18.0.2:255.255.255.0 BOOTIF=x", "198.18.0.50/24",
		  "198.18.0.2", 0 },
		{ "a ip=198.18.0.50:198.18.0.1::255.254.0.0", "198.18.0.50/15", "", 0 },
		{ "ip=198.18.0.50:198.18.0.1:0.0.0.0:255.255.255.255", "198.18.0.50/32", "", 0 },
		{ "ip=198.18.0.5::198.18.0.1:255.255.255.0:host:eth0:off", "198.18.0.5/24",
		  "198.18.0.1", 0 },
		{ "", "", "", -ENOENT },
		{ "assay.ip=198.18.0.5/24", "", "", -ENOENT },
		{ "ip=dhcp", "", "", -ENOENT },
		{ "ip=dhcp6", "", "", -ENOENT },
		{ "ip=off", "", "", -ENOENT },
		{ "ip=::::", "", "", -ENOENT },
		{ "ip=:::::eth0:dhcp", "", "", -ENOENT },
		{ "ip=0.0.0.0:0.0.0.0:0.0.0.0:255.0.0.0", "", "", -ENOENT },
		{ "ip=198.18.0.50", "", "", -EINVAL },
		{ "ip=198.18.0.50:::255.0.255.0", "", "", -EINVAL },
		{ "ip=198.18.0.50:::0.0.0.0", "", "", -EINVAL },
		{ "ip=198.18.0.500:::255.255.255.0", "", "", -EINVAL },
		{ "ip=198.18.0.50::x:255.255.255.0", "", "", -EINVAL },
		{ "ip=111.111.111.111111111111111111111:::", "", "", -EINVAL },
		{ "ip=[2001:db8::1]:::64", "", "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct prefix address, gateway;
		char text[PREFIX_TEXT] = "", router[PREFIX_TEXT] = "";

		CHECK_ROW(i, lines[i].line,
			  loader_address(lines[i].line, &address, &gateway) == lines[i].err);
		if (lines[i].err)
			continue;
		prefix_format(&address, text);
		if (gateway.family)
			prefix_address(&gateway, router);
		CHECK_ROW(i, text, !strcmp(text, lines[i].address));
		CHECK_ROW(i, router, !strcmp(router, lines[i].gateway));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),	   cmocka_unit_test(structs),
		cmocka_unit_test(further_steps),   cmocka_unit_test(loaders_nic),
		cmocka_unit_test(loaders_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
