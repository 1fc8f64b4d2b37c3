/* verb.c - what an operator can ask, as rows; each reads its ask, calls one service
 * verb and writes its answer. */
#include "base/clock.h"
#include "base/near.h"
#include "local/local.h"
#include "local/notice.h"
#include "local/voyage.h"
#include "local/watch.h"
#include "service/service.h"

enum { LIST_BYTES = 64 << 20 };

static struct gw_json *token_to_json(const struct gw_token *t)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "id", t->id);
    gw_json_set_text(j, "role", gw_role_name(t->role));
    gw_json_set_text(j, "label", *t->label == 0 ? NULL : t->label);
    gw_json_set_text(j, "site", *t->site == 0 ? NULL : t->site);
    gw_json_set_text(j, "carrier", *t->carrier == 0 ? NULL : t->carrier);
    gw_json_set_time(j, "created_at", t->created_us);
    gw_json_set_time(j, "expires_at", t->expires_us);
    if (t->has_revoked)
        gw_json_set_time(j, "revoked_at", t->revoked_us);
    else
        gw_json_set_null(j, "revoked_at");
    if (t->has_certificate) {
        char hex[2 * GW_HASH_BYTES + 1];
        gw_hex(hex, gw_span_of(t->certificate.bytes, sizeof t->certificate.bytes));
        gw_json_set_text(j, "certificate", hex);
    } else
        gw_json_set_null(j, "certificate");
    if (t->has_prior)
        gw_json_set_time(j, "prior_until", t->prior_until_us);
    return j;
}

static bool read_role(enum gw_role *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span role = {};
    gw_json_get_string(ask, "role", &role);
    return gw_role_find(out, role) ||
        gw_fail(err, GW_ERR_USAGE, "--role takes device, carrier, officer, supervisor, auditor or admin");
}

/* "days", and of a certificate "certificate" (hexadecimal) with "certificate_until" (us). */
static bool read_credential(struct gw_credential *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span hex = {};
    int64_t days = 0;
    if (gw_json_get_integer(ask, "days", &days)) {
        if (days < 1 || days > 3650)
            return gw_fail(err, GW_ERR_USAGE, "--days takes 1 to 3650");
        out->lasts_us = days * 86'400 * GW_US_PER_S;
    }
    out->has_certificate = gw_json_get_string(ask, "certificate", &hex);
    return !out->has_certificate ||
        (gw_hex_parse(out->certificate.bytes, sizeof out->certificate.bytes, hex) &&
            gw_json_get_integer(ask, "certificate_until", &out->certificate_until_us)) ||
        gw_fail(err, GW_ERR_USAGE, "the certificate's fingerprint and end are missing");
}

/* Wipes the secret. */
static struct gw_json *credential_to_json(const struct gw_token *token, char secret[GW_TOKEN_TEXT])
{
    struct gw_json *j = token_to_json(token);
    if (*secret != 0)
        gw_json_set_text(j, "token", secret);
    gw_wipe(secret, GW_TOKEN_TEXT);
    return j;
}

static struct gw_json *token_new(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    struct gw_token_new want = {};
    struct gw_token token;
    char secret[GW_TOKEN_TEXT];
    if (!read_role(&want.role, ask, err) || !read_credential(&want.credential, ask, err))
        return NULL;
    gw_json_get_string(ask, "label", &want.label);
    gw_json_get_string(ask, "site", &want.site);
    gw_json_get_string(ask, "carrier", &want.carrier);
    if (!gw_service_token_new(&token, secret, s, who, &want, err))
        return NULL;
    return credential_to_json(&token, secret);
}

static bool read_token_id(struct gw_id *out, const struct gw_json *ask, const char *verb, struct gw_err *err)
{
    struct gw_span text = {};
    gw_json_get_string(ask, "id", &text);
    return gw_id_parse(out, text) || gw_fail(err, GW_ERR_USAGE, "%s takes the id of a token, as `list` shows it", verb);
}

/* "keep": minutes the credential before still works. */
/* `device` is about devices alone, `user` about everybody else: a list that was read for one must not end the other's.
 * Without "devices" it is about any. */
static bool is_of_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_id id,
    struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_token *tokens;
    size_t n;
    bool devices;
    if (!gw_json_get_bool(ask, "devices", &devices))
        return true;
    if (!gw_service_token_list(&tokens, &n, a, s, who, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (gw_id_equal(tokens[i].id, id) && (tokens[i].role == GW_ROLE_DEVICE) != devices)
            return gw_fail(err, GW_ERR_NOT_FOUND, "no %s has this id: it is a token of role %s, and `gangway %s` is for those",
                devices ? "device" : "user", gw_role_name(tokens[i].role), devices ? "user" : "device");
    return true; /* of what there is not, the verb itself says so */
}

static struct gw_json *token_renew(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    struct gw_token_renewal want = {};
    struct gw_token token;
    char secret[GW_TOKEN_TEXT];
    int64_t minutes = 0;
    if (!read_token_id(&want.token, ask, "rotate", err) || !is_of_list(s, who, ask, want.token, err) || !read_credential(&want.credential, ask, err))
        return NULL;
    if (gw_json_get_integer(ask, "keep", &minutes) && (minutes < 0 || minutes > 43'200))
        return gw_fail_null(err, GW_ERR_USAGE, "--keep takes 0 to 43200 minutes");
    want.keep_us = minutes * 60 * GW_US_PER_S;
    if (!gw_service_token_renew(&token, secret, s, who, &want, err))
        return NULL;
    return credential_to_json(&token, secret);
}

/* "devices": true lists devices only, false everybody else; "every": also the expired and revoked. */
static struct gw_json *token_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_token *tokens;
    size_t n;
    bool devices = false, every = false;
    gw_json_get_bool(ask, "devices", &devices);
    gw_json_get_bool(ask, "every", &every);
    if (!gw_service_token_list(&tokens, &n, a, s, who, err))
        return NULL;
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        bool over = tokens[i].has_revoked || tokens[i].expires_us <= gw_service_now(s);
        if ((tokens[i].role == GW_ROLE_DEVICE) == devices && (every || !over))
            gw_json_add(list, token_to_json(&tokens[i]));
    }
    gw_json_set(j, "tokens", list);
    return j;
}

static struct gw_json *token_revoke(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    struct gw_id id;
    if (!read_token_id(&id, ask, "revoke", err) || !is_of_list(s, who, ask, id, err) || !gw_service_token_revoke(s, who, id, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "id", id);
    gw_json_set_bool(j, "revoked", true);
    return j;
}

static struct gw_json *audit_head(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_audit_head h;
    bool fresh = false;
    gw_json_get_bool(ask, "fresh", &fresh);
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "key", gw_service_audit_key(s));
    if (gw_service_audit_head(&h, a, s, who, false, 0, fresh, err)) {
        gw_json_set_integer(j, "size", (int64_t)h.size);
        gw_json_set_time(j, "at", h.at_us);
        gw_json_set_text(j, "note", h.note);
    }
    return j;
}

/* "from" and "to": numbers of entries or times. The answer's "x" goes into the next ask, until "done". */
static bool entry_of(uint64_t *out, uint64_t otherwise, struct gw_service *s, const struct gw_caller *who,
    const struct gw_json *ask, const char *key, struct gw_err *err)
{
    struct gw_span text;
    int64_t at_us;
    struct gw_date day;
    *out = otherwise;
    if (!gw_json_get_string(ask, key, &text) || gw_span_uint(text, INT64_MAX, out))
        return true;
    if (gw_date_parse(&day, text))
        at_us = gw_date_days(day) * 86'400 * GW_US_PER_S;
    else if (!gw_time_parse(&at_us, NULL, text))
        return gw_fail(err, GW_ERR_USAGE, "--%s takes the number of an entry, a day or a time", key);
    return gw_service_audit_first_at(out, s, who, at_us, err);
}

static struct gw_json *audit_export(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    struct gw_audit_export x = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    int64_t next, size;
    x.begun = gw_json_get_integer(ask, "next", &next) && gw_json_get_integer(ask, "size", &size);
    if (x.begun) {
        x.next = (uint64_t)next;
        x.size = (uint64_t)size;
    } else if (!entry_of(&x.from, 0, s, who, ask, "from", err) || !entry_of(&x.to, UINT64_MAX, s, who, ask, "to", err))
        return NULL;
    if (!gw_service_audit_export(&text, &x, s, who, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_span(j, "text", gw_buf_span(&text));
    gw_json_set_integer(j, "next", (int64_t)x.next);
    gw_json_set_integer(j, "size", (int64_t)x.size);
    gw_json_set_bool(j, "done", x.done);
    gw_json_set_text(j, "key", gw_service_audit_key(s));
    return j;
}

static struct gw_json *keys_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    (void)ask;
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_service_keys keys;
    return gw_service_keys(&keys, a, s, who, err) ? gw_service_keys_to_json(&keys) : NULL;
}

static struct gw_json *keys_rotate(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    const char *to = NULL;
    gw_json_get_text(ask, "to", &to);
    return gw_service_keys_rotate(s, who, to, err) ? keys_list(s, who, ask, err) : NULL;
}

static struct gw_json *retention_report(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    (void)ask;
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_retention_report r;
    return gw_service_retention_report(&r, a, s, who, err) ? gw_retention_to_json(&r) : NULL;
}

static struct gw_json *retention_run(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask,
    struct gw_err *err)
{
    (void)ask;
    struct gw_purge p;
    if (!gw_service_purge(&p, s, who, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "voyages_closed", (int64_t)p.voyages_closed);
    gw_json_set_integer(j, "voyages", (int64_t)p.voyages);
    gw_json_set_integer(j, "travelers", (int64_t)p.travelers);
    gw_json_set_integer(j, "templates", (int64_t)p.templates);
    gw_json_set_integer(j, "photos", (int64_t)p.photos);
    gw_json_set_integer(j, "verifications", (int64_t)p.verifications);
    gw_json_set_integer(j, "answers", (int64_t)p.answers);
    gw_json_set_integer(j, "keys", (int64_t)p.keys);
    if (p.has_next)
        gw_json_set_time(j, "next_due", p.next_us);
    else
        gw_json_set_null(j, "next_due");
    return j;
}

static struct gw_json *hold_place(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_hold_ask want = {};
    struct gw_hold hold;
    struct gw_span voyage = {};
    int64_t days = 0;
    gw_json_get_string(ask, "voyage", &voyage);
    gw_json_get_string(ask, "reason", &want.reason);
    if (!gw_id_parse(&want.voyage, voyage) || !gw_json_get_integer(ask, "days", &days) || days < 1 || days > 90)
        return gw_fail_null(err, GW_ERR_USAGE, "hold takes the id of a voyage, --reason and --days from 1 to 90");
    want.until_us = gw_service_now(s) + days * 86'400 * GW_US_PER_S;
    return gw_service_hold(&hold, s, who, &want, NULL, err) ? gw_hold_to_json(&hold) : NULL;
}

static struct gw_json *hold_release(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span text = {};
    struct gw_id id;
    gw_json_get_string(ask, "hold", &text);
    if (!gw_id_parse(&id, text))
        return gw_fail_null(err, GW_ERR_USAGE, "release takes the id of a hold, as `gangway retention report` shows it");
    if (!gw_service_hold_release(s, who, id, NULL, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "hold", id);
    gw_json_set_bool(j, "released", true);
    return j;
}

/* For doctor: is the service that has the store as it should be? */
static struct gw_json *state(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    (void)who;
    bool deep = false;
    gw_json_get_bool(ask, "deep", &deep);
    struct gw_err why = {};
    struct gw_json *j = gw_json_object();
    bool ready = gw_service_ready(s, &why);
    gw_json_set_bool(j, "ready", ready);
    gw_json_set_text(j, "why", ready ? NULL : why.text);
    if (deep && !gw_service_check_store(s, err)) {
        gw_json_free(j);
        return NULL;
    }
    return j;
}

static struct gw_json *backup(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    const char *file = "";
    struct gw_backup b;
    if (!gw_json_get_text(ask, "file", &file) || *file != '/')
        return gw_fail_null(err, GW_ERR_USAGE, "backup takes the path of a file");
    if (!gw_service_backup(&b, s, who, file, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "file", file);
    gw_json_set_integer(j, "bytes", (int64_t)b.bytes);
    gw_json_set_rounded(j, "seconds", (double)b.took_us / GW_US_PER_S, 3);
    return j;
}

/* ---- webhooks ---- */

static bool read_kinds(uint32_t *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span text = {};
    gw_json_get_string(ask, "kinds", &text);
    for (size_t from = 0; from < text.size;) {
        size_t to = from;
        enum gw_event_kind kind;
        while (to < text.size && text.data[to] != ',')
            to++;
        if (!gw_event_find(&kind, gw_span_slice(text, from, to)))
            return gw_fail(err, GW_ERR_USAGE, "--kinds takes kinds of events with commas between, as decision,readiness");
        *out |= UINT32_C(1) << kind;
        from = to + 1;
    }
    return true;
}

static struct gw_json *webhook_new(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_webhook_new want = {};
    struct gw_webhook w;
    gw_json_get_string(ask, "carrier", &want.carrier);
    gw_json_get_string(ask, "url", &want.url);
    return read_kinds(&want.kinds, ask, err) && gw_service_webhook_new(&w, a, s, who, &want, NULL, err) ? gw_webhook_to_json(&w)
                                                                                                   : NULL;
}

static struct gw_json *webhook_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    (void)ask;
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_webhook *hooks;
    size_t n;
    if (!gw_service_webhooks(&hooks, &n, a, s, who, err))
        return NULL;
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add(list, gw_webhook_to_json(&hooks[i]));
    gw_json_set(j, "webhooks", list);
    return j;
}

static bool read_webhook(struct gw_id *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span text = {};
    gw_json_get_string(ask, "id", &text);
    return gw_id_parse(out, text) || gw_fail(err, GW_ERR_USAGE, "it takes the id of a webhook, as `list` shows it");
}

static struct gw_json *webhook_said(struct gw_id id, const char *key, size_t n)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "webhook", id);
    gw_json_set_integer(j, key, (int64_t)n);
    return j;
}

static struct gw_json *webhook_drop(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_id id;
    struct gw_webhook_change c;
    return read_webhook(&id, ask, err) && gw_service_webhook_drop(&c, s, who, id, NULL, err) ? webhook_said(id, "removed", c.n) : NULL;
}

static struct gw_json *webhook_test(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_id id;
    struct gw_webhook_change c;
    return read_webhook(&id, ask, err) && gw_service_webhook_test(&c, s, who, id, NULL, err) ? webhook_said(id, "queued", c.n) : NULL;
}

static struct gw_json *webhook_retry(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_id id;
    struct gw_webhook_change c;
    return read_webhook(&id, ask, err) && gw_service_webhook_retry(&c, s, who, id, NULL, err) ? webhook_said(id, "queued", c.n) : NULL;
}

static struct gw_json *webhook_dead(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(LIST_BYTES);
    struct gw_delivery *dead;
    struct gw_id id;
    size_t n;
    if (!read_webhook(&id, ask, err) || !gw_service_webhook_dead(&dead, &n, a, s, who, id, err))
        return NULL;
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add(list, gw_delivery_to_json(&dead[i]));
    gw_json_set(j, "dead", list);
    return j;
}

static const struct {
    const char *name;
    struct gw_json *(*run)(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
} verbs[] = {
    { "token_new", token_new },
    { "token_renew", token_renew },
    { "token_list", token_list },
    { "token_revoke", token_revoke },
    { "audit_head", audit_head },
    { "audit_export", audit_export },
    { "notice_add", gw_local_notice_add },
    { "notice_check", gw_local_notice_check },
    { "notice_remove", gw_local_notice_remove },
    { "notice_list", gw_local_notice_list },
    { "voyage_list", gw_local_voyage_list },
    { "voyage_show", gw_local_voyage_show },
    { "voyage_close", gw_local_voyage_close },
    { "watch_list", gw_local_watch_list },
    { "watch_show", gw_local_watch_show },
    { "watch_set", gw_local_watch_set },
    { "watch_import", gw_local_watch_import },
    { "webhook_new", webhook_new },
    { "webhook_list", webhook_list },
    { "webhook_drop", webhook_drop },
    { "webhook_test", webhook_test },
    { "webhook_retry", webhook_retry },
    { "webhook_dead", webhook_dead },
    { "state", state },
    { "backup", backup },
    { "keys_list", keys_list },
    { "keys_rotate", keys_rotate },
    { "retention_report", retention_report },
    { "retention_run", retention_run },
    { "hold_place", hold_place },
    { "hold_release", hold_release },
};

struct gw_json *gw_local_do(struct gw_service *s, const struct gw_json *ask, struct gw_err *err)
{
    const struct gw_caller who = gw_caller_local();
    const char *name = "";
    gw_json_get_text(ask, "verb", &name);
    for (size_t i = 0; i < GW_COUNT(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return verbs[i].run(s, &who, ask, err); // cppcheck-suppress returnDanglingLifetime // the answer does not hold it
    return gw_fail_null(err, GW_ERR_USAGE,
        "the running service does not know this command; it is of another version than the command");
}
