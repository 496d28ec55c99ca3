/* SPDX-License-Identifier: MIT */
/* Values as the kernel shows them in /sys and /proc, and lists of numbers: devices and drivers
 * write them, and a guest's host may. clang -fsanitize=fuzzer,address,undefined. */
#include "bench/engine/cpu.h"
#include "bench/engine/device_bytes.h"
#include "bench/engine/lists.h"
#include "init/ground/ground.h"
#include "init/init.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

static void read_counters(const char *text)
{
	struct cpu_time before = { 0 }, after;
	struct device_bytes bytes;
	struct cpu_share share;

	for (int cpu = CPU_ALL; cpu < 3; cpu++)
		if (cpu_time_read(text, cpu, &after)) {
			cpu_share_of(&before, &after, &share);
			insist(share.busy >= 0);
		}
	device_bytes_parse(text, &bytes);
}

static void read_words(char *text)
{
	char small[16], address[64], why[200];
	uint64_t kb;
	bool set;

	queue_active(text, small, sizeof(small));
	insist(strlen(small) < sizeof(small));
	read_ahead_kb(text, &set, &kb, why, sizeof(why));
	if (!link_local_find(text, "eth0", address, sizeof(address)))
		insist(strstr(address, "%eth0"));
	identity_tidy(text);
	for (const char *at = text; *at; at++)
		insist(*at >= ' ' && *at <= '~');
}

static void read_list(const char *text)
{
	struct list list;
	char why[200] = "";

	if (list_parse(&list, "depths", text, text_u64, 1, 1024, why, sizeof(why))) {
		insist(!strncmp(why, "depths", 6));
		return;
	}
	insist(list.count && list.count <= LIST_MOST);
	for (size_t i = 0; i < list.count; i++)
		insist(list.item[i] >= 1 && list.item[i] <= 1024);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	read_counters(text);
	read_list(text);
	read_words(text);
	free(text);
	return 0;
}
