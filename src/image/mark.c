/* mark.c - who looked at a picture and when: so that everybody sees it, and so that it is
 * still found when that was cut away or painted over.
 *
 * The hidden mark lives in brightness, in blocks of 8 x 8 pixels as JPEG has them: a bit
 * says which of two mirrored, slow waves (1 along x and 2 along y, or the reverse) is the
 * stronger. Every bit stands in many blocks all over the picture and they vote; a check
 * sum says whether what was read is a mark at all. Both orders and signs are scattered by
 * a fixed sequence, so that no pattern of the scene looks like a bit. */
#include "image/image.h"

#include <math.h>

enum {
    BLOCK = 8,
    CHECK_BYTES = 2,
    BITS = 8 * (GW_IMAGE_MARK_BYTES + CHECK_BYTES),
    LEAST_VOTES = 2,
};
/* In units of an orthonormal DCT. The difference that is asked for is above what JPEG's
 * rounding at quality 50 takes away on average; no block is pushed further than MOST. */
static const float WANT = 26, MOST = 30;

/* CRC-16 of ITU-T V.41. */
static uint16_t check_of(const uint8_t *data, size_t n)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc = (uint16_t)(crc ^ data[i] << 8);
        for (int k = 0; k < 8; k++)
            crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* Which bit a block carries, and turned round or not. */
static unsigned bit_of(uint32_t block, bool *turned)
{
    uint32_t x = block * 0x9E3779B1u;
    x ^= x >> 15;
    x *= 0x85EBCA77u;
    x ^= x >> 13;
    *turned = (x & 1) != 0;
    return block % BITS;
}

struct waves {
    float one[BLOCK][BLOCK], two[BLOCK][BLOCK]; /* [y][x]; each of length 1, at right angles */
};

static void waves_make(struct waves *w)
{
    float c[3][BLOCK];
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < BLOCK; i++)
            c[k][i] = 0.5f * (float)cos((2 * i + 1) * k * M_PI / (2 * BLOCK));
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++) {
            w->one[y][x] = c[1][x] * c[2][y];
            w->two[y][x] = c[2][x] * c[1][y];
        }
}

/* By how much the first wave is stronger than the second. */
static float difference(const struct gw_image *m, uint32_t bx, uint32_t by, const struct waves *w)
{
    float d = 0;
    for (int y = 0; y < BLOCK; y++) {
        const uint8_t *p = m->data + ((size_t)by * BLOCK + (size_t)y) * m->stride + (size_t)bx * BLOCK * 3;
        for (int x = 0; x < BLOCK; x++, p += 3)
            d += (0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2]) * (w->one[y][x] - w->two[y][x]);
    }
    return d;
}

static uint8_t clip(float v)
{
    return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)lroundf(v);
}

static void push(struct gw_image *m, uint32_t bx, uint32_t by, const struct waves *w, float by_how_much)
{
    for (int y = 0; y < BLOCK; y++) {
        uint8_t *p = m->data + ((size_t)by * BLOCK + (size_t)y) * m->stride + (size_t)bx * BLOCK * 3;
        for (int x = 0; x < BLOCK; x++, p += 3) {
            float d = by_how_much / 2 * (w->one[y][x] - w->two[y][x]);
            for (int k = 0; k < 3; k++)
                p[k] = clip((float)p[k] + d);
        }
    }
}

bool gw_image_mark_hide(struct gw_image *m, const uint8_t mark[GW_IMAGE_MARK_BYTES])
{
    struct waves w;
    uint8_t bytes[GW_IMAGE_MARK_BYTES + CHECK_BYTES];
    uint32_t across = m->width / BLOCK, down = m->height / BLOCK;
    uint16_t check = check_of(mark, GW_IMAGE_MARK_BYTES);
    if ((uint64_t)across * down < (uint64_t)LEAST_VOTES * BITS)
        return false;
    memcpy(bytes, mark, GW_IMAGE_MARK_BYTES);
    bytes[GW_IMAGE_MARK_BYTES] = (uint8_t)(check >> 8);
    bytes[GW_IMAGE_MARK_BYTES + 1] = (uint8_t)check;
    waves_make(&w);
    for (uint32_t by = 0; by < down; by++)
        for (uint32_t bx = 0; bx < across; bx++) {
            bool turned;
            unsigned i = bit_of(by * across + bx, &turned);
            bool bit = (bytes[i / 8] >> (7 - i % 8) & 1) != 0;
            float sign = bit != turned ? 1.0f : -1.0f, lacks = WANT - sign * difference(m, bx, by, &w);
            if (lacks > 0)
                push(m, bx, by, &w, sign * GW_MIN(lacks, MOST));
        }
    return true;
}

bool gw_image_mark_find(uint8_t mark[GW_IMAGE_MARK_BYTES], const struct gw_image *m)
{
    struct waves w;
    float votes[BITS] = {};
    uint8_t bytes[GW_IMAGE_MARK_BYTES + CHECK_BYTES] = {};
    uint32_t across = m->width / BLOCK, down = m->height / BLOCK;
    if ((uint64_t)across * down < (uint64_t)LEAST_VOTES * BITS)
        return false;
    waves_make(&w);
    for (uint32_t by = 0; by < down; by++)
        for (uint32_t bx = 0; bx < across; bx++) {
            bool turned;
            unsigned i = bit_of(by * across + bx, &turned);
            float d = difference(m, bx, by, &w);
            /* A block with strong edges of its own must not shout the others down. */
            d = d > WANT ? WANT : d < -WANT ? -WANT : d;
            votes[i] += turned ? -d : d;
        }
    for (unsigned i = 0; i < BITS; i++)
        if (votes[i] > 0)
            bytes[i / 8] |= (uint8_t)(1u << (7 - i % 8));
    memcpy(mark, bytes, GW_IMAGE_MARK_BYTES);
    return check_of(bytes, GW_IMAGE_MARK_BYTES) ==
           (uint16_t)(bytes[GW_IMAGE_MARK_BYTES] << 8 | bytes[GW_IMAGE_MARK_BYTES + 1]);
}

/* ---- what everybody sees --------------------------------------------------------------- */

/* Five columns of seven dots, the lowest bit on top. */
enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, PITCH = GLYPH_WIDTH + 1 };
static const struct {
    char letter;
    uint8_t columns[GLYPH_WIDTH];
} glyphs[] = {
    { '0', { 0x3E, 0x51, 0x49, 0x45, 0x3E } }, { '1', { 0x00, 0x42, 0x7F, 0x40, 0x00 } },
    { '2', { 0x42, 0x61, 0x51, 0x49, 0x46 } }, { '3', { 0x21, 0x41, 0x45, 0x4B, 0x31 } },
    { '4', { 0x18, 0x14, 0x12, 0x7F, 0x10 } }, { '5', { 0x27, 0x45, 0x45, 0x45, 0x39 } },
    { '6', { 0x3C, 0x4A, 0x49, 0x49, 0x30 } }, { '7', { 0x01, 0x71, 0x09, 0x05, 0x03 } },
    { '8', { 0x36, 0x49, 0x49, 0x49, 0x36 } }, { '9', { 0x06, 0x49, 0x49, 0x29, 0x1E } },
    { 'A', { 0x7E, 0x11, 0x11, 0x11, 0x7E } }, { 'B', { 0x7F, 0x49, 0x49, 0x49, 0x36 } },
    { 'C', { 0x3E, 0x41, 0x41, 0x41, 0x22 } }, { 'D', { 0x7F, 0x41, 0x41, 0x22, 0x1C } },
    { 'E', { 0x7F, 0x49, 0x49, 0x49, 0x41 } }, { 'F', { 0x7F, 0x09, 0x09, 0x09, 0x01 } },
    { 'G', { 0x3E, 0x41, 0x49, 0x49, 0x7A } }, { 'H', { 0x7F, 0x08, 0x08, 0x08, 0x7F } },
    { 'I', { 0x00, 0x41, 0x7F, 0x41, 0x00 } }, { 'J', { 0x20, 0x40, 0x41, 0x3F, 0x01 } },
    { 'K', { 0x7F, 0x08, 0x14, 0x22, 0x41 } }, { 'L', { 0x7F, 0x40, 0x40, 0x40, 0x40 } },
    { 'M', { 0x7F, 0x02, 0x0C, 0x02, 0x7F } }, { 'N', { 0x7F, 0x04, 0x08, 0x10, 0x7F } },
    { 'O', { 0x3E, 0x41, 0x41, 0x41, 0x3E } }, { 'P', { 0x7F, 0x09, 0x09, 0x09, 0x06 } },
    { 'Q', { 0x3E, 0x41, 0x51, 0x21, 0x5E } }, { 'R', { 0x7F, 0x09, 0x19, 0x29, 0x46 } },
    { 'S', { 0x46, 0x49, 0x49, 0x49, 0x31 } }, { 'T', { 0x01, 0x01, 0x7F, 0x01, 0x01 } },
    { 'U', { 0x3F, 0x40, 0x40, 0x40, 0x3F } }, { 'V', { 0x1F, 0x20, 0x40, 0x20, 0x1F } },
    { 'W', { 0x3F, 0x40, 0x38, 0x40, 0x3F } }, { 'X', { 0x63, 0x14, 0x08, 0x14, 0x63 } },
    { 'Y', { 0x07, 0x08, 0x70, 0x08, 0x07 } }, { 'Z', { 0x61, 0x51, 0x49, 0x45, 0x43 } },
    { '-', { 0x08, 0x08, 0x08, 0x08, 0x08 } }, { ':', { 0x00, 0x36, 0x36, 0x00, 0x00 } },
    { '.', { 0x00, 0x60, 0x60, 0x00, 0x00 } }, { '_', { 0x40, 0x40, 0x40, 0x40, 0x40 } },
};

static const uint8_t *glyph(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    for (size_t i = 0; i < GW_COUNT(glyphs); i++)
        if (glyphs[i].letter == c)
            return glyphs[i].columns;
    return NULL;
}

static void blend(struct gw_image *m, int64_t x, int64_t y, float grey, float share)
{
    if (x < 0 || y < 0 || x >= m->width || y >= m->height)
        return;
    uint8_t *p = m->data + (size_t)y * m->stride + (size_t)x * 3;
    for (int k = 0; k < 3; k++)
        p[k] = clip((float)p[k] * (1 - share) + grey * share);
}

/* White with a dark edge to its right and below, readable on anything. */
static void draw(struct gw_image *m, const char *text, int64_t left, int64_t top, unsigned scale, float share)
{
    for (; *text != 0; text++, left += (int64_t)PITCH * scale) {
        const uint8_t *columns = glyph(*text);
        for (unsigned x = 0; columns != NULL && x < GLYPH_WIDTH * scale; x++)
            for (unsigned y = 0; y < GLYPH_HEIGHT * scale; y++)
                if ((columns[x / scale] >> (y / scale) & 1) != 0) {
                    blend(m, left + x + 1, top + y + 1, 0, share);
                    blend(m, left + x, top + y, 255, share);
                }
    }
}

static int64_t width_of(const char *text, unsigned scale)
{
    return (int64_t)strlen(text) * PITCH * scale;
}

void gw_image_mark_show(struct gw_image *m, const char *who, const char *when)
{
    int64_t longest = GW_MAX(width_of(who, 1), width_of(when, 1));
    unsigned scale = (unsigned)GW_MAX(m->width / GW_MAX(longest + PITCH, (int64_t)1), (int64_t)1);
    /* A band at the foot, in full; and faintly all over, for whoever cuts the band off. */
    int64_t line = (int64_t)(GLYPH_HEIGHT + 3) * scale, band = 2 * line + 2 * scale, top = (int64_t)m->height - band;
    for (int64_t y = GW_MAX(top, (int64_t)0); y < m->height; y++)
        for (int64_t x = 0; x < m->width; x++)
            blend(m, x, y, 0, 0.6f);
    draw(m, who, 3 * (int64_t)scale, top + 2 * (int64_t)scale, scale, 0.9f);
    draw(m, when, 3 * (int64_t)scale, top + 2 * (int64_t)scale + line, scale, 0.9f);
    unsigned small = GW_MAX(scale / 2, 1u);
    int64_t step_y = (int64_t)GLYPH_HEIGHT * small * 6, row = 0;
    for (int64_t y = step_y / 2; y < top; y += step_y, row++)
        for (int64_t x = -(row * 37 % 5) * PITCH * small; x < m->width; x += width_of(who, small) + (int64_t)PITCH * small * 3)
            draw(m, who, x, y, small, 0.16f);
}
