/* send.h - messages out of the house: POST over HTTPS, several at the same time.
 *
 * Who may be spoken to is decided for the address that is really connected to, after
 * the name was looked up, so that no name can lead inside (server-side request
 * forgery): global addresses only, over HTTPS only. Where the operator says so
 * (`targets`), also to hosts and networks of the house, and those without TLS. Redirects are
 * not followed, and no proxy is used.
 *
 * Threads: a sender belongs to one thread, but for gw_sender_wake. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

struct gw_sender; /* opaque */

struct gw_sender_options {
    const char *targets; /* blank-separated: hosts ("hooks.example.org"), addresses, networks ("10.1.0.0/16"); "" or NULL: none */
    int64_t timeout_us;  /* of one message, connecting included */
    unsigned most;       /* at the same time */
};
/* GW_ERR_USAGE: targets cannot be read. GW_ERR_UNAVAILABLE. */
[[nodiscard]] struct gw_sender *gw_sender_new(const struct gw_sender_options *options, struct gw_err *err);
void gw_sender_free(struct gw_sender *s); /* what is on its way is given up; NULL is fine */
GW_AUTO_FREE(gw_sender, gw_sender_free)

/* Could it be spoken to, as far as the URL itself says? GW_ERR_INVALID with why. */
[[nodiscard]] bool gw_sender_check(const struct gw_sender *s, const char *url, struct gw_err *err);

struct gw_send {
    const char *url;
    const char *const *headers; /* "name: value" */
    size_t n_headers;
    struct gw_span body;        /* copied, as all of it */
    void *own;                  /* comes back */
};
/* False when as many as allowed are on their way. */
[[nodiscard]] bool gw_sender_start(struct gw_sender *s, const struct gw_send *send);

enum gw_send_end {
    GW_SEND_ANSWERED,  /* status says how */
    GW_SEND_FORBIDDEN, /* the address is none that may be spoken to */
    GW_SEND_NO_HOST,
    GW_SEND_NO_CONNECTION,
    GW_SEND_TLS,       /* no TLS, or a certificate nobody believes */
    GW_SEND_TIMEOUT,
    GW_SEND_BROKEN,    /* the other side stopped in the middle */
    GW_SEND_ENDS
};
const char *gw_send_end_name(enum gw_send_end end); /* "no_connection" */
struct gw_sent {
    void *own;
    enum gw_send_end end;
    int status; /* HTTP, of one answered */
};
/* Works on what is on its way, until something has ended, gw_sender_wake was called, or the time is over. */
size_t gw_sender_wait(struct gw_sent *sent, size_t max, struct gw_sender *s, int64_t timeout_us);
void gw_sender_wake(struct gw_sender *s); /* any thread */
