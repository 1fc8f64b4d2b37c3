/* simulate_record.c - what is written down, and who may read it: receipts, reports, the
 * log and its proofs. */
#include "audit/proof.h"
#include "cli/simulate.h"

#include <stdio.h>
#include <string.h>

static const char *const reports[] = { "accuracy", "captures", "declines", "retention", "access", "service" };

/* A head signed now. False: not to be had. */
static bool head(int64_t *size, char note[1024], struct gw_note_key *key, struct sim_stage *g)
{
    struct gw_json *j;
    if (g->s->auditor == NULL || !sim_offers(g->s, "get", "/v1/audit/head"))
        return false;
    int status = sim_get(&j, g->c, g->s->auditor, "/v1/audit/head?fresh=yes");
    struct gw_checkpoint c;
    struct gw_err err = {};
    snprintf(note, 1024, "%s", sim_text(j, "note"));
    bool fine = status == 200 && gw_json_get_integer(j, "size", size) && gw_note_key_parse(key, gw_span_str(sim_text(j, "key")), &err) &&
        gw_head_check(&c, gw_span_str(note), key, &err) && (int64_t)c.size == *size;
    sim_hold(g->s, SIM_LOG_HEAD, fine, "%d: %s", status, err.text);
    gw_json_free(j);
    return fine;
}

void sim_record_before(struct sim_stage *g)
{
    struct gw_note_key key;
    if (!head(&g->log_size, g->log_head, &key, g))
        g->log_size = 0;
}

static void hold_proof(struct sim_stage *g, const struct gw_note_key *key, enum sim_rule rule, const char *query)
{
    struct gw_json *j;
    GW_AUTO_VALUE(gw_buf) sentence = {};
    struct gw_err err = {};
    int status = sim_get(&j, g->c, g->s->auditor, "/v1/audit/proofs?%s", query);
    sim_hold(g->s, rule, status == 200 && gw_proof_check(&sentence, j, key, &err), "%s: %d %s", query, status, err.text);
    gw_json_free(j);
}

/* What was written during the rehearsal names nobody of its cast. */
static void hold_entries(struct sim_stage *g)
{
    struct gw_json *j;
    bool named = false;
    int64_t next = g->log_size;
    size_t n = 0;
    for (int page = 0; page < 100; page++) {
        int status = sim_get(&j, g->c, g->s->auditor, "/v1/audit/entries?from=%lld&limit=200", (long long)next);
        const char *text = gw_buf_text(&g->c->answer.body);
        n += gw_json_size(gw_json_get(j, "entries"));
        for (size_t i = 0; i < g->v.n; i++)
            named = named || strstr(text, g->v.travelers[i].document) != NULL || strstr(text, g->v.travelers[i].surname) != NULL;
        bool more = status == 200 && gw_json_get_integer(j, "next", &next);
        gw_json_free(j);
        if (!more)
            break;
    }
    sim_hold(g->s, SIM_LOG_NAMELESS, n > 0 && !named, n == 0 ? "there are none" : "a name or the number of a document is in them");
}

void sim_record_after(struct sim_stage *g)
{
    int64_t size = 0;
    char note[1024], query[100];
    struct gw_note_key key;
    if (g->log_size == 0 || !head(&size, note, &key, g))
        return;
    sim_hold(g->s, SIM_LOG_HEAD, size > g->log_size, "%lld entries before, %lld after", (long long)g->log_size, (long long)size);
    if (sim_offers(g->s, "get", "/v1/audit/proofs")) {
        snprintf(query, sizeof query, "leaf=%lld&size=%lld", (long long)g->log_size, (long long)size);
        hold_proof(g, &key, SIM_LOG_ENTRY, query);
        snprintf(query, sizeof query, "first=%lld&second=%lld", (long long)g->log_size, (long long)size);
        hold_proof(g, &key, SIM_LOG_GROWS, query);
    }
    if (sim_offers(g->s, "get", "/v1/audit/entries"))
        hold_entries(g);
}

void sim_try_receipt(struct sim_stage *g)
{
    struct sim *s = g->s;
    struct gw_json *j;
    if (!sim_offers(s, "get", "/v1/receipts/{receipt}") || *g->receipt == 0)
        return;
    int status = sim_get(&j, g->c, NULL, "/v1/receipts/%s", g->receipt);
    const char *text = gw_buf_text(&g->c->answer.body);
    bool named = false;
    for (size_t i = 0; i < g->v.n; i++)
        named = named || strstr(text, g->v.travelers[i].surname) != NULL;
    sim_hold(s, SIM_RECEIPT, status == 200 && j != NULL && !named, "%d, %s", status, named ? "with a name" : "no receipt");
    gw_json_free(j);
    size_t last = strlen(g->receipt) - 1;
    g->receipt[last] = g->receipt[last] == '0' ? '1' : '0';
    status = sim_get_status(g->c, NULL, "/v1/receipts/%s", g->receipt);
    sim_hold(s, SIM_RECEIPT, status == 404, "a number that nobody was given: %d", status);
}

void sim_try_reports(struct sim_stage *g)
{
    struct sim *s = g->s;
    for (size_t i = 0; i < GW_COUNT(reports); i++) {
        char path[64];
        snprintf(path, sizeof path, "/v1/reports/%s", reports[i]);
        if (s->auditor == NULL || !sim_offers(s, "get", path))
            continue;
        int status = sim_get_status(g->c, s->auditor, "%s", path);
        sim_hold(s, SIM_REPORTS, status == 200, "%s for an auditor: %d", path, status);
        status = sim_get_status(g->c, s->carrier, "%s", path);
        sim_hold(s, SIM_WRONG_ROLE, status == 403, "%s for a carrier: %d", path, status);
    }
}
