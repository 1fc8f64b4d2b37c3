/* form_test.c - multipart bodies, whole and damaged. */
#include "http/form.h"
#include "tests/check.h"

static const struct boundary {
    const char *label, *type, *want; /* NULL: refused */
} boundaries[] = {
    { "a plain boundary is found", "multipart/form-data; boundary=abc", "abc" },
    { "a quoted boundary is found", "multipart/form-data; charset=utf-8; boundary=\"a b;c\"", "a b;c" },
    { "case does not matter", "Multipart/Form-Data; Boundary=AbC", "AbC" },
    { "another media type has none", "application/json; boundary=abc", NULL },
    { "a missing boundary is refused", "multipart/form-data", NULL },
    { "an empty boundary is refused", "multipart/form-data; boundary=\"\"", NULL },
    { "an open quote is refused", "multipart/form-data; boundary=\"abc", NULL },
    { "seventy bytes are the most",
        "multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
        "1234567890123456789012345678901234567890123456789012345678901234567890" },
    { "seventy-one bytes are too many",
        "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901", NULL },
};

static void boundary_test(void **state)
{
    const struct boundary *b = *state;
    struct gw_span got;
    bool found = gw_form_boundary(&got, gw_span_str(b->type));
    CHECK_INT(found, b->want != NULL);
    if (found)
        CHECK(gw_span_is(got, b->want));
}

#define NAMED(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static const struct row {
    const char *label, *body, *want; /* name=data of each part, joined by |; NULL: refused */
    enum gw_err_code code;
} rows[] = {
    { "one part is read", "--B\r\n" NAMED("a") "\r\n1\r\n--B--\r\n", "a=1", GW_OK },
    { "two parts are read", "--B\r\n" NAMED("a") "\r\n1\r\n--B\r\n" NAMED("b") "\r\n2\r\n--B--", "a=1|b=2", GW_OK },
    { "what stands before and after is nothing", "hello\r\n--B\r\n" NAMED("a") "\r\n1\r\n--B--\r\nbye", "a=1", GW_OK },
    { "an empty part is a part", "--B\r\n" NAMED("a") "\r\n\r\n--B--", "a=", GW_OK },
    { "a boundary inside a line is data", "--B\r\n" NAMED("a") "\r\nx--B\r\n--B--", "a=x--B", GW_OK },
    { "line ends inside data stay", "--B\r\n" NAMED("a") "\r\n1\r\n\r\n2\r\n--B--", "a=1\r\n\r\n2", GW_OK },
    { "blanks behind a boundary are allowed", "--B \t\r\n" NAMED("a") "\r\n1\r\n--B--", "a=1", GW_OK },
    { "other headers do no harm", "--B\r\nX-Y: z\r\n" NAMED("a") "Content-Type: image/jpeg\r\n\r\n1\r\n--B--", "a=1", GW_OK },
    { "a form without parts is empty", "--B--", "", GW_OK },
    { "an empty body is refused", "", NULL, GW_ERR_FORMAT },
    { "another boundary is refused", "--C\r\n" NAMED("a") "\r\n1\r\n--C--", NULL, GW_ERR_FORMAT },
    { "a cut-off part is refused", "--B\r\n" NAMED("a") "\r\n1", NULL, GW_ERR_FORMAT },
    { "a missing last boundary is refused", "--B\r\n" NAMED("a") "\r\n1\r\n--B\r\n", NULL, GW_ERR_FORMAT },
    { "headers that do not end are refused", "--B\r\n" NAMED("a"), NULL, GW_ERR_FORMAT },
    { "a part without a name is refused", "--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--", NULL, GW_ERR_FORMAT },
    { "a part without headers is refused", "--B\r\n\r\n1\r\n--B--", NULL, GW_ERR_FORMAT },
    { "a name twice is refused", "--B\r\n" NAMED("a") "\r\n1\r\n--B\r\n" NAMED("a") "\r\n2\r\n--B--", NULL, GW_ERR_FORMAT },
    { "a transfer encoding is refused", "--B\r\n" NAMED("a") "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--B--", NULL,
        GW_ERR_UNSUPPORTED },
    { "text behind a boundary is refused", "--Bx\r\n" NAMED("a") "\r\n1\r\n--B--", NULL, GW_ERR_FORMAT },
};

static void row_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err = {};
    struct gw_form f;
    char got[256] = "";
    size_t n = 0;
    if (r->want == NULL) {
        CHECK_FAILS(gw_form_parse(&f, gw_span_str(r->body), gw_span_str("B"), &err), r->code);
        return;
    }
    CHECK_OK(gw_form_parse(&f, gw_span_str(r->body), gw_span_str("B"), &err));
    for (size_t i = 0; i < f.n_parts; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%.*s=%.*s", i == 0 ? "" : "|", (int)f.parts[i].name.size,
            (const char *)f.parts[i].name.data, (int)f.parts[i].data.size, (const char *)f.parts[i].data.data);
    CHECK_TEXT(got, r->want);
}

static void limits_test(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_form f;
    for (int n = GW_FORM_PARTS; n <= GW_FORM_PARTS + 1; n++) {
        char body[4096] = "";
        size_t used = 0;
        for (int i = 0; i < n; i++)
            used += (size_t)snprintf(body + used, sizeof body - used, "--B\r\n" NAMED("p%d") "\r\n1\r\n", i);
        snprintf(body + used, sizeof body - used, "--B--");
        if (n == GW_FORM_PARTS)
            CHECK_OK(gw_form_parse(&f, gw_span_str(body), gw_span_str("B"), &err));
        else
            CHECK_FAILS(gw_form_parse(&f, gw_span_str(body), gw_span_str("B"), &err), GW_ERR_LIMIT);
    }
}

static void cut_test(void **state)
{
    (void)state;
    /* Every prefix, in memory of its exact size: a read too far is seen by the sanitizer. */
    const char *whole = "x\r\n--B\r\n" NAMED("a") "Content-Type: image/jpeg\r\n\r\n\xff\xd8--B\r\n--\r\n--B--";
    for (size_t n = 0; n < strlen(whole); n++) {
        struct gw_err err = {};
        struct gw_form f;
        uint8_t *copy = malloc(n == 0 ? 1 : n);
        memcpy(copy, whole, n);
        CHECK(!gw_form_parse(&f, gw_span_of(copy, n), gw_span_str("B"), &err));
        free(copy);
    }
}

int main(void)
{
    check_rows("boundary", boundaries, boundary_test);
    check_rows("parts", rows, row_test);
    check_add("limits", "sixteen parts are read, seventeen refused", limits_test);
    check_add("cut", "every prefix of a form is refused", cut_test);
    return check_done();
}
