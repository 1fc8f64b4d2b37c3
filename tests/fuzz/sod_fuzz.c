/* sod_fuzz.c - an EF.SOD of any bytes: without trust nothing is ever valid, with a group that
 * was not signed neither, and the same file is judged the same twice. */
#include "document/sod.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
    if (!yes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_sod a, b;
    static struct gw_trust *nobody;
    struct gw_err err = {};
    const struct gw_sod_group group = { 1, gw_span_str("not what was signed") };
    const int64_t now_us = INT64_C(1795420800) * GW_US_PER_S;
    if (nobody == NULL)
        nobody = gw_trust_open(NULL, &err);
    bool ok = gw_sod_check(&a, gw_span_of(data, size), NULL, 0, nobody, now_us, &err);
    must(gw_sod_check(&b, gw_span_of(data, size), &group, 1, nobody, now_us, &err) == ok);
    if (!ok) {
        must(err.code == GW_ERR_FORMAT || err.code == GW_ERR_LIMIT);
        return 0;
    }
    must(a.state != GW_SOD_VALID && b.state != GW_SOD_VALID && a.why != NULL && b.why != NULL);
    must(a.n_groups <= GW_SOD_GROUPS && a.n_groups == b.n_groups && strcmp(a.signer, b.signer) == 0);
    must(memchr(a.signer, 0, sizeof a.signer) != NULL && memchr(a.serial, 0, sizeof a.serial) != NULL);
    must(gw_sod_objection(&a, "UTO", "P") == gw_sod_objection(&b, "UTO", "P"));
    return 0;
}
