/* named.c - finds somebody on a voyage by what stands on paper. */
#include "service/internal.h"

bool gw_named_hash_of(struct gw_named_hash *out, const struct gw_service *s, const struct gw_named *named, struct gw_err *err)
{
    *out = (struct gw_named_hash){
        .has_traveler = named->has_traveler,
        .traveler = named->traveler,
        .has_reference = named->reference.size > 0,
        .reference = named->reference,
        .has_document = named->document_number.size > 0,
    };
    return !out->has_document || gw_document_hash_of(&out->document, s, named->document_number, named->issuing_state, err);
}

bool gw_named_is_anybody(const struct gw_named_hash *named)
{
    return named->has_traveler || named->has_reference || named->has_document;
}

static bool find_by_id(bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage, struct gw_id traveler, struct gw_err *err)
{
    struct gw_traveler_row row;
    if (!gw_store_traveler_get(&row, found, false, a, tx, traveler, err))
        return false;
    *found = *found && gw_id_equal(row.voyage, voyage) && row.status != GW_STATUS_REMOVED;
    return true;
}

static bool find(struct gw_id *traveler, bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_named_hash *named, struct gw_err *err)
{
    *found = false;
    if (named->has_traveler) {
        *traveler = named->traveler;
        if (!find_by_id(found, a, tx, voyage, named->traveler, err))
            return false;
        if (*found)
            return true;
    }
    if (named->has_reference) {
        struct gw_hash reference;
        struct gw_err e = {};
        if (!gw_store_voyage_hash(&reference, tx, voyage, named->reference, &e))
            return e.code == GW_ERR_GONE || (err != NULL && (*err = e, false));
        return gw_store_traveler_by_reference(traveler, found, tx, voyage, &reference, err);
    }
    if (!named->has_document)
        return true;
    struct gw_holder *holders;
    size_t n;
    if (!gw_store_holders(&holders, &n, a, tx, &named->document, &voyage, err))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!gw_id_equal(holders[i].traveler, holders[0].traveler))
            return gw_fail(err, GW_ERR_CONFLICT, "more than one person on this voyage has this document: say the reference, or who issued it");
    if (n > 0) {
        *traveler = holders[0].traveler;
        *found = true;
    }
    return true;
}

bool gw_named_get(struct gw_id *traveler, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_named_hash *named, struct gw_err *err)
{
    bool found;
    if (!find(traveler, &found, a, tx, voyage, named, err))
        return false;
    return found || gw_fail(err, GW_ERR_NOT_FOUND, "nobody expected on this voyage has this reference or document");
}

static void copy(char *out, struct gw_span s)
{
    size_t n = GW_MIN(s.size, (size_t)GW_MANIFEST_WORD_MAX);
    if (n > 0)
        memcpy(out, s.data, n);
    out[n] = 0;
}

void gw_named_copy(char reference[GW_MANIFEST_WORD_MAX + 1], char seat[GW_MANIFEST_WORD_MAX + 1],
    const struct gw_person *person)
{
    copy(reference, person->reference);
    copy(seat, person->seat);
}
