/* SPDX-License-Identifier: MIT */
/* Booted with role=peer: no step of a plan, but those of other machines. */
#include "init/partner/partner.h"

#include <errno.h>
#include <stdio.h>

bool role_is_peer(const struct story *story)
{
	return story->settings.value[SET_ROLE].num == ROLE_PEER;
}

static void say_served(const char *line)
{
	console_say("  %s", line);
}

/* What is asked for, on the test interface only. */
static int serve(struct story *story, char *why, size_t room)
{
	const union value *value = story->settings.value;
	struct services_options options = { .interface = story->network.nic,
					    .calls = true,
					    .leave_out_taken = true };
	int err = partner_ports(SERVICE_IPERF2, value[SET_PEER_SERVE].text, &options, why, room);

	for (int service = SERVICE_IPERF2 + 1; service < SERVICE_KINDS; service++)
		options.serve[service] = true;
	if (!err && !story->network.up)
		err = text_refuse(-ENETDOWN, why, room, "no network: %.480s",
				  story->network.why_not);
	return err ? err :
		     partner_serve_all(story, &options, value[SET_PEER_SECONDS].real, say_served,
				       why, room);
}

int role_serve(struct story *story)
{
	char why[WHY_ROOM] = "";

	if (!serve(story, why, sizeof(why)))
		return 0;
	console_say("assay: cannot serve: %s", why);
	snprintf(story->refusal, sizeof(story->refusal), "cannot serve: %.480s", why);
	journal_write(&story->journal, artifact_error(NULL, "cannot-serve", why));
	return -EINVAL;
}
