/* mrz_fuzz.c - what is read and valid is written as it was read, field by field; what is
 * repaired is valid only if its digits are, and the same text reads the same twice. */
#include "document/mrz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(bool yes)
{
    if (!yes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_mrz m, again;
    struct gw_err err = {};
    struct gw_mrz_options o = { .today = { 2026, 11, 23 }, .repair = size % 2 };
    bool ok = gw_mrz_parse(&m, gw_span_of(data, size), &o, &err);
    same(gw_mrz_parse(&again, gw_span_of(data, size), &o, &err) == ok);
    if (!ok) {
        same(err.code == GW_ERR_FORMAT || err.code == GW_ERR_UNSUPPORTED);
        return 0;
    }
    same(memcmp(&m, &again, sizeof m) == 0);
    for (size_t i = 0; i < m.n_problems; i++)
        same(m.problems[i].position < GW_MRZ_MOST);
    char text[GW_MRZ_TEXT];
    if (!m.valid || !gw_mrz_format(text, &m, &err))
        return 0; /* fillers inside a short number are read, not written */
    same(gw_mrz_parse(&again, gw_span_str(text), &o, &err) && again.valid && again.format == m.format);
    same(strcmp(m.document_code, again.document_code) == 0 && strcmp(m.issuing_state, again.issuing_state) == 0);
    same(strcmp(m.nationality, again.nationality) == 0 && strcmp(m.document_number, again.document_number) == 0);
    same(strcmp(m.surname, again.surname) == 0 && strcmp(m.given_names, again.given_names) == 0);
    same(strcmp(m.optional_data, again.optional_data) == 0 && strcmp(m.optional_data_2, again.optional_data_2) == 0);
    same(memcmp(&m.birth_date, &again.birth_date, sizeof m.birth_date) == 0 && m.sex == again.sex);
    same(memcmp(&m.expiry_date, &again.expiry_date, sizeof m.expiry_date) == 0);
    return 0;
}
