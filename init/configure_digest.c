/* SPDX-License-Identifier: MIT */
/* The settings of a run as one digest: two partners compare what each is about to do. */
#include "init/init.h"

static void digest_value(struct digest *out, const struct param *param, const union value *value)
{
	char line[512];
	struct text text;

	text_begin(&text, line, sizeof(line));
	text_add(&text, "%s=", param->name);
	param_format(param, value, &text);
	digest_chain(out, line, text.len);
}

void settings_digest_steps(const struct settings *settings, struct digest *out)
{
	char line[512];
	struct text text;

	*out = (struct digest){ 0 };
	for (size_t i = 0; i < settings->request_count; i++) {
		const struct request *request = &settings->request[i];
		const struct param *params = request->bench->params;

		text_begin(&text, line, sizeof(line));
		text_add(&text, "[%s %s]", request->bench->name, request->label);
		digest_chain(out, line, text.len);
		for (size_t k = 0; k < params_count(params); k++)
			digest_value(out, &params[k], &request->value[k]);
		for (size_t k = 0; k < GROUND_KEYS; k++)
			if (ground_has_key(request->bench, k))
				digest_value(out, &ground_table[k], &request->ground[k]);
	}
}
