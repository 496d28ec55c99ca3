/* SPDX-License-Identifier: MIT */
/* Link up, address: each awaited by condition, with a limit. Nothing here listens. */
#include "init/init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int interface_ioctl(unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || ioctl(fd, what, request) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static struct ifreq named(const char *nic)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", nic);
	return request;
}

static int set_up(const char *nic)
{
	struct ifreq request = named(nic);
	int err = interface_ioctl(SIOCGIFFLAGS, &request);

	request.ifr_flags |= IFF_UP;
	return err ? err : interface_ioctl(SIOCSIFFLAGS, &request);
}

static int set_address(const char *nic, unsigned long what, uint32_t address)
{
	struct ifreq request = named(nic);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = address };

	memcpy(&request.ifr_addr, &in, sizeof(in));
	return interface_ioctl(what, &request);
}

/* The NIC that it was booted through, said by pxelinux (BOOTIF=) or by UEFI's boot option. */
static bool is_boot_nic(const struct machine *machine, const struct link *link)
{
	return machine->origin.nic[0] && !strcasecmp(machine->origin.nic, link->mac);
}

static bool is_wanted(const char *nic, const struct link *link)
{
	if (!strncmp(nic, "mac:", 4))
		return !strcasecmp(nic + 4, link->mac);
	return !strcmp(nic, link->name);
}

/* The NIC that was asked for; else the one booted from; else the first that has a link. */
static const struct link *choose(const struct settings *settings, const struct machine *machine)
{
	const char *nic = settings->link[0][LINK_NIC].text;

	for (size_t i = 0; i < machine->link_count; i++)
		if (nic[0] && is_wanted(nic, &machine->link[i]))
			return machine->link[i].carrier ? &machine->link[i] : NULL;
	for (size_t i = 0; !nic[0] && i < machine->link_count; i++)
		if (is_boot_nic(machine, &machine->link[i]) && machine->link[i].carrier)
			return &machine->link[i];
	for (size_t i = 0; !nic[0] && i < machine->link_count; i++)
		if (machine->link[i].carrier)
			return &machine->link[i];
	return NULL;
}

static const struct link *await_link(const struct settings *settings, struct machine *machine)
{
	uint64_t start_ns = clock_raw_ns();
	uint64_t limit_ns = (uint64_t)(settings->value[SET_LINK_TIMEOUT].real * 1e9);
	const struct link *link;

	for (size_t i = 0; i < machine->link_count; i++)
		set_up(machine->link[i].name);
	do {
		discover_links(machine);
		link = choose(settings, machine);
		if (link)
			return link;
		clock_sleep_ns(50000000);
	} while (clock_raw_ns() - start_ns < limit_ns);
	return NULL;
}

static int add_default_route(const char *gateway)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in router = { .sin_family = AF_INET }, all = { .sin_family = AF_INET };
	int fd, err;

	if (inet_pton(AF_INET, gateway, &router.sin_addr) != 1)
		return -EINVAL;
	memcpy(&route.rt_gateway, &router, sizeof(router));
	memcpy(&route.rt_dst, &all, sizeof(all));
	memcpy(&route.rt_genmask, &all, sizeof(all));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = fd < 0 || ioctl(fd, SIOCADDRT, &route) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

static int set_static(const struct settings *settings, const struct network *network, char *why,
		      size_t room)
{
	const char *nic = network->nic;
	const char *in = settings->link[0][LINK_ADDRESS].text, *slash = strchr(in, '/');
	const char *gateway = settings->link[0][LINK_GATEWAY].text;
	char text[40];
	struct in_addr address;
	uint64_t bits = 0;
	int err;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(in, "/"), in);
	if (inet_pton(AF_INET, text, &address) != 1 || !slash || text_u64(slash + 1, &bits) ||
	    !bits || bits > 32)
		return text_refuse(-EINVAL, why, room, "ip=%s: expected dhcp, none or A.B.C.D/BITS",
				   in);
	err = address_check_free(nic, network->mac, address, why, room);
	if (err)
		return err;
	err = set_address(nic, SIOCSIFADDR, address.s_addr);
	if (!err)
		err = set_address(nic, SIOCSIFNETMASK, htonl(~0u << (32 - bits)));
	if (!err && gateway[0])
		err = add_default_route(gateway);
	return err ? text_refuse(err, why, room, "address %s on %s: %s", in, nic, strerror(-err)) :
		     0;
}

static const char dhcp_log[] = "/run/udhcpc.log";

/* The client stays: it sleeps on its lease and renews it. It asks the wire whether the address that
 * it was offered is free (-a, milliseconds), and declines it when it is not. What it says is not
 * for the console: the outcome is recorded, and its last line when there is no lease. */
static pid_t start_dhcp(const char *nic)
{
	pid_t pid = fork();
	int log;

	if (pid)
		return pid;
	log = open(dhcp_log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
	dup2(log, 1);
	dup2(log, 2);
	execl("/bin/busybox", "udhcpc", "-f", "-i", nic, "-s", "/etc/udhcpc.script", "-t", "8",
	      "-T", "1", "-n", "-a300", "-A", "3", (char *)NULL);
	_exit(127);
}

static void quote_dhcp(struct network *network)
{
	char said[2048], *last;
	size_t len = strlen(network->why_not);

	if (file_read(said, sizeof(said), "%s", dhcp_log) <= 0)
		return;
	last = strrchr(said, '\n');
	snprintf(network->why_not + len, sizeof(network->why_not) - len, " (%.200s)",
		 last ? last + 1 : said);
}

static bool read_address(const char *nic, char *out, size_t room)
{
	struct ifreq request = named(nic);
	struct sockaddr_in in;

	if (interface_ioctl(SIOCGIFADDR, &request))
		return false;
	memcpy(&in, &request.ifr_addr, sizeof(in));
	return in.sin_addr.s_addr && inet_ntop(AF_INET, &in.sin_addr, out, (socklen_t)room);
}

static int await_lease(const char *nic, double seconds, struct network *network)
{
	uint64_t start_ns = clock_raw_ns();
	pid_t client = start_dhcp(nic);

	while (!read_address(nic, network->address, sizeof(network->address))) {
		if (waitpid(client, NULL, WNOHANG) == client)
			return -ENETUNREACH;
		if (clock_raw_ns() - start_ns > (uint64_t)(seconds * 1e9)) {
			kill(client, SIGTERM);
			return -ETIMEDOUT;
		}
		clock_sleep_ns(20000000);
	}
	return 0;
}

static void take_lease(const struct settings *settings, struct network *network)
{
	double limit = settings->value[SET_DHCP_TIMEOUT].real;
	int err = await_lease(network->nic, limit, network);

	snprintf(network->how, sizeof(network->how), "dhcp");
	network->up = !err;
	if (!err)
		return;
	text_refuse(err, network->why_not, sizeof(network->why_not), "no lease on %s within %.0f s",
		    network->nic, limit);
	quote_dhcp(network);
}

static void take_static(const struct settings *settings, struct network *network)
{
	snprintf(network->how, sizeof(network->how), "static");
	network->up = !set_static(settings, network, network->why_not, sizeof(network->why_not)) &&
		      read_address(network->nic, network->address, sizeof(network->address));
}

/* A partner is found by link-local multicast, and measured over link-local addresses when nobody
 * gives others: two machines and one cable are a network. A static address that cannot be had
 * remains an error. */
static void take_link_local(struct network *network)
{
	enum { SECONDS = 10 };

	if (!network->up && !strcmp(network->how, "static"))
		return;
	snprintf(network->remark, sizeof(network->remark), "%s", network->why_not);
	network->up = !link_local_await(network->nic, SECONDS, network->link_local,
					sizeof(network->link_local), network->why_not,
					sizeof(network->why_not));
	if (!network->up || network->address[0])
		return;
	snprintf(network->how, sizeof(network->how), "link-local");
	snprintf(network->address, sizeof(network->address), "%s", network->link_local);
}

static void read_bits(struct network *network)
{
	struct ifreq request = named(network->nic);
	struct sockaddr_in in;

	if (!network->address[0] || interface_ioctl(SIOCGIFNETMASK, &request))
		return;
	memcpy(&in, &request.ifr_netmask, sizeof(in));
	network->bits = (unsigned)__builtin_popcount(in.sin_addr.s_addr);
}

static void take_address(const struct settings *settings, struct network *network)
{
	const char *ip = settings->link[0][LINK_ADDRESS].text;

	if (!strcmp(ip, "dhcp"))
		take_lease(settings, network);
	else if (strcmp(ip, "none") != 0)
		take_static(settings, network);
	read_bits(network);
	if (settings_find_peer(settings))
		take_link_local(network);
}

void network_up(const struct settings *settings, struct machine *machine, struct network *network)
{
	const struct link *link;

	*network = (struct network){ 0 };
	set_up("lo");
	if (!strcmp(settings->link[0][LINK_ADDRESS].text, "none") &&
	    !settings_find_peer(settings)) {
		text_refuse(0, network->why_not, sizeof(network->why_not),
			    "ip=none: no network wanted");
		return;
	}
	if (!machine->link_count) {
		text_refuse(0, network->why_not, sizeof(network->why_not),
			    "no NIC that a driver knows");
		return;
	}
	link = await_link(settings, machine);
	if (!link) {
		text_refuse(0, network->why_not, sizeof(network->why_not),
			    "no link on %s within %.0f s",
			    settings->link[0][LINK_NIC].text[0] ? settings->link[0][LINK_NIC].text :
								  "any NIC",
			    settings->value[SET_LINK_TIMEOUT].real);
		return;
	}
	snprintf(network->nic, sizeof(network->nic), "%s", link->name);
	snprintf(network->mac, sizeof(network->mac), "%s", link->mac);
	take_address(settings, network);
}
