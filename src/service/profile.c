/* profile.c - what was agreed on with an authority: its status codes and separators. */
#include "service/internal.h"

#include "base/place.h"

#include <stdio.h>

enum { PROFILE_BYTES_MAX = 1 << 20 };

bool gw_service_profile(struct gw_status_profile *out, struct gw_arena *a, const char *name, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    if (strchr(name, '/') != NULL) {
        gw_buf_add_text(&path, name);
    } else {
        char in_source[80], in_prefix[100];
        snprintf(in_source, sizeof in_source, "profiles/%.60s.json", name);
        snprintf(in_prefix, sizeof in_prefix, "share/gangway/%s", in_source);
        if (!gw_place_find(&path, in_source, in_prefix))
            return gw_fail(err, GW_ERR_NOT_FOUND, "no profile is called \"%.60s\"; a path with a / names a file", name);
    }
    return gw_buf_read_file(&text, gw_buf_text(&path), PROFILE_BYTES_MAX, err) &&
           gw_status_profile_parse(out, a, gw_buf_span(&text), err);
}
