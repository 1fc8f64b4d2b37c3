/* words.h - inside manifest/: which word is which; false when it is none. */
#pragma once
#include "manifest/manifest.h"

typedef bool gw_manifest_find_fn(unsigned *out, struct gw_span name);
gw_manifest_find_fn gw_manifest_kind_find, gw_manifest_function_find, gw_close_list_find, gw_mode_word_find, gw_direction_find,
    gw_traveler_kind_find;

/* gw_manifest_to_json with more members for each traveler. */
typedef void gw_manifest_more_fn(struct gw_json *traveler, const void *of, size_t i);
[[nodiscard]] struct gw_json *gw_manifest_to_json_with(const struct gw_manifest *m, gw_manifest_more_fn *more, const void *of);

/* As they are printed; nothing for one that is absent. */
void gw_manifest_set_date(struct gw_json *o, const char *key, struct gw_date d);
void gw_manifest_set_time(struct gw_json *o, const char *key, struct gw_manifest_time t);

/* Which travelers have a reference that an earlier one has, too: n flags in the arena. */
[[nodiscard]] bool gw_manifest_doubles(bool **is_double, const struct gw_manifest *m, struct gw_arena *a, struct gw_err *err);

/* One more problem at the end of the list; *cap is its room. Beyond
 * GW_MANIFEST_PROBLEMS_MAX it is only counted. False when the arena is full. */
[[nodiscard]] bool gw_manifest_problem_add(struct gw_manifest *m, size_t *cap, struct gw_arena *a,
    struct gw_manifest_problem problem, struct gw_err *err);

/* Carrier and number of "AA123", "3U8888", "KLM643A", in capitals: the carrier is what was
 * stated of it, else two characters or three letters; none where it is a number alone. */
void gw_manifest_split_flight(struct gw_span flight, struct gw_span stated, struct gw_span *carrier, struct gw_span *number);
