/* pages.h - the gate, the console and the notice: files made from web/ and built into
 * the program (tools/build-pages), given out as they are.
 *
 * Threads: constant. */
#pragma once
#include "http/exchange.h"

/* One file, in three encodings; the bytes live as long as the program. */
struct gw_page {
    const char *path;   /* "/gate", "/assets/gate-B2c4.js" */
    const char *type;   /* media type */
    const char *etag;   /* of the content: quoted, weak, the same for all encodings */
    bool named_by_content; /* may be kept for ever */
    struct gw_span plain, gzip, brotli; /* gzip, brotli: empty where they would not be smaller */
};
extern const struct gw_page gw_pages[];
extern const size_t gw_n_pages;

/* Answers a GET or HEAD of one of them (304 when the browser has it); false: none has this path. Needs no token:
 * there is nothing in them that is not in the source. */
bool gw_page_answer(struct gw_request *r);
