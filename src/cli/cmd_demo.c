/* cmd_demo.c - a whole departure on a store of its own, told as it happens: manifest,
 * portraits, gallery, the gate, close-out, and what is kept until when. Every decision
 * is the service's; the demo only knows what each should be and says when one is not. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/place.h"
#include "cli/commands.h"
#include "cli/frame.h"
#include "http/http.h"
#include "image/image.h"
#include "service/service.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PICTURE_BYTES = 64 << 20, ANSWER_BYTES = 16 << 20 };

static const struct traveler {
    const char *surname, *given_names, *sex, *birth_date, *nationality, *passport, *reference, *seat, *portrait;
} travelers[] = {
#define DEMO_TRAVELER(...) { __VA_ARGS__ },
#include "cli/demo.def"
};

enum how { HOW_AS_IS, HOW_CAPTURED, HOW_FAR, HOW_DARK, HOW_TWO, HOW_EMPTY, HOW_DECLINE, HOW_CARD };
static const struct scene {
    const char *what, *picture;
    enum how how;
    const char *reference;
    enum gw_answer answer;
    enum gw_reason reason;
} scenes[] = {
#define DEMO_SCENE(what, picture, how, reference, answer, reason)                                 \
    { what, picture, HOW_##how, reference, GW_ANSWER_##answer, GW_REASON_##reason },
#include "cli/demo.def"
};

struct demo {
    struct gw_service *service;
    struct gw_worker *worker;
    struct gw_caller gate, carrier, officer;
    struct gw_id voyage;
    int64_t departure_us;
    const char *number; /* of the flight */
    bool color;
    size_t wrong; /* decisions that were not as they should be */
    size_t said;
};

static const struct traveler *find(const char *reference)
{
    for (size_t i = 0; i < GW_COUNT(travelers); i++)
        if (strcmp(travelers[i].reference, reference) == 0)
            return &travelers[i];
    return NULL;
}

static void title(const struct demo *d, const char *text)
{
    printf(d->color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

/* ---- pictures ------------------------------------------------------------------- */

static bool read_photo(struct gw_buf *out, const char *name, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    char in_source[200], in_prefix[220];
    snprintf(in_source, sizeof in_source, "vendor/media/%s", name);
    snprintf(in_prefix, sizeof in_prefix, "share/gangway/media/%s", name);
    if (!gw_place_find(&path, in_source, in_prefix))
        return gw_fail(err, GW_ERR_NOT_FOUND, "the demo's photo %s is not here: run tools/setup in the source tree", name);
    return gw_buf_read_file(out, gw_buf_text(&path), 8 << 20, err);
}

/* What the gate's camera sees: the stills framed as it would frame them. */
static bool capture(struct gw_buf *out, const struct scene *s, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) bytes = {};
    if (s->picture != NULL && !read_photo(&bytes, s->picture, err))
        return false;
    if (s->how == HOW_AS_IS) {
        gw_buf_add(out, bytes.data, bytes.size);
        return true;
    }
    GW_AUTO(gw_arena) *mem = gw_arena_new(PICTURE_BYTES);
    struct gw_image frame, photo;
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    if (!gw_frame_wall(&frame, mem, err))
        return false;
    if (s->picture != NULL) {
        if (!gw_image_decode(&photo, mem, gw_buf_span(&bytes), &limits, 0, NULL, err))
            return false;
        gw_frame_place(&frame, &photo, s->how == HOW_FAR ? 0.22 : s->how == HOW_TWO ? 0.6 : 0.72, s->how == HOW_TWO ? 0.27 : 0.5);
    }
    if (s->how == HOW_TWO) {
        GW_AUTO_VALUE(gw_buf) second = {};
        if (!read_photo(&second, "chuck_crop.jpg", err) ||
            !gw_image_decode(&photo, mem, gw_buf_span(&second), &limits, 0, NULL, err))
            return false;
        gw_frame_place(&frame, &photo, 0.6, 0.73);
    }
    if (s->how == HOW_DARK)
        gw_frame_dim(&frame, 1.0 / 6);
    return gw_image_write_jpeg(out, &frame, 85, err);
}

/* ---- before boarding ----------------------------------------------------------------- */

static struct gw_json *manifest_json(const struct demo *d)
{
    struct gw_json *o = gw_json_object(), *v = gw_json_object(), *list = gw_json_array();
    char when[GW_TIME_TEXT];
    gw_json_set_text(o, "kind", "passenger_list");
    gw_json_set_null(o, "function");
    gw_json_set_text(o, "message_reference", "DEMO-1");
    gw_json_set_text(v, "mode", "air");
    gw_json_set_text(v, "carrier", "XX");
    gw_json_set_text(v, "number", d->number);
    gw_json_set_text(v, "from", "YVR");
    gw_json_set_text(v, "to", "JFK");
    gw_time_format(when, d->departure_us);
    gw_json_set_text(v, "departure", when);
    gw_time_format(when, d->departure_us + 5 * 3600 * GW_US_PER_S);
    gw_json_set_text(v, "arrival", when);
    gw_json_set(o, "voyage", v);
    for (size_t i = 0; i < GW_COUNT(travelers); i++) {
        const struct traveler *t = &travelers[i];
        struct gw_json *j = gw_json_object(), *documents = gw_json_array(), *p = gw_json_object();
        gw_json_set_text(j, "kind", "passenger");
        gw_json_set_text(j, "surname", t->surname);
        gw_json_set_text(j, "given_names", t->given_names);
        gw_json_set_text(j, "sex", t->sex);
        gw_json_set_text(j, "birth_date", t->birth_date);
        gw_json_set_text(j, "nationality", t->nationality);
        gw_json_set_text(p, "type", "P");
        gw_json_set_text(p, "number", t->passport);
        gw_json_set_text(p, "issuing_state", t->nationality);
        gw_json_set_text(p, "expiry_date", "2031-10-21");
        gw_json_add(documents, p);
        gw_json_set(j, "documents", documents);
        gw_json_set_text(j, "reference", t->reference);
        gw_json_set_text(j, "seat", t->seat);
        gw_json_add(list, j);
    }
    gw_json_set(o, "travelers", list);
    struct gw_json *count = gw_json_object();
    gw_json_set_integer(count, "declared", (int64_t)GW_COUNT(travelers));
    gw_json_set(o, "count", count);
    return o;
}

static bool send_manifest(struct demo *d, struct gw_err *err)
{
    GW_AUTO(gw_arena) *mem = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    GW_AUTO(gw_json) *json = manifest_json(d);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_manifest m;
    struct gw_manifest_receipt receipt;
    gw_json_format(&text, json, false);
    int64_t began = gw_clock_monotonic_us();
    if (!gw_manifest_parse_json(&m, mem, gw_buf_span(&text), err) ||
        !gw_service_manifest(&receipt, mem, d->service, &d->carrier, &m, NULL, err))
        return false;
    d->voyage = receipt.voyage;
    char id[GW_ID_TEXT], when[GW_TIME_TEXT];
    gw_id_format(id, receipt.voyage);
    gw_time_format(when, d->departure_us);
    printf("  Flight XX %s, Vancouver to New York, departs %.16sZ\n", d->number, when);
    printf("  %zu travelers announced, %zu problems; voyage %s (%.1f ms)\n", receipt.n_travelers, receipt.n_problems, id,
        (double)(gw_clock_monotonic_us() - began) / 1000);
    return true;
}

static bool send_portraits(struct demo *d, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(travelers); i++) {
        const struct traveler *t = &travelers[i];
        if (t->portrait == NULL)
            continue;
        GW_AUTO_VALUE(gw_buf) bytes = {};
        struct gw_portrait_receipt receipt;
        if (!read_photo(&bytes, t->portrait, err))
            return false;
        const struct gw_portrait_ask ask = { .document_number = gw_span_str(t->passport),
            .issuing_state = gw_span_str(t->nationality), .source = GW_PORTRAIT_PASSPORT, .picture = gw_buf_span(&bytes) };
        int64_t began = gw_clock_monotonic_us();
        if (!gw_service_portrait(&receipt, d->service, d->worker, &d->carrier, &ask, NULL, err))
            return gw_fail_prefix(err, "portrait for seat %s", t->seat);
        printf("  seat %-3s quality %3.0f  %5.1f ms\n", t->seat, receipt.quality, (double)(gw_clock_monotonic_us() - began) / 1000);
    }
    puts("  The pictures are dropped; what is kept of each is a template, sealed.");
    return true;
}

static bool show_readiness(struct demo *d, struct gw_err *err)
{
    GW_AUTO(gw_arena) *mem = gw_arena_new(ANSWER_BYTES);
    struct gw_readiness r;
    /* The gallery follows each portrait; the last build may still be on its way. */
    for (int i = 0; i < 200; i++) {
        if (!gw_service_readiness(&r, mem, d->service, &d->carrier, d->voyage, err))
            return false;
        if (r.gallery == GW_GALLERY_READY)
            break;
        gw_arena_reset(mem);
        usleep(10000);
    }
    printf("  %zu of %zu expected travelers have a usable portrait; gallery %s, %zu people\n", r.covered, r.expected,
        gw_gallery_state_name(r.gallery), r.gallery_persons);
    printf("  To be looked at by hand, seats");
    for (size_t i = 0; i < r.n_uncovered; i++)
        printf(" %s", r.uncovered[i].seat == NULL ? "?" : r.uncovered[i].seat);
    puts("");
    return true;
}

/* ---- the gate ------------------------------------------------------------------------- */

/* The last record: why, in the words an officer reads. */
static bool last_record(struct gw_verification_record *out, struct demo *d, struct gw_arena *mem, struct gw_id id, struct gw_err *err)
{
    struct gw_span cursor = {};
    struct gw_verification_page page;
    do {
        if (!gw_service_verifications(&page, mem, d->service, &d->officer, d->voyage, cursor, 100, err))
            return false;
        for (size_t i = 0; i < page.n; i++)
            if (gw_id_equal(page.records[i].id, id)) {
                *out = page.records[i];
                return true;
            }
        cursor = gw_span_str(page.cursor);
    } while (page.cursor != NULL);
    return gw_fail(err, GW_ERR_INTERNAL, "a decision was given that is not in the records");
}

static void tell(struct demo *d, const struct scene *s, enum gw_answer answer, enum gw_reason reason, bool right)
{
    static const char *const signs[] = { "CLEAR", "RETRY", "INSPECT" };
    static const char *const colors[] = { "\033[32m", "\033[33m", "\033[34m" }; /* never red: nobody is accused */
    printf("%3zu. %s\n     %s%-7s%s %s", ++d->said, s->what, d->color ? colors[answer] : "", signs[answer],
        d->color ? "\033[0m" : "", gw_reason_text(reason));
    if (!right) {
        d->wrong++;
        printf("\n     NOT AS IT SHOULD BE: expected %s, %s", signs[s->answer], gw_reason_code(s->reason));
    }
}

static bool play_decline(struct demo *d, const struct scene *s, struct gw_err *err)
{
    const struct gw_decline_ask ask = { .named.reference = gw_span_str(s->reference) };
    struct gw_decline decline;
    int64_t began = gw_clock_monotonic_us();
    if (!gw_service_decline(&decline, d->service, &d->gate, d->voyage, &ask, NULL, err))
        return false;
    tell(d, s, GW_ANSWER_INSPECT, GW_REASON_DECLINED, decline.has_traveler);
    printf("\n     no camera was started  %.1f ms\n", (double)(gw_clock_monotonic_us() - began) / 1000);
    return true;
}

static bool play(struct demo *d, const struct scene *s, struct gw_err *err)
{
    if (s->how == HOW_DECLINE)
        return play_decline(d, s, err);
    GW_AUTO_VALUE(gw_buf) picture = {};
    GW_AUTO(gw_arena) *mem = gw_arena_new(ANSWER_BYTES);
    if (!capture(&picture, s, err))
        return false;
    struct gw_verify_ask ask = { .picture = gw_buf_span(&picture), .received_us = gw_clock_monotonic_us() };
    if (s->how == HOW_CARD) {
        ask.document_number = gw_span_str(find(s->reference)->passport);
        ask.issuing_state = gw_span_str(find(s->reference)->nationality);
    }
    struct gw_verification v;
    struct gw_verification_record r = {};
    if (!gw_service_verify(&v, d->service, d->worker, &d->gate, d->voyage, &ask, NULL, err) ||
        !last_record(&r, d, mem, v.id, err))
        return false;
    bool who = !v.has_traveler || (s->reference != NULL && strcmp(v.reference, s->reference) == 0);
    tell(d, s, v.answer, r.reason, who && v.answer == s->answer && r.reason == s->reason);
    printf("\n    ");
    if (v.has_traveler)
        printf(" seat %s,", v.seat);
    if (v.guidance != GW_GUIDANCE_NONE)
        printf(" gate shows \"%s\",", gw_guidance_name(v.guidance));
    if (r.has_score)
        printf(" score %.3f against %.3f among %zu,", r.score, r.threshold, r.gallery_persons);
    printf(" attempt %u of %u,  %.1f ms, recorded\n", v.attempt, v.attempt + v.attempts_left, (double)v.elapsed_us / 1000);
    return true;
}

/* ---- after --------------------------------------------------------------------------------- */

static bool close_out(struct demo *d, struct gw_err *err)
{
    GW_AUTO(gw_arena) *mem = gw_arena_new(ANSWER_BYTES);
    struct gw_manifest_traveler boarded[GW_COUNT(travelers) + 1] = {};
    size_t n = 0;
    /* The carrier's list: all but seat 9A, who did not come, and one whom nobody announced. */
    for (size_t i = 0; i + 1 < GW_COUNT(travelers); i++)
        boarded[n++].reference = gw_span_str(travelers[i].reference);
    boarded[n++].reference = gw_span_str("R0099");
    const struct gw_close_ask ask = { .list = GW_CLOSE_ON_BOARD, .listed = boarded, .n_listed = n };
    struct gw_close c;
    if (!gw_service_close_voyage(&c, mem, d->service, &d->carrier, d->voyage, &ask, NULL, err))
        return false;
    printf("  On board %zu, not on board %zu, announced by nobody %zu.\n", c.boarded, c.not_boarded, c.n_strangers);
    for (size_t i = 0; i < c.n_strangers; i++)
        puts("  One person on the carrier's list was on no manifest: the carrier is asked.");
    if (c.boarded != GW_COUNT(travelers) - 1 || c.not_boarded != 1 || c.n_strangers != 1)
        d->wrong++;
    struct gw_voyage v;
    if (!gw_service_voyage(&v, mem, d->service, &d->officer, d->voyage, err))
        return false;
    char when[GW_TIME_TEXT], closed[GW_TIME_TEXT];
    gw_time_format(when, v.purge_us);
    gw_time_format(closed, v.closed_us);
    title(d, "What is kept, and until when");
    printf("  live pictures      none: they were never written down\n"
           "  portraits          none: only their templates\n"
           "  templates, names   sealed under this voyage's key, which is destroyed %.16sZ\n"
           "  decisions          %zu, with reason, score, threshold and time, no picture, no name\n",
        when, d->said);
    if (!v.has_purge)
        d->wrong++;
    return true;
}

static bool make_caller(struct gw_caller *out, struct demo *d, enum gw_role role, const char *label, const char *site,
    const char *carrier, char secret[GW_TOKEN_TEXT], struct gw_err *err)
{
    const struct gw_caller admin = gw_caller_local();
    const struct gw_token_new ask = { .role = role, .label = gw_span_str(label), .site = gw_span_str(site), .carrier = gw_span_str(carrier) };
    struct gw_token token;
    return gw_service_token_new(&token, secret, d->service, &admin, &ask, err) &&
           gw_service_token_check(out, d->service, gw_span_str(secret), err);
}

static bool depart(struct demo *d, char secrets[3][GW_TOKEN_TEXT], struct gw_err *err)
{
    if (!make_caller(&d->carrier, d, GW_ROLE_CARRIER, "demo carrier", "", "XX", secrets[0], err) ||
        !make_caller(&d->gate, d, GW_ROLE_DEVICE, "demo gate 12", "YVR", "", secrets[1], err) ||
        !make_caller(&d->officer, d, GW_ROLE_OFFICER, "demo officer", "", "", secrets[2], err))
        return false;
    d->number = "123";
    d->departure_us = (gw_service_now(d->service) / (60 * GW_US_PER_S) + 90) * 60 * GW_US_PER_S;
    title(d, "The carrier sends its manifest");
    if (!send_manifest(d, err))
        return false;
    title(d, "Portraits arrive and become the flight's gallery");
    if (!send_portraits(d, err))
        return false;
    title(d, "Before boarding");
    if (!show_readiness(d, err))
        return false;
    title(d, "Boarding at gate 12");
    for (size_t i = 0; i < GW_COUNT(scenes); i++)
        if (!play(d, &scenes[i], err))
            return gw_fail_prefix(err, "%s", scenes[i].what);
    title(d, "Close-out");
    return close_out(d, err);
}

/* ---- running ------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place_in_tree)
{
    (void)st;
    (void)kind;
    (void)place_in_tree;
    return remove(path);
}

static bool wait_for_the_end(struct gw_conf *conf, struct demo *d, char secrets[3][GW_TOKEN_TEXT], const sigset_t *signals,
    struct gw_err *err)
{
    GW_AUTO(gw_http) *http = gw_http_open(d->service, conf, err);
    if (http == NULL)
        return false;
    char id[GW_ID_TEXT];
    title(d, "The service keeps running");
    /* Something to board for whoever opens the gate's page: the same people fly again. */
    d->number = "125";
    d->departure_us += 2 * 3600 * GW_US_PER_S;
    if (!send_manifest(d, err))
        return false;
    printf("\n  Gate      %s/gate#setup=%s\n", gw_http_address(http), secrets[1]);
    printf("  Console   %s/   sign in as officer with %s\n", gw_http_address(http), secrets[2]);
    printf("  Notice    %s/notice?site=YVR\n\n  Or in another terminal:\n\n", gw_http_address(http));
    printf("  curl -s %s/readyz\n", gw_http_address(http));
    gw_id_format(id, d->voyage);
    printf("  curl -s -H 'Authorization: Bearer %s' %s/v1/voyages/%s/travelers\n", secrets[2], gw_http_address(http), id);
    printf("  curl -s %s/openapi.json\n\n", gw_http_address(http));
    puts("  These tokens and everything else here end with the demo: Ctrl-C.");
    fflush(stdout);
    int taken;
    sigwait(signals, &taken);
    puts("");
    return true;
}

static int demo(struct gw_conf *conf, bool once, const sigset_t *signals)
{
    struct gw_err err = {};
    struct demo d = { .color = isatty(STDOUT_FILENO) == 1 };
    const struct gw_service_options options = { .conf = conf };
    int64_t began = gw_clock_monotonic_us();
    GW_AUTO(gw_service) *service = gw_service_open(&options, &err);
    GW_AUTO(gw_worker) *worker = service == NULL ? NULL : gw_worker_new(service);
    if (worker == NULL)
        return gw_cli_fail("demo", &err);
    d.service = service;
    d.worker = worker;
    printf("A departure on a store of its own, with real photos. Names, numbers and the flight are invented.\n"
           "Networks, decoder, keys and store ready in %.0f ms.\n", (double)(gw_clock_monotonic_us() - began) / 1000);
    char secrets[3][GW_TOKEN_TEXT];
    if (!depart(&d, secrets, &err))
        return gw_cli_fail("demo", &err);
    if (d.wrong > 0)
        printf("\n%zu of the demo's outcomes were not as they should be.\n", d.wrong);
    else
        printf("\nAll %zu decisions came out as they should.\n", d.said);
    if (!once && !wait_for_the_end(conf, &d, secrets, signals, &err))
        return gw_cli_fail("demo", &err);
    return d.wrong == 0 ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int run(int argc, char **argv)
{
    bool once = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    const struct gw_option options[] = {
        { "--once", GW_OPTION_FLAG, &once, NULL, "end after the departure; exit status 0 only if all came out as it should" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "one setting; may be repeated" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_demo, options, GW_COUNT(options), &status))
        return status;
    char folder[] = "/tmp/gangway-demo-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "gangway demo: no folder for its store in /tmp: %s\n", strerror(errno));
        return GW_EXIT_UNREADABLE;
    }
    GW_AUTO_VALUE(gw_buf) store = {};
    gw_buf_addf(&store, "%s/data", folder);
    if (!gw_conf_set(&conf, "store.path", gw_buf_text(&store), "demo", &err))
        return gw_cli_fail("demo", &err);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    gw_secret_process();
    gw_log_level(GW_LOG_ERROR); /* the story is told on standard output */
    setvbuf(stdout, NULL, _IOLBF, 0);
    status = demo(&conf, once, &signals);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}

const struct gw_command gw_command_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "a whole departure with real photos, on a store of its own",
    .run = run,
};
