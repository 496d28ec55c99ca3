/* SPDX-License-Identifier: MIT */
/* Addresses with the bits of their networks. Pure. */
#include "init/network/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void make_mask(const struct prefix *prefix, uint8_t mask[16])
{
	for (unsigned i = 0; i < 16; i++)
		mask[i] = prefix->bits >= 8 * i + 8 ? 0xff :
			  prefix->bits <= 8 * i	    ? 0 :
						      (uint8_t)(0xff00 >> (prefix->bits - 8 * i));
}

static size_t bytes_of(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 4 : 16;
}

/* Whether what is behind the network's bits is all zeroes (0), or all ones (0xff). */
static bool rest_is(const struct prefix *prefix, uint8_t all)
{
	uint8_t mask[16];

	make_mask(prefix, mask);
	for (size_t i = 0; i < bytes_of(prefix); i++)
		if ((prefix->bytes[i] | mask[i]) != (uint8_t)(all | mask[i]))
			return false;
	return true;
}

int prefix_parse_host(const char *in, struct prefix *out)
{
	*out = (struct prefix){ .family = strchr(in, ':') ? AF_INET6 : AF_INET };
	out->bits = out->family == AF_INET ? 32 : 128;
	return inet_pton(out->family, in, out->bytes) == 1 ? 0 : -EINVAL;
}

int prefix_parse(const char *in, struct prefix *out)
{
	const char *slash = strchr(in, '/');
	char host[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (!slash || slash - in >= (long)sizeof(host) || text_u64(slash + 1, &bits))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(slash - in), in);
	if (prefix_parse_host(host, out))
		return -EINVAL;
	if (!bits || bits > out->bits)
		return -ERANGE;
	out->bits = (unsigned)bits;
	return 0;
}

void prefix_address(const struct prefix *prefix, char out[PREFIX_TEXT])
{
	out[0] = '\0';
	inet_ntop(prefix->family, prefix->bytes, out, PREFIX_TEXT);
}

void prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT])
{
	size_t len;

	prefix_address(prefix, out);
	len = strlen(out);
	snprintf(out + len, PREFIX_TEXT - len, "/%u", prefix->bits);
}

bool prefix_holds(const struct prefix *prefix, const struct prefix *address)
{
	uint8_t mask[16];

	if (prefix->family != address->family)
		return false;
	make_mask(prefix, mask);
	for (size_t i = 0; i < bytes_of(prefix); i++)
		if ((prefix->bytes[i] ^ address->bytes[i]) & mask[i])
			return false;
	return true;
}

static const char *objection_v4(const struct prefix *prefix)
{
	uint8_t first = prefix->bytes[0];

	if (!first || first == 127 || first >= 224)
		return "no address of a single machine on a wire";
	if (prefix->bits >= 31) /* RFC 3021: two machines, no network's own addresses */
		return NULL;
	if (rest_is(prefix, 0))
		return "the network itself";
	return rest_is(prefix, 0xff) ? "the network's broadcast address" : NULL;
}

static const char *objection_v6(const struct prefix *prefix)
{
	const struct in6_addr *v6 = &prefix->v6;

	if (IN6_IS_ADDR_UNSPECIFIED(v6) || IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_MULTICAST(v6) ||
	    IN6_IS_ADDR_V4MAPPED(v6))
		return "no address of a single machine on a wire";
	if (IN6_IS_ADDR_LINKLOCAL(v6))
		return "a link-local address, which the kernel makes itself";
	return prefix->bits < 127 && rest_is(prefix, 0) ? "the routers' anycast address" : NULL;
}

const char *prefix_objection(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? objection_v4(prefix) : objection_v6(prefix);
}
