/* SPDX-License-Identifier: MIT */
/* The image's side of results over HTTP: URLs and answers, with tables of hostile cases. */
#include "tests/unit/test.h"

#include "init/upload/upload.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *in, *host, *path;
	uint16_t port; /* 0: refused */
} urls[] = {
	{ "http://198.18.0.1:8080/", "198.18.0.1:8080", "/", 8080 },
	{ "http://198.18.0.1", "198.18.0.1", "/", 80 },
	{ "http://198.18.0.1/lab", "198.18.0.1", "/lab/", 80 },
	{ "http://[fd00::1]:8080/a/b/", "[fd00::1]:8080", "/a/b/", 8080 },
	{ "http://[fd00::1]", "[fd00::1]", "/", 80 },
	{ "https://198.18.0.1/", .port = 0 },
	{ "http://", .port = 0 },
	{ "http:///x", .port = 0 },
	{ "http://desk/", .port = 0 },
	{ "http://198.18.0.1:/", .port = 0 },
	{ "http://198.18.0.1:0/", .port = 0 },
	{ "http://198.18.0.1:65536/", .port = 0 },
	{ "http://198.18.0.1:80 80/", .port = 0 },
	{ "http://198.18.0.1:8080x/", .port = 0 },
	{ "http://198.18.0.256/", .port = 0 },
	{ "http://user@198.18.0.1/", .port = 0 },
	{ "http://[fd00::1/", .port = 0 },
	{ "http://[]/", .port = 0 },
	{ "http://[fd00::1]x/", .port = 0 },
	{ "http://fd00::1/", .port = 0 },
	{ "http://198.18.0.1/a b", .port = 0 },
	{ "http://198.18.0.1/a\r\nHost: x/", .port = 0 },
	{ "http://198.18.0.1/?q", .port = 0 },
	{ "198.18.0.1", .port = 0 },
	{ "", .port = 0 },
};

static void urls_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct upload_url out;
		char why[WHY_ROOM] = "";
		int err = upload_url_parse(urls[i].in, &out, why, sizeof(why));

		CHECK_ROW(i, urls[i].in, !err == !!urls[i].port);
		if (err)
			CHECK_ROW(i, urls[i].in, strstr(why, "expected http://ADDRESS"));
		else
			CHECK_ROW(i, urls[i].in,
				  !strcmp(out.host, urls[i].host) &&
					  !strcmp(out.path, urls[i].path) &&
					  address_port(&out.server) == urls[i].port);
	}
}

static const struct {
	const char *in;
	int err;
	unsigned status, next;
	bool has_next;
} replies[] = {
	{ "HTTP/1.1 201 Created\r\nAssay-Next: 12\r\n\r\nkept\n", 0, 201, 12, true },
	{ "HTTP/1.0 200 OK\r\nassay-next:7\r\n\r\n", 0, 200, 7, true },
	{ "HTTP/1.1 204\r\n\r\n", 0, 204, 0, false },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nAssay-Next: 3\r\n\r\n", 0, 409, 3,
	  true },
	{ "HTTP/1.1 100 Continue\r\nAssay-Next: 9\r\n\r\nHTTP/1.1 500 X\r\n\r\n", 0, 500, 0,
	  false },
	{ "HTTP/1.1 100 Continue\r\n\r\n", -EAGAIN },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 12\r\n", -EAGAIN },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 12", -EAGAIN },
	{ "HTTP/1.1", -EAGAIN },
	{ "HT", -EAGAIN },
	{ "", -EAGAIN },
	{ "HTTP/2 200 OK\r\n\r\n", -EPROTO },
	{ "HTTP/1.1 999 OK\r\n\r\n", -EPROTO },
	{ "HTTP/1.1 20 OK\r\n\r\n", -EPROTO },
	{ "HTTP/1.1 2000 OK\r\n\r\n", -EPROTO },
	{ "HTTP/1.1  200 OK\r\n\r\n", -EPROTO },
	{ "SSH-2.0-OpenSSH\r\n\r\n", -EPROTO },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: -1\r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: \r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 1x\r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 4294967295\r\n\r\n", 0, 200, 4294967295u, true },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 4294967296\r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\nAssay-Next: 99999999999\r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\nX-Assay-Next: 4\r\n\r\n", 0, 200, 0, false },
	{ "HTTP/1.1 200 OK\r\n\r\nAssay-Next: 4\r\n\r\n", 0, 200, 0, false },
};

static void replies_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct http_reply out;

		CHECK_ROW(i, replies[i].in,
			  http_reply_parse(replies[i].in, strlen(replies[i].in), &out) ==
				  replies[i].err);
		if (!replies[i].err)
			CHECK_ROW(i, replies[i].in,
				  out.status == replies[i].status && out.next == replies[i].next &&
					  out.has_next == replies[i].has_next);
	}
}

/* A head without an end is no answer, however long one waits. */
static void heads_have_a_limit(void **state)
{
	static char in[HTTP_HEAD_MAX];
	struct http_reply out;

	(void)state;
	memset(in, 'a', sizeof(in));
	memcpy(in, "HTTP/1.1 200 OK\r\n", 17);
	assert_int_equal(http_reply_parse(in, sizeof(in) - 1, &out), -EAGAIN);
	assert_int_equal(http_reply_parse(in, sizeof(in), &out), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read),
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(heads_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
