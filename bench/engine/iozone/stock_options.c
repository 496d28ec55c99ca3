/* SPDX-License-Identifier: MIT */
/* iozone's words for our parameters. */
#include "bench/engine/iozone/stock.h"

#include <string.h>

enum { KIB = 1024 };

/* Options that are on or off: what is typed, what iozone then says. */
static const struct {
	enum iozone_param param;
	uint64_t choice; /* of a choice; 1 of a switch */
	const char *typed, *said;
} switches[] = {
	{ IOZONE_SMALL_RECORDS, 1, "-z", "Cross over of record size disabled." },
	{ IOZONE_FLUSH, 1, "-e", "Include fsync in write timing" },
	{ IOZONE_CLOSE, 1, "-c", "Include close in write timing" },
	{ IOZONE_DIRECT, 1, "-I", "O_DIRECT feature enabled" },
	{ IOZONE_SYNC, 1, "-o", "SYNC Mode. " },
	{ IOZONE_SYNC, 2, "-+D", ">>> O_DSYNC mode enabled. <<<" },
	{ IOZONE_UNIT, IOZONE_UNIT_OPS, "-O", "OPS Mode. Output is in operations per second." },
	{ IOZONE_UNIT, IOZONE_UNIT_US, "-N",
	  "Microseconds/op Mode. Output is in microseconds per operation." },
	{ IOZONE_CPU, 1, "-+u",
	  "CPU utilization Resolution = 0.000 seconds.\n\tCPU utilization Excel chart enabled" },
	{ IOZONE_RETESTS, 0, "-+n", "No retest option selected" },
};

static bool is_on(const union value *values, size_t i)
{
	enum iozone_param param = switches[i].param;

	if (param == IOZONE_SYNC || param == IOZONE_UNIT)
		return values[param].num == switches[i].choice;
	return values[param].on == (switches[i].choice != 0);
}

/* iozone's single mode has lists of both, its auto mode a range of at least one. */
static bool is_auto(const union value *values)
{
	return !*values[IOZONE_FILES].text || !*values[IOZONE_RECORDS].text;
}

/* ---- what one would type ---- */

static void type_sizes(const union value *values, const char *option, const char *list,
		       uint64_t (*next)(const union value *values, uint64_t after),
		       struct text *out)
{
	for (uint64_t size = 0; *list && (size = next(values, size));)
		text_add(out, "%s %lluk ", option, (unsigned long long)size / KIB);
}

static void type_range(const union value *values, struct text *out)
{
	if (!*values[IOZONE_FILES].text)
		text_add(out, "-n %lluk -g %lluk ",
			 (unsigned long long)values[IOZONE_MIN_FILE].num / KIB,
			 (unsigned long long)values[IOZONE_MAX_FILE].num / KIB);
	/* Either of them would bring the small records of large files back. */
	if (!*values[IOZONE_RECORDS].text &&
	    iozone_first_record(values, UINT64_MAX) == values[IOZONE_MIN_RECORD].num &&
	    !values[IOZONE_SMALL_RECORDS].on)
		text_add(out, "-y %lluk -q %lluk ",
			 (unsigned long long)values[IOZONE_MIN_RECORD].num / KIB,
			 (unsigned long long)values[IOZONE_MAX_RECORD].num / KIB);
}

void stock_command_line(const union value *values, struct text *out)
{
	unsigned tests = iozone_tests(values);

	text_add(out, "iozone %s", is_auto(values) ? "-a " : "");
	type_range(values, out);
	type_sizes(values, "-s", values[IOZONE_FILES].text, iozone_next_file, out);
	type_sizes(values, "-r", values[IOZONE_RECORDS].text, iozone_next_record, out);
	for (unsigned test = 0; test <= IOZONE_LAST_TEST && tests != 0xff; test++)
		if (tests & 1u << test)
			text_add(out, "-i %u ", test);
	if (tests >> 9)
		text_add(out, "-E ");
	for (size_t i = 0; i < COUNT_OF(switches); i++)
		if (is_on(values, i))
			text_add(out, "%s ", switches[i].typed);
	if (values[IOZONE_STRIDE].num != 17)
		text_add(out, "-j %llu ", (unsigned long long)values[IOZONE_STRIDE].num);
	text_add(out, "-R -b iozone.xls ");
}

/* ---- what it says ---- */

static void say_sizes(const union value *values, struct text *out)
{
	bool files = *values[IOZONE_FILES].text, records = *values[IOZONE_RECORDS].text;

	if (is_auto(values))
		text_add(out, "\tAuto Mode\n");
	if (!files)
		text_add(out,
			 "\tUsing minimum file size of %llu kilobytes.\n"
			 "\tUsing maximum file size of %llu kilobytes.\n",
			 (unsigned long long)values[IOZONE_MIN_FILE].num / KIB,
			 (unsigned long long)values[IOZONE_MAX_FILE].num / KIB);
	for (uint64_t file = 0; files && (file = iozone_next_file(values, file));)
		text_add(out, "\tFile size set to %llu kB\n", (unsigned long long)file / KIB);
	if (!records)
		text_add(
			out,
			"\tUsing Minimum Record Size %llu kB\n\tUsing Maximum Record Size %llu kB\n",
			(unsigned long long)values[IOZONE_MIN_RECORD].num / KIB,
			(unsigned long long)values[IOZONE_MAX_RECORD].num / KIB);
	for (uint64_t record = 0; records && (record = iozone_next_record(values, record));)
		text_add(out, "\tRecord Size %llu kB\n", (unsigned long long)record / KIB);
}

void stock_options(const union value *values, struct text *out)
{
	text_add(out, "\n");
	say_sizes(values, out);
	for (size_t i = 0; i < COUNT_OF(switches); i++)
		if (is_on(values, i))
			text_add(out, "\t%s\n", switches[i].said);
	text_add(out, "\tExcel chart generation enabled\n\tCommand line used: ");
	stock_command_line(values, out);
	text_add(out, "\n%s",
		 values[IOZONE_UNIT].num == IOZONE_UNIT_KB ? "\tOutput is in kBytes/sec\n" : "");
}
