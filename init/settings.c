/* SPDX-License-Identifier: MIT */
/* The settings of a run: every one that there is, and how one is set, with who set it. */
#include "init/init.h"

#include <errno.h>
#include <string.h>

const struct param settings_table[] = {
	[SET_PLAN] = { "plan", "survey", "what to run: config/plans/NAME.ini, or a path",
		       PARAM_TEXT, 1, 120, "PLAN" },
	[SET_AFTER] = { "after", "poweroff", "what follows the end of the run", PARAM_CHOICE,
			.choices = "poweroff|reboot|halt|shell" },
	[SET_PEER] = { "peer", "",
		       "the partner of the network steps: its address; find: another machine on "
		       "the wire, booted from this image with the same plan",
		       PARAM_TEXT, 0, 120 },
	[SET_FIND_TIMEOUT] = { "find_timeout", "300", "longest search for it, with peer=find",
			       PARAM_SECONDS, 1, 86400 },
	[SET_SCRATCH] = { "scratch", "partition:assay-scratch",
			  "the disk that may be written: serial:SERIAL:BYTES, wwn:WWN:BYTES or "
			  "partition:GPT-NAME",
			  PARAM_TEXT, 1, 120 },
	[SET_SCRATCH_OVER] = { "scratch_over", "",
			       "signatures on it that may be overwritten, as in ext4,gpt",
			       PARAM_TEXT, 0, 120 },
	[SET_COUNTDOWN] = { "countdown", "10",
			    "before a disk is written: so long a key or Ctrl-Alt-Del stops it",
			    PARAM_SECONDS, 0, 3600 },
	[SET_LINK_TIMEOUT] = { "link_timeout", "10", "longest wait for a link", PARAM_SECONDS, 0,
			       600 },
	[SET_DHCP_TIMEOUT] = { "dhcp_timeout", "20", "longest wait for a lease", PARAM_SECONDS, 0,
			       600 },
	[SET_SETTLE] = { "settle", "5", "longest wait for late disks and NICs", PARAM_SECONDS, 0,
			 120 },
	[SET_DEADLINE] = { "deadline", "0",
			   "limit for every step; 0: four times what the plan expects, and 60 s more",
			   PARAM_SECONDS, 0, 1e7 },
	[SET_NOTE] = { "note", "", "a remark of yours, kept with the run", PARAM_TEXT, 0, 150 },
	[SET_BOOT] = { "boot", "",
		       "what the boot medium calls itself; the media's own menus say it",
		       PARAM_TEXT, 0, 39 },
	[SET_ROLE] = { "role", "run",
		       "run: measure the plan; peer: serve the network steps of other machines",
		       PARAM_CHOICE, .choices = "run|peer" },
	[SET_PEER_SECONDS] = { "peer_seconds", "0",
			       "role=peer: how long to serve; 0: until Ctrl-Alt-Del", PARAM_SECONDS,
			       0, 1e6 },
	[SET_PEER_SERVE] = { "peer_serve", "5001",
			     "role=peer: ports of iperf 2, as in 5001,5002; the others have theirs",
			     PARAM_TEXT, 1, 60 },
	[SET_RESULTS] = { "results", "",
			  "records go there over HTTP as well, between steps: "
			  "http://ADDRESS:PORT/ of an `assay serve`",
			  PARAM_TEXT, 0, 150 },
	[SET_RESULTS_TIMEOUT] = { "results_timeout", "30",
				  "longest wait for it at the end of the run", PARAM_SECONDS, 0,
				  3600 },
	[SET_GATE] = { "gate", "record",
		       "the noise gate before measuring: record: go on whatever it says; stop: not on "
		       "an unusable machine; strict: nor on a noisy one",
		       PARAM_CHOICE, .choices = "record|stop|strict|off" },
	[SET_BAR] = { "bar", "no",
		      "a bar on the screens, painted twice a second while a step is timed; no: once, "
		      "when it starts",
		      PARAM_BOOL },
	[SET_RESUME] = { "resume", "yes",
			 "a run of this plan, image and machine that was cut off goes on, where "
			 "the results partition has it; no: a new one begins",
			 PARAM_BOOL },
	[SET_LINGER] = { "linger", "0",
			 "how long the end of a run, with its QR code, stays on a screen before "
			 "what follows; a key ends it",
			 PARAM_SECONDS, 0, 86400 },
	{ 0 },
};

const char *source_name(enum source source)
{
	static const char *const names[] = { "default", "plan",
					     "assay.ini of the results partition",
					     "kernel command line", "argument" };

	return names[source];
}

/* "net.1.address", or a short name for one of link 0. */
static int set_link(struct settings *settings, size_t link, const char *key, const char *in,
		    enum source from, char *why, size_t room)
{
	union value *values = settings->link[link];
	int err = params_set(link_table, values, key, in, why, room);
	long index;

	if (err)
		return err;
	index = params_find(link_table, key) - link_table;
	settings->link_from[link][index] = from;
	return wish_set(&settings->wish[link], (enum link_key)index, &values[index], why, room);
}

int settings_set(struct settings *settings, const char *name, const char *in, enum source from,
		 char *why, size_t room)
{
	const char *key;
	size_t link;
	int err = wish_key(name, &link, &key, why, room);

	if (err != -ENOENT)
		return err ? err : set_link(settings, link, key, in, from, why, room);
	err = params_set(settings_table, settings->value, name, in, why, room);

	if (!err)
		settings->from[params_find(settings_table, name) - settings_table] = from;
	return err;
}

bool settings_find_peer(const struct settings *settings)
{
	return !strcmp(settings->value[SET_PEER].text, "find");
}
