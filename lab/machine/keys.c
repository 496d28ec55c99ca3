/* SPDX-License-Identifier: MIT */
/* What config/machines/NAME.ini may say: one row, one key. */
#include "lab/machine/machine.h"

#define GIGA 1073741824.0
#define TERA 1099511627776.0

const struct param machine_keys[] = {
	[MACHINE_CHIPSET] = { "chipset", "q35", "the mainboard QEMU plays", PARAM_CHOICE, 0, 0,
			      "q35|pc" },
	[MACHINE_FIRMWARE] = { "firmware", "bios", "how it starts: SeaBIOS or OVMF", PARAM_CHOICE,
			       0, 0, "bios|uefi" },
	[MACHINE_CPUS] = { "cpus", "2", "virtual processors", PARAM_COUNT, 1, 255, NULL },
	[MACHINE_MEMORY] = { "memory", "1G", "RAM", PARAM_BYTES, GIGA / 16, TERA, NULL },
	[MACHINE_HYPERVISOR] = { "hypervisor", "shown",
				 "whether the processor says that it is a virtual one",
				 PARAM_CHOICE, 0, 0, "shown|hidden" },
	[MACHINE_MEDIA] = { "media", "kernel",
			    "where the image comes from: QEMU itself, or what firmware can boot",
			    PARAM_CHOICE, 0, 0, "kernel|disk|iso|usb|pxe" },
	[MACHINE_MEDIA_BUS] = { "media_bus", "auto", "the way to a medium that is a disk",
				PARAM_CHOICE, 0, 0,
				"auto|virtio|virtio-scsi|ide|ahci|nvme|usb|uas|megasas|mptsas" },
	[MACHINE_TIMEOUT] = { "timeout", "15min", "longest run", PARAM_SECONDS, 5, 604800, NULL },
	{ 0 },
};
const struct param disk_keys[] = {
	[DISK_KIND] = { "kind", "other", "what it is for", PARAM_CHOICE, 0, 0,
			"scratch|results|other" },
	[DISK_SIZE] = { "size", "1G", "bytes, when it is made here", PARAM_BYTES, 1048576,
			64 * TERA, NULL },
	[DISK_SERIAL] = { "serial", "", "what the guest knows it by", PARAM_TEXT, 0, 20, NULL },
	[DISK_BUS] = { "bus", "virtio", "the way to it", PARAM_CHOICE, 0, 0,
		       "virtio|virtio-scsi|ide|ahci|nvme|usb|uas|megasas|mptsas" },
	[DISK_FORMAT] = { "format", "raw", "of the file", PARAM_CHOICE, 0, 0, "raw|qcow2" },
	[DISK_CACHE] = { "cache", "writeback", "QEMU's cache mode", PARAM_CHOICE, 0, 0,
			 "writeback|none|writethrough|directsync|unsafe" },
	[DISK_AIO] = { "aio", "threads", "QEMU's way to the file", PARAM_CHOICE, 0, 0,
		       "threads|native|io_uring" },
	[DISK_FILE] = { "file", "",
			"path of an existing file or device; empty: made anew for each boot",
			PARAM_TEXT, 0, 159, NULL },
	[DISK_RATE] = { "rate", "0", "bytes/s at most, reads and writes together; 0: no limit",
			PARAM_BYTES, 0, TERA, NULL },
	[DISK_IOPS] = { "iops", "0", "requests/s at most; 0: no limit", PARAM_COUNT, 0, 1e9, NULL },
	{ 0 },
};
const struct param nic_keys[] = {
	[NIC_MODEL] = { "model", "virtio-net-pci", "the card", PARAM_CHOICE, 0, 0,
			"virtio-net-pci|e1000|e1000e|igb|rtl8139|vmxnet3|none" },
	[NIC_NETWORK] = { "network", "user", "what it is plugged into", PARAM_CHOICE, 0, 0,
			  "user|tap|bridge|socket|none" },
	[NIC_LINK] = { "link", "up", "down: no cable", PARAM_CHOICE, 0, 0, "up|down" },
	[NIC_MAC] = { "mac", "", "its address; empty: QEMU's", PARAM_TEXT, 0, 17, NULL },
	[NIC_INTERFACE] = { "interface", "", "this host's tap device, or bridge", PARAM_TEXT, 0, 15,
			    NULL },
	[NIC_LOCAL] = { "local", "", "socket: A.B.C.D:PORT here, for UDP", PARAM_TEXT, 0, 21,
			NULL },
	[NIC_REMOTE] = { "remote", "", "socket: A.B.C.D:PORT of the other machine", PARAM_TEXT, 0,
			 21, NULL },
	{ 0 },
};
const struct param peer_keys[] = {
	[PEER_KIND] = { "kind", "none", "the other end of network benchmarks", PARAM_CHOICE, 0, 0,
			"iperf2|none|assay" },
	{ 0 },
};

void machine_choice(const struct param *key, const union value *value, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	param_format(key, value, &text);
}
