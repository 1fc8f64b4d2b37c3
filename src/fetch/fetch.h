/* fetch.h - asking others over HTTP and HTTPS, as a client: messages to carriers, transfers
 * to another authority's system, the simulator.
 *
 * TLS 1.2 or newer, certificates and names are checked, redirects are not followed, proxies of
 * the environment are not used, HTTP/1.1. Where somebody else named the address, `reach`
 * says who may be spoken to, and it is asked about each address before there is a socket for it.
 *
 * One question at a time (gw_fetch), or several on the way (gw_fetch_start, gw_fetch_wait).
 *
 * Threads: a gw_fetch belongs to one thread at a time, but for gw_fetch_check, gw_fetch_wake and gw_fetch_stop. */
#pragma once
#include "base/buf.h"

struct gw_reach;
struct gw_fetch; /* opaque */

struct gw_fetch_options {
    int64_t connect_us, whole_us;  /* until connected, TLS included; until the last byte. 0: 5 s; 30 s */
    const char *authorities;       /* file of certificates trusted beside nobody else; NULL: the system's */
    const char *certificate, *key; /* files in PEM, shown to who asks for one; NULL: none */
    /* NULL: the operator named the address, wherever it is. Else borrowed, and a connection is never used for a
     * second question, because nobody would be asked about its address. */
    const struct gw_reach *reach;
    unsigned most;                 /* on the way at the same time; 0: 1 */
};
/* GW_ERR_NOT_FOUND: a file cannot be read. GW_ERR_UNAVAILABLE: the library does not start. */
[[nodiscard]] struct gw_fetch *gw_fetch_new(const struct gw_fetch_options *options, struct gw_err *err);
void gw_fetch_free(struct gw_fetch *f); /* what is on its way is given up; NULL is fine */
GW_AUTO_FREE(gw_fetch, gw_fetch_free)

/* Could it be asked, as far as the URL itself says: http or https, a host that may be reached, no
 * user, password or fragment? GW_ERR_INVALID with why. */
[[nodiscard]] bool gw_fetch_check(const struct gw_fetch *f, const char *url, struct gw_err *err);

struct gw_fetch_ask {
    const char *method, *url;
    const char *const *headers; /* "Name: value" */
    size_t n_headers;
    struct gw_span body;        /* borrowed until answered */
    int64_t whole_us;           /* 0: as the options say */
    size_t most_bytes;          /* of the answer's body; 0: 64 MiB */
    /* Given: the answer's body comes here in pieces instead. False ends the asking, which is then answered. */
    bool (*piece)(void *self, struct gw_span data);
    void *self;
    /* 0, or: hang up in the midst of the body, after so many bytes of it (to see what the other side makes of it). */
    size_t cut_after;
    void *own;                  /* comes back with the answer */
    /* The body goes only when the other side has said that it takes it (100 Continue), and not by itself after a
     * while: so nothing of it goes to who refuses our certificate, which TLS 1.3 may tell after the request. */
    bool ask_first;
};

enum gw_fetch_end {
    GW_FETCH_ANSWERED,  /* whatever the status */
    GW_FETCH_TOO_LONG,  /* answered, but the body has more than most_bytes; status and head stand */
    GW_FETCH_FORBIDDEN, /* the address is none that may be spoken to */
    GW_FETCH_NO_HOST,   /* the name has no address */
    GW_FETCH_NO_CONNECTION,
    GW_FETCH_TLS,       /* no TLS, too old, a certificate nobody believes, or ours is not taken */
    GW_FETCH_TIMEOUT,
    GW_FETCH_BROKEN,    /* one side stopped in the middle */
    GW_FETCH_STOPPED,   /* by gw_fetch_stop */
    GW_FETCH_URL,       /* the URL is none */
    GW_FETCH_ENDS
};
const char *gw_fetch_end_name(enum gw_fetch_end end); /* "no_connection" */

struct gw_fetch_answer {
    enum gw_fetch_end end;
    int status;             /* HTTP; 0 when none came */
    struct gw_buf head, body; /* head: the lines of the headers */
    int64_t took_us;        /* until the last byte of the answer */
    size_t sent;            /* bytes of the body that were given to the connection */
    void *own;
};
void gw_fetch_answer_done(struct gw_fetch_answer *a);
GW_AUTO_DONE(gw_fetch_answer, gw_fetch_answer_done)

/* Asks and waits; out may be one of before, whose memory is used again. Any status is an answer, and its end is
 * in out whether true or false. GW_ERR_LIMIT: the answer is longer than most_bytes; GW_ERR_INVALID: the URL is none,
 * or leads where nobody may go; GW_ERR_UNAVAILABLE: stopped; GW_ERR_IO: every other end. Texts do not hold the
 * URL. Not while others are on the way. */
[[nodiscard]] bool gw_fetch(struct gw_fetch_answer *out, struct gw_fetch *f, const struct gw_fetch_ask *ask, struct gw_err *err);

/* False when as many as allowed are on their way. The body's bytes are borrowed until answered, all else is copied. */
[[nodiscard]] bool gw_fetch_start(struct gw_fetch *f, const struct gw_fetch_ask *ask);
/* Works on what is on its way, until something has ended, gw_fetch_wake was called, or the time is over; it may
 * return with nothing before. The answers, at most max, are the caller's to let go. */
size_t gw_fetch_wait(struct gw_fetch_answer *answers, size_t max, struct gw_fetch *f, int64_t timeout_us);
void gw_fetch_wake(struct gw_fetch *f); /* any thread */
/* Any thread: what is on its way, and all that is asked later, ends as stopped. */
void gw_fetch_stop(struct gw_fetch *f);

/* The first header of that name, trimmed. */
bool gw_fetch_header(struct gw_span *out, const struct gw_fetch_answer *a, const char *name);
