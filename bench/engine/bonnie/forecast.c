/* SPDX-License-Identifier: MIT */
/* How long file.bonnie will take at given speeds: phase by phase what it asks of disk, cache and
 * CPU, the slowest of them. */
#include "bench/file/bonnie.h"

#include <string.h>

/* What a character costs through our buffer on a slow machine; the record of a direct request's way
 * to the disk and back. */
static const double char_s = 5e-9, direct_request_s = 50e-6;

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* The size rule sees to it that it does not, unless ram= put it out of force. */
static bool fits_memory(const union value *values, const struct speeds *speeds)
{
	return !strcmp(values[BONNIE_RAM].text, "0") &&
	       (double)bonnie_file_bytes(values) <= speeds->memory_bytes;
}

/* One pass over the large file. */
static double pass(const union value *values, const struct speeds *speeds, bool writes)
{
	double bytes = (double)bonnie_file_bytes(values);
	double requests = bytes / (double)values[BONNIE_CHUNK].num;
	double disk = bytes / (writes ? speeds->disk_write : speeds->disk_read);
	double cache = bytes / (writes ? speeds->cache_write : speeds->cache_read) +
		       requests * speeds->call_s;

	if (values[BONNIE_DIRECT].on)
		return larger(disk, requests * direct_request_s);
	if (!fits_memory(values, speeds))
		return larger(disk, cache);
	/* What fits in the cache is read from there, and written behind unless a flush waits. */
	return writes && bonnie_syncs(values, true) ? larger(disk, cache) : cache;
}

static double per_byte(const union value *values, const struct speeds *speeds)
{
	double bytes = (double)bonnie_per_byte_bytes(values);
	double cpu = bytes * (bonnie_is_old(values) ? char_s : speeds->call_s);
	bool cached = fits_memory(values, speeds);

	return larger(cpu, cached && !bonnie_syncs(values, true) ? 0 : bytes / speeds->disk_write) +
	       larger(cpu, cached ? 0 : bytes / speeds->disk_read);
}

/* As if one after the other: seekers share one disk. */
static double seeks(const union value *values, const struct speeds *speeds)
{
	double count = (double)values[BONNIE_SEEKS].num, updates = count / 10;
	bool cached = !values[BONNIE_DIRECT].on && fits_memory(values, speeds);

	return count * (cached ? 2 * speeds->call_s : 1 / speeds->disk_random_read) +
	       updates * (cached ? speeds->call_s : 1 / speeds->disk_random_write) +
	       (values[BONNIE_SYNC].on ? updates * speeds->flush_s : 0);
}

static double large_file(const union value *values, const struct speeds *speeds)
{
	double writing = pass(values, speeds, true), reading = pass(values, speeds, false);

	return 2 * writing + 2 * reading + per_byte(values, speeds) + seeks(values, speeds) +
	       5 * speeds->flush_s;
}

/* Made, looked at and deleted, twice. Deleting is taken to cost what making does. */
static double many_files(const union value *values, const struct speeds *speeds)
{
	struct bonnie_files files;
	double bytes, one;

	if (bonnie_files(values, &files))
		return 0;
	bytes = (double)(files.min_bytes + files.max_bytes) / 2;
	one = 2 * speeds->create_s + speeds->call_s;
	if (files.max_bytes)
		one += 6 * speeds->call_s + bytes / speeds->disk_write + bytes / speeds->cache_read;
	if (values[BONNIE_SYNC].on)
		one += 3 * speeds->flush_s;
	return 2 * (files.count * one + (files.count ? 2 * speeds->flush_s : 0));
}

double bonnie_seconds(const union value *values, const struct speeds *speeds)
{
	double once = many_files(values, speeds);

	if (values[BONNIE_IO].on)
		once += large_file(values, speeds);
	return once * (double)values[BONNIE_REPEATS].num;
}
