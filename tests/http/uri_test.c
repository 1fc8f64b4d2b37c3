/* uri_test.c - targets of requests, and what must not get through. */
#include "http/uri.h"
#include "tests/check.h"

static const struct good {
    const char *label, *text, *want; /* segments and pairs, written apart */
} goods[] = {
    { "the root has no segments", "/", "" },
    { "segments are taken apart", "/v1/voyages/abc", "v1|voyages|abc" },
    { "a slash at the end makes an empty segment", "/v1/voyages/", "v1|voyages|" },
    { "two slashes make an empty segment", "//x", "|x" },
    { "escapes are decoded", "/v1/%76oyages", "v1|voyages" },
    { "a plus in a path is a plus", "/a+b", "a+b" },
    { "a plus in a query is a blank", "/?a=b+c", "?a=b c" },
    { "pairs are taken apart", "/x?from=1&to=2", "x?from=1?to=2" },
    { "a name without = has an empty value", "/x?a&b=", "x?a=?b=" },
    { "an = in a value belongs to it", "/x?cursor=a=b", "x?cursor=a=b" },
    { "empty pairs are nothing", "/x?&&a=1&", "x?a=1" },
    { "a query of nothing is nothing", "/x?", "x" },
    { "UTF-8 passes", "/%C3%A9?a=%E2%82%AC", "\xC3\xA9?a=\xE2\x82\xAC" },
    { "an encoded ampersand does not split", "/x?a=1%262", "x?a=1&2" },
    { "three dots are a name", "/...", "..." },
};

static void good_test(void **state)
{
    const struct good *g = *state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(4096);
    struct gw_uri u;
    char got[256] = "";
    size_t n = 0;
    CHECK_OK(gw_uri_parse(&u, a, gw_span_str(g->text), &err));
    for (size_t i = 0; i < u.n_segments; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%.*s", i == 0 ? "" : "|", (int)u.segments[i].size,
            (const char *)u.segments[i].data);
    for (size_t i = 0; i < u.n_pairs; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "?%.*s=%.*s", (int)u.pairs[i].name.size,
            (const char *)u.pairs[i].name.data, (int)u.pairs[i].value.size, (const char *)u.pairs[i].value.data);
    CHECK_TEXT(got, g->want);
}

static const struct bad {
    const char *label, *text;
    enum gw_err_code want;
} bads[] = {
    { "an empty target is refused", "", GW_ERR_FORMAT },
    { "a target of the absolute form is refused", "http://x/y", GW_ERR_FORMAT },
    { "an asterisk is refused", "*", GW_ERR_FORMAT },
    { "two dots are refused", "/v1/../etc", GW_ERR_FORMAT },
    { "two dots in escapes are refused", "/v1/%2e%2E/etc", GW_ERR_FORMAT },
    { "one dot is refused", "/./v1", GW_ERR_FORMAT },
    { "an encoded slash is refused", "/v1%2Fvoyages", GW_ERR_FORMAT },
    { "an encoded zero is refused", "/v1/%00", GW_ERR_FORMAT },
    { "an encoded line end is refused", "/v1?a=%0d%0aX:1", GW_ERR_FORMAT },
    { "half an escape is refused", "/v1/%4", GW_ERR_FORMAT },
    { "an escape across the ? is refused", "/v1/%4?1", GW_ERR_FORMAT },
    { "an escape of other letters is refused", "/v1/%zz", GW_ERR_FORMAT },
    { "bytes that are not UTF-8 are refused", "/\xff", GW_ERR_FORMAT },
    { "an overlong slash is refused", "/%c0%af", GW_ERR_FORMAT },
    { "a parameter given twice is refused", "/?limit=1&limit=2", GW_ERR_FORMAT },
    { "nine segments are one too many", "/1/2/3/4/5/6/7/8/9", GW_ERR_LIMIT },
    { "seventeen parameters are one too many", "/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", GW_ERR_LIMIT },
};

static void bad_test(void **state)
{
    const struct bad *b = *state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(4096);
    struct gw_uri u;
    CHECK_FAILS(gw_uri_parse(&u, a, gw_span_str(b->text), &err), b->want);
}

static void arena_test(void **state)
{
    (void)state;
    struct gw_uri u;
    struct gw_span text = gw_span_str("/v1/voyages?from=2026-11-23&to=2026-11-24");
    bool done = false;
    for (size_t cap = 0; cap < 4096; cap++) {
        struct gw_err err = {};
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        if (gw_uri_parse(&u, a, text, &err))
            done = true;
        else {
            CHECK(!done);
            CHECK_INT(err.code, GW_ERR_LIMIT);
        }
    }
    CHECK(done);
}

static void find_test(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(4096);
    struct gw_uri u;
    struct gw_span value;
    CHECK_OK(gw_uri_parse(&u, a, gw_span_str("/x?limit=7&cursor="), &err));
    CHECK(gw_uri_query(&u, "limit", &value) && gw_span_is(value, "7"));
    CHECK(gw_uri_query(&u, "cursor", &value) && value.size == 0);
    CHECK(!gw_uri_query(&u, "lim", &value));
}

int main(void)
{
    check_rows("taken", goods, good_test);
    check_rows("refused", bads, bad_test);
    check_add("memory", "with too little memory it fails cleanly, with enough it succeeds", arena_test);
    check_add("query", "parameters are found by their whole name", find_test);
    return check_done();
}
