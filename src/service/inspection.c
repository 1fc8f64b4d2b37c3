/* inspection.c - somebody is sent to a human; what the human finds.
 *
 * 1. An inspection is opened in the transaction of its cause, so none is missing.
 * 2. Who has claimed it has it for a while; a lease that runs out gives it back by
 *    itself, because officers' tablets go to sleep, too.
 * 3. A mismatch, where the face was compared with the portraits of whom the person says
 *    to be and is not like them, is passed by nobody's word where the rule pack forbids
 *    it: it is referred, supervisors are alerted, and the one who decides is another
 *    person than who referred and has more to go by than the document.
 * 4. What one case forbids no other allows: who was referred, or whose face did not match, is let pass by
 *    whoever decides that case; who was refused, by a supervisor with more than the document.
 * 5. A decline is a cause like any other here, and nothing else comes of it. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

#define NAME_OF(array, i) (assert((size_t)(i) < GW_COUNT(array)), (array)[i])
static const char *const causes[] = { "verification", "decline", "boarding_status" };
static const char *const methods[] = { "document", "biometric_recheck", "biographic", "fingerprint" };
static const char *const results[] = { "cleared", "denied", "referred", "lapsed" };
static_assert(GW_COUNT(causes) == GW_CAUSE_COUNT && GW_COUNT(methods) == GW_METHOD_COUNT && GW_COUNT(results) == GW_RESULT_COUNT);

const char *gw_inspection_cause_name(enum gw_inspection_cause cause)
{
    return NAME_OF(causes, cause);
}

const char *gw_inspection_method_name(enum gw_inspection_method method)
{
    return NAME_OF(methods, method);
}

const char *gw_inspection_result_name(enum gw_inspection_result result)
{
    return NAME_OF(results, result);
}

bool gw_inspection_method_find(enum gw_inspection_method *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(methods); i++)
        if (gw_span_is(name, methods[i]))
            return *out = (enum gw_inspection_method)i, true;
    return false;
}

bool gw_inspection_result_find(enum gw_inspection_result *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(results); i++)
        if (gw_span_is(name, results[i]))
            return *out = (enum gw_inspection_result)i, true;
    return false;
}

/* ---- told ------------------------------------------------------------------------------ */

static bool tell(struct gw_tx *tx, struct gw_service *s, const struct gw_inspection_row *row, const char *state,
    struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    GW_AUTO(gw_json) *inside = gw_json_object();
    enum gw_reason reason;
    char site[GW_SCOPE_TEXT] = "";
    gw_json_set_id(open, "inspection", row->id);
    gw_json_set_text(open, "state", state);
    gw_json_set_text(open, "result", row->has_result ? results[row->result] : NULL);
    gw_json_set_text(inside, "cause", causes[row->cause]);
    gw_json_set_span(inside, "reason", row->reason);
    if (gw_reason_find(&reason, (const char *)row->reason.data))
        gw_json_set_text(inside, "severity", gw_severity_name(gw_reason_severity(reason)));
    if (row->has_verification)
        gw_json_set_id(inside, "verification", row->verification);
    if (row->site.size > 0)
        memcpy(site, row->site.data, GW_MIN(row->site.size, sizeof site - 1));
    const struct gw_event event = { .kind = GW_EVENT_INSPECTION, .voyage = &row->voyage,
        .traveler = row->has_traveler ? &row->traveler : NULL, .site = site, .open = open, .inside = inside };
    return gw_event_add(tx, s, &event, err);
}

/* ---- opening ----------------------------------------------------------------------------- */

static bool copy_id(struct gw_id *out, const struct gw_id *from)
{
    if (from != NULL)
        *out = *from;
    return from != NULL;
}

bool gw_inspection_open(struct gw_tx *tx, struct gw_service *s, const struct gw_inspection_new *new, struct gw_err *err)
{
    int64_t now = gw_clock_now(&s->clock);
    struct gw_inspection_row row = {
        .id = gw_id_new(now),
        .voyage = new->voyage,
        .site = gw_span_str(new->site == NULL ? "" : new->site),
        .cause = (int)new->cause,
        .reason = gw_span_str(gw_reason_code(new->reason)),
        .opened_us = now,
    };
    row.has_verification = copy_id(&row.verification, new->verification);
    row.has_decline = copy_id(&row.decline, new->decline);
    row.has_candidate = copy_id(&row.candidate, new->candidate);
    row.has_traveler = copy_id(&row.traveler, new->traveler);
    /* Who declined and then steps up to a camera all the same waits already. */
    bool again = new->reason == GW_REASON_DECLINED || new->reason == GW_REASON_BEST_DECLINED, waits = false;
    if (again && row.has_traveler && !gw_store_inspection_waits(&waits, tx, row.voyage, row.traveler, err))
        return false;
    if (waits)
        return true;
    gw_count_add(&s->counters.inspections[new->cause], 1);
    return gw_store_inspection_put(tx, &row, err) && tell(tx, s, &row, "open", err);
}

bool gw_inspections_lapse(struct gw_tx *tx, struct gw_service *s, struct gw_id voyage, struct gw_err *err)
{
    size_t n = 0;
    if (!gw_store_inspections_lapse(&n, tx, voyage, gw_clock_now(&s->clock), GW_RESULT_LAPSED, err))
        return false;
    gw_count_add(&s->counters.outcomes[GW_RESULT_LAPSED], n);
    return true;
}

/* ---- looking ------------------------------------------------------------------------------- */

struct looking {
    struct gw_arena *a;
    struct gw_service *s;
    const struct gw_caller *who;
    int64_t now_us;
};

static bool may_see(const struct gw_caller *who, const struct gw_inspection_row *row)
{
    const struct gw_voyage_row scope = { .carrier = row->carrier, .ports = row->ports };
    return gw_allow_voyage(who, &scope, NULL) &&
        (row->site.size == 0 || who->site[0] == 0 || gw_span_is(row->site, who->site));
}

static bool fill_person(struct gw_case_person *out, bool *found, const struct looking *l, struct gw_tx *tx,
    struct gw_id traveler, bool with_photos, struct gw_err *err)
{
    struct gw_traveler_row t;
    struct gw_boarding_row boarding;
    struct gw_photo_row *photos;
    if (!gw_store_traveler_get(&t, found, true, l->a, tx, traveler, err) ||
        !gw_store_boarding_find(&boarding, &out->has_boarding, tx, traveler, err))
        return false;
    if (!*found)
        return true;
    out->traveler = t.id;
    out->status = (enum gw_traveler_status)t.status;
    out->boarding = (enum gw_boarding_status)boarding.status;
    if (!gw_manifest_traveler_parse_json(&out->told, l->a, t.person, err))
        return false;
    if (!with_photos)
        return true;
    if (!gw_store_photos_of_traveler(&photos, &out->n_portraits, l->a, tx, traveler, err) ||
        (out->portraits = gw_arena_array(l->a, out->n_portraits, struct gw_id, err)) == NULL)
        return false;
    for (size_t i = 0; i < out->n_portraits; i++)
        out->portraits[i] = photos[i].id;
    return true;
}

/* Was the face compared with the portraits of this traveler, and not like them? */
static bool find_mismatch(bool *out, const struct looking *l, struct gw_tx *tx, enum gw_reason reason, struct gw_id traveler,
    struct gw_err *err)
{
    size_t n = 0;
    *out = reason == GW_REASON_NAMED_MISMATCH;
    if (reason != GW_REASON_BELOW_THRESHOLD)
        return true;
    /* Searched among all, the picture resembled nobody; that says it of whoever has portraits. */
    if (!gw_store_template_count(&n, tx, traveler, gw_service_model(l->s), err))
        return false;
    *out = n > 0;
    return true;
}

/* May an officer let this traveler pass against what the comparison said? */
static bool find_override(bool *out, const struct looking *l, struct gw_tx *tx, const struct gw_inspection_row *row,
    struct gw_id traveler, struct gw_err *err)
{
    struct gw_voyage_row v;
    struct gw_traveler_row t;
    bool found;
    GW_AUTO_VALUE(gw_law) law = {};
    *out = false;
    if (!gw_store_voyage_get(&v, l->a, tx, row->voyage, err) ||
        !gw_store_traveler_get(&t, &found, true, l->a, tx, traveler, err))
        return false;
    gw_law_at(&law, l->s, &v, row->site.size == 0 ? "" : (const char *)row->site.data);
    return !found || gw_law_override(out, &law, l->a, t.person, err);
}

static bool judge(bool *is_mismatch, bool *may_clear, const struct looking *l, struct gw_tx *tx,
    const struct gw_inspection_row *row, enum gw_reason reason, struct gw_id traveler, struct gw_err *err)
{
    bool rechecked = false, override = false;
    if (!find_mismatch(is_mismatch, l, tx, reason, traveler, err))
        return false;
    *may_clear = !*is_mismatch;
    if (*may_clear)
        return true;
    if (!gw_store_cleared_since(&rechecked, tx, traveler, row->opened_us, err) ||
        !find_override(&override, l, tx, row, traveler, err))
        return false;
    *may_clear = rechecked || override;
    return true;
}

static bool check_words(enum gw_reason *reason, const struct gw_inspection_row *row, struct gw_err *err)
{
    /* The copy of a column ends in a zero. */
    return (gw_reason_find(reason, (const char *)row->reason.data) && row->cause >= 0 && row->cause < GW_CAUSE_COUNT &&
               row->state >= 0 && row->state < GW_INSPECTION_STATES && row->method >= 0 && row->method < GW_METHOD_COUNT &&
               row->result >= 0 && row->result < GW_RESULT_COUNT) ||
        gw_fail(err, GW_ERR_CORRUPT, "an inspection has a word this gangway does not know");
}

static const char *text_of(const struct looking *l, struct gw_span s, struct gw_err *err)
{
    return gw_arena_text(l->a, s, err);
}

/* What stands in lists. */
static bool fill(struct gw_inspection *out, const struct looking *l, struct gw_tx *tx, const struct gw_inspection_row *row,
    bool whole, struct gw_err *err)
{
    struct gw_voyage_row v;
    enum gw_reason reason;
    if (!check_words(&reason, row, err) || !gw_store_voyage_get(&v, l->a, tx, row->voyage, err))
        return false;
    *out = (struct gw_inspection){
        .id = row->id,
        .voyage = row->voyage,
        .carrier = text_of(l, v.carrier, err),
        .number = text_of(l, v.number, err),
        .from = text_of(l, v.from, err),
        .to = text_of(l, v.to, err),
        .site = text_of(l, row->site, err),
        .cause = (enum gw_inspection_cause)row->cause,
        .reason = reason,
        .state = (enum gw_inspection_state)row->state,
        .is_leased = row->has_claimed && !row->has_closed && row->lease_us > l->now_us,
        .opened_us = row->opened_us,
        .lease_us = row->lease_us,
        .has_claimed = row->has_claimed,
        .claimed_us = row->claimed_us,
        .claimed_by = row->claimed_by,
        .has_decided = row->has_decided,
        .decided_us = row->decided_us,
        .decided_by = row->decided_by,
        .has_closed = row->has_closed,
        .closed_us = row->closed_us,
        .closed_by = row->closed_by,
        .has_method = row->has_method,
        .method = (enum gw_inspection_method)row->method,
        .has_result = row->has_result,
        .result = (enum gw_inspection_result)row->result,
        .has_decline = row->has_decline,
        .decline = row->decline,
        .has_verification = row->has_verification,
        .verification_id = row->verification,
        .may_clear = true,
    };
    if (out->carrier == NULL || out->number == NULL || out->from == NULL || out->to == NULL || out->site == NULL)
        return false;
    if (row->has_traveler && !fill_person(&out->traveler, &out->has_traveler, l, tx, row->traveler, whole, err))
        return false;
    return !row->has_traveler ||
        judge(&out->is_mismatch, &out->may_clear, l, tx, row, reason, row->traveler, err);
}

/* And what stands in the case. */
static bool fill_case(struct gw_inspection *out, const struct looking *l, struct gw_tx *tx,
    const struct gw_inspection_row *row, struct gw_err *err)
{
    if (!fill(out, l, tx, row, true, err) ||
        (row->has_candidate && !fill_person(&out->candidate, &out->has_candidate, l, tx, row->candidate, true, err)))
        return false;
    if (!row->has_verification)
        return true;
    struct gw_verification_row v;
    bool found;
    out->verification = gw_arena_one(l->a, struct gw_verification_record, err);
    return out->verification != NULL && gw_store_verification_get(&v, &found, l->a, tx, row->verification, err) &&
        (found || gw_fail(err, GW_ERR_CORRUPT, "an inspection's verification is not there")) &&
        gw_verification_read(out->verification, l->a, tx, &v, err);
}

struct listing {
    struct looking l;
    struct gw_inspection_page *out;
    struct gw_inspection_search search;
};

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *k = arg;
    struct gw_inspection_row *rows;
    const size_t limit = k->search.limit++;
    size_t n;
    if (!gw_store_inspections(&rows, &n, k->l.a, tx, &k->search, err))
        return false;
    const size_t shown = GW_MIN(n, limit);
    k->out->inspections = gw_arena_array(k->l.a, shown, struct gw_inspection, err);
    if (k->out->inspections == NULL)
        return false;
    for (; k->out->n < shown; k->out->n++)
        if (!fill(&k->out->inspections[k->out->n], &k->l, tx, &rows[k->out->n], false, err))
            return false;
    return n <= shown || (k->out->cursor = gw_page_cursor(k->l.a, rows[shown - 1].seq, err)) != NULL;
}

static struct looking looking_of(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who)
{
    return (struct looking){ a, s, who, gw_clock_now(&s->clock) };
}

static bool allow_officers(const struct gw_caller *who, struct gw_err *err)
{
    return gw_allow(who, GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR), err);
}

bool gw_service_inspections(struct gw_inspection_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_inspection_filter *f, struct gw_err *err)
{
    struct listing k = { .l = looking_of(a, s, who), .out = out };
    *out = (struct gw_inspection_page){};
    k.search = (struct gw_inspection_search){
        .has_state = f->has_state,
        .state = (int)f->state,
        .has_leased = f->has_leased,
        .leased = f->leased,
        .has_voyage = f->has_voyage,
        .voyage = f->voyage,
        .site = f->site.size > 0 ? f->site : gw_span_str(who->site),
        .carrier = gw_span_str(who->carrier),
        .now_us = k.l.now_us,
    };
    if (!allow_officers(who, err))
        return false;
    if (f->site.size > 0 && who->site[0] != 0 && !gw_span_is(f->site, who->site))
        return true; /* there is none that they may know of */
    if (!gw_page_ask(&k.search.after_seq, &k.search.limit, f->cursor, f->limit, err) || !gw_store_read(s->store, list, &k, err))
        return false;
    for (size_t i = 0; i < out->n; i++)
        if ((i == 0 || !gw_id_equal(out->inspections[i].voyage, out->inspections[i - 1].voyage)) &&
            !gw_audit_view(s, who, "inspections", out->inspections[i].voyage, err))
            return false;
    return true;
}

/* ---- one of them ------------------------------------------------------------------------------ */

struct handling {
    struct looking l;
    struct gw_inspection *out;
    struct gw_id id;
    const struct gw_outcome_ask *ask;
    struct gw_named_hash named;
    struct gw_once *once;
    struct gw_inspection_row row;
    bool first_claim, first_decision; /* by this */
    struct gw_id moved;               /* who may have come into the gallery or left it */
    bool has_moved;
    bool sends;                       /* the picture to the register */
    bool passed_before;               /* whom this lets pass had passed when it was opened */
};

static bool find(struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    bool found;
    if (!gw_store_inspection_find(&h->row, &found, h->l.a, tx, h->id, err))
        return false;
    return (found && may_see(h->l.who, &h->row)) || gw_fail(err, GW_ERR_NOT_FOUND, "no such inspection");
}

static bool look(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    return find(h, tx, err) && fill_case(h->out, &h->l, tx, &h->row, err);
}

bool gw_service_inspection(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id inspection, struct gw_err *err)
{
    struct handling h = { .l = looking_of(a, s, who), .out = out, .id = inspection };
    *out = (struct gw_inspection){};
    return allow_officers(who, err) && gw_store_read(s->store, look, &h, err) &&
        gw_audit_view(s, who, "inspection", out->voyage, err);
}

/* Who has it, or nobody. Takes it for the caller. */
static bool take(struct handling *h, struct gw_err *err)
{
    struct gw_inspection_row *row = &h->row;
    const struct gw_caller *who = h->l.who;
    if (row->state == GW_INSPECTION_CLOSED)
        return gw_fail(err, GW_ERR_CONFLICT, "the inspection is closed");
    if (row->state == GW_INSPECTION_REFERRED && who->role != GW_ROLE_SUPERVISOR)
        return gw_fail(err, GW_ERR_CONFLICT, "the inspection was referred: a supervisor decides");
    bool leased = row->has_claimed && row->lease_us > h->l.now_us;
    if (leased && !gw_id_equal(row->claimed_by, who->token))
        return gw_fail(err, GW_ERR_CONFLICT, "somebody else has this inspection now");
    h->first_claim = !row->has_claimed;
    if (h->first_claim)
        row->claimed_us = h->l.now_us;
    row->has_claimed = true;
    row->claimed_by = who->token;
    row->lease_us = h->l.now_us + h->l.s->conf->inspection_lease;
    return true;
}

static bool claim(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    struct gw_service *s = h->l.s;
    return find(h, tx, err) && take(h, err) && gw_store_inspection_update(tx, &h->row, err) &&
        tell(tx, s, &h->row, "claimed", err) && fill_case(h->out, &h->l, tx, &h->row, err) &&
        gw_once_keep(tx, s, h->once, &h->row.voyage, h->out, err);
}

static void wait_add(struct gw_service *s, enum gw_wait wait, int64_t us)
{
    size_t bucket = 0;
    while (bucket < GW_COUNT(gw_wait_bounds_us) && us > gw_wait_bounds_us[bucket])
        bucket++;
    gw_count_add(&s->counters.waits[wait].n, 1);
    gw_count_add(&s->counters.waits[wait].sum_us, (uint64_t)GW_MAX(us, INT64_C(0)));
    gw_count_add(&s->counters.waits[wait].buckets[bucket], 1);
}

static bool handle(struct handling *h, gw_store_fn *run, struct gw_err *err)
{
    struct gw_service *s = h->l.s;
    bool replayed;
    if (!allow_officers(h->l.who, err) || !gw_once_enter(s, h->once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, run, h, err);
    if (fine && h->first_claim)
        wait_add(s, GW_WAIT_CLAIM, h->row.claimed_us - h->row.opened_us);
    if (fine && h->first_decision)
        wait_add(s, GW_WAIT_DECISION, h->row.decided_us - h->row.opened_us);
    gw_once_leave(s, h->once, fine);
    return fine;
}

bool gw_service_claim(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id inspection, struct gw_once *once, struct gw_err *err)
{
    struct handling h = { .l = looking_of(a, s, who), .out = out, .id = inspection, .once = once };
    *out = (struct gw_inspection){};
    return handle(&h, claim, err);
}

/* ---- the outcome --------------------------------------------------------------------------------- */

static bool find_traveler(struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_id named;
    if (!gw_named_is_anybody(&h->named))
        return true;
    if (!gw_named_get(&named, h->l.a, tx, h->row.voyage, &h->named, err))
        return false;
    h->row.has_traveler = true;
    h->row.traveler = named;
    return true;
}

/* A supervisor decides what was referred: not who referred it, and not on what was there already. */
static bool check_referred(const struct handling *h, bool is_mismatch, struct gw_err *err)
{
    if (h->row.state != GW_INSPECTION_REFERRED)
        return true;
    if (h->ask->result == GW_RESULT_REFERRED)
        return gw_fail(err, GW_ERR_CONFLICT, "it was referred already");
    if (h->row.has_decided && gw_id_equal(h->row.decided_by, h->l.who->token))
        return gw_fail(err, GW_ERR_CONFLICT, "who referred it cannot decide it: it takes a second person");
    if (is_mismatch && h->ask->result == GW_RESULT_CLEARED && h->ask->method == GW_METHOD_DOCUMENT)
        return gw_fail(err, GW_ERR_CONFLICT, "a mismatch is not cleared by the document alone: biographic, fingerprint or biometric_recheck");
    return true;
}

/* What other cases of this voyage say of the traveler whom this one lets pass. */
static bool check_others(struct handling *h, struct gw_tx *tx, enum gw_reason reason, struct gw_err *err)
{
    const struct gw_inspection_row *row = &h->row;
    struct gw_inspection_row *others;
    size_t n;
    bool found, rechecked;
    struct gw_traveler_row t;
    if (h->ask->result != GW_RESULT_CLEARED)
        return true;
    if (!gw_store_traveler_get(&t, &found, false, h->l.a, tx, row->traveler, err) ||
        !gw_store_cleared_since(&rechecked, tx, row->traveler, row->opened_us, err) ||
        !gw_store_inspections_of(&others, &n, h->l.a, tx, row->voyage, row->traveler, err))
        return false;
    if (found && t.status == GW_STATUS_DENIED && (h->l.who->role != GW_ROLE_SUPERVISOR || h->ask->method == GW_METHOD_DOCUMENT))
        return gw_fail(err, GW_ERR_CONFLICT, "this traveler was refused on this voyage: a supervisor decides, and not by the document alone");
    h->passed_before = found && t.status == GW_STATUS_CLEARED && !rechecked && reason != GW_REASON_ALREADY_CLEARED;
    for (size_t i = 0; i < n; i++) {
        const struct gw_inspection_row *o = &others[i];
        enum gw_reason why;
        bool mismatch, may_clear;
        if (gw_id_equal(o->id, row->id))
            continue;
        if (!check_words(&why, o, err))
            return false;
        h->passed_before |= o->has_closed && o->result == GW_RESULT_CLEARED && o->closed_us <= row->opened_us &&
            found && t.status == GW_STATUS_INSPECTED && reason != GW_REASON_ALREADY_CLEARED && reason != GW_REASON_SELECTEE;
        if (o->has_closed || row->state == GW_INSPECTION_REFERRED)
            continue; /* a second person who decides what was referred decides for all of them */
        if (o->state == GW_INSPECTION_REFERRED)
            return gw_fail(err, GW_ERR_CONFLICT, "this traveler was referred in another inspection: a supervisor decides that one");
        if (!judge(&mismatch, &may_clear, &h->l, tx, o, why, row->traveler, err))
            return false;
        if (mismatch && !may_clear)
            return gw_fail(err, GW_ERR_CONFLICT, "in another inspection the face does not match this traveler's portraits: refer that one");
    }
    return true;
}

static bool check_clear(const struct handling *h, struct gw_tx *tx, bool is_mismatch, bool may_clear, struct gw_err *err)
{
    struct gw_boarding_row boarding;
    bool found, rechecked;
    if (h->ask->result != GW_RESULT_CLEARED)
        return true;
    if (!h->row.has_traveler)
        return gw_fail(err, GW_ERR_INVALID, "cleared needs the traveler: say whose document it was (reference or document_number)");
    if (is_mismatch && !may_clear && h->row.state != GW_INSPECTION_REFERRED)
        return gw_fail(err, GW_ERR_CONFLICT,
            "the face does not match this traveler's portraits, and no rule lets an officer pass that: refer it");
    if (!gw_store_boarding_find(&boarding, &found, tx, h->row.traveler, err) ||
        !gw_store_cleared_since(&rechecked, tx, h->row.traveler, h->row.opened_us, err))
        return false;
    if (found && boarding.status == GW_BOARDING_INHIBITED)
        return gw_fail(err, GW_ERR_CONFLICT, "the vetting authority does not allow this traveler to board: deny or refer");
    if (h->ask->method == GW_METHOD_BIOMETRIC_RECHECK && !rechecked)
        return gw_fail(err, GW_ERR_CONFLICT, "no verification has cleared this traveler since the inspection was opened");
    return true;
}

/* The traveler's status follows, until the voyage is closed. */
static bool move_traveler(struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_voyage_row v;
    struct gw_traveler_row t;
    bool found;
    const enum gw_inspection_result result = h->ask->result;
    if (!h->row.has_traveler || result == GW_RESULT_REFERRED)
        return true;
    if (!gw_store_voyage_get(&v, h->l.a, tx, h->row.voyage, err) ||
        !gw_store_traveler_get(&t, &found, false, h->l.a, tx, h->row.traveler, err))
        return false;
    bool keeps = !found || v.state != GW_VOYAGE_OPEN || (result == GW_RESULT_CLEARED && t.status == GW_STATUS_CLEARED);
    int status = result == GW_RESULT_CLEARED ? GW_STATUS_INSPECTED : GW_STATUS_DENIED;
    if (!keeps && t.status == GW_STATUS_REMOVED) /* meanwhile; he may come back */
        return gw_store_traveler_gone_status(tx, t.id, status, err);
    if (keeps || t.status == status)
        return true;
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_text(open, "status", gw_traveler_status_name((enum gw_traveler_status)status));
    const struct gw_event event = { .kind = GW_EVENT_TRAVELER, .voyage = &h->row.voyage, .traveler = &h->row.traveler,
        .open = open };
    h->has_moved = t.status == GW_STATUS_DECLINED;
    h->moved = t.id;
    return gw_store_traveler_status(tx, t.id, status, err) && gw_event_add(tx, h->l.s, &event, err);
}

static bool raise_alert(const struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    if (h->ask->result != GW_RESULT_REFERRED && !h->passed_before)
        return true;
    const struct gw_alert_new alert = {
        .kind = h->passed_before ? GW_ALERT_DUPLICATE_CLEAR : GW_ALERT_REFERRAL,
        .voyage = &h->row.voyage,
        .traveler = h->row.has_traveler ? &h->row.traveler : NULL,
        .verification = h->row.has_verification ? &h->row.verification : NULL,
        .inspection = &h->row.id,
        .site = h->l.who->site,
    };
    return gw_alert_add(NULL, tx, h->l.s, &alert, err);
}

static bool log_outcome(const struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    const struct gw_inspection_row *row = &h->row;
    struct gw_hash person;
    return gw_audit_add(tx, h->l.s, h->l.who, GW_AUDIT_INSPECT,
        &(struct gw_audit_facts){
            .voyage = &row->voyage,
            .subject = &row->id,
            .person = gw_audit_person(&person, tx, row->voyage, row->has_traveler ? &row->traveler : NULL),
            .answer = results[row->result],
            .reason = (const char *)row->reason.data, /* the copy of a column ends in a zero */
        },
        err);
}

/* Who compared the picture with the portraits and says it is the same person has said whose picture it is. */
static bool send_picture(struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    const struct gw_inspection_row *row = &h->row;
    struct gw_verification_row v;
    enum gw_transfer_asked how = GW_TRANSFER_NO_RULE;
    bool found;
    if (h->ask->result != GW_RESULT_CLEARED || h->ask->method != GW_METHOD_BIOMETRIC_RECHECK || !row->has_verification || !row->has_traveler)
        return true;
    /* The copy of a column ends in a zero. */
    const char *site = row->site.data == NULL ? "" : (const char *)row->site.data;
    if (!gw_store_verification_get(&v, &found, h->l.a, tx, row->verification, err))
        return false;
    if (found && !gw_transfer_of_case(&how, tx, h->l.s, h->l.a, &v, row->traveler, site, err))
        return false;
    h->sends = how == GW_TRANSFER_QUEUED;
    return true;
}

static bool decide(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    struct gw_inspection_row *row = &h->row;
    enum gw_reason reason;
    bool is_mismatch = false, may_clear = true;
    if (!find(h, tx, err) || !check_words(&reason, row, err) || !take(h, err) || !find_traveler(h, tx, err) ||
        (row->has_traveler && !judge(&is_mismatch, &may_clear, &h->l, tx, row, reason, row->traveler, err)) ||
        !check_referred(h, is_mismatch, err) || !check_clear(h, tx, is_mismatch, may_clear, err) ||
        !check_others(h, tx, reason, err))
        return false;
    h->first_decision = !row->has_decided;
    if (h->first_decision) {
        row->has_decided = true;
        row->decided_us = h->l.now_us;
        row->decided_by = h->l.who->token;
    }
    row->has_method = row->has_result = true;
    row->method = (int)h->ask->method;
    row->result = (int)h->ask->result;
    if (h->ask->result == GW_RESULT_REFERRED) {
        row->state = GW_INSPECTION_REFERRED;
        row->lease_us = h->l.now_us; /* nobody has it */
    } else {
        row->state = GW_INSPECTION_CLOSED;
        row->has_closed = true;
        row->closed_us = h->l.now_us;
        row->closed_by = h->l.who->token;
    }
    return (!h->first_decision || !row->has_decline || gw_decline_settle(tx, h->l.s, row->decline, err)) &&
        gw_store_inspection_update(tx, row, err) && move_traveler(h, tx, err) &&
        (h->ask->result != GW_RESULT_CLEARED || gw_measured_outcome(tx, h->l.a, row, reason, is_mismatch, h->l.now_us, err)) && log_outcome(h, tx, err) && send_picture(h, tx, err) &&
        tell(tx, h->l.s, row, row->has_closed ? "closed" : "referred", err) && raise_alert(h, tx, err) &&
        fill_case(h->out, &h->l, tx, row, err) && gw_once_keep(tx, h->l.s, h->once, &row->voyage, h->out, err);
}

bool gw_service_outcome(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id inspection, const struct gw_outcome_ask *ask, struct gw_once *once, struct gw_err *err)
{
    struct handling h = { .l = looking_of(a, s, who), .out = out, .id = inspection, .ask = ask, .once = once };
    *out = (struct gw_inspection){};
    if (ask->result == GW_RESULT_LAPSED)
        return gw_fail(err, GW_ERR_INVALID, "an inspection lapses by itself; the result is cleared, denied or referred");
    if (!gw_named_hash_of(&h.named, s, &ask->named, err) || !handle(&h, decide, err))
        return false;
    if (h.row.has_result) { /* not answered again */
        gw_count_add(&s->counters.outcomes[ask->result], 1);
        if (h.has_moved)
            gw_galleries_touch(s->galleries, h.row.voyage, &h.moved, 1);
        if (h.sends)
            gw_outbox_wake(s->outbox);
        gw_log(GW_LOG_INFO, "inspection", GW_LOG_ID("id", inspection), GW_LOG_ID("voyage", h.row.voyage),
            GW_LOG_ID("token", who->token), GW_LOG_OF_TABLE("result", (struct gw_word){ results[ask->result] }),
            GW_LOG_OF_TABLE("method", (struct gw_word){ methods[ask->method] }),
            GW_LOG_INT("us", h.l.now_us - h.row.opened_us));
    }
    return true;
}

/* ---- how long people waited ------------------------------------------------------------------------ */

const int64_t gw_wait_bounds_us[GW_WAIT_BUCKETS - 1] = { 5 * GW_US_PER_S, 15 * GW_US_PER_S, 30 * GW_US_PER_S,
    60 * GW_US_PER_S, 120 * GW_US_PER_S, 300 * GW_US_PER_S, 600 * GW_US_PER_S, 1800 * GW_US_PER_S, 3600 * GW_US_PER_S };

struct reporting {
    struct gw_inspection_report *out;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_inspection_search search;
    struct gw_inspection_row *rows;
    size_t n;
};

static int by_site_and_cause(const void *x, const void *y)
{
    const struct gw_inspection_row *a = x, *b = y;
    int site = strcmp((const char *)a->site.data, (const char *)b->site.data);
    return site != 0 ? site : a->cause - b->cause;
}

static int by_number(const void *x, const void *y)
{
    const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

/* Nearest rank. */
static int64_t quantile(const int64_t *sorted, size_t n, size_t percent)
{
    return sorted[GW_MAX((n * percent + 99) / 100, (size_t)1) - 1];
}

static void summarize(struct gw_inspection_report_row *out, const struct gw_inspection_row *rows, size_t n, int64_t *waits)
{
    size_t n_claims = 0, n_decisions = 0;
    *out = (struct gw_inspection_report_row){ .site = (const char *)rows[0].site.data,
        .cause = (enum gw_inspection_cause)rows[0].cause, .opened = n };
    for (size_t i = 0; i < n; i++) {
        const struct gw_inspection_row *r = &rows[i];
        out->cleared += r->has_closed && r->result == GW_RESULT_CLEARED;
        out->denied += r->has_closed && r->result == GW_RESULT_DENIED;
        out->lapsed += r->has_closed && r->result == GW_RESULT_LAPSED;
        out->referred += r->state == GW_INSPECTION_REFERRED;
        out->waiting += r->state == GW_INSPECTION_OPEN;
        if (r->has_claimed)
            waits[n_claims++] = r->claimed_us - r->opened_us;
    }
    out->has_claim = n_claims > 0;
    if (out->has_claim) {
        qsort(waits, n_claims, sizeof *waits, by_number);
        out->claim_median_us = quantile(waits, n_claims, 50);
        out->claim_p90_us = quantile(waits, n_claims, 90);
    }
    for (size_t i = 0; i < n; i++)
        if (rows[i].has_decided)
            waits[n_decisions++] = rows[i].decided_us - rows[i].opened_us;
    out->has_decision = n_decisions > 0;
    if (out->has_decision) {
        qsort(waits, n_decisions, sizeof *waits, by_number);
        out->decision_median_us = quantile(waits, n_decisions, 50);
        out->decision_p90_us = quantile(waits, n_decisions, 90);
    }
}

static bool report(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reporting *k = arg;
    size_t capacity = 0;
    if (!gw_store_inspections(&k->rows, &k->n, k->a, tx, &k->search, err))
        return false;
    if (k->n == 0)
        return true;
    int64_t *waits = gw_arena_array(k->a, k->n, int64_t, err);
    if (waits == NULL)
        return false;
    qsort(k->rows, k->n, sizeof *k->rows, by_site_and_cause);
    for (size_t from = 0, to; from < k->n; from = to) {
        for (to = from + 1; to < k->n && by_site_and_cause(&k->rows[from], &k->rows[to]) == 0; to++)
            ;
        k->out->rows = gw_arena_grow(k->a, k->out->rows, &capacity, k->out->n + 1, sizeof *k->out->rows, err);
        if (k->out->rows == NULL)
            return false;
        summarize(&k->out->rows[k->out->n++], &k->rows[from], to - from, waits);
    }
    return true;
}

bool gw_service_inspection_report(struct gw_inspection_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, int64_t from_us, int64_t to_us, struct gw_err *err)
{
    struct reporting k = { .out = out, .a = a, .who = who, .search = { .site = gw_span_str(who->site),
        .carrier = gw_span_str(who->carrier), .has_from = true, .from_us = from_us, .has_to = true, .to_us = to_us,
        .limit = INT32_MAX } };
    *out = (struct gw_inspection_report){};
    return gw_allow(who, GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(AUDITOR), err) && gw_store_read(s->store, report, &k, err);
}
