/* SPDX-License-Identifier: MIT */
/*
 * A campaign: one plan over several machines, boots interleaved, so that what drifts meets all of
 * them. Its folder holds all that is known of it: machines/NAME/<run-id>/, logs/, work/, and
 * state.jsonl, from which a campaign that was stopped goes on.
 */
#ifndef ASSAY_LAB_CAMPAIGN_H
#define ASSAY_LAB_CAMPAIGN_H

#include "lab/machine/machine.h"

enum { ENTRANTS_MAX = 16, MEETINGS_MAX = 8, QUESTIONS_MAX = 16, SLOTS_MAX = 1024, NAME_ROOM = 64 };

/* ---- plan.c: config/campaigns/NAME.ini ---- */

enum {
	CAMPAIGN_SUMMARY,
	CAMPAIGN_PLAN,
	CAMPAIGN_BOOTS,
	CAMPAIGN_SEED,
	CAMPAIGN_WORDS,
	CAMPAIGN_SETTINGS,
	CAMPAIGN_TIMEOUT,
	CAMPAIGN_NOISY,
	CAMPAIGN_FLOOR,
	CAMPAIGN_LIMIT,
	CAMPAIGN_KEYS
};
enum { ENTRANT_MACHINE, ENTRANT_KIND, ENTRANT_WORDS, ENTRANT_SETTINGS, ENTRANT_KEYS };
enum { MEETING_MACHINES, MEETING_PLAN, MEETING_BOOTS, MEETING_WORDS, MEETING_KEYS };
enum { QUESTION_MACHINES, QUESTION_FACTOR, QUESTION_KEYS };
extern const struct param campaign_keys[], entrant_keys[], meeting_keys[], inquiry_keys[];
enum { KIND_QEMU, KIND_REAL };
enum { NOISY_LEAVE, NOISY_KEEP };

struct entrant { /* [machine NAME] */
	char name[NAME_ROOM];
	union value value[ENTRANT_KEYS];
};
struct meeting { /* [together NAME] */
	char name[NAME_ROOM];
	union value value[MEETING_KEYS];
	size_t members[ENTRANTS_MAX], member_count;
};
struct inquiry { /* [compare NAME] */
	char name[NAME_ROOM];
	union value value[QUESTION_KEYS];
	size_t members[ENTRANTS_MAX], member_count;
};
struct campaign {
	char name[NAME_ROOM];
	union value value[CAMPAIGN_KEYS];
	struct entrant entrants[ENTRANTS_MAX];
	struct meeting meetings[MEETINGS_MAX];
	struct inquiry inquiries[QUESTIONS_MAX];
	size_t entrant_count, meeting_count, inquiry_count;
};
/* Pure. -EINVAL and "PATH:LINE: ..." in why. */
int campaign_read(struct campaign *campaign, const char *text, const char *path, char *why,
		  size_t room);

/* ---- schedule.c ---- */

struct slot { /* one boot, or one meeting of several machines */
	bool together;
	size_t which;  /* entrant or meeting */
	unsigned boot; /* of that one, from 0 */
};
/* Round by round: the machines in a seeded order, then the same backwards (A B B A), then a new
 * order; the meetings at the end of each round. Pure. Returns how many. */
size_t schedule_make(const struct campaign *campaign, struct slot *slots, size_t max);
const char *slot_name(const struct campaign *campaign, const struct slot *slot);

/* ---- state.c ---- */

enum progress { SLOT_OPEN, SLOT_CUT, SLOT_DONE, SLOT_FAILED, SLOT_SKIPPED };
struct standing {
	enum progress progress;
	double seconds;
	unsigned tries;
	char reason[200], run[RUN_ID_ROOM];
};
struct state {
	char path[PATH_ROOM];
	int fd;
	struct standing at[SLOTS_MAX];
	size_t count;
};
/* What lines of state.jsonl say. A torn last line is left out. Pure. -EINVAL: it is another
 * campaign's. */
int state_read(struct state *state, const char *text, size_t len, const char *digest, char *why,
	       size_t room);
int state_open(struct state *state, const char *folder, const char *digest, size_t slots, char *why,
	       size_t room);
/* Synced before it returns. */
int state_note(struct state *state, size_t slot, const char *name, const struct standing *standing);

/* ---- able.c: what cannot be run here ---- */

/* NULL, or why not. */
const char *entrant_obstacle(const struct entrant *entrant, const char *common_settings, char *out,
			     size_t room);

/* ---- boots.c, watch.c ---- */

struct desk { /* all that is the same for every boot */
	struct campaign *campaign;
	const char *folder, *accel, *image, *payload, *starter;
	struct slot slots[SLOTS_MAX];
	size_t slot_count;
	struct state state;
	char obstacles[ENTRANTS_MAX][200]; /* "" when it can be run */
	bool terminal;
	size_t drawn; /* lines of the live table on the screen */
	double began; /* of the slot that runs, monotonic */
	char phase[ENTRANTS_MAX][96];
	char why[WHY_ROOM];
};
/* Boots the slot's machines and waits for them. 0, -EINTR: stopped by a signal; -errno and
 * desk->why. */
int slot_run(struct desk *desk, size_t slot);

struct booting { /* one child */
	pid_t pid;
	int log;
	size_t entrant;
	int status;
	char line[300], run[RUN_ID_ROOM], reason[200];
	size_t len;
};
/* Until all have ended. -EINTR when a signal asked us to end; they have ended then, too. */
int boots_watch(struct desk *desk, size_t slot, struct booting *boots, size_t count);
void watch_signals(void);
bool watch_stopped(void);

/* ---- live.c ---- */

void live_draw(struct desk *desk, size_t slot);
void live_clear(struct desk *desk);
/* What the rest will take, by what the same took before; negative: not known yet. */
double live_left(const struct desk *desk, size_t slot);
double live_now(void);

/* ---- conclude.c: what came of it, and what compare says ---- */

void conclude(struct desk *desk);

#endif
