/* id.h - 128-bit ids for voyages, travelers, verifications and everything else.
 *
 * Made as UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then
 * random bits, so that they sort by the time they were made. They carry no fact
 * about a person and may stand in logs, URLs and receipts. In text: 26 characters
 * of Crockford's base32, lower case. */
#pragma once
#include "base/span.h"

enum { GW_ID_TEXT = 27 }; /* bytes with the zero */

struct gw_id {
    uint8_t bytes[16];
};

struct gw_id gw_id_new(int64_t now_us);
void gw_id_format(char out[GW_ID_TEXT], struct gw_id id);
[[nodiscard]] bool gw_id_parse(struct gw_id *out, struct gw_span text); /* exactly 26 characters */
/* The usual text of a UUID (RFC 9562 section 4), which others' systems give their requests; lower case when written,
 * either case when read. */
enum { GW_UUID_TEXT = 37 };
void gw_uuid_format(char out[GW_UUID_TEXT], struct gw_id id);
[[nodiscard]] bool gw_uuid_parse(struct gw_id *out, struct gw_span text);
static inline int gw_id_compare(struct gw_id a, struct gw_id b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}
static inline bool gw_id_equal(struct gw_id a, struct gw_id b)
{
    return gw_id_compare(a, b) == 0;
}
static inline bool gw_id_is_none(struct gw_id a)
{
    return gw_id_equal(a, (struct gw_id){});
}
