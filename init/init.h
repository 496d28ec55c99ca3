/* SPDX-License-Identifier: MIT */
/*
 * The story on the machine, in the order in which it happens: configure, discover, plan, measure,
 * summarise, finish. What one phase made is const for all that follow. main.c is the table of
 * contents.
 */
#ifndef ASSAY_INIT_H
#define ASSAY_INIT_H

#include "bench/bench.h"
#include "init/lease.h"
#include "init/quiet.h"
#include "lib/lib.h"

enum {
	MAX_PARAMS = 24,
	MAX_STEPS = 64,
	MAX_BLOCKS = 96,
	MAX_LINKS = 16,
	MAX_CONSOLES = 8,
	WHY_ROOM = 512
};

extern const char assay_version[]; /* generated from git describe */

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

/* What every storage step may ask of the disk beneath it; ground_keys.c. Those before GROUND_TRIM
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

/* ---- ground_keys.c ---- */

bool ground_has_key(const struct bench *bench, size_t key);
int ground_set(struct request *request, const char *name, const char *in, enum source from,
	       char *why, size_t room);
int ground_check(const struct request *request, char *why, size_t room);

/* ---- discover.c, blocks.c: /sys and /proc to struct machine ---- */

struct block {			 /* a disk or a partition of one */
	char name[32], disk[32]; /* "vda1", "vda"; equal for a whole disk */
	char serial[64], model[64], partition_name[80], wwid[80];
	/* By libblkid, as in "ext4" or "ext4,swap"; "" when nothing is there. */
	char signature[96], table[32], label[64];
	uint64_t bytes;
	unsigned sector_bytes, device; /* device: dev_t */
	bool read_only, removable, mounted, held;
	bool known, facts_complete; /* by /sys; and by reading the disk */
	bool boot_medium;	    /* this image, or one like it, is on its disk to be started */
	bool stopped;		    /* somebody said no during the countdown */
};

struct link {
	char name[16], mac[18], driver[32], pci_id[16], pci_address[16];
	bool carrier;
	int speed_mbit; /* -1: unknown */
};

/* Where this system came from; "" is unknown. */
struct origin {
	char path[24];	 /* "direct", "bios-pxe", "uefi-iso-cd" ... */
	char said[40];	 /* what the medium's own words call it (assay.boot=) */
	char loader[16]; /* "PXELINUX", "EFI stub" */
	char medium[32], medium_kind[12], transport[16]; /* "sr0", "iso-cd", "ata" */
	char nic[18]; /* the MAC address that UEFI booted through */
	char option[96], device[200],
		pci[8]; /* the firmware's boot option; its device's PCI slot */
	char firmware_vendor[64], firmware_date[16], secure_boot[24];
	unsigned loader_type, firmware_bits; /* bits: of UEFI, 64 or 32 */
	size_t media_count;		     /* so many carry our files */
	bool option_network, option_http;
};

struct unclaimed {				    /* a device that no driver took */
	char bus[8], address[32], id[12], class[8]; /* "pci" "0000:00:03.0" "1022:2000" "020000" */
	const char *kind;			    /* "storage" or "network" */
};

struct machine {
	char firmware[8], vendor[64], product[64], uuid[40], bios[96], cpu[80], hypervisor[32],
		clocksource[32];
	char kernel[160], build_id[65], command_line[2048];
	struct digest init_digest, payload_digest;
	int payload_err; /* -errno: payload_digest is not known */
	struct origin origin;
	unsigned cpus;
	uint64_t memory_bytes, swap_bytes;
	struct block block[MAX_BLOCKS];
	size_t block_count;
	struct link link[MAX_LINKS];
	size_t link_count;
	struct unclaimed unclaimed[MAX_LINKS];
	size_t unclaimed_count;
	struct cJSON *parts; /* of the fingerprint, as prepared; NULL: not yet */
};
void discover(struct machine *machine);		/* all but the digests */
void discover_program(struct machine *machine); /* a command: its digest, and no payload */
void discover_links(struct machine *machine);
void discover_blocks(struct machine *machine); /* identities, then all signatures */
void discover_identities(struct machine *machine);
void discover_signatures(struct machine *machine, const char *disk); /* of "vda"; NULL: of all */
/* The disk alone that this device is, or is a part of; a loop device too. NULL: there is none. */
const struct block *discover_device(struct machine *machine, unsigned long long device);
/* Where USB or SAS may bring more: waits until no disk and no NIC has appeared for a quarter
 * second, at most so many seconds. */
void discover_settle(double seconds);
/* Looks for as long again for the disk that `scratch` names: one behind USB comes a second or more
 * after the others. */
void discover_await(struct machine *machine, const char *scratch, double seconds);
/* Storage and network devices without a driver, on the PCI, USB and virtio buses beneath `sys`
 * ("/sys"): so many. */
size_t unclaimed_find(const char *sys, struct unclaimed *out, size_t room);
/* "network device pci 0000:00:03.0 (1022:2000, class 020000)" */
void unclaimed_format(const struct unclaimed *found, char *out, size_t room);
const struct block *block_by_partition_name(const struct machine *machine, const char *name,
					    size_t *matches);

/* ---- origin*.c, payload.c: boot path, loader, firmware, medium, payload; in origin.h
 * ---- */

void origin_read(struct machine *machine);
/* Booted from a medium of ours, not over a network or by a host: the medium, late as it may come. */
bool origin_has_medium(const struct origin *origin);
void origin_await(struct machine *machine, double seconds);
struct cJSON *origin_detail(const struct machine *machine);
/* Of the first file system, as payload.json states it; its /init alone goes to init (NULL: no
 * need). root "" is "/". -errno. */
int payload_digest(const char *root, const char *build_id, struct digest *out, struct digest *init);

/* ---- identity.c: the digests of this payload and program, found out by a child meanwhile ---- */

struct identity {
	pid_t child;
	int fd;
};
void identity_begin(struct identity *identity, const char *build_id);
/* Waits for the child, a minute at most; without its answer it is found out here. */
void identity_end(struct identity *identity, struct machine *machine);

/* ---- fingerprint.c and fingerprint/: everything that can change a number, written down ---- */

/* What does not change any more, and takes longest to read: while a lease is waited for. */
void fingerprint_prepare(struct machine *machine);
/* Of a run's start, what does not fit into one record is left out, and named there. */
void fingerprint_fit(struct cJSON *artifact);
struct cJSON *fingerprint_dut(const struct machine *machine);
struct cJSON *fingerprint_detail(const struct machine *machine);
struct cJSON *link_detail(const struct link *link); /* link_facts.c */
struct cJSON *wall_clock_detail(void);		    /* clock_facts.c */
struct clock_set {	 /* the system clock, by the kernel, from an RTC */
	char device[32]; /* "rtc_cmos 00:04" */
	double at_s;	 /* of the kernel's log */
	int64_t epoch_s;
};
/* Finds the kernel's line about it in its log, as of klogctl(2). */
bool clock_find_set(const char *log, struct clock_set *out);

/* ---- network.c: see init/network.h ---- */

struct network { /* what became of one link */
	bool up;
	char nic[16], mac[18], address[64]; /* nic: the device that has the address: "bond0.100" */
	char how[16];			    /* dhcp, static, slaac, loader, link-local */
	unsigned bits;			    /* of the IPv4 network; 0: no IPv4 address */
	char link_local[64];		    /* "fe80::1%eth0", when a partner is to be found */
	char why_not[WHY_ROOM];
	char remark[WHY_ROOM]; /* up, but not as it was wanted */
	char partner[64];      /* the address of the one that was found */
	char why_no_partner[WHY_ROOM];

	char lower[WISH_NICS][16]; /* the NICs beneath */
	size_t lower_count;
	char bond[16], active[16]; /* "" when it is none; the leg that is used, where one is */
	unsigned carrier_changes[WISH_NICS];
	char addresses[400]; /* as they were when last looked at */
	struct lease lease;  /* the last that was given; address family 0: none */
	pid_t client;	     /* that renews it; 0: none */
	size_t told;	     /* of what it told, so much is recorded */
};
struct story;
/* Links up, with addresses (given, lent, advertised, link-local): by condition, with limits. The
 * outcomes are in story->network and story->further. It begins without waiting, so that a cable is
 * agreed upon and a lease is asked for while the machine is looked at. */
void network_begin(struct story *story);
void network_end(struct story *story);
struct network *story_network(struct story *story, size_t link);
void network_remark(struct network *network, const char *format, ...) PRINTF_LIKE(2, 3);
/* link_facts.c: every link with its structure, its addresses and how each came. */
struct cJSON *links_detail(struct story *story);
/* link_watch.c: what changed since, recorded as of this step. */
void link_watch_begin(struct network *network, const struct wish *wish);
void links_watch(struct story *story, const char *step);

/* ---- address.c: addresses before they are used ---- */

struct in_addr;
/* Asks the wire by ARP (RFC 5227). 0; -EADDRINUSE and who has it; -errno. Takes half a second. */
int address_check_free(const char *nic, const char *mac, struct in_addr address, char *why,
		       size_t room);
/* Waits for the kernel's link-local address of the NIC, proved unique: "fe80::1%eth0". */
int link_local_await(const char *nic, double seconds, char *out, size_t room, char *why,
		     size_t why_room);
/* The same in a table as of /proc/net/if_inet6. -ENOENT, -EAGAIN (not proved yet), -EADDRINUSE. */
int link_local_find(const char *table, const char *nic, char *out, size_t room);

void scratch_remove(const char *directory); /* with all that is in it; scratch.c */

/* ---- ground.c: what a storage step stands on ---- */

struct story;
struct step;
struct result;
/* The file system as the step asks for it, made anew unless an earlier step had the same, mounted
 * cold; or the disk itself. -errno and the reason. What it is goes to the records. */
int ground_enter(struct story *story, const struct step *step, char *why, size_t room);
/* The disk's settings are what they were. */
void ground_leave(struct story *story, const struct step *step, const struct result *result);
/* For a command: the device that was named, or what the directory stands on, only looked at. */
int ground_enter_here(struct story *story, const struct step *step, char *why, size_t room);
void ground_leave_here(struct story *story, const struct step *step);

/* ---- plan.c: benchmark x target x parameters to steps ---- */

enum outcome {
	RUN_OK,
	RUN_FAILED,
	RUN_ERROR,
	RUN_SKIPPED,
	RUN_TIMEOUT,
	RUN_CRASHED,
	RUN_INVALID,	 /* measured, while something happened that makes it worthless: sentry.h */
	RUN_INTERRUPTED, /* the machine went down under it */
	OUTCOMES
};
const char *outcome_name(enum outcome outcome);
bool outcome_ended(enum outcome outcome); /* it came to its end, whatever its figures are worth */
bool outcome_parse(const char *word, enum outcome *out);

struct step {
	const struct request *request;
	char id[12];	     /* "s1" */
	char name[64];	     /* "file.iozone small" */
	char target[160];    /* address or directory; "" when none */
	char skip[WHY_ROOM]; /* why it cannot run; "" when it can */
	bool sets_ground;    /* its ground keys hold: not in a directory of somebody's */
	double expected_seconds, deadline_seconds;
};

struct plan {
	struct step step[MAX_STEPS];
	size_t count;
	double expected_seconds;
	const struct block *scratch; /* NULL: none is allowed */
};
bool plan_stands_on_disk(const struct bench *bench); /* it writes to the scratch disk */
bool plan_needs(const struct settings *settings, enum need need);
bool plan_writes(const struct settings *settings); /* a step of it stands on the disk */
void plan_make(struct plan *plan, const struct settings *settings, const struct machine *machine,
	       const struct network *network);
/* -E2BIG, -EINVAL and a line: steps through further links that cannot be. */
int plan_check_room(const struct settings *settings, char *why, size_t room);
/* The network steps again, through each further link that names a partner. */
void plan_add_further(struct plan *plan, const struct settings *settings,
		      const struct network further[WISHES - 1]);
/* A step without a machine around it: as a command. */
void plan_step(struct step *step, const struct request *request, size_t index,
	       double deadline_factor);
void plan_print(const struct settings *settings, const struct plan *plan, struct text *out);

/* ---- results.c: the partition named assay-results ---- */

struct results {
	bool mounted, usable, marked; /* marked: as unfinished */
	char folder[160];	      /* "/results/runs/ID" */
	char state[WHY_ROOM];	      /* what to tell people */
	int journal_fd, chain_fd, folder_fd;
	struct sink sink;
};
/* Mounts it, so that what somebody left there can be read; -ENODEV: there is none. */
int results_mount(struct results *results, const struct machine *machine);
int results_check_room(struct results *results); /* of what was mounted; -ENOSPC */
/* A new run's folder on it. -errno, and its state says why. */
int results_begin(struct results *results, const char *run_id);
/* The folder of a run that goes on, both files cut to what is whole. */
int results_continue(struct results *results, const char *run_id, uint64_t journal_bytes,
		     unsigned records);
/* A file of an earlier run, to read; -errno. */
int results_read(const struct results *results, const char *run_id, const char *name);
/* The id of the youngest run that is older than `bound` ("": than none), by their names, which
 * begin with their times. False: there is none. out may be bound. */
bool results_run_before(const struct results *results, const char *bound, char out[64]);
/* Which run is unfinished, and whose it is: on the disk when its folder is (results_begin()). NULL:
 * none any more; on the disk when it returns. */
int results_mark(struct results *results, const char *mark);
extern const char results_mark_name[];
/* A small text file beside the runs, in place of what was there; NULL: none any more. On the disk
 * when it returns. */
int results_leave(const struct results *results, const char *name, const char *text);
/* A run's folder anywhere, which must be new: the same files. -errno. */
int results_open_folder(struct results *results, const char *folder);
/* A small text file that somebody left there, to be freed; NULL: none. -errno: it cannot be read. */
int results_load(const struct results *results, const char *name, char **text);
int results_put(struct results *results, const char *name, const char *text, size_t len);
/* Behind what the file holds. -ENOSPC: what is left is kept for the run's own records. */
int results_append(struct results *results, const char *name, const char *text, size_t len);
int results_sync(const struct results *results); /* what was appended is on the disk */
void results_close(struct results *results);

/* ---- kernel_lines.c: the kernel's own lines on the consoles; only for process 1 ---- */

void kernel_lines_begin(void);
/* Not printed until as many releases as holds; then those that were held are said, each a whole
 * line. say NULL: they are not. */
void kernel_lines_hold(void);
void kernel_lines_release(void (*say)(const char *line));

/* ---- console.c: every console, for people and for frames ---- */

void console_open_all(void);
bool console_any_screen(void);
/* To the screens that have so many rows and columns; true when there is one. */
bool console_picture(const char *data, size_t len, unsigned rows, unsigned columns);
bool console_any_serial(void);				     /* someone to send frames to */
void console_say(const char *format, ...) PRINTF_LIKE(1, 2); /* a line for people, everywhere */
void console_bar(const char *line);			     /* screens only, repainted in place */
void console_bar_clear(void);
bool console_key_pressed(void);	 /* on any of them since it was asked last */
extern struct sink console_sink; /* frames, serial consoles only */
void console_drain(void);	 /* until all of it is in the ports, or they take no more */

/* ---- the story ---- */

struct result { /* of one step */
	enum outcome outcome;
	char reason[WHY_ROOM];
	double seconds;
	uint64_t peak_bytes; /* of its child's resident memory (VmHWM); 0: unknown */
};

/* What only process 1 does around a step; an ordinary command has none of it. */
struct duties {
	void (*quiet)(bool quiet); /* the kernel's own lines on the console */
	void (*reap)(void);	   /* orphans */
};

struct previous {	     /* run on the same results partition: init/previous.h */
	char run_id[64];     /* ""; none */
	struct cJSON *start; /* its testRunStart; NULL: none, or compared already */
	char why_not[120];
	char words[1200]; /* what the comparison says to people; "" before it */
};

struct pair;
struct upload;
struct resume;
struct story {
	char run_id[64];
	struct resume *resume; /* NULL: nothing is owed from before */
	struct pair *pair;     /* NULL: no partner was to be found */
	struct upload *upload; /* NULL: no records over HTTP */
	struct previous previous;
	struct quiet quiet;
	const struct duties *duties;	     /* NULL: not process 1 */
	bool journal_open, has_results_file; /* the latter: assay.ini on the results partition */
	char refusal[WHY_ROOM]; /* configure's, or a partner's that cannot serve; "" when it is fine
				 */
	char command_line[2048];
	struct settings settings;
	struct machine machine;
	struct network network;		    /* of the link measured through */
	struct network further[WISHES - 1]; /* of those beside it; nic "": none was wanted */
	struct plan plan;
	struct results results;
	struct journal journal;
	struct result result[MAX_STEPS];
	bool done[MAX_STEPS]; /* by an earlier boot of this run */
	unsigned served;      /* as a partner: so many tests of others */
	struct text summary;  /* the table that people read */
};

/* tpm.c: PCRs and event log of this boot, or that there is no TPM. */
struct cJSON *tpm_facts(void);
void tpm_keep_log(struct story *story);	 /* beside the journal */
int tpm_digest_pcrs(struct digest *out); /* SHA-256 over all 24, as a quote has it; -errno */

/* tpm_quote.c: the journal's end, signed by a TPM 2.0; only for process 1. */
void tpm_prepare(void);			   /* before the first record, which names the key */
void tpm_quote_facts(struct cJSON *facts); /* the key, or why there is none */
void tpm_tell_boot(struct story *story);   /* in a run that goes on: this boot's PCRs */
void tpm_quote_end(struct story *story);   /* behind the last record, beside the journal */

/* sign.c: a run signed by the machine, where its owner left a key on the results partition. */
void sign_prepare(const struct story *story);
struct cJSON *sign_facts(void);
void sign_end(struct story *story, const char *head);

/* screen.c: the QR code of the end on screens, and as long as linger= says. */
void screen_end(const struct story *story, const char *head);

/* measure.c: one step, one child, one deadline. record.c, samples.c: what it left behind, to
 * records. */
void measure_step(struct story *story, const struct step *step, struct result *result);
void measure_all(struct story *story);
/* A signal handler: ends the step that runs now, in good order. */
void measure_interrupt(int signal);
void record_start(struct story *story);
void record_step_start(struct story *story, const struct step *step);
void record_step_end(struct story *story, const struct step *step, const struct run *run,
		     const struct result *result);
void record_samples(struct story *story, const struct step *step, const struct run *run);
/* A step that did not start: skipped, as planned, or an error in what it was to stand on. */
void record_not_run(struct story *story, const struct step *step, const struct result *result);
void record_outcome(struct story *story, const struct step *step, const struct result *result);
void record_step_closed(struct story *story, const char *step, enum outcome outcome);
void record_log(struct story *story, const char *step, enum severity severity, const char *format,
		...) PRINTF_LIKE(4, 5);
void record_end(struct story *story, enum run_status status, enum run_result result);

/* pair_*.c: with peer=find another machine of the same plan is the partner; see init/pair.h */
void pair_prepare(struct story *story);				  /* before the first record */
void pair_find(struct story *story);				  /* network.partner, or why not */
void pair_announce(struct story *story, const struct step *next); /* how long until its barrier */
void pair_measure(struct story *story, const struct step *step, struct result *result);
void pair_finish(struct story *story);

/* upload.c: the records to a desk over HTTP, when results= names one; harmless otherwise. */
void upload_prepare(struct story *story); /* before the first record */
/* upload_earlier.c: runs of earlier boots that the desk has not wholly. As long as results_timeout=
 * says, before anything is measured. */
void upload_earlier(struct story *story);
/* In a run that goes on: the files of its earlier boots once more, as nobody knows which arrived. */
void upload_again(struct story *story);
void upload_between(struct story *story);  /* no step is timed now: some seconds at most */
void upload_conclude(struct story *story); /* before the last record, which cannot tell of itself */
void upload_end(struct story *story);
/* A file on its way there: -ENODEV, -ENOBUFS when more waits already than may be held. */
int upload_keep(struct story *story, const char *name, const char *data, size_t len);
/* A file beside the journal, to each place that takes files. 0 when one did. */
int story_put(struct story *story, const char *name, const char *text, size_t len);

/* summarise.c */
void summarise(const struct story *story, enum run_status *status, enum run_result *result);
/* In one word: "aborted" (it did not come to the end of its plan), "failed" (a step did), "invalid"
 * (none did, but one is worthless), "partial" (what ran is sound, not all of it ran), "passed",
 * "nothing" (no step ran). To be told with it: how many steps were what, "2 ok, 1 skipped". */
const char *summarise_state(const struct story *story, enum run_status status, struct text *counts);

/* boot.c: duties of process 1 only */
extern const struct duties boot_duties;
void boot_prepare(void);
void boot_leave(enum after after) __attribute__((noreturn));

/* start.c: what both lives share */
void run_id_make(char *out, size_t room);
int64_t wall_ms(void);

/* Verbs. */
/* "; did you mean net.tcp?", or ";". Returns out. */
const char *bench_hint(const char *name, char out[NEAREST_WORDS]);
const char *need_name(enum need need); /* the word that gives a benchmark its target */
int list_main(int argc, char **argv);
int plan_main(int argc, char **argv);
int run_main(int argc, char **argv);
int peer_main(int argc, char **argv);

#endif
