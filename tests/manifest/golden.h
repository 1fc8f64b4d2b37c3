/* golden.h - a folder where each NAME.edi has what is to be read of it in NAME.want:
 * adding a file adds a test. NAME.fail.edi is not to be read; its .want has the error.
 * GANGWAY_TEST_WRITE=1 writes the .want of what is read now, to be looked at. */
#pragma once
#include "base/buf.h"
#include "tests/check.h"

#include <dirent.h>

struct golden {
    char path[512]; /* without its ending */
    const char *suffix; /* ".edi" */
};
enum { GOLDEN_MAX = 256 };
static struct golden goldens[GOLDEN_MAX];

/* Appends what is to be in the .want. */
typedef void golden_fn(struct gw_buf *out, struct gw_span text);
static golden_fn *golden_read;

static inline void golden_test(void **state)
{
    const struct golden *g = *state;
    char path[1024];
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) in = {};
    GW_AUTO_VALUE(gw_buf) got = {};
    GW_AUTO_VALUE(gw_buf) want = {};
    snprintf(path, sizeof path, "%s%s", g->path, g->suffix);
    CHECK_OK(gw_buf_read_file(&in, path, 16 << 20, &err));
    /* A copy of exactly this size, so that reading past the end is seen. */
    uint8_t *exact = malloc(in.size == 0 ? 1 : in.size);
    memcpy(exact, in.size == 0 ? (const void *)"" : in.data, in.size);
    golden_read(&got, gw_span_of(exact, in.size));
    free(exact);
    snprintf(path, sizeof path, "%s.want", g->path);
    if (getenv("GANGWAY_TEST_WRITE") != NULL)
        CHECK_OK(gw_buf_write_file(gw_buf_span(&got), path, 0644, &err));
    CHECK_OK(gw_buf_read_file(&want, path, 16 << 20, &err));
    CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
}

static inline int golden_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static inline void golden_add(const char *group, const char *folder, const char *suffix, golden_fn *read)
{
    char path[1024];
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/%s", source == NULL ? "." : source, folder);
    struct dirent **names;
    int n = scandir(path, &names, NULL, golden_by_name);
    golden_read = read;
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        size_t size = strlen(name), tail = strlen(suffix);
        if (size > tail && strcmp(name + size - tail, suffix) == 0) {
            if (count == GOLDEN_MAX)
                abort();
            struct golden *g = &goldens[count++];
            char label[256];
            g->suffix = suffix;
            snprintf(label, sizeof label, "%.*s", (int)GW_MIN(size - tail, sizeof label - 1), name);
            snprintf(g->path, sizeof g->path, "%.255s/%s", path, label);
            check_add_(group, label, golden_test, g);
        }
        free(names[i]);
    }
    free(names);
    if (count == 0)
        abort(); /* a folder of no files proves nothing */
}
