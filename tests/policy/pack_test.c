/* pack_test.c - rule packs: what each that ships decides for everybody, what is
 * refused and on which line, signatures, midnights and birthdays.
 *
 * GANGWAY_TEST_ACCEPT=1 writes golden/policy/packs/NAME.want anew; then read the diff. */
#include "base/buf.h"
#include "document/state.h"
#include "policy/pack.h"
#include "tests/check.h"

#include <dirent.h>

static char folder[512]; /* packs/ */
static struct gw_pack_key keys[8];
static size_t n_keys;

static struct gw_pack_options trusted(void)
{
    return (struct gw_pack_options){ .keys = keys, .n_keys = n_keys, .country = gw_state_country };
}

static struct gw_pack_options draft(void)
{
    return (struct gw_pack_options){ .unsigned_too = true, .country = gw_state_country };
}

static void load(struct gw_buf *text, const char *name)
{
    char path[700];
    struct gw_err err;
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    gw_buf_clear(text);
    CHECK_OK(gw_buf_read_file(text, path, GW_PACK_BYTES_MAX, &err));
}

static const struct gw_pack *pack(struct gw_arena *a, const char *name)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    const struct gw_pack_options options = trusted();
    const struct gw_pack *p = NULL;
    load(&text, name);
    CHECK_OK(gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err));
    return p;
}

static struct gw_date day(const char *text)
{
    struct gw_date d = {};
    CHECK(gw_date_parse(&d, gw_span_str(text)));
    return d;
}

/* "citizenship status birth mode direction site", - where there is none. */
static struct gw_pack_facts person(const char *on, const char *words)
{
    char cit[4], status[17], birth[16], mode[8], direction[16], site[17];
    struct gw_pack_facts f = { .day = day(on), .document = GW_PACK_DOCUMENT_PASSPORT };
    CHECK_INT(sscanf(words, "%3s %16s %15s %7s %15s %16s", cit, status, birth, mode, direction, site), 6);
    if (cit[0] != '-') {
        snprintf(f.citizenship, sizeof f.citizenship, "%s", cit);
        CHECK(gw_state_country(cit) != NULL);
        snprintf(f.country, sizeof f.country, "%s", gw_state_country(cit));
    }
    if (status[0] != '-')
        snprintf(f.status, sizeof f.status, "%s", status);
    if (birth[0] != '-')
        f.birth_first = f.birth_last = day(birth);
    CHECK(gw_pack_mode_find(&f.mode, mode) && gw_pack_direction_find(&f.direction, direction));
    snprintf(f.site, sizeof f.site, "%s", site);
    return f;
}

/* ---- golden: everybody --------------------------------------------------- */

static const struct named {
    const char *label;
} shipped[] = { { "us-2008" }, { "us-2025-12-26" }, { "eu-ees" }, { "template" } };

/* A pack compared with itself lists, for each rule, all kinds of persons it decides for. */
static void everybody_test(void **state)
{
    const struct named *n = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, n->label);
    struct gw_err err;
    GW_AUTO(gw_json) *all = gw_pack_diff(p, p, &err);
    GW_AUTO_VALUE(gw_buf) got = {};
    GW_AUTO_VALUE(gw_buf) want = {};
    CHECK(all != NULL);
    int64_t changed = -1;
    CHECK(gw_json_get_integer(all, "changed", &changed) && changed == 0);
    const struct gw_json *rows = gw_json_get(all, "rows");
    for (size_t i = 0; i < gw_json_size(rows); i++) {
        const struct gw_json *row = gw_json_at(rows, i), *who = gw_json_get(row, "who"), *value;
        const char *key, *text = "";
        const struct gw_json *answer = gw_json_get(row, "after");
        gw_json_get_text(answer, "rule", &text);
        gw_buf_addf(&got, "%s\n", text);
        for (size_t k = 0; k < gw_json_size(who); k++) {
            gw_buf_add_text(&got, "  for");
            for (size_t m = 0; gw_json_member(gw_json_at(who, k), m, &key, &value); m++) {
                gw_json_get_text(gw_json_at(who, k), key, &text);
                gw_buf_addf(&got, "%s %s %s", m == 0 ? "" : ",", key, text);
            }
            gw_buf_add_text(&got, gw_json_size(gw_json_at(who, k)) == 0 ? " everybody\n" : "\n");
        }
        for (size_t m = 2; gw_json_member(answer, m, &key, &value); m++) {
            gw_json_get_text(answer, key, &text);
            gw_buf_addf(&got, "  %s: %s\n", key, text);
        }
    }
    char path[700];
    snprintf(path, sizeof path, "%s/../tests/golden/policy/packs/%s.want", folder, n->label);
    if (getenv("GANGWAY_TEST_ACCEPT") != NULL)
        CHECK_OK(gw_buf_write_file(gw_buf_span(&got), path, 0644, &err));
    CHECK_OK(gw_buf_read_file(&want, path, 1 << 20, &err));
    if (strcmp(gw_buf_text(&got), gw_buf_text(&want)) != 0) {
        const char *g = gw_buf_text(&got), *w = gw_buf_text(&want);
        size_t i = 0, line = 0;
        for (; g[i] == w[i]; i++)
            if (g[i] == '\n')
                line = i + 1;
        fail_msg("%s.want: wanted \"%.*s\", got \"%.*s\"", n->label, (int)strcspn(w + line, "\n"), w + line,
            (int)strcspn(g + line, "\n"), g + line);
    }
}

/* ---- everybody again, by another road ------------------------------------ */

/* What the file says, read naively: recursive, with strings, no table. */
static bool holds(const struct gw_json *pack_json, const struct gw_json *c, const struct gw_pack_facts *f);

static bool in_list(const struct gw_json *list, const char *a, const char *b)
{
    bool one = gw_json_kind(list) != GW_JSON_ARRAY;
    for (size_t i = 0; i < (one ? 1 : gw_json_size(list)); i++) {
        const struct gw_json *v = one ? list : gw_json_at(list, i);
        struct gw_span s;
        if (gw_json_kind(v) == GW_JSON_NULL ? a[0] == 0 : gw_json_string(v, &s) && (gw_span_is(s, a) || gw_span_is(s, b)))
            return true;
    }
    return false;
}

static bool holds_key(const struct gw_json *j, const char *key, const struct gw_json *v, const struct gw_pack_facts *f)
{
    static const char *const modes[] = { "air", "sea", "land" }, *const directions[] = { "arrival", "departure" };
    int64_t from = 0, below = 1000;
    bool flag = false;
    if (strcmp(key, "citizenship") == 0)
        return in_list(v, f->citizenship, f->country);
    if (strcmp(key, "status") == 0)
        return in_list(v, f->status, f->status);
    if (strcmp(key, "site") == 0)
        return in_list(v, f->site, f->site);
    if (strcmp(key, "site_at_most") == 0)
        return true;
    if (strcmp(key, "document") == 0)
        return in_list(v, gw_pack_document_name(f->document), "");
    if (strcmp(key, "mode") == 0)
        return in_list(v, modes[f->mode], "");
    if (strcmp(key, "direction") == 0)
        return in_list(v, directions[f->direction], "");
    if (strcmp(key, "age") == 0) {
        gw_json_get_integer(v, "from", &from);
        gw_json_get_integer(v, "below", &below);
        int age = gw_date_age(f->birth_first, f->day);
        return age >= from && age < below;
    }
    GW_AUTO(gw_json) *o = gw_json_object();
    (void)o;
    if (strcmp(key, "permanent_resident") == 0 || strcmp(key, "accompanied") == 0) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_json_format(&text, v, false);
        flag = strcmp(gw_buf_text(&text), "true") == 0;
        return flag == ((key[0] == 'p' ? f->permanent_resident : f->accompanied) == GW_PACK_YES);
    }
    if (strcmp(key, "any") == 0) {
        for (size_t i = 0; i < gw_json_size(v); i++)
            if (holds(j, gw_json_at(v, i), f))
                return true;
        return false;
    }
    if (strcmp(key, "all") == 0) {
        for (size_t i = 0; i < gw_json_size(v); i++)
            if (!holds(j, gw_json_at(v, i), f))
                return false;
        return true;
    }
    if (strcmp(key, "not") == 0)
        return !holds(j, v, f);
    if (strcmp(key, "class") == 0)
        return holds(j, v, f);
    fail_msg("the test does not know \"%s\"", key);
    return false;
}

static bool holds(const struct gw_json *pack_json, const struct gw_json *c, const struct gw_pack_facts *f)
{
    struct gw_span name;
    if (gw_json_string(c, &name)) {
        char text[64];
        if (gw_span_is(name, "everybody"))
            return true;
        snprintf(text, sizeof text, "%.*s", (int)name.size, (const char *)name.data);
        return holds(pack_json, gw_json_get(gw_json_get(gw_json_get(pack_json, "classes"), text), "when"), f);
    }
    const char *key;
    const struct gw_json *v;
    for (size_t i = 0; gw_json_member(c, i, &key, &v); i++)
        if (!holds_key(pack_json, key, v, f))
            return false;
    return true;
}

static uint32_t state_;
static size_t pick(size_t n)
{
    state_ = state_ * 1664525u + 1013904223u;
    return (size_t)((uint64_t)state_ * n >> 32);
}

static void same_as_naive_test(void **state)
{
    static const char *const citizenships[] = { "USA", "PRI", "CAN", "MEX", "DEU", "D", "GBR", "GBO", "CHE", "MCO", "RKS", "XXK", "UNK",
        "XXA", "XXX", "UTO", "JPN", "VAT", "FRA", "ASM" };
    static const char *const statuses[] = { "", "A-1", "B-1", "B-2", "C", "C-3", "C-3-ATTENDANT", "D", "E-1", "E-1-TAIWAN", "FAMILY", "LBT",
        "CREW", "LPR", "G-4", "NATO-6", "RESIDENCE-CARD", "TN" };
    static const char *const sites[] = { "JFK", "ATL", "BOS", "USMIA", "ANZALDUAS", "OTAY-MESA", "FRA", "CAPITAL", "VILLAGE", "" };
    const struct named *n = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err;
    const struct gw_pack *p = pack(a, n->label);
    load(&text, n->label);
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&text), &err);
    const struct gw_json *rules = gw_json_get(j, "rules");
    const int64_t from = gw_date_days(gw_pack_from(p));
    bool met[GW_PACK_RULES_MAX] = {};
    state_ = 1;
    for (size_t i = 0; i < 30000; i++) {
        struct gw_pack_facts f = {
            .day = gw_date_from_days(from + (int64_t)pick(300)),
            .mode = (enum gw_pack_mode)pick(3),
            .direction = (enum gw_pack_direction)pick(2),
            .document = (enum gw_pack_document)pick(GW_PACK_DOCUMENT_COUNT),
            .permanent_resident = pick(4) == 0 ? GW_PACK_YES : GW_PACK_NO,
            .accompanied = pick(2) == 0 ? GW_PACK_YES : GW_PACK_NO,
        };
        snprintf(f.citizenship, sizeof f.citizenship, "%s", citizenships[pick(GW_COUNT(citizenships))]);
        snprintf(f.country, sizeof f.country, "%s", gw_state_country(f.citizenship));
        snprintf(f.status, sizeof f.status, "%s", statuses[pick(GW_COUNT(statuses))]);
        snprintf(f.site, sizeof f.site, "%s", sites[pick(GW_COUNT(sites))]);
        f.birth_first = f.birth_last = gw_date_from_days(gw_date_days(f.day) - (int64_t)pick(35000));
        const char *want = NULL;
        for (size_t r = 0; want == NULL; r++)
            if (holds(j, gw_json_get(gw_json_at(rules, r), "when"), &f)) {
                gw_json_get_text(gw_json_at(rules, r), "id", &want);
                met[r] = true;
            }
        struct gw_pack_decision d = gw_pack_decide(p, &f);
        CHECK_INT(d.outcome, GW_PACK_DECIDED);
        CHECK_TEXT(d.rule->id, want);
    }
    for (size_t r = 0; r < gw_json_size(rules); r++)
        if (!met[r])
            fail_msg("nobody met rule %zu", r);
}

/* ---- who, when ----------------------------------------------------------- */

static const struct person_row {
    const char *label, *pack, *day, *who, *want; /* "rule photo override" */
} person_rows[] = {
    { "the last day of childhood", "us-2025-12-26", "2026-03-14", "JPN B-2 2012-03-15 air departure JFK", "age-photo required 1" },
    { "the fourteenth birthday", "us-2025-12-26", "2026-03-15", "JPN B-2 2012-03-15 air departure JFK", "alien-required required 0" },
    { "born on 29 February, still thirteen on 28 February", "us-2025-12-26", "2026-02-28", "JPN B-2 2012-02-29 air departure JFK", "age-photo required 1" },
    { "born on 29 February, fourteen on 1 March", "us-2025-12-26", "2026-03-01", "JPN B-2 2012-02-29 air departure JFK", "alien-required required 0" },
    { "born on 29 February, twelve on 29 February of a leap year", "eu-ees", "2028-02-29", "USA - 2016-02-29 air arrival FRA", "national-required required 0" },
    { "and eleven the day before", "eu-ees", "2028-02-28", "USA - 2016-02-29 air arrival FRA", "child-required required 1" },
    { "seventy-nine for the last day", "us-2008", "2025-12-25", "JPN B-2 1945-12-26 air departure JFK", "alien-required required 0" },
    { "eighty", "us-2008", "2025-12-25", "JPN B-2 1945-12-25 air departure JFK", "age-exempt exempt 0" },
    { "Germany as zones write it", "eu-ees", "2026-05-01", "D - 1980-01-01 air arrival FRA", "union-citizen not_authorised 0" },
    { "Germany as ISO writes it", "eu-ees", "2026-05-01", "DEU - 1980-01-01 air arrival FRA", "union-citizen not_authorised 0" },
    { "Kosovo, RKS", "eu-ees", "2026-05-01", "RKS - 1980-01-01 land arrival HORGOS", "national-required required 0" },
    { "Kosovo, XXK", "eu-ees", "2026-05-01", "XXK - 1980-01-01 land arrival HORGOS", "national-required required 0" },
    { "Kosovo, UNK", "us-2025-12-26", "2026-05-01", "UNK - 1980-01-01 air arrival JFK", "unrecorded-photo required 0" },
    { "a specimen's Utopia is a foreign country", "us-2025-12-26", "2026-05-01", "UTO - 1980-01-01 air arrival JFK", "unrecorded-photo required 0" },
    { "a stateless person is nobody's citizen", "us-2025-12-26", "2026-05-01", "XXA - 1980-01-01 air arrival JFK", "unrecorded-photo required 0" },
    { "no citizenship: perhaps a citizen, who may decline", "us-2025-12-26", "2026-05-01", "- - 1980-01-01 air arrival JFK", "undetermined voluntary 0" },
    { "no citizenship: perhaps a Union citizen, whom nobody photographs", "eu-ees", "2026-05-01", "- - 1980-01-01 air arrival FRA", "undetermined not_authorised 0" },
    { "no birth date: a photograph whichever rule it is, and no override", "us-2025-12-26", "2026-05-01", "JPN B-2 - air arrival JFK", "undetermined required 0" },
    { "no birth date: perhaps exempt", "us-2008", "2025-12-25", "JPN B-2 - air arrival JFK", "undetermined exempt 0" },
    { "nothing known at a port that is not authorised", "us-2008", "2025-12-25", "- - - air departure BOS", "undetermined not_authorised 0" },
    { "no birth date: decided where it does not, and no override", "us-2025-12-26", "2026-05-01", "USA - - air arrival JFK", "citizen-voluntary voluntary 0" },
    { "no birth date of a diplomat", "us-2025-12-26", "2026-05-01", "FRA A-1 - air arrival JFK", "official-photo required 0" },
    { "the day before the pack", "us-2025-12-26", "2025-12-25", "JPN B-2 1980-01-01 air departure BOS", "not-in-force not_authorised 0" },
    { "its first day", "us-2025-12-26", "2025-12-26", "JPN B-2 1980-01-01 air departure BOS", "alien-required required 0" },
    { "the last day of the one before", "us-2008", "2025-12-25", "JPN B-2 1980-01-01 air departure BOS", "outside-pilots not_authorised 0" },
    { "the day after it", "us-2008", "2025-12-26", "JPN B-2 1980-01-01 air departure BOS", "not-in-force not_authorised 0" },
    { "the day before the earliest", "us-2008", "2009-01-17", "JPN B-2 1980-01-01 air departure BOS", "not-in-force not_authorised 0" },
};

static void person_test(void **state)
{
    const struct person_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, r->pack);
    const struct gw_pack_facts f = person(r->day, r->who);
    struct gw_pack_decision d = gw_pack_decide(p, &f);
    char got[100];
    snprintf(got, sizeof got, "%s %s %d", d.rule->id, gw_consent_name(d.rule->photo), d.override_allowed);
    CHECK_TEXT(got, r->want);
}

/* A birth date of which only the year is known decides when every day of it would. */
static void vague_birth_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, "us-2025-12-26");
    struct gw_pack_facts f = person("2026-06-15", "JPN B-2 1985-01-01 air departure JFK");
    f.birth_last = day("1985-12-31");
    CHECK_TEXT(gw_pack_decide(p, &f).rule->id, "alien-required");
    f.birth_first = day("2012-01-01");
    f.birth_last = day("2012-12-31");
    CHECK_TEXT(gw_pack_decide(p, &f).rule->id, "undetermined");
    f.birth_last = day("2012-06-15");
    CHECK_TEXT(gw_pack_decide(p, &f).rule->id, "alien-required");
    f.birth_first = day("2012-06-16");
    f.birth_last = day("2012-12-31");
    CHECK_TEXT(gw_pack_decide(p, &f).rule->id, "age-photo");
}

/* Where facts are missing, no answer asks or keeps more than any that could be the right one. */
static void protects_test(void **state)
{
    static const char *const citizenships[] = { "USA", "CAN", "MEX", "DEU", "MCO", "JPN", "UTO" };
    static const char *const births[] = { "2024-01-01", "2014-01-01", "2012-01-01", "1990-01-01", "1930-01-01" };
    const struct named *n = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, n->label);
    state_ = 2;
    for (size_t i = 0; i < 400; i++) {
        static const char *const statuses[] = { "", "A-1", "B-2", "C", "LPR", "FAMILY" }, *const sites[] = { "JFK", "BOS", "FRA", "CAPITAL" };
        struct gw_pack_facts f = { .day = day("2025-12-20"), .mode = (enum gw_pack_mode)pick(3), .direction = (enum gw_pack_direction)pick(2),
            .document = GW_PACK_DOCUMENT_PASSPORT, .permanent_resident = pick(3) == 0 ? GW_PACK_YES : GW_PACK_NO };
        f.day = gw_pack_in_force(p, f.day) ? f.day : gw_pack_from(p);
        snprintf(f.status, sizeof f.status, "%s", statuses[pick(GW_COUNT(statuses))]);
        snprintf(f.site, sizeof f.site, "%s", sites[pick(GW_COUNT(sites))]);
        const bool no_birth = pick(2), no_document = pick(2), no_citizenship = (!no_birth && !no_document) || pick(2);
        struct gw_pack_facts missing = f;
        if (!no_citizenship)
            strcpy(missing.citizenship, strcpy(missing.country, "JPN"));
        if (!no_birth)
            missing.birth_first = missing.birth_last = day("1990-01-01");
        missing.document_unrecorded = no_document;
        const struct gw_pack_decision least = gw_pack_decide(p, &missing);
        for (size_t c = 0; c < GW_COUNT(citizenships); c++)
            for (size_t b = 0; b < GW_COUNT(births) * GW_PACK_DOCUMENT_COUNT; b++) {
                struct gw_pack_facts one = missing;
                one.document_unrecorded = false;
                if (no_document)
                    one.document = (enum gw_pack_document)(b / GW_COUNT(births));
                if (no_citizenship)
                    strcpy(one.citizenship, strcpy(one.country, citizenships[c]));
                if (no_birth)
                    one.birth_first = one.birth_last = day(births[b % GW_COUNT(births)]);
                const struct gw_pack_decision d = gw_pack_decide(p, &one);
                CHECK_INT(d.outcome, GW_PACK_DECIDED);
                CHECK(least.rule->photo >= d.rule->photo && least.rule->fingerprints >= d.rule->fingerprints);
                CHECK(least.rule->alternative <= d.rule->alternative && least.rule->attempts <= d.rule->attempts);
                CHECK((!least.rule->enrol || d.rule->enrol) && (least.rule->transfer == NULL || (d.rule->transfer != NULL && (least.rule->transfer_data & ~d.rule->transfer_data) == 0)));
                CHECK(!least.override_allowed || d.override_allowed);
                for (size_t k = 0; k < GW_DATUM_COUNT; k++)
                    CHECK(!least.rule->retention->keep[k].has || d.rule->retention->keep[k].has);
            }
    }
}

/* ---- midnight ------------------------------------------------------------ */

static int64_t moment(const char *text)
{
    int64_t us = 0;
    CHECK(gw_time_parse(&us, NULL, gw_span_str(text)));
    return us;
}

static void midnight_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(4 * (size_t)GW_PACK_ARENA_BYTES);
    const struct gw_pack *const packs[] = { pack(a, "eu-ees"), pack(a, "us-2025-12-26"), pack(a, "us-2008") };
    struct gw_err err;
    CHECK_OK(gw_pack_check_set(packs, 3, &err));
    CHECK(gw_pack_find(packs, 3, "US", moment("2025-12-26T04:59:59.999999Z")) == packs[2]);
    CHECK(gw_pack_find(packs, 3, "US", moment("2025-12-26T05:00:00Z")) == packs[1]);
    CHECK(gw_pack_find(packs, 3, "US", moment("2009-01-18T04:59:59Z")) == NULL);
    CHECK(gw_pack_find(packs, 3, "EU", moment("2025-10-11T21:59:59Z")) == NULL);
    CHECK(gw_pack_find(packs, 3, "EU", moment("2025-10-11T22:00:00Z")) == packs[0]); /* summer time in Brussels */
    CHECK(gw_pack_find(packs, 3, "XX", moment("2026-01-01T00:00:00Z")) == NULL);
    CHECK(gw_pack_midnight(packs[1], day("2025-12-26")) == moment("2025-12-26T05:00:00Z"));
    /* The day on which clocks go forward has 23 hours, the day they go back 25. */
    CHECK(gw_pack_midnight(packs[1], day("2026-03-08")) == moment("2026-03-08T05:00:00Z"));
    CHECK(gw_pack_midnight(packs[1], day("2026-03-09")) == moment("2026-03-09T04:00:00Z"));
    CHECK(gw_pack_midnight(packs[1], day("2026-11-01")) == moment("2026-11-01T04:00:00Z"));
    CHECK(gw_pack_midnight(packs[1], day("2026-11-02")) == moment("2026-11-02T05:00:00Z"));
    CHECK(gw_pack_midnight(packs[0], day("2026-10-25")) == moment("2026-10-24T22:00:00Z"));
    CHECK(gw_pack_midnight(packs[0], day("2026-10-26")) == moment("2026-10-25T23:00:00Z"));
}

static const struct set_row {
    const char *label, *from, *until, *other_from, *other_until, *authority;
    bool conflict;
} set_rows[] = {
    { "one ends the day before the other begins", "2026-01-01", "2026-06-30", "2026-07-01", NULL, "EXAMPLE", false },
    { "one ends the day the other begins", "2026-01-01", "2026-07-01", "2026-07-01", NULL, "EXAMPLE", true },
    { "both go on for ever", "2026-01-01", NULL, "2027-01-01", NULL, "EXAMPLE", true },
    { "one lies in the other", "2026-01-01", NULL, "2026-03-01", "2026-03-01", "EXAMPLE", true },
    { "a gap between them", "2026-01-01", "2026-01-31", "2026-03-01", NULL, "EXAMPLE", false },
    { "of different authorities", "2026-01-01", NULL, "2026-01-01", NULL, "OTHER", false },
};

static void replace(struct gw_buf *text, const char *find, const char *with)
{
    GW_AUTO_VALUE(gw_buf) out = {};
    const char *at = strstr(gw_buf_text(text), find);
    if (at == NULL)
        fail_msg("the pack has no \"%s\"", find);
    gw_buf_add(&out, text->data, (size_t)(at - gw_buf_text(text)));
    gw_buf_add_text(&out, with);
    gw_buf_add_text(&out, at + strlen(find));
    struct gw_buf swap = *text;
    *text = out;
    out = swap;
}

static const struct gw_pack *dated(struct gw_arena *a, const char *id, const char *from, const char *until, const char *authority)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    char line[100];
    struct gw_err err = {};
    const struct gw_pack *p = NULL;
    const struct gw_pack_options options = draft();
    load(&text, "template");
    snprintf(line, sizeof line, "\"id\": \"%s\"", id);
    replace(&text, "\"id\": \"template\"", line);
    /* The pack's own tests are about other days and ids. */
    char *tests = strstr((char *)text.data, "\"tests\": [");
    text.size = (size_t)(tests - (char *)text.data);
    gw_buf_addf(&text,
        "\"tests\": [{\"says\": \"one\", \"day\": \"%s\", \"person\": {}, \"mode\": \"air\", \"direction\": \"arrival\", "
        "\"site\": \"X\", \"expect\": {\"photo\": \"not_authorised\"}}]}", from);
    snprintf(line, sizeof line, "\"effective_from\": \"%s\"", from);
    replace(&text, "\"effective_from\": \"2026-01-01\"", line);
    snprintf(line, sizeof line, "\"effective_until\": %s%s%s", until == NULL ? "" : "\"", until == NULL ? "null" : until, until == NULL ? "" : "\"");
    replace(&text, "\"effective_until\": null", line);
    snprintf(line, sizeof line, "\"authority\": \"%s\"", authority);
    replace(&text, "\"authority\": \"EXAMPLE\"", line);
    CHECK_OK(gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err));
    return p;
}

static void set_test(void **state)
{
    const struct set_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(2 * (size_t)GW_PACK_ARENA_BYTES);
    const struct gw_pack *const packs[] = { dated(a, "one", r->from, r->until, "EXAMPLE"), dated(a, "two", r->other_from, r->other_until, r->authority) };
    struct gw_err err = {};
    if (r->conflict) {
        CHECK_FAILS(gw_pack_check_set(packs, 2, &err), GW_ERR_CONFLICT);
        CHECK(strstr(err.text, "line 10, effective_until") != NULL && strstr(err.text, "line 9, effective_from") != NULL);
    } else
        CHECK_OK(gw_pack_check_set(packs, 2, &err));
}

static void same_id_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(2 * (size_t)GW_PACK_ARENA_BYTES);
    const struct gw_pack *const packs[] = { dated(a, "one", "2026-01-01", NULL, "EXAMPLE"), dated(a, "one", "2026-01-01", NULL, "OTHER") };
    struct gw_err err;
    CHECK_FAILS(gw_pack_check_set(packs, 2, &err), GW_ERR_CONFLICT);
}

/* ---- refused, with the line ---------------------------------------------- */

/* The template with one thing changed; `at` begins on the line that must be named. */
static const struct refusal {
    const char *label, *find, *with, *code, *at;
} refusals[] = {
    { "an unknown key", "\"title\": \"A", "\"tilte\": \"A", "unknown_key", "\"tilte\"" },
    { "another format", "\"format\": 1", "\"format\": 2", "format", "{" },
    { "no time zone that stands by itself", "\"UTC0\"", "\"Europe/Paris\"", "time_zone", "\"time_zone\"" },
    { "a day that is none", "\"2026-01-01\"", "\"2026-02-30\"", "date", "\"effective_from\"" },
    { "an end before the beginning", "\"effective_until\": null", "\"effective_until\": \"2025-12-31\"", "empty", "{" },
    { "a source that is not there", "\"effective_sources\": [\"LAW\"]", "\"effective_sources\": [\"LAX\"]", "unknown_source", "\"effective_sources\"" },
    { "a source without tag", "\"tag\": \"choice\"", "\"tag\": \"gossip\"", "unknown_value", "\"tag\"" },
    { "a class that is not there", "\"when\": \"small_child\"", "\"when\": \"smal_child\"", "unknown_class", "\"when\": \"smal_child\"" },
    { "a class of itself", "{\"age\": {\"below\": 6}}", "{\"any\": [\"small_child\", {\"age\": {\"below\": 6}}]}", "cycle", "\"small_child\"" },
    { "a class by way of another", "{\"citizenship\": [\"UTO\"]}", "{\"not\": \"round\"}, \"sources\": [\"LAW\"]}, "
        "\"round\": {\"means\": \"m\", \"when\": {\"any\": [{\"mode\": \"air\"}, \"own_citizen\"]}", "cycle", "\"own_citizen\"" },
    { "a country that is not there", "[\"UTO\"]", "[\"UTX\"]", "unknown_country", "\"own_citizen\"" },
    { "a country in two letters", "[\"UTO\"]", "[\"FR\"]", "unknown_country", "\"own_citizen\"" },
    { "Germany as zones write it", "[\"UTO\"]", "[\"D\"]", "unknown_country", "\"own_citizen\"" },
    { "a code twice", "[\"UTO\"]", "[\"UTO\", \"UTO\"]", "twice", "\"own_citizen\"" },
    { "a code in small letters", "[\"CAPITAL\"]", "[\"Capital\"]", "code", "\"equipped_site\"" },
    { "an empty list", "[\"CAPITAL\"]", "[]", "empty", "\"equipped_site\"" },
    { "more sites than the law allows", "[\"CAPITAL\"]", "[\"CAPITAL\", \"PORT\"], \"site_at_most\": 1", "too_many_sites", "\"equipped_site\"" },
    { "an age nobody has", "{\"below\": 6}", "{\"from\": 6, \"below\": 6}", "empty", "\"small_child\"" },
    { "an age in words", "{\"below\": 6}", "{\"below\": \"six\"}", "type", "\"small_child\"" },
    { "an empty condition", "{\"age\": {\"below\": 6}}", "{}", "empty", "\"small_child\"" },
    { "a condition that asks for nothing known", "{\"age\": {\"below\": 6}}", "{\"height\": 2}", "unknown_key", "\"small_child\"" },
    { "retention without a clock", "\"keep\": \"12h\", \"after\": \"verification\"", "\"keep\": \"12h\"", "missing_clock", "\"probe\": {\"keep\": \"12h\", \"sources\"" },
    { "a clock nobody starts", "\"after\": \"verification\"", "\"after\": \"boarding\"", "unknown_value", "\"probe\": {\"keep\": \"12h\"" },
    { "a period of hours without unit", "\"keep\": \"12h\", \"after\": \"close\"", "\"keep\": \"12\", \"after\": \"close\"", "period", "\"template\": {\"keep\": \"12\"" },
    { "a figure without source", "\"keep\": \"12h\", \"after\": \"close\", \"sources\": [\"LAW\"]", "\"keep\": \"12h\", \"after\": \"close\"", "missing_source", "\"template\": {\"keep\"" },
    { "a datum that is forgotten", "\"portrait\": null,", "", "missing", "\"nothing\"" },
    { "a rule without basis", "      \"basis\": \"The law exempts children younger than 6.\",\n", "", "missing_basis", "    {\n      \"id\": \"child-exempt\"" },
    { "a rule without source", "than 6.\",\n      \"sources\": [\"LAW\"]", "than 6.\",\n      \"sources\": []", "missing_source", "    {\n      \"id\": \"child-exempt\"" },
    { "a status that is something when it is not recorded", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"unrecorded\": {\"status\": {\"as\": \"B-2\", \"because\": \"x\", \"sources\": [\"LAW\"]}},", "unknown_value", "\"unrecorded\"" },
    { "a missing fact without a reason", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"unrecorded\": {\"accompanied\": {\"as\": false, \"sources\": [\"LAW\"]}},", "missing", "\"unrecorded\"" },
    { "a missing fact without a source", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"unrecorded\": {\"accompanied\": {\"as\": false, \"because\": \"x\", \"sources\": []}},", "missing_source", "\"unrecorded\"" },
    { "a fact that is never missing", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"unrecorded\": {\"mode\": {\"as\": \"air\", \"because\": \"x\", \"sources\": [\"LAW\"]}},", "unknown_key", "\"unrecorded\"" },
    { "a document that there is not", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"unrecorded\": {\"document\": {\"as\": \"pasport\", \"because\": \"x\", \"sources\": [\"LAW\"]}},", "unknown_value", "\"unrecorded\"" },
    { "documents of no state", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"documents_of\": {\"states\": [], \"because\": \"x\", \"sources\": [\"LAW\"]},", "missing", "\"documents_of\"" },
    { "documents of a state that there is not", "\"effective_sources\": [\"LAW\"],", "\"effective_sources\": [\"LAW\"],\n  \"documents_of\": {\"states\": [\"UTO\", \"QQQ\"], \"because\": \"x\", \"sources\": [\"LAW\"]},", "unknown_country", "\"documents_of\"" },
    { "two rules of one name", "\"id\": \"child-exempt\"", "\"id\": \"elsewhere\"", "twice", "    {\n      \"id\": \"elsewhere\",\n      \"title\": \"Small" },
    { "a retention class that is not there", "\"retention\": \"short\"", "\"retention\": \"shirt\"", "unknown_retention", "\"retention\": \"shirt\"" },
    { "a word that is near", "\"photo\": \"voluntary\"", "\"photo\": \"volontary\"", "unknown_value", "\"photo\": \"volontary\"" },
    { "a rule that another covers", "\"when\": \"small_child\"", "\"when\": {\"all\": [\"small_child\", {\"not\": \"equipped_site\"}]}", "shadowed", "\"when\": {\"all\"" },
    { "a rule that two others cover together", "\"when\": \"own_citizen\"", "\"when\": {\"any\": [\"small_child\", {\"not\": \"equipped_site\"}]}", "shadowed", "\"when\": {\"any\"" },
    { "a rule for nobody", "\"when\": \"small_child\"", "\"when\": {\"all\": [\"small_child\", {\"age\": {\"from\": 7}}]}", "contradiction", "\"when\": {\"all\"" },
    { "a rule for days outside the pack", "\"when\": \"small_child\"", "\"when\": {\"class\": \"small_child\", \"date\": {\"until\": \"2025-12-31\"}}", "contradiction", "\"when\": {\"class\"" },
    { "somebody left without an answer", "\"when\": \"everybody\"", "\"when\": {\"mode\": \"air\"}", "no_catch_all", "    {\n      \"id\": \"visitor-required\"" },
    { "everybody before the end", "\"when\": \"small_child\"", "\"when\": \"everybody\"", "shadowed", "\"when\": \"own_citizen\"" },
    { "a photograph kept that may not be taken", "\"photo\": \"voluntary\"", "\"photo\": \"not_authorised\"", "contradiction", "    {\n      \"id\": \"citizen-voluntary\"" },
    { "enrolling whom nobody photographs", "\"photo\": \"exempt\",\n      \"fingerprints\": \"not_authorised\",\n      \"enrol\": false", "\"photo\": \"exempt\",\n      \"fingerprints\": \"not_authorised\",\n      \"enrol\": true", "contradiction", "    {\n      \"id\": \"child-exempt\"" },
    { "a transfer without enrolling", "\"retention\": \"short\",\n      \"transfer\": null", "\"retention\": \"short\",\n      \"transfer\": {\"to\": \"identity_register\", \"data\": [\"probe\"], \"within\": \"1d\", \"after\": \"close\", \"sources\": [\"LAW\"]}", "contradiction", "    {\n      \"id\": \"citizen-voluntary\"" },
    { "a transfer that does not say of what", "\"retention\": \"short\",\n      \"transfer\": null", "\"retention\": \"short\",\n      \"transfer\": {\"to\": \"identity_register\", \"within\": \"1d\", \"after\": \"close\", \"sources\": [\"LAW\"]}", "missing", "\"transfer\": {\"to\"" },
    { "a transfer of what no register takes", "\"retention\": \"short\",\n      \"transfer\": null", "\"retention\": \"short\",\n      \"transfer\": {\"to\": \"identity_register\", \"data\": [\"probe\", \"file\"], \"within\": \"1d\", \"after\": \"close\", \"sources\": [\"LAW\"]}", "unknown_value", "\"transfer\": {\"to\"" },
    { "a transfer without the picture", "\"retention\": \"short\",\n      \"transfer\": null", "\"retention\": \"short\",\n      \"transfer\": {\"to\": \"identity_register\", \"data\": [\"crossing\"], \"within\": \"1d\", \"after\": \"close\", \"sources\": [\"LAW\"]}", "contradiction", "\"transfer\": {\"to\"" },
    { "a transfer of the same thing twice", "\"retention\": \"short\",\n      \"transfer\": null", "\"retention\": \"short\",\n      \"transfer\": {\"to\": \"identity_register\", \"data\": [\"probe\", \"probe\"], \"within\": \"1d\", \"after\": \"close\", \"sources\": [\"LAW\"]}", "twice", "\"transfer\": {\"to\"" },
    { "voluntary without an alternative", "\"alternative\": \"document_inspection\"", "\"alternative\": \"none\"", "contradiction", "    {\n      \"id\": \"citizen-voluntary\"" },
    { "more attempts than a person bears", "\"value\": 3,", "\"value\": 30,", "range", "\"attempts\"" },
    { "half an attempt", "\"value\": 3,", "\"value\": 2.5,", "range", "\"attempts\"" },
    { "a notice with an unknown placeholder", "Photographs at {site}", "Photographs at {gate}", "placeholder", "\"title\": \"Photographs at {gate}\"" },
    { "a notice that cannot say how long", "\"12h\": \"12 hours\", ", "", "missing_duration", "\"durations\": {\"3y\": \"3 years\"" },
    { "a language that names nobody", "{\"en\": \"Visitors\", \"fr\": \"Visiteurs\"}", "{\"en\": \"Visitors\"}", "missing", "\"who\": {\"en\": \"Visitors\"}" },
    { "a test that fails", "\"photo\": \"voluntary\", \"alternative\"", "\"photo\": \"required\", \"alternative\"", "test", "\"expect\": {\"photo\": \"required\", \"alternative\"" },
    { "a test about nobody", "\"person\": {", "\"persona\": {", "unknown_key", "\"persona\"" },
};

static unsigned line_of(const struct gw_buf *text, const char *at)
{
    const char *found = strstr(gw_buf_text(text), at);
    if (found == NULL)
        fail_msg("nowhere in the pack: %s", at);
    return gw_json_line(gw_buf_span(text), (size_t)(found - gw_buf_text(text)));
}

static void refusal_test(void **state)
{
    const struct refusal *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    struct gw_pack_report report;
    const struct gw_pack *p;
    const struct gw_pack_options options = draft();
    load(&text, "template");
    replace(&text, r->find, r->with);
    CHECK_FAILS(gw_pack_parse(&p, &report, a, gw_buf_span(&text), &options, &err), GW_ERR_INVALID);
    CHECK(p == NULL && report.n_errors > 0 && report.n_problems > 0);
    const struct gw_pack_problem *first = report.problems;
    while (!first->is_error)
        first++;
    if (strcmp(first->code, r->code) != 0)
        fail_msg("refused as %s (line %u, %s): %s", first->code, first->line, first->pointer, first->text);
    if (first->line != line_of(&text, r->at))
        fail_msg("line %u (%s), not %u: %s", first->line, first->pointer, line_of(&text, r->at), first->text);
    CHECK_INT(gw_json_line(gw_buf_span(&text), err.at), first->line);
}

static void all_at_once_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    struct gw_pack_report report;
    const struct gw_pack *p;
    const struct gw_pack_options options = draft();
    load(&text, "template");
    replace(&text, "\"photo\": \"voluntary\"", "\"photo\": \"volontary\"");
    replace(&text, "\"photo\": \"exempt\"", "\"photo\": \"exampt\"");
    replace(&text, "\"basis\": \"No law", "\"bases\": \"No law");
    CHECK_FAILS(gw_pack_parse(&p, &report, a, gw_buf_span(&text), &options, &err), GW_ERR_INVALID);
    CHECK_INT(report.n_errors, 3);
}

static void broken_text_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    struct gw_err err = {};
    const struct gw_pack *p;
    const struct gw_pack_options options = draft();
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_span_str(""), &options, &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_span_str("{\"format\": 1,\n}"), &options, &err), GW_ERR_FORMAT);
    CHECK(strstr(err.text, "line 2") != NULL);
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_span_str("[]"), &options, &err), GW_ERR_INVALID);
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_span_str("{\"format\": 1, \"format\": 1}"), &options, &err), GW_ERR_FORMAT);
    GW_AUTO_VALUE(gw_buf) large = {};
    gw_buf_reserve(&large, GW_PACK_BYTES_MAX + 1);
    for (size_t i = 0; i < GW_PACK_BYTES_MAX + 1; i++)
        gw_buf_add(&large, " ", 1);
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_buf_span(&large), &options, &err), GW_ERR_LIMIT);
}

/* Conditions that divide people into more kinds than a table holds. */
static void too_many_kinds_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) rules = {};
    struct gw_err err = {};
    const struct gw_pack *p;
    const struct gw_pack_options options = draft();
    load(&text, "template");
    gw_buf_add_text(&rules, "\"when\": {\"any\": [\"small_child\"");
    for (int i = 0; i < 60; i++)
        gw_buf_addf(&rules, ", {\"age\": {\"from\": %d}, \"site\": \"S%d\", \"status\": \"T%d\"}", 10 + i, i, i);
    gw_buf_add_text(&rules, "]}");
    replace(&text, "\"when\": \"small_child\"", gw_buf_text(&rules));
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err), GW_ERR_LIMIT);
}

static void arena_test(void **state)
{
    const struct named *n = *state;
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_pack_options options = trusted();
    const struct gw_pack *p = NULL;
    bool fine = false;
    load(&text, n->label);
    for (size_t cap = 0; !fine; cap += cap < 4096 ? 64 : 1511) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        struct gw_err err = {};
        fine = gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err);
        if (!fine && err.code != GW_ERR_LIMIT)
            fail_msg("with %zu bytes: %s (%s)", cap, gw_err_name(err.code), err.text);
        CHECK(fine == (p != NULL));
        CHECK(cap < 4 << 20);
    }
}

/* ---- signatures ---------------------------------------------------------- */

static void expect_code(struct gw_buf *text, const struct gw_pack_options *options, const char *code)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    struct gw_err err = {};
    struct gw_pack_report report;
    const struct gw_pack *p;
    CHECK_FAILS(gw_pack_parse(&p, &report, a, gw_buf_span(text), options, &err), GW_ERR_INVALID);
    CHECK_TEXT(report.problems[0].code, code);
}

static void signature_test(void **)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_pack_options options = trusted();
    load(&text, "template");
    expect_code(&text, &(struct gw_pack_options){ .country = gw_state_country }, "unknown_key_name");

    replace(&text, "younger than 6", "younger than 7");
    expect_code(&text, &options, "bad_signature");
    load(&text, "template");
    replace(&text, "\"signature\": {", "\"signature\" : {"); /* outside what is signed, and still the same pack */
    {
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
        struct gw_err err = {};
        const struct gw_pack *p;
        CHECK_OK(gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err));
        CHECK_TEXT(gw_pack_signer(p), "gangway-samples");
    }
    load(&text, "template");
    replace(&text, "{\n  \"$schema\"", "{\n   \"$schema\"");
    expect_code(&text, &options, "bad_signature");

    load(&text, "template");
    text.size = (size_t)(strstr(gw_buf_text(&text), ",\n  \"signature\"") - gw_buf_text(&text));
    gw_buf_add_text(&text, "\n}\n");
    expect_code(&text, &options, "unsigned");

    /* Nothing may stand behind it. */
    load(&text, "template");
    text.size = (size_t)(strrchr(gw_buf_text(&text), '}') - gw_buf_text(&text));
    gw_buf_add_text(&text, ", \"title\": \"x\"}");
    {
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
        struct gw_err err = {};
        const struct gw_pack *p;
        CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err), GW_ERR_FORMAT); /* title twice */
    }
    struct gw_pack_key elsewhere = keys[0];
    snprintf(elsewhere.authorities[0], sizeof elsewhere.authorities[0], "OTHER");
    elsewhere.n_authorities = 1;
    load(&text, "template");
    expect_code(&text, &(struct gw_pack_options){ .keys = &elsewhere, .n_keys = 1, .country = gw_state_country }, "wrong_authority");
}

/* A signature that does not hold hides no other fault, and comes behind it. */
static void both_faults_test(void **)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    struct gw_err err = {};
    struct gw_pack_report report;
    const struct gw_pack *p;
    const struct gw_pack_options options = trusted();
    load(&text, "template");
    replace(&text, "\"when\": \"small_child\"", "\"when\": {\"all\": [\"small_child\", {\"not\": \"equipped_site\"}]}");
    CHECK_FAILS(gw_pack_parse(&p, &report, a, gw_buf_span(&text), &options, &err), GW_ERR_INVALID);
    CHECK_INT(report.n_errors, 2);
    CHECK_TEXT(report.problems[0].code, "shadowed");
    CHECK_TEXT(report.problems[1].code, "bad_signature");
}

/* No byte before the signature, and no digit of it, can be changed. */
static void every_byte_test(void **)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_pack_options options = trusted();
    load(&text, "template");
    const size_t end = (size_t)(strstr(gw_buf_text(&text), "\"signature\"") - gw_buf_text(&text));
    const size_t digits = (size_t)(strstr(gw_buf_text(&text), "\"ed25519\": \"") - gw_buf_text(&text)) + 12;
    for (size_t i = 0; i < end + 128; i += i < end ? 13 : 1) {
        const size_t at = i < end ? i : digits + i - end;
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
        const struct gw_pack *p;
        struct gw_err err;
        const uint8_t was = text.data[at];
        text.data[at] = was == ' ' ? '\t' : i < end ? (uint8_t)(was ^ 1) : was == '0' ? '1' : '0';
        if (gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err))
            fail_msg("byte %zu was changed and the pack still taken", at);
        text.data[at] = was;
    }
}

static void sign_test(void **)
{
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES], secret[GW_SIGN_SECRET_BYTES];
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) once = {};
    GW_AUTO_VALUE(gw_buf) twice = {};
    struct gw_pack_key key = { .name = "test", .authorities = { "EXAMPLE" }, .n_authorities = 1 };
    gw_sign_keypair(public_key, secret);
    memcpy(key.public_key, public_key, sizeof public_key);
    load(&text, "template");
    CHECK_OK(gw_pack_sign(&once, gw_buf_span(&text), "test", secret, &err)); /* in place of the one that was there */
    CHECK_OK(gw_pack_sign(&twice, gw_buf_span(&once), "test", secret, &err));
    CHECK_TEXT(gw_buf_text(&twice), gw_buf_text(&once));
    const struct gw_pack_options options = { .keys = &key, .n_keys = 1, .country = gw_state_country };
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p;
    CHECK_OK(gw_pack_parse(&p, NULL, a, gw_buf_span(&once), &options, &err));
    CHECK_TEXT(gw_pack_signer(p), "test");
    const struct gw_pack_options before = trusted();
    CHECK_FAILS(gw_pack_parse(&p, NULL, a, gw_buf_span(&once), &before, &err), GW_ERR_INVALID);
    /* A compact text, and one that is no pack. */
    gw_buf_clear(&once);
    CHECK_OK(gw_pack_sign(&once, gw_span_str("{\"a\":1}"), "test", secret, &err));
    CHECK(strncmp(gw_buf_text(&once), "{\"a\":1,\n  \"signature\": {", 24) == 0);
    CHECK_FAILS(gw_pack_sign(&once, gw_span_str("[]"), "test", secret, &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_pack_sign(&once, gw_span_str("{\"signature\": {}, \"a\": 1}"), "test", secret, &err), GW_ERR_FORMAT);
}

/* ---- periods ------------------------------------------------------------- */

static const struct period_row {
    const char *label, *text, *again; /* NULL: refused */
} period_rows[] = {
    { "hours", "12h", "12h" },
    { "years and a day", "3y1d", "3y1d" },
    { "ninety minutes are an hour and a half", "90min", "1h30min" },
    { "all of them", "1y2d3h4min", "1y2d3h4min" },
    { "nothing", "", NULL },
    { "no unit", "12", NULL },
    { "no number", "h", NULL },
    { "zero", "0h", NULL },
    { "a leading zero", "012h", NULL },
    { "small before large", "1d3y", NULL },
    { "twice the same", "1d1d", NULL },
    { "an unknown unit", "3w", NULL },
    { "a blank", "12 h", NULL },
    { "more than two centuries", "201y", NULL },
    { "a number that would overflow", "99999999999999999999d", NULL },
};

static void period_test(void **state)
{
    const struct period_row *r = *state;
    struct gw_period p;
    char text[GW_PERIOD_TEXT];
    bool fine = gw_period_parse(&p, gw_span_str(r->text));
    CHECK_INT(fine, r->again != NULL);
    if (fine) {
        gw_period_format(text, p);
        CHECK_TEXT(text, r->again);
    }
}

/* ---- telling ------------------------------------------------------------- */

static void path_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, "us-2008");
    const struct gw_pack_facts f = person("2025-12-25", "CAN - 1990-01-01 air departure BOS");
    GW_AUTO(gw_json) *j = gw_pack_explain(p, &f);
    const struct gw_json *path = gw_json_get(j, "path");
    GW_AUTO_VALUE(gw_buf) got = {};
    for (size_t i = 0; i < gw_json_size(path); i++) {
        const struct gw_json *step = gw_json_at(path, i), *because = gw_json_get(step, "because");
        const char *rule = "";
        bool applies = false;
        gw_json_get_text(step, "rule", &rule);
        gw_json_get_bool(step, "applies", &applies);
        gw_buf_addf(&got, "%s %s:", rule, applies ? "applies" : "does not");
        for (size_t k = 0; k < gw_json_size(because); k++) {
            struct gw_span s;
            CHECK(gw_json_string(gw_json_at(because, k), &s));
            gw_buf_addf(&got, " [%.*s]", (int)s.size, (const char *)s.data);
        }
        gw_buf_add_text(&got, "\n");
    }
    CHECK_TEXT(gw_buf_text(&got),
        "us-2008:citizen-voluntary does not: [us_citizen: citizenship CAN is not among ASM, GUM, MNP, PRI, USA, VIR]\n"
        "us-2008:official-exempt does not: [official: status none is not among A-1, A-2, C-3, E-1-TAIWAN, G-1, G-2, G-3, G-4 and 6 more]"
        " [official: document passport is not among diplomatic_passport, official_passport]\n"
        "us-2008:resident-age-exempt does not: [permanent_resident: permanent residence is not recorded] [permanent_resident: status none is not LPR]"
        " [permanent_resident: document passport is not permanent_resident_card]\n"
        "us-2008:unrecorded-age-exempt does not: [exempt_age: age 35 is not below 14] [exempt_age: age 35 is not 80 or more]\n"
        "us-2008:age-exempt does not: [exempt_age: age 35 is not below 14] [exempt_age: age 35 is not 80 or more]\n"
        "us-2008:canadian-exempt applies: [canadian_visitor: citizenship CAN is CAN] [canadian_visitor: status none is among none, B-1, B-2]"
        " [permanent_resident: permanent residence is not recorded] [permanent_resident: status none is not LPR]"
        " [permanent_resident: document passport is not permanent_resident_card]\n");
}

static const char *const languages[] = { "en", "es", "fr", "de", "ar", "zh" };

static bool notice_text(struct gw_buf *out, const struct gw_pack *p, const struct gw_pack_place *place, const char *language, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_notice n;
    if (!gw_pack_notice(&n, a, p, place, language, err))
        return false;
    gw_notice_print(out, &n);
    return true;
}

static void notice_test(void **state)
{
    const struct named *n = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, n->label);
    struct gw_err err = {};
    struct gw_pack_place place = { .day = gw_pack_from(p), .site = "JFK" };
    const char *const *has;
    for (size_t i = 0; i < gw_pack_languages(p, &has); i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        CHECK_OK(notice_text(&text, p, &place, has[i], &err));
        CHECK(gw_span_utf8(gw_buf_span(&text), NULL));
        CHECK(strchr(gw_buf_text(&text), '{') == NULL && strstr(gw_buf_text(&text), "JFK") != NULL);
    }
    for (size_t i = 0; strcmp(n->label, "template") != 0 && i < GW_COUNT(languages); i++) {
        bool found = false;
        for (size_t k = 0; k < gw_pack_languages(p, &has); k++)
            found = found || strcmp(has[k], languages[i]) == 0;
        CHECK(found);
    }
    GW_AUTO_VALUE(gw_buf) text = {};
    CHECK_FAILS(notice_text(&text, p, &place, "tlh", &err), GW_ERR_NOT_FOUND);
    place.day = day("2001-01-01");
    CHECK_FAILS(notice_text(&text, p, &place, "en", &err), GW_ERR_CONFLICT);
}

/* Each group says first whether its persons are photographed, and names them; who declined is
 * told what happens instead, in the language asked for or the pack's first. */
static void notice_groups_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO(gw_arena) *own = gw_arena_new(1 << 20);
    const struct gw_pack *p = pack(a, "us-2025-12-26");
    struct gw_err err = {};
    struct gw_notice n;
    const struct gw_pack_place place = { .day = day("2025-12-26"), .site = "JFK" };
    CHECK_OK(gw_pack_notice(&n, own, p, &place, NULL, &err));
    CHECK_TEXT(n.language, "en");
    CHECK(n.n_groups == 3);
    CHECK_TEXT(n.groups[0].sentences[0], "Citizens and nationals of the United States: a photograph is voluntary. You may decline.");
    CHECK(n.groups[0].photo == GW_CONSENT_VOLUNTARY && n.groups[0].alternative == GW_ALTERNATIVE_DOCUMENT_INSPECTION);
    CHECK(n.groups[1].photo == GW_CONSENT_REQUIRED && n.groups[1].alternative == GW_ALTERNATIVE_OFFICER_REFERRAL);
    GW_AUTO_VALUE(gw_buf) text = {};
    CHECK_TEXT(gw_pack_instead(&text, p, GW_ALTERNATIVE_DOCUMENT_INSPECTION, "JFK", "de"), "de");
    CHECK(strstr(gw_buf_text(&text), "sieht sich eine Beamtin oder ein Beamter Ihr Dokument an") != NULL);
    gw_buf_clear(&text);
    CHECK_TEXT(gw_pack_instead(&text, p, GW_ALTERNATIVE_OFFICER_REFERRAL, "JFK", "tlh"), "en");
    CHECK(strstr(gw_buf_text(&text), "Please go to an officer") != NULL);
    gw_buf_clear(&text);
    gw_pack_instead(&text, p, GW_ALTERNATIVE_NONE, "JFK", NULL);
    CHECK(text.size == 0);
}

/* What is told follows the place: where nobody may be photographed, it says so. */
static void notice_place_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack *p = pack(a, "us-2008");
    struct gw_err err = {};
    struct gw_pack_place place = { .day = day("2025-12-25"), .site = "BOS", .has_direction = true, .direction = GW_PACK_DEPARTURE };
    GW_AUTO_VALUE(gw_buf) text = {};
    CHECK_OK(notice_text(&text, p, &place, "en", &err));
    CHECK(strstr(gw_buf_text(&text), "All other travelers: no photograph may be taken of you here.") != NULL);
    CHECK(strstr(gw_buf_text(&text), "All other travelers: a photograph is required.") == NULL);
    gw_buf_clear(&text);
    snprintf(place.site, sizeof place.site, "ATL");
    place.has_mode = true;
    CHECK_OK(notice_text(&text, p, &place, "en", &err));
    CHECK(strstr(gw_buf_text(&text), "All other travelers: no photograph may be taken of you here.") == NULL);
    CHECK(strstr(gw_buf_text(&text), "All other travelers: a photograph is required.") != NULL);
    CHECK(strstr(gw_buf_text(&text), "12 hours") != NULL && strstr(gw_buf_text(&text), "14 days") != NULL);
}

/* Every figure of the United States that domain sources only remember says so. */
static void unconfirmed_test(void **)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack_facts f = person("2026-01-01", "USA - 1990-01-01 air departure BOS");
    GW_AUTO(gw_json) *j = gw_pack_explain(pack(a, "us-2025-12-26"), &f);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, gw_json_get(j, "unconfirmed"), false);
    CHECK_TEXT(gw_buf_text(&text), "[\"retention.template\",\"retention.portrait\"]");
}

int main(void)
{
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    struct gw_err err;
    snprintf(folder, sizeof folder, "%s/packs", source == NULL ? "." : source);
    char path[700];
    GW_AUTO_VALUE(gw_buf) key = {};
    snprintf(path, sizeof path, "%s/keys/gangway-samples.pub", folder);
    if (!gw_crypto_init(&err) || !gw_buf_read_file(&key, path, 1 << 16, &err) || !gw_pack_key_parse(&keys[0], gw_buf_span(&key), &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    n_keys = 1;
    check_rows("what it decides for everybody is as accepted", shipped, everybody_test);
    check_rows("30000 persons get what a naive reading gives", shipped, same_as_naive_test);
    check_rows("person", person_rows, person_test);
    check_rows("a missing fact is never to a traveler's harm", shipped, protects_test);
    check_add("person", "a vague birth date decides when every day of it would", vague_birth_test);
    check_add("midnight", "is the pack's own", midnight_test);
    check_rows("two packs of an authority", set_rows, set_test);
    check_add("two packs of an authority", "need two ids", same_id_test);
    check_rows("refused", refusals, refusal_test);
    check_add("refused", "all faults at once", all_at_once_test);
    check_add("refused", "what is no JSON, with its line", broken_text_test);
    check_add("refused", "more kinds of persons than a table holds", too_many_kinds_test);
    check_rows("any arena is enough or is said not to be", shipped, arena_test);
    check_add("signature", "of another text, key or authority counts for nothing", signature_test);
    check_add("signature", "that does not hold hides no other fault", both_faults_test);
    check_add("signature", "holds every byte", every_byte_test);
    check_add("signature", "made anew is the same", sign_test);
    check_rows("period", period_rows, period_test);
    check_add("explain", "each rule tried, and why", path_test);
    check_rows("notice", shipped, notice_test);
    check_add("notice", "has a group for whom the same is said", notice_groups_test);
    check_add("notice", "says what is so at that place", notice_place_test);
    check_add("explain", "what is only remembered is said to be", unconfirmed_test);
    return check_done();
}
