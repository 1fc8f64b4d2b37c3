/* arena.h - memory that lives as long as one request, with a cap.
 *
 * Parse results live in the caller's arena and have no free function of their
 * own. Running into the cap is GW_ERR_LIMIT, an error of the input, and the only
 * way an allocation sized by input can fail. Everything is wiped when the arena
 * goes: requests carry pictures and names.
 *
 * Threads: an arena belongs to one thread at a time. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

struct gw_arena; /* opaque */

/* Once, at the start of a program: memory that was let go stays with the process, up to
 * 16 MiB for each of the allocator's own regions. A request of some hundred KiB otherwise
 * has the kernel clear the same pages again each time, a fifth of what a manifest costs. */
void gw_arena_keep_pages(void);

[[nodiscard]] struct gw_arena *gw_arena_new(size_t cap_bytes);
/* One in memory of the caller, all zeros, which it fills from the start and never
 * leaves; the memory must outlive it. For results that another process reads. */
[[nodiscard]] struct gw_arena *gw_arena_new_in(void *memory, size_t size);
void gw_arena_free(struct gw_arena *a); /* wipes; NULL is fine */
GW_AUTO_FREE(gw_arena, gw_arena_free)

/* n objects of the given size, zeroed, aligned for any type; NULL with
 * GW_ERR_LIMIT when that would pass the cap (n * size is checked for overflow). */
[[nodiscard]] void *gw_arena_alloc(struct gw_arena *a, size_t n, size_t size, struct gw_err *err);
#define gw_arena_array(arena, n, type, err) ((type *)gw_arena_alloc((arena), (n), sizeof(type), (err)))
#define gw_arena_one(arena, type, err) gw_arena_array((arena), 1, type, (err))

/* Grows an array in the arena to hold at least `need` items, doubling; *capacity is
 * updated. The old place stays valid until the arena goes. */
[[nodiscard]] void *gw_arena_grow(struct gw_arena *a, void *items, size_t *capacity, size_t need, size_t size,
    struct gw_err *err);

/* A copy with a zero behind it. */
[[nodiscard]] char *gw_arena_text(struct gw_arena *a, struct gw_span s, struct gw_err *err);

size_t gw_arena_used(const struct gw_arena *a); /* bytes handed out, padding included */
void gw_arena_reset(struct gw_arena *a);        /* wipes and forgets everything; the cap stays */
