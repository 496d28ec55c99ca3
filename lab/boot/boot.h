/* SPDX-License-Identifier: MIT */
/* What the parts of `assay boot` share. */
#ifndef ASSAY_LAB_BOOT_H
#define ASSAY_LAB_BOOT_H

#include "lab/machine/machine.h"

enum { PLAN, ACCEL, WORDS, INITRD, IMAGE, RESULTS, WORK, TIMEOUT, PAYLOAD, LIBVIRT };
enum { KUBEVIRT = LIBVIRT + 1, CONTAINER, ARGS };
enum { COMMAND_LINE_MAX = 2048, SETTINGS_MAX = 24 };

struct boot {
	struct arg *args;			/* ARGS of them */
	const char *settings[SETTINGS_MAX + 1]; /* of the machine, beside its file; NULL ends them */
	struct machine machine;
	struct peer peer;
	struct qemu qemu;
	struct guest guest;
	char work[PATH_ROOM], console[PATH_ROOM], log[PATH_ROOM], script[PATH_ROOM],
		disk[PATH_ROOM], domain[PATH_ROOM], media[PATH_ROOM], tree[PATH_ROOM];
	char words[COMMAND_LINE_MAX];
	double limit_seconds;
	int lock;
	bool in_table;
	enum guest_end end;
	char why[WHY_ROOM];
};

/* Says why, as the verb does; returns the code. */
int boot_refuse(int code, const char *why);

/* words.c: what the kernel is told. 0, or -errno and the reason in boot->why. */
int boot_choose_words(struct boot *boot);

/* medium.c: whether the words can be put on what the machine boots from; puts them there, onto a
 * copy. -errno and the reason in boot->why. */
bool medium_takes_words(const struct machine *machine);
int boot_prepare_medium(struct boot *boot);

/* kubevirt.c: prints the machine as a KubeVirt manifest and starts nothing. -errno and the reason
 * in boot->why. */
int boot_print_kubevirt(struct boot *boot);

/* verdict.c: collects what the machine left behind, prints the report, judges. Returns the exit
 * code. */
int boot_finish(struct boot *boot);

#endif
