/* server.h - HTTP/1.1 as bytes and threads: connections, limits, bodies, answers.
 * It knows nothing of routes, tokens or travelers; the door in http.c does. Only
 * server.c names the HTTP library.
 *
 * One request's life:
 *   begin   headers are read, the body is not. The door sets most_body, or answers
 *           at once (wrong path, no token, body announced too large).
 *   ready   the body is there. The door answers, or says `false`: it has handed the
 *           request to a worker, who answers and calls gw_request_done.
 *   end     the answer is written, or the client is gone. The door counts and logs.
 *
 * An answer is bytes (`answer`, or `constant` for what is in the program), or a
 * stream: then the request stays open, and sleeps while there is nothing to send.
 *
 * Threads: begin, ready and end run on the server's own threads and must not block;
 * a request belongs to one thread at a time. */
#pragma once
#include "base/buf.h"
#include "base/fail.h"
#include "base/id.h"
#include "base/span.h"
#include "http/addresses.h"
#include "http/tls.h"

enum {
    GW_REQUEST_URI_MAX = 4096,        /* bytes of path and query: 414 above */
    GW_REQUEST_HEADERS_MAX = 16 << 10, /* bytes of all header names and values: 431 above */
    GW_REQUEST_ANSWER_HEADERS = 6,
};

struct gw_server;
struct gw_connection; /* the library's side; opaque */

struct gw_header {
    const char *name, *value;
};

struct gw_answer_headers; /* opaque */

/* An answer that is not known yet: events. */
enum gw_pull {
    GW_PULL_SOME,    /* *n bytes were written: more than 0 */
    GW_PULL_NOTHING, /* sleep until gw_request_wake */
    GW_PULL_END,     /* the stream is complete */
};
struct gw_stream {
    void *self;
    /* Called on a thread of the server, which must not be kept waiting. It is also called when nobody woke it: every
     * GW_STREAM_WAKE_US, so that it can send a sign of life, which is how a client that is gone is found out. */
    enum gw_pull (*pull)(void *self, uint8_t *out, size_t size, size_t *n);
    void (*close)(void *self); /* once, before end; afterwards gw_request_wake must not be called. May be NULL. */
};
enum { GW_STREAM_PIECE = 4096 };        /* size of a pull, at most */
#define GW_STREAM_WAKE_US INT64_C(15'000'000)

struct gw_request {
    struct gw_id id;         /* of X-Request-Id where that is one of ours or a UUID, else made */
    bool id_is_uuid;
    char id_text[GW_UUID_TEXT]; /* as it came, or goes: out as X-Request-Id, into the log and into problems */
    const char *method;      /* "GET" also for HEAD */
    const char *uri;         /* path and query as sent, not decoded; borrowed until end */
    struct gw_span body;     /* from ready on; borrowed until end */
    size_t announced_bytes;  /* Content-Length; meaningful if has_length */
    bool has_length;         /* false: no body, or one of unknown length (chunked) */
    bool chunked;
    struct gw_address from;  /* of the connection; a proxy's where there is one */
    bool loopback;           /* the peer is on this machine, and forwards for nobody */
    enum gw_tls_peer peer;   /* what certificate the client showed */
    struct gw_hash certificate;         /* its fingerprint; of a KNOWN one */
    const struct gw_err *certificate_why; /* of a REFUSED one */
    bool stopping;           /* the server is being shut down */
    int64_t begun_us;        /* gw_clock_monotonic_us */

    size_t most_body;        /* set by begin; a longer body never reaches ready: too_large is called */

    /* the answer; status 0: none yet */
    int status;
    const char *type;        /* media type, a literal */
    struct gw_buf answer;
    struct gw_answer_headers *headers; /* gw_request_answer_header; the server's, until the answer is queued. NULL: none */
    bool close;              /* after the answer */
    /* What lives as long as the program is sent from where it is. */
    struct gw_span constant; /* instead of answer, when not empty */
    const struct gw_header *constant_headers; /* as well as headers; Cache-Control: no-store is sent without them */
    size_t n_constant_headers;

    struct gw_stream stream; /* instead of both, when it has a pull; ended by the server when it stops */

    void *own;               /* the door's, until end */
    struct gw_connection *connection;
};

struct gw_door {
    void *self;
    void (*begin)(void *self, struct gw_request *r);
    bool (*ready)(void *self, struct gw_request *r);
    void (*too_large)(void *self, struct gw_request *r); /* a chunked body passed most_body: answer 413 */
    void (*crowded)(void *self, struct gw_request *r);   /* bodies in flight fill the memory set aside: answer 503 */
    void (*end)(void *self, struct gw_request *r, bool sent);
};

struct gw_server_options {
    const char *listen; /* "127.0.0.1:8090", "[::1]:0" */
    struct gw_tls *tls; /* NULL: without; borrowed until close */
    bool tls_elsewhere; /* a proxy does it: addresses that are not loopback are taken without TLS */
    unsigned threads;
    size_t connections;
    const int64_t *per_address; /* of them, from one address (0: no limit); may change underneath. NULL: no limit */
    int64_t timeout_us;
    size_t most_bodies_bytes; /* of all bodies in flight together */
};

/* Takes the address; nobody is answered yet. GW_ERR_USAGE (it cannot be read, is not of this
 * machine, or would be answered on without TLS where others can listen), GW_ERR_UNAVAILABLE (in use, not allowed): what to do is said. */
[[nodiscard]] struct gw_server *gw_server_open(const struct gw_server_options *options, const struct gw_door *door,
    struct gw_err *err);
/* From here on the door is called, before this even returns. GW_ERR_UNAVAILABLE: no threads. */
[[nodiscard]] bool gw_server_start(struct gw_server *s, struct gw_err *err);
/* "http://127.0.0.1:43121" or "https://…", with the real port. Borrowed. */
const char *gw_server_address(const struct gw_server *s);
/* Takes no more connections; requests on open ones see `stopping`. */
void gw_server_quiesce(struct gw_server *s);
size_t gw_server_in_flight(struct gw_server *s);   /* requests begun and not ended */
size_t gw_server_connections(struct gw_server *s); /* open now */
/* Nothing may be with a worker any more. NULL is fine. */
void gw_server_close(struct gw_server *s);
GW_AUTO_FREE(gw_server, gw_server_close)

/* A request header; false when absent. Names are compared without case. Borrowed until end. */
bool gw_request_header(const struct gw_request *r, const char *name, struct gw_span *out);
/* Puts a header on the answer; the value is cut at 159 bytes, and control characters become blanks. */
void gw_request_answer_header(struct gw_request *r, const char *name, const char *value);
/* From the worker that answered. The request must not be touched afterwards. */
void gw_request_done(struct gw_request *r);
/* There is something to pull. From any thread, between the answer and the stream's close; never lost, never waits. */
void gw_request_wake(struct gw_request *r);

/* Splits "host:port", "[v6]:port"; false when it is neither. host needs 256 bytes, port 6. */
bool gw_server_split_address(char *host, char *port, const char *listen);
bool gw_server_check_address(const char *listen, struct gw_err *err); /* the same; GW_ERR_USAGE */
/* How often a header stands in the request, and the bytes of all of them. */
size_t gw_request_header_count(const struct gw_request *r, const char *name);
size_t gw_request_headers_bytes(const struct gw_request *r);
