/* portrait.c - templates: waiting for voyages, and of a voyage's travelers. */
#include "store/tx.h"

static struct gw_bound portrait_bound(const struct gw_portrait_row *p)
{
    return (struct gw_bound){ GW_KEY_PORTRAIT, p->id, GW_SEALED_PORTRAIT,
        gw_span_of(p->id.bytes, sizeof p->id.bytes) };
}

/* A template belongs to its traveler and to the portrait it was made from. */
struct template_row {
    uint8_t bytes[GW_HASH_BYTES];
};

static struct template_row template_row_of(const struct gw_id *traveler, const struct gw_id *portrait)
{
    struct template_row o;
    static_assert(sizeof o.bytes == 2 * sizeof traveler->bytes);
    memcpy(o.bytes, traveler->bytes, sizeof traveler->bytes);
    memcpy(o.bytes + sizeof traveler->bytes, portrait->bytes, sizeof portrait->bytes);
    return o;
}

static void read_portrait(struct gw_reading *r, struct gw_portrait_row *p, struct gw_arena *a)
{
    *p = (struct gw_portrait_row){
        .id = gw_column_id(r, 0),
        .document = { gw_column_hash(r, 1), true, gw_column_hash(r, 2) },
        .source = (int)gw_column_int(r, 3),
        .received_us = gw_column_int(r, 5),
        .expires_us = gw_column_int(r, 6),
        .picture = gw_column_hash(r, 7),
        .model = gw_column_copy(r, 8, a),
        .quality = gw_column_real(r, 9),
        .template = gw_column_copy(r, 10, a),
        .carrier = gw_column_copy(r, 11, a),
    };
    p->has_captured = gw_column_maybe_int(r, 4, &p->captured_day);
}

static bool unseal_portrait(struct gw_portrait_row *p, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_bound bound = portrait_bound(p);
    return gw_tx_unseal(&p->template, a, tx, &bound, p->template, err);
}

bool gw_store_portrait_find(struct gw_portrait_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_hash *document, int source, struct gw_span carrier, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_PORTRAIT_FIND, GW_VALUES(gw_v_id(document), gw_v_int(source), gw_v_text(carrier)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        read_portrait(&r, row, a);
    }
    return gw_reading_done(&r) && (!*found || unseal_portrait(row, a, tx, err));
}

/* What it replaces is dead at once, with its pictures and on every voyage; only pictures that are held stay. The same
 * picture sent again replaces its own, held or not: otherwise there would be one more of it each time. */
static bool drop_replaced(struct gw_tx *tx, const struct gw_portrait_row *p, struct gw_err *err)
{
    struct gw_reading r;
    struct gw_id old = {};
    bool found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_PORTRAIT_ID,
            GW_VALUES(gw_v_id(&p->document.document), gw_v_int(p->source), gw_v_text(p->carrier)), err))
        return false;
    if (gw_reading_next(&r)) {
        found = true;
        old = gw_column_id(&r, 0);
    }
    const bool same = found && gw_id_equal(old, p->id);
    return gw_reading_done(&r) &&
           (!found ||
               ((same || gw_photos_hold_portrait(tx, old, p->received_us, err)) && gw_photos_forget_portrait(tx, old, same, err) &&
                   (same || gw_store_key_destroy(tx, GW_KEY_PORTRAIT, old, NULL, err)) &&
                   gw_tx_run(tx, GW_QUERY_TEMPLATES_OF_PORTRAIT_DROP, GW_VALUES(gw_v_id(&old)), NULL, err) &&
                   gw_tx_run(tx, GW_QUERY_PORTRAIT_EXPIRE, GW_VALUES(gw_v_id(&old)), NULL, err)));
}

bool gw_store_portrait_put(struct gw_tx *tx, const struct gw_portrait_row *p, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct gw_bound bound = portrait_bound(p);
    return drop_replaced(tx, p, err) && gw_store_key_make(tx, GW_KEY_PORTRAIT, p->id, p->received_us, err) &&
           gw_tx_seal(&sealed, tx, &bound, p->template, err) &&
           gw_tx_run(tx, GW_QUERY_PORTRAIT_INSERT,
               GW_VALUES(gw_v_id(&p->id), gw_v_id(&p->document.number), gw_v_id(&p->document.document), gw_v_int(p->source),
                   gw_v_maybe_int(p->has_captured, p->captured_day), gw_v_int(p->received_us), gw_v_int(p->expires_us),
                   gw_v_id(&p->picture), gw_v_text(p->model), gw_v_real(p->quality), gw_v_blob(gw_buf_span(&sealed)), gw_v_text(p->carrier)),
               NULL, err);
}

bool gw_store_portraits_hasten(struct gw_tx *tx, struct gw_id voyage, int64_t until_us, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_PORTRAITS_HASTEN, GW_VALUES(gw_v_id(&voyage), gw_v_int(until_us)), NULL, err) &&
           gw_tx_run(tx, GW_QUERY_PORTRAIT_PHOTOS_HASTEN, GW_VALUES(gw_v_id(&voyage)), NULL, err);
}

bool gw_store_portraits_expire(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us, size_t limit,
    struct gw_err *err)
{
    enum { AT_ONCE = 256 };
    struct gw_id due[AT_ONCE];
    size_t n = 0;
    struct gw_reading r;
    limit = GW_MIN(limit, (size_t)AT_ONCE);
    if (!gw_reading_start(&r, tx, GW_QUERY_PORTRAITS_DUE, GW_VALUES(gw_v_int(now_us), gw_v_int((int64_t)limit)), err))
        return false;
    while (n < limit && gw_reading_next(&r))
        due[n++] = gw_column_id(&r, 0);
    if (!gw_reading_done(&r))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_photos_hold_portrait(tx, due[i], now_us, err) || !gw_store_key_destroy(tx, GW_KEY_PORTRAIT, due[i], &out->keys, err) ||
            !gw_tx_run(tx, GW_QUERY_PORTRAIT_PHOTOS_EXPIRE, GW_VALUES(gw_v_id(&due[i])), &out->photos, err) ||
            !gw_tx_run(tx, GW_QUERY_PORTRAIT_EXPIRE, GW_VALUES(gw_v_id(&due[i])), &out->portraits, err))
            return false;
    *done = n < limit;
    return true;
}

bool gw_store_portraits(struct gw_portrait_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *d, struct gw_id voyage, struct gw_span model, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_PORTRAITS,
            GW_VALUES(gw_v_id(&d->number), gw_v_maybe_id(d->has_document, &d->document), gw_v_text(model), gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_portrait(&r, &(*rows)[(*n)++], a);
    }
    bool fine = gw_reading_done(&r);
    for (size_t i = 0; fine && *rows != NULL && i < *n; i++)
        fine = unseal_portrait(&(*rows)[i], a, tx, err);
    return fine;
}

bool gw_store_template_put(struct gw_tx *tx, struct gw_id traveler, struct gw_id voyage,
    const struct gw_portrait_row *p, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct template_row row = template_row_of(&traveler, &p->id);
    struct gw_bound bound = { GW_KEY_VOYAGE, voyage, GW_SEALED_TEMPLATE, gw_span_of(row.bytes, sizeof row.bytes) };
    return gw_tx_seal(&sealed, tx, &bound, p->template, err) &&
           gw_tx_run(tx, GW_QUERY_TEMPLATE_INSERT,
               GW_VALUES(gw_v_id(&traveler), gw_v_id(&p->id), gw_v_id(&voyage), gw_v_text(p->model),
                   gw_v_real(p->quality), gw_v_blob(gw_buf_span(&sealed)), gw_v_int(p->source),
                   gw_v_maybe_int(p->has_captured, p->captured_day), gw_v_int(p->received_us), gw_v_int(p->carrier.size == 0)),
               NULL, err);
}

bool gw_store_covered(struct gw_covered **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    struct gw_span model, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_COVERED, GW_VALUES(gw_v_id(&voyage), gw_v_text(model)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_covered){ gw_column_id(&r, 0), (unsigned)gw_column_int(&r, 1) };
    }
    return gw_reading_done(&r);
}

bool gw_store_templates_drop(struct gw_tx *tx, struct gw_id traveler, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TEMPLATES_DROP, GW_VALUES(gw_v_id(&traveler)), NULL, err);
}

bool gw_store_templates(struct gw_tx *tx, struct gw_id voyage, struct gw_span model, const struct gw_id *only,
    gw_store_template_fn *each, void *to, struct gw_err *err)
{
    struct gw_reading r;
    enum { ONE_BYTES = 8192 };
    GW_AUTO(gw_arena) *one = gw_arena_new(ONE_BYTES);
    const struct gw_value values[] = { gw_v_id(&voyage), gw_v_text(model), gw_v_maybe_id(only != NULL, only) };
    if (!gw_reading_start(&r, tx, only == NULL ? GW_QUERY_TEMPLATES : GW_QUERY_TEMPLATES_OF, values, only == NULL ? 2 : 3,
            err))
        return false;
    while (gw_reading_next(&r)) {
        struct gw_template_row row = {
            .traveler = gw_column_id(&r, 0),
            .portrait = gw_column_id(&r, 1),
            .source = (int)gw_column_int(&r, 2),
            .received_us = gw_column_int(&r, 4),
            .quality = gw_column_real(&r, 5),
        };
        row.has_captured = gw_column_maybe_int(&r, 3, &row.captured_day);
        row.authority = gw_column_int(&r, 7) != 0;
        struct gw_span sealed = gw_column_bytes(&r, 6);
        if (r.failed)
            break;
        struct template_row name = template_row_of(&row.traveler, &row.portrait);
        struct gw_bound bound = { GW_KEY_VOYAGE, voyage, GW_SEALED_TEMPLATE, gw_span_of(name.bytes, sizeof name.bytes) };
        gw_arena_reset(one);
        if (!gw_tx_unseal(&row.template, one, tx, &bound, sealed, err) || !each(to, &row, err))
            gw_reading_fail(&r);
    }
    return gw_reading_done(&r);
}
