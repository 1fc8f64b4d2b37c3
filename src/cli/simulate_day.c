/* simulate_day.c - the day: manifests and portraits come, people arrive at the gates,
 * manifests change in the midst of it, voyages close.
 *
 * 1. Events are taken in the order of their times by as many gates as there are device
 *    tokens; each gate has a token of its own, because a server counts attempts by device.
 * 2. A traveler is one event; who is added or removed waits for the change of the
 *    manifest, whose event has an earlier time and so was taken before.
 * 3. The gate that ends a voyage's last event closes it. */
#include "base/clock.h"
#include "cli/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum what { WHAT_TRAVELER, WHAT_STRANGER, WHAT_NO_HOLDER, WHAT_CHANGE };

struct event {
    double at_s; /* of the day's clock */
    enum what what;
    struct sim_voyage *voyage;
    struct sim_traveler *traveler;
    const struct sim_person *person;
};

struct day {
    struct sim *s;
    struct event *events;
    size_t n, room;
    atomic_size_t next, next_voyage;
    int64_t began_us;
    atomic_bool over;
    /* the listener's; under the lock of the sim */
    struct {
        char first[SIM_ID], second[SIM_ID];
        size_t decisions, seen;
        char line[512];
        size_t length;
        bool again, found;
    } events_seen;
};

struct gate {
    struct day *day;
    size_t index;
    struct sim_client client;
    struct sim_series *series; /* of each voyage */
    pthread_t thread;
};

static void count(struct sim *s, size_t *counter)
{
    pthread_mutex_lock(&s->lock);
    ++*counter;
    pthread_mutex_unlock(&s->lock);
}

/* ---- before boarding ---- */

static int put_portrait(struct sim_client *c, const struct sim *s, const struct sim_traveler *t)
{
    char number[64], state[64];
    struct gw_json *j;
    snprintf(number, sizeof number, "X-Document-Number: %s", t->document);
    snprintf(state, sizeof state, "X-Issuing-State: %s", s->options.state);
    const struct sim_asked a = { .kind = SIM_ASK_PORTRAIT, .method = "PUT", .path = "/v1/portraits", .token = s->carrier,
        .type = "application/octet-stream", .headers = { number, state, "X-Portrait-Source: passport" }, .body = gw_buf_span(&t->person->portrait) };
    int status = sim_ask(&j, c, &a);
    gw_json_free(j);
    return status;
}

static int post_manifest(struct gw_json **j, struct sim_client *c, const struct sim *s, const struct sim_voyage *v, bool later, const char *key)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    if (v->edifact)
        sim_manifest_edifact(&text, s, v, later);
    else
        sim_manifest_json(&text, s, v, later);
    return sim_ask(j, c, &(struct sim_asked){ .kind = SIM_ASK_MANIFEST, .method = "POST", .path = "/v1/manifests", .token = s->carrier,
        .type = v->edifact ? "application/edifact" : "application/json", .key = key, .body = gw_buf_span(&text) });
}

static size_t how_many(const struct sim_voyage *v, bool later, bool covered)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->travelers[i].fate != (later ? SIM_IS_REMOVED : SIM_IS_ADDED) && (!covered || v->travelers[i].person != NULL);
    return n;
}

static void announce(struct sim *s, struct sim_client *c, struct sim_voyage *v)
{
    char key[40], other[40];
    struct gw_json *first, *again, *j;
    const char *id = "", *same = "";
    int64_t n = 0;
    int status = post_manifest(&first, c, s, v, false, sim_key(key));
    gw_json_get_text(first, "voyage", &id);
    gw_json_get_integer(first, "travelers", &n);
    snprintf(v->id, sizeof v->id, "%s", id);
    sim_hold(s, SIM_MANIFEST_NEW, status == 201 && *id != 0 && (size_t)n == how_many(v, false, false), "%d with %d travelers of %zu", status,
        (int)n, how_many(v, false, false));
    if (v->edifact)
        sim_hold(s, SIM_MANIFEST_EDIFACT, status == 201, "it is %d", status);
    sim_hold(s, SIM_CARRIER_SEES, !sim_shows(first, sim_hidden, sim_n_hidden), "in the answer to a manifest");

    GW_AUTO_VALUE(gw_buf) said = {};
    gw_buf_add(&said, c->answer.body.data, c->answer.body.size);
    status = post_manifest(&again, c, s, v, false, key);
    sim_hold(s, SIM_ONCE_SAME, status == 201 && gw_span_equal(gw_buf_span(&said), gw_buf_span(&c->answer.body)),
        "a manifest with its key again: %d, another answer", status);
    gw_json_free(again);
    status = post_manifest(&again, c, s, v, true, key);
    sim_hold(s, SIM_ONCE_OTHER, status >= 400 && status < 500, "it is %d", status);
    gw_json_free(again);
    status = post_manifest(&again, c, s, v, false, sim_key(other));
    gw_json_get_text(again, "voyage", &same);
    n = 0;
    gw_json_get_integer(again, "travelers", &n);
    sim_hold(s, SIM_MANIFEST_TWICE, status == 200 && strcmp(same, v->id) == 0 && (size_t)n == how_many(v, false, false), "it is %d", status);
    gw_json_free(again);
    gw_json_free(first);

    char path[200];
    const char *departure = "";
    snprintf(path, sizeof path, "/v1/voyages/%s", v->id);
    status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "GET", .path = path, .token = s->carrier });
    gw_json_get_text(j, "departure", &departure);
    size_t length = strlen(departure);
    /* A PAXLST says the port's own time and no zone. */
    if (!v->edifact)
        sim_hold(s, SIM_TIMES, status == 200 && length > 0 && departure[length - 1] == 'Z', "departure \"%.40s\"", departure);
    sim_hold(s, SIM_CARRIER_SEES, !sim_shows(j, sim_hidden, sim_n_hidden), "in a voyage");
    gw_json_free(j);
}

static void hold_readiness(struct sim *s, struct sim_client *c, const struct sim_voyage *v)
{
    char path[200];
    int64_t expected = -1, covered = -1;
    struct gw_json *j;
    snprintf(path, sizeof path, "/v1/voyages/%s/readiness", v->id);
    int status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "GET", .path = path, .token = s->carrier });
    const struct gw_json *p = gw_json_get(j, "portraits");
    gw_json_get_integer(p, "expected", &expected);
    gw_json_get_integer(p, "covered", &covered);
    size_t want = how_many(v, false, false), want_covered = how_many(v, false, true);
    sim_hold(s, SIM_READINESS, status == 200 && (size_t)expected == want && (size_t)covered == want_covered &&
            gw_json_size(gw_json_get(p, "uncovered")) == want - want_covered,
        "expected %d, covered %d; sent were %zu and %zu", (int)expected, (int)covered, want, want_covered);
    gw_json_free(j);
}

static void hold_pages(struct sim *s, struct sim_client *c, const struct sim_voyage *v)
{
    char path[200];
    size_t n = 0;
    bool fine = true;
    const struct gw_json *list;
    snprintf(path, sizeof path, "/v1/voyages/%s/travelers", v->id);
    for (struct sim_pages p = { .path = path, .token = s->carrier, .list = "travelers", .limit = 7 }; sim_next_page(&list, &p, c);) {
        fine = fine && gw_json_size(list) <= 7;
        n += gw_json_size(list);
    }
    sim_hold(s, SIM_PAGES, fine && n == how_many(v, false, false), "%zu of %zu travelers were listed", n, how_many(v, false, false));
}

static void set_up(struct sim *s, struct sim_client *c, struct sim_voyage *v)
{
    for (size_t i = 0; i < v->n; i += 2)
        if (v->travelers[i].person != NULL) {
            int status = put_portrait(c, s, &v->travelers[i]);
            sim_hold(s, SIM_PORTRAIT_BEFORE, status == 201, "it is %d (%s)", status, v->travelers[i].person->name);
        }
    announce(s, c, v);
    for (size_t i = 1; i < v->n; i += 2)
        if (v->travelers[i].person != NULL) {
            int status = put_portrait(c, s, &v->travelers[i]);
            sim_hold(s, SIM_PORTRAIT_AFTER, status == 201, "it is %d (%s)", status, v->travelers[i].person->name);
        }
    hold_readiness(s, c, v);
    hold_pages(s, c, v);
}

/* ---- at the gate ---- */

struct answer {
    enum { NOT_ANSWERED, CLEARED, RETRY, INSPECT } decision;
    char reference[40];
};

static void keep_answered(struct sim *s, struct sim_voyage *v, const char *id)
{
    pthread_mutex_lock(&s->lock);
    if (v->n_answered == v->answered_room) {
        v->answered_room = v->answered_room == 0 ? 64 : v->answered_room * 2;
        v->answered = gw_realloc_array(v->answered, v->answered_room, sizeof *v->answered);
    }
    snprintf(v->answered[v->n_answered++].id, SIM_ID, "%s", id);
    pthread_mutex_unlock(&s->lock);
}

static struct answer verify(struct gate *g, struct sim_voyage *v, const struct gw_buf *frame, const char *document, const char *key, size_t cut_after)
{
    struct sim *s = g->day->s;
    struct answer out = { .decision = NOT_ANSWERED };
    char path[200];
    struct gw_json *j;
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications%s%s", v->id, document == NULL ? "" : "?document=", document == NULL ? "" : document);
    int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_VERIFICATION, .method = "POST", .path = path,
        .token = s->gates[g->index], .type = "image/jpeg", .key = key, .body = gw_buf_span(frame), .cut_after = cut_after });
    const char *decision = "", *reference = "", *id = "";
    if (status == 200) {
        count(s, &s->seen.attempts);
        sim_hold_verification(s, v, j, &g->series[v - s->voyages]);
        gw_json_get_text(j, "verification", &id);
        gw_json_get_text(j, "decision", &decision);
        gw_json_get_text(gw_json_get(j, "traveler"), "reference", &reference);
        keep_answered(s, v, id);
        out.decision = strcmp(decision, "clear") == 0 ? CLEARED : strcmp(decision, "retry") == 0 ? RETRY : INSPECT;
        snprintf(out.reference, sizeof out.reference, "%s", reference);
        if (out.decision == RETRY)
            count(s, &s->seen.retries);
    }
    gw_json_free(j);
    return out;
}

/* Shows frames until it is no longer asked to try again. */
static struct answer stand(struct gate *g, struct sim_voyage *v, const struct sim_person *p, const struct gw_buf *first, const char *document)
{
    struct answer a = { .decision = RETRY };
    char key[40];
    for (size_t i = 0; i < 12 && a.decision == RETRY; i++)
        a = verify(g, v, i == 0 && first != NULL ? first : &p->good[i % SIM_FRAMES], document, sim_key(key), 0);
    return a;
}

static bool decline(struct gate *g, const struct sim_voyage *v, const struct sim_traveler *t)
{
    struct sim *s = g->day->s;
    char path[200], body[100];
    struct gw_json *j;
    snprintf(path, sizeof path, "/v1/voyages/%s/declines", v->id);
    snprintf(body, sizeof body, "{\"reference\":\"%s\"}", t->reference);
    int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_DECLINE, .method = "POST", .path = path,
        .token = s->gates[g->index], .type = "application/json", .body = gw_span_str(body) });
    gw_json_free(j);
    g->series[v - s->voyages] = (struct sim_series){};
    count(s, &s->seen.declined);
    sim_hold(s, SIM_DECLINE, status == 201, "it is %d", status);
    return status == 201;
}

static void settle(struct sim *s, struct sim_traveler *t, const struct answer *a)
{
    pthread_mutex_lock(&s->lock);
    s->seen.expected++;
    t->came = true;
    if (a->decision == CLEARED) {
        bool right = strcmp(a->reference, t->reference) == 0;
        t->cleared = right;
        s->seen.cleared_right += right;
        s->seen.cleared_wrong += !right;
    } else if (a->decision != NOT_ANSWERED)
        s->seen.inspected++;
    pthread_mutex_unlock(&s->lock);
}

static void wait_for_change(const struct sim_voyage *v)
{
    while (!atomic_load(&v->changed))
        nanosleep(&(struct timespec){ .tv_nsec = 1'000'000 }, NULL);
}

static void come(struct gate *g, struct sim_voyage *v, struct sim_traveler *t, const struct sim_person *stranger)
{
    struct sim *s = g->day->s;
    const struct sim_person *p = t->person;
    struct answer a = {};
    char key[40];
    assert(p != NULL || t->fate == SIM_HAS_NO_PORTRAIT); /* nobody of ours is the face of who has none */
    switch (t->fate) {
    case SIM_STAYS_AWAY:
    case SIM_FATES:
        return;
    case SIM_HAS_NO_PORTRAIT: /* somebody's face, with the document of one who has none */
        a = stand(g, v, stranger, NULL, t->document);
        count(s, &s->seen.without_portrait);
        t->came = true;
        return;
    case SIM_DECLINES:
        if (decline(g, v, t)) {
            a = stand(g, v, p, NULL, NULL); /* walks past the camera all the same */
            sim_hold(s, SIM_DECLINE, a.decision != CLEARED || strcmp(a.reference, t->reference) != 0, "%s was cleared after declining", t->reference);
        }
        t->came = true;
        return;
    case SIM_IS_REMOVED:
        wait_for_change(v);
        a = stand(g, v, p, NULL, NULL);
        sim_hold(s, SIM_REMOVED, a.decision != CLEARED || strcmp(a.reference, t->reference) != 0, "%s was cleared after it was removed", t->reference);
        return;
    case SIM_IS_ADDED:
        wait_for_change(v);
        a = stand(g, v, p, NULL, NULL);
        break;
    case SIM_COMES_FAR:
        a = stand(g, v, p, &p->far, NULL);
        break;
    case SIM_COMES_DARK:
        a = stand(g, v, p, &p->dark, NULL);
        break;
    case SIM_SHOWS_DOCUMENT:
        a = stand(g, v, p, NULL, t->document);
        break;
    case SIM_IS_CUT_OFF: { /* the network breaks in the midst of the picture; the gate asks again with the same key */
        sim_key(key);
        verify(g, v, &p->good[0], NULL, key, p->good[0].size / 2);
        a = verify(g, v, &p->good[0], NULL, key, 0);
        sim_hold(s, SIM_CUT_OFF, a.decision != NOT_ANSWERED, "there was no answer");
        struct sim_series before = g->series[v - s->voyages];
        struct gw_buf said = {};
        gw_buf_add(&said, g->client.answer.body.data, g->client.answer.body.size);
        pthread_mutex_lock(&s->lock);
        size_t n = v->n_answered;
        pthread_mutex_unlock(&s->lock);
        char path[200];
        struct gw_json *j;
        snprintf(path, sizeof path, "/v1/voyages/%s/verifications", v->id);
        int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_VERIFICATION, .method = "POST", .path = path,
            .token = s->gates[g->index], .type = "image/jpeg", .key = key, .body = gw_buf_span(&p->good[0]) });
        sim_hold(s, SIM_ONCE_SAME, n > 0 && status == 200 && gw_span_equal(gw_buf_span(&said), gw_buf_span(&g->client.answer.body)),
            "a verification with its key again: %d, another answer", status);
        gw_json_free(j);
        gw_buf_done(&said);
        g->series[v - s->voyages] = before;
        if (a.decision == RETRY)
            a = stand(g, v, p, NULL, NULL);
        break;
    }
    case SIM_COMES:
    case SIM_COMES_TWICE:
        a = stand(g, v, p, NULL, NULL);
        break;
    }
    settle(s, t, &a);
    if (t->fate == SIM_COMES_TWICE && a.decision == CLEARED) {
        struct answer b = stand(g, v, p, NULL, NULL);
        sim_hold(s, SIM_CLEAR_ONCE, b.decision != CLEARED, "%s was cleared a second time", b.reference);
    }
}

static void change(struct gate *g, struct sim_voyage *v)
{
    struct sim *s = g->day->s;
    char key[40];
    int64_t n = 0;
    struct gw_json *j;
    int status = post_manifest(&j, &g->client, s, v, true, sim_key(key));
    gw_json_get_integer(j, "travelers", &n);
    sim_hold(s, SIM_MANIFEST_CHANGE, status == 200 && (size_t)n == how_many(v, true, false), "%d with %d travelers of %zu", status, (int)n,
        how_many(v, true, false));
    gw_json_free(j);
    atomic_store(&v->changed, true);
}

static void no_holder(struct gate *g, struct sim_voyage *v, const struct sim_person *p)
{
    struct answer a = stand(g, v, p, NULL, "NOBODYS0");
    sim_hold(g->day->s, SIM_NO_HOLDER, a.decision != CLEARED, "somebody was cleared");
    char path[200];
    struct gw_json *j;
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", v->id);
    int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = path,
        .token = g->day->s->gates[g->index], .type = "image/jpeg", .body = gw_span_str("this is a letter and no picture") });
    gw_json_free(j); /* no attempt: the next verification of this gate is held to that */
    sim_hold(g->day->s, SIM_NO_PICTURE, status == 400 || status == 415 || status == 422, "a text as a picture: %d", status);
}

/* ---- the end of a voyage ---- */

/* Is every answered decision in the record? The list is an officer's, where the server has one. */
static void hold_record(struct gate *g, const struct sim_voyage *v)
{
    struct sim *s = g->day->s;
    char path[200];
    size_t found = 0;
    const struct gw_json *list;
    if (s->officer == NULL || !sim_offers(s, "get", "/v1/voyages/{id}/verifications"))
        return;
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", v->id);
    for (struct sim_pages p = { .path = path, .token = s->officer, .list = "verifications", .limit = 500 }; sim_next_page(&list, &p, &g->client);)
        for (size_t i = 0; i < gw_json_size(list); i++) {
            const char *id = "";
            gw_json_get_text(gw_json_at(list, i), "verification", &id);
            for (size_t k = 0; k < v->n_answered; k++)
                if (strcmp(id, v->answered[k].id) == 0) {
                    found++;
                    break;
                }
        }
    sim_hold(s, SIM_RECORDED, found == v->n_answered, "%zu of %zu answered decisions are in the record", found, v->n_answered);
}

static void hold_inspections(struct gate *g)
{
    struct sim *s = g->day->s;
    struct gw_json *j;
    if (s->officer == NULL || !sim_offers(s, "get", "/v1/inspections"))
        return;
    int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "GET", .path = "/v1/inspections?limit=50",
        .token = s->officer });
    sim_hold(s, SIM_INSPECTION, status == 200 && gw_json_size(gw_json_get(j, "inspections")) > 0, "it is %d, and %zu wait", status,
        gw_json_size(gw_json_get(j, "inspections")));
    gw_json_free(j);
}

static int post_close(struct gw_json **j, struct gate *g, const struct sim_voyage *v, const struct gw_buf *body)
{
    char path[200];
    snprintf(path, sizeof path, "/v1/voyages/%s/close", v->id);
    return sim_ask(j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_CLOSE, .method = "POST", .path = path, .token = g->day->s->carrier,
        .type = "application/json", .body = gw_buf_span(body) });
}

static void hold_statuses(struct gate *g, const struct sim_voyage *v)
{
    char path[200];
    bool fine = true;
    const char *status_text = "";
    struct gw_json *j;
    snprintf(path, sizeof path, "/v1/voyages/%s/travelers?limit=500", v->id);
    int status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "GET", .path = path, .token = g->day->s->carrier });
    const struct gw_json *list = gw_json_get(j, "travelers");
    for (size_t i = 0; fine && i < gw_json_size(list); i++)
        fine = gw_json_get_text(gw_json_at(list, i), "status", &status_text) &&
            (strcmp(status_text, "boarded") == 0 || strcmp(status_text, "not_boarded") == 0 || strcmp(status_text, "denied") == 0);
    sim_hold(g->day->s, SIM_STATUSES, status == 200 && fine, "%d, somebody is %.20s", status, status_text);
    gw_json_free(j);
}

static void close_out(struct gate *g, struct sim_voyage *v)
{
    struct sim *s = g->day->s;
    GW_AUTO_VALUE(gw_buf) body = {};
    size_t boarded = 0, missed = 0;
    int64_t said = -1, not_boarded = -1;
    const char *unexpected = "";
    struct gw_json *j;
    hold_record(g, v);
    hold_inspections(g);
    gw_buf_add_text(&body, "{\"boarded\":[\"NOT-ANNOUNCED\"");
    for (size_t i = 0; i < v->n; i++) {
        const struct sim_traveler *t = &v->travelers[i];
        if (!t->came || t->fate == SIM_IS_REMOVED)
            continue;
        if (missed == 0 && t->cleared) { /* passed the gate and missed the flight */
            missed++;
            continue;
        }
        gw_buf_addf(&body, ",\"%s\"", t->reference);
        boarded++;
    }
    gw_buf_add_text(&body, "]}");
    int status = post_close(&j, g, v, &body);
    gw_json_get_integer(j, "boarded", &said);
    gw_json_get_integer(j, "not_boarded", &not_boarded);
    const struct gw_json *list = gw_json_get(j, "unexpected");
    struct gw_span one = {};
    if (gw_json_size(list) == 1 && gw_json_string(gw_json_at(list, 0), &one))
        unexpected = gw_span_equal(one, gw_span_str("NOT-ANNOUNCED")) ? "as said" : "another";
    size_t all = how_many(v, true, false);
    sim_hold(s, SIM_CLOSE, status == 200 && (size_t)said == boarded && (size_t)not_boarded == all - boarded && strcmp(unexpected, "as said") == 0,
        "%d: boarded %d of %zu said, not boarded %d, unexpected %zu", status, (int)said, boarded, (int)not_boarded, gw_json_size(list));
    gw_json_free(j);
    int64_t again = -1;
    status = post_close(&j, g, v, &body);
    gw_json_get_integer(j, "boarded", &again);
    sim_hold(s, SIM_CLOSE_AGAIN, status == 200 && again == said, "%d, boarded %d then %d", status, (int)said, (int)again);
    gw_json_free(j);

    char path[200];
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", v->id);
    status = sim_ask(&j, &g->client, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = path,
        .token = s->gates[g->index], .type = "image/jpeg", .body = gw_buf_span(&s->nobody) });
    sim_hold(s, SIM_CLOSED, status == 409, "it is %d", status);
    gw_json_free(j);
    hold_statuses(g, v);
}

/* ---- events ---- */

static bool event_line(struct day *d, const char *line)
{
    struct sim *s = d->s;
    pthread_mutex_lock(&s->lock);
    if (strncmp(line, "id:", 3) == 0) {
        const char *id = line + 3 + strspn(line + 3, " ");
        d->events_seen.seen++;
        if (d->events_seen.again)
            d->events_seen.found = d->events_seen.found || strcmp(id, d->events_seen.second) == 0;
        else if (*d->events_seen.first == 0)
            snprintf(d->events_seen.first, SIM_ID, "%s", id);
        else if (*d->events_seen.second == 0)
            snprintf(d->events_seen.second, SIM_ID, "%s", id);
    } else if (strncmp(line, "event:", 6) == 0)
        d->events_seen.decisions++;
    bool enough = d->events_seen.again && d->events_seen.found;
    pthread_mutex_unlock(&s->lock);
    return !enough;
}

static bool event_piece(void *self, struct gw_span data)
{
    struct day *d = self;
    for (size_t i = 0; i < data.size; i++) {
        char c = (char)data.data[i];
        if (c == '\n') {
            d->events_seen.line[d->events_seen.length] = 0;
            d->events_seen.length = 0;
            if (!event_line(d, d->events_seen.line))
                return false;
        } else if (c != '\r' && d->events_seen.length < sizeof d->events_seen.line - 1)
            d->events_seen.line[d->events_seen.length++] = c;
    }
    return !atomic_load(&d->over) || d->events_seen.again;
}

/* Until the day is over, or the seconds are; then what was told comes again. */
static void listen_once(struct day *d, int64_t whole_us, const char *after)
{
    struct sim *s = d->s;
    const struct gw_fetch_options options = { .authorities = s->options.authorities };
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&options, NULL);
    GW_AUTO_VALUE(gw_fetch_answer) answer = {};
    GW_AUTO_VALUE(gw_buf) url = {};
    char bearer[200], last[100];
    const char *headers[3] = { "Accept: text/event-stream", bearer, last };
    gw_buf_addf(&url, "%s/v1/events", s->options.url);
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", s->officer);
    snprintf(last, sizeof last, "Last-Event-ID: %s", after == NULL ? "" : after);
    struct gw_err ignored = {};
    const struct gw_fetch_ask ask = { .method = "GET", .url = gw_buf_text(&url), .headers = headers, .n_headers = after == NULL ? 2 : 3,
        .whole_us = whole_us, .piece = event_piece, .self = d };
    if (f != NULL && !gw_fetch(&answer, f, &ask, &ignored))
        return; /* it ends by its time */
}

static void *listen_to_events(void *arg)
{
    struct day *d = arg;
    while (!atomic_load(&d->over))
        listen_once(d, 2 * GW_US_PER_S, *d->events_seen.first == 0 ? NULL : d->events_seen.first);
    return NULL;
}

static void hold_events(struct day *d)
{
    struct sim *s = d->s;
    size_t seen = d->events_seen.seen;
    sim_hold(s, SIM_EVENTS, seen > 1, "%zu events came in the day", seen);
    if (seen < 2)
        return;
    d->events_seen.again = true;
    d->events_seen.length = 0;
    listen_once(d, 3 * GW_US_PER_S, d->events_seen.first);
    sim_hold(s, SIM_EVENTS, d->events_seen.found, "the event after %s did not come again", d->events_seen.first);
}

/* ---- the clock ---- */

static void add_event(struct day *d, double at_s, enum what what, struct sim_voyage *v, struct sim_traveler *t, const struct sim_person *p)
{
    if (d->n == d->room) {
        d->room = d->room == 0 ? 256 : d->room * 2;
        d->events = gw_realloc_array(d->events, d->room, sizeof *d->events);
    }
    d->events[d->n++] = (struct event){ at_s, what, v, t, p };
    atomic_fetch_add(&v->remaining, 1);
}

static int by_time(const void *a, const void *b)
{
    double x = ((const struct event *)a)->at_s, y = ((const struct event *)b)->at_s;
    return x < y ? -1 : x > y;
}

static bool is_on_voyage(const struct sim_voyage *v, const struct sim_person *p)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->travelers[i].person == p)
            return true;
    return false;
}

/* Boarding lasts 25 minutes, from 40 before the departure; most come early (an exponential tail). */
static void plan_arrivals(struct day *d, struct sim_voyage *v, size_t index)
{
    struct sim *s = d->s;
    double opens = 900.0 * (double)index, middle = opens + 750;
    const struct sim_person *strangers[2] = {};
    size_t n_strangers = 0;
    for (size_t i = 0; i < s->n_persons && n_strangers < GW_COUNT(strangers); i++)
        if (!is_on_voyage(v, &s->persons[i]))
            strangers[n_strangers++] = &s->persons[i];
    add_event(d, middle, WHAT_CHANGE, v, NULL, NULL);
    for (size_t i = 0; i < v->n; i++) {
        struct sim_traveler *t = &v->travelers[i];
        double u = ((double)(sim_random(s) >> 11) + 0.5) / 9007199254740992.0;
        double at = opens + fmin(-log(u) * 400, 1490);
        if (t->fate == SIM_IS_ADDED || t->fate == SIM_IS_REMOVED)
            at = middle + 1 + u * 700;
        if (t->fate != SIM_STAYS_AWAY)
            add_event(d, at, WHAT_TRAVELER, v, t, strangers[0]);
    }
    for (size_t i = 0; i < n_strangers; i++)
        add_event(d, opens + 300.0 * (double)(i + 1), WHAT_STRANGER, v, NULL, strangers[i]);
    add_event(d, opens + 200, WHAT_NO_HOLDER, v, NULL, &s->persons[0]);
}

static void happen(struct gate *g, const struct event *e)
{
    struct sim *s = g->day->s;
    switch (e->what) {
    case WHAT_TRAVELER:
        come(g, e->voyage, e->traveler, e->person);
        break;
    case WHAT_STRANGER: {
        struct answer a = stand(g, e->voyage, e->person, NULL, NULL);
        count(s, &s->seen.strangers);
        if (a.decision == CLEARED)
            count(s, &s->seen.strangers_cleared);
        break;
    }
    case WHAT_NO_HOLDER:
        no_holder(g, e->voyage, e->person);
        break;
    case WHAT_CHANGE:
        change(g, e->voyage);
        break;
    }
    if (atomic_fetch_sub(&e->voyage->remaining, 1) == 1)
        close_out(g, e->voyage);
}

static void *work(void *arg)
{
    struct gate *g = arg;
    struct day *d = g->day;
    for (;;) {
        size_t i = atomic_fetch_add(&d->next, 1);
        if (i >= d->n)
            return NULL;
        const struct event *e = &d->events[i];
        if (d->s->options.speed > 0) {
            int64_t due = d->began_us + (int64_t)(e->at_s / d->s->options.speed * 1e6), now = gw_clock_monotonic_us();
            if (due > now)
                nanosleep(&(struct timespec){ .tv_sec = (time_t)((due - now) / GW_US_PER_S), .tv_nsec = (long)((due - now) % GW_US_PER_S * 1000) }, NULL);
        }
        happen(g, e);
    }
}

static void *prepare(void *arg)
{
    struct gate *g = arg;
    for (size_t i; (i = atomic_fetch_add(&g->day->next_voyage, 1)) < g->day->s->n_voyages;)
        set_up(g->day->s, &g->client, &g->day->s->voyages[i]);
    return NULL;
}

static bool all_gates(struct gate *gates, size_t n, void *(*run)(void *), struct gw_err *err)
{
    size_t started = 0;
    while (started < n && pthread_create(&gates[started].thread, NULL, run, &gates[started]) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        pthread_join(gates[i].thread, NULL);
    return started == n || gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for a gate");
}

bool sim_day(struct sim *s, struct gw_err *err)
{
    struct day d = { .s = s };
    struct gate gates[SIM_GATES_MAX] = {};
    pthread_t listener;
    bool fine = true, listens = s->n_voyages > 0 && s->officer != NULL && sim_offers(s, "get", "/v1/events");
    for (size_t i = 0; fine && i < s->n_gates; i++) {
        gates[i] = (struct gate){ .day = &d, .index = i, .series = gw_alloc_array(s->n_voyages, sizeof(struct sim_series)) };
        fine = sim_client_open(&gates[i].client, s, err);
    }
    fine = fine && all_gates(gates, s->n_gates, prepare, err);
    for (size_t i = 0; i < s->n_voyages; i++)
        plan_arrivals(&d, &s->voyages[i], i);
    if (d.n > 0)
        qsort(d.events, d.n, sizeof *d.events, by_time);
    listens = listens && pthread_create(&listener, NULL, listen_to_events, &d) == 0;
    d.began_us = gw_clock_monotonic_us();
    fine = fine && all_gates(gates, s->n_gates, work, err);
    s->day_s = (double)(gw_clock_monotonic_us() - d.began_us) / 1e6;
    atomic_store(&d.over, true);
    if (listens) {
        pthread_join(listener, NULL);
        hold_events(&d);
    }
    for (size_t i = 0; i < s->n_gates; i++) {
        sim_client_close(&gates[i].client);
        gw_free(gates[i].series);
    }
    gw_free(d.events);
    return fine;
}
