/* SPDX-License-Identifier: MIT */
/* Which bits these are takes most of a second to find out where the CPU is slow. A child does it
 * while process 1 waits for links and leases; nothing is measured before it is done. */
#include "init/init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct answer {
	int payload_err;
	struct digest payload, program;
};

static void find_out(const char *build_id, struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->payload_err = payload_digest("", build_id, &answer->payload, &answer->program);
}

void identity_begin(struct identity *identity, const char *build_id)
{
	struct answer answer;
	int ends[2];

	identity->child = -1;
	if (pipe(ends))
		return;
	identity->fd = ends[0];
	identity->child = fork();
	if (!identity->child) {
		find_out(build_id, &answer);
		/* Less than PIPE_BUF: all or nothing. */
		_exit(write(ends[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	close(ends[1]);
	if (identity->child < 0)
		close(ends[0]);
}

static bool hear(struct identity *identity, struct answer *answer)
{
	enum { LIMIT_MS = 60000 };
	struct pollfd ready = { .fd = identity->fd, .events = POLLIN };
	bool heard;

	if (identity->child < 0)
		return false;
	heard = poll(&ready, 1, LIMIT_MS) == 1 &&
		read(identity->fd, answer, sizeof(*answer)) == sizeof(*answer);
	close(identity->fd);
	if (!heard)
		kill(identity->child, SIGKILL);
	while (waitpid(identity->child, NULL, 0) < 0 && errno == EINTR)
		;
	return heard;
}

void identity_end(struct identity *identity, struct machine *machine)
{
	struct answer answer;

	if (!hear(identity, &answer))
		find_out(machine->build_id, &answer);
	machine->payload_err = answer.payload_err;
	machine->payload_digest = answer.payload;
	machine->init_digest = answer.program;
}
