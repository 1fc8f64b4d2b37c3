/* sod.h - passive authentication (ICAO Doc 9303-11 section 5.1): EF.SOD says which
 * hashes a chip's groups have and is signed by a document signer whom the state's
 * CSCA certified. The only face of OpenSSL.
 *
 * Nothing short of every step is "valid": without the CSCA's certificate the answer
 * is no_trust_anchor, whatever the signature says. One step may be impossible without
 * fault of the document, and is told apart: a CSCA whose revocation list nobody gave.
 *
 * Threads: a trust store is immutable once loaded and shared. */
#pragma once
#include "base/clock.h"
#include "base/fail.h"
#include "base/span.h"

enum gw_sod_state {
    GW_SOD_VALID,
    GW_SOD_HASH_MISMATCH,     /* a group read is not the one that was signed, or is not listed */
    GW_SOD_SIGNATURE_INVALID,
    GW_SOD_NO_TRUST_ANCHOR,   /* signature right, but nobody trusted vouches for the signer */
    GW_SOD_SIGNER_EXPIRED,    /* the signer was not valid when it signed, as far as is known */
    GW_SOD_REVOKED,
    GW_SOD_NOT_PERFORMED,     /* an algorithm or form that is not supported: nothing was found out */
};
const char *gw_sod_state_name(enum gw_sod_state s); /* "no_trust_anchor" */

enum { GW_SOD_GROUPS = 16, GW_SOD_HASH_MAX = 64, GW_SOD_NAME = 160, GW_SOD_TYPES = 8 };

enum gw_sod_revocation {
    GW_SOD_REVOCATION_UNKNOWN, /* no list of the signer's CSCA that a certificate trusted here signed */
    GW_SOD_REVOCATION_OLD,     /* not on a list, but the list's next update is past */
    GW_SOD_REVOCATION_CHECKED,
};
const char *gw_sod_revocation_name(enum gw_sod_revocation r); /* "checked" */

enum gw_sod_match { GW_SOD_NOT_READ, GW_SOD_MATCH, GW_SOD_MISMATCH };

struct gw_sod {
    enum gw_sod_state state;
    const char *why;              /* a sentence where the state is not valid */
    enum gw_sod_revocation revocation;
    char digest[12];              /* "sha256": of the groups */
    bool weak_digest;             /* SHA-1 for groups or signature: old documents only, told as a warning */
    int lds_version;              /* of the security object: 0 or 1 */
    struct {
        unsigned group;           /* 1 to 16 */
        uint8_t hash[GW_SOD_HASH_MAX];
        size_t size;
        enum gw_sod_match match;
    } groups[GW_SOD_GROUPS];
    size_t n_groups;
    bool unlisted;                /* a group given is not in the list */
    char signer[GW_SOD_NAME], issuer[GW_SOD_NAME], serial[64]; /* of the document signer, RFC 2253 */
    char country[3];              /* of its issuer, upper case; "" where it does not say */
    char document_types[GW_SOD_TYPES][3]; /* what it may sign (Doc 9303-12, document type list) */
    size_t n_document_types;      /* 0: it does not say */
    bool has_signing_time;
    int64_t signing_us;
};

struct gw_trust; /* CSCA certificates and revocation lists; opaque */
/* Loads a folder's .cer .crt .der .pem .crl and .ml (master list) files, DER or PEM, by what
 * is in them: certificates of CAs are trusted (CSCAs, their link certificates, those of a
 * master list, whose own signature is not looked at: who put it there vouches for it); other
 * certificates are document signers to be found where EF.SOD has none, and trusted only
 * through a CSCA; revocation lists. NULL path: nothing is trusted. GW_ERR_NOT_FOUND;
 * GW_ERR_FORMAT names the file that cannot be read. */
[[nodiscard]] struct gw_trust *gw_trust_open(const char *folder, struct gw_err *err);
void gw_trust_close(struct gw_trust *t);
GW_AUTO_FREE(gw_trust, gw_trust_close)
size_t gw_trust_count(const struct gw_trust *t); /* certificates trusted */

struct gw_sod_group {
    unsigned group;       /* 1 for DG1 */
    struct gw_span bytes; /* of the whole file, without padding */
};
/* Checks in the order of Doc 9303-11. now: for certificates, where the signer did not say
 * when it signed. GW_ERR_FORMAT: not an EF.SOD. Anything else is a state. */
[[nodiscard]] bool gw_sod_check(struct gw_sod *out, struct gw_span sod, const struct gw_sod_group *groups, size_t n_groups,
    const struct gw_trust *trust, int64_t now_us, struct gw_err *err);

/* Doc 9303-11, 5.1, what the signature alone does not say: a sentence when the signer is of
 * another state than the one in EF.DG1, or may not sign this type of document; else NULL. A
 * state without a two-letter code cannot be compared. */
const char *gw_sod_objection(const struct gw_sod *s, const char *issuing_state, const char *document_code);
