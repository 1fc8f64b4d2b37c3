/* cmd_mrz.c - reads machine-readable zones, a zone per blank-line-separated block. */
#include "cli/commands.h"
#include "document/mrz.h"

enum { LARGEST_FILE = 64 << 20 };

static void set_check(struct gw_json *checks, const char *key, enum gw_mrz_check check)
{
    if (check == GW_MRZ_NONE)
        gw_json_set_null(checks, key);
    else
        gw_json_set_bool(checks, key, check == GW_MRZ_RIGHT);
}

static struct gw_json *to_json(const struct gw_mrz *m)
{
    struct gw_json *j = gw_json_object();
    char date[GW_MRZ_DATE_TEXT], one[2] = { m->sex, 0 };
    gw_json_set_text(j, "format", gw_mrz_format_name(m->format));
    gw_json_set_text_or_null(j, "document_code", m->document_code);
    gw_json_set_text_or_null(j, "issuing_state", m->issuing_state);
    gw_json_set_text_or_null(j, "surname", m->surname);
    gw_json_set_text_or_null(j, "given_names", m->given_names);
    gw_json_set_text_or_null(j, "document_number", m->document_number);
    gw_json_set_text_or_null(j, "nationality", m->nationality);
    gw_mrz_date_format(date, m->birth_date);
    gw_json_set_text_or_null(j, "birth_date", date);
    gw_json_set_text(j, "sex", m->sex == '<' ? NULL : one);
    gw_mrz_date_format(date, m->expiry_date);
    gw_json_set_text_or_null(j, "expiry_date", date);
    gw_json_set_text_or_null(j, "optional_data", m->optional_data);
    if (m->format == GW_MRZ_TD1)
        gw_json_set_text_or_null(j, "optional_data_2", m->optional_data_2);
    if (m->name_may_be_cut)
        gw_json_set_bool(j, "name_may_be_cut", true);
    if (m->specimen)
        gw_json_set_bool(j, "specimen", true);
    struct gw_json *checks = gw_json_object();
    set_check(checks, "document_number", m->document_number_check);
    set_check(checks, "birth_date", m->birth_date_check);
    set_check(checks, "expiry_date", m->expiry_date_check);
    set_check(checks, "optional_data", m->optional_data_check);
    set_check(checks, "composite", m->composite_check);
    gw_json_set(j, "checks", checks);
    if (m->n_fixes > 0) {
        struct gw_json *fixes = gw_json_array();
        for (size_t i = 0; i < m->n_fixes; i++) {
            struct gw_json *f = gw_json_object();
            char from[2] = { m->fixes[i].from, 0 }, to[2] = { m->fixes[i].to, 0 };
            gw_json_set_integer(f, "position", (int64_t)m->fixes[i].position);
            gw_json_set_text(f, "from", from);
            gw_json_set_text(f, "to", to);
            gw_json_add(fixes, f);
        }
        gw_json_set(j, "corrected", fixes);
    }
    gw_json_set_bool(j, "valid", m->valid);
    struct gw_json *problems = gw_json_array();
    for (size_t i = 0; i < m->n_problems; i++) {
        const struct gw_mrz_problem *p = &m->problems[i];
        gw_cli_problem_add(problems, &(struct gw_cli_problem){ p->is_error, p->field, "position", p->position, p->code, p->text });
    }
    gw_json_set(j, "problems", problems);
    return j;
}

/* The next block of lines that are not empty; false at the end. */
static bool next_block(struct gw_span *block, struct gw_span text, size_t *at)
{
    size_t start = SIZE_MAX, end = 0;
    while (*at < text.size) {
        const uint8_t *stop = memchr(text.data + *at, '\n', text.size - *at);
        size_t line_end = stop == NULL ? text.size : (size_t)(stop - text.data);
        bool empty = gw_span_trim(gw_span_slice(text, *at, line_end)).size == 0;
        if (empty && start != SIZE_MAX)
            break;
        if (!empty) {
            start = GW_MIN(start, *at);
            end = line_end;
        }
        *at = line_end + 1;
    }
    if (start == SIZE_MAX)
        return false;
    *block = gw_span_slice(text, start, end);
    return true;
}

struct how {
    struct gw_mrz_options options;
    bool pretty;
};

static int read_file(const char *path, const void *of)
{
    const struct how *how = of;
    struct gw_cli_input input = { .command = "mrz", .path = path, .pretty = how->pretty };
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, path, LARGEST_FILE, &err))
        return gw_cli_unreadable(&input, "position", &err);
    int status = GW_EXIT_OK;
    size_t at = 0;
    struct gw_span block;
    while (next_block(&block, gw_span_skip_bom(gw_buf_span(&text)), &at)) {
        struct gw_mrz m;
        input.unit = "zone";
        input.number++;
        if (!gw_mrz_parse(&m, block, &how->options, &err)) {
            status = GW_MAX(status, gw_cli_unreadable(&input, "position", &err));
            continue;
        }
        GW_AUTO(gw_json) *j = to_json(&m);
        gw_cli_print(j, how->pretty);
        if (!m.valid)
            status = GW_MAX(status, GW_EXIT_INVALID);
    }
    if (input.number > 0)
        return status;
    gw_fail(&err, GW_ERR_FORMAT, "no zone in it");
    return gw_cli_unreadable(&input, "position", &err);
}

static int run(int argc, char **argv)
{
    struct how how = { .options.today = gw_date_of(gw_clock_now(NULL)) };
    const char *today = NULL;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &how.pretty, NULL, "indent the JSON" },
        { "--repair", GW_OPTION_FLAG, &how.options.repair, NULL,
            "put right letters read for digits where exactly one way makes the check digits right; marked as corrected" },
        { "--today", GW_OPTION_TEXT, &today, "DATE", "the day that decides the century of a birth date (YYYY-MM-DD)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_mrz, options, GW_COUNT(options), &status))
        return status;
    if (!gw_cli_date(&how.options.today, "mrz", "--today", today))
        return GW_EXIT_USAGE;
    return gw_cli_each(argc, argv, read_file, &how);
}

const struct gw_command gw_command_mrz = {
    .name = "mrz",
    .arguments = "FILE…",
    .summary = "reads machine-readable zones of passports, cards and visas",
    .run = run,
};
