/* purge_test.c - cut off between any two steps of a purge, the next start completes it, and
 * nothing is visible by half; yesterday's backup brings nothing back; holds hold. */
#include "tests/service/cut.h"
#include "tests/service/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

static struct gw_err err;

/* A picture that can be found again anywhere: 20 kB, the same pattern all over. */
enum { PICTURE_BYTES = 20'000 };
static const char needle[] = "THIS IS THE PICTURE OF A PERSON ";

static struct gw_span picture(void)
{
    static uint8_t bytes[PICTURE_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)needle[i % (sizeof needle - 1)];
    return gw_span_of(bytes, sizeof bytes);
}

static bool send_seen(struct gw_verification *out, struct place *p, struct gw_id voyage, unsigned face_number)
{
    struct gw_template t = face(face_number);
    return send_picture(out, p, &p->device, voyage, &t, picture(), NULL, &err);
}

static bool send_portrait_seen(struct place *p, const char *number, unsigned face_number)
{
    struct gw_template t = face(face_number);
    struct gw_portrait_receipt out = {};
    struct gw_portrait_made made = { .source = GW_PORTRAIT_CHIP, .template = &t, .quality = 70, .bytes = picture() };
    memcpy(made.picture.bytes, &face_number, sizeof face_number);
    return gw_document_hash_of(&made.document, p->s, gw_span_str(number), gw_span_str("UTO"), &err) &&
           gw_portrait_keep(&out, p->s, &p->carrier, &made, NULL, &err);
}

struct departed {
    struct gw_id voyage, photo;
    int64_t purge_us;
};

/* Two travelers, two portraits with pictures, one cleared, one inspected; closed. */
static struct departed depart(struct place *p)
{
    struct departed d;
    struct gw_manifest_receipt m;
    struct gw_verification v;
    struct gw_close c;
    struct gw_verification_page page;
    CHECK_OK(send_manifest(&m, p, &p->carrier, manifest_text(p, "", 2, ""), NULL, &err));
    CHECK_OK(send_portrait_seen(p, "P00001", 1));
    CHECK_OK(send_portrait_seen(p, "P00002", 2));
    CHECK_OK(send_portrait_seen(p, "P99999", 9)); /* of somebody on no voyage */
    CHECK_OK(send_seen(&v, p, m.voyage, 1));
    CHECK_OK(send_seen(&v, p, m.voyage, 1));
    CHECK_INT(v.answer, GW_ANSWER_INSPECT);
    CHECK_OK(gw_service_verifications(&page, p->a, p->s, &p->officer, m.voyage, (struct gw_span){}, 500, &err));
    CHECK(page.records[page.n - 1].has_photo);
    CHECK_OK(gw_service_close_voyage(&c, p->a, p->s, &p->officer, m.voyage, &(struct gw_close_ask){}, NULL, &err));
    d = (struct departed){ m.voyage, page.records[page.n - 1].photo, c.purge_us };
    return d;
}

struct looking {
    struct gw_arena *a;
    struct gw_id photo;
    bool there;
    enum gw_err_code code;
};

static bool look_photo(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct looking *l = arg;
    struct gw_photo_row row;
    struct gw_span plain;
    struct gw_err own = {};
    (void)e;
    l->there = gw_store_photo_get(&row, tx, l->photo, &own) && gw_store_photo_open(&plain, l->a, tx, &row, &own) &&
               gw_span_equal(plain, picture());
    l->code = own.code;
    return true;
}

static struct looking photo_of(struct place *p, struct gw_id photo)
{
    struct looking l = { .a = p->a, .photo = photo };
    CHECK_OK(gw_store_read(p->s->store, look_photo, &l, &err));
    return l;
}

/* ---- searching files ---------------------------------------------------------------------- */

static bool file_holds(const char *path, const void *what, size_t n)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    return gw_buf_read_file(&file, path, 1 << 30, NULL) && memmem(file.data, file.size, what, n) != NULL;
}

static const void *hunted;
static size_t hunted_size, hunt_files, hunt_found;

static int hunt_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)at;
    if (kind == FTW_F) {
        hunt_files++;
        hunt_found += file_holds(path, hunted, hunted_size);
    }
    return 0;
}

/* In how many files below the folder the bytes stand. */
static size_t hunt(const char *folder, const void *what, size_t n)
{
    hunted = what;
    hunted_size = n;
    hunt_files = hunt_found = 0;
    nftw(folder, hunt_one, 16, FTW_PHYS);
    CHECK(hunt_files >= 3);
    return hunt_found;
}

static void copy_file(const char *from, const char *to)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    CHECK_OK(gw_buf_read_file(&file, from, 1 << 30, &err));
    CHECK_OK(gw_buf_write_file(gw_buf_span(&file), to, 0600, &err));
}

static void copy_folder(const char *from, const char *to)
{
    CHECK(mkdir(to, 0700) == 0 || errno == EEXIST);
    DIR *d = opendir(from);
    CHECK(d != NULL);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        char a[600], b[600];
        snprintf(a, sizeof a, "%s/%s", from, e->d_name);
        snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        if (e->d_type == DT_REG)
            copy_file(a, b);
    }
    closedir(d);
}

/* ---- cut off anywhere ----------------------------------------------------------------------- */

/* In a child: purges, and is killed at step `at`. True: it was; false: it came to its end. */
static bool purge_cut_off(struct place *p, int64_t now, unsigned at)
{
    pid_t child = fork();
    if (child == 0) {
        struct cut c = { at, true };
        const bool opened = place_open_at(p, now, cut_step, &c, &err); /* purges what is due before it returns */
        place_close(p);
        _exit(opened ? 0 : 3);
    }
    return cut_off(child);
}

static void cut_off_anywhere(void **state)
{
    (void)state;
    unsigned at = 0;
    for (bool cut = true; cut; at++) {
        struct place p;
        place_init(&p);
        CHECK_OK(place_open(&p, &err));
        struct departed d = depart(&p);
        CHECK(photo_of(&p, d.photo).there);
        place_close(&p);
        cut = purge_cut_off(&p, d.purge_us, at);

        /* The next start completes it before anybody can ask. */
        CHECK_OK(place_open_at(&p, d.purge_us, NULL, NULL, &err));
        struct gw_traveler_page travelers;
        struct gw_voyage voyage;
        struct gw_retention_report report;
        struct gw_purge again;
        CHECK_FAILS(gw_service_travelers(&travelers, p.a, p.s, &p.officer, d.voyage, (struct gw_span){}, 0, &err), GW_ERR_GONE);
        CHECK_OK(gw_service_voyage(&voyage, p.a, p.s, &p.officer, d.voyage, &err));
        CHECK_INT(voyage.by_status[GW_STATUS_BOARDED] + voyage.by_status[GW_STATUS_NOT_BOARDED], 2); /* counted once */
        CHECK(!photo_of(&p, d.photo).there);
        CHECK_OK(gw_service_retention_report(&report, p.a, p.s, &p.admin, &err));
        CHECK_INT(report.over_age, 0);
        CHECK_INT(report.keys_waiting, 0);
        CHECK_OK(gw_service_purge(&again, p.s, &p.admin, &err));
        CHECK_INT(again.voyages + again.travelers + again.photos + again.keys, 0);
        CHECK_OK(gw_service_check_store(p.s, &err));
        place_done(&p);
    }
    printf("# cut off at each of %u steps\n", at - 1);
    CHECK(at > 20);
}

/* Until the first commit of the purge everything is as it was; after it, nothing is. */
static void never_by_half(void **state)
{
    (void)state;
    for (unsigned at = 0;; at++) {
        struct place p;
        place_init(&p);
        CHECK_OK(place_open(&p, &err));
        struct departed d = depart(&p);
        place_close(&p);
        bool cut = purge_cut_off(&p, d.purge_us, at);
        /* Opened an hour before it is due: what the purge has not reached must be whole. */
        struct gw_service_options o = { .conf = &p.conf, .clock = { d.purge_us - HOUR_US }, .without_recognition = true };
        p.s = gw_service_open(&o, &err);
        CHECK_OK(p.s != NULL);
        struct gw_traveler_page travelers;
        struct gw_voyage voyage;
        CHECK_OK(gw_service_voyage(&voyage, p.a, p.s, &p.officer, d.voyage, &err));
        err = (struct gw_err){};
        bool there = gw_service_travelers(&travelers, p.a, p.s, &p.officer, d.voyage, (struct gw_span){}, 0, &err);
        CHECK(there ? travelers.n == 2 && travelers.travelers[0].surname != NULL : err.code == GW_ERR_GONE);
        CHECK_INT(voyage.by_status[GW_STATUS_BOARDED] + voyage.by_status[GW_STATUS_NOT_BOARDED], 2);
        place_done(&p);
        if (!cut)
            break;
    }
}

/* ---- nothing is left ------------------------------------------------------------------------- */

static void byte_hunt(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct departed d = depart(&p);
    struct gw_template one = face(1);
    uint8_t template[GW_TEMPLATE_BYTES_MAX];
    gw_template_format(template, &one);
    const size_t n_template = gw_template_bytes(one.dim);
    /* While it is kept it is in files, sealed; and the file of sealed pictures is as large as they are. */
    CHECK_INT(hunt(p.folder, needle, sizeof needle - 1), 0);
    CHECK_INT(hunt(p.folder, template, n_template), 0);
    CHECK_INT(hunt(p.folder, "YVR", 3) > 0, 1); /* the hunt finds what is there */
    char photos[200];
    snprintf(photos, sizeof photos, "%s/photos", p.conf.store_path);
    DIR *dir = opendir(photos);
    size_t files = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        files += e->d_type == DT_REG;
    CHECK(files >= 2);

    /* The sealed bytes themselves, as they stand in the files, are gone afterwards, too. */
    GW_AUTO_VALUE(gw_buf) ring = {};
    char path[300];
    snprintf(path, sizeof path, "%s/keyring", p.conf.store_path);
    CHECK_OK(gw_buf_read_file(&ring, path, 1 << 20, &err));
    p.s->clock.fixed_us = NOW_US + p.conf.retention_portrait + 24 * HOUR_US; /* everything is due */
    struct gw_purge purge;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 1);
    rewinddir(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        CHECK(e->d_type != DT_REG); /* no picture file is left */
    closedir(dir);
    enum { HEAD = 4096, SLOT = 128 };
    size_t slots = 0;
    static const uint8_t zeros[SLOT];
    for (size_t at = HEAD; at + SLOT <= ring.size; at += SLOT)
        if (memcmp(ring.data + at, zeros, SLOT) != 0) {
            slots++;
            CHECK_INT(hunt(p.conf.store_path, ring.data + at, SLOT), 0); /* no key of then is in any file */
        }
    CHECK(slots >= 3);
    CHECK(!photo_of(&p, d.photo).there);
    place_done(&p);
}

static void old_backup(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct departed d = depart(&p);
    /* Yesterday's backup: everything in the folder except the keyring, and even the pictures. */
    char backup[200], photos[300], saved[300], a[300], b[300];
    snprintf(backup, sizeof backup, "%s/backup", p.folder);
    snprintf(photos, sizeof photos, "%s/photos", p.conf.store_path);
    snprintf(saved, sizeof saved, "%s/photos", backup);
    CHECK_OK(gw_store_checkpoint(p.s->store, true, &err));
    copy_folder(p.conf.store_path, backup);
    copy_folder(photos, saved);
    snprintf(a, sizeof a, "%s/keyring", backup);
    CHECK_INT(unlink(a), 0);
    p.s->clock.fixed_us = d.purge_us;
    struct gw_purge purge;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK(purge.voyages == 1 && purge.photos >= 1);
    place_close(&p);

    /* Restored beside the living keyring: the database says there are persons; no key opens them, and they go. */
    copy_folder(backup, p.conf.store_path);
    copy_folder(saved, photos);
    CHECK_OK(place_open(&p, &err));
    CHECK(!photo_of(&p, d.photo).there);
    struct gw_traveler_page travelers;
    err = (struct gw_err){};
    bool there = gw_service_travelers(&travelers, p.a, p.s, &p.officer, d.voyage, (struct gw_span){}, 0, &err);
    CHECK(!there || travelers.n == 0);
    CHECK_OK(gw_service_check_store(p.s, &err));
    place_close(&p);

    /* On a new machine there is no keyring at all: the service says what to do, and does nothing by itself. */
    copy_folder(backup, p.conf.store_path);
    snprintf(b, sizeof b, "%s/keyring", p.conf.store_path);
    CHECK_INT(unlink(b), 0);
    CHECK_FAILS(place_open(&p, &err), GW_ERR_NOT_FOUND);
    CHECK(strstr(err.text, "adopt") != NULL);
    CHECK_OK(gw_store_keys_adopt(p.conf.store_path, "file", &err));
    CHECK_FAILS(gw_store_keys_adopt(p.conf.store_path, "file", &err), GW_ERR_CONFLICT);
    CHECK_OK(place_open(&p, &err));
    CHECK(!photo_of(&p, d.photo).there);
    /* It lives: a voyage that was open in the backup would take a manifest again. */
    struct gw_manifest_receipt m;
    struct gw_arena *arena = p.a;
    (void)arena;
    char next[600];
    snprintf(next, sizeof next, "{\"voyage\":{\"mode\":\"air\",\"carrier\":\"XX\",\"number\":\"9\",\"from\":\"YVR\",\"to\":\"JFK\","
        "\"departure\":\"2026-11-24T18:00:00Z\"},\"travelers\":[{\"surname\":\"A\",\"reference\":\"r1\"}]}");
    CHECK_OK(send_manifest(&m, &p, &p.carrier, next, NULL, &err));
    CHECK_INT(m.n_travelers, 1);
    place_done(&p);
}

/* A backup of a voyage that is still open: its people are lost with their key, the voyage is not. */
static void open_voyage_restored(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    place_close(&p);
    char ring[300];
    snprintf(ring, sizeof ring, "%s/keyring", p.conf.store_path);
    CHECK_INT(unlink(ring), 0);
    CHECK_OK(gw_store_keys_adopt(p.conf.store_path, "file", &err));
    CHECK_OK(place_open(&p, &err));
    struct gw_id was = m.voyage;
    struct gw_traveler_page travelers;
    CHECK_OK(gw_service_travelers(&travelers, p.a, p.s, &p.officer, was, (struct gw_span){}, 0, &err));
    CHECK_INT(travelers.n, 0);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK(gw_id_equal(m.voyage, was) && !m.created);
    CHECK_INT(m.n_travelers, 3);
    place_done(&p);
}

/* ---- holds ------------------------------------------------------------------------------------- */

static void held(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct departed d = depart(&p);
    struct gw_hold hold;
    struct gw_hold_ask ask = { d.voyage, gw_span_str("2026-CV-1234"), d.purge_us + 48 * HOUR_US };
    struct gw_purge purge;
    struct gw_traveler_page travelers;
    CHECK_FAILS(gw_service_hold(&hold, p.s, &p.officer, &ask, NULL, &err), GW_ERR_FORBIDDEN);
    ask.reason = gw_span_str("because of Mr Smith");
    CHECK_FAILS(gw_service_hold(&hold, p.s, &p.admin, &ask, NULL, &err), GW_ERR_INVALID);
    ask.reason = gw_span_str("2026-CV-1234");
    ask.until_us = NOW_US + 91 * 24 * HOUR_US;
    CHECK_FAILS(gw_service_hold(&hold, p.s, &p.admin, &ask, NULL, &err), GW_ERR_INVALID);
    ask.until_us = d.purge_us + 48 * HOUR_US;
    CHECK_OK(gw_service_hold(&hold, p.s, &p.admin, &ask, NULL, &err));

    p.s->clock.fixed_us = d.purge_us + 24 * HOUR_US;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 0);
    CHECK(photo_of(&p, d.photo).there); /* its own hour is long over */
    CHECK_OK(gw_service_travelers(&travelers, p.a, p.s, &p.officer, d.voyage, (struct gw_span){}, 0, &err));
    struct gw_retention_report report;
    CHECK_OK(gw_service_retention_report(&report, p.a, p.s, &p.auditor, &err));
    CHECK_INT(report.over_age, 0);
    CHECK_INT(report.n_holds, 1);
    CHECK_TEXT(report.holds[0].reason, "2026-CV-1234");

    /* It ends by itself. */
    p.s->clock.fixed_us = ask.until_us;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 1);
    CHECK(!photo_of(&p, d.photo).there);
    CHECK_FAILS(gw_service_hold_release(p.s, &p.admin, hold.id, NULL, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_hold(&hold, p.s, &p.admin, &(struct gw_hold_ask){ d.voyage, ask.reason, ask.until_us + HOUR_US }, NULL, &err),
        GW_ERR_GONE);
    place_done(&p);

    /* Or is released: then what was due dies at once. */
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    d = depart(&p);
    ask.voyage = d.voyage;
    CHECK_OK(gw_service_hold(&hold, p.s, &p.admin, &ask, NULL, &err));
    p.s->clock.fixed_us = d.purge_us + HOUR_US;
    CHECK_OK(gw_service_hold_release(p.s, &p.admin, hold.id, NULL, &err));
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 1);
    CHECK(!photo_of(&p, d.photo).there);
    place_done(&p);
}

static struct gw_id hold_for(struct place *p, struct gw_id voyage, int64_t until_us)
{
    struct gw_hold hold;
    CHECK_OK(gw_service_hold(&hold, p->s, &p->admin, &(struct gw_hold_ask){ voyage, gw_span_str("2026-CV-1"), until_us }, NULL, &err));
    return hold.id;
}

static void release(struct place *p, struct gw_id hold)
{
    CHECK_OK(gw_service_hold_release(p->s, &p->admin, hold, NULL, &err));
}

/* How many of the class are kept at that time, after a purge; none of them is older than it may be. */
static size_t kept_at(struct place *p, int64_t now_us, const char *class)
{
    struct gw_purge purge;
    struct gw_retention_report report;
    p->s->clock.fixed_us = now_us;
    CHECK_OK(gw_service_purge(&purge, p->s, &p->admin, &err));
    CHECK_OK(gw_service_retention_report(&report, p->a, p->s, &p->auditor, &err));
    CHECK_INT(report.over_age, 0);
    for (size_t i = 0; i < report.n_classes; i++)
        if (strcmp(report.classes[i].name, class) == 0)
            return report.classes[i].kept;
    CHECK(false);
    return 0;
}

/* The second is in force when the first ends, by itself or released, whichever is the longer. */
static void held_again(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct place p;
        place_init(&p);
        CHECK_OK(place_open(&p, &err));
        struct departed d = depart(&p);
        const int64_t short_us = d.purge_us + 4 * HOUR_US, long_us = d.purge_us + 48 * HOUR_US;
        const struct gw_id one = hold_for(&p, d.voyage, way == 2 ? long_us : short_us);
        const struct gw_id two = hold_for(&p, d.voyage, way == 2 ? short_us : long_us);
        CHECK_INT(kept_at(&p, d.purge_us + HOUR_US, "probe"), 2);
        if (way > 0)
            release(&p, one);
        int64_t now = way == 0 ? short_us : d.purge_us + 2 * HOUR_US;
        CHECK_INT(kept_at(&p, now, "probe"), 2);
        CHECK_INT(kept_at(&p, now, "portrait_photo"), 3);
        CHECK(photo_of(&p, d.photo).there);
        /* Placed again, and started again: a picture goes from one to the next. */
        place_close(&p);
        CHECK_OK(place_open_at(&p, now, NULL, NULL, &err));
        const struct gw_id three = hold_for(&p, d.voyage, long_us + HOUR_US);
        release(&p, two);
        CHECK_INT(kept_at(&p, now + 60 * GW_US_PER_S, "probe"), 2);
        CHECK(photo_of(&p, d.photo).there);
        release(&p, three);
        CHECK_INT(kept_at(&p, now + 120 * GW_US_PER_S, "probe"), 0);
        CHECK_INT(kept_at(&p, now + 120 * GW_US_PER_S, "portrait_photo"), 1); /* of whom no voyage expected */
        CHECK(!photo_of(&p, d.photo).there);
        CHECK_OK(gw_service_check_store(p.s, &err));
        place_done(&p);
    }
}

static void held_not_due(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct departed d = depart(&p);
    release(&p, hold_for(&p, d.voyage, NOW_US + 20 * 24 * HOUR_US));
    CHECK_INT(kept_at(&p, NOW_US + HOUR_US, "probe"), 2);
    CHECK_INT(kept_at(&p, NOW_US + HOUR_US, "portrait_photo"), 3);
    CHECK(photo_of(&p, d.photo).there);
    /* Its own clock went on. */
    CHECK_INT(kept_at(&p, d.purge_us, "probe"), 0);
    CHECK_INT(kept_at(&p, d.purge_us, "portrait_photo"), 1);
    place_done(&p);
}

/* More than one transaction of them, taken after the hold was placed, on a voyage that is open. */
static void held_later(void **state)
{
    (void)state;
    enum { LATER = 19 };
    struct place p;
    struct gw_manifest_receipt m;
    struct gw_verification v;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK_OK(send_portrait_seen(&p, "P00001", 1));
    const struct gw_id hold = hold_for(&p, m.voyage, NOW_US + 48 * HOUR_US);
    CHECK_OK(send_portrait_seen(&p, "P00002", 2));
    CHECK_OK(send_seen(&v, &p, m.voyage, 1));
    for (int i = 0; i < LATER; i++)
        CHECK_OK(send_seen(&v, &p, m.voyage, 1));
    CHECK_INT(kept_at(&p, NOW_US + 14 * HOUR_US, "probe"), 1 + LATER);
    /* One that is replaced is due, and stays; the one that replaces it, too. */
    CHECK_INT(kept_at(&p, NOW_US + 14 * HOUR_US, "portrait_photo"), 2);
    CHECK_OK(send_portrait_seen(&p, "P00001", 11));
    CHECK_INT(kept_at(&p, NOW_US + 15 * HOUR_US, "portrait_photo"), 3);
    CHECK_INT(kept_at(&p, NOW_US + 47 * HOUR_US, "probe"), 1 + LATER);
    release(&p, hold);
    CHECK_INT(kept_at(&p, NOW_US + 47 * HOUR_US, "probe"), 0);
    place_done(&p);
}

static void over_age_is_told(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct departed d = depart(&p);
    struct gw_alert_page alerts;
    struct gw_counters counters;
    struct gw_retention_report report;
    p.s->clock.fixed_us = d.purge_us + HOUR_US; /* and no purge ran */
    CHECK_OK(gw_service_retention_report(&report, p.a, p.s, &p.auditor, &err));
    CHECK(report.over_age >= 2);
    CHECK_OK(gw_retention_watch(p.s, &err));
    CHECK_OK(gw_service_alerts(&alerts, p.a, p.s, &p.auditor, &(struct gw_alert_filter){}, &err));
    bool told = false;
    for (size_t i = 0; i < alerts.n; i++)
        told = told || alerts.alerts[i].kind == GW_ALERT_OVER_AGE_DATA;
    CHECK(told);
    gw_service_counters(&counters, p.s);
    CHECK(counters.over_age >= 2);
    struct gw_purge purge;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    gw_service_counters(&counters, p.s);
    CHECK_INT(counters.over_age, 0);
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("purge", "cut off between any two steps, the next start completes it", cut_off_anywhere);
    check_add("purge", "cut off between any two steps, nothing is visible by half", never_by_half);
    check_add("purge", "no byte of picture, template or key is left in any file", byte_hunt);
    check_add("backup", "yesterday's brings nobody back, beside the living keyring or without", old_backup);
    check_add("backup", "a voyage that was open is there again, without its people", open_voyage_restored);
    check_add("hold", "keeps what is due until it ends or is released", held);
    check_add("hold", "placed again, it goes on where the one before ends", held_again);
    check_add("hold", "released, it leaves to its own clock what is not due", held_not_due);
    check_add("hold", "keeps what is taken or replaced after it was placed", held_later);
    check_add("alarm", "what is older than its clock is counted and told", over_age_is_told);
    return check_done();
}
