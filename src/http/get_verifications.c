/* get_verifications.c - what was decided and why, for officers. */
#include "http/exchange.h"

struct gw_json *gw_verification_to_json(const struct gw_verification_record *v)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "verification", v->id);
    gw_json_set_id(j, "device", v->device);
    gw_json_set_time(j, "at", v->at_us);
    gw_json_set_text(j, "decision", gw_answer_name(v->answer));
    gw_json_set_text(j, "guidance", gw_guidance_name(v->guidance));
    gw_json_set_integer(j, "attempt", v->attempt);
    gw_json_set_integer(j, "attempts_left", v->attempts_left);
    gw_json_set_rounded(j, "elapsed_ms", (double)v->elapsed_us / 1000, 1);
    gw_json_set_text(j, "reason", gw_reason_code(v->reason));
    gw_json_set_text(j, "text", gw_reason_text(v->reason));
    gw_json_set_text(j, "severity", gw_severity_name(gw_reason_severity(v->reason)));
    if (v->has_score) {
        gw_json_set_rounded(j, "score", v->score, 4);
        gw_json_set_rounded(j, "next_score", v->next_score, 4);
        gw_json_set_rounded(j, "threshold", v->threshold, 4);
    }
    if (v->has_quality)
        gw_json_set_rounded(j, "quality", v->quality, 1);
    if (v->has_liveness)
        gw_json_set_rounded(j, "liveness", v->liveness, 3);
    gw_json_set_integer(j, "gallery_persons", (int64_t)v->gallery_persons);
    if (v->has_photo)
        gw_json_set_id(j, "photo", v->photo);
    if (v->has_traveler) {
        struct gw_json *t = gw_json_object();
        gw_json_set_text(t, "reference", v->reference);
        gw_json_set_text(t, "seat", v->seat);
        gw_json_set(j, "traveler", t);
    } else
        gw_json_set_null(j, "traveler");
    return j;
}

bool gw_get_verifications(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_verification_page page;
    struct gw_span cursor;
    size_t limit;
    if (!gw_exchange_page(&limit, &cursor, x, err) ||
        !gw_service_verifications(&page, x->mem, x->service, &x->who, x->voyage, cursor, limit, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, gw_verification_to_json(&page.records[i]));
    gw_json_set(j, "verifications", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}
