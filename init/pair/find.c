/* SPDX-License-Identifier: MIT */
/* The search for a partner: beacons out and in, one call, one connection. See init/pair/pair.h. */
#include "init/pair/search.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define HELLO_SECONDS	 1.0
#define PATIENCE_SECONDS 30.0 /* a slow emulated guest needs some of it */

static struct pair the_pair;

void pair_prepare(struct story *story)
{
	if (!settings_find_peer(&story->settings))
		return;
	story->pair = &the_pair;
	the_pair.channel.fd = -1;
	the_pair.patience_seconds = PATIENCE_SECONDS;
	pair_records_begin(&the_pair);
	journal_add_sink(&story->journal, &the_pair.sink);
}

uint64_t pair_deadline(double seconds)
{
	return clock_raw_ns() + (uint64_t)(seconds * 1e9);
}

static void tell(struct story *story, enum severity severity, const char *format, ...)
	PRINTF_LIKE(3, 4);

static void tell(struct story *story, enum severity severity, const char *format, ...)
{
	char line[WHY_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	console_say("assay: %s", line);
	record_log(story, NULL, severity, "%s", line);
}

/* ---- who we are ---- */

/* A name in a beacon has no blanks. */
static void copy_plain(char *out, size_t room, const char *in)
{
	size_t n = 0;

	for (; in[n] && n + 1 < room; n++)
		out[n] = in[n] > 0x20 && in[n] < 0x7f ? in[n] : '_';
	out[n] = '\0';
}

static int describe_self(const struct story *story, struct beacon *self)
{
	const struct network *network = &story->network;

	*self = (struct beacon){ .payload = story->machine.init_digest };
	settings_digest_steps(&story->settings, &self->plan);
	copy_plain(self->plan_name, sizeof(self->plan_name), story->settings.value[SET_PLAN].text);
	copy_plain(self->run_id, sizeof(self->run_id), story->run_id);
	if (network->bits && inet_pton(AF_INET, network->address, &self->v4) == 1)
		self->v4_bits = network->bits;
	while (!self->nonce)
		if (getrandom(&self->nonce, sizeof(self->nonce), 0) < 0 && errno != EINTR)
			return -errno;
	return mac_parse(network->mac, self->mac);
}

/* ---- what comes ---- */

static void tell_oddities(struct search *search, int err)
{
	if (err == -EPROTONOSUPPORT && !search->told_version)
		tell(search->story, SEVERITY_WARNING,
		     "a machine on %s looks for a partner in another version of this protocol",
		     search->story->network.nic);
	search->told_version |= err == -EPROTONOSUPPORT;
	if (search->pairing.clone && !search->told_clone)
		tell(search->story, SEVERITY_WARNING,
		     "another machine on %s has our MAC, %s: it cannot be the partner",
		     search->story->network.nic, search->story->network.mac);
	search->told_clone |= search->pairing.clone;
}

/* Each machine of another plan is said once, when it is first heard. */
static void tell_newcomers(struct search *search)
{
	for (size_t i = 0; i < search->pairing.count; i++) {
		struct pairing_seen *seen = &search->pairing.seen[i];
		char line[WHY_ROOM];
		struct text text;

		if (seen->told)
			continue;
		seen->told = true;
		if (!memcmp(&seen->beacon.plan, &search->pairing.self.plan, sizeof(struct digest)))
			continue;
		text_begin(&text, line, sizeof(line));
		pairing_describe(&search->pairing, seen, &text);
		tell(search->story, SEVERITY_WARNING, "%s", line);
	}
}

static void take_beacon(struct search *search)
{
	uint8_t bytes[BEACON_BYTES + 1];
	struct address from = { .len = sizeof(from.room) };
	struct beacon beacon;
	ssize_t got = recvfrom(search->beacon_fd, bytes, sizeof(bytes), MSG_DONTWAIT, &from.any,
			       &from.len);
	int err;

	if (got < 0 || !IN6_IS_ADDR_LINKLOCAL(&from.v6.sin6_addr))
		return;
	err = beacon_decode(bytes, (size_t)got, &beacon);
	beacon.from = from.v6.sin6_addr;
	if (!err)
		pairing_hear(&search->pairing, &beacon);
	tell_oddities(search, err);
	tell_newcomers(search);
}

/* ---- the call ---- */

static void join_partner(struct search *search, const struct beacon *partner)
{
	struct pair *pair = search->pair;

	pair->partner = *partner;
	pair->self = search->pairing.self;
	mac_format(partner->mac, pair->mac);
	pair->serves_first = memcmp(pair->self.mac, partner->mac, 6) < 0;
	pair->joined = true;
}

static bool is_known(const struct search *search, const struct address *from)
{
	for (size_t i = 0; i < search->pairing.count; i++)
		if (!memcmp(&search->pairing.seen[i].beacon.from, &from->v6.sin6_addr,
			    sizeof(struct in6_addr)))
			return true;
	return false;
}

static const struct beacon *beacon_by_nonce(const struct search *search, uint64_t nonce)
{
	for (size_t i = 0; i < search->pairing.count; i++)
		if (search->pairing.seen[i].beacon.nonce == nonce)
			return &search->pairing.seen[i].beacon;
	return NULL;
}

static bool is_welcome(const struct search *search, const struct pair_message *hello,
		       const struct address *from)
{
	const struct beacon *beacon = beacon_by_nonce(search, hello->nonce);

	return beacon && hello->type == PAIR_HELLO &&
	       hello->for_nonce == search->pairing.self.nonce &&
	       !memcmp(&hello->digest, &search->pairing.self.plan, sizeof(hello->digest)) &&
	       !memcmp(&from->v6.sin6_addr, &beacon->from, sizeof(beacon->from)) &&
	       pairing_accepts(&search->pairing, hello->mac, hello->nonce);
}

static void take_call(struct search *search)
{
	static const char no[] = "not you, or not now";
	struct pair_message hello, answer = { .type = PAIR_WELCOME };
	struct pair_channel *channel = &search->pair->channel;
	struct address from;
	int fd = socket_accept(search->call_fd, NULL, pair_deadline(0.1), NULL, &from, NULL);

	if (fd < 0)
		return;
	/* A stranger who only holds the line must not keep the search from its beacons. */
	if (!is_known(search, &from)) {
		close(fd);
		return;
	}
	pair_channel_begin(channel, fd);
	if (!pair_channel_receive(channel, &hello, pair_deadline(HELLO_SECONDS))) {
		bool welcome = is_welcome(search, &hello, &from);
		uint64_t nonce = hello.nonce;

		if (!welcome)
			answer = (struct pair_message){ .type = PAIR_REFUSE,
							.text = no,
							.text_len = sizeof(no) - 1 };
		if (!pair_channel_send(channel, &answer, pair_deadline(HELLO_SECONDS)) && welcome)
			join_partner(search, beacon_by_nonce(search, nonce));
	}
	if (!search->pair->joined)
		pair_channel_end(channel);
}

static void call_partner(struct search *search, const struct beacon *partner)
{
	struct pair_channel *channel = &search->pair->channel;
	struct pair_message hello = { .type = PAIR_HELLO,
				      .nonce = search->pairing.self.nonce,
				      .for_nonce = partner->nonce,
				      .digest = search->pairing.self.plan },
			    answer = { 0 };
	struct address to = search->group;
	int fd;

	to.v6.sin6_addr = partner->from;
	memcpy(hello.mac, search->pairing.self.mac, 6);
	fd = socket_connect(&to, 0, pair_deadline(HELLO_SECONDS), NULL);
	if (fd >= 0) {
		pair_channel_begin(channel, fd);
		if (!pair_channel_send(channel, &hello, pair_deadline(HELLO_SECONDS)) &&
		    !pair_channel_receive(channel, &answer, pair_deadline(2 * HELLO_SECONDS)) &&
		    answer.type == PAIR_WELCOME) {
			join_partner(search, partner);
			return;
		}
		pair_channel_end(channel);
	}
	pairing_avoid(&search->pairing, partner->nonce);
}

/* ---- the search ---- */

static void await_tick(struct search *search, uint64_t tick_ns)
{
	struct pollfd ready[] = { { .fd = search->beacon_fd, .events = POLLIN },
				  { .fd = search->call_fd, .events = POLLIN } };
	uint64_t now_ns;

	while (!search->pair->joined && (now_ns = clock_raw_ns()) < tick_ns) {
		int left_ms = (int)((tick_ns - now_ns) / MILLISECOND_NS) + 1;

		if (poll(ready, COUNT_OF(ready), left_ms) <= 0)
			continue;
		if (ready[0].revents)
			take_beacon(search);
		if (ready[1].revents)
			take_call(search);
	}
}

static void look(struct search *search, uint64_t until_ns)
{
	const struct pairing_seen *partner;

	for (uint64_t tick_ns = clock_raw_ns(); !search->pair->joined && tick_ns < until_ns;
	     tick_ns = clock_raw_ns()) {
		beacon_send(search->beacon_fd, &search->pairing.self, &search->group);
		await_tick(search, tick_ns + PAIR_TICK_NS);
		pairing_tick(&search->pairing);
		if (!search->pair->joined &&
		    pairing_decide(&search->pairing, &partner) == PAIRING_CALL)
			call_partner(search, &partner->beacon);
	}
}

/* A third on the wire may miss one beacon. */
static void announce_taken(struct search *search)
{
	struct beacon *self = &search->pair->self;

	self->state = BEACON_TAKEN;
	self->choice = search->pair->partner.nonce;
	for (int i = 0; i < 3; i++) {
		beacon_send(search->beacon_fd, self, &search->group);
		clock_sleep_ns(20 * MILLISECOND_NS);
	}
}

static void say_nobody(struct search *search, double seconds, int err)
{
	struct network *network = &search->story->network;
	struct text text;

	text_begin(&text, network->why_no_partner, sizeof(network->why_no_partner));
	if (err) {
		text_add(&text, "no partner can be looked for on %s: %s", network->nic,
			 strerror(-err));
		return;
	}
	text_add(&text, "no partner found on %s within %.0f s: ", network->nic, seconds);
	for (size_t i = 0; i < search->pairing.count; i++) {
		text_add(&text, "%s", i ? "; " : "");
		pairing_describe(&search->pairing, &search->pairing.seen[i], &text);
	}
	if (!search->pairing.count)
		text_add(&text, "nobody was heard");
}

/* By IPv4 when both are in one network, else from link-local to link-local address. */
static void set_addresses(struct story *story, unsigned index)
{
	struct pair *pair = story->pair;
	struct network *network = &story->network;
	char text[INET6_ADDRSTRLEN];

	if (beacon_same_v4_network(&pair->self, &pair->partner)) {
		inet_ntop(AF_INET, &pair->partner.v4, network->partner, sizeof(network->partner));
		address_resolve(network->address, 0, &pair->own_at);
	} else {
		inet_ntop(AF_INET6, &pair->partner.from, text, sizeof(text));
		snprintf(network->partner, sizeof(network->partner), "%.45s%%%.15s", text,
			 network->nic);
		address_resolve(network->link_local, 0, &pair->own_at);
	}
	address_resolve(network->partner, 0, &pair->partner_at);
	if (pair->partner_at.any.sa_family == AF_INET6)
		pair->partner_at.v6.sin6_scope_id = index;
}

static void tell_found(struct story *story, double seconds)
{
	const struct pair *pair = story->pair;

	tell(story, SEVERITY_INFO,
	     "partner %s found after %.1f s: run %s, measured at %s; %s serves first", pair->mac,
	     seconds, pair->partner.run_id, story->network.partner,
	     pair->serves_first ? "this machine" : "it");
	if (memcmp(&pair->self.payload, &pair->partner.payload, sizeof(struct digest)) != 0)
		tell(story, SEVERITY_WARNING,
		     "the partner runs another image: the plan is the same, the programs are not");
}

void pair_find(struct story *story)
{
	static struct search search;
	double seconds = story->settings.value[SET_FIND_TIMEOUT].real;
	uint64_t start_ns = clock_raw_ns();
	struct beacon self;
	int err;

	if (!story->pair)
		return;
	story->pair->gone = !story->network.up;
	if (story->pair->gone)
		return;
	search = (struct search){
		.story = story, .pair = story->pair, .beacon_fd = -1, .call_fd = -1
	};
	err = describe_self(story, &self);
	if (!err)
		err = search_open(&search);
	if (!err) {
		console_say("assay: looking for a partner on %s, at most %.0f s",
			    story->network.nic, seconds);
		pairing_begin(&search.pairing, &self);
		look(&search, start_ns + (uint64_t)(seconds * 1e9));
	}
	if (story->pair->joined) {
		announce_taken(&search);
		set_addresses(story, search.index);
		tell_found(story, (double)(clock_raw_ns() - start_ns) / 1e9);
	} else {
		say_nobody(&search, seconds, err);
		story->pair->gone = true; /* nothing is held for it any more */
	}
	search_close(&search);
}
