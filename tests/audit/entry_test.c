/* entry_test.c - what can stand in the log, what cannot, and that the line read is the line written. */
#include "audit/entry.h"
#include "base/json.h"
#include "tests/check.h"

static struct gw_err err;

static const struct gw_id id = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
static const struct gw_hash hash = { { 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 } };

static struct gw_audit_facts basic(void)
{
    static const uint64_t n = 17;
    static const int64_t at = INT64_C(1795420800000123);
    return (struct gw_audit_facts){ .n = &n, .at = &at, .prev = &hash };
}

static void a_line_is_fixed(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_audit_facts f = basic();
    char text[GW_ID_TEXT], want[512];
    gw_id_format(text, id);
    f.actor = f.voyage = f.subject = &id;
    f.role = "device";
    f.site = "YVR";
    f.answer = "clear";
    f.reason = "matched";
    f.person = &hash;
    f.attempt = &(uint64_t){ 2 };
    assert_true(gw_audit_format(&out, GW_AUDIT_VERIFY, &f, &err));
    snprintf(want, sizeof want,
        "{\"actor\":\"%s\",\"answer\":\"clear\",\"at\":1795420800000123,\"attempt\":2,\"kind\":\"verify\",\"n\":17,"
        "\"person\":\"abcdef0102030405060708090a0b0c0d\",\"prev\":\"abcdef0102030405\",\"reason\":\"matched\","
        "\"role\":\"device\",\"site\":\"YVR\",\"subject\":\"%s\",\"voyage\":\"%s\"}",
        text, text, text);
    assert_string_equal(gw_buf_text(&out), want);

    /* Older logs say why somebody was sent to a human; now they do not, and both are logs. */
    GW_AUTO_VALUE(gw_buf) now = {};
    struct gw_audit_entry e;
    f.reason = NULL;
    assert_true(gw_audit_format(&now, GW_AUDIT_VERIFY, &f, &err));
    assert_true(gw_audit_parse(&e, gw_buf_span(&out), &err) && gw_audit_has(&e, GW_AUDIT_FIELD_REASON));
    assert_true(gw_audit_parse(&e, gw_buf_span(&now), &err) && !gw_audit_has(&e, GW_AUDIT_FIELD_REASON));
}

/* Fields in the order of their names' bytes: RFC 8785 section 3.2.3. */
static void the_table_is_in_order(void **state)
{
    (void)state;
    for (int i = 1; i < GW_AUDIT_FIELD_COUNT_; i++)
        assert_true(strcmp(gw_audit_field_name((enum gw_audit_field)(i - 1)), gw_audit_field_name((enum gw_audit_field)i)) < 0);
}

/* Every kind with every field it may have: read again it says the same, and it is JSON. */
static void every_kind_is_read_again(void **state)
{
    (void)state;
    for (int kind = 0; kind < GW_AUDIT_KIND_COUNT; kind++) {
        uint64_t wanted = 0;
        static const uint64_t most = (UINT64_C(1) << 53) - 1;
        static const int64_t epoch = 0;
        for (int round = 0; round < 2 * GW_AUDIT_FIELD_COUNT_; round++) {
            /* Fields are tried one by one: those the kind refuses are taken out again. */
            GW_AUTO_VALUE(gw_buf) out = {};
            struct gw_audit_facts f = basic();
            uint64_t given = wanted | (UINT64_C(1) << round % GW_AUDIT_FIELD_COUNT_);
#define GIVE_ID &id
#define GIVE_REF &hash
#define GIVE_HASH &hash
#define GIVE_LINK &hash
#define GIVE_WORD "word-1.2:3/4_5+6"
#define GIVE_COUNT &most
#define GIVE_TIME &epoch
#define GW_AUDIT_FIELD(NAME, name, TYPE, meaning)            \
    if ((given >> GW_AUDIT_FIELD_##NAME & 1) != 0)           \
        f.name = GIVE_##TYPE;
#define GW_AUDIT_KIND(...)
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
            if (gw_audit_format(&out, (enum gw_audit_kind)kind, &f, &err)) {
                struct gw_audit_entry e;
                GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&out), &err);
                assert_non_null(j);
                assert_true(out.size <= GW_AUDIT_ENTRY_MAX);
                assert_true(gw_audit_parse(&e, gw_buf_span(&out), &err));
                assert_int_equal(e.kind, kind);
                assert_int_equal(gw_json_size(j), __builtin_popcountll(e.has));
                wanted = given;
            } else if (round < GW_AUDIT_FIELD_COUNT_ && strstr(err.text, "must have") != NULL)
                wanted = given; /* more is needed */
        }
        assert_true(wanted != 0);
    }
}

static const struct {
    const char *label, *text;
} bad[] = {
    { "nothing is no entry", "" },
    { "an empty object is of no kind", "{}" },
    { "a list is no entry", "[]" },
    { "a blank is not canonical", "{\"at\": 1,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "members come by name", "{\"kind\":\"stop\",\"at\":1,\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a member comes once", "{\"at\":1,\"at\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a kind nobody knows", "{\"at\":1,\"kind\":\"stopp\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a field nobody knows", "{\"at\":1,\"kind\":\"stop\",\"n\":0,\"name_of\":\"x\",\"prev\":\"0000000000000000\"}" },
    { "a field that is not of the kind", "{\"at\":1,\"count\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "without prev", "{\"at\":1,\"kind\":\"stop\",\"n\":0}" },
    { "a zero in front", "{\"at\":01,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a sign", "{\"at\":-1,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a fraction", "{\"at\":1.0,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "2^53", "{\"at\":9007199254740992,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "a number as text", "{\"at\":\"1\",\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"}" },
    { "upper-case hex", "{\"at\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"000000000000000A\"}" },
    { "hex too short", "{\"at\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"00000000\"}" },
    { "something behind it", "{\"at\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"0000000000000000\"} " },
    { "cut off", "{\"at\":1,\"kind\":\"stop\",\"n\":0,\"prev\":\"000000000000" },
    { "a name instead of a word", "{\"at\":1,\"digest\":\"00\",\"kind\":\"reload\",\"n\":0,\"name\":\"ERIKSSON ANNA\",\"prev\":\"0000000000000000\"}" },
    { "an escape", "{\"at\":1,\"kind\":\"reload\",\"n\":0,\"name\":\"a\\u0062\",\"prev\":\"0000000000000000\"}" },
};

static void is_refused(void **state)
{
    const char *text = ((__typeof__(&bad[0]))*state)->text;
    struct gw_audit_entry e;
    assert_false(gw_audit_parse(&e, gw_span_str(text), &err));
    assert_int_equal(err.code, GW_ERR_FORMAT);
    assert_true(err.at <= strlen(text));
}

static void a_mistake_of_ours_is_found(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_audit_facts f = basic();
    f.name = "two words";
    assert_false(gw_audit_format(&out, GW_AUDIT_RELOAD, &f, &err));
    f.name = "";
    assert_false(gw_audit_format(&out, GW_AUDIT_RELOAD, &f, &err));
    f.name = NULL;
    assert_false(gw_audit_format(&out, GW_AUDIT_RELOAD, &f, &err)); /* must have it */
    f.name = "settings";
    f.person = &hash;
    assert_false(gw_audit_format(&out, GW_AUDIT_RELOAD, &f, &err)); /* cannot have a person */
    assert_int_equal(err.code, GW_ERR_INTERNAL);
}

int main(void)
{
    if (!gw_crypto_init(&err))
        return 1;
    check_add("entry", "a decision's line is as fixed", a_line_is_fixed);
    check_add("entry", "fields are in the order of their bytes", the_table_is_in_order);
    check_add("entry", "every kind is read as it was written", every_kind_is_read_again);
    check_add("entry", "words, missing and foreign fields are refused when written", a_mistake_of_ours_is_found);
    check_rows("entry refused", bad, is_refused);
    return check_done();
}
