/* SPDX-License-Identifier: MIT */
/* What an iperf 2 receiver counts, how it tells the sender, and when a sender sends: see iperf2.h. */
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <string.h>

enum {
	VALID = 0x80000000, /* required in the report's flags */
	WIDE = 0x08000000,  /* 64-bit counters */
};
/* Byte offsets inside the report (iperf 2's server_hdr). */
enum {
	FLAGS = 0,
	BYTES_HIGH = 4,
	BYTES_LOW = 8,
	SECONDS = 12,
	MICROSECONDS = 16,
	LOST = 20,
	OUT_OF_ORDER = 24,
	DATAGRAMS = 28,
	JITTER_SECONDS = 32,
	JITTER_MICROSECONDS = 36,
	REPORT_BYTES = 40,
	LOST_HIGH = 100,
	OUT_OF_ORDER_HIGH = 104,
	DATAGRAMS_HIGH = 108,
};
enum { ACK_SIXTEEN = 128 };

static void put_report(const struct iperf2_report *report, bool wide, uint8_t *out)
{
	put32(out + FLAGS, wide ? VALID | WIDE : VALID);
	put32(out + BYTES_HIGH, (uint32_t)(report->bytes >> 32));
	put32(out + BYTES_LOW, (uint32_t)report->bytes);
	put32(out + SECONDS, (uint32_t)(report->duration_us / 1000000));
	put32(out + MICROSECONDS, (uint32_t)(report->duration_us % 1000000));
	put32(out + LOST, (uint32_t)report->lost);
	put32(out + OUT_OF_ORDER, (uint32_t)report->out_of_order);
	put32(out + DATAGRAMS, (uint32_t)report->datagrams);
	put32(out + JITTER_SECONDS, (uint32_t)(report->jitter_us / 1000000));
	put32(out + JITTER_MICROSECONDS, (uint32_t)(report->jitter_us % 1000000));
	if (!wide)
		return;
	put32(out + LOST_HIGH, (uint32_t)(report->lost >> 32));
	put32(out + OUT_OF_ORDER_HIGH, (uint32_t)(report->out_of_order >> 32));
	put32(out + DATAGRAMS_HIGH, (uint32_t)(report->datagrams >> 32));
}

ssize_t iperf2_report_encode(const struct iperf2_report *report, enum iperf2_layout layout,
			     const uint8_t *fin, size_t fin_len, uint8_t *out, size_t room)
{
	bool wide = layout == IPERF2_SIXTEEN;
	size_t head = iperf2_datagram_bytes(layout);
	size_t len = wide ? ACK_SIXTEEN : fin_len;

	if (len < head + REPORT_BYTES)
		len = head + REPORT_BYTES;
	if (len > room)
		len = room;
	if (len < head + REPORT_BYTES || (wide && len < ACK_SIXTEEN))
		return -ENOSPC;
	memset(out, 0, len);
	if (!wide)
		memcpy(out, fin, fin_len < head ? fin_len : head);
	put_report(report, wide, out + head);
	return (ssize_t)len;
}

/* 128 bytes is 2.1's; else a report's flags at 16 that are not a report at 12 whose second word is
 * small. */
static size_t report_offset(const uint8_t *in, size_t len)
{
	if (len == ACK_SIXTEEN)
		return 16;
	uint32_t top = len >= 16 + REPORT_BYTES ? get32(in + 16) >> 28 : 0;
	return (top == 0x8 || top == 0xc) && get32(in + 12) != VALID ? 16 : 12;
}

/* 2.0.10 inserts a word before the jitter, so that its microseconds stand where the FIN's tail is
 * echoed elsewhere; a FIN of ours has zeros there. */
static uint64_t jitter_of(const uint8_t *report, size_t len)
{
	uint64_t seconds = get32(report + JITTER_SECONDS), us = get32(report + JITTER_MICROSECONDS);

	if (!seconds && !us && len != ACK_SIXTEEN - 16 && len >= REPORT_BYTES + 4 &&
	    get32(report + REPORT_BYTES) < 1000000)
		us = get32(report + REPORT_BYTES);
	return seconds * 1000000 + us;
}

int iperf2_report_decode(const uint8_t *in, size_t len, struct iperf2_report *out)
{
	*out = (struct iperf2_report){ 0 };
	if (len == IPERF2_HEADER_ACK && get32(in) == 2)
		return -EAGAIN;
	if (len < 12 + REPORT_BYTES)
		return -EBADMSG;
	size_t at = report_offset(in, len);
	const uint8_t *report = in + at;
	if (len < at + REPORT_BYTES || !(get32(report + FLAGS) & VALID))
		return -EBADMSG;
	out->bytes = (uint64_t)get32(report + BYTES_HIGH) << 32 | get32(report + BYTES_LOW);
	out->duration_us = get32(report + SECONDS) * 1000000ull + get32(report + MICROSECONDS);
	out->lost = get32(report + LOST);
	out->out_of_order = get32(report + OUT_OF_ORDER);
	out->datagrams = get32(report + DATAGRAMS);
	out->jitter_us = jitter_of(report, len - at);
	if (len == ACK_SIXTEEN && get32(report + FLAGS) & WIDE) {
		out->lost |= (uint64_t)get32(report + LOST_HIGH) << 32;
		out->out_of_order |= (uint64_t)get32(report + OUT_OF_ORDER_HIGH) << 32;
		out->datagrams |= (uint64_t)get32(report + DATAGRAMS_HIGH) << 32;
	}
	return 0;
}

bool iperf2_report_plausible(const struct iperf2_report *report, uint64_t sent, size_t length,
			     uint64_t elapsed_us)
{
	enum {
		COPIES = 256,
		QUEUED_US = 60000000
	}; /* FIN copies count as data; a queue may hold a minute */

	return report->bytes / (length ? length : 1) <= sent + COPIES &&
	       report->duration_us <= elapsed_us + QUEUED_US &&
	       report->jitter_us <= elapsed_us + QUEUED_US;
}

bool iperf2_report_repair(struct iperf2_report *report, uint64_t sent, size_t length)
{
	/* FIN copies and the uncounted first datagram move the total by a few; 2^31 is something
	 * else. */
	if (report->lost <= sent + 16 && report->datagrams <= 2 * sent + 256)
		return false;
	uint64_t received = length ? report->bytes / length : 0;
	report->datagrams = sent;
	report->lost = received < sent ? sent - received : 0;
	if (report->out_of_order > sent)
		report->out_of_order = 0;
	return true;
}

size_t iperf2_report_mend_bytes(struct iperf2_report *report, size_t length)
{
	uint64_t got = report->datagrams > report->lost ? report->datagrams - report->lost : 0;
	uint64_t counted = got ? report->bytes / got : 0;

	if (counted < IPERF2_DATAGRAM_LEAST || counted >= length)
		return 0;
	report->bytes = got * length;
	return counted;
}

/* ---- counting ---- */

static bool seen_before(struct iperf2_count *count, uint64_t id)
{
	uint64_t *word = &count->seen[id % IPERF2_WINDOW / 64], bit = 1ull << id % 64;
	bool seen = *word & bit;

	*word |= bit;
	return seen;
}

/* The window slides: what lies between the old and the new highest id has not been seen. */
static void advance(struct iperf2_count *count, uint64_t id)
{
	if (id - count->last >= IPERF2_WINDOW)
		memset(count->seen, 0, sizeof(count->seen));
	else
		for (uint64_t i = count->last + 1; i <= id; i++)
			count->seen[i % IPERF2_WINDOW / 64] &= ~(1ull << i % 64);
	count->last = id;
}

static void note_order(struct iperf2_count *count, uint64_t id)
{
	if (id <= count->last) {
		if (count->last - id < IPERF2_WINDOW && seen_before(count, id))
			count->duplicates++;
		else
			count->late++;
		return;
	}
	count->gaps += id - count->last - 1;
	advance(count, id);
	seen_before(count, id);
}

/* RFC 3550 section 6.4.1 and A.8; the clocks need not agree. A step of more than an hour is no
 * transit. */
static void note_jitter(struct iperf2_count *count, const struct iperf2_datagram *datagram,
			uint64_t received_ns)
{
	double transit = (double)received_ns / 1e3 - (double)datagram->sent_us;
	double change = transit > count->transit_us ? transit - count->transit_us :
						      count->transit_us - transit;

	if (count->started && change < 3600e6) {
		count->jitter_us += (change - count->jitter_us) / 16;
		histogram_add(&count->variation, (uint64_t)(change * 1e3));
	}
	count->transit_us = transit;
}

/* 2.0.x numbers from 0, 2.1 from 1; a first id beyond that means that those before it were lost. */
static void begin(struct iperf2_count *count, uint64_t id, uint64_t received_ns)
{
	count->started = true;
	count->first_ns = received_ns;
	histogram_clear(&count->variation);
	count->base_zero = id == 0;
	if (id == 0)
		seen_before(count, 0);
	else
		note_order(count, id);
}

void iperf2_count_add(struct iperf2_count *count, const struct iperf2_datagram *datagram,
		      uint64_t received_ns, size_t len)
{
	uint64_t gaps = count->gaps;

	if (count->finished)
		return;
	note_jitter(count, datagram, received_ns);
	if (!count->started)
		begin(count, datagram->id, received_ns);
	else
		note_order(count, datagram->id);
	if (datagram->fin)
		count->tail = count->gaps - gaps;
	if (received_ns > count->last_ns)
		count->last_ns = received_ns;
	count->finished = datagram->fin;
	/* With ids from 0 a FIN stands for the end only: data 0..N-1 and -N make N. With ids from 1
	 * it is itself datagram N (2.1.8 prints "0/12" for 11 of data and the FIN). */
	if (datagram->fin && count->base_zero)
		return;
	count->received++;
	count->bytes += len;
}

uint64_t iperf2_count_expected(const struct iperf2_count *count)
{
	return count->started ? count->last + 1 : 0;
}

uint64_t iperf2_count_lost(const struct iperf2_count *count)
{
	return count->gaps > count->late ? count->gaps - count->late : 0;
}

static uint64_t total(const struct iperf2_count *count)
{
	/* Ids from 0 and no FIN yet: last is the index of the last, not the number. */
	return count->last + (count->base_zero && !count->finished);
}

void iperf2_count_report(const struct iperf2_count *count, struct iperf2_report *out)
{
	*out = (struct iperf2_report){
		.bytes = count->bytes,
		.lost = iperf2_count_lost(count),
		.out_of_order = count->late + count->duplicates,
		.datagrams = count->started ? total(count) : 0,
		.duration_us = (count->last_ns - count->first_ns) / 1000,
		.jitter_us = (uint64_t)(count->jitter_us + 0.5),
	};
}

/* ---- pacing ---- */

void iperf2_pace_begin(struct iperf2_pace *pace, uint64_t now_ns, uint64_t rate, size_t length)
{
	*pace = (struct iperf2_pace){
		.start_ns = now_ns,
		.gap_ns = rate ? (double)length * 8e9 / (double)rate : 0,
	};
}

uint64_t iperf2_pace_wait(struct iperf2_pace *pace, uint64_t now_ns)
{
	uint64_t due_ns = pace->start_ns + (uint64_t)((double)pace->sent * pace->gap_ns);

	if (pace->gap_ns <= 0)
		return 0;
	if (due_ns > now_ns)
		return due_ns - now_ns;
	if (now_ns - due_ns > IPERF2_DEBT_NS) {
		pace->start_ns += now_ns - due_ns;
		pace->slips++;
	}
	return 0;
}

unsigned iperf2_pace_due(const struct iperf2_pace *pace, uint64_t now_ns, unsigned most)
{
	if (pace->gap_ns <= 0)
		return most;
	double due = (double)(now_ns - pace->start_ns) / pace->gap_ns - (double)pace->sent + 1;

	if (due < 1)
		return 1;
	return due < most ? (unsigned)due : most;
}
