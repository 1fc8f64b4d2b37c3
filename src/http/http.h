/* http.h - the door for machines: the service over HTTP/1.1. Translates, never
 * decides.
 *
 * Threads: opened and closed by one. */
#pragma once
#include "base/conf.h"
#include "base/fail.h"

struct gw_service;
struct gw_http; /* opaque */

/* Makes the recognition workers, binds http.listen and answers. conf and service
 * are borrowed until close; conf's reloadable settings may change underneath.
 * Errors: those of gw_tls_open and gw_server_open. */
/* What the settings say of the door, as far as it can be judged before anything is opened. GW_ERR_USAGE, with where it
 * was asked for. */
[[nodiscard]] bool gw_http_settings(const struct gw_conf *conf, struct gw_err *err);
[[nodiscard]] struct gw_http *gw_http_open(struct gw_service *service, const struct gw_conf *conf, struct gw_err *err);
/* Reads certificate, key and clients' file again; what is not right leaves all as it was. */
[[nodiscard]] bool gw_http_reload(struct gw_http *h, struct gw_err *err);
/* What POST /v1/reload does: reads the settings anew, as at the start, and takes over what may change. Without one it
 * is 503. Before anybody asks: set once, right after opening. */
struct gw_reloaded {
    size_t changed, need_restart; /* settings */
};
void gw_http_on_reload(struct gw_http *h, bool (*reload)(struct gw_reloaded *out, void *to, struct gw_err *err), void *to);
const char *gw_http_address(const struct gw_http *h); /* "http://127.0.0.1:8090"; borrowed */
/* Takes no more connections, finishes the requests it took, but no longer than
 * http.shutdown: those still waiting then are answered 503. NULL is fine. */
void gw_http_close(struct gw_http *h);
GW_AUTO_FREE(gw_http, gw_http_close)

/* What the http.tls_ settings name; *out is NULL where they are empty. GW_ERR_USAGE: one is set without the other; else
 * as gw_tls_open. */
struct gw_tls;
[[nodiscard]] bool gw_http_tls_open(struct gw_tls **out, const struct gw_conf *conf, int64_t now_us, struct gw_err *err);

/* The interface as OpenAPI 3.1, and docs/api.md; both from route.def. */
struct gw_buf;
void gw_http_openapi(struct gw_buf *out, bool pretty);
void gw_http_api_page(struct gw_buf *out);
