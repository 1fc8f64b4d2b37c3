/* send.c - the only file that names libcurl. */
#include "send/send.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TARGETS_MAX = 64, HOST_MAX = 256, ANSWER_MOST = 64 << 10 };

struct target {
    char host[HOST_MAX]; /* "": a network */
    uint8_t network[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

/* One message on its way. */
struct passage {
    struct gw_sender *sender;
    struct passage *next;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    void *own;
    bool is_named;  /* its host is one of the targets: whatever address that has */
    bool forbidden;
    size_t answered;
};

struct gw_sender {
    CURLM *multi;
    struct target targets[TARGETS_MAX];
    size_t n_targets;
    int64_t timeout_us;
    unsigned most, n;
    struct passage *passages;
};

/* ---- who may be spoken to ---------------------------------------------------------------- */

static void map_v4(uint8_t out[16], const uint8_t v4[4])
{
    memset(out, 0, 10);
    out[10] = out[11] = 0xFF;
    memcpy(out + 12, v4, 4);
}

static bool within(const uint8_t address[16], const uint8_t network[16], unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;
    if (memcmp(address, network, bytes) != 0)
        return false;
    return rest == 0 || ((address[bytes] ^ network[bytes]) >> (8 - rest)) == 0;
}

/* The address as IPv6; false when it is none of either family. */
static bool read_address(uint8_t out[16], bool *is_v4, const char *text)
{
    uint8_t v4[4];
    *is_v4 = inet_pton(AF_INET, text, v4) == 1;
    if (*is_v4)
        map_v4(out, v4);
    return *is_v4 || inet_pton(AF_INET6, text, out) == 1;
}

static bool read_target(struct target *out, struct gw_span word, struct gw_err *err)
{
    char text[HOST_MAX];
    uint64_t bits = 128;
    bool is_v4;
    *out = (struct target){};
    if (word.size >= sizeof text)
        return gw_fail(err, GW_ERR_USAGE, "webhook.targets: a host's name is too long");
    memcpy(text, word.data, word.size);
    text[word.size] = 0;
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = 0;
    if (!read_address(out->network, &is_v4, text)) {
        if (slash != NULL)
            return gw_fail(err, GW_ERR_USAGE, "webhook.targets: a network is written as 10.1.0.0/16");
        memcpy(out->host, text, word.size + 1);
        return true;
    }
    if (slash != NULL && !gw_span_uint(gw_span_str(slash + 1), is_v4 ? 32 : 128, &bits))
        return gw_fail(err, GW_ERR_USAGE, "webhook.targets: a network is written as 10.1.0.0/16");
    out->bits = (unsigned)bits + (is_v4 && slash != NULL ? 96 : 0);
    return true;
}

static bool read_targets(struct gw_sender *s, const char *targets, struct gw_err *err)
{
    for (const char *p = targets == NULL ? "" : targets;;) {
        p += strspn(p, " ,");
        size_t n = strcspn(p, " ,");
        if (n == 0)
            return true;
        if (s->n_targets == TARGETS_MAX)
            return gw_fail(err, GW_ERR_USAGE, "webhook.targets takes at most %d", TARGETS_MAX);
        if (!read_target(&s->targets[s->n_targets++], gw_span_of(p, n), err))
            return false;
        p += n;
    }
}

/* Addresses of the whole internet (IANA special-purpose registries, RFC 6890). */
static bool is_global(const uint8_t a[16])
{
    static const struct {
        const char *network;
        unsigned bits;
    } special4[] = {
        { "0.0.0.0", 8 }, { "10.0.0.0", 8 }, { "100.64.0.0", 10 }, { "127.0.0.0", 8 }, { "169.254.0.0", 16 }, { "172.16.0.0", 12 },
        { "192.0.0.0", 24 }, { "192.0.2.0", 24 }, { "192.88.99.0", 24 }, { "192.168.0.0", 16 }, { "198.18.0.0", 15 },
        { "198.51.100.0", 24 }, { "203.0.113.0", 24 }, { "224.0.0.0", 4 }, { "240.0.0.0", 4 },
    },
      special6[] = { { "2001::", 23 }, { "2001:db8::", 32 }, { "2002::", 16 }, { "3fff::", 20 } };
    uint8_t network[16];
    bool is_v4;
    uint8_t mapped[16] = { [10] = 0xFF, [11] = 0xFF };
    if (memcmp(a, mapped, 12) == 0) {
        for (size_t i = 0; i < GW_COUNT(special4); i++)
            if (read_address(network, &is_v4, special4[i].network) && within(a, network, special4[i].bits + 96))
                return false;
        return true;
    }
    for (size_t i = 0; i < GW_COUNT(special6); i++)
        if (read_address(network, &is_v4, special6[i].network) && within(a, network, special6[i].bits))
            return false;
    return (a[0] & 0xE0) == 0x20; /* 2000::/3 */
}

static bool is_target_address(const struct gw_sender *s, const uint8_t a[16])
{
    for (size_t i = 0; i < s->n_targets; i++)
        if (s->targets[i].host[0] == 0 && within(a, s->targets[i].network, s->targets[i].bits))
            return true;
    return false;
}

static bool is_target_host(const struct gw_sender *s, const char *host)
{
    for (size_t i = 0; i < s->n_targets; i++)
        if (s->targets[i].host[0] != 0 && strcasecmp(s->targets[i].host, host) == 0)
            return true;
    return false;
}

static bool read_url(char host[HOST_MAX], bool *is_tls, const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *name = NULL, *user = NULL, *password = NULL, *fragment = NULL;
    bool fine = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
        strlen(name) < HOST_MAX;
    if (fine) {
        curl_url_get(u, CURLUPART_USER, &user, 0);
        curl_url_get(u, CURLUPART_PASSWORD, &password, 0);
        curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0);
        *is_tls = strcmp(scheme, "https") == 0;
        fine = (*is_tls || strcmp(scheme, "http") == 0) && user == NULL && password == NULL && fragment == NULL;
        size_t n = strlen(name);
        bool bracketed = n > 2 && name[0] == '[';
        memcpy(host, name + bracketed, n + 1 - bracketed);
        if (bracketed)
            host[n - 2] = 0;
    }
    curl_free(scheme);
    curl_free(name);
    curl_free(user);
    curl_free(password);
    curl_free(fragment);
    curl_url_cleanup(u);
    return fine;
}

bool gw_sender_check(const struct gw_sender *s, const char *url, struct gw_err *err)
{
    char host[HOST_MAX];
    uint8_t address[16];
    bool is_tls, is_v4;
    if (!read_url(host, &is_tls, url))
        return gw_fail(err, GW_ERR_INVALID, "the URL must be https://host/…, without user, password and fragment");
    const bool is_address = read_address(address, &is_v4, host);
    if (is_target_host(s, host) || (is_address && is_target_address(s, address)))
        return true;
    if (!is_tls)
        return gw_fail(err, GW_ERR_INVALID, "the URL must be https, or its host one of webhook.targets");
    return !is_address || is_global(address) ||
        gw_fail(err, GW_ERR_INVALID, "the URL leads to an address inside; webhook.targets can allow it");
}

/* Called with the address that would be connected to. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct passage *p = self;
    uint8_t address[16];
    (void)purpose;
    if (to->family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &to->addr, sizeof in);
        map_v4(address, (const uint8_t *)&in.sin_addr);
    } else if (to->family == AF_INET6 && to->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, (const void *)&to->addr, sizeof in6);
        memcpy(address, &in6.sin6_addr, sizeof address);
    } else {
        p->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    p->forbidden = !p->is_named && !is_global(address) && !is_target_address(p->sender, address);
    return p->forbidden ? CURL_SOCKET_BAD : socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- sending ------------------------------------------------------------------------------ */

const char *gw_send_end_name(enum gw_send_end end)
{
    static const char *const names[] = { "answered", "forbidden", "no_host", "no_connection", "tls", "timeout", "broken" };
    static_assert(GW_COUNT(names) == GW_SEND_ENDS);
    assert((size_t)end < GW_COUNT(names));
    return names[end];
}

static void start_library(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
}

struct gw_sender *gw_sender_new(const struct gw_sender_options *options, struct gw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    GW_AUTO(gw_sender) *s = gw_alloc(sizeof *s);
    s->timeout_us = options->timeout_us;
    s->most = options->most;
    if (!read_targets(s, options->targets, err))
        return NULL;
    s->multi = curl_multi_init();
    if (s->multi == NULL)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "the HTTP client did not start");
    return gw_take(s);
}

static void passage_free(struct passage *p)
{
    struct passage **at = &p->sender->passages;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->sender->n--;
    curl_multi_remove_handle(p->sender->multi, p->easy);
    curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->headers);
    gw_free(p->body);
    gw_free(p);
}

void gw_sender_free(struct gw_sender *s)
{
    if (s == NULL)
        return;
    while (s->passages != NULL)
        passage_free(s->passages);
    curl_multi_cleanup(s->multi);
    gw_free(s);
}

/* What is answered is of no use to us, but a little is read, so that the other side can finish. */
static size_t swallow(char *data, size_t size, size_t n, void *self)
{
    struct passage *p = self;
    (void)data;
    p->answered += size * n;
    return p->answered > ANSWER_MOST ? 0 : size * n;
}

bool gw_sender_start(struct gw_sender *s, const struct gw_send *send)
{
    char host[HOST_MAX];
    bool is_tls;
    if (s->n >= s->most)
        return false;
    struct passage *p = gw_alloc(sizeof *p);
    *p = (struct passage){ .sender = s, .next = s->passages, .easy = curl_easy_init(), .own = send->own };
    s->passages = p;
    s->n++;
    p->body = gw_alloc(send->body.size + 1);
    if (send->body.size > 0)
        memcpy(p->body, send->body.data, send->body.size);
    for (size_t i = 0; i < send->n_headers; i++)
        p->headers = curl_slist_append(p->headers, send->headers[i]);
    p->headers = curl_slist_append(p->headers, "Expect:"); /* the body comes at once */
    p->is_named = read_url(host, &is_tls, send->url) && is_target_host(s, host);
    CURL *e = p->easy;
    curl_easy_setopt(e, CURLOPT_URL, send->url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, p->body);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)send->body.size);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, p->headers);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "gangway");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(s->timeout_us / 1000));
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, p);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, p);
    /* A connection that is used again would be one that nobody asked about. */
    curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(e, CURLOPT_PRIVATE, p);
    curl_multi_add_handle(s->multi, e);
    return true;
}

static enum gw_send_end end_of(const struct passage *p, CURLcode code)
{
    if (p->forbidden)
        return GW_SEND_FORBIDDEN;
    switch ((int)code) {
    case CURLE_OK:
    case CURLE_WRITE_ERROR: /* it said too much; its status counts */
        return GW_SEND_ANSWERED;
    case CURLE_COULDNT_RESOLVE_HOST:
        return GW_SEND_NO_HOST;
    case CURLE_COULDNT_CONNECT:
        return GW_SEND_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT:
        return GW_SEND_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return GW_SEND_TLS;
    default:
        return GW_SEND_BROKEN;
    }
}

size_t gw_sender_wait(struct gw_sent *sent, size_t max, struct gw_sender *s, int64_t timeout_us)
{
    int running, left;
    size_t n = 0;
    curl_multi_perform(s->multi, &running);
    if ((unsigned)running == s->n) {
        curl_multi_poll(s->multi, NULL, 0, (int)GW_MIN(timeout_us / 1000, INT64_C(60'000)), NULL);
        curl_multi_perform(s->multi, &running);
    }
    for (CURLMsg *m; n < max && (m = curl_multi_info_read(s->multi, &left)) != NULL;) {
        void *self = NULL;
        long status = 0;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &self);
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        struct passage *p = self;
        sent[n++] = (struct gw_sent){ p->own, end_of(p, m->data.result), (int)status };
        passage_free(p);
    }
    return n;
}

void gw_sender_wake(struct gw_sender *s)
{
    curl_multi_wakeup(s->multi);
}
