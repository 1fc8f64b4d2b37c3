/* conf_test.c - settings: values, units, ranges, near names, every row at its limits. */
#include "base/conf.h"
#include "tests/check.h"

static const struct row {
    const char *label, *pair, *says; /* says: part of the error; NULL: accepted */
} rows[] = {
    { "a size has a unit", "http.body=2MiB", NULL },
    { "a size without a unit is refused", "http.body=2000000", "http.body cannot be" },
    { "a time may have a fraction", "image.time=0.5s", NULL },
    { "an unknown unit is refused", "image.time=5weeks", "it takes 50ms to 1min" },
    { "blanks around are fine", " http.threads = 4 ", NULL },
    { "a wrong name gets the nearest", "http.thread=4", "did you mean http.threads?" },
    { "a name like nothing gets the list", "zzzzzz=4", "gangway config" },
    { "no equals sign is refused", "http.threads", "name=value" },
    { "above the most is refused", "http.threads=65", "1 to 64" },
    { "below the least is refused", "http.threads=0", "1 to 64" },
    { "text behind a number is refused", "http.threads=4x", "http.threads cannot be" },
    { "not a number is refused", "verify.fpir=nan", "verify.fpir cannot be" },
    { "a path may be anything", "store.path=/var/lib/gangway", NULL },
};

static void pairs(void **state)
{
    const struct row *r = *state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) c = {};
    gw_conf_init(&c);
    bool ok = gw_conf_set_pair(&c, r->pair, &err);
    CHECK_INT(ok, r->says == NULL);
    if (!ok && strstr(err.text, r->says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, r->says);
}

static void limits(void **state)
{
    (void)state;
    size_t n;
    const struct gw_conf_row *all = gw_conf_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].type == GW_CONF_TEXT || all[i].type == GW_CONF_FLAG)
            continue;
        for (int side = 0; side < 4; side++) {
            double step = all[i].type == GW_CONF_REAL ? 1e-9 : 1;
            double v = side < 2 ? all[i].least - (side == 0 ? step : 0) : all[i].most + (side == 3 ? step : 0);
            char value[64];
            const char *unit = all[i].type == GW_CONF_BYTES ? "B" : all[i].type == GW_CONF_TIME ? "us" : "";
            snprintf(value, sizeof value, all[i].type == GW_CONF_REAL ? "%.12g%s" : "%.0f%s", v, unit);
            struct gw_err err = {};
            GW_AUTO_VALUE(gw_conf) c = {};
            gw_conf_init(&c);
            bool ok = gw_conf_set(&c, all[i].name, value, "test", &err);
            if (ok != (side == 1 || side == 2))
                fail_msg("%s = %s was %s", all[i].name, value, ok ? "accepted" : err.text);
        }
    }
}

static void round_trip(void **state)
{
    (void)state;
    size_t n;
    const struct gw_conf_row *all = gw_conf_rows(&n);
    GW_AUTO_VALUE(gw_conf) c = {};
    gw_conf_init(&c);
    for (size_t i = 0; i < n; i++) {
        struct gw_err err = {};
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO_VALUE(gw_buf) again = {};
        gw_conf_format(&text, &c, &all[i]);
        CHECK_OK(gw_conf_set(&c, all[i].name, gw_buf_text(&text), "test", &err));
        gw_conf_format(&again, &c, &all[i]);
        CHECK_TEXT(gw_buf_text(&again), gw_buf_text(&text));
    }
}

static void file_with_places(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) c = {};
    gw_conf_init(&c);
    CHECK_OK(gw_conf_read(&c, gw_span_str("# note\n\nhttp.threads = 3\r\nstore.path = a b\n"), "x.conf", &err));
    CHECK_INT(c.http_threads, 3);
    CHECK_TEXT(c.store_path, "a b");
    CHECK_FAILS(gw_conf_read(&c, gw_span_str("\nhttp.threads 3\n"), "x.conf", &err), GW_ERR_USAGE);
    CHECK(strstr(err.text, "x.conf line 2") != NULL);
}

static void shipped_file(void **state)
{
    (void)state;
    struct gw_err err = {};
    char path[4096];
    snprintf(path, sizeof path, "%s/gangway.conf", getenv("GANGWAY_TEST_SOURCE"));
    GW_AUTO_VALUE(gw_conf) c = {};
    GW_AUTO_VALUE(gw_conf) defaults = {};
    gw_conf_init(&c);
    gw_conf_init(&defaults);
    CHECK_OK(gw_conf_read_file(&c, path, &err));
    GW_AUTO_VALUE(gw_buf) text = {};
    CHECK_OK(gw_buf_read_file(&text, path, 1 << 20, &err));
    size_t n;
    const struct gw_conf_row *all = gw_conf_rows(&n);
    for (size_t i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) a = {};
        GW_AUTO_VALUE(gw_buf) b = {};
        gw_conf_format(&a, &c, &all[i]);
        gw_conf_format(&b, &defaults, &all[i]);
        CHECK_TEXT(gw_buf_text(&a), gw_buf_text(&b));
        GW_AUTO_VALUE(gw_buf) line = {};
        gw_buf_addf(&line, "\n%s = %s\n", all[i].name, gw_buf_text(&b));
        if (strstr(gw_buf_text(&text), gw_buf_text(&line)) == NULL || strstr(gw_buf_text(&text), all[i].help) == NULL)
            fail_msg("gangway.conf does not have %s as config.def does; write it with `gangway config --file`", all[i].name);
    }
}

static void environment(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) c = {};
    gw_conf_init(&c);
    char a[] = "HOME=/root", b[] = "GANGWAY_STORE_PATH=/srv/g", d[] = "GANGWAY_STOR_PATH=x", test[] = "GANGWAY_VERIFY_ATTEMPT_WINDOW=5s";
    char *good[] = { a, b, test, NULL }, *bad[] = { d, NULL };
    CHECK_OK(gw_conf_read_environment(&c, good, NULL, &err));
    CHECK_TEXT(c.store_path, "/srv/g");
    CHECK_INT(c.verify_attempt_window, 5000000);
    CHECK_FAILS(gw_conf_read_environment(&c, bad, NULL, &err), GW_ERR_USAGE);
    char e[] = "GANGWAY_OTHER=", wrong[] = "GANGWAY_VERIFY_ATTEMPT_WINDOW=5";
    char *some[] = { d, b, e, NULL }, *unreadable[] = { d, wrong, NULL };
    GW_AUTO_VALUE(gw_buf) unknown = {};
    CHECK_OK(gw_conf_read_environment(&c, some, &unknown, &err));
    CHECK_TEXT(gw_buf_text(&unknown), "GANGWAY_STOR_PATH, GANGWAY_OTHER");
    CHECK_FAILS(gw_conf_read_environment(&c, unreadable, &unknown, &err), GW_ERR_USAGE);
}

static void adopt(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) live = {};
    GW_AUTO_VALUE(gw_conf) fresh = {};
    gw_conf_init(&live);
    gw_conf_init(&fresh);
    size_t changed, waiting;
    gw_conf_adopt(&live, &fresh, &changed, &waiting);
    CHECK_INT(changed, 0);
    CHECK_INT(waiting, 0);
    CHECK_OK(gw_conf_read(&fresh, gw_span_str("verify.fpir = 0.01\nhttp.body = 1MiB\nhttp.public_health = yes\nhttp.threads = 3\n"
                                              "log.level = debug\nstore.path = elsewhere\n"), "x", &err));
    gw_conf_adopt(&live, &fresh, &changed, &waiting);
    CHECK_INT(changed, 4);
    CHECK_INT(waiting, 2);
    CHECK(live.verify_fpir == 0.01 && live.http_body == 1 << 20 && live.http_public_health);
    CHECK_INT(live.http_threads, 2);
    CHECK_TEXT(live.store_path, "gangway-data");
}

int main(void)
{
    check_rows("conf", rows, pairs);
    check_add("conf", "every limit is allowed, and one past it is not", limits);
    check_add("conf", "every value is written as it can be read", round_trip);
    check_add("conf", "a file's mistakes are given with their line", file_with_places);
    check_add("conf", "gangway.conf is config.def at its defaults", shipped_file);
    check_add("conf", "the environment sets what it names and nothing else", environment);
    check_add("conf", "a reload takes over what may change and counts the rest", adopt);
    return check_done();
}
