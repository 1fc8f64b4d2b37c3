/* simulate_rehearsal.c - before the day, one voyage slowly: what each role sends, is
 * answered and must not see. The cast: one whose clear is undone, one with another's face,
 * one who declines, one who comes twice, one with a boarding pass, one who has no portrait. */
#include "base/arena.h"
#include "base/clock.h"
#include "cli/simulate.h"
#include "manifest/cusres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNDONE, MISMATCH, DECLINES, TWICE, WITH_PASS, UNKNOWN_FACE, PAPERS_BYTES = 8 << 20, BURST = 80, PASS_TEXT = 120 };
static_assert(UNKNOWN_FACE + 1 == SIM_CAST);

static void plan(struct sim_voyage *v, struct sim *s, int64_t departs_in_s)
{
    *v = (struct sim_voyage){ .n = SIM_CAST, .departure_us = gw_clock_now(NULL) / (60 * GW_US_PER_S) * (60 * GW_US_PER_S) + departs_in_s * GW_US_PER_S };
    snprintf(v->number, sizeof v->number, "%u", (unsigned)(9000 + sim_random(s) % 900));
    v->travelers = gw_alloc_array(v->n, sizeof *v->travelers);
    unsigned base = (unsigned)(sim_random(s) % 90000) * 10000;
    for (size_t i = 0; i < v->n; i++) {
        struct sim_traveler *t = &v->travelers[i];
        *t = (struct sim_traveler){ .fate = SIM_COMES, .person = i == UNKNOWN_FACE || i == DECLINES ? NULL : &s->persons[i < DECLINES ? i : i - 1] };
        snprintf(t->reference, sizeof t->reference, "R%zu", i + 1);
        snprintf(t->document, sizeof t->document, "R%09u", base + (unsigned)i);
        snprintf(t->seat, sizeof t->seat, "%zu%c", 10 + i, 'A' + (char)i);
        snprintf(t->surname, sizeof t->surname, "REHEARSED%c", 'A' + (char)i);
    }
}

/* ---- papers ---- */

static int send(struct gw_json **j, struct sim_client *c, const char *token, const struct gw_buf *body, const char *type, const char *accept)
{
    return sim_ask(j, c, &(struct sim_asked){ .kind = SIM_ASK_MANIFEST, .method = "POST", .path = "/v1/manifests", .token = token, .type = type,
        .headers = { accept }, .body = gw_buf_span(body) });
}

static void close_voyage(struct sim_client *c, struct sim *s, const char *voyage)
{
    struct gw_json *j;
    if (*voyage == 0)
        return;
    sim_post(&j, c, s->carrier, "{\"boarded\":[]}", "/v1/voyages/%s/close", voyage);
    gw_json_free(j);
}

/* What the CUSRES says of a traveler; size 0 where it does not name him. */
static struct gw_span code_of(const struct gw_cusres *r, const char *reference)
{
    for (size_t i = 0; i < r->n_results; i++)
        if (!r->results[i].of_message && gw_span_is(r->results[i].reference, reference) && r->results[i].n_codes > 0)
            return r->results[i].codes[0];
    return (struct gw_span){};
}

static bool read_reply(struct gw_cusres *r, struct gw_arena *a, const struct sim_client *c, struct gw_err *err)
{
    struct gw_span type = {};
    return gw_fetch_header(&type, &c->answer, "Content-Type") && gw_span_starts(type, "application/edifact") &&
        gw_cusres_parse(r, a, gw_buf_span(&c->answer.body), gw_date_of(gw_clock_now(NULL)), NULL, err) && r->kind == GW_CUSRES_RESPONSE && r->valid;
}

/* A PAXLST answered with CUSRES: whole, then with a traveler whose data are damaged. */
static void try_replies(struct sim *s, struct sim_client *c)
{
    struct sim_voyage v;
    struct gw_json *j;
    plan(&v, s, 3 * 3600);
    GW_AUTO(gw_arena) *a = gw_arena_new(PAPERS_BYTES);
    for (int damaged = 0; damaged < 2; damaged++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_cusres r = {};
        struct gw_err err = {};
        char transaction[24];
        v.travelers[1].damaged = damaged;
        sim_manifest_edifact(&text, s, &v, false);
        int status = send(&j, c, s->carrier, &text, "application/edifact", "Accept: application/edifact");
        gw_json_free(j);
        if (!damaged)
            sim_hold(s, SIM_MANIFEST_EDIFACT, status == 201, "it is %d", status);
        bool read = (status == 200 || status == 201) && read_reply(&r, a, c, &err);
        size_t named = 0;
        for (size_t i = 0; read && i < v.n; i++)
            named += code_of(&r, v.travelers[i].reference).size > 0;
        snprintf(transaction, sizeof transaction, "SIM%s", v.number);
        bool echoes = read && gw_span_is(r.transaction_reference, transaction) && r.common_access_reference.size > 0;
        if (!damaged)
            sim_hold(s, SIM_REPLY, echoes && named == v.n, "%d: %s%zu of %zu travelers have a status in it", status,
                !read ? "no CUSRES; " : !echoes ? "without the message's references; " : "", named, v.n);
        else
            sim_hold(s, SIM_REPLY_DAMAGED, read && named == v.n &&
                    !gw_span_equal(code_of(&r, v.travelers[1].reference), code_of(&r, v.travelers[0].reference)),
                "%d: a traveler without a birth date is answered as the others, or the others are lost (%zu of %zu named)", status, named, v.n);
    }
    /* The same to programs: a problem, with its place. */
    GW_AUTO_VALUE(gw_buf) text = {};
    int64_t segment;
    v.travelers[1].damaged = false;
    snprintf(v.travelers[1].surname, sizeof v.travelers[1].surname, "X'ATT+2++'DTM+329:8O0101:101");
    sim_manifest_edifact(&text, s, &v, false);
    int status = send(&j, c, s->carrier, &text, "application/edifact", NULL);
    const struct gw_json *problem = gw_json_at(gw_json_get(j, "problems"), 0);
    sim_hold(s, SIM_PROBLEMS, (status == 200 || status == 422) && *sim_text(problem, "code") != 0 && *sim_text(problem, "text") != 0 &&
            gw_json_get_integer(problem, "segment", &segment),
        "%d, and no problem with its segment", status);
    char voyage[SIM_ID];
    snprintf(voyage, sizeof voyage, "%s", sim_text(j, "voyage"));
    gw_json_free(j);
    close_voyage(c, s, voyage);
    gw_free(v.travelers);
}

static void try_csv(struct sim *s, struct sim_client *c)
{
    struct sim_voyage v;
    struct gw_json *j;
    GW_AUTO_VALUE(gw_buf) text = {};
    int64_t n = 0;
    char voyage[SIM_ID];
    plan(&v, s, 4 * 3600);
    sim_manifest_csv(&text, s, &v);
    int status = send(&j, c, s->carrier, &text, "text/csv", NULL);
    gw_json_get_integer(j, "travelers", &n);
    sim_hold(s, SIM_MANIFEST_CSV, status == 201 && (size_t)n == v.n, "%d with %d travelers of %zu", status, (int)n, v.n);
    snprintf(voyage, sizeof voyage, "%s", sim_text(j, "voyage"));
    gw_json_free(j);
    close_voyage(c, s, voyage);
    gw_free(v.travelers);
}

static void try_late(struct sim_stage *g)
{
    struct sim *s = g->s;
    struct sim_voyage v;
    struct gw_json *j;
    GW_AUTO_VALUE(gw_buf) text = {};
    bool late = false, early = true;
    char voyage[SIM_ID];
    plan(&v, s, 5 * 60);
    sim_manifest_json(&text, s, &v, false);
    int status = send(&j, g->c, s->carrier, &text, "application/json", NULL);
    gw_json_get_bool(j, "late", &late);
    sim_hold(s, SIM_LATE, status == 201 && late, "five minutes before the departure: %d, late is %s", status, late ? "true" : "false");
    snprintf(voyage, sizeof voyage, "%s", sim_text(j, "voyage"));
    gw_json_free(j);
    if (s->supervisor != NULL && sim_offers(s, "get", "/v1/alerts"))
        sim_hold(s, SIM_LATE_ALERT, sim_alerted(g, "late_manifest", voyage, NULL), "no alert of the kind late_manifest");
    status = sim_get(&j, g->c, s->carrier, "/v1/voyages/%s/readiness", g->v.id);
    gw_json_get_bool(j, "late", &early);
    sim_hold(s, SIM_LATE, status == 200 && !early, "three hours before the departure it is late, too");
    gw_json_free(j);
    close_voyage(g->c, s, voyage);
    gw_free(v.travelers);
}

static void try_bad_papers(struct sim *s, struct sim_client *c)
{
    static const struct {
        const char *type, *body;
        int status; /* 0: any refusal */
        bool offset;
    } rows[] = {
        { "application/json", "{\"voyage\": {\"mode\": ", 400, true },
        { "application/json", "{\"voyage\": {\"mode\": \"air\xff\"}}", 0, false },
        { "application/json", "{\"voyage\": {\"mode\": \"submarine\"}, \"travelers\": []}", 0, false },
        { "application/edifact", "This is a letter and no interchange.", 0, false },
        { "text/x-unheard-of", "SIMULATED", 415, false },
    };
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct gw_json *j;
        int64_t offset;
        int status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = "/v1/manifests", .token = s->carrier,
            .type = rows[i].type, .body = gw_span_str(rows[i].body) });
        bool as_said = rows[i].status == 0 ? status >= 400 && status < 500 : status == rows[i].status;
        sim_hold(s, SIM_BAD_PLACE, as_said && (!rows[i].offset || gw_json_get_integer(j, "offset", &offset)), "%.30s: %d%s", rows[i].body, status,
            as_said ? ", without its offset" : "");
        gw_json_free(j);
    }
}

/* ---- at the gate ---- */

struct sim_outcome sim_stage_verify(struct sim_stage *g, const struct sim_person *p, const char *query, const char *pass)
{
    struct sim *s = g->s;
    struct sim_outcome out = { .decision = "retry" };
    char path[200], key[40];
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications%s", g->v.id, query);
    for (size_t i = 0; i < 12 && strcmp(out.decision, "retry") == 0; i++) {
        struct gw_json *j;
        int status = sim_ask(&j, g->c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = path, .token = s->gates[0],
            .type = "image/jpeg", .key = sim_key(key), .headers = { pass }, .body = gw_buf_span(&p->good[i % SIM_FRAMES]) });
        if (status == 200)
            sim_hold_verification(s, &g->v, j, &g->series);
        snprintf(out.decision, sizeof out.decision, "%s", status == 200 ? sim_text(j, "decision") : "");
        snprintf(out.verification, sizeof out.verification, "%s", sim_text(j, "verification"));
        snprintf(out.receipt, sizeof out.receipt, "%s", sim_text(j, "receipt"));
        snprintf(out.reference, sizeof out.reference, "%s", sim_text(gw_json_get(j, "traveler"), "reference"));
        gw_json_free(j);
    }
    if (*out.verification != 0 && strcmp(out.decision, "retry") != 0 && g->n_decided < SIM_DECISIONS)
        snprintf(g->decided[g->n_decided++], SIM_ID, "%s", out.verification);
    return out;
}

void sim_stage_status(char out[16], struct sim_stage *g, const char *reference)
{
    struct gw_json *j;
    *out = 0;
    sim_get(&j, g->c, g->s->carrier, "/v1/voyages/%s/travelers?limit=100", g->v.id);
    const struct gw_json *list = gw_json_get(j, "travelers");
    for (size_t i = 0; i < gw_json_size(list); i++)
        if (strcmp(sim_text(gw_json_at(list, i), "reference"), reference) == 0)
            snprintf(out, 16, "%s", sim_text(gw_json_at(list, i), "status"));
    gw_json_free(j);
}

static void try_twice(struct sim_stage *g)
{
    struct sim *s = g->s;
    const struct sim_traveler *t = &g->v.travelers[TWICE];
    struct sim_outcome a = sim_stage_verify(g, t->person, "", NULL), b = sim_stage_verify(g, t->person, "", NULL);
    sim_hold(s, SIM_CLEAR, strcmp(a.decision, "clear") == 0 && strcmp(a.reference, t->reference) == 0, "%s was answered %s", t->reference, a.decision);
    sim_hold(s, SIM_CLEAR_ONCE, strcmp(b.decision, "clear") != 0, "%s was cleared a second time", t->reference);
    if (s->supervisor != NULL && sim_offers(s, "get", "/v1/alerts"))
        sim_hold(s, SIM_TWICE_ALERT, sim_alerted(g, "duplicate_clear", g->v.id, NULL), "no alert of the kind duplicate_clear");
}

/* IATA Resolution 792, one leg, nothing conditional. */
static void boarding_pass(char out[PASS_TEXT], const struct sim_stage *g, const struct sim_traveler *t)
{
    char name[64], day[GW_TIME_TEXT];
    int64_t first;
    gw_time_format(day, g->v.departure_us);
    snprintf(day + 4, sizeof day - 4, "-01-01T00:00:00Z");
    if (!gw_time_parse(&first, NULL, gw_span_str(day)))
        first = g->v.departure_us;
    snprintf(name, sizeof name, "%.40s/OF THE SIMULATOR", t->surname);
    snprintf(out, PASS_TEXT, "X-Boarding-Pass: M1%-20.20sE%-7s%.3sJFK%-3.3s%04d %03dY%03d%c%04d 100", name, "SIM001", g->s->options.site, g->s->options.carrier,
        (int)strtol(g->v.number, NULL, 10), (int)((g->v.departure_us - first) / (24 * 3600 * GW_US_PER_S)) + 1, (int)strtol(t->seat, NULL, 10), t->seat[strlen(t->seat) - 1], 7);
}

static void try_pass(struct sim_stage *g)
{
    struct sim *s = g->s;
    const struct sim_traveler *t = &g->v.travelers[WITH_PASS];
    char pass[PASS_TEXT];
    boarding_pass(pass, g, t);
    struct sim_outcome other = sim_stage_verify(g, g->stranger, "", pass);
    sim_hold(s, SIM_PASS, strcmp(other.decision, "inspect") == 0, "another's face with the pass of %s was answered %s", t->reference, other.decision);
    struct sim_outcome own = sim_stage_verify(g, t->person, "", pass);
    sim_hold(s, SIM_PASS, strcmp(own.decision, "clear") == 0 && strcmp(own.reference, t->reference) == 0, "%s with the own pass was answered %s",
        t->reference, own.decision);
}

/* ---- who sees what ---- */

static bool is_on_board_of(const struct gw_json *page, const char *voyage)
{
    const struct gw_json *list = gw_json_get(page, "voyages");
    for (size_t i = 0; i < gw_json_size(list); i++)
        if (strcmp(sim_text(gw_json_at(list, i), "voyage"), voyage) == 0)
            return true;
    return false;
}

static void hold_absent(struct sim_stage *g, const char *token, const char *who)
{
    struct gw_json *j;
    int status = sim_get(&j, g->c, token, "/v1/voyages?limit=500");
    sim_hold(g->s, SIM_OWN_ONLY, status == 200 && !is_on_board_of(j, g->v.id), "the board of %s: %d, with the voyage", who, status);
    gw_json_free(j);
    status = sim_get_status(g->c, token, "/v1/voyages/%s", g->v.id);
    sim_hold(g->s, SIM_OWN_ONLY, status == 404 || status == 403, "the voyage for %s: %d", who, status);
}

static void try_others(struct sim_stage *g)
{
    struct sim *s = g->s;
    struct gw_json *j;
    char path[120];
    if (s->other_carrier != NULL) {
        hold_absent(g, s->other_carrier, "another carrier");
        GW_AUTO_VALUE(gw_buf) text = {};
        sim_manifest_json(&text, s, &g->v, false);
        int status = send(&j, g->c, s->other_carrier, &text, "application/json", NULL);
        sim_hold(s, SIM_OWN_ONLY, status == 403 || status == 404, "another carrier's manifest of the voyage: %d", status);
        gw_json_free(j);
    }
    if (s->other_device != NULL) {
        hold_absent(g, s->other_device, "a device of another site");
        snprintf(path, sizeof path, "/v1/voyages/%s/verifications", g->v.id);
        int status = sim_ask(&j, g->c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = path, .token = s->other_device,
            .type = "image/jpeg", .body = gw_buf_span(&s->nobody) });
        sim_hold(s, SIM_OWN_ONLY, status == 403 || status == 404, "a device of another site verifies: %d", status);
        gw_json_free(j);
    }
    const char *const nameless[] = { s->auditor, s->admin, s->gates[0] };
    for (size_t i = 0; i < GW_COUNT(nameless); i++)
        if (nameless[i] != NULL) {
            int status = sim_get_status(g->c, nameless[i], "/v1/voyages/%s/travelers", g->v.id);
            sim_hold(s, SIM_NO_NAMES, status == 403 || status == 404, "travelers for %s: %d", i == 0 ? "an auditor" : i == 1 ? "an admin" : "a device", status);
        }
}

static void try_board(struct sim_stage *g)
{
    struct sim *s = g->s;
    char before[GW_TIME_TEXT], after[GW_TIME_TEXT];
    gw_time_format(before, g->v.departure_us - 3600 * GW_US_PER_S);
    gw_time_format(after, g->v.departure_us + 3600 * GW_US_PER_S);
    GW_AUTO_VALUE(gw_buf) from = {}, to = {}, port = {};
    gw_buf_addf(&from, "from=%s&to=%s", before, after);
    gw_buf_addf(&to, "to=%s", before);
    gw_buf_addf(&port, "port=%s&mode=air", s->options.site);
    const struct {
        const char *query;
        bool there;
    } rows[] = { { gw_buf_text(&from), true }, { gw_buf_text(&to), false }, { gw_buf_text(&port), true }, { "mode=sea", false }, { "port=ZZZ", false } };
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct gw_json *j;
        int status = sim_get(&j, g->c, s->carrier, "/v1/voyages?limit=500&%s", rows[i].query);
        sim_hold(s, SIM_BOARD, status == 200 && is_on_board_of(j, g->v.id) == rows[i].there, "%s: %d, the voyage is %s", rows[i].query, status,
            rows[i].there ? "missing" : "there");
        gw_json_free(j);
    }
    int status = sim_get_status(g->c, s->carrier, "/v1/voyages/%s/travelers?cursor=nobody-gave-this", g->v.id);
    sim_hold(s, SIM_PAGES, status >= 400 && status < 500, "a cursor nobody gave: %d", status);
}

/* ---- events ---- */

static bool is_the_end(const struct sim_told *e, const void *self)
{
    (void)self;
    return strcmp(e->kind, "voyage") == 0 && strcmp(sim_text(e->data, "state"), "closed") == 0;
}

static void hear(struct sim_heard *out, struct sim_stage *g, const char *token, int64_t after)
{
    char query[100];
    snprintf(query, sizeof query, "?voyage=%s", g->v.id);
    sim_listen(out, g->s, &(struct sim_listening){ .token = token, .query = query, .after = after, .most_us = 10 * GW_US_PER_S, .enough = is_the_end });
}

static void hold_replay(struct sim_stage *g, const char *token)
{
    GW_AUTO_VALUE(sim_heard) all = {};
    GW_AUTO_VALUE(sim_heard) rest = {};
    hear(&all, g, token, 0);
    bool ends = all.n > 2 && is_the_end(&all.events[all.n - 1], NULL), fine = ends;
    for (size_t i = 1; i < all.n; i++)
        fine = fine && all.events[i].id > all.events[i - 1].id;
    sim_hold(g->s, SIM_REPLAY, fine, "from the beginning: %zu events, %s", all.n, ends ? "not in order" : "without the end");
    if (!fine)
        return;
    size_t from = all.n / 2;
    hear(&rest, g, token, all.events[from].id);
    bool same = rest.n == all.n - from - 1;
    for (size_t i = 0; same && i < rest.n; i++)
        same = rest.events[i].id == all.events[from + 1 + i].id && strcmp(rest.events[i].kind, all.events[from + 1 + i].kind) == 0;
    sim_hold(g->s, SIM_REPLAY, same, "after event %lld came %zu events, not the %zu that came after it", (long long)all.events[from].id, rest.n, all.n - from - 1);
}

static void hold_view(struct sim_stage *g, const char *token, const char *who)
{
    GW_AUTO_VALUE(sim_heard) all = {};
    hear(&all, g, token, 0);
    size_t decided = 0;
    bool shown = false;
    for (size_t i = 0; i < all.n; i++) {
        decided += strcmp(all.events[i].kind, "decision") == 0;
        shown = shown || sim_shows(all.events[i].data, sim_hidden, sim_n_hidden) || strcmp(all.events[i].kind, "alert") == 0;
    }
    sim_hold(g->s, SIM_VIEWS, decided >= g->n_decided && !shown, "%s was told %zu decisions of %zu%s", who, decided, g->n_decided, shown ? ", and a reason or an alert" : "");
}

static void try_events(struct sim_stage *g)
{
    struct sim *s = g->s;
    if (!sim_offers(s, "get", "/v1/events"))
        return;
    hold_replay(g, s->officer != NULL ? s->officer : s->carrier);
    hold_view(g, s->carrier, "a carrier");
    hold_view(g, s->gates[0], "a gate");
    if (s->other_carrier != NULL) {
        GW_AUTO_VALUE(sim_heard) none = {};
        sim_listen(&none, s, &(struct sim_listening){ .token = s->other_carrier, .query = "", .most_us = GW_US_PER_S / 2 });
        size_t ours = 0;
        for (size_t i = 0; i < none.n; i++)
            ours += strcmp(sim_text(none.events[i].data, "voyage"), g->v.id) == 0;
        sim_hold(s, SIM_VIEWS, ours == 0, "another carrier was told %zu things of the voyage", ours);
    }
}

/* ---- a full queue ---- */

struct knock {
    struct sim *s;
    pthread_t thread;
    int status;
};

static void *knock(void *arg)
{
    struct knock *k = arg;
    struct sim *s = k->s;
    struct sim_client c;
    struct gw_json *j = NULL;
    const struct sim_asked a = { .kind = SIM_ASK_OTHER, .method = "PUT", .path = "/v1/portraits", .token = s->carrier, .type = "image/jpeg",
        .headers = { "X-Document-Number: R0", "X-Issuing-State: UTO", "X-Portrait-Source: passport" }, .body = gw_buf_span(&s->nobody) };
    if (!sim_client_open(&c, s, NULL))
        return NULL;
    k->status = sim_ask_once(&j, &c, &a);
    gw_json_free(j);
    sim_client_close(&c);
    return NULL;
}

/* More at once than a queue holds: each is answered, or told at once to come back later. */
static void try_burst(struct sim *s)
{
    struct knock all[BURST];
    size_t n = 0, odd = 0;
    int last = 0;
    for (; n < BURST; n++) {
        all[n] = (struct knock){ .s = s };
        if (pthread_create(&all[n].thread, NULL, knock, &all[n]) != 0)
            break;
    }
    for (size_t i = 0; i < n; i++) {
        pthread_join(all[i].thread, NULL);
        if (all[i].status != 422 && all[i].status != 503) {
            odd++;
            last = all[i].status;
        }
    }
    sim_hold(s, SIM_BUSY, odd == 0, "of %zu pictures at once %zu were answered neither as one alone nor 503, as %d", n, odd, last);
}

/* ---- the whole of it ---- */

static void announce(struct sim_stage *g)
{
    struct sim *s = g->s;
    struct gw_json *j;
    GW_AUTO_VALUE(gw_buf) text = {};
    int64_t n = 0;
    sim_manifest_json(&text, s, &g->v, false);
    int status = sim_ask_keyed(&j, g->c, &(struct sim_asked){ .kind = SIM_ASK_MANIFEST, .method = "POST", .path = "/v1/manifests", .token = s->carrier,
        .type = "application/json", .body = gw_buf_span(&text) });
    gw_json_get_integer(j, "travelers", &n);
    snprintf(g->v.id, sizeof g->v.id, "%s", sim_text(j, "voyage"));
    sim_hold(s, SIM_MANIFEST_NEW, status == 201 && *g->v.id != 0 && n == SIM_CAST, "%d with %d travelers of %d", status, (int)n, SIM_CAST);
    gw_json_free(j);
    for (size_t i = 0; i < g->v.n; i++) {
        const struct sim_traveler *t = &g->v.travelers[i];
        char number[64], state[64];
        if (t->person == NULL)
            continue;
        snprintf(number, sizeof number, "X-Document-Number: %s", t->document);
        snprintf(state, sizeof state, "X-Issuing-State: %s", s->options.state);
        status = sim_ask_keyed(&j, g->c, &(struct sim_asked){ .kind = SIM_ASK_PORTRAIT, .method = "PUT", .path = "/v1/portraits", .token = s->carrier,
            .type = "image/jpeg", .headers = { number, state, "X-Portrait-Source: passport" }, .body = gw_buf_span(&t->person->portrait) });
        gw_json_free(j);
        sim_hold(s, SIM_PORTRAIT_AFTER, status == 201, "it is %d (%s)", status, t->person->name);
    }
}

static void end(struct sim_stage *g, struct sim_hook *hook)
{
    struct sim *s = g->s;
    struct gw_json *j;
    char body[200], is[16];
    const char *decided[SIM_DECISIONS];
    snprintf(body, sizeof body, "{\"boarded\":[\"%s\",\"%s\"]}", g->v.travelers[UNDONE].reference, g->v.travelers[TWICE].reference);
    int status = sim_post(&j, g->c, s->carrier, body, "/v1/voyages/%s/close", g->v.id);
    gw_json_free(j);
    sim_stage_status(is, g, g->v.travelers[UNDONE].reference);
    sim_hold(s, SIM_FOLLOWS, status == 200 && strcmp(is, "boarded") == 0, "closed (%d), on board, and %s in the list", status, is);
    sim_stage_status(is, g, g->v.travelers[WITH_PASS].reference);
    sim_hold(s, SIM_FOLLOWS, strcmp(is, "not_boarded") == 0, "cleared, not on board, and %s in the list", is);
    try_events(g);
    for (size_t i = 0; i < g->n_decided; i++)
        decided[i] = g->decided[i];
    sim_hook_close(hook, g->c, g->v.id, decided, g->n_decided);
}

void sim_rehearse(struct sim *s, struct sim_client *c)
{
    struct sim_stage g = { .s = s, .c = c, .stranger = &s->persons[s->n_persons - 1] };
    plan(&g.v, s, 3 * 3600);
    sim_record_before(&g);
    struct sim_hook *hook = sim_hook_open(s, c);
    announce(&g);
    if (s->edifact)
        try_replies(s, c);
    try_csv(s, c);
    try_bad_papers(s, c);
    try_late(&g);
    sim_try_boarding(&g, &g.v.travelers[UNDONE]);
    sim_try_mismatch(&g, &g.v.travelers[MISMATCH]);
    sim_try_decline(&g, &g.v.travelers[DECLINES]);
    try_twice(&g);
    try_pass(&g);
    try_others(&g);
    try_board(&g);
    sim_try_receipt(&g);
    sim_try_reports(&g);
    try_burst(s);
    end(&g, hook);
    sim_record_after(&g);
    gw_free(g.v.travelers);
}
