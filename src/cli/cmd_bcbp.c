/* cmd_bcbp.c - reads boarding passes, one a line. */
#include "cli/commands.h"
#include "document/bcbp.h"

enum { LARGEST_FILE = 64 << 20 };

/* Absent stays absent; there and blank is null. */
static void set_item(struct gw_json *j, const char *key, struct gw_span item)
{
    if (item.data == NULL)
        return;
    if (item.size == 0)
        gw_json_set_null(j, key);
    else
        gw_json_set_span(j, key, item);
}

/* An item of the standard has capitals only, whatever the reader sent. */
static void set_upper(struct gw_json *j, const char *key, struct gw_span item)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add(&text, item.data, item.size);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 'a' && text.data[i] <= 'z')
            text.data[i] = (uint8_t)(text.data[i] - 32);
    set_item(j, key, item.size == 0 ? item : gw_buf_span(&text));
}

static struct gw_json *leg_json(const struct gw_bcbp_leg *leg)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text_or_null(j, "pnr", leg->pnr);
    gw_json_set_text_or_null(j, "from", leg->from);
    gw_json_set_text_or_null(j, "to", leg->to);
    gw_json_set_text_or_null(j, "carrier", leg->carrier);
    gw_json_set_text_or_null(j, "flight", leg->flight);
    if (leg->day_of_year == 0)
        gw_json_set_null(j, "day_of_year");
    else
        gw_json_set_integer(j, "day_of_year", leg->day_of_year);
    char date[GW_DATE_TEXT];
    gw_date_format(date, leg->date);
    gw_json_set_text_or_null(j, "date", date);
    gw_json_set_text_or_null(j, "compartment", leg->compartment);
    gw_json_set_text_or_null(j, "seat", leg->seat);
    gw_json_set_text_or_null(j, "sequence", leg->sequence);
    gw_json_set_text_or_null(j, "status", leg->status);
    for (size_t i = 0; i < GW_BCBP_LEG_ITEM_COUNT; i++)
        set_upper(j, gw_bcbp_leg_item_name((enum gw_bcbp_leg_item)i), leg->items[i]);
    struct gw_span use = gw_span_trim(leg->airline_use);
    set_item(j, "airline_use", use.size == 0 && leg->airline_use.data != NULL ? (struct gw_span){ leg->airline_use.data, 0 } : use);
    return j;
}

static struct gw_json *to_json(const struct gw_bcbp *b)
{
    struct gw_json *j = gw_json_object(), *legs = gw_json_array();
    gw_json_set_text_or_null(j, "passenger_name", b->passenger_name);
    gw_json_set_bool(j, "electronic_ticket", b->electronic_ticket);
    for (size_t i = 0; i < GW_BCBP_ONCE_COUNT; i++)
        set_upper(j, gw_bcbp_once_name((enum gw_bcbp_once)i), b->once[i]);
    char date[GW_DATE_TEXT];
    gw_date_format(date, b->issued);
    if (date[0] != 0)
        gw_json_set_text(j, "issued", date);
    for (size_t i = 0; i < b->n_legs; i++)
        gw_json_add(legs, leg_json(&b->legs[i]));
    gw_json_set(j, "legs", legs);
    gw_json_set_text_or_null(j, "version", b->version);
    if (b->security.data == NULL) {
        gw_json_set_null(j, "security");
    } else {
        struct gw_json *s = gw_json_object();
        gw_json_set_span(s, "type", b->security_type);
        gw_json_set_integer(s, "length", (int64_t)b->security.size);
        gw_json_set_span(s, "data", b->security);
        gw_json_set(j, "security", s);
    }
    gw_json_set_bool(j, "valid", b->valid);
    struct gw_json *problems = gw_json_array();
    for (size_t i = 0; i < b->n_problems; i++) {
        const struct gw_bcbp_problem *p = &b->problems[i];
        gw_cli_problem_add(problems, &(struct gw_cli_problem){ p->is_error, p->field, "position", p->position, p->code, p->text });
    }
    gw_json_set(j, "problems", problems);
    return j;
}

struct how {
    struct gw_date reference;
    bool pretty;
};

static int read_line(const struct gw_cli_input *input, struct gw_span text, struct gw_date reference)
{
    struct gw_bcbp b;
    struct gw_err err = {};
    if (!gw_bcbp_parse(&b, text, reference, &err))
        return gw_cli_unreadable(input, "position", &err);
    GW_AUTO(gw_json) *j = to_json(&b);
    gw_cli_print(j, input->pretty);
    return b.valid ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int read_file(const char *path, const void *of)
{
    const struct how *how = of;
    struct gw_cli_input input = { .command = "bcbp", .path = path, .pretty = how->pretty };
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, path, LARGEST_FILE, &err))
        return gw_cli_unreadable(&input, "position", &err);
    int status = GW_EXIT_OK;
    size_t at = 0, line = 0;
    struct gw_span in = gw_span_skip_bom(gw_buf_span(&text));
    while (at < in.size) {
        const uint8_t *end = memchr(in.data + at, '\n', in.size - at);
        size_t stop = end == NULL ? in.size : (size_t)(end - in.data);
        struct gw_span one = gw_span_slice(in, at, stop);
        at = stop + 1;
        line++;
        if (gw_span_trim(one).size == 0)
            continue;
        input.unit = "line";
        input.number = line;
        status = GW_MAX(status, read_line(&input, one, how->reference));
    }
    if (input.number > 0)
        return status;
    gw_fail(&err, GW_ERR_FORMAT, "no boarding pass in it");
    return gw_cli_unreadable(&input, "position", &err);
}

static int run(int argc, char **argv)
{
    struct how how = { .reference = gw_date_of(gw_clock_now(NULL)) };
    const char *date = NULL;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &how.pretty, NULL, "indent the JSON" },
        { "--date", GW_OPTION_TEXT, &date, "DATE", "the day of the scan, which decides the year of a flight (YYYY-MM-DD)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_bcbp, options, GW_COUNT(options), &status))
        return status;
    if (!gw_cli_date(&how.reference, "bcbp", "--date", date))
        return GW_EXIT_USAGE;
    return gw_cli_each(argc, argv, read_file, &how);
}

const struct gw_command gw_command_bcbp = {
    .name = "bcbp",
    .arguments = "FILE…",
    .summary = "reads bar-coded boarding passes",
    .run = run,
};
