/* SPDX-License-Identifier: MIT */
/* What firmware and kernel say of the machine: an SMBIOS table, its entry point, /proc/cpuinfo,
 * virtio's features, speeds. clang -fsanitize=fuzzer,address,undefined. */
#include "init/fingerprint/parts.h"
#include "init/fingerprint/smbios.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use_table(const uint8_t *data, size_t len)
{
	static struct memory_modules modules;
	char version[8];

	smbios_version(data, len, version);
	smbios_read_memory(data, len, &modules);
	if (modules.count > MODULES || modules.slots < modules.count + modules.more)
		abort();
	for (size_t i = 0; i < modules.count; i++)
		if (strlen(modules.at[i].part) >= sizeof(modules.at[i].part) ||
		    strlen(modules.at[i].slot) >= sizeof(modules.at[i].slot))
			abort();
}

static void use_text(const char *in)
{
	char value[40], names[300];
	struct text text;

	cpuinfo_find(in, "model", value, sizeof(value));
	text_begin(&text, names, sizeof(names));
	virtio_name_features(in, (unsigned char)in[0] % 10, &text);
	pci_speed(in);
	sata_speed(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	use_table(data, len);
	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	use_text(text);
	free(text);
	return 0;
}
