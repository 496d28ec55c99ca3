/* SPDX-License-Identifier: MIT */
/* Values of a machine's file that are each legal, but not together. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lab/machine/machine.h"

struct check {
	const struct machine *machine;
	const char *path;
	char *why;
	size_t room;
};

static int refuse_at(const struct check *check, int line, const char *what)
{
	return text_refuse(-EINVAL, check->why, check->room, "%s:%d: %s", check->path, line, what);
}

/* ---- disks ---- */

static const char *disk_fault(const struct machine *machine, const struct machine_disk *disk)
{
	const union value *value = disk->value;
	const char *serial = value[DISK_SERIAL].text;
	bool results = value[DISK_KIND].num == KIND_RESULTS;
	uint64_t cache = value[DISK_CACHE].num, media = machine->value[MACHINE_MEDIA].num;

	if (*serial && !path_name_is_plain(serial))
		return "serial: letters, digits, . - and _ expected";
	if (!strcmp(disk->name, "medium"))
		return "the name medium is taken: what media = says is called so";
	if (value[DISK_BUS].num == BUS_NVME && !*serial)
		return "a disk with bus = nvme needs a serial";
	if (value[DISK_BUS].num == BUS_IDE && machine->value[MACHINE_CHIPSET].num != CHIPSET_PC)
		return "bus = ide is the PIIX of chipset = pc; on q35 it is ahci";
	if (results && value[DISK_FORMAT].num != FORMAT_RAW)
		return "a results disk is read here afterwards: format = raw expected";
	if (results && value[DISK_SIZE].num < (8 << 20))
		return "a results disk needs a size of at least 8M";
	/* The image's partition would be there twice, and the guest would take neither. */
	if (results && (media == MEDIA_DISK || media == MEDIA_USB))
		return "media = disk and usb carry the results partition: no disk of kind results expected";
	/* QEMU refuses it later and less clearly: O_DIRECT is what Linux AIO needs. */
	if (value[DISK_AIO].num == AIO_NATIVE && cache != CACHE_NONE && cache != CACHE_DIRECTSYNC)
		return "aio = native needs cache = none or directsync";
	return NULL;
}

/* How many a controller takes; 0: as many as there are. */
static unsigned bus_places(uint64_t bus)
{
	return bus == BUS_IDE ? 4 : bus == BUS_AHCI ? 6 : 0;
}

static int check_disks(const struct check *check)
{
	const struct machine *machine = check->machine;
	unsigned used[BUSES] = { 0 }, results = 0;

	for (size_t i = 0; i < machine->disk_count; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		const char *fault = disk_fault(machine, disk);
		uint64_t bus = disk->value[DISK_BUS].num;

		results += disk->value[DISK_KIND].num == KIND_RESULTS;
		if (!fault && results > 1)
			fault = "at most one disk of kind results expected";
		if (!fault && bus_places(bus) && ++used[bus] > bus_places(bus))
			fault = bus == BUS_IDE ? "bus = ide has room for 4 disks" :
						 "bus = ahci has room for 6 disks";
		if (fault)
			return refuse_at(check, disk->line, fault);
	}
	return 0;
}

/* ---- cards ---- */

/* Six pairs of digits; the lowest bit of the first says "a group", which no card is. */
static bool is_mac(const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; i < 17; i++) {
		if (!text[i] || (i % 3 == 2 ? text[i] != ':' : !strchr(digits, text[i])))
			return false;
	}
	return !text[17] && strchr("02468aceACE", text[1]);
}

static bool is_endpoint(const char *text)
{
	char address[32];
	const char *colon = strchr(text, ':');
	struct in_addr parsed;
	uint64_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	return inet_pton(AF_INET, address, &parsed) == 1 && !text_u64(colon + 1, &port) && port &&
	       port < 65536;
}

static const char *nic_fault(const struct machine_nic *nic)
{
	const union value *value = nic->value;
	uint64_t network = value[NIC_NETWORK].num;
	bool of_host = network == NETWORK_TAP || network == NETWORK_BRIDGE;
	const char *interface = value[NIC_INTERFACE].text;

	if (*value[NIC_MAC].text && !is_mac(value[NIC_MAC].text))
		return "mac: a card's address like 52:54:00:12:34:56 expected";
	if (of_host && !path_name_is_plain(interface))
		return "network = tap and bridge need interface = NAME";
	if (!of_host && *interface)
		return "interface belongs to network = tap or bridge";
	if (network == NETWORK_SOCKET &&
	    (!is_endpoint(value[NIC_LOCAL].text) || !is_endpoint(value[NIC_REMOTE].text)))
		return "network = socket needs local = A.B.C.D:PORT and remote = A.B.C.D:PORT";
	if (network != NETWORK_SOCKET && (*value[NIC_LOCAL].text || *value[NIC_REMOTE].text))
		return "local and remote belong to network = socket";
	return NULL;
}

static bool is_present(const struct machine_nic *nic)
{
	return nic->value[NIC_MODEL].num != MODEL_NONE;
}

static bool is_alive(const struct machine_nic *nic)
{
	return is_present(nic) && nic->value[NIC_LINK].num == LINK_UP &&
	       nic->value[NIC_NETWORK].num != NETWORK_NONE;
}

const struct machine_nic *machine_boot_nic(const struct machine *machine)
{
	for (size_t i = 0; i < machine->nic_count; i++)
		if (is_alive(&machine->nics[i]))
			return &machine->nics[i];
	return NULL;
}

static int check_nics(const struct check *check)
{
	const struct machine *machine = check->machine;
	const struct machine_nic *first = machine_boot_nic(machine);

	for (size_t i = 0; i < machine->nic_count; i++) {
		const char *fault = nic_fault(&machine->nics[i]);

		if (fault)
			return refuse_at(check, machine->nics[i].line, fault);
	}
	/* The partner is on this host's loopback, which only QEMU's user network leads to. */
	if (machine->peer[PEER_KIND].num != PEER_NONE && first &&
	    first->value[NIC_NETWORK].num != NETWORK_USER)
		return refuse_at(check, first->line, "a [peer] needs network = user");
	if (machine->value[MACHINE_MEDIA].num == MEDIA_PXE && !first)
		return refuse_at(check, 1, "media = pxe needs a nic that something is behind");
	return 0;
}

int machine_check(const struct machine *machine, const char *path, char *why, size_t room)
{
	const struct check check = { machine, path, why, room };
	uint64_t media = machine->value[MACHINE_MEDIA].num;
	uint64_t bus = machine->value[MACHINE_MEDIA_BUS].num; /* 0 is auto */
	int err = 0;

	if (bus && (media == MEDIA_KERNEL || media == MEDIA_PXE))
		err = refuse_at(&check, 1, "media_bus belongs to media = disk, iso or usb");
	if (bus == BUS_IDE + 1 && machine->value[MACHINE_CHIPSET].num != CHIPSET_PC)
		err = refuse_at(&check, 1, "media_bus = ide is the PIIX of chipset = pc");
	if (!err)
		err = check_disks(&check);
	return err ? err : check_nics(&check);
}
