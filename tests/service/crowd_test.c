/* crowd_test.c - several gates at once, while the manifest changes and portraits come:
 * everybody expected is cleared once and only once. */
#include "tests/service/place.h"

enum { PEOPLE = 60, GATES = 4 };

static struct gw_err err;
static struct place p;
static struct gw_id voyage;
static int clears[PEOPLE + 1], alerts, others;
static bool stop;

static void *gate(void *arg)
{
    struct gw_caller device = p.device;
    device.token.bytes[15] = *(const uint8_t *)arg;
    struct place mine = p;
    mine.a = gw_arena_new(64 << 20);
    for (unsigned i = 1; i <= PEOPLE; i++) {
        struct gw_template t = face(i);
        struct gw_verification v;
        struct gw_err e = {};
        if (!send_probe(&v, &mine, &device, voyage, &t, NULL, &e)) {
            fprintf(stderr, "%s\n", e.text);
            __atomic_fetch_add(&others, 1000, __ATOMIC_RELAXED);
        } else if (v.answer == GW_ANSWER_CLEAR) {
            __atomic_fetch_add(&clears[atoi(v.reference + 1)], 1, __ATOMIC_RELAXED);
        } else if (v.answer == GW_ANSWER_INSPECT) {
            __atomic_fetch_add(&alerts, 1, __ATOMIC_RELAXED);
        } else {
            __atomic_fetch_add(&others, 1, __ATOMIC_RELAXED);
        }
        gw_arena_reset(mine.a);
    }
    gw_arena_free(mine.a);
    return NULL;
}

/* Somebody nobody looks for comes and goes; the others stay. */
static void *carrier(void *arg)
{
    (void)arg;
    struct place mine = p;
    mine.a = gw_arena_new(256 << 20);
    for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
        struct gw_manifest_receipt m;
        struct gw_portrait_receipt r;
        struct gw_err e = {};
        if (!send_manifest(&m, &mine, &p.carrier, manifest_text(&mine, "", PEOPLE + i % 3, ""), NULL, &e) ||
            !send_portrait(&r, &mine, "P00061", 500 + i, GW_PORTRAIT_VISA, &e))
            abort();
        gw_arena_reset(mine.a);
    }
    gw_arena_free(mine.a);
    return NULL;
}

static void *clerk(void *arg)
{
    (void)arg;
    struct place mine = p;
    mine.a = gw_arena_new(256 << 20);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        struct gw_readiness r;
        struct gw_counters c;
        struct gw_purge purge;
        struct gw_token t;
        struct gw_caller who;
        char secret[GW_TOKEN_TEXT];
        struct gw_token_new ask = { .role = GW_ROLE_AUDITOR };
        struct gw_err e = {};
        if (!gw_service_readiness(&r, mine.a, p.s, &p.officer, voyage, &e) || r.expected < PEOPLE ||
            !gw_service_purge(&purge, p.s, &p.admin, &e) || !gw_service_token_new(&t, secret, p.s, &p.admin, &ask, &e) ||
            !gw_service_token_check(&who, p.s, gw_span_str(secret), &e) || !gw_service_token_revoke(p.s, &p.admin, t.id, &e) ||
            gw_service_token_check(&who, p.s, gw_span_str(secret), &e))
            abort();
        gw_service_counters(&c, p.s);
        while (gw_galleries_build_one(p.s->galleries))
            ;
        gw_arena_reset(mine.a);
    }
    gw_arena_free(mine.a);
    return NULL;
}

static void everybody_once(void **state)
{
    (void)state;
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt r;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", PEOPLE, ""), NULL, &err));
    voyage = m.voyage;
    for (unsigned i = 1; i <= PEOPLE; i++) {
        char number[16];
        snprintf(number, sizeof number, "P%05u", i);
        CHECK_OK(send_portrait(&r, &p, number, i, GW_PORTRAIT_CHIP, &err));
    }
    pthread_t gates[GATES], c, k;
    uint8_t numbers[GATES];
    pthread_create(&c, NULL, carrier, NULL);
    pthread_create(&k, NULL, clerk, NULL);
    for (int i = 0; i < GATES; i++) {
        numbers[i] = (uint8_t)(i + 1);
        pthread_create(&gates[i], NULL, gate, &numbers[i]);
    }
    for (int i = 0; i < GATES; i++)
        pthread_join(gates[i], NULL);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(c, NULL);
    pthread_join(k, NULL);
    for (unsigned i = 1; i <= PEOPLE; i++)
        CHECK_INT(clears[i], 1);
    CHECK_INT(alerts, PEOPLE * (GATES - 1));
    CHECK_INT(others, 0);
    struct gw_voyage v;
    CHECK_OK(gw_service_voyage(&v, p.a, p.s, &p.officer, voyage, &err));
    CHECK_INT(v.by_status[GW_STATUS_CLEARED], PEOPLE);
    CHECK_OK(gw_service_check_store(p.s, &err));
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("crowd", "everybody expected is cleared once and only once", everybody_once);
    return check_done();
}
