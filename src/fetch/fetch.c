/* fetch.c - the only file that names libcurl. */
#include "fetch/fetch.h"
#include "base/clock.h"
#include "fetch/reach.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_BYTES = 64 << 20, MOST_HEAD = 64 << 10 };

struct gw_fetch {
    CURLM *multi;
    int64_t connect_us, whole_us;
    char *authorities, *certificate, *key;
    const struct gw_reach *reach;
    unsigned most, n;
    struct passage *passages;
    atomic_bool stopped;
};

/* One question on its way. */
struct passage {
    struct gw_fetch *fetch;
    struct passage *next;
    CURL *easy;
    struct curl_slist *headers;
    struct gw_fetch_ask ask; /* of which url and headers are not looked at again */
    struct gw_fetch_answer answer;
    size_t sent;
    int64_t from_us;
    bool is_named;           /* its host is one of the targets: whatever address that has */
    bool forbidden, too_long, enough, ended;
    CURLcode code;
};

/* ---- life ---------------------------------------------------------------------------------- */

static void start_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* libcurl opens them with each connection, and then says no more than that TLS failed. */
static bool take_file(char **out, const char *path, struct gw_err *err)
{
    if (path == NULL)
        return true;
    *out = gw_strdup(path);
    return access(path, R_OK) == 0 || gw_fail(err, GW_ERR_NOT_FOUND, "%s cannot be read", path);
}

struct gw_fetch *gw_fetch_new(const struct gw_fetch_options *options, struct gw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    GW_AUTO(gw_fetch) *f = gw_alloc(sizeof *f);
    f->connect_us = options->connect_us > 0 ? options->connect_us : 5 * GW_US_PER_S;
    f->whole_us = options->whole_us > 0 ? options->whole_us : 30 * GW_US_PER_S;
    f->reach = options->reach;
    f->most = GW_MAX(options->most, 1U);
    if (!take_file(&f->authorities, options->authorities, err) || !take_file(&f->certificate, options->certificate, err) ||
        !take_file(&f->key, options->key, err))
        return NULL;
    f->multi = curl_multi_init();
    if (f->multi == NULL)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "the HTTP client did not start");
    return gw_take(f);
}

static void passage_free(struct passage *p)
{
    struct passage **at = &p->fetch->passages;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->fetch->n--;
    if (p->easy != NULL) {
        curl_multi_remove_handle(p->fetch->multi, p->easy);
        curl_easy_cleanup(p->easy);
    }
    curl_slist_free_all(p->headers);
    gw_fetch_answer_done(&p->answer);
    gw_free(p);
}

void gw_fetch_free(struct gw_fetch *f)
{
    if (f == NULL)
        return;
    while (f->passages != NULL)
        passage_free(f->passages);
    if (f->multi != NULL)
        curl_multi_cleanup(f->multi);
    gw_free(f->authorities);
    gw_free(f->certificate);
    gw_free(f->key);
    gw_free(f);
}

void gw_fetch_answer_done(struct gw_fetch_answer *a)
{
    gw_buf_done(&a->head);
    gw_buf_done(&a->body);
}

/* ---- who may be spoken to ------------------------------------------------------------------ */

/* By the library that will follow it: two readers of one URL are how guards are passed by. */
struct place {
    char host[GW_HOST_MAX];
    bool is_tls;
    bool is_bare; /* no user, no password, no fragment */
};

static bool read_url(struct place *out, const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *name = NULL, *user = NULL, *password = NULL, *fragment = NULL;
    bool fine = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
        strlen(name) < GW_HOST_MAX;
    if (fine) {
        curl_url_get(u, CURLUPART_USER, &user, 0);
        curl_url_get(u, CURLUPART_PASSWORD, &password, 0);
        curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0);
        out->is_tls = strcmp(scheme, "https") == 0;
        out->is_bare = user == NULL && password == NULL && fragment == NULL;
        fine = out->is_tls || strcmp(scheme, "http") == 0;
        size_t n = strlen(name);
        bool bracketed = n > 2 && name[0] == '[';
        memcpy(out->host, name + bracketed, n + 1 - bracketed);
        if (bracketed)
            out->host[n - 2] = 0;
    }
    curl_free(scheme);
    curl_free(name);
    curl_free(user);
    curl_free(password);
    curl_free(fragment);
    curl_url_cleanup(u);
    return fine;
}

bool gw_fetch_check(const struct gw_fetch *f, const char *url, struct gw_err *err)
{
    struct place to;
    if (!read_url(&to, url) || !to.is_bare)
        return gw_fail(err, GW_ERR_INVALID, "the URL must be https://host/…, without user, password and fragment");
    return f->reach == NULL || gw_reach_check(f->reach, to.host, to.is_tls, err);
}

/* Called with the address that would be connected to. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct passage *p = self;
    struct gw_address address = {};
    (void)purpose;
    p->forbidden = to->family != AF_INET && to->family != AF_INET6;
    if (to->family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &to->addr, sizeof in);
        address = gw_address_v4((const uint8_t *)&in.sin_addr);
    } else if (to->family == AF_INET6 && to->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, (const void *)&to->addr, sizeof in6);
        memcpy(address.bytes, &in6.sin6_addr, sizeof address.bytes);
    }
    p->forbidden = p->forbidden || (!p->is_named && !gw_reach_address(p->fetch->reach, address));
    return p->forbidden ? CURL_SOCKET_BAD : socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- on the way ---------------------------------------------------------------------------- */

static size_t take_head(char *data, size_t size, size_t n, void *self)
{
    struct passage *p = self;
    if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        gw_buf_clear(&p->answer.head); /* what came before was 100 Continue */
    if (p->answer.head.size + size * n > MOST_HEAD)
        return 0;
    gw_buf_add(&p->answer.head, data, size * n);
    return size * n;
}

static size_t take_body(char *data, size_t size, size_t n, void *self)
{
    struct passage *p = self;
    if (p->ask.piece != NULL) {
        p->enough = !p->ask.piece(p->ask.self, gw_span_of(data, size * n));
        return p->enough ? 0 : size * n;
    }
    p->too_long = size * n > p->ask.most_bytes - p->answer.body.size;
    if (p->too_long)
        return 0;
    gw_buf_add(&p->answer.body, data, size * n);
    return size * n;
}

static size_t give_body(char *to, size_t size, size_t n, void *self)
{
    struct passage *p = self;
    const struct gw_span body = p->ask.body;
    const size_t end = p->ask.cut_after > 0 ? GW_MIN(p->ask.cut_after, body.size) : body.size;
    if (p->sent == end && end < body.size)
        return CURL_READFUNC_ABORT;
    const size_t piece = GW_MIN(size * n, end - p->sent);
    if (piece > 0)
        memcpy(to, body.data + p->sent, piece);
    p->sent += piece;
    return piece;
}

/* A kept connection may be found closed when the body is half sent: it then starts again on a new one. */
static int rewind_body(void *self, curl_off_t offset, int origin)
{
    struct passage *p = self;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > p->ask.body.size)
        return CURL_SEEKFUNC_FAIL;
    p->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The order stands in the library's manual: the method's name after what it does. */
static bool set_method(CURL *c, const struct gw_fetch_ask *a)
{
    const bool brings = a->body.size > 0 || strcmp(a->method, "POST") == 0 || strcmp(a->method, "PUT") == 0;
    if (strcmp(a->method, "HEAD") == 0)
        return curl_easy_setopt(c, CURLOPT_NOBODY, 1L) == CURLE_OK;
    if (brings && (curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
            curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)a->body.size) != CURLE_OK))
        return false;
    return curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, a->method) == CURLE_OK;
}

static bool set_files(CURL *c, const struct gw_fetch *f)
{
    return (f->authorities == NULL || (curl_easy_setopt(c, CURLOPT_CAINFO, f->authorities) == CURLE_OK &&
               curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
        (f->certificate == NULL || curl_easy_setopt(c, CURLOPT_SSLCERT, f->certificate) == CURLE_OK) &&
        (f->key == NULL || curl_easy_setopt(c, CURLOPT_SSLKEY, f->key) == CURLE_OK);
}

static bool set_up(struct passage *p, const char *url)
{
    CURL *c = p->easy;
    const struct gw_fetch *f = p->fetch;
    const int64_t whole_us = p->ask.whole_us > 0 ? p->ask.whole_us : f->whole_us;
    const struct {
        CURLoption option;
        long value;
    } longs[] = {
        { CURLOPT_NOSIGNAL, 1 }, { CURLOPT_FOLLOWLOCATION, 0 }, { CURLOPT_TCP_NODELAY, 1 },
        { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 }, { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
        { CURLOPT_SSL_VERIFYPEER, 1 }, { CURLOPT_SSL_VERIFYHOST, 2 },
        { CURLOPT_CONNECTTIMEOUT_MS, (long)GW_MAX(f->connect_us / 1000, 1) }, { CURLOPT_TIMEOUT_MS, (long)GW_MAX(whole_us / 1000, 1) },
        { CURLOPT_EXPECT_100_TIMEOUT_MS, (long)GW_MAX(whole_us / 1000, 1) },
        { CURLOPT_FRESH_CONNECT, f->reach != NULL }, { CURLOPT_FORBID_REUSE, f->reach != NULL },
    };
    for (size_t i = 0; i < GW_COUNT(longs); i++)
        if (curl_easy_setopt(c, longs[i].option, longs[i].value) != CURLE_OK)
            return false;
    if (f->reach != NULL && (curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) != CURLE_OK ||
            curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, p) != CURLE_OK))
        return false;
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK && curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK && curl_easy_setopt(c, CURLOPT_USERAGENT, "gangway") == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->headers) == CURLE_OK && curl_easy_setopt(c, CURLOPT_PRIVATE, p) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK && curl_easy_setopt(c, CURLOPT_HEADERDATA, p) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_WRITEDATA, p) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_READDATA, p) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_SEEKDATA, p) == CURLE_OK &&
        set_files(c, f) && set_method(c, &p->ask);
}

static bool add_header(struct passage *p, const char *line)
{
    struct curl_slist *more = curl_slist_append(p->headers, line);
    p->headers = more == NULL ? p->headers : more;
    return more != NULL;
}

bool gw_fetch_start(struct gw_fetch *f, const struct gw_fetch_ask *ask)
{
    struct place to;
    if (f->n >= f->most)
        return false;
    struct passage *p = gw_alloc(sizeof *p);
    *p = (struct passage){ .fetch = f, .next = f->passages, .ask = *ask, .from_us = gw_clock_monotonic_us() };
    p->ask.most_bytes = ask->most_bytes > 0 ? ask->most_bytes : MOST_BYTES;
    p->answer.own = ask->own;
    f->passages = p;
    f->n++;
    p->easy = curl_easy_init();
    const bool is_url = read_url(&to, ask->url);
    p->is_named = is_url && f->reach != NULL && gw_reach_host(f->reach, to.host);
    bool fine = is_url && p->easy != NULL && add_header(p, ask->ask_first ? "Expect: 100-continue" : "Expect:");
    for (size_t i = 0; fine && i < ask->n_headers; i++)
        fine = add_header(p, ask->headers[i]);
    fine = fine && set_up(p, ask->url) && curl_multi_add_handle(f->multi, p->easy) == CURLM_OK;
    p->ended = !fine;
    p->code = is_url ? CURLE_OUT_OF_MEMORY : CURLE_URL_MALFORMAT;
    p->ask.url = p->ask.method = NULL;
    p->ask.headers = NULL;
    return true;
}

/* ---- how it ended -------------------------------------------------------------------------- */

const char *gw_fetch_end_name(enum gw_fetch_end end)
{
    static const char *const names[] = { "answered", "too_long", "forbidden", "no_host", "no_connection", "tls", "timeout", "broken",
        "stopped", "url" };
    static_assert(GW_COUNT(names) == GW_FETCH_ENDS);
    assert((size_t)end < GW_COUNT(names));
    return names[end];
}

static enum gw_fetch_end end_of(const struct passage *p)
{
    if (p->forbidden)
        return GW_FETCH_FORBIDDEN;
    if (p->too_long)
        return GW_FETCH_TOO_LONG;
    switch ((int)p->code) {
    case CURLE_OK:
        return GW_FETCH_ANSWERED;
    case CURLE_WRITE_ERROR:
        return p->enough ? GW_FETCH_ANSWERED : GW_FETCH_BROKEN;
    case CURLE_SEND_ERROR: /* an answer given before the whole body was taken is one */
        return p->answer.status >= 400 ? GW_FETCH_ANSWERED : GW_FETCH_BROKEN;
    case CURLE_COULDNT_RESOLVE_HOST:
        return GW_FETCH_NO_HOST;
    case CURLE_COULDNT_CONNECT:
        return GW_FETCH_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT:
        return GW_FETCH_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
        return GW_FETCH_TLS;
    case CURLE_URL_MALFORMAT:
        return GW_FETCH_URL;
    default:
        return GW_FETCH_BROKEN;
    }
}

/* The answer is the caller's, the passage is no more. */
static void finish(struct gw_fetch_answer *out, struct passage *p, bool stopped)
{
    long status = 0;
    if (p->easy != NULL)
        curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    p->answer.status = (int)status;
    p->answer.took_us = gw_clock_monotonic_us() - p->from_us;
    p->answer.sent = p->sent;
    p->answer.end = stopped ? GW_FETCH_STOPPED : end_of(p);
    *out = p->answer;
    p->answer = (struct gw_fetch_answer){};
    passage_free(p);
}

static size_t take_ended(struct gw_fetch_answer *answers, size_t max, struct gw_fetch *f)
{
    const bool stopped = atomic_load(&f->stopped);
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &left)) != NULL;) {
        void *self = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &self);
        struct passage *p = self;
        p->ended = true;
        p->code = m->data.result;
    }
    size_t n = 0;
    for (struct passage *p = f->passages, *next; p != NULL && n < max; p = next) {
        next = p->next;
        if (p->ended || stopped)
            finish(&answers[n++], p, !p->ended);
    }
    return n;
}

size_t gw_fetch_wait(struct gw_fetch_answer *answers, size_t max, struct gw_fetch *f, int64_t timeout_us)
{
    int running;
    curl_multi_perform(f->multi, &running);
    size_t n = take_ended(answers, max, f);
    if (n > 0)
        return n;
    curl_multi_poll(f->multi, NULL, 0, (int)GW_MIN(timeout_us / 1000, INT64_C(60'000)), NULL);
    curl_multi_perform(f->multi, &running);
    return take_ended(answers, max, f);
}

void gw_fetch_wake(struct gw_fetch *f)
{
    curl_multi_wakeup(f->multi);
}

void gw_fetch_stop(struct gw_fetch *f)
{
    atomic_store(&f->stopped, true);
    gw_fetch_wake(f);
}

static bool fail_end(enum gw_fetch_end end, size_t most_bytes, struct gw_err *err)
{
    switch (end) {
    case GW_FETCH_TOO_LONG:
        return gw_fail(err, GW_ERR_LIMIT, "the answer is longer than %zu bytes", most_bytes);
    case GW_FETCH_URL:
        return gw_fail(err, GW_ERR_INVALID, "the address is no http:// or https:// URL");
    case GW_FETCH_FORBIDDEN:
        return gw_fail(err, GW_ERR_INVALID, "the address is none that may be spoken to");
    case GW_FETCH_STOPPED:
        return gw_fail(err, GW_ERR_UNAVAILABLE, "stopped before there was an answer");
    default:
        return gw_fail(err, GW_ERR_IO, "no answer: %s", gw_fetch_end_name(end));
    }
}

bool gw_fetch(struct gw_fetch_answer *out, struct gw_fetch *f, const struct gw_fetch_ask *ask, struct gw_err *err)
{
    assert(f->n == 0);
    if (!gw_fetch_start(f, ask))
        return gw_fail(err, GW_ERR_BUSY, "as many as allowed are on their way");
    struct gw_fetch_answer *kept = &f->passages->answer;
    gw_buf_clear(&out->head);
    gw_buf_clear(&out->body);
    kept->head = out->head;
    kept->body = out->body;
    *out = (struct gw_fetch_answer){};
    while (gw_fetch_wait(out, 1, f, GW_US_PER_S) == 0)
        ;
    return out->end == GW_FETCH_ANSWERED || fail_end(out->end, ask->most_bytes > 0 ? ask->most_bytes : MOST_BYTES, err);
}

bool gw_fetch_header(struct gw_span *out, const struct gw_fetch_answer *a, const char *name)
{
    size_t n = strlen(name);
    const uint8_t *at = a->head.data, *end = at == NULL ? NULL : at + a->head.size;
    while (at != NULL && at < end) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline == NULL ? (size_t)(end - at) : (size_t)(newline - at);
        if (length > n && at[n] == ':' && strncasecmp((const char *)at, name, n) == 0) {
            *out = gw_span_trim(gw_span_of(at + n + 1, length - n - 1));
            return true;
        }
        at = newline == NULL ? NULL : newline + 1;
    }
    return false;
}
