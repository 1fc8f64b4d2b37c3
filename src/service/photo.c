/* photo.c - one stored photo, for somebody who says why.
 *
 * 1. It is written down, durably, before the photo is opened: who, when, for what, and for
 *    which case. The case must be about the person in the photo, and be the asker's.
 * 2. What is given is not what is stored: it is decoded by the confined child, who looked
 *    and when is drawn into it, and the number of the record is hidden in it.
 * 3. More photos in an hour than a person's work needs take a second person.
 * 4. The pack in force at that moment must allow it: of whom it no longer allows to photograph, or to
 *    keep the picture, nothing is shown, and that is written down as well. */
#include "service/internal.h"

#include "base/log.h"

enum { JPEG_QUALITY = 88, APPROVED_PHOTOS_MOST = 10'000 };
#define HOUR_US (INT64_C(3600) * GW_US_PER_S)

static const char *const purposes[] = { "inspection", "referral", "redress", "investigation" };
static_assert(GW_COUNT(purposes) == GW_PURPOSE_COUNT);

const char *gw_photo_purpose_name(enum gw_photo_purpose purpose)
{
    assert((size_t)purpose < GW_COUNT(purposes));
    return purposes[purpose];
}

bool gw_photo_purpose_find(enum gw_photo_purpose *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(purposes); i++)
        if (gw_span_is(name, purposes[i]))
            return *out = (enum gw_photo_purpose)i, true;
    return false;
}

struct asking {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    const struct gw_photo_ask *ask;
    struct gw_id access;
    int64_t now_us;
    struct gw_photo_row photo;
    struct gw_span picture;
    bool refused; /* by the law */
    char rule[GW_AUDIT_WORD_MAX + 1]; /* that allowed or refused it; "": none is in force */
};

/* What a case is about: an inspection and its verification; for supervisors, a verification alone, too. */
struct about {
    bool is_own; /* a supervisor's; an officer's while he has claimed it, until it is decided */
    bool has_voyage, has_verification;
    bool is_recognised; /* the verification says who it was: the first of travelers */
    struct gw_id voyage, verification;
    struct gw_id travelers[3];
    size_t n_travelers;
    char site[GW_PACK_CODE_MAX + 1]; /* where the inspection is; "": where the voyage departs, or arrives */
};

static bool find_about(struct about *out, const struct asking *k, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_verification_row v;
    struct gw_inspection_row i;
    bool found, inspected;
    *out = (struct about){};
    if (!gw_store_inspection_find(&i, &inspected, k->a, tx, k->ask->basis, err))
        return false;
    out->is_own = k->who->role == GW_ROLE_SUPERVISOR ||
                  (inspected && !i.has_closed && i.has_claimed && i.lease_us > k->now_us && gw_id_equal(i.claimed_by, k->who->token));
    struct gw_id verification = inspected && i.has_verification ? i.verification : k->ask->basis;
    if (!gw_store_verification_get(&v, &found, k->a, tx, verification, err))
        return false;
    out->has_verification = found;
    out->verification = v.id;
    out->has_voyage = found || inspected;
    out->voyage = found ? v.voyage : i.voyage;
    if (inspected && i.site.size < sizeof out->site)
        memcpy(out->site, i.site.size == 0 ? "" : (const char *)i.site.data, i.site.size);
    out->is_recognised = found && v.has_traveler;
    if (out->is_recognised)
        out->travelers[out->n_travelers++] = v.traveler;
    if (inspected && i.has_traveler)
        out->travelers[out->n_travelers++] = i.traveler;
    if (inspected && i.has_candidate)
        out->travelers[out->n_travelers++] = i.candidate;
    return true;
}

/* Whom the photo is of, as far as anybody knows: the holder of the portrait, or who was recognised. */
static bool ask_rule(const struct gw_pack_rule **rule, const struct asking *k, struct gw_tx *tx, const struct gw_law *law,
    const struct gw_id *traveler, struct gw_err *err)
{
    struct gw_traveler_row t;
    bool found = false;
    *rule = NULL;
    return traveler == NULL || (gw_store_traveler_get(&t, &found, true, k->a, tx, *traveler, err) &&
        (!found || gw_law_ask(rule, law, k->a, t.person, err)));
}

/* Of somebody nobody knows the strictest rule counts that allows a photograph (gw_law_keep). A hold keeps beyond its
 * time what the rule allows, and nothing that it does not. */
static bool check_law(struct asking *k, struct gw_tx *tx, const struct about *about, const struct gw_voyage_row *voyage,
    const struct gw_id *traveler, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    GW_AUTO_VALUE(gw_buf) name = {};
    const struct gw_pack_rule *rule;
    struct gw_clocks clocks = { .now_us = k->now_us };
    int64_t until;
    bool held;
    gw_law_at(&law, k->s, voyage, about->site);
    if (!ask_rule(&rule, k, tx, &law, traveler, err) || !gw_store_photo_held(&held, tx, &k->photo, k->now_us, err))
        return false;
    if (law.pack != NULL) {
        gw_buf_addf(&name, "%s%s%s", gw_pack_name(law.pack), rule == NULL ? "" : ":", rule == NULL ? "" : rule->id);
        gw_audit_word(k->rule, gw_buf_text(&name));
    }
    gw_clocks_set(&clocks, GW_STARTS_VERIFICATION, k->photo.taken_us);
    if (voyage->has_closed)
        gw_clocks_set(&clocks, GW_STARTS_CLOSE, voyage->closed_us);
    k->refused = (rule != NULL && !gw_law_photo(rule)) ||
        !gw_law_keep(&until, &law, rule, k->photo.kind == GW_PHOTO_PORTRAIT ? GW_DATUM_PORTRAIT : GW_DATUM_PROBE, &clocks) ||
        (until <= k->now_us && !held) ||
        /* One that only waits for the register any more is nobody else's. */
        (!held && k->photo.key == GW_KEY_TRANSFER && k->photo.taken_us + k->s->conf->retention_probe <= k->now_us);
    return true;
}

/* Is the case one in which this photo has to be seen: the live picture of the verification, or a
 * portrait of whom the case is about? */
static bool check_case(struct asking *k, struct gw_tx *tx, struct gw_err *err)
{
    struct about about;
    struct gw_voyage_row voyage = {};
    struct gw_photo_row *rows = NULL;
    size_t n = 0;
    if (!find_about(&about, k, tx, err))
        return false;
    if (about.has_voyage && (!gw_store_voyage_get(&voyage, k->a, tx, about.voyage, err) || !gw_allow_voyage(k->who, &voyage, err)))
        return false;
    if (about.has_voyage && !about.is_own)
        return gw_fail(err, GW_ERR_FORBIDDEN, "photos of a case are for whoever has claimed it: claim the inspection first");
    bool fits = about.has_verification && k->photo.has_verification && gw_id_equal(k->photo.verification, about.verification);
    const struct gw_id *traveler = fits && about.is_recognised ? &about.travelers[0] : NULL;
    for (size_t t = 0; t < about.n_travelers && !fits && k->photo.has_portrait; t++) {
        if (!gw_store_photos_of_traveler(&rows, &n, k->a, tx, about.travelers[t], err))
            return false;
        for (size_t i = 0; i < n; i++)
            fits = fits || gw_id_equal(rows[i].id, k->photo.id);
        traveler = fits ? &about.travelers[t] : NULL;
    }
    if (!fits)
        return gw_fail(err, GW_ERR_FORBIDDEN, "the case is not one in which this photo may be seen, or not yours");
    return check_law(k, tx, &about, &voyage, traveler, err);
}

static bool check_rate(const struct asking *k, struct gw_tx *tx, struct gw_err *err)
{
    size_t seen, allowed;
    if (!gw_store_access_count(&seen, &allowed, tx, k->who->token, k->now_us - HOUR_US, k->now_us, err))
        return false;
    const size_t most = (size_t)k->s->conf->photos_per_hour + allowed;
    return seen < most || gw_fail(err, GW_ERR_FORBIDDEN,
        "%zu photos were seen under this token within an hour: for more, a supervisor other than its holder must approve (POST /v1/photo-approvals)",
        seen);
}

static bool write_down(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct asking *k = arg;
    k->now_us = gw_clock_now(&k->s->clock);
    k->access = gw_id_new(k->now_us);
    if (!gw_store_photo_get(&k->photo, tx, k->ask->photo, err) || !check_case(k, tx, err) || (!k->refused && !check_rate(k, tx, err)))
        return false;
    struct gw_access_row row = {
        .id = k->access,
        .photo = k->photo.id,
        .token = k->who->token,
        .basis = k->ask->basis,
        .at_us = k->now_us,
        .kind = k->photo.kind,
        .role = (int)k->who->role,
        .purpose = (int)k->ask->purpose,
        .site = gw_span_str(k->who->site),
    };
    return (k->refused || gw_store_access_put(tx, &row, err)) &&
           gw_audit_add(tx, k->s, k->who, GW_AUDIT_PHOTO,
               &(struct gw_audit_facts){
                   .subject = &k->photo.id,
                   .purpose = gw_photo_purpose_name(k->ask->purpose),
                   .case_id = &k->ask->basis,
                   .voyage = k->photo.has_voyage ? &k->photo.voyage : NULL,
                   .answer = k->refused ? "refused" : "shown",
                   .rule = k->rule[0] == 0 ? NULL : k->rule,
               },
               err);
}

static bool open_picture(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct asking *k = arg;
    return gw_store_photo_open(&k->picture, k->a, tx, &k->photo, err);
}

static bool give(struct gw_buf *out, struct gw_worker *w, const struct asking *k, struct gw_err *err)
{
    struct gw_service *s = w->service;
    const struct gw_image_limits limits = {
        .most_bytes = (size_t)s->conf->image_bytes,
        .most_pixels = (uint64_t)s->conf->image_pixels,
        .most_us = s->conf->image_time,
    };
    char who[GW_ID_TEXT], when[GW_TIME_TEXT];
    struct gw_image image;
    if (s->decoder == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "recognition was not started here");
    /* In an arena of its own: the child's pixels are to be read only, and these are drawn on. */
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    if (!gw_decoder_decode(&image, a, s->decoder, k->picture, &limits, GW_WANT_SIDE_PX, NULL, err))
        return false;
    gw_id_format(who, k->who->token);
    gw_time_format(when, k->now_us - k->now_us % GW_US_PER_S);
    gw_image_mark_show(&image, who, when);
    static_assert(GW_IMAGE_MARK_BYTES == sizeof k->access.bytes);
    if (!gw_image_mark_hide(&image, k->access.bytes))
        gw_log(GW_LOG_INFO, "photo", GW_LOG_ID("access", k->access), GW_LOG_WORD("mark", "too small to hide one"));
    return gw_image_write_jpeg(out, &image, JPEG_QUALITY, err);
}

bool gw_service_photo(struct gw_buf *jpeg, struct gw_service *s, struct gw_worker *w, const struct gw_caller *who,
    const struct gw_photo_ask *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new((size_t)s->conf->image_bytes * 2 + GW_WORK_ARENA_BYTES);
    struct asking k = { .s = s, .a = a, .who = who, .ask = ask };
    if (!gw_allow(who, GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR), err) || !gw_store_write(s->store, write_down, &k, err))
        return false;
    if (k.refused) {
        gw_log(GW_LOG_WARN, "photo_refused", GW_LOG_ID("photo", k.photo.id), GW_LOG_ID("token", who->token), GW_LOG_ID("case", ask->basis),
            GW_LOG_SETTING("rule", k.rule));
        return k.rule[0] == 0
            ? gw_fail(err, GW_ERR_NOT_AUTHORISED, "no rule pack is in force: no photograph is shown")
            : gw_fail(err, GW_ERR_NOT_AUTHORISED, "%s, in force now, does not allow this photograph to be taken or kept: it is not shown", k.rule);
    }
    gw_log(GW_LOG_INFO, "photo", GW_LOG_ID("access", k.access), GW_LOG_ID("photo", k.photo.id), GW_LOG_ID("token", who->token),
        GW_LOG_ID("case", ask->basis), GW_LOG_OF_TABLE("purpose", (struct gw_word){ gw_photo_purpose_name(ask->purpose) }));
    gw_count_add(&s->counters.photos, 1);
    return gw_store_read(s->store, open_picture, &k, err) && give(jpeg, w, &k, err);
}

/* ---- more than one person may decide to see --------------------------------------------- */

struct approving {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_photo_approval *out;
    const struct gw_approval_row *row;
    struct gw_once *once;
};

static bool approve(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct approving *k = arg;
    return gw_store_approval_put(tx, k->row, err) &&
           gw_audit_add(tx, k->s, k->who, GW_AUDIT_APPROVE,
               &(struct gw_audit_facts){
                   .subject = &k->out->token,
                   .count = &(uint64_t){ k->out->photos },
                   .until = &k->out->until_us,
               },
               err) &&
           gw_once_keep(tx, k->s, k->once, NULL, k->out, err);
}

bool gw_service_photo_approve(struct gw_photo_approval *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_id token, size_t photos, struct gw_once *once, struct gw_err *err)
{
    const int64_t now = gw_clock_now(&s->clock);
    bool replayed;
    if (!gw_allow(who, GW_ROLE_BIT(SUPERVISOR), err))
        return false;
    if (gw_id_equal(token, who->token))
        return gw_fail(err, GW_ERR_FORBIDDEN, "nobody approves for himself: a second supervisor must");
    /* Of those who may see photos, and of his own site. */
    struct gw_caller whom = {};
    if (!gw_token_caller(&whom, s, token) || (whom.role != GW_ROLE_OFFICER && whom.role != GW_ROLE_SUPERVISOR) ||
        (who->site[0] != 0 && strcmp(who->site, whom.site) != 0))
        return gw_fail(err, GW_ERR_NOT_FOUND, "no officer or supervisor of yours has this token");
    if (photos < 1 || photos > APPROVED_PHOTOS_MOST)
        return gw_fail(err, GW_ERR_INVALID, "photos takes 1 to %d", APPROVED_PHOTOS_MOST);
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    const struct gw_approval_row row = { gw_id_new(now), token, who->token, now, now + HOUR_US, photos };
    *out = (struct gw_photo_approval){ row.id, token, photos, row.until_us };
    struct approving k = { s, who, out, &row, once };
    bool fine = replayed || gw_store_write(s->store, approve, &k, err);
    if (fine && !replayed)
        gw_log(GW_LOG_INFO, "approval", GW_LOG_ID("id", row.id), GW_LOG_ID("token", token), GW_LOG_ID("by", who->token),
            GW_LOG_INT("photos", photos));
    gw_once_leave(s, once, fine);
    return fine;
}

/* ---- who looked, by purpose -------------------------------------------------------------- */

struct summing {
    struct gw_access_report *out;
    struct gw_arena *a;
    int64_t from_us, to_us;
};

static bool sum(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct summing *k = arg;
    struct gw_access_sum *rows;
    size_t n;
    if (!gw_store_access_sums(&rows, &n, &k->out->approvals, k->a, tx, k->from_us, k->to_us, err))
        return false;
    k->out->rows = gw_arena_array(k->a, n, struct gw_access_report_row, err);
    if (k->out->rows == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].purpose < 0 || rows[i].purpose >= GW_PURPOSE_COUNT || rows[i].role < 0 || rows[i].role >= GW_ROLE_COUNT)
            return gw_fail(err, GW_ERR_CORRUPT, "a record of access has a word this gangway does not know");
        k->out->rows[k->out->n++] = (struct gw_access_report_row){
            .purpose = (enum gw_photo_purpose)rows[i].purpose,
            .role = (enum gw_role)rows[i].role,
            .portraits = rows[i].kind == GW_PHOTO_PORTRAIT,
            .site = (const char *)rows[i].site.data,
            .accesses = rows[i].accesses,
            .photos = rows[i].photos,
            .askers = rows[i].persons_asking,
            .cases = rows[i].cases,
        };
        k->out->accesses += rows[i].accesses;
    }
    return true;
}

bool gw_service_access_report(struct gw_access_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, int64_t from_us, int64_t to_us, struct gw_err *err)
{
    *out = (struct gw_access_report){};
    struct summing k = { out, a, from_us, to_us };
    return gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN), err) && gw_store_read(s->store, sum, &k, err);
}
