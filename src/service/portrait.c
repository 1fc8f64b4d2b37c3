/* portrait.c - a reference photo for a document: measured, turned into a template, and sealed
 * away for whoever must compare by eye. */
#include "service/internal.h"

#include "base/log.h"
#include "base/work.h"
#include "document/chip.h"

/* What a portrait must be: one face, seen from the front, of the asked quality. Not
 * as strict as a live picture where a traveler can be asked to try again. */
static struct gw_policy portrait_policy(const struct gw_service *s)
{
    struct gw_policy p = gw_policy_default();
    p.least_quality = s->conf->enrol_quality;
    p.least_eye_distance_px = 24;
    p.most_face_share = 1.5;
    p.most_yaw_deg = p.most_pitch_deg = p.most_roll_deg = 45;
    p.least_component = 10;
    return p;
}

/* EF.DG2 and a portrait's record alone begin as no picture does (Doc 9303-10, 4.7.2; ISO/IEC 19794-5, 5.4; ISO/IEC 7816-11).
 * A file of a chip this large has its length in a byte from 0x81 on, a text none. */
static bool is_of_a_chip(struct gw_span sent)
{
    const uint8_t *b = sent.data;
    return sent.size > 4 && ((b[0] == 0x75 && b[1] > 0x80) || (b[0] == 0x7F && (b[1] == 0x2E || b[1] == 0x60 || b[1] == 0x61)) ||
                                memcmp(b, "FAC", 4) == 0);
}

/* What the eye and the network look at: the picture as it was sent, or the first portrait of the chip's file. Only the
 * picture is kept of such a file. */
static bool picture_of(struct gw_span *out, struct gw_span sent, struct gw_err *err)
{
    struct gw_chip_file f;
    *out = sent;
    if (!is_of_a_chip(sent))
        return true;
    if (!gw_chip_parse(&f, sent, err))
        return false;
    for (size_t i = 0; i < f.n_images; i++)
        if (f.images[i].bytes.size > 0) {
            *out = f.images[i].bytes;
            return true;
        }
    for (size_t i = 0; i < f.n_problems; i++)
        if (f.problems[i].is_error)
            return gw_fail_at(err, GW_ERR_FORMAT, f.problems[i].offset, "%s: %s", gw_chip_file_name(&f), f.problems[i].text);
    return gw_fail(err, GW_ERR_FORMAT, "%s: no portrait in it", gw_chip_file_name(&f));
}

bool gw_portraits_attach(struct gw_tx *tx, struct gw_service *s, struct gw_id traveler, struct gw_id voyage,
    const struct gw_document_hash *documents, size_t n, struct gw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct gw_portrait_row *portraits;
        size_t n_portraits;
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
        if (!gw_store_portraits(&portraits, &n_portraits, a, tx, &documents[i], voyage, gw_service_model(s), err))
            return false;
        for (size_t j = 0; j < n_portraits; j++)
            if (!gw_store_template_put(tx, traveler, voyage, &portraits[j], err))
                return false;
    }
    return true;
}

/* Whose the portrait is: the sender's that speaks for a carrier, and then it serves that carrier's voyages and only that
 * carrier replaces it. Empty: an authority's own, for all. A carrier's token without a carrier sees no voyage
 * (gw_allow_voyage) and so serves none. */
static bool owner_of(struct gw_span *carrier, const struct gw_caller *who, struct gw_err *err)
{
    *carrier = gw_span_str(who->carrier);
    return who->role != GW_ROLE_CARRIER || carrier->size > 0 || gw_fail(err, GW_ERR_FORBIDDEN, "a carrier's token needs its carrier");
}

/* Who of those that travel with the document may be photographed, and so have their portrait
 * kept: the others are taken out of the list. *barred: all of them were; or nobody whom it would serve is known
 * to travel with it, and there is nobody of whom a rule allows to keep one. Whom another carrier expects is not
 * asked: the answer would tell of it. */
static bool keep_allowed(bool *barred, struct gw_holder *holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_service *s, struct gw_err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct gw_voyage_row voyage;
        struct gw_traveler_row row;
        struct gw_manifest_traveler t;
        bool found;
        GW_AUTO_VALUE(gw_law_way) way = {};
        if (!gw_store_voyage_get(&voyage, a, tx, holders[i].voyage, err) || !gw_law_along(&way, a, s, &voyage, err) ||
            !gw_store_traveler_get(&row, &found, true, a, tx, holders[i].traveler, err) ||
            (found && !gw_manifest_traveler_parse_json(&t, a, row.person, err)))
            return false;
        if (found && gw_law_anywhere(&way, &t))
            holders[kept++] = holders[i];
    }
    *barred = kept == 0 && (*n > 0 || !gw_law_keeps_any(s, GW_DATUM_PORTRAIT));
    *n = kept;
    return true;
}

struct keep {
    struct gw_portrait_receipt *out;
    struct gw_service *s;
    const struct gw_caller *who;
    const struct gw_portrait_made *made;
    struct gw_once *once;
    int64_t now_us;
    struct gw_arena *a;
    struct gw_span carrier; /* whose it is */
    struct gw_holder *holders;
    size_t n_holders;
};

/* The picture has the clock of its portrait. */
static bool keep_picture(struct gw_tx *tx, const struct keep *k, const struct gw_portrait_row *row, struct gw_err *err)
{
    struct gw_photo_row photo = {
        .id = gw_id_new(k->now_us),
        .kind = GW_PHOTO_PORTRAIT,
        .has_portrait = true,
        .portrait = row->id,
        .taken_us = k->now_us,
        .expires_us = row->expires_us,
    };
    return k->made->bytes.size == 0 || photo.expires_us <= k->now_us ||
           gw_store_photo_put(tx, &photo, k->made->bytes, k->now_us, err);
}

static bool keep(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct keep *k = arg;
    const struct gw_portrait_made *m = k->made;
    struct gw_portrait_row old, row = {
        .id = gw_id_new(k->now_us),
        .document = m->document,
        .source = (int)m->source,
        .has_captured = m->captured_on.year != 0,
        .captured_day = m->captured_on.year == 0 ? 0 : gw_date_days(m->captured_on),
        .received_us = k->now_us,
        .expires_us = k->now_us + k->s->conf->retention_portrait,
        .picture = m->picture,
        .model = gw_service_model(k->s),
        .quality = m->quality,
        .carrier = k->carrier,
    };
    uint8_t bytes[GW_TEMPLATE_BYTES_MAX];
    gw_template_format(bytes, m->template);
    row.template = gw_span_of(bytes, gw_template_bytes(m->template->dim));

    bool found = false, barred = false, fine = gw_store_holders_open(&k->holders, &k->n_holders, k->a, tx, &m->document, k->carrier, err) &&
                               keep_allowed(&barred, k->holders, &k->n_holders, k->a, tx, k->s, err) &&
                               (!barred || gw_law_refuse(err)) &&
                               gw_store_portrait_find(&old, &found, k->a, tx, &m->document.document, (int)m->source, k->carrier, err);
    if (fine && found && old.has_captured && row.has_captured && old.captured_day > row.captured_day)
        fine = gw_fail(err, GW_ERR_CONFLICT, "a newer portrait from this source is already kept");
    /* The same picture again is the same portrait; it only lives longer. */
    bool same = fine && found && memcmp(old.picture.bytes, row.picture.bytes, sizeof row.picture.bytes) == 0 &&
                gw_span_equal(old.model, row.model);
    if (same)
        row.id = old.id;
    k->out->created = !found;
    k->out->portrait = row.id;
    fine = fine && ((same && old.expires_us == row.expires_us && old.has_captured == row.has_captured) ||
                       (gw_store_portrait_put(tx, &row, err) && keep_picture(tx, k, &row, err)));
    k->out->voyages = 0;
    for (size_t i = 0; fine && i < k->n_holders; i++) {
        if (k->holders[i].status == GW_STATUS_DECLINED)
            continue;
        struct gw_voyage_row voyage;
        bool counted = false;
        for (size_t j = 0; j < i && !counted; j++)
            counted = gw_id_equal(k->holders[j].voyage, k->holders[i].voyage);
        fine = gw_store_template_put(tx, k->holders[i].traveler, k->holders[i].voyage, &row, err) &&
               gw_store_voyage_get(&voyage, k->a, tx, k->holders[i].voyage, err);
        k->out->voyages += fine && !counted && gw_allow_voyage(k->who, &voyage, NULL);
    }
    gw_wipe(bytes, sizeof bytes);
    return fine &&
           gw_audit_add(tx, k->s, k->who, GW_AUDIT_PORTRAIT,
               &(struct gw_audit_facts){
                   .subject = &row.id,
                   .source = gw_portrait_source_name(m->source),
                   .count = &(uint64_t){ k->out->voyages },
                   .until = &row.expires_us,
               },
               err) &&
           gw_once_keep(tx, k->s, k->once, NULL, k->out, err);
}

bool gw_portrait_keep(struct gw_portrait_receipt *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_portrait_made *made, struct gw_once *once, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct keep k = { .out = out, .s = s, .who = who, .made = made, .once = once, .now_us = gw_clock_now(&s->clock), .a = a };
    gw_work_rest();
    if (!owner_of(&k.carrier, who, err) || !gw_store_write(s->store, keep, &k, err))
        return false;
    for (size_t i = 0; i < k.n_holders; i++) {
        gw_galleries_touch(s->galleries, k.holders[i].voyage, &k.holders[i].traveler, 1);
        gw_readiness_touch(s, k.holders[i].voyage);
    }
    gw_count_add(&s->counters.portraits, 1);
    gw_log(GW_LOG_INFO, "portrait", GW_LOG_ID("portrait", out->portrait), GW_LOG_INT("voyages", out->voyages));
    return true;
}

struct barring {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_document_hash *document;
    struct gw_span carrier;
    bool barred;
};

static bool read_barred(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct barring *b = arg;
    struct gw_holder *holders;
    size_t n;
    return gw_store_holders_open(&holders, &n, b->a, tx, b->document, b->carrier, err) &&
           keep_allowed(&b->barred, holders, &n, b->a, tx, b->s, err);
}

static bool portrait(struct gw_portrait_receipt *out, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, const struct gw_portrait_ask *ask, struct gw_once *once, struct gw_err *err)
{
    struct gw_portrait_made made = { .source = ask->source, .captured_on = ask->captured_on };
    if (ask->issuing_state.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "issuing_state is needed: a number alone does not name a document");
    if (ask->captured_on.year != 0 &&
        (!gw_date_check(ask->captured_on) ||
            gw_date_compare(ask->captured_on, gw_date_of(gw_clock_now(&s->clock) + 24 * 3600 * GW_US_PER_S)) > 0))
        return gw_fail(err, GW_ERR_INVALID, "captured_on must be a day that has been");
    if (!gw_document_hash_of(&made.document, s, ask->document_number, ask->issuing_state, err))
        return false;
    struct barring b = { .s = s, .a = w->arena, .document = &made.document };
    if (!owner_of(&b.carrier, who, err) || !gw_store_read(s->store, read_barred, &b, err) || (b.barred && !gw_law_refuse(err)))
        return false;
    if (!picture_of(&made.bytes, ask->picture, err))
        return false;
    made.picture = gw_store_hash(s->store, GW_HASH_PICTURE, made.bytes);

    GW_AUTO_VALUE(gw_seen) seen = {};
    struct gw_face_times times = {};
    if (!gw_see(&seen, w, made.bytes, &times, err))
        return false;
    struct gw_policy policy = portrait_policy(s);
    struct gw_facts facts = { .attempt = 1, .n_faces = (unsigned)seen.n_faces,
        .second_face_share = seen.second_face_share, .face = seen.facts };
    enum gw_reason reason;
    if (!gw_policy_usable(&reason, &policy, &facts)) {
        gw_count_add(&s->counters.portraits_refused, 1);
        return gw_fail(err, GW_ERR_INVALID, "the portrait cannot be used (%s): %s", gw_reason_code(reason),
            gw_reason_text(reason));
    }
    out->quality = w->faces[0].quality;
    static_assert(GW_QUALITY_COUNT <= GW_COUNT(out->components));
    for (int q = 0; q < GW_QUALITY_COUNT; q++)
        if (w->faces[0].has_component[q]) {
            out->components[out->n_quality].name = gw_quality_name((enum gw_quality)q);
            out->components[out->n_quality++].value = w->faces[0].components[q];
        }
    if (!gw_see_template(w, &seen, &times, err))
        return false;
    gw_seen_done(&seen);
    gw_stages_add(s, &times);
    if (w->embedding.doubtful) {
        gw_count_add(&s->counters.portraits_refused, 1);
        return gw_fail(err, GW_ERR_INVALID, "the portrait cannot be used (%s): %s", gw_reason_code(GW_REASON_QUALITY),
            gw_reason_text(GW_REASON_QUALITY));
    }
    made.template = &w->template;
    made.quality = out->quality;
    return gw_portrait_keep(out, s, who, &made, once, err);
}

bool gw_service_portrait(struct gw_portrait_receipt *out, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, const struct gw_portrait_ask *ask, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_portrait_receipt){};
    if (!gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || portrait(out, s, w, who, ask, once, err);
    gw_arena_reset(w->arena);
    gw_wipe(&w->template, sizeof w->template);
    gw_wipe(&w->embedding, sizeof w->embedding);
    gw_wipe(w->faces, sizeof w->faces);
    gw_once_leave(s, once, fine);
    return fine;
}
