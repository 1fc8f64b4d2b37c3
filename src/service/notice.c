/* notice.c - what travelers are told at a place, out of the rule pack in force; where that is posted. */
#include "service/internal.h"

#include "base/log.h"

#include <stdio.h>

enum { VERSION_BYTES = 8 };

void gw_notice_version(char out[GW_NOTICE_VERSION_TEXT], struct gw_span text)
{
    const struct gw_hash h = gw_sha256(text);
    for (size_t i = 0; i < VERSION_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", h.bytes[i]);
}

/* Everything is copied: the packs may be swapped while it is read. */
static bool copy_languages(struct gw_service_notice *out, struct gw_arena *a, const struct gw_pack *p, struct gw_err *err)
{
    const char *const *codes;
    out->n_languages = gw_pack_languages(p, &codes);
    out->languages = gw_arena_array(a, out->n_languages, const char *, err);
    if (out->languages == NULL)
        return false;
    for (size_t i = 0; i < out->n_languages; i++)
        if ((out->languages[i] = gw_arena_text(a, gw_span_str(codes[i]), err)) == NULL)
            return false;
    return true;
}

static bool read_place(struct gw_pack_place *out, const struct gw_caller *who, const struct gw_notice_ask *ask, struct gw_err *err)
{
    char site[GW_SCOPE_TEXT];
    const struct gw_span said = ask->site.size > 0 || who == NULL ? ask->site : gw_span_str(who->site);
    *out = (struct gw_pack_place){ .has_mode = ask->has_mode, .mode = ask->mode, .has_direction = ask->has_direction,
        .direction = ask->direction };
    if (!gw_code(site, 2, sizeof site - 1, said))
        return gw_fail(err, GW_ERR_USAGE, "site takes the code of the place the notice is for, as JFK");
    static_assert(sizeof out->site >= sizeof site);
    snprintf(out->site, sizeof out->site, "%s", site);
    return true;
}

bool gw_service_notice(struct gw_service_notice *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_notice_ask *ask, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_pack_place place;
    const char *language = NULL;
    *out = (struct gw_service_notice){};
    if (!read_place(&place, who, ask, err))
        return false;
    if (!gw_law_today(&law, s))
        return gw_fail(err, GW_ERR_NOT_FOUND, "no rule pack is in force today: nobody is photographed here, so there is no notice");
    place.day = law.place.day;
    if (ask->language.size > 0 && (language = gw_arena_text(a, ask->language, err)) == NULL)
        return false;
    if (!gw_pack_notice(&out->notice, a, law.pack, &place, language, err) || !copy_languages(out, a, law.pack, err))
        return false;
    gw_notice_print(&text, &out->notice);
    gw_notice_version(out->version, gw_buf_span(&text));
    out->effective_from = gw_pack_from(law.pack);
    out->effective_until = gw_pack_until(law.pack);
    return (out->text = gw_arena_text(a, gw_buf_span(&text), err)) != NULL &&
           (out->site = gw_arena_text(a, gw_span_str(place.site), err)) != NULL &&
           (out->pack = gw_arena_text(a, gw_span_str(gw_pack_name(law.pack)), err)) != NULL &&
           (out->authority = gw_arena_text(a, gw_span_str(gw_pack_authority(law.pack)), err)) != NULL;
}

/* ---- what is posted --------------------------------------------------------------------- */

static const char *const modes[] = { "air", "sea", "land" }, *const directions[] = { "arrival", "departure" };

const char *gw_notice_state_name(enum gw_notice_state state)
{
    static const char *const names[] = { "current", "outdated", "unchecked", "no_pack" };
    return names[state];
}

/* The version a notice has now; "": none, because its language is not there any more. */
static bool version_now(char out[GW_NOTICE_VERSION_TEXT], struct gw_arena *a, const struct gw_law *law, const struct gw_notice_row *row,
    struct gw_err *err)
{
    struct gw_pack_place place = { .day = law->place.day, .has_mode = row->mode.size > 0, .has_direction = row->direction.size > 0 };
    struct gw_notice notice;
    struct gw_err e = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    const char *language = gw_arena_text(a, row->language, err);
    out[0] = 0;
    if (language == NULL)
        return false;
    snprintf(place.site, sizeof place.site, "%.*s", (int)GW_MIN(row->site.size, sizeof place.site - 1), (const char *)row->site.data);
    for (size_t i = 0; i < GW_COUNT(modes); i++)
        if (gw_span_is(row->mode, modes[i]))
            place.mode = (enum gw_pack_mode)i;
    for (size_t i = 0; i < GW_COUNT(directions); i++)
        if (gw_span_is(row->direction, directions[i]))
            place.direction = (enum gw_pack_direction)i;
    if (!gw_pack_notice(&notice, a, law->pack, &place, language, &e))
        return e.code == GW_ERR_NOT_FOUND || (err != NULL && (*err = e, false));
    gw_notice_print(&text, &notice);
    gw_notice_version(out, gw_buf_span(&text));
    return true;
}

bool gw_notice_state_of(enum gw_notice_state *out, struct gw_service *s, struct gw_arena *a, const struct gw_law *law,
    const struct gw_notice_row *row, struct gw_err *err)
{
    char version[GW_NOTICE_VERSION_TEXT];
    *out = GW_NOTICE_IDLE;
    if (law->pack == NULL)
        return true;
    if (!version_now(version, a, law, row, err))
        return false;
    *out = !gw_span_is(row->version, version) ? GW_NOTICE_OUTDATED
        : row->checked_day != 0 && (gw_date_days(law->place.day) - row->checked_day) * 86'400 * GW_US_PER_S > s->conf->notice_check ? GW_NOTICE_UNCHECKED
                                                                                                           : GW_NOTICE_CURRENT;
    return true;
}

/* Is one of the rows current, in the language, and for what happens here? */
static bool is_posted(bool *out, enum gw_notice_state *why, struct gw_service *s, struct gw_arena *a, const struct gw_law *law,
    const struct gw_notice_row *rows, size_t n, struct gw_span language, struct gw_err *err)
{
    *out = false;
    *why = GW_NOTICE_IDLE; /* nothing is recorded for it */
    for (size_t i = 0; i < n && !*out; i++) {
        const struct gw_notice_row *r = &rows[i];
        if (!gw_span_equal(r->language, language) || (r->mode.size > 0 && !gw_span_is(r->mode, modes[law->place.mode])) ||
            (r->direction.size > 0 && !gw_span_is(r->direction, directions[law->place.direction])))
            continue;
        if (!gw_notice_state_of(why, s, a, law, r, err))
            return false;
        *out = *why == GW_NOTICE_CURRENT;
    }
    return true;
}

static bool refuse(const struct gw_law *law, struct gw_span language, enum gw_notice_state why, struct gw_err *err)
{
    return gw_fail(err, GW_ERR_NO_NOTICE, "%s: the notice in \"%.*s\" %s; nobody is photographed before it is right", law->place.site,
        (int)language.size, (const char *)language.data,
        why == GW_NOTICE_OUTDATED        ? "that is posted is not the one in force"
            : why == GW_NOTICE_UNCHECKED ? "that is posted was not looked at for too long"
                                         : "is not recorded as posted");
}

bool gw_notice_check(struct gw_service *s, struct gw_arena *a, struct gw_tx *tx, const struct gw_law *law, struct gw_err *err)
{
    struct gw_notice_row *rows;
    const char *const *codes;
    size_t n;
    if (law->pack == NULL)
        return true; /* nothing is authorised then */
    if (!gw_store_notices(&rows, &n, a, tx, gw_span_str(law->place.site), err))
        return false;
    if (n == 0 && !s->conf->notice_required)
        return true;
    gw_pack_languages(law->pack, &codes);
    const char *asked = s->conf->notice_languages[0] == 0 ? codes[0] : s->conf->notice_languages;
    for (const char *p = asked + strspn(asked, " "); *p != 0; p += strspn(p, " ")) {
        const struct gw_span language = gw_span_of(p, strcspn(p, " "));
        enum gw_notice_state why;
        bool posted;
        p += language.size;
        if (!is_posted(&posted, &why, s, a, law, rows, n, language, err))
            return false;
        if (!posted)
            return refuse(law, language, why, err);
    }
    return true;
}

static bool show(struct gw_posted *out, struct gw_service *s, struct gw_arena *a, const struct gw_law *law, const struct gw_notice_row *r,
    struct gw_err *err)
{
    *out = (struct gw_posted){
        .site = gw_arena_text(a, r->site, err),
        .mode = gw_arena_text(a, r->mode, err),
        .direction = gw_arena_text(a, r->direction, err),
        .language = gw_arena_text(a, r->language, err),
        .version = gw_arena_text(a, r->version, err),
        .pack = gw_arena_text(a, r->pack, err),
        .checked_on = gw_date_from_days(r->checked_day),
    };
    return out->site != NULL && out->mode != NULL && out->direction != NULL && out->language != NULL && out->version != NULL &&
           out->pack != NULL && gw_notice_state_of(&out->state, s, a, law, r, err);
}

struct posting {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_arena *a;
    const struct gw_law *law;
    struct gw_notice_row row;
    bool found;
    struct gw_posted *out;
    size_t n;
};

/* In the log, and in the log of the program. */
static bool write_down(struct gw_tx *tx, const struct posting *o, const char *what, const struct gw_notice_row *r, struct gw_err *err)
{
    char name[GW_AUDIT_WORD_MAX + 1];
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_span parts[] = { r->site, r->mode, r->direction, r->language, r->version };
    for (size_t i = 0; i < GW_COUNT(parts); i++) {
        gw_buf_add_text(&text, i == 0 ? "" : "/");
        gw_buf_add(&text, parts[i].data, parts[i].size);
        if (parts[i].size == 0)
            gw_buf_add_text(&text, "any");
    }
    gw_log(GW_LOG_INFO, "notice", GW_LOG_OF_TABLE("what", (struct gw_word){ what }), GW_LOG_SETTING("notice", gw_buf_text(&text)));
    return gw_audit_add(tx, o->s, o->who, GW_AUDIT_NOTICE,
        &(struct gw_audit_facts){ .name = gw_audit_word(name, gw_buf_text(&text)), .answer = what }, err);
}

static bool put_row(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct posting *o = arg;
    return gw_store_notice_put(tx, &o->row, err) && write_down(tx, o, "posted", &o->row, err);
}

static bool delete_row(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct posting *o = arg;
    return gw_store_notice_delete(tx, &o->row, &o->found, err) && (!o->found || write_down(tx, o, "removed", &o->row, err));
}

/* The day somebody looked. */
static bool read_day(int64_t *out, const struct gw_law *law, struct gw_date day, struct gw_err *err)
{
    *out = gw_date_days(day.year == 0 ? law->place.day : day);
    return *out <= gw_date_days(law->place.day) || gw_fail(err, GW_ERR_INVALID, "the day somebody looked must be one that has been");
}

static struct gw_span code_of(bool has, const char *const *names, int i)
{
    return has ? gw_span_str(names[i]) : (struct gw_span){ (const uint8_t *)"", 0 };
}

bool gw_service_notice_post(struct gw_posted *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_posted_ask *ask, struct gw_err *err)
{
    struct gw_service_notice n;
    GW_AUTO_VALUE(gw_law) law = {};
    *out = (struct gw_posted){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_service_notice(&n, a, s, NULL, &ask->place, err))
        return false;
    if (!gw_law_today(&law, s) || strcmp(gw_pack_name(law.pack), n.pack) != 0)
        return gw_fail(err, GW_ERR_CONFLICT, "the rule pack in force changed just now: look again");
    if (ask->version.size > 0 && !gw_span_is(ask->version, n.version))
        return gw_fail(err, GW_ERR_CONFLICT, "the notice in force has version %s: that one must be posted", n.version);
    struct posting o = { .s = s, .who = who, .row = {
        .site = gw_span_str(n.site),
        .mode = code_of(ask->place.has_mode, modes, (int)ask->place.mode),
        .direction = code_of(ask->place.has_direction, directions, (int)ask->place.direction),
        .language = gw_span_str(n.notice.language),
        .version = gw_span_str(n.version),
        .pack = gw_span_str(n.pack),
        .added_us = gw_clock_now(&s->clock),
    } };
    if (!read_day(&o.row.checked_day, &law, ask->checked_on, err) || !gw_store_write(s->store, put_row, &o, err) ||
        !show(out, s, a, &law, &o.row, err))
        return false;
    return true;
}

bool gw_service_notice_remove(struct gw_service *s, const struct gw_caller *who, const struct gw_notice_ask *ask, struct gw_err *err)
{
    struct gw_pack_place place;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !read_place(&place, NULL, ask, err))
        return false;
    struct posting o = { .s = s, .who = who, .row = {
        .site = gw_span_str(place.site),
        .mode = code_of(ask->has_mode, modes, (int)ask->mode),
        .direction = code_of(ask->has_direction, directions, (int)ask->direction),
        .language = ask->language,
    } };
    if (!gw_store_write(s->store, delete_row, &o, err))
        return false;
    if (!o.found)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no notice is recorded for that site, mode, direction and language");
    return true;
}

static bool look_at(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct posting *o = arg;
    struct gw_notice_row *rows;
    size_t n;
    if (!gw_store_notices(&rows, &n, o->a, tx, o->row.site, err) || (o->out = gw_arena_array(o->a, n, struct gw_posted, err)) == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (o->row.language.size > 0 && !gw_span_equal(o->row.language, rows[i].language))
            continue;
        if (o->row.checked_day != 0) {
            rows[i].checked_day = o->row.checked_day;
            if (!gw_store_notice_put(tx, &rows[i], err) || !write_down(tx, o, "looked_at", &rows[i], err))
                return false;
        }
        if (!show(&o->out[o->n++], o->s, o->a, o->law, &rows[i], err))
            return false;
    }
    return true;
}

bool gw_service_notice_looked(struct gw_posted **out, size_t *n, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_posted_ask *ask, struct gw_err *err)
{
    struct gw_pack_place place;
    GW_AUTO_VALUE(gw_law) law = {};
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !read_place(&place, NULL, &ask->place, err))
        return false;
    if (!gw_law_today(&law, s))
        return gw_fail(err, GW_ERR_CONFLICT, "no rule pack is in force today, so no notice can be right");
    struct posting o = { .s = s, .who = who, .a = a, .law = &law, .row = { .site = gw_span_str(place.site), .language = ask->place.language } };
    if (!read_day(&o.row.checked_day, &law, ask->checked_on, err) || !gw_store_write(s->store, look_at, &o, err))
        return false;
    if (o.n == 0)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no notice is recorded for that site and language");
    *out = o.out;
    *n = o.n;
    return true;
}

bool gw_service_notices(struct gw_posted **out, size_t *n, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_span site, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(AUDITOR), err))
        return false;
    (void)gw_law_today(&law, s);
    struct posting o = { .s = s, .who = who, .a = a, .law = &law, .row = { .site = who->site[0] != 0 ? gw_span_str(who->site) : site } };
    if (!gw_store_read(s->store, look_at, &o, err))
        return false;
    *out = o.out;
    *n = o.n;
    return true;
}

struct gw_json *gw_posted_to_json(const struct gw_posted *n)
{
    struct gw_json *j = gw_json_object();
    char day[GW_DATE_TEXT];
    gw_date_format(day, n->checked_on);
    gw_json_set_text(j, "site", n->site);
    gw_json_set_text_or_null(j, "mode", n->mode);
    gw_json_set_text_or_null(j, "direction", n->direction);
    gw_json_set_text(j, "language", n->language);
    gw_json_set_text(j, "version", n->version);
    gw_json_set_text(j, "pack", n->pack);
    gw_json_set_text(j, "checked_on", day);
    gw_json_set_text(j, "state", gw_notice_state_name(n->state));
    return j;
}
