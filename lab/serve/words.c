/* SPDX-License-Identifier: MIT */
/* What a machine's boot line gets: an INI file with a section for each MAC address, and the scripts
 * of the loaders. */
#include "lab/serve/serve.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool mac_read(const char *in, char out[MAC_ROOM])
{
	if (strlen(in) == 20 && !strncmp(in, "01-", 3)) /* pxelinux: ARP's type of Ethernet */
		in += 3;
	if (strlen(in) != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		bool separator = i % 3 == 2;

		if (separator ? in[i] != ':' && in[i] != '-' : !isxdigit((unsigned char)in[i]))
			return false;
		out[i] = separator ? ':' : (char)tolower((unsigned char)in[i]);
	}
	out[17] = '\0';
	return true;
}

/* ---- the fleet file ---- */

struct fleet_reading {
	const char *path, *mac;
	struct fleet_entry *out;
	bool here, is_default, found, in_section;
	char *why;
	size_t room;
};

static int open_section(struct fleet_reading *reading, const struct ini_line *line)
{
	char mac[MAC_ROOM];

	reading->in_section = true;
	reading->is_default = !strcmp(line->section, "default");
	if (!reading->is_default && !mac_read(line->section, mac))
		return text_refuse(-EINVAL, reading->why, reading->room,
				   "%s:%d: [%.40s]: default or a MAC address expected",
				   reading->path, line->line, line->section);
	reading->here = !reading->is_default && !strcmp(mac, reading->mac);
	if (reading->here && !reading->found)
		*reading->out = (struct fleet_entry){ 0 }; /* all of it, not on top of default */
	reading->found |= reading->here;
	return 0;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static int fleet_line(void *context, const struct ini_line *line)
{
	struct fleet_reading *reading = context;
	bool is_words = line->name && !strcmp(line->name, "words");
	char *into = is_words ? reading->out->words : reading->out->name;
	size_t room = is_words ? WORDS_ROOM : NAME_ROOM;

	if (!line->name)
		return open_section(reading, line);
	if (!reading->in_section || (!is_words && strcmp(line->name, "name") != 0))
		return text_refuse(-EINVAL, reading->why, reading->room,
				   "%s:%d: %.40s: words or name expected, in a section",
				   reading->path, line->line, line->name);
	if (strlen(line->value) >= room || !is_printable(line->value))
		return text_refuse(-EINVAL, reading->why, reading->room,
				   "%s:%d: %s: at most %zu printable characters", reading->path,
				   line->line, line->name, room - 1);
	if (reading->here || (reading->is_default && !reading->found))
		strcpy(into, line->value);
	return 0;
}

int fleet_read(const char *text, const char *path, const char *mac, struct fleet_entry *out,
	       char *why, size_t room)
{
	struct fleet_reading reading = {
		.path = path, .mac = mac, .out = out, .why = why, .room = room
	};

	*out = (struct fleet_entry){ 0 };
	return ini_read(text, path, fleet_line, &reading, why, room);
}

/* ---- boot scripts ---- */

bool script_is(const char *path)
{
	size_t len = strlen(path);

	return (len > 5 && !strcmp(path + len - 5, ".ipxe")) || strstr(path, "pxelinux.cfg/");
}

static bool starts_kernel(const char *line, size_t len)
{
	size_t blank = strspn(line, " \t");
	const char *word = line + blank;
	size_t word_len = strcspn(word, " \t\r\n");

	return blank + word_len < len && ((word_len == 6 && (!strncasecmp(word, "append", 6) ||
							     !strncmp(word, "kernel", 6))));
}

/* Where on this line words go: before iPXE's "||", or at its end. */
static size_t words_place(const char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (line[i] == '|' && line[i + 1] == '|') {
			while (i && (line[i - 1] == ' ' || line[i - 1] == '\t'))
				i--;
			return i;
		}
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	return len;
}

static size_t count_kernels(const char *script)
{
	size_t count = 0;

	for (const char *line = script; *line; line += strcspn(line, "\n"), line += *line == '\n')
		count += starts_kernel(line, strcspn(line, "\n"));
	return count;
}

char *script_extend(const char *script, const char *words)
{
	size_t room = strlen(script) + count_kernels(script) * (strlen(words) + 1) + 1;
	char *out = malloc(room), *end = out;

	if (!out)
		return NULL;
	while (*script) {
		size_t len = strcspn(script, "\n");
		size_t place = starts_kernel(script, len) ? words_place(script, len) : len;
		size_t whole = len + (script[len] == '\n');

		memcpy(end, script, place);
		end += place;
		if (starts_kernel(script, len) && *words)
			end += sprintf(end, " %s", words);
		memcpy(end, script + place, whole - place);
		end += whole - place;
		script += whole;
	}
	*end = '\0';
	return out;
}
