/* SPDX-License-Identifier: MIT */
/* Disks and images of disks, looked at and made without root. */
#ifndef ASSAY_LAB_DISK_H
#define ASSAY_LAB_DISK_H

#include "lab/lab.h"

/* ---- gpt.c ---- */

struct partition {
	uint64_t start, bytes;
};
/* The one partition of that name, in bytes. -ENOENT: none; -EINVAL: no sound partition table;
 * -EEXIST: two. */
int gpt_find(int fd, const char *name, struct partition *out, char *why, size_t room);

/* ---- gpt_fit.c ---- */

/* On a disk of so many bytes: the table's copy at its end, both headers and the protective MBR
 * saying so; and the last partition, when it has the name `grown` (NULL: none), reaching there. */
int gpt_fit(int fd, uint64_t bytes, const char *grown, char *why, size_t room);
/* Both tables are there, sound, and say the same. */
int gpt_check(int fd, uint64_t bytes);

/* ---- usb_target.c: the disk that an image is to be written on, and what speaks against it ---- */

struct usb_target {				     /* facts; a disk and its partitions together */
	char path[PATH_ROOM], folder[PATH_ROOM];     /* folder: in /sys */
	char serial[64], model[64], signatures[256]; /* "gpt,vfat,ext4" as wipefs names them */
	uint64_t bytes;
	dev_t device;
	size_t alike; /* so many disks have this serial */
	bool whole, complete, read_only, mounted, swapped, held;
};
struct usb_naming {	    /* how a person named it */
	const char *serial; /* "none": it has none */
	const char *over;   /* the signatures that may be lost, or "" */
	uint64_t bytes, image_bytes;
};
int usb_target_read(const char *path, struct usb_target *target, char *why, size_t room);
/* Pure. 0, or -EPERM, -ENOSPC and the first objection. */
int usb_target_check(const struct usb_target *target, const struct usb_naming *naming, char *why,
		     size_t room);

/* ---- results_disk.c: reading a results partition without root and without changing it ---- */

struct results_disk {
	char image[PATH_ROOM], scratch[PATH_ROOM];
	struct partition place; /* in the image */
	bool recovered; /* it had not been unmounted: a private copy was repaired and read instead */
};
enum { DISK_RUNS = 256 };
int results_disk_open(struct results_disk *disk, const char *path, const char *scratch, char *why,
		      size_t room);
/* Oldest first. Returns how many. */
int results_disk_runs(const struct results_disk *disk, char ids[][RUN_ID_ROOM], size_t max,
		      char *why, size_t room);
/* Plain files of runs/<id>/ into an existing folder; what is refused becomes a note. */
int results_disk_extract(const struct results_disk *disk, const char *id, const char *into,
			 struct notes *notes, char *why, size_t room);
/* A new disk image: GPT, one partition named assay-results, ext4. */
int results_disk_format(const char *path, uint64_t bytes, bool force, char *why, size_t room);

#endif
