/* inspection.c - the officers' queue, a case, claiming it and what came of it. */
#include "http/exchange.h"

static const char *const states[] = { "open", "referred", "closed" };
static_assert(GW_COUNT(states) == GW_INSPECTION_STATES);

static struct gw_json *ids(const struct gw_id *list, size_t n)
{
    struct gw_json *j = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        char text[GW_ID_TEXT];
        gw_id_format(text, list[i]);
        gw_json_add_text(j, text);
    }
    return j;
}

static void set_span(struct gw_json *j, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(j, key, s);
    else
        gw_json_set_null(j, key);
}

/* What an officer needs to see the document against. */
static void set_papers(struct gw_json *j, const struct gw_manifest_traveler *t)
{
    struct gw_json *documents = gw_json_array();
    for (size_t i = 0; i < t->n_documents; i++) {
        struct gw_json *d = gw_json_object();
        set_span(d, "type", t->documents[i].type);
        set_span(d, "number", t->documents[i].number);
        set_span(d, "issuing_state", t->documents[i].issuing_state);
        gw_json_set_date_or_null(d, "expiry_date", t->documents[i].expiry_date);
        gw_json_add(documents, d);
    }
    gw_json_set(j, "documents", documents);
    set_span(j, "sex", gw_span_of(&t->sex, t->sex != 0));
    gw_json_set_date_or_null(j, "birth_date", t->birth_date);
    set_span(j, "nationality", t->nationality);
}

/* whole: for the case. */
static void set_person(struct gw_json *o, const char *key, bool has, const struct gw_case_person *p, bool whole)
{
    if (!has) {
        gw_json_set_null(o, key);
        return;
    }
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "traveler", p->traveler);
    gw_json_set_text(j, "kind", gw_traveler_kind_name(p->told.kind));
    set_span(j, "surname", p->told.surname);
    set_span(j, "given_names", p->told.given_names);
    set_span(j, "reference", p->told.reference);
    set_span(j, "seat", p->told.seat);
    gw_json_set_text(j, "status", gw_traveler_status_name(p->status));
    gw_json_set_text(j, "boarding_status", p->has_boarding ? gw_boarding_status_name(p->boarding) : NULL);
    if (whole) {
        set_papers(j, &p->told);
        gw_json_set(j, "portraits", ids(p->portraits, p->n_portraits));
    }
    gw_json_set(o, key, j);
}

static struct gw_json *to_json(const struct gw_inspection *i, bool whole)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "inspection", i->id);
    gw_json_set_id(j, "voyage", i->voyage);
    gw_json_set_text(j, "carrier", i->carrier);
    gw_json_set_text(j, "number", i->number);
    gw_json_set_text(j, "from", i->from);
    gw_json_set_text(j, "to", i->to);
    gw_json_set_text(j, "site", *i->site == 0 ? NULL : i->site);
    gw_json_set_text(j, "cause", gw_inspection_cause_name(i->cause));
    gw_json_set_text(j, "reason", gw_reason_code(i->reason));
    gw_json_set_text(j, "text", gw_reason_text(i->reason));
    gw_json_set_text(j, "severity", gw_severity_name(gw_reason_severity(i->reason)));
    gw_json_set_text(j, "state", i->state == GW_INSPECTION_OPEN && i->is_leased ? "claimed" : states[i->state]);
    gw_json_set_time(j, "opened_at", i->opened_us);
    gw_json_set_time_or_null(j, "claimed_at", i->has_claimed, i->claimed_us);
    gw_json_set_id_or_null(j, "claimed_by", i->is_leased, i->claimed_by);
    gw_json_set_time_or_null(j, "claimed_until", i->is_leased, i->lease_us);
    gw_json_set_time_or_null(j, "decided_at", i->has_decided, i->decided_us);
    gw_json_set_id_or_null(j, "decided_by", i->has_decided, i->decided_by);
    gw_json_set_time_or_null(j, "closed_at", i->has_closed, i->closed_us);
    gw_json_set_text(j, "method", i->has_method ? gw_inspection_method_name(i->method) : NULL);
    gw_json_set_text(j, "result", i->has_result ? gw_inspection_result_name(i->result) : NULL);
    gw_json_set_id_or_null(j, "decline", i->has_decline, i->decline);
    gw_json_set_bool(j, "mismatch", i->is_mismatch);
    gw_json_set_bool(j, "may_clear", i->may_clear);
    set_person(j, "traveler", i->has_traveler, &i->traveler, whole);
    return j;
}

static struct gw_json *case_to_json(const struct gw_inspection *i)
{
    struct gw_json *j = to_json(i, true);
    set_person(j, "candidate", i->has_candidate, &i->candidate, true);
    if (i->verification != NULL)
        gw_json_set(j, "verification", gw_verification_to_json(i->verification));
    else
        gw_json_set_null(j, "verification");
    return j;
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = case_to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

static bool read_state(struct gw_inspection_filter *f, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span text = {};
    if (!gw_uri_query(&x->asked->uri, "state", &text))
        return true;
    f->has_state = true;
    f->leased = gw_span_is(text, "claimed");
    f->has_leased = f->leased || gw_span_is(text, "open");
    for (size_t i = 0; i < GW_COUNT(states); i++)
        if (gw_span_is(text, states[i])) {
            f->state = (enum gw_inspection_state)i;
            return true;
        }
    return f->leased || gw_fail(err, GW_ERR_USAGE, "state takes open, claimed, referred or closed");
}

bool gw_get_inspections(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_inspection_filter filter = {};
    struct gw_inspection_page page;
    gw_uri_query(&x->asked->uri, "site", &filter.site);
    if (!read_state(&filter, x, err) || !gw_exchange_voyage(&filter.voyage, &filter.has_voyage, x, err) ||
        !gw_exchange_page(&filter.limit, &filter.cursor, x, err) ||
        !gw_service_inspections(&page, x->mem, x->service, &x->who, &filter, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, to_json(&page.inspections[i], false));
    gw_json_set(j, "inspections", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}

bool gw_get_inspection(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_inspection i;
    if (!gw_service_inspection(&i, x->mem, x->service, &x->who, gw_exchange_id(x, "inspection"), err))
        return false;
    GW_AUTO(gw_json) *j = case_to_json(&i);
    return gw_exchange_json(x, 200, j);
}

bool gw_post_claim(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_inspection i;
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "", err) || !gw_exchange_begin(x, render, err) ||
        !gw_service_claim(&i, x->mem, x->service, &x->who, gw_exchange_id(x, "inspection"), x->once, err))
        return false;
    return gw_exchange_answer(x, render, &i);
}

bool gw_post_outcome(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_inspection i;
    struct gw_outcome_ask ask = {};
    struct gw_span method = {}, result = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "method result reference document_number issuing_state", err) ||
        !gw_exchange_text(&method, body, "method", GW_MANIFEST_WORD_MAX, err) ||
        !gw_exchange_text(&result, body, "result", GW_MANIFEST_WORD_MAX, err) ||
        !gw_exchange_named(&ask.named, body, err))
        return false;
    if (!gw_inspection_method_find(&ask.method, method))
        return gw_fail(err, GW_ERR_INVALID, "\"method\" takes document, biometric_recheck, biographic or fingerprint");
    if (!gw_inspection_result_find(&ask.result, result) || ask.result == GW_RESULT_LAPSED)
        return gw_fail(err, GW_ERR_INVALID, "\"result\" takes cleared, denied or referred");
    return gw_exchange_begin(x, render, err) &&
        gw_service_outcome(&i, x->mem, x->service, &x->who, gw_exchange_id(x, "inspection"), &ask, x->once, err) &&
        gw_exchange_answer(x, render, &i);
}

/* ---- how long people waited ---- */

static void set_wait(struct gw_json *j, const char *key, bool has, int64_t median_us, int64_t p90_us)
{
    struct gw_json *w = gw_json_object();
    if (has) {
        gw_json_set_rounded(w, "median_s", (double)median_us / GW_US_PER_S, 1);
        gw_json_set_rounded(w, "p90_s", (double)p90_us / GW_US_PER_S, 1);
    } else {
        gw_json_set_null(w, "median_s");
        gw_json_set_null(w, "p90_s");
    }
    gw_json_set(j, key, w);
}

bool gw_get_inspection_report(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_inspection_report r;
    bool has_from, has_to;
    int64_t from = 0, to = INT64_MAX;
    if (!gw_exchange_moment(&has_from, &from, x, "from", err) || !gw_exchange_moment(&has_to, &to, x, "to", err) ||
        !gw_service_inspection_report(&r, x->mem, x->service, &x->who, from, to, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < r.n; i++) {
        const struct gw_inspection_report_row *row = &r.rows[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "site", *row->site == 0 ? NULL : row->site);
        gw_json_set_text(o, "cause", gw_inspection_cause_name(row->cause));
        gw_json_set_integer(o, "opened", (int64_t)row->opened);
        gw_json_set_integer(o, "cleared", (int64_t)row->cleared);
        gw_json_set_integer(o, "denied", (int64_t)row->denied);
        gw_json_set_integer(o, "referred", (int64_t)row->referred);
        gw_json_set_integer(o, "lapsed", (int64_t)row->lapsed);
        gw_json_set_integer(o, "waiting", (int64_t)row->waiting);
        set_wait(o, "to_claim", row->has_claim, row->claim_median_us, row->claim_p90_us);
        set_wait(o, "to_outcome", row->has_decision, row->decision_median_us, row->decision_p90_us);
        gw_json_add(list, o);
    }
    gw_json_set(j, "rows", list);
    return gw_exchange_json(x, 200, j);
}
