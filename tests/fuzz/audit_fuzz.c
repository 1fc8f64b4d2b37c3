/* audit_fuzz.c - whatever a file says, the checker reads it without harm; what it takes for an
 * entry is JSON and is in the table; notes, proofs and receipts nobody signed never hold. */
#include "audit/check.h"
#include "audit/receipt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gw_note_key key_of_nobody(void)
{
    struct gw_note_key key;
    uint8_t point[GW_SIGN_PUBLIC_BYTES] = { 1 }; /* of small order: libsodium takes no signature for it */
    if (!gw_note_key_make(&key, "nobody", GW_NOTE_ED25519, point))
        abort();
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_span in = gw_span_of(data, size);
    const struct gw_note_key key = key_of_nobody();
    struct gw_audit_entry e;
    struct gw_note note;
    struct gw_checkpoint checkpoint;
    struct gw_note_key parsed;
    GW_AUTO(gw_audit_checker) *c = gw_audit_checker_new(&key, NULL, 0);
    bool going = true;
    for (size_t at = 0; at < size && going;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t to = end == NULL ? size : (size_t)(end - data);
        struct gw_span line = gw_span_slice(in, at, to);
        going = gw_audit_checker_line(c, line);
        if (gw_audit_parse(&e, line, NULL)) {
            GW_AUTO(gw_json) *j = gw_json_parse(line, NULL);
            if (j == NULL || gw_json_size(j) != (size_t)__builtin_popcountll(e.has) || line.size > GW_AUDIT_ENTRY_MAX)
                abort();
            for (int f = 0; f < GW_AUDIT_FIELD_COUNT_; f++)
                if (gw_audit_has(&e, (enum gw_audit_field)f) && gw_json_get(j, gw_audit_field_name((enum gw_audit_field)f)) == NULL)
                    abort();
        }
        at = to + 1;
    }
    if (going)
        gw_audit_checker_end(c);
    struct gw_audit_verdict v;
    gw_audit_checker_verdict(&v, c);
    if (v.n_findings == 0 || v.heads != 0)
        abort(); /* nobody signed this */
    for (size_t i = 0; i < v.n_findings; i++)
        if (strlen(v.findings[i].text) + 1 > sizeof v.findings[i].text)
            abort();
    if (gw_note_parse(&note, in, NULL)) {
        if (gw_note_signed(&note, &key, NULL) || note.text.size > size)
            abort();
        (void)gw_checkpoint_parse(&checkpoint, note.text, NULL);
    }
    if (gw_note_key_parse(&parsed, in, NULL)) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_note_key_format(&text, &parsed);
        if (!gw_note_key_parse(&parsed, gw_buf_span(&text), NULL))
            abort();
    }
    GW_AUTO(gw_json) *j = gw_json_parse(in, NULL);
    GW_AUTO_VALUE(gw_buf) sentence = {};
    if (j != NULL && (gw_proof_check(&sentence, j, &key, NULL) || gw_receipt_check(&sentence, j, &key, NULL)))
        abort();
    return 0;
}
