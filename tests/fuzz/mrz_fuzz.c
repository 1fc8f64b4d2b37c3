/* mrz_fuzz.c - what is read and valid is written as it was read; what is repaired
 * is valid only if its digits are. */
#include "document/mrz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_mrz m, again;
    struct gw_err err = {};
    struct gw_mrz_options o = { .today = { 2026, 11, 23 }, .repair = size % 2 };
    if (!gw_mrz_parse(&m, gw_span_of(data, size), &o, &err)) {
        if (err.code != GW_ERR_FORMAT && err.code != GW_ERR_UNSUPPORTED)
            abort();
        return 0;
    }
    if (!m.valid)
        return 0;
    char text[GW_MRZ_TEXT];
    if (!gw_mrz_format(text, &m, &err))
        return 0; /* an expiry before 1900 or a name of given names only is read, not written */
    if (!gw_mrz_parse(&again, gw_span_str(text), &o, &err) || !again.valid ||
        strcmp(m.document_number, again.document_number) != 0 || strcmp(m.surname, again.surname) != 0)
        abort();
    return 0;
}
