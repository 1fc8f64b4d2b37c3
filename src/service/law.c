/* law.c - which rule pack is in force, and what it says of somebody on a voyage, now.
 *
 * 1. Nobody is photographed, and nobody searched for, whom no rule in force allows to
 *    be. Without a pack in force nobody is.
 * 2. The packs are a set that is swapped whole; one that cannot be read leaves the old
 *    set where it is.
 * 3. A day ends at the pack's own midnight. Upkeep sees it within a second and has the
 *    galleries of open voyages made anew; what is decided meanwhile asks again who was
 *    found (verify.c), so midnight is exact for whoever stands at the gate. */
#include "service/internal.h"

#include "base/log.h"
#include "document/state.h"

#include <stdio.h>

/* ---- the packs --------------------------------------------------------------------- */

static bool open_packs(struct gw_packs **out, const char *path, const char *folder, struct gw_err *err)
{
    GW_AUTO_MEM struct gw_pack_keys *keys = gw_alloc(sizeof *keys);
    return gw_packs_keys(keys, folder, err) && (*out = gw_packs_open(path, keys, false, err)) != NULL;
}

bool gw_service_packs(struct gw_service *s, const char *path, const char *keys, const char *authority, struct gw_err *err)
{
    struct gw_packs *packs = NULL;
    if (strlen(authority) > GW_PACK_ID_MAX)
        return gw_fail(err, GW_ERR_INVALID, "packs.authority has at most %d letters", GW_PACK_ID_MAX);
    if (!open_packs(&packs, path, keys, err)) {
        gw_log(GW_LOG_ERROR, "packs", GW_LOG_WORD("result", "refused"), GW_LOG_WHY(err));
        return false;
    }
    const struct gw_pack *const *all;
    gw_log(GW_LOG_INFO, "packs", GW_LOG_WORD("result", "taken"), GW_LOG_INT("packs", gw_packs_all(packs, &all)),
        GW_LOG_SETTING("authority", authority));
    pthread_mutex_lock(&s->packs_lock);
    struct gw_packs *old = s->packs;
    s->packs = packs;
    snprintf(s->authority, sizeof s->authority, "%s", authority);
    s->law_changed = true;
    pthread_mutex_unlock(&s->packs_lock);
    gw_packs_unref(old);
    return true;
}

/* The pack in force and the set that holds it. */
static const struct gw_pack *in_force(struct gw_packs **held, struct gw_service *s, int64_t now_us)
{
    const struct gw_pack *const *all = NULL, *found = NULL;
    pthread_mutex_lock(&s->packs_lock);
    *held = s->packs == NULL ? NULL : gw_packs_ref(s->packs);
    if (s->packs != NULL) {
        const size_t n = gw_packs_all(s->packs, &all);
        found = gw_pack_find(all, n, s->authority, now_us);
    }
    pthread_mutex_unlock(&s->packs_lock);
    return found;
}

bool gw_law_mark_equal(const struct gw_law_mark *a, const struct gw_law_mark *b)
{
    return memcmp(&a->pack, &b->pack, sizeof a->pack) == 0 && gw_date_compare(a->day, b->day) == 0;
}

struct gw_law_mark gw_law_mark_now(struct gw_service *s)
{
    GW_AUTO_VALUE(gw_law) law = {};
    (void)gw_law_today(&law, s);
    return law.mark;
}

bool gw_law_moved(struct gw_service *s)
{
    GW_AUTO_VALUE(gw_law) law = {};
    const bool any = gw_law_today(&law, s);
    pthread_mutex_lock(&s->packs_lock);
    const bool other = memcmp(&law.mark.pack, &s->law_mark.pack, sizeof law.mark.pack) != 0;
    const bool moved = s->law_changed || !gw_law_mark_equal(&law.mark, &s->law_mark);
    s->law_changed = false;
    s->law_mark = law.mark;
    pthread_mutex_unlock(&s->packs_lock);
    if (moved && !any)
        gw_log(GW_LOG_ERROR, "law", GW_LOG_WORD("state", "no_pack"),
            GW_LOG_SETTING("why", "no rule pack is in force: nobody is photographed"));
    if (moved && any) {
        char day[GW_DATE_TEXT];
        gw_date_format(day, law.mark.day);
        gw_log(GW_LOG_INFO, "law", GW_LOG_SETTING("pack", gw_pack_name(law.pack)), GW_LOG_SETTING("day", day),
            GW_LOG_INT("pack_changed", other));
    }
    struct gw_err err = {};
    /* Administration applies no law. */
    if (other && s->faces != NULL && !gw_audit_law(s, any ? gw_pack_name(law.pack) : NULL, &law.mark.pack, &err))
        gw_log(GW_LOG_WARN, "log", GW_LOG_WHY(&err));
    return moved;
}

/* ---- what it says ------------------------------------------------------------------- */

void gw_law_done(struct gw_law *law)
{
    gw_packs_unref(law->packs);
    *law = (struct gw_law){};
}

bool gw_law_on(struct gw_law *out, struct gw_service *s, int64_t us)
{
    *out = (struct gw_law){};
    out->pack = in_force(&out->packs, s, us);
    if (out->pack == NULL)
        return false;
    out->place.day = gw_pack_day(out->pack, us);
    out->mark = (struct gw_law_mark){ gw_pack_hash(out->pack), out->place.day };
    return true;
}

bool gw_law_today(struct gw_law *out, struct gw_service *s)
{
    return gw_law_on(out, s, gw_clock_now(&s->clock));
}

static bool arrives_at(const struct gw_voyage_row *v, const char *site)
{
    return v->direction == GW_DIRECTION_ARRIVAL || (v->direction == GW_DIRECTION_UNSTATED && gw_span_is(v->to, site));
}

const char *gw_law_site(const struct gw_voyage_row *v, const char *site)
{
    return gw_span_is(v->direction == GW_DIRECTION_ARRIVAL ? v->to : v->from, site) ? "" : site;
}

static void set_place(struct gw_pack_facts *f, const struct gw_voyage_row *v, const char *site)
{
    const bool arrives = arrives_at(v, site);
    const struct gw_span own = arrives ? v->to : v->from;
    f->mode = v->mode == GW_MODE_SEA ? GW_PACK_SEA : v->mode == GW_MODE_LAND ? GW_PACK_LAND : GW_PACK_AIR;
    f->direction = arrives ? GW_PACK_ARRIVAL : GW_PACK_DEPARTURE;
    if (site[0] != 0)
        snprintf(f->site, sizeof f->site, "%s", site);
    else
        snprintf(f->site, sizeof f->site, "%.*s", (int)GW_MIN(own.size, sizeof f->site - 1), (const char *)own.data);
}

void gw_law_at_time(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site, int64_t us)
{
    if (gw_law_on(out, s, us))
        set_place(&out->place, v, site);
}

void gw_law_at(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site)
{
    gw_law_at_time(out, s, v, site, gw_clock_now(&s->clock));
}

void gw_law_way_done(struct gw_law_way *way)
{
    gw_law_done(&way->law);
    *way = (struct gw_law_way){};
}

bool gw_law_along(struct gw_law_way *out, struct gw_arena *a, struct gw_service *s, const struct gw_voyage_row *v, struct gw_err *err)
{
    size_t capacity = 0;
    *out = (struct gw_law_way){};
    if (!gw_law_today(&out->law, s))
        return true;
    const struct gw_span ports = v->ports; /* " YVR SEA JFK " */
    for (size_t at = 0, end; at < ports.size; at = end + 1) {
        char site[GW_PACK_CODE_MAX + 1];
        for (end = at; end < ports.size && ports.data[end] != ' ';)
            end++;
        if (end == at || end - at >= sizeof site)
            continue;
        memcpy(site, ports.data + at, end - at);
        site[end - at] = 0;
        if ((out->places = gw_arena_grow(a, out->places, &capacity, out->n + 1, sizeof *out->places, err)) == NULL)
            return false;
        out->places[out->n] = out->law.place;
        set_place(&out->places[out->n++], v, site);
    }
    return true;
}

/* NULL where the code is not known. */
static const char *country_of(char code[4], struct gw_span state)
{
    return gw_code(code, 1, 3, state) ? gw_state_country(code) : NULL;
}

/* A card (A, C or I): a state gives identity cards to its own and residence documents to others. False: the card does
 * not say which it is. The United States' cards for permanent residents are C1 and C2 in the zone, C and A in PAXLST. */
static bool card_of(enum gw_pack_document *out, const struct gw_pack *pack, const struct gw_manifest_document *d,
    const struct gw_manifest_traveler *t)
{
    char issuer_code[4], own_code[4];
    const char *issuer = country_of(issuer_code, d->issuing_state), *own = country_of(own_code, t->nationality);
    const bool resident = issuer != NULL && strcmp(issuer, "USA") == 0 &&
        (gw_span_is(d->type, "C1") || gw_span_is(d->type, "C2") || gw_span_is(d->type, "C") || gw_span_is(d->type, "A"));
    const bool named = d->type.size == 2 && d->type.data[1] == 'R'; /* AR, CR, IR: as most states mark their permits */
    *out = GW_PACK_DOCUMENT_IDENTITY_CARD;
    if (issuer == NULL || (own == NULL && !named && !resident))
        return false;
    if (own != NULL && strcmp(issuer, own) == 0)
        return true;
    *out = !gw_pack_counts_documents_of(pack, issuer) ? GW_PACK_DOCUMENT_OTHER
        : resident                                    ? GW_PACK_DOCUMENT_RESIDENT_CARD
                                                      : GW_PACK_DOCUMENT_RESIDENCE_PERMIT;
    return true;
}

/* What a document is; false: it does not say. */
static bool kind_of_document(enum gw_pack_document *out, const struct gw_pack *pack, const struct gw_manifest_document *d,
    const struct gw_manifest_traveler *t)
{
    static const struct {
        const char *type; /* of the zone (Doc 9303-4 to -7) or of PAXLST; longer ones first */
        enum gw_pack_document is;
    } types[] = { { "PD", GW_PACK_DOCUMENT_DIPLOMATIC_PASSPORT }, { "PO", GW_PACK_DOCUMENT_OFFICIAL_PASSPORT },
        { "PS", GW_PACK_DOCUMENT_OFFICIAL_PASSPORT }, { "PE", GW_PACK_DOCUMENT_EMERGENCY_PASSPORT }, { "PR", GW_PACK_DOCUMENT_REFUGEE_DOCUMENT },
        { "P", GW_PACK_DOCUMENT_PASSPORT }, { "IP", GW_PACK_DOCUMENT_IDENTITY_CARD }, { "AC", GW_PACK_DOCUMENT_CREW_DOCUMENT },
        { "V", GW_PACK_DOCUMENT_VISA }, { "T", GW_PACK_DOCUMENT_REFUGEE_DOCUMENT } };
    for (size_t i = 0; i < GW_COUNT(types); i++)
        if (gw_span_starts(d->type, types[i].type))
            return *out = types[i].is, true;
    if (d->type.size > 0 && strchr("ACI", d->type.data[0]) != NULL)
        return card_of(out, pack, d, t);
    /* A number without a type is a passport's: it is what carriers must announce. */
    *out = d->type.size == 0 ? GW_PACK_DOCUMENT_PASSPORT : GW_PACK_DOCUMENT_OTHER;
    return true;
}

/* Of several documents the one that says most of who its holder is: residence here, then office, then the first. */
static bool document_of(enum gw_pack_document *out, const struct gw_pack *pack, const struct gw_manifest_traveler *t)
{
    static const enum gw_pack_document telling[] = { GW_PACK_DOCUMENT_RESIDENT_CARD, GW_PACK_DOCUMENT_RESIDENCE_PERMIT,
        GW_PACK_DOCUMENT_DIPLOMATIC_PASSPORT, GW_PACK_DOCUMENT_OFFICIAL_PASSPORT, GW_PACK_DOCUMENT_CREW_DOCUMENT };
    enum gw_pack_document kinds[GW_MANIFEST_DOCUMENTS_MAX];
    bool known[GW_MANIFEST_DOCUMENTS_MAX] = {}, all = true;
    for (size_t i = 0; i < t->n_documents; i++)
        all = (known[i] = kind_of_document(&kinds[i], pack, &t->documents[i], t)) && all;
    for (size_t k = 0; k < GW_COUNT(telling); k++)
        for (size_t i = 0; i < t->n_documents; i++)
            if (known[i] && kinds[i] == telling[k])
                return *out = telling[k], true;
    if (t->n_documents == 0 || !all)
        return false;
    *out = kinds[0];
    return true;
}

static void set_birth(struct gw_pack_facts *f, struct gw_date birth)
{
    if (birth.year == 0)
        return;
    f->birth_first = f->birth_last = birth;
    if (birth.month == 0) {
        f->birth_first.month = f->birth_first.day = 1;
        f->birth_last.month = 12;
        f->birth_last.day = 31;
    } else if (birth.day == 0) {
        f->birth_first.day = 1;
        for (f->birth_last.day = 31; !gw_date_check(f->birth_last);)
            f->birth_last.day--;
    }
}

static_assert((int)GW_MANIFEST_STATUS_MAX == (int)GW_PACK_CODE_MAX);

static enum gw_pack_flag flag_of(enum gw_stated v)
{
    return v == GW_UNSTATED ? GW_PACK_UNRECORDED : v == GW_STATED_YES ? GW_PACK_YES : GW_PACK_NO;
}

/* What was announced of somebody, as far as it was: what was not, the pack says what it is then. */
static struct gw_pack_facts facts_of(const struct gw_pack *pack, const struct gw_pack_facts *place, const struct gw_manifest_traveler *t)
{
    struct gw_pack_facts f = *place;
    char code[4];
    const char *country = country_of(code, t->nationality);
    if (country != NULL) {
        memcpy(f.citizenship, code, sizeof code);
        snprintf(f.country, sizeof f.country, "%s", country);
    }
    set_birth(&f, t->birth_date);
    f.document_unrecorded = !document_of(&f.document, pack, t);
    f.permanent_resident = flag_of(t->permanent_resident);
    f.accompanied = flag_of(t->accompanied);
    if (t->status.size > 0 && t->status.size < sizeof f.status)
        memcpy(f.status, t->status.data, t->status.size);
    else if (t->kind == GW_TRAVELER_CREW)
        memcpy(f.status, "CREW", 5);
    return f;
}

bool gw_law_photo(const struct gw_pack_rule *rule)
{
    return rule != NULL && (rule->photo == GW_CONSENT_REQUIRED || rule->photo == GW_CONSENT_VOLUNTARY);
}

bool gw_law_override(bool *allowed, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err)
{
    struct gw_manifest_traveler t;
    *allowed = false;
    if (law->pack == NULL)
        return true;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    const struct gw_pack_facts f = facts_of(law->pack, &law->place, &t);
    *allowed = gw_pack_decide(law->pack, &f).override_allowed;
    return true;
}

const struct gw_pack_rule *gw_law_rule(const struct gw_law *law, const struct gw_manifest_traveler *t)
{
    if (law->pack == NULL)
        return NULL;
    const struct gw_pack_facts f = facts_of(law->pack, &law->place, t);
    return gw_pack_decide(law->pack, &f).rule;
}

bool gw_law_ask(const struct gw_pack_rule **rule, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err)
{
    struct gw_manifest_traveler t;
    *rule = NULL;
    if (law->pack == NULL)
        return true;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    *rule = gw_law_rule(law, &t);
    return true;
}

bool gw_law_anywhere(const struct gw_law_way *way, const struct gw_manifest_traveler *t)
{
    for (size_t i = 0; i < way->n; i++) {
        const struct gw_pack_facts f = facts_of(way->law.pack, &way->places[i], t);
        if (gw_law_photo(gw_pack_decide(way->law.pack, &f).rule))
            return true;
    }
    return false;
}

bool gw_law_refuse(struct gw_err *err)
{
    return gw_fail(err, GW_ERR_NOT_AUTHORISED, "no rule in force allows a photograph here: look at the document");
}

void gw_law_limit(struct gw_law_limits *l, const struct gw_pack_rule *rule)
{
    if (!gw_law_photo(rule))
        return;
    l->attempts = l->any ? GW_MIN(l->attempts, rule->attempts) : rule->attempts;
    l->fpir = l->any ? GW_MIN(l->fpir, rule->fpir) : rule->fpir;
    l->fmr = l->any && l->has_fmr ? GW_MIN(l->fmr, rule->fmr) : rule->fmr;
    l->has_fmr = rule->has_fmr && (!l->any || l->has_fmr);
    l->any = true;
}

/* ---- what is kept under it -------------------------------------------------------------- */

bool gw_law_keep(int64_t *until_us, const struct gw_law *law, const struct gw_pack_rule *rule, enum gw_datum what,
    const struct gw_clocks *clocks)
{
    const struct gw_pack_rule *rules = rule;
    const size_t n = rule != NULL ? 1 : law->pack == NULL ? 0 : gw_pack_rules(law->pack, &rules);
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        int64_t end;
        if (rule == NULL && !gw_law_photo(&rules[i]))
            continue;
        if (!gw_keep_end(&end, &rules[i].retention->keep[what], clocks))
            return false;
        *until_us = any ? GW_MIN(*until_us, end) : end;
        any = true;
    }
    return any;
}

bool gw_law_keeps_any(struct gw_service *s, enum gw_datum what)
{
    const struct gw_pack_rule *rules;
    GW_AUTO_VALUE(gw_law) law = {};
    const size_t n = gw_law_today(&law, s) ? gw_pack_rules(law.pack, &rules) : 0;
    for (size_t i = 0; i < n; i++)
        if (gw_law_photo(&rules[i]) && rules[i].retention->keep[what].has)
            return true;
    return false;
}

bool gw_law_transfer(struct gw_transfer *out, const struct gw_law *law, const struct gw_pack_rule *rule, enum gw_datum what,
    const struct gw_clocks *clocks)
{
    *out = (struct gw_transfer){};
    return law->pack != NULL && rule != NULL && gw_rule_transfer(out, rule, what, clocks);
}

struct settling {
    struct gw_service *s;
    struct gw_id voyage;
    struct gw_id *changed; /* travelers */
    size_t n_changed, cap_changed;
    struct gw_arena *a;
};

static bool settle_traveler(struct settling *o, struct gw_tx *tx, struct gw_arena *own, const struct gw_law_way *way,
    const struct gw_traveler_row *row, struct gw_err *err)
{
    struct gw_manifest_traveler t;
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    if (!gw_manifest_traveler_parse_json(&t, own, row->person, err))
        return false;
    const bool may = row->status != GW_STATUS_DECLINED && gw_law_anywhere(way, &t);
    if (may == (row->portraits > 0))
        return true;
    o->changed = gw_arena_grow(o->a, o->changed, &o->cap_changed, o->n_changed + 1, sizeof *o->changed, err);
    if (o->changed == NULL)
        return false;
    o->changed[o->n_changed++] = row->id;
    if (!may)
        return gw_store_templates_drop(tx, row->id, err);
    for (size_t i = 0; i < t.n_documents; i++)
        if (!gw_document_hash_of(&documents[i], o->s, t.documents[i].number, t.documents[i].issuing_state, err))
            return false;
    return gw_portraits_attach(tx, o->s, row->id, o->voyage, documents, t.n_documents, err);
}

static bool settle(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    enum { AT_ONCE = 256 };
    struct settling *o = arg;
    struct gw_voyage_row v;
    GW_AUTO_VALUE(gw_law_way) way = {};
    if (!gw_store_voyage_get(&v, o->a, tx, o->voyage, err) || !gw_law_along(&way, o->a, o->s, &v, err))
        return false;
    int64_t after = -1;
    for (size_t n = AT_ONCE; v.state == GW_VOYAGE_OPEN && n == AT_ONCE;) {
        struct gw_traveler_row *rows;
        GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
        if (!gw_store_travelers(&rows, &n, own, tx, o->voyage, gw_service_model(o->s), after, AT_ONCE, false, err))
            return false;
        for (size_t i = 0; i < n; i++) {
            after = rows[i].ordinal;
            if (!settle_traveler(o, tx, own, &way, &rows[i], err))
                return false;
        }
    }
    return true;
}

bool gw_law_settle(struct gw_service *s, struct gw_id voyage, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct settling o = { .s = s, .voyage = voyage, .a = a };
    if (!gw_store_write(s->store, settle, &o, err))
        return false;
    if (o.n_changed > 0) {
        gw_galleries_touch(s->galleries, voyage, o.changed, o.n_changed);
        gw_log(GW_LOG_INFO, "law", GW_LOG_ID("voyage", voyage), GW_LOG_INT("travelers_changed", o.n_changed));
    }
    return true;
}
