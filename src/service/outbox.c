/* outbox.c - sends what transfer.c put there to the identity register, and takes its receipts.
 *
 * 1. The rule is asked again before each sending. Nothing leaves without one.
 * 2. That it is offered is in the log before it is. It goes over TLS, both sides with certificates, and
 *    no byte of it before the register has said that it takes it.
 * 3. The register knows it by its id: the same id is the same transfer, and has the same receipt. So what is
 *    cut off between sending and noting the receipt is offered again, and arrives once.
 * 4. The receipt names the digest of what was received. Only that ends it, or the time the pack gives it.
 * 5. A register that cannot be reached is asked about one transfer at a time, so an outage costs nobody anything. */
#include "fetch/fetch.h"
#include "service/internal.h"

#include "base/log.h"
#include "image/image.h"

#include <stdio.h>

enum { AT_ONCE = 4, ROWS_AT_ONCE = 64, BODY_MORE = 1024, ANSWER_MOST = 64 << 10, URL_MOST = 1024, RECORD_BYTES = 64 << 10 };
#define RETRY_MOST_US (15 * 60 * GW_US_PER_S)
#define LOOK_EVERY_US (10 * GW_US_PER_S)

/* One on its way. */
struct flying {
    bool used;
    struct gw_id id;
    struct gw_hash digest; /* of the body */
    uint8_t *body;         /* in locked memory */
    size_t size, room;
};

struct gw_outbox {
    struct gw_service *s;
    struct gw_fetch *fetch;
    pthread_t thread;
    bool runs;
    bool stopping; /* atomic */
    struct flying flying[AT_ONCE];
    size_t n_flying;
    unsigned failures;      /* of the register, one after the other */
    int64_t pause_until_us; /* monotonic */
};

/* ---- offering ----------------------------------------------------------------------------------- */

static int64_t wait_after(const struct gw_conf *c, unsigned attempt)
{
    int64_t us = c->register_retry;
    for (unsigned i = 1; i < attempt && us < RETRY_MOST_US; i++)
        us *= 2;
    return GW_MIN(us, RETRY_MOST_US);
}

struct offering {
    struct gw_service *s;
    struct gw_arena *a;
    struct gw_transfer_row row;
    bool goes;
    const char *lost; /* why it cannot be sent */
};

static bool offer_in(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct offering *o = arg;
    struct gw_transfer_row *row = &o->row;
    const int64_t now = gw_service_steady(o->s);
    bool found, unsure;
    o->goes = false;
    if (!gw_store_transfer_find(row, &found, o->a, tx, row->id, err))
        return false;
    if (!found || row->state != GW_TRANSFER_WAITING || row->due_us <= now)
        return true;
    if (o->lost != NULL)
        return gw_transfer_end(tx, o->s, row, GW_TRANSFER_MISSED, o->lost, NULL, err) && gw_transfer_alert(tx, o->s, GW_ALERT_TRANSFER_MISSED, row, err);
    o->goes = gw_transfer_may_leave(&unsure, o->s, row, now);
    if (!o->goes && !unsure)
        return gw_transfer_end(tx, o->s, row, GW_TRANSFER_BLOCKED, "no_rule", NULL, err);
    row->next_us = now + wait_after(o->s->conf, row->attempt + 1);
    row->word = o->goes ? row->word : gw_span_str("no_pack");
    row->attempt += o->goes;
    return gw_store_transfer_update(tx, row, err) &&
        (!o->goes || gw_transfer_log(tx, o->s, NULL, row, "offered", (struct gw_audit_facts){ .count = &(uint64_t){ row->attempt } }, err));
}

struct opening {
    struct gw_service *s;
    const struct gw_transfer_row *row;
    struct flying *f;
};

static const char *type_of(const struct gw_service *s, struct gw_span picture)
{
    static const char *const types[] = { [GW_IMAGE_JPEG] = "image/jpeg", [GW_IMAGE_PNG] = "image/png", [GW_IMAGE_JPEG2000] = "image/jp2" };
    const struct gw_image_limits limits = { .most_bytes = (size_t)s->conf->image_bytes, .most_pixels = (uint64_t)s->conf->image_pixels };
    struct gw_image_info info;
    return gw_image_probe(&info, picture, &limits, NULL) ? types[info.kind] : "application/octet-stream";
}

/* The record, and the picture in it, where the record ended. */
static bool write_body(struct flying *f, const struct gw_service *s, struct gw_span record, struct gw_span picture, struct gw_err *err)
{
    const struct gw_hash hash = gw_sha256(picture);
    char hex[2 * GW_HASH_BYTES + 1];
    assert(record.size > 1 && record.data[record.size - 1] == '}');
    f->room = record.size + GW_BASE64_TEXT(picture.size) + BODY_MORE;
    f->body = gw_secret_pages(f->room);
    if (f->body == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no memory for a picture");
    char *at = (char *)f->body;
    size_t n = record.size - 1;
    gw_hex(hex, gw_span_of(hash.bytes, sizeof hash.bytes));
    memcpy(at, record.data, n);
    n += (size_t)snprintf(at + n, f->room - n, ",\"picture\":{\"type\":\"%s\",\"sha256\":\"%s\",\"data\":\"", type_of(s, picture), hex);
    gw_base64(at + n, picture);
    n += GW_BASE64_TEXT(picture.size) - 1;
    static const char end[] = { '"', '}', '}' }; /* bytes of a body, no text */
    memcpy(at + n, end, sizeof end);
    f->size = n + sizeof end;
    f->digest = gw_sha256(gw_span_of(f->body, f->size));
    return true;
}

/* Unsealed in locked memory, and only for as long as it is sent. */
static bool open_body(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct opening *o = arg;
    struct gw_photo_row photo;
    struct gw_span record, picture;
    if (!gw_store_photo_get(&photo, tx, o->row->photo, err))
        return false;
    if (photo.size < 0 || photo.size > GW_PHOTO_BYTES_MAX)
        return gw_fail(err, GW_ERR_CORRUPT, "a photo's row has an impossible size");
    const size_t room = 2 * (size_t)photo.size + RECORD_BYTES;
    void *memory = gw_secret_pages(room);
    if (memory == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no memory for a picture");
    struct gw_arena *a = gw_arena_new_in(memory, room);
    const bool fine = gw_store_transfer_open(&record, a, tx, o->row, err) && gw_store_photo_open(&picture, a, tx, &photo, err) &&
        write_body(o->f, o->s, record, picture, err);
    gw_arena_free(a);
    gw_secret_pages_free(memory, room);
    return fine;
}

static void flying_done(struct gw_outbox *o, struct flying *f)
{
    gw_secret_pages_free(f->body, f->room);
    *f = (struct flying){};
    o->n_flying--;
}

static bool launch(struct gw_outbox *o, struct flying *f)
{
    char id[GW_ID_TEXT], url[URL_MOST + GW_ID_TEXT + 1], digest[64 + GW_BASE64_TEXT(GW_HASH_BYTES)], base64[GW_BASE64_TEXT(GW_HASH_BYTES)];
    const char *const base = o->s->conf->register_url;
    gw_id_format(id, f->id);
    gw_base64(base64, gw_span_of(f->digest.bytes, sizeof f->digest.bytes));
    snprintf(url, sizeof url, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", id);
    snprintf(digest, sizeof digest, "Content-Digest: sha-256=:%s:", base64); /* RFC 9530 */
    const char *const headers[] = { "Content-Type: application/json", "Accept: application/json", digest };
    return gw_fetch_start(o->fetch,
        &(struct gw_fetch_ask){ .method = "PUT", .url = url, .headers = headers, .n_headers = GW_COUNT(headers),
            .body = gw_span_of(f->body, f->size), .most_bytes = ANSWER_MOST, .ask_first = true, .own = f });
}

/* Logs that it is offered, opens it, sends it. */
static bool offer(struct gw_outbox *o, struct gw_arena *a, struct gw_id id, struct gw_err *err)
{
    struct gw_service *s = o->s;
    struct offering offering = { .s = s, .a = a, .row = { .id = id } };
    struct flying *f = o->flying;
    while (f->used)
        f++; /* there is one: who calls has counted */
    if (!gw_store_write(s->store, offer_in, &offering, err) || !offering.goes)
        return err->code == GW_OK;
    gw_store_step(s->store, "transfer: offered");
    *f = (struct flying){ .used = true, .id = id };
    o->n_flying++;
    struct opening opening = { s, &offering.row, f };
    if (gw_store_read(s->store, open_body, &opening, err) && launch(o, f)) {
        gw_store_step(s->store, "transfer: on its way");
        return true;
    }
    flying_done(o, f);
    if (err->code != GW_ERR_GONE && err->code != GW_ERR_CORRUPT && err->code != GW_ERR_NOT_FOUND)
        return false;
    /* A backup was restored, or its file is damaged: nothing can send it any more. */
    gw_log(GW_LOG_ERROR, "transfer", GW_LOG_ID("id", id), GW_LOG_WHY(err));
    *err = (struct gw_err){};
    offering.lost = "gone";
    return gw_store_write(s->store, offer_in, &offering, err);
}

/* ---- what the register said ----------------------------------------------------------------------- */

struct landing {
    struct gw_outbox *outbox;
    struct gw_arena *a;
    struct gw_id id;
    enum { LAND_RECEIVED, LAND_REFUSED, LAND_AGAIN } how;
    bool register_ill;       /* not this transfer is the trouble */
    char word[GW_AUDIT_WORD_MAX + 1];
    struct gw_hash receipt;
};

/* A receipt names the transfer, the digest of what was received, and the register's own number for it. */
static bool read_receipt(struct landing *l, const struct flying *f, struct gw_span body)
{
    GW_AUTO(gw_json) *j = gw_json_parse(body, NULL);
    struct gw_span transfer, digest, number;
    char id[GW_ID_TEXT], hex[2 * GW_HASH_BYTES + 1];
    gw_id_format(id, f->id);
    gw_hex(hex, gw_span_of(f->digest.bytes, sizeof f->digest.bytes));
    if (j == NULL || !gw_json_get_string(j, "transfer", &transfer) || !gw_json_get_string(j, "sha256", &digest) ||
        !gw_json_get_string(j, "receipt", &number) || !gw_span_is(transfer, id) || !gw_span_is(digest, hex) ||
        number.size < 1 || number.size > GW_AUDIT_WORD_MAX || !gw_audit_is_word(number))
        return false;
    memcpy(l->word, number.data, number.size);
    l->word[number.size] = 0;
    l->receipt = gw_sha256(body);
    return true;
}

static void judge(struct landing *l, const struct flying *f, const struct gw_fetch_answer *answer)
{
    const int status = answer->status;
    if (answer->end != GW_FETCH_ANSWERED) {
        snprintf(l->word, sizeof l->word, "%s", gw_fetch_end_name(answer->end));
        l->how = LAND_AGAIN;
        l->register_ill = true;
    } else if ((status == 200 || status == 201) && read_receipt(l, f, gw_buf_span(&answer->body))) {
        l->how = LAND_RECEIVED;
    } else if (status == 200 || status == 201) {
        /* It has something, and not this. */
        snprintf(l->word, sizeof l->word, "receipt");
        l->how = LAND_REFUSED;
    } else {
        snprintf(l->word, sizeof l->word, "%d", status);
        /* Who we are is no fault of this transfer's, nor is that the register is busy or broken. */
        l->register_ill = status == 401 || status == 403 || status == 407 || status == 408 || status == 425 || status == 429 || status >= 500;
        l->how = l->register_ill ? LAND_AGAIN : LAND_REFUSED;
    }
}

static bool land_in(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct landing *l = arg;
    struct gw_service *s = l->outbox->s;
    struct gw_transfer_row row;
    bool found;
    if (!gw_store_transfer_find(&row, &found, l->a, tx, l->id, err))
        return false;
    if (!found || row.state != GW_TRANSFER_WAITING)
        return true; /* its time was over meanwhile, and that is what the log says */
    if (l->how == LAND_RECEIVED)
        return gw_transfer_end(tx, s, &row, GW_TRANSFER_RECEIVED, l->word, &l->receipt, err);
    row.word = gw_span_str(l->word);
    if (l->how == LAND_REFUSED) {
        row.state = GW_TRANSFER_REFUSED;
        gw_count_add(&s->counters.transfers[GW_TRANSFER_REFUSED], 1);
        return gw_store_transfer_update(tx, &row, err) &&
            gw_transfer_log(tx, s, NULL, &row, "refused", (struct gw_audit_facts){ .reason = l->word }, err) &&
            gw_transfer_alert(tx, s, GW_ALERT_TRANSFER_REFUSED, &row, err);
    }
    const bool unknown_here = strcmp(l->word, "401") == 0 || strcmp(l->word, "403") == 0 || strcmp(l->word, "tls") == 0;
    return gw_store_transfer_update(tx, &row, err) && (!unknown_here || gw_transfer_alert(tx, s, GW_ALERT_TRANSFER_REFUSED, &row, err));
}

static void land(struct gw_outbox *o, struct gw_fetch_answer *answer)
{
    struct flying *f = answer->own;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct landing l = { .outbox = o, .a = a, .id = f->id };
    if (answer->end != GW_FETCH_STOPPED) { /* what we gave up is offered again at the next start */
        judge(&l, f, answer);
        gw_store_step(o->s->store, "transfer: answered");
        if (!gw_store_write(o->s->store, land_in, &l, &err))
            gw_log(GW_LOG_ERROR, "transfer", GW_LOG_ID("id", f->id), GW_LOG_WHY(&err));
        gw_store_step(o->s->store, "transfer: noted");
        o->failures = l.register_ill ? o->failures + 1 : 0;
        if (l.register_ill)
            o->pause_until_us = gw_clock_monotonic_us() + wait_after(o->s->conf, o->failures);
        gw_count_add(&o->s->counters.transfer_attempts, 1);
        gw_log(l.how == LAND_RECEIVED ? GW_LOG_INFO : GW_LOG_WARN, "transfer", GW_LOG_ID("id", f->id),
            GW_LOG_OF_TABLE("end", (struct gw_word){ gw_fetch_end_name(answer->end) }), GW_LOG_INT("status", answer->status),
            GW_LOG_INT("sent", (int64_t)answer->sent), GW_LOG_INT("us", answer->took_us));
    }
    flying_done(o, f);
    gw_fetch_answer_done(answer);
}

/* ---- the thread ------------------------------------------------------------------------------------ */

struct finding {
    struct gw_arena *a;
    struct gw_transfer_row *rows;
    size_t n;
    int64_t now_us, next_us;
    bool has_next;
};

static bool find_next(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct finding *f = arg;
    return gw_store_transfers_next(&f->rows, &f->n, f->a, tx, f->now_us, ROWS_AT_ONCE, err) &&
        gw_store_transfer_next(&f->has_next, &f->next_us, tx, err);
}

static bool is_flying(const struct gw_outbox *o, struct gw_id id)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (o->flying[i].used && gw_id_equal(o->flying[i].id, id))
            return true;
    return false;
}

/* Offers what may be; *wait_us: until something else will. */
static bool offer_due(struct gw_outbox *o, int64_t *wait_us, struct gw_err *err)
{
    const int64_t paused_us = o->failures == 0 ? 0 : o->pause_until_us - gw_clock_monotonic_us();
    if (paused_us > 0) {
        *wait_us = GW_MIN(*wait_us, paused_us);
        return true;
    }
    const size_t most = o->failures == 0 ? (size_t)AT_ONCE : 1;
    if (o->n_flying >= most)
        return true;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct finding f = { .a = a, .now_us = gw_service_steady(o->s) };
    if (!gw_store_read(o->s->store, find_next, &f, err))
        return false;
    for (size_t i = 0; i < f.n && o->n_flying < most; i++)
        if (!is_flying(o, f.rows[i].id) && !offer(o, a, f.rows[i].id, err))
            return false;
    if (f.has_next && f.next_us > f.now_us)
        *wait_us = GW_MIN(*wait_us, f.next_us - f.now_us);
    return true;
}

static void *deliver(void *arg)
{
    struct gw_outbox *o = arg;
    struct gw_fetch_answer answers[AT_ONCE];
    while (!__atomic_load_n(&o->stopping, __ATOMIC_ACQUIRE)) {
        struct gw_err err = {};
        int64_t wait_us = LOOK_EVERY_US;
        if (!offer_due(o, &wait_us, &err)) {
            gw_log(GW_LOG_ERROR, "transfer", GW_LOG_WHY(&err));
            wait_us = GW_US_PER_S;
        }
        const size_t n = gw_fetch_wait(answers, GW_COUNT(answers), o->fetch, wait_us);
        for (size_t i = 0; i < n; i++)
            land(o, &answers[i]);
    }
    return NULL;
}

void gw_outbox_wake(struct gw_outbox *o)
{
    if (o != NULL)
        gw_fetch_wake(o->fetch);
}

static bool check_settings(const struct gw_conf *c, struct gw_err *err)
{
    if (strncmp(c->register_url, "https://", 8) != 0 || strlen(c->register_url) > URL_MOST)
        return gw_fail(err, GW_ERR_USAGE, "register.url must be https://…, at most %d bytes", URL_MOST);
    if (c->register_authorities[0] == 0 || c->register_certificate[0] == 0 || c->register_key[0] == 0)
        return gw_fail(err, GW_ERR_USAGE, "register.url needs register.authorities, register.certificate and register.key: "
            "each side must know the other");
    return true;
}

bool gw_outbox_open(struct gw_outbox **out, struct gw_service *s, struct gw_err *err)
{
    *out = NULL;
    if (s->conf->register_url[0] == 0)
        return true;
    if (!check_settings(s->conf, err))
        return false;
    const struct gw_fetch_options options = { .whole_us = s->conf->register_timeout, .authorities = s->conf->register_authorities,
        .certificate = s->conf->register_certificate, .key = s->conf->register_key, .most = AT_ONCE };
    struct gw_outbox *o = gw_alloc(sizeof *o);
    o->s = s;
    o->fetch = gw_fetch_new(&options, err);
    if (o->fetch != NULL && gw_fetch_check(o->fetch, s->conf->register_url, err)) {
        o->runs = pthread_create(&o->thread, NULL, deliver, o) == 0;
        if (o->runs)
            return *out = o, true;
        gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for transfers");
    }
    gw_fail_prefix(err, "register");
    gw_outbox_close(o);
    return false;
}

void gw_outbox_close(struct gw_outbox *o)
{
    if (o == NULL)
        return;
    __atomic_store_n(&o->stopping, true, __ATOMIC_RELEASE);
    if (o->runs) {
        gw_fetch_stop(o->fetch);
        pthread_join(o->thread, NULL);
    }
    gw_fetch_free(o->fetch); /* before the bodies it borrows */
    for (size_t i = 0; i < AT_ONCE; i++)
        if (o->flying[i].used)
            flying_done(o, &o->flying[i]);
    gw_free(o);
}
