/* get_notice.c - what travelers are told: as JSON for pages and screens, as text, as a
 * piece of a page. */
#include "http/exchange.h"

#include <stdio.h>

static struct gw_json *list_of(const char *const *texts, size_t n)
{
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add_text(list, texts[i]);
    return list;
}

/* Scripts that run from right to left, by language (BCP 47, without its later parts). */
static const char *direction_of(const char *language)
{
    static const char *const rtl[] = { "ar", "fa", "he", "ps", "ur", "yi" };
    for (size_t i = 0; i < GW_COUNT(rtl); i++)
        if (strncmp(language, rtl[i], 2) == 0 && (language[2] == 0 || language[2] == '-'))
            return "rtl";
    return "ltr";
}

static struct gw_json *to_json(const struct gw_service_notice *n, const struct gw_notice_ask *ask)
{
    static const char *const modes[] = { "air", "sea", "land" }, *const directions[] = { "arrival", "departure" };
    struct gw_json *j = gw_json_object(), *groups = gw_json_array();
    gw_json_set_text(j, "site", n->site);
    gw_json_set_text(j, "mode", ask->has_mode ? modes[ask->mode] : NULL);
    gw_json_set_text(j, "direction", ask->has_direction ? directions[ask->direction] : NULL);
    gw_json_set_text(j, "language", n->notice.language);
    gw_json_set_text(j, "text_direction", direction_of(n->notice.language));
    gw_json_set(j, "languages", list_of(n->languages, n->n_languages));
    gw_json_set_text(j, "version", n->version);
    gw_json_set_text(j, "pack", n->pack);
    gw_json_set_text(j, "authority", n->authority);
    gw_json_set_date_or_null(j, "effective_from", n->effective_from);
    gw_json_set_date_or_null(j, "effective_until", n->effective_until);
    gw_json_set_text(j, "title", n->notice.title);
    gw_json_set_text(j, "introduction", n->notice.intro);
    for (size_t i = 0; i < n->notice.n_groups; i++) {
        const struct gw_notice_group *g = &n->notice.groups[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "who", g->who);
        gw_json_set_text(o, "photo", gw_consent_name(g->photo));
        gw_json_set_text(o, "alternative", gw_alternative_name(g->alternative));
        gw_json_set(o, "sentences", list_of(g->sentences, g->n_sentences));
        gw_json_add(groups, o);
    }
    gw_json_set(j, "groups", groups);
    gw_json_set_text(j, "closing", n->notice.closing);
    gw_json_set_text(j, "text", n->text);
    return j;
}

static void add_html(struct gw_buf *out, const char *text)
{
    for (const char *p = text; *p != 0; p++)
        if (*p == '&' || *p == '<' || *p == '>' || *p == '"')
            gw_buf_addf(out, "&#%d;", *p);
        else
            gw_buf_add(out, p, 1);
}

static void add_element(struct gw_buf *out, const char *tag, const char *text)
{
    gw_buf_addf(out, "<%s>", tag);
    add_html(out, text);
    gw_buf_addf(out, "</%s>\n", tag);
}

static void add_page(struct gw_buf *out, const struct gw_service_notice *n)
{
    gw_buf_addf(out, "<article class=\"notice\" lang=\"%s\" dir=\"%s\" data-pack=\"%s\" data-version=\"%s\">\n", n->notice.language,
        direction_of(n->notice.language), n->pack, n->version);
    add_element(out, "h1", n->notice.title);
    add_element(out, "p", n->notice.intro);
    for (size_t i = 0; i < n->notice.n_groups; i++) {
        const struct gw_notice_group *g = &n->notice.groups[i];
        gw_buf_addf(out, "<section class=\"%s\">\n", gw_consent_name(g->photo));
        for (size_t k = 0; k < g->n_sentences; k++)
            add_element(out, k == 0 ? "h2" : "p", g->sentences[k]);
        gw_buf_add_text(out, "</section>\n");
    }
    add_element(out, "footer", n->notice.closing);
    gw_buf_add_text(out, "</article>\n");
}

static bool read_word(bool *has, const struct gw_exchange *x, const char *name, bool (*find)(struct gw_notice_ask *ask, const char *word),
    struct gw_notice_ask *ask, const char *words, struct gw_err *err)
{
    char text[16];
    struct gw_span word = {};
    *has = gw_uri_query(&x->asked->uri, name, &word);
    snprintf(text, sizeof text, "%.*s", (int)GW_MIN(word.size, sizeof text - 1), (const char *)word.data);
    return !*has || find(ask, text) || gw_fail(err, GW_ERR_USAGE, "%s takes %s", name, words);
}

static bool find_mode(struct gw_notice_ask *ask, const char *word)
{
    return gw_pack_mode_find(&ask->mode, word);
}

static bool find_direction(struct gw_notice_ask *ask, const char *word)
{
    return gw_pack_direction_find(&ask->direction, word);
}

bool gw_get_notice(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_notice_ask ask = {};
    struct gw_service_notice n;
    if (!read_word(&ask.has_mode, x, "mode", find_mode, &ask, "air, sea or land", err) ||
        !read_word(&ask.has_direction, x, "direction", find_direction, &ask, "arrival or departure", err))
        return false;
    gw_uri_query(&x->asked->uri, "site", &ask.site);
    gw_uri_query(&x->asked->uri, "lang", &ask.language);
    if (!gw_service_notice(&n, x->mem, x->service, x->has_who ? &x->who : NULL, &ask, err))
        return false;
    gw_request_answer_header(x->request, "Content-Language", n.notice.language);
    x->request->status = 200;
    if (gw_exchange_wants(x, "text/plain")) {
        x->request->type = "text/plain; charset=utf-8";
        gw_buf_add_text(&x->request->answer, n.text);
        return true;
    }
    if (gw_exchange_wants(x, "text/html")) {
        x->request->type = "text/html; charset=utf-8";
        add_page(&x->request->answer, &n);
        return true;
    }
    GW_AUTO(gw_json) *j = to_json(&n, &ask);
    return gw_exchange_json(x, 200, j);
}
