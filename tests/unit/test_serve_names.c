/* SPDX-License-Identifier: MIT */
/* What `assay serve` reads: URLs, ranges, MAC addresses, the fleet file, boot scripts, the kernel's
 * tables, dnsmasq's log. Tables of hostile cases. */
#include "tests/unit/test.h"

#include "lab/serve/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ID "20260131-120000-00112233445566778899aabbccddeeff"

static const struct {
	const char *url;
	int err;
	enum resource_kind kind;
	const char *name; /* of a run's file, or the tree's path */
	unsigned first;
} urls[] = {
	{ "/", 0, RESOURCE_STATUS },
	{ "/assay.efi", 0, RESOURCE_TREE, "assay.efi" },
	{ "/bios/pxelinux.cfg/01-52-54-00-12-34-56", 0, RESOURCE_TREE,
	  "bios/pxelinux.cfg/01-52-54-00-12-34-56" },
	{ "", -EINVAL },
	{ "assay.efi", -EINVAL },
	{ "*", -EINVAL },
	{ "http://elsewhere/assay.efi", -EINVAL },
	{ "//etc/passwd", -EINVAL },
	{ "/..", -EINVAL },
	{ "/../etc/passwd", -EINVAL },
	{ "/bios/../../etc/passwd", -EINVAL },
	{ "/bios/./x", -EINVAL },
	{ "/bios//x", -EINVAL },
	{ "/bios/", -EINVAL },
	{ "/.serve/dnsmasq.conf", -EINVAL },
	{ "/bios/.hidden", -EINVAL },
	{ "/%2e%2e/etc/passwd", -EINVAL },
	{ "/a%00b", -EINVAL },
	{ "/a\\..\\b", -EINVAL },
	{ "/a b", -EINVAL },
	{ "/a\nb", -EINVAL },
	{ "/a\x80", -EINVAL },
	{ "/runs/" ID "/summary.txt", 0, RESOURCE_FILE, "summary.txt" },
	{ "/runs/" ID "/s2-iozone.xls", 0, RESOURCE_FILE, "s2-iozone.xls" },
	{ "/runs/" ID "/records/0", 0, RESOURCE_RECORDS, "", 0 },
	{ "/runs/" ID "/records/4294967295", 0, RESOURCE_RECORDS, "", 4294967295u },
	{ "/runs/" ID "/records/4294967296", -EINVAL },
	{ "/runs/" ID "/records/00000000000000000001", -EINVAL },
	{ "/runs/" ID "/records/-1", -EINVAL },
	{ "/runs/" ID "/records/1/2", -EINVAL },
	{ "/runs/" ID "/records/x", -EINVAL },
	{ "/runs/" ID "/records", -EPERM },
	{ "/runs/" ID "/journal.jsonl", -EPERM },
	{ "/runs/" ID "/journal.sha256", -EPERM },
	{ "/runs/" ID "/collect.json", -EPERM },
	{ "/runs/" ID "/payload.json", -EPERM },
	{ "/runs/" ID "/console.log", -EPERM },
	{ "/runs/" ID "/sub/file", -EINVAL },
	{ "/runs/" ID "/-rf", -EINVAL },
	{ "/runs/" ID "/a:b", -EINVAL },
	{ "/runs/" ID "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  -EINVAL },
	{ "/runs/" ID, -EINVAL },
	{ "/runs/" ID "/", -EINVAL },
	{ "/runs/latest/summary.txt", -EINVAL },
	{ "/runs/20260131-120000-00112233445566778899AABBCCDDEEFF/x", -EINVAL },
	{ "/runs/20260131-120000-00112233445566778899aabbccddee/x", -EINVAL },
	{ "/runs/" ID "0/x", -EINVAL },
	{ "/runs/x", -EINVAL },
};

static void urls_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct resource out;
		char why[WHY_ROOM] = "";

		CHECK_ROW(i, urls[i].url,
			  resource_parse(urls[i].url, &out, why, sizeof(why)) == urls[i].err);
		if (urls[i].err) {
			CHECK_ROW(i, urls[i].url, why[0]);
			continue;
		}
		CHECK_ROW(i, urls[i].url, out.kind == urls[i].kind);
		CHECK_ROW(i, urls[i].url, out.first == urls[i].first);
		if (out.kind == RESOURCE_TREE)
			CHECK_ROW(i, urls[i].url, !strcmp(out.path, urls[i].name));
		if (out.kind == RESOURCE_FILE)
			CHECK_ROW(i, urls[i].url,
				  !strcmp(out.name, urls[i].name) && !strcmp(out.run_id, ID));
	}
}

static const struct {
	const char *header;
	uint64_t size;
	bool part;
	int err;
	uint64_t first, bytes;
} ranges[] = {
	{ "bytes=0-499", 1000, true, 0, 0, 500 },
	{ "bytes=500-", 1000, true, 0, 500, 500 },
	{ "bytes=-500", 1000, true, 0, 500, 500 },
	{ "bytes=-5000", 1000, true, 0, 0, 1000 },
	{ "bytes=999-999", 1000, true, 0, 999, 1 },
	{ "bytes=0-18446744073709551615", 1000, false },
	{ "bytes=900-5000", 1000, true, 0, 900, 100 },
	{ "bytes=1000-", 1000, true, -ERANGE },
	{ "bytes=0-", 0, true, -ERANGE },
	{ "bytes=-0", 1000, true, -ERANGE },
	{ "bytes=-", 1000, false },
	{ "bytes=5-4", 1000, false },
	{ "bytes=0-1,5-6", 1000, false }, /* several: the whole is a sound answer */
	{ "bytes=a-b", 1000, false },
	{ "bytes=0x1-2", 1000, false },
	{ "bytes=99999999999999999999-", 1000, false },
	{ "Bytes", 1000, false },
	{ "", 1000, false },
};

static void ranges_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ranges); i++) {
		uint64_t first = 0, bytes = 0;
		int err = 0;

		CHECK_ROW(i, ranges[i].header,
			  range_parse(ranges[i].header, ranges[i].size, &first, &bytes, &err) ==
				  ranges[i].part);
		CHECK_ROW(i, ranges[i].header, err == ranges[i].err);
		if (ranges[i].part && !err)
			CHECK_ROW(i, ranges[i].header,
				  first == ranges[i].first && bytes == ranges[i].bytes);
	}
}

static const struct {
	const char *in, *out;
} macs[] = {
	{ "52:54:00:12:34:56", "52:54:00:12:34:56" },
	{ "01-52-54-00-AB-34-56", "52:54:00:ab:34:56" },
	{ "52-54-00-12-34-56", "52:54:00:12:34:56" },
	{ "52:54:00:12:34", NULL },
	{ "52:54:00:12:34:5g", NULL },
	{ "52:54:00:12:34:567", NULL },
	{ "06-52-54-00-12-34-56", NULL },
	{ "5254.0012.3456", NULL },
	{ "", NULL },
};

static void macs_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(macs); i++) {
		char out[MAC_ROOM] = "";

		CHECK_ROW(i, macs[i].in, mac_read(macs[i].in, out) == !!macs[i].out);
		if (macs[i].out)
			CHECK_ROW(i, macs[i].in, !strcmp(out, macs[i].out));
	}
}

static const char fleet[] = "[default]\nwords = assay.plan=quick\n"
			    "[52:54:00:12:34:56]\nname = one\nwords = assay.plan=storage a=b\n"
			    "[52-54-00-12-34-57]\nname = two\n";
static const struct {
	const char *text, *mac, *name, *words, *why;
} fleets[] = {
	{ fleet, "52:54:00:12:34:56", "one", "assay.plan=storage a=b", NULL },
	{ fleet, "52:54:00:12:34:57", "two", "", NULL },
	{ fleet, "52:54:00:12:34:58", "", "assay.plan=quick", NULL },
	{ fleet, "", "", "assay.plan=quick", NULL },
	{ "", "52:54:00:12:34:56", "", "", NULL },
	/* default last: still only for the others */
	{ "[52:54:00:12:34:56]\nname = one\n[default]\nwords = a\n", "52:54:00:12:34:56", "one", "",
	  NULL },
	{ "[rack]\nwords = a\n", "", "", "", "F:1: [rack]" },
	{ "[default]\nword = a\n", "", "", "", "F:2: word" },
	{ "[default]\nwords = a\x01"
	  "b\n",
	  "", "", "", "F:2: words" },
	{ "words = a\n[default]\n", "", "", "", "F:1: words" },
	{ "[default\n", "", "", "", "F:1" },
};

static void fleets_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fleets); i++) {
		struct fleet_entry out;
		char why[WHY_ROOM] = "";
		int err = fleet_read(fleets[i].text, "F", fleets[i].mac, &out, why, sizeof(why));

		CHECK_ROW(i, fleets[i].text, !err == !fleets[i].why);
		if (fleets[i].why)
			CHECK_ROW(i, why, strstr(why, fleets[i].why));
		else
			CHECK_ROW(i, fleets[i].text,
				  !strcmp(out.name, fleets[i].name) &&
					  !strcmp(out.words, fleets[i].words));
	}
}

static const struct {
	const char *in, *out;
} scripts[] = {
	{ "APPEND console=tty0\n", "APPEND console=tty0 W X\n" },
	{ "  append a\nLABEL b\n\tAppend c", "  append a W X\nLABEL b\n\tAppend c W X" },
	{ "kernel assay.efi a || shell\n", "kernel assay.efi a W X || shell\n" },
	{ "kernel assay.efi\r\nboot\r\n", "kernel assay.efi W X\r\nboot\r\n" },
	{ "KERNEL vesamenu.c32\n",
	  "KERNEL vesamenu.c32\n" }, /* pxelinux's is not the words' place */
	{ "appendix a\n", "appendix a\n" },
	{ "append\n", "append\n" },
	{ "", "" },
	{ "\n\n", "\n\n" },
};

static void scripts_are_extended(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		char *out = script_extend(scripts[i].in, "W X");

		CHECK_ROW(i, out, !strcmp(out, scripts[i].out));
		free(out);
	}
}

#define ROUTES "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
static const struct {
	const char *table;
	bool is;
} routes[] = {
	{ ROUTES "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\n", true },
	{ ROUTES "eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\n", false },
	{ ROUTES "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n", false },
	{ ROUTES "eth01\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\n", false },
	{ ROUTES, false },
	{ "", false },
	{ "eth0\n\neth0 zz", false },
};

static void routes_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(routes); i++)
		CHECK_ROW(i, routes[i].table,
			  route_is_default(routes[i].table, "eth0") == routes[i].is);
}

static void arp_is_read(void **state)
{
	static const char table[] =
		"IP address       HW type     Flags       HW address            Mask     Device\n"
		"198.18.0.5       0x1         0x2         52:54:00:12:34:56     *        tap0\n"
		"198.18.0.6       0x1         0x0         00:00:00:00:00:00     *        tap0\n";
	char mac[MAC_ROOM] = "";

	(void)state;
	assert_true(arp_find(table, "198.18.0.5", mac));
	assert_string_equal(mac, "52:54:00:12:34:56");
	assert_false(arp_find(table, "198.18.0.6", mac));
	assert_false(arp_find(table, "198.18.0", mac));
	assert_false(arp_find("", "198.18.0.5", mac));
}

static const struct {
	const char *line;
	int what;
	const char *address, *mac, *text;
} logs[] = {
	{ "dnsmasq-dhcp: 1730297640 DHCPACK(tap0) 198.18.0.64 52:54:00:12:34:56 name",
	  DNSMASQ_LEASE, "198.18.0.64", "52:54:00:12:34:56", "" },
	{ "dnsmasq-dhcp: 1730297640 DHCPACK(tap0) 198.18.0.64 52:54:00:12:34:56", DNSMASQ_LEASE,
	  "198.18.0.64", "52:54:00:12:34:56", "" },
	{ "dnsmasq-dhcp: 1730297640 DHCPDISCOVER(tap0) 52:54:00:12:34:56", DNSMASQ_NOTHING, "", "",
	  "" },
	{ "dnsmasq-dhcp: 1730297640 vendor class: PXEClient:Arch:00000:UNDI:002001", DNSMASQ_CLASS,
	  "", "", "PXEClient:Arch:00000:UNDI:002001" },
	{ "dnsmasq-dhcp: 1730297640 vendor class: a\033[2Jb", DNSMASQ_CLASS, "", "", "a?[2Jb" },
	{ "dnsmasq-tftp: sent /tree/bios/lpxelinux.0 to 198.18.0.64", DNSMASQ_SENT, "198.18.0.64",
	  "", "/tree/bios/lpxelinux.0" },
	{ "dnsmasq-tftp: sent /a to b/x to 198.18.0.64", DNSMASQ_SENT, "198.18.0.64", "",
	  "/a to b/x" },
	{ "dnsmasq-tftp: failed sending /tree/x to 198.18.0.64", DNSMASQ_FAILED, "198.18.0.64", "",
	  "/tree/x" },
	{ "dnsmasq-tftp: sent /tree/x to nowhere", DNSMASQ_NOTHING, "nowhere", "", "/tree/x" },
	{ "dnsmasq-tftp: file /tree/y not found for 198.18.0.64", DNSMASQ_NOTHING, "", "", "" },
	{ "dnsmasq-tftp: sent ", DNSMASQ_NOTHING, "", "", "" },
	{ "dnsmasq-dhcp: 1 DHCPACK(", DNSMASQ_NOTHING, "", "", "" },
	{ "dnsmasq-dhcp: 1 DHCPACK(tap0) x", DNSMASQ_NOTHING, "x", "", "" },
	{ "dnsmasq-dhcp", DNSMASQ_NOTHING, "", "", "" },
	{ "", DNSMASQ_NOTHING, "", "", "" },
};

static void dnsmasq_log_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(logs); i++) {
		struct dnsmasq_event out;

		dnsmasq_read(logs[i].line, &out);
		CHECK_ROW(i, logs[i].line, (int)out.what == logs[i].what);
		CHECK_ROW(i, logs[i].line, !strcmp(out.address, logs[i].address));
		CHECK_ROW(i, logs[i].line, !strcmp(out.mac, logs[i].mac));
		CHECK_ROW(i, logs[i].line, !strcmp(out.text, logs[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read),	cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(macs_are_read),	cmocka_unit_test(fleets_are_read),
		cmocka_unit_test(scripts_are_extended), cmocka_unit_test(routes_are_read),
		cmocka_unit_test(arp_is_read),		cmocka_unit_test(dnsmasq_log_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
