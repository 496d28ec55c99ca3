/* SPDX-License-Identifier: MIT */
/*
 * The parts of `assay serve`. Machines boot from a tree of files, by dnsmasq (DHCP, TFTP) and our
 * HTTP server, and bring their results back by HTTP PUT:
 *
 *   GET  /                      who booted and how far each machine is, as text
 *   GET  /PATH                  a file of the tree; boot scripts with the machine's words put in
 *   PUT  /runs/ID/records/N     frames as on a serial port ("@assay SEQ HEAD LINE"), from record N
 *   PUT  /runs/ID/NAME          a file beside the journal
 *
 * Every answer about a run says in Assay-Next which record comes next. What was answered with 200
 * or 201 is on the disk. What is there already is never overwritten: the same bytes again are
 * fine (200), others are refused (409).
 */
#ifndef ASSAY_LAB_SERVE_H
#define ASSAY_LAB_SERVE_H

#include "lab/lab.h"

/* Of a batch of records, which is held in memory as a whole; of one record's line in it. */
enum { BATCH_MAX = 4 << 20, FRAME_MAX = JOURNAL_LINE + 128 };
enum { ADDRESS_ROOM = 46, MAC_ROOM = 18, URL_ROOM = 64, WORDS_ROOM = 1024, NAME_ROOM = 64 };
enum { RUN_FILES = 512 }; /* of one run */

/* ---- resource.c: what a URL names; pure ---- */

enum resource_kind { RESOURCE_STATUS, RESOURCE_TREE, RESOURCE_RECORDS, RESOURCE_FILE };
struct resource {
	enum resource_kind kind;
	const char *path; /* of RESOURCE_TREE: relative, inside the url */
	char run_id[RUN_ID_ROOM], name[NAME_ROOM];
	unsigned first; /* of RESOURCE_RECORDS */
};
/* An undecoded path of a request. -EINVAL and the reason: nothing here is called like that. */
int resource_parse(const char *url, struct resource *out, char *why, size_t room);
/* As run_id_make makes them: 20260131-120000- and 32 hexadecimal digits. */
bool run_id_is_sound(const char *id);
/* RFC 9110 14.1.2, one range. False: none that is asked for soundly, so the whole. -ERANGE in *err:
 * it lies outside. */
bool range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *bytes, int *err);

/* ---- words.c: what a machine's boot line gets; pure, but for reading the file ---- */

struct fleet_entry {
	char name[NAME_ROOM], words[WORDS_ROOM];
};
/* The section of the MAC address (lower case, colons), else [default]; both empty when neither is
 * there. -EINVAL and "PATH:LINE: ..." */
int fleet_read(const char *text, const char *path, const char *mac, struct fleet_entry *out,
	       char *why, size_t room);
/* A boot script with the words put behind each line that starts a kernel: pxelinux's "append",
 * iPXE's "kernel" (before a "||"). malloc'd; NULL: out of memory. */
char *script_extend(const char *script, const char *words);
bool script_is(const char *path); /* by its name: *.ipxe, pxelinux.cfg/ */
/* "52:54:00:12:34:56" from any usual way to write it; also behind pxelinux's "01-". */
bool mac_read(const char *in, char out[MAC_ROOM]);

/* ---- interface.c ---- */

struct interface {
	char address[ADDRESS_ROOM]; /* IPv4 */
	unsigned bits;
	char first[ADDRESS_ROOM], last[ADDRESS_ROOM]; /* what DHCP gives out */
	bool is_default_route;
};
/* wanted: one of its addresses, or NULL for the first. */
int interface_find(const char *name, const char *wanted, struct interface *out, char *why,
		   size_t room);
/* "A.B.C.D-E.F.G.H" or NULL for .50 to .99 of the network. */
int interface_range(struct interface *interface, const char *range, char *why, size_t room);
/* In a table as of /proc/net/route; pure. */
bool route_is_default(const char *table, const char *name);
/* In a table as of /proc/net/arp; pure. */
bool arp_find(const char *table, const char *address, char mac[MAC_ROOM]);

/* ---- dnsmasq.c ---- */

enum dhcp { DHCP_NO, DHCP_YES, DHCP_PROXY };
struct dnsmasq_options {
	const char *name; /* of the interface */
	const struct interface *interface;
	enum dhcp dhcp;
	const char *tree, *user, *url;
	char leases[PATH_ROOM];
	bool chain_ipxe; /* an iPXE that asks gets the script */
	bool has_ipxe;	 /* the tree has ipxe.efi: other UEFI machines get that first */
};
void dnsmasq_config(const struct dnsmasq_options *options, struct text *out);

/* A line of its log. */
struct dnsmasq_event {
	enum { DNSMASQ_NOTHING, DNSMASQ_LEASE, DNSMASQ_CLASS, DNSMASQ_SENT, DNSMASQ_FAILED } what;
	char transaction[16]; /* of a line that belongs to one, else "" */
	char mac[MAC_ROOM], address[ADDRESS_ROOM], text[160];
};
void dnsmasq_read(const char *line, struct dnsmasq_event *out);

struct serving;
/* dnsmasq_run.c: the child. */
struct dnsmasq {
	pid_t pid; /* 0: none */
	int log;
	char pending[2048], last[200], transaction[16], firmware[NAME_ROOM];
	size_t pending_len;
};
/* Its configuration and leases go to the folder `work`; options->leases and user are set. */
int dnsmasq_start(struct dnsmasq *dnsmasq, struct dnsmasq_options *options, const char *work,
		  char *why, size_t room);
/* Reads what it said. -ECHILD and its last words when it has ended. */
int dnsmasq_turn(struct dnsmasq *dnsmasq, struct serving *serving, char *why, size_t room);
void dnsmasq_stop(struct dnsmasq *dnsmasq);

/* ---- stations.c: the machines that were seen ---- */

enum { STATIONS = 1024 };
struct station {
	char address[ADDRESS_ROOM], mac[MAC_ROOM], firmware[NAME_ROOM];
	char file[NAME_ROOM];	  /* the last one fetched */
	char run_id[RUN_ID_ROOM]; /* its last run; "" for none */
	uint64_t seen_ns;
};
struct stations {
	struct station at[STATIONS]; /* the one not seen for longest makes place */
	size_t count;
};
struct station *stations_find(struct stations *stations, const char *address);

/* ---- runs.c, journal_append.c: what arrived ---- */

struct run {
	char id[RUN_ID_ROOM], address[ADDRESS_ROOM];
	unsigned next; /* the record that comes next */
	struct digest head;
	unsigned files;
	bool ended;
	char damaged[200]; /* why it takes no more; "" when it does */
	char plan[NAME_ROOM], step[NAME_ROOM], build_id[65], init_sha256[65], end[40];
	unsigned place, of; /* of the step, 0: not said */
	uint64_t seen_ns;
};
enum { RUNS = 1024 }; /* in memory; others are read again from the disk */

struct serving {
	const char *results, *payload, *fleet;
	char url[URL_ROOM];
	uint64_t limit_bytes, total_bytes, stored_bytes, arriving_bytes;
	uint64_t patience_ns;
	int tree_fd, results_fd, stage_fd; /* stage: files that are not whole yet */
	unsigned stage_next;
	void (*say)(const char *format, ...) PRINTF_LIKE(1, 2);
	struct stations stations;
	struct run runs[RUNS];
	size_t run_count;
	char *batch; /* BATCH_MAX and one */
	uint64_t records, files, refusals;
};

/* Finds it, or reads what the results folder has of it; makes the folder when `make`. NULL: there
 * is none, or the reason in why. */
struct run *run_open(struct serving *serving, const char *id, bool make, char *why, size_t room);
/* The folder of a run. */
int run_folder(const struct serving *serving, const char *id);
/* One record's meaning for who looks on. announce: say it. */
void run_learn(struct serving *serving, struct run *run, const char *line, size_t len,
	       bool announce);
/* Reads journal and chain, cuts off what a crash left behind the last whole record. 0, or -EBADMSG
 * with run->damaged. */
int run_recover(struct serving *serving, struct run *run, int folder);
/* The frames of a batch, the first of which is number `first`. Returns an HTTP status and, unless
 * it is 200 or 201, the reason. */
unsigned run_append(struct serving *serving, struct run *run, unsigned first, const char *batch,
		    size_t len, char *why, size_t room);
/* The end of a run: collect.json, payload.json, results/latest. */
void run_finish(struct serving *serving, struct run *run);

/* ---- arrival.c: a body on its way in ---- */

struct arrival {
	struct serving *serving;
	struct resource resource;
	char stage[32]; /* its name in the stage folder */
	int fd;
	uint64_t bytes, limit_bytes;
	unsigned status; /* 0, or what it will be refused with */
	char why[WHY_ROOM];
};
void arrival_begin(struct arrival *arrival, struct serving *serving,
		   const struct resource *resource, uint64_t announced_bytes);
void arrival_add(struct arrival *arrival, const char *data, size_t len);
/* Puts it where it belongs. Returns an HTTP status, the reason in arrival->why, and which record
 * comes next. */
unsigned arrival_finish(struct arrival *arrival, const char *address, unsigned *next);
void arrival_drop(struct arrival *arrival); /* in any state; what is not in its place is gone */

/* ---- http.c ---- */

struct http {
	struct MHD_Daemon *daemon;
	struct serving *serving;
	struct client *clients;
};
struct http_limits {
	unsigned connections, per_address;
};
int http_start(struct http *http, struct serving *serving, const char *address, uint16_t port,
	       const struct http_limits *limits, char *why, size_t room);
int http_poll_fd(const struct http *http);
/* Does what is to be done now. Returns how many milliseconds it may be left alone at most. */
int http_turn(struct http *http);
void http_stop(struct http *http);

/* tree.c: an open file of the tree, never one outside. -errno. */
int tree_open(const struct serving *serving, const char *path, uint64_t *bytes);
/* A boot script as this machine is to get it; malloc'd, NULL when there is none. */
char *tree_script(struct serving *serving, const char *path, const char *address, const char *mac);
/* stations.c: who booted and how far; malloc'd. */
char *status_text(const struct serving *serving);

uint64_t serve_now_ns(void);

#endif
