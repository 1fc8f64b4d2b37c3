/* notice.c - what travelers are told at a place, out of the rule pack in force. */
#include "service/internal.h"

#include "base/log.h"

#include <stdio.h>

enum { VERSION_BYTES = 8 };

void gw_notice_version(char out[GW_NOTICE_VERSION_TEXT], struct gw_span text)
{
    const struct gw_hash h = gw_sha256(text);
    for (size_t i = 0; i < VERSION_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", h.bytes[i]);
}

/* Everything is copied: the packs may be swapped while it is read. */
static bool copy_languages(struct gw_service_notice *out, struct gw_arena *a, const struct gw_pack *p, struct gw_err *err)
{
    const char *const *codes;
    out->n_languages = gw_pack_languages(p, &codes);
    out->languages = gw_arena_array(a, out->n_languages, const char *, err);
    if (out->languages == NULL)
        return false;
    for (size_t i = 0; i < out->n_languages; i++)
        if ((out->languages[i] = gw_arena_text(a, gw_span_str(codes[i]), err)) == NULL)
            return false;
    return true;
}

static bool read_place(struct gw_pack_place *out, const struct gw_caller *who, const struct gw_notice_ask *ask, struct gw_err *err)
{
    char site[GW_SCOPE_TEXT];
    const struct gw_span said = ask->site.size > 0 || who == NULL ? ask->site : gw_span_str(who->site);
    *out = (struct gw_pack_place){ .has_mode = ask->has_mode, .mode = ask->mode, .has_direction = ask->has_direction,
        .direction = ask->direction };
    if (!gw_code(site, 2, sizeof site - 1, said))
        return gw_fail(err, GW_ERR_USAGE, "site takes the code of the place the notice is for, as JFK");
    static_assert(sizeof out->site >= sizeof site);
    snprintf(out->site, sizeof out->site, "%s", site);
    return true;
}

bool gw_service_notice(struct gw_service_notice *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_notice_ask *ask, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_pack_place place;
    const char *language = NULL;
    *out = (struct gw_service_notice){};
    if (!read_place(&place, who, ask, err))
        return false;
    if (!gw_law_today(&law, s))
        return gw_fail(err, GW_ERR_NOT_FOUND, "no rule pack is in force today: nobody is photographed here, so there is no notice");
    place.day = law.place.day;
    if (ask->language.size > 0 && (language = gw_arena_text(a, ask->language, err)) == NULL)
        return false;
    if (!gw_pack_notice(&out->notice, a, law.pack, &place, language, err) || !copy_languages(out, a, law.pack, err))
        return false;
    gw_notice_print(&text, &out->notice);
    gw_notice_version(out->version, gw_buf_span(&text));
    out->effective_from = gw_pack_from(law.pack);
    out->effective_until = gw_pack_until(law.pack);
    return (out->text = gw_arena_text(a, gw_buf_span(&text), err)) != NULL &&
           (out->site = gw_arena_text(a, gw_span_str(place.site), err)) != NULL &&
           (out->pack = gw_arena_text(a, gw_span_str(gw_pack_name(law.pack)), err)) != NULL &&
           (out->authority = gw_arena_text(a, gw_span_str(gw_pack_authority(law.pack)), err)) != NULL;
}
