/* cmd_manifest.c - reads manifests (PAXLST, JSON, CSV) and answers to them (CUSRES); one
 * JSON object a message, or the answer a message gets. */
#include "cli/commands.h"
#include "manifest/csv.h"
#include "manifest/cusres.h"
#include "service/service.h"

#include <stdio.h>

struct how {
    struct gw_date today;
    bool pretty, reply;
    struct gw_status_profile profile;
};

static int unreadable(const char *path, const struct gw_err *err, bool pretty)
{
    return gw_cli_unreadable(&(struct gw_cli_input){ .command = "manifest", .path = path, .pretty = pretty }, "offset", err);
}

static bool looks_like_json(struct gw_span text)
{
    if (gw_span_starts(text, "\xEF\xBB\xBF"))
        text = gw_span_slice(text, 3, text.size);
    text = gw_span_trim(text);
    return text.size > 0 && (text.data[0] == '{' || text.data[0] == '[');
}

/* What a command without an authority can say: whose data is insufficient, and "not
 * yet" of everybody else. */
static void print_reply(const struct gw_paxlst_message *m, const struct how *how, uint64_t number)
{
    size_t n = m->manifest.n_travelers;
    GW_AUTO_MEM enum gw_clearance *clearances = gw_alloc_array(n, sizeof *clearances);
    for (size_t i = 0; i < n; i++)
        clearances[i] = gw_clearance_of_data(m->manifest.kind, &m->manifest.travelers[i]);
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_cusres_answer answer = { .kind = GW_CUSRES_RESPONSE, .to = m, .clearances = clearances,
        .profile = &how->profile, .sender = m->manifest.recipient.size > 0 ? m->manifest.recipient : gw_span_str("GANGWAY"),
        .now_us = gw_clock_now(NULL), .number = number };
    gw_cusres_format(&text, &answer);
    fwrite(text.data, 1, text.size, stdout);
}

static int print_manifest(const struct gw_manifest *m, bool pretty)
{
    GW_AUTO(gw_json) *o = gw_manifest_to_json(m);
    gw_manifest_report_to_json(o, m);
    gw_cli_print(o, pretty);
    return m->valid ? GW_EXIT_OK : GW_EXIT_INVALID;
}

/* CUSRES answers lists of EDIFACT only. */
static int no_reply(const char *path, const char *what)
{
    fprintf(stderr, "gangway manifest: %s: %s gets no CUSRES; --reply answers PAXLST\n", path, what);
    return GW_EXIT_USAGE;
}

static int read_edifact(const char *path, struct gw_span text, const char *type, const struct how *how, struct gw_arena *mem)
{
    const struct gw_edifact_separators *partner = how->profile.has_separators ? &how->profile.separators : NULL;
    struct gw_err err = {};
    if (strcmp(type, "CUSRES") == 0) {
        struct gw_cusres c;
        if (how->reply)
            return no_reply(path, "an answer");
        if (!gw_cusres_parse(&c, mem, text, how->today, partner, &err))
            return unreadable(path, &err, how->pretty);
        GW_AUTO(gw_json) *o = gw_cusres_to_json(&c, &how->profile);
        gw_cli_print(o, how->pretty);
        return c.valid ? GW_EXIT_OK : GW_EXIT_INVALID;
    }
    struct gw_paxlst p;
    if (!gw_paxlst_parse(&p, mem, text, how->today, partner, &err))
        return unreadable(path, &err, how->pretty);
    int status = GW_EXIT_OK;
    for (size_t i = 0; i < p.n_messages; i++) {
        if (!p.messages[i].manifest.valid)
            status = GW_EXIT_INVALID;
        if (how->reply) {
            print_reply(&p.messages[i], how, i + 1);
            continue;
        }
        GW_AUTO(gw_json) *o = gw_paxlst_to_json(&p.messages[i]);
        gw_manifest_report_to_json(o, &p.messages[i].manifest);
        gw_cli_print(o, how->pretty);
    }
    return status;
}

static int read_file(const char *path, const void *of)
{
    const struct how *how = of;
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    struct gw_manifest m;
    char type[GW_EDIFACT_TYPE_TEXT];
    if (!gw_buf_read_file(&text, path, GW_MANIFEST_BYTES_MAX, &err))
        return unreadable(path, &err, how->pretty);
    struct gw_span in = gw_buf_span(&text);
    GW_AUTO(gw_arena) *mem = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_err edifact = {};
    if (gw_edifact_recognize(type, in, how->profile.has_separators ? &how->profile.separators : NULL, &edifact))
        return read_edifact(path, in, type, how, mem);
    if (looks_like_json(in)) {
        if (how->reply)
            return no_reply(path, "JSON");
        return gw_manifest_parse_json(&m, mem, in, &err) ? print_manifest(&m, how->pretty) : unreadable(path, &err, how->pretty);
    }
    if (gw_manifest_parse_csv(&m, mem, in, how->today, &err))
        return how->reply ? no_reply(path, "CSV") : print_manifest(&m, how->pretty);
    if (err.code == GW_ERR_FORMAT && edifact.at != GW_NO_PLACE)
        err = edifact; /* it is one, but for its beginning */
    else if (err.code == GW_ERR_FORMAT)
        gw_fail(&err, GW_ERR_FORMAT, "neither PAXLST nor CUSRES (no UNA or UNB), nor JSON, nor CSV with a header that names travelers");
    return unreadable(path, &err, how->pretty);
}

static int run(int argc, char **argv)
{
    struct how how = {};
    const char *today = NULL, *profile = "plain";
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &how.pretty, NULL, "indent the JSON" },
        { "--reply", GW_OPTION_FLAG, &how.reply, NULL, "print the CUSRES answer to a PAXLST instead" },
        { "--profile", GW_OPTION_TEXT, &profile, "NAME", "whose status codes and separators: plain, cn-iapi, us-aqq, or a file" },
        { "--today", GW_OPTION_TEXT, &today, "DATE", "the day that decides centuries where the message has no date (YYYY-MM-DD)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_manifest, options, GW_COUNT(options), &status))
        return status;
    how.today = gw_date_of(gw_clock_now(NULL));
    if (!gw_cli_date(&how.today, "manifest", "--today", today))
        return GW_EXIT_USAGE;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *mem = gw_arena_new(1 << 20);
    if (!gw_service_profile(&how.profile, mem, profile, &err))
        return gw_cli_fail("manifest", &err);
    return gw_cli_each(argc, argv, read_file, &how);
}

const struct gw_command gw_command_manifest = {
    .name = "manifest",
    .arguments = "FILE…",
    .summary = "reads passenger and crew lists: PAXLST, JSON or CSV; and CUSRES, the answers",
    .run = run,
};
