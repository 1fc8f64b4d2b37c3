/* base_test.c - spans, dates, times, ids, near names, errors, hashes. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/log.h"
#include "base/near.h"
#include "tests/check.h"

#include <unistd.h>

static const struct utf8_row {
    const char *label, *text;
    int bad; /* -1: valid */
} utf8_rows[] = {
    { "ASCII is UTF-8", "gate 12", -1 },
    { "two, three and four bytes are", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x9B\x82", -1 },
    { "a lone continuation byte is not", "a\x80", 1 },
    { "an overlong slash is not", "\xC0\xAF", 0 },
    { "an overlong three-byte form is not", "\xE0\x80\xAF", 0 },
    { "a surrogate is not", "ab\xED\xA0\x80", 2 },
    { "above U+10FFFF is not", "\xF4\x90\x80\x80", 0 },
    { "cut off in the middle is not", "x\xE4\xB8", 1 },
    { "Latin-1 is not", "\xE9t\xE9", 0 },
};

static void utf8(void **state)
{
    const struct utf8_row *r = *state;
    size_t bad = 999;
    bool valid = gw_span_utf8(gw_span_str(r->text), &bad);
    CHECK_INT(valid, r->bad < 0);
    if (!valid)
        CHECK_INT(bad, r->bad);
}

static const struct uint_row {
    const char *label, *text;
    uint64_t most;
    int64_t want; /* -1: refused */
} uint_rows[] = {
    { "zero is a number", "0", 10, 0 },
    { "the limit itself is allowed", "255", 255, 255 },
    { "one past the limit is not", "256", 255, -1 },
    { "a limit of zero allows zero only", "1", 0, -1 },
    { "leading zeros are allowed", "0007", 10, 7 },
    { "a sign is not", "+7", 10, -1 },
    { "nothing is not a number", "", 10, -1 },
    { "what overflows 64 bits is refused", "99999999999999999999", UINT64_MAX, -1 },
};

static void uints(void **state)
{
    const struct uint_row *r = *state;
    uint64_t v = 0;
    bool ok = gw_span_uint(gw_span_str(r->text), r->most, &v);
    CHECK_INT(ok, r->want >= 0);
    if (ok)
        CHECK_INT(v, r->want);
}

static const struct date_row {
    const char *label, *text;
    bool valid;
    int64_t days;
} date_rows[] = {
    { "the epoch is day 0", "1970-01-01", true, 0 },
    { "the day before is -1", "1969-12-31", true, -1 },
    { "a leap day exists in 2024", "2024-02-29", true, 19782 },
    { "but not in 2023", "2023-02-29", false, 0 },
    { "nor in 1900", "1900-02-29", false, 0 },
    { "month 13 does not exist", "2024-13-01", false, 0 },
    { "day 0 does not exist", "2024-01-00", false, 0 },
    { "slashes are not ISO 8601", "2024/01/01", false, 0 },
    { "a time behind it is refused", "2024-01-01T", false, 0 },
    { "a birthday long ago", "1874-11-30", true, -34730 },
};

static void dates(void **state)
{
    const struct date_row *r = *state;
    struct gw_date d = {};
    CHECK_INT(gw_date_parse(&d, gw_span_str(r->text)), r->valid);
    if (!r->valid)
        return;
    CHECK_INT(gw_date_days(d), r->days);
    char text[GW_DATE_TEXT];
    gw_date_format(text, gw_date_from_days(r->days));
    CHECK_TEXT(text, r->text);
}

static void date_round_trip(void **state)
{
    (void)state;
    for (int64_t days = -719162; days < 2932896; days += 13) {
        struct gw_date d = gw_date_from_days(days);
        CHECK(gw_date_check(d));
        CHECK_INT(gw_date_days(d), days);
    }
}

static const struct age_row {
    const char *label, *birth, *on;
    int want;
} age_rows[] = {
    { "on the birthday one is a year older", "2012-11-23", "2026-11-23", 14 },
    { "the day before not yet", "2012-11-24", "2026-11-23", 13 },
    { "29 February becomes older on 1 March", "2012-02-29", "2026-02-28", 13 },
    { "and is so on 1 March", "2012-02-29", "2026-03-01", 14 },
};

static void ages(void **state)
{
    const struct age_row *r = *state;
    struct gw_date birth = {}, on = {};
    CHECK(gw_date_parse(&birth, gw_span_str(r->birth)) && gw_date_parse(&on, gw_span_str(r->on)));
    CHECK_INT(gw_date_age(birth, on), r->want);
}

static const struct time_row {
    const char *label, *text, *want; /* NULL: refused */
} time_rows[] = {
    { "UTC with seconds", "2026-11-23T07:30:00Z", "2026-11-23T07:30:00Z" },
    { "a fraction is kept to the microsecond", "2026-11-23T07:30:00.1234567Z", "2026-11-23T07:30:00.123456Z" },
    { "an offset becomes UTC", "2026-11-23T01:30:00+05:30", "2026-11-22T20:00:00Z" },
    { "minutes alone are enough", "2026-11-23T07:30Z", "2026-11-23T07:30:00Z" },
    { "hour 24 is refused", "2026-11-23T24:00:00Z", NULL },
    { "a zone is needed", "2026-11-23T07:30:00", NULL },
    { "an empty fraction is refused", "2026-11-23T07:30:00.Z", NULL },
    { "text behind is refused", "2026-11-23T07:30:00Z ", NULL },
    { "before 1970 works", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z" },
};

static void times(void **state)
{
    const struct time_row *r = *state;
    int64_t us = 0;
    bool ok = gw_time_parse(&us, NULL, gw_span_str(r->text));
    CHECK_INT(ok, r->want != NULL);
    if (!ok)
        return;
    char text[GW_TIME_TEXT];
    gw_time_format(text, us);
    CHECK_TEXT(text, r->want);
}

static void local_time(void **state)
{
    (void)state;
    int64_t us;
    bool local = false;
    CHECK(gw_time_parse(&us, &local, gw_span_str("2026-11-23T10:15")));
    CHECK(local);
    CHECK(gw_time_parse(&us, &local, gw_span_str("2026-11-23T10:15Z")));
    CHECK(!local);
}

static void ids(void **state)
{
    (void)state;
    struct gw_id before = {};
    for (int i = 0; i < 1000; i++) {
        struct gw_id id = gw_id_new(1'000'000'000'000'000 + i * 1000), back;
        char text[GW_ID_TEXT];
        gw_id_format(text, id);
        CHECK_INT(strlen(text), 26);
        CHECK(gw_id_parse(&back, gw_span_str(text)));
        CHECK(gw_id_equal(id, back));
        CHECK(gw_id_compare(before, id) < 0);
        before = id;
    }
    struct gw_id id;
    CHECK(!gw_id_parse(&id, gw_span_str("0123456789abcdefghjkmnpqr")));
    CHECK(!gw_id_parse(&id, gw_span_str("8zzzzzzzzzzzzzzzzzzzzzzzzz")));
    CHECK(!gw_id_parse(&id, gw_span_str("0123456789abcdefghjkmnpqrl")));
    CHECK(gw_id_parse(&id, gw_span_str("7zzzzzzzzzzzzzzzzzzzzzzzzz")));
    char uuid[GW_UUID_TEXT];
    CHECK(gw_uuid_parse(&id, gw_span_str("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6")));
    gw_uuid_format(uuid, id);
    CHECK_TEXT(uuid, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    CHECK(!gw_uuid_parse(&id, gw_span_str("f81d4fae7-dec-11d0-a765-00a0c91e6bf6")));
    CHECK(!gw_uuid_parse(&id, gw_span_str("f81d4fae-7dec-11d0-a765-00a0c91e6bfg")));
    CHECK(!gw_uuid_parse(&id, gw_span_str("f81d4fae-7dec-11d0-a765-00a0c91e6bf")));
    CHECK(!gw_uuid_parse(&id, gw_span_str("f81d4fae-7dec-11d0-a765-00a0c91e6bf6f")));
}

static void near_names(void **state)
{
    (void)state;
    static const char *const names[] = { "store.path", "store.url", "http.listen", "evaluate" };
    CHECK_TEXT(gw_near("store.pth", names, 4), "store.path");
    CHECK_TEXT(gw_near("http.lisen", names, 4), "http.listen");
    CHECK_TEXT(gw_near("evalute", names, 4), "evaluate");
    CHECK(gw_near("completely-else", names, 4) == NULL);
}

static void hashes(void **state)
{
    (void)state;
    struct gw_err err = {};
    CHECK_OK(gw_crypto_init(&err));
    char text[65];
    /* FIPS 180-4: SHA-256 of "abc". */
    gw_hex(text, gw_span_of(gw_sha256(gw_span_str("abc")).bytes, 32));
    CHECK_TEXT(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void sealing(void **state)
{
    (void)state;
    struct gw_err err = {};
    CHECK_OK(gw_crypto_init(&err));
    uint8_t key[GW_KEY_BYTES] = { 1, 2, 3 }, sealed[5 + GW_SEAL_BYTES], out[5];
    gw_seal(sealed, key, gw_span_str("hello"), gw_span_str("row 7"));
    CHECK_OK(gw_unseal(out, key, gw_span_of(sealed, sizeof sealed), gw_span_str("row 7"), &err));
    CHECK(memcmp(out, "hello", 5) == 0);
    CHECK_FAILS(gw_unseal(out, key, gw_span_of(sealed, sizeof sealed), gw_span_str("row 8"), &err), GW_ERR_CORRUPT);
    sealed[30] ^= 1;
    CHECK_FAILS(gw_unseal(out, key, gw_span_of(sealed, sizeof sealed), gw_span_str("row 7"), &err), GW_ERR_CORRUPT);
    CHECK_FAILS(gw_unseal(out, key, gw_span_of(sealed, 39), gw_span_str("row 7"), &err), GW_ERR_CORRUPT);
}

static void once_each(void **state)
{
    (void)state;
    int calls = 0;
    CHECK_INT(GW_MAX(++calls, 0), 1);
    CHECK_INT(GW_MIN(++calls, GW_MAX(9, ++calls)), 2);
    CHECK_INT(calls, 3);
}

static void files(void **state)
{
    (void)state;
    struct gw_err err = {};
    char path[] = "/tmp/gangway-base-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    CHECK_OK(gw_buf_write_file(gw_span_str("twelve bytes"), path, 0600, &err));
    GW_AUTO_VALUE(gw_buf) b = {};
    CHECK_OK(gw_buf_read_file(&b, path, 12, &err));
    CHECK_TEXT(gw_buf_text(&b), "twelve bytes");
    gw_buf_clear(&b);
    CHECK_FAILS(gw_buf_read_file(&b, path, 11, &err), GW_ERR_LIMIT);
    unlink(path);
    gw_buf_clear(&b);
    CHECK_FAILS(gw_buf_read_file(&b, path, 12, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_buf_read_file(&b, "/tmp", 12, &err), GW_ERR_IO);
}

/* Standard error is a pipe whose reader sleeps: the log goes on without it, and says so when it wakes. */
static void log_unread(void **state)
{
    (void)state;
    int ends[2];
    const int kept = dup(STDERR_FILENO);
    CHECK(kept >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    const uint64_t before = gw_log_lost();
    size_t said = 0;
    for (; gw_log_lost() < before + 5 && said < 100000; said++)
        gw_log(GW_LOG_INFO, "asleep", GW_LOG_INT("n", said));
    CHECK_INT(gw_log_lost(), before + 5);

    static char text[1 << 20];
    ssize_t n = read(ends[0], text, sizeof text - 1);
    CHECK(n > 60000 && text[n - 1] == '\n'); /* no line is cut */
    gw_log(GW_LOG_INFO, "awake", GW_LOG_WORD("once", "yes"));
    gw_log(GW_LOG_INFO, "awake", GW_LOG_WORD("once", "more"));
    n = read(ends[0], text, sizeof text - 1);
    CHECK(n > 0);
    text[n] = 0;
    const char *lost = strstr(text, "level=warn event=log_lost lines=5\ntime="), *first = strstr(text, "event=awake once=yes\n");
    CHECK(lost != NULL && first > lost && strstr(first, "event=awake once=more\n") != NULL);
    CHECK(strstr(first, "log_lost") == NULL);

    char path[6000];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = 0;
    gw_log(GW_LOG_INFO, "long", GW_LOG_SETTING("path", path)); /* longer than a pipe takes at once: cut */
    n = read(ends[0], text, sizeof text);
    CHECK_INT(n, 4096);
    CHECK_INT(text[n - 1], '\n');
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    check_rows("utf8", utf8_rows, utf8);
    check_rows("uint", uint_rows, uints);
    check_rows("date", date_rows, dates);
    check_add("date", "days and dates convert both ways from year 1 to 9999", date_round_trip);
    check_rows("age", age_rows, ages);
    check_rows("time", time_rows, times);
    check_add("time", "a local time says that it is one", local_time);
    check_add("id", "ids are read back, sort by time and refuse other text", ids);
    check_add("near", "finds the name somebody meant, or nothing", near_names);
    check_add("crypto", "SHA-256 is FIPS 180-4's", hashes);
    check_add("crypto", "what was sealed opens with its key and its place only", sealing);
    check_add("defs", "GW_MIN and GW_MAX evaluate their arguments once", once_each);
    check_add("log", "a log that nobody reads stops nobody, and says afterwards what is missing", log_unread);
    check_add("buf", "files are written whole and read within a limit", files);
    return check_done();
}
