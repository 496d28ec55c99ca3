/* SPDX-License-Identifier: MIT */
/* What is read from /proc and from the kernel beside a network result. */
#include "tests/unit/test.h"

#include "bench/engine/clocks.h"
#include "bench/engine/cpu.h"
#include "bench/net/wire/netstat.h"
#include "bench/net/wire/nic.h"

#include <string.h>
#include <unistd.h>

static void cpu_rows(void **state)
{
	static const char stat[] = "cpu  10 1 20 1000 5 6 7 8 3 0\ncpu0 1 2 3 4 5 6 7 8\n"
				   "cpu10 9 9 9 9 9 9 9 9 9 9\nintr 1\n";
	static const struct {
		const char *stat;
		int cpu;
		bool found;
		uint64_t user, idle, steal;
	} rows[] = {
		{ stat, CPU_ALL, true, 11, 1005, 8 },
		{ stat, 0, true, 3, 9, 8 },
		{ stat, 10, true, 18, 18, 9 },
		{ stat, 1, false, 0, 0, 0 }, /* not the row of cpu10 */
		{ "cpu0 1 2 3", 0, false, 0, 0, 0 },
		{ "cpu0 1 2 x 4 5 6 7 8", 0, false, 0, 0, 0 },
		{ "", CPU_ALL, false, 0, 0, 0 },
		{ NULL, CPU_ALL, false, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cpu_time time;
		bool found = cpu_time_read(rows[i].stat, rows[i].cpu, &time);
		CHECK_ROW(i, "found", found == rows[i].found);
		CHECK_ROW(i, "user", time.user == rows[i].user);
		CHECK_ROW(i, "idle", time.idle == rows[i].idle);
		CHECK_ROW(i, "steal", time.steal == rows[i].steal);
	}
}

static void cpu_shares(void **state)
{
	struct cpu_time before = { 100, 100, 0, 0, 10, 1000 },
			after = { 110, 120, 1, 29, 30, 1020 };
	struct cpu_share share;

	(void)state;
	cpu_share_of(&before, &after, &share);
	assert_int_equal(share.ticks, 100);
	assert_true(share.user == 10 && share.system == 20 && share.irq == 1);
	assert_true(share.softirq == 29 && share.steal == 20 && share.busy == 60);
	cpu_share_of(&after, &before, &share); /* counters that fell count as still */
	assert_true(share.ticks == 0 && share.busy == 0);
}

static void tables(void **state)
{
	static const char snmp[] =
		"Tcp: RtoMin RetransSegs InErrs\nTcp: 200 17 0\n"
		"UdpLite: InErrors\nUdpLite: 5\nUdp: InErrors RcvbufErrors\nUdp: 3 2";
	static const struct {
		const char *table, *group, *name;
		uint64_t value;
	} rows[] = {
		{ snmp, "Tcp", "RetransSegs", 17 },
		{ snmp, "Udp", "InErrors", 3 },
		{ snmp, "Udp", "RcvbufErrors", 2 },
		{ snmp, "Udp", "Rcvbuf", 0 },
		{ snmp, "Icmp", "InErrors", 0 },
		{ "Tcp: A B C\nTcp: 1 2", "Tcp", "C", 0 },
		{ "Tcp: A B C", "Tcp", "A", 0 },
		{ "Tcp: A\nTcp: x", "Tcp", "A", 0 },
		{ "Tcp:", "Tcp", "A", 0 },
		{ "", "Tcp", "A", 0 },
		{ NULL, "Tcp", "A", 0 },
	};
	uint64_t dropped, squeezed;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].name,
			  netstat_table_value(rows[i].table, rows[i].group, rows[i].name) ==
				  rows[i].value);
	assert_int_equal(netstat_list_value("Udp6InErrors \t7\nUdp6RcvbufErrors 9\n",
					    "Udp6RcvbufErrors"),
			 9);
	assert_int_equal(netstat_list_value("Udp6RcvbufErrorsX 9", "Udp6RcvbufErrors"), 0);
	assert_int_equal(netstat_list_value(NULL, "x"), 0);
	netstat_softnet("00000005 0000000a 00000001 0\n0000ffff 00000001 00000010\nxyz\n", &dropped,
			&squeezed);
	assert_true(dropped == 11 && squeezed == 17);
	netstat_softnet(NULL, &dropped, &squeezed);
	assert_true(!dropped && !squeezed);
}

static void clock_steps_and_rates(void **state)
{
	static const struct {
		struct clocks after;
		double ppm_least, ppm_most;
		int64_t step_ns;
	} rows[] = {
		{ { 1000000000, 1000000000, 1000000000 }, -0.001, 0.001, 0 },
		{ { 1000000000, 1000500000, 1000500000 }, 499.9, 500.1, 0 },
		{ { 1000000000, 999900000, 999900000 }, -100.1, -99.9, 0 },
		{ { 1000000000, 1000000000, 3000000000 }, -0.001, 0.001, 2000000000 },
		{ { 1000000000, 1000000000, 999000000 }, -0.001, 0.001, -1000000 },
		{ { 1000000000, 1000000000, 1000050000 }, -0.001, 0.001, 0 },
	};
	const struct clocks zero = { 0 };
	struct clocks before, after;
	struct clocks_drift drift;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		clocks_compare(&zero, &rows[i].after, &drift);
		CHECK_ROW(i, "ppm",
			  drift.ppm >= rows[i].ppm_least && drift.ppm <= rows[i].ppm_most);
		CHECK_ROW(i, "step", drift.step_ns == rows[i].step_ns);
	}
	clocks_read(&before);
	clocks_read(&after);
	assert_true(after.raw_ns > before.raw_ns && after.monotonic_ns > before.monotonic_ns);
	clocks_compare(&before, &before, &drift);
	assert_true(drift.ppm == 0 && drift.step_ns == 0);
}

/* The loopback of whatever machine this is. */
static void interface(void **state)
{
	struct nic_counters before, after;
	struct address peer;
	char name[NIC_NAME], line[300];
	struct text text;
	struct nic nic;

	(void)state;
	assert_int_equal(address_resolve("127.0.0.1", 1, &peer), 0);
	assert_int_equal(nic_toward(&peer, name), 0);
	assert_string_equal(name, "lo");
	nic_look(name, &nic);
	assert_true(nic.mtu >= 1500 && nic.rx_queues >= 1 && nic.tx_queues >= 1);
	text_begin(&text, line, sizeof(line));
	nic_describe(&nic, &text);
	assert_non_null(strstr(line, "lo: mtu "));
	assert_non_null(strstr(line, "tso "));
	nic_count(name, &before);
	address_set_port(&peer, 9);
	int fd = socket_open(&peer, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	sendto(fd, line, 100, 0, &peer.any, peer.len);
	close(fd);
	nic_count(name, &after);
	struct nic_counters d = nic_since(&before, &after);
	assert_true(d.tx_packets >= 1 && d.tx_bytes >= 100);
	d = nic_since(&after, &before);
	assert_true(d.tx_packets == 0);
	nic_count("no-such-nic", &after);
	assert_true(after.tx_packets == 0 && after.rx_bytes == 0);
	nic_look("no-such-nic", &nic);
	assert_true(nic.mtu == 0 && nic.tso == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_rows),
		cmocka_unit_test(cpu_shares),
		cmocka_unit_test(tables),
		cmocka_unit_test(interface),
		cmocka_unit_test(clock_steps_and_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
