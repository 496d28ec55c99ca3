/* SPDX-License-Identifier: MIT */
/*
 * Which disk may be written. It is named by identity; every objection is asked; what could not be
 * learned is one; and what was learned is asked again of the device that was opened. Everything but
 * opening and reading is pure: facts in, words out.
 */
#ifndef ASSAY_GUARD_H
#define ASSAY_GUARD_H

#include "init/init.h"

/* ---- naming.c: the words scratch= and scratch_over= ---- */

enum naming_kind { NAMED_BY_SERIAL, NAMED_BY_WWN, NAMED_BY_PARTITION, NAMED_BY_PATH };
struct naming {
	enum naming_kind kind;
	char text[160]; /* as it was given */
	char name[160];
	uint64_t bytes; /* of a whole disk, exactly; 0: a partition is named */
	char over[160]; /* signatures that may be overwritten, as in "ext4,gpt" */
};
/* serial:SERIAL:BYTES, wwn:WWN:BYTES or partition:GPT-NAME. -EINVAL and what was expected. */
int naming_read(struct naming *out, const char *scratch, const char *over, char *why, size_t room);
int naming_of(struct naming *out, const struct settings *settings, char *why, size_t room);
/* It looks like a name of this kind, right or wrong; a path does not. */
bool naming_is_meant(const char *text);
/* path:/dev/loop0:BYTES: only a command takes it, and only of a device that has no name of its own
 * (a loop device, an LVM volume). The path begins with "/". -EINVAL and what was expected. */
int naming_read_path(struct naming *out, const char *target, char *why, size_t room);
bool naming_is_path(const char *text);
/* The name fits this block; the size is not asked. */
bool naming_answers(const struct naming *naming, const struct block *block);
/* The words that would name it; nothing when it has no identity. */
void naming_suggest(const struct block *block, struct text *out);
/* For a command: what names the device at this path, "serial:S:BYTES" or "path:/dev/loop0:BYTES";
 * nothing: a partition without a name on a disk that has one. */
void naming_of_path(const struct block *block, const char *path, struct text *out);
/* Each item of the list "ext4,gpt" is in the other list. */
bool naming_covers(const char *over, const char *signatures);

/* ---- probe.c: what is written on a disk, by libblkid ---- */

/* Every signature in block: signature, table, label. False: not all of it could be read. */
bool probe_signatures(struct block *block);
/* Erases every signature that is there. -errno and the reason in why. */
int probe_erase(int fd, char *why, size_t room);

/* ---- medium.c: what this image was started from ---- */

/* The head of a file is that of a kernel built for Assay: the version in its setup header (Linux,
 * Documentation/arch/x86/boot.rst, kernel_version) is by the builder of the one that runs. */
bool medium_is_payload(const void *head, size_t len);
/* Looks for such a file in each file system of the disk that firmware or a loader could read. Marks
 * all of the disk's blocks as boot_medium; what could not be searched has no complete facts. */
void medium_search(struct machine *machine, const struct block *disk);

/* ---- guard.c: the decision ---- */

/* The block that is named, or NULL and the reason: none, two, or another size. */
const struct block *guard_named(const struct machine *machine, const struct naming *naming,
				char *why, size_t room);
/* It is named as it should be, and none answers to it yet. */
bool guard_may_come(const struct machine *machine, const char *scratch);
/* Adds all that speaks against writing on it, "; " between; over: as in naming. How many. */
size_t guard_objections(const struct machine *machine, const struct block *block, const char *over,
			struct text *out);
/* It carries a file system that an earlier run made here, and nothing else. */
bool guard_is_ours(const struct block *block);
/* Named, and nothing objects; or NULL and the reason. */
const struct block *guard_choose(const struct machine *machine, const struct naming *naming,
				 char *why, size_t room);

/* ---- open.c: the only maker of struct wipeable ---- */

struct wipeable {
	char path[48];
	uint64_t bytes;
	int fd;	      /* read-only: as long as it is open no other disk gets this name */
	bool foreign; /* it carries signatures, all of them named in scratch_over */
};
/* Asks every objection again on fresh facts, opens it, and asks once more what was opened: the
 * kernel by O_EXCL, its device number, its size, its identity. 0 or -errno and the reason. */
int guard_open(const struct block *block, const struct naming *naming, struct wipeable *out,
	       char *why, size_t room);
/* The same for a device that a user named by its path and size, having no other name. */
int guard_open_path(const struct naming *naming, struct wipeable *out, char *why, size_t room);
/* Never 0: a bare path names no device. The reason says what would. */
int guard_refuse_path(const char *path, char *why, size_t room);
void guard_close(struct wipeable *disk);
/* Searches the named disk for a boot medium, where everything else would let it be written. */
void guard_learn(struct machine *machine, const struct naming *naming);
/* All that has to be known to choose, anew. */
void guard_discover(struct machine *machine, const struct naming *naming);

/* ---- disks.c: each disk in a line ---- */

/* "vda 1073741824 bytes, ...: assay.scratch=serial:S:1073741824", or what objects to writing. */
void disk_line(const struct machine *machine, const struct block *block, struct text *out);
void disks_say(const struct machine *machine);
int disks_main(int argc, char **argv); /* a verb */

/* ---- countdown.c ---- */

/* Of a plan that writes to a disk: says on every console and records who names what, and waits for
 * somebody to stop it: the disk is marked as stopped then. While whoever started this machine is
 * still there, and before a partner is kept waiting. */
void countdown_ask(struct story *story);

#endif
