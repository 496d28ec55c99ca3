/* SPDX-License-Identifier: MIT */
/* Which hypervisor, by its own words and by the firmware's, and what it offers. See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* Vendors and products that no board is sold under. */
static const char *by_firmware(const struct machine *machine)
{
	static const struct {
		const char *words, *name;
	} known[] = {
		{ "QEMU", "QEMU" },
		{ "KVM", "KVM" },
		{ "VMware", "VMware" },
		{ "VirtualBox", "VirtualBox" },
		{ "innotek", "VirtualBox" },
		{ "Xen", "Xen" },
		{ "Virtual Machine", "Hyper-V" },
		{ "Google Compute Engine", "Google Compute Engine" },
		{ "Amazon EC2", "Amazon EC2" },
		{ "OpenStack", "OpenStack" },
		{ "Bochs", "Bochs" },
		{ "KubeVirt", "KubeVirt" },
		{ "BHYVE", "bhyve" },
		{ "Parallels", "Parallels" },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strstr(machine->vendor, known[i].words) ||
		    strstr(machine->product, known[i].words))
			return known[i].name;
	return "none";
}

static const char *by_processor(const char *letters)
{
	static const struct {
		const char *letters, *name;
	} known[] = {
		{ "KVMKVMKVM", "KVM" },		 { "TCGTCGTCGTCG", "QEMU TCG" },
		{ "VMwareVMware", "VMware" },	 { "Microsoft Hv", "Hyper-V" },
		{ "XenVMMXenVMM", "Xen" },	 { "VBoxVBoxVBox", "VirtualBox" },
		{ "bhyve bhyve ", "bhyve" },	 { "ACRNACRNACRN", "ACRN" },
		{ " lrpepyh  vr", "Parallels" }, { "none", "none" },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(letters, known[i].letters))
			return known[i].name;
	return letters;
}

/* Leaf 0x40000001 of KVM (Documentation/virt/kvm/x86/cpuid.rst). False: the hypervisor is another.
 */
static bool read_kvm_features(const char *letters, unsigned *out)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;

	if (strcmp(letters, "KVMKVMKVM") != 0)
		return false;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000001), "c"(0));
	*out = a;
	return true;
#else
	(void)letters;
	(void)out;
	return false;
#endif
}

static const char *const kvm_names[32] = {
	[0] = "clocksource",
	[1] = "nop-io-delay",
	[2] = "mmu-op",
	[3] = "clocksource2",
	[4] = "async-pf",
	[5] = "steal-time",
	[6] = "pv-eoi",
	[7] = "pv-unhalt",
	[9] = "pv-tlb-flush",
	[10] = "async-pf-vmexit",
	[11] = "pv-send-ipi",
	[12] = "poll-control",
	[13] = "pv-sched-yield",
	[14] = "async-pf-int",
	[15] = "msi-ext-dest-id",
	[16] = "hc-map-gpa-range",
	[17] = "migration-control",
	[24] = "clocksource-stable",
};

static void add_features(cJSON *detail, bool is_kvm, unsigned features)
{
	char words[400] = "";
	struct text text;

	text_begin(&text, words, sizeof(words));
	for (unsigned bit = 0; is_kvm && bit < 32; bit++) {
		if (!(features & 1u << bit))
			continue;
		text_add(&text, "%s", text.len ? " " : "");
		if (kvm_names[bit])
			text_add(&text, "%s", kvm_names[bit]);
		else
			text_add(&text, "bit-%u", bit);
	}
	fact_text(detail, "features", words);
}

/* Stolen time is known to a guest only if its hypervisor counts it for the guest; where it does
 * not, self.noise and the noise gate see it as work that takes longer. */
static const char *steal_words(const char *letters, bool is_kvm, unsigned features)
{
	enum { STEAL_TIME = 5 };

	if (!strcmp(letters, "none"))
		return "absent: no hypervisor";
	if (!strcmp(letters, "XenVMMXenVMM") || (is_kvm && features & 1u << STEAL_TIME))
		return "told by the hypervisor";
	return "absent: the hypervisor does not tell it";
}

cJSON *virtualisation_detail(const struct machine *machine)
{
	cJSON *detail = cJSON_CreateObject();
	unsigned features = 0;
	bool is_kvm = read_kvm_features(machine->hypervisor, &features);

	fact_text(detail, "byProcessor", by_processor(machine->hypervisor));
	fact_text(detail, "byFirmware", by_firmware(machine));
	add_features(detail, is_kvm, features);
	fact_text(detail, "stealTime", steal_words(machine->hypervisor, is_kvm, features));
	return detail;
}
