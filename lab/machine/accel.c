/* SPDX-License-Identifier: MIT */
/*
 * Does a guest really run on KVM here? /dev/kvm can exist and open on a machine whose processor or
 * host cannot run a guest; it then sits there until a timeout. So the image itself is booted, ten
 * seconds at most, and its first record counts. The answer holds until this host boots again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/machine/machine.h"

enum { PROBE_SECONDS = 10 };

static bool cache_path(char *out, size_t room)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char folder[PATH_ROOM];

	if (base && *base) {
		if (path_format(folder, sizeof(folder), "%s/assay", base))
			return false;
	} else if (!home || path_format(folder, sizeof(folder), "%s/.cache/assay", home)) {
		return false;
	}
	return !path_make(folder) && !path_format(out, room, "%s/kvm", folder);
}

/* "BOOT-ID yes" */
static bool remembered(const char *cache, const char *boot_id, bool *works)
{
	char line[128], id[64], answer[8];

	if (!*cache || file_read(line, sizeof(line), "%s", cache) < 0 ||
	    sscanf(line, "%63s %7s", id, answer) != 2 || strcmp(id, boot_id) != 0)
		return false;
	*works = !strcmp(answer, "yes");
	return true;
}

static void remember(const char *cache, const char *boot_id, bool works)
{
	char line[128];

	if (*cache && *boot_id &&
	    !path_format(line, sizeof(line), "%s %s\n", boot_id, works ? "yes" : "no"))
		path_write(cache, line, strlen(line));
}

static bool is_record(void *context, const char *line, size_t len)
{
	struct frame frame;

	(void)context;
	return frame_parse(line, len, &frame);
}

static bool probe_in(const char *folder, const char *qemu, const char *image)
{
	struct machine machine = {
		.value = { [MACHINE_CPUS].num = 1, [MACHINE_MEMORY].num = 256 << 20 }
	};
	char console[PATH_ROOM], log[PATH_ROOM], why[WHY_ROOM];
	struct qemu options = {
		.accel = "kvm",
		.image = image,
		.console = console,
		.words = "assay.plan=survey",
		.work = folder,
	};
	struct guest *guest = calloc(1, sizeof(*guest));
	enum guest_end end = GUEST_FAILED;

	if (guest && !path_format(console, sizeof(console), "%s/probe.log", folder) &&
	    !path_format(log, sizeof(log), "%s/probe-qemu.log", folder) &&
	    !path_format(options.program, sizeof(options.program), "%s", qemu)) {
		qemu_command(&machine, &options, &guest->command);
		guest->console = console;
		guest->log = log;
		guest->limit_seconds = PROBE_SECONDS;
		guest->enough = is_record;
		end = guest_run(guest, why, sizeof(why));
	}
	free(guest);
	return end == GUEST_ENOUGH;
}

static bool probe(const char *qemu, const char *image)
{
	char folder[] = "/tmp/assay-probe-XXXXXX";
	bool works;

	if (access("/dev/kvm", R_OK | W_OK) || !mkdtemp(folder))
		return false;
	works = probe_in(folder, qemu, image);
	path_remove(folder);
	return works;
}

bool accel_kvm_works(const char *qemu, const char *image, bool *cached)
{
	char cache[PATH_ROOM] = "", boot_id[64] = "";
	bool works = false;

	if (!cache_path(cache, sizeof(cache)) ||
	    file_read(boot_id, sizeof(boot_id), "/proc/sys/kernel/random/boot_id") < 0)
		cache[0] = '\0';
	*cached = remembered(cache, boot_id, &works);
	if (*cached)
		return works;
	works = probe(qemu, image);
	remember(cache, boot_id, works);
	return works;
}
