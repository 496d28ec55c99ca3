/* SPDX-License-Identifier: MIT */
/* /sys and /proc to struct machine: firmware, CPUs, memory, clock, links. Reads only. */
#include "init/fingerprint/parts.h"
#include "init/guard/guard.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static void read_dmi(char *out, size_t room, const char *name)
{
	file_read(out, room, "/sys/class/dmi/id/%s", name);
}

/* Of the first CPU: all of it would ask each CPU for its frequency. */
static void read_cpuinfo(char *out, size_t room, const char *key)
{
	char text[8192];

	file_read(text, sizeof(text), "/proc/cpuinfo");
	cpuinfo_find(text, key, out, room);
}

/* CPUID leaves 1 (bit 31 of ECX: a hypervisor is there) and 0x40000000 (its twelve letters). */
static void read_hypervisor(char *out, size_t room)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;
	char letters[13] = "";

	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
	if (!(c & 1u << 31)) {
		snprintf(out, room, "none");
		return;
	}
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000000), "c"(0));
	memcpy(letters, &b, 4);
	memcpy(letters + 4, &c, 4);
	memcpy(letters + 8, &d, 4);
	snprintf(out, room, "%s", letters[0] ? letters : "unnamed");
#else
	snprintf(out, room, "unknown");
#endif
}

/* The GNU build id of the running kernel: an ELF note in /sys/kernel/notes. */
static void read_build_id(char *out, size_t room)
{
	char notes[4096];
	ssize_t len = file_read(notes, sizeof(notes), "/sys/kernel/notes");
	size_t at = 0;

	out[0] = '\0';
	while (len > 0 && at + sizeof(Elf64_Nhdr) <= (size_t)len) {
		Elf64_Nhdr head;
		size_t name, body, i;

		memcpy(&head, notes + at, sizeof(head));
		name = at + sizeof(head);
		body = name + ((head.n_namesz + 3u) & ~3u);
		at = body + ((head.n_descsz + 3u) & ~3u);
		if (at > (size_t)len + 3 || head.n_type != NT_GNU_BUILD_ID || head.n_namesz != 4 ||
		    memcmp(notes + name, "GNU", 4) || 2 * head.n_descsz + 1 > room)
			continue;
		for (i = 0; i < head.n_descsz; i++)
			snprintf(out + 2 * i, 3, "%02x", (unsigned char)notes[body + i]);
		return;
	}
}

static void basename_of_link(char *out, size_t room, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	out[0] = '\0';
	if (len <= 0)
		return;
	target[len] = '\0';
	slash = strrchr(target, '/');
	snprintf(out, room, "%.31s", slash ? slash + 1 : target);
}

static void read_pci_address(char *out, size_t room, const char *name)
{
	char path[64], function[BELOW_SYS];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", name);
	snprintf(out, room, "%.12s",
		 pci_function_above(path, function) ? strrchr(function, '/') + 1 : "");
}

static void add_link(struct machine *machine, const char *name)
{
	struct link *link = &machine->link[machine->link_count];
	char path[300], text[32], vendor[12], device[12];

	*link = (struct link){ .speed_mbit = -1 };
	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	if (access(path, F_OK)) /* lo, bonds, VLANs: no hardware of their own */
		return;
	machine->link_count++;
	snprintf(link->name, sizeof(link->name), "%.15s", name);
	file_read(link->mac, sizeof(link->mac), "/sys/class/net/%s/address", name);
	if (file_read(text, sizeof(text), "/sys/class/net/%s/carrier", name) > 0)
		link->carrier = text[0] == '1';
	if (file_read(text, sizeof(text), "/sys/class/net/%s/speed", name) > 0)
		link->speed_mbit = atoi(text);
	snprintf(path, sizeof(path), "/sys/class/net/%s/device/driver", name);
	basename_of_link(link->driver, sizeof(link->driver), path);
	read_pci_address(link->pci_address, sizeof(link->pci_address), name);
	file_read(vendor, sizeof(vendor), "/sys/class/net/%s/device/vendor", name);
	file_read(device, sizeof(device), "/sys/class/net/%s/device/device", name);
	snprintf(link->pci_id, sizeof(link->pci_id), "%.6s:%.6s", vendor, device);
}

static int by_link_name(const void *a, const void *b)
{
	return strcmp(((const struct link *)a)->name, ((const struct link *)b)->name);
}

void discover_links(struct machine *machine)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/net");

	machine->link_count = 0;
	while (dir && (entry = readdir(dir)) && machine->link_count < MAX_LINKS)
		if (entry->d_name[0] != '.')
			add_link(machine, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(machine->link, machine->link_count, sizeof(machine->link[0]), by_link_name);
}

void discover_program(struct machine *machine)
{
	digest_of_file("/proc/self/exe", &machine->init_digest);
	machine->payload_err = -ENOENT; /* a command was booted from no payload of ours */
}

void discover(struct machine *machine)
{
	struct utsname kernel;
	struct sysinfo memory;

	snprintf(machine->firmware, sizeof(machine->firmware),
		 access("/sys/firmware/efi", F_OK) ? "BIOS" : "UEFI");
	read_dmi(machine->vendor, sizeof(machine->vendor), "sys_vendor");
	read_dmi(machine->product, sizeof(machine->product), "product_name");
	read_dmi(machine->uuid, sizeof(machine->uuid), "product_uuid");
	read_dmi(machine->bios, sizeof(machine->bios), "bios_version");
	read_cpuinfo(machine->cpu, sizeof(machine->cpu), "model name");
	read_hypervisor(machine->hypervisor, sizeof(machine->hypervisor));
	file_read(machine->clocksource, sizeof(machine->clocksource),
		  "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	file_read(machine->command_line, sizeof(machine->command_line), "/proc/cmdline");
	read_build_id(machine->build_id, sizeof(machine->build_id));
	if (!uname(&kernel))
		snprintf(machine->kernel, sizeof(machine->kernel), "%s %s", kernel.release,
			 kernel.version);
	if (!sysinfo(&memory)) {
		machine->memory_bytes = (uint64_t)memory.totalram * memory.mem_unit;
		machine->swap_bytes = (uint64_t)memory.totalswap * memory.mem_unit;
	}
	machine->cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

void discover_await(struct machine *machine, const char *scratch, double seconds)
{
	enum { STEP_MS = 250 };
	uint64_t start_ns = clock_raw_ns(), limit_ns = (uint64_t)(seconds * 1e9);

	while (guard_may_come(machine, scratch) && clock_raw_ns() - start_ns < limit_ns) {
		clock_sleep_ns(STEP_MS * 1000000u);
		discover_blocks(machine);
	}
}

/* The kernel starts process 1 when all probes have ended (init/main.c: async_synchronize_full).
 * What hangs on USB is found by a thread of its own, and SAS may go on to find more. */
static bool comes_late(void)
{
	enum { DOTS = 2 };

	return count_entries("/sys/bus/usb/devices") > DOTS ||
	       count_entries("/sys/class/sas_host") > DOTS;
}

void discover_settle(double seconds)
{
	enum { STEP_MS = 50, QUIET_STEPS = 5 };
	uint64_t start_ns = clock_raw_ns(), limit_ns = (uint64_t)(seconds * 1e9);
	size_t before = 0;
	unsigned quiet = 0;

	if (!comes_late())
		return;
	while (quiet < QUIET_STEPS && clock_raw_ns() - start_ns < limit_ns) {
		size_t now = count_entries("/sys/class/block") + count_entries("/sys/class/net");

		quiet = now == before ? quiet + 1 : 0;
		before = now;
		clock_sleep_ns(STEP_MS * 1000000u);
	}
}
