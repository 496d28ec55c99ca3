/* SPDX-License-Identifier: MIT */
/*
 * What a TPM 2.0 measured of this boot: the PCRs' SHA-256 values and the firmware's event log,
 * which replayed gives those of them that the firmware extended (TCG PC Client Platform Firmware
 * Profile, 10). The kernel shows both (Documentation/ABI/stable/sysfs-class-tpm; securityfs). No
 * TPM is said, too.
 */
#include "init/init.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "/sys/class/tpm/tpm0";
static const char event_log[] = "/sys/kernel/security/tpm0/binary_bios_measurements";
enum { PCRS = 24, LOG_MOST = 1 << 20 };

static cJSON *read_pcrs(void)
{
	cJSON *all = cJSON_CreateArray();
	char hex[80];

	for (int i = 0; i < PCRS; i++) {
		if (file_read(hex, sizeof(hex), "%s/pcr-sha256/%d", folder, i) != 64)
			break;
		for (char *at = hex; *at; at++)
			*at = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
		cJSON_AddItemToArray(all, cJSON_CreateString(hex));
	}
	return all;
}

int tpm_digest_pcrs(struct digest *out)
{
	struct digest all[PCRS];
	char hex[80];

	for (int i = 0; i < PCRS; i++) {
		if (file_read(hex, sizeof(hex), "%s/pcr-sha256/%d", folder, i) != 64)
			return -EIO;
		digest_parse(hex, &all[i]);
	}
	digest_of(all, sizeof(all), out);
	return 0;
}

cJSON *tpm_facts(void)
{
	cJSON *facts = cJSON_CreateObject(), *pcrs;
	char version[16];

	if (file_read(version, sizeof(version), "%s/tpm_version_major", folder) < 0) {
		cJSON_AddStringToObject(facts, "state", "none");
		return facts;
	}
	cJSON_AddStringToObject(facts, "state", version[0] == '2' ? "TPM 2.0" : "TPM 1.2");
	pcrs = read_pcrs();
	cJSON_AddItemToObject(facts, "pcrSha256", pcrs);
	tpm_quote_facts(facts);
	return facts;
}

void tpm_keep_log(struct story *story)
{
	char *data = malloc(LOG_MOST), hex[65];
	ssize_t len = data ? file_bytes(event_log, data, LOG_MOST) : -ENOMEM;
	struct digest digest;

	if (len > 0) {
		digest_of(data, (size_t)len, &digest);
		digest_hex(&digest, hex, 32);
		record_log(story, NULL, SEVERITY_INFO,
			   "TPM: event log of the boot: %zd bytes, SHA-256 %s%s", len, hex,
			   story_put(story, "tpm-event-log.bin", data, (size_t)len) ? ", not kept" :
										      "");
	}
	free(data);
}
