/* wire.h - what parent, forker and child say to each other. Inside decoder/ only.
 *
 * All are messages of fixed size on SOCK_SEQPACKET pairs, so one read is one whole
 * message. What a child says is believed by nobody: decoder.c checks every number. */
#pragma once
#include "decoder/decoder.h"

#include <sys/types.h>

/* One child's shared memory: encoded bytes from 0, then from pixels_at an arena whose
 * first block is the picture. Made before the forker, so that all have the same address. */
struct gw_decoder_slot_memory {
    uint8_t *base;
    size_t size, pixels_at;
};

/* parent -> forker */
struct gw_decoder_spawn {
    uint32_t slot;
};
/* forker -> parent, with two file descriptors: the child's socket, its pidfd */
struct gw_decoder_spawned {
    int32_t error; /* errno, 0 when there is a child */
    pid_t pid;
};

/* child -> parent, once confined */
struct gw_decoder_hello {
    uint32_t ok;
    int32_t landlock_abi;
    char text[256]; /* why not */
};

/* parent -> child */
enum { GW_DECODER_DECODE = 1, GW_DECODER_WIPE };
struct gw_decoder_ask {
    uint32_t what;
    uint32_t want_side;
    uint64_t n_bytes;
    struct gw_image_limits limits;
};
/* child -> parent, to DECODE; WIPE is not answered */
struct gw_decoder_answer {
    uint32_t ok, code;
    uint64_t at; /* of an error, UINT64_MAX for none; else the pixels' offset in the shared memory */
    uint32_t width, height, scale;
    uint64_t stride;
    char text[256];
};

/* The process that forks children: does not return. */
_Noreturn void gw_decoder_forker(int socket, const struct gw_decoder_slot_memory *slots, unsigned n,
    const struct gw_decoder_options *options);

#ifdef GW_DECODER_HOOK
/* Tests build decoder/ with this: what the child does with certain bytes instead of decoding;
 * false where they are to be decoded. */
bool gw_decoder_hook(struct gw_decoder_answer *answer, struct gw_span bytes);
pid_t gw_decoder_child_pid(struct gw_decoder *d, unsigned child);
pid_t gw_decoder_forker_pid(struct gw_decoder *d);
#endif
