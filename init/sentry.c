/* SPDX-License-Identifier: MIT */
/* Around a step: what the kernel said and what moved in the machine, recorded with it. */
#include "init/sentry/sentry.h"

#include "init/pair/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void sentry_begin(struct sentry *sentry, struct story *story)
{
	/* First the messages, so that no event has its message before them and its count behind. */
	sentry->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (sentry->kmsg >= 0)
		lseek(sentry->kmsg, 0, SEEK_END); /* what comes from here on */
	sentry->has_partner = story->pair && story->pair->serves_us && !story->pair->gone;
	health_read(&sentry->before);
	pair_read_clock(story, &sentry->before);
}

enum { REMARKS = 8 }; /* messages kept with a step; a kernel that does not stop is not copied out */

static void take_message(struct story *story, const struct step *step, const struct kmsg *message,
			 struct reasons *reasons, unsigned *remarks)
{
	enum lost kind;
	enum kmsg_kind meaning = kmsg_judge(message, &kind);

	if (meaning == KMSG_LOST)
		reasons_add(reasons, kind, "the kernel says: %.170s", message->text);
	else if ((*remarks)++ < REMARKS)
		record_log(story, step->id, SEVERITY_INFO, "kernel: %s", message->text);
}

static void read_messages(const struct sentry *sentry, struct story *story, const struct step *step,
			  struct reasons *reasons)
{
	unsigned remarks = 0;

	while (sentry->kmsg >= 0) {
		char record[8192]; /* the longest that the kernel gives is shorter */
		ssize_t len = read(sentry->kmsg, record, sizeof(record));
		struct kmsg message;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EPIPE) {
			reasons_add(reasons, LOST_KERNEL_MESSAGE,
				    "the kernel said more than it keeps");
			continue;
		}
		if (len <= 0)
			break;
		if (!kmsg_parse(record, (size_t)len, &message))
			take_message(story, step, &message, reasons, &remarks);
	}
	if (remarks > REMARKS)
		record_log(story, step->id, SEVERITY_INFO, "kernel: %u messages more",
			   remarks - REMARKS);
}

static void record_reasons(struct story *story, const struct step *step,
			   const struct reasons *reasons)
{
	char verdict[48];

	for (size_t i = 0; i < reasons->count; i++) {
		snprintf(verdict, sizeof(verdict), "invalid-%s", lost_name(reasons->at[i].kind));
		journal_write(&story->journal, artifact_diagnosis(step->id, verdict, VERDICT_FAIL,
								  reasons->at[i].text));
	}
	if (reasons->more)
		record_log(story, step->id, SEVERITY_WARNING, "and %zu reasons more",
			   reasons->more);
}

/* Only a step that measured can lose its worth: one that ended otherwise keeps its own outcome, and
 * the reasons beside it. */
static void judge(const struct reasons *reasons, struct result *result)
{
	if (!reasons->count || result->outcome != RUN_OK)
		return;
	result->outcome = RUN_INVALID;
	snprintf(result->reason, sizeof(result->reason), "%s: %s%s", lost_name(reasons->at[0].kind),
		 reasons->at[0].text, reasons->count > 1 ? "; and more" : "");
}

/* Labels have jumped, durations have not: no reason to call the step worthless. First of what is
 * recorded after it, so that whoever reads stamps going back finds why. */
static void tell_wall_clock(const struct health *before, const struct health *after,
			    struct story *story, const struct step *step)
{
	double ours_s = after->raw_s - before->raw_s, theirs_s = after->wall_s - before->wall_s;

	if (fabs(theirs_s - ours_s) > 0.5 + ours_s / 1000)
		record_log(
			story, step->id, SEVERITY_INFO,
			"the wall clock was set by %+.3f s meanwhile: it labels and times nothing",
			theirs_s - ours_s);
}

void sentry_end(struct sentry *sentry, struct story *story, const struct step *step,
		struct result *result)
{
	struct reasons reasons = { 0 };
	struct health after;

	health_read(&after);
	tell_wall_clock(&sentry->before, &after, story, step);
	pair_read_clock(story, &after);
	if (sentry->has_partner && story->pair->gone)
		reasons_add(&reasons, LOST_PARTNER, "%.190s", story->pair->why_gone);
	health_compare(&sentry->before, &after, &reasons);
	read_messages(sentry, story, step, &reasons);
	if (sentry->kmsg >= 0)
		close(sentry->kmsg);
	record_reasons(story, step, &reasons);
	judge(&reasons, result);
}
