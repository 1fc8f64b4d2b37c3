/* tls.c - the only file that names GnuTLS.
 *
 * The HTTP library makes a session for each connection and gives it its own
 * credentials. gw_tls_begin puts ours in their place before the handshake begins:
 * that is how a new certificate comes into force without a restart. */
#include "http/tls.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20, CHAIN_MOST = 16 };

struct gw_tls_identity {
    atomic_uint references;
    gnutls_certificate_credentials_t credentials;
    bool asks_clients;
    int64_t not_after_us;
};

struct gw_tls {
    struct gw_tls_files files;
    pthread_mutex_t lock; /* current */
    struct gw_tls_identity *current;
    char *certificate, *key; /* as first read */
};

/* ---- files ---- */

/* Ends with a zero that is not counted. Wipe it: it may be a key. */
static char *read_file(size_t *n, const char *setting, const char *path, bool secret, struct gw_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return gw_fail_null(err, errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO, "%s: %.200s: %s", setting, path, strerror(errno));
    char *text = NULL;
    *n = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > FILE_BYTES)
        gw_fail(err, GW_ERR_FORMAT, "%s: %.200s is no file of 1 byte to 1 MiB", setting, path);
    else if (secret && (st.st_mode & S_IROTH) != 0)
        gw_fail(err, GW_ERR_INVALID, "%s: everybody may read %.200s: chmod o-rwx, and if others could reach it, make a new key",
            setting, path);
    else {
        text = gw_alloc((size_t)st.st_size + 1);
        while (*n < (size_t)st.st_size) {
            ssize_t k = read(fd, text + *n, (size_t)st.st_size - *n);
            if (k <= 0)
                break;
            *n += (size_t)k;
        }
    }
    close(fd);
    return text;
}

static void forget(char *text, size_t n)
{
    if (text != NULL)
        gw_wipe(text, n);
    gw_free(text);
}

static gnutls_datum_t datum(struct gw_span s)
{
    union { /* the library does not write there */
        const uint8_t *in;
        unsigned char *out;
    } u = { .in = s.data };
    return (gnutls_datum_t){ u.out, (unsigned)s.size };
}

bool gw_certificate_read(struct gw_certificate *out, struct gw_span file, struct gw_err *err)
{
    *out = (struct gw_certificate){};
    gnutls_x509_crt_t crt;
    if (gnutls_x509_crt_init(&crt) != 0)
        return gw_fail(err, GW_ERR_INTERNAL, "the TLS library cannot start");
    gnutls_datum_t data = datum(file);
    bool pem = memmem(file.data, file.size, "-----BEGIN", 10) != NULL;
    size_t n = sizeof out->fingerprint.bytes;
    int status = file.size == 0 || file.size > FILE_BYTES
        ? GNUTLS_E_BASE64_DECODING_ERROR
        : gnutls_x509_crt_import(crt, &data, pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER);
    bool ok = status == 0 && gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, out->fingerprint.bytes, &n) == 0;
    if (ok) {
        out->not_before_us = (int64_t)gnutls_x509_crt_get_activation_time(crt) * GW_US_PER_S;
        out->not_after_us = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * GW_US_PER_S;
    }
    gnutls_x509_crt_deinit(crt);
    return ok || gw_fail(err, GW_ERR_FORMAT, "this is no X.509 certificate, in PEM or DER");
}

/* ---- identities ---- */

static void drop(struct gw_tls_identity *i)
{
    if (i == NULL || atomic_fetch_sub(&i->references, 1) != 1)
        return;
    gnutls_certificate_free_credentials(i->credentials);
    gw_free(i);
}

static bool add_key(struct gw_tls_identity *i, const struct gw_tls_files *f, struct gw_span certificate, struct gw_span key,
    int64_t now_us, struct gw_err *err)
{
    struct gw_certificate read;
    gnutls_datum_t c = datum(certificate), k = datum(key);
    if (!gw_certificate_read(&read, certificate, err))
        return gw_fail_prefix(err, "http.tls_certificate: %.200s", f->certificate);
    if (read.not_after_us <= now_us) {
        char text[GW_TIME_TEXT];
        gw_time_format(text, read.not_after_us);
        return gw_fail(err, GW_ERR_INVALID, "http.tls_certificate: %.200s ended %s: have it renewed", f->certificate, text);
    }
    i->not_after_us = read.not_after_us;
    int status = gnutls_certificate_set_x509_key_mem(i->credentials, &c, &k, GNUTLS_X509_FMT_PEM);
    if (status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return gw_fail(err, GW_ERR_INVALID, "http.tls_key: %.200s is not the key of http.tls_certificate", f->key);
    return status >= 0 ||
        gw_fail(err, GW_ERR_FORMAT, "http.tls_key: %.200s cannot be used (%s); it takes an unencrypted private key in PEM", f->key,
            gnutls_strerror(status));
}

static bool add_clients(struct gw_tls_identity *i, const struct gw_tls_files *f, struct gw_err *err)
{
    size_t n;
    if (f->clients == NULL || *f->clients == 0)
        return true;
    char *text = read_file(&n, "http.tls_clients", f->clients, false, err);
    if (text == NULL)
        return false;
    gnutls_datum_t trust = datum(gw_span_of(text, n));
    int status = gnutls_certificate_set_x509_trust_mem(i->credentials, &trust, GNUTLS_X509_FMT_PEM);
    gw_free(text);
    i->asks_clients = status > 0;
    return i->asks_clients || gw_fail(err, GW_ERR_FORMAT, "http.tls_clients: %.200s has no certificate in PEM", f->clients);
}

/* certificate and key: what was read, also on failure; the caller's to forget. */
static struct gw_tls_identity *make(char **certificate, size_t *certificate_size, char **key, size_t *key_size,
    const struct gw_tls_files *f, int64_t now_us, struct gw_err *err)
{
    *certificate = read_file(certificate_size, "http.tls_certificate", f->certificate, false, err);
    *key = *certificate == NULL ? NULL : read_file(key_size, "http.tls_key", f->key, true, err);
    if (*key == NULL)
        return NULL;
    struct gw_tls_identity *i = gw_alloc(sizeof *i);
    atomic_init(&i->references, 1);
    if (gnutls_certificate_allocate_credentials(&i->credentials) != 0) {
        gw_free(i);
        return gw_fail_null(err, GW_ERR_INTERNAL, "the TLS library cannot start");
    }
    if (add_key(i, f, gw_span_of(*certificate, *certificate_size), gw_span_of(*key, *key_size), now_us, err) &&
        add_clients(i, f, err))
        return i;
    drop(i);
    return NULL;
}

struct gw_tls *gw_tls_open(const struct gw_tls_files *files, int64_t now_us, struct gw_err *err)
{
    size_t certificate_size = 0, key_size = 0;
    GW_AUTO(gw_tls) *t = gw_alloc(sizeof *t);
    t->files = *files;
    pthread_mutex_init(&t->lock, NULL);
    t->current = make(&t->certificate, &certificate_size, &t->key, &key_size, files, now_us, err);
    return t->current == NULL ? NULL : gw_take(t);
}

bool gw_tls_reload(struct gw_tls *t, int64_t now_us, struct gw_err *err)
{
    char *certificate = NULL, *key = NULL;
    size_t certificate_size = 0, key_size = 0;
    struct gw_tls_identity *fresh = make(&certificate, &certificate_size, &key, &key_size, &t->files, now_us, err);
    forget(certificate, certificate_size);
    forget(key, key_size);
    if (fresh == NULL)
        return false;
    pthread_mutex_lock(&t->lock);
    struct gw_tls_identity *old = t->current;
    t->current = fresh;
    pthread_mutex_unlock(&t->lock);
    drop(old);
    return true;
}

int64_t gw_tls_not_after_us(struct gw_tls *t)
{
    pthread_mutex_lock(&t->lock);
    int64_t us = t->current->not_after_us;
    pthread_mutex_unlock(&t->lock);
    return us;
}

void gw_tls_close(struct gw_tls *t)
{
    if (t == NULL)
        return;
    drop(t->current);
    forget(t->certificate, t->certificate == NULL ? 0 : strlen(t->certificate));
    forget(t->key, t->key == NULL ? 0 : strlen(t->key));
    pthread_mutex_destroy(&t->lock);
    gw_free(t);
}

const char *gw_tls_priorities(void)
{
    return "NORMAL:-VERS-ALL:+VERS-TLS1.3";
}

const char *gw_tls_certificate_text(const struct gw_tls *t)
{
    return t->certificate;
}

const char *gw_tls_key_text(const struct gw_tls *t)
{
    return t->key;
}

/* ---- connections ---- */

struct gw_tls_identity *gw_tls_begin(struct gw_tls *t, void *session)
{
    pthread_mutex_lock(&t->lock);
    struct gw_tls_identity *i = t->current;
    atomic_fetch_add(&i->references, 1);
    pthread_mutex_unlock(&t->lock);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, i->credentials);
    /* Not required: whoever has a bearer token needs no certificate. */
    gnutls_certificate_server_set_request(session, i->asks_clients ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
    return i;
}

void gw_tls_end(struct gw_tls_identity *i)
{
    drop(i);
}

enum gw_tls_peer gw_tls_peer(struct gw_hash *fingerprint, struct gw_err *why, const struct gw_tls_identity *i, void *session)
{
    unsigned n = 0, status = 0;
    const gnutls_datum_t *chain = i->asks_clients ? gnutls_certificate_get_peers(session, &n) : NULL;
    if (chain == NULL || n == 0)
        return GW_TLS_PEER_NONE;
    union { /* the library does not write there */
        const char *in;
        unsigned char *out;
    } purpose = { .in = GNUTLS_KP_TLS_WWW_CLIENT };
    gnutls_typed_vdata_st asked = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose.out };
    if (n > CHAIN_MOST || gnutls_certificate_verify_peers(session, &asked, 1, &status) != 0)
        status = GNUTLS_CERT_INVALID;
    if (status == 0) {
        *fingerprint = gw_sha256(gw_span_of(chain[0].data, chain[0].size));
        return GW_TLS_PEER_KNOWN;
    }
    gw_fail(why, GW_ERR_UNAUTHORIZED, "%s",
        (status & GNUTLS_CERT_EXPIRED) != 0          ? "the client certificate has expired"
            : (status & GNUTLS_CERT_NOT_ACTIVATED) != 0 ? "the client certificate is not valid yet"
            : (status & GNUTLS_CERT_PURPOSE_MISMATCH) != 0
            ? "the client certificate is not meant for clients (extended key usage clientAuth)"
            : "the client certificate is signed by nobody in http.tls_clients");
    return GW_TLS_PEER_REFUSED;
}
