/* server_test.c - a real server on a free port, spoken to byte by byte: what an
 * ordinary client never sends. */
#include "base/clock.h"
#include "base/work.h"
#include "http/server.h"
#include "tests/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1000, TIMEOUT_US = 1'000'000 };

/* A door that answers how long the body was; /work by a worker, /early before the body. */
static struct gw_work *workers;
static void stream(struct gw_request *r);
static atomic_int n_begun, n_ended, n_unsent;

static void answer(struct gw_request *r, int status, const char *text)
{
    r->status = status;
    r->type = "text/plain";
    gw_buf_add_text(&r->answer, text);
}
static void begin(void *self, struct gw_request *r)
{
    (void)self;
    r->most_body = MOST;
    atomic_fetch_add(&n_begun, 1);
    if (strcmp(r->uri, "/early") == 0)
        answer(r, 401, "early");
}
static void count(struct gw_request *r)
{
    char text[64];
    snprintf(text, sizeof text, "%s %zu %s", r->method, r->body.size, r->loopback ? "near" : "far");
    gw_request_answer_header(r, "X-Test", "one\r\ntwo");
    answer(r, 200, text);
}
static void run(void *job, unsigned worker)
{
    (void)worker;
    usleep(2000);
    count(job);
    gw_request_done(job);
}
static bool ready(void *self, struct gw_request *r)
{
    (void)self;
    if (strcmp(r->uri, "/work") == 0 && gw_work_submit(workers, r))
        return false;
    if (strcmp(r->uri, "/stream") == 0)
        stream(r);
    else
        count(r);
    return true;
}
static void too_large(void *self, struct gw_request *r)
{
    (void)self;
    answer(r, 413, "large");
}
static void crowded(void *self, struct gw_request *r)
{
    (void)self;
    answer(r, 503, "crowded");
}
static void end(void *self, struct gw_request *r, bool sent)
{
    (void)self;
    (void)r;
    atomic_fetch_add(&n_ended, 1);
    atomic_fetch_add(&n_unsent, !sent);
}

static const struct gw_door door = { NULL, begin, ready, too_large, crowded, end };

static struct gw_server *open_server(const char *listen, unsigned threads, size_t connections)
{
    struct gw_err err = {};
    struct gw_server_options o = { .listen = listen, .threads = threads, .connections = connections, .timeout_us = TIMEOUT_US, .most_bodies_bytes = 1 << 20 };
    struct gw_server *s = gw_server_open(&o, &door, &err);
    if (s == NULL || !gw_server_start(s, &err))
        fail_msg("%s", err.text);
    return s;
}

static int dial(const struct gw_server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons((uint16_t)atoi(strrchr(gw_server_address(s), ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Reads until the text stands in what came, or the other side is done, or five seconds passed. */
static char got[64 << 10];
static bool read_until(int fd, const char *text)
{
    size_t n = strlen(got);
    while (text == NULL || strstr(got, text) == NULL) {
        struct pollfd p = { fd, POLLIN, 0 };
        if (poll(&p, 1, 5000) <= 0)
            return false;
        ssize_t k = recv(fd, got + n, sizeof got - 1 - n, 0);
        if (k <= 0)
            return text == NULL && k == 0;
        n += (size_t)k;
        got[n] = 0;
    }
    return true;
}
static void say(int fd, const char *text)
{
    for (size_t n = strlen(text), at = 0; at < n;) {
        ssize_t k = send(fd, text + at, n - at, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        at += (size_t)k;
    }
}

static const struct row {
    const char *label, *send, *want; /* want: stands in the answer; close: and then the server closes */
    bool close;
} rows[] = {
    { "a GET is answered", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET 0 near", false },
    { "an id goes out with every answer", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "X-Request-Id: ", false },
    { "an id that is a UUID is taken", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: F81D4FAE-7dec-11d0-a765-00a0c91e6bf6\r\n\r\n",
        "X-Request-Id: f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r\n", false },
    { "an id of ours is taken", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: 01m8432k05ek2vfw9dx7erfqkf\r\n\r\n",
        "X-Request-Id: 01m8432k05ek2vfw9dx7erfqkf\r\n", false },
    { "another id is replaced", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ERIKSSON-ANNA\r\n\r\n", "X-Request-Id: 0", false },
    { "a header cannot be broken by its value", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "X-Test: one  two", false },
    { "a worker's answer arrives", "GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET 0 near", false },
    { "a body arrives", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", "POST 3 near", false },
    { "a chunked body arrives", "POST /work HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "POST 5 near", false },
    { "two requests in one piece get two answers",
        "POST /work HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\naPOST /work HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab",
        "POST 2 near", false },
    { "an expectation is met with 100", "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 100 Continue", false },
    { "a refused expectation is not met with 100",
        "POST /early HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 401", true },
    { "a body announced too large is refused before it comes",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n", "HTTP/1.1 413", true },
    { "a small body of a refused request is read and the connection lives",
        "POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET 0 near", false },
    { "a refused request without a body leaves the connection alive",
        "GET /early HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET 0 near", false },
    { "HTTP/1.0 is answered and closed", "GET / HTTP/1.0\r\n\r\n", "GET 0 near", true },
    { "Connection: close is obeyed", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET 0 near", true },
    { "what is not HTTP is closed", "hello\r\n\r\n", "", true },
};

static struct gw_server *server;

static void row_test(void **state)
{
    const struct row *r = *state;
    *got = 0;
    int fd = dial(server);
    say(fd, r->send);
    if (!read_until(fd, r->want))
        fail_msg("want %s, got %s", r->want, got);
    CHECK(strstr(got, "100 Continue") == NULL || strstr(r->want, "100") != NULL);
    if (r->close)
        CHECK(read_until(fd, NULL));
    close(fd);
}

static void head_test(void **state)
{
    (void)state;
    *got = 0;
    int fd = dial(server);
    say(fd, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    CHECK(read_until(fd, NULL));
    CHECK(strstr(got, "Content-Length: 10") != NULL && strstr(got, "near") == NULL);
    close(fd);
}

static void at_limit_test(void **state)
{
    (void)state;
    static const int sizes[] = { MOST - 1, MOST, MOST + 1 };
    for (int chunked = 0; chunked < 2; chunked++)
        for (size_t i = 0; i < GW_COUNT(sizes); i++) {
            char head[256], body[MOST + 2];
            memset(body, 'a', sizeof body);
            body[sizes[i]] = 0;
            *got = 0;
            int fd = dial(server);
            if (chunked)
                snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", sizes[i]);
            else
                snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", sizes[i]);
            say(fd, head);
            say(fd, body);
            if (chunked)
                say(fd, "\r\n0\r\n\r\n");
            if (!read_until(fd, sizes[i] <= MOST ? "near" : "large"))
                fail_msg("%d bytes: %s", sizes[i], got);
            close(fd);
        }
}

static void endless_test(void **state)
{
    (void)state;
    *got = 0;
    int fd = dial(server);
    say(fd, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    char chunk[4096 + 16];
    memset(chunk, 'a', sizeof chunk);
    memcpy(chunk, "1000\r\n", 6);
    memcpy(chunk + 6 + 4096, "\r\n", 3);
    bool cut = false;
    for (int i = 0; i < 2000 && !cut; i++)
        cut = send(fd, chunk, 6 + 4096 + 2, MSG_NOSIGNAL) < 0;
    CHECK(cut);
    close(fd);
}

static void sent_while_refused_test(void **state)
{
    (void)state;
    /* The client has written all of a body that nobody reads; it still gets to read why. */
    for (int i = 0; i < 5; i++) {
        *got = 0;
        int fd = dial(server);
        say(fd, "POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n");
        char *body = calloc(1, 2'000'001);
        memset(body, 'a', 2'000'000);
        say(fd, body);
        free(body);
        CHECK(read_until(fd, NULL));
        CHECK(strstr(got, "401") != NULL && strstr(got, "early") != NULL);
        close(fd);
    }
}

static const struct slow {
    const char *label, *begin, *drip;
} slows[] = {
    { "a client that never finishes the request line is cut off", "GET /", "x" },
    { "a client that never finishes its headers is cut off", "GET / HTTP/1.1\r\nHost: localhost\r\n", "a: b\r\n" },
    { "a client that never finishes its body is cut off", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n", "a" },
    { "a client that says nothing is cut off", "", "" },
};

static void slow_test(void **state)
{
    const struct slow *s = *state;
    *got = 0;
    int fd = dial(server);
    say(fd, s->begin);
    bool cut = false;
    for (int i = 0; i < 100 && !cut; i++) { /* far more than the time it has */
        struct pollfd p = { fd, POLLIN, 0 };
        if (poll(&p, 1, 100) > 0)
            cut = recv(fd, got, 100, 0) <= 0;
        say(fd, s->drip);
    }
    CHECK(cut);
    close(fd);
}

static void others_test(void **state)
{
    (void)state;
    /* While many dawdle, one is served. */
    int slow[50];
    for (size_t i = 0; i < GW_COUNT(slow); i++) {
        slow[i] = dial(server);
        say(slow[i], "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\na");
    }
    *got = 0;
    int fd = dial(server);
    say(fd, "GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(fd, "near"));
    close(fd);
    for (size_t i = 0; i < GW_COUNT(slow); i++)
        close(slow[i]);
}

static void connections_test(void **state)
{
    (void)state;
    struct gw_server *s = open_server("127.0.0.1:0", 2, 8);
    int fds[8];
    for (size_t i = 0; i < 8; i++) {
        *got = 0;
        fds[i] = dial(s);
        say(fds[i], "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CHECK(read_until(fds[i], "near"));
    }
    *got = 0;
    int extra = dial(s);
    say(extra, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(!read_until(extra, "near")); /* closed, not answered */
    close(extra);
    close(fds[0]);
    bool served = false;
    for (int i = 0; i < 100 && !served; i++) { /* the place of the one that left is free */
        *got = 0;
        extra = dial(s);
        say(extra, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        served = read_until(extra, "near");
        close(extra);
        usleep(10'000);
    }
    CHECK(served);
    for (size_t i = 1; i < 8; i++)
        close(fds[i]);
    gw_server_close(s);
}

/* An address of this machine that is not loopback; false when it has none. */
static bool own_address(char text[INET_ADDRSTRLEN])
{
    struct ifaddrs *all;
    bool found = false;
    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
        struct sockaddr_in in;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&in, i->ifa_addr, sizeof in);
        found = ntohl(in.sin_addr.s_addr) >> 24 != 127 && inet_ntop(AF_INET, &in.sin_addr, text, INET_ADDRSTRLEN) != NULL;
    }
    freeifaddrs(all);
    return found;
}

static void per_address_test(void **state)
{
    (void)state;
    char host[INET_ADDRSTRLEN], listen[64];
    struct gw_err err = {};
    int64_t most = 3;
    if (!own_address(host))
        skip(); /* a machine without a network */
    snprintf(listen, sizeof listen, "%s:0", host);
    struct gw_server_options o = { .listen = listen, .threads = 1, .connections = 100, .timeout_us = TIMEOUT_US,
        .most_bodies_bytes = 1 << 20, .per_address = &most };
    CHECK_FAILS(gw_server_open(&o, &door, &err), GW_ERR_USAGE); /* without TLS */
    o.tls_elsewhere = true;
    struct gw_server *s = gw_server_open(&o, &door, &err);
    if (s == NULL || !gw_server_start(s, &err))
        fail_msg("%s", err.text);
    struct sockaddr_in a = { .sin_family = AF_INET };
    inet_pton(AF_INET, host, &a.sin_addr);
    a.sin_port = htons((uint16_t)atoi(strrchr(gw_server_address(s), ':') + 1));
    int fds[4];
    for (size_t i = 0; i < GW_COUNT(fds); i++) {
        *got = 0;
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK_INT(connect(fds[i], (struct sockaddr *)&a, sizeof a), 0);
        say(fds[i], "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CHECK_INT(read_until(fds[i], "far"), i < 3);
    }
    __atomic_store_n(&most, 0, __ATOMIC_RELAXED); /* a reload: no limit */
    *got = 0;
    close(fds[3]);
    fds[3] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fds[3], (struct sockaddr *)&a, sizeof a), 0);
    say(fds[3], "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(fds[3], "far"));
    for (size_t i = 0; i < GW_COUNT(fds); i++)
        close(fds[i]);
    gw_server_close(s);
}

static void gone_test(void **state)
{
    (void)state;
    /* A client that leaves while its request is worked on costs nobody anything. */
    for (int i = 0; i < 50; i++) {
        int fd = dial(server);
        say(fd, "GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n");
        close(fd);
    }
    *got = 0;
    int fd = dial(server);
    say(fd, "GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(fd, "near"));
    close(fd);
}

static const struct address {
    const char *label, *text, *host, *port; /* host NULL: refused */
} addresses[] = {
    { "an IPv4 address", "127.0.0.1:8090", "127.0.0.1", "8090" },
    { "an IPv6 address stands in brackets", "[::1]:0", "::1", "0" },
    { "a name", "localhost:80", "localhost", "80" },
    { "an IPv6 address without brackets is refused", "::1:8090", NULL, NULL },
    { "no port is refused", "127.0.0.1", NULL, NULL },
    { "no host is refused", ":8090", NULL, NULL },
    { "a port above 65535 is refused", "127.0.0.1:65536", NULL, NULL },
    { "a port that is no number is refused", "127.0.0.1:http", NULL, NULL },
    { "an empty port is refused", "127.0.0.1:", NULL, NULL },
    { "empty brackets are refused", "[]:1", NULL, NULL },
};

static void address_test(void **state)
{
    const struct address *a = *state;
    char host[256], port[6];
    CHECK_INT(gw_server_split_address(host, port, a->text), a->host != NULL);
    if (a->host != NULL) {
        CHECK_TEXT(host, a->host);
        CHECK_TEXT(port, a->port);
    }
}

static void in_use_test(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_server_options o = { .listen = strstr(gw_server_address(server), "//") + 2, .threads = 1, .connections = 8, .timeout_us = TIMEOUT_US, .most_bodies_bytes = 1 << 20 };
    CHECK_FAILS(gw_server_open(&o, &door, &err), GW_ERR_UNAVAILABLE);
    CHECK(strstr(err.text, "in use") != NULL && strstr(err.text, "http.listen") != NULL);
    o.listen = "192.0.2.1:0"; /* RFC 5737: nobody's */
    CHECK_FAILS(gw_server_open(&o, &door, &err), GW_ERR_USAGE);
    o.listen = "nonsense";
    CHECK_FAILS(gw_server_open(&o, &door, &err), GW_ERR_USAGE);
}

static void ipv6_test(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_server_options o = { .listen = "[::1]:0", .threads = 1, .connections = 8, .timeout_us = TIMEOUT_US, .most_bodies_bytes = 1 << 20 };
    struct gw_server *s = gw_server_open(&o, &door, &err);
    if (s == NULL && strstr(err.text, "not an address of this machine") != NULL)
        skip(); /* a machine without IPv6 */
    CHECK(s != NULL);
    CHECK(strncmp(gw_server_address(s), "http://[::1]:", 13) == 0);
    gw_server_close(s);
}

static void quiesce_test(void **state)
{
    (void)state;
    struct gw_server *s = open_server("127.0.0.1:0", 2, 100);
    *got = 0;
    int kept = dial(s);
    say(kept, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(kept, "near"));
    gw_server_quiesce(s);
    *got = 0;
    say(kept, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(kept, NULL)); /* answered, and told to go */
    CHECK(strstr(got, "near") != NULL && strstr(got, "Connection: close") != NULL);
    close(kept);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons((uint16_t)atoi(strrchr(gw_server_address(s), ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
    close(fd);
    for (int i = 0; i < 500 && gw_server_in_flight(s) > 0; i++)
        usleep(10'000);
    CHECK_INT(gw_server_in_flight(s), 0);
    gw_server_close(s);
}

/* A stream that gives a line each time it is poked, and ends after three. */
struct ticker {
    struct gw_request *request;
    atomic_int lines, closed, slept;
    int given;
};
static struct ticker ticker;

static enum gw_pull tick(void *self, uint8_t *out, size_t size, size_t *n)
{
    struct ticker *t = self;
    if (t->given == 3)
        return GW_PULL_END;
    if (t->given == atomic_load(&t->lines)) {
        atomic_fetch_add(&t->slept, 1);
        return GW_PULL_NOTHING;
    }
    *n = (size_t)snprintf((char *)out, size, "line %d\n", t->given++);
    return GW_PULL_SOME;
}
static void tick_close(void *self)
{
    struct ticker *t = self;
    atomic_fetch_add(&t->closed, 1);
}
static void stream(struct gw_request *r)
{
    ticker.request = r;
    r->status = 200;
    r->type = "text/event-stream";
    r->stream = (struct gw_stream){ &ticker, tick, tick_close };
}
static bool eventually(atomic_int *value, int want)
{
    for (int i = 0; i < 500 && atomic_load(value) < want; i++)
        usleep(10'000);
    return atomic_load(value) >= want;
}
static int open_stream(const struct gw_server *s)
{
    memset(&ticker, 0, sizeof ticker);
    *got = 0;
    int fd = dial(s);
    say(fd, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(fd, "text/event-stream"));
    CHECK(eventually(&ticker.slept, 1));
    return fd;
}

static void stream_test(void **state)
{
    (void)state;
    int fd = open_stream(server);
    for (int i = 0; i < 3; i++) {
        char want[16];
        snprintf(want, sizeof want, "line %d\n", i);
        CHECK(strstr(got, want) == NULL);
        atomic_fetch_add(&ticker.lines, 1);
        gw_request_wake(ticker.request);
        CHECK(read_until(fd, want));
    }
    CHECK(read_until(fd, "\r\n0\r\n\r\n")); /* whole, so the connection lives */
    CHECK(eventually(&ticker.closed, 1));
    *got = 0;
    say(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(read_until(fd, "near"));
    close(fd);
}

/* Many pokes from many threads, none of them lost, whatever the stream was doing then. */
static void *poke(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2000; i++)
        gw_request_wake(ticker.request);
    return NULL;
}
static void poke_test(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        int fd = open_stream(server);
        pthread_t threads[4];
        for (size_t i = 0; i < GW_COUNT(threads); i++)
            pthread_create(&threads[i], NULL, poke, NULL);
        for (size_t i = 0; i < GW_COUNT(threads); i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < 3; i++) {
            atomic_fetch_add(&ticker.lines, 1);
            if (i < 2)
                gw_request_wake(ticker.request);
        }
        gw_request_wake(ticker.request);
        CHECK(read_until(fd, "\r\n0\r\n\r\n"));
        CHECK(strstr(got, "line 2\n") != NULL);
        close(fd);
        CHECK(eventually(&ticker.closed, 1));
    }
}

static void stream_gone_test(void **state)
{
    (void)state;
    int fd = open_stream(server);
    close(fd);
    for (int i = 0; i < 500 && atomic_load(&ticker.closed) == 0; i++) {
        /* The first line goes into a socket nobody reads; what comes back ends the stream. */
        if (atomic_load(&ticker.lines) < 2) {
            atomic_fetch_add(&ticker.lines, 1);
            gw_request_wake(ticker.request);
        }
        usleep(10'000);
    }
    CHECK(eventually(&ticker.closed, 1));
}

static void stream_stop_test(void **state)
{
    (void)state;
    struct gw_server *s = open_server("127.0.0.1:0", 2, 100);
    int fd = open_stream(s);
    gw_server_quiesce(s);
    CHECK(read_until(fd, "\r\n0\r\n\r\n")); /* a client sees a whole answer, and asks again elsewhere */
    CHECK(eventually(&ticker.closed, 1));
    close(fd);
    for (int i = 0; i < 500 && gw_server_in_flight(s) > 0; i++)
        usleep(10'000);
    CHECK_INT(gw_server_in_flight(s), 0);
    gw_server_close(s);
}

static void balance_test(void **state)
{
    (void)state;
    for (int i = 0; i < 500 && gw_server_in_flight(server) > 0; i++)
        usleep(10'000);
    CHECK_INT(gw_server_in_flight(server), 0);
    CHECK_INT(atomic_load(&n_begun), atomic_load(&n_ended));
}

int main(void)
{
    struct gw_err err = {};
    workers = gw_work_new(2, 0, 64, GW_RANK_PROMPT, run, &err);
    server = open_server("127.0.0.1:0", 2, 200);
    check_rows("address", addresses, address_test);
    check_rows("exchange", rows, row_test);
    check_add("exchange", "HEAD gets the length and no body", head_test);
    check_add("limit", "a body at its limit passes, one byte more does not, whether announced or chunked", at_limit_test);
    check_add("limit", "a body without end is cut off", endless_test);
    check_add("limit", "who has sent a refused body can still read the answer", sent_while_refused_test);
    check_rows("slow", slows, slow_test);
    check_add("slow", "dawdlers do not keep others waiting", others_test);
    check_add("connections", "one connection too many is closed, and there is room again afterwards", connections_test);
    check_add("connections", "one address has its limit, and not the others' room", per_address_test);
    check_add("connections", "clients that leave do no harm", gone_test);
    check_add("open", "an address in use, not ours or not readable is refused with what to do", in_use_test);
    check_add("open", "IPv6 is listened on", ipv6_test);
    check_add("close", "a server going down answers who is connected and takes nobody new", quiesce_test);
    check_add("stream", "a stream sends when it is woken, and ends whole", stream_test);
    check_add("stream", "no call to wake is lost", poke_test);
    check_add("stream", "a listener that is gone is let go", stream_gone_test);
    check_add("stream", "a server going down ends its streams", stream_stop_test);
    check_add("balance", "every request begun has ended", balance_test);
    int status = check_done();
    gw_server_close(server);
    gw_work_free(workers);
    return status;
}
