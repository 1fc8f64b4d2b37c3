/* paxlst_fuzz.c - no list past its limits; every place is in the text; what is JSON once
 * is read as JSON again; the same answer twice. */
#include "manifest/paxlst.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct gw_paxlst_message *m, size_t size)
{
    const struct gw_manifest *x = &m->manifest;
    if (x->n_travelers > GW_MANIFEST_TRAVELERS_MAX || x->voyage.n_legs > GW_MANIFEST_LEGS_MAX || x->n_problems > GW_MANIFEST_PROBLEMS_MAX ||
        x->n_problems > x->n_problems_all || m->n_parts == 0 || (m->complete ? 0 : 1) + m->n_lost != x->n_left_out)
        abort();
    bool any_error = false;
    for (size_t i = 0; i < x->n_problems; i++) {
        const struct gw_manifest_problem *p = &x->problems[i];
        any_error = any_error || p->is_error;
        if (p->code == NULL || p->text == NULL || p->text[0] == 0 || (p->tag != NULL && p->tag[0] == 0) ||
            (p->offset != GW_NO_PLACE && p->offset > size))
            abort();
    }
    if (x->n_problems == x->n_problems_all && x->valid == any_error)
        abort();
    for (size_t i = 0; i < x->n_travelers; i++) {
        const struct gw_manifest_traveler *t = &x->travelers[i];
        const struct gw_span texts[] = { t->surname, t->given_names, t->nationality, t->residence, t->reservation, t->reference, t->origin, t->destination, t->seat };
        if (t->n_documents > GW_MANIFEST_DOCUMENTS_MAX)
            abort();
        for (size_t k = 0; k < GW_COUNT(texts); k++)
            if (texts[k].size > GW_MANIFEST_NAME_MAX || !gw_span_utf8(texts[k], NULL))
                abort();
    }
}

static void to_text(struct gw_buf *out, const struct gw_paxlst *p)
{
    for (size_t i = 0; i < p->n_messages; i++) {
        GW_AUTO(gw_json) *o = gw_paxlst_to_json(&p->messages[i]);
        gw_manifest_report_to_json(o, &p->messages[i].manifest);
        gw_json_format(out, o, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    struct gw_paxlst p, again;
    struct gw_err err = {};
    if (!gw_paxlst_parse(&p, a, gw_span_of(data, size), (struct gw_date){ 2026, 11, 23 }, NULL, &err)) {
        if ((err.code != GW_ERR_FORMAT && err.code != GW_ERR_UNSUPPORTED && err.code != GW_ERR_LIMIT) || err.text[0] == 0)
            abort();
        return 0;
    }
    for (size_t i = 0; i < p.n_messages; i++)
        check(&p.messages[i], size);
    GW_AUTO(gw_arena) *b = gw_arena_new(8 << 20);
    GW_AUTO_VALUE(gw_buf) one = {};
    GW_AUTO_VALUE(gw_buf) two = {};
    if (!gw_paxlst_parse(&again, b, gw_span_of(data, size), (struct gw_date){ 2026, 11, 23 }, NULL, &err))
        abort();
    to_text(&one, &p);
    to_text(&two, &again);
    if (one.size != two.size || memcmp(one.data, two.data, one.size) != 0)
        abort();
    return 0;
}
