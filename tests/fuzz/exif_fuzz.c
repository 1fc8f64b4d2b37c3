/* exif_fuzz.c - orientation out of any APP1 payload: 1 to 8, and not 1 only where the
 * payload really has the tag. */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t orientation = gw_exif_orientation(gw_span_of(data, size));
    if (orientation < 1 || orientation > 8)
        abort();
    if (orientation != 1 &&
        (memcmp(data, "Exif\0", 5) != 0 || (memmem(data, size, "\x01\x12\0\3\0\0\0\1\0", 9) == NULL &&
                                               memmem(data, size, "\x12\x01\3\0\1\0\0\0", 8) == NULL)))
        abort();
    return 0;
}
