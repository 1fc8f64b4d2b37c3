/* edifact_fuzz.c - segments lie in the text in order, their values within the text or the
 * reader; what is written of a segment is read as it was; the same answer twice. */
#include "manifest/edifact.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct gw_edifact *e, struct gw_span v)
{
    bool in_text = v.data >= e->in.data && v.data + v.size <= e->in.data + e->in.size;
    bool in_reader = v.data >= (const uint8_t *)e->scratch && v.data + v.size <= (const uint8_t *)e->scratch + sizeof e->scratch;
    if (v.size > 0 && !in_text && !in_reader)
        abort();
}

/* Written with the standard separators and read again: the same values. */
static void check_again(const struct gw_edifact_segment *s)
{
    static struct gw_edifact e;
    static struct gw_edifact_segment again;
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_edifact_writer w = { .out = &text };
    if (s->repeats || gw_edifact_is(s, "UNB"))
        return; /* UNB by itself says which separators follow */
    gw_edifact_begin(&w, s->tag);
    for (size_t i = 0; i < s->n_elements; i++) {
        gw_edifact_element(&w);
        for (size_t k = 0; k < gw_edifact_count(s, i); k++)
            gw_edifact_component(&w, gw_edifact_part(s, s->first[i] + k));
    }
    gw_edifact_end(&w);
    struct gw_err err = {};
    if (text.size > GW_EDIFACT_SEGMENT_BYTES)
        return;
    if (!gw_edifact_open(&e, gw_buf_span(&text), NULL, &err))
        return; /* a value of it begins with UNA or UNB */
    if (e.at != 0)
        return;
    if (gw_edifact_next(&e, &again, &err) != GW_EDIFACT_SEGMENT || memcmp(again.tag, s->tag, 3) != 0)
        abort();
    for (unsigned i = 1; i <= s->n_elements; i++)
        for (unsigned k = 1; k <= gw_edifact_count(s, i - 1); k++) {
            struct gw_span a = gw_edifact_get(s, i, k), b = gw_edifact_get(&again, i, k);
            /* Control bytes are written as blanks; a separator of the text may have been one. */
            bool plain = true;
            for (size_t n = 0; n < a.size; n++)
                plain = plain && a.data[n] >= ' ' && a.data[n] != 0x7F;
            if (plain && !gw_span_equal(a, b))
                abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_edifact e;
    static struct gw_edifact_segment s;
    struct gw_err err = {};
    char type[GW_EDIFACT_TYPE_TEXT];
    struct gw_edifact_separators partner = { ':', '*', '.', '?', 0, '#' };
    bool has_partner = size % 5 == 0;
    bool known = gw_edifact_recognize(type, gw_span_of(data, size), has_partner ? &partner : NULL, &err);
    if (known != gw_edifact_open(&e, gw_span_of(data, size), has_partner ? &partner : NULL, &err))
        abort();
    if (!known)
        return err.code == GW_ERR_FORMAT ? 0 : (abort(), 0);
    size_t index = 0, offset = 0;
    for (;;) {
        size_t at = e.at;
        enum gw_edifact_read what = gw_edifact_next(&e, &s, &err);
        if (what == GW_EDIFACT_END) {
            if (e.at != size || !gw_edifact_again(&e))
                break;
            continue;
        }
        if (s.index != index++ || s.offset < at || s.offset < offset || e.at <= s.offset || e.at > size)
            abort();
        offset = s.offset;
        if (what == GW_EDIFACT_BAD) {
            if (err.at > size)
                abort();
            continue;
        }
        struct gw_span third = gw_edifact_get(&s, 3, 2);
        gw_edifact_spread(&s); /* check_again compares with values got from what was not spread */
        if (!gw_span_equal(third, gw_edifact_get(&s, 3, 2)))
            abort();
        size_t parts = 0;
        for (size_t i = 0; i < s.n_elements; i++)
            parts += gw_edifact_count(&s, i);
        if (parts != s.n_parts)
            abort();
        for (size_t i = 0; i < s.n_parts; i++)
            check_value(&e, gw_edifact_part(&s, i));
        check_again(&s);
    }
    return 0;
}
