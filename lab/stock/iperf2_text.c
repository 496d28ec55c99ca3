/* SPDX-License-Identifier: MIT */
/*
 * iperf 2's text. "[  3] local 10.0.0.2 port 40000 connected with 10.0.0.1 port 5001" tells the
 * direction: who connects sends. A connection's figure is its row from 0.0 with the latest end;
 * streams side by side are added.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/stock.h"

enum { SERVER_PORT = 5001, STREAMS_MOST = 256 };

struct stream {
	int id;
	bool outgoing, has_rate, has_report, datagrams;
	double to, mbit, jitter, lost, percent;
	double reported_mbit; /* by the server, of what we sent */
};
struct reading {
	struct stream streams[STREAMS_MOST];
	size_t count;
	unsigned long server_port;
	bool ended, report_follows, udp;
};

static bool fits(const char *text, size_t len)
{
	return stock_contains(text, len, " connected with ") &&
	       stock_contains(text, len, "bits/sec");
}

/* "[  3]", "[ *2]"; the text behind it, or NULL. */
static const char *read_id(const char *line, int *id)
{
	const char *close = strchr(line, ']');

	if (*line != '[' || !close || close - line > 8)
		return NULL;
	*id = atoi(line + 1 + strspn(line + 1, " *"));
	return *id > 0 ? close + 1 : NULL;
}

static unsigned long port_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word), *port = at ? strstr(at, "port ") : NULL;

	return port ? strtoul(port + 5, NULL, 10) : 0;
}

static struct stream *stream_of(struct reading *reading, int id)
{
	for (size_t i = reading->count; i; i--)
		if (reading->streams[i - 1].id == id)
			return &reading->streams[i - 1];
	return NULL;
}

/* ---- one test's figures ---- */

struct sums {
	double mbit, jitter, lost, percent, reported;
	size_t rates, reports;
	bool datagrams;
};

static struct sums add_streams(const struct reading *reading, bool outgoing)
{
	struct sums sums = { 0 };

	for (size_t i = 0; i < reading->count; i++) {
		const struct stream *stream = &reading->streams[i];

		if (stream->outgoing != outgoing || !stream->has_rate)
			continue;
		sums.rates++;
		sums.mbit += stream->mbit;
		sums.datagrams |= stream->datagrams;
		if (!stream->has_report)
			continue;
		sums.reports++;
		sums.reported += stream->reported_mbit;
		sums.lost += stream->lost;
		/* As our own: the worst stream's. */
		if (stream->jitter > sums.jitter)
			sums.jitter = stream->jitter;
		if (stream->percent > sums.percent)
			sums.percent = stream->percent;
	}
	return sums;
}

static int take_way(struct taker *taker, const struct sums *sums, bool udp, bool outgoing)
{
	const char *bench = udp || sums->datagrams ? "net.udp" : "net.tcp";
	int err;

	if (!sums->rates)
		return 0;
	err = stock_take(taker, bench, outgoing ? "outgoing" : "incoming", "Mbit/s",
			 udp && outgoing ? BETTER_NEITHER : BETTER_MORE, sums->mbit);
	if (err || !sums->reports)
		return err;
	if (outgoing)
		err = stock_take(taker, bench, "received", "Mbit/s", BETTER_MORE, sums->reported);
	if (!err)
		err = stock_take(taker, bench, outgoing ? "jitter" : "incoming_jitter", "ms",
				 BETTER_LESS, sums->jitter);
	if (!err)
		err = stock_take(taker, bench, outgoing ? "lost" : "incoming_lost", "datagrams",
				 BETTER_LESS, sums->lost);
	return err ? err :
		     stock_take(taker, bench, outgoing ? "lost_percent" : "incoming_lost_percent",
				"%", BETTER_LESS, sums->percent);
}

static int flush(struct taker *taker, struct reading *reading)
{
	struct sums out = add_streams(reading, true), in = add_streams(reading, false);
	bool udp = reading->udp || out.reports || in.reports;
	int err = take_way(taker, &out, udp, true);

	if (!err)
		err = take_way(taker, &in, udp, false);
	reading->count = 0;
	reading->ended = reading->report_follows = false;
	return err;
}

/* ---- lines ---- */

static int take_connection(struct taker *taker, struct reading *reading, const char *line, int id)
{
	unsigned long own = port_behind(line, "local "),
		      other = port_behind(line, "connected with ");
	int err = 0;

	/* After a result the next connection is another test, or the way back of this one. */
	if (reading->ended || reading->count == STREAMS_MOST)
		err = flush(taker, reading);
	reading->streams[reading->count++] =
		(struct stream){ .id = id,
				 .outgoing = other == reading->server_port ||
					     (own != reading->server_port && other < own) };
	return err;
}

/* "941 Mbits/sec" into Mbit/s; what stands behind it. */
static const char *read_rate(const char *text, double *mbit)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {
		{ " Tbits/sec", 1e6 },
		{ " Gbits/sec", 1e3 },
		{ " Mbits/sec", 1 },
		{ " Kbits/sec", 1e-3 },
		{ " bits/sec", 1e-6 },
		{ " GBytes/sec", 8 * 0x1p30 / 1e6 },
		{ " MBytes/sec", 8 * 0x1p20 / 1e6 },
		{ " KBytes/sec", 8 * 0x1p10 / 1e6 },
	};

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		const char *unit = strstr(text, units[i].unit), *start = unit;
		char number[32];

		while (start && start > text && strchr("0123456789.", start[-1]))
			start--;
		if (!unit || unit == start || unit - start >= (int)sizeof(number))
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)(unit - start), start);
		if (!stock_number(number, mbit))
			return NULL;
		*mbit *= units[i].factor;
		return unit + strlen(units[i].unit);
	}
	return NULL;
}

/* " 0.0-10.0 sec" */
static bool read_interval(const char *text, double *from, double *to)
{
	char *end;

	*from = strtod(text, &end);
	if (end == text || *end != '-')
		return false;
	text = end + 1;
	*to = strtod(text, &end);
	return end != text && !strncmp(end, " sec", 4);
}

/* "   0.013 ms    0/   44 (0%)" */
static bool read_report(const char *text, struct stream *stream)
{
	double total;
	char *end;

	stream->jitter = strtod(text, &end);
	if (end == text || strncmp(end, " ms", 3) != 0)
		return false;
	text = end + 3;
	stream->lost = strtod(text, &end);
	if (end == text || *end != '/')
		return false;
	total = strtod(end + 1, NULL);
	if (!(total > 0) || !(stream->lost >= 0) || stream->lost > total || !(stream->jitter >= 0))
		return false;
	stream->percent = 100 * stream->lost / total;
	return true;
}

static void take_row(struct reading *reading, struct stream *stream, const char *text)
{
	double from, to, mbit;
	const char *rest = read_interval(text, &from, &to) ? read_rate(text, &mbit) : NULL;

	if (!rest || from > 0 || to < stream->to)
		return;
	stream->to = to;
	reading->ended = true;
	if (reading->report_follows && stream->outgoing) {
		stream->has_report = read_report(rest, stream);
		stream->reported_mbit = mbit;
		reading->report_follows = false;
		return;
	}
	stream->has_rate = true;
	stream->mbit = mbit;
	if (stream->outgoing)
		return;
	stream->has_report = read_report(rest, stream);
	stream->datagrams = stream->has_report;
}

static int take_line(struct taker *taker, struct reading *reading, const char *line)
{
	int id = 0;
	const char *rest = read_id(line, &id);
	struct stream *stream = rest ? stream_of(reading, id) : NULL;

	if (strstr(line, "Client connecting to ") || strstr(line, "Server listening on ")) {
		int err = flush(taker, reading);

		reading->udp = strstr(line, "UDP port ");
		if (strstr(line, "Client"))
			reading->server_port = port_behind(line, "Client");
		return err;
	}
	if (!rest)
		return 0;
	if (strstr(rest, " connected with "))
		return take_connection(taker, reading, rest, id);
	if (strstr(rest, "Server Report:")) {
		reading->report_follows = true;
		/* It may tell less time than our own row. */
		if (stream)
			stream->to = 0;
	} else if (stream) {
		take_row(reading, stream, rest);
	}
	return 0;
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	const char *at = text, *end = text + len;
	char line[STOCK_LINE];
	int err = 0;

	if (!reading)
		return -ENOMEM;
	reading->server_port = SERVER_PORT;
	while (!err && stock_line(&at, end, line))
		err = take_line(taker, reading, line);
	if (!err)
		err = flush(taker, reading);
	free(reading);
	return err;
}

const struct stock stock_iperf2_text = { "iperf 2 text", fits, read_all };
