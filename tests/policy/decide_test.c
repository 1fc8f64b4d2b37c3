/* decide_test.c - every file of golden/policy: lines of facts, and in .want the
 * decisions. A line is what differs from a good picture of an expected person:
 *     attempt=3 best=0.20      # a comment
 * GANGWAY_TEST_ACCEPT=1 writes the .want files anew; then read the diff. */
#include "base/buf.h"
#include "policy/policy.h"
#include "policy/threshold.h"
#include "tests/check.h"

#include <dirent.h>

static const char *folder;

static struct gw_facts good(void)
{
    return (struct gw_facts){
        .attempt = 1,
        .n_faces = 1,
        .face = { .eye_distance_px = 90, .face_share = 0.35, .yaw_deg = 2, .pitch_deg = -3, .roll_deg = 1,
            .luminance = 120, .quality = 70, .sharpness = 70, .exposure = 80, .crop = 100, .mouth = 90 },
        .has_liveness = true,
        .liveness = 0.97,
        .searched = true,
        .has_best = true,
        .has_next = true,
        .best_score = 161061274, /* 0.60 */
        .next_score = 26843546,  /* 0.10 */
        .threshold = 118111600,  /* 0.44 */
    };
}

static bool set(struct gw_facts *f, struct gw_policy *p, const char *name, double v)
{
    const struct {
        const char *name;
        double *real;
        unsigned *count;
        bool *flag;
        int32_t *score;
    } all[] = {
        { .name = "attempt", .count = &f->attempt },
        { .name = "not_expected", .flag = &f->not_expected },
        { .name = "declined", .flag = &f->declined },
        { .name = "faces", .count = &f->n_faces },
        { .name = "second", .real = &f->second_face_share },
        { .name = "eyes_px", .real = &f->face.eye_distance_px },
        { .name = "share", .real = &f->face.face_share },
        { .name = "yaw", .real = &f->face.yaw_deg },
        { .name = "pitch", .real = &f->face.pitch_deg },
        { .name = "roll", .real = &f->face.roll_deg },
        { .name = "luminance", .real = &f->face.luminance },
        { .name = "quality", .real = &f->face.quality },
        { .name = "sharpness", .real = &f->face.sharpness },
        { .name = "exposure", .real = &f->face.exposure },
        { .name = "crop", .real = &f->face.crop },
        { .name = "mouth", .real = &f->face.mouth },
        { .name = "has_liveness", .flag = &f->has_liveness },
        { .name = "liveness", .real = &f->liveness },
        { .name = "gallery_empty", .flag = &f->gallery_empty },
        { .name = "doubtful", .flag = &f->doubtful },
        { .name = "searched", .flag = &f->searched },
        { .name = "has_best", .flag = &f->has_best },
        { .name = "has_next", .flag = &f->has_next },
        { .name = "best", .score = &f->best_score },
        { .name = "next", .score = &f->next_score },
        { .name = "threshold", .score = &f->threshold },
        { .name = "named", .flag = &f->is_named },
        { .name = "already_cleared", .flag = &f->already_cleared },
        { .name = "best_declined", .flag = &f->best_declined },
        { .name = "best_denied", .flag = &f->best_denied },
        { .name = "best_inhibited", .flag = &f->best_inhibited },
        { .name = "best_selectee", .flag = &f->best_selectee },
        { .name = "most_attempts", .count = &p->most_attempts },
        { .name = "check_liveness", .flag = &p->check_liveness },
        { .name = "margin", .score = &p->margin },
    };
    for (size_t i = 0; i < GW_COUNT(all); i++)
        if (strcmp(all[i].name, name) == 0) {
            if (all[i].real != NULL)
                *all[i].real = v;
            else if (all[i].count != NULL)
                *all[i].count = (unsigned)v;
            else if (all[i].flag != NULL)
                *all[i].flag = v != 0;
            else
                *all[i].score = gw_threshold_to_score(v);
            return true;
        }
    return false;
}

static void decide_line(struct gw_buf *out, char *line)
{
    struct gw_facts f = good();
    struct gw_policy p = gw_policy_default();
    char *comment = strchr(line, '#'), *rest = NULL;
    if (comment != NULL)
        *comment = 0;
    char *shown = strdup(line);
    for (size_t n = strlen(shown); n > 0 && shown[n - 1] == ' ';)
        shown[--n] = 0;
    bool any = false;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        any = true;
        char *equals = strchr(word, '=');
        if (strcmp(word, "good") == 0)
            continue;
        if (equals == NULL)
            fail_msg("a word without =: %s", word);
        *equals = 0;
        if (!set(&f, &p, word, strtod(equals + 1, NULL)))
            fail_msg("no such fact: %s", word);
    }
    if (any) {
        struct gw_decision d = gw_policy_decide(&p, &f);
        const char *guidance = gw_guidance_name(d.guidance);
        gw_buf_addf(out, "%-48s -> %s %s %s left=%u\n", shown, gw_answer_name(d.answer), gw_reason_code(d.reason),
            guidance == NULL ? "-" : guidance, d.attempts_left);
        /* Guidance only with a retry, attempts left only with a retry. */
        CHECK((guidance != NULL) == (d.answer == GW_ANSWER_RETRY));
        CHECK((d.attempts_left > 0) == (d.answer == GW_ANSWER_RETRY));
    }
    free(shown);
}

static void golden(void **state)
{
    const char *name = *state;
    struct gw_err err = {};
    char path[1024];
    GW_AUTO_VALUE(gw_buf) facts = {};
    GW_AUTO_VALUE(gw_buf) want = {};
    GW_AUTO_VALUE(gw_buf) got = {};
    snprintf(path, sizeof path, "%s/%s.facts", folder, name);
    CHECK_OK(gw_buf_read_file(&facts, path, 1 << 20, &err));
    char *rest = NULL, *text = strdup(gw_buf_text(&facts));
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        decide_line(&got, line);
    free(text);
    snprintf(path, sizeof path, "%s/%s.want", folder, name);
    if (getenv("GANGWAY_TEST_ACCEPT") != NULL)
        CHECK_OK(gw_buf_write_file(gw_buf_span(&got), path, 0644, &err));
    CHECK_OK(gw_buf_read_file(&want, path, 1 << 20, &err));
    CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
}

/* docs/reasons.md is what the table says. */
static void documented(void **state)
{
    (void)state;
    struct gw_err err = {};
    char path[1024];
    GW_AUTO_VALUE(gw_buf) want = {};
    GW_AUTO_VALUE(gw_buf) got = {};
    gw_buf_add_text(&got, "# Reasons\n\nEvery way a verification ends, in the order in which they are looked for. Written from\n"
        "`src/policy/reason.def`; a test keeps it in step (`GANGWAY_TEST_ACCEPT=1 build/tests/policy_decide_test` writes it).\n\n"
        "Officers and supervisors read the reason; carriers and devices get only *clear*, *retry* or *inspect*, and with\n"
        "*retry* the guidance. The log has none either: whoever holds a receipt reads its entry (docs/audit.md). A reason that\n"
        "retries asks again while attempts are left (`verify.attempts`), then inspects.\n"
        "Severity: `routine`; `notice`, an officer looks at the document; `alert`, a supervisor is told at once.\n\n"
        "| code | severity | does | guidance | what the officer reads |\n|---|---|---|---|---|\n");
    for (int i = 0; i < GW_REASON_COUNT; i++) {
        static const char *const effects[] = { "clear", "retry", "inspect" };
        enum gw_reason r = (enum gw_reason)i;
        const char *guidance = gw_guidance_name(gw_reason_guidance(r));
        gw_buf_addf(&got, "| `%s` | %s | %s | %s%s%s | %s |\n", gw_reason_code(r), gw_severity_name(gw_reason_severity(r)),
            effects[gw_reason_effect(r)], guidance == NULL ? "" : "`", guidance == NULL ? "" : guidance,
            guidance == NULL ? "" : "`", gw_reason_text(r));
    }
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/docs/reasons.md", source == NULL ? "." : source);
    if (getenv("GANGWAY_TEST_ACCEPT") != NULL)
        CHECK_OK(gw_buf_write_file(gw_buf_span(&got), path, 0644, &err));
    CHECK_OK(gw_buf_read_file(&want, path, 1 << 20, &err));
    CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
}

static void table(void **state)
{
    (void)state;
    for (int i = 0; i < GW_REASON_COUNT; i++) {
        enum gw_reason r = (enum gw_reason)i, found;
        CHECK(gw_reason_find(&found, gw_reason_code(r)));
        CHECK_INT(found, r);
        /* Only who is asked again needs a word at the gate. */
        CHECK((gw_reason_guidance(r) != GW_GUIDANCE_NONE) == (gw_reason_effect(r) == GW_EFFECT_RETRY));
        CHECK_INT(gw_reason_effect(r) == GW_EFFECT_CLEAR, r == GW_REASON_MATCHED);
    }
    enum gw_reason found;
    CHECK(!gw_reason_find(&found, "nonsense"));
}

/* A number that is not a number never clears. */
static void not_a_number(void **state)
{
    (void)state;
    struct gw_policy p = gw_policy_default();
    const size_t fields = sizeof(struct gw_face_facts) / sizeof(double);
    for (size_t i = 0; i < fields; i++) {
        struct gw_facts f = good();
        ((double *)&f.face)[i] = NAN;
        if ((double *)&f.face + i == &f.face.sharpness || (double *)&f.face + i == &f.face.exposure ||
            (double *)&f.face + i == &f.face.mouth)
            continue; /* asked only when the whole is too poor */
        CHECK(gw_policy_decide(&p, &f).answer != GW_ANSWER_CLEAR);
    }
    struct gw_facts f = good();
    f.liveness = NAN;
    CHECK_INT(gw_policy_decide(&p, &f).reason, GW_REASON_LIVENESS);
    f = good();
    f.n_faces = 2;
    f.second_face_share = NAN;
    CHECK_INT(gw_policy_decide(&p, &f).reason, GW_REASON_SEVERAL_FACES);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int main(void)
{
    char path[900];
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/policy", source == NULL ? "." : source);
    folder = path;
    struct dirent **names;
    int n = scandir(folder, &names, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char *dot = strstr(names[i]->d_name, ".facts");
        if (dot != NULL) {
            *dot = 0;
            check_add_("golden", names[i]->d_name, golden, names[i]->d_name);
        }
    }
    check_add("reasons", "docs/reasons.md says what the table says", documented);
    check_add("reasons", "each has a code of its own and guidance where it asks again", table);
    check_add("facts", "a number that is not a number never clears", not_a_number);
    int status = check_done();
    for (int i = 0; i < n; i++)
        free(names[i]);
    if (n >= 0)
        free(names);
    return status;
}
