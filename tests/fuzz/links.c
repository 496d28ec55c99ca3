/* SPDX-License-Identifier: MIT */
/* Words about links, what a loader says, what a DHCP client tells, the kernel's line about the
 * clock: the first byte chooses. clang -fsanitize=fuzzer,address,undefined. */
#include "init/network/plumbing.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was taken can be written, and taken again. */
static void check_prefix(const struct prefix *prefix)
{
	struct prefix again;
	char text[PREFIX_TEXT];

	prefix_format(prefix, text);
	if (prefix_parse(text, &again) || memcmp(again.bytes, prefix->bytes, 16) != 0 ||
	    again.bits != prefix->bits)
		abort();
}

static void as_words(enum link_key key, const char *text)
{
	static struct wish wish[WISHES];
	union value value = { 0 };
	char why[WHY_ROOM] = "";

	memset(wish, 0, sizeof(wish));
	if (link_table[key].type != PARAM_TEXT || strlen(text) >= sizeof(value.text))
		return;
	strcpy(value.text, text);
	if (wish_set(&wish[0], key, &value, why, sizeof(why))) {
		if (!why[0])
			abort();
		return;
	}
	for (size_t i = 0; i < wish[0].address_count; i++)
		check_prefix(&wish[0].address[i]);
	wish[1] = wish[0];
	wishes_check(wish, why, sizeof(why));
}

static void as_loader(const char *text)
{
	struct prefix address, gateway;
	char mac[18] = "";

	if (loader_nic(text, mac) && strlen(mac) != 17)
		abort();
	if (!loader_address(text, &address, &gateway))
		check_prefix(&address);
}

static void as_told(const char *text)
{
	struct clock_set set;
	struct lease lease;

	if (!lease_parse(text, &lease) && lease.address.family)
		check_prefix(&lease.address);
	clock_find_set(text, &set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = len ? malloc(len) : NULL;
	size_t link;
	const char *key;
	char why[WHY_ROOM];

	if (!text)
		return 0;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	if (data[0] % 16 < LINK_KEYS)
		as_words((enum link_key)(data[0] % 16), text);
	else if (data[0] % 2)
		as_loader(text);
	else
		as_told(text);
	wish_key(text, &link, &key, why, sizeof(why));
	free(text);
	return 0;
}
