/* name_fuzz.c - two names, two parts each, divided by line ends: comparing is symmetric, a
 * name is itself, and what is written for a zone has letters and single blanks only. */
#include "document/name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
    if (!yes)
        abort();
}

static struct gw_span next_line(struct gw_span *rest)
{
    const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
    size_t n = end == NULL ? rest->size : (size_t)(end - rest->data);
    struct gw_span line = gw_span_slice(*rest, 0, n);
    *rest = gw_span_slice(*rest, end == NULL ? n : n + 1, rest->size);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char out[GW_NAME_TEXT], forms[GW_NAME_FORMS_MAX][GW_NAME_TEXT], national[8][GW_NAME_NATIONAL_TEXT];
    struct gw_span rest = gw_span_of(data, size);
    struct gw_name a = { .surname = next_line(&rest), .given = next_line(&rest), .may_be_cut = size & 1, .may_have_title = size & 2 };
    struct gw_name b = { .surname = next_line(&rest), .given = next_line(&rest), .may_be_cut = size & 4, .may_have_title = size & 8 };
    struct gw_name_result ab = gw_name_compare(&a, &b), ba = gw_name_compare(&b, &a), aa = gw_name_compare(&a, &a);
    must(ab.match == ba.match && (ab.match == GW_NAME_SAME) == (ab.reason <= GW_NAME_TITLE));
    must(aa.reason == GW_NAME_EQUAL || aa.reason == GW_NAME_EMPTY || aa.reason == GW_NAME_SCRIPTS);
    struct gw_err err = {};
    if (!gw_name_to_mrz(out, a.surname, &err)) {
        must(err.code == GW_ERR_FORMAT || err.code == GW_ERR_LIMIT || (err.code == GW_ERR_INVALID && err.at < a.surname.size));
        return 0;
    }
    for (const char *c = out; *c != 0; c++)
        must((*c >= 'A' && *c <= 'Z') || (*c == ' ' && c > out && c[-1] != ' ' && c[1] != 0));
    size_t n;
    must(gw_name_forms(forms, &n, a.surname, &err) && n >= 1 && strcmp(forms[0], out) == 0);
    must(gw_name_national(national, GW_COUNT(national), out) >= 1 && strcmp(national[0], out) == 0);
    /* Writing again changes nothing. */
    must(gw_name_to_mrz(forms[1], gw_span_str(out), &err) || strlen(out) > GW_NAME_BYTES_MAX);
    must(strlen(out) > GW_NAME_BYTES_MAX || strcmp(forms[1], out) == 0);
    return 0;
}
