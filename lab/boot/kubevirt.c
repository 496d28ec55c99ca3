/* SPDX-License-Identifier: MIT */
/*
 * A machine as a KubeVirt VirtualMachineInstance (kubevirt.io/v1, staging/src/kubevirt.io/api/core/
 * v1/schema.go), with the claims that its disks need: a List, printed and nothing else, in JSON,
 * which kubectl takes as YAML. What KubeVirt has no word for is refused: another machine under the
 * same name would be measured.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/boot/boot.h"

enum { LABEL_ROOM = 64 };

/* Names of Kubernetes objects are labels of RFC 1123: lower case, digits, dashes. */
static void name_object(const char *in, char *out, size_t room)
{
	size_t len = 0;

	for (; *in && len + 1 < room; in++)
		out[len++] = isalnum((unsigned char)*in) ? (char)tolower((unsigned char)*in) : '-';
	out[len] = '\0';
}

static void name_claim(const struct machine *machine, const struct machine_disk *disk, char *out)
{
	char whole[LABEL_ROOM];

	snprintf(whole, sizeof(whole), "%.30s-%.30s", machine->name, disk->name);
	name_object(whole, out, LABEL_ROOM);
}

static void add_quantity(cJSON *to, const char *key, uint64_t bytes)
{
	char text[32];

	/* Ki, Mi, Gi: powers of 1024 (Kubernetes, resource.Quantity). */
	if (bytes % 1024)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	else
		snprintf(text, sizeof(text), "%lluKi", (unsigned long long)(bytes >> 10));
	cJSON_AddStringToObject(to, key, text);
}

static void add_choice(cJSON *to, const char *key, const struct param *param,
		       const union value *value)
{
	char word[32];

	machine_choice(param, value, word, sizeof(word));
	cJSON_AddStringToObject(to, key, word);
}

static cJSON *add_item(cJSON *list)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddItemToArray(list, item);
	return item;
}

/* ---- what has a word there ---- */

static const char *const buses[BUSES] = {
	[BUS_VIRTIO] = "virtio", [BUS_VIRTIO_SCSI] = "scsi", [BUS_AHCI] = "sata", [BUS_USB] = "usb"
};

static int lack(struct boot *boot, const char *section, const struct param *key,
		const union value *value)
{
	char word[200];

	machine_choice(key, value, word, sizeof(word));
	return text_refuse(-EINVAL, boot->why, WHY_ROOM,
			   "%s: %s%s%s = %s: KubeVirt has no word for it", boot->machine.name,
			   section, *section ? "." : "", key->name, word);
}

static int check_disk(struct boot *boot, const struct machine_disk *disk)
{
	const union value *value = disk->value;
	char section[48];
	int key = !buses[value[DISK_BUS].num]		     ? DISK_BUS :
		  value[DISK_CACHE].num > CACHE_WRITETHROUGH ? DISK_CACHE :
		  value[DISK_AIO].num == AIO_IO_URING	     ? DISK_AIO :
		  value[DISK_RATE].num			     ? DISK_RATE :
		  value[DISK_IOPS].num			     ? DISK_IOPS :
							       -1;

	snprintf(section, sizeof(section), "disk.%s", disk->name);
	if (key >= 0)
		return lack(boot, section, &disk_keys[key], &value[key]);
	if (*value[DISK_FILE].text)
		return text_refuse(
			-EINVAL, boot->why, WHY_ROOM,
			"%s: %s.file = %s: in a cluster the disk is a claim: %s.file= and "
			"%s.size= make it one",
			boot->machine.name, section, value[DISK_FILE].text, section, section);
	return 0;
}

static int check_nic(struct boot *boot, const struct machine_nic *nic, unsigned *on_pod)
{
	const union value *value = nic->value;
	char section[48];
	int key = value[NIC_MODEL].num == MODEL_VMXNET3 ? NIC_MODEL :
		  value[NIC_NETWORK].num == NETWORK_SOCKET ||
				  value[NIC_NETWORK].num == NETWORK_NONE ?
							  NIC_NETWORK :
							  -1;

	if (value[NIC_MODEL].num == MODEL_NONE)
		return 0;
	snprintf(section, sizeof(section), "nic.%s", nic->name);
	if (key >= 0)
		return lack(boot, section, &nic_keys[key], &value[key]);
	if (value[NIC_NETWORK].num == NETWORK_USER && (*on_pod)++)
		return text_refuse(-EINVAL, boot->why, WHY_ROOM,
				   "%s: %s.network = user: one card can be on the pod's network; "
				   "bridge and an interface name a network of Multus",
				   boot->machine.name, section);
	return 0;
}

static int check(struct boot *boot)
{
	const struct machine *machine = &boot->machine;
	unsigned on_pod = 0;
	int err = 0;

	if (machine->value[MACHINE_CHIPSET].num != CHIPSET_Q35)
		return lack(boot, "", &machine_keys[MACHINE_CHIPSET],
			    &machine->value[MACHINE_CHIPSET]);
	if (machine->value[MACHINE_MEDIA].num != MEDIA_KERNEL &&
	    (boot->args[PLAN].value || *boot->args[WORDS].value))
		return text_refuse(-EINVAL, boot->why, WHY_ROOM,
				   "%s: plan= and words= need media = kernel here: a medium boots "
				   "with its own",
				   machine->name);
	for (size_t i = 0; i < machine->disk_count && !err; i++)
		err = check_disk(boot, &machine->disks[i]);
	for (size_t i = 0; i < machine->nic_count && !err; i++)
		err = check_nic(boot, &machine->nics[i], &on_pod);
	return err;
}

/* ---- disks ---- */

/* What is made anew for each boot and is qcow2 is KubeVirt's own empty disk; raw is a claim of that
 * size, as a device: on a file system KubeVirt keeps a part of it for itself. */
static bool is_claim(const struct machine_disk *disk)
{
	return disk->value[DISK_FORMAT].num == FORMAT_RAW &&
	       disk->value[DISK_KIND].num != KIND_MEDIUM;
}

static void add_claim(const struct machine *machine, const struct machine_disk *disk, cJSON *items)
{
	char name[LABEL_ROOM];
	cJSON *claim = add_item(items), *spec, *modes;

	name_claim(machine, disk, name);
	cJSON_AddStringToObject(claim, "apiVersion", "v1");
	cJSON_AddStringToObject(claim, "kind", "PersistentVolumeClaim");
	cJSON_AddStringToObject(cJSON_AddObjectToObject(claim, "metadata"), "name", name);
	spec = cJSON_AddObjectToObject(claim, "spec");
	modes = cJSON_AddArrayToObject(spec, "accessModes");
	cJSON_AddItemToArray(modes, cJSON_CreateString("ReadWriteOnce"));
	cJSON_AddStringToObject(spec, "volumeMode", "Block");
	add_quantity(cJSON_AddObjectToObject(cJSON_AddObjectToObject(spec, "resources"),
					     "requests"),
		     "storage", disk->value[DISK_SIZE].num);
}

static void add_disk(const struct machine *machine, const struct machine_disk *disk, cJSON *disks)
{
	cJSON *item = add_item(disks), *target;
	char name[LABEL_ROOM];

	name_object(disk->name, name, sizeof(name));
	cJSON_AddStringToObject(item, "name", name);
	target = cJSON_AddObjectToObject(item, qemu_is_cdrom(machine, disk) ? "cdrom" : "disk");
	cJSON_AddStringToObject(target, "bus", buses[disk->value[DISK_BUS].num]);
	if (*disk->value[DISK_SERIAL].text)
		cJSON_AddStringToObject(item, "serial", disk->value[DISK_SERIAL].text);
	add_choice(item, "cache", &disk_keys[DISK_CACHE], &disk->value[DISK_CACHE]);
	add_choice(item, "io", &disk_keys[DISK_AIO], &disk->value[DISK_AIO]);
	if (disk->value[DISK_KIND].num == KIND_MEDIUM)
		cJSON_AddNumberToObject(item, "bootOrder", 1);
}

static void add_volume(const struct boot *boot, const struct machine_disk *disk, cJSON *volumes)
{
	bool disc = boot->machine.value[MACHINE_MEDIA].num == MEDIA_ISO;
	cJSON *item = add_item(volumes), *source;
	char name[LABEL_ROOM];

	name_object(disk->name, name, sizeof(name));
	cJSON_AddStringToObject(item, "name", name);
	if (disk->value[DISK_KIND].num == KIND_MEDIUM) {
		source = cJSON_AddObjectToObject(item, "containerDisk");
		cJSON_AddStringToObject(source, "image", boot->args[CONTAINER].value);
		cJSON_AddStringToObject(source, "path",
					disc ? "/disk/assay.iso" : "/disk/assay.img");
	} else if (is_claim(disk)) {
		source = cJSON_AddObjectToObject(item, "persistentVolumeClaim");
		name_claim(&boot->machine, disk, name);
		cJSON_AddStringToObject(source, "claimName", name);
	} else {
		source = cJSON_AddObjectToObject(item, "emptyDisk");
		add_quantity(source, "capacity", disk->value[DISK_SIZE].num);
	}
}

/* ---- cards ---- */

static void add_nic(const struct machine *machine, const struct machine_nic *nic, cJSON *interfaces,
		    cJSON *networks)
{
	bool on_pod = nic->value[NIC_NETWORK].num == NETWORK_USER;
	cJSON *item = add_item(interfaces), *network = add_item(networks);
	char name[LABEL_ROOM];

	name_object(nic->name, name, sizeof(name));
	cJSON_AddStringToObject(item, "name", name);
	if (nic->value[NIC_MODEL].num == MODEL_VIRTIO)
		cJSON_AddStringToObject(item, "model", "virtio");
	else
		add_choice(item, "model", &nic_keys[NIC_MODEL], &nic->value[NIC_MODEL]);
	cJSON_AddObjectToObject(item, on_pod ? "masquerade" : "bridge");
	if (*nic->value[NIC_MAC].text)
		cJSON_AddStringToObject(item, "macAddress", nic->value[NIC_MAC].text);
	if (nic->value[NIC_LINK].num == LINK_DOWN)
		cJSON_AddStringToObject(item, "state", "down");
	if (machine->value[MACHINE_MEDIA].num == MEDIA_PXE && nic == machine_boot_nic(machine))
		cJSON_AddNumberToObject(item, "bootOrder", 1);
	cJSON_AddStringToObject(network, "name", name);
	if (on_pod)
		cJSON_AddObjectToObject(network, "pod");
	else
		cJSON_AddStringToObject(cJSON_AddObjectToObject(network, "multus"), "networkName",
					nic->value[NIC_INTERFACE].text);
}

/* ---- the machine ---- */

static void add_processor(const struct machine *machine, cJSON *domain)
{
	cJSON *cpu = cJSON_AddObjectToObject(domain, "cpu"), *feature;

	cJSON_AddNumberToObject(cpu, "cores", (double)machine->value[MACHINE_CPUS].num);
	cJSON_AddStringToObject(cpu, "model", "host-passthrough");
	if (machine->value[MACHINE_HYPERVISOR].num != HYPERVISOR_HIDDEN)
		return;
	feature = add_item(cJSON_AddArrayToObject(cpu, "features"));
	cJSON_AddStringToObject(feature, "name", "hypervisor");
	cJSON_AddStringToObject(feature, "policy", "disable");
	cJSON_AddBoolToObject(cJSON_AddObjectToObject(cJSON_AddObjectToObject(domain, "features"),
						      "kvm"),
			      "hidden", true);
}

static void add_firmware(const struct boot *boot, cJSON *domain)
{
	cJSON *firmware = cJSON_AddObjectToObject(domain, "firmware"), *loader, *kernel;

	loader = cJSON_AddObjectToObject(firmware, "bootloader");
	if (boot->machine.value[MACHINE_FIRMWARE].num == FIRMWARE_UEFI)
		cJSON_AddBoolToObject(cJSON_AddObjectToObject(loader, "efi"), "secureBoot", false);
	else
		cJSON_AddObjectToObject(loader, "bios");
	if (boot->machine.value[MACHINE_MEDIA].num != MEDIA_KERNEL)
		return;
	kernel = cJSON_AddObjectToObject(firmware, "kernelBoot");
	cJSON_AddStringToObject(kernel, "kernelArgs", boot->words);
	kernel = cJSON_AddObjectToObject(kernel, "container");
	cJSON_AddStringToObject(kernel, "image", boot->args[CONTAINER].value);
	cJSON_AddStringToObject(kernel, "kernelPath", "/boot/assay.efi");
}

/* Nothing by default: what the machine file does not say is not there, but the serial line. */
static cJSON *add_devices(cJSON *domain)
{
	cJSON *devices = cJSON_AddObjectToObject(domain, "devices");

	cJSON_AddBoolToObject(devices, "autoattachGraphicsDevice", false);
	cJSON_AddBoolToObject(devices, "autoattachMemBalloon", false);
	cJSON_AddBoolToObject(devices, "autoattachPodInterface", false);
	cJSON_AddBoolToObject(devices, "autoattachSerialConsole", true);
	cJSON_AddBoolToObject(devices, "logSerialConsole", true);
	return devices;
}

static void add_spec(const struct boot *boot, cJSON *spec)
{
	const struct machine *machine = &boot->machine;
	cJSON *domain = cJSON_AddObjectToObject(spec, "domain"), *devices, *list, *networks;

	cJSON_AddNumberToObject(spec, "terminationGracePeriodSeconds", 0);
	add_choice(cJSON_AddObjectToObject(domain, "machine"), "type",
		   &machine_keys[MACHINE_CHIPSET], &machine->value[MACHINE_CHIPSET]);
	add_processor(machine, domain);
	add_quantity(cJSON_AddObjectToObject(domain, "memory"), "guest",
		     machine->value[MACHINE_MEMORY].num);
	add_firmware(boot, domain);
	devices = add_devices(domain);
	list = cJSON_AddArrayToObject(devices, "disks");
	for (size_t i = 0; i < machine->disk_count; i++)
		add_disk(machine, &machine->disks[i], list);
	list = cJSON_AddArrayToObject(spec, "volumes");
	for (size_t i = 0; i < machine->disk_count; i++)
		add_volume(boot, &machine->disks[i], list);
	list = cJSON_AddArrayToObject(devices, "interfaces");
	networks = cJSON_AddArrayToObject(spec, "networks");
	for (size_t i = 0; i < machine->nic_count; i++)
		if (machine->nics[i].value[NIC_MODEL].num != MODEL_NONE)
			add_nic(machine, &machine->nics[i], list, networks);
}

/* What KubeVirt does not do by itself, for whoever watches: the time limit, the other end. */
static void add_notes(const struct boot *boot, cJSON *metadata)
{
	cJSON *notes = cJSON_AddObjectToObject(metadata, "annotations");
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.15g", boot->machine.value[MACHINE_TIMEOUT].real);
	cJSON_AddStringToObject(notes, "assay/machine", boot->machine.title);
	cJSON_AddStringToObject(notes, "assay/timeout-seconds", seconds);
	add_choice(notes, "assay/peer", &peer_keys[PEER_KIND], &boot->machine.peer[PEER_KIND]);
}

static cJSON *describe(const struct boot *boot)
{
	const struct machine *machine = &boot->machine;
	cJSON *json = cJSON_CreateObject(), *items, *instance, *metadata;
	char name[LABEL_ROOM];

	cJSON_AddStringToObject(json, "apiVersion", "v1");
	cJSON_AddStringToObject(json, "kind", "List");
	items = cJSON_AddArrayToObject(json, "items");
	for (size_t i = 0; i < machine->disk_count; i++)
		if (is_claim(&machine->disks[i]))
			add_claim(machine, &machine->disks[i], items);
	instance = add_item(items);
	cJSON_AddStringToObject(instance, "apiVersion", "kubevirt.io/v1");
	cJSON_AddStringToObject(instance, "kind", "VirtualMachineInstance");
	metadata = cJSON_AddObjectToObject(instance, "metadata");
	name_object(machine->name, name, sizeof(name));
	cJSON_AddStringToObject(metadata, "name", name);
	add_notes(boot, metadata);
	add_spec(boot, cJSON_AddObjectToObject(instance, "spec"));
	return json;
}

int boot_print_kubevirt(struct boot *boot)
{
	cJSON *json;
	char *text;
	int err = check(boot);

	if (!err && boot->machine.value[MACHINE_MEDIA].num == MEDIA_KERNEL)
		err = boot_choose_words(boot);
	if (err)
		return err;
	json = describe(boot);
	text = cJSON_Print(json);
	cJSON_Delete(json);
	if (!text)
		return -ENOMEM;
	puts(text);
	free(text);
	return 0;
}
