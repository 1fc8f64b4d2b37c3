/* bcbp.c - reads bar-coded boarding passes, IATA Resolution 792. */
#include "document/bcbp.h"

struct item {
    const char *name;
    uint8_t size;
};

static const struct item once_items[] = {
    [GW_BCBP_PASSENGER_DESCRIPTION] = { "passenger_description", 1 },
    [GW_BCBP_CHECK_IN_SOURCE] = { "check_in_source", 1 },
    [GW_BCBP_ISSUANCE_SOURCE] = { "issuance_source", 1 },
    [GW_BCBP_ISSUE_DATE] = { "issue_date", 4 },
    [GW_BCBP_DOCUMENT_TYPE] = { "document_type", 1 },
    [GW_BCBP_ISSUER] = { "issuer", 3 },
    [GW_BCBP_BAG_TAG] = { "bag_tag", 13 },
    [GW_BCBP_BAG_TAG_2] = { "bag_tag_2", 13 },
    [GW_BCBP_BAG_TAG_3] = { "bag_tag_3", 13 },
};
static const struct item leg_items[] = {
    [GW_BCBP_AIRLINE_NUMERIC_CODE] = { "airline_numeric_code", 3 },
    [GW_BCBP_DOCUMENT_SERIAL] = { "document_serial", 10 },
    [GW_BCBP_SELECTEE] = { "selectee", 1 },
    [GW_BCBP_DOCUMENT_VERIFICATION] = { "document_verification", 1 },
    [GW_BCBP_MARKETING_CARRIER] = { "marketing_carrier", 3 },
    [GW_BCBP_FREQUENT_FLYER_AIRLINE] = { "frequent_flyer_airline", 3 },
    [GW_BCBP_FREQUENT_FLYER_NUMBER] = { "frequent_flyer_number", 16 },
    [GW_BCBP_ID_AD] = { "id_ad", 1 },
    [GW_BCBP_BAGGAGE_ALLOWANCE] = { "baggage_allowance", 3 },
    [GW_BCBP_FAST_TRACK] = { "fast_track", 1 },
};

enum {
    HEADER = 23,       /* format, legs, name, ticket indicator */
    LEG = 37,          /* the mandatory items of one leg */
    LEG_LEAST = 24,    /* of them, up to the day: what a pass printed short still has */
    MOST_TRIMMED = 64, /* blanks a scanner may have dropped at the end */
};

const char *gw_bcbp_once_name(enum gw_bcbp_once i)
{
    return once_items[i].name;
}

const char *gw_bcbp_leg_item_name(enum gw_bcbp_leg_item i)
{
    return leg_items[i].name;
}

struct reader {
    struct gw_bcbp *out;
    struct gw_span text; /* all of it: positions count from here */
    struct gw_cursor c;  /* over text without what a reader adds */
    bool said_lower, said_short, said_aligned;
    size_t leg_at[GW_BCBP_LEGS]; /* where each leg begins, in text */
};

static void problem(struct reader *r, bool is_error, const char *field, size_t at, const char *code, const char *text)
{
    struct gw_bcbp *b = r->out;
    if (b->n_problems < GW_BCBP_PROBLEMS)
        b->problems[b->n_problems++] = (struct gw_bcbp_problem){ is_error, field, code, text, at };
}

static void cut_short(struct reader *r, size_t at)
{
    if (!r->said_short)
        problem(r, false, "length", at, "cut_short", "shorter than its sizes say; what is missing is taken as blanks the reader dropped");
    r->said_short = true;
}

/* Up to n bytes, upper case, without blanks around, into out (n + 1 bytes); what is past
 * the end is absent. Items are left-aligned; some issuers do it the other way. */
static void text_of(struct reader *r, char *out, size_t n)
{
    struct gw_span s = gw_span_slice(r->c.in, r->c.at, r->c.at + n);
    r->c.at += s.size;
    struct gw_span t = gw_span_trim(s);
    if (t.size > 0 && t.data != s.data) {
        if (!r->said_aligned)
            problem(r, false, "alignment", (size_t)(s.data - r->text.data), "alignment", "an item that begins with blanks");
        r->said_aligned = true;
        s = t;
    }
    size_t used = s.size;
    for (size_t i = 0; i < used; i++) {
        char c = (char)s.data[i];
        if (c >= 'a' && c <= 'z') {
            if (!r->said_lower)
                problem(r, false, "case", (size_t)(s.data + i - r->text.data), "lower_case", "lower case, read as upper");
            r->said_lower = true;
            c = (char)(c - 32);
        }
        out[i] = c;
    }
    while (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = 0;
}

static void drop_zeros(char *s)
{
    size_t zeros = 0, n = strlen(s);
    while (zeros + 1 < n && s[zeros] == '0')
        zeros++;
    memmove(s, s + zeros, n - zeros + 1);
}

static int hex_value(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hexadecimal digits. */
static bool size_of(struct gw_cursor *c, size_t *out)
{
    struct gw_span s;
    if (!gw_cursor_take(c, 2, &s))
        return false;
    int high = hex_value(s.data[0]), low = hex_value(s.data[1]);
    if (high < 0 || low < 0) {
        c->at -= 2;
        return false;
    }
    *out = (size_t)high * 16 + (size_t)low;
    return true;
}

static void take_items(struct reader *r, struct gw_span *out, const struct item *items, size_t n, struct gw_span section)
{
    struct gw_cursor c = gw_cursor_of(section);
    for (size_t i = 0; i < n; i++) {
        struct gw_span s;
        if (!gw_cursor_take(&c, items[i].size, &s)) {
            /* Cut off here: this and the rest are absent. */
            if (gw_span_trim(gw_span_slice(section, c.at, section.size)).size > 0)
                problem(r, false, items[i].name, (size_t)(section.data - r->text.data) + c.at, "cut_short",
                    "a section ends inside this item, which is left out");
            return;
        }
        struct gw_span t = gw_span_trim(s);
        out[i] = t.size == 0 ? (struct gw_span){ s.data, 0 } : t;
    }
}

/* Takes a section of the size announced; false where that contradicts the part it
 * stands in. A section may end early only where the whole text does. */
static bool take_section(struct reader *r, struct gw_cursor *part, bool part_is_cut, struct gw_span *out, const char *field)
{
    size_t size, at = (size_t)(part->in.data - r->text.data) + part->at;
    if (!size_of(part, &size)) {
        problem(r, true, field, at, "size", "the size of a section is not two hexadecimal digits");
        return false;
    }
    if (size > gw_cursor_left(part)) {
        if (!part_is_cut) {
            problem(r, true, field, at, "size", "a section is larger than the part it stands in");
            return false;
        }
        size = gw_cursor_left(part);
    }
    return gw_cursor_take(part, size, out);
}

/* Items 8 to 4 of one leg: everything its item 6 announces. */
static bool read_variable(struct reader *r, struct gw_bcbp_leg *leg, bool is_first, size_t size)
{
    size_t at = (size_t)(r->c.in.data - r->text.data) + r->c.at, left = gw_cursor_left(&r->c);
    bool cut = size > left;
    if (cut && size - left > MOST_TRIMMED) {
        problem(r, true, "length", at, "size", "a leg's size reaches past the end");
        return false;
    }
    if (cut)
        cut_short(r, at);
    struct gw_span bytes;
    if (!gw_cursor_take(&r->c, GW_MIN(size, left), &bytes))
        return false;
    struct gw_cursor part = gw_cursor_of(bytes);
    if (bytes.size == 0)
        return true;
    if (is_first && bytes.data[0] == '>') {
        part.at = 1;
        struct gw_span version, section = {};
        if (gw_cursor_take(&part, 1, &version)) {
            r->out->version[0] = (char)version.data[0];
            if (version.data[0] < '1' || version.data[0] > '8')
                problem(r, false, "version", at + 1, "version", "a version not known; read by its sizes");
        }
        /* What was announced and is not there may be blanks, but a size is not blank. */
        if ((gw_cursor_left(&part) > 0 || cut) && !take_section(r, &part, cut, &section, "unique_size"))
            return false;
        take_items(r, r->out->once, once_items, GW_COUNT(once_items), section);
    } else if (is_first) {
        /* From before versions: what follows is the airline's own. */
        problem(r, false, "version", at, "version", "no version mark; the whole part is taken as airline use");
        leg->airline_use = bytes;
        return true;
    }
    struct gw_span section = {};
    if ((gw_cursor_left(&part) > 0 || cut) && !take_section(r, &part, cut, &section, "repeated_size"))
        return false;
    take_items(r, leg->items, leg_items, GW_COUNT(leg_items), section);
    if (gw_cursor_left(&part) > 0)
        leg->airline_use = gw_span_slice(bytes, part.at, bytes.size);
    return true;
}

static void check_code(struct reader *r, const char *field, const char *s, size_t at)
{
    for (; *s != 0; s++, at++)
        if (!((*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9'))) {
            problem(r, true, field, at, "character", "a code has letters and digits only");
            return;
        }
}

static void check_port(struct reader *r, const char *field, const char *s, size_t at)
{
    size_t n = 0;
    while (s[n] >= 'A' && s[n] <= 'Z')
        n++;
    if (s[0] != 0 && (n != 3 || s[3] != 0))
        problem(r, true, field, at + n, "character", "an airport's code is three letters (items 26, 38)");
}

static bool read_day(struct reader *r, struct gw_bcbp_leg *leg, const char *text, size_t at)
{
    uint64_t day = 0;
    if (text[0] == 0)
        return true;
    if (strlen(text) != 3 || !gw_span_uint(gw_span_str(text), 366, &day) || day == 0) {
        problem(r, true, "day_of_year", at, "day", "the day of the year is three digits, 001 to 366");
        return false;
    }
    leg->day_of_year = (int16_t)day;
    return true;
}

static bool read_leg(struct reader *r, struct gw_bcbp_leg *leg, size_t index)
{
    size_t at = (size_t)(r->c.in.data - r->text.data) + r->c.at;
    r->leg_at[index] = at;
    if (gw_cursor_left(&r->c) < LEG_LEAST) {
        problem(r, true, "legs", at, "cut_short", "the pass ends before its last leg's day");
        return false;
    }
    char day[4];
    text_of(r, leg->pnr, 7);
    text_of(r, leg->from, 3);
    text_of(r, leg->to, 3);
    text_of(r, leg->carrier, 3);
    text_of(r, leg->flight, 5);
    text_of(r, day, 3);
    text_of(r, leg->compartment, 1);
    text_of(r, leg->seat, 4);
    text_of(r, leg->sequence, 5);
    text_of(r, leg->status, 1);
    check_code(r, "pnr", leg->pnr, at);
    check_port(r, "from", leg->from, at + 7);
    check_port(r, "to", leg->to, at + 10);
    check_code(r, "carrier", leg->carrier, at + 13);
    check_code(r, "flight", leg->flight, at + 16);
    drop_zeros(leg->flight);
    drop_zeros(leg->seat);
    drop_zeros(leg->sequence);
    bool empty = leg->from[0] == 0 && leg->to[0] == 0 && leg->carrier[0] == 0;
    if (empty)
        problem(r, false, "legs", at, "blank", "a leg of blanks");
    else if (leg->from[0] == 0 || leg->to[0] == 0 || leg->carrier[0] == 0 || leg->flight[0] == 0 || day[0] == 0)
        problem(r, true, "legs", at, "missing", "a leg without airports, carrier, flight or day");
    if (!read_day(r, leg, day, at + 21))
        return false;
    size_t size = 0;
    size_t size_at = (size_t)(r->c.in.data - r->text.data) + r->c.at;
    if (gw_cursor_left(&r->c) == 0) {
        if (r->c.in.size < HEADER + LEG)
            cut_short(r, size_at);
        return true;
    }
    if (!size_of(&r->c, &size)) {
        problem(r, true, "size", size_at, "size", "the size of a leg's variable part is not two hexadecimal digits");
        return false;
    }
    return read_variable(r, leg, index == 0, size);
}

static bool read_security(struct reader *r)
{
    size_t at = (size_t)(r->c.in.data - r->text.data) + r->c.at;
    struct gw_span mark, type, data;
    size_t size;
    if (gw_cursor_left(&r->c) == 0)
        return true;
    if (!gw_cursor_take(&r->c, 1, &mark) || mark.data[0] != '^') {
        struct gw_span rest = gw_span_slice(r->c.in, r->c.at - 1, r->c.in.size);
        if (gw_span_trim(rest).size > 0) {
            problem(r, true, "security", at, "trailing", "text behind the last leg that is no security data");
            return false;
        }
        return true;
    }
    if (!gw_cursor_take(&r->c, 1, &type) || !size_of(&r->c, &size)) {
        problem(r, true, "security", at, "size", "the size of the security data is not two hexadecimal digits");
        return false;
    }
    size_t left = gw_cursor_left(&r->c);
    if (size > left) {
        problem(r, true, "security", at, "size", "the security data is shorter than its size");
        size = left;
    }
    if (!gw_cursor_take(&r->c, size, &data))
        return false;
    r->out->security_type = type;
    r->out->security = data.data == NULL ? (struct gw_span){ r->text.data, 0 } : data;
    if (gw_span_trim(gw_span_slice(r->c.in, r->c.at, r->c.in.size)).size > 0)
        problem(r, false, "security", at, "trailing", "text behind the security data");
    return true;
}

static int days_in(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

static int64_t days_of(int year, int day)
{
    return gw_date_days((struct gw_date){ (int16_t)year, 1, 1 }) + day - 1;
}

/* Item 22: the last digit of the year, then the day. The latest such year not after the
 * reference date; a day of grace, because it is already tomorrow somewhere. */
static bool issue_year(struct gw_span item, struct gw_date reference, int *year, int *day)
{
    reference = gw_date_from_days(gw_date_days(reference) + 1);
    uint64_t digit, of_year;
    if (item.size != 4 || !gw_span_uint(gw_span_slice(item, 0, 1), 9, &digit) ||
        !gw_span_uint(gw_span_slice(item, 1, 4), 366, &of_year) || of_year == 0)
        return false;
    *day = (int)of_year;
    *year = reference.year - (reference.year - (int)digit + 10) % 10;
    if (*day > days_in(*year) || days_of(*year, *day) > gw_date_days(reference))
        *year -= 10;
    return *year > 1 && *day <= days_in(*year);
}

static void resolve_days(struct reader *r, struct gw_date reference)
{
    struct gw_bcbp *b = r->out;
    int year = 0, issued = 0;
    struct gw_span issue = b->once[GW_BCBP_ISSUE_DATE];
    bool has_issue = issue_year(issue, reference, &year, &issued);
    if (has_issue)
        b->issued = gw_date_from_days(days_of(year, issued));
    else if (issue.size > 0)
        problem(r, false, "issue_date", (size_t)(issue.data - r->text.data), "day", "the date of issue is no year digit and day of a year");
    int64_t now = gw_date_days(reference);
    for (size_t i = 0; i < b->n_legs; i++) {
        int day = b->legs[i].day_of_year;
        if (day == 0)
            continue;
        int64_t best = 0, best_distance = INT64_MAX;
        int first = has_issue ? year + (day < issued) : reference.year - 1;
        int last = has_issue ? first : reference.year + 1;
        for (int y = first; y <= last; y++) {
            if (day > days_in(y))
                continue;
            int64_t that = days_of(y, day), distance = that < now ? now - that : that - now;
            if (distance < best_distance) {
                best_distance = distance;
                best = that;
            }
        }
        if (best_distance < INT64_MAX)
            b->legs[i].date = gw_date_from_days(best);
        else
            problem(r, true, "day_of_year", r->leg_at[i] + 21, "day", "day 366 of a year that has 365");
    }
}

bool gw_bcbp_parse(struct gw_bcbp *out, struct gw_span text, struct gw_date reference, struct gw_err *err)
{
    *out = (struct gw_bcbp){};
    if (text.size > GW_BCBP_MOST)
        return gw_fail(err, GW_ERR_LIMIT, "BCBP: more than %d bytes", GW_BCBP_MOST);
    struct gw_span in = text;
    /* What some readers send in front: STX, blanks. */
    while (in.size > 0 && in.data[0] <= ' ')
        in = gw_span_slice(in, 1, in.size);
    /* AIM symbology identifier: ] letter digit. */
    if (in.size > 3 && in.data[0] == ']')
        in = gw_span_slice(in, 3, in.size);
    while (in.size > 0 && (in.data[in.size - 1] < 0x20))
        in.size--;
    for (size_t i = 0; i < in.size; i++)
        if (in.data[i] < 0x20 || in.data[i] > 0x7E)
            return gw_fail_at(err, GW_ERR_FORMAT, (size_t)(in.data + i - text.data), "BCBP: a byte outside printable ASCII");
    if (in.size < HEADER + LEG_LEAST)
        return gw_fail(err, GW_ERR_FORMAT, "BCBP: %zu characters; a pass has at least %d", in.size, HEADER + LEG_LEAST);
    struct reader r = { .out = out, .text = text, .c = gw_cursor_of(in) };
    uint8_t format = in.data[0];
    if (format != 'M' && format != 'm' && format != 'S')
        return gw_fail(err, GW_ERR_FORMAT, "BCBP: format code is not M (Resolution 792, item 1)");
    if (in.data[1] < '1' || in.data[1] > '0' + GW_BCBP_LEGS)
        return gw_fail(err, GW_ERR_FORMAT, "BCBP: the number of legs is 1 to %d (item 5)", GW_BCBP_LEGS);
    if (format == 'S')
        problem(&r, false, "format", (size_t)(in.data - text.data), "format", "format S is obsolete");
    size_t legs = (size_t)(in.data[1] - '0');
    r.c.at = 2;
    char ticket[2];
    text_of(&r, out->passenger_name, 20);
    text_of(&r, ticket, 1);
    out->electronic_ticket = ticket[0] == 'E';
    if (ticket[0] != 'E' && ticket[0] != 'L' && ticket[0] != 0)
        problem(&r, false, "electronic_ticket", (size_t)(in.data - text.data) + 22, "value", "the ticket indicator is E, L or blank (item 253)");
    if (out->passenger_name[0] == 0)
        problem(&r, true, "passenger_name", (size_t)(in.data - text.data) + 2, "missing", "no passenger name");
    bool ok = true;
    for (size_t i = 0; i < legs && ok; i++) {
        ok = read_leg(&r, &out->legs[i], i);
        out->n_legs = i + 1;
    }
    if (ok)
        read_security(&r);
    resolve_days(&r, reference);
    out->valid = true;
    for (size_t i = 0; i < out->n_problems; i++)
        out->valid = out->valid && !out->problems[i].is_error;
    return true;
}
