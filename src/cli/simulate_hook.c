/* simulate_hook.c - a receiver of webhooks, as a carrier has one: takes what the server sends,
 * refuses the first message once, and holds all of it to Standard Webhooks.
 *
 * 1. One thread takes one connection after the other; what came is under the lock.
 * 2. Nothing that is sent is believed: a request is read up to HOOK_BYTES and no further. */
#include "base/clock.h"
#include "base/crypto.h"
#include "cli/simulate.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOOK_BYTES = 1 << 20, MESSAGES_MAX = 500, WAIT_MS = 30'000, TURN_MS = 100, TOLERANCE_S = 300 };

struct message {
    char id[128], timestamp[32], signature[512];
    struct gw_buf body;
    int64_t at_us;
    int status; /* what we answered */
};

struct sim_hook {
    struct sim *sim;
    int listener;
    pthread_t thread;
    atomic_bool over;
    char webhook[SIM_ID], secret[256];
    pthread_mutex_t lock;
    struct message messages[MESSAGES_MAX];
    size_t n;
};

/* ---- receiving ---- */

static void copy_header(char *out, size_t room, const char *head, const char *name)
{
    size_t n = strlen(name);
    *out = 0;
    for (const char *line = head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        line += n + 1 + strspn(line + n + 1, " \t");
        snprintf(out, room, "%.*s", (int)strcspn(line, "\r"), line);
        return;
    }
}

/* The whole request, or as much as came. False: it is none. */
static bool receive(struct message *m, int from)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    char piece[16384], length[24];
    size_t head = 0, body = 0;
    while (text.size < HOOK_BYTES && (head == 0 || text.size < head + body)) {
        struct pollfd p = { .fd = from, .events = POLLIN };
        ssize_t n = poll(&p, 1, 5000) == 1 ? recv(from, piece, sizeof piece, 0) : 0;
        if (n <= 0)
            return false;
        gw_buf_add(&text, piece, (size_t)n);
        const char *end = head == 0 ? strstr(gw_buf_text(&text), "\r\n\r\n") : NULL;
        if (end == NULL)
            continue;
        head = (size_t)(end + 4 - gw_buf_text(&text));
        copy_header(length, sizeof length, gw_buf_text(&text), "Content-Length");
        body = strtoul(length, NULL, 10);
    }
    if (head == 0 || body > HOOK_BYTES || text.size < head + body || !gw_span_starts(gw_buf_span(&text), "POST "))
        return false;
    gw_buf_add(&m->body, text.data + head, body);
    copy_header(m->id, sizeof m->id, gw_buf_text(&text), "webhook-id");
    copy_header(m->timestamp, sizeof m->timestamp, gw_buf_text(&text), "webhook-timestamp");
    copy_header(m->signature, sizeof m->signature, gw_buf_text(&text), "webhook-signature");
    m->at_us = gw_clock_now(NULL);
    return true;
}

/* The first message is refused once: it has to come again. */
static void answer(struct sim_hook *h, int to)
{
    struct message m = {};
    if (!receive(&m, to)) {
        gw_buf_done(&m.body);
        return;
    }
    pthread_mutex_lock(&h->lock);
    m.status = h->n == 0 ? 500 : 204;
    if (h->n < MESSAGES_MAX)
        h->messages[h->n++] = m;
    else
        gw_buf_done(&m.body);
    pthread_mutex_unlock(&h->lock);
    const char *text = m.status == 500 ? "HTTP/1.1 500 Not Now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                       : "HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n";
    (void)!send(to, text, strlen(text), MSG_NOSIGNAL);
}

static void *serve(void *arg)
{
    struct sim_hook *h = arg;
    while (!atomic_load(&h->over)) {
        struct pollfd p = { .fd = h->listener, .events = POLLIN };
        int from = poll(&p, 1, TURN_MS) == 1 ? accept(h->listener, NULL, NULL) : -1;
        if (from < 0)
            continue;
        answer(h, from);
        shutdown(from, SHUT_WR);
        close(from);
    }
    return NULL;
}

/* address: host:port; port 0 is a free one. url gets where it is. -1: not there. */
static int listen_at(char *url, size_t room, const char *address)
{
    char host[128], port[8];
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
    if (colon == NULL)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    snprintf(port, sizeof port, "%s", colon + 1);
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage at = {};
    socklen_t n = sizeof at;
    bool fine = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 16) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0 &&
        getnameinfo((struct sockaddr *)&at, n, NULL, 0, port, sizeof port, NI_NUMERICSERV) == 0;
    freeaddrinfo(found);
    snprintf(url, room, "http://%s:%s/simulated", host, port);
    if (!fine && fd >= 0)
        close(fd);
    return fine ? fd : -1;
}

/* ---- the server's side ---- */

static void let_go(struct sim_hook *h)
{
    atomic_store(&h->over, true);
    pthread_join(h->thread, NULL);
    close(h->listener);
    for (size_t i = 0; i < h->n; i++)
        gw_buf_done(&h->messages[i].body);
    gw_wipe(h->secret, sizeof h->secret);
    pthread_mutex_destroy(&h->lock);
    gw_free(h);
}

struct sim_hook *sim_hook_open(struct sim *s, struct sim_client *c)
{
    char url[200], body[400];
    struct gw_json *j;
    if (s->admin == NULL || !sim_offers(s, "post", "/v1/webhooks") || !sim_offers(s, "delete", "/v1/webhooks/{hook}"))
        return NULL;
    int listener = listen_at(url, sizeof url, s->options.receiver);
    if (listener < 0)
        return NULL;
    struct sim_hook *h = gw_alloc(sizeof *h);
    h->sim = s;
    h->listener = listener;
    pthread_mutex_init(&h->lock, NULL);
    if (pthread_create(&h->thread, NULL, serve, h) != 0)
        abort(); /* as where there is no memory */
    snprintf(body, sizeof body, "{\"carrier\":\"%s\",\"url\":\"%s\"}", s->options.carrier, url);
    int status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = "/v1/webhooks", .token = s->admin,
        .type = "application/json", .body = gw_span_str(body) });
    snprintf(h->webhook, sizeof h->webhook, "%s", sim_text(j, "webhook"));
    snprintf(h->secret, sizeof h->secret, "%s", sim_text(j, "secret"));
    gw_json_free(j);
    if (status == 422) { /* it may not reach us: webhook.targets, or its like */
        let_go(h);
        return NULL;
    }
    sim_hold(s, SIM_HOOK_MADE, status == 201 && strncmp(h->secret, "whsec_", 6) == 0 && *h->webhook != 0, "%d, or no secret that begins with whsec_", status);
    return h;
}

/* ---- what came ---- */

/* Standard Webhooks 1.0: v1 is HMAC-SHA256 over id.timestamp.body, with the secret's bytes. */
static bool is_signed(const struct sim_hook *h, const struct message *m)
{
    uint8_t key[192];
    char want[GW_BASE64_TEXT(GW_HASH_BYTES) + 4] = "v1,";
    size_t n;
    GW_AUTO_VALUE(gw_buf) text = {};
    if (strlen(h->secret) < 7 || !gw_base64_parse(key, sizeof key, &n, gw_span_str(h->secret + 6)))
        return false;
    gw_buf_addf(&text, "%s.%s.", m->id, m->timestamp);
    gw_buf_add(&text, m->body.data, m->body.size);
    struct gw_hash mac = gw_hmac_sha256(gw_span_of(key, n), gw_buf_span(&text));
    gw_wipe(key, sizeof key);
    gw_base64(want + 3, gw_span_of(mac.bytes, sizeof mac.bytes));
    for (const char *at = m->signature; *at != 0; at += strcspn(at, " "), at += strspn(at, " "))
        if (strncmp(at, want, strlen(want)) == 0 && (at[strlen(want)] == 0 || at[strlen(want)] == ' '))
            return true;
    return false;
}

struct sought {
    const char *key, *value;
};

static bool is_sought(const char *key, const struct gw_json *value, const void *self)
{
    const struct sought *f = self;
    struct gw_span text;
    return strcmp(key, f->key) == 0 && gw_json_string(value, &text) && gw_span_is(text, f->value);
}

/* Has a message a member of that value? */
static bool says(const struct message *m, const char *key, const char *value)
{
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&m->body), NULL);
    return sim_any_member(j, is_sought, &(struct sought){ key, value });
}

static bool has_come(struct sim_hook *h, const char *voyage)
{
    bool come = false;
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->n && !come; i++)
        come = h->messages[i].status < 300 && says(&h->messages[i], "voyage", voyage) && says(&h->messages[i], "state", "closed");
    /* And the one that was refused, once more. */
    bool again = false;
    for (size_t i = 1; i < h->n; i++)
        again = again || strcmp(h->messages[i].id, h->messages[0].id) == 0;
    pthread_mutex_unlock(&h->lock);
    return come && again;
}

static void hold_one(struct sim_hook *h, const struct message *m, size_t i)
{
    struct sim *s = h->sim;
    int64_t said = strtoll(m->timestamp, NULL, 10), off = m->at_us / GW_US_PER_S - said;
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&m->body), NULL);
    sim_hold(s, SIM_HOOK_SIGNED, *m->id != 0 && is_signed(h, m), "message %zu has no signature v1 of the secret", i);
    sim_hold(s, SIM_HOOK_TIME, off >= -TOLERANCE_S && off <= TOLERANCE_S, "message %zu is of %lld seconds ago", i, (long long)off);
    sim_hold(s, SIM_HOOK_SEES, j != NULL && *sim_text(j, "type") != 0 && gw_json_get(j, "data") != NULL && !sim_shows(j, sim_hidden, sim_n_hidden),
        "message %zu is not type and data, or shows a reason", i);
    size_t taken = 0, same = 0;
    for (size_t k = 0; k < h->n; k++)
        if (strcmp(h->messages[k].id, m->id) == 0) {
            taken += h->messages[k].status < 300;
            same += gw_span_equal(gw_buf_span(&h->messages[k].body), gw_buf_span(&m->body));
        }
    sim_hold(s, SIM_HOOK_ONCE, taken <= 1, "message %zu was taken, and came again", i);
    if (m->status >= 300)
        sim_hold(s, SIM_HOOK_AGAIN, taken == 1 && same == 2, "a message that was answered 500 came %zu times more, %zu of them the same", taken, same - 1);
}

void sim_hook_close(struct sim_hook *h, struct sim_client *c, const char *voyage, const char *const *verifications, size_t n)
{
    if (h == NULL)
        return;
    struct gw_json *j;
    char path[100];
    for (int ms = 0; ms < WAIT_MS && !has_come(h, voyage); ms += TURN_MS)
        nanosleep(&(struct timespec){ .tv_nsec = TURN_MS * 1'000'000L }, NULL);
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->n; i++)
        hold_one(h, &h->messages[i], i);
    for (size_t k = 0; k < n; k++) {
        bool told = false;
        for (size_t i = 0; i < h->n && !told; i++)
            told = says(&h->messages[i], "verification", verifications[k]);
        sim_hold(h->sim, SIM_HOOK_TOLD, told, "a decision was not told, of %zu", n);
    }
    sim_hold(h->sim, SIM_HOOK_AGAIN, h->n > 0, "no message came at all");
    pthread_mutex_unlock(&h->lock);
    snprintf(path, sizeof path, "/v1/webhooks/%s", h->webhook);
    int status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "DELETE", .path = path, .token = h->sim->admin });
    sim_hold(h->sim, SIM_HOOK_MADE, status == 200 || status == 204, "its end: %d", status);
    gw_json_free(j);
    let_go(h);
}
