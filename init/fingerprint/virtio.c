/* SPDX-License-Identifier: MIT */
/* What a virtio driver and its device agreed upon (virtio 1.2, sections 2.2, 5.1.3, 5.2.3, 5.6.3,
 * 6). See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK = 1, BLOCK = 2, SCSI = 8 };

static const char *const of_network[] = {
	[0] = "CSUM",
	[1] = "GUEST_CSUM",
	[2] = "CTRL_GUEST_OFFLOADS",
	[3] = "MTU",
	[5] = "MAC",
	[6] = "GSO",
	[7] = "GUEST_TSO4",
	[8] = "GUEST_TSO6",
	[9] = "GUEST_ECN",
	[10] = "GUEST_UFO",
	[11] = "HOST_TSO4",
	[12] = "HOST_TSO6",
	[13] = "HOST_ECN",
	[14] = "HOST_UFO",
	[15] = "MRG_RXBUF",
	[16] = "STATUS",
	[17] = "CTRL_VQ",
	[18] = "CTRL_RX",
	[19] = "CTRL_VLAN",
	[20] = "CTRL_RX_EXTRA",
	[21] = "GUEST_ANNOUNCE",
	[22] = "MQ",
	[23] = "CTRL_MAC_ADDR",
	[53] = "VQ_NOTF_COAL",
	[54] = "GUEST_USO4",
	[55] = "GUEST_USO6",
	[56] = "HOST_USO",
	[57] = "HASH_REPORT",
	[59] = "GUEST_HDRLEN",
	[60] = "RSS",
	[61] = "RSC_EXT",
	[62] = "STANDBY",
	[63] = "SPEED_DUPLEX",
};
static const char *const of_block[] = {
	[0] = "BARRIER",       [1] = "SIZE_MAX",  [2] = "SEG_MAX",
	[4] = "GEOMETRY",      [5] = "RO",	  [6] = "BLK_SIZE",
	[7] = "SCSI",	       [9] = "FLUSH",	  [10] = "TOPOLOGY",
	[11] = "CONFIG_WCE",   [12] = "MQ",	  [13] = "DISCARD",
	[14] = "WRITE_ZEROES", [15] = "LIFETIME", [16] = "SECURE_ERASE",
	[17] = "ZONED",
};
static const char *const of_scsi[] = {
	[0] = "INOUT",
	[1] = "HOTPLUG",
	[2] = "CHANGE",
	[3] = "T10_PI",
};
/* Of the transport, for every kind. */
static const char *const of_all[] = {
	[24] = "NOTIFY_ON_EMPTY", [27] = "ANY_LAYOUT",	      [28] = "RING_INDIRECT_DESC",
	[29] = "RING_EVENT_IDX",  [32] = "VERSION_1",	      [33] = "ACCESS_PLATFORM",
	[34] = "RING_PACKED",	  [35] = "IN_ORDER",	      [36] = "ORDER_PLATFORM",
	[37] = "SR_IOV",	  [38] = "NOTIFICATION_DATA", [39] = "NOTIF_CONFIG_DATA",
	[40] = "RING_RESET",	  [41] = "ADMIN_VQ",
};

#define NAME_IN(names, bit) ((bit) < COUNT_OF(names) ? (names)[bit] : NULL)

static const char *name_of(unsigned device, unsigned bit)
{
	const char *name = NAME_IN(of_all, bit);

	if (name)
		return name;
	switch (device) {
	case NETWORK:
		return NAME_IN(of_network, bit);
	case BLOCK:
		return NAME_IN(of_block, bit);
	case SCSI:
		return NAME_IN(of_scsi, bit);
	}
	return NULL;
}

void virtio_name_features(const char *bits, unsigned device, struct text *out)
{
	for (unsigned bit = 0; bits[bit] == '0' || bits[bit] == '1'; bit++) {
		const char *name = name_of(device, bit);

		if (bits[bit] != '1')
			continue;
		if (name)
			text_add(out, "%s%s", out->len ? " " : "", name);
		else
			text_add(out, "%sbit-%u", out->len ? " " : "", bit);
	}
}

cJSON *virtio_detail(const char *folder)
{
	cJSON *detail = cJSON_CreateObject();
	char bits[160], text[16], names[1200] = "";
	struct text out;
	unsigned device;

	file_read(bits, sizeof(bits), "%s/features", folder);
	file_read(text, sizeof(text), "%s/device", folder);
	device = (unsigned)strtoul(text, NULL, 16);
	text_begin(&out, names, sizeof(names));
	virtio_name_features(bits, device, &out);
	fact_text(detail, "features", names);
	return detail;
}
