/* SPDX-License-Identifier: MIT */
/* iperf 3's JSON messages: see messages.h. */
#include "bench/net/wire/iperf3/messages.h"

#include "lib/lib.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned iperf3_params_streams(const struct iperf3_params *params)
{
	return params->parallel * (params->bidir ? 2 : 1);
}

bool iperf3_params_upward(const struct iperf3_params *params, unsigned index)
{
	return params->bidir ? index < params->parallel : !params->reverse;
}

/* ---- reading ---- */

/* A whole object and nothing behind it. NULL, with a line in why. */
static cJSON *parse(const char *in, size_t len, char *why, size_t room)
{
	const char *end = NULL;
	cJSON *all = cJSON_ParseWithLengthOpts(in, len, &end, false);

	while (all && end < in + len && (!*end || strchr(" \t\r\n", *end)))
		end++;
	if (all && end == in + len && cJSON_IsObject(all))
		return all;
	text_refuse(0, why, room, all ? "the JSON is no object" : "the message is no JSON");
	cJSON_Delete(all);
	return NULL;
}

struct reader {
	const cJSON *from;
	int err;
	char *why;
	size_t room;
};

static int refuse(struct reader *reader, const char *key, const char *expected)
{
	return reader->err = text_refuse(-EBADMSG, reader->why, reader->room, "\"%s\": expected %s",
					 key, expected);
}

static double read_number(struct reader *reader, const char *key, double least, double most,
			  double absent)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->from, key);
	char expected[64];

	if (!item || reader->err)
		return absent;
	double value = item->valuedouble;
	if (cJSON_IsNumber(item) && value >= least && value <= most) /* false for NaN */
		return value;
	snprintf(expected, sizeof(expected), "a number from %.15g to %.15g", least, most);
	refuse(reader, key, expected);
	return absent;
}

static bool read_truth(struct reader *reader, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->from, key);

	if (item && !cJSON_IsBool(item))
		refuse(reader, key, "true or false");
	return cJSON_IsTrue(item);
}

static void read_word(struct reader *reader, const char *key, char *out, size_t room)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->from, key);

	out[0] = '\0';
	if (!item)
		return;
	if (!cJSON_IsString(item)) {
		refuse(reader, key, "a string");
		return;
	}
	/* It may be shown to people: what is not plain does not get that far. */
	snprintf(out, room, "%s", item->valuestring);
	for (char *at = out; *at; at++)
		if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
			*at = '?';
}

static void read_protocol(struct reader *reader, struct iperf3_params *out)
{
	bool tcp = read_truth(reader, "tcp");

	out->udp = read_truth(reader, "udp");
	if (read_truth(reader, "sctp") && !reader->err)
		reader->err =
			text_refuse(-EOPNOTSUPP, reader->why, reader->room, "SCTP is not served");
	if (tcp && out->udp)
		refuse(reader, "udp", "one protocol, not tcp as well");
}

static void read_amounts(struct reader *reader, struct iperf3_params *out)
{
	out->omit = (uint32_t)read_number(reader, "omit", 0, 600, 0);
	out->bytes = (uint64_t)read_number(reader, "num", 0, 1e18, 0);
	out->blocks = (uint64_t)read_number(reader, "blockcount", 0, 1e15, 0);
	out->seconds = read_number(reader, "time", 0, 86400, out->bytes || out->blocks ? 0 : 10);
	out->parallel = (unsigned)read_number(reader, "parallel", 1, IPERF3_STREAMS, 1);
	out->length = (size_t)read_number(reader, "len", out->udp ? IPERF3_DATAGRAM_LEAST : 1,
					  out->udp ? IPERF3_DATAGRAM_MOST : IPERF3_BLOCK_MOST,
					  out->udp ? 1460 : IPERF3_BLOCK);
	out->rate = (uint64_t)read_number(reader, "bandwidth", 0, 1e15, 0);
	out->burst = (uint32_t)read_number(reader, "burst", 0, 1000, 0);
}

int iperf3_params_decode(const char *in, size_t len, struct iperf3_params *out, char *why,
			 size_t room)
{
	struct reader reader = { .from = parse(in, len, why, room), .why = why, .room = room };

	*out = (struct iperf3_params){ 0 };
	if (!reader.from)
		return -EBADMSG;
	read_protocol(&reader, out);
	read_amounts(&reader, out);
	out->reverse = read_truth(&reader, "reverse");
	out->bidir = read_truth(&reader, "bidirectional");
	out->nodelay = read_truth(&reader, "nodelay");
	out->wide = read_number(&reader, "udp_counters_64bit", 0, 1, 0) > 0;
	out->wants_output = read_number(&reader, "get_server_output", 0, 1, 0) > 0;
	out->window = (uint64_t)read_number(&reader, "window", 0, 1 << 30, 0);
	out->mss = (uint32_t)read_number(&reader, "MSS", 0, 65535, 0);
	out->tos = (uint32_t)read_number(&reader, "TOS", 0, 255, 0);
	read_word(&reader, "congestion", out->congestion, sizeof(out->congestion));
	read_word(&reader, "client_version", out->version, sizeof(out->version));
	if (out->reverse && out->bidir && !reader.err)
		refuse(&reader, "reverse", "not to stand beside bidirectional");
	cJSON_Delete((cJSON *)reader.from);
	return reader.err;
}

/* ---- writing ---- */

static void add_number(cJSON *all, const char *key, double value)
{
	if (value > 0)
		cJSON_AddNumberToObject(all, key, value);
}

static void add_truth(cJSON *all, const char *key, bool value)
{
	if (value)
		cJSON_AddTrueToObject(all, key);
}

static char *print(cJSON *all)
{
	char *out = all ? cJSON_PrintUnformatted(all) : NULL;

	cJSON_Delete(all);
	return out;
}

char *iperf3_params_encode(const struct iperf3_params *params)
{
	cJSON *all = cJSON_CreateObject();

	cJSON_AddTrueToObject(all, params->udp ? "udp" : "tcp");
	cJSON_AddNumberToObject(all, "omit", params->omit);
	/* Stock reads whole numbers; the client ends the test anyway. */
	cJSON_AddNumberToObject(all, "time", ceil(params->seconds));
	cJSON_AddNumberToObject(all, "num", (double)params->bytes);
	cJSON_AddNumberToObject(all, "blockcount", (double)params->blocks);
	add_number(all, "MSS", params->mss);
	add_truth(all, "nodelay", params->nodelay);
	cJSON_AddNumberToObject(all, "parallel", params->parallel);
	add_truth(all, "reverse", params->reverse);
	add_truth(all, "bidirectional", params->bidir);
	add_number(all, "window", (double)params->window);
	cJSON_AddNumberToObject(all, "len", (double)params->length);
	add_number(all, "bandwidth", (double)params->rate);
	cJSON_AddNumberToObject(all, "pacing_timer", 1000);
	add_number(all, "burst", params->burst);
	add_number(all, "TOS", params->tos);
	if (params->congestion[0])
		cJSON_AddStringToObject(all, "congestion", params->congestion);
	add_number(all, "udp_counters_64bit", params->wide);
	cJSON_AddStringToObject(all, "client_version", params->version);
	return print(all);
}

/* ---- results ---- */

/* -1 comes as -1, or as the unsigned number of the same bits (3.12). */
static int64_t read_signed(struct reader *reader, const char *key)
{
	double value = read_number(reader, key, -1, 18446744073709551615.0, -1);

	return value < 0 || value >= 9.2e18 ? -1 : (int64_t)value;
}

/* A count that must be there; -1 as in read_signed() is 0. */
static uint64_t read_count(struct reader *reader, const char *key)
{
	if (!cJSON_GetObjectItemCaseSensitive(reader->from, key))
		refuse(reader, key, "to be there");
	int64_t value = read_signed(reader, key);
	return value < 0 ? 0 : (uint64_t)value;
}

static int read_side(const cJSON *from, struct iperf3_side *out, char *why, size_t room)
{
	struct reader reader = { .from = from, .why = why, .room = room };

	if (!cJSON_IsObject(from))
		return refuse(&reader, "streams", "an array of objects");
	*out = (struct iperf3_side){ 0 };
	out->id = (int)read_number(&reader, "id", 1, IPERF3_SIDES + 2, 0);
	out->bytes = read_count(&reader, "bytes");
	out->retransmits = read_signed(&reader, "retransmits");
	out->jitter_seconds = read_number(&reader, "jitter", 0, 1e12, 0);
	out->lost = read_count(&reader, "errors");
	out->packets = read_count(&reader, "packets");
	out->has_omitted = cJSON_HasObjectItem(from, "omitted_packets") &&
			   cJSON_HasObjectItem(from, "omitted_errors");
	if (out->has_omitted) {
		out->omitted_lost = read_count(&reader, "omitted_errors");
		out->omitted_packets = read_count(&reader, "omitted_packets");
	}
	out->start = read_number(&reader, "start_time", 0, 1e9, 0);
	out->end = read_number(&reader, "end_time", 0, 1e9, 0);
	if (!out->id)
		refuse(&reader, "id", "the number of a stream");
	return reader.err;
}

static int read_sides(struct reader *reader, struct iperf3_results *out)
{
	const cJSON *sides = cJSON_GetObjectItemCaseSensitive(reader->from, "streams"), *side;

	if (!cJSON_IsArray(sides))
		return refuse(reader, "streams", "an array");
	cJSON_ArrayForEach(side, sides) {
		struct iperf3_side one;
		if (out->count == IPERF3_SIDES)
			return refuse(reader, "streams", "no more than were opened");
		reader->err = read_side(side, &one, reader->why, reader->room);
		if (!reader->err && iperf3_results_side(out, one.id))
			refuse(reader, "id", "each stream once");
		if (reader->err)
			return reader->err;
		out->side[out->count++] = one;
	}
	return 0;
}

int iperf3_results_decode(const char *in, size_t len, struct iperf3_results *out, char *why,
			  size_t room)
{
	struct reader reader = { .from = parse(in, len, why, room), .why = why, .room = room };

	out->count = 0;
	if (!reader.from)
		return -EBADMSG;
	out->cpu_total = read_number(&reader, "cpu_util_total", -1e6, 1e6, 0);
	out->cpu_user = read_number(&reader, "cpu_util_user", -1e6, 1e6, 0);
	out->cpu_system = read_number(&reader, "cpu_util_system", -1e6, 1e6, 0);
	int64_t has = read_signed(&reader, "sender_has_retransmits");
	out->has_retransmits = has < 0 ? -1 : has > 0;
	read_word(&reader, "congestion_used", out->congestion, sizeof(out->congestion));
	if (!reader.err)
		read_sides(&reader, out);
	cJSON_Delete((cJSON *)reader.from);
	return reader.err;
}

const struct iperf3_side *iperf3_results_side(const struct iperf3_results *results, int id)
{
	for (unsigned i = 0; i < results->count; i++)
		if (results->side[i].id == id)
			return &results->side[i];
	return NULL;
}

static cJSON *side_json(const struct iperf3_side *side)
{
	cJSON *all = cJSON_CreateObject();

	cJSON_AddNumberToObject(all, "id", side->id);
	cJSON_AddNumberToObject(all, "bytes", (double)side->bytes);
	cJSON_AddNumberToObject(all, "retransmits", (double)side->retransmits);
	cJSON_AddNumberToObject(all, "jitter", side->jitter_seconds);
	cJSON_AddNumberToObject(all, "errors", (double)side->lost);
	cJSON_AddNumberToObject(all, "omitted_errors", (double)side->omitted_lost);
	cJSON_AddNumberToObject(all, "packets", (double)side->packets);
	cJSON_AddNumberToObject(all, "omitted_packets", (double)side->omitted_packets);
	cJSON_AddNumberToObject(all, "start_time", side->start);
	cJSON_AddNumberToObject(all, "end_time", side->end);
	return all;
}

char *iperf3_results_encode(const struct iperf3_results *results)
{
	cJSON *all = cJSON_CreateObject();

	cJSON_AddNumberToObject(all, "cpu_util_total", results->cpu_total);
	cJSON_AddNumberToObject(all, "cpu_util_user", results->cpu_user);
	cJSON_AddNumberToObject(all, "cpu_util_system", results->cpu_system);
	cJSON_AddNumberToObject(all, "sender_has_retransmits", results->has_retransmits);
	if (results->congestion[0])
		cJSON_AddStringToObject(all, "congestion_used", results->congestion);
	cJSON *sides = cJSON_AddArrayToObject(all, "streams");
	for (unsigned i = 0; i < results->count; i++)
		cJSON_AddItemToArray(sides, side_json(&results->side[i]));
	return print(all);
}
