/* SPDX-License-Identifier: MIT */
/* A step as the plan asks for it: its parameters, and those of what it stands on. */
#include "init/init.h"

int request_init(struct request *request, const struct bench *bench, char *why, size_t room)
{
	int err;

	*request = (struct request){ .bench = bench };
	err = params_defaults(bench->params, request->value, why, room);
	return err ? err : params_defaults(ground_table, request->ground, why, room);
}

int request_set(struct request *request, const char *name, const char *in, enum source from,
		char *why, size_t room)
{
	const struct param *params = request->bench->params;
	int err;

	if (!params_find(params, name) && params_find(ground_table, name))
		return ground_set(request, name, in, from, why, room);
	err = params_set(params, request->value, name, in, why, room);
	if (!err)
		request->from[params_find(params, name) - params] = from;
	return err;
}

int request_check(const struct request *request, char *why, size_t room)
{
	int err = request->bench->check ? request->bench->check(request->value, why, room) : 0;

	return err ? err : ground_check(request, why, room);
}
