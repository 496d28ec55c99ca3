/* SPDX-License-Identifier: MIT */
/* net.tcp, net.udp and net.ping against our own server over loopback: both ends of the protocol in
 * one process. */
#include "tests/unit/net_server.h"

#include <errno.h>

extern const struct bench bench_net_tcp, bench_net_udp, bench_net_ping, bench_net_load_latency;

static void tcp_moves_exactly_so_many_bytes(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=3000001 length=8k streams=2"), 0);
	await_told(2);
	assert_true(value_of(&trial, "outgoing_bytes") == 6000002);
	assert_true(value_of(&trial, "outgoing") > 0);
	/* flags 0: the server takes our 24-byte header for data, as every stock server since 2.0.10
	 * does */
	assert_int_equal(told[0].bytes + told[1].bytes, 6000002 + 2 * IPERF2_HEADER);
	assert_int_equal(told[0].err, 0);
	end(&trial);
}

static void tcp_ways_back(void **state)
{
	static const char *const rows[] = { "tradeoff", "dual" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct trial trial;
		char words[80];

		snprintf(words, sizeof(words), "seconds=0.2 interval=0.05 %s=yes", rows[i]);
		CHECK_ROW(i, rows[i], run_bench(&trial, &bench_net_tcp, words) == 0);
		await_told(2);
		const struct served *to_server = &told[told[0].sent], *to_us = &told[!told[0].sent];
		CHECK_ROW(i, rows[i],
			  (double)to_server->bytes == value_of(&trial, "outgoing_bytes"));
		CHECK_ROW(i, rows[i], (double)to_us->bytes == value_of(&trial, "incoming_bytes"));
		CHECK_ROW(i, rows[i], to_us->seconds > 0.15);
		CHECK_ROW(i, rows[i], value_of(&trial, "incoming_interval") >= 0);
		end(&trial);
	}
}

static void udp_counts_agree(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_udp,
				   "seconds=0.2 rate=8m length=500 tradeoff=yes"),
			 0);
	await_told(2);
	/* A busy machine holds the sender up and fills queues: then fewer were sent, and some lost.
	 * Both ends must say the same in any case. */
	double sent = value_of(&trial, "sent_datagrams"), lost = value_of(&trial, "lost");
	assert_true(sent > 10 && sent <= 401);
	assert_true(value_of(&trial, "datagrams") == sent);
	assert_true((double)told[0].report.datagrams == sent &&
		    (double)told[0].report.lost == lost);
	assert_true((double)told[0].bytes == (sent - lost) * 500);
	assert_true(value_of(&trial, "outgoing") > 0.5 && value_of(&trial, "outgoing") < 8.4);
	/* the way back at the rate and for the time that our header asked for */
	assert_true(value_of(&trial, "incoming_datagrams") == (double)told[1].datagrams);
	assert_true(told[1].datagrams > 10 && told[1].datagrams <= 401);
	assert_true(told[1].sent && told[1].has_report);
	end(&trial);
}

static void nobody_there(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "port=1 connect_timeout=0.2"),
			 -ECONNREFUSED);
	assert_non_null(strstr(trial.run.shared->failure, "connecting to 127.0.0.1 port 1"));
	end(&trial);
	assert_int_equal(run_bench(&trial, &bench_net_udp, "port=1 connect_timeout=0.2"),
			 -ECONNREFUSED);
	end(&trial);
	assert_int_equal(run_bench(&trial, &bench_net_tcp,
				   "role=server listen=0 port=59999 connect_timeout=0.2"),
			 -ETIMEDOUT);
	end(&trial);
}

static void ports_taken(void **state)
{
	struct trial trial;

	(void)state;
	/* listen=0 means our server's own port */
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "tradeoff=yes listen=0"), -EADDRINUSE);
	end(&trial);
	assert_int_equal(run_bench(&trial, &bench_net_udp, "role=server"), -EADDRINUSE);
	end(&trial);
}

static void together_refused(void **state)
{
	struct trial trial;
	char why[200] = "";

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=1 length=64"), 0);
	trial.values[6].on = trial.values[7].on = true; /* tradeoff and dual */
	assert_int_equal(bench_net_tcp.check(trial.values, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "tradeoff"));
	end(&trial);
}

static void tcp_stock_text(void **state)
{
	char buffer[8192];
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=1m"), 0);
	write_stock(&trial, 0, buffer, sizeof(buffer));
	assert_non_null(strstr(buffer, "[  3] local 127.0.0.1 port "));
	assert_non_null(
		strstr(buffer, "[ ID] Interval       Transfer     Bandwidth\n[  3]  0.0- 0."));
	assert_non_null(strstr(buffer, " sec  1.00 MBytes  "));
	write_stock(&trial, 1, buffer, sizeof(buffer));
	assert_int_equal(count_of(buffer, ','), 8); /* 9 columns, one row */
	assert_non_null(strstr(buffer, ",1048576,"));
	end(&trial);
}

static void udp_stock_text(void **state)
{
	char buffer[8192];
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_udp,
				   "seconds=0.2 rate=1m length=500 tradeoff=yes"),
			 0);
	write_stock(&trial, 0, buffer, sizeof(buffer));
	const char *sent = strstr(buffer, "[  3] Sent ");
	const char *report = strstr(buffer, "[  3] Server Report:\n[  3]  0.0- 0.");
	const char *back = strstr(buffer, "[  4] local 127.0.0.1 port ");
	assert_true(sent && sent < report && report < back);
	assert_non_null(strstr(back, "Bandwidth        Jitter   Lost/Total Datagrams\n[  4]"));
	write_stock(&trial, 1, buffer, sizeof(buffer));
	/* what we sent, 9 columns; the partner's report and what came back, 14 */
	assert_int_equal(count_of(buffer, '\n'), 3);
	assert_int_equal(count_of(buffer, ','), 8 + 13 + 13);
	end(&trial);
}

static void ping_counts(void **state)
{
	struct trial trial;

	(void)state;
	int err = run_bench(&trial, &bench_net_ping, "count=4 interval=0.02");
	if (err == -EACCES || err == -EPERM) {
		end(&trial);
		skip();
	}
	assert_int_equal(err, 0);
	assert_true(value_of(&trial, "received") == 4 && value_of(&trial, "loss") == 0);
	assert_true(value_of(&trial, "rtt_min") > 0);
	assert_true(value_of(&trial, "rtt_min") <= value_of(&trial, "rtt_avg"));
	assert_true(value_of(&trial, "rtt_avg") <= value_of(&trial, "rtt_max"));
	assert_true(value_of(&trial, "rtt_mdev") <= value_of(&trial, "rtt_max"));
	end(&trial);
}

static void ping_densely(void **state)
{
	static const char *const rows[] = { "seconds=0.3 interval=0",
					    "seconds=0.3 interval=0.0002 size=4" };
	struct trial trial;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int err = run_bench(&trial, &bench_net_ping, rows[i]);
		if (err == -EACCES || err == -EPERM) {
			end(&trial);
			skip();
		}
		CHECK_ROW(i, rows[i], !err && value_of(&trial, "received") > 200);
		CHECK_ROW(i, rows[i], value_of(&trial, "received") == value_of(&trial, "sent"));
		CHECK_ROW(i, rows[i], value_of(&trial, "rtt_p50") > 0);
		CHECK_ROW(i, rows[i], value_of(&trial, "rtt_p50") <= value_of(&trial, "rtt_p99_9"));
		CHECK_ROW(i, rows[i], value_of(&trial, "rtt_p99_9") <= value_of(&trial, "rtt_max"));
		CHECK_ROW(i, rows[i], isnan(value_of(&trial, "rtt"))); /* no series of thousands */
		CHECK_ROW(i, rows[i], isnan(value_of(&trial, "response_p50")) == !i);
		end(&trial);
	}
}

/* Against our own iperf 2 server: every phase has its round trips, and its load where it has one. */
static void load_latency_phases(void **state)
{
	static const char *const phases[] = { "idle", "out", "in", "both", "after" };
	struct trial trial;

	(void)state;
	int err = run_bench(&trial, &bench_net_load_latency,
			    "seconds=0.2 settle=0.05 interval=0.005 streams=2");
	if (err == -EACCES || err == -EPERM) {
		end(&trial);
		skip();
	}
	CHECK_ROW(0, trial.run.shared->failure, !err);
	for (size_t i = 0; i < COUNT_OF(phases); i++) {
		char name[40];

		snprintf(name, sizeof(name), "%s_p50", phases[i]);
		CHECK_ROW(i, name, value_of(&trial, name) > 0);
		snprintf(name, sizeof(name), "%s_loss", phases[i]);
		CHECK_ROW(i, name, value_of(&trial, name) < 100);
		snprintf(name, sizeof(name), "%s_outgoing", phases[i]);
		CHECK_ROW(i, name, (value_of(&trial, name) > 0) == (i == 1 || i == 3));
		snprintf(name, sizeof(name), "%s_incoming", phases[i]);
		CHECK_ROW(i, name, (value_of(&trial, name) > 0) == (i == 2 || i == 3));
	}
	end(&trial);
}

static void load_latency_without_a_server(void **state)
{
	struct trial trial;

	(void)state;
	int err = run_bench(&trial, &bench_net_load_latency,
			    "seconds=0.2 interval=0.005 port=1 connect_timeout=0.2");
	if (err != -EACCES && err != -EPERM) {
		assert_int_equal(err, -ECONNREFUSED);
		assert_non_null(strstr(trial.run.shared->failure, "load out: connecting"));
		assert_true(value_of(&trial, "idle_p50") > 0);
	}
	end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_moves_exactly_so_many_bytes),
		cmocka_unit_test(tcp_ways_back),
		cmocka_unit_test(udp_counts_agree),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(ports_taken),
		cmocka_unit_test(together_refused),
		cmocka_unit_test(tcp_stock_text),
		cmocka_unit_test(udp_stock_text),
		cmocka_unit_test(ping_counts),
		cmocka_unit_test(ping_densely),
		cmocka_unit_test(load_latency_phases),
		cmocka_unit_test(load_latency_without_a_server),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
