/* device.c - gates and how they are: when they were heard of, and what they say of themselves. */
#include "service/internal.h"

#include <stdio.h>

enum { SEEN_AT_ONCE = 256, SOFTWARE_MAX = 64, CAMERA_ERRORS_MOST = 1'000'000'000 };
#define SEEN_EVERY_US (60 * GW_US_PER_S)

static const char *const cameras[GW_CAMERA_COUNT] = { "unknown", "working", "off", "absent", "denied", "failed" };

const char *gw_camera_state_name(enum gw_camera_state camera)
{
    return cameras[camera];
}

bool gw_camera_state_find(enum gw_camera_state *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(cameras); i++)
        if (gw_span_is(name, cameras[i])) {
            *out = (enum gw_camera_state)i;
            return true;
        }
    return false;
}

/* ---- when they were heard of ---- */

struct seen {
    struct gw_device_seen of[SEEN_AT_ONCE];
    size_t n;
};

static bool write_seen(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct seen *l = arg;
    for (size_t i = 0; i < l->n; i++)
        if (!gw_store_device_seen(tx, l->of[i].token, l->of[i].seen_us, err))
            return false;
    return true;
}

bool gw_devices_keep(struct gw_service *s, bool all, struct gw_err *err)
{
    struct seen seen;
    while ((seen.n = gw_logins_seen(seen.of, SEEN_AT_ONCE, s, all ? 0 : SEEN_EVERY_US)) > 0)
        if (!gw_store_write(s->store, write_seen, &seen, err))
            return false;
    return true;
}

/* ---- what they are ---- */

struct listing {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    bool every;
    struct gw_token_row *tokens;
    struct gw_device_row *rows;
    size_t n_tokens, n_rows;
};

static bool read_devices(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *l = arg;
    return gw_store_tokens(&l->tokens, &l->n_tokens, l->a, tx, err) && gw_store_devices(&l->rows, &l->n_rows, l->a, tx, err);
}

static bool show_notice(struct gw_device *out, struct gw_service *s, struct gw_arena *a, const struct gw_device_row *row,
    const struct gw_law *law, struct gw_err *err)
{
    const struct gw_notice_row shown = { .site = gw_span_str(out->token.site), .mode = row->mode, .direction = row->direction,
        .language = row->notice_language, .version = row->notice_version };
    out->has_notice_state = row->notice_version.size > 0;
    return !out->has_notice_state || gw_notice_state_of(&out->notice_state, s, a, law, &shown, err);
}

static bool show(struct gw_device *out, struct gw_service *s, struct gw_arena *a, const struct gw_token *token,
    const struct gw_device_row *row, const struct gw_law *law, struct gw_err *err)
{
    const struct gw_device_row none = {};
    const int64_t used_us = gw_login_seen(s, token->id);
    const bool is_known = row != NULL;
    row = is_known ? row : &none;
    *out = (struct gw_device){
        .token = *token,
        .has_seen = is_known || used_us > 0,
        .seen_us = GW_MAX(used_us, row->seen_us),
        .has_reported = row->has_reported,
        .reported_us = row->reported_us,
        .has_started = row->has_started,
        .started_us = row->started_us,
        .software = gw_arena_text(a, row->software, err),
        .camera = row->camera >= 0 && row->camera < GW_CAMERA_COUNT ? (enum gw_camera_state)row->camera : GW_CAMERA_UNKNOWN,
        .camera_errors = row->camera_errors,
        .notice_version = gw_arena_text(a, row->notice_version, err),
        .notice_language = gw_arena_text(a, row->notice_language, err),
    };
    return out->software != NULL && out->notice_version != NULL && out->notice_language != NULL &&
        show_notice(out, s, a, row, law, err);
}

static bool is_listed(const struct listing *l, const struct gw_token_row *t)
{
    return t->role == GW_ROLE_DEVICE && (l->every || !t->has_revoked) &&
        (l->who->site[0] == 0 || gw_span_is(t->site, l->who->site));
}

bool gw_service_devices(struct gw_device **out, size_t *n, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    bool every, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    struct listing l = { .s = s, .a = a, .who = who, .every = every };
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN) | GW_ROLE_BIT(SUPERVISOR), err) || !gw_store_read(s->store, read_devices, &l, err) ||
        (*out = gw_arena_array(a, l.n_tokens, struct gw_device, err)) == NULL)
        return false;
    (void)gw_law_today(&law, s);
    for (size_t i = 0; i < l.n_tokens; i++) {
        const struct gw_device_row *row = NULL;
        if (!is_listed(&l, &l.tokens[i]))
            continue;
        for (size_t k = 0; k < l.n_rows && row == NULL; k++)
            row = gw_id_equal(l.rows[k].token, l.tokens[i].id) ? &l.rows[k] : NULL;
        const struct gw_token token = gw_token_of(&l.tokens[i], gw_clock_now(&s->clock));
        if (!show(&(*out)[(*n)++], s, a, &token, row, &law, err))
            return false;
    }
    return true;
}

/* ---- what they say ---- */

/* Words of a program about itself; they are shown to people, so nothing that could pretend to be something else. */
static bool is_plain(struct gw_span text, size_t most)
{
    if (text.size > most || !gw_span_utf8(text, NULL))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool check_report(const struct gw_device_report *r, struct gw_err *err)
{
    enum gw_pack_mode mode;
    enum gw_pack_direction direction;
    char word[16];
    if (!is_plain(r->software, SOFTWARE_MAX))
        return gw_fail(err, GW_ERR_INVALID, "software takes a name and version of at most %d bytes, without control characters", SOFTWARE_MAX);
    if (r->camera_errors < 0 || r->camera_errors > CAMERA_ERRORS_MOST)
        return gw_fail(err, GW_ERR_INVALID, "camera_errors takes a number from 0 to %d", CAMERA_ERRORS_MOST);
    if (!is_plain(r->notice_version, GW_NOTICE_VERSION_TEXT - 1) || !is_plain(r->notice_language, sizeof word - 1) ||
        (r->notice_version.size > 0) != (r->notice_language.size > 0))
        return gw_fail(err, GW_ERR_INVALID, "notice_version and notice_language are those of GET /v1/notice, both or neither");
    snprintf(word, sizeof word, "%.*s", (int)GW_MIN(r->mode.size, sizeof word - 1), (const char *)r->mode.data);
    if (r->mode.size > 0 && !gw_pack_mode_find(&mode, word))
        return gw_fail(err, GW_ERR_INVALID, "mode takes air, sea or land");
    snprintf(word, sizeof word, "%.*s", (int)GW_MIN(r->direction.size, sizeof word - 1), (const char *)r->direction.data);
    return r->direction.size == 0 || gw_pack_direction_find(&direction, word) ||
        gw_fail(err, GW_ERR_INVALID, "direction takes arrival or departure");
}

struct reporting {
    struct gw_service *s;
    struct gw_once *once;
    const struct gw_device_row *row;
    const struct gw_device *out;
};

static bool write_report(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct reporting *g = arg;
    return gw_store_device_put(tx, g->row, err) && gw_once_keep(tx, g->s, g->once, NULL, g->out, err);
}

/* The store takes "" where a span is empty. */
static struct gw_span text_of(struct gw_span s)
{
    return s.size > 0 ? s : gw_span_str("");
}

bool gw_service_device_report(struct gw_device *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_device_report *r, struct gw_once *once, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    const int64_t now = gw_clock_now(&s->clock);
    bool replayed;
    *out = (struct gw_device){};
    if (!gw_allow(who, GW_ROLE_BIT(DEVICE), err) || !check_report(r, err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    struct gw_device_row row = { .token = who->token, .seen_us = now, .has_reported = true, .reported_us = now,
        .has_started = r->has_started, .started_us = r->started_us, .software = text_of(r->software), .camera = (int)r->camera,
        .camera_errors = r->camera_errors, .notice_version = text_of(r->notice_version), .notice_language = text_of(r->notice_language),
        .mode = text_of(r->mode), .direction = text_of(r->direction) };
    struct gw_token token = { .id = who->token, .role = who->role };
    memcpy(token.site, who->site, sizeof token.site);
    (void)gw_law_today(&law, s);
    struct reporting g = { s, once, &row, out };
    bool fine = replayed || (show(out, s, a, &token, &row, &law, err) && gw_store_write(s->store, write_report, &g, err));
    gw_once_leave(s, once, fine);
    return fine;
}
