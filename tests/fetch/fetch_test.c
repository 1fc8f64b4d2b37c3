/* fetch_test.c - a client against servers of this file: one that says what it is told to, byte
 * by byte, and one that speaks TLS with certificates made here. */
#include "fetch/fetch.h"
#include "base/clock.h"
#include "fetch/reach.h"
#include "tests/check.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- a server ------------------------------------------------------------------------------ */

/* Takes connections one after the other; reads a request to its end, keeps it, and says `says`. */
struct server {
    int listening;
    uint16_t port;
    pthread_t thread;
    atomic_bool over;
    atomic_int connections, requests;
    const char *says;   /* NULL: nothing, ever */
    bool keeps;         /* the connection, after an answer */
    int drop_request;   /* the n-th, from 1, is hung up on as soon as its head is there; 0: none */
    char seen[8192];    /* the last request */
    size_t n_seen;
    /* TLS; NULL: none */
    const char *priority;
    gnutls_certificate_credentials_t credentials;
    bool asks_clients;
    atomic_int clients; /* that showed a certificate which was believed */
};

struct talk {
    int fd;
    gnutls_session_t tls; /* NULL: none */
};

static ssize_t hear(struct talk *t, char *to, size_t n)
{
    return t->tls != NULL ? gnutls_record_recv(t->tls, to, n) : read(t->fd, to, n);
}
static void say(struct talk *t, const char *text)
{
    for (size_t n = strlen(text); n > 0;) {
        ssize_t said = t->tls != NULL ? gnutls_record_send(t->tls, text, n) : send(t->fd, text, n, MSG_NOSIGNAL);
        if (said <= 0)
            return;
        text += said;
        n -= (size_t)said;
    }
}

/* False when the connection is over. */
static bool answer_one(struct server *s, struct talk *t)
{
    size_t n = 0, want = SIZE_MAX;
    while (n < want) {
        struct pollfd p = { .fd = t->fd, .events = POLLIN };
        if ((t->tls == NULL || gnutls_record_check_pending(t->tls) == 0) && poll(&p, 1, 20) == 0) {
            if (atomic_load(&s->over))
                return false;
            continue;
        }
        ssize_t got = hear(t, s->seen + n, sizeof s->seen - 1 - n);
        if (got <= 0)
            return false;
        n += (size_t)got;
        s->seen[n] = 0;
        const char *end = strstr(s->seen, "\r\n\r\n"), *length = strcasestr(s->seen, "\r\ncontent-length:");
        if (end != NULL && want == SIZE_MAX) {
            if (s->drop_request > 0 && atomic_load(&s->requests) + 1 == s->drop_request) {
                atomic_fetch_add(&s->requests, 1);
                return false;
            }
            want = (size_t)(end + 4 - s->seen) + (length == NULL || length > end ? 0 : strtoul(length + 17, NULL, 10));
        }
    }
    s->n_seen = n;
    atomic_fetch_add(&s->requests, 1);
    while (s->says == NULL && !atomic_load(&s->over))
        usleep(1000);
    if (s->says != NULL)
        say(t, s->says);
    return s->keeps;
}

static void serve_one(struct server *s, int fd)
{
    struct talk t = { .fd = fd };
    if (s->priority != NULL) {
        gnutls_init(&t.tls, GNUTLS_SERVER);
        gnutls_priority_set_direct(t.tls, s->priority, NULL);
        gnutls_credentials_set(t.tls, GNUTLS_CRD_CERTIFICATE, s->credentials);
        gnutls_certificate_server_set_request(t.tls, s->asks_clients ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
        gnutls_transport_set_int(t.tls, fd);
        unsigned status = 1;
        bool fine = gnutls_handshake(t.tls) == 0;
        if (fine && s->asks_clients) {
            fine = gnutls_certificate_verify_peers3(t.tls, NULL, &status) == 0 && status == 0;
            atomic_fetch_add(&s->clients, fine);
        }
        while (fine && answer_one(s, &t))
            ;
        if (fine)
            gnutls_bye(t.tls, GNUTLS_SHUT_WR);
        gnutls_deinit(t.tls);
    } else
        while (answer_one(s, &t))
            ;
    close(fd);
}

static void *serve(void *self)
{
    struct server *s = self;
    while (!atomic_load(&s->over)) {
        struct pollfd p = { .fd = s->listening, .events = POLLIN };
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept(s->listening, NULL, NULL);
        if (fd < 0)
            continue;
        atomic_fetch_add(&s->connections, 1);
        serve_one(s, fd);
    }
    return NULL;
}

static void server_start(struct server *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    s->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listening, (const void *)&at, sizeof at), 0);
    assert_int_equal(listen(s->listening, 16), 0);
    getsockname(s->listening, (void *)&at, &n);
    s->port = ntohs(at.sin_port);
    pthread_create(&s->thread, NULL, serve, s);
}
static void server_stop(struct server *s)
{
    atomic_store(&s->over, true);
    pthread_join(s->thread, NULL);
    close(s->listening);
}

static const char *url_of(const struct server *s, const char *rest)
{
    static char url[128];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", s->priority == NULL ? "http" : "https", s->port, rest);
    return url;
}

/* ---- what is asked ------------------------------------------------------------------------- */

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Word:  of four \r\n\r\nhello"

static const struct {
    const char *label, *method, *header, *body, *want; /* want: the request's first words */
    const char *says_no_word;                          /* and what must not be in it */
} asks[] = {
    { "a GET has no body", "GET", NULL, NULL, "GET /a?b=1 HTTP/1.1\r\n", "Content-Length" },
    { "a POST has one", "POST", "Content-Type: text/plain", "four", "POST /a?b=1 HTTP/1.1\r\n", "Expect:" },
    { "a POST of nothing says so", "POST", NULL, NULL, "POST /a?b=1 HTTP/1.1\r\n", "Transfer-Encoding" },
    { "a PUT has one", "PUT", "Idempotency-Key: k", "body", "PUT /a?b=1 HTTP/1.1\r\n", "100-continue" },
    { "a DELETE has none", "DELETE", NULL, NULL, "DELETE /a?b=1 HTTP/1.1\r\n", "Content-Length" },
};

static void ask_test(void **state)
{
    const __typeof__(asks[0]) *row = *state;
    struct gw_err err = {};
    struct server s = { .says = OK_TEXT };
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    const struct gw_fetch_ask ask = { .method = row->method, .url = url_of(&s, "/a?b=1"), .headers = &row->header,
        .n_headers = row->header != NULL, .body = gw_span_str(row->body) };
    CHECK_OK(gw_fetch(&a, f, &ask, &err));
    server_stop(&s);
    CHECK_INT(a.end, GW_FETCH_ANSWERED);
    CHECK_INT(a.status, 200);
    CHECK_TEXT(gw_buf_text(&a.body), "hello");
    struct gw_span word = {};
    CHECK(gw_fetch_header(&word, &a, "x-word") && gw_span_is(word, "of four"));
    CHECK(!gw_fetch_header(&word, &a, "x-wor"));
    CHECK(strncmp(s.seen, row->want, strlen(row->want)) == 0);
    CHECK(strcasestr(s.seen, row->says_no_word) == NULL);
    CHECK(row->header == NULL || strstr(s.seen, row->header) != NULL);
    CHECK(row->body == NULL || strcmp(s.seen + s.n_seen - strlen(row->body), row->body) == 0);
    CHECK(row->body != NULL || strcmp(row->method, "POST") != 0 || strstr(s.seen, "Content-Length: 0\r\n") != NULL);
}

/* ---- what comes of it ---------------------------------------------------------------------- */

static const struct {
    const char *label, *says;
    size_t most;
    enum gw_fetch_end end;
    int status;
    enum gw_err_code code;
} ends[] = {
    { "an error is an answer", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 0, GW_FETCH_ANSWERED, 503, 0 },
    { "a redirect is an answer and not followed", "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0,
        GW_FETCH_ANSWERED, 302, 0 },
    { "what came before the answer is not it", "HTTP/1.1 100 Continue\r\nX-Word: no\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0,
        GW_FETCH_ANSWERED, 200, 0 },
    { "as long as is allowed", OK_TEXT, 5, GW_FETCH_ANSWERED, 200, 0 },
    { "one byte longer than allowed", OK_TEXT, 4, GW_FETCH_TOO_LONG, 200, GW_ERR_LIMIT },
    { "longer than allowed, in pieces of no announced length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 4,
        GW_FETCH_TOO_LONG, 200, GW_ERR_LIMIT },
    { "broken off in the midst", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 0, GW_FETCH_BROKEN, 200, GW_ERR_IO },
    { "no HTTP", "220 mail.example ESMTP\r\n", 0, GW_FETCH_BROKEN, 0, GW_ERR_IO },
    { "nothing", "", 0, GW_FETCH_BROKEN, 0, GW_ERR_IO },
    { "too late", NULL, 0, GW_FETCH_TIMEOUT, 0, GW_ERR_IO },
};

static void end_test(void **state)
{
    const __typeof__(ends[0]) *row = *state;
    struct gw_err err = {};
    struct server s = { .says = row->says };
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){ .whole_us = 300'000 }, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    const struct gw_fetch_ask ask = { .method = "GET", .url = url_of(&s, "/"), .most_bytes = row->most };
    if (row->end == GW_FETCH_ANSWERED)
        CHECK_OK(gw_fetch(&a, f, &ask, &err));
    else
        CHECK_FAILS(gw_fetch(&a, f, &ask, &err), row->code);
    server_stop(&s);
    CHECK_INT(a.end, row->end);
    CHECK_INT(a.status, row->status);
    CHECK(strstr(err.text, "127.0.0.1") == NULL);
    CHECK(a.status != 200 || strstr(gw_buf_text(&a.head), "X-Word: no") == NULL);
}

static const struct {
    const char *label, *url;
    enum gw_fetch_end end;
    enum gw_err_code code;
} nowhere[] = {
    { "nobody listens", "http://127.0.0.1:1/", GW_FETCH_NO_CONNECTION, GW_ERR_IO },
    { "no such host", "http://nobody.invalid/", GW_FETCH_NO_HOST, GW_ERR_IO },
    { "another protocol", "file:///etc/passwd", GW_FETCH_URL, GW_ERR_INVALID },
    { "no URL", "http://", GW_FETCH_URL, GW_ERR_INVALID },
};

static void nowhere_test(void **state)
{
    const __typeof__(nowhere[0]) *row = *state;
    struct gw_err err = {};
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    CHECK_FAILS(gw_fetch(&a, f, &(struct gw_fetch_ask){ .method = "GET", .url = row->url }, &err), row->code);
    CHECK_INT(a.end, row->end);
}

/* ---- connections --------------------------------------------------------------------------- */

static void kept_test(void **state)
{
    struct gw_err err = {};
    struct server s = { .says = OK_TEXT, .keeps = true };
    (void)state;
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    for (int i = 0; i < 3; i++)
        CHECK_OK(gw_fetch(&a, f, &(struct gw_fetch_ask){ .method = "GET", .url = url_of(&s, "/") }, &err));
    CHECK_TEXT(gw_buf_text(&a.body), "hello");
    gw_fetch_free(gw_take(f));
    server_stop(&s);
    CHECK_INT(atomic_load(&s.connections), 1);
    CHECK_INT(atomic_load(&s.requests), 3);
}

static void rewind_test(void **state)
{
    struct gw_err err = {};
    struct server s = { .says = OK_TEXT, .keeps = true, .drop_request = 2 };
    (void)state;
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    const struct gw_fetch_ask ask = { .method = "POST", .url = url_of(&s, "/"), .body = gw_span_str("all of it") };
    CHECK_OK(gw_fetch(&a, f, &ask, &err));
    CHECK_OK(gw_fetch(&a, f, &ask, &err));
    gw_fetch_free(gw_take(f));
    server_stop(&s);
    CHECK_INT(atomic_load(&s.connections), 2);
    CHECK_TEXT(s.seen + s.n_seen - strlen("all of it"), "all of it");
}

static bool first_piece(void *self, struct gw_span data)
{
    *(size_t *)self += data.size;
    return false;
}
static void piece_test(void **state)
{
    struct gw_err err = {};
    size_t n = 0;
    struct server s = { .says = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .keeps = true };
    (void)state;
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    CHECK_OK(gw_fetch(&a, f, &(struct gw_fetch_ask){ .method = "GET", .url = url_of(&s, "/"), .piece = first_piece, .self = &n }, &err));
    server_stop(&s);
    CHECK_INT(n, 3);
    CHECK_INT(a.body.size, 0);
}

static void cut_test(void **state)
{
    struct gw_err err = {};
    struct server s = { .says = OK_TEXT };
    (void)state;
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    const struct gw_fetch_ask ask = { .method = "POST", .url = url_of(&s, "/"), .body = gw_span_str("not all of it"), .cut_after = 3 };
    CHECK_FAILS(gw_fetch(&a, f, &ask, &err), GW_ERR_IO);
    server_stop(&s);
    CHECK_INT(a.end, GW_FETCH_BROKEN);
    CHECK_INT(atomic_load(&s.requests), 0);
}

/* ---- several, woken, stopped --------------------------------------------------------------- */

static void several_test(void **state)
{
    struct gw_err err = {};
    enum { N = 3 };
    struct server s[N] = { { .says = OK_TEXT }, { .says = NULL }, { .says = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n" } };
    (void)state;
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){ .most = N, .whole_us = 500'000 }, &err);
    for (int i = 0; i < N; i++) {
        server_start(&s[i]);
        CHECK(gw_fetch_start(f, &(struct gw_fetch_ask){ .method = "POST", .url = url_of(&s[i], "/"), .body = gw_span_str("x"), .own = &s[i] }));
    }
    CHECK(!gw_fetch_start(f, &(struct gw_fetch_ask){ .method = "GET", .url = "http://127.0.0.1:1/" }));
    int got[N] = {};
    for (int left = N; left > 0;) {
        struct gw_fetch_answer answers[2];
        size_t n = gw_fetch_wait(answers, GW_COUNT(answers), f, GW_US_PER_S);
        for (size_t i = 0; i < n; i++, left--) {
            int which = (int)((struct server *)answers[i].own - s);
            got[which] = answers[i].end == GW_FETCH_ANSWERED ? answers[i].status : -(int)answers[i].end;
            CHECK(left > 1 || which == 1); /* the one that does not answer holds up nobody */
            gw_fetch_answer_done(&answers[i]);
        }
    }
    for (int i = 0; i < N; i++)
        server_stop(&s[i]);
    CHECK_INT(got[0], 200);
    CHECK_INT(got[1], -GW_FETCH_TIMEOUT);
    CHECK_INT(got[2], 410);
}

static void *stop_soon(void *f)
{
    usleep(50'000);
    gw_fetch_stop(f);
    return NULL;
}
static void stop_test(void **state)
{
    struct gw_err err = {};
    struct server s = { .says = NULL };
    pthread_t thread;
    (void)state;
    server_start(&s);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){ .whole_us = 60 * GW_US_PER_S }, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    const struct gw_fetch_ask ask = { .method = "GET", .url = url_of(&s, "/") };
    pthread_create(&thread, NULL, stop_soon, f);
    CHECK_FAILS(gw_fetch(&a, f, &ask, &err), GW_ERR_UNAVAILABLE);
    pthread_join(thread, NULL);
    CHECK_INT(a.end, GW_FETCH_STOPPED);
    CHECK_FAILS(gw_fetch(&a, f, &ask, &err), GW_ERR_UNAVAILABLE); /* and so does what is asked later */
    server_stop(&s);
}

/* What is on its way when the client goes is let go too (the leak checker looks). */
static void given_up_test(void **state)
{
    struct gw_err err = {};
    struct server s = { .says = NULL };
    (void)state;
    server_start(&s);
    struct gw_fetch *f = gw_fetch_new(&(struct gw_fetch_options){}, &err);
    struct gw_fetch_answer a;
    CHECK(gw_fetch_start(f, &(struct gw_fetch_ask){ .method = "POST", .url = url_of(&s, "/"), .body = gw_span_str("x") }));
    CHECK_INT(gw_fetch_wait(&a, 1, f, 1000), 0);
    gw_fetch_free(f);
    server_stop(&s);
}

/* ---- who may be spoken to ------------------------------------------------------------------ */

static const struct {
    const char *label, *targets, *host;
    enum gw_fetch_end end;
} reaches[] = {
    { "an address inside is forbidden when it is connected to", "", "127.0.0.1", GW_FETCH_FORBIDDEN },
    { "so is a name that leads there", "", "localhost", GW_FETCH_FORBIDDEN },
    { "a target's address is not", "127.0.0.1", "127.0.0.1", GW_FETCH_ANSWERED },
    { "a name that leads to a target's address is not", "127.0.0.1", "localhost", GW_FETCH_ANSWERED },
    { "a target's name is not, wherever it leads", "localhost", "localhost", GW_FETCH_ANSWERED },
    { "the name of another is no help", "hooks.example", "localhost", GW_FETCH_FORBIDDEN },
};

static void reach_test(void **state)
{
    const __typeof__(reaches[0]) *row = *state;
    struct gw_err err = {};
    char url[128];
    struct server s = { .says = OK_TEXT, .keeps = true };
    server_start(&s);
    GW_AUTO(gw_reach) *r = gw_reach_new(row->targets, "x.targets", &err);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){ .reach = r }, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    snprintf(url, sizeof url, "http://%s:%u/", row->host, s.port);
    for (int i = 0; i < 2; i++) {
        err = (struct gw_err){};
        CHECK_INT(gw_fetch(&a, f, &(struct gw_fetch_ask){ .method = "GET", .url = url }, &err), row->end == GW_FETCH_ANSWERED);
        CHECK_INT(a.end, row->end);
    }
    CHECK(row->end == GW_FETCH_ANSWERED || err.code == GW_ERR_INVALID);
    gw_fetch_free(gw_take(f));
    server_stop(&s);
    /* Asked about each time: no connection is used twice. */
    CHECK_INT(atomic_load(&s.connections), row->end == GW_FETCH_ANSWERED ? 2 : 0);
}

static const struct {
    const char *label, *url;
    bool fine;
} urls[] = {
    { "a host", "https://hooks.example.org/a?b=c", true },
    { "a user in it", "https://me@hooks.example.org/", false },
    { "a password in it", "https://me:secret@hooks.example.org/", false },
    { "a fragment", "https://hooks.example.org/#here", false },
    { "no TLS", "http://hooks.example.org/", false },
    { "another scheme", "gopher://hooks.example.org/", false },
    { "no scheme", "hooks.example.org/", false },
    { "an address inside, written as one number", "https://2130706433/", false },
    { "an address inside, in brackets", "https://[::1]/", false },
    { "an IPv4 address inside, as IPv6 has it", "https://[::ffff:10.0.0.1]/", false },
    { "an address of the internet, in brackets", "https://[2620:fe::fe]/", true },
};

static void url_test(void **state)
{
    const __typeof__(urls[0]) *row = *state;
    struct gw_err err = {};
    GW_AUTO(gw_reach) *r = gw_reach_new("", "x.targets", &err);
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&(struct gw_fetch_options){ .reach = r }, &err);
    if (row->fine)
        CHECK_OK(gw_fetch_check(f, row->url, &err));
    else
        CHECK_FAILS(gw_fetch_check(f, row->url, &err), GW_ERR_INVALID);
}

/* ---- certificates -------------------------------------------------------------------------- */

static char folder[] = "/tmp/gangway-fetch-XXXXXX";

struct pair {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    char crt_path[64], key_path[64];
};

static void write_text(const char *path, const gnutls_datum_t *d)
{
    struct gw_err err = {};
    CHECK_OK(gw_buf_write_file(gw_span_of(d->data, d->size), path, 0600, &err));
}

/* signer NULL: an authority of its own. */
static void make_pair(struct pair *out, const char *name, const char *address, const struct pair *signer, const char *purpose)
{
    static unsigned char serial;
    const unsigned char number[] = { 1, ++serial };
    gnutls_datum_t text;
    uint8_t ip[4];
    gnutls_x509_privkey_init(&out->key);
    gnutls_x509_privkey_generate(out->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&out->crt);
    gnutls_x509_crt_set_version(out->crt, 3);
    gnutls_x509_crt_set_serial(out->crt, number, sizeof number);
    gnutls_x509_crt_set_activation_time(out->crt, time(NULL) - 3600);
    gnutls_x509_crt_set_expiration_time(out->crt, time(NULL) + 3600);
    gnutls_x509_crt_set_dn_by_oid(out->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
    gnutls_x509_crt_set_key(out->crt, out->key);
    if (address != NULL && inet_pton(AF_INET, address, ip) == 1)
        gnutls_x509_crt_set_subject_alt_name(out->crt, GNUTLS_SAN_IPADDRESS, ip, sizeof ip, GNUTLS_FSAN_SET);
    if (signer == NULL) {
        gnutls_x509_crt_set_ca_status(out->crt, 1);
        gnutls_x509_crt_set_key_usage(out->crt, GNUTLS_KEY_KEY_CERT_SIGN);
    } else
        gnutls_x509_crt_set_key_purpose_oid(out->crt, purpose, 0);
    const struct pair *by = signer == NULL ? out : signer;
    assert_int_equal(gnutls_x509_crt_sign2(out->crt, by->crt, by->key, GNUTLS_DIG_SHA256, 0), 0);
    snprintf(out->crt_path, sizeof out->crt_path, "%s/%s.pem", folder, name);
    snprintf(out->key_path, sizeof out->key_path, "%s/%s.key", folder, name);
    gnutls_x509_crt_export2(out->crt, GNUTLS_X509_FMT_PEM, &text);
    write_text(out->crt_path, &text);
    gnutls_free(text.data);
    gnutls_x509_privkey_export2(out->key, GNUTLS_X509_FMT_PEM, &text);
    write_text(out->key_path, &text);
    gnutls_free(text.data);
}

enum { AUTHORITY, STRANGER, SERVER, MISNAMED, CLIENT, STRANGE_CLIENT, PAIRS };
static struct pair pairs[PAIRS];

static void make_pairs(void)
{
    assert_non_null(mkdtemp(folder));
    make_pair(&pairs[AUTHORITY], "authority", NULL, NULL, NULL);
    make_pair(&pairs[STRANGER], "stranger", NULL, NULL, NULL);
    make_pair(&pairs[SERVER], "server", "127.0.0.1", &pairs[AUTHORITY], GNUTLS_KP_TLS_WWW_SERVER);
    make_pair(&pairs[MISNAMED], "misnamed", "127.0.0.9", &pairs[AUTHORITY], GNUTLS_KP_TLS_WWW_SERVER);
    make_pair(&pairs[CLIENT], "client", NULL, &pairs[AUTHORITY], GNUTLS_KP_TLS_WWW_CLIENT);
    make_pair(&pairs[STRANGE_CLIENT], "strange-client", NULL, &pairs[STRANGER], GNUTLS_KP_TLS_WWW_CLIENT);
}
static void forget_pairs(void)
{
    for (int i = 0; i < PAIRS; i++) {
        gnutls_x509_crt_deinit(pairs[i].crt);
        gnutls_x509_privkey_deinit(pairs[i].key);
        unlink(pairs[i].crt_path);
        unlink(pairs[i].key_path);
    }
    rmdir(folder);
}

#define TLS_NOW "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define NO_ONE (-1)
static const struct {
    const char *label, *priority;
    int server, trusted, client; /* of pairs; NO_ONE: the system's authorities; no certificate */
    bool asks_clients, fine;
} tls[] = {
    { "an authority that is trusted", TLS_NOW, SERVER, AUTHORITY, NO_ONE, false, true },
    { "TLS 1.2 alone", "NORMAL:-VERS-ALL:+VERS-TLS1.2", SERVER, AUTHORITY, NO_ONE, false, true },
    { "TLS 1.1 is too old", "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", SERVER, AUTHORITY, NO_ONE, false, false },
    { "an authority that is not trusted", TLS_NOW, SERVER, STRANGER, NO_ONE, false, false },
    { "the system's authorities do not know it", TLS_NOW, SERVER, NO_ONE, NO_ONE, false, false },
    { "the certificate of another address", TLS_NOW, MISNAMED, AUTHORITY, NO_ONE, false, false },
    { "our certificate is shown to who asks", TLS_NOW, SERVER, AUTHORITY, CLIENT, true, true },
    { "our certificate over TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", SERVER, AUTHORITY, CLIENT, true, true },
    { "one is asked for, and we have none", "NORMAL:-VERS-ALL:+VERS-TLS1.2", SERVER, AUTHORITY, NO_ONE, true, false },
    { "one of a stranger's is not taken", TLS_NOW, SERVER, AUTHORITY, STRANGE_CLIENT, true, false },
};

static void tls_test(void **state)
{
    const __typeof__(tls[0]) *row = *state;
    struct gw_err err = {};
    struct server s = { .says = OK_TEXT, .priority = row->priority, .asks_clients = row->asks_clients };
    const struct pair *own = &pairs[row->server];
    gnutls_certificate_allocate_credentials(&s.credentials);
    CHECK_INT(gnutls_certificate_set_x509_key(s.credentials, (gnutls_x509_crt_t[]){ own->crt }, 1, own->key), 0);
    CHECK_INT(gnutls_certificate_set_x509_trust(s.credentials, &pairs[AUTHORITY].crt, 1), 1);
    server_start(&s);
    const struct gw_fetch_options options = {
        .authorities = row->trusted == NO_ONE ? NULL : pairs[row->trusted].crt_path,
        .certificate = row->client == NO_ONE ? NULL : pairs[row->client].crt_path,
        .key = row->client == NO_ONE ? NULL : pairs[row->client].key_path,
    };
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&options, &err);
    GW_AUTO_VALUE(gw_fetch_answer) a = {};
    bool fine = gw_fetch(&a, f, &(struct gw_fetch_ask){ .method = "POST", .url = url_of(&s, "/"), .body = gw_span_str("sealed") }, &err);
    gw_fetch_free(gw_take(f));
    server_stop(&s);
    gnutls_certificate_free_credentials(s.credentials);
    if (fine != row->fine)
        fail_msg("%s: %s", gw_fetch_end_name(a.end), err.text);
    CHECK_INT(atomic_load(&s.requests), row->fine);
    CHECK_INT(atomic_load(&s.clients), row->fine && row->asks_clients);
    /* A server that does not believe us just hangs up, which TLS 1.3 shows only after the request. */
    CHECK(row->fine || a.end == GW_FETCH_TLS || (row->asks_clients && a.end == GW_FETCH_BROKEN));
}

static void missing_file_test(void **state)
{
    struct gw_err err = {};
    (void)state;
    CHECK_FAILS(gw_fetch_new(&(struct gw_fetch_options){ .authorities = "/nonexistent/authorities.pem" }, &err) != NULL, GW_ERR_NOT_FOUND);
}

int main(void)
{
    make_pairs();
    check_rows("asked", asks, ask_test);
    check_rows("ended", ends, end_test);
    check_rows("nowhere", nowhere, nowhere_test);
    check_add("connections", "one is kept for the next question", kept_test);
    check_add("connections", "one that was closed meanwhile costs nothing", rewind_test);
    check_add("answers", "can be taken in pieces, and left", piece_test);
    check_add("bodies", "can be broken off", cut_test);
    check_add("several", "are on the way at once, and as many as allowed", several_test);
    check_add("several", "what is on its way is let go with the client", given_up_test);
    check_add("stopped", "from another thread, for good", stop_test);
    check_rows("reach", reaches, reach_test);
    check_rows("a URL that may be kept", urls, url_test);
    check_rows("TLS", tls, tls_test);
    check_add("TLS", "a file that is not there is said at once", missing_file_test);
    int status = check_done();
    forget_pairs();
    return status;
}
