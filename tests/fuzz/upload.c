/* SPDX-License-Identifier: MIT */
/* What `assay serve` reads: URLs, ranges, the fleet file, boot scripts,
 * dnsmasq's log, the kernel's tables. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "lab/serve/serve.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_names(const char *text)
{
	struct resource resource;
	struct fleet_entry entry;
	struct dnsmasq_event event;
	char why[WHY_ROOM], mac[MAC_ROOM];
	uint64_t first = 0, bytes = 0;
	int err = 0;

	if (!resource_parse(text, &resource, why, sizeof(why)) && resource.kind == RESOURCE_TREE &&
	    (strstr(resource.path, "..") == resource.path || strstr(resource.path, "/.")))
		abort();
	if (range_parse(text, 1000, &first, &bytes, &err) && !err && first + bytes > 1000)
		abort();
	fleet_read(text, "fleet.ini", "52:54:00:12:34:56", &entry, why, sizeof(why));
	dnsmasq_read(text, &event);
	route_is_default(text, "eth0");
	arp_find(text, "198.18.0.1", mac);
	mac_read(text, mac);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1), *script;

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	copy[len] = '\0';
	read_names(copy);
	script = script_extend(copy, "assay.plan=quick");
	free(script);
	free(copy);
	return 0;
}
