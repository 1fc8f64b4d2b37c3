/* note.h - what is signed: heads of the log, as checkpoints in signed notes
 * (c2sp.org/tlog-checkpoint and c2sp.org/signed-note), so that witnesses and tools of other
 * transparency logs can read them.
 *
 *     gangway-3f2a9c01                      the log's name
 *     1234                                  entries
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2…     root, Base64
 *     time 2026-11-23T12:00:00Z             when it was signed
 *
 *     — gangway-3f2a9c01 Pyqc…              signature: Base64 of 4 bytes key id and 64 of Ed25519
 *
 * A witness adds a line (c2sp.org/tlog-cosignature): its Ed25519 over "cosignature/v1", its
 * time and the note's text.
 *
 * Threads: no state. */
#pragma once
#include "audit/tree.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
    GW_NOTE_NAME_TEXT = 65,     /* bytes with the zero */
    GW_NOTE_MAX = 8192,         /* bytes of a note */
    GW_NOTE_SIGNATURES_MAX = 32,
    GW_NOTE_ED25519 = 1,        /* kinds of keys */
    GW_NOTE_COSIGNATURE = 4,
};

/* A public key and whose it is: "NAME+ID+KEY", ID 8 hex digits, KEY Base64 of kind and 32 bytes. */
struct gw_note_key {
    char name[GW_NOTE_NAME_TEXT];
    uint8_t id[4], kind;
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES];
};
/* name: 1 to 64 characters, no blank and no +. False if it is none. */
[[nodiscard]] bool gw_note_key_make(struct gw_note_key *out, const char *name, uint8_t kind,
    const uint8_t public_key[GW_SIGN_PUBLIC_BYTES]);
void gw_note_key_format(struct gw_buf *out, const struct gw_note_key *key);
/* GW_ERR_FORMAT; also when its id is not that of its name and key (a mistyped key). */
[[nodiscard]] bool gw_note_key_parse(struct gw_note_key *out, struct gw_span text, struct gw_err *err);

struct gw_checkpoint {
    char origin[GW_NOTE_NAME_TEXT];
    uint64_t size;
    struct gw_hash root;
    int64_t at_us;
};
/* Appends the text that is signed. */
void gw_checkpoint_format(struct gw_buf *out, const struct gw_checkpoint *c);
[[nodiscard]] bool gw_checkpoint_parse(struct gw_checkpoint *out, struct gw_span text, struct gw_err *err); /* GW_ERR_FORMAT */

/* Appends the note: text, empty line, signature. */
void gw_note_sign(struct gw_buf *out, struct gw_span text, const struct gw_note_key *key,
    const uint8_t secret[GW_SIGN_SECRET_BYTES]);
/* Appends a witness's line for a note's text. */
void gw_note_cosign(struct gw_buf *out, struct gw_span text, const struct gw_note_key *witness,
    const uint8_t secret[GW_SIGN_SECRET_BYTES], int64_t at_s);

struct gw_note {
    struct gw_span text; /* with its last newline; all point into what was parsed */
    struct gw_note_signature {
        struct gw_span name, line; /* the line without its newline */
        uint8_t id[4];
        uint8_t bytes[8 + GW_SIGNATURE_BYTES];
        size_t size;               /* 64, or 72: time and signature; others are kinds nobody here knows */
    } signatures[GW_NOTE_SIGNATURES_MAX];
    size_t n;
};
[[nodiscard]] bool gw_note_parse(struct gw_note *out, struct gw_span note, struct gw_err *err); /* GW_ERR_FORMAT */
/* One signature line. */
[[nodiscard]] bool gw_note_signature_parse(struct gw_note_signature *out, struct gw_span line, struct gw_err *err);
/* Does a signature of this key stand under the text, and is it right? at_s: of a cosignature; may be NULL. */
bool gw_note_signed(const struct gw_note *note, const struct gw_note_key *key, int64_t *at_s);
bool gw_note_signature_check(const struct gw_note_signature *s, struct gw_span text, const struct gw_note_key *key,
    int64_t *at_s);
