/* inside.h - what a gallery is made of. Private to gallery/.
 *
 * One block of memory: this struct, then the arrays, each at a multiple of 64.
 * Rows are sorted by person and keep the order given within one person, so that
 *  1. equal scores go to the smaller row, which is the smaller id,
 *  2. a person's portraits are the rows first[p] to first[p + 1] - 1,
 *  3. the file form is the rows in order and nothing else.
 * Behind the last row stand rows of zeros up to a whole tile, with bounds that
 * reach no floor. */
#pragma once
#include "gallery/gallery.h"
#include "gallery/kernel.h"

#include <stdatomic.h>

struct gw_gallery {
    atomic_size_t refs;
    size_t bytes; /* of the block */
    size_t n_rows, n_persons;
    unsigned dim;
    float longest;           /* at least the length of every row */
    size_t stride;           /* dim up to a multiple of GW_KERNEL_STEP: bytes of a row in small, components in whole */
    const int8_t *small;     /* rows rounded to 8 bits: scanned */
    const int16_t *whole;    /* rows as given: decide */
    const float *scales;     /* what one unit of small is in units of whole */
    const float *errors;     /* at least the length of whole - scale * small */
    const int32_t *sums;     /* of small's components */
    const uint32_t *persons; /* of a row */
    const uint32_t *first;   /* rows of person p: first[p] on; first[n_persons] is n_rows */
    const struct gw_id *ids; /* of a person, ascending */
};

struct gw_row { /* where a gallery's next row comes from */
    struct gw_id person;
    const int16_t *v; /* dim of them, at any even address */
    size_t order;
};
/* Sorts the rows by person and order, and copies them. `seen`, if not NULL, is called
 * with each row on its way. GW_ERR_LIMIT without memory; GW_ERR_INVALID for a length
 * that is wrong, and err->at is that row's order. */
struct gw_gallery *gw_gallery_build(struct gw_row *rows, size_t n, unsigned dim,
    void (*seen)(void *, const int16_t *), void *whom, struct gw_err *err);

/* The row of a person, or false. */
bool gw_gallery_find(const struct gw_gallery *g, struct gw_id person, size_t *p);
/* Of a template's length: between the least and the most there may be. */
bool gw_square_check(uint64_t square);
