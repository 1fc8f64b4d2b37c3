/* kek.h - inside store/: the key-encryption key. It wraps two secrets and nothing else:
 * the root (hashes) and the key of the ring (ring.h). It is needed when the store is
 * opened and when it is rotated, and let go at once.
 *
 * Where it comes from is a setting (keys.source):
 *   file              master.key in the store's folder, made at first start
 *   file:PATH         a key file anywhere (0600)
 *   env:NAME          the environment; taken out of it when read
 *   credential:NAME   a systemd credential ($CREDENTIALS_DIRECTORY/NAME)
 *   pkcs11:…          an AES key in a token (RFC 7512); it never leaves it
 * A key file is "gangway master key 1", a newline, 64 hexadecimal digits; in the
 * environment and in credentials the digits alone are enough.
 *
 * Threads: one at a time. */
#pragma once
#include "base/buf.h"
#include "base/crypto.h"

enum { GW_KEK_WRAPPED_MAX = 256, GW_KEK_MARK_TEXT = 17 };

struct gw_kek; /* opaque */

/* may_make: `file` and `file:` make the file if there is none. GW_ERR_NOT_FOUND, GW_ERR_IO, GW_ERR_CORRUPT,
 * GW_ERR_USAGE (no such source), GW_ERR_UNAVAILABLE (no token), GW_ERR_UNSUPPORTED (built without PKCS#11). */
[[nodiscard]] struct gw_kek *gw_kek_open(const char *source, const char *folder, bool may_make, struct gw_err *err);
void gw_kek_close(struct gw_kek *k); /* wipes; NULL is fine */
GW_AUTO_FREE(gw_kek, gw_kek_close)
/* Tells keys apart without telling them: 16 hexadecimal digits. */
const char *gw_kek_mark(const struct gw_kek *k);

/* Appends at most GW_KEK_WRAPPED_MAX bytes. bound: what it is, as in gw_seal. */
[[nodiscard]] bool gw_kek_wrap(struct gw_buf *out, const struct gw_kek *k, const uint8_t secret[GW_KEY_BYTES],
    const char *bound, struct gw_err *err);
/* GW_ERR_CORRUPT: another key wrapped it, or it was altered. */
[[nodiscard]] bool gw_kek_unwrap(uint8_t secret[GW_KEY_BYTES], const struct gw_kek *k, struct gw_span wrapped,
    const char *bound, struct gw_err *err);

/* A new key file. */
[[nodiscard]] bool gw_kek_make_file(const char *path, struct gw_err *err);

/* pkcs11.c: an AES key of a token, used there with GCM. */
struct gw_token_key; /* opaque */
[[nodiscard]] struct gw_token_key *gw_token_key_open(const char *uri, struct gw_err *err);
void gw_token_key_close(struct gw_token_key *t);
struct gw_hash gw_token_key_hash(const struct gw_token_key *t); /* of what names it */
[[nodiscard]] bool gw_token_key_seal(struct gw_buf *out, struct gw_token_key *t, struct gw_span secret,
    struct gw_span bound, struct gw_err *err);
[[nodiscard]] bool gw_token_key_unseal(uint8_t *out, size_t n, struct gw_token_key *t, struct gw_span sealed,
    struct gw_span bound, struct gw_err *err);
