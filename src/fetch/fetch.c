/* fetch.c - the only file with libcurl. */
#include "fetch/fetch.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

enum { MOST_BYTES = 64 << 20, MOST_HEAD = 64 << 10 };

struct gw_fetch {
    CURL *curl;
    int64_t connect_us, whole_us;
};

static void start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void gw_fetch_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
}

struct gw_fetch *gw_fetch_new(const struct gw_fetch_options *options, struct gw_err *err)
{
    gw_fetch_init();
    GW_AUTO(gw_fetch) *f = gw_alloc(sizeof *f);
    f->connect_us = options->connect_us > 0 ? options->connect_us : 5 * GW_US_PER_S;
    f->whole_us = options->whole_us > 0 ? options->whole_us : 30 * GW_US_PER_S;
    f->curl = curl_easy_init();
    bool fine = f->curl != NULL && curl_easy_setopt(f->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(f->curl, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(f->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(f->curl, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK;
    if (fine && options->authorities != NULL)
        fine = curl_easy_setopt(f->curl, CURLOPT_CAINFO, options->authorities) == CURLE_OK;
    if (fine && options->certificate != NULL)
        fine = curl_easy_setopt(f->curl, CURLOPT_SSLCERT, options->certificate) == CURLE_OK &&
            curl_easy_setopt(f->curl, CURLOPT_SSLKEY, options->key) == CURLE_OK;
    return fine ? gw_take(f) : gw_fail_null(err, GW_ERR_UNAVAILABLE, "libcurl could not be set up");
}

void gw_fetch_free(struct gw_fetch *f)
{
    if (f == NULL)
        return;
    if (f->curl != NULL)
        curl_easy_cleanup(f->curl);
    gw_free(f);
}

void gw_fetch_answer_done(struct gw_fetch_answer *a)
{
    gw_buf_done(&a->head);
    gw_buf_done(&a->body);
}

/* One question on its way. */
struct going {
    const struct gw_fetch_ask *ask;
    struct gw_fetch_answer *out;
    size_t most, sent;
    bool too_long, enough;
};

static size_t take_head(char *data, size_t size, size_t n, void *self)
{
    struct going *g = self;
    if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        gw_buf_clear(&g->out->head); /* what came before was 100 Continue */
    if (g->out->head.size + size * n > MOST_HEAD)
        return 0;
    gw_buf_add(&g->out->head, data, size * n);
    return size * n;
}

static size_t take_body(char *data, size_t size, size_t n, void *self)
{
    struct going *g = self;
    if (g->ask->piece != NULL) {
        g->enough = !g->ask->piece(g->ask->self, gw_span_of(data, size * n));
        return g->enough ? 0 : size * n;
    }
    g->too_long = size * n > g->most - g->out->body.size;
    if (g->too_long)
        return 0;
    gw_buf_add(&g->out->body, data, size * n);
    return size * n;
}

static size_t give_body(char *to, size_t size, size_t n, void *self)
{
    struct going *g = self;
    size_t end = g->ask->cut_after > 0 ? GW_MIN(g->ask->cut_after, g->ask->body.size) : g->ask->body.size;
    if (g->sent == end && end < g->ask->body.size)
        return CURL_READFUNC_ABORT;
    size_t piece = GW_MIN(size * n, end - g->sent);
    memcpy(to, g->ask->body.data + g->sent, piece);
    g->sent += piece;
    return piece;
}

static bool set_up(struct gw_fetch *f, struct going *g, const struct curl_slist *headers)
{
    CURL *c = f->curl;
    const struct gw_fetch_ask *a = g->ask;
    int64_t whole = a->whole_us > 0 ? a->whole_us : f->whole_us;
    bool has_body = a->body.size > 0;
    bool fine = curl_easy_setopt(c, CURLOPT_URL, a->url) == CURLE_OK && curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(f->connect_us / 1000)) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(whole / 1000)) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK && curl_easy_setopt(c, CURLOPT_HEADERDATA, g) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_WRITEDATA, g) == CURLE_OK &&
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_READDATA, g) == CURLE_OK;
    if (!fine)
        return false;
    if (has_body)
        fine = curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
            curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)a->body.size) == CURLE_OK;
    else
        fine = curl_easy_setopt(c, CURLOPT_UPLOAD, 0L) == CURLE_OK && curl_easy_setopt(c, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return fine && curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, a->method) == CURLE_OK;
}

bool gw_fetch(struct gw_fetch_answer *out, struct gw_fetch *f, const struct gw_fetch_ask *ask, struct gw_err *err)
{
    struct going g = { .ask = ask, .out = out, .most = ask->most_bytes > 0 ? ask->most_bytes : MOST_BYTES };
    gw_buf_clear(&out->head);
    gw_buf_clear(&out->body);
    out->status = 0;
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; headers != NULL && i < ask->n_headers; i++) {
        struct curl_slist *more = curl_slist_append(headers, ask->headers[i]);
        if (more == NULL)
            curl_slist_free_all(headers);
        headers = more;
    }
    int64_t from = gw_clock_monotonic_us();
    CURLcode code = headers != NULL && set_up(f, &g, headers) ? curl_easy_perform(f->curl) : CURLE_OUT_OF_MEMORY;
    out->took_us = gw_clock_monotonic_us() - from;
    curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    long status = 0;
    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    if (code == CURLE_OK || (g.enough && code == CURLE_WRITE_ERROR))
        return true;
    if (g.too_long)
        return gw_fail(err, GW_ERR_LIMIT, "the answer is longer than %zu bytes", g.most);
    /* An answer given before the whole body was taken is one. */
    if (code == CURLE_SEND_ERROR && status >= 400)
        return true;
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return gw_fail(err, GW_ERR_USAGE, "the address is no http:// or https:// URL");
    return gw_fail(err, GW_ERR_IO, "no answer: %s", curl_easy_strerror(code));
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
