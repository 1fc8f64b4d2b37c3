/* simulate_desk.c - who decides what a gate could not: the vetting authority's word, the
 * officers' queue, the supervisor. */
#include "base/clock.h"
#include "cli/simulate.h"

#include <stdio.h>
#include <string.h>

static bool is_word(const struct gw_json *j, const char *key, const char *word)
{
    return strcmp(sim_text(j, key), word) == 0;
}

/* ---- the vetting authority ---- */

static int say(struct gw_json **j, struct sim_stage *g, const struct sim_traveler *t, const char *word)
{
    char body[300];
    snprintf(body, sizeof body, "{\"voyage\":\"%s\",\"reference\":\"%s\",\"boarding_status\":\"%s\"}", g->v.id, t->reference, word);
    return sim_post(j, g->c, g->s->carrier, body, "/v1/boarding-status");
}

static bool is_undoing(const struct sim_told *e, const void *self)
{
    const struct sim_traveler *t = self;
    return strcmp(e->kind, "boarding_status") == 0 && is_word(gw_json_get(e->data, "traveler"), "reference", t->reference);
}

void sim_try_boarding(struct sim_stage *g, const struct sim_traveler *t)
{
    struct sim *s = g->s;
    struct gw_json *j;
    char status[16], query[120];
    bool undone = false;
    if (!sim_offers(s, "post", "/v1/boarding-status"))
        return;
    struct sim_outcome a = sim_stage_verify(g, t->person, "", NULL);
    sim_hold(s, SIM_CLEAR, strcmp(a.decision, "clear") == 0 && strcmp(a.reference, t->reference) == 0, "%s was answered %s", t->reference, a.decision);
    sim_stage_status(status, g, t->reference);
    sim_hold(s, SIM_FOLLOWS, strcmp(status, "cleared") == 0, "cleared at the gate, and %s in the list", status);

    int said = say(&j, g, t, "inhibited");
    gw_json_get_bool(j, "undone", &undone);
    sim_hold(s, SIM_BOARDING_SAID, said == 200 && is_word(j, "boarding_status", "inhibited"), "inhibited: %d", said);
    gw_json_free(j);
    sim_stage_status(status, g, t->reference);
    sim_hold(s, SIM_BOARDING_UNDOES, undone && strcmp(status, "cleared") != 0 && *status != 0, "inhibited after a clear, and still %s", status);
    GW_AUTO_VALUE(sim_heard) heard = {};
    snprintf(query, sizeof query, "?voyage=%s&kinds=boarding_status", g->v.id);
    sim_listen(&heard, s, &(struct sim_listening){ .token = s->gates[0], .query = query, .most_us = 2 * GW_US_PER_S, .enough = is_undoing, .self = t });
    sim_hold(s, SIM_BOARDING_TOLD, heard.n > 0 && is_undoing(&heard.events[heard.n - 1], t) &&
            is_word(heard.events[heard.n - 1].data, "decision", "inspect"), "within two seconds the gate was told %zu things, and not that", heard.n);
    if (s->supervisor != NULL && sim_offers(s, "get", "/v1/alerts"))
        sim_hold(s, SIM_BOARDING_ALERT, sim_alerted(g, "clear_undone", g->v.id, NULL), "no alert of the kind clear_undone");

    a = sim_stage_verify(g, t->person, "", NULL);
    sim_hold(s, SIM_BOARDING_HOLDS, *a.decision != 0 && strcmp(a.decision, "clear") != 0, "an inhibited traveler was answered %s", a.decision);
    said = say(&j, g, t, "cleared");
    gw_json_free(j);
    a = sim_stage_verify(g, t->person, "", NULL);
    sim_hold(s, SIM_BOARDING_BACK, said == 200 && strcmp(a.decision, "clear") == 0 && strcmp(a.reference, t->reference) == 0,
        "cleared by the authority again (%d), and answered %s", said, a.decision);
    said = say(&j, g, t, "aboard");
    sim_hold(s, SIM_BAD_PLACE, said >= 400 && said < 500, "a boarding status that is none: %d", said);
    gw_json_free(j);
    snprintf(g->receipt, sizeof g->receipt, "%s", a.receipt);
}

bool sim_alerted(struct sim_stage *g, const char *kind, const char *voyage, struct gw_json **alert)
{
    const struct gw_json *list;
    bool found = false;
    for (struct sim_pages p = { .path = "/v1/alerts", .token = g->s->supervisor, .list = "alerts", .limit = 200 }; sim_next_page(&list, &p, g->c);)
        for (size_t i = 0; i < gw_json_size(list); i++) {
            const struct gw_json *a = gw_json_at(list, i);
            if (found || !is_word(a, "kind", kind) || !is_word(a, "voyage", voyage))
                continue;
            found = true;
            GW_AUTO_VALUE(gw_buf) text = {};
            gw_json_format(&text, a, false);
            if (alert != NULL)
                *alert = gw_json_parse(gw_buf_span(&text), NULL);
        }
    return found;
}

/* ---- inspections ---- */

/* The inspection of the voyage whose member `key` says so, out of the queue. */
static bool find_in_queue(char id[SIM_ID], struct sim_stage *g, const char *key, const char *value)
{
    const struct gw_json *list;
    *id = 0;
    for (struct sim_pages p = { .path = "/v1/inspections", .token = g->s->officer, .list = "inspections", .limit = 200 }; sim_next_page(&list, &p, g->c);)
        for (size_t i = 0; i < gw_json_size(list); i++) {
            const struct gw_json *j = gw_json_at(list, i);
            bool fits = strcmp(key, "reference") == 0 ? is_word(gw_json_get(j, "traveler"), key, value) : is_word(j, key, value);
            if (fits && is_word(j, "voyage", g->v.id) && !is_word(j, "state", "closed"))
                snprintf(id, SIM_ID, "%s", sim_text(j, "inspection"));
        }
    return *id != 0;
}

static int decide(struct gw_json **j, struct sim_stage *g, const char *id, const char *token, const char *method, const char *result)
{
    char body[200];
    snprintf(body, sizeof body, "{\"method\":\"%s\",\"result\":\"%s\"}", method, result);
    return sim_post(j, g->c, token, body, "/v1/inspections/%s/outcome", id);
}

static bool moment(int64_t *us, const struct gw_json *j, const char *key)
{
    const char *text = sim_text(j, key);
    return *text != 0 && gw_time_parse(us, NULL, gw_span_str(text));
}

static void try_photos(struct sim_stage *g, const struct gw_json *case_, const char *id)
{
    struct sim *s = g->s;
    const char *photo = sim_text(gw_json_get(case_, "verification"), "photo");
    struct gw_json *j;
    struct gw_span type = {}, first = {};
    if (*photo == 0)
        gw_json_string(gw_json_at(gw_json_get(gw_json_get(case_, "traveler"), "portraits"), 0), &first);
    if (!sim_offers(s, "get", "/v1/photos/{id}") || (*photo == 0 && first.size == 0))
        return;
    GW_AUTO_VALUE(gw_buf) name = {};
    gw_buf_addf(&name, "%s%.*s", photo, (int)first.size, (const char *)first.data);
    int without = sim_get_status(g->c, s->officer, "/v1/photos/%s", gw_buf_text(&name));
    sim_hold(s, SIM_PHOTO_ASKED, without >= 400 && without < 500, "without purpose and case: %d", without);
    int status = sim_get(&j, g->c, s->officer, "/v1/photos/%s?purpose=inspection&case=%s", gw_buf_text(&name), id);
    sim_hold(s, SIM_PHOTO, status == 200 && gw_fetch_header(&type, &g->c->answer, "Content-Type") && gw_span_starts(type, "image/"),
        "with purpose and case: %d", status);
    gw_json_free(j);
    const char *const others[] = { s->carrier, s->gates[0], s->auditor, s->admin };
    for (size_t i = 0; i < GW_COUNT(others); i++) {
        status = others[i] == NULL ? 403 : sim_get_status(g->c, others[i], "/v1/photos/%s?purpose=inspection&case=%s", gw_buf_text(&name), id);
        sim_hold(s, SIM_NO_FACES, status == 403 || status == 404, "a photo for %s: %d", i == 0 ? "a carrier" : i == 1 ? "a device" : i == 2 ? "an auditor" : "an admin", status);
    }
}

static void try_claim(struct sim_stage *g, const char *id)
{
    struct sim *s = g->s;
    struct gw_json *j;
    if (!sim_offers(s, "post", "/v1/inspections/{id}/claim"))
        return;
    int status = sim_post(&j, g->c, s->officer, "{}", "/v1/inspections/%s/claim", id);
    sim_hold(s, SIM_CLAIM, status == 200 && *sim_text(j, "claimed_at") != 0, "it is %d", status);
    gw_json_free(j);
    if (s->second_officer == NULL)
        return;
    status = sim_post(&j, g->c, s->second_officer, "{}", "/v1/inspections/%s/claim", id);
    sim_hold(s, SIM_CLAIM, status == 409, "by another officer at the same time: %d", status);
    gw_json_free(j);
}

static void hold_times(struct sim_stage *g, const struct gw_json *j)
{
    int64_t opened = 0, claimed = 0, decided = 0;
    bool has_claim = sim_offers(g->s, "post", "/v1/inspections/{id}/claim");
    bool fine = moment(&opened, j, "opened_at") && moment(&decided, j, "decided_at") && (!has_claim || moment(&claimed, j, "claimed_at")) &&
        opened <= decided && (!has_claim || (opened <= claimed && claimed <= decided));
    sim_hold(g->s, SIM_INSPECTION_TIMED, fine, "opened %.40s, claimed %.40s, decided %.40s", sim_text(j, "opened_at"), sim_text(j, "claimed_at"),
        sim_text(j, "decided_at"));
}

static void hold_referral(struct sim_stage *g, const char *id)
{
    struct sim *s = g->s;
    struct gw_json *alert = NULL, *j;
    if (s->supervisor == NULL || !sim_offers(s, "get", "/v1/alerts"))
        return;
    bool found = sim_alerted(g, "referral", g->v.id, &alert);
    sim_hold(s, SIM_REFERRAL, found && is_word(alert, "inspection", id), "no alert of the kind referral names the inspection");
    if (found && sim_offers(s, "post", "/v1/alerts/{alert}/acknowledge")) {
        int status = sim_post(&j, g->c, s->supervisor, "{}", "/v1/alerts/%s/acknowledge", sim_text(alert, "alert"));
        sim_hold(s, SIM_ALERT_TAKEN, status == 200 && is_word(j, "state", "acknowledged"), "it is %d", status);
        gw_json_free(j);
    }
    gw_json_free(alert);
    int status = decide(&j, g, id, s->supervisor, "fingerprint", "denied");
    sim_hold(s, SIM_OUTCOME, status == 200 && is_word(j, "result", "denied"), "a supervisor denies what was referred: %d", status);
    gw_json_free(j);
    char is[16];
    sim_stage_status(is, g, g->v.travelers[1].reference);
    sim_hold(s, SIM_FOLLOWS, strcmp(is, "denied") == 0, "denied by a supervisor, and %s in the list", is);
}

void sim_try_mismatch(struct sim_stage *g, const struct sim_traveler *t)
{
    struct sim *s = g->s;
    char query[80], id[SIM_ID];
    struct gw_json *j;
    snprintf(query, sizeof query, "?document=%s", t->document);
    struct sim_outcome a = sim_stage_verify(g, g->stranger, query, NULL);
    sim_hold(s, SIM_ONE_TO_ONE, strcmp(a.decision, "inspect") == 0, "another's face with the document of %s was answered %s", t->reference, a.decision);
    if (s->officer == NULL || !sim_offers(s, "get", "/v1/inspections/{id}") || !sim_offers(s, "post", "/v1/inspections/{id}/outcome"))
        return;
    bool found = find_in_queue(id, g, "reference", t->reference);
    sim_hold(s, SIM_INSPECTION, found, "the mismatch of %s is not in the queue", t->reference);
    if (!found)
        return;
    int status = sim_get(&j, g->c, s->officer, "/v1/inspections/%s", id);
    sim_hold(s, SIM_CASE, status == 200 && *sim_text(j, "reason") != 0 && is_word(gw_json_get(j, "verification"), "verification", a.verification) &&
            is_word(gw_json_get(j, "traveler"), "reference", t->reference) && gw_json_size(gw_json_get(gw_json_get(j, "traveler"), "documents")) > 0,
        "%d, without the reason, the verification that failed, or the document", status);
    try_claim(g, id);
    try_photos(g, j, id); /* of the case that is his */
    gw_json_free(j);
    status = decide(&j, g, id, s->officer, "document", "cleared");
    sim_hold(s, SIM_NO_OVERRIDE, status == 409, "a mismatch of a grown-up was overridden: %d", status);
    gw_json_free(j);
    status = decide(&j, g, id, s->officer, "document", "referred");
    sim_hold(s, SIM_OUTCOME, status == 200 && is_word(j, "result", "referred"), "referred: %d", status);
    hold_times(g, j);
    gw_json_free(j);
    hold_referral(g, id);
}

void sim_try_decline(struct sim_stage *g, const struct sim_traveler *t)
{
    struct sim *s = g->s;
    char body[100], id[SIM_ID] = "", is[16], decline[SIM_ID];
    struct gw_json *j;
    snprintf(body, sizeof body, "{\"reference\":\"%s\"}", t->reference);
    int status = sim_post(&j, g->c, s->gates[0], body, "/v1/voyages/%s/declines", g->v.id);
    sim_hold(s, SIM_DECLINE, status == 201, "it is %d", status);
    snprintf(decline, sizeof decline, "%s", sim_text(j, "decline"));
    gw_json_free(j);
    sim_stage_status(is, g, t->reference);
    sim_hold(s, SIM_FOLLOWS, strcmp(is, "declined") == 0, "declined, and %s in the list", is);
    if (s->officer == NULL || !sim_offers(s, "get", "/v1/inspections/{id}") || !sim_offers(s, "post", "/v1/inspections/{id}/outcome"))
        return;
    bool found = find_in_queue(id, g, "decline", decline);
    status = found ? sim_get(&j, g->c, s->officer, "/v1/inspections/%s", id) : 0;
    const struct gw_json *verification = found ? gw_json_get(j, "verification") : NULL;
    bool no_image = gw_json_kind(verification) == GW_JSON_NULL || gw_json_kind(verification) == GW_JSON_ABSENT;
    sim_hold(s, SIM_DECLINE_CASE, status == 200 && no_image, found ? "its inspection has a verification" : "no inspection was opened");
    if (!found)
        return;
    gw_json_free(j);
    try_claim(g, id);
    status = decide(&j, g, id, s->officer, "document", "cleared");
    sim_hold(s, SIM_OUTCOME, status == 200 && is_word(j, "state", "closed") && is_word(j, "method", "document"), "who declined, by document: %d", status);
    hold_times(g, j);
    gw_json_free(j);
    sim_stage_status(is, g, t->reference);
    sim_hold(s, SIM_FOLLOWS, strcmp(is, "inspected") == 0, "seen by an officer, and %s in the list", is);
}
