/* SPDX-License-Identifier: MIT */
/* A record is one line of bounded length: on a machine with a hundred disks not all of the
 * fingerprint fits in, and what was left out is said. See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* Number, time and a margin are added to it. */
enum { LINE_MOST = JOURNAL_LINE - 512, BLOCKS_ALWAYS = 32 };

static bool fits(const cJSON *artifact)
{
	char *line = cJSON_PrintUnformatted(artifact);
	bool is_short = line && strlen(line) <= LINE_MOST;

	cJSON_free(line);
	return is_short;
}

static cJSON *part(cJSON *from, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(from, key);
}

static void drop_changes(cJSON *start)
{
	cJSON_DeleteItemFromObjectCaseSensitive(part(part(start, "metadata"), "previousRun"),
						"changed");
}

static cJSON *blocks_of(cJSON *start)
{
	return part(part(part(start, "dutInfo"), "metadata"), "blocks");
}

static void drop_of_blocks(cJSON *start, const char *key)
{
	cJSON *block;

	cJSON_ArrayForEach(block, blocks_of(start)) {
		cJSON_DeleteItemFromObjectCaseSensitive(block, key);
	}
}

static void drop_interrupts(cJSON *start)
{
	drop_of_blocks(start, "interrupts");
}

static void drop_functions(cJSON *start)
{
	drop_of_blocks(start, "pci");
}

/* A partition has no transport of its own. */
static void drop_partitions(cJSON *start)
{
	cJSON *blocks = blocks_of(start), *next;

	for (cJSON *block = blocks ? blocks->child : NULL; block; block = next) {
		next = block->next;
		if (!part(block, "transport"))
			cJSON_Delete(cJSON_DetachItemViaPointer(blocks, block));
	}
}

static void drop_disks(cJSON *start)
{
	cJSON *blocks = blocks_of(start);

	while (cJSON_GetArraySize(blocks) > BLOCKS_ALWAYS)
		cJSON_DeleteItemFromArray(blocks, BLOCKS_ALWAYS);
}

void fingerprint_fit(cJSON *artifact)
{
	static const struct {
		const char *what;
		void (*drop)(cJSON *start);
	} ways[] = {
		{ "what changed since the previous run", drop_changes },
		{ "interrupts of disks", drop_interrupts },
		{ "PCI functions of disks", drop_functions },
		{ "partitions", drop_partitions },
		{ "disks behind the first 32", drop_disks },
	};
	cJSON *start = part(part(artifact, "testRunArtifact"), "testRunStart");
	cJSON *metadata = part(start, "metadata"), *left_out = NULL;

	for (size_t i = 0; i < COUNT_OF(ways) && !fits(artifact); i++) {
		if (!left_out)
			left_out = cJSON_AddArrayToObject(metadata, "leftOut");
		ways[i].drop(start);
		cJSON_AddItemToArray(left_out, cJSON_CreateString(ways[i].what));
	}
}
