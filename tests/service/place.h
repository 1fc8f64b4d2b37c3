/* place.h - a service in a folder of its own that is gone afterwards, at a time the
 * test sets; made faces that compare as the test wants. */
#pragma once
#include "base/log.h"
#include "service/internal.h"
#include "tests/check.h"
#include "tests/folder.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_US (INT64_C(1795420800) * GW_US_PER_S) /* 2026-11-23T08:00:00Z */
/* Of the made faces. */
#ifndef PLACE_DIM
#define PLACE_DIM 64
#endif
#define HOUR_US (INT64_C(3600) * GW_US_PER_S)

struct place {
    char folder[TEST_FOLDER];
    struct gw_conf conf;
    int64_t opened_us; /* what time it is then */
    struct gw_service *s;
    struct gw_arena *a;
    struct gw_caller admin, carrier, device, officer, other_carrier, other_device, auditor;
};

/* Settings may be changed between this and place_open. */
static inline void place_init(struct place *p)
{
    *p = (struct place){ .opened_us = NOW_US };
    test_folder_make(p->folder);
    gw_conf_init(&p->conf);
    struct gw_err err = {};
    char path[128];
    snprintf(path, sizeof path, "%s/data", p->folder);
    if (!gw_conf_set(&p->conf, "store.path", path, "test", &err))
        abort();
    p->a = gw_arena_new(256 << 20);
    p->admin = gw_caller_local();
    p->carrier = (struct gw_caller){ .role = GW_ROLE_CARRIER, .token = { "carrier" }, .carrier = "XX" };
    p->other_carrier = (struct gw_caller){ .role = GW_ROLE_CARRIER, .token = { "other carrier" }, .carrier = "YY" };
    p->device = (struct gw_caller){ .role = GW_ROLE_DEVICE, .token = { "device" }, .site = "YVR" };
    p->other_device = (struct gw_caller){ .role = GW_ROLE_DEVICE, .token = { "other device" }, .site = "LHR" };
    p->officer = (struct gw_caller){ .role = GW_ROLE_OFFICER, .token = { "officer" } };
    p->auditor = (struct gw_caller){ .role = GW_ROLE_AUDITOR, .token = { "auditor" } };
}

/* At another time than opened_us, and step is called between any two steps of what is written; NULL: none.
 * Nothing runs by itself: what upkeep would do, the test does. */
static inline bool place_open_at(struct place *p, int64_t now_us, void (*step)(void *to, const char *name), void *step_to, struct gw_err *err)
{
    struct gw_service_options o = { .conf = &p->conf, .clock = { now_us }, .without_recognition = true, .step = step, .step_to = step_to };
    p->s = gw_service_open(&o, err);
    if (p->s == NULL)
        return false;
    /* Templates of tests are of a model of their own, with the operating points of a real one. */
    snprintf(p->s->model, sizeof p->s->model, "test");
    p->s->points[0] = (struct gw_threshold_point){ 1e-3, 0.33 };
    p->s->points[1] = (struct gw_threshold_point){ 1e-5, 0.47 };
    p->s->n_points = 2;
    return true;
}

static inline bool place_open(struct place *p, struct gw_err *err)
{
    return place_open_at(p, p->opened_us, NULL, NULL, err);
}

static inline void place_close(struct place *p)
{
    gw_service_close(p->s);
    p->s = NULL;
}

static inline void place_done(struct place *p)
{
    place_close(p);
    gw_conf_done(&p->conf);
    gw_arena_free(p->a);
    test_folder_drop(p->folder);
}

static inline struct gw_template template_of(float *v)
{
    struct gw_template t;
    double square = 0;
    for (size_t i = 0; i < PLACE_DIM; i++)
        square += (double)v[i] * (double)v[i];
    for (size_t i = 0; i < PLACE_DIM; i++)
        v[i] = (float)(v[i] / sqrt(square));
    if (!gw_template_make(&t, v, PLACE_DIM, NULL))
        abort();
    return t;
}

/* Face number n: any two are unrelated (cosine near 0). */
static inline struct gw_template face(unsigned n)
{
    float v[PLACE_DIM];
    uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (size_t i = 0; i < GW_COUNT(v); i++) {
        double sum = 0; /* nearly normal, so directions are nearly even */
        for (int k = 0; k < 12; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            sum += (double)(x >> 11) / (double)(UINT64_C(1) << 53);
        }
        v[i] = (float)(sum - 6);
    }
    return template_of(v);
}

/* Between two faces: share of b, 0 to 1. */
static inline struct gw_template between(unsigned a, unsigned b, double share)
{
    struct gw_template x = face(a), y = face(b);
    float v[PLACE_DIM];
    for (size_t i = 0; i < GW_COUNT(v); i++)
        v[i] = (float)(x.v[i] * (1 - share) + y.v[i] * share);
    return template_of(v);
}

/* A manifest with travelers r1 … rn; traveler i holds passport P0000i of UTO in seat iA. */
static inline const char *manifest_text(struct place *p, const char *head, unsigned n, const char *more)
{
    struct gw_buf b = {};
    gw_buf_addf(&b,
        "{%s\"voyage\":{\"mode\":\"air\",\"carrier\":\"XX\",\"number\":\"123\",\"from\":\"YVR\",\"to\":\"JFK\","
        "\"departure\":\"2026-11-23T18:00:00Z\",\"arrival\":\"2026-11-24T02:00:00Z\"},\"travelers\":[",
        head);
    for (unsigned i = 1; i <= n; i++)
        gw_buf_addf(&b,
            "%s{\"surname\":\"SURNAME%u\",\"given_names\":\"GIVEN%u\",\"reference\":\"r%u\",\"seat\":\"%uA\",\"documents\":"
            "[{\"type\":\"P\",\"number\":\"P%05u\",\"issuing_state\":\"UTO\"}]}",
            i == 1 ? "" : ",", i, i, i, i, i);
    gw_buf_addf(&b, "%s]}", more);
    const char *text = gw_arena_text(p->a, gw_buf_span(&b), NULL);
    gw_buf_done(&b);
    return text;
}

static inline bool send_manifest(struct gw_manifest_receipt *out, struct place *p, const struct gw_caller *who, const char *text,
    struct gw_once *once, struct gw_err *err)
{
    struct gw_manifest *m = gw_arena_one(p->a, struct gw_manifest, NULL);
    return gw_manifest_parse_json(m, p->a, gw_span_str(text), err) &&
           gw_service_manifest(out, p->a, p->s, who, m, once, err);
}

/* A portrait as it is after the picture was looked at. */
static inline bool send_portrait_as(struct gw_portrait_receipt *out, struct place *p, const struct gw_caller *who,
    const char *number, unsigned face_number, enum gw_portrait_source source, struct gw_date captured_on, struct gw_err *err)
{
    struct gw_template t = face(face_number);
    struct gw_portrait_made made = { .source = source, .captured_on = captured_on, .template = &t, .quality = 70 };
    memcpy(made.picture.bytes, &face_number, sizeof face_number);
    *out = (struct gw_portrait_receipt){};
    return gw_document_hash_of(&made.document, p->s, gw_span_str(number), gw_span_str("UTO"), err) &&
           gw_portrait_keep(out, p->s, who, &made, NULL, err);
}

static inline bool send_portrait(struct gw_portrait_receipt *out, struct place *p, const char *number, unsigned face_number,
    enum gw_portrait_source source, struct gw_err *err)
{
    return send_portrait_as(out, p, &p->carrier, number, face_number, source, (struct gw_date){}, err);
}

/* A good live picture of that template, as it is after the picture was looked at. */
static inline bool send_picture(struct gw_verification *out, struct place *p, const struct gw_caller *who, struct gw_id voyage,
    const struct gw_template *t, struct gw_span picture, struct gw_once *once, struct gw_err *err)
{
    struct gw_probe_seen probe = { .started_us = gw_clock_monotonic_us(), .picture = picture };
    const char *site = strcmp(who->site, "YVR") == 0 ? "" : who->site; /* where manifest_text departs */
    GW_AUTO(gw_gallery) *g = gw_galleries_get(&probe.limits, p->s->galleries, voyage, site, err);
    if (g == NULL || (!probe.limits.any && !gw_law_refuse(err)))
        return false;
    probe.facts = (struct gw_facts){ .n_faces = 1, .gallery_empty = gw_gallery_templates(g) == 0,
        .face = { .eye_distance_px = 90, .face_share = 0.3, .luminance = 120, .quality = 70, .sharpness = 70,
            .exposure = 70, .crop = 100, .mouth = 100 } };
    if (!probe.facts.gallery_empty)
        gw_probe_search(&probe, p->s, g, t, NULL, 0);
    *out = (struct gw_verification){};
    return gw_probe_decide(out, p->s, p->a, who, voyage, &probe, once, err);
}

/* The same where the picture itself does not matter. */
static inline bool send_probe(struct gw_verification *out, struct place *p, const struct gw_caller *who, struct gw_id voyage,
    const struct gw_template *t, struct gw_once *once, struct gw_err *err)
{
    return send_picture(out, p, who, voyage, t, (struct gw_span){}, once, err);
}

static inline enum gw_reason last_reason(struct place *p, struct gw_id voyage)
{
    struct gw_verification_page page;
    struct gw_err err = {};
    CHECK_OK(gw_service_verifications(&page, p->a, p->s, &p->officer, voyage, (struct gw_span){}, 500, &err));
    CHECK(page.n > 0);
    return page.records[page.n - 1].reason;
}
