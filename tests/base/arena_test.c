/* arena_test.c - caps, alignment, and what happens at the limit and one past it. */
#include "base/arena.h"
#include "tests/check.h"

static void cap_is_exact(void **state)
{
    (void)state;
    struct gw_err err = {};
    for (size_t cap = 0; cap <= 512; cap += 16) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        size_t got = 0;
        while (gw_arena_alloc(a, 1, 16, &err) != NULL)
            got += 16;
        CHECK_INT(got, cap);
        CHECK_INT(err.code, GW_ERR_LIMIT);
    }
}

static void zeroed_and_aligned(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    for (size_t n = 1; n < 300; n++) {
        uint8_t *p = gw_arena_alloc(a, n, 1, NULL);
        CHECK(p != NULL);
        CHECK_INT((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            CHECK_INT(p[i], 0);
        memset(p, 0xAA, n);
    }
}

static void overflow_is_a_limit(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(SIZE_MAX);
    CHECK_FAILS(gw_arena_alloc(a, SIZE_MAX / 2, 3, &err), GW_ERR_LIMIT);
}

static void growing_keeps_items(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    int *items = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        items = gw_arena_grow(a, items, &capacity, (size_t)i + 1, sizeof *items, &err);
        CHECK(items != NULL);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        CHECK_INT(items[i], i);
}

static void reset_gives_everything_back(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(4096);
    CHECK(gw_arena_alloc(a, 4096, 1, NULL) != NULL);
    CHECK(gw_arena_alloc(a, 1, 1, NULL) == NULL);
    gw_arena_reset(a);
    CHECK_INT(gw_arena_used(a), 0);
    CHECK(gw_arena_alloc(a, 4096, 1, NULL) != NULL);
}

static void in_given_memory(void **state)
{
    (void)state;
    struct gw_err err = {};
    alignas(max_align_t) uint8_t memory[4096] = {};
    GW_AUTO(gw_arena) *a = gw_arena_new_in(memory, 2048);
    uint8_t *first = gw_arena_alloc(a, 1, 1, &err), *second = gw_arena_alloc(a, 2000, 1, &err);
    CHECK(first == memory && second > first && second + 2000 <= memory + 2048);
    memset(second, 0xAA, 2000);
    CHECK_FAILS(gw_arena_alloc(a, 100, 1, &err), GW_ERR_LIMIT);
    gw_arena_reset(a);
    for (size_t i = 0; i < sizeof memory; i++)
        CHECK_INT(memory[i], 0);
    CHECK(gw_arena_alloc(a, 2048, 1, &err) == memory);
    CHECK_FAILS(gw_arena_alloc(a, 1, 1, &err), GW_ERR_LIMIT);
}

int main(void)
{
    check_add("arena", "gives exactly its cap and then GW_ERR_LIMIT", cap_is_exact);
    check_add("arena", "memory is zeroed and aligned for any type", zeroed_and_aligned);
    check_add("arena", "n times size that overflows is a limit, not a small block", overflow_is_a_limit);
    check_add("arena", "growing keeps what was there", growing_keeps_items);
    check_add("arena", "reset gives everything back", reset_gives_everything_back);
    check_add("arena", "in given memory it fills from the start, never leaves, and wipes", in_given_memory);
    return check_done();
}
