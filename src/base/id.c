/* id.c - UUIDv7 made, written and read. */
#include "base/id.h"
#include "base/crypto.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct gw_id gw_id_new(int64_t now_us)
{
    struct gw_id id;
    gw_random(id.bytes, sizeof id.bytes);
    uint64_t ms = (uint64_t)(now_us / 1000);
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0F)); /* version 7 */
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F)); /* variant 10 */
    return id;
}

/* 128 bits as 26 digits of 5: the first digit holds only three bits. */
void gw_id_format(char out[GW_ID_TEXT], struct gw_id id)
{
    unsigned window = 0;
    int bits = 2; /* two leading zero bits make 130 = 26 * 5 */
    size_t n = 0;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        window = (window << 8 | id.bytes[i]) & 0xFFFF;
        for (bits += 8; bits >= 5; bits -= 5)
            out[n++] = alphabet[window >> (bits - 5) & 31];
    }
    out[n] = 0;
}

bool gw_id_parse(struct gw_id *out, struct gw_span s)
{
    if (s.size != GW_ID_TEXT - 1)
        return false;
    unsigned window = 0;
    int bits = -2;
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++) {
        const char *digit = s.data[i] == 0 ? NULL : strchr(alphabet, s.data[i]);
        if (digit == NULL || (i == 0 && digit - alphabet > 7))
            return false;
        window = (window << 5 | (unsigned)(digit - alphabet)) & 0xFFFF;
        bits += 5;
        if (bits >= 8) {
            out->bytes[n++] = (uint8_t)(window >> (bits - 8));
            bits -= 8;
        }
    }
    return n == sizeof out->bytes;
}

void gw_uuid_format(char out[GW_UUID_TEXT], struct gw_id id)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0, n = 0; i < sizeof id.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[n++] = '-';
        out[n++] = digits[id.bytes[i] >> 4];
        out[n++] = digits[id.bytes[i] & 15];
    }
    out[GW_UUID_TEXT - 1] = 0;
}

bool gw_uuid_parse(struct gw_id *out, struct gw_span s)
{
    char hex[2 * sizeof out->bytes];
    size_t n = 0;
    if (s.size != GW_UUID_TEXT - 1)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if ((s.data[i] == '-') != dash)
            return false;
        if (!dash)
            hex[n++] = (char)s.data[i];
    }
    return gw_hex_parse(out->bytes, sizeof out->bytes, gw_span_of(hex, n));
}
