/* SPDX-License-Identifier: MIT */
/* What a run is to do: every setting, who set it, and the steps that are asked for. */
#ifndef ASSAY_INIT_SETTINGS_H
#define ASSAY_INIT_SETTINGS_H

#include "bench/bench.h"
#include "init/network/links.h"
#include "lib/lib.h"

enum { MAX_PARAMS = 24, MAX_STEPS = 64, WHY_ROOM = 512 };

/* ---- settings.c: every setting, and how one is set ---- */

enum source { FROM_DEFAULT, FROM_PLAN, FROM_RESULTS, FROM_KERNEL, FROM_USER };
const char *source_name(enum source source);

enum setting {
	SET_PLAN,
	SET_AFTER,
	SET_PEER,
	SET_FIND_TIMEOUT,
	SET_SCRATCH,
	SET_SCRATCH_OVER,
	SET_COUNTDOWN,
	SET_LINK_TIMEOUT,
	SET_DHCP_TIMEOUT,
	SET_SETTLE,
	SET_DEADLINE,
	SET_NOTE,
	SET_BOOT,
	SET_ROLE,
	SET_PEER_SECONDS,
	SET_PEER_SERVE,
	SET_RESULTS,
	SET_RESULTS_TIMEOUT,
	SET_BAR,
	SET_GATE,
	SET_RESUME,
	SET_LINGER,
	SETTINGS
};
enum after { AFTER_POWEROFF, AFTER_REBOOT, AFTER_HALT, AFTER_SHELL };
enum role { ROLE_RUN, ROLE_PEER };
extern const struct param settings_table[];

/* What every storage step may ask of the disk beneath it; ground/keys.c. Those before GROUND_TRIM
 * are for steps on a file system. */
enum ground_key {
	GROUND_FILE_SYSTEM,
	GROUND_MKFS,
	GROUND_MOUNT,
	GROUND_FRESH,
	GROUND_TRIM,
	GROUND_SCHEDULER,
	GROUND_READ_AHEAD,
	GROUND_WRITE_CACHE,
	GROUND_KEYS
};
extern const struct param ground_table[];

/* A step as the plan asks for it. */
struct request {
	const struct bench *bench;
	char label[32];
	union value value[MAX_PARAMS], ground[GROUND_KEYS];
	enum source from[MAX_PARAMS], ground_from[GROUND_KEYS];
};

struct settings {
	union value value[SETTINGS], link[WISHES][LINK_KEYS];
	enum source from[SETTINGS], link_from[WISHES][LINK_KEYS];
	struct wish
		wish[WISHES]; /* what the links' words say; the first is the one measured through */
	struct request request[MAX_STEPS];
	size_t request_count;
	char plan_summary[160];
	struct digest plan_digest;
};

/* A setting of settings_table or, as in "net.1.address", of link_table. -errno and one line. */
int settings_set(struct settings *settings, const char *name, const char *in, enum source from,
		 char *why, size_t room);
bool settings_find_peer(const struct settings *settings); /* peer=find */
/* configure_digest.c: of what will be done: every step, every parameter, wherever it was set. */
void settings_digest_steps(const struct settings *settings, struct digest *out);

/* ---- configure.c: defaults < plan file < results partition's assay.ini < kernel words or
 * arguments ---- */

/* Reads defaults, the plan (which the words may name), then the words. words is cut in place.
 * Refuses an unknown or out-of-range setting: -errno and one line in why. */
int configure(struct settings *settings, char *words, enum source from, char *why, size_t room);
/* The same with the text of an assay.ini between plan and words; NULL: there is none. */
int configure_with(struct settings *settings, const char *file, char *words, enum source from,
		   char *why, size_t room);
/* iPXE and the UEFI shell hand over the name of the file that they started, as the first word. */
bool word_is_file_name(const struct word *word);

/* ---- request.c: a step as the plan asks for it ---- */

int request_init(struct request *request, const struct bench *bench, char *why, size_t room);
int request_set(struct request *request, const char *name, const char *in, enum source from,
		char *why, size_t room);
/* Refuses values of the benchmark, or of its ground, that are each legal but not together. */
int request_check(const struct request *request, char *why, size_t room);

/* ---- ground/keys.c ---- */

bool ground_has_key(const struct bench *bench, size_t key);
int ground_set(struct request *request, const char *name, const char *in, enum source from,
	       char *why, size_t room);
int ground_check(const struct request *request, char *why, size_t room);

#endif
