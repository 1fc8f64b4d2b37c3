/* recognize.h - what the commands that look at pictures share: the engine from the
 * settings, a picture from a file. */
#pragma once
#include "base/conf.h"
#include "cli/cli.h"
#include "face/face.h"
#include "image/image.h"

struct gw_recognizer {
    struct gw_faces *faces;
    struct gw_face_scratch *scratch;
    struct gw_arena *arena; /* of one picture: reset before the next is read */
    struct gw_image_limits limits;
};
[[nodiscard]] bool gw_recognizer_open(struct gw_recognizer *out, const struct gw_conf *conf, struct gw_err *err);
void gw_recognizer_close(struct gw_recognizer *r); /* a zeroed one is fine */

/* Reads a file ("-": standard input) and decodes it, here in this process: the
 * command line trusts its user's files no less than any viewer does. */
[[nodiscard]] bool gw_recognizer_read(struct gw_image *out, struct gw_recognizer *r, const char *path, struct gw_err *err);

/* What `face` and `compare` do around their looking: options, settings, the engine.
 * `look` gets the names of the pictures and gives the exit status. */
struct gw_recognizing {
    const struct gw_command *command;
    int least, most;   /* pictures; another number prints `wrong` and is a wrong usage */
    const char *wrong;
    int (*look)(struct gw_recognizer *r, int n, char **paths, bool pretty);
};
int gw_recognize(int argc, char **argv, const struct gw_recognizing *what);
