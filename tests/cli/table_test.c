/* table_test.c - tables that commands take: delimiters, quotes, line ends, and what is none. */
#include "cli/table.h"
#include "tests/check.h"

static const struct {
    const char *label, *text;
    const char *rows; /* fields between |, rows between /; NULL: refused */
} rows[] = {
    { "commas", "a,b\n1,2\n", "a|b/1|2" },
    { "the last line need not end", "a,b\n1,2", "a|b/1|2" },
    { "CR LF, and a mark at the start", "\xef\xbb\xbf" "a,b\r\n1,2\r\n", "a|b/1|2" },
    { "semicolons where the first line has no comma", "a;b\n1,5;2\n", "a|b/1,5|2" },
    { "tabs likewise", "a\tb\n1;5\t2\n", "a|b/1;5|2" },
    { "a comma in the first line decides", "a,b;c\n1,2;3\n", "a|b;c/1|2;3" },
    { "quotes hold delimiters, line ends and themselves", "a,b\n\"1,\n2\",\"say \"\"so\"\"\"\n", "a|b/1,\n2|say \"so\"" },
    { "blanks around a field are not its own", "a , b\n 1,2 \n", "a|b/1|2" },
    { "empty lines are no rows", "a,b\n\n\r\n1,2\n\n", "a|b/1|2" },
    { "empty fields are fields", "a,b\n,\n", "a|b/|" },
    { "nothing at all has one empty name", "", "" },
    { "a quote that does not end", "a,b\n\"1,2\n", NULL },
    { "text behind a quote", "a,b\n\"1\"x,2\n", NULL },
    { "the first row may be none", "\"a,b\n", NULL },
};

static void add_row(struct gw_buf *out, const struct gw_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct gw_span f = gw_table_field(t, i);
        gw_buf_add_text(out, i > 0 ? "|" : "");
        gw_buf_add(out, f.data, f.size);
    }
}

static void row_test(void **state)
{
    const typeof(*rows) *row = *state;
    GW_AUTO_VALUE(gw_table) t = { .path = "t" };
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_err err = {};
    gw_buf_add_text(&t.text, row->text);
    bool ok = gw_table_begin(&t, &err);
    if (ok)
        add_row(&out, &t);
    while (ok && gw_table_next(&t, &ok, &err)) {
        gw_buf_add_text(&out, "/");
        add_row(&out, &t);
    }
    CHECK_INT(ok, row->rows != NULL);
    if (ok)
        CHECK_TEXT(gw_buf_text(&out), row->rows);
    else
        CHECK_INT(err.code, GW_ERR_FORMAT);
}

static void columns_test(void **)
{
    GW_AUTO_VALUE(gw_table) t = { .path = "t" };
    struct gw_err err = {};
    bool ok = true;
    for (int i = 0; i < GW_TABLE_COLUMNS; i++)
        gw_buf_addf(&t.text, "%sc%d", i == 0 ? "" : ",", i);
    gw_buf_add_text(&t.text, "\nx\n");
    for (int i = 0; i < GW_TABLE_COLUMNS; i++)
        gw_buf_add_text(&t.text, ",");
    CHECK_OK(gw_table_begin(&t, &err));
    CHECK_INT(gw_table_column(&t, "c63"), 63);
    CHECK_INT(gw_table_column(&t, "c64"), GW_TABLE_ABSENT);
    CHECK(gw_table_next(&t, &ok, &err));
    CHECK_INT(gw_table_field(&t, 63).size, 0); /* the row is shorter */
    CHECK_INT(gw_table_field(&t, GW_TABLE_ABSENT).size, 0);
    CHECK(!gw_table_next(&t, &ok, &err) && !ok);
    CHECK_INT(err.code, GW_ERR_LIMIT);
}

int main(void)
{
    check_rows("a table", rows, row_test);
    check_add("a table", "has so many columns and no more", columns_test);
    return check_done();
}
