/* decide.c - applies the policy to the facts of one picture. */
#include "policy/policy.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *code, *text;
    enum gw_severity severity;
    enum gw_effect effect;
    enum gw_guidance guidance;
} reasons[GW_REASON_COUNT] = {
#define GW_REASON(NAME, code, severity, effect, guidance, text)                                   \
    [GW_REASON_##NAME] = { code, text, GW_SEVERITY_##severity, GW_EFFECT_##effect, GW_GUIDANCE_##guidance },
#include "policy/reason.def"
#undef GW_REASON
};

const char *gw_answer_name(enum gw_answer answer)
{
    static const char *const names[] = { "clear", "retry", "inspect" };
    assert((size_t)answer < GW_COUNT(names));
    return names[answer];
}

const char *gw_guidance_name(enum gw_guidance guidance)
{
    static const char *const names[] = { NULL, "move_closer", "move_back", "look_at_camera", "remove_mask",
        "more_light", "one_person_only", "hold_still" };
    assert((size_t)guidance < GW_COUNT(names));
    return names[guidance];
}

const char *gw_severity_name(enum gw_severity severity)
{
    static const char *const names[] = { "routine", "notice", "alert" };
    assert((size_t)severity < GW_COUNT(names));
    return names[severity];
}

const char *gw_reason_code(enum gw_reason reason)
{
    assert(reason < GW_REASON_COUNT);
    return reasons[reason].code;
}

const char *gw_reason_text(enum gw_reason reason)
{
    assert(reason < GW_REASON_COUNT);
    return reasons[reason].text;
}

enum gw_severity gw_reason_severity(enum gw_reason reason)
{
    assert(reason < GW_REASON_COUNT);
    return reasons[reason].severity;
}

bool gw_reason_is_unusable(enum gw_reason reason)
{
    return reason >= GW_REASON_NO_FACE && reason <= GW_REASON_QUALITY;
}

enum gw_effect gw_reason_effect(enum gw_reason reason)
{
    assert(reason < GW_REASON_COUNT);
    return reasons[reason].effect;
}

enum gw_guidance gw_reason_guidance(enum gw_reason reason)
{
    assert(reason < GW_REASON_COUNT);
    return reasons[reason].guidance;
}

bool gw_reason_find(enum gw_reason *out, const char *code)
{
    for (int i = 0; i < GW_REASON_COUNT; i++)
        if (strcmp(reasons[i].code, code) == 0) {
            *out = (enum gw_reason)i;
            return true;
        }
    return false;
}

struct gw_policy gw_policy_default(void)
{
    return (struct gw_policy){
        .most_attempts = 3,
        .least_quality = 25,
        .least_component = 20,
        .least_eye_distance_px = 30,
        .most_face_share = 0.9,
        .most_yaw_deg = 35,
        .most_pitch_deg = 30,
        .most_roll_deg = 35,
        .least_luminance = 35,
        .most_luminance = 235,
        .second_face_share = 0.35,
        .check_liveness = true,
        .least_liveness = 0.2,
        .margin = 8053064, /* 0.03 of 2^28 */
    };
}

/* What is wrong with the picture of the face, or false. Written so that a number
 * that is not a number counts as wrong. */
static bool face_fault(enum gw_reason *reason, const struct gw_policy *p, const struct gw_face_facts *f)
{
    if (!(f->eye_distance_px >= p->least_eye_distance_px))
        *reason = GW_REASON_FACE_SMALL;
    else if (!(f->face_share <= p->most_face_share))
        *reason = GW_REASON_FACE_NEAR;
    else if (!(f->crop >= p->least_component))
        *reason = GW_REASON_FACE_CUT;
    else if (!(fabs(f->yaw_deg) <= p->most_yaw_deg && fabs(f->pitch_deg) <= p->most_pitch_deg &&
                 fabs(f->roll_deg) <= p->most_roll_deg))
        *reason = GW_REASON_POSE;
    else if (!(f->luminance >= p->least_luminance))
        *reason = GW_REASON_TOO_DARK;
    else if (!(f->luminance <= p->most_luminance))
        *reason = GW_REASON_TOO_BRIGHT;
    else if (f->quality >= p->least_quality)
        return false;
    /* The whole is too poor: the guidance speaks of the part that is. */
    else if (!(f->exposure >= p->least_component))
        *reason = f->luminance < 128 ? GW_REASON_TOO_DARK : GW_REASON_TOO_BRIGHT;
    else if (!(f->sharpness >= p->least_component))
        *reason = GW_REASON_BLURRED;
    else
        *reason = GW_REASON_QUALITY;
    return true;
}

bool gw_policy_usable(enum gw_reason *reason, const struct gw_policy *p, const struct gw_facts *f)
{
    if (f->not_expected)
        *reason = GW_REASON_NOT_EXPECTED;
    else if (f->declined)
        *reason = GW_REASON_DECLINED;
    else if (f->n_faces == 0)
        *reason = GW_REASON_NO_FACE;
    else if (f->n_faces > 1 && !(f->second_face_share < p->second_face_share))
        *reason = GW_REASON_SEVERAL_FACES;
    else
        return !face_fault(reason, p, &f->face);
    return false;
}

/* Of a usable picture. Suspicion comes before the search's result: a photograph of
 * the right person must not clear. */
static enum gw_reason judge(const struct gw_policy *p, const struct gw_facts *f)
{
    /* Where it is asked for and could not be measured (a card without such a network, a face
     * that fills the picture), nobody is sure: that must not be a way around it. */
    if (p->check_liveness && !(f->has_liveness && f->liveness >= p->least_liveness))
        return GW_REASON_LIVENESS;
    if (f->gallery_empty || !f->searched)
        return GW_REASON_GALLERY_EMPTY;
    if (f->is_named && !f->has_best)
        return GW_REASON_NO_PORTRAIT;
    /* Masks and drawings resemble each other more than people do. */
    if (f->doubtful)
        return GW_REASON_QUALITY;
    if (!f->has_best || f->best_score < f->threshold)
        return f->is_named ? GW_REASON_NAMED_MISMATCH : GW_REASON_BELOW_THRESHOLD;
    if (f->has_next && (int64_t)f->best_score - f->next_score < p->margin)
        return GW_REASON_NEAR_TIE;
    if (f->best_declined)
        return GW_REASON_BEST_DECLINED;
    if (f->best_inhibited)
        return GW_REASON_INHIBITED;
    if (f->best_denied)
        return GW_REASON_DENIED;
    if (f->best_selectee)
        return GW_REASON_SELECTEE;
    if (f->already_cleared)
        return GW_REASON_ALREADY_CLEARED;
    return GW_REASON_MATCHED;
}

struct gw_decision gw_policy_decide(const struct gw_policy *p, const struct gw_facts *f)
{
    assert(p->most_attempts >= 1 && f->attempt >= 1);
    enum gw_reason reason = GW_REASON_MATCHED;
    if (gw_policy_usable(&reason, p, f))
        reason = judge(p, f);

    struct gw_decision d = { .reason = reason };
    switch (reasons[reason].effect) {
    case GW_EFFECT_CLEAR:
        d.answer = GW_ANSWER_CLEAR;
        break;
    case GW_EFFECT_INSPECT:
        d.answer = GW_ANSWER_INSPECT;
        break;
    case GW_EFFECT_RETRY:
        if (f->attempt >= p->most_attempts) {
            d.answer = GW_ANSWER_INSPECT;
        } else {
            d.answer = GW_ANSWER_RETRY;
            d.guidance = reasons[reason].guidance;
            d.attempts_left = p->most_attempts - f->attempt;
        }
        break;
    }
    return d;
}
