/* check.h - cmocka with rows: every row of a table is a test of its own, named by
 * its label, a sentence that is true when it passes.
 *
 *     static void row_test(void **state) { const struct row *r = *state; CHECK_INT(r->want, f(r->text)); }
 *     int main(void) { check_rows("mrz", rows, row_test); return check_done(); }
 *
 * The label must be the row's first member. Output is TAP. */
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/span.h"

static struct CMUnitTest *check_tests_;
static size_t check_n_;

static inline void check_add_(const char *group, const char *label, CMUnitTestFunction f, const void *state)
{
    check_tests_ = reallocarray(check_tests_, check_n_ + 1, sizeof *check_tests_);
    char *name = NULL;
    if (asprintf(&name, "%s: %s", group, label) < 0)
        abort();
    for (char *c = name; *c != 0; c++)
        if (*c == '#') /* TAP's own sign */
            *c = '/';
    union {
        const void *in;
        void *out;
    } u = { .in = state };
    check_tests_[check_n_++] = (struct CMUnitTest){ name, f, NULL, NULL, u.out };
}
/* One test function without rows. */
#define check_add(group, label, f) check_add_((group), (label), (f), NULL)
#define check_rows(group, rows, f)                                                                \
    do {                                                                                          \
        for (size_t i_ = 0; i_ < GW_COUNT(rows); i_++)                                            \
            check_add_((group), *(const char *const *)(const void *)&(rows)[i_], (f), &(rows)[i_]); \
    } while (0)

/* cmocka 1.1.5 writes a skipped test as `not ok … # SKIP`, which TAP counts as failed
 * or not by the reader's taste: a child passes the lines on and writes `ok`. */
static inline pid_t check_filter_(void)
{
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        FILE *in = fdopen(ends[0], "r");
        char *line = NULL;
        size_t size = 0;
        while (in != NULL && getline(&line, &size, in) > 0) {
            bool skipped = strncmp(line, "not ok ", 7) == 0 && strstr(line, "# SKIP") != NULL;
            fputs(skipped ? line + 4 : line, stdout);
            fflush(stdout);
        }
        _exit(0);
    }
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static inline int check_done(void)
{
    pid_t filter = check_filter_();
    setvbuf(stdout, NULL, _IOLBF, 0);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests("gangway", check_tests_, check_n_, NULL, NULL);
    for (size_t i = 0; i < check_n_; i++)
        free((char *)(uintptr_t)check_tests_[i].name);
    free(check_tests_);
    fflush(stdout);
    close(STDOUT_FILENO);
    if (filter > 0)
        waitpid(filter, NULL, 0);
    return failed == 0 ? 0 : 1;
}

#define CHECK(condition) assert_true(condition)
#define CHECK_INT(got, want) assert_int_equal((got), (want))
#define CHECK_TEXT(got, want) assert_string_equal((got), (want))
#define CHECK_NEAR(got, want, most)                                                               \
    do {                                                                                          \
        double got_ = (got), want_ = (want), most_ = (most);                                      \
        if (!(fabs(got_ - want_) <= most_))                                                       \
            fail_msg("got %.9g, want %.9g within %.3g", got_, want_, most_);                      \
    } while (0)
/* A call that must succeed / fail with this code; `err` must be in scope. */
#define CHECK_OK(call)                                                                            \
    do {                                                                                          \
        if (!(call))                                                                              \
            fail_msg("%s: %s", #call, err.text);                                                  \
    } while (0)
#define CHECK_FAILS(call, want_code)                                                              \
    do {                                                                                          \
        err = (struct gw_err){};                                                                  \
        if (call)                                                                                 \
            fail_msg("%s did not fail", #call);                                                   \
        if (err.code != (want_code))                                                              \
            fail_msg("%s: failed with %s (%s), not %s", #call, gw_err_name(err.code), err.text,   \
                gw_err_name(want_code));                                                          \
    } while (0)
