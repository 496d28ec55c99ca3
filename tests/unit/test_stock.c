/* SPDX-License-Identifier: MIT */
/* What stock tools wrote: the figures that a person would read there, and nothing out of damaged
 * files. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/stock.h"
#include "tests/unit/test.h"

/* Everything taken, as "bench name [file x record] value unit;". */
struct taken {
	char text[8192];
	size_t len;
};

static int note(void *context, const struct observation *figure)
{
	struct taken *taken = context;
	char at[64] = "";

	assert_true(figure->bench && figure->label && figure->name && figure->unit);
	assert_true(isfinite(figure->level.value) && figure->level.n > 0);
	if (figure->axes == 2)
		snprintf(at, sizeof(at), " %gx%g", figure->at[0].value, figure->at[1].value);
	if (taken->len < sizeof(taken->text) - 200)
		taken->len += (size_t)snprintf(taken->text + taken->len, 200, "%s%s %s%s %.6g %s",
					       taken->len ? "; " : "", figure->bench, figure->name,
					       at, figure->level.value, figure->unit);
	return 0;
}

/* NULL: of no tool. */
static const char *read_text(const char *text, struct taken *taken, char *why)
{
	struct taker taker = { note, taken, 0 };
	const struct stock *stock = stock_recognise(text, strlen(text));

	*taken = (struct taken){ 0 };
	*why = '\0';
	if (!stock)
		return NULL;
	stock_read(stock, text, strlen(text), &taker, why, WHY_ROOM);
	return stock->kind;
}

#define IPERF_HEAD "------------------------------------------------------------\n"
#define TITLES                                                                                        \
	"                                                              random    random     bkwd    " \
	"record    stride\n"                                                                          \
	"              kB  reclen    write  rewrite    read    reread    read     write     read   "  \
	"rewrite      read   fwrite frewrite    fread  freread\n"

static const struct {
	const char *name, *text, *kind, *figures;
} rows[] = {
	{ "iperf 2.0.x -r, at the client",
	  IPERF_HEAD "Client connecting to 10.0.0.1, TCP port 5001\n" IPERF_HEAD
		     "[  5] local 10.0.0.2 port 33966 connected with 10.0.0.1 port 5001\n"
		     "[ ID] Interval       Transfer     Bandwidth\n"
		     "[  5]  0.0-10.0 sec  1.09 GBytes   939 Mbits/sec\n"
		     "[  4] local 10.0.0.2 port 5001 connected with 10.0.0.1 port 48660\n"
		     "[  4]  0.0-10.0 sec  1.01 GBytes  8.71 Gbits/sec\n",
	  "iperf 2 text", "net.tcp outgoing 939 Mbit/s; net.tcp incoming 8710 Mbit/s" },
	{ "the same at the server",
	  "Server listening on TCP port 5001\n"
	  "[  4] local 10.0.0.1 port 5001 connected with 10.0.0.2 port 33966\n"
	  "[  4]  0.0-10.0 sec  1.09 GBytes   941 Mbits/sec\n"
	  "[  4] local 10.0.0.1 port 48660 connected with 10.0.0.2 port 5001\n"
	  "[  4]  0.0-10.0 sec  1.08 GBytes   932 Mbits/sec\n",
	  "iperf 2 text", "net.tcp incoming 941 Mbit/s; net.tcp outgoing 932 Mbit/s" },
	{ "intervals of 1 s, and another port",
	  "Client connecting to 10.0.0.1, TCP port 9000\n"
	  "[  3] local 10.0.0.2 port 40000 connected with 10.0.0.1 port 9000\n"
	  "[  3]  0.0- 1.0 sec   100 MBytes   839 Mbits/sec\n"
	  "[  3]  1.0- 2.0 sec   100 MBytes   700 Mbits/sec\n"
	  "[  3]  0.0- 2.0 sec   200 MBytes   800 Mbits/sec\n",
	  "iperf 2 text", "net.tcp outgoing 800 Mbit/s" },
	{ "iperf 2.1.8 -P 2, with a sum",
	  "Client connecting to 10.0.0.1, TCP port 5001\n"
	  "[  1] local 10.0.0.2 port 42690 connected with 10.0.0.1 port 5001 (icwnd/mss/irtt=14/1448/41)\n"
	  "[  2] local 10.0.0.2 port 42692 connected with 10.0.0.1 port 5001\n"
	  "[  1] 0.0000-1.0052 sec  1.59 GBytes  13.6 Gbits/sec\n"
	  "[  2] 0.0000-1.0050 sec  1.00 GBytes  8.6 Gbits/sec\n"
	  "[SUM] 0.0000-1.0052 sec  2.59 GBytes  22.2 Gbits/sec\n",
	  "iperf 2 text", "net.tcp outgoing 22200 Mbit/s" },
	{ "two tests in one file",
	  "Client connecting to h, TCP port 5001\n"
	  "[  3] local 10.0.0.2 port 1 connected with 10.0.0.1 port 5001\n"
	  "[  3]  0.0-10.0 sec  1.09 GBytes   900 Mbits/sec\n"
	  "Client connecting to h, TCP port 5001\n"
	  "[  3] local 10.0.0.2 port 2 connected with 10.0.0.1 port 5001\n"
	  "[  3]  0.0-10.0 sec  1.09 GBytes   910 Mbits/sec\n",
	  "iperf 2 text", "net.tcp outgoing 900 Mbit/s; net.tcp outgoing 910 Mbit/s" },
	{ "UDP -r with both reports",
	  "Client connecting to 10.0.0.1, UDP port 5001\n"
	  "[  3] local 10.0.0.2 port 40560 connected with 10.0.0.1 port 5001\n"
	  "[  3]  0.0-10.0 sec  1.25 MBytes  1.05 Mbits/sec\n"
	  "[  3] Sent 893 datagrams\n"
	  "[  3] Server Report:\n"
	  "[  3]  0.0- 9.9 sec  1.24 MBytes  1.04 Mbits/sec   0.013 ms    9/  893 (1%)\n"
	  "[  4] local 10.0.0.2 port 5001 connected with 10.0.0.1 port 35243\n"
	  "[  4]  0.0-10.0 sec  1.25 MBytes  1.05 Mbits/sec   0.062 ms    0/  894 (0%)\n",
	  "iperf 2 text",
	  "net.udp outgoing 1.05 Mbit/s; net.udp received 1.04 Mbit/s; net.udp jitter 0.013 ms; "
	  "net.udp lost 9 datagrams; net.udp lost_percent 1.00784 %; net.udp incoming 1.05 Mbit/s; "
	  "net.udp incoming_jitter 0.062 ms; net.udp incoming_lost 0 datagrams; "
	  "net.udp incoming_lost_percent 0 %" },
	{ "a report that cannot be",
	  "Client connecting to 10.0.0.1, UDP port 5001\n"
	  "[  1] local 10.0.0.2 port 59342 connected with 10.0.0.1 port 5001\n"
	  "[  1] 0.0000-1.0350 sec  66.0 KBytes   523 Kbits/sec\n"
	  "[  1] Server Report:\n"
	  "[  1] 0.0000-35077.0000 sec   258 TBytes  64.8 Gbits/sec  14131.073 ms 0/0 (-nan%)\n",
	  "iperf 2 text", "net.udp outgoing 0.523 Mbit/s" },
	{ "iperf 2.0.x CSV, -P 2",
	  "20261122091019,10.9.0.2,51704,10.9.0.1,5001,3,0.0-1.0,882343936,7046582040\n"
	  "20261122091019,10.9.0.2,51706,10.9.0.1,5001,4,0.0-1.0,817471488,6525611327\n"
	  "20261122091019,10.9.0.2,0,10.9.0.1,5001,-1,0.0-1.0,1699815424,13569078491\n",
	  "iperf 2 CSV", "net.tcp outgoing 13572.2 Mbit/s" },
	{ "CSV with intervals, -r",
	  "20261122091019,10.9.0.2,51704,10.9.0.1,5001,3,0.0-1.0,1,700000000\n"
	  "20261122091020,10.9.0.2,51704,10.9.0.1,5001,3,1.0-2.0,1,900000000\n"
	  "20261122091020,10.9.0.2,51704,10.9.0.1,5001,3,0.0-2.0,1,800000000\n"
	  "20261122091025,10.9.0.2,5001,10.9.0.1,40001,4,0.0-2.0,1,600000000\n",
	  "iperf 2 CSV", "net.tcp outgoing 800 Mbit/s; net.tcp incoming 600 Mbit/s" },
	{ "CSV of UDP, with the server's report",
	  "20261122091021,10.9.0.2,58381,10.9.0.1,5001,3,0.0-1.0,64680,499899\n"
	  "20261122091021,10.9.0.1,5001,10.9.0.2,58381,3,0.0-1.0,64680,500002,0.019,0,44,0.000,0\n",
	  "iperf 2 CSV",
	  "net.udp received 0.500002 Mbit/s; net.udp jitter 0.019 ms; net.udp lost 0 datagrams; "
	  "net.udp lost_percent 0 %" },
	{ "iperf3 -J -R",
	  "{\"start\":{\"test_start\":{\"protocol\":\"TCP\",\"reverse\":1}},\"end\":{\"sum_sent\":{"
	  "\"bits_per_second\":5000000,\"retransmits\":18446744073709551615},\"sum_received\":{\"bits_per_second\":4000000},"
	  "\"cpu_utilization_percent\":{\"host_total\":3.5}}}",
	  "iperf3 JSON",
	  "net.iperf3 incoming 4 Mbit/s; net.iperf3 incoming_sent 5 Mbit/s; net.iperf3 cpu 3.5 %" },
	{ "two documents, UDP of 3.12, and one of the server",
	  "{\"start\":{\"test_start\":{\"protocol\":\"UDP\"}},\"end\":{\"sum\":{\"bits_per_second\":1000000,\"jitter_ms\":0.5,"
	  "\"lost_packets\":1,\"lost_percent\":2}}}\n"
	  "{\"start\":{\"accepted_connection\":{},\"test_start\":{\"protocol\":\"TCP\",\"reverse\":0}},\"end\":{"
	  "\"sum_received\":{\"bits_per_second\":7000000}}}",
	  "iperf3 JSON",
	  "net.iperf3 outgoing_sent 1 Mbit/s; net.iperf3 jitter 0.5 ms; net.iperf3 lost 1 datagrams; "
	  "net.iperf3 lost_percent 2 %; net.iperf3 incoming 7 Mbit/s" },
	{ "bonnie++ 1.03, with +++++ and blanks",
	  "refvm,64M,,,+++++,+++,52823,93,,,+++++,+++,512.3,1,2:1000:10,1393,99,+++++,+++,+++++,+++,1687,99,+++++,+++,+++++,+++\n",
	  "bonnie++ CSV",
	  "file.bonnie seq_create 1393 /s; file.bonnie seq_create_cpu 99 %; file.bonnie rewrite 52823 KiB/s; "
	  "file.bonnie rewrite_cpu 93 %; file.bonnie ran_create 1687 /s; file.bonnie ran_create_cpu 99 %; "
	  "file.bonnie seeks 512.3 /s; file.bonnie seeks_cpu 1 %" },
	{ "bonnie++ 1.98 without latencies",
	  "1.98,2.00a,ourtool,1,42,16G,,8192,5,1124,97,500000,60,,,,,,,,,,,,,,,,,,,,,,,,,\n",
	  "bonnie++ CSV",
	  "file.bonnie putc 1124 KiB/s; file.bonnie putc_cpu 97 %; file.bonnie put_block 500000 KiB/s; "
	  "file.bonnie put_block_cpu 60 %" },
	{ "iozone, some tests only: by column",
	  TITLES
	  "            1024       4   458027   976701                    1311928   1178901\n\n"
	  "iozone test complete.\n",
	  "iozone table",
	  "file.iozone write 1024x4 458027 KiB/s; file.iozone rewrite 1024x4 976701 KiB/s; "
	  "file.iozone random_read 1024x4 1.31193e+06 KiB/s; file.iozone random_write 1024x4 1.1789e+06 KiB/s" },
	{ "iozone -O",
	  "\tOPS Mode. Output is in operations per second.\n" TITLES
	  "              64       4      100      200\n",
	  "iozone table", "file.iozone write 64x4 100 op/s; file.iozone rewrite 64x4 200 op/s" },
	{ "iozone -R alone",
	  "\"Writer report\"\n        \"4\"  \"8\"  \"16\"\n\"64\"   771797  420873 \n\"32768\"   0  0  1363961 \n\n"
	  "\"Re-Reader report\"\n        \"4\"\n\"64\"   5 \n",
	  "iozone Excel report",
	  "file.iozone write 64x4 771797 KiB/s; file.iozone write 64x8 420873 KiB/s; "
	  "file.iozone write 32768x16 1.36396e+06 KiB/s; file.iozone reread 64x4 5 KiB/s" },
	{ "ping of iputils",
	  "PING h (10.0.0.1) 56(84) bytes of data.\n64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=2.00 ms\n"
	  "64 bytes from 10.0.0.1: icmp_seq=2 ttl=64 time=4.00 ms\n\n--- h ping statistics ---\n"
	  "3 packets transmitted, 2 received, 33.3333% packet loss, time 2003ms\n"
	  "rtt min/avg/max/mdev = 2.000/3.000/4.000/1.000 ms\n",
	  "ping text",
	  "net.ping rtt 3 ms; net.ping loss 33.3333 %; net.ping rtt_min 2 ms; net.ping rtt_avg 3 ms; "
	  "net.ping rtt_max 4 ms; net.ping rtt_mdev 1 ms" },
	{ "ping of busybox",
	  "PING 10.0.0.1 (10.0.0.1): 56 data bytes\n--- 10.0.0.1 ping statistics ---\n"
	  "10 packets transmitted, 10 packets received, 0% packet loss\nround-trip min/avg/max = 0.1/0.2/0.3 ms\n",
	  "ping text",
	  "net.ping loss 0 %; net.ping rtt_min 0.1 ms; net.ping rtt_avg 0.2 ms; net.ping rtt_max 0.3 ms" },
	{ "typed in",
	  "# assay figures\n# of a page\nnet.tcp,,outgoing,939,Mbit/s,more\nnet.tcp,,outgoing,many,Mbit/s,more\n",
	  "typed-in figures", "net.tcp outgoing 939 Mbit/s" },
	{ "with carriage returns", "# assay figures\r\nnet.tcp,,outgoing,939,Mbit/s,more\r\n",
	  "typed-in figures", "net.tcp outgoing 939 Mbit/s" },
	/* ---- hostile: nothing is made up ---- */
	{ "empty", "", NULL, "" },
	{ "a blank", " \n", NULL, "" },
	{ "27 commas", ",,,,,,,,,,,,,,,,,,,,,,,,,,\n", NULL, "" },
	{ "the header of bonnie++ alone",
	  "name,file_size,putc,putc_cpu,put_block,put_block_cpu,rewrite,rewrite_cpu,getc,getc_cpu,get_block,get_block_cpu,"
	  "seeks,seeks_cpu,num_files,seq_create,seq_create_cpu,seq_stat,seq_stat_cpu,seq_del,seq_del_cpu,ran_create,"
	  "ran_create_cpu,ran_stat,ran_stat_cpu,ran_del,ran_del_cpu\n",
	  NULL, "" },
	{ "numbers that are none",
	  "x,1G,nan,1,inf,1,0x10,1,1e999,1,-,1,1.2.3,1,16,1 2,9,,,,,,,,,,\n", "bonnie++ CSV",
	  "file.bonnie putc_cpu 1 %; file.bonnie seq_create_cpu 9 %; file.bonnie put_block_cpu 1 %; "
	  "file.bonnie rewrite_cpu 1 %; file.bonnie getc_cpu 1 %; file.bonnie get_block_cpu 1 %; "
	  "file.bonnie seeks_cpu 1 %" },
	{ "an interval that is none", "20261122091019,a,1,b,5001,3,x-y,1,1\n", NULL, "" },
	{ "a row of a connection that nobody opened",
	  "[  9] 0.0-10.0 sec  1.09 GBytes   900 Mbits/sec\n x connected with y\n", "iperf 2 text",
	  "" },
	{ "brackets without an end",
	  "[  3 local a port 1 connected with b port 5001\n[ 1 Mbits/sec\n", "iperf 2 text", "" },
	{ "iperf3 without an end", "{\"start\":{\"test_start\":{\"protocol\":\"TCP\"}}",
	  "iperf3 JSON", "" },
	{ "iperf3 whose end is text", "{\"start\":{\"test_start\":1},\"end\":\"none\"}",
	  "iperf3 JSON", "" },
	{ "titles and no row", TITLES "iozone: interrupted\n", NULL, "" },
	{ "an Excel table without sizes", "\"Writer report\"\n\n\n\"64\" 5\n",
	  "iozone Excel report", "" },
	{ "negative and zero cells", "\"Writer report\"\n\"4\" \"8\"\n\"64\" -5 0\n",
	  "iozone Excel report", "" },
	{ "ping that never came back",
	  "PING h (h) 56(84) bytes of data.\n--- h ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n",
	  "ping text", "net.ping loss 100 %" },
	{ "ping of nonsense",
	  "PING packets transmitted % packet loss min/avg/max = x/y ms time=abc\n", "ping text",
	  "" },
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct taken taken;
		char why[WHY_ROOM];
		const char *kind = read_text(rows[i].text, &taken, why);

		if (!kind != !rows[i].kind || (kind && strcmp(kind, rows[i].kind) != 0))
			fail_msg("%s: taken for %s", rows[i].name, kind ? kind : "nothing");
		if (strcmp(taken.text, rows[i].figures) != 0)
			fail_msg("%s:\n  found  %s\n  wanted %s", rows[i].name, taken.text,
				 rows[i].figures);
		if (kind && !*rows[i].figures)
			assert_non_null(strstr(why, "holds no figure"));
	}
}

/* Each text cut at every place: no figure that the whole has not, no crash. */
static void cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t len = 0; len < strlen(rows[i].text); len++) {
			struct taken taken = { 0 };
			struct taker taker = { note, &taken, 0 };
			char *copy = malloc(len + 1);
			const struct stock *stock;

			assert_non_null(copy);
			memcpy(copy, rows[i].text, len);
			copy[len] = '\0';
			stock = stock_recognise(copy, len);
			if (stock)
				stock_read(stock, copy, len, &taker, NULL, 0);
			free(copy);
		}
}

static void long_lines(void **state)
{
	enum { LEN = 100000 };
	char *text = malloc(LEN + 1);

	(void)state;
	assert_non_null(text);
	for (const char *fill = ",[0\" /-"; *fill; fill++) {
		struct taken taken;
		char why[WHY_ROOM];

		memset(text, *fill, LEN);
		memcpy(text, "# assay figures\n", 16);
		text[LEN] = '\0';
		read_text(text, &taken, why);
		assert_string_equal(taken.text, "");
		memset(text, *fill, 16);
		read_text(text, &taken, why);
	}
	free(text);
}

static int refuse(void *context, const struct observation *figure)
{
	(void)figure;
	++*(int *)context;
	return -ENOMEM;
}

/* What the taker says ends the reading at once. */
static void taker_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct stock *stock = stock_recognise(rows[i].text, strlen(rows[i].text));
		int calls = 0;
		struct taker taker = { refuse, &calls, 0 };

		if (!stock || !*rows[i].figures)
			continue;
		assert_int_equal(stock_read(stock, rows[i].text, strlen(rows[i].text), &taker, NULL,
					    0),
				 -ENOMEM);
		assert_int_equal(calls, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(taker_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
