/* tell.c - an explanation in words: what is asked of somebody, by which rule, how it came to that, and what it rests
 * on. For whoever reads laws and not JSON. */
#include "policy/inside.h"

#include <stdarg.h>
#include <string.h>

enum { INDENT = 4, LEAST_COLUMNS = 60 };

struct telling {
    struct gw_buf *out;
    size_t columns;
};

static const char *text_of(const struct gw_json *object, const char *key)
{
    const char *text = "";
    return gw_json_get_text(object, key, &text) ? text : "";
}

static bool is_set(const struct gw_json *object, const char *key)
{
    bool yes = false;
    return gw_json_get_bool(object, key, &yes) && yes;
}

/* A paragraph, `in` deep; lines after the first two deeper. "not_authorised" is read as two words. */
static void add_paragraph(const struct telling *t, size_t in, const char *text)
{
    size_t column = in;
    gw_buf_addf(t->out, "%*s", (int)in, "");
    while (*text != 0) {
        const size_t n = strcspn(text, " ");
        size_t letters = 0;
        for (size_t i = 0; i < n; i++)
            letters += ((uint8_t)text[i] & 0xc0) != 0x80;
        if (column > in && column + 1 + letters > t->columns) {
            gw_buf_addf(t->out, "\n%*s", (int)in + 2, "");
            column = in + 2;
        } else if (column > in) {
            gw_buf_add_text(t->out, " ");
            column++;
        }
        gw_buf_add(t->out, text, n);
        column += letters;
        text += n + strspn(text + n, " ");
    }
    gw_buf_add_text(t->out, "\n");
}

GW_PRINTF(3, 4)
static void add_line(const struct telling *t, size_t in, const char *format, ...)
{
    GW_AUTO_VALUE(gw_buf) line = {};
    va_list args;
    va_start(args, format);
    gw_buf_addv(&line, format, args);
    va_end(args);
    add_paragraph(t, in, gw_buf_text(&line));
}

static void add_word(struct gw_buf *out, const char *word)
{
    for (; *word != 0; word++)
        gw_buf_add(out, *word == '_' ? " " : word, 1);
}

static void tell_asked(const struct telling *t, const struct gw_json *j)
{
    static const struct {
        const char *key, *name;
    } asked[] = { { "photo", "Photograph" }, { "fingerprints", "fingerprints" }, { "iris", "iris" }, { "alternative", "who declines" } };
    GW_AUTO_VALUE(gw_buf) line = {};
    for (size_t i = 0; i < GW_COUNT(asked); i++) {
        gw_buf_addf(&line, "%s%s: ", i == 0 ? "" : "; ", asked[i].name);
        add_word(&line, text_of(j, asked[i].key));
    }
    gw_buf_add_text(&line, ".");
    add_paragraph(t, 0, gw_buf_text(&line));
}

static void tell_kept(const struct telling *t, const struct gw_json *retention)
{
    const struct gw_json *starts = gw_json_get(retention, "starts"), *data = gw_json_get(retention, "transfer_data");
    add_line(t, 0, "Kept:");
    for (int d = 0; d < GW_DATUM_COUNT; d++) {
        const char *name = gw_datum_name((enum gw_datum)d), *period = text_of(retention, name);
        GW_AUTO_VALUE(gw_buf) what = {};
        add_word(&what, name);
        GW_AUTO_VALUE(gw_buf) from = {};
        add_word(&from, text_of(starts, name));
        if (*period != 0)
            add_line(t, INDENT, "%s %s after %s", gw_buf_text(&what), period, gw_buf_text(&from));
        else if (gw_json_get(retention, name) != NULL)
            add_line(t, INDENT, "%s not at all", gw_buf_text(&what));
    }
    GW_AUTO_VALUE(gw_buf) leaves = {};
    for (size_t i = 0; i < gw_json_size(data); i++) {
        struct gw_span datum;
        if (gw_json_string(gw_json_at(data, i), &datum))
            gw_buf_addf(&leaves, "%s%.*s", i == 0 ? "" : " and ", (int)datum.size, (const char *)datum.data);
    }
    if (leaves.size == 0) {
        add_line(t, 0, "Nothing leaves.");
        return;
    }
    GW_AUTO_VALUE(gw_buf) to = {};
    add_word(&to, text_of(retention, "transfer"));
    add_line(t, 0, "To the %s goes: %s, within %s after %s; nothing else leaves.", gw_buf_text(&to), gw_buf_text(&leaves),
        text_of(retention, "transfer_within"), text_of(starts, "transfer"));
}

static void tell_comparison(const struct telling *t, const struct gw_json *j)
{
    int64_t attempts = 0;
    double rate = 0;
    GW_AUTO_VALUE(gw_buf) line = {};
    if (!gw_json_get_integer(j, "attempts", &attempts) || !gw_json_get_real(j, "fpir", &rate))
        return;
    gw_buf_addf(&line, "%lld attempts; a search may err by at most %g (FPIR)", (long long)attempts, rate);
    if (gw_json_get_real(j, "fmr", &rate))
        gw_buf_addf(&line, ", a comparison with the document presented by %g (FMR)", rate);
    add_line(t, 0, "%s. An officer may%s let pass against it.", gw_buf_text(&line), is_set(j, "override_allowed") ? "" : " not");
}

static void tell_path(const struct telling *t, const struct gw_json *path)
{
    if (gw_json_size(path) > 0)
        add_line(t, 0, "How it came to that:");
    for (size_t i = 0; i < gw_json_size(path); i++) {
        const struct gw_json *step = gw_json_at(path, i), *because = gw_json_get(step, "because");
        const bool open = gw_json_kind(gw_json_get(step, "applies")) == GW_JSON_NULL;
        add_line(t, INDENT, "%s (%s) %s", text_of(step, "rule"), text_of(step, "title"),
            open ? "may apply" : is_set(step, "applies") ? "applies" : "does not apply");
        for (size_t k = 0; k < gw_json_size(because); k++) {
            struct gw_span why;
            if (gw_json_string(gw_json_at(because, k), &why))
                add_line(t, (size_t)2 * INDENT, "%.*s", (int)why.size, (const char *)why.data);
        }
    }
}

void gw_pack_explain_print(struct gw_buf *out, const struct gw_json *j, size_t columns)
{
    const struct telling t = { out, GW_MAX(columns, (size_t)LEAST_COLUMNS) };
    const struct gw_json *missing = gw_json_get(j, "unrecorded"), *sources = gw_json_get(j, "sources"), *unconfirmed = gw_json_get(j, "unconfirmed");
    tell_asked(&t, j);
    add_line(&t, 0, "Rule %s of the pack %s:", text_of(j, "rule"), text_of(j, "pack"));
    add_paragraph(&t, INDENT, text_of(j, "basis"));
    if (gw_json_get(j, "signed_by") == NULL) /* not in force on that day */
        return;
    tell_kept(&t, gw_json_get(j, "retention"));
    tell_comparison(&t, j);
    if (gw_json_size(missing) > 0)
        add_line(&t, 0, "Not recorded, and taken for granted:");
    for (size_t i = 0; i < gw_json_size(missing); i++) {
        const struct gw_json *m = gw_json_at(missing, i);
        GW_AUTO_VALUE(gw_buf) fact = {};
        add_word(&fact, text_of(m, "fact"));
        add_line(&t, INDENT, "%s: %s. %s", gw_buf_text(&fact), text_of(m, "taken_as"), text_of(m, "because"));
    }
    tell_path(&t, gw_json_get(j, "path"));
    add_line(&t, 0, "It rests on:");
    for (size_t i = 0; i < gw_json_size(sources); i++) {
        const struct gw_json *s = gw_json_at(sources, i);
        add_line(&t, INDENT, "%s (%s): %s", text_of(s, "id"), text_of(s, "tag"), text_of(s, "citation"));
    }
    GW_AUTO_VALUE(gw_buf) open = {};
    for (size_t i = 0; i < gw_json_size(unconfirmed); i++) {
        struct gw_span what;
        if (gw_json_string(gw_json_at(unconfirmed, i), &what))
            gw_buf_addf(&open, "%s%.*s", i == 0 ? "" : ", ", (int)what.size, (const char *)what.data);
    }
    if (open.size > 0)
        add_line(&t, 0, "Remembered and not confirmed, so to be checked before anybody is told: %s.", gw_buf_text(&open));
}
