/* near.c - Levenshtein distance over short names. */
#include "base/near.h"

#include <string.h>

enum { LONGEST = 64 };

static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t above = row[j];
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = GW_MIN(change, GW_MIN(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[nb];
}

const char *gw_near(const char *name, const char *const *names, size_t n)
{
    size_t length = strlen(name);
    const char *best = NULL;
    size_t best_distance = length / 3 + 1;
    for (size_t i = 0; i < n && length <= LONGEST; i++) {
        size_t other = strlen(names[i]);
        if (other > LONGEST)
            continue;
        size_t d = distance(name, length, names[i], other);
        if (d < best_distance || (d == best_distance && best == NULL)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
