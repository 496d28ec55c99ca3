/* SPDX-License-Identifier: MIT */
/*
 * Which records of a pass the page cache would already hold. A file somewhat larger than the cache
 * is read partly from it: how much depends on what the tests before left there, and iozone's own
 * sequence of passes is played to a model of the cache to know. The model: whole records, first in,
 * first out, as the kernel's inactive list is for pages touched once.
 */
#ifndef ASSAY_ENGINE_BOUNDED_REPLAY_H
#define ASSAY_ENGINE_BOUNDED_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct replay {
	uint32_t *queue; /* a ring of what is held, oldest first */
	uint8_t *held;	 /* a bit a record */
	uint64_t records, room, first, count;
};

/* An empty cache for `room` of a file's records. 0 or -ENOMEM: 4 bytes a record of room, a bit a
 * record. */
int replay_begin(struct replay *replay, uint64_t records, uint64_t room);
void replay_end(struct replay *replay);
void replay_empty(struct replay *replay); /* the file was made anew */
/* True: it was held. Held it is afterwards, if there is any room. */
bool replay_touch(struct replay *replay, uint64_t record);

#endif
