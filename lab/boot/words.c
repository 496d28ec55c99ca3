/* SPDX-License-Identifier: MIT */
/* What the kernel is told: the plan, where it may write, who is at the other end. */
#include <errno.h>

#include "lab/boot/boot.h"

/* The ports of `assay peer`, for whatever a plan may have. */
static void add_own_ports(const struct peer *peer, struct text *out)
{
	static const char *const on_iperf2[] = { "load_latency", "search", "simultaneous" };
	static const char *const on_meet[] = { "ping", "tcp", "udp", "simultaneous" };

	for (size_t i = 0; i < COUNT_OF(on_iperf2); i++)
		text_add(out, " assay.net.%s.port=%u", on_iperf2[i], peer->port);
	for (size_t i = 0; i < COUNT_OF(on_meet); i++)
		text_add(out, " assay.net.%s.meet_port=%u", on_meet[i], peer->meet_port);
	text_add(out, " assay.net.simultaneous.listen=%u assay.net.load_latency.listen=%u",
		 peer->back_port, peer->back_port);
	text_add(out, " assay.net.iperf3.port=%u", peer->iperf3_port);
	text_add(out, " assay.net.rr.port=%u", peer->echo_port);
}

/* By serial and exact size, as the guest's guard wants it. Whoever boots a machine file named its
 * scratch disk there: nobody is waited for. */
static int add_scratch(struct boot *boot, struct text *out)
{
	const struct machine_disk *scratch = disk_of_kind(&boot->machine, KIND_SCRATCH);
	uint64_t bytes;
	int err;

	if (!scratch || !*scratch->value[DISK_SERIAL].text)
		return 0;
	err = disk_bytes(scratch, &bytes, boot->why, WHY_ROOM);
	if (!err)
		text_add(out, " assay.scratch=serial:%s:%llu assay.countdown=0",
			 scratch->value[DISK_SERIAL].text, (unsigned long long)bytes);
	return err;
}

/* A medium that takes no words boots with its own, which are those of the plan survey. */
static int check_medium(struct boot *boot)
{
	if (medium_takes_words(&boot->machine))
		return 0;
	if (boot->args[PLAN].value || *boot->args[WORDS].value)
		return text_refuse(-EINVAL, boot->why, WHY_ROOM,
				   "this medium boots with its own words: plan= and words= need "
				   "media = kernel, or disk, usb and pxe with firmware = bios");
	boot->args[PLAN].value = "survey";
	return 0;
}

/* Ours first, the user's last: later words win. */
int boot_choose_words(struct boot *boot)
{
	struct text text;
	int err = check_medium(boot);

	if (err)
		return err;
	if (!boot->args[PLAN].value)
		boot->args[PLAN].value = "quick";
	text_begin(&text, boot->words, sizeof(boot->words));
	text_add(&text, "assay.plan=%s", boot->args[PLAN].value);
	err = add_scratch(boot, &text);
	if (err)
		return err;
	if (boot->peer.port)
		text_add(&text,
			 " assay.peer=198.18.0.2 assay.net.tcp.port=%u assay.net.udp.port=%u"
			 " assay.net.tcp.listen=%u assay.net.udp.listen=%u",
			 boot->peer.port, boot->peer.port, boot->peer.back_port,
			 boot->peer.back_port);
	if (boot->peer.own)
		add_own_ports(&boot->peer, &text);
	if (*boot->args[WORDS].value)
		text_add(&text, " %s", boot->args[WORDS].value);
	if (text.cut)
		return text_refuse(-E2BIG, boot->why, WHY_ROOM,
				   "words: together at most %d characters", COMMAND_LINE_MAX - 1);
	return 0;
}
