/* packs.c - rule packs and their keys as files. */
#include "packs/packs.h"

#include "base/place.h"
#include "document/state.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_BYTES_MAX = 1 << 16 };

static bool ends_in(const struct dirent *d, const char *suffix)
{
    size_t n = strlen(d->d_name), m = strlen(suffix);
    return d->d_name[0] != '.' && n > m && strcmp(d->d_name + n - m, suffix) == 0;
}

static int is_public(const struct dirent *d)
{
    return ends_in(d, ".pub");
}

static int is_pack(const struct dirent *d)
{
    return ends_in(d, ".json");
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
    bool fine = true, shipped = folder == NULL || folder[0] == 0;
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

/* ---- a set of them -------------------------------------------------------- */

struct gw_packs {
    unsigned references; /* atomic */
    struct gw_arena *arena;
    const struct gw_pack *packs[GW_PACKS_MAX];
    size_t n;
};

struct gw_packs *gw_packs_ref(struct gw_packs *p)
{
    __atomic_fetch_add(&p->references, 1, __ATOMIC_RELAXED);
    return p;
}

void gw_packs_unref(struct gw_packs *p)
{
    if (p == NULL || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    gw_arena_free(p->arena);
    gw_free(p);
}

size_t gw_packs_all(const struct gw_packs *p, const struct gw_pack *const **out)
{
    *out = p->packs;
    return p->n;
}

struct gw_packs *gw_packs_open(const char *folder, const struct gw_pack_keys *keys, bool draft, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) found = {};
    struct dirent **names;
    if (folder == NULL || folder[0] == 0) {
        if (!gw_place_find(&found, "packs", "share/gangway/packs"))
            return gw_fail_null(err, GW_ERR_NOT_FOUND, "no rule packs came with this program; packs.path says where they are");
        folder = gw_buf_text(&found);
    }
    int n = scandir(folder, &names, is_pack, alphasort);
    if (n < 0)
        return gw_fail_null(err, GW_ERR_NOT_FOUND, "packs.path %s: %s: set it to the folder with the rule packs, or leave it out for those "
            "that came with this program", folder, strerror(errno));
    GW_AUTO(gw_packs) *p = gw_alloc(sizeof *p);
    p->references = 1;
    p->arena = gw_arena_new((size_t)GW_PACKS_MAX * GW_PACK_ARENA_BYTES);
    bool fine = n <= GW_PACKS_MAX || gw_fail(err, GW_ERR_LIMIT, "%s: more than %d packs", folder, GW_PACKS_MAX);
    for (int i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) path = {};
        gw_buf_addf(&path, "%s/%s", folder, names[i]->d_name);
        fine = fine && gw_packs_read(&p->packs[p->n], NULL, p->arena, gw_buf_text(&path), keys, draft, err);
        p->n += fine;
        free(names[i]);
    }
    free(names);
    return fine && gw_pack_check_set(p->packs, p->n, err) ? gw_take(p) : NULL;
}
