/* deadline.h - when an authority wants lists: rows of its profile (profiles/NAME.json,
 * docs/manifests.md), each with its source and the days it is in force.
 *
 * Rows are looked at in their order, and the first that fits counts. Where none fits,
 * nothing is due and nothing can be late.
 *
 * Pure. */
#pragma once
#include "manifest/manifest.h"

struct gw_json;

enum { GW_DEADLINES_MAX = 64, GW_DEADLINE_MINUTES_MOST = 7 * 24 * 60 };
struct gw_deadline_rule {
    enum gw_mode mode;
    enum gw_direction direction;   /* UNSTATED: whatever the voyage's is */
    enum gw_traveler_kind list;    /* whose list */
    bool changes;                  /* of what changes a list that was there in time; else of the list */
    bool before_arrival;           /* counted from arrival; else from departure */
    int64_t minutes;               /* before that; below 0: after it */
    int64_t hours_least;           /* of voyages that take at least so long; 0: any */
    int64_t hours_below;           /* and less than this; 0: any */
    bool required;                 /* its absence is an alert */
    struct gw_date from, until;    /* departures of these days; year 0: open */
    struct gw_span source;         /* the law's text */
};
struct gw_deadlines {
    struct gw_deadline_rule of[GW_DEADLINES_MAX];
    size_t n;
};
/* "deadlines" of a profile; NULL and absent: none. Texts are copied into the arena.
 * GW_ERR_INVALID with the row that is wrong, GW_ERR_LIMIT. */
[[nodiscard]] bool gw_deadlines_parse(struct gw_deadlines *out, struct gw_arena *a, const struct gw_json *list, struct gw_err *err);

struct gw_deadline_facts {
    enum gw_mode mode;
    enum gw_direction direction;
    enum gw_traveler_kind list;
    bool changes;
    struct gw_date day;            /* of departure, where it departs */
    bool has_minutes;              /* how long the voyage takes; unknown: rows that ask do not fit */
    int64_t minutes;
};
/* NULL: nothing is due. Lives as long as the deadlines. */
const struct gw_deadline_rule *gw_deadline_find(const struct gw_deadlines *deadlines, const struct gw_deadline_facts *facts);
