/* verify.c - one live picture, one decision.
 *
 * 1. Nothing is decoded before it is sure that this voyage is open here, that the
 *    person presented did not decline, that the notice is posted, and that a rule in force
 *    allows the photograph.
 * 2. Nobody is compared when the picture cannot decide anyway.
 * 3. What the decision rests on and may have changed meanwhile (attempts, who was
 *    cleared, who left the manifest) is read in the transaction that records it; one
 *    writer makes that exact. It is recorded first and given then. */
#include "service/internal.h"

#include "base/log.h"
#include "base/work.h"

struct opening {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id voyage;
    bool is_named;               /* by document, or by pass where that is not empty */
    struct gw_document_hash document;
    struct gw_span pass;
    struct gw_voyage_row row;
    struct gw_holder *holders;
    size_t n_holders;
    struct gw_law_limits limits; /* of the person presented */
};

static bool check_open(const struct gw_voyage_row *v, struct gw_err *err)
{
    return v->state == GW_VOYAGE_OPEN || gw_fail(err, GW_ERR_CONFLICT, "the voyage is closed");
}

static bool ask_law(struct opening *o, struct gw_tx *tx, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    gw_law_at(&law, o->s, &o->row, o->who->site);
    for (size_t i = 0; i < o->n_holders; i++) {
        const struct gw_pack_rule *rule;
        struct gw_traveler_row t;
        bool found;
        if (!gw_store_traveler_get(&t, &found, true, o->a, tx, o->holders[i].traveler, err) ||
            (found && !gw_law_ask(&rule, &law, o->a, t.person, err)))
            return false;
        if (found)
            gw_law_limit(&o->limits, rule);
    }
    return gw_notice_check(o->s, o->a, tx, &law, err);
}

static bool open_gate(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct opening *o = arg;
    return gw_store_voyage_get(&o->row, o->a, tx, o->voyage, err) && gw_allow_voyage(o->who, &o->row, err) &&
           check_open(&o->row, err) &&
           (!o->is_named ||
               (o->pass.size > 0 ? gw_pass_holders(&o->holders, &o->n_holders, o->a, tx, o->s, &o->row, o->pass, err)
                                 : gw_store_holders(&o->holders, &o->n_holders, o->a, tx, &o->document, &o->voyage, err))) &&
           ask_law(o, tx, err);
}

void gw_probe_search(struct gw_probe_seen *probe, const struct gw_service *s, const struct gw_gallery *gallery,
    const struct gw_template *t, const struct gw_holder *named, size_t n_named)
{
    struct gw_facts *f = &probe->facts;
    struct gw_hit hits[2] = {};
    size_t n = 0, chances = gw_gallery_templates(gallery);
    probe->gallery_persons = gw_gallery_persons(gallery);
    probe->gallery_templates = chances;
    f->searched = true;
    if (!f->is_named) {
        n = gw_gallery_search(hits, GW_COUNT(hits), gallery, t);
    } else {
        /* One to one: only who holds the document; each portrait is a chance to err. A family may share one. */
        chances = 0;
        for (size_t i = 0; i < n_named; i++) {
            struct gw_hit hit;
            bool seen = false; /* who has it twice is no second person */
            for (size_t j = 0; j < i && !seen; j++)
                seen = gw_id_equal(named[j].traveler, named[i].traveler);
            if (seen || !gw_gallery_score_person(&hit, gallery, named[i].traveler, t))
                continue;
            chances += gw_gallery_portraits(gallery, named[i].traveler);
            if (n == 0 || hit.score > hits[0].score) {
                hits[1] = hits[0];
                hits[0] = hit;
            } else if (n == 1 || hit.score > hits[1].score)
                hits[1] = hit;
            n = GW_MIN(n + 1, GW_COUNT(hits));
        }
    }
    f->has_best = n > 0;
    f->best_score = hits[0].score;
    f->has_next = n > 1;
    f->next_score = hits[1].score;
    probe->has_best = n > 0;
    probe->best = hits[0].person;
    double cosine = 1;
    const struct gw_law_limits *l = &probe->limits;
    const double fpir = !l->any ? s->conf->verify_fpir : GW_MIN(f->is_named && l->has_fmr ? l->fmr : l->fpir, s->conf->verify_fpir);
    if (!gw_threshold_get(&cosine, s->points, s->n_points, GW_MAX(chances, (size_t)1), fpir, NULL))
        cosine = 1; /* settings and card were checked; if not, nobody is cleared */
    f->threshold = gw_threshold_to_score(cosine);
}

struct deciding {
    struct gw_verification *out;
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id voyage;
    const struct gw_probe_seen *probe;
    struct gw_once *once;
    struct gw_decision decision;
    bool has_kept; /* the picture */
    bool sends;    /* it to the register */
    int64_t kept_until_us;
    /* Of the best person: what the log says was applied. "" where there is none. */
    char rule[GW_AUDIT_WORD_MAX + 1], class[GW_AUDIT_WORD_MAX + 1];
};

/* A receipt hands the entry to whoever has its number, so the entry says neither why nor, where nobody was cleared,
 * whether it is known who it was: that alone would tell a word of the vetting authority from a poor picture. */
static bool log_decision(struct gw_tx *tx, const struct deciding *d, const struct gw_verification_row *row,
    const struct gw_voyage_row *voyage, struct gw_err *err)
{
    struct gw_hash person;
    const bool clears = d->decision.answer == GW_ANSWER_CLEAR;
    const struct gw_measured_why why = { .site = d->who->site, .carrier = voyage->carrier, .class = d->class, .rule = d->rule,
        .reason = d->decision.reason };
    return gw_measured_reason(tx, row, &why, err) && gw_audit_add(tx, d->s, d->who, GW_AUDIT_VERIFY,
        &(struct gw_audit_facts){
            .voyage = &row->voyage,
            .subject = &row->id,
            .person = gw_audit_person(&person, tx, row->voyage, clears ? &row->traveler : NULL),
            .answer = gw_answer_name(d->decision.answer),
            .attempt = &(uint64_t){ row->attempt },
            .until = d->has_kept ? &d->kept_until_us : NULL,
            .keep = &(uint64_t){ (uint64_t)(d->s->conf->retention_template / GW_US_PER_S) },
            .rule = d->rule[0] == 0 ? NULL : d->rule,
            .class = d->class[0] == 0 ? NULL : d->class,
        },
        err);
}

static void note_rule(struct deciding *d, const struct gw_law *law, const struct gw_pack_rule *rule)
{
    if (rule == NULL)
        return;
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_addf(&text, "%s:%s", gw_pack_name(law->pack), rule->id);
    gw_audit_word(d->rule, gw_buf_text(&text));
    gw_audit_word(d->class, rule->retention->name);
}

/* A human who looks at the document needs to see who stood there; of who was cleared, the pack says what may be kept.
 * Whoever is asked to try again leaves no picture behind. rule: of who it is, where that is sure. */
static bool keep_picture(struct gw_tx *tx, struct deciding *d, const struct gw_verification_row *v, const struct gw_voyage_row *voyage,
    const struct gw_law *law, const struct gw_pack_rule *rule, struct gw_span person, struct gw_err *err)
{
    struct gw_clocks clocks = { .now_us = v->at_us };
    struct gw_transfer_plan plan;
    int64_t until;
    gw_clocks_set(&clocks, GW_STARTS_VERIFICATION, v->at_us);
    if (d->probe->picture.size == 0 || d->decision.answer == GW_ANSWER_RETRY ||
        d->decision.reason == GW_REASON_BEST_DECLINED || /* no picture of who chose to have none */
        !gw_law_keep(&until, law, rule, GW_DATUM_PROBE, &clocks))
        return true;
    until = GW_MIN(until, v->at_us + d->s->conf->retention_probe);
    const bool goes = d->decision.answer == GW_ANSWER_CLEAR && gw_transfer_plan(&plan, d->s, law, rule, &clocks, until);
    if (!goes && until / GW_US_PER_HOUR <= v->at_us / GW_US_PER_HOUR)
        return true;
    struct gw_photo_row photo = {
        .id = gw_id_new(v->at_us),
        .kind = GW_PHOTO_PROBE,
        .has_voyage = true,
        .voyage = v->voyage,
        .has_verification = true,
        .verification = v->id,
        .taken_us = v->at_us,
        .expires_us = goes ? plan.photo_us : until,
        .key = goes ? GW_KEY_TRANSFER : GW_KEY_PROBE_HOUR,
    };
    if (!gw_store_photo_put(tx, &photo, d->probe->picture, v->at_us, err))
        return false;
    d->has_kept = true;
    d->kept_until_us = GW_MIN(until - until % GW_US_PER_HOUR, photo.expires_us);
    d->sends = goes;
    return !goes || gw_transfer_put(tx, d->s, d->a, &plan, law, rule, voyage, &photo, person, err);
}

/* Is it the best person, although not cleared? */
static bool is_sure(enum gw_reason reason)
{
    return reason == GW_REASON_ALREADY_CLEARED || reason == GW_REASON_BEST_DECLINED || reason == GW_REASON_INHIBITED ||
        reason == GW_REASON_DENIED || reason == GW_REASON_SELECTEE;
}

static bool inspect(const struct deciding *d, struct gw_tx *tx, const struct gw_verification_row *row, bool has_best,
    struct gw_err *err)
{
    const struct gw_probe_seen *probe = d->probe;
    const struct gw_inspection_new inspection = {
        .voyage = row->voyage,
        .site = d->who->site,
        .cause = GW_CAUSE_VERIFICATION,
        .reason = d->decision.reason,
        .verification = &row->id,
        .candidate = has_best ? &probe->best : NULL,
        .traveler = has_best && is_sure(d->decision.reason) ? &probe->best : probe->has_named ? &probe->named : NULL,
    };
    return d->decision.answer != GW_ANSWER_INSPECT || gw_inspection_open(tx, d->s, &inspection, err);
}

/* To whoever listens, each as far as he may know; and to supervisors what cannot wait. */
static bool tell(const struct deciding *d, struct gw_tx *tx, const struct gw_verification_row *row, struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    GW_AUTO(gw_json) *inside = gw_json_object();
    const enum gw_reason reason = d->decision.reason;
    gw_json_set_id(open, "verification", row->id);
    gw_json_set_text(open, "decision", gw_answer_name(d->decision.answer));
    gw_json_set_text(open, "guidance", gw_guidance_name(d->decision.guidance));
    gw_json_set_integer(open, "attempt", row->attempt);
    gw_json_set_integer(open, "attempts_left", row->attempts_left);
    gw_json_set_id(inside, "device", row->device);
    gw_json_set_text(inside, "reason", gw_reason_code(reason));
    gw_json_set_text(inside, "severity", gw_severity_name(gw_reason_severity(reason)));
    const struct gw_event event = {
        .kind = GW_EVENT_DECISION,
        .voyage = &row->voyage,
        .traveler = d->decision.answer == GW_ANSWER_CLEAR ? &row->traveler : NULL,
        .site = d->who->site,
        .open = open,
        .inside = inside,
    };
    struct gw_alert_new alert = { .voyage = &row->voyage, .verification = &row->id, .site = d->who->site };
    if (reason == GW_REASON_ALREADY_CLEARED) {
        alert.kind = GW_ALERT_DUPLICATE_CLEAR;
        alert.traveler = &row->traveler;
    } else
        alert.kind = GW_ALERT_PRESENTATION_ATTACK;
    return gw_event_add(tx, d->s, &event, err) &&
        ((reason != GW_REASON_ALREADY_CLEARED && reason != GW_REASON_LIVENESS) ||
            gw_alert_add(NULL, tx, d->s, &alert, err));
}

static bool decide(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct deciding *d = arg;
    struct gw_service *s = d->s;
    struct gw_voyage_row voyage;
    struct gw_verification_row last;
    struct gw_traveler_row best = {};
    struct gw_facts f = d->probe->facts;
    int64_t now = gw_clock_now(&s->clock);
    bool found;

    if (!gw_store_voyage_get(&voyage, d->a, tx, d->voyage, err) || !check_open(&voyage, err) ||
        !gw_store_verification_last(&last, &found, d->a, tx, d->voyage, d->who->token, err))
        return false;
    f.attempt = 1;
    if (found && last.answer == GW_ANSWER_RETRY && now - last.at_us <= s->conf->verify_attempt_window)
        f.attempt = last.attempt + 1;

    const struct gw_pack_rule *rule = NULL;
    GW_AUTO_VALUE(gw_law) law = {};
    gw_law_at(&law, s, &voyage, d->who->site);
    bool has_best = d->probe->has_best;
    if (has_best) {
        if (!gw_store_traveler_get(&best, &found, true, d->a, tx, d->probe->best, err))
            return false;
        has_best = found && best.status != GW_STATUS_REMOVED; /* taken off the manifest since the search */
        if (has_best) { /* or midnight struck */
            if (!gw_law_ask(&rule, &law, d->a, best.person, err))
                return false;
            note_rule(d, &law, rule);
            has_best = gw_law_photo(rule);
        }
        f.has_best = has_best;
    }
    if (has_best) {
        f.best_declined = best.status == GW_STATUS_DECLINED;
        f.best_denied = best.status == GW_STATUS_DENIED;
        struct gw_boarding_row boarding;
        if (!gw_store_boarding_find(&boarding, &found, tx, best.id, err))
            return false;
        f.best_inhibited = found && boarding.status == GW_BOARDING_INHIBITED;
        const bool is_selectee = found && boarding.status == GW_BOARDING_SELECTEE;
        /* A selectee is looked at first and may then be cleared; anybody else whom an officer let pass has passed. */
        f.best_selectee = is_selectee && best.status != GW_STATUS_INSPECTED;
        f.already_cleared = best.status == GW_STATUS_CLEARED || best.status == GW_STATUS_BOARDED ||
            (best.status == GW_STATUS_INSPECTED && !is_selectee);
    }

    struct gw_policy policy = gw_service_policy(s);
    if (d->probe->limits.any)
        policy.most_attempts = GW_MIN(policy.most_attempts, d->probe->limits.attempts);
    d->decision = gw_policy_decide(&policy, &f);
    bool clears = d->decision.answer == GW_ANSWER_CLEAR;
    assert(!clears || has_best);
    bool names = clears || (is_sure(d->decision.reason) && d->decision.reason != GW_REASON_BEST_DECLINED);
    int64_t elapsed = gw_clock_monotonic_us() - d->probe->started_us;
    struct gw_verification_row row = {
        .id = gw_id_new(now),
        .voyage = d->voyage,
        .device = d->who->token,
        .at_us = now,
        .elapsed_us = elapsed,
        .answer = (int)d->decision.answer,
        .guidance = (int)d->decision.guidance,
        .reason = gw_span_str(gw_reason_code(d->decision.reason)),
        .model = gw_service_model(s),
        .attempt = f.attempt,
        .attempts_left = d->decision.attempts_left,
        .has_score = f.searched && f.has_best,
        .has_next = f.searched && f.has_next,
        .score = f.best_score,
        .next_score = f.next_score,
        .threshold = f.threshold,
        .has_quality = f.n_faces > 0,
        .quality = f.face.quality,
        .has_liveness = f.has_liveness,
        .liveness = f.liveness,
        .gallery_persons = d->probe->gallery_persons,
        .gallery_templates = d->probe->gallery_templates,
        .has_traveler = names,
        .traveler = d->probe->best,
    };
    if (!gw_store_verification_put(tx, &row, err) || !keep_picture(tx, d, &row, &voyage, &law, names ? rule : NULL, best.person, err) ||
        (clears && !gw_store_traveler_cleared(tx, best.id, GW_STATUS_CLEARED, now, err)) ||
        !gw_measured_decision(tx, d->a, &row, best.person, err) || !log_decision(tx, d, &row, &voyage, err) || !tell(d, tx, &row, err) ||
        !inspect(d, tx, &row, has_best, err))
        return false;

    *d->out = (struct gw_verification){
        .id = row.id,
        .answer = d->decision.answer,
        .guidance = d->decision.guidance,
        .attempt = row.attempt,
        .attempts_left = row.attempts_left,
        .elapsed_us = elapsed,
    };
    if (d->decision.answer != GW_ANSWER_RETRY)
        gw_receipt_number(d->out->receipt, s, row.id);
    if (clears) {
        struct gw_person person;
        if (!gw_person_read(&person, d->a, best.person, err))
            return false;
        d->out->has_traveler = true;
        memcpy(d->out->reference, person.reference.data == NULL ? (const void *)"" : person.reference.data,
            GW_MIN(person.reference.size, sizeof d->out->reference - 1));
        memcpy(d->out->seat, person.seat.data == NULL ? (const void *)"" : person.seat.data,
            GW_MIN(person.seat.size, sizeof d->out->seat - 1));
    }
    return gw_once_keep(tx, s, d->once, &d->voyage, d->out, err);
}

bool gw_probe_decide(struct gw_verification *out, struct gw_service *s, struct gw_arena *a, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_probe_seen *probe, struct gw_once *once, struct gw_err *err)
{
    struct deciding d = { .out = out, .s = s, .a = a, .who = who, .voyage = voyage, .probe = probe, .once = once };
    int64_t from = gw_clock_monotonic_us();
    gw_work_rest();
    if (!gw_store_write(s->store, decide, &d, err))
        return false;
    if (d.sends)
        gw_outbox_wake(s->outbox);
    int64_t now = gw_clock_monotonic_us();
    gw_stage_add(s, GW_STAGE_RECORD, now - from);
    gw_stage_add(s, GW_STAGE_VERIFY, now - probe->started_us);
    out->elapsed_us = now - probe->started_us;
    gw_count_add(&s->counters.verifications[d.decision.answer], 1);
    gw_count_add(&s->counters.by_reason[d.decision.reason], 1);
    gw_log(gw_reason_severity(d.decision.reason) == GW_SEVERITY_ALERT ? GW_LOG_WARN : GW_LOG_INFO, "verify",
        GW_LOG_ID("id", out->id), GW_LOG_ID("voyage", voyage), GW_LOG_ID("device", who->token),
        GW_LOG_OF_TABLE("answer", (struct gw_word){ gw_answer_name(d.decision.answer) }),
        GW_LOG_OF_TABLE("reason", (struct gw_word){ gw_reason_code(d.decision.reason) }),
        GW_LOG_INT("attempt", out->attempt), GW_LOG_INT("us", out->elapsed_us));
    return true;
}

/* Whom the picture may be compared with: the last question before it is decoded. NULL on failure. */
static struct gw_gallery *admit(struct gw_probe_seen *probe, const struct opening *o, struct gw_err *err)
{
    struct gw_law_limits of_all;
    GW_AUTO(gw_gallery) *gallery = gw_galleries_get(&of_all, o->s->galleries, o->voyage, gw_law_site(&o->row, o->who->site), err);
    if (gallery == NULL)
        return NULL;
    probe->limits = o->is_named ? o->limits : of_all;
    if (!probe->limits.any && !gw_law_refuse(err))
        return NULL;
    if (o->s->faces == NULL)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "recognition was not started here");
    return gw_take(gallery);
}

/* The picture's part of the facts, as far as they are needed. */
static bool look(struct gw_probe_seen *probe, struct gw_worker *w, struct gw_span picture, const struct opening *o,
    struct gw_err *err)
{
    struct gw_service *s = w->service;
    struct gw_facts *f = &probe->facts;
    struct gw_policy policy = gw_service_policy(s);
    struct gw_face_times times = {};
    GW_AUTO(gw_gallery) *gallery = admit(probe, o, err);
    GW_AUTO_VALUE(gw_seen) seen = {};
    if (gallery == NULL || !gw_see(&seen, w, picture, &times, err))
        return false;
    f->n_faces = (unsigned)seen.n_faces;
    f->second_face_share = seen.second_face_share;
    f->face = seen.facts;
    f->gallery_empty = gw_gallery_templates(gallery) == 0;
    probe->gallery_persons = gw_gallery_persons(gallery);
    probe->gallery_templates = gw_gallery_templates(gallery);
    probe->picture = picture;

    enum gw_reason reason;
    bool fine = true;
    if (gw_policy_usable(&reason, &policy, f)) {
        if (policy.check_liveness)
            fine = gw_face_liveness(&f->liveness, &f->has_liveness, s->faces, seen.scratch, &seen.picture.image,
                &w->faces[0], &times, err);
        bool suspicious = policy.check_liveness && !(f->has_liveness && f->liveness >= policy.least_liveness);
        if (fine && !suspicious && !f->gallery_empty && (fine = gw_see_template(w, &seen, &times, err))) {
            int64_t from = gw_clock_monotonic_us();
            f->doubtful = w->embedding.doubtful;
            gw_probe_search(probe, s, gallery, &w->template, o->holders, o->n_holders);
            gw_stage_add(s, GW_STAGE_SEARCH, gw_clock_monotonic_us() - from);
        }
    }
    gw_stages_add(s, &times);
    return fine;
}

static bool verify(struct gw_verification *out, struct gw_service *s, struct gw_worker *w, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_verify_ask *ask, struct gw_once *once, struct gw_err *err)
{
    struct gw_probe_seen probe = {
        .started_us = ask->received_us > 0 ? ask->received_us : gw_clock_monotonic_us(),
    };
    struct opening o = { .s = s, .a = w->arena, .who = who, .voyage = voyage, .is_named = ask->document_number.size + ask->boarding_pass.size > 0, .pass = ask->boarding_pass };
    if (ask->document_number.size > 0 && ask->boarding_pass.size > 0)
        return gw_fail(err, GW_ERR_INVALID, "a document or a boarding pass, not both");
    if (ask->document_number.size > 0 && !gw_document_hash_of(&o.document, s, ask->document_number, ask->issuing_state, err))
        return false;
    if (!gw_store_read(s->store, open_gate, &o, err))
        return false;

    probe.facts.is_named = o.is_named;
    probe.facts.not_expected = o.is_named && o.n_holders == 0;
    probe.has_named = o.n_holders > 0;
    if (probe.has_named)
        probe.named = o.holders[0].traveler;
    for (size_t i = 0; i < o.n_holders; i++)
        probe.facts.declined = probe.facts.declined || o.holders[i].status == GW_STATUS_DECLINED;
    bool needs_picture = !probe.facts.not_expected && !probe.facts.declined;
    return (!needs_picture || look(&probe, w, ask->picture, &o, err)) &&
           gw_probe_decide(out, s, w->arena, who, voyage, &probe, once, err);
}

bool gw_service_verify(struct gw_verification *out, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, struct gw_id voyage, const struct gw_verify_ask *ask, struct gw_once *once,
    struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_verification){};
    if (!gw_allow(who, GW_ROLE_BIT(DEVICE), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || verify(out, s, w, who, voyage, ask, once, err);
    if (!fine)
        gw_count_add(err != NULL && err->code == GW_ERR_NOT_AUTHORISED ? &s->counters.not_authorised : &s->counters.failed, 1);
    gw_arena_reset(w->arena);
    gw_wipe(&w->template, sizeof w->template);
    gw_wipe(&w->embedding, sizeof w->embedding);
    gw_wipe(w->faces, sizeof w->faces);
    gw_once_leave(s, once, fine);
    return fine;
}

/* ---- what was decided, for those who may know why ------------------------------------ */

bool gw_verification_read(struct gw_verification_record *o, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_verification_row *r, struct gw_err *err)
{
    *o = (struct gw_verification_record){
        .id = r->id,
        .device = r->device,
        .at_us = r->at_us,
        .elapsed_us = r->elapsed_us,
        .answer = (enum gw_answer)r->answer,
        .guidance = (enum gw_guidance)r->guidance,
        .attempt = r->attempt,
        .attempts_left = r->attempts_left,
        .has_score = r->has_score,
        .score = gw_threshold_to_cosine(r->score),
        .next_score = gw_threshold_to_cosine(r->next_score),
        .threshold = gw_threshold_to_cosine(r->threshold),
        .has_quality = r->has_quality,
        .quality = r->quality,
        .has_liveness = r->has_liveness,
        .liveness = r->liveness,
        .gallery_persons = r->gallery_persons,
    };
    /* The copy of a column ends in a zero. */
    if (!gw_reason_find(&o->reason, (const char *)r->reason.data) || r->answer < 0 || r->answer > GW_ANSWER_INSPECT ||
        r->guidance < 0 || r->guidance > GW_GUIDANCE_HOLD_STILL)
        return gw_fail(err, GW_ERR_CORRUPT, "a verification has a word this gangway does not know");
    struct gw_traveler_row t;
    struct gw_person person;
    struct gw_photo_row *photos;
    size_t n_photos;
    bool found = false;
    if (!gw_store_photos_of_verification(&photos, &n_photos, a, tx, r->id, err))
        return false;
    o->has_photo = n_photos > 0;
    o->photo = n_photos > 0 ? photos[0].id : (struct gw_id){};
    if (r->has_traveler && !gw_store_traveler_get(&t, &found, true, a, tx, r->traveler, err))
        return false;
    if (found) {
        if (!gw_person_read(&person, a, t.person, err))
            return false;
        o->has_traveler = true;
        o->reference = (const char *)person.reference.data;
        o->seat = (const char *)person.seat.data;
    }
    return true;
}

struct listing {
    struct gw_verification_page *out;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id voyage;
    int64_t after;
    size_t limit;
};

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *l = arg;
    struct gw_voyage_row voyage;
    struct gw_verification_row *rows;
    size_t n;
    if (!gw_store_voyage_get(&voyage, l->a, tx, l->voyage, err) || !gw_allow_voyage(l->who, &voyage, err))
        return false;
    if (voyage.has_purged)
        return gw_fail(err, GW_ERR_GONE, "the voyage's records were purged; its counts remain");
    if (!gw_store_verifications(&rows, &n, l->a, tx, l->voyage, l->after, l->limit + 1, err))
        return false;
    struct gw_verification_record *records = gw_arena_array(l->a, n, struct gw_verification_record, err);
    if (records == NULL)
        return false;
    size_t shown = GW_MIN(n, l->limit);
    for (size_t i = 0; i < shown; i++) {
        if (!gw_verification_read(&records[i], l->a, tx, &rows[i], err))
            return false;
    }
    *l->out = (struct gw_verification_page){ .records = records, .n = shown };
    if (n > shown) {
        l->out->cursor = gw_page_cursor(l->a, rows[shown - 1].seq, err);
        return l->out->cursor != NULL;
    }
    return true;
}

bool gw_service_verifications(struct gw_verification_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_span cursor, size_t limit, struct gw_err *err)
{
    struct listing l = { .out = out, .a = a, .who = who, .voyage = voyage };
    *out = (struct gw_verification_page){};
    return gw_allow(who, GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR), err) &&
           gw_page_ask(&l.after, &l.limit, cursor, limit, err) && gw_store_read(s->store, list, &l, err) &&
           gw_audit_view(s, who, "verifications", voyage, err);
}
