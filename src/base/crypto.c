/* crypto.c - the only file with libsodium. */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static_assert(GW_SEAL_BYTES ==
              crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(GW_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(GW_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES);

bool gw_crypto_init(struct gw_err *err)
{
    if (sodium_init() < 0)
        return gw_fail(err, GW_ERR_INTERNAL, "no source of random numbers (libsodium refused to start)");
    return true;
}

void gw_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void gw_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

bool gw_equal_secret(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

struct gw_hash gw_sha256(struct gw_span data)
{
    struct gw_hash h;
    crypto_hash_sha256(h.bytes, data.data, data.size);
    return h;
}

struct gw_hash gw_sha256_parts(struct gw_span first, struct gw_span second)
{
    struct gw_hash h;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, first.data, first.size);
    crypto_hash_sha256_update(&state, second.data, second.size);
    crypto_hash_sha256_final(&state, h.bytes);
    return h;
}

bool gw_sha256_file(struct gw_hash *out, const char *path, struct gw_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gw_fail(err, errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO, "%s: %s", path, strerror(errno));
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    uint8_t piece[16384];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            crypto_hash_sha256_update(&state, piece, (unsigned long long)n);
    int saved = errno;
    close(fd);
    if (n < 0)
        return gw_fail(err, GW_ERR_IO, "%s: %s", path, strerror(saved));
    crypto_hash_sha256_final(&state, out->bytes);
    return true;
}

struct gw_hash gw_keyed_hash(const uint8_t key[GW_KEY_BYTES], struct gw_span data)
{
    struct gw_hash h;
    crypto_generichash(h.bytes, sizeof h.bytes, data.data, data.size, key, GW_KEY_BYTES);
    return h;
}

void gw_seal(uint8_t *out, const uint8_t key[GW_KEY_BYTES], struct gw_span data, struct gw_span bound)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    randombytes_buf(out, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, data.data, data.size, bound.data, bound.size, NULL,
        out, key);
}

bool gw_unseal(uint8_t *out, const uint8_t key[GW_KEY_BYTES], struct gw_span sealed, struct gw_span bound,
    struct gw_err *err)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    if (sealed.size < GW_SEAL_BYTES ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data + NONCE, sealed.size - NONCE,
            bound.data, bound.size, sealed.data, key) != 0)
        return gw_fail(err, GW_ERR_CORRUPT, "sealed data does not open: it was altered, moved, or its key is another");
    return true;
}

void gw_sign_keypair(uint8_t public_key[GW_SIGN_PUBLIC_BYTES], uint8_t secret_key[GW_SIGN_SECRET_BYTES])
{
    crypto_sign_keypair(public_key, secret_key);
}

void gw_sign_keypair_of(uint8_t public_key[GW_SIGN_PUBLIC_BYTES], uint8_t secret_key[GW_SIGN_SECRET_BYTES],
    const uint8_t seed[GW_KEY_BYTES])
{
    static_assert(GW_KEY_BYTES == crypto_sign_SEEDBYTES);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
}

void gw_sign(uint8_t out[GW_SIGNATURE_BYTES], struct gw_span data, const uint8_t secret_key[GW_SIGN_SECRET_BYTES])
{
    crypto_sign_detached(out, NULL, data.data, data.size, secret_key);
}

bool gw_sign_check(const uint8_t signature[GW_SIGNATURE_BYTES], struct gw_span data,
    const uint8_t public_key[GW_SIGN_PUBLIC_BYTES])
{
    return crypto_sign_verify_detached(signature, data.data, data.size, public_key) == 0;
}

void gw_secret_process(void)
{
    const struct rlimit none = {};
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    /* free() fills what it takes back. HTTP and database libraries copy requests about and do not wipe. */
    (void)mallopt(M_PERTURB, 0xA5);
}

void *gw_secret_alloc(size_t n)
{
    void *p = sodium_malloc(n == 0 ? 1 : n);
    if (p == NULL) {
        fputs("gangway: out of lockable memory\n", stderr);
        abort();
    }
    sodium_memzero(p, n);
    return p;
}

void gw_secret_free(void *p)
{
    sodium_free(p);
}

void *gw_secret_pages(size_t n)
{
    void *p = mmap(NULL, n == 0 ? 1 : n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* Each makes it safer or faster where the kernel can; none of them is needed to go on. */
    (void)madvise(p, n, MADV_DONTDUMP);
    (void)madvise(p, n, MADV_DONTFORK);
    (void)madvise(p, n, MADV_HUGEPAGE);
    (void)mlock(p, n);
    return p;
}

void gw_secret_pages_free(void *p, size_t n)
{
    if (p == NULL)
        return;
    sodium_memzero(p, n);
    munmap(p, n == 0 ? 1 : n);
}

struct gw_hash gw_hmac_sha256(struct gw_span key, struct gw_span data)
{
    struct gw_hash out;
    crypto_auth_hmacsha256_state state;
    static_assert(sizeof out.bytes == crypto_auth_hmacsha256_BYTES);
    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    crypto_auth_hmacsha256_update(&state, data.data, data.size);
    crypto_auth_hmacsha256_final(&state, out.bytes);
    gw_wipe(&state, sizeof state);
    return out;
}

void gw_hex(char *out, struct gw_span data)
{
    sodium_bin2hex(out, data.size * 2 + 1, data.data, data.size);
}

bool gw_hex_parse(uint8_t *out, size_t n, struct gw_span text)
{
    size_t got;
    return text.size == 2 * n &&
           sodium_hex2bin(out, n, (const char *)text.data, text.size, NULL, &got, NULL) == 0 && got == n;
}

void gw_base64(char *out, struct gw_span data)
{
    sodium_bin2base64(out, GW_BASE64_TEXT(data.size), data.data, data.size, sodium_base64_VARIANT_ORIGINAL);
}

bool gw_base64_parse(uint8_t *out, size_t most, size_t *n, struct gw_span text)
{
    const char *end = NULL;
    *n = 0;
    if (text.size == 0)
        return true;
    return sodium_base642bin(out, most, (const char *)text.data, text.size, NULL, n, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == (const char *)text.data + text.size;
}
