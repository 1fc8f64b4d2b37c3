/* keys_test.c - where the key-encryption key may be, and moving from one to another while the
 * store is in use, cut off anywhere. */
#include "store/kek.h"
#include "store/store.h"
#include "tests/check.h"
#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_US (INT64_C(1795420800) * GW_US_PER_S)
static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static struct gw_err err;
static char folder[TEST_FOLDER];

static struct gw_store *open_with(const char *keys, void (*step)(void *, const char *), void *to)
{
    struct gw_store_options o = { .path = folder, .now_us = NOW_US, .keys = keys, .step = step, .step_to = to };
    return gw_store_open(&o, &err);
}

/* A sealed answer stands for everything that is sealed. */
static bool put(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct gw_answer_row w = { .status = 200, .expires_us = NOW_US + GW_US_PER_HOUR, .body = gw_span_str(arg) };
    memcpy(w.key.bytes, arg, 4);
    return gw_store_answer_put(tx, &w, NOW_US, e);
}

struct got {
    const char *name;
    struct gw_arena *a;
    bool found;
    struct gw_span body;
};

static bool get(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct got *g = arg;
    struct gw_answer_row w;
    struct gw_hash key = {};
    memcpy(key.bytes, g->name, 4);
    if (!gw_store_answer_find(&w, &g->found, g->a, tx, &key, NOW_US, e))
        return false;
    g->body = w.body;
    return true;
}

static bool has(struct gw_store *s, const char *name)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 16);
    struct got g = { .name = name, .a = a };
    return gw_store_read(s, get, &g, &err) && g.found && gw_span_is(g.body, name);
}

static void fill(const char *keys)
{
    char name[] = "name of a person";
    struct gw_store *s = open_with(keys, NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK_OK(gw_store_write(s, put, name, &err));
    gw_store_close(s);
}

static void path_in(char out[200], const char *name)
{
    snprintf(out, 200, "%s/%s", folder, name);
}

static void rotates(void **state)
{
    (void)state;
    test_folder_make(folder);
    fill("file");
    char key[200], ring[200], more[] = "more of a person";
    path_in(key, "master.key");
    path_in(ring, "keyring");
    GW_AUTO_VALUE(gw_buf) old_key = {};
    GW_AUTO_VALUE(gw_buf) old_ring = {};
    CHECK_OK(gw_buf_read_file(&old_key, key, 4096, &err) && gw_buf_read_file(&old_ring, ring, 1 << 20, &err));
    struct gw_store *s = open_with("file", NULL, NULL);
    CHECK_OK(s != NULL);
    struct gw_keys_state before, after;
    gw_store_keys_state(&before, s);
    CHECK_OK(gw_store_keys_rotate(s, NULL, &err));
    gw_store_keys_state(&after, s);
    CHECK(strcmp(before.mark, after.mark) != 0);
    CHECK_INT(after.moving, false);
    /* It goes on, with what was and with what comes. */
    CHECK(has(s, "name of a person"));
    CHECK_OK(gw_store_write(s, put, more, &err));
    gw_store_close(s);
    /* No sealed slot of before is there; and the old key opens nothing any more. */
    GW_AUTO_VALUE(gw_buf) new_ring = {};
    CHECK_OK(gw_buf_read_file(&new_ring, ring, 1 << 20, &err));
    CHECK(memcmp(old_ring.data + 4096, new_ring.data + 4096, 128) != 0);
    s = open_with("file", NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK(has(s, "name of a person") && has(s, "more of a person"));
    gw_store_close(s);
    CHECK_OK(gw_buf_write_file(gw_buf_span(&old_key), key, 0600, &err));
    CHECK_FAILS(open_with("file", NULL, NULL) != NULL, GW_ERR_CORRUPT);
    test_folder_drop(folder);
}

struct cut {
    unsigned left;
};

static void count_down(void *to, const char *name)
{
    struct cut *c = to;
    (void)name;
    if (c->left-- == 0)
        kill(getpid(), SIGKILL);
}

static void rotates_or_not(void **state)
{
    (void)state;
    unsigned at = 0;
    for (bool killed = true; killed; at++) {
        test_folder_make(folder);
        fill("file");
        pid_t child = fork();
        if (child == 0) {
            struct cut c = { at };
            struct gw_store *s = open_with("file", count_down, &c);
            bool fine = s != NULL && gw_store_keys_rotate(s, NULL, &err);
            gw_store_close(s);
            _exit(fine ? 0 : 3);
        }
        int status;
        waitpid(child, &status, 0);
        killed = WIFSIGNALED(status);
        CHECK(killed || WEXITSTATUS(status) == 0);
        for (int again = 0; again < 2; again++) {
            struct gw_store *s = open_with("file", NULL, NULL);
            CHECK_OK(s != NULL);
            CHECK(has(s, "name of a person"));
            struct gw_keys_state k;
            gw_store_keys_state(&k, s);
            CHECK(!k.moving && k.damaged == 0 && k.lost == 0);
            CHECK_OK(again == 0 || gw_store_keys_rotate(s, NULL, &err));
            gw_store_close(s);
        }
        char next[200];
        path_in(next, "master.key.next");
        CHECK(access(next, F_OK) != 0);
        test_folder_drop(folder);
    }
    printf("# cut off at each of %u steps\n", at - 1);
    CHECK(at >= 8);
}

static void other_sources(void **state)
{
    (void)state;
    /* The environment: taken out of it, so that nobody else reads it there. */
    test_folder_make(folder);
    setenv("TEST_KEY", hex, 1);
    fill("env:TEST_KEY");
    CHECK(getenv("TEST_KEY") == NULL);
    CHECK_FAILS(open_with("env:TEST_KEY", NULL, NULL) != NULL, GW_ERR_NOT_FOUND);
    setenv("TEST_KEY", "not a key", 1);
    CHECK_FAILS(open_with("env:TEST_KEY", NULL, NULL) != NULL, GW_ERR_CORRUPT);
    char credential[200], file[240], elsewhere[200];
    path_in(elsewhere, "elsewhere.key");
    snprintf(file, sizeof file, "file:%s", elsewhere);

    /* From there to a file somewhere, while it runs; the old one opens it until the new one was used. */
    setenv("TEST_KEY", hex, 1);
    struct gw_store *s = open_with("env:TEST_KEY", NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK_FAILS(gw_store_keys_rotate(s, NULL, &err), GW_ERR_USAGE);
    CHECK_OK(gw_store_keys_rotate(s, file, &err));
    CHECK_FAILS(gw_store_keys_rotate(s, file, &err), GW_ERR_CONFLICT);
    CHECK(has(s, "name of a person"));
    gw_store_close(s);
    setenv("TEST_KEY", hex, 1);
    s = open_with("env:TEST_KEY", NULL, NULL);
    CHECK_OK(s != NULL);
    struct gw_keys_state k;
    gw_store_keys_state(&k, s);
    CHECK(k.moving);
    gw_store_close(s);
    s = open_with(file, NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK(has(s, "name of a person"));
    gw_store_keys_state(&k, s);
    CHECK(!k.moving);
    gw_store_close(s);
    setenv("TEST_KEY", hex, 1);
    CHECK_FAILS(open_with("env:TEST_KEY", NULL, NULL) != NULL, GW_ERR_CORRUPT);

    /* A systemd credential. */
    path_in(credential, "gangway-key");
    CHECK_OK(gw_buf_write_file(gw_span_str(hex), credential, 0400, &err));
    CHECK_FAILS(open_with("credential:gangway-key", NULL, NULL) != NULL, GW_ERR_NOT_FOUND);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    CHECK_FAILS(open_with("credential:../x", NULL, NULL) != NULL, GW_ERR_USAGE);
    s = open_with(file, NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK_OK(gw_store_keys_rotate(s, "credential:gangway-key", &err));
    gw_store_close(s);
    s = open_with("credential:gangway-key", NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK(has(s, "name of a person"));
    gw_store_close(s);
    CHECK_FAILS(open_with("somewhere", NULL, NULL) != NULL, GW_ERR_USAGE);
    unsetenv("CREDENTIALS_DIRECTORY");
    test_folder_drop(folder);
}

static bool run(const char *const *argv)
{
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        union {
            const char *const *in;
            char *const *out;
        } u = { .in = argv };
        execvp(argv[0], u.out);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void in_a_token(void **state)
{
    (void)state;
    static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";
    if (access(module, R_OK) != 0)
        skip();
    test_folder_make(folder);
    char conf[200], tokens[200], key[200], pin[200], text[400], uri[600], wrong[600];
    path_in(conf, "softhsm2.conf");
    path_in(tokens, "tokens");
    path_in(key, "aes.bin");
    path_in(pin, "pin");
    mkdir(tokens, 0700);
    snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
    CHECK_OK(gw_buf_write_file(gw_span_str(text), conf, 0600, &err));
    CHECK_OK(gw_buf_write_file(gw_span_str(hex), key, 0600, &err));
    CHECK_OK(gw_buf_write_file(gw_span_of(hex, 32), key, 0600, &err)); /* 32 bytes, whatever they are */
    CHECK_OK(gw_buf_write_file(gw_span_str("1234\n"), pin, 0600, &err));
    setenv("SOFTHSM2_CONF", conf, 1);
    const char *const init[] = { "softhsm2-util", "--init-token", "--free", "--label", "gangway", "--pin", "1234", "--so-pin", "5678", NULL };
    const char *const import[] = { "softhsm2-util", "--import", key, "--aes", "--token", "gangway", "--label", "kek", "--id", "01",
        "--pin", "1234", NULL };
    if (!run(init) || !run(import))
        skip();
    snprintf(uri, sizeof uri, "pkcs11:token=gangway;object=kek?module-path=%s&pin-source=file:%s", module, pin);
    struct gw_kek *k = gw_kek_open(uri, folder, false, &err);
    if (k == NULL && err.code == GW_ERR_UNSUPPORTED)
        skip();
    CHECK_OK(k != NULL);
    gw_kek_close(k);

    fill("file");
    struct gw_store *s = open_with("file", NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK_OK(gw_store_keys_rotate(s, uri, &err));
    gw_store_close(s);
    char master[200];
    path_in(master, "master.key");
    s = open_with(uri, NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK(has(s, "name of a person"));
    struct gw_keys_state state_now;
    gw_store_keys_state(&state_now, s);
    CHECK_TEXT(state_now.source, "pkcs11"); /* and nothing of the PIN */
    gw_store_close(s);
    CHECK_INT(unlink(master), 0); /* the file is of no use any more */
    s = open_with(uri, NULL, NULL);
    CHECK_OK(s != NULL);
    CHECK(has(s, "name of a person"));
    gw_store_close(s);

    /* What can be wrong is said, each in its own words. */
    snprintf(wrong, sizeof wrong, "pkcs11:token=other;object=kek?module-path=%s&pin-source=file:%s", module, pin);
    CHECK_FAILS(open_with(wrong, NULL, NULL) != NULL, GW_ERR_UNAVAILABLE);
    snprintf(wrong, sizeof wrong, "pkcs11:token=gangway;object=none?module-path=%s&pin-source=file:%s", module, pin);
    CHECK_FAILS(open_with(wrong, NULL, NULL) != NULL, GW_ERR_NOT_FOUND);
    snprintf(wrong, sizeof wrong, "pkcs11:token=gangway;object=kek?module-path=%s&pin-value=9999", module);
    CHECK_FAILS(open_with(wrong, NULL, NULL) != NULL, GW_ERR_UNAUTHORIZED);
    CHECK(strstr(err.text, "9999") == NULL);
    CHECK_FAILS(open_with("pkcs11:token=gangway?module-path=/nowhere.so", NULL, NULL) != NULL, GW_ERR_NOT_FOUND);
    unsetenv("SOFTHSM2_CONF");
    test_folder_drop(folder);
}

static void damaged(void **state)
{
    (void)state;
    test_folder_make(folder);
    fill("file");
    char ring[200];
    path_in(ring, "keyring");
    GW_AUTO_VALUE(gw_buf) whole = {};
    CHECK_OK(gw_buf_read_file(&whole, ring, 1 << 20, &err));
    static const struct {
        size_t at;
        enum gw_err_code code; /* GW_OK: it opens, and the key is lost */
    } rows[] = { { 0, GW_ERR_CORRUPT }, { 33, GW_ERR_CORRUPT }, { 70, GW_ERR_CORRUPT }, { 4096 + 30, GW_OK } };
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        GW_AUTO_VALUE(gw_buf) bent = {};
        gw_buf_add(&bent, whole.data, whole.size);
        bent.data[rows[i].at] ^= 1;
        CHECK_OK(gw_buf_write_file(gw_buf_span(&bent), ring, 0600, &err));
        if (rows[i].code != GW_OK) {
            CHECK_FAILS(open_with("file", NULL, NULL) != NULL, rows[i].code);
            continue;
        }
        struct gw_store *s = open_with("file", NULL, NULL);
        CHECK_OK(s != NULL);
        struct gw_keys_state k;
        gw_store_keys_state(&k, s);
        CHECK_INT(k.damaged, 1);
        CHECK_INT(k.lost, 1);
        CHECK(!has(s, "name of a person"));
        gw_store_close(s);
    }
    /* A database that is moved away leaves its keyring: it is not taken for a new one's. */
    CHECK_OK(gw_buf_write_file(gw_buf_span(&whole), ring, 0600, &err));
    char db[200], aside[200];
    path_in(db, "gangway.db");
    path_in(aside, "aside.db");
    CHECK_INT(rename(db, aside), 0);
    CHECK_FAILS(open_with("file", NULL, NULL) != NULL, GW_ERR_CONFLICT);
    test_folder_drop(folder);
}

int main(void)
{
    if (!gw_crypto_init(&err))
        return 1;
    check_add("keys", "are rotated while the store is in use, and the old key opens nothing", rotates);
    check_add("keys", "cut off between any two steps, the rotation is done or undone", rotates_or_not);
    check_add("keys", "may be in the environment, a file anywhere or a credential, and move between them", other_sources);
    check_add("keys", "may stay in a token", in_a_token);
    check_add("keys", "a keyring that was altered or belongs elsewhere is not guessed at", damaged);
    return check_done();
}
