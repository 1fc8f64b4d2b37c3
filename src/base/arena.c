/* arena.c - a bump allocator over a list of blocks. */
#include "base/arena.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, ALIGN = alignof(max_align_t) };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) uint8_t bytes[];
};

struct gw_arena {
    struct block *blocks; /* newest first; empty when fixed */
    uint8_t *fixed;       /* the caller's memory, or NULL */
    size_t cap, used;
};

void gw_arena_keep_pages(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 4 * LARGEST_BLOCK);
    mallopt(M_TRIM_THRESHOLD, 16 * LARGEST_BLOCK);
    mallopt(M_TOP_PAD, LARGEST_BLOCK);
#endif
}

struct gw_arena *gw_arena_new(size_t cap_bytes)
{
    struct gw_arena *a = gw_alloc(sizeof *a);
    a->cap = cap_bytes;
    return a;
}

struct gw_arena *gw_arena_new_in(void *memory, size_t size)
{
    assert(memory != NULL && (uintptr_t)memory % ALIGN == 0);
    struct gw_arena *a = gw_arena_new(size);
    a->fixed = memory;
    return a;
}

void gw_arena_reset(struct gw_arena *a)
{
    if (a->fixed != NULL)
        explicit_bzero(a->fixed, a->used);
    while (a->blocks != NULL) {
        struct block *b = a->blocks;
        a->blocks = b->next;
        explicit_bzero(b->bytes, b->used);
        free(b);
    }
    a->used = 0;
}

void gw_arena_free(struct gw_arena *a)
{
    if (a == NULL)
        return;
    gw_arena_reset(a);
    gw_free(a);
}

void *gw_arena_alloc(struct gw_arena *a, size_t n, size_t size, struct gw_err *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > a->cap - a->used)
        return gw_fail_null(err, GW_ERR_LIMIT, "the input needs more than the %zu bytes of working memory allowed",
            a->cap);
    bytes = (GW_MAX(bytes, (size_t)1) + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes > a->cap - a->used)
        return gw_fail_null(err, GW_ERR_LIMIT, "the input needs more than the %zu bytes of working memory allowed",
            a->cap);
    if (a->fixed != NULL) {
        a->used += bytes;
        return a->fixed + a->used - bytes;
    }
    struct block *b = a->blocks;
    if (b == NULL || bytes > b->size - b->used) {
        size_t want = b == NULL ? FIRST_BLOCK : GW_MIN(b->size * 2, (size_t)LARGEST_BLOCK);
        size_t room = GW_MAX(want, bytes);
        b = gw_alloc(sizeof *b + room);
        b->size = room;
        b->next = a->blocks;
        a->blocks = b;
    }
    void *p = b->bytes + b->used;
    b->used += bytes;
    a->used += bytes;
    return p;
}

void *gw_arena_grow(struct gw_arena *a, void *items, size_t *capacity, size_t need, size_t size, struct gw_err *err)
{
    if (need <= *capacity)
        return items;
    size_t more = GW_MAX(need, *capacity < 4 ? (size_t)8 : *capacity * 2);
    void *p = gw_arena_alloc(a, more, size, err);
    if (p == NULL)
        return NULL;
    if (items != NULL)
        memcpy(p, items, *capacity * size);
    *capacity = more;
    return p;
}

char *gw_arena_text(struct gw_arena *a, struct gw_span s, struct gw_err *err)
{
    if (s.size == SIZE_MAX)
        return gw_fail_null(err, GW_ERR_LIMIT, "text too long");
    char *p = gw_arena_alloc(a, s.size + 1, 1, err);
    if (p != NULL && s.size > 0)
        memcpy(p, s.data, s.size);
    return p;
}

size_t gw_arena_used(const struct gw_arena *a)
{
    return a->used;
}
