/* policy.h - facts in, decision out: what one live picture means for the person in
 * front of the camera. Pure; the same facts give the same decision on every machine.
 *
 * Every way it can end is a row of reason.def. A decision has the reason that made
 * it; guidance is the word the gate shows when it asks again.
 *
 * Threads: no state. */
#pragma once
#include "base/defs.h"

enum gw_answer { GW_ANSWER_CLEAR, GW_ANSWER_RETRY, GW_ANSWER_INSPECT };

enum gw_guidance {
    GW_GUIDANCE_NONE,
    GW_GUIDANCE_MOVE_CLOSER,
    GW_GUIDANCE_MOVE_BACK,
    GW_GUIDANCE_LOOK_AT_CAMERA,
    GW_GUIDANCE_REMOVE_MASK,
    GW_GUIDANCE_MORE_LIGHT,
    GW_GUIDANCE_ONE_PERSON_ONLY,
    GW_GUIDANCE_HOLD_STILL,
};

enum gw_reason {
#define GW_REASON(NAME, code, severity, effect, guidance, text) GW_REASON_##NAME,
#include "policy/reason.def"
#undef GW_REASON
    GW_REASON_COUNT
};

enum gw_severity {
    GW_SEVERITY_ROUTINE, /* nothing to look into */
    GW_SEVERITY_NOTICE,  /* an officer looks at the document */
    GW_SEVERITY_ALERT,   /* a supervisor is told at once */
};

/* What a reason does: CLEAR clears; RETRY asks again while attempts are left and
 * inspects when they are used up; INSPECT inspects at once. */
enum gw_effect { GW_EFFECT_CLEAR, GW_EFFECT_RETRY, GW_EFFECT_INSPECT };

const char *gw_answer_name(enum gw_answer answer);       /* "clear" */
const char *gw_guidance_name(enum gw_guidance guidance); /* "move_closer"; NULL for NONE */
const char *gw_severity_name(enum gw_severity severity); /* "alert" */
const char *gw_reason_code(enum gw_reason reason);       /* "matched": stable, public to officers */
const char *gw_reason_text(enum gw_reason reason);       /* what the officer reads: a sentence */
enum gw_severity gw_reason_severity(enum gw_reason reason);
enum gw_effect gw_reason_effect(enum gw_reason reason);
enum gw_guidance gw_reason_guidance(enum gw_reason reason);
bool gw_reason_is_unusable(enum gw_reason reason); /* the picture could not be compared */
bool gw_reason_find(enum gw_reason *out, const char *code);

/* What is asked of a picture and of a match; from the settings, later from rule packs. */
struct gw_policy {
    unsigned most_attempts;        /* captures in one series, at least 1 */
    double least_quality;          /* 0 to 100 */
    double least_component;        /* a quality component below this, 0 to 100, is what the guidance speaks of */
    double least_eye_distance_px;
    double most_face_share;        /* face box width over picture width: above, the person is too near */
    double most_yaw_deg, most_pitch_deg, most_roll_deg; /* absolute */
    double least_luminance, most_luminance; /* mean of the face, 0 to 255 */
    double second_face_share;      /* second face's area over the first's: from there on it is prominent */
    bool check_liveness;
    double least_liveness;         /* 0 to 1 */
    int32_t margin;                /* best person's score must stand so far above the second's; score units */
};
struct gw_policy gw_policy_default(void);

/* The largest face of the picture, as measured. */
struct gw_face_facts {
    double eye_distance_px, face_share;
    double yaw_deg, pitch_deg, roll_deg;
    double luminance;
    double quality;
    double sharpness, exposure, crop, mouth; /* components, 0 to 100 */
};

/* Everything the decision rests on; the service fills it in. Scores are exact
 * integers (gallery/gallery.h), so this part replays anywhere. */
struct gw_facts {
    unsigned attempt;       /* of its series, from 1 */
    bool not_expected;      /* the document presented is on nobody's row of this voyage */
    bool declined;          /* the person presented (1:1) declined before */
    unsigned n_faces;
    double second_face_share; /* area of the second over the first's; 0 without one */
    struct gw_face_facts face; /* when n_faces > 0 */
    bool has_liveness;
    double liveness;
    bool gallery_empty;     /* nobody with a template is expected */
    bool doubtful;          /* the network saw hardly a face: a match would say little */
    bool searched;          /* the facts below are there */
    bool has_best, has_next;
    int32_t best_score, next_score, threshold;
    bool is_named;          /* 1:1: the search was for the holder of the document presented */
    bool already_cleared;   /* the best person, on this voyage; or an officer let them pass */
    bool best_declined;     /* the best person chose not to be photographed */
    bool best_denied;       /* a human refused the best person on this voyage */
    bool best_inhibited;    /* the vetting authority does not let the best person board */
    bool best_selectee;     /* it wants the best person looked at by a human first, and nobody has */
};

struct gw_decision {
    enum gw_answer answer;
    enum gw_reason reason;
    enum gw_guidance guidance; /* NONE unless the answer is retry */
    unsigned attempts_left;    /* of this series after this one; 0 when it is over */
};

/* Should the picture be searched at all? False: *reason says why not (and the search
 * is not made: nobody is compared without need). Looks only at what stands before
 * has_liveness in gw_facts. */
bool gw_policy_usable(enum gw_reason *reason, const struct gw_policy *p, const struct gw_facts *f);
/* The decision. Calls gw_policy_usable itself. */
struct gw_decision gw_policy_decide(const struct gw_policy *p, const struct gw_facts *f);
