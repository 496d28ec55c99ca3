/* SPDX-License-Identifier: MIT */
/* The messages of a meeting, by rows: see message.h. */
#include "bench/net/wire/meet/message.h"

#include "bench/net/wire/words.h"
#include "lib/lib.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>

enum kind { COUNT, TEXT, LIST, FIGURES };

/* A member of a message: where it stands in the struct and what it may be. */
struct field {
	const char *key;
	enum kind kind;
	size_t at, count_at; /* count_at: of a list's length */
	uint64_t most;	     /* of a count or of a list's elements; of a text's room */
	size_t room;	     /* of a list */
};

#define AT(member)   offsetof(struct meet_message, member)
#define SIZE(member) sizeof(((struct meet_message *)0)->member)
#define A_COUNT(key, member, most)                 \
	{                                          \
		key, COUNT, AT(member), 0, most, 0 \
	}
#define A_TIME(key, member) A_COUNT(key, member, MEET_TIME_MOST)
#define A_TEXT(key, member)                               \
	{                                                 \
		key, TEXT, AT(member), 0, SIZE(member), 0 \
	}
#define A_LIST(key, member, count, most)                                                \
	{                                                                               \
		key, LIST, AT(member), AT(count), most, SIZE(member) / sizeof(uint64_t) \
	}

static const struct field hello[] = {
	A_COUNT("version", version, 1000),
	A_TEXT("name", name),
	A_COUNT("place", place, MEET_MACHINES),
	A_COUNT("machines", terms.machines, MEET_MACHINES),
	A_LIST("order", terms.order, terms.order_count, MEET_MACHINES),
	A_TIME("stagger", terms.stagger_ns),
	A_TIME("duration", terms.duration_ns),
	A_TIME("interval", terms.interval_ns),
	A_COUNT("alone", terms.alone, 1),
	A_COUNT("udp", terms.udp, 1),
	A_TEXT("digest", terms.digest),
	{ 0 },
};
static const struct field ping[] = { A_TIME("token", token), { 0 } };
static const struct field ready[] = {
	A_COUNT("phase", phase, MEET_MACHINES),
	A_TIME("uncertainty", uncertainty_ns),
	{ 0 },
};
static const struct field call[] = {
	A_COUNT("version", version, 1000),
	A_TEXT("bench", bench),
	A_TEXT("words", words),
	{ 0 },
};
static const struct field refused[] = {
	A_TEXT("text", text),
	A_COUNT("busy", busy, 1),
	A_COUNT("seconds", seconds, 1000000),
	{ 0 },
};
static const struct field wait[] = {
	A_COUNT("present", present, MEET_MACHINES),
	A_COUNT("machines", terms.machines, MEET_MACHINES),
	{ 0 },
};
static const struct field pong[] = { A_TIME("token", token), A_TIME("now", now_ns), { 0 } };
static const struct field phase[] = {
	A_COUNT("phase", phase, MEET_MACHINES),
	A_COUNT("phases", phases, MEET_MACHINES + 1),
	A_COUNT("place", place, MEET_MACHINES),
	A_LIST("runs", runs, run_count, MEET_MACHINES),
	{ 0 },
};
static const struct field start[] = {
	A_COUNT("phase", phase, MEET_MACHINES),
	A_TIME("begin", begin_ns),
	A_LIST("runs", runs, run_count, MEET_MACHINES),
	A_LIST("starts", starts, start_count, MEET_TIME_MOST),
	{ 0 },
};
static const struct field ended[] = { A_TEXT("text", text), { 0 } };
static const struct field calling[] = { A_COUNT("seconds", seconds, 1000000), { 0 } };
static const struct field called[] = {
	A_COUNT("err", err, 4095),
	A_TEXT("text", text),
	{ "figures", FIGURES },
	{ 0 },
};
static const struct field share[] = {
	A_COUNT("place", share.place, MEET_MACHINES),
	A_COUNT("phase", share.phase, MEET_MACHINES),
	A_TEXT("name", share.name),
	A_TIME("started", share.started_ns),
	A_TIME("ended", share.ended_ns),
	A_TIME("bytes", share.bytes),
	A_TIME("windowBytes", share.window_bytes),
	A_TIME("uncertainty", share.uncertainty_ns),
	A_TIME("retransmits", share.retransmits),
	A_COUNT("reported", share.reported, 1),
	A_TIME("receivedBytes", share.received_bytes),
	A_TIME("receivedMicroseconds", share.received_us),
	A_TIME("datagrams", share.datagrams),
	A_TIME("lost", share.lost),
	A_TIME("outOfOrder", share.out_of_order),
	A_TIME("jitterMicroseconds", share.jitter_us),
	A_LIST("intervals", share.interval, share.interval_count, MEET_TIME_MOST),
	A_TEXT("failure", share.failure),
	{ 0 },
};

static const struct {
	const char *name;
	const struct field *fields;
} says[MEET_SAYS] = {
	[MEET_HELLO] = { "hello", hello },	 [MEET_PING] = { "ping", ping },
	[MEET_READY] = { "ready", ready },	 [MEET_CALL] = { "call", call },
	[MEET_REFUSED] = { "refused", refused }, [MEET_WAIT] = { "wait", wait },
	[MEET_PONG] = { "pong", pong },		 [MEET_PHASE] = { "phase", phase },
	[MEET_START] = { "start", start },	 [MEET_END] = { "end", ended },
	[MEET_CALLING] = { "calling", calling }, [MEET_CALLED] = { "called", called },
	[MEET_SHARE] = { "share", share },
};

const char *meet_say_name(enum meet_say say)
{
	return says[say].name;
}

ssize_t meet_frame_length(const uint8_t in[MEET_LENGTH])
{
	uint32_t len = get32(in);

	return len && len <= MEET_JSON_MOST ? (ssize_t)len : -EBADMSG;
}

/* ---- reading ---- */

static int read_count(const cJSON *json, uint64_t most, uint64_t *out)
{
	double value = cJSON_IsNumber(json) ? json->valuedouble : -1;

	if (!(value >= 0 && value <= (double)most) || value > floor(value))
		return -EBADMSG;
	*out = (uint64_t)value;
	return 0;
}

/* Printable ASCII: it goes to consoles and journals as it is. */
static int read_text(const cJSON *json, char *out, size_t room)
{
	const char *in = cJSON_GetStringValue(json);
	size_t len = in ? strlen(in) : room;

	if (len >= room)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++)
		if (in[i] < ' ' || in[i] > '~')
			return -EBADMSG;
	memcpy(out, in, len + 1);
	return 0;
}

static int read_list(const cJSON *json, const struct field *field, uint64_t *out, uint64_t *count)
{
	const cJSON *one;

	if (!cJSON_IsArray(json))
		return -EBADMSG;
	*count = 0;
	cJSON_ArrayForEach(one, json) {
		if (*count == field->room || read_count(one, field->most, &out[*count]))
			return -EBADMSG;
		++*count;
	}
	return 0;
}

static int read_figure(const cJSON *json, struct meet_message *out)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(json, "name");
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(json, "values"), *one;
	struct meet_figure figure = { .first = out->value_count };

	if (out->figure_count == MEET_FIGURES || cJSON_GetArraySize(json) != 2 ||
	    !cJSON_IsArray(values) || read_text(name, figure.name, sizeof(figure.name)))
		return -EBADMSG;
	cJSON_ArrayForEach(one, values) {
		if (out->value_count == MEET_VALUES || !cJSON_IsNumber(one) ||
		    !isfinite(one->valuedouble))
			return -EBADMSG;
		out->value[out->value_count++] = one->valuedouble;
		figure.count++;
	}
	out->figure[out->figure_count++] = figure;
	return 0;
}

static int read_figures(const cJSON *json, struct meet_message *out)
{
	const cJSON *one;

	if (!cJSON_IsArray(json))
		return -EBADMSG;
	cJSON_ArrayForEach(one, json) {
		if (!cJSON_IsObject(one) || read_figure(one, out))
			return -EBADMSG;
	}
	return 0;
}

static int read_field(const cJSON *json, const struct field *field, struct meet_message *out)
{
	void *at = (char *)out + field->at;

	switch (field->kind) {
	case COUNT:
		return read_count(json, field->most, at);
	case TEXT:
		return read_text(json, at, field->most);
	case LIST:
		return read_list(json, field, at, (void *)((char *)out + field->count_at));
	case FIGURES:
		return read_figures(json, out);
	}
	return -EBADMSG;
}

static int read_message(const cJSON *json, struct meet_message *out)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "say"));
	int members = 1;

	out->say = MEET_SAYS;
	for (int say = 0; name && say < MEET_SAYS; say++)
		if (!strcmp(says[say].name, name))
			out->say = (enum meet_say)say;
	if (out->say == MEET_SAYS)
		return -EBADMSG;
	for (const struct field *field = says[out->say].fields; field->key; field++) {
		const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, field->key);
		if (read_field(member, field, out))
			return -EBADMSG;
		members++;
	}
	/* One that no row names, or one that is there twice. */
	return cJSON_GetArraySize(json) == members ? 0 : -EBADMSG;
}

int meet_decode(const uint8_t *json, size_t len, struct meet_message *out)
{
	const char *end = NULL;

	memset(out, 0, sizeof(*out));
	/* A zero would end the text for cJSON and not for us, and so inside a text. */
	if (!len || len > MEET_JSON_MOST || memchr(json, '\0', len) ||
	    memmem(json, len, "\\u0000", 6))
		return -EBADMSG;
	cJSON *root = cJSON_ParseWithLengthOpts((const char *)json, len, &end, 0);
	int err = root && cJSON_IsObject(root) && end == (const char *)json + len ?
			  read_message(root, out) :
			  -EBADMSG;
	cJSON_Delete(root);
	return err;
}

/* ---- writing ---- */

static cJSON *list_json(const uint64_t *values, uint64_t count)
{
	cJSON *list = cJSON_CreateArray();

	for (uint64_t i = 0; i < count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateNumber((double)values[i]));
	return list;
}

static cJSON *figures_json(const struct meet_message *message)
{
	cJSON *list = cJSON_CreateArray();

	for (uint32_t i = 0; i < message->figure_count; i++) {
		const struct meet_figure *figure = &message->figure[i];
		cJSON *one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "name", figure->name);
		cJSON_AddItemToObject(one, "values",
				      cJSON_CreateDoubleArray(message->value + figure->first,
							      (int)figure->count));
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

/* What the other end would refuse is said in what it takes. */
static cJSON *text_json(const char *in)
{
	char plain[sizeof(((struct meet_message *)0)->words)];
	size_t len = 0;

	for (; len < sizeof(plain) - 1 && in[len]; len++)
		plain[len] = in[len];
	plain[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (plain[i] < ' ' || plain[i] > '~')
			plain[i] = '?';
	return cJSON_CreateString(plain);
}

static cJSON *field_json(const struct meet_message *message, const struct field *field)
{
	const void *at = (const char *)message + field->at;
	const uint64_t *count = (const void *)((const char *)message + field->count_at);

	switch (field->kind) {
	case COUNT:
		return cJSON_CreateNumber((double)*(const uint64_t *)at);
	case TEXT:
		return text_json(at);
	case LIST:
		return list_json(at, *count);
	case FIGURES:
		return figures_json(message);
	}
	return NULL;
}

ssize_t meet_encode(const struct meet_message *message, uint8_t out[MEET_FRAME_MOST])
{
	cJSON *root = cJSON_CreateObject();

	cJSON_AddStringToObject(root, "say", says[message->say].name);
	for (const struct field *field = says[message->say].fields; field->key; field++)
		cJSON_AddItemToObject(root, field->key, field_json(message, field));
	char *text = root ? cJSON_PrintUnformatted(root) : NULL;
	size_t len = text ? strlen(text) : 0;
	ssize_t err = !text ? -ENOMEM : len > MEET_JSON_MOST ? -ENOSPC : (ssize_t)len + MEET_LENGTH;
	if (err > 0) {
		put32(out, (uint32_t)len);
		memcpy(out + MEET_LENGTH, text, len);
	}
	cJSON_free(text);
	cJSON_Delete(root);
	return err;
}
