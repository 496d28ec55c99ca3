/* SPDX-License-Identifier: MIT */
/* Which NICs a link may mean. Pure: settings and what was discovered in, names out. */
#include "init/network/plumbing.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool is_named(const struct nic_name *name, const struct link *link)
{
	switch (name->by) {
	case NIC_BY_MAC:
		return !strcasecmp(name->text, link->mac);
	case NIC_BY_PCI:
		return !strcmp(name->text, link->pci_address);
	case NIC_BY_DRIVER:
		return !strcmp(name->text, link->driver);
	case NIC_BY_NAME:
		return !strcmp(name->text, link->name);
	case NIC_ANY:
		break;
	}
	return false;
}

static void describe_name(const struct nic_name *name, struct text *out)
{
	static const char *const kinds[] = {
		[NIC_BY_MAC] = "mac:", [NIC_BY_DRIVER] = "driver:", [NIC_BY_PCI] = "pci:"
	};

	text_add(out, "%s%s", name->by != NIC_BY_NAME && kinds[name->by] ? kinds[name->by] : "",
		 name->text);
}

static int refuse_name(const struct nic_name *name, const struct machine *machine, char *why,
		       size_t room)
{
	struct text text;

	text_begin(&text, why, room);
	text_add(&text, "no NIC is ");
	describe_name(name, &text);
	text_add(&text, "; this machine has%s", machine->link_count ? "" : " none");
	for (size_t i = 0; i < machine->link_count; i++)
		text_add(&text, "%s %s %s (%s%s%s)", i ? "," : "", machine->link[i].name,
			 machine->link[i].mac, machine->link[i].driver,
			 machine->link[i].pci_address[0] ? " at " : "",
			 machine->link[i].pci_address);
	return -ENODEV;
}

static bool holds(const struct link *const *list, size_t count, const struct link *link)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == link)
			return true;
	return false;
}

/* Some other link names it for itself. */
static bool is_anothers(const struct wish wish[WISHES], size_t index, const struct link *link)
{
	for (size_t i = 0; i < WISHES; i++)
		for (size_t k = 0; i != index && wish[i].said && k < wish[i].nic_count; k++)
			if (wish[i].nic[k].by != NIC_BY_DRIVER && is_named(&wish[i].nic[k], link))
				return true;
	return false;
}

/* All that this name may mean: one NIC, but every one of a driver that no link has for itself. */
static void match_name(const struct wish wish[WISHES], size_t index, const struct nic_name *name,
		       const struct machine *machine, const struct link *out[MAX_LINKS],
		       size_t *count)
{
	bool one = wish[index].bond || name->by != NIC_BY_DRIVER;
	size_t before = *count;

	for (size_t i = 0; i < machine->link_count && !(one && *count > before); i++) {
		const struct link *link = &machine->link[i];

		if (is_named(name, link) && !holds(out, *count, link) &&
		    (name->by != NIC_BY_DRIVER || !is_anothers(wish, index, link)))
			out[(*count)++] = link;
	}
}

static int match_names(const struct wish wish[WISHES], size_t index, const struct machine *machine,
		       const struct link *out[MAX_LINKS], size_t *count, char *why, size_t room)
{
	for (size_t i = 0; i < wish[index].nic_count; i++) {
		size_t before = *count;

		match_name(wish, index, &wish[index].nic[i], machine, out, count);
		if (*count == before)
			return refuse_name(&wish[index].nic[i], machine, why, room);
	}
	return 0;
}

int wish_match(const struct wish wish[WISHES], size_t index, const struct machine *machine,
	       const char *boot_mac, const struct link *out[MAX_LINKS], size_t *count, char *why,
	       size_t room)
{
	*count = 0;
	if (wish[index].nic_count)
		return match_names(wish, index, machine, out, count, why, room);
	for (size_t i = 0; boot_mac[0] && !*count && i < machine->link_count; i++)
		if (!strcasecmp(boot_mac, machine->link[i].mac))
			out[(*count)++] = &machine->link[i];
	if (*count)
		return 0;
	for (size_t i = 0; i < machine->link_count; i++)
		if (!is_anothers(wish, index, &machine->link[i]))
			out[(*count)++] = &machine->link[i];
	if (*count)
		return 0;
	return text_refuse(-ENODEV, why, room,
			   machine->link_count ? "every NIC is another link's" :
						 "no NIC that a driver knows");
}
