/* SPDX-License-Identifier: MIT */
/* CPU, topology, caches, frequency and idle states, as the kernel tells them. See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS "/sys/devices/system/cpu"

void cpuinfo_find(const char *text, const char *key, char *out, size_t room)
{
	size_t len = strlen(key);

	out[0] = '\0';
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + len;

		if (strncmp(line, key, len) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at != ':')
			continue;
		at += 1 + strspn(at + 1, " ");
		snprintf(out, room, "%.*s", (int)strcspn(at, "\n"), at);
		text_make_plain(out);
		return;
	}
}

/* Of the first CPU: the others of a board are of its kind, and asking each for its frequency, as
 * reading all of /proc/cpuinfo does, interrupts them. */
cJSON *processor_detail(void)
{
	static const struct {
		const char *key, *line;
	} lines[] = {
		{ "vendor", "vendor_id" },    { "family", "cpu family" },
		{ "model", "model" },	      { "stepping", "stepping" },
		{ "microcode", "microcode" }, { "addressSizes", "address sizes" },
	};
	cJSON *detail = cJSON_CreateObject();
	char text[8192], value[80];

	file_read(text, sizeof(text), "/proc/cpuinfo");
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		cpuinfo_find(text, lines[i].line, value, sizeof(value));
		fact_text(detail, lines[i].key, value);
	}
	return detail;
}

/* ---- topology ---- */

static unsigned count_list(const char *path)
{
	char list[1024];
	cpu_set_t set;

	if (file_read(list, sizeof(list), "%s", path) <= 0 || cpus_parse(list, &set))
		return 0;
	return (unsigned)CPU_COUNT(&set);
}

/* A core is told once, by the first of its threads; a socket by the first of its CPUs. */
static bool is_first(unsigned cpu, const char *of_whom)
{
	char list[1024];

	return file_read(list, sizeof(list), CPUS "/cpu%u/topology/%s", cpu, of_whom) > 0 &&
	       strtoul(list, NULL, 10) == cpu;
}

static cJSON *cache_detail(const char *folder)
{
	cJSON *cache = cJSON_CreateObject();
	char path[BELOW_SYS], text[32] = "";
	uint64_t bytes = 0;

	fact_file_number(cache, "level", 1, "%s/level", folder);
	fact_file(cache, "type", "%s/type", folder);
	file_read(text, sizeof(text), "%s/size", folder); /* "32K" */
	if (text_bytes(text, &bytes))
		bytes = 0;
	fact_count(cache, "bytes", bytes);
	fact_file_number(cache, "lineBytes", 1, "%s/coherency_line_size", folder);
	fact_file_number(cache, "ways", 1, "%s/ways_of_associativity", folder);
	snprintf(path, sizeof(path), "%.480s/shared_cpu_list", folder);
	fact_count(cache, "sharedByCpus", count_list(path));
	return cache;
}

cJSON *topology_detail(void)
{
	cJSON *detail = cJSON_CreateObject(), *caches;
	unsigned sockets = 0, cores = 0, threads = 0;
	char folder[BELOW_SYS], list[1024];
	cpu_set_t online;

	if (file_read(list, sizeof(list), CPUS "/online") <= 0 || cpus_parse(list, &online))
		CPU_ZERO(&online);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &online))
			continue;
		threads++;
		cores += is_first(cpu, "core_cpus_list");
		sockets += is_first(cpu, "package_cpus_list");
	}
	fact_count(detail, "sockets", sockets);
	fact_count(detail, "cores", cores);
	fact_count(detail, "threads", threads);
	fact_count(detail, "numaNodes", count_list("/sys/devices/system/node/online"));
	caches = cJSON_AddArrayToObject(detail, "cachesOfFirstCpu");
	for (unsigned i = 0; i < 16; i++) {
		snprintf(folder, sizeof(folder), CPUS "/cpu0/cache/index%u", i);
		if (access(folder, F_OK))
			break;
		cJSON_AddItemToArray(caches, cache_detail(folder));
	}
	return detail;
}

/* ---- frequency ---- */

cJSON *frequency_detail(void)
{
	static const char policies[] = CPUS "/cpufreq";
	static const struct {
		const char *key, *file;
	} of_policy[] = {
		{ "driver", "scaling_driver" },
		{ "governor", "scaling_governor" },
		{ "leastKhz", "scaling_min_freq" },
		{ "mostKhz", "scaling_max_freq" },
		{ "hardwareLeastKhz", "cpuinfo_min_freq" },
		{ "hardwareMostKhz", "cpuinfo_max_freq" },
		{ "baseKhz", "base_frequency" },
		{ "energyPreference", "energy_performance_preference" },
	};
	cJSON *detail = cJSON_CreateObject();

	if (access(CPUS "/cpufreq/policy0", F_OK)) {
		fact_text(detail, "driver", "");
		fact_text(detail, "governor", "");
		return detail;
	}
	for (size_t i = 0; i < COUNT_OF(of_policy); i++)
		fact_each(detail, of_policy[i].key, policies, "policy", of_policy[i].file);
	fact_file(detail, "boost", "%s/boost", policies);
	fact_file(detail, "noTurbo", CPUS "/intel_pstate/no_turbo");
	fact_file(detail, "intelPstate", CPUS "/intel_pstate/status");
	fact_file(detail, "amdPstate", CPUS "/amd_pstate/status");
	return detail;
}

/* ---- idle states ---- */

static cJSON *state_detail(const char *folder)
{
	cJSON *state = cJSON_CreateObject();
	char disabled[16];

	fact_file(state, "name", "%s/name", folder);
	fact_file_number(state, "latencyMicroseconds", 1, "%s/latency", folder);
	file_read(disabled, sizeof(disabled), "%s/disable", folder);
	fact_text(state, "enabled", disabled[0] == '0' ? "yes" : disabled[0] ? "no" : "");
	return state;
}

cJSON *idle_detail(void)
{
	cJSON *detail = cJSON_CreateObject(), *states;
	char folder[BELOW_SYS];

	fact_file(detail, "driver", CPUS "/cpuidle/current_driver");
	fact_file(detail, "governor", CPUS "/cpuidle/current_governor");
	states = cJSON_AddArrayToObject(detail, "states");
	for (unsigned i = 0; i < 16; i++) {
		snprintf(folder, sizeof(folder), CPUS "/cpu0/cpuidle/state%u", i);
		if (access(folder, F_OK))
			break;
		cJSON_AddItemToArray(states, state_detail(folder));
	}
	if (!cJSON_GetArraySize(states)) {
		cJSON_DeleteItemFromObject(detail, "states");
		fact_text(detail, "states", "");
	}
	return detail;
}
