/* SPDX-License-Identifier: MIT */
/* How this system was started: what the loader, the firmware and the medium leave behind. */
#include "init/origin/origin.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of boot_params (Documentation/arch/x86/zero-page.rst and boot.rst). */
enum { AT_LOADER = 0x210, AT_EXTENDED_TYPE = 0x227, PARAMS = 0x228 };
enum { LOADER_EFI_STUB = 0x21, LOADER_EXTENDED = 0xe, LOADER_IPXE = 0x66 };

const char *loader_name(const uint8_t *params, unsigned *type)
{
	static const char *const families[] = {
		[0] = "LILO", [1] = "Loadlin", [2] = "bootsect", [3] = "SYSLINUX",
		[4] = "iPXE", [5] = "ELILO",   [7] = "GRUB",	 [8] = "U-Boot",
		[9] = "Xen",  [10] = "Gujin",  [11] = "QEMU",	 [13] = "kexec"
	};
	static const struct {
		unsigned type;
		const char *name;
	} exact[] = {
		{ LOADER_EFI_STUB, "EFI stub" },
		{ 0x32, "PXELINUX" },
		{ 0x33, "ISOLINUX" },
		{ 0x34, "EXTLINUX" },
		{ 0x66, "iPXE" },
		{ 0xff, "unregistered" },
	};
	unsigned family;

	*type = params[AT_LOADER];
	for (size_t i = 0; i < COUNT_OF(exact); i++)
		if (exact[i].type == *type)
			return exact[i].name;
	family = *type >> 4;
	if (family == LOADER_EXTENDED)
		family = 0x10u + params[AT_EXTENDED_TYPE];
	return family < COUNT_OF(families) && families[family] ? families[family] : "";
}

/* An EFI variable of the global kind, without efivarfs's four bytes of attributes. Its length. */
static size_t read_variable(const char *name, uint8_t *out, size_t room)
{
	uint8_t whole[4096];
	char path[160];
	ssize_t len;

	snprintf(path, sizeof(path),
		 "/sys/firmware/efi/efivars/%s-8be4df61-93ca-11d2-aa0d-00e098032b8c", name);
	len = file_bytes(path, whole, sizeof(whole)) - 4;
	if (len <= 0 || (size_t)len > room)
		return 0;
	memcpy(out, whole + 4, (size_t)len);
	return (size_t)len;
}

/* UEFI 2.10, 3.3: SecureBoot, and SetupMode while no platform key is enrolled. */
static const char *secure_boot(bool uefi)
{
	uint8_t on = 0, setup = 0;

	if (!uefi)
		return "not UEFI";
	if (read_variable("SecureBoot", &on, 1) != 1)
		return "unknown";
	if (on)
		return "on";
	return read_variable("SetupMode", &setup, 1) == 1 && setup ? "off, setup mode" : "off";
}

/* The option that the firmware followed; false when it names none, as when a host loads the kernel.
 */
static bool read_option(struct boot_option *option)
{
	uint8_t current[2], data[4000];
	char name[16];
	size_t len;

	*option = (struct boot_option){ 0 };
	if (read_variable("BootCurrent", current, sizeof(current)) != 2)
		return false;
	snprintf(name, sizeof(name), "Boot%02X%02X", current[1], current[0]);
	len = read_variable(name, data, sizeof(data));
	return len && !boot_option_parse(data, len, option);
}

/* "assay.boot=pxe" of the medium's own configuration, or the file name that iPXE hands over. */
static void read_words(struct origin *origin, const char *command_line)
{
	char copy[2048], *cursor = copy;
	struct word word;

	loader_nic(command_line, origin->nic);
	snprintf(copy, sizeof(copy), "%s", command_line);
	while (text_next_word(&cursor, &word))
		if (word.value && !strcmp(word.key, "assay.boot"))
			snprintf(origin->said, sizeof(origin->said), "%.39s", word.value);
		else if (word_is_file_name(&word) && !origin->said[0])
			snprintf(origin->said, sizeof(origin->said), "ipxe");
}

static const char *name_uefi(const struct origin *origin)
{
	if (origin->option_network && !strcmp(origin->said, "ipxe"))
		return "uefi-ipxe";
	if (origin->option_network)
		return origin->option_http ? "uefi-http" : "uefi-pxe";
	return origin->option[0] || origin->device[0] ? "uefi-medium" : "direct";
}

/* All of the SYSLINUX family call themselves 0x30: which it was, its configuration says. */
static const char *name_bios(struct origin *origin)
{
	static const struct {
		const char *said, *path, *loader;
	} family[] = {
		{ "pxe", "bios-pxe", "PXELINUX" },
		{ "iso", "bios-iso", "ISOLINUX" },
		{ "disk", "bios-disk", "SYSLINUX" },
	};

	if (!strcmp(origin->loader, "QEMU"))
		return "direct";
	if (!strcmp(origin->loader, "iPXE"))
		return "bios-ipxe";
	if (origin->loader_type >> 4 != 3)
		return "bios-other";
	for (size_t i = 0; i < COUNT_OF(family); i++)
		if (!strcmp(origin->said, family[i].said)) {
			snprintf(origin->loader, sizeof(origin->loader), "%s", family[i].loader);
			return family[i].path;
		}
	return origin->nic[0] ? "bios-pxe" : "bios-medium";
}

void origin_name_path(struct origin *origin, const char *firmware)
{
	bool uefi = !strcmp(firmware, "UEFI");

	snprintf(origin->path, sizeof(origin->path), "%s",
		 uefi ? name_uefi(origin) : name_bios(origin));
	if (uefi && !strcmp(origin->path, "uefi-ipxe"))
		snprintf(origin->loader, sizeof(origin->loader), "iPXE");
	if (origin->medium_kind[0] && origin_has_medium(origin))
		snprintf(origin->path, sizeof(origin->path), "%s-%s", uefi ? "uefi" : "bios",
			 origin->medium_kind);
}

void origin_read(struct machine *machine)
{
	struct origin *origin = &machine->origin;
	bool uefi = !strcmp(machine->firmware, "UEFI");
	uint8_t params[PARAMS];
	char bits[16];
	struct boot_option option;

	*origin = (struct origin){ 0 };
	file_read(origin->firmware_vendor, sizeof(origin->firmware_vendor),
		  "/sys/class/dmi/id/bios_vendor");
	file_read(origin->firmware_date, sizeof(origin->firmware_date),
		  "/sys/class/dmi/id/bios_date");
	if (file_read(bits, sizeof(bits), "/sys/firmware/efi/fw_platform_size") > 0)
		origin->firmware_bits = (unsigned)atoi(bits);
	snprintf(origin->secure_boot, sizeof(origin->secure_boot), "%s", secure_boot(uefi));
	if (file_bytes("/sys/kernel/boot_params/data", params, PARAMS) == PARAMS)
		snprintf(origin->loader, sizeof(origin->loader), "%s",
			 loader_name(params, &origin->loader_type));
	if (uefi && read_option(&option)) {
		snprintf(origin->option, sizeof(origin->option), "%s", option.description);
		snprintf(origin->device, sizeof(origin->device), "%s", option.device);
		snprintf(origin->nic, sizeof(origin->nic), "%s", option.mac);
		origin->option_network = option.network;
		origin->option_http = option.http;
		if (option.has_pci)
			snprintf(origin->pci, sizeof(origin->pci), "%02x.%x",
				 option.pci_device & 31, option.pci_function & 7);
	}
	read_words(origin, machine->command_line);
	origin_name_path(origin, machine->firmware);
}

bool origin_has_medium(const struct origin *origin)
{
	return strstr(origin->path, "-medium") || strstr(origin->path, "-iso") ||
	       strstr(origin->path, "-disk");
}

/* ---- in the records ---- */

struct cJSON *origin_detail(const struct machine *machine)
{
	const struct origin *origin = &machine->origin;
	const struct {
		const char *key, *value;
	} facts[] = {
		{ "path", origin->path },
		{ "loader", origin->loader },
		{ "said", origin->said },
		{ "medium", origin->medium },
		{ "mediumTransport", origin->transport },
		{ "bootOption", origin->option },
		{ "bootDevice", origin->device },
		{ "bootNic", origin->nic },
		{ "firmware", machine->firmware },
		{ "firmwareVendor", origin->firmware_vendor },
		{ "firmwareVersion", machine->bios },
		{ "firmwareDate", origin->firmware_date },
		{ "secureBoot", origin->secure_boot },
	};
	cJSON *detail = cJSON_CreateObject();

	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (facts[i].value[0])
			cJSON_AddStringToObject(detail, facts[i].key, facts[i].value);
	cJSON_AddNumberToObject(detail, "loaderType", origin->loader_type);
	if (origin->firmware_bits)
		cJSON_AddNumberToObject(detail, "firmwareBits", origin->firmware_bits);
	if (origin->media_count > 1)
		cJSON_AddNumberToObject(detail, "mediaLikeIt", (double)origin->media_count);
	return detail;
}
