/* evaluate_index.c - labelled pictures: a folder of folders, or tables. */
#include "cli/evaluate.h"

#include "base/buf.h"
#include "cli/table.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 512 << 20, TABLE_BYTES = 256 << 20, PICTURES = 4'000'000 };

void gw_eval_init(struct gw_eval *e)
{
    *e = (struct gw_eval){ .mem = gw_arena_new(MEMORY) };
}

static void words_done(struct gw_eval_words *w)
{
    gw_free(w->text);
    gw_free(w->slots);
}

void gw_eval_done(struct gw_eval *e)
{
    words_done(&e->paths);
    words_done(&e->identities);
    for (size_t i = 0; i < GW_EVAL_LABELS; i++)
        words_done(&e->values[i]);
    gw_free(e->pictures);
    gw_free(e->pairs);
    gw_arena_free(e->mem);
    *e = (struct gw_eval){};
}

const char *gw_eval_label_name(enum gw_eval_label label)
{
    static const char *const names[GW_EVAL_LABELS] = {
        [GW_EVAL_SEX] = "sex", [GW_EVAL_ANCESTRY] = "ancestry", [GW_EVAL_BIRTH] = "birth_decade",
    };
    return names[label];
}

static size_t slot_of(const struct gw_eval_words *w, struct gw_span text)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.size; i++)
        h = (h ^ text.data[i]) * UINT64_C(1099511628211);
    size_t at = (size_t)(h ^ h >> 32) & (w->n_slots - 1);
    while (w->slots[at] != 0 && !gw_span_is(text, w->text[w->slots[at]]))
        at = (at + 1) & (w->n_slots - 1);
    return at;
}

/* The word's number, a new one if it is new; 0 when memory ends. */
static uint32_t number_of(struct gw_eval_words *w, struct gw_arena *mem, struct gw_span text, struct gw_err *err)
{
    if ((size_t)w->n + 2 > w->capacity) {
        w->capacity = GW_MAX(2 * w->capacity, (size_t)64);
        w->text = gw_realloc_array(w->text, w->capacity, sizeof w->text[0]);
        w->text[0] = NULL;
        gw_free(w->slots);
        w->n_slots = 4 * w->capacity; /* a power of two, at most a quarter full */
        w->slots = gw_alloc_array(w->n_slots, sizeof w->slots[0]);
        for (uint32_t i = 1; i <= w->n; i++)
            w->slots[slot_of(w, gw_span_str(w->text[i]))] = i;
    }
    const size_t at = slot_of(w, text);
    if (w->slots[at] != 0)
        return w->slots[at];
    const char *copy = gw_arena_text(mem, text, err);
    if (copy == NULL)
        return 0;
    w->text[++w->n] = copy;
    w->slots[at] = w->n;
    return w->n;
}

/* The picture at that path, which is made if it is new. Paths are made plain first, so
 * that a picture has one number by whatever way it is named. */
static struct gw_eval_picture *picture_at(struct gw_eval *e, const char *path, bool *is_new, struct gw_err *err)
{
    char plain[PATH_MAX];
    const char *key = realpath(path, plain) == NULL ? path : plain;
    const uint32_t n = number_of(&e->paths, e->mem, gw_span_str(key), err);
    if (n == 0)
        return NULL;
    *is_new = n > e->n_pictures;
    if (!*is_new)
        return &e->pictures[n - 1];
    if (n > PICTURES) {
        gw_fail(err, GW_ERR_LIMIT, "more than %d pictures", PICTURES);
        return NULL;
    }
    if (n > e->capacity) {
        e->capacity = GW_MAX(2 * e->capacity, (size_t)256);
        e->pictures = gw_realloc_array(e->pictures, e->capacity, sizeof e->pictures[0]);
    }
    e->pictures[n - 1] = (struct gw_eval_picture){ .path = e->paths.text[n] };
    e->n_pictures = n;
    return &e->pictures[n - 1];
}

static int not_hidden(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static bool read_identity(struct gw_eval *e, const char *folder, const char *name, struct gw_err *err)
{
    struct dirent **names;
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addf(&path, "%s/%s", folder, name);
    const int n = scandir(gw_buf_text(&path), &names, not_hidden, alphasort);
    if (n < 0)
        return errno == ENOTDIR || gw_fail(err, GW_ERR_IO, "%.200s: %s", gw_buf_text(&path), strerror(errno));
    bool ok = true;
    for (int i = 0; i < n && ok; i++) {
        bool is_new;
        GW_AUTO_VALUE(gw_buf) file = {};
        gw_buf_addf(&file, "%s/%s", gw_buf_text(&path), names[i]->d_name);
        struct gw_eval_picture *p = picture_at(e, gw_buf_text(&file), &is_new, err);
        const uint32_t identity = number_of(&e->identities, e->mem, gw_span_str(name), err);
        ok = p != NULL && identity != 0;
        if (ok) {
            p->identity = identity;
            p->counted = true;
        }
    }
    free_names(names, n);
    return ok;
}

bool gw_eval_read_folder(struct gw_eval *e, const char *path, struct gw_err *err)
{
    struct dirent **names;
    const int n = scandir(path, &names, not_hidden, alphasort);
    if (n < 0)
        return gw_fail(err, errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO, "%.200s: %s", path, strerror(errno));
    bool ok = true;
    for (int i = 0; i < n && ok; i++)
        ok = read_identity(e, path, names[i]->d_name, err);
    free_names(names, n);
    return ok && (e->n_pictures > 0 ||
                     gw_fail(err, GW_ERR_INVALID, "%.200s holds no folders with pictures: DIR/<identity>/<picture> is expected", path));
}

/* Paths in a table are relative to its folder. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static struct gw_eval_picture *picture_of(struct gw_eval *e, const struct gw_table *t, struct gw_span name, bool *is_new,
    struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    if (name.size == 0) {
        gw_fail(err, GW_ERR_INVALID, "%.200s: line %zu names no picture", t->path, t->row);
        return NULL;
    }
    if (name.data[0] != '/')
        gw_buf_add(&path, t->path, folder_length(t->path));
    gw_buf_add(&path, name.data, name.size);
    return picture_at(e, gw_buf_text(&path), is_new, err);
}

static bool group_of(struct gw_eval *e, struct gw_eval_picture *p, enum gw_eval_label label, struct gw_span value,
    struct gw_err *err)
{
    if (value.size == 0)
        return true;
    char decade[6] = "";
    if (label == GW_EVAL_BIRTH) {
        uint64_t year;
        if (!gw_span_uint(gw_span_slice(value, 0, 4), 9999, &year))
            return true; /* unknown: "XXXX" */
        memcpy(decade, value.data, 3);
        memcpy(decade + 3, "0s", 3);
        value = gw_span_str(decade);
    }
    p->group[label] = number_of(&e->values[label], e->mem, value, err);
    return p->group[label] != 0;
}

static bool read_index(struct gw_eval *e, struct gw_table *t, const char *set, struct gw_err *err)
{
    const size_t at_path = gw_table_column(t, "path"), at_identity = gw_table_column(t, "identity"), at_set = gw_table_column(t, "set");
    const size_t at_role = gw_table_column(t, "role"), at_sex = gw_table_column(t, "sex"), at_ancestry = gw_table_column(t, "ancestry");
    const size_t at_birth = gw_table_column(t, "birth");
    if (at_path == GW_TABLE_ABSENT || at_identity == GW_TABLE_ABSENT)
        return gw_fail(err, GW_ERR_FORMAT, "%.200s: the first line must name the columns, path and identity among them", t->path);
    if (set != NULL && at_set == GW_TABLE_ABSENT)
        return gw_fail(err, GW_ERR_INVALID, "%.200s has no column set", t->path);

    bool ok = true;
    while (gw_table_next(t, &ok, err)) {
        const struct gw_span of_set = gw_table_field(t, at_set), role = gw_table_field(t, at_role);
        bool is_new;
        if (set != NULL && !gw_span_is(of_set, set))
            continue;
        struct gw_eval_picture *p = picture_of(e, t, gw_table_field(t, at_path), &is_new, err);
        if (p == NULL)
            return false;
        /* The same name in two sets is two persons. */
        GW_AUTO_VALUE(gw_buf) who = {};
        gw_buf_add(&who, of_set.data, of_set.size);
        gw_buf_add_text(&who, "/");
        gw_buf_add(&who, gw_table_field(t, at_identity).data, gw_table_field(t, at_identity).size);
        p->identity = number_of(&e->identities, e->mem, gw_buf_span(&who), err);
        p->counted = true;
        p->role = gw_span_is(role, "gallery") ? GW_EVAL_GALLERY : gw_span_is(role, "probe") ? GW_EVAL_PROBE : GW_EVAL_NO_ROLE;
        if (role.size > 0 && p->role == GW_EVAL_NO_ROLE)
            return gw_fail(err, GW_ERR_INVALID, "%.200s: line %zu: a role is gallery or probe", t->path, t->row);
        e->roles |= p->role != GW_EVAL_NO_ROLE;
        if (p->identity == 0 || !group_of(e, p, GW_EVAL_SEX, gw_table_field(t, at_sex), err) ||
            !group_of(e, p, GW_EVAL_ANCESTRY, gw_table_field(t, at_ancestry), err) ||
            !group_of(e, p, GW_EVAL_BIRTH, gw_table_field(t, at_birth), err))
            return false;
    }
    if (ok && e->n_pictures == 0)
        return gw_fail(err, GW_ERR_INVALID, set == NULL ? "%.200s names no picture" : "%.200s has no picture of the set %.60s", t->path, set);
    return ok;
}

bool gw_eval_read_index(struct gw_eval *e, const char *path, const char *set, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_table) t = {};
    return gw_table_open(&t, path, TABLE_BYTES, err) && read_index(e, &t, set, err);
}

static bool read_pairs(struct gw_eval *e, struct gw_table *t, struct gw_err *err)
{
    const size_t at_a = gw_table_column(t, "a"), at_b = gw_table_column(t, "b"), at_same = gw_table_column(t, "same"), at_fold = gw_table_column(t, "fold");
    if (at_a == GW_TABLE_ABSENT || at_b == GW_TABLE_ABSENT || at_same == GW_TABLE_ABSENT)
        return gw_fail(err, GW_ERR_FORMAT, "%.200s: the first line must name the columns a, b and same", t->path);
    bool ok = true;
    while (gw_table_next(t, &ok, err)) {
        bool is_new;
        const struct gw_span same = gw_table_field(t, at_same);
        uint64_t fold = 0;
        struct gw_eval_pair pair = { .same = gw_span_is(same, "1") || gw_span_is(same, "true") };
        if (!pair.same && !gw_span_is(same, "0") && !gw_span_is(same, "false"))
            return gw_fail(err, GW_ERR_INVALID, "%.200s: line %zu: same is 1 or 0", t->path, t->row);
        if (at_fold != GW_TABLE_ABSENT && !gw_span_uint(gw_table_field(t, at_fold), 10000, &fold))
            return gw_fail(err, GW_ERR_INVALID, "%.200s: line %zu: a fold is a number up to 10000", t->path, t->row);
        pair.fold = (unsigned)fold;
        const struct gw_eval_picture *a = picture_of(e, t, gw_table_field(t, at_a), &is_new, err);
        if (a == NULL)
            return false;
        pair.a = (uint32_t)(a - e->pictures);
        const struct gw_eval_picture *b = picture_of(e, t, gw_table_field(t, at_b), &is_new, err);
        if (b == NULL)
            return false;
        pair.b = (uint32_t)(b - e->pictures);
        if (e->n_pairs == e->pairs_capacity) {
            e->pairs_capacity = GW_MAX(2 * e->pairs_capacity, (size_t)1024);
            e->pairs = gw_realloc_array(e->pairs, e->pairs_capacity, sizeof e->pairs[0]);
        }
        e->pairs[e->n_pairs++] = pair;
    }
    return ok;
}

bool gw_eval_read_pairs(struct gw_eval *e, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_table) t = {};
    return gw_table_open(&t, path, TABLE_BYTES, err) && read_pairs(e, &t, err);
}
