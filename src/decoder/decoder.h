/* decoder.h - image/ behind a wall: pictures from outside are decoded by child
 * processes that can do nothing else.
 *
 * Codec libraries are the widest door for hostile bytes. So `serve` opens the
 * decoder first, before it has keys, a database or threads, and from then on every
 * picture is decoded in a child that has no files, no network, no other system call
 * than memory and its own socket, a cap on memory, and nothing of ours in its memory
 * but the pictures it is given (jail.h; the environment is wiped, what the caller has
 * read into its own memory before opening is not). Encoded bytes go there and pixels come back
 * through shared memory, without a copy for who borrows.
 *
 * Who makes the children: gw_decoder_open forks a small process that never sees a
 * picture and does nothing but fork children, at the start and whenever one is lost.
 * It is single-threaded and was made before there were secrets, so its children are
 * clean copies, which a fork of the later, many-threaded service would not be. (exec
 * of our own file would do as well and would give each child fresh addresses; it
 * needs the file and /proc where the service runs, and costs more. See
 * docs/decisions/0009-decoder-process.md.)
 *
 * A child that dies, or does not answer in time and is ended, costs its own picture
 * (GW_ERR_INVALID) and nobody else's; a fresh one takes its place. Children end by
 * themselves when the service goes, however it goes.
 *
 * Threads: any number may borrow, return and decode at the same time; open before
 * other threads exist, close when none uses it. */
#pragma once
#include "image/image.h"

struct gw_decoder; /* opaque */

struct gw_decoder_options {
    unsigned n_children;         /* pictures at the same time: one for each worker */
    size_t most_bytes;           /* largest encoded picture */
    uint64_t most_pixels;        /* largest picture; both are address space, memory only once used */
    size_t memory_bytes;         /* a child's own memory on top, for the codec libraries */
    unsigned pictures_per_child; /* then a fresh one, should one have been turned unnoticed; 0: never */
};
#define GW_DECODER_OPTIONS_DEFAULT                                                                \
    ((struct gw_decoder_options){ .n_children = 2, .most_bytes = 8 << 20, .most_pixels = 40'000'000, \
        .memory_bytes = 512 << 20, .pictures_per_child = 1000 })

/* Starts and confines all children. GW_ERR_UNAVAILABLE when the kernel gives no
 * process, shared memory or seccomp filter: without a wall nothing is decoded. */
[[nodiscard]] struct gw_decoder *gw_decoder_open(const struct gw_decoder_options *options, struct gw_err *err);
void gw_decoder_close(struct gw_decoder *d); /* ends the children, wipes; NULL is fine */
GW_AUTO_FREE(gw_decoder, gw_decoder_close)

/* What confines the children, for doctor and the log: "seccomp, Landlock ABI 7", or
 * what the kernel lacks. Borrowed from the decoder. */
const char *gw_decoder_walls(const struct gw_decoder *d);
/* False once the process that makes children is gone (readyz says so): the service must be restarted. */
bool gw_decoder_ready(struct gw_decoder *d);

/* A picture still in the child's shared memory. The child is yours until you return
 * it, so return it as soon as the pixels have been used. */
struct gw_decoder_picture {
    struct gw_image image; /* read it only; a child gone bad could change it under you, but never its size */
    unsigned scale;        /* how much smaller than encoded: 1, 2, 4, 8 */
    struct gw_decoder *decoder;
    unsigned child;
};

/* gw_image_decode, elsewhere. Waits for a child when all are taken. Errors are those
 * of gw_image_decode and
 *   GW_ERR_INVALID      the picture made its child die, or it did not answer within twice
 *                       limits->most_us and a second (a minute where that is 0)
 *   GW_ERR_LIMIT        also: above the most_bytes or most_pixels of the options
 *   GW_ERR_UNAVAILABLE  no child, and none can be made
 * On failure nothing is borrowed. */
[[nodiscard]] bool gw_decoder_borrow(struct gw_decoder_picture *out, struct gw_decoder *d, struct gw_span bytes,
    const struct gw_image_limits *limits, uint32_t want_side, struct gw_err *err);
/* The pixels are wiped, by the child, while the caller goes on; the encoded bytes were once it had
 * answered. A zeroed picture is fine. */
void gw_decoder_return(struct gw_decoder_picture *p);
GW_AUTO_DONE(gw_decoder_picture, gw_decoder_return)

/* The same with the pixels copied into an arena and the child returned. scale may be NULL. */
[[nodiscard]] bool gw_decoder_decode(struct gw_image *out, struct gw_arena *a, struct gw_decoder *d,
    struct gw_span bytes, const struct gw_image_limits *limits, uint32_t want_side, unsigned *scale,
    struct gw_err *err);
