/* pass.c - whom a boarding pass means: its leg must be this voyage, then booking and name, or
 * seat and name. A pass is no proof of who holds it; it only names who is to be compared. */
#include "service/internal.h"

#include "document/bcbp.h"
#include "document/name.h"

struct passing {
    struct gw_arena *a;
    struct gw_tx *tx;
    struct gw_service *s;
    const struct gw_voyage_row *v;
    const struct gw_bcbp *pass;
    const struct gw_bcbp_leg *leg;
    struct gw_holder *found;
    size_t n, cap;
    struct gw_err *err;
};

static bool same_number(struct gw_span number, const char *flight)
{
    while (number.size > 1 && number.data[0] == '0')
        number = gw_span_slice(number, 1, number.size);
    return gw_span_is(number, flight);
}

/* The leg of the pass that is this voyage: of a progressive flight, any part of it. */
static const struct gw_bcbp_leg *leg_of(const struct gw_bcbp *pass, const struct gw_service *s, const struct gw_voyage_row *v)
{
    const struct gw_manifest_time departure = { true, v->departure_local, v->departure_us };
    int64_t day = gw_departure_day(s, v->from, &departure);
    for (size_t i = 0; i < pass->n_legs; i++) {
        const struct gw_bcbp_leg *l = &pass->legs[i];
        /* A day either way: legs before this one, and zones that are not known. */
        int64_t off = l->date.year == 0 ? 0 : gw_date_days(l->date) - day;
        if (gw_span_is(v->carrier, l->carrier) && same_number(v->number, l->flight) && off >= -1 && off <= 1 &&
            (gw_span_is(v->from, l->from) || gw_has_port(v->ports, l->from) || gw_span_is(v->to, l->to)))
            return l;
    }
    return NULL;
}

/* Says the pass nothing against him? with_seat: the seat is what is left to know him by, so it must be his. */
static bool fits(bool *out, struct passing *p, struct gw_span person, bool with_seat)
{
    struct gw_manifest_traveler t;
    *out = false;
    if (!gw_manifest_traveler_parse_json(&t, p->a, person, p->err))
        return false;
    const struct gw_name printed = gw_name_of_pass(p->pass->passenger_name), announced = { .surname = t.surname, .given = t.given_names };
    struct gw_span seat = t.seat;
    while (seat.size > 1 && seat.data[0] == '0')
        seat = gw_span_slice(seat, 1, seat.size);
    bool same_seat = p->leg->seat[0] != 0 && gw_span_is(seat, p->leg->seat);
    *out = gw_name_compare(&printed, &announced).match != GW_NAME_DIFFERENT && (!with_seat || same_seat);
    return true;
}

static bool add(struct passing *p, struct gw_id traveler, int status)
{
    p->found = gw_arena_grow(p->a, p->found, &p->cap, p->n + 1, sizeof *p->found, p->err);
    if (p->found == NULL)
        return false;
    p->found[p->n++] = (struct gw_holder){ traveler, p->v->id, status };
    return true;
}

static bool by_booking(struct passing *p)
{
    struct gw_hash booking;
    struct gw_holder *holders;
    size_t n;
    if (p->leg->pnr[0] == 0)
        return true;
    if (!gw_store_voyage_hash(&booking, p->tx, p->v->id, gw_span_str(p->leg->pnr), p->err) ||
        !gw_store_booked(&holders, &n, p->a, p->tx, p->v->id, &booking, p->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct gw_traveler_row row;
        bool found, yes = false;
        if (!gw_store_traveler_get(&row, &found, true, p->a, p->tx, holders[i].traveler, p->err) ||
            (found && !fits(&yes, p, row.person, false)) || (yes && !add(p, row.id, row.status)))
            return false;
    }
    return true;
}

/* Carriers that announce no reservation. */
static bool by_seat(struct passing *p)
{
    struct gw_traveler_row *rows;
    size_t n;
    if (p->leg->seat[0] == 0 || strcmp(p->leg->seat, "INF") == 0)
        return true;
    if (!gw_store_travelers(&rows, &n, p->a, p->tx, p->v->id, gw_service_model(p->s), -1, GW_MANIFEST_TRAVELERS_MAX, false, p->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool yes;
        if (!fits(&yes, p, rows[i].person, true) || (yes && !add(p, rows[i].id, rows[i].status)))
            return false;
    }
    return true;
}

bool gw_pass_holders(struct gw_holder **out, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_voyage_row *v, struct gw_span pass, struct gw_err *err)
{
    struct gw_bcbp *b = gw_arena_one(a, struct gw_bcbp, err);
    struct gw_err why = {};
    *out = NULL;
    *n = 0;
    if (b == NULL)
        return false;
    if (!gw_bcbp_parse(b, pass, gw_date_of(gw_clock_now(&s->clock)), &why))
        return gw_fail(err, GW_ERR_INVALID, "%s", why.text);
    struct passing p = { .a = a, .tx = tx, .s = s, .v = v, .pass = b, .leg = leg_of(b, s, v), .err = err };
    if (p.leg == NULL)
        return true;
    if (!by_booking(&p) || (p.n == 0 && !by_seat(&p)))
        return false;
    *out = p.found;
    *n = p.n;
    return true;
}
