/* cmd_policy.c - rule packs: checks them, says what one asks of a person, where two
 * differ, what travelers are told; signs them. */
#include "base/near.h"
#include "cli/commands.h"
#include "document/state.h"
#include "packs/packs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FILES_MAX = GW_PACKS_MAX };

static int usage(const struct gw_command *c, const char *text)
{
    fprintf(stderr, "gangway %s: %s\n", c->name, text);
    return GW_EXIT_USAGE;
}

/* ---- check --------------------------------------------------------------- */

static const struct gw_command command_check;

static struct gw_json *problem_to_json(const struct gw_pack_problem *p)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "severity", p->is_error ? "error" : "warning");
    gw_json_set_integer(j, "line", p->line);
    gw_json_set_text(j, "pointer", p->pointer);
    gw_json_set_text(j, "code", p->code);
    gw_json_set_text(j, "text", p->text);
    return j;
}

static void add_date(struct gw_json *j, const char *key, struct gw_date d)
{
    char text[GW_DATE_TEXT];
    gw_date_format(text, d);
    gw_json_set_text(j, key, text[0] == 0 ? NULL : text);
}

/* One file's line. Returns its exit status; *pack is NULL when it is not valid. */
static int check_one(const struct gw_pack **pack, struct gw_arena *a, const char *name, const struct gw_pack_keys *keys, bool draft, bool pretty)
{
    struct gw_pack_report report;
    struct gw_err err = {};
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *problems = gw_json_array(), *tests = gw_json_object();
    int status = GW_EXIT_OK;
    gw_json_set_text(j, "file", name);
    if (gw_packs_read(pack, &report, a, name, keys, draft, &err)) {
        const struct gw_pack_rule *rules;
        char hex[2 * GW_HASH_BYTES + 1];
        struct gw_hash hash = gw_pack_hash(*pack);
        gw_hex(hex, gw_span_of(hash.bytes, sizeof hash.bytes));
        gw_json_set_text(j, "pack", gw_pack_name(*pack));
        gw_json_set_text(j, "id", gw_pack_id(*pack));
        gw_json_set_text(j, "title", gw_pack_title(*pack));
        gw_json_set_text(j, "authority", gw_pack_authority(*pack));
        add_date(j, "effective_from", gw_pack_from(*pack));
        add_date(j, "effective_until", gw_pack_until(*pack));
        gw_json_set_text(j, "signed_by", gw_pack_signer(*pack));
        gw_json_set_text(j, "sha256", hex);
        gw_json_set_integer(j, "rules", (int64_t)gw_pack_rules(*pack, &rules));
        gw_json_set_integer(j, "kinds_of_person", (int64_t)gw_pack_cells(*pack));
    } else {
        *pack = NULL;
        status = gw_err_exit(err.code);
        for (size_t i = 0; i < report.n_problems; i++)
            if (report.problems[i].is_error)
                fprintf(stderr, "%s:%u: %s\n", name, report.problems[i].line, report.problems[i].text);
        if (report.n_problems == 0)
            fprintf(stderr, "gangway policy check: %s\n", err.text);
    }
    gw_json_set_integer(tests, "passed", (int64_t)report.n_tests_passed);
    gw_json_set_integer(tests, "failed", (int64_t)(report.n_tests - report.n_tests_passed));
    gw_json_set(j, "tests", tests);
    gw_json_set_bool(j, "valid", status == GW_EXIT_OK);
    for (size_t i = 0; i < report.n_problems; i++)
        gw_json_add(problems, problem_to_json(&report.problems[i]));
    if (report.n_problems == 0 && status != GW_EXIT_OK) {
        struct gw_json *p = gw_json_object();
        gw_json_set_text(p, "severity", "error");
        gw_json_set_text(p, "code", gw_err_name(err.code));
        gw_json_set_text(p, "text", err.text);
        gw_json_add(problems, p);
    }
    gw_json_set(j, "problems", problems);
    gw_cli_print(j, pretty);
    return status;
}

static int run_check(int argc, char **argv)
{
    bool pretty = false, draft = false;
    const char *folder = NULL;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--draft", GW_OPTION_FLAG, &draft, NULL, "do not ask for a signature: the pack is still being written" },
        { "--keys", GW_OPTION_TEXT, &folder, "DIR", "folder with the public keys that count (*.pub); else those that came with the program" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &command_check, options, GW_COUNT(options), &status))
        return status;
    if (argc < 2)
        return usage(&command_check, "which pack? (a file, or a name as us-2008)");
    if (argc - 1 > FILES_MAX)
        return usage(&command_check, "at most 64 packs at a time");
    struct gw_pack_keys keys;
    struct gw_err err = {};
    if (!gw_packs_keys(&keys, folder, &err))
        return gw_cli_fail(command_check.name, &err);
    const struct gw_pack *packs[FILES_MAX];
    struct gw_arena *arenas[FILES_MAX];
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        arenas[i - 1] = gw_arena_new(GW_PACK_ARENA_BYTES);
        status = GW_MAX(status, check_one(&packs[n], arenas[i - 1], argv[i], &keys, draft, pretty));
        n += packs[n] != NULL;
    }
    if (!gw_pack_check_set(packs, n, &err)) {
        fprintf(stderr, "gangway policy check: %s\n", err.text);
        status = GW_MAX(status, GW_EXIT_INVALID);
    }
    for (int i = 1; i < argc; i++)
        gw_arena_free(arenas[i - 1]);
    return status;
}

static const struct gw_command command_check = {
    .name = "policy check",
    .arguments = "FILE…",
    .summary = "checks rule packs and runs the tests in them; several are also checked against each other",
    .run = run_check,
};

/* ---- the pack a question is about ---------------------------------------- */

struct choice {
    const char *pack, *all, *authority, *keys;
    bool draft;
};

/* "2025-12-26", or a moment, whose day is the pack's. */
static bool day_of(struct gw_date *out, const struct gw_pack *p, const char *text)
{
    int64_t us;
    if (gw_date_parse(out, gw_span_str(text)))
        return true;
    if (!gw_time_parse(&us, NULL, gw_span_str(text)))
        return false;
    *out = gw_pack_day(p, us);
    return true;
}

/* Of a folder's packs the one in force on the day. */
static bool choose(const struct gw_pack **out, const struct gw_packs *packs, const struct choice *c, const char *date, struct gw_err *err)
{
    const struct gw_pack *const *all, *found = NULL;
    for (size_t i = 0, n = gw_packs_all(packs, &all); i < n; i++) {
        struct gw_date day;
        if (!day_of(&day, all[i], date))
            return gw_fail(err, GW_ERR_USAGE, "--date takes a day as 2025-12-26, or a moment as 2025-12-26T04:30:00Z");
        if (!gw_pack_in_force(all[i], day) || (c->authority != NULL && strcmp(c->authority, gw_pack_authority(all[i])) != 0))
            continue;
        if (found != NULL)
            return gw_fail(err, GW_ERR_USAGE, "packs of several authorities are in force on that day (%s, %s): --authority says whose is meant",
                gw_pack_authority(found), gw_pack_authority(all[i]));
        found = all[i];
    }
    if (found == NULL)
        return gw_fail(err, GW_ERR_NOT_FOUND, "%s: no pack%s%s is in force on that day, so nothing is authorised", c->all,
            c->authority == NULL ? "" : " of ", c->authority == NULL ? "" : c->authority);
    *out = found;
    return true;
}

/* *packs holds the pack when it is one of a folder. */
static bool open_choice(const struct gw_pack **out, struct gw_packs **packs, struct gw_arena *a, const struct choice *c, const char *date,
    struct gw_err *err)
{
    struct gw_pack_keys keys;
    if ((c->pack == NULL) == (c->all == NULL))
        return gw_fail(err, GW_ERR_USAGE, "--pack FILE says which pack, or --all-packs DIR where the one in force is");
    if (!gw_packs_keys(&keys, c->keys, err))
        return false;
    if (c->all != NULL)
        return (*packs = gw_packs_open(c->all, &keys, c->draft, err)) != NULL && choose(out, *packs, c, date, err);
    return gw_packs_read(out, NULL, a, c->pack, &keys, c->draft, err);
}

#define CHOICE_OPTIONS(c)                                                                         \
    { "--pack", GW_OPTION_TEXT, &(c).pack, "FILE", "the pack: a file, or the name of one that came with the program" },        \
    { "--all-packs", GW_OPTION_TEXT, &(c).all, "DIR", "instead: a folder of packs; the one in force on the date answers" },    \
    { "--authority", GW_OPTION_TEXT, &(c).authority, "NAME", "with --all-packs: whose packs" },                                \
    { "--keys", GW_OPTION_TEXT, &(c).keys, "DIR", "folder with the public keys that count (*.pub)" },                          \
    { "--draft", GW_OPTION_FLAG, &(c).draft, NULL, "do not ask for a signature" }

/* ---- explain ------------------------------------------------------------- */

static size_t columns(void)
{
    struct winsize w;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 120;
}

static const struct gw_command command_explain;

static bool is_null(const char *s)
{
    return s == NULL || strcmp(s, "null") == 0;
}

static bool read_code(char *out, size_t size, const char *option, const char *text, struct gw_err *err)
{
    out[0] = 0;
    if (is_null(text))
        return true;
    size_t n = strlen(text);
    if (n >= size || n == 0 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != n)
        return gw_fail(err, GW_ERR_USAGE, "%s takes capital letters, digits and hyphens, at most %zu, or null; not \"%.40s\"", option, size - 1, text);
    memcpy(out, text, n + 1);
    return true;
}

static bool read_citizenship(struct gw_pack_facts *f, const char *text, struct gw_err *err)
{
    if (!read_code(f->citizenship, sizeof f->citizenship, "--citizenship", text, err))
        return false;
    if (f->citizenship[0] == 0)
        return true;
    const char *country = gw_state_country(f->citizenship);
    if (country == NULL)
        return gw_fail(err, GW_ERR_USAGE, "--citizenship: no state or nationality has the code \"%s\" (three letters as in passports; null: not known)",
            f->citizenship);
    snprintf(f->country, sizeof f->country, "%s", country);
    return true;
}

/* A day, or one with unknown parts as 1985-XX-XX; null: not known. */
static bool read_birth(struct gw_pack_facts *f, const char *text, struct gw_err *err)
{
    char first[12], last[12];
    if (is_null(text))
        return true;
    bool no_month = strlen(text) == 10 && strcmp(text + 4, "-XX-XX") == 0, no_day = strlen(text) == 10 && strcmp(text + 7, "-XX") == 0;
    snprintf(first, sizeof first, "%.*s%s", no_month ? 4 : no_day ? 7 : 11, text, no_month ? "-01-01" : no_day ? "-01" : "");
    if (!gw_date_parse(&f->birth_first, gw_span_str(first)))
        return gw_fail(err, GW_ERR_USAGE, "--birth-date takes a day as 1985-03-31 (unknown parts as 1985-XX-XX), or null");
    f->birth_last = f->birth_first;
    if (no_month) {
        f->birth_last.month = 12;
        f->birth_last.day = 31;
    } else if (no_day) {
        snprintf(last, sizeof last, "%.7s-01", text);
        f->birth_last.day = 31;
        while (!gw_date_check(f->birth_last))
            f->birth_last.day--;
    }
    return true;
}

static bool read_word(const char *option, const char *text, bool fine, const char *words, struct gw_err *err)
{
    return fine ? true : gw_fail(err, GW_ERR_USAGE, "%s is one of %s; not \"%.40s\"", option, words, text);
}

static int run_explain(int argc, char **argv)
{
    bool pretty = false, words = false, resident = false, accompanied = false;
    const char *date = NULL, *citizenship = NULL, *birth = NULL, *mode = NULL, *direction = NULL, *site = NULL, *status_text = NULL,
               *document = "passport";
    struct choice choice = {};
    const struct gw_option options[] = {
        CHOICE_OPTIONS(choice),
        { "--date", GW_OPTION_TEXT, &date, "DATE", "a day, or a moment (2025-12-26T04:30:00Z) whose day is the pack's" },
        { "--citizenship", GW_OPTION_TEXT, &citizenship, "CODE", "three letters as in passports; null: not known" },
        { "--birth-date", GW_OPTION_TEXT, &birth, "DATE", "a day, 1985-XX-XX, or null: not known" },
        { "--mode", GW_OPTION_TEXT, &mode, "MODE", "air, sea or land" },
        { "--direction", GW_OPTION_TEXT, &direction, "WHERE", "arrival or departure" },
        { "--site", GW_OPTION_TEXT, &site, "CODE", "the port, as JFK" },
        { "--status", GW_OPTION_TEXT, &status_text, "CODE", "visa class or status, as A-1, LPR, B-2; null: none is recorded" },
        { "--resident", GW_OPTION_FLAG, &resident, NULL, "a permanent resident" },
        { "--document", GW_OPTION_TEXT, &document, "KIND", "what is presented: passport, identity_card, visa, none …" },
        { "--accompanied", GW_OPTION_FLAG, &accompanied, NULL, "a child with an adult answerable for it" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--words", GW_OPTION_FLAG, &words, NULL, "in words instead of JSON" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &command_explain, options, GW_COUNT(options), &status))
        return status;
    const char *const names[] = { "--date", "--citizenship", "--birth-date", "--mode", "--direction", "--site" };
    const char *const given[] = { date, citizenship, birth, mode, direction, site };
    for (size_t i = 0; i < GW_COUNT(names); i++)
        if (given[i] == NULL) {
            fprintf(stderr, "gangway policy explain: %s is missing\n", names[i]);
            return GW_EXIT_USAGE;
        }
    struct gw_err err = {};
    struct gw_pack_facts f = {
        .permanent_resident = resident ? GW_PACK_YES : GW_PACK_UNRECORDED,
        .accompanied = accompanied ? GW_PACK_YES : GW_PACK_UNRECORDED,
    };
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO(gw_packs) *packs = NULL;
    const struct gw_pack *pack = NULL;
    if (!read_citizenship(&f, citizenship, &err) || !read_birth(&f, birth, &err) ||
        !read_word("--mode", mode, gw_pack_mode_find(&f.mode, mode), "air, sea, land", &err) ||
        !read_word("--direction", direction, gw_pack_direction_find(&f.direction, direction), "arrival, departure", &err) ||
        !read_code(f.site, sizeof f.site, "--site", site, &err) || !read_code(f.status, sizeof f.status, "--status", status_text, &err) ||
        !read_word("--document", document, gw_pack_document_find(&f.document, document),
            "none, passport, diplomatic_passport, official_passport, emergency_passport, identity_card, residence_permit, permanent_resident_card, visa, "
            "refugee_document, crew_document, trusted_traveler_card, other", &err) ||
        !open_choice(&pack, &packs, a, &choice, date, &err))
        return gw_cli_fail(command_explain.name, &err);
    if (!day_of(&f.day, pack, date))
        return usage(&command_explain, "--date takes a day as 2025-12-26, or a moment as 2025-12-26T04:30:00Z");
    if (gw_date_check(f.birth_first) && gw_date_compare(f.birth_first, f.day) > 0)
        return usage(&command_explain, "--birth-date lies behind --date");
    GW_AUTO(gw_json) *j = gw_pack_explain(pack, &f);
    if (words) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_pack_explain_print(&text, j, columns());
        fwrite(text.data, 1, text.size, stdout);
    } else {
        gw_cli_print(j, pretty);
    }
    if (!gw_pack_in_force(pack, f.day)) {
        fprintf(stderr, "gangway policy explain: pack \"%s\" is not in force on that day\n", gw_pack_name(pack));
        return GW_EXIT_INVALID;
    }
    return GW_EXIT_OK;
}

static const struct gw_command command_explain = {
    .name = "policy explain",
    .arguments = "",
    .summary = "what a rule pack asks of one person, on what basis, and the path that led there",
    .run = run_explain,
};

/* ---- diff ---------------------------------------------------------------- */

static const struct gw_command command_diff;

static int run_diff(int argc, char **argv)
{
    bool json = false, all = false, pretty = false, draft = false;
    const char *folder = NULL;
    const struct gw_option options[] = {
        { "--all", GW_OPTION_FLAG, &all, NULL, "every combination of persons in the table, not only the first of each row" },
        { "--json", GW_OPTION_FLAG, &json, NULL, "JSON instead of a table" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--draft", GW_OPTION_FLAG, &draft, NULL, "do not ask for signatures" },
        { "--keys", GW_OPTION_TEXT, &folder, "DIR", "folder with the public keys that count (*.pub)" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &command_diff, options, GW_COUNT(options), &status))
        return status;
    if (argc != 3)
        return usage(&command_diff, "which two packs?");
    struct gw_pack_keys keys;
    struct gw_err err = {};
    const struct gw_pack *before, *after;
    GW_AUTO(gw_arena) *a = gw_arena_new(2 * (size_t)GW_PACK_ARENA_BYTES);
    if (!gw_packs_keys(&keys, folder, &err) || !gw_packs_read(&before, NULL, a, argv[1], &keys, draft, &err) ||
        !gw_packs_read(&after, NULL, a, argv[2], &keys, draft, &err))
        return gw_cli_fail(command_diff.name, &err);
    GW_AUTO(gw_json) *j = gw_pack_diff(before, after, &err);
    if (j == NULL)
        return gw_cli_fail(command_diff.name, &err);
    if (json) {
        gw_cli_print(j, pretty);
        return GW_EXIT_OK;
    }
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_pack_diff_print(&text, j, columns(), all ? SIZE_MAX : 2);
    fwrite(text.data, 1, text.size, stdout);
    return GW_EXIT_OK;
}

static const struct gw_command command_diff = {
    .name = "policy diff",
    .arguments = "BEFORE AFTER",
    .summary = "for whom two rule packs differ, for every kind of person that either tells apart",
    .run = run_diff,
};

/* ---- notice -------------------------------------------------------------- */

static const struct gw_command command_notice;

static int run_notice(int argc, char **argv)
{
    const char *date = NULL, *site = NULL, *language = "en", *mode = NULL, *direction = NULL;
    struct choice choice = {};
    const struct gw_option options[] = {
        CHOICE_OPTIONS(choice),
        { "--date", GW_OPTION_TEXT, &date, "DATE", "the day it is posted; else today" },
        { "--site", GW_OPTION_TEXT, &site, "CODE", "the port, as JFK" },
        { "--language", GW_OPTION_TEXT, &language, "CODE", "en, es, fr, de, ar, zh, or what else the pack has" },
        { "--mode", GW_OPTION_TEXT, &mode, "MODE", "only for air, sea or land" },
        { "--direction", GW_OPTION_TEXT, &direction, "WHERE", "only for arrival or departure" },
    };
    int status = GW_EXIT_OK;
    char now[GW_TIME_TEXT];
    if (!gw_options_read(&argc, argv, &command_notice, options, GW_COUNT(options), &status))
        return status;
    if (site == NULL)
        return usage(&command_notice, "--site is missing");
    gw_time_format(now, gw_clock_now(NULL));
    if (date == NULL)
        date = now;
    struct gw_err err = {};
    struct gw_pack_place place = { .has_mode = mode != NULL, .has_direction = direction != NULL };
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    GW_AUTO(gw_packs) *packs = NULL;
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_pack *pack = NULL;
    if (!read_code(place.site, sizeof place.site, "--site", site, &err) ||
        (mode != NULL && !read_word("--mode", mode, gw_pack_mode_find(&place.mode, mode), "air, sea, land", &err)) ||
        (direction != NULL && !read_word("--direction", direction, gw_pack_direction_find(&place.direction, direction), "arrival, departure", &err)) ||
        !open_choice(&pack, &packs, a, &choice, date, &err))
        return gw_cli_fail(command_notice.name, &err);
    if (!day_of(&place.day, pack, date))
        return usage(&command_notice, "--date takes a day as 2025-12-26, or a moment as 2025-12-26T04:30:00Z");
    struct gw_notice notice;
    if (!gw_pack_notice(&notice, a, pack, &place, language, &err))
        return gw_cli_fail(command_notice.name, &err);
    gw_notice_print(&text, &notice);
    fwrite(text.data, 1, text.size, stdout);
    return GW_EXIT_OK;
}

static const struct gw_command command_notice = {
    .name = "policy notice",
    .arguments = "",
    .summary = "what travelers are told at a site: what is collected, from whom, how long, how to decline",
    .run = run_notice,
};

/* ---- sign and keygen ----------------------------------------------------- */

static const struct gw_command command_sign, command_keygen;

struct signer {
    uint8_t secret[GW_SIGN_SECRET_BYTES];
    struct gw_pack_key key; /* what others have of it: for whom it signs */
};

/* The public part of a key that does not say for whom it signs: NAME.pub beside it. */
static bool read_beside(struct gw_pack_key *out, const char *path, const char *name, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) beside = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    const char *slash = strrchr(path, '/');
    gw_buf_add(&beside, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    gw_buf_addf(&beside, "%s.pub", name);
    return (gw_buf_read_file(&text, gw_buf_text(&beside), 1 << 16, err) && gw_pack_key_parse(out, gw_buf_span(&text), err)) ||
           gw_fail_prefix(err, "the key does not say for which authorities it signs");
}

static bool read_secret(struct signer *out, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_span hex;
    const char *name;
    *out = (struct signer){};
    if (!gw_buf_read_file(&text, path, 1 << 16, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&text), err);
    if (j == NULL)
        return false;
    if (!gw_json_get_string(j, "secret", &hex) || !gw_hex_parse(out->secret, sizeof out->secret, hex) || !gw_json_get_text(j, "name", &name) ||
        strlen(name) > GW_PACK_ID_MAX)
        return gw_fail(err, GW_ERR_INVALID, "%s: not a secret key as `gangway policy keygen` makes it", path);
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES], same[GW_SIGN_SECRET_BYTES];
    char digits[2 * GW_SIGN_PUBLIC_BYTES + 1];
    gw_sign_keypair_of(public_key, same, out->secret); /* the seed is its first half */
    gw_wipe(same, sizeof same);
    const struct gw_json *list = gw_json_get(j, "authorities");
    if (list == NULL) {
        if (!read_beside(&out->key, path, name, err))
            return false;
        return (strcmp(out->key.name, name) == 0 && memcmp(out->key.public_key, public_key, sizeof public_key) == 0) ||
               gw_fail(err, GW_ERR_INVALID, "%s: the .pub beside it is of another key", path);
    }
    GW_AUTO(gw_json) *pub = gw_json_object();
    struct gw_json *authorities = gw_json_array();
    gw_hex(digits, gw_span_of(public_key, sizeof public_key));
    gw_json_set_integer(pub, "format", 1);
    gw_json_set_text(pub, "name", name);
    gw_json_set_text(pub, "public", digits);
    for (size_t i = 0; i < gw_json_size(list); i++) {
        struct gw_span one = {};
        (void)gw_json_string(gw_json_at(list, i), &one);
        gw_json_add_span(authorities, one);
    }
    gw_json_set(pub, "authorities", authorities);
    gw_buf_clear(&text);
    gw_json_format(&text, pub, false);
    return gw_pack_key_parse(&out->key, gw_buf_span(&text), err);
}

static bool sign_one(const char *path, const struct signer *by, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack_options draft = { .unsigned_too = true, .country = gw_state_country };
    const struct gw_pack_options theirs = { .keys = &by->key, .n_keys = 1, .country = gw_state_country };
    const struct gw_pack *pack;
    /* What is signed was checked, and is read again as those will who trust the key: a signature under a pack that cannot
     * be used, or of a key that may not sign for its authority, helps nobody. */
    if (!gw_buf_read_file(&text, path, GW_PACK_BYTES_MAX, err) || !gw_pack_parse(&pack, NULL, a, gw_buf_span(&text), &draft, err) ||
        !gw_pack_sign(&out, gw_buf_span(&text), by->key.name, by->secret, err))
        return false;
    gw_arena_reset(a);
    return gw_pack_parse(&pack, NULL, a, gw_buf_span(&out), &theirs, err) && gw_buf_write_file(gw_buf_span(&out), path, 0644, err);
}

static int run_sign(int argc, char **argv)
{
    const char *key = NULL;
    const struct gw_option options[] = {
        { "--key", GW_OPTION_TEXT, &key, "FILE", "the secret key, as `gangway policy keygen` made it" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &command_sign, options, GW_COUNT(options), &status))
        return status;
    if (argc < 2 || key == NULL)
        return usage(&command_sign, "which packs, and with which --key?");
    struct gw_err err = {};
    struct signer by = {};
    if (!gw_crypto_init(&err) || !read_secret(&by, key, &err)) {
        gw_wipe(by.secret, sizeof by.secret);
        return gw_cli_fail(command_sign.name, &err);
    }
    for (int i = 1; i < argc && status == GW_EXIT_OK; i++)
        if (!sign_one(argv[i], &by, &err)) {
            fprintf(stderr, "gangway policy sign: %s: %s\n", argv[i], err.text);
            status = gw_err_exit(err.code);
        }
    gw_wipe(by.secret, sizeof by.secret);
    return status;
}

static const struct gw_command command_sign = {
    .name = "policy sign",
    .arguments = "FILE…",
    .summary = "signs rule packs in place, once they are found valid",
    .run = run_sign,
};

static bool write_json(const struct gw_json *j, const char *folder, const char *name, const char *suffix, unsigned mode, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_addf(&path, "%s/%s%s", folder, name, suffix);
    if (access(gw_buf_text(&path), F_OK) == 0)
        return gw_fail(err, GW_ERR_CONFLICT, "%s is there already; keys are not overwritten", gw_buf_text(&path));
    gw_json_format(&text, j, true);
    gw_buf_add_text(&text, "\n");
    if (!gw_buf_write_file(gw_buf_span(&text), gw_buf_text(&path), mode, err))
        return false;
    printf("%s\n", gw_buf_text(&path));
    return true;
}

static int run_keygen(int argc, char **argv)
{
    const char *authority = NULL, *folder = ".", *note = NULL;
    const struct gw_option options[] = {
        { "--authority", GW_OPTION_TEXT, &authority, "NAME[,NAME…]", "whose packs the key may sign" },
        { "--out", GW_OPTION_TEXT, &folder, "DIR", "where NAME.pub and NAME.key are written; else here" },
        { "--note", GW_OPTION_TEXT, &note, "TEXT", "what the key stands for, kept in NAME.pub" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &command_keygen, options, GW_COUNT(options), &status))
        return status;
    if (argc != 2 || authority == NULL)
        return usage(&command_keygen, "needs the name of the key, and --authority");
    struct gw_err err = {};
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES], secret[GW_SIGN_SECRET_BYTES];
    char hex[2 * GW_SIGN_SECRET_BYTES + 1];
    struct gw_pack_key check;
    if (!gw_crypto_init(&err))
        return gw_cli_fail(command_keygen.name, &err);
    gw_sign_keypair(public_key, secret);
    GW_AUTO(gw_json) *pub = gw_json_object();
    GW_AUTO(gw_json) *key = gw_json_object();
    struct gw_json *list = gw_json_array(), *same = gw_json_array(); /* the secret one says, too, for whom it signs */
    gw_json_set_integer(pub, "format", 1);
    gw_json_set_text(pub, "name", argv[1]);
    gw_hex(hex, gw_span_of(public_key, sizeof public_key));
    gw_json_set_text(pub, "public", hex);
    for (const char *at = authority; *at != 0;) {
        GW_AUTO_VALUE(gw_buf) one = {};
        const char *end = strchrnul(at, ',');
        gw_buf_add(&one, at, (size_t)(end - at));
        gw_json_add_text(list, gw_buf_text(&one));
        gw_json_add_text(same, gw_buf_text(&one));
        at = *end == 0 ? end : end + 1;
    }
    gw_json_set(pub, "authorities", list);
    if (note != NULL)
        gw_json_set_text(pub, "note", note);
    gw_json_set_integer(key, "format", 1);
    gw_json_set_text(key, "name", argv[1]);
    gw_hex(hex, gw_span_of(secret, sizeof secret));
    gw_json_set_text(key, "secret", hex);
    gw_json_set(key, "authorities", same);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, pub, false);
    bool fine = gw_pack_key_parse(&check, gw_buf_span(&text), &err) && write_json(key, folder, argv[1], ".key", 0600, &err) &&
                write_json(pub, folder, argv[1], ".pub", 0644, &err);
    gw_wipe(secret, sizeof secret);
    gw_wipe(hex, sizeof hex);
    return fine ? GW_EXIT_OK : gw_cli_fail(command_keygen.name, &err);
}

static const struct gw_command command_keygen = {
    .name = "policy keygen",
    .arguments = "NAME",
    .summary = "makes a key for signing rule packs: NAME.key stays secret, NAME.pub goes to those who trust it",
    .run = run_keygen,
};

/* ---- which of them ------------------------------------------------------- */

static const struct gw_command *const commands[] = { &command_check, &command_explain, &command_diff, &command_notice, &command_sign, &command_keygen };

static const char *verb(const struct gw_command *c)
{
    return c->name + strlen("policy ");
}

static int run(int argc, char **argv)
{
    const char *asked = argc < 2 ? NULL : argv[1];
    if (asked == NULL || strcmp(asked, "--help") == 0 || strcmp(asked, "-h") == 0) {
        FILE *out = asked == NULL ? stderr : stdout;
        fputs("usage: gangway policy VERB [OPTION…] [FILE…]\n\n", out);
        for (size_t i = 0; i < GW_COUNT(commands); i++)
            fprintf(out, "  %-8s %s\n", verb(commands[i]), commands[i]->summary);
        fputs("\n  gangway policy VERB --help   what one takes\n", out);
        return asked == NULL ? GW_EXIT_USAGE : GW_EXIT_OK;
    }
    const char *names[GW_COUNT(commands)];
    for (size_t i = 0; i < GW_COUNT(commands); i++) {
        names[i] = verb(commands[i]);
        if (strcmp(asked, names[i]) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    }
    const char *near = gw_near(asked, names, GW_COUNT(names));
    fprintf(stderr, "gangway policy: nothing is called \"%.40s\"%s%s%s\n", asked, near == NULL ? "; --help lists what there is" : "; did you mean ",
        near == NULL ? "" : near, near == NULL ? "" : "?");
    return GW_EXIT_USAGE;
}

const struct gw_command gw_command_policy = {
    .name = "policy",
    .arguments = "VERB …",
    .summary = "rule packs: who may be photographed, on what basis, what is kept how long",
    .run = run,
};
