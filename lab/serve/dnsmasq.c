/* SPDX-License-Identifier: MIT */
/* dnsmasq, for DHCP and TFTP: its configuration, and what its log tells. */
#include "lab/serve/serve.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Who asks is told by DHCP option 93, the client's architecture (RFC 4578; 16 is UEFI HTTP Boot,
 * for x86-64), and iPXE by its user class. */
static void add_clients(const struct dnsmasq_options *options, struct text *out)
{
	const char *first = options->has_ipxe ? "ipxe.efi" : "assay.efi";

	text_add(out, "dhcp-match=set:bios,option:client-arch,0\n"
		      "dhcp-match=set:efi64,option:client-arch,7\n"
		      "dhcp-match=set:efi64,option:client-arch,9\n"
		      "dhcp-match=set:efihttp,option:client-arch,16\n");
	if (options->chain_ipxe)
		text_add(out,
			 "dhcp-userclass=set:ipxe,iPXE\n"
			 "dhcp-boot=tag:ipxe,%sassay.ipxe\n",
			 options->url);
	text_add(out, "dhcp-boot=tag:!ipxe,tag:bios,bios/lpxelinux.0\n");
	/* The path prefix (RFC 5071): lpxelinux.0 fetches all that follows by HTTP. */
	text_add(out, "dhcp-option-force=tag:!ipxe,tag:bios,210,%sbios/\n", options->url);
	/* The firmware passes no words to what it starts; iPXE does. */
	text_add(out, "dhcp-boot=tag:!ipxe,tag:efi64,%s\n", first);
	text_add(out,
		 "dhcp-option-force=tag:!ipxe,tag:efihttp,60,HTTPClient\n"
		 "dhcp-boot=tag:!ipxe,tag:efihttp,%s%s\n",
		 options->url, first);
}

void dnsmasq_config(const struct dnsmasq_options *options, struct text *out)
{
	const struct interface *interface = options->interface;

	text_add(out,
		 "port=0\nno-resolv\nno-hosts\nkeep-in-foreground\nlog-facility=-\nlog-dhcp\n"
		 "pid-file=\nbind-interfaces\ninterface=%s\nexcept-interface=lo\n"
		 "dhcp-leasefile=%s\n",
		 options->name, options->leases);
	if (options->user)
		text_add(out, "user=%s\n", options->user);
	if (options->dhcp == DHCP_PROXY)
		/* It answers as a proxy only when it knows a boot service: this one, for a machine
		 * that nobody has, as every other is told its file by dhcp-boot. A menu of services
		 * sends several UEFI firmwares to a second server, where they stop. */
		text_add(out, "dhcp-range=%s,proxy\npxe-service=PC98,\"none\",0\n",
			 interface->address);
	else
		text_add(out, "dhcp-range=%s,%s,1h\n", interface->first, interface->last);
	/* The desk is no way out: no router, no name server. */
	text_add(out, "dhcp-option=3\ndhcp-option=6\n");
	text_add(out, "enable-tftp\ntftp-root=%s\ntftp-no-fail\n", options->tree);
	add_clients(options, out);
}

/* ---- its log ---- */

static const char *after(const char *line, const char *what)
{
	const char *at = strstr(line, what);

	return at ? at + strlen(what) : NULL;
}

static void take_word(const char *at, char *out, size_t room)
{
	size_t len = strcspn(at, " \t\r\n");

	snprintf(out, room, "%.*s", (int)(len < room ? len : room - 1), at);
}

/* What comes from the wire goes to a terminal. */
static void take_text(const char *at, size_t len, char *out, size_t room)
{
	snprintf(out, room, "%.*s", (int)(len < room ? len : room - 1), at);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static bool is_address(const char *text)
{
	return strspn(text, "0123456789.") == strlen(text) && strlen(text) >= 7;
}

/* "dnsmasq-dhcp: 1730297640 DHCPACK(tap0) 198.18.0.64 52:54:00:12:34:56 name" */
static void read_lease(const char *line, struct dnsmasq_event *out)
{
	const char *at = after(line, " DHCPACK(");
	char mac[MAC_ROOM + 1];

	at = at ? strchr(at, ' ') : NULL;
	if (!at)
		return;
	take_word(at + 1, out->address, sizeof(out->address));
	at = strchr(at + 1, ' ');
	if (!at || !is_address(out->address))
		return;
	take_word(at + 1, mac, sizeof(mac));
	if (mac_read(mac, out->mac))
		out->what = DNSMASQ_LEASE;
}

/* "dnsmasq-dhcp: 1730297640 vendor class: PXEClient:Arch:00000:UNDI:002001" */
static void read_class(const char *line, struct dnsmasq_event *out)
{
	const char *at = after(line, " vendor class: ");

	if (!at)
		return;
	out->what = DNSMASQ_CLASS;
	take_text(at, strcspn(at, "\r\n"), out->text, sizeof(out->text));
}

/* "dnsmasq-tftp: sent /tree/bios/lpxelinux.0 to 198.18.0.64"; "failed sending ... to ..." */
static void read_transfer(const char *line, struct dnsmasq_event *out)
{
	const char *sent = after(line, ": sent "), *failed = after(line, ": failed sending ");
	const char *at = sent ? sent : failed, *to = NULL;

	for (const char *next = at; next; next = after(next, " to "))
		to = next;
	if (!at || to == at)
		return;
	take_word(to, out->address, sizeof(out->address));
	take_text(at, (size_t)(to - at - 4), out->text, sizeof(out->text));
	if (is_address(out->address))
		out->what = sent ? DNSMASQ_SENT : DNSMASQ_FAILED;
}

void dnsmasq_read(const char *line, struct dnsmasq_event *out)
{
	const char *at = after(line, "dnsmasq-dhcp");

	*out = (struct dnsmasq_event){ .what = DNSMASQ_NOTHING };
	if (!at) {
		if (after(line, "dnsmasq-tftp"))
			read_transfer(line, out);
		return;
	}
	at = after(at, ": ");
	if (at && isdigit((unsigned char)*at))
		take_word(at, out->transaction, sizeof(out->transaction));
	read_lease(line, out);
	if (out->what == DNSMASQ_NOTHING)
		read_class(line, out);
}
