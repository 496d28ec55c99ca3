/* SPDX-License-Identifier: MIT */
/* Pages lent to a socket: see lender.h. */
#include "bench/net/wire/lender.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

/* splice(2) has no MSG_NOSIGNAL: a partner that resets must be an error, not the end of us. */
static void hold_back_signal(void)
{
	sigset_t broken_pipe;

	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
}

int lender_open(struct lender *lender, uint8_t *buffer, size_t length)
{
	hold_back_signal();
	*lender = (struct lender){ .pipe = { -1, -1 }, .buffer = buffer };
	if (pipe2(lender->pipe, O_CLOEXEC))
		return -errno;
	/* One write in one piece where the limit allows (fs.pipe-max-size); else in several. */
	fcntl(lender->pipe[1], F_SETPIPE_SZ, (int)length);
	return 0;
}

/* A first write that cannot be lent says so before a byte is lost. */
static ssize_t fill(struct lender *lender, size_t len)
{
	struct iovec pages = { .iov_base = lender->buffer, .iov_len = len };
	ssize_t lent = vmsplice(lender->pipe[1], &pages, 1, SPLICE_F_NONBLOCK);

	if (lent > 0)
		lender->lent += (size_t)lent;
	return lent;
}

ssize_t lender_send(struct lender *lender, int fd, size_t len)
{
	if (!lender->lent && fill(lender, len) < 0)
		return -1;
	/* More follows only when the pipe was too small for the whole write. */
	unsigned flags = lender->lent < len ? SPLICE_F_MORE : 0;
	ssize_t sent = splice(lender->pipe[0], NULL, fd, NULL, lender->lent, flags);
	if (sent > 0)
		lender->lent -= (size_t)sent;
	return sent;
}

void lender_close(struct lender *lender)
{
	for (int i = 0; i < 2; i++)
		if (lender->pipe[i] >= 0)
			close(lender->pipe[i]);
	lender->pipe[0] = lender->pipe[1] = -1;
}
