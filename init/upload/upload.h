/* SPDX-License-Identifier: MIT */
/* Records and files of the run to a desk over HTTP (`assay serve`): upload.c decides when,
 * hold.c keeps what waits, store.c reads it back from the results partition,
 * wire.c speaks, earlier.c brings what earlier boots left. */
#ifndef ASSAY_UPLOAD_H
#define ASSAY_UPLOAD_H

#include "init/init.h"

#include "bench/net/wire/sockets.h"

#include <stdio.h>

struct upload_url {
	struct address server;
	char host[80]; /* for the Host header: "198.18.0.1:8080" */
	char path[80]; /* begins and ends with a slash */
};
/* http://ADDRESS[:PORT][/PATH/] with an IPv4 address or an IPv6 one in brackets (RFC 3986): a
 * number, as the image asks no name server. Port 80 unless said. */
int upload_url_parse(const char *in, struct upload_url *out, char *why, size_t room);

/* What is looked at of an answer. */
struct http_reply {
	unsigned status; /* the final one: 1xx are passed over */
	bool has_next;
	unsigned next;	   /* Assay-Next: the record that is wanted next */
	size_t head_bytes; /* until the body */
};
enum { HTTP_HEAD_MAX = 8192 };
/* 0; -EAGAIN: its head is not whole yet; -EPROTO: that is no HTTP/1 answer. */
int http_reply_parse(const char *in, size_t len, struct http_reply *out);

/* One PUT on a connection of its own. 0 when an answer came, whatever it says; its reason goes to
 * why. */
int upload_put(const struct upload_url *url, const char *name, const char *data, size_t len,
	       uint64_t deadline_ns, struct http_reply *reply, char *why, size_t room);

/* ---- store.c: the records of a run as its folder has them, as frames again ---- */

struct upload_store {
	FILE *journal, *chain; /* NULL: not open */
	unsigned next;	       /* the number of the record where they stand */
};
/* Of a run's folder; -errno. */
int upload_store_open(struct upload_store *store, int folder_fd);
void upload_store_close(struct upload_store *store);
/* How many whole records there are, each with its hash. */
unsigned upload_store_count(struct upload_store *store);
/* Frames of the records from `first` on, before `end`: whole ones, as many as fit, at least one
 * (room: more than JOURNAL_LINE). Their bytes; -EBADMSG: the first of them is not there. */
ssize_t upload_store_frames(struct upload_store *store, unsigned first, unsigned end, char *out,
			    size_t room);

/* ---- hold.c: what waits, in memory as far as it goes ---- */

enum { UPLOAD_BATCH = 1 << 20 };

struct held { /* a file on its way */
	struct held *next;
	char name[80];
	size_t len;
	bool in_folder; /* the results partition has it, and nothing of it is held */
	char data[];
};

struct upload {
	struct upload_url url;
	char said[160], run_id[64]; /* the URL as it was given */
	struct sink sink;
	const struct sink *kept; /* the run's own folder on the partition, while it lives; or NULL */
	int folder_fd;		 /* of it; -1: there is none */
	struct upload_store store;
	char *batch;  /* frames that were read back */
	char *frames; /* whole lines, one behind the other */
	size_t len, room, limit;
	unsigned first, count; /* numbers of the first one held, and of the one to come */
	unsigned acked;	       /* the server has all before this one */
	size_t acked_at;       /* where that one stands in frames, if it is held */
	struct held *files, **last_file;
	size_t file_bytes;
	unsigned files_sent, files_refused;
	int refused; /* -errno: the server will not have them; no more is tried */
	bool away;
	unsigned pause_s;
	uint64_t not_before_ns;
	char state[WHY_ROOM];
};
/* A new one, which holds at most `limit` bytes; the folder stays the caller's. -EINVAL: the URL. */
int upload_init(struct upload *upload, const char *url, const char *run_id, int folder_fd,
		size_t limit);
void upload_free(struct upload *upload);
/* A line of the journal (the sink's way in). -ENOBUFS: no room, and it stands nowhere else. */
int upload_add(struct upload *upload, const char *line, size_t len, unsigned sequence,
	       const struct digest *head);
/* A file; data NULL: it stands in the folder. -ENOBUFS. */
int upload_add_file(struct upload *upload, const char *name, const char *data, size_t len);
/* All files of the folder but the journal's own. -errno. */
int upload_add_folder(struct upload *upload);
void upload_drop_file(struct upload *upload); /* the first */
/* Its bytes; those of one in the folder are read into *loaded, to be freed. -errno. */
ssize_t upload_load_file(const struct upload *upload, const struct held *held, const char **data,
			 char **loaded);
/* The next frames: whole lines, at most UPLOAD_BATCH bytes or one line; -errno. */
ssize_t upload_next(struct upload *upload, const char **frames);
/* Can it be had again from here on, if the server lost it? */
bool upload_has(const struct upload *upload, unsigned number);
void upload_move(struct upload *upload, unsigned next); /* the server wants this one next */

/* upload.c: what one may hold in this machine's memory. */
size_t upload_limit(const struct story *story);
/* All that waits; 0 or -errno, and its state says why. */
int upload_send(struct upload *upload, double seconds);
/* As long as that, with short pauses. */
int upload_insist(struct upload *upload, double seconds);

/* earlier.c: all of another run's folder that is whole; its state says why not. */
int upload_bring(struct upload *upload, double seconds);

/* ---- earlier.c: which runs a desk has not wholly, as listed beside them ---- */

enum { UNSENT_MOST = 16 };
struct unsent {
	char id[UNSENT_MOST][64];
	size_t count;
};
void unsent_parse(const char *text, struct unsent *out); /* what is no run's name is left out */
void unsent_format(const struct unsent *unsent, struct text *out);
void unsent_add(struct unsent *unsent, const char *id); /* the oldest makes room */
void unsent_remove(struct unsent *unsent, const char *id);
void upload_note(struct story *story, bool sent); /* this run, on the results partition's list */

#endif
