/* notice.c - what travelers are told, made from the rules themselves: what is
 * collected, from whom, how long it is kept, how to decline. */
#include "policy/inside.h"

#include <stdio.h>
#include <string.h>

enum { LANGUAGES_MAX = 40, DURATIONS_MAX = 100 };

const char *const gw_phrase_names[GW_PHRASE_COUNT] = {
#define GW_PHRASE(NAME, name) name,
#include "policy/phrase.def"
#undef GW_PHRASE
};

/* What may stand in braces in a phrase. */
static const char *const placeholders[] = { "site", "authority", "who", "kept", "crossing", "register", "within", "from", "pack" };

static bool next_brace(struct gw_span *name, size_t *at, size_t *end, const char *text)
{
    const char *open = strchr(text + *at, '{');
    if (open == NULL)
        return false;
    const char *close = strchr(open, '}');
    *at = (size_t)(open - text);
    *end = close == NULL ? strlen(text) : (size_t)(close - text) + 1;
    *name = gw_span_of(open + 1, close == NULL ? 0 : (size_t)(close - open) - 1);
    return true;
}

bool gw_phrase_check(struct gw_span *bad, const char *text)
{
    for (size_t at = 0, end; next_brace(bad, &at, &end, text); at = end) {
        bool known = false;
        for (size_t i = 0; i < GW_COUNT(placeholders); i++)
            known = known || gw_span_is(*bad, placeholders[i]);
        if (!known)
            return false;
    }
    return true;
}

const char *gw_notice_duration(const struct gw_pack_language *l, struct gw_period period)
{
    char text[GW_PERIOD_TEXT];
    gw_period_format(text, period);
    for (size_t i = 0; i < l->n_durations; i++)
        if (strcmp(l->durations[i].period, text) == 0)
            return l->durations[i].text;
    return NULL;
}

/* ---- what a rule has to say ---------------------------------------------- */

static enum gw_phrase phrase_of_consent(enum gw_consent c)
{
    static const enum gw_phrase of[] = { GW_PHRASE_REQUIRED, GW_PHRASE_VOLUNTARY, GW_PHRASE_EXEMPT, GW_PHRASE_NOT_AUTHORISED };
    return of[c];
}

static bool is_taken(const struct gw_pack_rule *t)
{
    return t->photo == GW_CONSENT_REQUIRED || t->photo == GW_CONSENT_VOLUNTARY;
}

static enum gw_phrase phrase_of_probe(const struct gw_pack_rule *t)
{
    const struct gw_keep *k = &t->retention->keep[GW_DATUM_PROBE];
    if (!k->has)
        return GW_PHRASE_NOT_KEPT;
    switch (k->starts) {
    case GW_STARTS_VERIFICATION:
        return GW_PHRASE_KEPT_VERIFICATION;
    case GW_STARTS_CLOSE:
        return GW_PHRASE_KEPT_CLOSE;
    case GW_STARTS_DEPARTURE:
        return GW_PHRASE_KEPT_DEPARTURE;
    case GW_STARTS_CROSSING:
    case GW_STARTS_LAST_EXIT:
    case GW_STARTS_END_OF_STAY:
    case GW_STARTS_TRANSFER:
    case GW_STARTS_COUNT:
        break;
    }
    return GW_PHRASE_KEPT_CROSSING;
}

/* What somebody is told who declined; false: nothing. */
static bool phrase_instead(enum gw_phrase *out, enum gw_alternative a)
{
    *out = a == GW_ALTERNATIVE_DOCUMENT_INSPECTION ? GW_PHRASE_INSTEAD_INSPECTION : GW_PHRASE_INSTEAD_REFERRAL;
    return a != GW_ALTERNATIVE_NONE;
}

/* Phrases and periods that are told of a rule. */
struct telling {
    enum gw_phrase phrases[6];
    size_t n_phrases;
    struct gw_period periods[4];
    size_t n_periods;
};

static struct telling telling_of(const struct gw_pack_rule *t)
{
    struct telling s = {};
    s.phrases[s.n_phrases++] = phrase_of_consent(t->photo);
    if (is_taken(t)) {
        s.phrases[s.n_phrases++] = phrase_of_probe(t);
        if (t->retention->keep[GW_DATUM_PROBE].has)
            s.periods[s.n_periods++] = t->retention->keep[GW_DATUM_PROBE].period;
        if (t->transfer != NULL) {
            s.phrases[s.n_phrases++] = GW_PHRASE_TRANSFER;
            s.periods[s.n_periods++] = t->transfer_within;
            if (t->retention->keep[GW_DATUM_REGISTER].has)
                s.periods[s.n_periods++] = t->retention->keep[GW_DATUM_REGISTER].period;
        }
        if (t->alternative == GW_ALTERNATIVE_DOCUMENT_INSPECTION)
            s.phrases[s.n_phrases++] = GW_PHRASE_DECLINE_INSPECTION;
        if (t->alternative == GW_ALTERNATIVE_OFFICER_REFERRAL)
            s.phrases[s.n_phrases++] = GW_PHRASE_DECLINE_REFERRAL;
    }
    if (t->retention->keep[GW_DATUM_CROSSING].has) {
        s.phrases[s.n_phrases++] = GW_PHRASE_CROSSING;
        s.periods[s.n_periods++] = t->retention->keep[GW_DATUM_CROSSING].period;
    }
    return s;
}

/* ---- reading ------------------------------------------------------------- */

static bool read_durations(struct gw_pack_language *l, struct gw_pack_reader *r, const struct gw_json *j)
{
    const struct gw_json *all = gw_json_get(j, "durations");
    const char *period;
    bool fine = true;
    size_t n = gw_json_size(all), mark = gw_pack_enter(r, "durations");
    if (gw_json_kind(all) != GW_JSON_OBJECT)
        fine = gw_pack_error(r, "missing", "\"durations\" is missing: how periods are said, as \"12h\": \"12 hours\"");
    else if (n > DURATIONS_MAX)
        fine = gw_pack_error(r, "limit", "at most %d durations", DURATIONS_MAX);
    else
        l->durations = gw_pack_array(r, n, sizeof *l->durations);
    for (size_t i = 0; fine && l->durations != NULL && gw_json_member(all, i, &period, NULL) && !r->full; i++) {
        struct gw_period p;
        size_t inner = gw_pack_enter(r, period);
        struct gw_pack_duration *d = &l->durations[l->n_durations++];
        char normal[GW_PERIOD_TEXT] = "";
        if (gw_period_parse(&p, gw_span_str(period)))
            gw_period_format(normal, p);
        if (normal[0] == 0)
            fine = gw_pack_error(r, "period", "\"%.40s\" is no period as 12h or 14d", period);
        gw_pack_leave(r, inner);
        d->period = gw_pack_text(r, normal);
        fine = fine && d->period != NULL && (d->text = gw_pack_want_text(r, all, period)) != NULL;
    }
    gw_pack_leave(r, mark);
    return fine && !r->full;
}

static bool read_language(struct gw_pack_language *l, struct gw_pack_reader *r, const struct gw_json *j)
{
    const char *keys[GW_PHRASE_COUNT + 1];
    memcpy(keys, gw_phrase_names, sizeof gw_phrase_names);
    keys[GW_PHRASE_COUNT] = "durations";
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys));
    if ((l->phrases = gw_pack_array(r, GW_PHRASE_COUNT, sizeof *l->phrases)) == NULL)
        return false;
    bool needed[GW_PHRASE_COUNT] = { [GW_PHRASE_TITLE] = true, [GW_PHRASE_AUTHORITY] = true, [GW_PHRASE_INTRO] = true, [GW_PHRASE_CLOSING] = true };
    for (size_t i = 0; i < r->p->n_rules; i++) {
        struct telling t = telling_of(&r->p->rules[i]);
        enum gw_phrase instead;
        for (size_t k = 0; k < t.n_phrases && r->p->inside[i].who != NULL; k++)
            needed[t.phrases[k]] = true;
        if (is_taken(&r->p->rules[i]) && phrase_instead(&instead, r->p->rules[i].alternative))
            needed[instead] = true;
    }
    for (size_t i = 0; i < GW_PHRASE_COUNT && !r->full; i++) {
        struct gw_span bad;
        if (gw_json_get(j, gw_phrase_names[i]) == NULL && !needed[i])
            continue;
        if ((l->phrases[i] = gw_pack_want_text(r, j, gw_phrase_names[i])) == NULL) {
            fine = false;
        } else if (!gw_phrase_check(&bad, l->phrases[i])) {
            size_t mark = gw_pack_enter(r, gw_phrase_names[i]);
            fine = gw_pack_error(r, "placeholder", "{%.*s} is no placeholder of notices", (int)GW_MIN(bad.size, (size_t)40), (const char *)bad.data);
            gw_pack_leave(r, mark);
        }
    }
    fine = fine && read_durations(l, r, j);
    for (size_t i = 0; fine && i < r->p->n_rules; i++) {
        struct telling t = telling_of(&r->p->rules[i]);
        for (size_t k = 0; k < t.n_periods && r->p->inside[i].who != NULL; k++)
            if (gw_notice_duration(l, t.periods[k]) == NULL) {
                char text[GW_PERIOD_TEXT];
                gw_period_format(text, t.periods[k]);
                size_t mark = gw_pack_enter(r, "durations");
                fine = gw_pack_error(r, "missing_duration", "nothing says \"%s\" in this language, and rule \"%s\" needs it", text, r->p->rules[i].id);
                gw_pack_leave(r, mark);
            }
    }
    return fine && !r->full;
}

static bool read_who(struct gw_pack_reader *r, size_t rule, const struct gw_json *j)
{
    struct gw_pack *p = r->p;
    const struct gw_json *who = gw_json_get(j, "who");
    if (who == NULL)
        return gw_pack_error(r, "missing", "\"who\" is missing: whom notices name, by language; null where the rule is not told");
    if (gw_json_kind(who) == GW_JSON_NULL)
        return true;
    size_t mark = gw_pack_enter(r, "who");
    bool fine = gw_pack_keys(r, who, p->language_codes, p->n_languages) &&
                (p->inside[rule].who = gw_pack_array(r, p->n_languages, sizeof *p->inside[rule].who)) != NULL;
    for (size_t k = 0; fine && k < p->n_languages; k++)
        fine = (p->inside[rule].who[k] = gw_pack_want_text(r, who, p->language_codes[k])) != NULL;
    gw_pack_leave(r, mark);
    return fine;
}

static bool is_language(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return n >= 2 && n <= 12 && s[n] == 0;
}

bool gw_notice_read(struct gw_pack_reader *r, const struct gw_json *pack)
{
    struct gw_pack *p = r->p;
    const struct gw_json *all = gw_json_get(pack, "notices"), *rules = gw_json_get(pack, "rules"), *j;
    const char *code;
    bool fine = true;
    size_t n = gw_json_size(all);
    if (gw_json_kind(all) != GW_JSON_OBJECT || n == 0)
        return gw_pack_error(r, "missing", "\"notices\" is missing: what travelers are told, by language");
    if (n > LANGUAGES_MAX)
        return gw_pack_error(r, "limit", "at most %d languages", LANGUAGES_MAX);
    if ((p->languages = gw_pack_array(r, n, sizeof *p->languages)) == NULL ||
        (p->language_codes = gw_pack_array(r, n, sizeof *p->language_codes)) == NULL)
        return false;
    size_t mark = gw_pack_enter(r, "notices");
    for (size_t i = 0; gw_json_member(all, i, &code, NULL) && !r->full; i++) {
        size_t inner = gw_pack_enter(r, code);
        if (!is_language(code))
            fine = gw_pack_error(r, "language", "a language is written en, zh or pt-BR (BCP 47)");
        p->languages[i].code = p->language_codes[i] = gw_pack_text(r, code);
        gw_pack_leave(r, inner);
        p->n_languages = i + 1;
    }
    gw_pack_leave(r, mark);
    if (r->full)
        return false;
    mark = gw_pack_enter(r, "rules");
    for (size_t i = 0; i < p->n_rules && !r->full; i++) {
        size_t inner = gw_pack_enter_item(r, i);
        fine = read_who(r, i, gw_json_at(rules, i)) && fine;
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    mark = gw_pack_enter(r, "notices");
    for (size_t i = 0; fine && gw_json_member(all, i, &code, &j) && !r->full; i++) {
        size_t inner = gw_pack_enter(r, code);
        fine = read_language(&p->languages[i], r, j) && fine;
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine && !r->full;
}

/* ---- writing ------------------------------------------------------------- */

struct words { /* by placeholder; NULL: nothing */
    const char *site, *authority, *who, *kept, *crossing, *reg, *within, *from, *pack;
};

static void add_phrase(struct gw_buf *out, const char *text, const struct words *w)
{
    const char *const values[] = { w->site, w->authority, w->who, w->kept, w->crossing, w->reg, w->within, w->from, w->pack };
    static_assert(GW_COUNT(values) == GW_COUNT(placeholders));
    struct gw_span name;
    size_t done = 0;
    for (size_t at = 0, end; next_brace(&name, &at, &end, text); at = end) {
        gw_buf_add(out, text + done, at - done);
        for (size_t i = 0; i < GW_COUNT(placeholders); i++)
            if (gw_span_is(name, placeholders[i]) && values[i] != NULL)
                gw_buf_add_text(out, values[i]);
        done = end;
    }
    gw_buf_add_text(out, text + done);
}

/* Rules that may come up at the place, whoever comes. */
static void rules_at(bool *comes, const struct gw_pack *p, const struct gw_pack_place *place)
{
    uint16_t fixed[GW_DIM_COUNT];
    const uint16_t open = UINT16_MAX;
    for (size_t d = 0; d < GW_DIM_COUNT; d++)
        fixed[d] = open;
    fixed[GW_DIM_SITE] = gw_split_code(&p->split[GW_DIM_SITE], place->site);
    fixed[GW_DIM_DATE] = gw_split_range(&p->split[GW_DIM_DATE], gw_date_days(place->day));
    if (place->has_mode)
        fixed[GW_DIM_MODE] = p->split[GW_DIM_MODE].class_of_value[place->mode];
    if (place->has_direction)
        fixed[GW_DIM_DIRECTION] = p->split[GW_DIM_DIRECTION].class_of_value[place->direction];
    for (size_t cell = 0; cell < p->n_cells; cell++) {
        bool here = p->table[cell] < GW_CELL_MERGED;
        for (size_t d = 0; d < GW_DIM_COUNT && here; d++) {
            size_t c = cell / p->split[d].stride % p->split[d].n_classes;
            here = (fixed[d] == open || c == fixed[d]) && !(p->split[d].has_unknown && c == p->split[d].unknown_class);
        }
        if (here)
            comes[p->table[cell]] = true;
    }
}

/* Are two rules told in the same words, but for whom they are? */
static bool same_telling(const struct gw_pack_rule *a, const struct gw_pack_rule *b)
{
    struct telling x = telling_of(a), y = telling_of(b);
    if (x.n_phrases != y.n_phrases || x.n_periods != y.n_periods)
        return false;
    for (size_t i = 0; i < x.n_phrases; i++)
        if (x.phrases[i] != y.phrases[i])
            return false;
    for (size_t i = 0; i < x.n_periods; i++)
        if (x.periods[i].years != y.periods[i].years || x.periods[i].days != y.periods[i].days || x.periods[i].minutes != y.periods[i].minutes)
            return false;
    return true;
}

static const struct gw_pack_language *find_language(const struct gw_pack *p, const char *language)
{
    for (size_t i = 0; i < p->n_languages; i++)
        if (language == NULL || strcmp(p->language_codes[i], language) == 0)
            return &p->languages[i];
    return NULL;
}

static bool want_language(const struct gw_pack_language **out, const struct gw_pack *p, const char *language, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) names = {};
    if ((*out = find_language(p, language)) != NULL)
        return true;
    for (size_t i = 0; i < p->n_languages; i++)
        gw_buf_addf(&names, "%s%s", i == 0 ? "" : ", ", p->language_codes[i]);
    return gw_fail(err, GW_ERR_NOT_FOUND, "pack \"%s\" has no notice in \"%.12s\"; it has %s", p->name, language, gw_buf_text(&names));
}

static bool keep_phrase(const char **out, struct gw_arena *a, const char *text, const struct words *w, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) line = {};
    add_phrase(&line, text, w);
    return (*out = gw_arena_text(a, gw_buf_span(&line), err)) != NULL;
}

/* Is a rule after it told in the same words, too? */
static bool is_told_again(const struct gw_pack *p, const bool *comes, size_t rule)
{
    for (size_t k = rule + 1; k < p->n_rules; k++)
        if (comes[k] && p->inside[k].who != NULL && same_telling(&p->rules[rule], &p->rules[k]))
            return true;
    return false;
}

/* Names everybody who is told the same as rule `last`, each once. */
static void gather(struct gw_buf *who, const bool *comes, const struct gw_pack *p, size_t last, size_t language)
{
    bool joined[GW_PACK_RULES_MAX] = {};
    for (size_t k = 0; k <= last; k++) {
        joined[k] = comes[k] && p->inside[k].who != NULL && same_telling(&p->rules[last], &p->rules[k]);
        bool again = false;
        for (size_t m = 0; joined[k] && m < k; m++)
            again = again || (joined[m] && strcmp(p->inside[m].who[language], p->inside[k].who[language]) == 0);
        if (joined[k] && !again)
            gw_buf_addf(who, "%s%s", who->size == 0 ? "" : "; ", p->inside[k].who[language]);
    }
}

static bool tell_group(struct gw_notice_group *g, struct gw_arena *a, const struct gw_pack_language *l,
    const struct gw_pack_rule *t, const char *who, struct words w, struct gw_err *err)
{
    const struct telling s = telling_of(t);
    *g = (struct gw_notice_group){ .who = gw_arena_text(a, gw_span_str(who), err), .photo = t->photo, .alternative = t->alternative };
    g->sentences = gw_arena_array(a, s.n_phrases, const char *, err);
    if (g->who == NULL || g->sentences == NULL)
        return false;
    w.who = g->who;
    w.kept = gw_notice_duration(l, t->retention->keep[GW_DATUM_PROBE].period);
    w.crossing = gw_notice_duration(l, t->retention->keep[GW_DATUM_CROSSING].period);
    w.reg = gw_notice_duration(l, t->retention->keep[GW_DATUM_REGISTER].period);
    w.within = gw_notice_duration(l, t->transfer_within);
    for (; g->n_sentences < s.n_phrases; g->n_sentences++)
        if (!keep_phrase(&g->sentences[g->n_sentences], a, l->phrases[s.phrases[g->n_sentences]], &w, err))
            return false;
    return true;
}

bool gw_pack_notice(struct gw_notice *out, struct gw_arena *a, const struct gw_pack *p, const struct gw_pack_place *place,
    const char *language, struct gw_err *err)
{
    const struct gw_pack_language *l;
    *out = (struct gw_notice){};
    if (!want_language(&l, p, language, err))
        return false;
    if (!gw_pack_in_force(p, place->day))
        return gw_fail(err, GW_ERR_CONFLICT, "pack \"%s\" is not in force on that day", p->name);
    char from[GW_DATE_TEXT];
    gw_date_format(from, p->from);
    const struct words w = { .site = place->site, .authority = l->phrases[GW_PHRASE_AUTHORITY], .from = from, .pack = p->name };
    bool comes[GW_PACK_RULES_MAX] = {};
    rules_at(comes, p, place);
    out->groups = gw_arena_array(a, p->n_rules, struct gw_notice_group, err);
    if (out->groups == NULL || (out->language = gw_arena_text(a, gw_span_str(l->code), err)) == NULL ||
        !keep_phrase(&out->title, a, l->phrases[GW_PHRASE_TITLE], &w, err) ||
        !keep_phrase(&out->intro, a, l->phrases[GW_PHRASE_INTRO], &w, err) ||
        !keep_phrase(&out->closing, a, l->phrases[GW_PHRASE_CLOSING], &w, err))
        return false;
    for (size_t i = 0; i < p->n_rules; i++) {
        GW_AUTO_VALUE(gw_buf) who = {};
        /* Where the last of them stands, so that "all others" come last. */
        if (!comes[i] || p->inside[i].who == NULL || is_told_again(p, comes, i))
            continue;
        gather(&who, comes, p, i, (size_t)(l - p->languages));
        if (!tell_group(&out->groups[out->n_groups++], a, l, &p->rules[i], gw_buf_text(&who), w, err))
            return false;
    }
    return true;
}

void gw_notice_print(struct gw_buf *out, const struct gw_notice *n)
{
    gw_buf_addf(out, "%s\n\n%s\n", n->title, n->intro);
    for (size_t i = 0; i < n->n_groups; i++)
        for (size_t k = 0; k < n->groups[i].n_sentences; k++)
            gw_buf_addf(out, "%s%s\n", k == 0 ? "\n" : "  ", n->groups[i].sentences[k]);
    gw_buf_addf(out, "\n%s\n", n->closing);
}

const char *gw_pack_instead(struct gw_buf *out, const struct gw_pack *p, enum gw_alternative alternative, const char *site,
    const char *language)
{
    enum gw_phrase phrase;
    char from[GW_DATE_TEXT];
    const struct gw_pack_language *l = find_language(p, language);
    assert(p->n_languages > 0 && p->languages != NULL); /* gw_notice_read lets no other pass */
    l = l == NULL ? &p->languages[0] : l;
    gw_date_format(from, p->from);
    const struct words w = { .site = site, .authority = l->phrases[GW_PHRASE_AUTHORITY], .from = from, .pack = p->name };
    /* Of a rule that takes no photograph the pack need not say it. */
    if (phrase_instead(&phrase, alternative) && l->phrases[phrase] != NULL)
        add_phrase(out, l->phrases[phrase], &w);
    return l->code;
}
