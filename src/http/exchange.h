/* exchange.h - one request on its way through the door, as a handler sees it: read,
 * call one service verb, write.
 *
 * A handler is `bool gw_<route>(x, err)`. It answers with gw_exchange_json or
 * gw_exchange_answer and returns true, or fails; then the door writes the problem
 * document (RFC 9457).
 *
 * Threads: an exchange belongs to one thread at a time. */
#pragma once
#include "base/json.h"
#include "http/route.h"
#include "http/server.h"

struct gw_http;
struct gw_conf;

/* What a request's target says. */
struct gw_asked {
    struct gw_uri uri;
    struct gw_path_values path; /* gw_exchange_id, gw_exchange_word */
};

struct gw_exchange {
    struct gw_http *http;
    struct gw_request *request;
    struct gw_service *service;
    const struct gw_route *route; /* NULL until found */
    struct gw_caller who;         /* when has_who */
    bool has_who;
    struct gw_asked *asked;       /* in mem; NULL until the target was read, and once it is forgotten */
    struct gw_id voyage;          /* of a path with {voyage} */
    struct gw_span media;         /* the media type the client likes best of those the route answers with */
    struct gw_worker *worker;     /* of a RECOGNIZE route */
    struct gw_arena *mem;         /* until the answer is sent */
    struct gw_once once_memory, *once; /* once: NULL without Idempotency-Key */
    int problem_status;           /* 0: as the error's code says */
    struct gw_json *problems;     /* of parsed input; goes into the problem document */
    const struct gw_err *failed;  /* while the problem is written */
    enum gw_err_code code;        /* GW_OK, or how it ended */
    int64_t queued_us, taken_us;  /* gw_clock_monotonic_us */
};

#define GW_ROUTE(name, ...) bool gw_##name(struct gw_exchange *x, struct gw_err *err);
#include "http/route.def"
#undef GW_ROUTE

typedef void gw_render(struct gw_buf *body, int *status, const void *answer, void *context);

/* What stands at {name} in this route's path. */
struct gw_id gw_exchange_id(const struct gw_exchange *x, const char *name);
struct gw_span gw_exchange_word(const struct gw_exchange *x, const char *name);
/* Does the client like this media type best, of those in the route's row? */
bool gw_exchange_wants(const struct gw_exchange *x, const char *media);

/* Before the verb: makes x->once when the request has an Idempotency-Key; render
 * will then be called by the verb. */
[[nodiscard]] bool gw_exchange_begin(struct gw_exchange *x, gw_render *render, struct gw_err *err);
/* After the verb: sends what render makes of its answer, or what was kept. Always true. */
bool gw_exchange_answer(struct gw_exchange *x, gw_render *render, const void *answer);
bool gw_exchange_json(struct gw_exchange *x, int status, const struct gw_json *j); /* always true */

/* Of an answer that stays open for hours: lets go of what the request was. Path, query and arena are gone. */
void gw_exchange_forget(struct gw_exchange *x);

/* limit (1 to 500) and cursor of a list. */
[[nodiscard]] bool gw_exchange_page(size_t *limit, struct gw_span *cursor, const struct gw_exchange *x, struct gw_err *err);
/* A query parameter that is a time, or a day (its first moment). */
[[nodiscard]] bool gw_exchange_moment(bool *has, int64_t *us, const struct gw_exchange *x, const char *name, struct gw_err *err);
/* ?voyage= of a list; *has is false without it. */
[[nodiscard]] bool gw_exchange_voyage(struct gw_id *out, bool *has, const struct gw_exchange *x, struct gw_err *err);
/* The body as a JSON object; an empty body is NULL and no error. Keys other than the blank-separated `known`
 * are refused with the nearest name. */
[[nodiscard]] bool gw_exchange_body(struct gw_json **out, const struct gw_exchange *x, const char *known, struct gw_err *err);
/* A string of at most `most` bytes; absent and null leave *out empty. */
[[nodiscard]] bool gw_exchange_text(struct gw_span *out, const struct gw_json *object, const char *key, size_t most,
    struct gw_err *err);

/* reference, or document_number and issuing_state. */
[[nodiscard]] bool gw_exchange_named(struct gw_named *out, const struct gw_json *object, struct gw_err *err);

struct gw_reloaded;
[[nodiscard]] bool gw_exchange_reload(struct gw_reloaded *out, const struct gw_exchange *x, struct gw_err *err);

/* What the door is made of, for metrics and readiness. */
struct gw_http_metrics;
struct gw_http_metrics *gw_exchange_metrics(const struct gw_exchange *x);
const struct gw_conf *gw_exchange_conf(const struct gw_exchange *x);
void gw_exchange_queues(const struct gw_exchange *x, size_t *recognize, size_t *clerk, size_t *connections,
    size_t *in_flight);
bool gw_exchange_certificate_end(const struct gw_exchange *x, int64_t *us); /* of the server's; false: without TLS */

/* Writing. */
struct gw_json *gw_traveler_to_json(const struct gw_traveler *t);
struct gw_json *gw_verification_to_json(const struct gw_verification_record *v);
