/* SPDX-License-Identifier: MIT */
/*
 * The document that iperf 3 would have written with -J, with the keys of 3.12 and those that 3.18
 * added; strict JSON: each key once, no NaN.
 */
#include "bench/net/iperf3.h"
#include "bench/net/wire/iperf3/stock.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

static void add_number(cJSON *all, const char *key, double value)
{
	cJSON_AddNumberToObject(all, key, isfinite(value) ? value : 0);
}

static void add_rate(cJSON *all, double from, double to, uint64_t bytes)
{
	add_number(all, "start", from);
	add_number(all, "end", to);
	add_number(all, "seconds", to - from);
	add_number(all, "bytes", (double)bytes);
	add_number(all, "bits_per_second", to > from ? (double)bytes * 8 / (to - from) : 0);
}

static void add_loss(cJSON *all, double jitter_ms, uint64_t lost, uint64_t packets)
{
	add_number(all, "jitter_ms", jitter_ms);
	add_number(all, "lost_packets", (double)lost);
	add_number(all, "packets", (double)packets);
	add_number(all, "lost_percent", packets ? 100.0 * (double)lost / (double)packets : 0);
}

/* ---- start ---- */

static void add_host(cJSON *all, const char *key, const char *port_key,
		     const struct address *address)
{
	char host[ADDRESS_ROOM];

	address_format(address, host);
	cJSON_AddStringToObject(all, key, host);
	add_number(all, port_key, address_port(address));
}

static cJSON *connected_json(const struct iperf3_kept *kept)
{
	cJSON *all = cJSON_CreateArray();

	for (unsigned i = 0; i < kept->stream_count; i++) {
		cJSON *one = cJSON_CreateObject();
		add_number(one, "socket", kept->stream[i].fd);
		add_host(one, "local_host", "local_port", &kept->stream[i].local);
		add_host(one, "remote_host", "remote_port", &kept->stream[i].peer);
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

static void add_machine(cJSON *start, int64_t wall_seconds)
{
	struct utsname name;
	char words[500];
	time_t wall = (time_t)wall_seconds;
	struct tm utc;

	cJSON_AddStringToObject(start, "version", "iperf 3.18");
	uname(&name);
	snprintf(words, sizeof(words), "%s %s %s %s %s", name.sysname, name.nodename, name.release,
		 name.version, name.machine);
	cJSON_AddStringToObject(start, "system_info", words);
	gmtime_r(&wall, &utc);
	strftime(words, sizeof(words), "%a, %d %b %Y %H:%M:%S GMT", &utc);
	cJSON *stamp = cJSON_AddObjectToObject(start, "timestamp");
	cJSON_AddStringToObject(stamp, "time", words);
	add_number(stamp, "timesecs", (double)wall_seconds);
}

static cJSON *test_start_json(const struct run *run, const struct iperf3_params *params)
{
	cJSON *all = cJSON_CreateObject();

	cJSON_AddStringToObject(all, "protocol", params->udp ? "UDP" : "TCP");
	add_number(all, "num_streams", params->parallel);
	add_number(all, "blksize", (double)params->length);
	add_number(all, "omit", params->omit);
	add_number(all, "duration", params->seconds);
	add_number(all, "bytes", (double)params->bytes);
	add_number(all, "blocks", (double)params->blocks);
	add_number(all, "reverse", params->reverse);
	add_number(all, "tos", params->tos);
	add_number(all, "target_bitrate", (double)params->rate);
	add_number(all, "bidir", params->bidir);
	add_number(all, "fqrate", 0);
	add_number(all, "interval", run->value[INTERVAL].real);
	return all;
}

static cJSON *start_json(const struct run *run, const struct iperf3_kept *kept)
{
	cJSON *all = cJSON_CreateObject();

	if (!kept->begun) {
		add_machine(all, (int64_t)time(NULL));
		return all;
	}
	cJSON_AddItemToObject(all, "connected", connected_json(kept));
	add_machine(all, kept->wall_seconds);
	cJSON *other = cJSON_AddObjectToObject(all, kept->server ? "accepted_connection" :
								   "connecting_to");
	add_host(other, "host", "port", &kept->peer);
	cJSON_AddStringToObject(all, "cookie", kept->cookie);
	if (!kept->params.udp)
		add_number(all, "tcp_mss_default", kept->mss);
	add_number(all, "target_bitrate", (double)kept->params.rate);
	add_number(all, "fq_rate", 0);
	add_number(all, "sock_bufsize", (double)kept->params.window);
	add_number(all, "sndbuf_actual", kept->send_buffer);
	add_number(all, "rcvbuf_actual", kept->receive_buffer);
	cJSON_AddItemToObject(all, "test_start", test_start_json(run, &kept->params));
	return all;
}

/* ---- intervals ---- */

static void add_row_counts(cJSON *all, const struct iperf3_row *row, bool udp, bool sender)
{
	if (udp && !sender)
		add_loss(all, row->jitter_ms, row->lost, row->packets);
	else if (udp)
		add_number(all, "packets", (double)row->packets);
	else if (sender)
		add_number(all, "retransmits", (double)row->retransmits);
}

static void add_flags(cJSON *all, const struct iperf3_row *row, bool sender)
{
	cJSON_AddBoolToObject(all, "omitted", row->omitted);
	cJSON_AddBoolToObject(all, "sender", sender);
}

static cJSON *row_json(const struct iperf3_kept *kept, const struct iperf3_row *row)
{
	const struct iperf3_kept_stream *stream = &kept->stream[row->stream];
	cJSON *all = cJSON_CreateObject();
	bool sender = stream->ends.outgoing;

	add_number(all, "socket", stream->fd);
	add_rate(all, row->from, row->to, row->bytes);
	add_row_counts(all, row, kept->params.udp, sender);
	if (sender && !kept->params.udp) {
		add_number(all, "snd_cwnd", row->kernel.cwnd);
		add_number(all, "snd_wnd", row->kernel.wnd);
		add_number(all, "rtt", row->kernel.rtt_us);
		add_number(all, "rttvar", row->kernel.rttvar_us);
		add_number(all, "pmtu", row->kernel.pmtu);
	}
	add_flags(all, row, sender);
	return all;
}

static void add_sum(cJSON *all, const char *key, const struct iperf3_kept *kept,
		    const struct iperf3_row *rows, bool sender)
{
	struct iperf3_row sum;

	if (!iperf3_sum_rows(kept, rows, sender, &sum))
		return;
	cJSON *out = cJSON_AddObjectToObject(all, key);
	add_rate(out, sum.from, sum.to, sum.bytes);
	add_row_counts(out, &sum, kept->params.udp, sender);
	add_flags(out, &sum, sender);
}

/* A document that has no room for all leaves out the streams' own rows, then all intervals. */
enum detail { ALL, SUMS_ONLY, NO_INTERVALS };

static cJSON *intervals_json(const struct iperf3_kept *kept, enum detail detail)
{
	cJSON *all = cJSON_CreateArray();
	unsigned n = kept->stream_count;
	bool first = kept->stream[0].ends.outgoing; /* with --bidir: towards the server */

	for (unsigned at = 0; n && detail != NO_INTERVALS && at + n <= kept->row_count; at += n) {
		const struct iperf3_row *rows = &kept->row[at];
		cJSON *one = cJSON_CreateObject();
		cJSON *streams = cJSON_AddArrayToObject(one, "streams");
		for (unsigned i = 0; i < n && detail == ALL; i++)
			cJSON_AddItemToArray(streams, row_json(kept, &rows[i]));
		add_sum(one, "sum", kept, rows, first);
		if (kept->params.bidir)
			add_sum(one, "sum_bidir_reverse", kept, rows, !first);
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

/* ---- end ---- */

static cJSON *tcp_sender_json(const struct iperf3_kept_stream *stream)
{
	const struct iperf3_side *side = &stream->ends.sent;
	cJSON *all = cJSON_CreateObject();

	add_number(all, "socket", stream->fd);
	add_rate(all, 0, side->end - side->start, side->bytes);
	add_number(all, "retransmits", (double)side->retransmits);
	add_number(all, "max_snd_cwnd", stream->most.cwnd);
	add_number(all, "max_snd_wnd", stream->most.wnd);
	add_number(all, "max_rtt", stream->most.rtt_us);
	add_number(all, "min_rtt", stream->rtt_least_us);
	add_number(all, "mean_rtt", stream->rtt_mean_us);
	cJSON_AddBoolToObject(all, "sender", stream->ends.outgoing);
	return all;
}

static cJSON *tcp_receiver_json(const struct iperf3_kept_stream *stream)
{
	const struct iperf3_side *side = &stream->ends.received;
	cJSON *all = cJSON_CreateObject();

	add_number(all, "socket", stream->fd);
	add_rate(all, 0, side->end - side->start, side->bytes);
	cJSON_AddBoolToObject(all, "sender", stream->ends.outgoing);
	return all;
}

/* Stock's mixture: the sender's time and bytes, the receiver's counts. */
static cJSON *udp_json(const struct iperf3_kept_stream *stream)
{
	const struct iperf3_side *sent = &stream->ends.sent, *received = &stream->ends.received;
	const struct iperf3_side *side = stream->ends.has_sent ? sent : received;
	cJSON *all = cJSON_CreateObject();

	add_number(all, "socket", stream->fd);
	add_rate(all, 0, side->end - side->start, side->bytes);
	add_loss(all, received->jitter_seconds * 1e3, received->lost - received->omitted_lost,
		 side->packets - side->omitted_packets);
	add_number(all, "out_of_order", (double)stream->out_of_order);
	cJSON_AddBoolToObject(all, "sender", stream->ends.outgoing);
	return all;
}

static cJSON *end_streams_json(const struct iperf3_kept *kept)
{
	cJSON *all = cJSON_CreateArray();

	for (unsigned i = 0; i < kept->stream_count; i++) {
		cJSON *one = cJSON_CreateObject();
		if (kept->params.udp) {
			cJSON_AddItemToObject(one, "udp", udp_json(&kept->stream[i]));
		} else {
			cJSON_AddItemToObject(one, "sender", tcp_sender_json(&kept->stream[i]));
			cJSON_AddItemToObject(one, "receiver", tcp_receiver_json(&kept->stream[i]));
		}
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

static void add_way(cJSON *end, const struct iperf3_kept *kept, bool outgoing, const char *suffix)
{
	struct iperf3_way way = iperf3_kept_way(kept, outgoing);
	bool udp = kept->params.udp;
	char key[64];

	snprintf(key, sizeof(key), "sum%s", suffix);
	cJSON *sum = udp ? cJSON_AddObjectToObject(end, key) : NULL;
	if (sum) {
		add_rate(sum, 0, way.has_received ? way.received_seconds : way.sent_seconds,
			 way.has_sent ? way.sent_bytes : way.received_bytes);
		add_loss(sum, way.jitter_ms, way.lost,
			 way.has_sent ? way.sent_packets : way.packets);
		cJSON_AddBoolToObject(sum, "sender", outgoing);
	}
	snprintf(key, sizeof(key), "sum_sent%s", suffix);
	cJSON *sent = cJSON_AddObjectToObject(end, key);
	add_rate(sent, 0, way.sent_seconds, way.sent_bytes);
	if (udp)
		add_loss(sent, 0, 0, way.sent_packets);
	else
		add_number(sent, "retransmits", (double)way.retransmits);
	cJSON_AddBoolToObject(sent, "sender", udp || outgoing);
	snprintf(key, sizeof(key), "sum_received%s", suffix);
	cJSON *received = cJSON_AddObjectToObject(end, key);
	add_rate(received, 0, way.received_seconds, way.received_bytes);
	if (udp)
		add_loss(received, way.jitter_ms, way.lost, way.packets);
	cJSON_AddBoolToObject(received, "sender", !udp && outgoing);
}

static void add_cpu(cJSON *end, const struct iperf3_kept *kept)
{
	static const char *const names[] = { "total", "user", "system" };
	cJSON *all = cJSON_AddObjectToObject(end, "cpu_utilization_percent");
	char key[40];

	for (int remote = 0; remote < 2; remote++)
		for (int i = 0; i < 3; i++) {
			snprintf(key, sizeof(key), "%s_%s", remote ? "remote" : "host", names[i]);
			add_number(all, key, remote ? kept->cpu_theirs[i] : kept->cpu[i]);
		}
}

static cJSON *end_json(const struct iperf3_kept *kept)
{
	cJSON *all = cJSON_CreateObject();
	bool first = kept->stream[0].ends.outgoing;

	if (!kept->ended)
		return all;
	cJSON_AddItemToObject(all, "streams", end_streams_json(kept));
	add_way(all, kept, first, "");
	if (kept->params.bidir)
		add_way(all, kept, !first, "_bidir_reverse");
	add_cpu(all, kept);
	if (kept->params.udp)
		return all;
	cJSON_AddStringToObject(all, "sender_tcp_congestion",
				first ? kept->congestion : kept->congestion_theirs);
	cJSON_AddStringToObject(all, "receiver_tcp_congestion",
				first ? kept->congestion_theirs : kept->congestion);
	return all;
}

/* ---- the document ---- */

static char *print(const struct run *run, enum detail detail)
{
	const struct iperf3_kept *kept = iperf3_kept_of(run);
	cJSON *all = cJSON_CreateObject();

	cJSON_AddItemToObject(all, "start", start_json(run, kept));
	cJSON_AddItemToObject(all, "intervals", intervals_json(kept, detail));
	cJSON_AddItemToObject(all, "end", end_json(kept));
	if (run->shared->err)
		cJSON_AddStringToObject(all, "error", run->shared->failure);
	char *out = all ? cJSON_Print(all) : NULL;
	cJSON_Delete(all);
	return out;
}

int iperf3_write_json(const struct run *run, struct text *out)
{
	size_t begun = out->len;

	for (enum detail detail = ALL; detail <= NO_INTERVALS; detail++) {
		char *document = print(run, detail);
		if (!document)
			return -ENOMEM;
		out->len = begun;
		out->cut = false;
		text_add(out, "%s\n", document);
		free(document);
		if (!out->cut)
			return 0;
	}
	return -ENOSPC;
}
