/* replay.c - runs a fuzz target over files and folders with any compiler, and over
 * each file cut short and with bytes changed: `make test` sees old finds again. */
#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_BYTES_MAX = 16 << 20, CHANGES = 64 };

static unsigned n_files, n_inputs;

static void run(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that reading past the end is seen. */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    n_inputs++;
}

static void replay_file(const char *path)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&file, path, FILE_BYTES_MAX, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    n_files++;
    run(file.data, file.size);
    /* The same changes on every machine. */
    uint32_t state = 1;
    for (unsigned i = 0; i < CHANGES && file.size > 0; i++) {
        state = state * 1664525u + 1013904223u;
        size_t at = (size_t)((uint64_t)state * file.size >> 32);
        run(file.data, at);
        uint8_t was = file.data[at];
        file.data[at] = (uint8_t)(was ^ 1u << (i & 7));
        run(file.data, file.size);
        file.data[at] = was;
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct dirent **names;
        int n = scandir(argv[i], &names, NULL, by_name);
        if (n < 0 && errno == ENOTDIR) {
            replay_file(argv[i]);
            continue;
        }
        if (n < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
            return 1;
        }
        for (int k = 0; k < n; k++) {
            if (names[k]->d_name[0] != '.') {
                GW_AUTO_VALUE(gw_buf) path = {};
                gw_buf_addf(&path, "%s/%s", argv[i], names[k]->d_name);
                replay_file(gw_buf_text(&path));
            }
            free(names[k]);
        }
        free(names);
    }
    printf("%u files, %u inputs\n", n_files, n_inputs);
    return n_files > 0 ? 0 : 1;
}
