/* SPDX-License-Identifier: MIT */
/* Machines to boot: their files, their disks, the command they become, and one boot watched. */
#ifndef ASSAY_LAB_MACHINE_H
#define ASSAY_LAB_MACHINE_H

#include "lab/lab.h"

/* ---- keys.c: what a machine file may say ---- */

enum {
	MACHINE_CHIPSET,
	MACHINE_FIRMWARE,
	MACHINE_CPUS,
	MACHINE_MEMORY,
	MACHINE_HYPERVISOR,
	MACHINE_MEDIA,
	MACHINE_MEDIA_BUS,
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
	DISK_RATE,
	DISK_IOPS,
	DISK_KEYS
};
enum { NIC_MODEL, NIC_NETWORK, NIC_LINK, NIC_MAC, NIC_INTERFACE, NIC_LOCAL, NIC_REMOTE, NIC_KEYS };
enum { PEER_KIND, PEER_KEYS };
/* The choices in their order. */
enum { CHIPSET_Q35, CHIPSET_PC };
enum { FIRMWARE_BIOS, FIRMWARE_UEFI };
enum { HYPERVISOR_SHOWN, HYPERVISOR_HIDDEN };
enum { MEDIA_KERNEL, MEDIA_DISK, MEDIA_ISO, MEDIA_USB, MEDIA_PXE };
enum { KIND_SCRATCH, KIND_RESULTS, KIND_OTHER, KIND_MEDIUM };
enum bus {
	BUS_VIRTIO,
	BUS_VIRTIO_SCSI,
	BUS_IDE,
	BUS_AHCI,
	BUS_NVME,
	BUS_USB,
	BUS_UAS,
	BUS_MEGASAS,
	BUS_MPTSAS,
	BUSES
};
enum { FORMAT_RAW, FORMAT_QCOW2 };
enum { CACHE_WRITEBACK, CACHE_NONE, CACHE_WRITETHROUGH, CACHE_DIRECTSYNC, CACHE_UNSAFE };
enum { AIO_THREADS, AIO_NATIVE, AIO_IO_URING };
enum {
	MODEL_VIRTIO,
	MODEL_E1000,
	MODEL_E1000E,
	MODEL_IGB,
	MODEL_RTL8139,
	MODEL_VMXNET3,
	MODEL_NONE
};
enum { NETWORK_USER, NETWORK_TAP, NETWORK_BRIDGE, NETWORK_SOCKET, NETWORK_NONE };
enum { LINK_UP, LINK_DOWN };
enum { PEER_IPERF2, PEER_NONE, PEER_ASSAY };
extern const struct param machine_keys[], disk_keys[], nic_keys[], peer_keys[];
/* The word a choice stands for. */
void machine_choice(const struct param *key, const union value *value, char *out, size_t room);

/* ---- machine.c: config/machines/NAME.ini ---- */

struct machine_disk {
	char name[32];
	union value value[DISK_KEYS];
	int line;
};
struct machine_nic {
	char name[32];
	union value value[NIC_KEYS];
	int line;
};
enum { MACHINE_DISKS = 8, MACHINE_NICS = 4, MACHINE_TITLE = 400 };
struct machine {
	char name[64],
		title[MACHINE_TITLE]; /* title: with the settings that were given beside it */
	union value value[MACHINE_KEYS];
	/* The medium it boots from, if that is a disk, stands behind the others. */
	struct machine_disk disks[MACHINE_DISKS + 1];
	struct machine_nic nics[MACHINE_NICS];
	union value peer[PEER_KEYS];
	size_t disk_count, nic_count;
};
int machine_read(struct machine *machine, const char *text, const char *path, char *why,
		 size_t room);
/* A name in config/machines, or a path that ends in .ini; then the settings, NULL ends them. */
int machine_load(struct machine *machine, const char *word, const char *const *settings, char *why,
		 size_t room);

/* ---- settings.c: single settings beside the file ---- */

/* Of the form of a setting: "cpus=8", "disk.scratch.size=4G", "nic.net0.model=e1000",
 * "peer.kind=none". */
bool machine_is_setting(const char *word);
int machine_set(struct machine *machine, const char *setting, char *why, size_t room);

/* ---- check.c: values that are each legal, but not together ---- */

/* 0, or -EINVAL and "PATH:LINE: ..." */
int machine_check(const struct machine *machine, const char *path, char *why, size_t room);
/* The card that a network boot goes through, or NULL: the first that something is behind. */
const struct machine_nic *machine_boot_nic(const struct machine *machine);

/* ---- disks.c ---- */

/* Makes those that have no file of their own, empty; the results disk formatted; of the medium,
 * which is in the folder `media`, a copy. */
int disks_make(const struct machine *machine, const char *media, const char *work, char *why,
	       size_t room);
const struct machine_disk *disk_of_kind(const struct machine *machine,
					unsigned kind); /* the first, or NULL */
/* disk_size.c: what the guest sees, whole sectors. -errno and the reason in why. */
int disk_bytes(const struct machine_disk *disk, uint64_t *bytes, char *why, size_t room);
/* Of the head of a qcow2 file; -EINVAL: it is none. */
int qcow2_bytes(const uint8_t *head, size_t len, uint64_t *bytes);
/* Where the run's results are: the disk of that kind, or the medium, which has such a partition. */
const struct machine_disk *disk_of_results(const struct machine *machine);

/* ---- qemu.c: a machine as a QEMU command ---- */

struct qemu {
	char program[PATH_ROOM];
	const char *accel, *image, *initrd, *console, *words, *work;
	const char *tree;   /* for media = pxe: the folder that QEMU's TFTP server hands out */
	unsigned back_port; /* forwarded to the guest, for peers that connect back; 0: none */
};
/* The file behind a disk: its own, or one in the work folder. */
int qemu_disk_path(const struct machine_disk *disk, const char *work, char *out, size_t room);
void qemu_command(const struct machine *machine, const struct qemu *qemu, struct command *out);
/* What the kernel must be told of this way to run it, beside the words; "" or words and a blank. */
const char *qemu_own_words(const char *accel);
/* In QEMU's option lists a comma in a value is written twice. */
void qemu_add_path(struct text *out, const char *path);
/* A link that is down has no option of its own: QEMU starts halted and is told by its monitor. */
bool qemu_has_dead_link(const struct machine *machine);

void qemu_add_nic(const struct machine *machine, const struct machine_nic *nic,
		  const struct qemu *qemu, struct command *out);

/* ---- qemu_disks.c: drives, controllers, disks ---- */

void qemu_add_controllers(const struct machine *machine, struct command *out);
void qemu_add_disk(const struct machine *machine, size_t disk, const char *work,
		   struct command *out);

/* So many disks before this one are on the same bus. */
unsigned qemu_disks_before(const struct machine *machine, size_t index);
/* QEMU's SAS 1068 has a disk's WWN as its SAS address, and Linux adds no disk whose address is 0.
 * 0: a disk on another bus, which needs none. */
uint64_t qemu_disk_wwn(const struct machine *machine, size_t index);
bool qemu_is_cdrom(const struct machine *machine, const struct machine_disk *disk);

/* ---- qemu_files.c: what QEMU reads or writes beside the disks ---- */

/* Private copies of the firmware's variables and of the orders to the monitor, in the work folder. */
int qemu_files_make(const struct machine *machine, const char *work, char *why, size_t room);
/* Where the UEFI firmware of this host is. -ENOENT and the package that has it. */
int qemu_firmware(char *code, char *variables, size_t room, char *why, size_t why_room);

/* ---- domain.c, domain_devices.c: the same machine as a libvirt domain ---- */

/* -errno; -E2BIG: too long. */
int domain_write(const struct machine *machine, const struct qemu *qemu, const char *name,
		 const char *path);
/* Creates it by virsh and stays until it has ended; destroys it when asked to end. */
void domain_command(const char *name, const char *xml, struct command *out);
void domain_escape(struct text *out, const char *in);
void domain_add_devices(const struct machine *machine, const struct qemu *qemu, struct text *out);
void domain_add_arguments(const struct machine *machine, const struct qemu *qemu, struct text *out);

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
