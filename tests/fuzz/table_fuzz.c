/* table_fuzz.c - any bytes as a table. Fields lie in its text, one behind the other; the same rows written with every
 * field in quotes are read as the same rows. */
#include "cli/table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const struct gw_table *t)
{
    const uint8_t *end = t->text.data;
    for (size_t i = 0; i < t->n; i++) {
        const struct gw_span f = t->fields[i];
        if (f.size > 0 && (f.data < end || f.data + f.size > t->text.data + t->text.size))
            abort();
        end = f.size == 0 ? end : f.data + f.size;
    }
}

static void write_row(struct gw_buf *out, const struct gw_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        gw_buf_add_text(out, i == 0 ? "\"" : ",\"");
        for (size_t k = 0; k < t->fields[i].size; k++)
            gw_buf_add(out, t->fields[i].data[k] == '"' ? "\"\"" : (const char *)&t->fields[i].data[k], t->fields[i].data[k] == '"' ? 2 : 1);
        gw_buf_add_text(out, "\"");
    }
    gw_buf_add_text(out, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO_VALUE(gw_table) t = { .path = "t" };
    GW_AUTO_VALUE(gw_table) again = { .path = "t" };
    GW_AUTO_VALUE(gw_buf) written = {};
    GW_AUTO_VALUE(gw_buf) second = {};
    struct gw_err err = {};
    bool ok = true;
    size_t rows = 1;
    gw_buf_add(&t.text, data, size);
    if (!gw_table_begin(&t, &err))
        return 0;
    check_inside(&t);
    /* Which of its three delimiters another first row asks for is its own matter. */
    const bool same = t.delimiter == ',';
    write_row(&written, &t);
    for (; gw_table_next(&t, &ok, &err); rows++) {
        check_inside(&t);
        if (t.n == 0 || t.n > GW_TABLE_COLUMNS)
            abort();
        write_row(&written, &t);
    }
    if (!ok || !same)
        return 0;
    gw_buf_add(&again.text, written.data, written.size);
    if (!gw_table_begin(&again, &err))
        abort();
    if (again.delimiter != ',') /* one column, with a semicolon or a tab in its name */
        return 0;
    write_row(&second, &again);
    size_t rows_again = 1;
    for (; gw_table_next(&again, &ok, &err); rows_again++)
        write_row(&second, &again);
    /* A row of one empty field is an empty line, which is no row. */
    if (!ok || rows_again != rows || !gw_span_equal(gw_buf_span(&written), gw_buf_span(&second)))
        abort();
    return 0;
}
