/* defs.h - what C forgot: counting, cleanup, printf checking.
 *
 * Ownership in this house: `new`/`open` hand you something, `free`/`close` take
 * it back and accept NULL. GW_AUTO lets go at the end of the scope:
 *
 *     GW_AUTO(gw_arena) *mem = gw_arena_new(GW_REQUEST_BYTES);
 *     ...
 *     return gw_take(mem);   // hands it on instead
 */
#pragma once
#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GW_COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* Each argument is evaluated once. */
#define GW_MIN(a, b) GW_PICK_1(a, b, <, __COUNTER__)
#define GW_MAX(a, b) GW_PICK_1(a, b, >, __COUNTER__)
#define GW_PICK_1(a, b, op, n) GW_PICK_2(a, b, op, n)
#define GW_PICK_2(a, b, op, n)                                                                    \
    ({                                                                                            \
        __typeof__(1 ? (a) : (b)) gw_a_##n = (a), gw_b_##n = (b);                                 \
        gw_a_##n op gw_b_##n ? gw_a_##n : gw_b_##n;                                               \
    })

/* Before a function of inner loops over pixels: compiled twice, for every x86-64 processor and for those with
 * AVX2, and chosen when the program is loaded. No FMA: both give the same bits. */
#if defined __x86_64__ && defined __OPTIMIZE__ && defined __GNUC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ && \
    !defined __SANITIZE_THREAD__
#define GW_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define GW_WIDE
#endif

#define GW_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* GW_AUTO_FREE(gw_x, gw_x_free) stands in the header of struct gw_x and makes
 * GW_AUTO(gw_x) *x = ... possible. */
#define GW_AUTO_FREE(type, free_function)                                                         \
    static inline void type##_auto_free(struct type **p)                                          \
    {                                                                                             \
        free_function(*p);                                                                        \
    }
#define GW_AUTO(type) __attribute__((cleanup(type##_auto_free))) struct type

/* For structs held by value: GW_AUTO_DONE in the header, GW_AUTO_VALUE in the scope. */
#define GW_AUTO_DONE(type, done_function)                                                         \
    static inline void type##_auto_done(struct type *p)                                           \
    {                                                                                             \
        done_function(p);                                                                         \
    }
#define GW_AUTO_VALUE(type) __attribute__((cleanup(type##_auto_done))) struct type

/* Gives up the pointer in a GW_AUTO variable: the variable becomes NULL. */
#define gw_take(variable)                                                                         \
    ({                                                                                            \
        __typeof__(variable) gw_taken_ = (variable);                                              \
        (variable) = NULL;                                                                        \
        gw_taken_;                                                                                \
    })

/* malloc and friends that abort when the machine has no memory left: sizes are
 * ours and small. Anything sized by input comes from a capped arena. */
[[nodiscard]] void *gw_alloc(size_t size); /* zeroed */
[[nodiscard]] void *gw_alloc_array(size_t n, size_t size);
[[nodiscard]] void *gw_realloc_array(void *p, size_t n, size_t size);
[[nodiscard]] char *gw_strdup(const char *s);
void gw_free(void *p);
/* What was freed goes back to the system, where the C library can: after a phase that took much and left little. */
void gw_alloc_trim(void);

static inline void gw_free_pointer(void *p)
{
    gw_free(*(void **)p);
}
/* GW_AUTO_MEM char *text = ...: plain memory let go at the end of the scope. */
#define GW_AUTO_MEM __attribute__((cleanup(gw_free_pointer)))
