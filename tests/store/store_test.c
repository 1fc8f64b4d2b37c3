/* store_test.c - what is acknowledged stays, what fails leaves nothing, what is sealed
 * opens only where it belongs. */
#include "store/store.h"
#include "store/tx.h"
#include "tests/check.h"
#include "tests/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_US (INT64_C(1795420800) * GW_US_PER_S)

static struct gw_err err;
static char folder[TEST_FOLDER];

static struct gw_store *open_store(void)
{
    struct gw_store_options o = { .path = folder, .now_us = NOW_US };
    return gw_store_open(&o, &err);
}

static struct gw_voyage_row voyage_row(unsigned n)
{
    struct gw_voyage_row v = { .carrier = gw_span_str("XX"), .from = gw_span_str("YVR"), .to = gw_span_str("JFK"),
        .number = gw_span_str("1"), .ports = gw_span_str(" YVR "), .day = n, .departure_us = NOW_US };
    memcpy(v.id.bytes, &n, sizeof n);
    v.id.bytes[15] = 1;
    return v;
}

/* A voyage with its key and one traveler: both or none. */
struct pair {
    unsigned n;
    bool fails;
    char person[4000];
};

static bool put_pair(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct pair *p = arg;
    struct gw_voyage_row v = voyage_row(p->n);
    struct gw_traveler_row t = { .id = v.id, .voyage = v.id, .person = gw_span_of(p->person, sizeof p->person) };
    t.id.bytes[14] = 1;
    memcpy(t.match.bytes, &p->n, sizeof p->n);
    if (!gw_store_voyage_put(tx, &v, true, e) || !gw_store_key_make(tx, GW_KEY_VOYAGE, v.id, NOW_US, e) ||
        !gw_store_traveler_put(tx, &t, true, e))
        return false;
    return !p->fails || gw_fail(e, GW_ERR_CONFLICT, "on purpose");
}

struct found {
    unsigned n;
    bool voyage, traveler;
    struct gw_span person;
    struct gw_arena *a;
};

static bool find_pair(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct found *f = arg;
    struct gw_voyage_row v = voyage_row(f->n), row;
    struct gw_traveler_row t;
    struct gw_id id = v.id;
    id.bytes[14] = 1;
    struct gw_err none = {};
    f->voyage = gw_store_voyage_get(&row, f->a, tx, v.id, &none);
    if (!gw_store_traveler_get(&t, &f->traveler, true, f->a, tx, id, e))
        return false;
    f->person = f->traveler ? t.person : (struct gw_span){};
    return true;
}

static struct found look(struct gw_store *s, unsigned n, struct gw_arena *a)
{
    struct found f = { .n = n, .a = a };
    CHECK_OK(gw_store_read(s, find_pair, &f, &err));
    CHECK_INT(f.voyage, f.traveler);
    return f;
}

static void undone_alone(void **state)
{
    (void)state;
    test_folder_make(folder);
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    struct pair p = { .n = 1, .person = "first" };
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    p.n = 2;
    p.fails = true;
    CHECK_FAILS(gw_store_write(s, put_pair, &p, &err), GW_ERR_CONFLICT);
    CHECK(look(s, 1, a).voyage);
    CHECK(!look(s, 2, a).voyage);
    /* The key made by what was undone is not in use by what comes after. */
    p.fails = false;
    strcpy(p.person, "second");
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    gw_store_close(s);
    s = open_store();
    CHECK_OK(s != NULL);
    CHECK_TEXT((const char *)look(s, 2, a).person.data, "second");
    /* The same row again is our mistake, and says so without harm. */
    CHECK_FAILS(gw_store_write(s, put_pair, &p, &err), GW_ERR_INTERNAL);
    CHECK_OK(gw_store_check(s, &err));
    gw_store_close(s);
    test_folder_drop(folder);
}

/* While one writes, others come; whoever is next writes for all of them. */
static struct held {
    struct gw_store *s;
    pthread_t by[3];
    atomic_uint come, inside;
    atomic_bool goes_on;
} held;

static bool hold(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const size_t i = *(const size_t *)arg;
    (void)tx;
    (void)err;
    held.by[i] = pthread_self();
    atomic_fetch_add(&held.inside, 1);
    for (int n = 0; i == 0 && n < 10'000 && !atomic_load(&held.goes_on); n++)
        usleep(1000);
    return true;
}
static void *write_held(void *arg)
{
    atomic_fetch_add(&held.come, 1);
    CHECK(gw_store_write(held.s, hold, arg, NULL));
    return NULL;
}
static void one_writes_for_all(void **state)
{
    (void)state;
    static size_t numbers[3] = { 0, 1, 2 };
    pthread_t threads[3];
    struct gw_store_counters before, after;
    test_folder_make(folder);
    held = (struct held){ .s = open_store() };
    CHECK_OK(held.s != NULL);
    gw_store_count(&before, held.s);
    for (size_t i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, write_held, &numbers[i]);
        for (int n = 0; i == 0 && n < 10'000 && atomic_load(&held.inside) == 0; n++)
            usleep(1000);
    }
    for (int n = 0; n < 10'000 && atomic_load(&held.come) < 3; n++)
        usleep(1000);
    usleep(50'000); /* until both wait */
    CHECK_INT(atomic_load(&held.inside), 1);
    atomic_store(&held.goes_on, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    gw_store_count(&after, held.s);
    CHECK_INT(after.jobs - before.jobs, 3);
    CHECK_INT(after.commits - before.commits, 2);
    CHECK(pthread_equal(held.by[0], threads[0]));
    CHECK(pthread_equal(held.by[1], held.by[2]));
    CHECK(pthread_equal(held.by[1], threads[1]) || pthread_equal(held.by[1], threads[2]));
    gw_store_close(held.s);
    test_folder_drop(folder);
}

enum { THREADS = 8, EACH = 60 };
struct crowd {
    struct gw_store *s;
    atomic_uint first, fine, failed;
};

static void *write_some(void *arg)
{
    struct crowd *c = arg;
    unsigned first = atomic_fetch_add(&c->first, EACH);
    for (unsigned i = 0; i < EACH; i++) {
        struct pair p = { .n = first + i, .fails = i % 5 == 0 };
        struct gw_err e = {};
        if (gw_store_write(c->s, put_pair, &p, &e))
            c->fine++;
        else if (e.code == GW_ERR_CONFLICT)
            c->failed++;
    }
    return NULL;
}

static void many_writers(void **state)
{
    (void)state;
    test_folder_make(folder);
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    struct crowd c = { .s = open_store() };
    CHECK_OK(c.s != NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_some, &c);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(c.failed, THREADS * EACH / 5);
    CHECK_INT(c.fine, THREADS * EACH - THREADS * EACH / 5);
    for (unsigned n = 0; n < THREADS * EACH; n++)
        CHECK_INT(look(c.s, n, a).voyage, n % EACH % 5 != 0);
    struct gw_store_counters counters;
    gw_store_count(&counters, c.s);
    CHECK(counters.jobs >= THREADS * EACH && counters.commits <= counters.jobs);
    printf("# %llu jobs in %llu commits\n", (unsigned long long)counters.jobs, (unsigned long long)counters.commits);
    gw_store_close(c.s);
    test_folder_drop(folder);
}

/* A process writes and says after each write that it was acknowledged; it is killed at
 * any moment. What it said is there, and nothing by half. */
static void killed(void **state)
{
    (void)state;
    test_folder_make(folder);
    GW_AUTO(gw_arena) *a = gw_arena_new(256 << 20);
    unsigned first = 0, rounds = 10;
    for (unsigned round = 0; round < rounds; round++) {
        int ends[2];
        CHECK_INT(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            struct gw_store *s = open_store();
            struct pair p = { .person = "x" };
            if (s == NULL)
                _exit(3);
            for (p.n = first;; p.n++) {
                if (!gw_store_write(s, put_pair, &p, &err) || write(ends[1], &p.n, sizeof p.n) != sizeof p.n)
                    _exit(1);
                if (p.n % 7 == 3 && !gw_store_checkpoint(s, p.n % 2 == 0, &err))
                    _exit(1);
            }
        }
        close(ends[1]);
        unsigned last = 0, got = 0, n;
        while (got < 5 + round * 3 && read(ends[0], &n, sizeof n) == sizeof n) {
            last = n;
            got++;
        }
        usleep((useconds_t)(round * 700));
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status));
        while (read(ends[0], &n, sizeof n) == sizeof n) {
            last = n;
            got++;
        }
        close(ends[0]);
        struct gw_store *s = open_store();
        CHECK_OK(s != NULL);
        for (n = first; n <= last; n++)
            CHECK(look(s, n, a).voyage);
        (void)look(s, last + 1, a); /* there or not, but whole */
        bool there = look(s, last + 1, a).voyage;
        CHECK_OK(gw_store_check(s, &err));
        gw_store_close(s);
        first = last + 1 + there;
    }
    CHECK(first >= rounds * 5);
    printf("# %u writes acknowledged and kept over %u kills\n", first, rounds);
    test_folder_drop(folder);
}

/* Two openers, and a database from the future. */
static void one_at_a_time(void **state)
{
    (void)state;
    test_folder_make(folder);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    CHECK_FAILS(open_store() != NULL, GW_ERR_CONFLICT);
    CHECK(strstr(err.text, "another gangway") != NULL);
    gw_store_close(s);
    char path[128];
    snprintf(path, sizeof path, "%s/gangway.db", folder);
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    char set[64];
    snprintf(set, sizeof set, "PRAGMA user_version = %zu", gw_n_migrations + 1);
    CHECK_INT(sqlite3_exec(db, set, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    CHECK_FAILS(open_store() != NULL, GW_ERR_CONFLICT);
    CHECK(strstr(err.text, "newer") != NULL);
    /* Not a database at all. */
    CHECK_OK(gw_buf_write_file(gw_span_str("this is not a database, and long enough to be looked at as one, header and all...."
                                           "...................................................................."), path, 0600, &err));
    CHECK_FAILS(open_store() != NULL, GW_ERR_CORRUPT);
    test_folder_drop(folder);
}

static void run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    sqlite3_exec(db, sql, NULL, NULL, &why);
    CHECK_TEXT(why == NULL ? "" : why, "");
    sqlite3_free(why);
}

static int64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_step(s), SQLITE_ROW);
    const int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* Portraits and templates of a store from before it was written down who sent them. */
static void senders_unknown(void **state)
{
    (void)state;
    test_folder_make(folder);
    char path[128], set[64];
    snprintf(path, sizeof path, "%s/gangway.db", folder);
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    size_t before = 0;
    for (; before < gw_n_migrations && strstr(gw_migrations[before].name, "_whose") == NULL; before++)
        run_sql(db, gw_migrations[before].sql);
    CHECK(before < gw_n_migrations);
    snprintf(set, sizeof set, "PRAGMA user_version = %zu", before);
    run_sql(db, set);
    run_sql(db, "INSERT INTO portrait (id, number, document, source, captured_day, received_us, expires_us, picture, model, quality, sealed) "
                "VALUES (x'01', x'02', x'03', 1, 20000, 5, 6, x'07', 'm', 8.5, x'09'), (x'11', x'02', x'03', 2, NULL, 5, 6, x'17', 'm', 8.5, x'19')");
    run_sql(db, "INSERT INTO template (traveler, portrait, voyage, model, quality, sealed, source) VALUES (x'21', x'01', x'22', 'm', 8.5, x'23', 1)");
    sqlite3_close(db);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    gw_store_close(s);
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    /* Nothing is lost, and nobody's they stay: no carrier's, and of what was copied already not preferred as an authority's. */
    CHECK_INT(number_of(db, "SELECT count(*) FROM portrait WHERE carrier = '' AND number = x'02' AND received_us = 5 AND expires_us = 6 AND quality = 8.5"), 2);
    CHECK_INT(number_of(db, "SELECT captured_day FROM portrait WHERE id = x'01' AND source = 1 AND picture = x'07' AND sealed = x'09'"), 20'000);
    CHECK_INT(number_of(db, "SELECT captured_day IS NULL FROM portrait WHERE id = x'11' AND source = 2"), 1);
    CHECK_INT(number_of(db, "SELECT authority FROM template"), 0);
    CHECK_INT(number_of(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('portrait_number', 'portrait_expiry') AND tbl_name = 'portrait'"), 2);
    /* A carrier's own stands beside it, one of each. */
    const char *beside = "INSERT INTO portrait SELECT randomblob(16), number, document, source, 'XX', captured_day, received_us, expires_us, "
                         "picture, model, quality, sealed FROM portrait WHERE id = x'01'";
    run_sql(db, beside);
    CHECK_INT(sqlite3_exec(db, beside, NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    test_folder_drop(folder);
}

static void cannot_write(void **state)
{
    (void)state;
    test_folder_make(folder);
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    struct pair p = { .n = 1 };
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    /* No file may grow: as when the disk is full, but for this process alone. */
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit was, none;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &was), 0);
    none = was;
    none.rlim_cur = 4096;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
    p.n = 2;
    err = (struct gw_err){};
    bool done = gw_store_write(s, put_pair, &p, &err);
    enum gw_err_code code = err.code;
    bool probed = gw_store_probe(s, &err);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &was), 0);
    CHECK(!done && !probed);
    CHECK(code == GW_ERR_IO || code == GW_ERR_UNAVAILABLE);
    CHECK(look(s, 1, a).voyage); /* what there is can be read all the while */
    CHECK(!look(s, 2, a).voyage);
    CHECK_OK(gw_store_write(s, put_pair, &p, &err)); /* and with room it goes on */
    CHECK(look(s, 2, a).voyage);
    CHECK_OK(gw_store_probe(s, &err));
    gw_store_close(s);
    test_folder_drop(folder);
}

/* As somebody who may not write; root may everywhere, so it becomes nobody first. */
static void read_only_folder(void **state)
{
    (void)state;
    test_folder_make(folder);
    enum { NOBODY = 65534 };
    if (geteuid() == 0)
        CHECK_INT(chown(folder, NOBODY, NOBODY), 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(10);
        struct gw_store *s = open_store();
        if (s == NULL)
            _exit(11);
        gw_store_close(s);
        if (chmod(folder, 0500) != 0)
            _exit(12);
        /* Files that are there can be written; new ones (the log) cannot be made. */
        s = open_store();
        if (s != NULL || (err.code != GW_ERR_IO && err.code != GW_ERR_UNAVAILABLE))
            _exit(13);
        chmod(folder, 0700);
        s = open_store();
        _exit(s == NULL ? 14 : 0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
    test_folder_drop(folder);
}

/* ---- sealing ---------------------------------------------------------------------- */

static void belongs_somewhere(void **state)
{
    (void)state;
    test_folder_make(folder);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    struct pair p = { .n = 1, .person = "one" };
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    p.n = 2;
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    gw_store_close(s);
    /* Somebody with the database but without us copies one person's row into another's. */
    char path[128];
    snprintf(path, sizeof path, "%s/gangway.db", folder);
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "UPDATE traveler SET sealed = (SELECT sealed FROM traveler ORDER BY id LIMIT 1)", NULL, NULL,
        NULL), SQLITE_OK);
    sqlite3_close(db);
    s = open_store();
    CHECK_OK(s != NULL);
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct found f = { .n = 1, .a = a };
    CHECK_OK(gw_store_read(s, find_pair, &f, &err));
    f.n = 2;
    CHECK_FAILS(gw_store_read(s, find_pair, &f, &err), GW_ERR_CORRUPT);
    gw_store_close(s);
    test_folder_drop(folder);
}

struct destroy {
    struct gw_id scope;
    size_t n;
    bool fails;
};

static bool destroy_key(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct destroy *d = arg;
    return gw_store_key_destroy(tx, GW_KEY_VOYAGE, d->scope, &d->n, e) &&
           (!d->fails || gw_fail(e, GW_ERR_CONFLICT, "on purpose"));
}

static void lost_with_its_key(void **state)
{
    (void)state;
    test_folder_make(folder);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct pair p = { .n = 1, .person = "one" };
    CHECK_OK(gw_store_write(s, put_pair, &p, &err));
    struct destroy d = { .scope = voyage_row(1).id, .fails = true };
    CHECK_FAILS(gw_store_write(s, destroy_key, &d, &err), GW_ERR_CONFLICT);
    CHECK_TEXT((const char *)look(s, 1, a).person.data, "one"); /* it was undone */
    d = (struct destroy){ .scope = d.scope };
    CHECK_OK(gw_store_write(s, destroy_key, &d, &err));
    CHECK_INT(d.n, 1);
    struct found f = { .n = 1, .a = a };
    CHECK_FAILS(gw_store_read(s, find_pair, &f, &err), GW_ERR_GONE);
    gw_store_close(s);
    s = open_store();
    CHECK_OK(s != NULL);
    CHECK_FAILS(gw_store_read(s, find_pair, &f, &err), GW_ERR_GONE);
    gw_store_close(s);
    test_folder_drop(folder);
}

/* Every statement is one the database accepts; not only those that tests happen to run. */
static bool prepare_all(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    (void)arg;
    for (int q = 0; q < GW_QUERY_COUNT; q++) {
        const char *sql = gw_query_sql((enum gw_query)q);
        struct gw_value none[32] = {};
        size_t n = 0;
        for (const char *c = sql; (c = strchr(c, '?')) != NULL; c++)
            n = GW_MAX(n, (size_t)strtoul(c + 1, NULL, 10));
        struct gw_rows *rows;
        if (!tx->db->start(&rows, tx->conn, (enum gw_query)q, none, n, e))
            return false;
        tx->db->finish(rows);
    }
    return true;
}

static void statements(void **state)
{
    (void)state;
    test_folder_make(folder);
    struct gw_store *s = open_store();
    CHECK_OK(s != NULL);
    CHECK_OK(gw_store_write(s, prepare_all, NULL, &err));
    gw_store_close(s);
    test_folder_drop(folder);
}

int main(void)
{
    if (!gw_crypto_init(&err))
        return 1;
    check_add("write", "what fails is undone, alone and whole", undone_alone);
    check_add("write", "one of those who come writes for all", one_writes_for_all);
    check_add("write", "many at once share commits and lose nothing", many_writers);
    check_add("write", "what was acknowledged survives kill -9, nothing is there by half", killed);
    check_add("write", "no room is said, and with room it goes on", cannot_write);
    check_add("open", "one process at a time, and nothing from the future", one_at_a_time);
    check_add("open", "portraits of a store that did not write down who sent them are kept, and are no carrier's", senders_unknown);
    check_add("open", "a folder that cannot be written is refused", read_only_folder);
    check_add("sealed", "opens only in its own row", belongs_somewhere);
    check_add("sealed", "is lost with its key, and only when that is committed", lost_with_its_key);
    check_add("query", "every statement is accepted", statements);
    return check_done();
}
