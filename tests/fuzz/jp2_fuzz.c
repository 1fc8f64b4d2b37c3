/* jp2_fuzz.c - JPEG2000 pictures: header and decoding. */
#include "tests/fuzz/image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode(GW_IMAGE_JPEG2000, data, size);
}
