/* SPDX-License-Identifier: MIT */
/* The machine as it was found: disks, links, where it was started from, what can change a number. */
#ifndef ASSAY_INIT_MACHINE_H
#define ASSAY_INIT_MACHINE_H

#include "lib/lib.h"

enum { MAX_BLOCKS = 96, MAX_LINKS = 16 };

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

/* ---- origin.c and origin/: boot path, loader, firmware, medium, payload ---- */

void origin_read(struct machine *machine);
/* Booted from a medium of ours, not over a network or by a host: the medium, late as it may come. */
bool origin_has_medium(const struct origin *origin);
void origin_await(struct machine *machine, double seconds);
struct cJSON *origin_detail(const struct machine *machine);
/* Of the first file system, as payload.json states it; its /init alone goes to init (NULL: no
 * need). root "" is "/". -errno. */
int payload_digest(const char *root, const char *build_id, struct digest *out, struct digest *init);

/* ---- origin/identity.c: the digests of this payload and program, found out by a child meanwhile
 * ---- */

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
struct cJSON *link_detail(const struct link *link); /* network/link_facts.c */
struct cJSON *wall_clock_detail(void);		    /* fingerprint/clock.c */
struct clock_set {	 /* the system clock, by the kernel, from an RTC */
	char device[32]; /* "rtc_cmos 00:04" */
	double at_s;	 /* of the kernel's log */
	int64_t epoch_s;
};
/* Finds the kernel's line about it in its log, as of klogctl(2). */
bool clock_find_set(const char *log, struct clock_set *out);

#endif
