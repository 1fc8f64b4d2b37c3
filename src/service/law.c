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
    const struct gw_pack *const *all, *found = NULL;
    pthread_mutex_lock(&s->packs_lock);
    *held = s->packs == NULL ? NULL : gw_packs_ref(s->packs);
    if (s->packs != NULL)
        found = gw_pack_find(all, gw_packs_all(s->packs, &all), s->authority, now_us);
    pthread_mutex_unlock(&s->packs_lock);
    return found;
}

bool gw_law_moved(struct gw_service *s)
{
    GW_AUTO(gw_packs) *held = NULL;
    const int64_t now = gw_clock_now(&s->clock);
    const struct gw_pack *p = in_force(&held, s, now);
    const struct gw_date day = p == NULL ? (struct gw_date){} : gw_pack_day(p, now);
    const struct gw_hash hash = p == NULL ? (struct gw_hash){} : gw_pack_hash(p);
    pthread_mutex_lock(&s->packs_lock);
    const bool other = memcmp(&hash, &s->law_hash, sizeof hash) != 0;
    const bool moved = s->law_changed || other || gw_date_compare(day, s->law_day) != 0;
    s->law_changed = false;
    s->law_hash = hash;
    s->law_day = day;
    pthread_mutex_unlock(&s->packs_lock);
    if (moved) {
        char text[GW_DATE_TEXT];
        gw_date_format(text, day);
        if (p == NULL)
            gw_log(GW_LOG_ERROR, "law", GW_LOG_WORD("state", "no pack is in force: nobody is photographed"));
        else
            gw_log(GW_LOG_INFO, "law", GW_LOG_SETTING("pack", gw_pack_name(p)), GW_LOG_SETTING("day", text),
                GW_LOG_INT("other", other));
    }
    return moved;
}

/* ---- what it says ------------------------------------------------------------------- */

void gw_law_done(struct gw_law *law)
{
    gw_packs_unref(law->packs);
    *law = (struct gw_law){};
}

bool gw_law_today(struct gw_law *out, struct gw_date *day, struct gw_service *s)
{
    const int64_t now = gw_clock_now(&s->clock);
    *out = (struct gw_law){};
    out->pack = in_force(&out->packs, s, now);
    if (out->pack != NULL)
        *day = gw_pack_day(out->pack, now);
    return out->pack != NULL;
}

void gw_law_at(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site)
{
    struct gw_date day;
    if (!gw_law_today(out, &day, s))
        return;
    struct gw_pack_facts *f = &out->place;
    f->day = day;
    f->mode = v->mode == GW_MODE_SEA ? GW_PACK_SEA : v->mode == GW_MODE_LAND ? GW_PACK_LAND : GW_PACK_AIR;
    bool arrives = v->direction == GW_DIRECTION_ARRIVAL ||
                   (v->direction == GW_DIRECTION_UNSTATED && site != NULL && gw_span_is(v->to, site));
    f->direction = arrives ? GW_PACK_ARRIVAL : GW_PACK_DEPARTURE;
    const struct gw_span own = arrives ? v->to : v->from;
    if (site != NULL && site[0] != 0)
        snprintf(f->site, sizeof f->site, "%s", site);
    else
        snprintf(f->site, sizeof f->site, "%.*s", (int)GW_MIN(own.size, sizeof f->site - 1), (const char *)own.data);
}

static enum gw_pack_document document_of(const struct gw_manifest_traveler *t)
{
    if (t->n_documents == 0)
        return GW_PACK_DOCUMENT_NONE;
    const struct gw_span type = t->documents[0].type;
    static const struct {
        const char *type; /* of the zone (Doc 9303-4 to -7) or of PAXLST; longer ones first */
        enum gw_pack_document is;
    } types[] = { { "PD", GW_PACK_DOCUMENT_DIPLOMATIC_PASSPORT }, { "PO", GW_PACK_DOCUMENT_OFFICIAL_PASSPORT },
        { "PS", GW_PACK_DOCUMENT_OFFICIAL_PASSPORT }, { "PE", GW_PACK_DOCUMENT_EMERGENCY_PASSPORT }, { "P", GW_PACK_DOCUMENT_PASSPORT },
        { "AC", GW_PACK_DOCUMENT_CREW_DOCUMENT }, { "I", GW_PACK_DOCUMENT_IDENTITY_CARD }, { "V", GW_PACK_DOCUMENT_VISA } };
    for (size_t i = 0; i < GW_COUNT(types); i++)
        if (gw_span_starts(type, types[i].type))
            return types[i].is;
    return type.size == 0 ? GW_PACK_DOCUMENT_PASSPORT : GW_PACK_DOCUMENT_OTHER;
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

/* A manifest knows no visa class and no residence: these are "none is recorded". */
static struct gw_pack_facts facts_of(const struct gw_law *law, const struct gw_manifest_traveler *t)
{
    struct gw_pack_facts f = law->place;
    char code[4];
    if (gw_code(code, 1, 3, t->nationality) && gw_state_country(code) != NULL) {
        memcpy(f.citizenship, code, sizeof code);
        snprintf(f.country, sizeof f.country, "%s", gw_state_country(code));
    }
    set_birth(&f, t->birth_date);
    f.document = document_of(t);
    if (t->kind == GW_TRAVELER_CREW)
        memcpy(f.status, "CREW", 5);
    return f;
}

bool gw_law_photo(const struct gw_pack_rule *rule)
{
    return rule != NULL && (rule->photo == GW_CONSENT_REQUIRED || rule->photo == GW_CONSENT_VOLUNTARY);
}

bool gw_law_ask(const struct gw_pack_rule **rule, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err)
{
    struct gw_manifest_traveler t;
    *rule = NULL;
    if (law->pack == NULL)
        return true;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    const struct gw_pack_facts f = facts_of(law, &t);
    *rule = gw_pack_decide(law->pack, &f).rule;
    return true;
}

bool gw_law_refuse(struct gw_err *err)
{
    return gw_fail(err, GW_ERR_NOT_AUTHORISED, "no rule in force allows a photograph here: look at the document");
}

struct gw_law_limits gw_law_limits(const struct gw_law *law)
{
    struct gw_law_limits l = {};
    const struct gw_pack_rule *rules;
    for (size_t i = 0, n = law->pack == NULL ? 0 : gw_pack_rules(law->pack, &rules); i < n; i++) {
        const struct gw_pack_rule *t = &rules[i];
        if (!gw_law_photo(t))
            continue;
        const struct gw_keep *k = &t->retention->keep[GW_DATUM_TEMPLATE];
        const int64_t keep_us = !k->has ? 0 : ((k->period.years * INT64_C(365) + k->period.days) * 1440 + k->period.minutes) * 60 * GW_US_PER_S;
        l.template_us = l.any ? GW_MIN(l.template_us, keep_us) : keep_us;
        l.attempts = l.any ? GW_MIN(l.attempts, t->attempts) : t->attempts;
        l.fpir = l.any ? GW_MIN(l.fpir, t->fpir) : t->fpir;
        l.any = true;
    }
    return l;
}
