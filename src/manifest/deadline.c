/* deadline.c - when an authority wants lists. */
#include "manifest/deadline.h"
#include "manifest/text.h"

#include "base/json.h"
#include "base/near.h"

enum { SOURCE_MAX = 300, HOURS_MOST = 10'000 };

static bool refuse(size_t i, const char *what, struct gw_err *err)
{
    return gw_fail(err, GW_ERR_INVALID, "profile: deadlines[%zu] %s", i, what);
}

static bool is_given(const struct gw_json *row, const char *key)
{
    enum gw_json_kind kind = gw_json_kind(gw_json_get(row, key));
    return kind != GW_JSON_ABSENT && kind != GW_JSON_NULL;
}

static bool read_day(struct gw_date *out, const struct gw_json *row, const char *key)
{
    struct gw_span text;
    return !is_given(row, key) || (gw_json_get_string(row, key, &text) && gw_date_parse(out, text));
}

static bool read_flag(bool *out, const struct gw_json *row, const char *key)
{
    return !is_given(row, key) || gw_json_get_bool(row, key, out);
}

static bool read_hours(int64_t *out, const struct gw_json *row, const char *key)
{
    return !is_given(row, key) || (gw_json_get_integer(row, key, out) && *out > 0 && *out <= HOURS_MOST);
}

static bool read_direction(enum gw_direction *out, const struct gw_json *row)
{
    struct gw_span word;
    if (!is_given(row, "direction"))
        return true;
    if (!gw_json_get_string(row, "direction", &word))
        return false;
    for (*out = GW_DIRECTION_ARRIVAL; *out <= GW_DIRECTION_DEPARTURE; (*out)++)
        if (gw_span_is(word, gw_direction_name(*out)))
            return true;
    return false;
}

/* A key nobody reads would be a deadline nobody keeps. */
static bool check_keys(const struct gw_json *row, size_t i, struct gw_err *err)
{
    static const char *const known[] = { "mode", "direction", "list", "changes", "before", "minutes", "hours_least", "hours_below",
        "required", "from", "until", "source" };
    const char *key;
    const struct gw_json *value;
    for (size_t k = 0; gw_json_member(row, k, &key, &value); k++) {
        size_t n = 0;
        while (n < GW_COUNT(known) && strcmp(known[n], key) != 0)
            n++;
        if (n == GW_COUNT(known)) {
            const char *near = gw_near(key, known, GW_COUNT(known));
            return gw_fail(err, GW_ERR_INVALID, "profile: deadlines[%zu] has a key that is not known%s%s", i,
                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
        }
    }
    return true;
}

static bool read_row(struct gw_deadline_rule *r, struct gw_text_pool *pool, const struct gw_json *row, size_t i, struct gw_err *err)
{
    struct gw_span word, source;
    if (gw_json_kind(row) != GW_JSON_OBJECT)
        return refuse(i, "is no object", err);
    if (!check_keys(row, i, err))
        return false;
    if (!gw_json_get_string(row, "mode", &word) || !gw_mode_find(&r->mode, word))
        return refuse(i, "needs \"mode\": air, sea or land", err);
    if (!read_direction(&r->direction, row))
        return refuse(i, "has a \"direction\" that is neither arrival nor departure", err);
    if (!gw_json_get_string(row, "list", &word) || (!gw_span_is(word, "passengers") && !gw_span_is(word, "crew")))
        return refuse(i, "needs \"list\": passengers or crew", err);
    r->list = gw_span_is(word, "crew") ? GW_TRAVELER_CREW : GW_TRAVELER_PASSENGER;
    if (!gw_json_get_string(row, "before", &word) || (!gw_span_is(word, "departure") && !gw_span_is(word, "arrival")))
        return refuse(i, "needs \"before\": departure or arrival", err);
    r->before_arrival = gw_span_is(word, "arrival");
    if (!gw_json_get_integer(row, "minutes", &r->minutes) || r->minutes > GW_DEADLINE_MINUTES_MOST || r->minutes < -GW_DEADLINE_MINUTES_MOST)
        return refuse(i, "needs \"minutes\": a whole number, a week at most", err);
    if (!read_flag(&r->changes, row, "changes") || !read_flag(&r->required, row, "required"))
        return refuse(i, "has \"changes\" or \"required\" that is neither true nor false", err);
    if (r->changes && r->required)
        return refuse(i, "requires changes; only a list can be missing", err);
    if (!read_hours(&r->hours_least, row, "hours_least") || !read_hours(&r->hours_below, row, "hours_below") ||
        (r->hours_below != 0 && r->hours_below <= r->hours_least))
        return refuse(i, "has \"hours_least\" or \"hours_below\" that no voyage has", err);
    if (!read_day(&r->from, row, "from") || !read_day(&r->until, row, "until") ||
        (r->from.year != 0 && r->until.year != 0 && gw_date_compare(r->until, r->from) < 0))
        return refuse(i, "has days that are none, or end before they begin", err);
    if (!gw_json_get_string(row, "source", &source) || gw_span_trim(source).size == 0 || source.size > SOURCE_MAX)
        return refuse(i, "needs \"source\": where that is written, at most 300 bytes", err);
    return gw_text_keep(&r->source, pool, gw_span_trim(source), err);
}

bool gw_deadlines_parse(struct gw_deadlines *out, struct gw_arena *a, const struct gw_json *list, struct gw_err *err)
{
    struct gw_text_pool pool = { .a = a };
    enum gw_json_kind kind = gw_json_kind(list);
    *out = (struct gw_deadlines){};
    if (kind == GW_JSON_ABSENT || kind == GW_JSON_NULL)
        return true;
    if (kind != GW_JSON_ARRAY)
        return gw_fail(err, GW_ERR_INVALID, "profile: \"deadlines\" is no array");
    if (gw_json_size(list) > GW_DEADLINES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "profile: more than %d deadlines", GW_DEADLINES_MAX);
    for (; out->n < gw_json_size(list); out->n++)
        if (!read_row(&out->of[out->n], &pool, gw_json_at(list, out->n), out->n, err))
            return false;
    return true;
}

static bool fits(const struct gw_deadline_rule *r, const struct gw_deadline_facts *f)
{
    if (r->mode != f->mode || r->list != f->list || r->changes != f->changes ||
        (r->direction != GW_DIRECTION_UNSTATED && r->direction != f->direction))
        return false;
    if (r->before_arrival && !f->has_minutes)
        return false;
    if (r->hours_least != 0 && !(f->has_minutes && f->minutes >= r->hours_least * 60))
        return false;
    if (r->hours_below != 0 && !(f->has_minutes && f->minutes < r->hours_below * 60))
        return false;
    return (r->from.year == 0 || gw_date_compare(r->from, f->day) <= 0) &&
        (r->until.year == 0 || gw_date_compare(f->day, r->until) <= 0);
}

const struct gw_deadline_rule *gw_deadline_find(const struct gw_deadlines *deadlines, const struct gw_deadline_facts *facts)
{
    for (size_t i = 0; i < deadlines->n; i++)
        if (fits(&deadlines->of[i], facts))
            return &deadlines->of[i];
    return NULL;
}
