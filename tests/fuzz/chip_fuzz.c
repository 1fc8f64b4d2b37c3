/* chip_fuzz.c - every portrait lies inside the file, and the same file reads the same twice. */
#include "document/chip.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
    if (!yes)
        abort();
}

static void inside(struct gw_span s, const uint8_t *data, size_t size)
{
    must(s.data == NULL || (s.data >= data && s.size <= size && s.data + s.size <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_chip_file a, b;
    struct gw_err err = {};
    bool ok = gw_chip_parse(&a, gw_span_of(data, size), &err);
    must(gw_chip_parse(&b, gw_span_of(data, size), &err) == ok);
    if (!ok) {
        must(err.code == GW_ERR_FORMAT || err.code == GW_ERR_UNSUPPORTED || err.code == GW_ERR_LIMIT);
        return 0;
    }
    must(a.kind == b.kind && a.group == b.group && a.group <= GW_CHIP_GROUPS && a.valid == b.valid && a.n_problems == b.n_problems);
    must(a.n_images <= GW_CHIP_IMAGES && a.n_images == b.n_images && gw_chip_file_name(&a) != NULL);
    inside(a.whole, data, size);
    inside(a.mrz, data, size);
    for (size_t i = 0; i < a.n_images; i++)
        inside(a.images[i].bytes, data, size);
    for (size_t i = 0; i < a.n_problems; i++)
        must(a.problems[i].offset <= size && a.problems[i].text != NULL);
    if (a.valid && a.kind == GW_CHIP_DG2)
        must(a.n_images > 0);
    return 0;
}
