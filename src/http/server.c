/* server.c - the only file that names libmicrohttpd: an epoll thread pool that
 * reads requests, lets them sleep while a worker works, and writes answers.
 *
 * What the library leaves open is closed here:
 *   1. Its timeout is for silence. A client that sends a byte a second is never
 *      silent; the janitor thread ends a request that is not whole in its time.
 *   2. An answer given before the body was read (401, 413) is followed by a close
 *      with unread bytes, and the kernel then resets the connection, which takes
 *      the answer away from the client. The janitor keeps such a socket for a
 *      moment and reads it empty (RFC 9112 section 9.6).
 *   3. A full house waits in the backlog without a word; here one connection too
 *      many is closed at once.
 *   4. A client whose last bytes and whose end come together is at times waited for
 *      as if more could come (0.9.75). The janitor finds those who are at their end. */
#include "http/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/addresses.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STREAM_OLD_PIECE = 256,
    CONNECTION_BYTES = 64 << 10,  /* the library's memory for one connection */
    SWALLOW_BYTES = 64 << 10,     /* a body so small is read although its answer is known: the connection lives on */
    LINGER_MAX = 64,              /* sockets the janitor reads empty at a time */
    LINGER_BYTES = 64 << 20,      /* and how much of each */
    BACKLOG = 511,
    BODY_BYTES_PER_S = 16 << 10,  /* a body may come as slowly as this */
};
#define LINGER_US (2 * GW_US_PER_S)
#define SWEEP_MS 500

enum phase { PHASE_HEADERS, PHASE_BODY, PHASE_WORK, PHASE_ANSWER };

/* One TCP connection, from accept to close: what the janitor looks at. */
struct peer {
    struct peer *next, *previous;
    int fd;
    bool linger;                         /* written by its server thread, read when it closes */
    _Atomic(int64_t) reading_until_us;   /* 0: not reading */
    int64_t ended_us;                    /* the janitor's: reading_until_us when this peer was found at its end; 0: it was not */
    struct gw_address address;
    struct gw_tls_identity *identity;    /* NULL: without TLS */
    bool asked_certificate;              /* the three below are known */
    enum gw_tls_peer certified;
    struct gw_hash certificate;
    struct gw_err *certificate_why;      /* NULL: not REFUSED */
    struct gw_connection *streaming;     /* under the server's lock: its request, while it is an open stream */
};

struct gw_answer_headers {
    struct answer_header {
        const char *name; /* a literal */
        char value[160];
    } of[GW_REQUEST_ANSWER_HEADERS];
    size_t n;
};

/* A stream that has nothing sleeps, and nobody who wakes it may be missed: what happens
 * between an empty pull and the sleep turns BUSY into AGAIN. */
enum stream_state { STREAM_BUSY, STREAM_AGAIN, STREAM_ASLEEP };

/* A request and what only this file needs to know of it. */
struct gw_connection {
    struct gw_request request;
    struct gw_server *server;
    struct MHD_Connection *mhd;
    struct peer *peer;
    struct gw_buf body;
    size_t charged;  /* bytes of most_bodies_bytes taken */
    enum phase phase;
    bool begun, swallow, over, crowded, given_back;
    const char *request_line; /* in the library's memory, until the request ends */
    atomic_int stream; /* enum stream_state */
};

struct gw_server {
    struct gw_door door;
    struct gw_tls *tls;
    const int64_t *per_address;
    struct MHD_Daemon *daemon;
    int listen_fd; /* -1: the library has it */
    unsigned threads;
    char address[80];
    int64_t timeout_us;
    size_t most_connections, most_bodies;
    atomic_size_t n_connections, n_in_flight, bodies;
    atomic_bool stopping;

    pthread_mutex_t lock; /* peers, addresses, waiting */
    struct gw_addresses *addresses;
    struct peer *peers;
    int waiting[LINGER_MAX];
    size_t n_waiting;
    pthread_t janitor;
    int wake[2];
    bool janitor_runs;
    atomic_bool janitor_ends;
};

/* ---- the janitor ---- */

struct lingering {
    int fd;
    int64_t until_us;
    size_t left;
};

/* Reads a little; false when there is nothing more to wait for. */
static bool drain(struct lingering *l)
{
    char waste[16 << 10];
    for (int i = 0; i < 16; i++) {
        ssize_t n = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (n < 0)
            return true;
        if ((size_t)n > l->left)
            return false;
        l->left -= (size_t)n;
    }
    return true;
}

/* Will nothing more come from there? */
static bool is_at_end(const struct peer *p)
{
    struct pollfd look = { .fd = p->fd, .events = POLLRDHUP };
    int unread = 0;
    return poll(&look, 1, 0) == 1 && ioctl(p->fd, FIONREAD, &unread) == 0 && unread == 0;
}

/* Who takes too long, and who was at his end twice without a byte read between: what TLS still had in hand is through by then. */
static void end_slow(struct gw_server *s, int64_t now_us)
{
    pthread_mutex_lock(&s->lock);
    for (struct peer *p = s->peers; p != NULL; p = p->next) {
        const int64_t until = atomic_load(&p->reading_until_us);
        const bool ended = until != 0 && is_at_end(p);
        if (until != 0 && (now_us > until || (ended && p->ended_us == until))) {
            shutdown(p->fd, SHUT_RDWR); /* the library sees the end and cleans up */
            atomic_store(&p->reading_until_us, 0);
        }
        p->ended_us = ended ? until : 0;
    }
    pthread_mutex_unlock(&s->lock);
}

/* Under the lock a streaming peer's request cannot end. */
static void wake_streams(struct gw_server *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct peer *p = s->peers; p != NULL; p = p->next)
        if (p->streaming != NULL)
            gw_request_wake(&p->streaming->request);
    pthread_mutex_unlock(&s->lock);
}

static void *janitor(void *arg)
{
    struct gw_server *s = arg;
    struct lingering list[LINGER_MAX];
    size_t n = 0;
    int64_t swept_us = 0, woke_us = gw_clock_monotonic_us();
    while (!atomic_load(&s->janitor_ends)) {
        struct pollfd polls[LINGER_MAX + 1] = { { .fd = s->wake[0], .events = POLLIN } };
        for (size_t i = 0; i < n; i++)
            polls[i + 1] = (struct pollfd){ .fd = list[i].fd, .events = POLLIN };
        poll(polls, (nfds_t)n + 1, SWEEP_MS);
        int64_t now = gw_clock_monotonic_us();
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if (now < list[i].until_us && (polls[i + 1].revents == 0 || drain(&list[i])))
                list[kept++] = list[i];
            else
                close(list[i].fd);
        n = kept;
        if (polls[0].revents != 0) {
            char waste[64];
            ssize_t ignored = read(s->wake[0], waste, sizeof waste);
            (void)ignored;
            pthread_mutex_lock(&s->lock);
            while (s->n_waiting > 0 && n < LINGER_MAX)
                list[n++] = (struct lingering){ s->waiting[--s->n_waiting], now + LINGER_US, LINGER_BYTES };
            pthread_mutex_unlock(&s->lock);
        }
        if (now - swept_us >= SWEEP_MS * 1000) {
            end_slow(s, now);
            swept_us = now;
        }
        if (now - woke_us >= GW_STREAM_WAKE_US) {
            wake_streams(s);
            woke_us = now;
        }
    }
    for (size_t i = 0; i < n; i++)
        close(list[i].fd);
    return NULL;
}

static void wake_janitor(struct gw_server *s)
{
    ssize_t ignored = write(s->wake[1], "", 1);
    (void)ignored;
}

static void linger(struct gw_server *s, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return;
    pthread_mutex_lock(&s->lock);
    bool room = s->n_waiting < LINGER_MAX;
    if (room)
        s->waiting[s->n_waiting++] = copy;
    pthread_mutex_unlock(&s->lock);
    if (room)
        wake_janitor(s);
    else
        close(copy);
}

/* ---- what the library calls ---- */

static enum MHD_Result accept_peer(void *self, const struct sockaddr *address, socklen_t size)
{
    (void)size;
    struct gw_server *s = self;
    if (atomic_load(&s->n_connections) >= s->most_connections)
        return MHD_NO;
    int64_t most = s->per_address == NULL ? 0 : __atomic_load_n(s->per_address, __ATOMIC_RELAXED);
    if (most == 0)
        return MHD_YES;
    pthread_mutex_lock(&s->lock);
    bool room = gw_addresses_count(s->addresses, gw_address_of(address)) < (size_t)most;
    pthread_mutex_unlock(&s->lock);
    return room ? MHD_YES : MHD_NO;
}

static void peer_changed(void *self, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
    struct gw_server *s = self;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct peer *p = gw_alloc(sizeof *p);
        p->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        atomic_init(&p->reading_until_us, gw_clock_monotonic_us() + s->timeout_us);
        p->address = gw_address_of(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        if (s->tls != NULL)
            p->identity = gw_tls_begin(s->tls, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
        pthread_mutex_lock(&s->lock);
        gw_addresses_enter(s->addresses, p->address);
        p->next = s->peers;
        if (p->next != NULL)
            p->next->previous = p;
        s->peers = p;
        pthread_mutex_unlock(&s->lock);
        atomic_fetch_add(&s->n_connections, 1);
        *context = p;
        return;
    }
    struct peer *p = *context;
    if (p == NULL)
        return;
    if (p->linger)
        linger(s, p->fd);
    pthread_mutex_lock(&s->lock);
    if (p->next != NULL)
        p->next->previous = p->previous;
    if (p->previous != NULL)
        p->previous->next = p->next;
    else
        s->peers = p->next;
    gw_addresses_leave(s->addresses, p->address);
    pthread_mutex_unlock(&s->lock);
    atomic_fetch_sub(&s->n_connections, 1);
    gw_tls_end(p->identity);
    gw_free(p->certificate_why);
    gw_free(p);
    *context = NULL;
}

/* The request line is there: the request begins to exist. */
static void *request_new(void *self, const char *uri, struct MHD_Connection *mhd)
{
    struct gw_server *s = self;
    struct gw_connection *c = gw_alloc(sizeof *c);
    struct gw_request *r = &c->request;
    c->server = s;
    c->mhd = mhd;
    c->peer = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    r->connection = c;
    r->id = gw_id_new(gw_clock_now(NULL));
    r->begun_us = gw_clock_monotonic_us();
    char *copy = gw_alloc(GW_MIN(strlen(uri), (size_t)GW_REQUEST_URI_MAX + 1) + 1);
    memcpy(copy, uri, GW_MIN(strlen(uri), (size_t)GW_REQUEST_URI_MAX + 1));
    r->uri = copy;
    return c;
}

/* We decode paths and queries ourselves, where what is wrong can be said. */
static size_t unescape_nothing(void *self, struct MHD_Connection *mhd, char *text)
{
    (void)self;
    (void)mhd;
    return strlen(text);
}

/* The library zeroes what it no longer reads into, half of a connection's memory, and an open stream keeps that for hours: pages
 * that are all zeros go back to the system, where nobody can tell, because they read as zeros again. The request line
 * lies in the first half of the connection's memory, so what is looked at is within it. */
static void give_back(const char *request_line)
{
    static const uint8_t zeros[4096];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (page != sizeof zeros || CONNECTION_BYTES < 16 * sizeof zeros)
        return;
    uint8_t *at = (uint8_t *)(((uintptr_t)request_line / page + 1) * page);
    for (int i = 0; i < CONNECTION_BYTES / (2 * (int)sizeof zeros) - 1; i++, at += page)
        if (memcmp(at, zeros, page) == 0)
            (void)madvise(at, page, MADV_DONTNEED);
}

static ssize_t pull_stream(void *self, uint64_t position, char *out, size_t size)
{
    (void)position;
    struct gw_connection *c = self;
    struct gw_stream *stream = &c->request.stream;
    enum gw_pull pulled = GW_PULL_END;
    size_t n = 0, most = GW_MIN(size, (size_t)GW_STREAM_PIECE);
    atomic_store(&c->stream, STREAM_BUSY);
    if (!atomic_load(&c->server->stopping))
        pulled = stream->pull(stream->self, (uint8_t *)out, most, &n);
    if (pulled == GW_PULL_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (pulled == GW_PULL_SOME) {
        assert(n > 0 && n <= most);
        return (ssize_t)n;
    }
    if (!c->given_back) {
        give_back(c->request_line);
        c->given_back = true;
    }
    /* Asleep before it is said: from here on whoever wakes it resumes the connection. */
    MHD_suspend_connection(c->mhd);
    int busy = STREAM_BUSY;
    if (!atomic_compare_exchange_strong(&c->stream, &busy, STREAM_ASLEEP))
        MHD_resume_connection(c->mhd); /* woken meanwhile: it is asked again at once */
    return 0;
}

static struct MHD_Response *stream_answer(struct gw_connection *c)
{
    if (c->peer != NULL) {
        pthread_mutex_lock(&c->server->lock);
        c->peer->streaming = c;
        pthread_mutex_unlock(&c->server->lock);
    }
    /* The size is that of a buffer which only clients of HTTP/1.0 ever get a piece of: small, because an open stream
     * keeps it. In chunks, pieces are as large as the connection's own buffer lets them be. */
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_OLD_PIECE, pull_stream, c, NULL);
}

static struct MHD_Response *bytes_answer(const struct gw_request *r)
{
    static char nothing[1];
    struct gw_span bytes = r->constant.size != 0 ? r->constant : gw_buf_span(&r->answer);
    /* The library takes what it only reads as void *. */
    union {
        const void *ours;
        void *library;
    } start = { .ours = bytes.data == NULL ? (const void *)nothing : bytes.data };
    return MHD_create_response_from_buffer(bytes.size, start.library, MHD_RESPMEM_PERSISTENT);
}

/* The library has copied them, or nobody will be answered: an open stream would keep them for hours. */
static void forget_headers(struct gw_request *r)
{
    gw_free(r->headers);
    r->headers = NULL;
}

static enum MHD_Result queue(struct gw_connection *c)
{
    struct gw_request *r = &c->request;
    assert(r->status != 0);
    struct MHD_Response *answer = r->stream.pull != NULL ? stream_answer(c) : bytes_answer(r);
    if (answer == NULL)
        return MHD_NO;
    MHD_add_response_header(answer, "X-Request-Id", r->id_text);
    if (r->n_constant_headers == 0)
        MHD_add_response_header(answer, "Cache-Control", "no-store");
    for (size_t i = 0; i < r->n_constant_headers; i++)
        MHD_add_response_header(answer, r->constant_headers[i].name, r->constant_headers[i].value);
    MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
    if (r->type != NULL)
        MHD_add_response_header(answer, "Content-Type", r->type);
    for (size_t i = 0; r->headers != NULL && i < r->headers->n; i++)
        MHD_add_response_header(answer, r->headers->of[i].name, r->headers->of[i].value);
    forget_headers(r);
    if (r->close)
        MHD_add_response_header(answer, "Connection", "close");
    if (c->peer != NULL)
        atomic_store(&c->peer->reading_until_us, 0);
    c->phase = PHASE_ANSWER;
    enum MHD_Result result = MHD_queue_response(c->mhd, (unsigned)r->status, answer);
    MHD_destroy_response(answer);
    return result;
}

/* An address, or the name of this machine for itself, with or without a port: no name that somebody could lead here. */
static bool is_this_machine(struct gw_span host)
{
    static const char name[] = "localhost";
    const size_t n = sizeof name - 1;
    size_t digits = 0;
    while (digits < host.size && strchr("0123456789.:", host.data[digits]) != NULL && host.data[digits] != 0)
        digits++;
    return digits == host.size || host.data[0] == '[' ||
        (host.size >= n && strncasecmp((const char *)host.data, name, n) == 0 && (host.size == n || host.data[n] == ':'));
}

/* Who the other side is: by its address, and by a certificate it showed in the handshake. */
static void look_at_peer(struct gw_connection *c)
{
    struct gw_request *r = &c->request;
    struct gw_span value;
    r->from = gw_address_of(MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    /* For a proxy on this machine everybody comes from this machine; and for a page in a browser here whose name was
     * made to lead to this machine. */
    r->loopback = gw_address_is_loopback(MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr) &&
        !gw_request_header(r, "Forwarded", &value) && !gw_request_header(r, "X-Forwarded-For", &value) &&
        !gw_request_header(r, "X-Real-IP", &value) && !gw_request_header(r, "Via", &value) &&
        (!gw_request_header(r, "Host", &value) || is_this_machine(value));
    struct peer *p = c->peer;
    if (p == NULL || p->identity == NULL)
        return;
    if (!p->asked_certificate) {
        struct gw_err why = {};
        p->certified = gw_tls_peer(&p->certificate, &why, p->identity,
            MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
        if (p->certified == GW_TLS_PEER_REFUSED) {
            p->certificate_why = gw_alloc(sizeof why);
            *p->certificate_why = why;
        }
    }
    p->asked_certificate = true;
    r->peer = p->certified;
    r->certificate = p->certificate;
    r->certificate_why = p->certificate_why;
}

/* A name for this request from outside is taken when it cannot be anything else: what stands in a log must not be a
 * person's. */
static void name_request(struct gw_request *r)
{
    struct gw_span given = {};
    struct gw_id id;
    bool has = gw_request_header(r, "X-Request-Id", &given) && gw_request_header_count(r, "X-Request-Id") == 1;
    r->id_is_uuid = has && gw_uuid_parse(&id, gw_span_trim(given));
    if (r->id_is_uuid || (has && gw_id_parse(&id, gw_span_trim(given))))
        r->id = id;
    if (r->id_is_uuid)
        gw_uuid_format(r->id_text, r->id);
    else
        gw_id_format(r->id_text, r->id);
}

static enum MHD_Result on_headers(struct gw_connection *c, const char *method)
{
    struct gw_server *s = c->server;
    struct gw_request *r = &c->request;
    struct gw_span value;
    r->method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    name_request(r);
    look_at_peer(c);
    r->stopping = atomic_load(&s->stopping);
    r->close = r->stopping;
    uint64_t length = 0;
    if (gw_request_header(r, "Content-Length", &value) && gw_span_uint(gw_span_trim(value), SIZE_MAX >> 1, &length)) {
        r->has_length = true;
        r->announced_bytes = (size_t)length;
    }
    r->chunked = gw_request_header(r, "Transfer-Encoding", &value);
    bool waits = gw_request_header(r, "Expect", &value);

    c->begun = true;
    atomic_fetch_add(&s->n_in_flight, 1);
    s->door.begin(s->door.self, r);
    if (r->status == 0 && r->announced_bytes > r->most_body)
        s->door.too_large(s->door.self, r);
    /* An answer before the whole request costs the connection, so small ones are read to their end. */
    if (r->status != 0 && (waits || r->chunked || r->announced_bytes > SWALLOW_BYTES)) {
        r->close = true;
        if (c->peer != NULL)
            c->peer->linger = true;
        return queue(c);
    }
    c->swallow = r->status != 0;
    c->phase = PHASE_BODY;
    return MHD_YES;
}

/* A piece of the body. What is too much is read and forgotten until the end, because
 * only then can the library answer; but not without a bound. */
static enum MHD_Result on_piece(struct gw_connection *c, const char *data, size_t n)
{
    struct gw_server *s = c->server;
    struct gw_request *r = &c->request;
    c->charged += n;
    if (c->peer != NULL) {
        int64_t late = r->begun_us + s->timeout_us + (int64_t)c->charged * GW_US_PER_S / BODY_BYTES_PER_S;
        atomic_store(&c->peer->reading_until_us, late);
    }
    atomic_fetch_add(&s->bodies, c->swallow || c->over || c->crowded ? 0 : n);
    if (c->swallow)
        return MHD_YES;
    if (!c->over && !c->crowded) {
        c->over = n > r->most_body - c->body.size;
        c->crowded = !c->over && atomic_load(&s->bodies) > s->most_bodies;
        if (!c->over && !c->crowded) {
            gw_buf_add(&c->body, data, n);
            return MHD_YES;
        }
        atomic_fetch_sub(&s->bodies, c->body.size + n);
        gw_buf_done(&c->body);
    }
    return c->charged <= 2 * r->most_body + SWALLOW_BYTES ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_whole(struct gw_connection *c)
{
    struct gw_server *s = c->server;
    struct gw_request *r = &c->request;
    if (r->status != 0)
        return queue(c);
    if (c->peer != NULL)
        atomic_store(&c->peer->reading_until_us, 0);
    r->body = gw_buf_span(&c->body);
    r->stopping = atomic_load(&s->stopping);
    r->close = r->stopping;
    if (c->over)
        s->door.too_large(s->door.self, r);
    else if (c->crowded)
        s->door.crowded(s->door.self, r);
    else {
        c->phase = PHASE_WORK;
        MHD_suspend_connection(c->mhd);
        if (!s->door.ready(s->door.self, r))
            return MHD_YES; /* r is the worker's now, and may be answered already */
        MHD_resume_connection(c->mhd);
        return MHD_YES;
    }
    return queue(c);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **context)
{
    (void)self;
    (void)mhd;
    (void)version;
    struct gw_connection *c = *context;
    if (c == NULL)
        return MHD_NO;
    c->request_line = url;
    enum MHD_Result result;
    switch (c->phase) {
    case PHASE_HEADERS:
        return on_headers(c, method);
    case PHASE_BODY:
        if (*size == 0)
            return on_whole(c);
        result = on_piece(c, data, *size);
        *size = 0;
        return result;
    case PHASE_WORK: /* resumed: the worker has answered */
        return queue(c);
    case PHASE_ANSWER:
        break;
    }
    return MHD_NO;
}

static void completed(void *self, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    struct gw_server *s = self;
    struct gw_connection *c = *context;
    if (c == NULL)
        return;
    *context = NULL;
    if (c->peer != NULL) {
        pthread_mutex_lock(&s->lock);
        c->peer->streaming = NULL;
        pthread_mutex_unlock(&s->lock);
    }
    if (c->request.stream.close != NULL)
        c->request.stream.close(c->request.stream.self);
    if (c->begun) {
        s->door.end(s->door.self, &c->request, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        atomic_fetch_sub(&s->n_in_flight, 1);
    }
    if (c->peer != NULL)
        atomic_store(&c->peer->reading_until_us, gw_clock_monotonic_us() + s->timeout_us + GW_US_PER_S);
    if (!c->swallow && !c->over && !c->crowded)
        atomic_fetch_sub(&s->bodies, c->body.size);
    gw_buf_done(&c->body);
    gw_buf_done(&c->request.answer);
    forget_headers(&c->request);
    gw_free((void *)(uintptr_t)c->request.uri);
    gw_free(c);
}

static void ignore_log(void *self, const char *format, va_list arguments)
{
    /* The library's messages may quote a request. */
    (void)self;
    (void)format;
    (void)arguments;
}

/* ---- what the door calls ---- */

bool gw_request_header(const struct gw_request *r, const char *name, struct gw_span *out)
{
    const char *value = NULL;
    size_t size = 0;
    if (MHD_lookup_connection_value_n(r->connection->mhd, MHD_HEADER_KIND, name, strlen(name), &value, &size) != MHD_YES)
        return false;
    *out = gw_span_of(value == NULL ? "" : value, size);
    return true;
}

struct tally {
    size_t n, bytes;
    const char *name;
};
static enum MHD_Result tally_one(void *self, enum MHD_ValueKind kind, const char *key, size_t key_size,
    const char *value, size_t value_size)
{
    (void)kind;
    (void)value;
    struct tally *t = self;
    t->bytes += key_size + value_size + 4;
    t->n += t->name == NULL || strcasecmp(key, t->name) == 0;
    return MHD_YES;
}

size_t gw_request_headers_bytes(const struct gw_request *r)
{
    struct tally t = {};
    MHD_get_connection_values_n(r->connection->mhd, MHD_HEADER_KIND, tally_one, &t);
    return t.bytes;
}

size_t gw_request_header_count(const struct gw_request *r, const char *name)
{
    struct tally t = { .name = name };
    MHD_get_connection_values_n(r->connection->mhd, MHD_HEADER_KIND, tally_one, &t);
    return t.n;
}

void gw_request_answer_header(struct gw_request *r, const char *name, const char *value)
{
    if (r->headers == NULL)
        r->headers = gw_alloc(sizeof *r->headers);
    assert(r->headers->n < GW_COUNT(r->headers->of));
    struct answer_header *h = &r->headers->of[r->headers->n++];
    h->name = name;
    snprintf(h->value, sizeof h->value, "%s", value);
    for (char *p = h->value; *p != 0; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

void gw_request_done(struct gw_request *r)
{
    MHD_resume_connection(r->connection->mhd);
}

void gw_request_wake(struct gw_request *r)
{
    struct gw_connection *c = r->connection;
    int state = atomic_load(&c->stream);
    for (;;)
        if (state == STREAM_AGAIN)
            return;
        else if (state == STREAM_BUSY ? atomic_compare_exchange_weak(&c->stream, &state, STREAM_AGAIN)
                                      : atomic_compare_exchange_weak(&c->stream, &state, STREAM_BUSY)) {
            if (state == STREAM_ASLEEP)
                MHD_resume_connection(c->mhd);
            return;
        }
}

/* ---- opening and closing ---- */

bool gw_server_split_address(char *host, char *port, const char *listen)
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL)
        return false;
    uint64_t number;
    if (!gw_span_uint(gw_span_str(colon + 1), 65535, &number) || strlen(colon + 1) > 5)
        return false;
    const char *from = listen, *to = colon;
    if (*from == '[') {
        if (to == from || to[-1] != ']' || to - from < 3)
            return false;
        from++;
        to--;
    } else if (memchr(from, ':', (size_t)(to - from)) != NULL)
        return false; /* an IPv6 address without its brackets */
    if (to - from > 255 || to == from)
        return false;
    memcpy(host, from, (size_t)(to - from));
    host[to - from] = 0;
    snprintf(port, 6, "%u", (unsigned)number);
    return true;
}

bool gw_server_check_address(const char *listen, struct gw_err *err)
{
    char host[256], port[6];
    return gw_server_split_address(host, port, listen) ||
        gw_fail(err, GW_ERR_USAGE, "http.listen is \"%.80s\"; it takes address:port, as 127.0.0.1:8090 or [::1]:8090", listen);
}

static int listen_on(const char *listen_text, struct gw_err *err)
{
    char host[256], port[6];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    if (!gw_server_check_address(listen_text, err) || !gw_server_split_address(host, port, listen_text))
        return -1;
    int status = getaddrinfo(host, port, &hints, &found);
    if (status != 0) {
        gw_fail(err, GW_ERR_USAGE, "http.listen: \"%.80s\" is no address of a machine: %s", host, gai_strerror(status));
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    int why = errno;
    freeaddrinfo(found);
    if (ok)
        return fd;
    if (fd >= 0)
        close(fd);
    if (why == EADDRINUSE)
        gw_fail(err, GW_ERR_UNAVAILABLE,
            "http.listen: %.80s is in use by another program; stop that one, or set http.listen to another port",
            listen_text);
    else if (why == EADDRNOTAVAIL)
        gw_fail(err, GW_ERR_USAGE, "http.listen: %.80s is not an address of this machine; `ip address` lists them",
            listen_text);
    else if (why == EACCES)
        gw_fail(err, GW_ERR_UNAVAILABLE,
            "http.listen: this user may not listen on %.80s; take a port above 1023, or grant CAP_NET_BIND_SERVICE",
            listen_text);
    else
        gw_fail(err, GW_ERR_UNAVAILABLE, "http.listen: %.80s: %s", listen_text, strerror(why));
    return -1;
}

static void name_address(struct gw_server *s, int fd)
{
    struct sockaddr_storage a = {};
    socklen_t size = sizeof a;
    char host[64] = "?", port[6] = "0";
    if (getsockname(fd, (struct sockaddr *)&a, &size) == 0)
        getnameinfo((struct sockaddr *)&a, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    bool v6 = a.ss_family == AF_INET6;
    snprintf(s->address, sizeof s->address, "%s://%s%s%s:%s", s->tls == NULL ? "http" : "https", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* Others could read tokens and faces on the wire. */
static bool check_privacy(int fd, const struct gw_server_options *o, struct gw_err *err)
{
    union {
        struct sockaddr_storage space;
        struct sockaddr any;
    } a = {};
    socklen_t size = sizeof a;
    if (o->tls != NULL || o->tls_elsewhere || (getsockname(fd, &a.any, &size) == 0 && gw_address_is_loopback(&a.any)))
        return true;
    return gw_fail(err, GW_ERR_USAGE,
        "http.listen: other machines reach %.80s, and without TLS whoever is on the way reads tokens and faces: set "
        "http.tls_certificate and http.tls_key, or http.tls_by_proxy = yes where a proxy does it", o->listen);
}

struct gw_server *gw_server_open(const struct gw_server_options *options, const struct gw_door *door, struct gw_err *err)
{
    int fd = listen_on(options->listen, err);
    if (fd < 0)
        return NULL;
    if (!check_privacy(fd, options, err)) {
        close(fd);
        return NULL;
    }
    struct gw_server *s = gw_alloc(sizeof *s);
    s->door = *door;
    s->tls = options->tls;
    s->per_address = options->per_address;
    s->addresses = gw_addresses_new();
    s->listen_fd = fd;
    s->threads = options->threads;
    s->timeout_us = options->timeout_us;
    s->most_connections = options->connections;
    s->most_bodies = options->most_bodies_bytes;
    s->wake[0] = s->wake[1] = -1;
    pthread_mutex_init(&s->lock, NULL);
    name_address(s, fd);
    return s;
}

bool gw_server_start(struct gw_server *s, struct gw_err *err)
{
    s->janitor_runs = pipe2(s->wake, O_CLOEXEC | O_NONBLOCK) == 0 && pthread_create(&s->janitor, NULL, janitor, s) == 0;
    if (s->janitor_runs) {
        /* The library's own limit stands a little above ours, so that ours speaks first. */
        unsigned limit = (unsigned)(s->most_connections + 4 * (size_t)s->threads + 16);
        union { /* the library does not write there */
            const char *in;
            void *out;
        } key = {}, certificate = {}, priorities = {};
        if (s->tls != NULL) {
            key.in = gw_tls_key_text(s->tls);
            certificate.in = gw_tls_certificate_text(s->tls);
            priorities.in = gw_tls_priorities();
        }
        const struct MHD_OptionItem secure[] = {
            { MHD_OPTION_HTTPS_MEM_KEY, 0, key.out },
            { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.out },
            { MHD_OPTION_HTTPS_PRIORITIES, 0, priorities.out },
            { MHD_OPTION_END, 0, NULL },
        };
        const struct MHD_OptionItem more[] = {
            { MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL },
            { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit * (intptr_t)s->threads, NULL },
            { MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)((s->timeout_us + GW_US_PER_S - 1) / GW_US_PER_S), NULL },
            { MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL },
            { MHD_OPTION_CONNECTION_MEMORY_INCREMENT, 16 << 10, NULL },
            { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
            { MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
            { MHD_OPTION_THREAD_POOL_SIZE, s->threads > 1 ? (intptr_t)s->threads : 0, NULL },
            { MHD_OPTION_END, 0, NULL },
        };
        const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
        s->daemon = MHD_start_daemon(s->tls == NULL ? flags : flags | MHD_USE_TLS, 0,
            accept_peer, s, handle, s, MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_ARRAY,
            s->tls == NULL ? &secure[GW_COUNT(secure) - 1] : secure,
            MHD_OPTION_NOTIFY_CONNECTION, peer_changed, s, MHD_OPTION_NOTIFY_COMPLETED, completed, s,
            MHD_OPTION_URI_LOG_CALLBACK, request_new, s, MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, s,
            MHD_OPTION_END);
    }
    if (s->daemon == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE,
            "the HTTP server did not start: too many threads or open files for this user (ulimit -u, ulimit -n)");
    s->listen_fd = -1; /* the library's now */
    return true;
}

const char *gw_server_address(const struct gw_server *s)
{
    return s->address;
}

void gw_server_quiesce(struct gw_server *s)
{
    atomic_store(&s->stopping, true);
    if (s->daemon == NULL)
        return;
    int fd = MHD_quiesce_daemon(s->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    wake_streams(s); /* each sees that it is over */
}

size_t gw_server_in_flight(struct gw_server *s)
{
    return atomic_load(&s->n_in_flight);
}

size_t gw_server_connections(struct gw_server *s)
{
    return atomic_load(&s->n_connections);
}

void gw_server_close(struct gw_server *s)
{
    if (s == NULL)
        return;
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    if (s->janitor_runs) {
        atomic_store(&s->janitor_ends, true);
        wake_janitor(s);
        pthread_join(s->janitor, NULL);
    }
    for (size_t i = 0; i < s->n_waiting; i++)
        close(s->waiting[i]);
    for (int i = 0; i < 2; i++)
        if (s->wake[i] >= 0)
            close(s->wake[i]);
    gw_addresses_free(s->addresses);
    pthread_mutex_destroy(&s->lock);
    gw_free(s);
}
