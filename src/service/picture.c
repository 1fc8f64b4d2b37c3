/* picture.c - from bytes to the facts of the largest face, for portraits and gates alike. */
#include "base/rank.h"
#include "service/internal.h"

static struct gw_face_scratch *borrow_scratch(struct gw_service *s)
{
    pthread_mutex_lock(&s->scratches.lock);
    while (s->scratches.n == 0)
        pthread_cond_wait(&s->scratches.returned, &s->scratches.lock);
    struct gw_face_scratch *out = s->scratches.of[--s->scratches.n]; /* the one returned last is in the caches */
    pthread_mutex_unlock(&s->scratches.lock);
    gw_rank_turn(GW_RANK_PATIENT);
    return out;
}

static void return_scratch(struct gw_service *s, struct gw_face_scratch *scratch)
{
    pthread_mutex_lock(&s->scratches.lock);
    s->scratches.of[s->scratches.n++] = scratch;
    pthread_cond_signal(&s->scratches.returned);
    pthread_mutex_unlock(&s->scratches.lock);
    gw_rank_turn(GW_RANK_PROMPT);
}

void gw_seen_done(struct gw_seen *seen)
{
    gw_decoder_return(&seen->picture);
    if (seen->scratch != NULL)
        return_scratch(seen->service, seen->scratch);
    seen->scratch = NULL;
}

static double area(const struct gw_face *f)
{
    return f->box.width * f->box.height;
}

/* A component nobody measured is none to complain of. */
static double component(const struct gw_face *f, enum gw_quality q)
{
    return f->has_component[q] ? f->components[q] : 100;
}

bool gw_see(struct gw_seen *out, struct gw_worker *w, struct gw_span picture, struct gw_face_times *times,
    struct gw_err *err)
{
    struct gw_service *s = w->service;
    *out = (struct gw_seen){};
    if (s->faces == NULL || s->decoder == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "recognition was not started here");
    struct gw_image_limits limits = {
        .most_bytes = (size_t)s->conf->image_bytes,
        .most_pixels = (uint64_t)s->conf->image_pixels,
        .most_us = s->conf->image_time,
    };
    out->service = s;
    int64_t from = gw_clock_monotonic_us();
    if (!gw_decoder_borrow(&out->picture, s->decoder, picture, &limits, GW_WANT_SIDE_PX, err))
        return false;
    gw_stage_add(s, GW_STAGE_DECODE, gw_clock_monotonic_us() - from);
    out->scratch = borrow_scratch(s);
    if (!gw_face_find(w->faces, GW_FACES_SEEN, &out->n_faces, s->faces, out->scratch, &out->picture.image, times, err)) {
        gw_seen_done(out);
        *out = (struct gw_seen){};
        return false;
    }
    if (out->n_faces == 0)
        return true;
    const struct gw_face *f = &w->faces[0];
    if (out->n_faces > 1 && area(f) > 0)
        out->second_face_share = area(&w->faces[1]) / area(f);
    out->facts = (struct gw_face_facts){
        .eye_distance_px = f->eye_distance_px,
        .face_share = f->box.width / out->picture.image.width,
        .yaw_deg = f->yaw_deg,
        .pitch_deg = f->pitch_deg,
        .roll_deg = f->roll_deg,
        .luminance = f->luminance,
        .quality = f->quality,
        .sharpness = component(f, GW_QUALITY_SHARPNESS),
        .exposure = component(f, GW_QUALITY_EXPOSURE),
        .crop = component(f, GW_QUALITY_CROP),
        .mouth = component(f, GW_QUALITY_MOUTH),
    };
    return true;
}

bool gw_see_template(struct gw_worker *w, const struct gw_seen *seen, struct gw_face_times *times, struct gw_err *err)
{
    return gw_face_embed(&w->embedding, w->service->faces, seen->scratch, &seen->picture.image, &w->faces[0], times, err) &&
           gw_template_make(&w->template, w->embedding.v, w->embedding.dim, err);
}
