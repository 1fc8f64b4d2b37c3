/* json_test.c - what is read, what is refused and where, what is written. */
#include "base/json.h"
#include "tests/check.h"

static const struct row {
    const char *label, *text;
    int at; /* -1: valid; else where it goes wrong, -2: anywhere */
} rows[] = {
    { "an object is JSON", "{\"a\":[1,2.5,null,true,\"x\"]}", -1 },
    { "a byte order mark is passed over", "\xEF\xBB\xBF{}", -1 },
    { "a bare value is JSON", "7", -1 },
    { "nothing is not", "", 0 },
    { "a cut object is not", "{\"a\":1", -2 },
    { "text behind it is not", "{} x", -2 },
    { "the same key twice is not", "{\"a\":1,\"a\":2}", -2 },
    { "bytes that are not UTF-8 are not", "\"\xE9\"", -2 },
    { "a raw line end in a string is not", "\"a\nb\"", -2 },
    { "NaN is not", "[NaN]", -2 },
};

static void parsing(void **state)
{
    const struct row *r = *state;
    struct gw_err err = {};
    GW_AUTO(gw_json) *j = gw_json_parse(gw_span_str(r->text), &err);
    CHECK_INT(j != NULL, r->at == -1);
    if (j == NULL) {
        CHECK_INT(err.code, GW_ERR_FORMAT);
        CHECK(err.at <= strlen(r->text));
    }
}

static void no_input_in_errors(void **state)
{
    (void)state;
    struct gw_err err = {};
    CHECK_FAILS(gw_json_parse(gw_span_str("{\"surname\":\"ERIKSSON\" oops}"), &err), GW_ERR_FORMAT);
    CHECK(strstr(err.text, "ERIKSSON") == NULL);
    CHECK(strstr(err.text, "oops") == NULL);
    CHECK_FAILS(gw_json_parse(gw_span_str("{\"ERIKSSON\":1,\"ERIKSSON\":2}"), &err), GW_ERR_FORMAT);
    CHECK(strstr(err.text, "ERIKSSON") == NULL);
}

static void depth(void **state)
{
    (void)state;
    struct gw_err err = {};
    char text[400];
    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    GW_AUTO(gw_json) *good = gw_json_parse(gw_span_of(text + 136, 128), &err);
    CHECK(good != NULL);
    CHECK_FAILS(gw_json_parse(gw_span_of(text + 135, 130), &err), GW_ERR_LIMIT);
    CHECK_INT(err.at, 64);
}

static void what_need_not_be_there(void **state)
{
    (void)state;
    const struct gw_id id = { { 1 } };
    char text_of_id[GW_ID_TEXT], want[300];
    gw_id_format(text_of_id, id);
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id_or_null(j, "by", true, id);
    gw_json_set_id_or_null(j, "nobody", false, id);
    gw_json_set_time_or_null(j, "at", true, 1'000'000);
    gw_json_set_time_or_null(j, "never", false, 1'000'000);
    gw_json_set_date_or_null(j, "born", (struct gw_date){ 1980, 2, 29 });
    gw_json_set_date_or_null(j, "unknown", (struct gw_date){});
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    snprintf(want, sizeof want,
        "{\"by\":\"%s\",\"nobody\":null,\"at\":\"1970-01-01T00:00:01Z\",\"never\":null,\"born\":\"1980-02-29\",\"unknown\":null}", text_of_id);
    CHECK_TEXT(gw_buf_text(&text), want);
}

static void building(void **state)
{
    (void)state;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "z", "first stays first");
    gw_json_set_rounded(j, "score", 0.812345678, 4);
    gw_json_set_real(j, "fmr", 1e-5);
    gw_json_set_real(j, "nan", NAN);
    gw_json_set_span(j, "bad", gw_span_of("a\xE9z", 3));
    struct gw_json *a = gw_json_array();
    gw_json_add_integer(a, -3);
    gw_json_add_span(a, gw_span_of("b\xE9", 2));
    gw_json_set(j, "a", a);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    CHECK_TEXT(gw_buf_text(&text),
        "{\"z\":\"first stays first\",\"score\":0.8123,\"fmr\":1e-5,\"nan\":null,\"bad\":\"a\xEF\xBF\xBDz\",\"a\":[-3,\"b\xEF\xBF\xBD\"]}");
}

static void absent_is_quiet(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_json) *j = gw_json_parse(gw_span_str("{\"a\":{\"b\":7}}"), &err);
    int64_t v = 1;
    CHECK(gw_json_get_integer(gw_json_get(j, "a"), "b", &v));
    CHECK_INT(v, 7);
    CHECK(!gw_json_get_integer(gw_json_get(gw_json_get(j, "x"), "y"), "z", &v));
    CHECK_INT(gw_json_kind(gw_json_get(j, "x")), GW_JSON_ABSENT);
    CHECK_INT(gw_json_size(NULL), 0);
}

static const char placed[] = "{\n  \"a\": [1, {\"b/c\": \"}]\", \"~\": -2.5e3}, []],\n  \"d\": {\n    \"e\": null}\n}";
static const struct place_row {
    const char *label, *pointer, *begins;
    unsigned line;
} place_rows[] = {
    { "the whole", "", "{\n  \"a\"", 1 },
    { "a member", "/a", "[1, {", 2 },
    { "an item", "/a/1", "{\"b/c\"", 2 },
    { "a key with a slash", "/a/1/b~1c", "\"}]\"", 2 },
    { "brackets in strings are no brackets", "/a/1/~0", "-2.5e3", 2 },
    { "an item behind an object", "/a/2", "[]]", 2 },
    { "a member of a member", "/d/e", "null", 4 },
    { "what is not there leads to the deepest that is", "/d/x/y", "{\n    \"e\"", 3 },
    { "an item past the end too", "/a/3", "[1, {", 2 },
};

static void place_test(void **state)
{
    const struct place_row *r = *state;
    size_t at = gw_json_place(gw_span_str(placed), r->pointer);
    CHECK(at < sizeof placed && strncmp(placed + at, r->begins, strlen(r->begins)) == 0);
    CHECK_INT(gw_json_line(gw_span_str(placed), at), r->line);
}

int main(void)
{
    check_rows("json", rows, parsing);
    check_add("json", "an error never quotes the input", no_input_in_errors);
    check_add("json", "64 levels are read and 65 are not", depth);
    check_add("json", "what is built is written in order, rounded, and always valid", building);
    check_add("json", "what need not be there is there, or is null", what_need_not_be_there);
    check_add("json", "asking an absent value for something is quietly nothing", absent_is_quiet);
    check_rows("place", place_rows, place_test);
    return check_done();
}
