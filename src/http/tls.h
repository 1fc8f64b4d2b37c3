/* tls.h - who the server is to its clients, and who they are to it: TLS 1.3 with X.509
 * certificates. Only tls.c names the TLS library; the HTTP library drives the handshakes.
 *
 * What the files say is held as one identity that is never changed. Reading them anew
 * makes another; handshakes from then on use it, connections that are open keep theirs.
 *
 * Threads: reload and close from one; the rest from any. */
#pragma once
#include "base/crypto.h"
#include "base/fail.h"
#include "base/span.h"

/* One certificate, as `gangway device add --certificate` registers it. */
struct gw_certificate {
    struct gw_hash fingerprint;         /* SHA-256 of its DER form */
    int64_t not_before_us, not_after_us;
};
/* The first certificate of a PEM file, or a DER file. GW_ERR_FORMAT: it is neither. */
[[nodiscard]] bool gw_certificate_read(struct gw_certificate *out, struct gw_span file, struct gw_err *err);

struct gw_tls_files {
    const char *certificate; /* PEM: the server's, then those between it and a root */
    const char *key;         /* PEM, not encrypted; must not be readable by everybody */
    const char *clients;     /* PEM: who signs clients' certificates; "": none is asked for */
};

struct gw_tls; /* opaque */
/* Reads the files. Borrowed until close: the struct's strings. Errors say what to do:
 *   GW_ERR_NOT_FOUND, GW_ERR_IO  a file cannot be read
 *   GW_ERR_FORMAT     a file is not what it should be
 *   GW_ERR_INVALID    key and certificate do not belong together; the certificate has expired; the
 *                     key is everybody's to read */
[[nodiscard]] struct gw_tls *gw_tls_open(const struct gw_tls_files *files, int64_t now_us, struct gw_err *err);
/* The same files again. When it fails everything stays as it was. */
[[nodiscard]] bool gw_tls_reload(struct gw_tls *t, int64_t now_us, struct gw_err *err);
int64_t gw_tls_not_after_us(struct gw_tls *t); /* when the server's certificate ends */
void gw_tls_close(struct gw_tls *t);           /* after every connection; NULL is fine */
GW_AUTO_FREE(gw_tls, gw_tls_close)

/* What the HTTP library must be given to start. Borrowed until close. */
const char *gw_tls_priorities(void);
const char *gw_tls_certificate_text(const struct gw_tls *t);
const char *gw_tls_key_text(const struct gw_tls *t);

/* A connection. session is the TLS library's, before its handshake. The identity is yours to let go when the
 * connection is closed. */
struct gw_tls_identity;
struct gw_tls_identity *gw_tls_begin(struct gw_tls *t, void *session);
void gw_tls_end(struct gw_tls_identity *i); /* NULL is fine */

/* What the client showed, after the handshake. */
enum gw_tls_peer {
    GW_TLS_PEER_NONE,    /* no certificate */
    GW_TLS_PEER_KNOWN,   /* one that leads to `clients`, is valid now and is meant for clients; *fingerprint is it */
    GW_TLS_PEER_REFUSED, /* one that does not; *why says so */
};
enum gw_tls_peer gw_tls_peer(struct gw_hash *fingerprint, struct gw_err *why, const struct gw_tls_identity *i, void *session);
