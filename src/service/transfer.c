/* transfer.c - what the rule pack sends to an identity register: put into an outbox, from which outbox.c
 * sends it, and taken out of it.
 *
 * 1. Nothing is put there but by a rule that says so, in the transaction that decides. What is said of the person
 *    is sealed then, so that it is the same however often it is sent, and whatever is purged meanwhile.
 * 2. The picture is sealed under a key of its own, which dies with the receipt, or when it may no longer leave. Where
 *    the pack says that it stays, it gets the key that it would have had: of the hour until which officers may see it.
 * 3. What is in no rule is refused, and that somebody asked is written down. */
#include "service/internal.h"

#include "base/log.h"

#include <stdio.h>

static const char *const states[] = { "waiting", "refused", "received", "blocked", "missed" };
static_assert(GW_COUNT(states) == GW_TRANSFER_STATES);
static const char the_register[] = "identity_register"; /* the only one packs name */

static bool is_configured(const struct gw_service *s)
{
    return s->conf->register_url[0] != 0;
}

/* ---- what is said of the person --------------------------------------------------------------- */

static struct gw_json *person_to_json(const struct gw_manifest_traveler *t)
{
    struct gw_json *j = gw_json_object(), *documents = gw_json_array();
    const char sex[2] = { t->sex };
    gw_json_set_span(j, "surname", t->surname);
    gw_json_set_span(j, "given_names", t->given_names);
    gw_json_set_text_or_null(j, "sex", sex);
    gw_json_set_date_or_null(j, "birth_date", t->birth_date);
    gw_json_set_span(j, "nationality", t->nationality);
    for (size_t i = 0; i < t->n_documents; i++) {
        struct gw_json *d = gw_json_object();
        gw_json_set_span(d, "type", t->documents[i].type);
        gw_json_set_span(d, "number", t->documents[i].number);
        gw_json_set_span(d, "issuing_state", t->documents[i].issuing_state);
        gw_json_set_date_or_null(d, "expiry_date", t->documents[i].expiry_date);
        gw_json_add(documents, d);
    }
    gw_json_set(j, "documents", documents);
    return j;
}

static struct gw_json *crossing_to_json(const struct gw_voyage_row *v, const struct gw_pack_facts *place)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "mode", gw_mode_name((enum gw_mode)v->mode));
    gw_json_set_text(j, "direction", gw_direction_name(place->direction == GW_PACK_ARRIVAL ? GW_DIRECTION_ARRIVAL : GW_DIRECTION_DEPARTURE));
    gw_json_set_text(j, "site", place->site);
    gw_json_set_span(j, "carrier", v->carrier);
    gw_json_set_span(j, "number", v->number);
    gw_json_set_span(j, "from", v->from);
    gw_json_set_span(j, "to", v->to);
    return j;
}

/* All of the body but the picture. */
static bool write_record(struct gw_buf *out, struct gw_arena *a, const struct gw_transfer_row *row, const struct gw_law *law,
    const struct gw_pack_rule *rule, const struct gw_transfer *leaves, const struct gw_voyage_row *v, struct gw_span person,
    struct gw_err *err)
{
    struct gw_manifest_traveler t;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "format", "gangway-transfer-1");
    gw_json_set_id(j, "transfer", row->id);
    gw_json_set_text(j, "register", leaves->to);
    gw_json_set_text(j, "authority", gw_pack_authority(law->pack));
    gw_json_set_span(j, "rule", row->rule);
    gw_json_set_text(j, "basis", rule->basis);
    gw_json_set_time(j, "taken_at", row->taken_us);
    if (leaves->kept_there.has) {
        struct gw_json *keep = gw_json_object();
        char period[GW_PERIOD_TEXT];
        gw_period_format(period, leaves->kept_there.period);
        gw_json_set_text(keep, "period", period);
        gw_json_set_text(keep, "after", gw_clock_start_name(leaves->kept_there.starts));
        gw_json_set(j, "keep", keep);
    }
    gw_json_set(j, "person", person_to_json(&t));
    if ((rule->transfer_data >> GW_DATUM_CROSSING & 1) != 0)
        gw_json_set(j, "crossing", crossing_to_json(v, &law->place));
    gw_json_format(out, j, false);
    return true;
}

/* ---- into the outbox ---------------------------------------------------------------------------- */

bool gw_transfer_log(struct gw_tx *tx, const struct gw_service *s, const struct gw_caller *who, const struct gw_transfer_row *row,
    const char *answer, struct gw_audit_facts facts, struct gw_err *err)
{
    char rule[GW_AUDIT_WORD_MAX + 1] = "";
    snprintf(rule, sizeof rule, "%.*s", (int)row->rule.size, row->rule.size == 0 ? "" : (const char *)row->rule.data);
    facts.subject = &row->id;
    facts.voyage = &row->voyage;
    facts.name = the_register;
    facts.class = "probe";
    facts.rule = rule[0] == 0 ? NULL : rule;
    facts.answer = answer;
    return gw_audit_add(tx, s, who, GW_AUDIT_TRANSFER, &facts, err);
}

bool gw_transfer_plan(struct gw_transfer_plan *out, struct gw_service *s, const struct gw_law *law, const struct gw_pack_rule *rule,
    const struct gw_clocks *clocks, int64_t until_us)
{
    struct gw_transfer leaves;
    *out = (struct gw_transfer_plan){};
    if (!is_configured(s) || !gw_law_transfer(&leaves, law, rule, GW_DATUM_PROBE, clocks) ||
        leaves.due_us / GW_US_PER_HOUR <= clocks->now_us / GW_US_PER_HOUR)
        return false;
    *out = (struct gw_transfer_plan){ .leaves = leaves, .until_us = until_us, .keeps = rule->transfer_keeps };
    out->photo_us = out->keeps ? GW_MAX(leaves.due_us, until_us) : leaves.due_us;
    return true;
}

bool gw_transfer_put(struct gw_tx *tx, struct gw_service *s, struct gw_arena *a, const struct gw_transfer_plan *plan,
    const struct gw_law *law, const struct gw_pack_rule *rule, const struct gw_voyage_row *v, const struct gw_photo_row *photo,
    struct gw_span person, struct gw_err *err)
{
    const int64_t now = gw_clock_now(&s->clock);
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) record = {};
    char word[GW_AUDIT_WORD_MAX + 1] = "";
    assert(photo->key == GW_KEY_TRANSFER && photo->has_verification);
    gw_buf_addf(&text, "%s:%s", gw_pack_name(law->pack), rule->id);
    gw_audit_word(word, gw_buf_text(&text));
    struct gw_transfer_row row = {
        .id = gw_id_new(now),
        .voyage = v->id,
        .verification = photo->verification,
        .photo = photo->id,
        .rule = gw_span_str(word),
        .made_us = now,
        .taken_us = photo->taken_us,
        .due_us = plan->leaves.due_us,
        .until_us = plan->until_us,
        .keeps = plan->keeps,
        .next_us = now,
    };
    return write_record(&record, a, &row, law, rule, &plan->leaves, v, person, err) &&
        gw_store_transfer_put(tx, &row, gw_buf_span(&record), now, err) &&
        gw_transfer_log(tx, s, NULL, &row, "queued", (struct gw_audit_facts){ .until = &row.due_us }, err);
}

/* ---- how it ends -------------------------------------------------------------------------------- */

/* The picture was kept for this; under a hold it stays for that. */
static bool let_go(struct gw_tx *tx, struct gw_service *s, const struct gw_transfer_row *row, int64_t now_us, struct gw_err *err)
{
    struct gw_photo_row photo;
    struct gw_err own = {};
    size_t keys = 0;
    const bool found = gw_store_photo_get(&photo, tx, row->photo, &own);
    if (!found && own.code != GW_ERR_NOT_FOUND)
        return err != NULL && (*err = own, false);
    const bool is_ours = found && photo.key == GW_KEY_TRANSFER, goes = is_ours && !row->keeps;
    struct gw_photo_row to = photo;
    bool held = false;
    to.key = GW_KEY_PROBE_HOUR;
    to.expires_us = row->until_us;
    if ((goes && !gw_store_photo_over(&held, tx, &photo, now_us, err)) || (is_ours && !goes && !gw_store_photo_move(tx, &photo, &to, now_us, err)) ||
        !gw_store_key_destroy(tx, GW_KEY_TRANSFER, row->photo, &keys, err))
        return false;
    gw_count_add(&s->counters.purged.photos, goes && !held);
    gw_count_add(&s->counters.purged.keys, keys);
    return gw_audit_add(tx, s, NULL, GW_AUDIT_EXPIRE,
        &(struct gw_audit_facts){ .subject = &row->photo, .keys = &(uint64_t){ keys }, .photos = &(uint64_t){ goes && !held }, .class = "transfer" }, err);
}

bool gw_transfer_end(struct gw_tx *tx, struct gw_service *s, const struct gw_transfer_row *row, enum gw_transfer_state state,
    const char *word, const struct gw_hash *receipt, struct gw_err *err)
{
    const int64_t now = gw_clock_now(&s->clock);
    gw_count_add(&s->counters.transfers[state], 1);
    return gw_store_transfer_end(tx, row->id, state, gw_span_str(word), now, err) &&
        gw_transfer_log(tx, s, NULL, row, states[state], (struct gw_audit_facts){ .reason = word[0] == 0 ? NULL : word, .digest = receipt }, err) &&
        let_go(tx, s, row, now, err);
}

bool gw_transfer_alert(struct gw_tx *tx, struct gw_service *s, enum gw_alert_kind kind, const struct gw_transfer_row *row, struct gw_err *err)
{
    const struct gw_alert_new new = { .kind = kind, .voyage = &row->voyage, .site = "", .once = true };
    return gw_alert_add(NULL, tx, s, &new, err);
}

bool gw_transfers_miss(bool *done, struct gw_tx *tx, struct gw_service *s, int64_t now_us, size_t limit, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct gw_transfer_row *rows;
    size_t n;
    if (!gw_store_transfers_due(&rows, &n, a, tx, now_us, limit, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const bool refused = rows[i].state == GW_TRANSFER_REFUSED;
        const char *word = rows[i].word.size == 0 ? "late" : (const char *)rows[i].word.data;
        if (!gw_transfer_end(tx, s, &rows[i], refused ? GW_TRANSFER_REFUSED : GW_TRANSFER_MISSED, word, NULL, err) ||
            !gw_transfer_alert(tx, s, GW_ALERT_TRANSFER_MISSED, &rows[i], err))
            return false;
    }
    *done = n < limit;
    return true;
}

/* ---- whether it may --------------------------------------------------------------------------------- */

bool gw_transfer_may_leave(bool *unsure, struct gw_service *s, const struct gw_transfer_row *row, int64_t now_us)
{
    GW_AUTO_VALUE(gw_law) law = {};
    const struct gw_pack_rule *rules;
    struct gw_clocks clocks = { .now_us = now_us };
    struct gw_transfer leaves;
    gw_clocks_set(&clocks, GW_STARTS_VERIFICATION, row->taken_us);
    *unsure = !gw_law_on(&law, s, row->taken_us);
    for (size_t i = 0, n = *unsure ? 0 : gw_pack_rules(law.pack, &rules); i < n; i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        char word[GW_AUDIT_WORD_MAX + 1] = "";
        gw_buf_addf(&text, "%s:%s", gw_pack_name(law.pack), rules[i].id);
        gw_audit_word(word, gw_buf_text(&text));
        if (gw_span_is(row->rule, word))
            return gw_law_transfer(&leaves, &law, &rules[i], GW_DATUM_PROBE, &clocks);
    }
    return false;
}

/* ---- asked for ---------------------------------------------------------------------------------------- */

bool gw_transfer_of_case(enum gw_transfer_asked *out, struct gw_tx *tx, struct gw_service *s, struct gw_arena *a,
    const struct gw_verification_row *v, struct gw_id traveler, const char *site, struct gw_err *err)
{
    struct gw_clocks clocks = { .now_us = gw_service_steady(s) };
    GW_AUTO_VALUE(gw_law) law = {};
    const struct gw_pack_rule *rule;
    struct gw_transfer leaves;
    struct gw_transfer_plan plan;
    struct gw_transfer_row before;
    struct gw_voyage_row voyage;
    struct gw_traveler_row t;
    struct gw_photo_row *photos;
    size_t n;
    bool found, there;
    int64_t until = v->at_us + s->conf->retention_probe, kept;
    if (!gw_store_voyage_get(&voyage, a, tx, v->voyage, err) || !gw_store_traveler_get(&t, &found, true, a, tx, traveler, err) ||
        !gw_store_photos_of_verification(&photos, &n, a, tx, v->id, err) ||
        !gw_store_transfer_of_verification(&before, &there, a, tx, v->id, err))
        return false;
    if (there)
        return *out = GW_TRANSFER_ALREADY, true;
    if (!found || n == 0)
        return *out = GW_TRANSFER_NO_PICTURE, true;
    gw_clocks_set(&clocks, GW_STARTS_VERIFICATION, v->at_us);
    gw_law_at_time(&law, s, &voyage, site, v->at_us);
    if (!gw_law_ask(&rule, &law, a, t.person, err))
        return false;
    if (!gw_law_transfer(&leaves, &law, rule, GW_DATUM_PROBE, &clocks))
        return *out = GW_TRANSFER_NO_RULE, true;
    if (gw_law_keep(&kept, &law, rule, GW_DATUM_PROBE, &clocks))
        until = GW_MIN(until, kept);
    if (!gw_transfer_plan(&plan, s, &law, rule, &clocks, until))
        return *out = is_configured(s) ? GW_TRANSFER_NO_RULE : GW_TRANSFER_NO_REGISTER, true;
    struct gw_photo_row to = photos[0];
    to.key = to.key == GW_KEY_HOLD ? GW_KEY_HOLD : GW_KEY_TRANSFER;
    to.expires_us = to.key == GW_KEY_HOLD ? to.expires_us : plan.photo_us;
    *out = GW_TRANSFER_QUEUED;
    return (to.key == GW_KEY_HOLD || gw_store_photo_move(tx, &photos[0], &to, clocks.now_us, err)) &&
        gw_transfer_put(tx, s, a, &plan, &law, rule, &voyage, &to, t.person, err);
}

struct asking {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id basis;
    struct gw_once *once;
    struct gw_transfer_record *out;
    enum gw_transfer_asked how;
};

static const char *text_of(struct gw_arena *a, struct gw_span text, struct gw_err *err)
{
    return gw_arena_text(a, text, err);
}

static bool fill_record(struct gw_transfer_record *out, struct gw_arena *a, const struct gw_transfer_row *row, struct gw_err *err)
{
    const bool received = row->state == GW_TRANSFER_RECEIVED;
    const char *word = text_of(a, row->word, err);
    *out = (struct gw_transfer_record){
        .id = row->id,
        .voyage = row->voyage,
        .verification = row->verification,
        .state = states[row->state],
        .rule = text_of(a, row->rule, err),
        .receipt = received ? word : NULL,
        .reason = received || word == NULL || word[0] == 0 ? NULL : word,
        .made_us = row->made_us,
        .due_us = row->due_us,
        .attempts = row->attempt,
        .has_next = row->state == GW_TRANSFER_WAITING,
        .next_us = row->next_us,
        .has_ended = row->has_ended,
        .ended_us = row->ended_us,
    };
    return word != NULL && out->rule != NULL;
}

/* The verification a case is about, and whose picture it surely is. */
static bool find_case(struct gw_verification_row *v, struct gw_id *traveler, char site[GW_SCOPE_TEXT], const struct asking *k, struct gw_tx *tx,
    struct gw_err *err)
{
    struct gw_inspection_row i;
    bool inspected, found;
    site[0] = 0;
    if (!gw_store_inspection_find(&i, &inspected, k->a, tx, k->basis, err) ||
        !gw_store_verification_get(v, &found, k->a, tx, inspected && i.has_verification ? i.verification : k->basis, err))
        return false;
    if (!found)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no such verification or inspection, or it was purged");
    struct gw_voyage_row voyage;
    if (!gw_store_voyage_get(&voyage, k->a, tx, v->voyage, err) || !gw_allow_voyage(k->who, &voyage, err))
        return false;
    if (inspected)
        snprintf(site, GW_SCOPE_TEXT, "%.*s", (int)i.site.size, i.site.size == 0 ? "" : (const char *)i.site.data);
    const bool cleared = inspected && i.has_result && i.result == GW_RESULT_CLEARED && i.has_traveler;
    if (!cleared && !(v->has_traveler && v->answer == GW_ANSWER_CLEAR))
        return gw_fail(err, GW_ERR_CONFLICT, "nobody has decided who is in the picture: it goes nowhere");
    *traveler = cleared ? i.traveler : v->traveler;
    return true;
}

static bool ask(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct asking *k = arg;
    struct gw_verification_row v;
    struct gw_transfer_row row;
    struct gw_id traveler;
    char site[GW_SCOPE_TEXT];
    bool found;
    if (!find_case(&v, &traveler, site, k, tx, err) || !gw_transfer_of_case(&k->how, tx, k->s, k->a, &v, traveler, site, err))
        return false;
    /* That it was refused is written down, so that stays when the asker is told. */
    if (k->how == GW_TRANSFER_NO_RULE)
        return gw_audit_add(tx, k->s, k->who, GW_AUDIT_TRANSFER,
            &(struct gw_audit_facts){ .subject = &v.id, .voyage = &v.voyage, .name = the_register, .class = "probe", .answer = "blocked",
                .reason = "no_rule" }, err);
    if (k->how != GW_TRANSFER_QUEUED)
        return true;
    return gw_store_transfer_of_verification(&row, &found, k->a, tx, v.id, err) && fill_record(k->out, k->a, &row, err) &&
        gw_once_keep(tx, k->s, k->once, &v.voyage, k->out, err);
}

bool gw_service_transfer(struct gw_transfer_record *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id basis, struct gw_once *once, struct gw_err *err)
{
    struct asking k = { .s = s, .a = a, .who = who, .basis = basis, .once = once, .out = out };
    bool replayed;
    *out = (struct gw_transfer_record){};
    if (!gw_allow(who, GW_ROLE_BIT(SUPERVISOR), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, ask, &k, err);
    if (fine && !replayed)
        switch (k.how) {
        case GW_TRANSFER_QUEUED:
            gw_outbox_wake(s->outbox);
            break;
        case GW_TRANSFER_ALREADY:
            fine = gw_fail(err, GW_ERR_CONFLICT, "its picture was put into the outbox before");
            break;
        case GW_TRANSFER_NO_PICTURE:
            fine = gw_fail(err, GW_ERR_GONE, "no picture of it is kept");
            break;
        case GW_TRANSFER_NO_RULE:
            gw_count_add(&s->counters.transfers[GW_TRANSFER_BLOCKED], 1);
            fine = gw_fail(err, GW_ERR_NOT_AUTHORISED, "no rule in force sends this to a register");
            break;
        case GW_TRANSFER_NO_REGISTER:
            fine = gw_fail(err, GW_ERR_UNAVAILABLE, "register.url is empty: there is no register to send it to");
            break;
        }
    gw_once_leave(s, once, fine);
    return fine;
}

struct retrying {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id id;
    struct gw_once *once;
    struct gw_transfer_record *out;
};

static bool retry(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct retrying *k = arg;
    struct gw_transfer_row row;
    bool found;
    if (!gw_store_transfer_find(&row, &found, k->a, tx, k->id, err))
        return false;
    if (!found)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no such transfer");
    if (row.has_ended)
        return gw_fail(err, GW_ERR_CONFLICT, "it has ended: nothing of it is here any more");
    row.state = GW_TRANSFER_WAITING;
    row.next_us = gw_clock_now(&k->s->clock);
    return gw_store_transfer_update(tx, &row, err) && fill_record(k->out, k->a, &row, err) &&
        gw_transfer_log(tx, k->s, k->who, &row, "queued", (struct gw_audit_facts){ .reason = "again" }, err) &&
        gw_once_keep(tx, k->s, k->once, &row.voyage, k->out, err);
}

bool gw_service_transfer_retry(struct gw_transfer_record *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id id, struct gw_once *once, struct gw_err *err)
{
    struct retrying k = { s, a, who, id, once, out };
    bool replayed;
    *out = (struct gw_transfer_record){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, retry, &k, err);
    gw_once_leave(s, once, fine);
    if (fine && !replayed)
        gw_outbox_wake(s->outbox);
    return fine;
}

/* ---- what became of them ---------------------------------------------------------------------------- */

struct listing {
    struct gw_transfer_page *out;
    struct gw_arena *a;
    const enum gw_transfer_state *state;
    int64_t after;
    size_t limit;
};

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *l = arg;
    struct gw_transfer_row *rows;
    size_t n;
    if (!gw_store_transfers(&rows, &n, l->a, tx, l->state, l->after, l->limit + 1, err))
        return false;
    l->out->n = GW_MIN(n, l->limit);
    l->out->records = gw_arena_array(l->a, l->out->n, struct gw_transfer_record, err);
    if (l->out->records == NULL)
        return false;
    for (size_t i = 0; i < l->out->n; i++)
        if (!fill_record(&l->out->records[i], l->a, &rows[i], err))
            return false;
    if (n > l->limit)
        l->out->cursor = gw_page_cursor(l->a, rows[l->limit - 1].seq, err);
    return n <= l->limit || l->out->cursor != NULL;
}

bool gw_service_transfers(struct gw_transfer_page *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_span state, struct gw_span cursor, size_t limit, struct gw_err *err)
{
    struct listing l = { .out = out, .a = a };
    enum gw_transfer_state which = GW_TRANSFER_WAITING;
    *out = (struct gw_transfer_page){};
    if (!gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN), err) || !gw_page_ask(&l.after, &l.limit, cursor, limit, err))
        return false;
    while (state.size > 0 && which < GW_TRANSFER_STATES && !gw_span_is(state, states[which]))
        which++;
    if (which == GW_TRANSFER_STATES)
        return gw_fail(err, GW_ERR_INVALID, "state is waiting, refused, received, blocked or missed");
    l.state = state.size > 0 ? &which : NULL;
    return gw_store_read(s->store, list, &l, err);
}

const char *gw_transfer_state_name(size_t state)
{
    assert(state < GW_COUNT(states));
    return states[state];
}

struct gw_json *gw_transfer_to_json(const struct gw_transfer_record *r)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "transfer", r->id);
    gw_json_set_id(j, "voyage", r->voyage);
    gw_json_set_id(j, "verification", r->verification);
    gw_json_set_text(j, "rule", r->rule);
    gw_json_set_text(j, "state", r->state);
    gw_json_set_text(j, "reason", r->reason);
    gw_json_set_text(j, "receipt", r->receipt);
    gw_json_set_integer(j, "attempts", r->attempts);
    gw_json_set_time(j, "queued_at", r->made_us);
    gw_json_set_time(j, "due_at", r->due_us);
    gw_json_set_time_or_null(j, "next_at", r->has_next, r->next_us);
    gw_json_set_time_or_null(j, "ended_at", r->has_ended, r->ended_us);
    return j;
}
