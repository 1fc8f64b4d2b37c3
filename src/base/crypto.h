/* crypto.h - hashing, sealing, signing, random bytes and locked memory; the only
 * face of libsodium.
 *
 * Threads: all functions, at the same time, after gw_crypto_init. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum {
    GW_HASH_BYTES = 32,
    GW_KEY_BYTES = 32,
    GW_SEAL_BYTES = 24 + 16, /* what sealing adds: nonce and tag */
    GW_SIGN_PUBLIC_BYTES = 32,
    GW_SIGN_SECRET_BYTES = 64,
    GW_SIGNATURE_BYTES = 64,
};

struct gw_hash {
    uint8_t bytes[GW_HASH_BYTES];
};

/* Once at start; GW_ERR_INTERNAL if the machine has no usable random source. */
[[nodiscard]] bool gw_crypto_init(struct gw_err *err);

void gw_random(void *out, size_t n);
void gw_wipe(void *p, size_t n);
bool gw_equal_secret(const void *a, const void *b, size_t n); /* in constant time */

/* SHA-256 (FIPS 180-4). */
struct gw_hash gw_sha256(struct gw_span data);
/* Of one after the other, as if they were one. */
struct gw_hash gw_sha256_parts(struct gw_span first, struct gw_span second);
/* Of a file's bytes, read in pieces. */
[[nodiscard]] bool gw_sha256_file(struct gw_hash *out, const char *path, struct gw_err *err);
/* BLAKE2b-256 with a key: for finding what must not stand in clear (names, numbers, tokens). */
struct gw_hash gw_keyed_hash(const uint8_t key[GW_KEY_BYTES], struct gw_span data);

/* HMAC-SHA256 (RFC 2104), with a key of any length. */
struct gw_hash gw_hmac_sha256(struct gw_span key, struct gw_span data);

/* XChaCha20-Poly1305. `bound` is associated data: what the ciphertext belongs to
 * (row, kind, voyage); it must be given again to open. out: data.size + GW_SEAL_BYTES. */
void gw_seal(uint8_t *out, const uint8_t key[GW_KEY_BYTES], struct gw_span data, struct gw_span bound);
/* out: sealed.size - GW_SEAL_BYTES. GW_ERR_CORRUPT when key, data or bound is not the one. */
[[nodiscard]] bool gw_unseal(uint8_t *out, const uint8_t key[GW_KEY_BYTES], struct gw_span sealed,
    struct gw_span bound, struct gw_err *err);

/* Ed25519 (RFC 8032). */
void gw_sign_keypair(uint8_t public_key[GW_SIGN_PUBLIC_BYTES], uint8_t secret_key[GW_SIGN_SECRET_BYTES]);
/* The same pair from the same 32 secret bytes. */
void gw_sign_keypair_of(uint8_t public_key[GW_SIGN_PUBLIC_BYTES], uint8_t secret_key[GW_SIGN_SECRET_BYTES],
    const uint8_t seed[GW_KEY_BYTES]);
void gw_sign(uint8_t out[GW_SIGNATURE_BYTES], struct gw_span data, const uint8_t secret_key[GW_SIGN_SECRET_BYTES]);
bool gw_sign_check(const uint8_t signature[GW_SIGNATURE_BYTES], struct gw_span data,
    const uint8_t public_key[GW_SIGN_PUBLIC_BYTES]);

/* For a process that holds faces and keys, at its start: no core file of it, no debugger of the same user on it,
 * and memory that is let go is overwritten at once, also that of libraries. */
void gw_secret_process(void);

/* Memory for keys and templates: locked against swap where the system allows it,
 * left out of core dumps, between guard pages, wiped when freed. */
[[nodiscard]] void *gw_secret_alloc(size_t n);
void gw_secret_free(void *p); /* NULL is fine */
/* The same for sizes that follow the data (a gallery), zeroed: whole pages, large ones
 * where the system has them, left out of core dumps and of child processes (a child that
 * touches them dies), locked as long as RLIMIT_MEMLOCK allows and else not. NULL when
 * there is not so much memory. */
[[nodiscard]] void *gw_secret_pages(size_t n);
void gw_secret_pages_free(void *p, size_t n); /* wipes; n as asked for; NULL is fine */

void gw_hex(char *out, struct gw_span data); /* 2 * size + 1 bytes */
[[nodiscard]] bool gw_hex_parse(uint8_t *out, size_t n, struct gw_span text);

/* Base64 with + / and padding (RFC 4648 section 4). */
#define GW_BASE64_TEXT(n) (((n) + 2) / 3 * 4 + 1) /* bytes with the zero */
void gw_base64(char *out, struct gw_span data);   /* GW_BASE64_TEXT(data.size) bytes */
/* At most `most` bytes to out. False: another alphabet, no or false padding, bits that are not zero at the end, or more. */
[[nodiscard]] bool gw_base64_parse(uint8_t *out, size_t most, size_t *n, struct gw_span text);
