/* SPDX-License-Identifier: MIT */
/* What the image reads of a desk: an answer, and the URL in the words. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "init/upload/upload.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_reply reply;
	struct upload_url url;
	char why[WHY_ROOM], *copy = malloc(len + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (!http_reply_parse(copy, len, &reply) && (reply.head_bytes > len || reply.status < 200))
		abort();
	/* A name of a host would be asked for on the network. */
	upload_url_parse(copy, &url, why, sizeof(why));
	free(copy);
	return 0;
}
