/* SPDX-License-Identifier: MIT */
/*
 * The journal's end, vouched for by the machine's TPM 2.0: a quote over the PCRs with the end of
 * the chain as its nonce. The key is named in the run's start, so that it is inside of what it
 * signs. The quote itself can be in no record, as the last one is what it speaks of: it stands
 * beside the journal, in the forms that tpm2_checkquote reads (tpm2-tools).
 *
 * What it says is that these PCRs, of this TPM, stood while somebody knew this end of a chain. That
 * the key is one of a real TPM is for whoever knows the machine to say, by `assay verify tpm=`: no
 * certificate of a maker is looked at.
 */
#include "init/tpm/command.h"

#include "bench/net/wire/sockets.h"
#include "init/init.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Through the kernel's resource manager, which forgets the key when the device is closed. */
static const char device[] = "/dev/tpmrm0";
enum { ANSWER_SECONDS = 20, NAME_SKIPS = 2 }; /* name: over TPMT_PUBLIC, without its length */

static bool has_key;
static char key_name[65], problem[120];

/* A command in the buffer, its answer instead. Its length or -errno. */
static ssize_t exchange(int fd, uint8_t buffer[TPM_MOST], size_t len)
{
	uint64_t until_ns = clock_raw_ns() + ANSWER_SECONDS * SECOND_NS;
	ssize_t got = write(fd, buffer, len);
	int err;

	if (got != (ssize_t)len)
		return got < 0 ? -errno : -EIO;
	err = socket_wait(fd, POLLIN, until_ns, NULL);
	if (err)
		return err;
	got = read(fd, buffer, TPM_MOST);
	return got < 0 ? -errno : got;
}

static int fail(const char *what, int err, uint32_t code)
{
	if (code)
		snprintf(problem, sizeof(problem), "%s: the TPM answers 0x%x", what, code);
	else
		snprintf(problem, sizeof(problem), "%s: %s", what,
			 err == -EPROTO ? "no answer of a TPM 2.0" : strerror(-err));
	return err;
}

static int make_key(int fd, uint8_t buffer[TPM_MOST], uint32_t *key, struct tpm_part *public_area)
{
	ssize_t len = exchange(fd, buffer, tpm_make_key(buffer));
	uint32_t code = 0;
	int err = len < 0 ? (int)len : tpm_read_key(buffer, (size_t)len, key, public_area, &code);

	return err ? fail("making a key", err, code) : 0;
}

static int open_tpm(void)
{
	int fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? fail(device, -errno, 0) : fd;
}

static void name_key(const struct tpm_part *public_area, char out[65])
{
	struct digest digest;

	digest_of(public_area->at + NAME_SKIPS, public_area->len - NAME_SKIPS, &digest);
	digest_hex(&digest, out, 32);
}

void tpm_prepare(void)
{
	uint8_t buffer[TPM_MOST];
	struct tpm_part public_area;
	char version[16];
	uint32_t key;
	int fd;

	if (file_read(version, sizeof(version), "/sys/class/tpm/tpm0/tpm_version_major") < 0 ||
	    version[0] != '2')
		return;
	fd = open_tpm();
	if (fd < 0)
		return;
	has_key = !make_key(fd, buffer, &key, &public_area);
	if (has_key)
		name_key(&public_area, key_name);
	close(fd);
}

void tpm_quote_facts(struct cJSON *facts)
{
	if (has_key)
		cJSON_AddStringToObject(facts, "quoteKey", key_name);
	else if (problem[0])
		cJSON_AddStringToObject(facts, "noQuote", problem);
}

/* This boot's, in a run whose start tells of another's. */
void tpm_tell_boot(struct story *story)
{
	struct digest all = { 0 };
	char hex[65];

	if (!has_key || tpm_digest_pcrs(&all))
		return;
	digest_hex(&all, hex, 32);
	record_log(story, NULL, SEVERITY_INFO,
		   "TPM: of this boot: SHA-256 over all PCRs %s, quote by key %s", hex, key_name);
}

static int keep_key(struct story *story, const struct tpm_part *public_area)
{
	char again[65];

	name_key(public_area, again);
	if (strcmp(again, key_name) != 0)
		return text_refuse(-ESTALE, problem, sizeof(problem),
				   "the TPM's key is another than at the start");
	return story_put(story, "journal.quote.pub", (const char *)public_area->at,
			 public_area->len);
}

static int keep_quote(struct story *story, int fd, uint32_t key)
{
	uint8_t buffer[TPM_MOST];
	struct tpm_part attest, signature;
	uint32_t code = 0;
	ssize_t len = exchange(fd, buffer, tpm_make_quote(key, story->journal.head.bytes, buffer));
	int err = len < 0 ? (int)len :
			    tpm_read_quote(buffer, (size_t)len, &attest, &signature, &code);

	if (err)
		return fail("quoting", err, code);
	err = story_put(story, "journal.quote", (const char *)attest.at, attest.len);
	return err ? err :
		     story_put(story, "journal.quote.sig", (const char *)signature.at,
			       signature.len);
}

void tpm_quote_end(struct story *story)
{
	uint8_t buffer[TPM_MOST];
	struct tpm_part public_area;
	uint32_t key;
	int fd, err;

	problem[0] = '\0';
	fd = has_key ? open_tpm() : -ENODEV;
	if (!has_key)
		return;
	err = fd < 0 ? fd : make_key(fd, buffer, &key, &public_area);
	if (!err)
		err = keep_key(story, &public_area);
	if (!err)
		err = keep_quote(story, fd, key);
	if (fd >= 0)
		close(fd);
	if (err)
		console_say("assay: the TPM's quote of the end could not be kept: %s",
			    problem[0] ? problem : strerror(-err));
	else
		console_say("assay: the TPM quotes the end, by key %s", key_name);
}
