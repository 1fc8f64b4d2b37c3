/* cmd_manifest.c - reads manifests: PAXLST or JSON; one JSON object a message. */
#include "cli/commands.h"
#include "manifest/paxlst.h"

#include <stdio.h>

static struct gw_json *finish(struct gw_json *o, const struct gw_manifest *m)
{
    struct gw_json *count = gw_json_object();
    if (m->has_declared)
        gw_json_set_integer(count, "declared", (int64_t)m->declared);
    else
        gw_json_set_null(count, "declared");
    gw_json_set_integer(count, "read", (int64_t)m->n_travelers);
    gw_json_set(o, "count", count);
    gw_json_set_bool(o, "valid", m->valid);
    gw_json_set(o, "problems", gw_manifest_problems_to_json(m->problems, m->n_problems));
    if (m->n_problems_all > m->n_problems)
        gw_json_set_integer(o, "problems_not_listed", (int64_t)(m->n_problems_all - m->n_problems));
    return o;
}

static int unreadable(const char *path, const struct gw_err *err, bool pretty)
{
    GW_AUTO(gw_json) *o = gw_json_object();
    struct gw_manifest_problem p = { .is_error = true, .offset = err->at, .tag = NULL, .code = gw_err_name(err->code), .text = err->text };
    gw_json_set_bool(o, "valid", false);
    gw_json_set(o, "problems", gw_manifest_problems_to_json(&p, 1));
    gw_cli_print(o, pretty);
    fprintf(stderr, "gangway manifest: %s: %s\n", path, err->text);
    return gw_err_exit(err->code);
}

static bool looks_like_json(struct gw_span text)
{
    if (gw_span_starts(text, "\xEF\xBB\xBF"))
        text = gw_span_slice(text, 3, text.size);
    text = gw_span_trim(text);
    return text.size > 0 && (text.data[0] == '{' || text.data[0] == '[');
}

static int read_file(const char *path, struct gw_date today, bool pretty)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, path, GW_MANIFEST_BYTES_MAX, &err))
        return unreadable(path, &err, pretty);
    GW_AUTO(gw_arena) *mem = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    if (looks_like_json(gw_buf_span(&text))) {
        struct gw_manifest m;
        if (!gw_manifest_parse_json(&m, mem, gw_buf_span(&text), &err))
            return unreadable(path, &err, pretty);
        GW_AUTO(gw_json) *o = finish(gw_manifest_to_json(&m), &m);
        gw_cli_print(o, pretty);
        return m.valid ? GW_EXIT_OK : GW_EXIT_INVALID;
    }
    struct gw_paxlst p;
    if (!gw_paxlst_parse(&p, mem, gw_buf_span(&text), today, &err))
        return unreadable(path, &err, pretty);
    int status = GW_EXIT_OK;
    for (size_t i = 0; i < p.n_messages; i++) {
        GW_AUTO(gw_json) *o = gw_manifest_to_json(&p.messages[i].manifest);
        gw_paxlst_to_json(o, &p.messages[i]);
        finish(o, &p.messages[i].manifest);
        gw_cli_print(o, pretty);
        if (!p.messages[i].manifest.valid)
            status = GW_EXIT_INVALID;
    }
    return status;
}

static int run(int argc, char **argv)
{
    bool pretty = false;
    const char *today = NULL;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--today", GW_OPTION_TEXT, &today, "DATE", "the day that decides centuries where the message has no date (YYYY-MM-DD)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_manifest, options, GW_COUNT(options), &status))
        return status;
    struct gw_date day = gw_date_of(gw_clock_now(NULL));
    if (today != NULL && !gw_date_parse(&day, gw_span_str(today))) {
        fprintf(stderr, "gangway manifest: --today takes a date as 2026-11-23\n");
        return GW_EXIT_USAGE;
    }
    if (argc < 2) {
        fprintf(stderr, "gangway manifest: which file? (- is standard input)\n");
        return GW_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++)
        status = GW_MAX(status, read_file(argv[i], day, pretty));
    return status;
}

const struct gw_command gw_command_manifest = {
    .name = "manifest",
    .arguments = "FILE…",
    .summary = "reads passenger and crew lists: PAXLST or JSON",
    .run = run,
};
