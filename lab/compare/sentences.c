/* SPDX-License-Identifier: MIT */
/* The questions of the 2011 page, answered with the figures at hand. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

void sentence_add(struct study *study, const char *question, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0) {
		notes_add(&study->sentences, "%s\t%s", question, text);
		free(text);
	}
	va_end(args);
}

/* ---- who is who: machine files are called metal-..., file-..., lvm-... ---- */

const char *role_name(enum role role)
{
	static const char *const names[] = {
		[ROLE_UNKNOWN] = "",
		[ROLE_METAL] = "metal",
		[ROLE_FILE] = "file",
		[ROLE_LVM] = "lvm",
	};
	return names[role];
}

static enum role role_of(const char *name)
{
	for (enum role role = ROLE_METAL; role <= ROLE_LVM; role++) {
		size_t len = strlen(role_name(role));

		if (!strncmp(name, role_name(role), len) &&
		    (!name[len] || strchr("-_. ", name[len])))
			return role;
	}
	return ROLE_UNKNOWN;
}

enum role subject_role(const struct subject *subject)
{
	enum role role = subject->count ? role_of(subject->boots->machine) : ROLE_UNKNOWN;

	return role ? role : role_of(subject->name);
}

/* ---- the figures a reader asks for first ---- */

static const struct headline {
	const char *bench, *name, *words;
} headlines[] = {
	{ "net.tcp", "outgoing", "TCP sent" },	       { "net.tcp", "incoming", "TCP received" },
	{ "net.udp", "jitter", "UDP jitter" },	       { "net.ping", "rtt_avg", "round trip" },
	{ "file.bonnie", "put_block", "block write" }, { "file.bonnie", "rewrite", "rewrite" },
	{ "file.bonnie", "get_block", "block read" },  { "file.bonnie", "seeks", "seeks" },
};

static void add_effect(struct text *out, const struct comparison *found)
{
	if (found->judgement == JUDGED_APART) {
		text_add(out, "not comparable");
		return;
	}
	if (!found->ratio) {
		text_add(out, "%+.3g, %s", found->effect, judgement_name(found->judgement));
		return;
	}
	text_add(out, "%.2f times", found->effect);
	if (!isnan(found->low))
		text_add(out, " (%.2f to %.2f)", found->low, found->high);
	text_add(out, ", %s",
		 found->informative ? "informative only" : judgement_name(found->judgement));
}

static void add_surfaces(const struct study *study, size_t subject, const char *name,
			 const char *words, struct text *out)
{
	double logs = 0;
	size_t count = 0, better = 0, worse = 0;

	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];
		const struct comparison *found = &metric->against[subject];

		if (strcmp(metric->bench, "file.iozone") != 0 || strcmp(metric->name, name) != 0 ||
		    !metric->compared[subject] || !found->ratio || found->judgement == JUDGED_APART)
			continue;
		logs += log(found->effect);
		count++;
		better += found->judgement == JUDGED_BETTER;
		worse += found->judgement == JUDGED_WORSE;
	}
	if (count)
		text_add(out,
			 "%siozone %s over %zu sizes %.2f times in the mean, %zu better, %zu worse",
			 out->len ? "; " : "", words, count, exp(logs / (double)count), better,
			 worse);
}

static void say_headlines(struct study *study, size_t subject, const char *question)
{
	char list[3000];
	struct text text;

	text_begin(&text, list, sizeof(list));
	for (size_t h = 0; h < COUNT_OF(headlines); h++)
		for (size_t i = 0; i < study->metric_count; i++) {
			const struct metric *metric = &study->metrics[i];

			if (strcmp(metric->bench, headlines[h].bench) != 0 ||
			    strcmp(metric->name, headlines[h].name) != 0 ||
			    !metric->compared[subject])
				continue;
			text_add(&text, "%s%s%s%s%s ", text.len ? "; " : "", headlines[h].words,
				 *metric->label ? " (" : "", metric->label,
				 *metric->label ? ")" : "");
			add_effect(&text, &metric->against[subject]);
		}
	add_surfaces(study, subject, "write", "write", &text);
	add_surfaces(study, subject, "read", "read", &text);
	add_surfaces(study, subject, "random_read", "random read", &text);
	add_surfaces(study, subject, "random_write", "random write", &text);
	if (text.len)
		sentence_add(study, question, "%s against %s: %s.", study->subjects[subject].name,
			     study->subjects[0].name, list);
}

/* ---- all in all ---- */

/* To be called different a metric must pass two bounds; the one of the noise is that of 1 %. */
static void say_same(struct study *study, size_t subject, const unsigned *counts, unsigned judged)
{
	const char *a = study->subjects[0].name, *b = study->subjects[subject].name;

	if (!judged || counts[JUDGED_BETTER] + counts[JUDGED_WORSE] > judged / 100)
		return;
	if (2 * counts[JUDGED_SAME] >= judged)
		sentence_add(
			study, "overall",
			"As a whole %s performs the same as %s: no more metrics differ than by chance "
			"(at most 1 in 100).",
			b, a);
	else
		sentence_add(
			study, "overall",
			"Nothing speaks for a difference between %s and %s, but only %u of %u metrics are "
			"the same for certain: the noise of the boots hides what the others are.",
			b, a, counts[JUDGED_SAME], judged);
}

static void say_overall(struct study *study, size_t subject)
{
	unsigned counts[JUDGEMENTS] = { 0 }, informative = 0, all = 0;
	const char *a = study->subjects[0].name, *b = study->subjects[subject].name;

	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!metric->compared[subject])
			continue;
		all++;
		counts[metric->against[subject].judgement]++;
		informative += metric->against[subject].informative;
	}
	if (!all) {
		sentence_add(study, "overall", "%s and %s have no metric in common.", b, a);
		return;
	}
	sentence_add(
		study, "overall",
		"%s against %s: of %u metrics %u are the same, %u better, %u worse, %u cannot be told, "
		"%u are not comparable.",
		b, a, all, counts[JUDGED_SAME], counts[JUDGED_BETTER], counts[JUDGED_WORSE],
		counts[JUDGED_UNCLEAR], counts[JUDGED_APART]);
	if (informative)
		sentence_add(
			study, "overall",
			"%u of them are informative only: a claim needs %d repeats and %d boots of "
			"each.",
			informative, REPEATS_LEAST, BOOTS_LEAST);
	else
		say_same(study, subject, counts, all - counts[JUDGED_APART]);
}

/* ---- where the VM is faster, and why ---- */

static bool reads(const char *metric)
{
	static const char *const words[] = { "read", "get_block", "getc", "seeks", "stat" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strstr(metric, words[i]))
			return true;
	return false;
}

static bool is_storage(const struct metric *metric)
{
	return !strncmp(metric->bench, "file.", 5) || !strncmp(metric->bench, "disk.", 5);
}

/* What the layer below kept, by disk.hostcache; NAN: it did not run. */
static double cache_below(const struct study *study, size_t subject)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		struct levels levels;

		if (!strcmp(study->metrics[i].bench, "disk.hostcache") &&
		    !strcmp(study->metrics[i].name, "cache_below") &&
		    metric_levels(&study->metrics[i], subject, &levels))
			return levels.median;
	}
	return NAN;
}

static void explain(struct study *study, size_t vm, size_t reading, size_t other)
{
	const struct cache_word *cache = &study->subjects[vm].cache;
	const char *name = study->subjects[vm].name;
	bool found = cache_below(study, vm) > 0 || !strcmp(cache->type, "FAIL");

	if (!*cache->type)
		sentence_add(
			study, "vm-faster",
			"Whether a host cache explains it cannot be said: no step disk.hostcache ran on "
			"%s.",
			name);
	else if (found)
		sentence_add(study, "vm-faster",
			     "A cache below %s explains the %zu that read%s (disk.hostcache: %s)%s",
			     name, reading, reading == 1 ? "s" : "", cache->message,
			     other ? "; those that write are not explained by it." : ".");
	else if (!strcmp(cache->type, "PASS"))
		sentence_add(
			study, "vm-faster",
			"A host cache does not explain it: disk.hostcache found none below %s (%s).",
			name, cache->message);
	else
		sentence_add(
			study, "vm-faster",
			"Whether a host cache explains it stays open: disk.hostcache on %s: %s.",
			name, cache->message);
}

/* vm and metal: which of the two columns is which. */
static void say_faster(struct study *study, size_t subject, bool vm_is_first)
{
	const struct subject *vm = &study->subjects[vm_is_first ? 0 : subject],
			     *metal = &study->subjects[vm_is_first ? subject : 0];
	enum judgement faster = vm_is_first ? JUDGED_WORSE : JUDGED_BETTER;
	size_t reading = 0, other = 0, network = 0;
	char list[1500];
	struct text text;

	text_begin(&text, list, sizeof(list));
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!metric->compared[subject] || metric->against[subject].judgement != faster)
			continue;
		*(!is_storage(metric) ? &network : reads(metric->name) ? &reading : &other) += 1;
		if (text.len < 1200)
			text_add(&text, "%s%s %s%s%s", text.len ? ", " : "", metric->bench,
				 metric->name, *metric->place ? " at " : "", metric->place);
	}
	if (!text.len) {
		sentence_add(study, "vm-faster", "Nowhere is %s faster than %s beyond the noise.",
			     vm->name, metal->name);
		return;
	}
	sentence_add(study, "vm-faster", "%s is better than %s in %zu metrics: %s.", vm->name,
		     metal->name, reading + other + network, list);
	if (reading + other)
		explain(study, vm_is_first ? 0 : subject, reading, other);
}

static bool is_vm(enum role role)
{
	return role == ROLE_FILE || role == ROLE_LVM;
}

static const char *question_of(enum role a, enum role b)
{
	if ((a == ROLE_METAL && is_vm(b)) || (is_vm(a) && b == ROLE_METAL))
		return "metal-vm";
	if (is_vm(a) && is_vm(b) && a != b)
		return "file-lvm";
	return "headline";
}

void sentences_write(struct study *study)
{
	enum role first = subject_role(&study->subjects[0]);

	for (size_t subject = 1; subject < study->subject_count; subject++) {
		enum role role = subject_role(&study->subjects[subject]);
		const char *question = question_of(first, role);

		say_overall(study, subject);
		say_headlines(study, subject, question);
		if (!strcmp(question, "metal-vm"))
			say_faster(study, subject, is_vm(first));
		sentences_cost(study, subject);
	}
	for (size_t subject = 0; subject < study->subject_count; subject++)
		sentences_together(study, subject);
}
