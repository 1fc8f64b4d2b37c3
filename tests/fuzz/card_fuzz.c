/* card_fuzz.c - model cards: whatever is in the file, it is read whole or refused with a
 * sentence; what was read is within its limits; reading twice gives the same. */
#include "face/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool true_one)
{
    if (!true_one)
        abort();
}

static void check_net(const struct gw_card_net *net)
{
    check(strlen(net->sha256) == 64 && strchr(net->file, '/') == NULL && net->file[0] != '.');
    check(net->input.width >= 8 && net->input.width <= GW_CARD_SIDE_MAX && net->input.height >= 8 &&
          net->input.height <= GW_CARD_SIDE_MAX);
    for (size_t i = 0; i < (net->input.channels == GW_CHANNELS_GREY ? 1 : 3); i++)
        check(net->input.divide[i] > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_err err = {}, err2 = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_card c, again;
    const bool ok = gw_card_parse(&c, a, gw_span_of(data, size), &err);
    check(gw_card_parse(&again, a, gw_span_of(data, size), &err2) == ok);
    if (!ok) {
        check(err.code != GW_OK && err.text[0] != 0 && strcmp(err.text, err2.text) == 0);
        return 0;
    }
    check(strcmp(c.identity, again.identity) == 0);
    check_net(&c.detector.net);
    check_net(&c.embedder.net);
    check(c.embedder.dim >= 16 && c.embedder.dim <= GW_EMBEDDING_MAX);
    check(c.detector.confidence > 0 && c.detector.n_strides <= GW_CARD_STRIDES_MAX);
    for (size_t i = 0; i < c.detector.n_strides; i++)
        check(c.detector.net.input.width % c.detector.strides[i] == 0 && c.detector.net.input.height % c.detector.strides[i] == 0);
    check(c.has_landmarks || c.detector.stride_points[0] != NULL);
    if (c.has_landmarks) {
        check_net(&c.landmarks.net);
        check(c.landmarks.n_jitter >= 1 && c.landmarks.n_jitter <= GW_CARD_JITTER_MAX);
    }
    if (c.has_liveness) {
        check_net(&c.liveness.net);
        check(c.liveness.n_classes <= GW_CARD_CLASSES_MAX);
    }
    check(c.n_points >= 1 && c.n_points <= GW_CARD_POINTS_MAX);
    for (size_t i = 1; i < c.n_points; i++)
        check(c.points[i].fmr < c.points[i - 1].fmr && c.points[i].score > c.points[i - 1].score);
    return 0;
}
