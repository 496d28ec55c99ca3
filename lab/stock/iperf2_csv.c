/* SPDX-License-Identifier: MIT */
/*
 * iperf 2's CSV (-y C): 9 fields, 14 with a receiver's report of UDP. Who connects sends, so the
 * end with the server's port receives. 2.0.x writes its own end first; a row that follows with the
 * ends changed is the server's report of the row before.
 */
#include <string.h>

#include "lab/stock/stock.h"

enum { WHEN, A, A_PORT, B, B_PORT, ID, INTERVAL, BYTES, BITS, JITTER, LOST, TOTAL, PERCENT, ORDER };
enum { SERVER_PORT = 5001, STREAMS_MOST = 256 };

struct row {
	char when[32], a[64], b[64];
	double a_port, b_port, id, from, to, bits, jitter, lost, percent;
	bool datagrams;
};
/* Streams that were side by side. */
struct batch {
	struct row rows[STREAMS_MOST];
	size_t count;
	bool outgoing;
};

static bool read_interval(const char *text, double *from, double *to)
{
	char start[32];
	const char *dash = strchr(text + (*text == '-'), '-');
	size_t len = dash ? (size_t)(dash - text) : sizeof(start);

	if (len >= sizeof(start))
		return false;
	memcpy(start, text, len);
	start[len] = '\0';
	return stock_number(start, from) && stock_number(dash + 1, to);
}

static bool is_stamp(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits == 14 && (!text[14] || text[14] == '.');
}

static void copy(char *out, size_t room, const char *text)
{
	size_t len = strlen(text);

	len = len < room ? len : room - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

static bool read_row(char *line, struct row *row)
{
	const char *fields[STOCK_FIELDS];
	size_t count = stock_fields(line, fields);
	double bytes;

	*row = (struct row){ 0 };
	if ((count != 9 && count != 14) || !is_stamp(fields[WHEN]) ||
	    !stock_number(fields[A_PORT], &row->a_port) ||
	    !stock_number(fields[B_PORT], &row->b_port) || !stock_number(fields[ID], &row->id) ||
	    !read_interval(fields[INTERVAL], &row->from, &row->to) ||
	    !stock_number(fields[BYTES], &bytes) || !stock_number(fields[BITS], &row->bits))
		return false;
	copy(row->when, sizeof(row->when), fields[WHEN]);
	copy(row->a, sizeof(row->a), fields[A]);
	copy(row->b, sizeof(row->b), fields[B]);
	row->datagrams = count == 14 && stock_number(fields[JITTER], &row->jitter) &&
			 stock_number(fields[LOST], &row->lost) &&
			 stock_number(fields[PERCENT], &row->percent);
	return true;
}

static bool is_server(double port, double other)
{
	if (port >= SERVER_PORT && port <= SERVER_PORT)
		return true;
	return !(other >= SERVER_PORT && other <= SERVER_PORT) && port < other;
}

/* Seen from the end that stands first. */
static bool is_outgoing(const struct row *row)
{
	return is_server(row->b_port, row->a_port);
}

static int flush(struct taker *taker, struct batch *batch)
{
	const struct row *first = batch->rows;
	bool udp = batch->count && first->datagrams;
	double bits = 0;
	int err;

	if (!batch->count)
		return 0;
	for (size_t i = 0; i < batch->count; i++)
		bits += batch->rows[i].bits;
	batch->count = 0;
	err = stock_take(taker, udp ? "net.udp" : "net.tcp",
			 batch->outgoing ? "outgoing" : "incoming", "Mbit/s", BETTER_MORE,
			 bits / 1e6);
	if (err || !udp || batch->outgoing)
		return err;
	err = stock_take(taker, "net.udp", "incoming_jitter", "ms", BETTER_LESS, first->jitter);
	if (!err)
		err = stock_take(taker, "net.udp", "incoming_lost", "datagrams", BETTER_LESS,
				 first->lost);
	return err ? err :
		     stock_take(taker, "net.udp", "incoming_lost_percent", "%", BETTER_LESS,
				first->percent);
}

/* The server's report of what we sent: then it was UDP, and the sender's row is not the figure. */
static int take_report(struct taker *taker, struct batch *batch, const struct row *row)
{
	int err;

	batch->count = 0;
	err = stock_take(taker, "net.udp", "received", "Mbit/s", BETTER_MORE, row->bits / 1e6);
	if (!err)
		err = stock_take(taker, "net.udp", "jitter", "ms", BETTER_LESS, row->jitter);
	if (!err)
		err = stock_take(taker, "net.udp", "lost", "datagrams", BETTER_LESS, row->lost);
	return err ? err :
		     stock_take(taker, "net.udp", "lost_percent", "%", BETTER_LESS, row->percent);
}

static bool equal(double a, double b)
{
	return a >= b && a <= b;
}

static bool is_report(const struct batch *batch, const struct row *row)
{
	const struct row *last = batch->count ? &batch->rows[batch->count - 1] : NULL;

	return last && row->datagrams && !last->datagrams && equal(last->a_port, row->b_port) &&
	       equal(last->b_port, row->a_port) && !strcmp(last->a, row->b) &&
	       !strcmp(last->b, row->a);
}

/* A longer interval of the same connection takes the place of a shorter one. */
static bool replaces(struct batch *batch, const struct row *row)
{
	struct row *last = batch->count ? &batch->rows[batch->count - 1] : NULL;

	if (!last || !equal(last->id, row->id) || !equal(last->a_port, row->a_port) ||
	    !equal(last->b_port, row->b_port) || row->to < last->to)
		return false;
	*last = *row;
	return true;
}

static bool belongs(const struct batch *batch, const struct row *row)
{
	if (batch->count == STREAMS_MOST || is_outgoing(row) != batch->outgoing ||
	    strcmp(batch->rows->when, row->when) != 0 || batch->rows->datagrams != row->datagrams)
		return false;
	for (size_t i = 0; i < batch->count; i++)
		if (equal(batch->rows[i].id, row->id))
			return false;
	return true;
}

static int take_row(struct taker *taker, struct batch *batch, const struct row *row)
{
	int err = 0;

	/* Later intervals of a run, and the sum of streams that stand there one by one. */
	if (row->from > 0 || row->id < 0)
		return 0;
	if (is_report(batch, row))
		return take_report(taker, batch, row);
	if (replaces(batch, row))
		return 0;
	if (batch->count && !belongs(batch, row))
		err = flush(taker, batch);
	batch->outgoing = is_outgoing(row);
	batch->rows[batch->count++] = *row;
	return err;
}

static bool fits(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	char line[STOCK_LINE];
	struct row row;

	while (stock_line(&at, end, line))
		if (read_row(line, &row))
			return true;
	return false;
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	struct batch batch = { 0 };
	char line[STOCK_LINE];
	struct row row;
	int err = 0;

	while (!err && stock_line(&at, end, line))
		if (read_row(line, &row))
			err = take_row(taker, &batch, &row);
	return err ? err : flush(taker, &batch);
}

const struct stock stock_iperf2_csv = { "iperf 2 CSV", fits, read_all };
