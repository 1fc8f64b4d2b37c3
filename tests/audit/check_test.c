/* check_test.c - the table of lies: each way to falsify a log, and the sentence that finds it. */
#include "audit/check.h"
#include "audit/proof.h"
#include "audit/receipt.h"
#include "base/arena.h"
#include "tests/check.h"

static struct gw_err err;
static struct gw_note_key key, other_key, witness;
static uint8_t secret[GW_SIGN_SECRET_BYTES], other_secret[GW_SIGN_SECRET_BYTES], witness_secret[GW_SIGN_SECRET_BYTES];

enum { ENTRIES = 12, EVERY = 4 };
#define START_US (INT64_C(1795420800) * GW_US_PER_S)

/* A log under construction: as an honest service writes it, or one that lies and signs. */
struct log {
    struct gw_buf text, entries[64];
    size_t n;
    struct gw_frontier f;
    struct gw_hash prev;
};

static void done(struct log *l)
{
    gw_buf_done(&l->text);
    for (size_t i = 0; i < 64; i++)
        gw_buf_done(&l->entries[i]);
}

static void make_entry(struct gw_buf *out, uint64_t n, int64_t at_us, const struct gw_hash *prev, const char *name)
{
    assert_true(gw_audit_format(out, GW_AUDIT_RELOAD,
        &(struct gw_audit_facts){ .n = &n, .at = &at_us, .prev = prev, .name = name }, &err));
}

static void add(struct log *l, const char *name)
{
    struct gw_buf *e = &l->entries[l->n];
    make_entry(e, l->n, START_US + (int64_t)l->n, &l->prev, name);
    l->prev = gw_tree_leaf(gw_buf_span(e));
    gw_frontier_add(&l->f, &l->prev, NULL);
    gw_audit_export_entry(&l->text, gw_buf_span(e));
    l->n++;
}

static void sign_as(struct log *l, const struct gw_note_key *k, const uint8_t *s, struct gw_buf *note)
{
    struct gw_checkpoint c = { .size = l->f.size, .root = gw_frontier_root(&l->f), .at_us = START_US + (int64_t)l->n };
    GW_AUTO_VALUE(gw_buf) text = {};
    strcpy(c.origin, k->name);
    gw_checkpoint_format(&text, &c);
    gw_note_sign(note, gw_buf_span(&text), k, s);
}

static void head(struct log *l)
{
    GW_AUTO_VALUE(gw_buf) note = {};
    sign_as(l, &key, secret, &note);
    gw_audit_export_head(&l->text, gw_buf_span(&note));
}

/* from and to in entries; heads after every fourth. */
static void build(struct log *l, size_t n, const char *odd, size_t odd_at)
{
    *l = (struct log){};
    gw_audit_export_begin(&l->text, &l->f);
    for (size_t i = 0; i < n; i++) {
        add(l, odd != NULL && i == odd_at ? odd : "settings");
        if (l->n % EVERY == 0)
            head(l);
    }
    gw_audit_export_end(&l->text, l->n);
}

static struct gw_audit_checker *check(struct gw_span text, const struct gw_audit_known *known, size_t n_known)
{
    struct gw_audit_checker *c = gw_audit_checker_new(&key, known, n_known);
    for (size_t at = 0; at < text.size;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t to = end == NULL ? text.size : (size_t)(end - text.data);
        if (!gw_audit_checker_line(c, gw_span_slice(text, at, to)))
            return c;
        at = to + 1;
    }
    gw_audit_checker_end(c);
    return c;
}

/* ---- lies: each changes the lines of an honest export -------------------------------- */

struct lines {
    char *line[128];
    size_t n;
};

/* Lines are dropped, doubled and swapped: they live until the lie was told. */
static struct gw_arena *mem;
static char *line_of(const char *text)
{
    char *line = gw_arena_array(mem, strlen(text) + 64, char, NULL);
    assert_non_null(line);
    strcpy(line, text);
    return line;
}

static void drop(struct lines *l, size_t i)
{
    memmove(&l->line[i], &l->line[i + 1], (l->n - i - 1) * sizeof *l->line);
    l->n--;
}

static void put(struct lines *l, size_t i, char *line)
{
    memmove(&l->line[i + 1], &l->line[i], (l->n - i) * sizeof *l->line);
    l->line[i] = line;
    l->n++;
}

/* Entry k's line: title, from, entries with a head (7 lines) after every fourth. */
static size_t at(size_t k)
{
    return 2 + k + k / EVERY * 7;
}

static void edit(struct lines *l) { memcpy(strstr(l->line[at(5)], "settings"), "sett1ngs", 8); }
/* The careful liar makes every later prev fit, too; only the heads he cannot sign. */
static void edit_well(struct lines *l)
{
    struct gw_hash prev = {};
    edit(l);
    for (size_t k = 0; k < ENTRIES; k++) {
        char hex[17];
        gw_hex(hex, gw_span_of(prev.bytes, 8));
        memcpy(strstr(l->line[at(k)], "prev\":\"") + 7, hex, 16);
        prev = gw_tree_leaf(gw_span_str(l->line[at(k)]));
    }
}
static void edit_last(struct lines *l) { memcpy(strstr(l->line[at(11)], "settings"), "sett1ngs", 8); }
static void take_out(struct lines *l) { drop(l, at(5)); }
static void take_out_two(struct lines *l) { drop(l, at(5)), drop(l, at(5)); }
static void take_out_and_count(struct lines *l)
{
    drop(l, at(6));
    for (char *p = strstr(l->line[at(6)], "\"n\":7"); p != NULL; p = NULL)
        p[4] = '6';
}
static void swap(struct lines *l)
{
    char *line = l->line[at(5)];
    l->line[at(5)] = l->line[at(6)];
    l->line[at(6)] = line;
}
static void twice(struct lines *l) { put(l, at(6), line_of(l->line[at(5)])); }
static void first_out(struct lines *l) { drop(l, at(0)); }
static void person_in(struct lines *l) { l->line[at(5)] = line_of("{\"at\":1,\"kind\":\"reload\",\"n\":5,\"name\":\"ERIKSSON<<ANNA\",\"prev\":\"0000000000000000\"}"); }
static void cut(struct lines *l) { l->n -= 10; }
static void cut_in_line(struct lines *l) { l->n = at(6) + 1, l->line[at(6)][20] = 0; }
static void no_end(struct lines *l) { l->n--; }
static void wrong_end(struct lines *l) { strcpy(l->line[l->n - 1], "end 99"); }
static void more_behind(struct lines *l) { put(l, l->n, line_of("from 0")); }
static void no_last_head(struct lines *l)
{
    for (int i = 0; i < 7; i++)
        drop(l, at(11) + 1);
}
static void head_size(struct lines *l) { strcpy(l->line[at(3) + 3], "|3"); }
static void head_root(struct lines *l) { char *c = &l->line[at(3) + 4][5]; *c = *c == 'A' ? 'B' : 'A'; }
static void head_time(struct lines *l) { strcpy(l->line[at(3) + 5], "|time 2020-01-01T00:00:00Z"); }
static void head_moved(struct lines *l)
{
    for (size_t i = 0; i < 7; i++) {
        char *line = l->line[at(3) + 1 + i];
        drop(l, at(3) + 1 + i);
        put(l, at(3) + i, line);
    }
}
static void no_export(struct lines *l) { strcpy(l->line[0], "gangway audit expert 1"); }
static void line_ends(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        strcat(l->line[i], "\r");
}
static void clock_back(struct lines *l) { memcpy(strstr(l->line[at(7)], "\"at\":17") + 6, "6", 1); }

static const struct lie {
    const char *label;
    void (*change)(struct lines *l);
    const char *code, *sentence;
} lies[] = {
    { "an entry edited is named", edit, "altered", "entry 5 is not the one that entry 6 was written after" },
    { "an entry edited with all that follows is found between two heads", edit_well, "root", "entries 4 to 7 are not those that were signed" },
    { "the last entry edited is found by its head", edit_last, "root", "entries 8 to 11 are not those that were signed" },
    { "an entry taken out is named", take_out, "missing", "entry 5 is missing" },
    { "entries taken out are named", take_out_two, "missing", "entries 5 to 6 are missing" },
    { "an entry taken out and the next renumbered is named", take_out_and_count, "altered", "entry 5 is not the one that entry 6" },
    { "two entries exchanged are named", swap, "missing", "entry 5 is missing: entry 6 stands in its place" },
    { "an entry put in twice is named", twice, "order", "entry 5 stands where entry 6 belongs" },
    { "the first entry taken out is named", first_out, "missing", "entry 0 is missing" },
    { "an entry with a name in it is refused", person_in, "form", "what stands in the place of entry 5 was not written by this log" },
    { "a log cut off is named", cut, "cut_off", "the export is cut off after line" },
    { "a log cut off within a line is named", cut_in_line, "form", "what stands in the place of entry 6" },
    { "a log without its last line is named", no_end, "cut_off", "its last line (end N) is missing" },
    { "an end that does not fit is named", wrong_end, "missing", "ends before entry 99, but its entries end before 12" },
    { "something behind the end is named", more_behind, "form", "something stands after the end" },
    { "entries nobody signed are named", no_last_head, "unsigned", "entries 8 to 11 stand after the last head" },
    { "a head with another size is not signed", head_size, "signature", "is not signed with this key" },
    { "a head with another root is not signed", head_root, "signature", "is not signed with this key" },
    { "a head with another time is not signed", head_time, "signature", "is not signed with this key" },
    { "a head moved is named", head_moved, "missing", "a head over 4 entries stands after 3 of them" },
    { "another file is no export", no_export, "form", "this is no export of the log" },
    { "an export with other line ends is none", line_ends, "form", "its lines end in CR LF" },
    { "a time that went back unsaid is named", clock_back, "clock", "entry 7 is dated before the one above it" },
};

static void is_found(void **state)
{
    const struct lie *lie = *state;
    struct log l;
    struct lines lines = {};
    build(&l, ENTRIES, NULL, 0);
    GW_AUTO(gw_audit_checker) *honest = check(gw_buf_span(&l.text), NULL, 0);
    struct gw_audit_verdict v;
    gw_audit_checker_verdict(&v, honest);
    assert_int_equal(v.n_findings, 0);
    assert_int_equal(v.entries, ENTRIES);
    assert_int_equal(v.heads, 3);

    mem = gw_arena_new(1 << 20);
    for (char *p = strtok(line_of(gw_buf_text(&l.text)), "\n"); p != NULL; p = strtok(NULL, "\n"))
        lines.line[lines.n++] = line_of(p);
    lie->change(&lines);
    GW_AUTO_VALUE(gw_buf) changed = {};
    for (size_t i = 0; i < lines.n; i++)
        gw_buf_addf(&changed, "%s\n", lines.line[i]);
    GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&changed), NULL, 0);
    gw_audit_checker_verdict(&v, c);
    assert_true(v.n_findings > 0);
    assert_int_equal(v.is_export, lie->change != no_export && lie->change != line_ends);
    assert_string_equal(v.findings[0].code, lie->code);
    if (strstr(v.findings[0].text, lie->sentence) == NULL)
        fail_msg("got: %s", v.findings[0].text);
    gw_arena_free(mem);
    done(&l);
}

/* Who holds the key can sign anything; another head, export or witness finds it. */
static void forks_are_found(void **state)
{
    (void)state;
    struct log honest, forked, longer;
    struct gw_audit_verdict v;
    size_t n;
    build(&honest, 8, NULL, 0);
    build(&forked, 12, "sett1ngs", 2);
    build(&longer, 12, NULL, 0);
    GW_AUTO(gw_audit_checker) *h = check(gw_buf_span(&honest.text), NULL, 0);
    const struct gw_checkpoint *heads = gw_audit_checker_heads(&n, h);
    assert_int_equal(n, 2);
    struct gw_audit_known known[] = { { heads[1], "honest.exp" }, { heads[0], "honest.exp" } };
    gw_audit_known_sort(known, 2);

    GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&forked.text), known, 2);
    gw_audit_checker_verdict(&v, c);
    assert_int_equal(v.n_findings, 2);
    assert_string_equal(v.findings[0].code, "fork");
    assert_non_null(strstr(v.findings[0].text, "honest.exp is a head over 4 entries signed with the same key"));

    GW_AUTO(gw_audit_checker) *good = check(gw_buf_span(&longer.text), known, 2);
    gw_audit_checker_verdict(&v, good);
    assert_int_equal(v.n_findings, 0);

    /* Cut off at an earlier head, signed and all. */
    GW_AUTO(gw_audit_checker) *l = check(gw_buf_span(&longer.text), NULL, 0);
    heads = gw_audit_checker_heads(&n, l);
    struct gw_audit_known last = { heads[2], "newest" };
    GW_AUTO(gw_audit_checker) *cut_off = check(gw_buf_span(&honest.text), &last, 1);
    gw_audit_checker_verdict(&v, cut_off);
    assert_int_equal(v.n_findings, 1);
    assert_string_equal(v.findings[0].code, "truncated");
    assert_non_null(strstr(v.findings[0].text, "a head over 12 entries"));
    done(&honest), done(&forked), done(&longer);
}

/* Two heads over one size in one export. */
static void a_fork_within_is_found(void **state)
{
    (void)state;
    struct log l = {}, other = {};
    struct gw_audit_verdict v;
    gw_audit_export_begin(&l.text, &l.f);
    add(&l, "settings");
    add(&other, "others");
    head(&l);
    GW_AUTO_VALUE(gw_buf) note = {};
    sign_as(&other, &key, secret, &note);
    gw_audit_export_head(&l.text, gw_buf_span(&note));
    gw_audit_export_end(&l.text, 1);
    GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&l.text), NULL, 0);
    gw_audit_checker_verdict(&v, c);
    assert_int_equal(v.n_findings, 1);
    assert_string_equal(v.findings[0].code, "fork");
    done(&l), done(&other);
}

/* Another's key: the same name, or an honest other log. */
static void another_key_is_found(void **state)
{
    (void)state;
    struct log l = {};
    struct gw_audit_verdict v;
    gw_audit_export_begin(&l.text, &l.f);
    add(&l, "settings");
    GW_AUTO_VALUE(gw_buf) note = {};
    sign_as(&l, &other_key, other_secret, &note);
    gw_audit_export_head(&l.text, gw_buf_span(&note));
    gw_audit_export_end(&l.text, 1);
    GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&l.text), NULL, 0);
    gw_audit_checker_verdict(&v, c);
    assert_true(v.n_findings > 0);
    assert_string_equal(v.findings[0].code, "signature");
    done(&l);
}

/* An export that begins later is held by the frontier before it. */
static void later_exports(void **state)
{
    (void)state;
    struct log l;
    struct gw_audit_verdict v;
    build(&l, ENTRIES, NULL, 0);
    for (size_t from = 1; from < ENTRIES; from++) {
        struct gw_frontier f = {};
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO_VALUE(gw_buf) note = {};
        for (size_t i = 0; i < from; i++) {
            struct gw_hash leaf = gw_tree_leaf(gw_buf_span(&l.entries[i]));
            gw_frontier_add(&f, &leaf, NULL);
        }
        gw_audit_export_begin(&text, &f);
        for (size_t i = from; i < ENTRIES; i++)
            gw_audit_export_entry(&text, gw_buf_span(&l.entries[i]));
        sign_as(&l, &key, secret, &note);
        gw_audit_export_head(&text, gw_buf_span(&note));
        gw_audit_export_end(&text, ENTRIES);
        GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&text), NULL, 0);
        gw_audit_checker_verdict(&v, c);
        assert_int_equal(v.n_findings, 0);
        assert_int_equal(v.from, from);
        /* A digit of the frontier changed. */
        char *digit = strstr((char *)text.data, "frontier ") + 20;
        *digit = *digit == 'a' ? 'b' : 'a';
        GW_AUTO(gw_audit_checker) *bad = check(gw_buf_span(&text), NULL, 0);
        gw_audit_checker_verdict(&v, bad);
        assert_true(v.n_findings > 0);
        assert_string_equal(v.findings[0].code, "root");
    }
    done(&l);
}

static void witnesses(void **state)
{
    (void)state;
    struct log l = {};
    int64_t at_s = 0;
    gw_audit_export_begin(&l.text, &l.f);
    add(&l, "settings");
    GW_AUTO_VALUE(gw_buf) note = {};
    sign_as(&l, &key, secret, &note);
    struct gw_note n;
    assert_true(gw_note_parse(&n, gw_buf_span(&note), &err));
    GW_AUTO_VALUE(gw_buf) line = {};
    gw_note_cosign(&line, n.text, &witness, witness_secret, 1795420900);
    gw_buf_add(&note, line.data, line.size);
    gw_audit_export_head(&l.text, gw_buf_span(&note));
    gw_audit_export_end(&l.text, 1);
    GW_AUTO(gw_audit_checker) *c = check(gw_buf_span(&l.text), NULL, 0);
    assert_true(gw_audit_checker_witnessed(c, &witness, &at_s));
    assert_int_equal(at_s, 1795420900);
    struct gw_audit_verdict v;
    gw_audit_checker_verdict(&v, c);
    assert_int_equal(v.n_findings, 0);
    struct gw_note_key stranger = witness;
    stranger.public_key[3] ^= 1;
    assert_false(gw_audit_checker_witnessed(c, &stranger, NULL));
    /* The log's own signature stands there, too, and vouches for nothing. */
    assert_false(gw_audit_checker_witnessed(c, &key, NULL));
    gw_audit_checker_verdict(&v, c);
    assert_int_equal(v.n_findings, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(v.findings[i].code, "unwitnessed");
    assert_non_null(strstr(v.findings[0].text, "no good signature of the witness witness.example/w"));
    done(&l);
}

static void keys_as_text(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_note_key again;
    gw_note_key_format(&text, &key);
    assert_true(gw_note_key_parse(&again, gw_buf_span(&text), &err));
    assert_memory_equal(&again, &key, sizeof key);
    /* Every single character changed is noticed. */
    for (size_t i = 0; i < text.size; i++) {
        uint8_t was = text.data[i];
        text.data[i] = was == '0' ? '1' : '0';
        assert_false(gw_note_key_parse(&again, gw_buf_span(&text), &err));
        text.data[i] = was;
    }
}

/* The key and signature of c2sp.org/signed-note's own form, made with another program (Node's crypto). */
static void golden(void **state)
{
    (void)state;
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES], own[GW_SIGN_SECRET_BYTES], seed[GW_KEY_BYTES];
    struct gw_note_key k;
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) note = {};
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    gw_sign_keypair_of(public_key, own, seed);
    assert_true(gw_note_key_make(&k, "example.org/log", GW_NOTE_ED25519, public_key));
    gw_note_key_format(&text, &k);
    assert_string_equal(gw_buf_text(&text), "example.org/log+98af023b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
    gw_buf_clear(&text);
    struct gw_checkpoint c = { .origin = "example.org/log", .size = 0, .root = gw_tree_empty(), .at_us = START_US };
    gw_checkpoint_format(&text, &c);
    gw_note_sign(&note, gw_buf_span(&text), &k, own);
    assert_string_equal(gw_buf_text(&note), "example.org/log\n"
        "0\n"
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        "time 2026-11-23T08:00:00Z\n"
        "\n"
        "— example.org/log mK8CO+1QjGk1htkStoXhDUJHQbZQDWu1D0iHL6w6Iz9AEb7q581q5GxR9GhdWWXGiNxqL5kxzlIL6wwMY2dCtqwPVAQ=\n");
}

/* ---- receipts -------------------------------------------------------------------------- */

static void receipts(void **state)
{
    (void)state;
    static const struct gw_id voyage = { { 1 } }, verification = { { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 } };
    static const uint64_t one = 1, three = 3;
    struct gw_buf entries[3] = {};
    struct gw_hash leaves[3], paths[3][2], prev = {};
    struct gw_receipt_part parts[3];
    struct log l = {};
    for (uint64_t n = 0; n < 3; n++) {
        struct gw_audit_facts f = { .n = &n, .at = &(int64_t){ START_US + (int64_t)n }, .prev = &prev, .voyage = &voyage };
        f.until = &(int64_t){ START_US + 100 };
        if (n == 0) {
            f.subject = &verification;
            f.answer = "inspect";
            f.reason = "blurred";
        } else if (n == 1) {
            f.boarded = f.not_boarded = &three;
        } else
            f.keys = &one;
        assert_true(gw_audit_format(&entries[n], n == 0 ? GW_AUDIT_VERIFY : n == 1 ? GW_AUDIT_CLOSE : GW_AUDIT_PURGE, &f, &err));
        leaves[n] = prev = gw_tree_leaf(gw_buf_span(&entries[n]));
        gw_frontier_add(&l.f, &leaves[n], NULL);
    }
    struct gw_hash both = gw_tree_node(&leaves[0], &leaves[1]);
    paths[0][0] = leaves[1], paths[0][1] = leaves[2];
    paths[1][0] = leaves[0], paths[1][1] = leaves[2];
    paths[2][0] = both;
    for (uint64_t n = 0; n < 3; n++)
        parts[n] = (struct gw_receipt_part){ n, gw_buf_text(&entries[n]), paths[n], n == 2 ? 1 : 2 };
    GW_AUTO_VALUE(gw_buf) note = {};
    GW_AUTO_VALUE(gw_buf) sentence = {};
    sign_as(&l, &key, secret, &note);
    GW_AUTO(gw_json) *j = gw_receipt_json(parts, 3, 3, gw_buf_text(&note), &err);
    assert_non_null(j);
    assert_true(gw_receipt_check(&sentence, j, &key, &err));
    assert_non_null(strstr(gw_buf_text(&sentence), "see_officer"));
    const char *destroyed = NULL;
    assert_true(gw_json_get_text(j, "destroyed_at", &destroyed));

    /* Every member that says something is held to the log. */
    static const char *const members[] = { "outcome", "at", "case", "voyage", "photo_until", "destroyed_by", "destroyed_at" };
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    for (size_t i = 0; i < GW_COUNT(members); i++) {
        GW_AUTO(gw_json) *lie = gw_json_parse(gw_buf_span(&text), &err);
        gw_json_set_text(lie, members[i], "2020-01-01T00:00:00Z");
        assert_false(gw_receipt_check(&sentence, lie, &key, &err));
        assert_int_equal(err.code, GW_ERR_INVALID);
        assert_non_null(strstr(err.text, members[i]));
    }
    /* And the entries to the head. */
    for (size_t i = 0; i + 8 < text.size; i++)
        if (memcmp(text.data + i, "blurred", 7) == 0)
            text.data[i] = 'B';
    GW_AUTO(gw_json) *lie = gw_json_parse(gw_buf_span(&text), &err);
    assert_false(gw_receipt_check(&sentence, lie, &key, &err));
    assert_non_null(strstr(err.text, "is not in the log that was signed"));
    assert_false(gw_receipt_check(&sentence, j, &other_key, &err));

    /* An auditor's: of the purge alone. */
    GW_AUTO(gw_json) *deletion = gw_receipt_json(&parts[2], 1, 3, gw_buf_text(&note), &err);
    assert_true(gw_receipt_check(&sentence, deletion, &key, &err));
    for (size_t n = 0; n < 3; n++)
        gw_buf_done(&entries[n]);
    done(&l);
}

int main(void)
{
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES];
    if (!gw_crypto_init(&err))
        return 1;
    gw_sign_keypair(public_key, secret);
    bool fine = gw_note_key_make(&key, "gangway-test", GW_NOTE_ED25519, public_key);
    gw_sign_keypair(public_key, other_secret);
    fine = fine && gw_note_key_make(&other_key, "gangway-test", GW_NOTE_ED25519, public_key);
    gw_sign_keypair(public_key, witness_secret);
    fine = fine && gw_note_key_make(&witness, "witness.example/w", GW_NOTE_COSIGNATURE, public_key);
    if (!fine)
        return 1;
    check_rows("lie", lies, is_found);
    check_add("check", "a fork and a cut are found with heads from elsewhere", forks_are_found);
    check_add("check", "two heads over one size are a fork", a_fork_within_is_found);
    check_add("check", "a head of another key with the same name is found", another_key_is_found);
    check_add("check", "an export that begins later is held by its frontier", later_exports);
    check_add("note", "a witness's signature counts, a stranger's does not", witnesses);
    check_add("note", "a public key mistyped in any place is refused", keys_as_text);
    check_add("note", "key and note are as another program makes them", golden);
    check_add("receipt", "a receipt says what the log says, and nothing else", receipts);
    return check_done();
}
