/* SPDX-License-Identifier: MIT */
/* ping's text: iputils ("rtt min/avg/max/mdev"), BSD and busybox ("round-trip min/avg/max"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/stock.h"

enum { REPLIES_MOST = 100000 };

struct replies {
	double *ms;
	size_t count;
};

static bool fits(const char *text, size_t len)
{
	return stock_contains(text, len, "packets transmitted") &&
	       (stock_contains(text, len, "PING ") || stock_contains(text, len, "ping statistics"));
}

/* The number that begins there. */
static bool number_at(const char *at, double *out)
{
	char word[32];
	size_t len = strspn(at, "0123456789.");

	if (!len || len >= sizeof(word))
		return false;
	snprintf(word, sizeof(word), "%.*s", (int)len, at);
	return stock_number(word, out);
}

static void note_reply(const char *line, struct replies *replies)
{
	const char *time = strstr(line, "time=");
	double ms;

	if (!time || replies->count == REPLIES_MOST || !number_at(time + 5, &ms))
		return;
	if (!replies->ms)
		replies->ms = malloc(REPLIES_MOST * sizeof(*replies->ms));
	if (replies->ms)
		replies->ms[replies->count++] = ms;
}

static int take_replies(struct taker *taker, struct replies *replies)
{
	struct observation figure = {
		.bench = "net.ping", .label = "", .name = "rtt", .unit = "ms", .better = BETTER_LESS
	};
	struct stats stats;

	if (!replies->count)
		return 0;
	stats_of(replies->ms, replies->count, &stats);
	figure.level = (struct level){ .value = stats.median,
				       .mean = stats.mean,
				       .sd = stats.sd,
				       .low = stats.min,
				       .high = stats.max,
				       .n = stats.n };
	replies->count = 0;
	taker->taken++;
	return taker->take(taker->context, &figure);
}

/* "... = 0.549/1.979/7.308/2.197 ms" */
static int take_summary(struct taker *taker, const char *line)
{
	static const char *const names[] = { "rtt_min", "rtt_avg", "rtt_max", "rtt_mdev" };
	const char *at = strstr(line, " = ");
	int err = 0;

	if (!at || !strstr(line, "min/avg/max"))
		return 0;
	at += 3;
	for (size_t i = 0; i < COUNT_OF(names) && !err; i++) {
		double ms;

		if (!number_at(at, &ms))
			break;
		err = stock_take(taker, "net.ping", names[i], "ms", BETTER_LESS, ms);
		at += strspn(at, "0123456789.");
		if (*at++ != '/')
			break;
	}
	return err;
}

/* "10 packets transmitted, 9 received, 10% packet loss" */
static int take_counts(struct taker *taker, const char *line, struct replies *replies)
{
	const char *loss = strstr(line, "% packet loss");
	double percent;
	int err;

	if (!strstr(line, "packets transmitted") || !loss)
		return 0;
	while (loss > line && strchr("0123456789.", loss[-1]))
		loss--;
	err = take_replies(taker, replies);
	if (err || !number_at(loss, &percent))
		return err;
	return stock_take(taker, "net.ping", "loss", "%", BETTER_LESS, percent);
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	struct replies replies = { 0 };
	char line[STOCK_LINE];
	int err = 0;

	while (!err && stock_line(&at, end, line)) {
		note_reply(line, &replies);
		err = take_counts(taker, line, &replies);
		if (!err)
			err = take_summary(taker, line);
	}
	if (!err) /* it was cut off before its summary */
		err = take_replies(taker, &replies);
	free(replies.ms);
	return err;
}

const struct stock stock_ping = { "ping text", fits, read_all };
