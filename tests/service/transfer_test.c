/* transfer_test.c - cut off between any two steps of a transfer, none is lost and none arrives as two; deadlines,
 * holds and old backups. Against examples/register.mjs, over TLS. */
#include "tests/service/cut.h"
#include "tests/service/place.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct gw_err err;
static char certificates[] = "/tmp/gangway-register-XXXXXX";

enum { PICTURE_BYTES = 20'000, PORT_TEXT = 16 };
static const char needle[] = "THIS IS THE PICTURE OF A PERSON ";

static struct gw_span picture(void)
{
    static uint8_t bytes[PICTURE_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)needle[i % (sizeof needle - 1)];
    return gw_span_of(bytes, sizeof bytes);
}

/* ---- the register --------------------------------------------------------------------------- */

static bool make_certificates(void)
{
    static const char script[] =
        "cd %s && exec >/dev/null 2>&1 && new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        "-keyout $1.key -out $1.pem -subj /CN=$1 -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1'; } && new register && new gangway";
    char command[sizeof script + sizeof certificates];
    if (mkdtemp(certificates) == NULL)
        return false;
    snprintf(command, sizeof command, script, certificates);
    return system("node --version >/dev/null 2>&1") == 0 && system(command) == 0;
}

struct reference {
    pid_t process;
    char port[PORT_TEXT];
};

/* port "0": any. */
static struct reference reference_start(const char *port)
{
    struct reference r = {};
    char listen[64], source[400], file[4][128];
    static const char *const names[] = { "register.pem", "register.key", "gangway.pem", "receipts" };
    const char *root = getenv("GANGWAY_TEST_SOURCE");
    int out[2];
    snprintf(source, sizeof source, "%s/examples/register.mjs", root == NULL ? ".." : root);
    snprintf(listen, sizeof listen, "127.0.0.1:%s", port);
    for (size_t i = 0; i < GW_COUNT(names); i++)
        snprintf(file[i], sizeof file[i], "%s/%s", certificates, names[i]);
    CHECK_INT(pipe(out), 0);
    r.process = fork();
    if (r.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        close(out[0]);
        execlp("node", "node", source, "--listen", listen, "--certificate", file[0], "--key", file[1], "--clients", file[2], "--receipts",
            file[3], (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    char line[200] = "";
    for (size_t n = 0; n + 1 < sizeof line && strchr(line, '\n') == NULL;) {
        ssize_t got = read(out[0], line + n, sizeof line - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    close(out[0]);
    const char *colon = strrchr(line, ':');
    CHECK(colon != NULL);
    snprintf(r.port, sizeof r.port, "%d", colon == NULL ? 0 : atoi(colon + 1));
    return r;
}

static void reference_stop(struct reference *r)
{
    kill(r->process, SIGKILL);
    waitpid(r->process, NULL, 0);
}

/* Receipts the register has given, and those for one transfer. */
static size_t receipts(const struct gw_id *of)
{
    char path[128], id[GW_ID_TEXT] = "\"transfer\"";
    GW_AUTO_VALUE(gw_buf) file = {};
    size_t n = 0;
    snprintf(path, sizeof path, "%s/receipts", certificates);
    if (of != NULL)
        gw_id_format(id, *of);
    if (!gw_buf_read_file(&file, path, 1 << 20, NULL))
        return 0;
    for (const char *at = gw_buf_text(&file); (at = strstr(at, id)) != NULL; at++)
        n++;
    return n;
}

/* ---- the service ---------------------------------------------------------------------------- */

static void init(struct place *p, const char *port)
{
    static const struct { const char *name, *file; } files[] = { { "register.authorities", "register.pem" },
        { "register.certificate", "gangway.pem" }, { "register.key", "gangway.key" } };
    char text[200];
    place_init(p);
    snprintf(text, sizeof text, "https://127.0.0.1:%s/transfers", port);
    CHECK_OK(gw_conf_set(&p->conf, "register.url", text, "test", &err));
    CHECK_OK(gw_conf_set(&p->conf, "register.timeout", "5s", "test", &err));
    for (size_t i = 0; i < GW_COUNT(files); i++) {
        snprintf(text, sizeof text, "%s/%s", certificates, files[i].file);
        CHECK_OK(gw_conf_set(&p->conf, files[i].name, text, "test", &err));
    }
}

/* Somebody whom the rules of the United States send to the register is cleared. */
static struct gw_id clear_one(struct place *p)
{
    static const char manifest[] = "{\"voyage\":{\"mode\":\"air\",\"carrier\":\"XX\",\"number\":\"123\",\"from\":\"YVR\",\"to\":\"JFK\","
        "\"departure\":\"2026-11-23T18:00:00Z\"},\"travelers\":[{\"surname\":\"S\",\"given_names\":\"G\",\"reference\":\"r1\",\"birth_date\":\"1980-01-01\","
        "\"nationality\":\"UTO\",\"documents\":[{\"type\":\"P\",\"number\":\"P00001\",\"issuing_state\":\"UTO\"}]}]}";
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt portrait = {};
    struct gw_verification v;
    struct gw_template t = face(1);
    struct gw_portrait_made made = { .source = GW_PORTRAIT_CHIP, .template = &t, .quality = 70 };
    CHECK_OK(send_manifest(&m, p, &p->carrier, manifest, NULL, &err));
    CHECK_OK(gw_document_hash_of(&made.document, p->s, gw_span_str("P00001"), gw_span_str("UTO"), &err) &&
        gw_portrait_keep(&portrait, p->s, &p->carrier, &made, NULL, &err));
    CHECK_OK(send_picture(&v, p, &p->device, m.voyage, &t, picture(), NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    return m.voyage;
}

static struct gw_transfer_record only_one(struct place *p)
{
    struct gw_transfer_page page;
    gw_arena_reset(p->a);
    CHECK_OK(gw_service_transfers(&page, p->a, p->s, &p->auditor, (struct gw_span){}, (struct gw_span){}, 0, &err));
    CHECK_INT(page.n, 1);
    return page.n == 1 ? page.records[0] : (struct gw_transfer_record){ .state = "" };
}

/* Sends until the one there is has that state, or a reason; false: not within ten seconds. */
static bool send_until(struct place *p, const char *state, const char *reason)
{
    struct gw_outbox *o;
    bool is = false;
    CHECK_OK(gw_outbox_open(&o, p->s, &err));
    for (int i = 0; i < 1000 && !is; i++) {
        const struct gw_transfer_record r = only_one(p);
        is = strcmp(r.state, state) == 0 && (reason == NULL || (r.reason != NULL && strcmp(r.reason, reason) == 0));
        usleep(is ? 0 : 10'000);
    }
    gw_outbox_close(o);
    return is;
}

struct counting {
    struct gw_arena *a;
    struct gw_id verification;
    size_t photos;
    bool opens;
};

static bool count_photos(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct counting *c = arg;
    struct gw_photo_row *rows;
    struct gw_span plain;
    if (!gw_store_photos_of_verification(&rows, &c->photos, c->a, tx, c->verification, e))
        return false;
    c->opens = c->photos > 0 && gw_store_photo_open(&plain, c->a, tx, &rows[0], NULL) && gw_span_equal(plain, picture());
    return true;
}

static struct counting photos_of(struct place *p)
{
    struct counting c = { .a = p->a, .verification = only_one(p).verification };
    CHECK_OK(gw_store_read(p->s->store, count_photos, &c, &err));
    return c;
}

/* Entries of the log about transfers that say so. */
static size_t said(struct place *p, const char *answer)
{
    struct gw_audit_page page;
    size_t n = 0;
    CHECK_OK(gw_service_audit_entries(&page, p->a, p->s, &p->auditor, 0, 500, &err));
    for (size_t i = 0; i < page.n; i++)
        n += strstr(page.entries[i], "\"kind\":\"transfer\"") != NULL && strstr(page.entries[i], answer) != NULL;
    return n;
}

/* ---- cut off anywhere ------------------------------------------------------------------------ */

/* In a child: clears and sends, and is killed at step `at`. False: it came to its end. */
static bool send_cut_off(struct place *p, unsigned at)
{
    pid_t child = fork();
    if (child == 0) {
        struct cut c = { .left = at };
        if (!place_open_at(p, NOW_US, cut_step, &c, &err))
            _exit(3);
        clear_one(p);
        c.armed = true;
        const bool sent = send_until(p, "received", NULL);
        gw_service_close(p->s);
        _exit(sent ? 0 : 4);
    }
    return cut_off(child);
}

static void cut_off_anywhere(void **state)
{
    (void)state;
    struct reference r = reference_start("0");
    unsigned at = 0;
    for (bool cut = true; cut; at++) {
        struct place p;
        init(&p, r.port);
        cut = send_cut_off(&p, at);
        CHECK_OK(place_open_at(&p, NOW_US + HOUR_US, NULL, NULL, &err));
        CHECK(send_until(&p, "received", NULL));
        const struct gw_transfer_record sent = only_one(&p);
        CHECK_INT(receipts(&sent.id), 1);
        CHECK(sent.receipt != NULL);
        CHECK_INT(photos_of(&p).photos, 0);
        CHECK_INT(said(&p, "received"), 1);
        CHECK(said(&p, "offered") >= 1);
        place_done(&p);
    }
    CHECK_INT(receipts(NULL), at);
    printf("# cut off at each of %u steps\n", at - 1);
    CHECK(at > 4);
    reference_stop(&r);
}

/* ---- its time -------------------------------------------------------------------------------- */

static void deadline(void **state)
{
    (void)state;
    struct reference r = reference_start("0");
    reference_stop(&r); /* and now nobody listens there */
    struct place p;
    init(&p, r.port);
    CHECK_OK(place_open_at(&p, NOW_US, NULL, NULL, &err));
    clear_one(&p);
    CHECK(send_until(&p, "waiting", "no_connection"));
    const int64_t due = only_one(&p).due_us;
    CHECK(due > NOW_US + 13 * 24 * HOUR_US);
    place_close(&p);

    /* Until then it waits, longer than officers may see the picture. */
    CHECK_OK(place_open_at(&p, due - HOUR_US, NULL, NULL, &err));
    CHECK(photos_of(&p).opens);
    struct gw_retention_report report;
    CHECK_OK(gw_service_retention_report(&report, p.a, p.s, &p.auditor, &err));
    CHECK_INT(report.over_age, 0);
    CHECK_INT(report.transfers.n[0], 1);
    place_close(&p);

    CHECK_OK(place_open_at(&p, due, NULL, NULL, &err));
    CHECK_TEXT(only_one(&p).state, "missed");
    CHECK_INT(photos_of(&p).photos, 0);
    CHECK_INT(said(&p, "missed"), 1);
    struct gw_alert_page alerts;
    CHECK_OK(gw_service_alerts(&alerts, p.a, p.s, &p.auditor, &(struct gw_alert_filter){}, &err));
    bool told = false;
    for (size_t i = 0; i < alerts.n; i++)
        told = told || alerts.alerts[i].kind == GW_ALERT_TRANSFER_MISSED;
    CHECK(told);
    CHECK_OK(gw_service_retention_report(&report, p.a, p.s, &p.auditor, &err));
    CHECK_INT(report.over_age + report.transfers.n[0], 0);
    place_close(&p);
    /* The register is there again: too late. */
    r = reference_start(r.port);
    const size_t before = receipts(NULL);
    CHECK_OK(place_open_at(&p, due + HOUR_US, NULL, NULL, &err));
    struct gw_outbox *o;
    CHECK_OK(gw_outbox_open(&o, p.s, &err));
    usleep(300'000);
    gw_outbox_close(o);
    CHECK_INT(receipts(NULL), before);
    place_done(&p);
    reference_stop(&r);
}

static void held(void **state)
{
    (void)state;
    struct reference r = reference_start("0");
    struct place p;
    init(&p, r.port);
    CHECK_OK(place_open_at(&p, NOW_US, NULL, NULL, &err));
    const struct gw_id voyage = clear_one(&p);
    struct gw_hold hold;
    struct gw_purge purge;
    const struct gw_hold_ask ask = { voyage, gw_span_str("2026-CV-1"), NOW_US + 48 * HOUR_US };
    CHECK_OK(gw_service_hold(&hold, p.s, &p.admin, &ask, NULL, &err));
    CHECK(send_until(&p, "received", NULL));
    CHECK(photos_of(&p).opens); /* the receipt ends the transfer, not the hold */
    p.s->clock.fixed_us += HOUR_US;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK(photos_of(&p).opens);
    CHECK_OK(gw_service_hold_release(p.s, &p.admin, hold.id, NULL, &err));
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(photos_of(&p).photos, 0);
    place_done(&p);
    reference_stop(&r);
}

/* ---- old backups ------------------------------------------------------------------------------ */

static void copy_all(const char *from, const char *to)
{
    char command[600];
    snprintf(command, sizeof command, "mkdir -p %s && cp -a %s/gangway.db* %s/photos %s/", to, from, from, to);
    CHECK_INT(system(command), 0);
}

static void old_backup(void **state)
{
    (void)state;
    struct reference r = reference_start("0");
    struct place p;
    char backup[200];
    init(&p, r.port);
    snprintf(backup, sizeof backup, "%s/backup", p.folder);
    CHECK_OK(place_open_at(&p, NOW_US, NULL, NULL, &err));
    clear_one(&p);
    const struct gw_id id = only_one(&p).id;
    place_close(&p);
    copy_all(p.conf.store_path, backup); /* the database, and even the pictures, but no keyring */
    CHECK_OK(place_open_at(&p, NOW_US + HOUR_US, NULL, NULL, &err));
    CHECK(photos_of(&p).opens);
    CHECK(send_until(&p, "received", NULL));
    place_close(&p);

    /* It says that it waits, and has the sealed picture; the key died with the receipt. */
    copy_all(backup, p.conf.store_path);
    CHECK_OK(place_open_at(&p, NOW_US + 2 * HOUR_US, NULL, NULL, &err));
    CHECK(gw_id_equal(only_one(&p).id, id));
    CHECK(!photos_of(&p).opens);
    CHECK(send_until(&p, "missed", "gone"));
    CHECK_INT(receipts(&id), 1);
    place_done(&p);
    reference_stop(&r);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    if (!make_certificates()) {
        printf("1..0 # SKIP openssl and node make and run the register\n");
        return 0;
    }
    check_add("transfer", "cut off between any two steps, none is lost and none arrives as two", cut_off_anywhere);
    check_add("transfer", "what is not taken in time dies, and is told", deadline);
    check_add("transfer", "a hold keeps the picture beyond the receipt", held);
    check_add("transfer", "yesterday's backup brings no picture back and sends none", old_backup);
    const int status = check_done();
    test_folder_drop(certificates);
    return status;
}
