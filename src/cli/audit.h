/* audit.h - inside cli/: the parts of `gangway audit`. */
#pragma once
#include "audit/note.h"
#include "base/json.h"

enum { GW_AUDIT_HEADS_MAX = 64 };

struct gw_audit_check_ask {
    const char *const *exports;
    size_t n_exports;
    const struct gw_note_key *key;
    const char *const *heads; /* files with signed heads from elsewhere */
    size_t n_heads;
    const struct gw_note_key *witness; /* NULL: none is asked for */
    bool pretty;
};
int gw_audit_check(const struct gw_audit_check_ask *ask); /* audit_check.c; exit status */

struct gw_audit_prove_ask {
    const char *path; /* of an export from the first entry on */
    const struct gw_note_key *key;
    bool inclusion;
    int64_t a, b;     /* entry and size, or first and second; b -1: the newest head's */
    bool pretty;
};
int gw_audit_prove(const struct gw_audit_prove_ask *ask);
