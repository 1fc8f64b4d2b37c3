/* kek.c - the key-encryption key: read from where the setting says, used, wiped. */
#include "store/kek.h"
#include "store/store.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct gw_kek {
    uint8_t *key; /* locked memory; NULL when a token has it */
    struct gw_token_key *token;
    char mark[GW_KEK_MARK_TEXT];
};

static const char file_head[] = "gangway master key 1\n";
enum { HEX_BYTES = 2 * GW_KEY_BYTES, FILE_BYTES = sizeof file_head - 1 + HEX_BYTES + 1, PATH_BYTES = 4096 };

bool gw_kek_make_file(const char *path, struct gw_err *err)
{
    uint8_t *key = gw_secret_alloc(GW_KEY_BYTES + FILE_BYTES + 1);
    char *text = (char *)key + GW_KEY_BYTES;
    gw_random(key, GW_KEY_BYTES);
    memcpy(text, file_head, sizeof file_head - 1);
    gw_hex(text + sizeof file_head - 1, gw_span_of(key, GW_KEY_BYTES));
    text[FILE_BYTES - 1] = '\n';
    bool fine = gw_buf_write_file(gw_span_of(text, FILE_BYTES), path, 0600, err);
    gw_secret_free(key);
    return fine;
}

/* The digits, with or without the head line. */
static bool parse(struct gw_kek *k, struct gw_span text, bool needs_head, const char *where, struct gw_err *err)
{
    struct gw_span s = gw_span_trim(text);
    bool has_head = gw_span_starts(s, file_head);
    if (has_head)
        s = gw_span_slice(s, sizeof file_head - 1, s.size);
    k->key = gw_secret_alloc(GW_KEY_BYTES);
    if ((has_head || !needs_head) && s.size == HEX_BYTES && gw_hex_parse(k->key, GW_KEY_BYTES, s))
        return true;
    return gw_fail(err, GW_ERR_CORRUPT, "%.120s is not a master key of gangway: restore it from where you keep it", where);
}

static bool read_file(struct gw_kek *k, const char *path, bool may_make, bool needs_head, struct gw_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno != ENOENT)
            return gw_fail(err, GW_ERR_IO, "%.150s: %s", path, strerror(errno));
        if (!may_make)
            return gw_fail(err, GW_ERR_NOT_FOUND,
                "%.120s is missing, and the database cannot be read without it: restore it from where you keep it", path);
        if (!gw_kek_make_file(path, err) || stat(path, &st) != 0)
            return false;
    }
    if ((st.st_mode & 077) != 0)
        return gw_fail(err, GW_ERR_IO, "%.120s can be read by others than its owner: chmod 600, and think of who read it", path);
    GW_AUTO_VALUE(gw_buf) text = {};
    return gw_buf_read_file(&text, path, 4096, err) && parse(k, gw_buf_span(&text), needs_head, path, err);
}

static bool read_environment(struct gw_kek *k, const char *name, struct gw_err *err)
{
    char *value = getenv(name);
    if (value == NULL)
        return gw_fail(err, GW_ERR_NOT_FOUND, "keys.source names the environment variable %.60s, and there is none", name);
    bool fine = parse(k, gw_span_str(value), false, "the environment variable of keys.source", err);
    /* /proc shows the environment a process was started with: overwrite it there. */
    gw_wipe(value, strlen(value));
    unsetenv(name);
    return fine;
}

static bool read_credential(struct gw_kek *k, const char *name, struct gw_err *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_BYTES];
    if (folder == NULL)
        return gw_fail(err, GW_ERR_NOT_FOUND,
            "keys.source names a systemd credential, and the service was started without any: LoadCredential=%.60s:FILE", name);
    if (strchr(name, '/') != NULL || (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return gw_fail(err, GW_ERR_USAGE, "keys.source credential:NAME takes a name without slash");
    return read_file(k, path, false, false, err);
}

struct gw_kek *gw_kek_open(const char *source, const char *folder, bool may_make, struct gw_err *err)
{
    GW_AUTO(gw_kek) *k = gw_alloc(sizeof *k);
    char path[PATH_BYTES];
    bool fine;
    if (strcmp(source, "file") == 0) {
        fine = (size_t)snprintf(path, sizeof path, "%s/master.key", folder) < sizeof path
            ? read_file(k, path, may_make, true, err)
            : gw_fail(err, GW_ERR_IO, "store.path is too long");
    } else if (strncmp(source, "file:", 5) == 0) {
        fine = read_file(k, source + 5, may_make, true, err);
    } else if (strncmp(source, "env:", 4) == 0) {
        fine = read_environment(k, source + 4, err);
    } else if (strncmp(source, "credential:", 11) == 0) {
        fine = read_credential(k, source + 11, err);
    } else if (strncmp(source, "pkcs11:", 7) == 0) {
        fine = (k->token = gw_token_key_open(source, err)) != NULL;
    } else {
        fine = gw_fail(err, GW_ERR_USAGE, "keys.source takes file, file:PATH, env:NAME, credential:NAME or pkcs11:…");
    }
    if (!fine)
        return NULL;
    struct gw_hash h = k->token != NULL ? gw_token_key_hash(k->token)
                                        : gw_keyed_hash(k->key, gw_span_str("gangway: mark"));
    gw_hex(k->mark, gw_span_of(h.bytes, (GW_KEK_MARK_TEXT - 1) / 2));
    return gw_take(k);
}

bool gw_store_keys_check(const char *path, const char *keys, struct gw_err *err)
{
    struct gw_err why = {};
    GW_AUTO(gw_kek) *k = gw_kek_open(keys, path, false, &why);
    if (k != NULL || (why.code == GW_ERR_NOT_FOUND && strcmp(keys, "file") == 0))
        return true; /* the second is made with its folder */
    if (why.code == GW_ERR_NOT_FOUND && strncmp(keys, "file:", 5) == 0) {
        GW_AUTO_MEM char *file = gw_strdup(keys + 5);
        const char *folder = dirname(file);
        return access(folder, W_OK | X_OK) == 0 ||
               gw_fail(err, GW_ERR_IO, "keys.source: no key can be made in %.150s: %s", folder, strerror(errno));
    }
    if (err != NULL)
        *err = why;
    return false;
}

void gw_kek_close(struct gw_kek *k)
{
    if (k == NULL)
        return;
    gw_secret_free(k->key);
    gw_token_key_close(k->token);
    gw_free(k);
}

const char *gw_kek_mark(const struct gw_kek *k)
{
    return k->mark;
}

/* Not the key itself: a file made for an earlier use of it stays of use. */
static void wrap_key(uint8_t out[GW_KEY_BYTES], const struct gw_kek *k)
{
    struct gw_hash h = gw_keyed_hash(k->key, gw_span_str("gangway: wrap"));
    memcpy(out, h.bytes, GW_KEY_BYTES);
    gw_wipe(&h, sizeof h);
}

bool gw_kek_wrap(struct gw_buf *out, const struct gw_kek *k, const uint8_t secret[GW_KEY_BYTES], const char *bound,
    struct gw_err *err)
{
    if (k->token != NULL)
        return gw_token_key_seal(out, k->token, gw_span_of(secret, GW_KEY_BYTES), gw_span_str(bound), err);
    uint8_t key[GW_KEY_BYTES], sealed[GW_KEY_BYTES + GW_SEAL_BYTES];
    wrap_key(key, k);
    gw_seal(sealed, key, gw_span_of(secret, GW_KEY_BYTES), gw_span_str(bound));
    gw_wipe(key, sizeof key);
    gw_buf_add(out, sealed, sizeof sealed);
    return true;
}

bool gw_kek_unwrap(uint8_t secret[GW_KEY_BYTES], const struct gw_kek *k, struct gw_span wrapped, const char *bound,
    struct gw_err *err)
{
    if (k->token != NULL)
        return gw_token_key_unseal(secret, GW_KEY_BYTES, k->token, wrapped, gw_span_str(bound), err);
    if (wrapped.size != GW_KEY_BYTES + GW_SEAL_BYTES)
        return gw_fail(err, GW_ERR_CORRUPT, "a wrapped key has a wrong length");
    uint8_t key[GW_KEY_BYTES];
    wrap_key(key, k);
    bool fine = gw_unseal(secret, key, wrapped, gw_span_str(bound), err);
    gw_wipe(key, sizeof key);
    return fine;
}
