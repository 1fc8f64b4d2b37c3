/* place.c - finds what came with the program, from where the program itself is. */
#include "base/place.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool try_path(struct gw_buf *out, const char *root, size_t root_size, const char *rest)
{
    char path[PATH_MAX];
    size_t n = strlen(rest);
    if (root_size + 1 + n + 1 > sizeof path)
        return false;
    memcpy(path, root, root_size);
    path[root_size] = '/';
    memcpy(path + root_size + 1, rest, n + 1);
    if (access(path, R_OK) != 0)
        return false;
    gw_buf_add_text(out, path);
    return true;
}

bool gw_place_find(struct gw_buf *out, const char *in_source, const char *in_prefix)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    size_t build = strlen(GW_BUILD_ROOT);
    if (in_source != NULL && strncmp(self, GW_BUILD_ROOT, build) == 0 && self[build] == '/' &&
        try_path(out, GW_SOURCE_ROOT, strlen(GW_SOURCE_ROOT), in_source))
        return true;
    if (in_prefix == NULL)
        return false;
    const char *name = strrchr(self, '/');
    if (name != NULL && name - self >= 4 && memcmp(name - 4, "/bin", 4) == 0 &&
        try_path(out, self, (size_t)(name - self) - 4, in_prefix))
        return true;
    return try_path(out, GW_PREFIX, strlen(GW_PREFIX), in_prefix);
}
