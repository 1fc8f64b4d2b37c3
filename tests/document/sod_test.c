/* sod_test.c - passive authentication against a state made here: a CSCA, its document
 * signers, and what goes wrong between them. */
#include "base/buf.h"
#include "base/clock.h"
#include "document/sod.h"
#include "tests/check.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* a curve of our own cannot be made otherwise */
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(x)                                                                                   \
    do {                                                                                          \
        if (!(x))                                                                                 \
            fail_msg("OpenSSL: %s", #x);                                                          \
    } while (0)

enum { DAY = 86400 };
static const int64_t now_s = 1795420800; /* 2026-11-23T08:00:00Z */

/* ---- keys, made once a kind ---------------------------------------------------------------- */

enum kind { RSA_PKCS1, RSA_PSS, EC_P256, EC_BRAINPOOL, EC_EXPLICIT, EC_OWN, KINDS };

/* P-256 with a generator that whoever made it knows more about than we do. */
static EVP_PKEY *own_curve(void)
{
    EC_GROUP *p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
    MUST(EC_GROUP_get_curve(p256, p, a, b, NULL) == 1);
    EC_GROUP *group = EC_GROUP_new_curve_GFp(p, a, b, NULL);
    EC_POINT *twice = EC_POINT_new(p256), *generator = EC_POINT_new(group);
    MUST(EC_POINT_dbl(p256, twice, EC_GROUP_get0_generator(p256), NULL) == 1);
    char *hex = EC_POINT_point2hex(p256, twice, POINT_CONVERSION_UNCOMPRESSED, NULL);
    MUST(EC_POINT_hex2point(group, hex, generator, NULL) != NULL);
    MUST(EC_GROUP_set_generator(group, generator, EC_GROUP_get0_order(p256), EC_GROUP_get0_cofactor(p256)) == 1);
    EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
    EC_KEY *ec = EC_KEY_new();
    MUST(EC_KEY_set_group(ec, group) == 1 && EC_KEY_generate_key(ec) == 1);
    EVP_PKEY *key = EVP_PKEY_new();
    MUST(EVP_PKEY_assign_EC_KEY(key, ec) == 1);
    OPENSSL_free(hex);
    EC_POINT_free(twice);
    EC_POINT_free(generator);
    EC_GROUP_free(group);
    EC_GROUP_free(p256);
    BN_free(p);
    BN_free(a);
    BN_free(b);
    return key;
}

static EVP_PKEY *new_key(enum kind kind)
{
    EVP_PKEY *key = NULL;
    if (kind == EC_OWN)
        return own_curve();
    if (kind == RSA_PKCS1 || kind == RSA_PSS)
        return EVP_RSA_gen(2048);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    MUST(EVP_PKEY_keygen_init(c) == 1);
    MUST(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(c, kind == EC_BRAINPOOL ? NID_brainpoolP256r1 : NID_X9_62_prime256v1) == 1);
    MUST(EVP_PKEY_CTX_set_ec_param_enc(c, kind == EC_EXPLICIT ? OPENSSL_EC_EXPLICIT_CURVE : OPENSSL_EC_NAMED_CURVE) == 1);
    MUST(EVP_PKEY_keygen(c, &key) == 1);
    EVP_PKEY_CTX_free(c);
    return key;
}

static EVP_PKEY *key_of(enum kind kind, int which)
{
    static EVP_PKEY *made[KINDS][3];
    if (made[kind][which] == NULL)
        made[kind][which] = new_key(kind);
    return made[kind][which];
}

/* ---- certificates ----------------------------------------------------------------------------- */

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX c;
    X509V3_set_ctx(&c, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    MUST(e != NULL && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void sign_certificate(X509 *x, EVP_PKEY *key, bool pss)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    MUST(EVP_DigestSignInit(c, &p, EVP_sha256(), NULL, key) == 1);
    if (pss)
        MUST(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(p, 32) == 1);
    MUST(X509_sign_ctx(x, c) > 0);
    EVP_MD_CTX_free(c);
}

struct paper {
    const char *country, *name, *usage, *types; /* types: DER of the document type list, hex; NULL: none */
    int serial;
    int64_t from_s, until_s;
    bool is_ca;
};

static X509 *new_certificate(const struct paper *p, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool pss)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    MUST(X509_set_version(x, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), p->serial) == 1);
    MUST(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)p->from_s) && ASN1_TIME_set(X509_getm_notAfter(x), (time_t)p->until_s));
    MUST(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)p->country, -1, -1, 0) == 1);
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)p->name, -1, -1, 0) == 1);
    MUST(X509_set_issuer_name(x, issuer == NULL ? name : X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(x, key) == 1);
    X509 *by = issuer == NULL ? x : issuer;
    if (p->is_ca)
        add_extension(x, by, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    if (p->usage != NULL)
        add_extension(x, by, NID_key_usage, p->usage);
    add_extension(x, by, NID_subject_key_identifier, "hash");
    add_extension(x, by, NID_authority_key_identifier, "keyid:always");
    if (p->types != NULL) {
        long n;
        unsigned char *der = OPENSSL_hexstr2buf(p->types, &n);
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *id = OBJ_txt2obj("2.23.136.1.1.6.2", 1);
        MUST(ASN1_OCTET_STRING_set(value, der, (int)n) == 1);
        X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, id, 0, value);
        MUST(X509_add_ext(x, e, -1) == 1);
        X509_EXTENSION_free(e);
        ASN1_OBJECT_free(id);
        ASN1_OCTET_STRING_free(value);
        OPENSSL_free(der);
    }
    sign_certificate(x, issuer_key, pss);
    return x;
}

/* ---- EF.SOD -------------------------------------------------------------------------------------- */

static const char dg1[] = "\x61\x05\x5F\x1F\x02ZZ", dg2[] = "\x75\x02\x01\x02", dg15[] = "\x6F\x01\x00";

static void wrap(struct gw_buf *b, uint8_t tag)
{
    struct gw_buf out = {};
    uint8_t head[4] = { tag, 0x82, (uint8_t)(b->size >> 8), (uint8_t)b->size };
    gw_buf_add(&out, head, 4);
    gw_buf_add(&out, b->data, b->size);
    gw_buf_done(b);
    *b = out;
}

/* SEQUENCE { version, algorithm, SEQUENCE OF { number, hash } } */
static void security_object(struct gw_buf *b, const char *digest, bool is_1_8)
{
    static const struct {
        unsigned number;
        const char *bytes;
        size_t size;
    } groups[] = { { 1, dg1, sizeof dg1 - 1 }, { 2, dg2, sizeof dg2 - 1 }, { 15, dg15, sizeof dg15 - 1 } };
    const EVP_MD *md = EVP_get_digestbyname(digest);
    struct gw_buf list = {}, object = {};
    unsigned char *der = NULL;
    for (size_t i = 0; i < GW_COUNT(groups); i++) {
        struct gw_buf one = {};
        uint8_t hash[EVP_MAX_MD_SIZE], head[5];
        unsigned n;
        MUST(EVP_Digest(groups[i].bytes, groups[i].size, hash, &n, md, NULL) == 1);
        memcpy(head, (const uint8_t[]){ 0x02, 1, (uint8_t)groups[i].number, 0x04, (uint8_t)n }, 5);
        gw_buf_add(&one, head, 5);
        gw_buf_add(&one, hash, n);
        wrap(&one, 0x30);
        gw_buf_add(&list, one.data, one.size);
        gw_buf_done(&one);
    }
    wrap(&list, 0x30);
    X509_ALGOR *algorithm = X509_ALGOR_new();
    X509_ALGOR_set_md(algorithm, md);
    int n = i2d_X509_ALGOR(algorithm, &der);
    gw_buf_add(&object, is_1_8 ? "\x02\x01\x01" : "\x02\x01\x00", 3);
    gw_buf_add(&object, der, (size_t)n);
    gw_buf_add(&object, list.data, list.size);
    if (is_1_8) /* LDSVersionInfo: versions of the data structure and of Unicode */
        gw_buf_add_text(&object, "\x30\x0E\x13\x04" "0108" "\x13\x06" "040000");
    wrap(&object, 0x30);
    gw_buf_add(b, object.data, object.size);
    OPENSSL_free(der);
    X509_ALGOR_free(algorithm);
    gw_buf_done(&list);
    gw_buf_done(&object);
}

struct make {
    enum kind kind;
    const char *digest, *signature_digest; /* NULL: sha256 */
    const char *content_type;              /* NULL: the security object's */
    int64_t signed_s;                      /* 0: no signing time */
    bool without_certificate, two_signers, no_attributes, broken, is_1_8;
    const char *attribute_type;            /* a content type attribute that says something else */
    struct paper csca, signer;             /* what differs from an ordinary one; name NULL: nothing does */
};

struct made {
    X509 *csca, *signer;
    struct gw_buf sod;
};

static void add_signer(CMS_ContentInfo *cms, const struct make *m, X509 *x, EVP_PKEY *key)
{
    unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_KEY_PARAM | CMS_NOSMIMECAP | (m->without_certificate ? CMS_NOCERTS : 0) | (m->no_attributes ? CMS_NOATTR : 0);
    CMS_SignerInfo *si = CMS_add1_signer(cms, x, key, EVP_get_digestbyname(m->signature_digest == NULL ? "sha256" : m->signature_digest), flags);
    MUST(si != NULL);
    if (m->kind == RSA_PSS) {
        EVP_PKEY_CTX *c = CMS_SignerInfo_get0_pkey_ctx(si);
        MUST(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(c, 32) == 1);
    }
    if (m->signed_s != 0) {
        ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)m->signed_s);
        MUST(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, t->type, t, -1) == 1);
        ASN1_TIME_free(t);
    }
}

static int by_bytes(const void *a, const void *b)
{
    const struct gw_buf *x = a, *y = b;
    int c = memcmp(x->data, y->data, GW_MIN(x->size, y->size));
    return c != 0 ? c : (x->size > y->size) - (x->size < y->size);
}

/* OpenSSL says when it signed, unasked. Documents that do not are made by taking that out and
 * signing the other attributes anew, as a SET OF in DER. */
static void sign_without_time(CMS_ContentInfo *cms, const struct make *m, EVP_PKEY *key)
{
    CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1), n;
    struct gw_buf parts[8] = {}, all = {};
    X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, at));
    if (m->attribute_type != NULL) {
        ASN1_OBJECT *id = OBJ_txt2obj(m->attribute_type, 1);
        at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_contentType, -1);
        X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, at));
        MUST(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_contentType, V_ASN1_OBJECT, id, -1) == 1);
        ASN1_OBJECT_free(id);
    }
    n = CMS_signed_get_attr_count(si);
    MUST(at >= 0 && n > 0 && n <= 8);
    for (int i = 0; i < n; i++) {
        unsigned char *der = NULL;
        int size = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(si, i), &der);
        gw_buf_add(&parts[i], der, (size_t)size);
        OPENSSL_free(der);
    }
    qsort(parts, (size_t)n, sizeof parts[0], by_bytes);
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += parts[i].size;
    MUST(size < 0x100);
    uint8_t head[3] = { 0x31, 0x81, (uint8_t)size };
    gw_buf_add(&all, head, size < 0x80 ? 1 : 2);
    gw_buf_add(&all, &head[2], 1);
    for (int i = 0; i < n; i++) {
        gw_buf_add(&all, parts[i].data, parts[i].size);
        gw_buf_done(&parts[i]);
    }
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    unsigned char signature[512];
    size_t length = sizeof signature;
    MUST(EVP_DigestSignInit(c, &p, EVP_get_digestbyname(m->signature_digest == NULL ? "sha256" : m->signature_digest), NULL, key) == 1);
    if (m->kind == RSA_PSS)
        MUST(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(p, 32) == 1);
    MUST(EVP_DigestSign(c, signature, &length, all.data, all.size) == 1);
    MUST(ASN1_STRING_set(CMS_SignerInfo_get0_signature(si), signature, (int)length) == 1);
    EVP_MD_CTX_free(c);
    gw_buf_done(&all);
}

static const struct paper ordinary_csca = { .country = "UT", .name = "CSCA Utopia", .usage = "critical,keyCertSign,cRLSign", .serial = 1, .is_ca = true };
static const struct paper ordinary_signer = { .country = "UT", .name = "DS Utopia 7", .usage = "critical,digitalSignature", .serial = 7 };

static struct paper filled(const struct paper *given, const struct paper *ordinary)
{
    struct paper p = given->name == NULL ? *ordinary : *given;
    if (given->name == NULL && given->from_s != 0) {
        p.from_s = given->from_s;
        p.until_s = given->until_s;
    }
    if (p.from_s == 0) {
        p.from_s = now_s - 400 * DAY;
        p.until_s = now_s + 4000 * (int64_t)DAY;
    }
    return p;
}

static void make(struct made *out, const struct make *m)
{
    struct paper csca = filled(&m->csca, &ordinary_csca), signer = filled(&m->signer, &ordinary_signer);
    EVP_PKEY *csca_key = key_of(m->kind, 0), *key = key_of(m->kind, 1);
    out->csca = new_certificate(&csca, csca_key, NULL, csca_key, m->kind == RSA_PSS);
    out->signer = new_certificate(&signer, key, out->csca, csca_key, m->kind == RSA_PSS);
    struct gw_buf object = {};
    unsigned char *der = NULL;
    security_object(&object, m->digest == NULL ? "sha256" : m->digest, m->is_1_8);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    ASN1_OBJECT *type = OBJ_txt2obj(m->content_type == NULL ? "2.23.136.1.1.1" : m->content_type, 1);
    MUST(cms != NULL && CMS_set1_eContentType(cms, type) == 1);
    add_signer(cms, m, out->signer, key);
    if (m->two_signers)
        add_signer(cms, m, out->csca, csca_key);
    BIO *in = BIO_new_mem_buf(object.data, (int)object.size);
    MUST(CMS_final(cms, in, NULL, CMS_BINARY) == 1);
    if (m->signed_s == 0 && !m->no_attributes && !m->two_signers)
        sign_without_time(cms, m, key);
    int n = i2d_CMS_ContentInfo(cms, &der);
    MUST(n > 0);
    out->sod = (struct gw_buf){};
    gw_buf_add(&out->sod, der, (size_t)n);
    wrap(&out->sod, 0x77);
    if (m->broken) /* the signature is the last octet string */
        out->sod.data[out->sod.size - 3] ^= 0x40;
    OPENSSL_free(der);
    BIO_free(in);
    ASN1_OBJECT_free(type);
    CMS_ContentInfo_free(cms);
    gw_buf_done(&object);
}

static void made_done(struct made *m)
{
    X509_free(m->csca);
    X509_free(m->signer);
    gw_buf_done(&m->sod);
}

/* ---- a folder of trust ------------------------------------------------------------------------- */

static char folder[] = "/tmp/gangway-sod-XXXXXX";

static void put(const char *name, const void *data, size_t n)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    struct gw_err err = {};
    gw_buf_addf(&path, "%s/%s", folder, name);
    CHECK_OK(gw_buf_write_file(gw_span_of(data, n), gw_buf_text(&path), 0600, &err));
}

static void take_away(const char *name)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addf(&path, "%s/%s", folder, name);
    unlink(gw_buf_text(&path));
}

static void put_certificate(const char *name, X509 *x)
{
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    put(name, der, (size_t)n);
    OPENSSL_free(der);
}

static void put_list(const char *name, X509 *issuer, EVP_PKEY *key, int revoked, int64_t next_s)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)(now_s - DAY)), *next = ASN1_TIME_set(NULL, (time_t)next_s);
    MUST(X509_CRL_set_version(crl, 1) == 1 && X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1);
    MUST(X509_CRL_set1_lastUpdate(crl, last) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1);
    if (revoked != 0) {
        X509_REVOKED *r = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        MUST(ASN1_INTEGER_set(serial, revoked) == 1 && X509_REVOKED_set_serialNumber(r, serial) == 1 &&
             X509_REVOKED_set_revocationDate(r, last) == 1 && X509_CRL_add0_revoked(crl, r) == 1);
        ASN1_INTEGER_free(serial);
    }
    MUST(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    unsigned char *der = NULL;
    int n = i2d_X509_CRL(crl, &der);
    put(name, der, (size_t)n);
    OPENSSL_free(der);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    X509_CRL_free(crl);
}

/* ---- rows ----------------------------------------------------------------------------------------- */

static const struct gw_sod_group all_groups[] = {
    { 1, { (const uint8_t *)dg1, sizeof dg1 - 1 } },
    { 2, { (const uint8_t *)dg2, sizeof dg2 - 1 } },
    { 15, { (const uint8_t *)dg15, sizeof dg15 - 1 } },
};
static const struct gw_sod_group wrong_group[] = { { 1, { (const uint8_t *)dg2, sizeof dg2 - 1 } } };
static const struct gw_sod_group unlisted_group[] = { { 14, { (const uint8_t *)dg2, sizeof dg2 - 1 } } };
static const struct gw_sod_group twice[] = {
    { 1, { (const uint8_t *)dg2, sizeof dg2 - 1 } },
    { 1, { (const uint8_t *)dg1, sizeof dg1 - 1 } },
};

enum trust { CSCA, NOTHING, SIGNER_ONLY, CSCA_AND_SIGNER, OTHER_KEY };

static const struct row {
    const char *label;
    struct make make;
    enum trust trust;
    const struct gw_sod_group *groups; /* NULL: all three */
    size_t n_groups;
    const char *want; /* state digest weak matches */
    const char *says; /* part of why */
} rows[] = {
    { "RSA with PKCS 1: everything right is valid", { .kind = RSA_PKCS1 }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "RSASSA-PSS is valid", { .kind = RSA_PSS }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "ECDSA on a named curve is valid", { .kind = EC_P256 }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "ECDSA on a Brainpool curve is valid", { .kind = EC_BRAINPOOL }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "explicit parameters of a known curve are valid", { .kind = EC_EXPLICIT }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "explicit parameters of a curve nobody knows are not believed", { .kind = EC_OWN }, CSCA, NULL, 0, "not_performed sha256 0 MMM", "curve" },
    { "the security object of LDS 1.8, which says its version", { .kind = EC_P256, .is_1_8 = true }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "LDS 1.8 with a group that is not the one signed", { .kind = RSA_PSS, .is_1_8 = true }, CSCA, wrong_group, 1, "hash_mismatch sha256 0 X--", "not the one that w" },
    { "LDS 1.8 with a wrong signature", { .kind = EC_BRAINPOOL, .is_1_8 = true, .broken = true }, CSCA, NULL, 0, "signature_invalid sha256 0 MMM", "signature" },
    { "SHA-384 is valid", { .kind = RSA_PSS, .digest = "sha384", .signature_digest = "sha384" }, CSCA, NULL, 0, "valid sha384 0 MMM", NULL },
    { "SHA-512 is valid", { .kind = EC_P256, .digest = "sha512", .signature_digest = "sha512" }, CSCA, NULL, 0, "valid sha512 0 MMM", NULL },
    { "SHA-224 is valid", { .kind = EC_P256, .digest = "sha224" }, CSCA, NULL, 0, "valid sha224 0 MMM", NULL },
    { "SHA-1 of the groups is valid and weak", { .kind = EC_P256, .digest = "sha1" }, CSCA, NULL, 0, "valid sha1 1 MMM", NULL },
    { "SHA-1 of the signature is valid and weak", { .kind = RSA_PKCS1, .signature_digest = "sha1" }, CSCA, NULL, 0, "valid sha256 1 MMM", NULL },
    { "MD5 of the groups is not looked at", { .kind = RSA_PKCS1, .digest = "md5" }, CSCA, NULL, 0, "not_performed md5 0 ---", "hash algorithm" },
    { "MD5 of the signature is not looked at", { .kind = RSA_PKCS1, .signature_digest = "md5" }, CSCA, NULL, 0, "not_performed sha256 0 ---", "hash algorithm" },
    { "no group given leaves hashes unread and is valid", { .kind = EC_P256 }, CSCA, wrong_group, 0, "valid sha256 0 ---", NULL },
    { "a group that is not the one signed", { .kind = EC_P256 }, CSCA, wrong_group, 1, "hash_mismatch sha256 0 X--", "not the one that was signed" },
    { "a group given twice must match twice", { .kind = EC_P256 }, CSCA, twice, 2, "hash_mismatch sha256 0 X--", "not the one that was signed" },
    { "a group that is not listed", { .kind = EC_P256 }, CSCA, unlisted_group, 1, "hash_mismatch sha256 0 ---", "not among those signed" },
    { "a wrong signature (ECDSA)", { .kind = EC_P256, .broken = true }, CSCA, NULL, 0, "signature_invalid sha256 0 MMM", "signature" },
    { "a wrong signature (RSA)", { .kind = RSA_PKCS1, .broken = true }, CSCA, NULL, 0, "signature_invalid sha256 0 MMM", "signature" },
    { "a wrong signature (PSS)", { .kind = RSA_PSS, .broken = true }, CSCA, NULL, 0, "signature_invalid sha256 0 MMM", "signature" },
    { "a wrong signature says so without a trust anchor", { .kind = EC_P256, .broken = true }, NOTHING, NULL, 0, "signature_invalid sha256 0 MMM", "signature" },
    { "nobody trusted is never valid", { .kind = EC_P256 }, NOTHING, NULL, 0, "no_trust_anchor sha256 0 MMM", "vouches" },
    { "a document signer in the folder is no CSCA", { .kind = EC_P256 }, SIGNER_ONLY, NULL, 0, "no_trust_anchor sha256 0 MMM", "vouches" },
    { "a CSCA of the same name and another key did not sign", { .kind = EC_P256 }, OTHER_KEY, NULL, 0, "no_trust_anchor sha256 0 MMM", "vouches" },
    { "a signer left out of the file is found in the folder", { .kind = EC_P256, .without_certificate = true }, CSCA_AND_SIGNER, NULL, 0, "valid sha256 0 MMM", NULL },
    { "a signer left out and not in the folder", { .kind = EC_P256, .without_certificate = true }, CSCA, NULL, 0, "no_trust_anchor sha256 0 MMM", "neither in the file" },
    { "two signers are one too many", { .kind = EC_P256, .two_signers = true }, CSCA, NULL, 0, "signature_invalid sha256 0 ---", "exactly one" },
    { "a signature without attributes", { .kind = EC_P256, .content_type = "2.23.136.1.1.1", .no_attributes = true }, CSCA, NULL, 0, "signature_invalid sha256 0 ---", "attributes" },
    { "attributes that speak of another content", { .kind = EC_P256, .attribute_type = "1.2.840.113549.1.7.1" }, CSCA, NULL, 0, "signature_invalid sha256 0 ---", "attributes" },
    { "the object identifier of early documents", { .kind = EC_P256, .content_type = "1.2.528.1.1006.1.20.1" }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "a signer that may not sign (key usage)",
        { .kind = EC_P256, .signer = { .country = "UT", .name = "DS", .usage = "critical,keyEncipherment", .serial = 7 } }, CSCA, NULL, 0, "no_trust_anchor sha256 0 MMM", "key usage" },
    { "a signer without a key usage is an old one", { .kind = EC_P256, .signer = { .country = "UT", .name = "DS", .serial = 7 } }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "expired now, but it does not say when it signed", { .kind = EC_P256, .signer = { .from_s = now_s - 900 * DAY, .until_s = now_s - 100 * DAY } }, CSCA, NULL, 0,
        "signer_expired sha256 0 MMM", "had expired" },
    { "expired now, in date when it signed", { .kind = EC_P256, .signed_s = now_s - 300 * DAY, .signer = { .from_s = now_s - 390 * DAY, .until_s = now_s - 100 * DAY } }, CSCA,
        NULL, 0, "valid sha256 0 MMM", NULL },
    { "expired when it signed", { .kind = EC_P256, .signed_s = now_s - 50 * DAY, .signer = { .from_s = now_s - 390 * DAY, .until_s = now_s - 100 * DAY } }, CSCA, NULL, 0,
        "signer_expired sha256 0 MMM", "had expired" },
    { "not yet valid when it signed", { .kind = EC_P256, .signed_s = now_s - 395 * DAY, .signer = { .from_s = now_s - 390 * DAY, .until_s = now_s + 100 * DAY } }, CSCA, NULL, 0,
        "signer_expired sha256 0 MMM", "not yet valid" },
    { "a CSCA expired when it signed",
        { .kind = EC_P256, .signed_s = now_s - 50 * DAY, .csca = { .from_s = now_s - 900 * DAY, .until_s = now_s - 100 * DAY } }, CSCA, NULL, 0, "signer_expired sha256 0 MMM", "had expired" },
    { "a CSCA expired since is as good as it was",
        { .kind = EC_P256, .signed_s = now_s - 300 * DAY, .csca = { .from_s = now_s - 900 * DAY, .until_s = now_s - 100 * DAY } }, CSCA, NULL, 0, "valid sha256 0 MMM", NULL },
    { "a time of signing yet to come is not believed",
        { .kind = EC_P256, .signed_s = now_s + 300 * DAY, .signer = { .from_s = now_s + 200 * DAY, .until_s = now_s + 400 * DAY } }, CSCA, NULL, 0, "signer_expired sha256 0 MMM", "not yet valid" },
};

static void summary(char out[80], const struct gw_sod *s)
{
    int n = snprintf(out, 80, "%s %s %d ", gw_sod_state_name(s->state), s->digest, s->weak_digest);
    for (size_t i = 0; i < s->n_groups; i++)
        n += snprintf(out + n, 80 - (size_t)n, "%c", "-MX"[s->groups[i].match]);
}

static void states(void **state)
{
    const struct row *r = *state;
    struct made m;
    struct gw_sod s;
    struct gw_err err = {};
    make(&m, &r->make);
    X509 *other = NULL;
    if (r->trust == CSCA || r->trust == CSCA_AND_SIGNER)
        put_certificate("csca.cer", m.csca);
    if (r->trust == SIGNER_ONLY || r->trust == CSCA_AND_SIGNER)
        put_certificate("signer.cer", m.signer);
    if (r->trust == OTHER_KEY) {
        struct paper p = filled(&(struct paper){}, &ordinary_csca);
        other = new_certificate(&p, key_of(r->make.kind, 2), NULL, key_of(r->make.kind, 2), false);
        put_certificate("csca.cer", other);
    }
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    take_away("csca.cer");
    take_away("signer.cer");
    if (trust == NULL)
        fail_msg("%s", err.text);
    CHECK_INT(gw_trust_count(trust), r->trust == CSCA || r->trust == CSCA_AND_SIGNER || r->trust == OTHER_KEY);
    bool all = r->groups == NULL;
    CHECK_OK(gw_sod_check(&s, gw_buf_span(&m.sod), all ? all_groups : r->groups, all ? GW_COUNT(all_groups) : r->n_groups, trust,
        now_s * GW_US_PER_S, &err));
    char got[80];
    summary(got, &s);
    CHECK_TEXT(got, r->want);
    CHECK((s.state == GW_SOD_VALID) == (s.why == NULL));
    if (r->says != NULL && (s.why == NULL || strstr(s.why, r->says) == NULL))
        fail_msg("\"%s\" does not say \"%s\"", s.why, r->says);
    X509_free(other);
    made_done(&m);
}

/* ---- revocation ----------------------------------------------------------------------------------- */

static const struct list_row {
    const char *label;
    int revoked;       /* serial on the list; 0: none; -1: no list at all */
    int64_t next_s;
    int key;           /* who signs the list: 0 the CSCA's key, 1 a stranger's, 2 the CSCA's new key */
    int64_t signed_s;
    const char *want;  /* state and revocation */
} list_rows[] = {
    { "no list: valid, and that it is not known is told", -1, 0, 0, 0, "valid unknown" },
    { "a list without the signer", 0, now_s + DAY, 0, 0, "valid checked" },
    { "a list with somebody else", 8, now_s + DAY, 0, 0, "valid checked" },
    { "a list with the signer", 7, now_s + DAY, 0, 0, "revoked unknown" },
    { "revoked long after it signed is revoked", 7, now_s + DAY, 0, now_s - 300 * DAY, "revoked unknown" },
    { "a list issued after the signing is one", 0, now_s + DAY, 0, now_s - 300 * DAY, "valid checked" },
    { "a list out of date says so", 0, now_s - DAY / 2, 0, 0, "valid old_list" },
    { "a list out of date still revokes", 7, now_s - DAY / 2, 0, 0, "revoked unknown" },
    { "a list that a stranger signed is none", 7, now_s + DAY, 1, 0, "valid unknown" },
    { "a list signed by the CSCA's next key is one", 7, now_s + DAY, 2, 0, "revoked unknown" },
};

static void lists(void **state)
{
    const struct list_row *r = *state;
    struct made m;
    struct gw_sod s;
    struct gw_err err = {};
    make(&m, &(struct make){ .kind = EC_P256, .signed_s = r->signed_s });
    put_certificate("csca.cer", m.csca);
    struct paper p = filled(&(struct paper){}, &ordinary_csca);
    X509 *next = new_certificate(&p, key_of(EC_P256, 2), NULL, key_of(EC_P256, 2), false);
    if (r->key == 2)
        put_certificate("csca-2.cer", next);
    if (r->revoked >= 0)
        put_list("utopia.crl", m.csca, key_of(EC_P256, r->key), r->revoked, r->next_s);
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    take_away("csca.cer");
    take_away("csca-2.cer");
    take_away("utopia.crl");
    CHECK(trust != NULL);
    CHECK_OK(gw_sod_check(&s, gw_buf_span(&m.sod), all_groups, GW_COUNT(all_groups), trust, now_s * GW_US_PER_S, &err));
    char got[40];
    snprintf(got, sizeof got, "%s %s", gw_sod_state_name(s.state), gw_sod_revocation_name(s.revocation));
    CHECK_TEXT(got, r->want);
    X509_free(next);
    made_done(&m);
}

/* ---- the folder ------------------------------------------------------------------------------------- */

static void link_certificate(void **state)
{
    (void)state;
    struct made m;
    struct gw_sod s;
    struct gw_err err = {};
    make(&m, &(struct make){ .kind = EC_P256 });
    /* The old CSCA's key says that the new key is the CSCA's: only this stands in the folder. */
    struct paper old_paper = filled(&(struct paper){}, &ordinary_csca), link_paper = old_paper;
    old_paper.name = "CSCA Utopia before";
    link_paper.serial = 2;
    X509 *old = new_certificate(&old_paper, key_of(EC_P256, 2), NULL, key_of(EC_P256, 2), false);
    X509 *link = new_certificate(&link_paper, key_of(EC_P256, 0), old, key_of(EC_P256, 2), false);
    put_certificate("link.cer", link);
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    take_away("link.cer");
    CHECK(trust != NULL);
    CHECK_INT(gw_trust_count(trust), 1);
    CHECK_OK(gw_sod_check(&s, gw_buf_span(&m.sod), all_groups, GW_COUNT(all_groups), trust, now_s * GW_US_PER_S, &err));
    CHECK_INT(s.state, GW_SOD_VALID);
    X509_free(old);
    X509_free(link);
    made_done(&m);
}

static void pem_and_master_list(void **state)
{
    (void)state;
    struct made m;
    struct gw_err err = {};
    make(&m, &(struct make){ .kind = EC_P256 });
    BIO *b = BIO_new(BIO_s_mem());
    char *text;
    BIO_puts(b, "CSCA Utopia, for people\n");
    MUST(PEM_write_bio_X509(b, m.csca) == 1 && PEM_write_bio_X509(b, m.signer) == 1);
    long n = BIO_get_mem_data(b, &text);
    put("all.pem", text, (size_t)n);
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    if (trust == NULL)
        fail_msg("%s", err.text);
    CHECK_INT(gw_trust_count(trust), 1);
    take_away("all.pem");
    BIO_free(b);

    /* SEQUENCE { 0, SET OF certificate }, signed by anyone. */
    struct gw_buf list = {};
    unsigned char *der = NULL;
    int size = i2d_X509(m.csca, &der);
    gw_buf_add(&list, der, (size_t)size);
    OPENSSL_free(der);
    wrap(&list, 0x31);
    struct gw_buf inside = {};
    gw_buf_add(&inside, "\x02\x01\x00", 3);
    gw_buf_add(&inside, list.data, list.size);
    wrap(&inside, 0x30);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    ASN1_OBJECT *type = OBJ_txt2obj("2.23.136.1.1.2", 1);
    MUST(CMS_set1_eContentType(cms, type) == 1 && CMS_add1_signer(cms, m.signer, key_of(EC_P256, 1), EVP_sha256(), CMS_BINARY | CMS_PARTIAL) != NULL);
    BIO *in = BIO_new_mem_buf(inside.data, (int)inside.size);
    MUST(CMS_final(cms, in, NULL, CMS_BINARY) == 1);
    der = NULL;
    size = i2d_CMS_ContentInfo(cms, &der);
    put("world.ml", der, (size_t)size);
    GW_AUTO(gw_trust) *world = gw_trust_open(folder, &err);
    take_away("world.ml");
    if (world == NULL)
        fail_msg("%s", err.text);
    CHECK_INT(gw_trust_count(world), 1);
    OPENSSL_free(der);
    BIO_free(in);
    ASN1_OBJECT_free(type);
    CMS_ContentInfo_free(cms);
    gw_buf_done(&list);
    gw_buf_done(&inside);
    made_done(&m);
}

static const struct junk_row {
    const char *label, *name, *text;
    bool is_read;
} junk_rows[] = {
    { "a file of another name is passed over", "README.txt", "junk", true },
    { "a hidden file is passed over", ".junk.cer", "junk", true },
    { "a certificate that is none is named", "junk.cer", "junk", false },
    { "a certificate in upper case is one as well", "JUNK.CER", "junk", false },
    { "an empty certificate is named", "empty.cer", "", false },
    { "a list that is none is named", "junk.crl", "junk", false },
    { "a PEM file without a certificate is named", "key.pem", "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n", false },
    { "DER cut off is named", "cut.der", "\x30\x82\x05\x00\x30", false },
};

static void junk(void **state)
{
    const struct junk_row *r = *state;
    struct gw_err err = {};
    put(r->name, r->text, strlen(r->text));
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    take_away(r->name);
    CHECK_INT(trust != NULL, r->is_read);
    if (!r->is_read) {
        CHECK_INT(err.code, GW_ERR_FORMAT);
        CHECK(strstr(err.text, r->name) != NULL);
        CHECK(strstr(err.text, "is no certificate") != NULL);
    }
}

static void no_folder(void **state)
{
    (void)state;
    struct gw_err err = {};
    CHECK(gw_trust_open("/nowhere/at/all", &err) == NULL);
    CHECK_INT(err.code, GW_ERR_NOT_FOUND);
    GW_AUTO(gw_trust) *nobody = gw_trust_open(NULL, &err);
    CHECK_INT(gw_trust_count(nobody), 0);
}

/* ---- what the signer says of itself ------------------------------------------------------------------ */

static void described(void **state)
{
    (void)state;
    struct made m;
    struct gw_sod s;
    struct gw_err err = {};
    /* SEQUENCE { 0, SET { "P", "AC" } } */
    make(&m, &(struct make){ .kind = EC_P256, .signed_s = now_s - DAY,
                  .csca = { .country = "nl", .name = "CSCA", .usage = "keyCertSign", .serial = 1, .is_ca = true },
                  .signer = { .country = "nl", .name = "DS", .usage = "digitalSignature", .serial = 255, .types = "300C020100310713015013024143" } });
    GW_AUTO(gw_trust) *nobody = gw_trust_open(NULL, &err);
    CHECK_OK(gw_sod_check(&s, gw_buf_span(&m.sod), NULL, 0, nobody, now_s * GW_US_PER_S, &err));
    CHECK_TEXT(s.country, "NL");
    CHECK_TEXT(s.signer, "CN=DS,C=nl");
    CHECK_TEXT(s.issuer, "CN=CSCA,C=nl");
    CHECK_TEXT(s.serial, "FF");
    CHECK(s.has_signing_time && s.signing_us == (now_s - DAY) * GW_US_PER_S);
    CHECK_INT(s.n_document_types, 2);
    CHECK_TEXT(s.document_types[0], "P");
    CHECK_TEXT(s.document_types[1], "AC");
    made_done(&m);
}

static const struct objection_row {
    const char *label, *country, *types[2], *state, *code, *says; /* says NULL: no objection */
} objection_rows[] = {
    { "a signer of the document's state", "NL", {}, "NLD", "P", NULL },
    { "the one-letter code of Germany", "DE", {}, "D", "P", NULL },
    { "a British national overseas", "GB", {}, "GBN", "P", NULL },
    { "another state", "FR", {}, "NLD", "P", "another state" },
    { "a state of which nothing is known", "FR", {}, "QQQ", "P", NULL },
    { "a signer that names no country", "", {}, "NLD", "P", NULL },
    { "Hong Kong signs for China", "HK", {}, "CHN", "P", NULL },
    { "Hong Kong does not sign for Japan", "HK", {}, "JPN", "P", "another state" },
    { "Kosovo by the code of Doc 9303", "KS", {}, "RKS", "P", NULL },
    { "Utopia", "UT", {}, "UTO", "P", NULL },
    { "an organization without a two-letter code", "XX", {}, "XOM", "P", NULL },
    { "a type on the list", "NL", { "P" }, "NLD", "P", NULL },
    { "a longer type of the same letter", "NL", { "P" }, "NLD", "PD", NULL },
    { "the second type on the list", "NL", { "P", "ID" }, "NLD", "ID", NULL },
    { "a type that is not on the list", "NL", { "P" }, "NLD", "I", "this type" },
    { "a shorter type than the list's", "NL", { "ID" }, "NLD", "I", "this type" },
};

static void objections(void **state)
{
    const struct objection_row *r = *state;
    struct gw_sod s = {};
    snprintf(s.country, sizeof s.country, "%s", r->country);
    for (size_t i = 0; i < 2 && r->types[i] != NULL; i++)
        snprintf(s.document_types[s.n_document_types++], 3, "%s", r->types[i]);
    const char *got = gw_sod_objection(&s, r->state, r->code);
    CHECK_INT(got != NULL, r->says != NULL);
    if (got != NULL)
        CHECK(strstr(got, r->says) != NULL);
}

/* ---- damage -------------------------------------------------------------------------------------------- */

static void damaged(void **state)
{
    (void)state;
    struct made m;
    struct gw_err err = {};
    make(&m, &(struct make){ .kind = EC_P256 });
    put_certificate("csca.cer", m.csca);
    GW_AUTO(gw_trust) *trust = gw_trust_open(folder, &err);
    take_away("csca.cer");
    CHECK(trust != NULL);
    struct gw_sod s;
    for (size_t i = 0; i < m.sod.size; i++) {
        uint8_t *copy = malloc(i == 0 ? 1 : i);
        memcpy(copy, m.sod.data, i);
        CHECK_FAILS(gw_sod_check(&s, gw_span_of(copy, i), NULL, 0, trust, now_s * GW_US_PER_S, &err), GW_ERR_FORMAT);
        free(copy);
    }
    /* No single bit may be changed in anything that bears on the result. What is left are
     * places the signature does not cover, and there the state stays what it was. */
    struct gw_sod good;
    CHECK_OK(gw_sod_check(&good, gw_buf_span(&m.sod), all_groups, GW_COUNT(all_groups), trust, now_s * GW_US_PER_S, &err));
    for (size_t i = 0; i < m.sod.size; i++) {
        m.sod.data[i] ^= 1u << (i % 8);
        err = (struct gw_err){};
        if (gw_sod_check(&s, gw_buf_span(&m.sod), all_groups, GW_COUNT(all_groups), trust, now_s * GW_US_PER_S, &err) && s.state == GW_SOD_VALID)
            CHECK(s.n_groups == good.n_groups && memcmp(s.groups, good.groups, sizeof s.groups) == 0 && strcmp(s.signer, good.signer) == 0);
        m.sod.data[i] ^= 1u << (i % 8);
    }
    made_done(&m);
}

static const struct form_row {
    const char *label, *bytes;
    size_t size;
} form_rows[] = {
    { "nothing is no EF.SOD", "", 0 },
    { "another tag is no EF.SOD", "\x75\x00", 2 },
    { "an empty one is no EF.SOD", "\x77\x00", 2 },
    { "what is in it must be CMS", "\x77\x03\x30\x01\x00", 5 },
    { "a length past the end is no EF.SOD", "\x77\x84\xFF\xFF\xFF\xFF", 6 },
};

static void forms(void **state)
{
    const struct form_row *r = *state;
    struct gw_sod s;
    struct gw_err err = {};
    GW_AUTO(gw_trust) *nobody = gw_trust_open(NULL, &err);
    CHECK_FAILS(gw_sod_check(&s, gw_span_of(r->bytes, r->size), NULL, 0, nobody, 0, &err), GW_ERR_FORMAT);
}

static void other_content(void **state)
{
    (void)state;
    struct made m;
    struct gw_sod s;
    struct gw_err err = {};
    make(&m, &(struct make){ .kind = EC_P256, .content_type = "1.2.840.113549.1.7.1" });
    GW_AUTO(gw_trust) *nobody = gw_trust_open(NULL, &err);
    CHECK_FAILS(gw_sod_check(&s, gw_buf_span(&m.sod), NULL, 0, nobody, 0, &err), GW_ERR_FORMAT);
    made_done(&m);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    check_rows("sod", rows, states);
    check_rows("sod revocation", list_rows, lists);
    check_rows("sod folder", junk_rows, junk);
    check_rows("sod objection", objection_rows, objections);
    check_rows("sod form", form_rows, forms);
    check_add("sod", "a link certificate is an anchor", link_certificate);
    check_add("sod", "PEM files with words and master lists are read", pem_and_master_list);
    check_add("sod", "a folder that is not there is told, none at all trusts nobody", no_folder);
    check_add("sod", "the signer is described", described);
    check_add("sod", "something else that was signed is no EF.SOD", other_content);
    check_add("sod", "every cut is refused, no changed bit makes it valid with other facts", damaged);
    int status = check_done();
    rmdir(folder);
    return status;
}
