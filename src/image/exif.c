/* exif.c - one fact out of EXIF: which way up (TIFF 6.0 tag 274, Exif 2.32 4.6.4).
 *
 * Only the first directory is read and every offset is checked against the
 * payload; nothing is followed twice, so a circular file costs nothing. A wrong
 * orientation is no reason to refuse a picture: damaged means 1, as cameras and
 * viewers do. */
#include "image/codec.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

static bool read16(struct gw_span s, bool big, size_t at, uint16_t *out)
{
    if (at > s.size || s.size - at < 2)
        return false;
    const uint8_t *p = s.data + at;
    *out = (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
    return true;
}

static bool read32(struct gw_span s, bool big, size_t at, uint32_t *out)
{
    uint16_t first, second;
    if (!read16(s, big, at, &first) || !read16(s, big, at + 2, &second))
        return false;
    *out = big ? (uint32_t)first << 16 | second : (uint32_t)second << 16 | first;
    return true;
}

uint8_t gw_exif_tiff_orientation(struct gw_span tiff)
{
    uint16_t magic, n;
    uint32_t directory;
    bool big = gw_span_starts(tiff, "MM");
    if ((!big && !gw_span_starts(tiff, "II")) || !read16(tiff, big, 2, &magic) || magic != 42 ||
        !read32(tiff, big, 4, &directory) || !read16(tiff, big, directory, &n))
        return 1;
    for (size_t i = 0; i < n; i++) {
        size_t entry = (size_t)directory + 2 + i * ENTRY_BYTES;
        uint16_t tag, type, value;
        uint32_t count;
        if (!read16(tiff, big, entry, &tag) || !read16(tiff, big, entry + 2, &type) ||
            !read32(tiff, big, entry + 4, &count) || !read16(tiff, big, entry + 8, &value))
            return 1;
        if (tag == TAG_ORIENTATION)
            return type == TYPE_SHORT && count == 1 && value >= 1 && value <= 8 ? (uint8_t)value : 1;
    }
    return 1;
}

uint8_t gw_exif_orientation(struct gw_span app1)
{
    /* "Exif", a zero and a padding byte that should be zero (Exif 2.32 4.7.2). */
    if (app1.size < 6 || memcmp(app1.data, "Exif\0", 5) != 0)
        return 1;
    return gw_exif_tiff_orientation(gw_span_slice(app1, 6, app1.size));
}
