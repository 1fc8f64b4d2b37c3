/* align.c - turns, scales and shifts a face so that eyes, nose and mouth stand where
 * the embedder learned them. */
#include "face/engine.h"

bool gw_align(struct gw_affine *out, const struct gw_card_embedder *card, const double points[GW_FACE_POINTS][2])
{
    struct gw_affine to_template;
    if (!gw_affine_fit(&to_template, points, card->template, GW_FACE_POINTS))
        return false;
    if (to_template.a * to_template.d - to_template.b * to_template.c < 1e-12)
        return false;
    *out = gw_affine_invert(to_template);
    return true;
}
