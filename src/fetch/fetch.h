/* fetch.h - asking others over HTTP and HTTPS, as a client: the simulator, and whoever
 * must tell another system something.
 *
 * Certificates are checked, redirects are not followed, proxies of the environment are
 * not used. A connection is kept for the next question to the same place.
 *
 * Threads: a gw_fetch belongs to one thread at a time; gw_fetch_init once, before others. */
#pragma once
#include "base/buf.h"

void gw_fetch_init(void); /* twice is fine */

struct gw_fetch; /* opaque */

struct gw_fetch_options {
    int64_t connect_us, whole_us; /* 0: 5 s; 30 s */
    const char *authorities;      /* file of certificates trusted beside nobody else; NULL: the system's */
    const char *certificate, *key; /* files in PEM, shown to who asks for one; NULL: none */
};
[[nodiscard]] struct gw_fetch *gw_fetch_new(const struct gw_fetch_options *options, struct gw_err *err);
void gw_fetch_free(struct gw_fetch *f); /* NULL is fine */
GW_AUTO_FREE(gw_fetch, gw_fetch_free)

struct gw_fetch_ask {
    const char *method, *url;
    const char *const *headers; /* "Name: value" */
    size_t n_headers;
    struct gw_span body;
    int64_t whole_us;           /* 0: as the options say */
    size_t most_bytes;          /* of the answer; 0: 64 MiB */
    /* Given: the answer's body comes here in pieces instead. False ends the asking, which is then fine. */
    bool (*piece)(void *self, struct gw_span data);
    void *self;
    /* 0, or: hang up in the midst of the body, after so many bytes of it (to see what the other side makes of it). */
    size_t cut_after;
};
struct gw_fetch_answer {
    int status;
    struct gw_buf head, body; /* head: the lines of the headers */
    int64_t took_us;          /* until the last byte of the answer */
};
void gw_fetch_answer_done(struct gw_fetch_answer *a);
GW_AUTO_DONE(gw_fetch_answer, gw_fetch_answer_done)

/* Any status is an answer. GW_ERR_IO: there was none (refused, broken off, too slow, certificate not
 * trusted); GW_ERR_LIMIT: it is longer than most_bytes; GW_ERR_USAGE: the URL is none. Texts do not hold the URL. */
[[nodiscard]] bool gw_fetch(struct gw_fetch_answer *out, struct gw_fetch *f, const struct gw_fetch_ask *ask, struct gw_err *err);
/* The first header of that name, trimmed. */
bool gw_fetch_header(struct gw_span *out, const struct gw_fetch_answer *a, const char *name);
