/* packs.c - rule packs and their keys as files. */
#include "cli/packs.h"

#include "base/place.h"
#include "document/state.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_BYTES_MAX = 1 << 16 };

static int is_public(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return d->d_name[0] != '.' && n > 4 && strcmp(d->d_name + n - 4, ".pub") == 0;
}

static bool read_key(struct gw_pack_keys *out, const char *folder, const char *name, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_addf(&path, "%s/%s", folder, name);
    if (out->n == GW_PACK_KEYS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "%s: more than %d keys", folder, GW_PACK_KEYS_MAX);
    if (!gw_buf_read_file(&text, gw_buf_text(&path), KEY_BYTES_MAX, err))
        return false;
    if (!gw_pack_key_parse(&out->keys[out->n], gw_buf_span(&text), err))
        return gw_fail_prefix(err, "%s", gw_buf_text(&path));
    for (size_t i = 0; i < out->n; i++)
        if (strcmp(out->keys[i].name, out->keys[out->n].name) == 0)
            return gw_fail(err, GW_ERR_CONFLICT, "%s: two keys are called \"%s\"", folder, out->keys[i].name);
    out->n++;
    return true;
}

bool gw_packs_keys(struct gw_pack_keys *out, const char *folder, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) found = {};
    struct dirent **names;
    bool fine = true, shipped = folder == NULL;
    out->n = 0;
    if (shipped && !gw_place_find(&found, "packs/keys", "share/gangway/packs/keys"))
        return true;
    if (shipped)
        folder = gw_buf_text(&found);
    int n = scandir(folder, &names, is_public, alphasort);
    if (n < 0)
        return gw_fail(err, GW_ERR_NOT_FOUND, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        fine = fine && read_key(out, folder, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return fine;
}

bool gw_packs_path(struct gw_buf *out, const char *name, struct gw_err *err)
{
    if (strcmp(name, "-") == 0 || strchr(name, '/') != NULL || access(name, F_OK) == 0) {
        gw_buf_add_text(out, name);
        return true;
    }
    char in_source[80], in_prefix[100];
    snprintf(in_source, sizeof in_source, "packs/%.60s.json", name);
    snprintf(in_prefix, sizeof in_prefix, "share/gangway/%s", in_source);
    if (gw_place_find(out, in_source, in_prefix))
        return true;
    return gw_fail(err, GW_ERR_NOT_FOUND, "%.100s: no such file, and no pack of that name came with this program", name);
}

bool gw_packs_read(const struct gw_pack **out, struct gw_pack_report *report, struct gw_arena *a, const char *name,
    const struct gw_pack_keys *keys, bool draft, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_pack_options options = { .keys = keys->keys, .n_keys = keys->n, .unsigned_too = draft, .country = gw_state_country };
    if (report != NULL)
        *report = (struct gw_pack_report){};
    if (!gw_packs_path(&path, name, err) || !gw_buf_read_file(&text, gw_buf_text(&path), GW_PACK_BYTES_MAX, err))
        return false;
    if (!gw_pack_parse(out, report, a, gw_buf_span(&text), &options, err))
        return gw_fail_prefix(err, "%s", gw_buf_text(&path));
    return true;
}
