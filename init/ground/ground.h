/* SPDX-License-Identifier: MIT */
/*
 * What a storage step stands on, from the inside: the keys of a step's ground, the program that
 * makes a file system, the disk's settings, and the helpers that may wait for a disk that does not
 * answer.
 */
#ifndef ASSAY_GROUND_H
#define ASSAY_GROUND_H

#include "init/init.h"

/* ---- keys.c ---- */

enum file_system { FS_EXT4, FS_XFS };
const char *file_system_name(enum file_system kind);
/* The smallest disk on which its mkfs makes one. */
uint64_t file_system_least_bytes(enum file_system kind);
/* mount_options to flags of mount(2) and the rest for the file system. */
struct mount_words {
	unsigned long flags;
	char data[160];
};
int mount_words(const char *options, enum file_system kind, struct mount_words *out, char *why,
		size_t room);
/* False: as it is. Otherwise the KiB that read_ahead_kb takes; -errno and the reason in why. */
int read_ahead_kb(const char *read_ahead, bool *set, uint64_t *kb, char *why, size_t room);

/* ---- mkfs.c ---- */

enum { MKFS_WORDS = 32 };
struct mkfs {
	char *word[MKFS_WORDS + 1]; /* a command for execv */
	size_t count;
	char room[640], line[640]; /* line: the same words, for people and records */
};
/* Refuses options that name a file or a device, or that would not make a file system. */
int mkfs_command(struct mkfs *mkfs, enum file_system kind, const char *options, const char *path,
		 char *why, size_t room);
int mkfs_run(struct mkfs *mkfs, double limit_seconds, char *why, size_t room);

/* ---- helper.c: what may hang in the kernel is done by a child, with a limit ---- */

/* 0, or the -errno that act returned with its reason in why; -ETIMEDOUT when it did not return, and
 * then it may still be there. */
int helper_run(const char *what, double limit_seconds,
	       int (*act)(void *context, char *why, size_t room), void *context, char *why,
	       size_t room);
/* The same for a program; what it says on its first line is the reason. */
int helper_exec(char *const *words, double limit_seconds, char *why, size_t room);

/* ---- queue.c: scheduler, read-ahead and write cache of a disk ---- */

struct queue {
	char folder[300];				     /* /sys/block/vda */
	char scheduler[40], read_ahead[24], write_cache[24]; /* before; "" where it was kept */
};
/* Sets what the step asks for, and reads it back. On failure all is as it was. */
int queue_set(struct queue *queue, const char *folder, const struct request *request, char *why,
	      size_t room);
int queue_restore(struct queue *queue, char *why, size_t room);
/* "none" of "[none] mq-deadline"; the whole text where nothing is in brackets. */
void queue_active(const char *text, char *out, size_t room);

/* ---- write_cache.c ---- */

/* The file that tells the disk, FOLDER/cache_type or that of the SCSI disk beneath. False: none. */
bool write_cache_file(const char *folder, char *out, size_t room);
/* The disk's own volatile cache, by its own command; then the kernel's view of it. */
int write_cache_set(const char *folder, bool on, char *why, size_t room);

/* ---- facts.c ---- */

struct ground_facts {
	const char *mkfs;    /* the command; NULL: not made here */
	const char *trimmed; /* "yes", "no", or why not */
};
/* What the path, a directory or a device, stands on as it is now. */
struct cJSON *ground_facts(const char *path, const struct ground_facts *facts);
/* The folder of the disk that carries this device, /sys/block/vda; -errno. */
int disk_folder(unsigned long long device, char *out, size_t room);
/* "virtio", "ata", "nvme", "usb", "scsi" ...; "" when unknown. */
void disk_transport(const char *folder, char *out, size_t room);
/* Of its controller: "ahci", "megaraid_sas", "uas" ...; "" when there is none. */
void disk_driver(const char *folder, char *out, size_t room);

/* ---- scratch.c ---- */

int scratch_enter(const char *device, const char *directory, const char *type,
		  const struct mount_words *options, char *why, size_t room); /* cold */
/* -EROFS: the file system had become read-only. */
int scratch_leave(const char *directory, char *why, size_t room);
/* Off the directory without asking the disk, which does not answer. */
int scratch_abandon(char *why, size_t room);

#endif
