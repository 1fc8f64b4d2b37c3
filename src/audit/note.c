/* note.c - signed notes, written and read. */
#include "audit/note.h"

#include <stdio.h>

#define DASH "\xE2\x80\x94 " /* em dash, blank: c2sp.org/signed-note */

static bool name_of(char out[GW_NOTE_NAME_TEXT], struct gw_span s)
{
    if (s.size < 1 || s.size >= GW_NOTE_NAME_TEXT)
        return false;
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] <= ' ' || s.data[i] >= 0x7F || s.data[i] == '+')
            return false;
    memcpy(out, s.data, s.size);
    out[s.size] = 0;
    return true;
}

/* The next line without its newline; false at the end or when there is none. */
static bool take_line(struct gw_span *line, struct gw_cursor *c)
{
    size_t left = gw_cursor_left(c);
    const uint8_t *from = c->in.data + c->at, *end = left == 0 ? NULL : memchr(from, '\n', left);
    if (end == NULL)
        return false;
    *line = gw_span_of(from, (size_t)(end - from));
    c->at += line->size + 1;
    return true;
}

/* ---- keys ------------------------------------------------------------------------- */

bool gw_note_key_make(struct gw_note_key *out, const char *name, uint8_t kind,
    const uint8_t public_key[GW_SIGN_PUBLIC_BYTES])
{
    *out = (struct gw_note_key){ .kind = kind };
    if (!name_of(out->name, gw_span_str(name)))
        return false;
    memcpy(out->public_key, public_key, GW_SIGN_PUBLIC_BYTES);
    /* The id is the beginning of SHA-256(name, newline, kind, key). */
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_addf(&text, "%s\n", name);
    gw_buf_add(&text, &kind, 1);
    gw_buf_add(&text, public_key, GW_SIGN_PUBLIC_BYTES);
    struct gw_hash h = gw_sha256(gw_buf_span(&text));
    memcpy(out->id, h.bytes, sizeof out->id);
    return true;
}

void gw_note_key_format(struct gw_buf *out, const struct gw_note_key *key)
{
    uint8_t bytes[1 + GW_SIGN_PUBLIC_BYTES] = { key->kind };
    char id[2 * sizeof key->id + 1], text[GW_BASE64_TEXT(sizeof bytes)];
    memcpy(bytes + 1, key->public_key, GW_SIGN_PUBLIC_BYTES);
    gw_hex(id, gw_span_of(key->id, sizeof key->id));
    gw_base64(text, gw_span_of(bytes, sizeof bytes));
    gw_buf_addf(out, "%s+%s+%s", key->name, id, text);
}

bool gw_note_key_parse(struct gw_note_key *out, struct gw_span text, struct gw_err *err)
{
    char name[GW_NOTE_NAME_TEXT];
    uint8_t id[4], bytes[1 + GW_SIGN_PUBLIC_BYTES];
    size_t n, plus = 0;
    text = gw_span_trim(text);
    while (plus < text.size && text.data[plus] != '+')
        plus++;
    struct gw_span rest = gw_span_slice(text, plus + 1, text.size);
    if (!name_of(name, gw_span_slice(text, 0, plus)) || rest.size < 10 || rest.data[8] != '+' ||
        !gw_hex_parse(id, sizeof id, gw_span_slice(rest, 0, 8)) ||
        !gw_base64_parse(bytes, sizeof bytes, &n, gw_span_slice(rest, 9, rest.size)) || n != sizeof bytes ||
        (bytes[0] != GW_NOTE_ED25519 && bytes[0] != GW_NOTE_COSIGNATURE))
        return gw_fail(err, GW_ERR_FORMAT, "a public key is written NAME+ID+KEY (c2sp.org/signed-note), as `gangway audit key` prints it");
    if (!gw_note_key_make(out, name, bytes[0], bytes + 1) || memcmp(out->id, id, sizeof id) != 0)
        return gw_fail(err, GW_ERR_FORMAT, "the key's id is not that of its name and bytes: a character is wrong");
    return true;
}

/* ---- checkpoints -------------------------------------------------------------------- */

void gw_checkpoint_format(struct gw_buf *out, const struct gw_checkpoint *c)
{
    char root[GW_BASE64_TEXT(GW_HASH_BYTES)], at[GW_TIME_TEXT];
    gw_base64(root, gw_span_of(c->root.bytes, sizeof c->root.bytes));
    gw_time_format(at, c->at_us);
    gw_buf_addf(out, "%s\n%llu\n%s\ntime %s\n", c->origin, (unsigned long long)c->size, root, at);
}

bool gw_checkpoint_parse(struct gw_checkpoint *out, struct gw_span text, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(text);
    struct gw_span line;
    size_t n;
    if (!take_line(&line, &c) || !name_of(out->origin, line))
        return gw_fail(err, GW_ERR_FORMAT, "a checkpoint begins with the log's name (c2sp.org/tlog-checkpoint)");
    if (!take_line(&line, &c) || !gw_span_uint(line, (UINT64_C(1) << GW_TREE_LEVELS) - 1, &out->size) ||
        (line.size > 1 && line.data[0] == '0'))
        return gw_fail(err, GW_ERR_FORMAT, "a checkpoint's second line is the number of entries");
    if (!take_line(&line, &c) || !gw_base64_parse(out->root.bytes, sizeof out->root.bytes, &n, line) ||
        n != sizeof out->root.bytes)
        return gw_fail(err, GW_ERR_FORMAT, "a checkpoint's third line is the root, 32 bytes in Base64");
    if (!take_line(&line, &c) || !gw_span_starts(line, "time ") ||
        !gw_time_parse(&out->at_us, NULL, gw_span_slice(line, 5, line.size)))
        return gw_fail(err, GW_ERR_FORMAT, "this log's checkpoints have their time in the fourth line");
    return true;
}

/* ---- signing -------------------------------------------------------------------------- */

static void add_signature(struct gw_buf *out, const struct gw_note_key *key, struct gw_span signature)
{
    uint8_t bytes[4 + 8 + GW_SIGNATURE_BYTES];
    char text[GW_BASE64_TEXT(sizeof bytes)];
    memcpy(bytes, key->id, sizeof key->id);
    memcpy(bytes + sizeof key->id, signature.data, signature.size);
    gw_base64(text, gw_span_of(bytes, sizeof key->id + signature.size));
    gw_buf_addf(out, DASH "%s %s\n", key->name, text);
}

void gw_note_sign(struct gw_buf *out, struct gw_span text, const struct gw_note_key *key,
    const uint8_t secret[GW_SIGN_SECRET_BYTES])
{
    uint8_t signature[GW_SIGNATURE_BYTES];
    gw_sign(signature, text, secret);
    gw_buf_add(out, text.data, text.size);
    gw_buf_add(out, "\n", 1);
    add_signature(out, key, gw_span_of(signature, sizeof signature));
}

static void cosigned_text(struct gw_buf *out, struct gw_span text, int64_t at_s)
{
    gw_buf_addf(out, "cosignature/v1\ntime %lld\n", (long long)at_s);
    gw_buf_add(out, text.data, text.size);
}

void gw_note_cosign(struct gw_buf *out, struct gw_span text, const struct gw_note_key *witness,
    const uint8_t secret[GW_SIGN_SECRET_BYTES], int64_t at_s)
{
    GW_AUTO_VALUE(gw_buf) full = {};
    uint8_t bytes[8 + GW_SIGNATURE_BYTES];
    cosigned_text(&full, text, at_s);
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)at_s >> (56 - 8 * i));
    gw_sign(bytes + 8, gw_buf_span(&full), secret);
    add_signature(out, witness, gw_span_of(bytes, sizeof bytes));
}

/* ---- reading --------------------------------------------------------------------------- */

bool gw_note_signature_parse(struct gw_note_signature *out, struct gw_span line, struct gw_err *err)
{
    uint8_t bytes[4 + sizeof out->bytes + 64]; /* longer ones are kinds nobody here knows */
    size_t n, blank = sizeof DASH - 1;
    *out = (struct gw_note_signature){ .line = line };
    if (!gw_span_starts(line, DASH))
        return gw_fail(err, GW_ERR_FORMAT, "a signature line begins with an em dash and a blank");
    while (blank < line.size && line.data[blank] != ' ')
        blank++;
    out->name = gw_span_slice(line, sizeof DASH - 1, blank);
    if (out->name.size == 0 ||
        !gw_base64_parse(bytes, sizeof bytes, &n, gw_span_slice(line, blank + 1, line.size)) || n < 5)
        return gw_fail(err, GW_ERR_FORMAT, "a signature line has a name and Base64 (c2sp.org/signed-note)");
    memcpy(out->id, bytes, sizeof out->id);
    out->size = n - 4;
    memcpy(out->bytes, bytes + 4, GW_MIN(out->size, sizeof out->bytes));
    return true;
}

bool gw_note_parse(struct gw_note *out, struct gw_span note, struct gw_err *err)
{
    *out = (struct gw_note){};
    if (note.size > GW_NOTE_MAX)
        return gw_fail(err, GW_ERR_FORMAT, "a note has at most %d bytes", GW_NOTE_MAX);
    /* The text ends at the last empty line. */
    size_t split = 0;
    for (size_t i = 1; i + 1 < note.size; i++)
        if (note.data[i] == '\n' && note.data[i - 1] == '\n')
            split = i;
    if (split == 0)
        return gw_fail(err, GW_ERR_FORMAT, "a signed note has an empty line before its signatures");
    out->text = gw_span_slice(note, 0, split);
    struct gw_cursor c = gw_cursor_of(gw_span_slice(note, split + 1, note.size));
    struct gw_span line;
    while (take_line(&line, &c)) {
        if (out->n == GW_NOTE_SIGNATURES_MAX)
            return gw_fail(err, GW_ERR_FORMAT, "a note has at most %d signatures", GW_NOTE_SIGNATURES_MAX);
        if (!gw_note_signature_parse(&out->signatures[out->n++], line, err))
            return false;
    }
    return (gw_cursor_left(&c) == 0 && out->n > 0) ||
           gw_fail(err, GW_ERR_FORMAT, "a signed note ends with a signature line and a newline");
}

bool gw_note_signature_check(const struct gw_note_signature *s, struct gw_span text, const struct gw_note_key *key,
    int64_t *at_s)
{
    if (!gw_span_is(s->name, key->name) || memcmp(s->id, key->id, sizeof s->id) != 0)
        return false;
    if (key->kind == GW_NOTE_ED25519)
        return s->size == GW_SIGNATURE_BYTES && gw_sign_check(s->bytes, text, key->public_key);
    uint64_t at = 0;
    for (size_t i = 0; i < 8; i++)
        at = at << 8 | s->bytes[i];
    if (s->size != 8 + GW_SIGNATURE_BYTES || at > (uint64_t)(INT64_MAX / GW_US_PER_S))
        return false;
    GW_AUTO_VALUE(gw_buf) full = {};
    cosigned_text(&full, text, (int64_t)at);
    if (at_s != NULL)
        *at_s = (int64_t)at;
    return gw_sign_check(s->bytes + 8, gw_buf_span(&full), key->public_key);
}

bool gw_note_signed(const struct gw_note *note, const struct gw_note_key *key, int64_t *at_s)
{
    for (size_t i = 0; i < note->n; i++)
        if (gw_note_signature_check(&note->signatures[i], note->text, key, at_s))
            return true;
    return false;
}
