/* folder.h - a folder of a test's own, gone with all that is in it afterwards. */
#pragma once
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEST_FOLDER = 64 };

static inline void test_folder_make(char path[TEST_FOLDER])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(path, TEST_FOLDER, "%.40s/gangway-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(path) == NULL)
        abort();
}

static inline int test_folder_remove_(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void test_folder_drop(const char *path)
{
    nftw(path, test_folder_remove_, 16, FTW_DEPTH | FTW_PHYS);
}
