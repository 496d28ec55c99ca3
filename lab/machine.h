/* SPDX-License-Identifier: MIT */
/* Machines to boot: their files, their disks, the command they become, and one boot watched. */
#ifndef ASSAY_LAB_MACHINE_H
#define ASSAY_LAB_MACHINE_H

#include "lab/lab.h"

/* ---- machine.c: config/machines/NAME.ini ---- */

enum {
	MACHINE_CHIPSET,
	MACHINE_FIRMWARE,
	MACHINE_CPUS,
	MACHINE_MEMORY,
	MACHINE_TIMEOUT,
	MACHINE_KEYS
};
enum {
	DISK_KIND,
	DISK_SIZE,
	DISK_SERIAL,
	DISK_BUS,
	DISK_FORMAT,
	DISK_CACHE,
	DISK_AIO,
	DISK_FILE,
	DISK_KEYS
};
enum { NIC_MODEL, NIC_NETWORK, NIC_KEYS };
enum { PEER_KIND, PEER_KEYS };
enum { KIND_SCRATCH, KIND_RESULTS, KIND_OTHER };
enum { BUS_VIRTIO, BUS_VIRTIO_SCSI, BUS_AHCI, BUS_NVME };
enum { FORMAT_RAW, FORMAT_QCOW2 };
enum { NETWORK_USER, NETWORK_NONE };
enum { PEER_IPERF2, PEER_NONE, PEER_ASSAY };
extern const struct param machine_keys[], disk_keys[], nic_keys[], peer_keys[];

struct machine_disk {
	char name[32];
	union value value[DISK_KEYS];
	int line;
};
struct machine_nic {
	char name[32];
	union value value[NIC_KEYS];
};
enum { MACHINE_DISKS = 8, MACHINE_NICS = 4 };
struct machine {
	char name[64];
	union value value[MACHINE_KEYS];
	struct machine_disk disks[MACHINE_DISKS];
	struct machine_nic nics[MACHINE_NICS];
	union value peer[PEER_KEYS];
	size_t disk_count, nic_count;
};
int machine_read(struct machine *machine, const char *text, const char *path, char *why,
		 size_t room);
/* A name in config/machines, or a path that ends in .ini. */
int machine_load(struct machine *machine, const char *word, char *why, size_t room);
/* The word a choice stands for. */
void machine_choice(const struct param *key, const union value *value, char *out, size_t room);

/* ---- disks.c ---- */

/* Makes those that have no file of their own, empty; the results disk formatted. */
int disks_make(const struct machine *machine, const char *work, char *why, size_t room);
const struct machine_disk *disk_of_kind(const struct machine *machine,
					unsigned kind); /* the first, or NULL */
/* disk_size.c: what the guest sees, whole sectors. -errno and the reason in why. */
int disk_bytes(const struct machine_disk *disk, uint64_t *bytes, char *why, size_t room);
/* Of the head of a qcow2 file; -EINVAL: it is none. */
int qcow2_bytes(const uint8_t *head, size_t len, uint64_t *bytes);

/* ---- qemu.c: a machine as a QEMU command ---- */

struct qemu {
	char program[PATH_ROOM];
	const char *accel, *image, *initrd, *console, *words, *work;
	unsigned back_port; /* forwarded to the guest, for peers that connect back; 0: none */
};
/* The file behind a disk: its own, or one in the work folder. */
int qemu_disk_path(const struct machine_disk *disk, const char *work, char *out, size_t room);
void qemu_command(const struct machine *machine, const struct qemu *qemu, struct command *out);

/* ---- accel.c: does a guest really run on KVM here? Asked once per boot of this host. ---- */

bool accel_kvm_works(const char *qemu, const char *image, bool *cached);

/* ---- peer.c: the other end: the stock tools, or `assay peer` ---- */

struct peer {
	pid_t tcp, udp, own; /* own: `assay peer` */
	unsigned port, back_port;
	unsigned iperf3_port, echo_port, meet_port; /* of our own */
};
int peer_start(struct peer *peer, const char *work, char *why, size_t room);
/* This program as the partner, its journal a run of its own in `results`. Calls are not taken: from
 * behind QEMU's user network the guest cannot be reached. */
int peer_start_own(struct peer *peer, const char *work, const char *results, char *why,
		   size_t room);
void peer_end(struct peer *peer);
unsigned peer_free_port(void); /* free for TCP and UDP on 127.0.0.1; 0: none */

/* ---- guest.c: one boot, watched ---- */

struct guest {
	struct command command;
	const char *console, *log; /* where the serial port and QEMU's own words go */
	double limit_seconds;
	/* A line of the serial log that is not a frame. */
	void (*show)(void *context, const char *line);
	/* True ends the machine: the caller has seen enough. May be NULL. */
	bool (*enough)(void *context, const char *line, size_t len);
	void *context;
};
enum guest_end { GUEST_ENDED, GUEST_TIMEOUT, GUEST_STOPPED, GUEST_ENOUGH, GUEST_FAILED };
/* From QEMU's start to its end. Interrupt and terminate signals end it too (GUEST_STOPPED). */
enum guest_end guest_run(struct guest *guest, char *why, size_t room);

#endif
