/* cmd_bcbp.c - reads boarding passes, one a line. */
#include "cli/commands.h"
#include "document/bcbp.h"

#include <stdio.h>

enum { LARGEST_FILE = 64 << 20 };

static void set_text(struct gw_json *j, const char *key, const char *value)
{
    gw_json_set_text(j, key, value[0] == 0 ? NULL : value);
}

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

static struct gw_json *leg_json(const struct gw_bcbp_leg *leg)
{
    struct gw_json *j = gw_json_object();
    set_text(j, "pnr", leg->pnr);
    set_text(j, "from", leg->from);
    set_text(j, "to", leg->to);
    set_text(j, "carrier", leg->carrier);
    set_text(j, "flight", leg->flight);
    if (leg->day_of_year == 0)
        gw_json_set_null(j, "day_of_year");
    else
        gw_json_set_integer(j, "day_of_year", leg->day_of_year);
    char date[GW_DATE_TEXT];
    gw_date_format(date, leg->date);
    set_text(j, "date", date);
    set_text(j, "compartment", leg->compartment);
    set_text(j, "seat", leg->seat);
    set_text(j, "sequence", leg->sequence);
    set_text(j, "status", leg->status);
    for (size_t i = 0; i < GW_BCBP_LEG_ITEM_COUNT; i++)
        set_item(j, gw_bcbp_leg_item_name((enum gw_bcbp_leg_item)i), leg->items[i]);
    struct gw_span use = gw_span_trim(leg->airline_use);
    set_item(j, "airline_use", use.size == 0 && leg->airline_use.data != NULL ? (struct gw_span){ leg->airline_use.data, 0 } : use);
    return j;
}

static struct gw_json *to_json(const struct gw_bcbp *b)
{
    struct gw_json *j = gw_json_object(), *legs = gw_json_array();
    set_text(j, "passenger_name", b->passenger_name);
    gw_json_set_bool(j, "electronic_ticket", b->electronic_ticket);
    for (size_t i = 0; i < GW_BCBP_ONCE_COUNT; i++)
        set_item(j, gw_bcbp_once_name((enum gw_bcbp_once)i), b->once[i]);
    char date[GW_DATE_TEXT];
    gw_date_format(date, b->issued);
    if (date[0] != 0)
        gw_json_set_text(j, "issued", date);
    for (size_t i = 0; i < b->n_legs; i++)
        gw_json_add(legs, leg_json(&b->legs[i]));
    gw_json_set(j, "legs", legs);
    set_text(j, "version", b->version);
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
        struct gw_json *p = gw_json_object();
        gw_json_set_text(p, "severity", b->problems[i].is_error ? "error" : "warning");
        gw_json_set_text(p, "field", b->problems[i].field);
        gw_json_set_integer(p, "position", (int64_t)b->problems[i].position);
        gw_json_set_text(p, "code", b->problems[i].code);
        gw_json_set_text(p, "text", b->problems[i].text);
        gw_json_add(problems, p);
    }
    gw_json_set(j, "problems", problems);
    return j;
}

static int read_line(const char *path, size_t line, struct gw_span text, struct gw_date reference, bool pretty)
{
    struct gw_bcbp b;
    struct gw_err err = {};
    if (!gw_bcbp_parse(&b, text, reference, &err)) {
        GW_AUTO(gw_json) *j = gw_json_object();
        gw_json_set_bool(j, "valid", false);
        struct gw_json *problems = gw_json_array(), *p = gw_json_object();
        gw_json_set_text(p, "severity", "error");
        gw_json_set_integer(p, "position", err.at == GW_NO_PLACE ? 0 : (int64_t)err.at);
        gw_json_set_text(p, "code", gw_err_name(err.code));
        gw_json_set_text(p, "text", err.text);
        gw_json_add(problems, p);
        gw_json_set(j, "problems", problems);
        gw_cli_print(j, pretty);
        fprintf(stderr, "gangway bcbp: %s: line %zu: %s\n", path, line, err.text);
        return gw_err_exit(err.code);
    }
    GW_AUTO(gw_json) *j = to_json(&b);
    gw_cli_print(j, pretty);
    return b.valid ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int read_file(const char *path, struct gw_date reference, bool pretty)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, path, LARGEST_FILE, &err))
        return gw_cli_fail("bcbp", &err);
    int status = GW_EXIT_OK;
    size_t at = 0, passes = 0;
    struct gw_span in = gw_span_skip_bom(gw_buf_span(&text));
    for (size_t line = 1; at < in.size; line++) {
        const uint8_t *end = memchr(in.data + at, '\n', in.size - at);
        size_t stop = end == NULL ? in.size : (size_t)(end - in.data);
        struct gw_span one = gw_span_slice(in, at, stop);
        at = stop + 1;
        if (gw_span_trim(one).size == 0)
            continue;
        passes++;
        status = GW_MAX(status, read_line(path, line, one, reference, pretty));
    }
    if (passes == 0) {
        fprintf(stderr, "gangway bcbp: %s: no boarding pass in it\n", path);
        status = GW_EXIT_UNREADABLE;
    }
    return status;
}

static int run(int argc, char **argv)
{
    bool pretty = false;
    const char *date = NULL;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--date", GW_OPTION_TEXT, &date, "DATE", "the day of the scan, which decides the year of a flight (YYYY-MM-DD)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_bcbp, options, GW_COUNT(options), &status))
        return status;
    struct gw_date reference = gw_date_of(gw_clock_now(NULL));
    if (date != NULL && !gw_date_parse(&reference, gw_span_str(date))) {
        fprintf(stderr, "gangway bcbp: --date takes a date as 2026-11-23\n");
        return GW_EXIT_USAGE;
    }
    if (argc < 2) {
        fprintf(stderr, "gangway bcbp: which file? (- is standard input)\n");
        return GW_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++)
        status = GW_MAX(status, read_file(argv[i], reference, pretty));
    return status;
}

const struct gw_command gw_command_bcbp = {
    .name = "bcbp",
    .arguments = "FILE…",
    .summary = "reads bar-coded boarding passes",
    .run = run,
};
