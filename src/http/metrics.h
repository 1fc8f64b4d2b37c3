/* metrics.h - counters of the door, and the page that shows them with the service's
 * (Prometheus text format 0.0.4). No label ever carries a person, an id or a path.
 *
 * Threads: any. */
#pragma once
#include "http/exchange.h"

struct gw_http_metrics; /* opaque */

struct gw_http_metrics *gw_http_metrics_new(void);
void gw_http_metrics_free(struct gw_http_metrics *m); /* NULL is fine */
/* One request answered; route may be NULL (none found). */
void gw_http_metrics_add(struct gw_http_metrics *m, const struct gw_route *route, int status, int64_t us, int64_t waited_us);
void gw_http_metrics_full(struct gw_http_metrics *m); /* one refused because a queue was full */
void gw_http_metrics_write(struct gw_buf *out, const struct gw_exchange *x);
