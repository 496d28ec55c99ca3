/* SPDX-License-Identifier: MIT */
/* Duties of process 1 only: mounts, console, reaping, the way out. */
#include "init/ground/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *type, *place, *options;
	unsigned long flags;
	bool required;
} mounts[] = {
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID, true },
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, true },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, true },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV, false },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV, false },
	{ "securityfs", "/sys/kernel/security", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
	  false },
	{ "efivarfs", "/sys/firmware/efi/efivars", NULL,
	  MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, false },
};

static void mount_all(void)
{
	for (size_t i = 0; i < COUNT_OF(mounts); i++) {
		mkdir(mounts[i].place, 0755);
		if (mount(mounts[i].type, mounts[i].place, mounts[i].type, mounts[i].flags,
			  mounts[i].options) &&
		    errno != EBUSY && mounts[i].required)
			console_say("assay: mount %s: %s", mounts[i].place, strerror(errno));
	}
}

/* While something is timed. What the kernel says then is looked at by whoever times it. */
static void printk_quiet(bool quiet)
{
	if (quiet)
		kernel_lines_hold();
	else
		kernel_lines_release(NULL);
}

/* Where no CPU instruction gives random bits, the kernel gathers them from timing, for about a
 * second, once somebody waits for them. Somebody waits from now on, while the machine is
 * discovered; the run's name needs them then. */
static void ask_for_random_bits(void)
{
	char bit;

	if (fork())
		return;
	_exit(getrandom(&bit, 1, 0) != 1);
}

void boot_prepare(void)
{
	umask(022);
	sethostname("assay", 5); /* stock reports carry it; "(none)" helps nobody */
	mount_all();
	kernel_lines_begin();
	console_open_all();
	reboot(RB_DISABLE_CAD); /* ctrl-alt-del becomes a signal to us, which we ignore */
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", "/sbin:/bin", 1);
	setenv("HOME", "/", 1);
	ask_for_random_bits();
}

/* Orphans become ours. Called between steps, when the supervisor waits for no child of its own. */
static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

const struct duties boot_duties = { printk_quiet, reap };

/* Rescue: only when asked for (assay.after=shell), on the kernel's own console. */
static void rescue_shell(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd;

		setsid();
		fd = open("/dev/console", O_RDWR);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		execl("/bin/busybox", "sh", "-l", (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

static int sync_all(void *context, char *why, size_t room)
{
	(void)context, (void)why, (void)room;
	sync();
	return 0;
}

void boot_leave(enum after after)
{
	enum { SYNC_SECONDS = 20 };
	static const int commands[] = {
		[AFTER_POWEROFF] = RB_POWER_OFF,
		[AFTER_REBOOT] = RB_AUTOBOOT,
		[AFTER_HALT] = RB_HALT_SYSTEM,
		[AFTER_SHELL] = RB_POWER_OFF,
	};
	char why[WHY_ROOM];

	if (after == AFTER_SHELL)
		rescue_shell();
	kill(-1, SIGTERM);
	/* Everything of ours is unmounted by now. A disk that answers no more would hold sync(2)
	 * for ever. */
	if (helper_run("sync", SYNC_SECONDS, sync_all, NULL, why, sizeof(why)))
		console_say("assay: leaving without what a disk did not take: %s", why);
	console_drain();
	reboot(commands[after]);
	for (;;) /* process 1 never returns */
		pause();
}
