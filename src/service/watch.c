/* watch.c - of whom the vetting authority has said what, shown to the operator of the machine.
 *
 * 1. A look is in the log before it is answered. Other looks are one when they come again within a minute; these
 *    are not, because of all that is known of a traveler this is what fewest may know.
 * 2. What was said before, and by whom, is read from the log, where nobody can have changed it. Its references to
 *    persons lead nowhere once the voyage's key is dead, so this history dies with the voyage.
 * 3. No names: who it is are an id and the carrier's reference. */
#include "service/internal.h"

#include <stdio.h>
#include <stdlib.h>

struct watching {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_watch_page *page;
    struct gw_boarding_search search;
    struct gw_id voyage;
    struct gw_named_hash named;
    struct gw_watched *one;
};

/* ---- history ----------------------------------------------------------------------- */

struct reference {
    uint8_t bytes[GW_AUDIT_REF_BYTES];
    struct gw_watched *whose;
    size_t capacity;
};
struct history {
    struct gw_arena *a;
    struct reference *references; /* sorted */
    size_t n;
    bool latest_only;
};

static int compare_references(const void *a, const void *b)
{
    return memcmp(((const struct reference *)a)->bytes, ((const struct reference *)b)->bytes, GW_AUDIT_REF_BYTES);
}

static bool take_entry(void *to, uint64_t n, struct gw_span text, struct gw_err *err)
{
    struct history *h = to;
    struct gw_audit_entry e;
    struct reference key;
    struct gw_watched_change c = {};
    if (!gw_audit_parse(&e, text, err))
        return gw_fail(err, GW_ERR_CORRUPT, "entry %llu of the log cannot be read: restore a backup", (unsigned long long)n);
    if (e.kind != GW_AUDIT_STATUS || !gw_hex_parse(key.bytes, sizeof key.bytes, e.text[GW_AUDIT_FIELD_PERSON]) ||
        !gw_boarding_status_find(&c.status, e.text[GW_AUDIT_FIELD_ANSWER]) || !gw_role_find(&c.role, e.text[GW_AUDIT_FIELD_ROLE]))
        return true;
    struct reference *r = bsearch(&key, h->references, h->n, sizeof key, compare_references);
    if (r == NULL)
        return true;
    c.at_us = e.number[GW_AUDIT_FIELD_AT];
    c.has_token = gw_id_parse(&c.token, e.text[GW_AUDIT_FIELD_ACTOR]);
    struct gw_watched *w = r->whose;
    if (h->latest_only)
        w->n_changes = 0;
    w->changes = gw_arena_grow(h->a, w->changes, &r->capacity, w->n_changes + 1, sizeof *w->changes, err);
    if (w->changes == NULL)
        return false;
    w->changes[w->n_changes++] = c;
    return true;
}

/* Of n travelers of one voyage. */
static bool read_history(struct gw_watched *watched, size_t n, bool latest_only, const struct watching *k, struct gw_tx *tx,
    struct gw_err *err)
{
    struct history h = { .a = k->a, .references = gw_arena_array(k->a, n, struct reference, err), .latest_only = latest_only };
    if (h.references == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct gw_hash hash;
        if (gw_audit_person(&hash, tx, watched[i].voyage, &watched[i].traveler) == NULL)
            continue;
        h.references[h.n].whose = &watched[i];
        memcpy(h.references[h.n++].bytes, hash.bytes, GW_AUDIT_REF_BYTES);
    }
    if (h.n == 0)
        return true;
    qsort(h.references, h.n, sizeof *h.references, compare_references);
    return gw_store_audit_about(tx, watched->voyage, take_entry, &h, err);
}

/* ---- who -------------------------------------------------------------------------------- */

/* row NULL: nothing was said. */
static bool fill(struct gw_watched *out, const struct watching *k, struct gw_tx *tx, struct gw_id traveler,
    const struct gw_boarding_row *row, struct gw_err *err)
{
    struct gw_traveler_row t;
    struct gw_person person;
    bool found;
    if (!gw_store_traveler_get(&t, &found, true, k->a, tx, traveler, err) || !found || !gw_person_read(&person, k->a, t.person, err))
        return false;
    *out = (struct gw_watched){ .voyage = t.voyage, .traveler = traveler, .reference = gw_arena_text(k->a, person.reference, err),
        .traveler_status = (enum gw_traveler_status)t.status, .has_status = row != NULL };
    if (row != NULL) {
        out->status = (enum gw_boarding_status)row->status;
        out->as_of_us = row->as_of_us;
    }
    return out->reference != NULL;
}

static bool enter(const struct watching *k, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_voyage_row v;
    return gw_store_voyage_get(&v, k->a, tx, k->voyage, err) && (!v.has_purged || gw_voyage_gone(err));
}

/* How many from there on are of one voyage. */
static size_t of_one_voyage(const struct gw_watched *w, size_t n)
{
    size_t i = 1;
    while (i < n && gw_id_equal(w[i].voyage, w->voyage))
        i++;
    return i;
}

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct watching *k = arg;
    struct gw_watch_page *page = k->page;
    struct gw_boarding_row *rows;
    const size_t limit = k->search.limit++; /* one more tells whether there is a next page */
    size_t n;
    if ((k->search.has_voyage && !enter(k, tx, err)) || !gw_store_boarding_search(&rows, &n, k->a, tx, &k->search, err))
        return false;
    page->n = GW_MIN(n, limit);
    page->watched = gw_arena_array(k->a, page->n, struct gw_watched, err);
    if (page->watched == NULL)
        return false;
    for (size_t i = 0; i < page->n; i++)
        if (!fill(&page->watched[i], k, tx, rows[i].traveler, &rows[i], err))
            return false;
    for (size_t i = 0, m; i < page->n; i += m) {
        m = of_one_voyage(&page->watched[i], page->n - i);
        if (!read_history(&page->watched[i], m, true, k, tx, err))
            return false;
    }
    if (n == page->n)
        return true;
    char cursor[2 * GW_ID_TEXT];
    gw_id_format(cursor, rows[page->n - 1].voyage);
    cursor[GW_ID_TEXT - 1] = '-';
    gw_id_format(cursor + GW_ID_TEXT, rows[page->n - 1].traveler);
    page->cursor = gw_arena_text(k->a, gw_span_str(cursor), err);
    return page->cursor != NULL;
}

static bool show(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct watching *k = arg;
    struct gw_id traveler;
    struct gw_boarding_row row;
    bool known;
    return enter(k, tx, err) && gw_named_get(&traveler, k->a, tx, k->voyage, &k->named, err) &&
        gw_store_boarding_find(&row, &known, tx, traveler, err) && fill(k->one, k, tx, traveler, known ? &row : NULL, err) && read_history(k->one, 1, false, k, tx, err);
}

/* ---- looks are written down ------------------------------------------------------------------ */

static bool log_list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct watching *k = arg;
    const struct gw_watch_page *page = k->page;
    if (page->n == 0) /* that there is nobody was learned, too */
        return gw_audit_add(tx, k->s, k->who, GW_AUDIT_VIEW, &(struct gw_audit_facts){ .name = "watch",
            .voyage = k->search.has_voyage ? &k->voyage : NULL, .count = &(uint64_t){ 0 } }, err);
    for (size_t i = 0, m; i < page->n; i += m) {
        m = of_one_voyage(&page->watched[i], page->n - i);
        const struct gw_audit_facts facts = { .name = "watch", .voyage = &page->watched[i].voyage, .count = &(uint64_t){ m } };
        if (!gw_audit_add(tx, k->s, k->who, GW_AUDIT_VIEW, &facts, err))
            return false;
    }
    return true;
}

static bool log_show(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct watching *k = arg;
    struct gw_hash hash;
    return gw_audit_add(tx, k->s, k->who, GW_AUDIT_VIEW, &(struct gw_audit_facts){ .name = "watch", .voyage = &k->voyage,
        .person = gw_audit_person(&hash, tx, k->voyage, &k->one->traveler) }, err);
}

static bool read_cursor(struct gw_boarding_search *s, struct gw_span cursor, struct gw_err *err)
{
    return cursor.size == 0 ||
        (cursor.size == 2 * GW_ID_TEXT - 1 && cursor.data[GW_ID_TEXT - 1] == '-' &&
            gw_id_parse(&s->after_voyage, gw_span_slice(cursor, 0, GW_ID_TEXT - 1)) &&
            gw_id_parse(&s->after_traveler, gw_span_slice(cursor, GW_ID_TEXT, cursor.size))) ||
        gw_fail(err, GW_ERR_INVALID, "cursor is not one of this list");
}

bool gw_service_watch(struct gw_watch_page *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_watch_filter *f, struct gw_err *err)
{
    struct watching k = { .s = s, .a = a, .who = who, .page = out, .voyage = f->voyage };
    int64_t ignored;
    k.search = (struct gw_boarding_search){ .has_voyage = f->has_voyage, .voyage = f->voyage, .has_status = f->has_status,
        .status = (int)f->status };
    *out = (struct gw_watch_page){};
    return gw_allow(who, GW_ROLE_BIT(ADMIN), err) && gw_page_ask(&ignored, &k.search.limit, (struct gw_span){}, f->limit, err) &&
        read_cursor(&k.search, f->cursor, err) && gw_store_read(s->store, list, &k, err) && gw_store_write(s->store, log_list, &k, err);
}

bool gw_service_watch_one(struct gw_watched *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_named *named, struct gw_err *err)
{
    struct watching k = { .s = s, .a = a, .who = who, .voyage = voyage, .one = out };
    *out = (struct gw_watched){};
    return gw_allow(who, GW_ROLE_BIT(ADMIN), err) && gw_named_hash_of(&k.named, s, named, err) &&
        gw_store_read(s->store, show, &k, err) && gw_store_write(s->store, log_show, &k, err);
}
