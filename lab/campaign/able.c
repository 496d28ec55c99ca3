/* SPDX-License-Identifier: MIT */
/* What cannot be run on this host, said before the first boot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/campaign/campaign.h"

enum { WORDS_MAX = 24 };

static bool has_device_mapper(void)
{
	char misc[4096];

	return file_read(misc, sizeof(misc), "/proc/misc") > 0 && strstr(misc, "device-mapper");
}

/* Cuts blank-separated words in place; NULL ends them. */
static void cut_words(char *text, const char **out, size_t max)
{
	size_t count = 0;
	char *rest = text, *word;

	while (count + 1 < max && (word = strtok_r(count ? NULL : text, " ", &rest)))
		out[count++] = word;
	out[count] = NULL;
}

static const char *disk_obstacle(const struct machine_disk *disk, char *out, size_t room)
{
	const char *file = disk->value[DISK_FILE].text;

	if (!*file || path_exists(file))
		return NULL;
	if (strncmp(file, "/dev/", 5) != 0)
		snprintf(out, room, "disk %s: %s is not there", disk->name, file);
	else if (!has_device_mapper())
		snprintf(out, room, "no device-mapper in this host's kernel, so no %s", file);
	else
		snprintf(out, room, "%s is not there; lvcreate makes it", file);
	return out;
}

const char *entrant_obstacle(const struct entrant *entrant, const char *common_settings, char *out,
			     size_t room)
{
	const char *file = entrant->value[ENTRANT_MACHINE].text, *found = NULL;
	const char *settings[WORDS_MAX];
	char text[400], why[WHY_ROOM] = "";
	static struct machine machine;

	snprintf(text, sizeof(text), "%s %s", common_settings,
		 entrant->value[ENTRANT_SETTINGS].text);
	cut_words(text, settings, WORDS_MAX);
	if (entrant->value[ENTRANT_KIND].num == KIND_REAL)
		return NULL;
	if (machine_load(&machine, *file ? file : entrant->name, settings, why, sizeof(why))) {
		snprintf(out, room, "%.190s", why);
		return out;
	}
	for (size_t i = 0; !found && i < machine.disk_count; i++)
		found = disk_obstacle(&machine.disks[i], out, room);
	return found;
}
