/* SPDX-License-Identifier: MIT */
/* SHA-256 by libsodium: of bytes, of files, and of the chain over a journal's lines. */
#include "lib/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

void digest_of(const void *data, size_t len, struct digest *out)
{
	crypto_hash_sha256(out->bytes, data, len);
}

int digest_of_file(const char *path, struct digest *out)
{
	crypto_hash_sha256_state state;
	unsigned char block[16384];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	crypto_hash_sha256_init(&state);
	while ((got = read(fd, block, sizeof(block))) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			crypto_hash_sha256_update(&state, block, (size_t)got);
	got = got < 0 ? -errno : 0;
	close(fd);
	crypto_hash_sha256_final(&state, out->bytes);
	return (int)got;
}

void digest_chain(struct digest *head, const char *line, size_t len)
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, head->bytes, sizeof(head->bytes));
	crypto_hash_sha256_update(&state, (const unsigned char *)line, len);
	crypto_hash_sha256_final(&state, head->bytes);
}

void digest_hex(const struct digest *digest, char *out, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes; i++) {
		*out++ = digits[digest->bytes[i] >> 4];
		*out++ = digits[digest->bytes[i] & 15];
	}
	*out = '\0';
}

void digest_parse(const char *hex, struct digest *out)
{
	for (size_t i = 0; i < sizeof(out->bytes); i++)
		out->bytes[i] =
			(uint8_t)strtoul((char[]){ hex[2 * i], hex[2 * i + 1], '\0' }, NULL, 16);
}
