/* SPDX-License-Identifier: MIT */
/*
 * assay serve: machines boot from here and bring their results back. dnsmasq gives addresses and
 * files by TFTP; our own HTTP server gives files and takes results; one loop watches both and says
 * who booted and how far each machine is.
 */
#include "lab/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { INTERFACE, ADDRESS, PORT, DHCP, RANGE, TREE, RESULTS, MACHINES, PAYLOAD };
enum { IPXE = PAYLOAD + 1, LIMIT, TOTAL, CONNECTIONS, EACH, PATIENCE, ARGS };

struct serve {
	struct arg *args; /* ARGS of them */
	struct interface interface;
	enum dhcp dhcp;
	uint16_t port;
	struct http_limits limits;
	struct serving *serving;
	struct http http;
	struct dnsmasq dnsmasq;
	int signals, lock;
	char why[WHY_ROOM];
};

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay serve: %s\n", why);
	return code;
}

static void say(const char *format, ...)
{
	time_t now = time(NULL);
	char clock[16];
	struct tm tm;
	va_list args;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf("%s  ", clock);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* ---- what was asked ---- */

static int read_number(struct serve *serve, int arg, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!text_u64(serve->args[arg].value, out) && *out >= min && *out <= max)
		return 0;
	return text_refuse(-EINVAL, serve->why, WHY_ROOM, "%s=%s: a number from %llu to %llu",
			   serve->args[arg].name, serve->args[arg].value, (unsigned long long)min,
			   (unsigned long long)max);
}

static int read_size(struct serve *serve, int arg, uint64_t *out)
{
	if (!text_bytes(serve->args[arg].value, out) && *out && *out <= 1ull << 50)
		return 0;
	return text_refuse(-EINVAL, serve->why, WHY_ROOM, "%s=%s: a size like 64M expected",
			   serve->args[arg].name, serve->args[arg].value);
}

static int read_limits(struct serve *serve)
{
	struct serving *serving = serve->serving;
	uint64_t port = 0, connections = 0, each = 0;
	double patience = 0;
	int err = read_number(serve, PORT, 1, 65535, &port);

	if (!err)
		err = read_number(serve, CONNECTIONS, 1, 100000, &connections);
	if (!err)
		err = read_number(serve, EACH, 1, 100000, &each);
	if (!err)
		err = read_size(serve, LIMIT, &serving->limit_bytes);
	if (!err)
		err = read_size(serve, TOTAL, &serving->total_bytes);
	if (!err && (text_seconds(serve->args[PATIENCE].value, &patience) || patience < 1 ||
		     patience > 3600))
		err = text_refuse(-EINVAL, serve->why, WHY_ROOM,
				  "patience=%s: 1 to 3600 seconds expected",
				  serve->args[PATIENCE].value);
	serve->port = (uint16_t)port;
	serve->limits = (struct http_limits){ (unsigned)connections, (unsigned)each };
	serving->patience_ns = (uint64_t)(patience * 1e9);
	return err;
}

/* Nobody becomes the DHCP server of the network that the desk itself lives on by forgetting a
 * word. */
static int read_dhcp(struct serve *serve)
{
	const char *asked = serve->args[DHCP].value, *name = serve->args[INTERFACE].value;

	if (asked && strcmp(asked, "no") != 0 && strcmp(asked, "yes") != 0 &&
	    strcmp(asked, "proxy") != 0)
		return text_refuse(-EINVAL, serve->why, WHY_ROOM,
				   "dhcp=%s: yes, no or proxy expected", asked);
	if (!asked && serve->interface.is_default_route)
		return text_refuse(
			-EPERM, serve->why, WHY_ROOM,
			"%s carries this machine's default route, and so a network that has a DHCP "
			"server of its own: dhcp=proxy leaves addresses to that one, dhcp=no leaves "
			"booting alone, dhcp=yes serves addresses all the same",
			name);
	serve->dhcp = !asked || !strcmp(asked, "yes") ? DHCP_YES :
		      !strcmp(asked, "no")	      ? DHCP_NO :
							DHCP_PROXY;
	if (serve->dhcp != DHCP_NO && geteuid() != 0)
		return text_refuse(-EPERM, serve->why, WHY_ROOM,
				   "DHCP and TFTP need root; dhcp=no does without them");
	return serve->dhcp == DHCP_YES ?
		       interface_range(&serve->interface, serve->args[RANGE].value, serve->why,
				       WHY_ROOM) :
		       0;
}

static int check_fleet(struct serve *serve)
{
	const char *path = serve->args[MACHINES].value;
	struct fleet_entry entry;
	char *text;
	ssize_t len = path ? file_load(&text, 4 << 20, path) : 0;
	int err;

	if (!path)
		return 0;
	if (len < 0)
		return text_refuse((int)len, serve->why, WHY_ROOM, "machines=%s: %s", path,
				   strerror((int)-len));
	err = fleet_read(text, path, "", &entry, serve->why, WHY_ROOM);
	free(text);
	serve->serving->fleet = path;
	return err;
}

static int read_arguments(struct serve *serve)
{
	const char *name = serve->args[INTERFACE].value;
	bool chain;
	int err;

	if (!name || !*name)
		return text_refuse(-EINVAL, serve->why, WHY_ROOM,
				   "interface=NAME expected: the one that the machines are on");
	if (text_bool(serve->args[IPXE].value, &chain))
		return text_refuse(-EINVAL, serve->why, WHY_ROOM, "ipxe=%s: yes or no expected",
				   serve->args[IPXE].value);
	err = interface_find(name, serve->args[ADDRESS].value, &serve->interface, serve->why,
			     WHY_ROOM);
	if (!err)
		err = read_limits(serve);
	if (!err)
		err = read_dhcp(serve);
	if (!err)
		err = check_fleet(serve);
	if (!err)
		snprintf(serve->serving->url, URL_ROOM, "http://%s:%u/", serve->interface.address,
			 serve->port);
	return err;
}

/* ---- folders ---- */

static int open_folder(struct serve *serve, const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ?
		       text_refuse(-errno, serve->why, WHY_ROOM, "%s: %s", path, strerror(errno)) :
		       0;
}

/* results/.serve: what is not whole yet, and the leases. Nothing in it is of use to another start,
 * save these. */
static int open_stage(struct serve *serve)
{
	struct serving *serving = serve->serving;
	char path[PATH_ROOM], stage[PATH_ROOM];
	int err = path_format(path, sizeof(path), "%s/.serve", serving->results);

	if (!err)
		err = path_format(stage, sizeof(stage), "%s/arriving", path);
	if (!err)
		err = path_make(path);
	if (!err)
		err = open_folder(serve, path, &serve->lock);
	if (err)
		return err;
	if (flock(serve->lock, LOCK_EX | LOCK_NB))
		return text_refuse(-EBUSY, serve->why, WHY_ROOM,
				   "%s is served by another already; results=DIR takes another",
				   serving->results);
	fchmod(serve->lock, 0755);
	path_remove(stage);
	if (mkdir(stage, 0700))
		return text_refuse(-errno, serve->why, WHY_ROOM, "%s: %s", stage, strerror(errno));
	return open_folder(serve, stage, &serving->stage_fd);
}

static int open_folders(struct serve *serve)
{
	struct serving *serving = serve->serving;
	struct rlimit files;
	int err;

	serving->results = serve->args[RESULTS].value;
	serving->payload = serve->args[PAYLOAD].value;
	serving->say = say;
	serving->batch = malloc(BATCH_MAX + 1);
	/* A connection and a file each. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	err = open_folder(serve, serve->args[TREE].value, &serving->tree_fd);
	if (!err)
		err = serving->batch ? path_make(serving->results) : -ENOMEM;
	if (!err)
		err = open_folder(serve, serving->results, &serving->results_fd);
	if (!err)
		err = path_bytes(serving->results, &serving->stored_bytes);
	return err ? err : open_stage(serve);
}

/* ---- from start to end ---- */

static int open_signals(struct serve *serve)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	serve->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return serve->signals < 0 ? -errno : 0;
}

static int start_dnsmasq(struct serve *serve)
{
	char tree[PATH_ROOM], work[PATH_ROOM];
	struct dnsmasq_options options = { .name = serve->args[INTERFACE].value,
					   .interface = &serve->interface,
					   .dhcp = serve->dhcp,
					   .tree = tree,
					   .url = serve->serving->url };
	int err = path_absolute(serve->args[TREE].value, tree, sizeof(tree));

	if (!err)
		err = path_format(work, sizeof(work), "%s/.serve", serve->serving->results);
	if (err)
		return err;
	text_bool(serve->args[IPXE].value, &options.chain_ipxe);
	options.has_ipxe = !faccessat(serve->serving->tree_fd, "ipxe.efi", R_OK, 0);
	return dnsmasq_start(&serve->dnsmasq, &options, work, serve->why, WHY_ROOM);
}

static int start(struct serve *serve)
{
	int err = read_arguments(serve);

	if (!err)
		err = open_folders(serve);
	if (!err)
		err = open_signals(serve);
	if (!err)
		err = http_start(&serve->http, serve->serving, serve->interface.address,
				 serve->port, &serve->limits, serve->why, WHY_ROOM);
	if (!err && serve->dhcp != DHCP_NO)
		err = start_dnsmasq(serve);
	if (err && !serve->why[0])
		text_refuse(err, serve->why, WHY_ROOM, "%s", strerror(-err));
	return err;
}

static void say_start(const struct serve *serve)
{
	const struct interface *interface = &serve->interface;

	say("%s serves %s, keeps results in %s", serve->serving->url, serve->args[TREE].value,
	    serve->serving->results);
	if (serve->dhcp == DHCP_YES)
		say("DHCP %s to %s and TFTP on %s", interface->first, interface->last,
		    serve->args[INTERFACE].value);
	if (serve->dhcp == DHCP_PROXY)
		say("proxy DHCP and TFTP on %s", serve->args[INTERFACE].value);
}

static int loop(struct serve *serve)
{
	struct pollfd watched[] = { { serve->signals, POLLIN, 0 },
				    { http_poll_fd(&serve->http), POLLIN, 0 },
				    { serve->dnsmasq.log, POLLIN, 0 } };

	for (;;) {
		int wait_ms = http_turn(&serve->http);

		if (poll(watched, serve->dnsmasq.pid > 0 ? 3 : 2, wait_ms) < 0 && errno != EINTR)
			return text_refuse(-errno, serve->why, WHY_ROOM, "poll: %s",
					   strerror(errno));
		if (watched[0].revents)
			return 0;
		if (serve->dnsmasq.pid > 0 && watched[2].revents &&
		    dnsmasq_turn(&serve->dnsmasq, serve->serving, serve->why, WHY_ROOM))
			return -ECHILD;
	}
}

static int run(struct serve *serve)
{
	int err = start(serve);

	if (!err) {
		say_start(serve);
		err = loop(serve);
	}
	dnsmasq_stop(&serve->dnsmasq);
	http_stop(&serve->http);
	if (err)
		return refuse(err == -EINVAL ? CODE_USAGE : CODE_FAILED, serve->why);
	say("ended: %llu records, %llu files, %llu refused",
	    (unsigned long long)serve->serving->records, (unsigned long long)serve->serving->files,
	    (unsigned long long)serve->serving->refusals);
	return CODE_OK;
}

static struct arg keys[ARGS + 1] = {
	[INTERFACE] = { "interface", NULL, "INTERFACE", "the one that the machines are on" },
	[ADDRESS] = { "address", NULL, "ADDRESS", "of it, where it has several" },
	[PORT] = { "port", "8080", "NUMBER", "of HTTP" },
	[DHCP] = { "dhcp", NULL, "yes|no|proxy",
		   "addresses and boot files; proxy: boot files only, beside another DHCP server; none "
		   "given: yes, unless the default route goes through this interface" },
	[RANGE] = { "range", NULL, "FIRST-LAST", "the addresses that are given out" },
	[TREE] = { "tree", "build/pxe", "DIR", "what is handed out, as make pxe makes it" },
	[RESULTS] = { "results", "results", "DIR", "each run becomes a folder in it" },
	[MACHINES] = { "machines", NULL, "FILE",
		       "words for each machine, by its MAC: docs/fleet.md" },
	[PAYLOAD] = { "payload", "build/payload.json", "FILE", "what the image is said to be" },
	[IPXE] = { "ipxe", "yes", "yes|no", "UEFI machines go through iPXE and HTTP" },
	[LIMIT] = { "limit", "256M", "SIZE", "of one run at most" },
	[TOTAL] = { "total", "64G", "SIZE", "of all results at most" },
	[CONNECTIONS] = { "connections", "1000", "NUMBER", "at once" },
	[EACH] = { "each", "64", "NUMBER", "connections of one address" },
	[PATIENCE] = { "patience", "20", "SECONDS", "with a connection that says nothing" },
};

static int serve_main(int argc, char **argv)
{
	struct serve serve = {
		.args = keys,
		.signals = -1,
		.lock = -1,
	};
	int rest = args_take(argc, argv, serve.args, serve.why, WHY_ROOM), code;

	if (rest < 0)
		return refuse(CODE_USAGE, serve.why);
	if (rest)
		return refuse(CODE_USAGE, "only NAME=VALUE expected");
	serve.serving = calloc(1, sizeof(*serve.serving));
	if (!serve.serving)
		return refuse(CODE_FAILED, "out of memory");
	code = run(&serve);
	free(serve.serving->batch);
	free(serve.serving);
	return code;
}

const struct verb verb_serve = {
	.name = "serve",
	.usage = "serve interface=NAME [NAME=VALUE ...]",
	.summary = "boot machines over the network and take their results",
	.main = serve_main,
	.args = keys,
	.notes =
		"Until it is interrupted. DHCP and TFTP need root; dhcp=no does without. Nothing is served "
		"on another interface.",
	.examples = "assay serve interface=lab0 results=results\n",
};
