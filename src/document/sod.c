/* sod.c - passive authentication; the only file with OpenSSL. */
#include "document/sod.h"
#include "base/buf.h"
#include "document/chip.h"

#include <dirent.h>
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST_CERTIFICATE = 1 << 20, LARGEST_SOD = 1 << 20 };

const char *gw_sod_state_name(enum gw_sod_state s)
{
    static const char *const names[] = { "valid", "hash_mismatch", "signature_invalid", "no_trust_anchor", "signer_expired",
        "revoked", "not_performed" };
    return names[s];
}

/* ---- the security object (Doc 9303-10, 4.6.2.3) ----------------------------------- */

typedef struct {
    ASN1_INTEGER *number;
    ASN1_OCTET_STRING *hash;
} DG_HASH;
ASN1_SEQUENCE(DG_HASH) = {
    ASN1_SIMPLE(DG_HASH, number, ASN1_INTEGER),
    ASN1_SIMPLE(DG_HASH, hash, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(DG_HASH)

DEFINE_STACK_OF(DG_HASH)

typedef struct {
    ASN1_INTEGER *version;
    X509_ALGOR *algorithm;
    STACK_OF(DG_HASH) *hashes;
    ASN1_TYPE *lds_version; /* version 1 only: a sequence we do not need */
} SECURITY_OBJECT;
ASN1_SEQUENCE(SECURITY_OBJECT) = {
    ASN1_SIMPLE(SECURITY_OBJECT, version, ASN1_INTEGER),
    ASN1_SIMPLE(SECURITY_OBJECT, algorithm, X509_ALGOR),
    ASN1_SEQUENCE_OF(SECURITY_OBJECT, hashes, DG_HASH),
    ASN1_OPT(SECURITY_OBJECT, lds_version, ASN1_ANY),
} static_ASN1_SEQUENCE_END(SECURITY_OBJECT)

/* ---- trust ------------------------------------------------------------------------- */

struct gw_trust {
    X509_STORE *store;
    size_t certificates, lists;
};

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

static bool load(struct gw_trust *t, const char *path, bool is_list, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) bytes = {};
    if (!gw_buf_read_file(&bytes, path, LARGEST_CERTIFICATE, err))
        return false;
    BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.size);
    bool pem = bytes.size > 10 && memcmp(bytes.data, "-----BEGIN", 10) == 0, ok = false;
    if (is_list) {
        X509_CRL *crl = pem ? PEM_read_bio_X509_CRL(in, NULL, NULL, NULL) : d2i_X509_CRL_bio(in, NULL);
        ok = crl != NULL && X509_STORE_add_crl(t->store, crl) == 1;
        t->lists += ok;
        X509_CRL_free(crl);
    } else {
        X509 *x;
        do {
            x = pem ? PEM_read_bio_X509(in, NULL, NULL, NULL) : d2i_X509_bio(in, NULL);
            if (x != NULL && X509_STORE_add_cert(t->store, x) == 1) {
                ok = true;
                t->certificates++;
            }
            X509_free(x);
        } while (pem && x != NULL);
    }
    BIO_free(in);
    ERR_clear_error();
    return ok || gw_fail(err, GW_ERR_FORMAT, "%s is no %s (DER or PEM)", path, is_list ? "revocation list" : "certificate");
}

struct gw_trust *gw_trust_open(const char *folder, struct gw_err *err)
{
    GW_AUTO(gw_trust) *t = gw_alloc(sizeof *t);
    t->store = X509_STORE_new();
    if (folder == NULL)
        return gw_take(t);
    DIR *d = opendir(folder);
    if (d == NULL)
        return gw_fail_null(err, GW_ERR_NOT_FOUND, "%s: no folder of CSCA certificates there", folder);
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        bool is_list = ends_with(e->d_name, ".crl");
        if (!is_list && !ends_with(e->d_name, ".cer") && !ends_with(e->d_name, ".crt") && !ends_with(e->d_name, ".der") &&
            !ends_with(e->d_name, ".pem"))
            continue;
        GW_AUTO_VALUE(gw_buf) path = {};
        gw_buf_addf(&path, "%s/%s", folder, e->d_name);
        ok = load(t, gw_buf_text(&path), is_list, err);
    }
    closedir(d);
    return ok ? gw_take(t) : NULL;
}

void gw_trust_close(struct gw_trust *t)
{
    if (t == NULL)
        return;
    X509_STORE_free(t->store);
    gw_free(t);
}

size_t gw_trust_count(const struct gw_trust *t)
{
    return t->certificates;
}

/* ---- the check ------------------------------------------------------------------------ */

/* Not valid, and why. The first thing wrong is what is told. */
static bool settle(struct gw_sod *out, enum gw_sod_state state, const char *why)
{
    out->state = state;
    out->why = why;
    ERR_clear_error();
    return true;
}

static bool read_object(struct gw_sod *out, const EVP_MD **md, ASN1_OCTET_STRING *content)
{
    const unsigned char *p = ASN1_STRING_get0_data(content);
    SECURITY_OBJECT *o = (SECURITY_OBJECT *)ASN1_item_d2i(NULL, &p, ASN1_STRING_length(content), ASN1_ITEM_rptr(SECURITY_OBJECT));
    if (o == NULL)
        return false;
    const ASN1_OBJECT *algorithm;
    X509_ALGOR_get0(&algorithm, NULL, NULL, o->algorithm);
    *md = EVP_get_digestbyobj(algorithm);
    out->lds_version = (int)ASN1_INTEGER_get(o->version);
    if (*md != NULL)
        snprintf(out->digest, sizeof out->digest, "%s", EVP_MD_get0_name(*md));
    for (int i = 0; i < sk_DG_HASH_num(o->hashes) && out->n_groups < GW_SOD_GROUPS; i++) {
        const DG_HASH *h = sk_DG_HASH_value(o->hashes, i);
        long number = ASN1_INTEGER_get(h->number);
        int size = ASN1_STRING_length(h->hash);
        if (number < 1 || number > 16 || size < 1 || size > GW_SOD_HASH_MAX)
            continue;
        out->groups[out->n_groups].group = (unsigned)number;
        out->groups[out->n_groups].size = (size_t)size;
        memcpy(out->groups[out->n_groups++].hash, ASN1_STRING_get0_data(h->hash), (size_t)size);
    }
    ASN1_item_free((ASN1_VALUE *)o, ASN1_ITEM_rptr(SECURITY_OBJECT));
    return true;
}

static bool is_allowed(const EVP_MD *md, bool *weak)
{
    static const int good[] = { NID_sha224, NID_sha256, NID_sha384, NID_sha512 };
    *weak = EVP_MD_get_type(md) == NID_sha1;
    for (size_t i = 0; i < GW_COUNT(good); i++)
        if (EVP_MD_get_type(md) == good[i])
            return true;
    return *weak;
}

/* Each group given against its hash; true when all are as signed. */
static bool check_hashes(struct gw_sod *out, const EVP_MD *md, const struct gw_sod_group *groups, size_t n)
{
    bool right = true;
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        size_t k = 0;
        while (k < out->n_groups && out->groups[k].group != groups[i].group)
            k++;
        if (k == out->n_groups) {
            out->unlisted = true;
            right = false;
            continue;
        }
        bool same = EVP_Digest(groups[i].bytes.data, groups[i].bytes.size, hash, &size, md, NULL) == 1 &&
                    size == out->groups[k].size && memcmp(hash, out->groups[k].hash, size) == 0;
        out->groups[k].match = same ? GW_SOD_MATCH : GW_SOD_MISMATCH;
        right = right && same;
    }
    return right;
}

static void name_of(char *out, size_t size, X509_NAME *name)
{
    BIO *b = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253);
    int n = BIO_read(b, out, (int)size - 1);
    out[n > 0 ? n : 0] = 0;
    BIO_free(b);
}

static void describe(struct gw_sod *out, X509 *signer)
{
    name_of(out->signer, sizeof out->signer, X509_get_subject_name(signer));
    name_of(out->issuer, sizeof out->issuer, X509_get_issuer_name(signer));
    int n = X509_NAME_get_text_by_NID(X509_get_issuer_name(signer), NID_countryName, out->country, sizeof out->country);
    if (n < 0)
        out->country[0] = 0;
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(signer), NULL);
    char *hex = serial == NULL ? NULL : BN_bn2hex(serial);
    snprintf(out->serial, sizeof out->serial, "%s", hex == NULL ? "" : hex);
    OPENSSL_free(hex);
    BN_free(serial);
}

static void read_signing_time(struct gw_sod *out, CMS_SignerInfo *si)
{
    int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *a = at < 0 ? NULL : CMS_signed_get_attr(si, at);
    const ASN1_TYPE *t = a == NULL ? NULL : X509_ATTRIBUTE_get0_type(a, 0);
    struct tm tm;
    if (t == NULL || (t->type != V_ASN1_UTCTIME && t->type != V_ASN1_GENERALIZEDTIME) ||
        ASN1_TIME_to_tm((const ASN1_TIME *)t->value.asn1_string, &tm) != 1)
        return;
    struct gw_date d = { (int16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday };
    out->has_signing_time = true;
    out->signing_us = (gw_date_days(d) * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * GW_US_PER_S;
}

/* Step 3: a chain from the signer to a CSCA we trust, at the time it signed. */
static bool check_chain(struct gw_sod *out, X509 *signer, STACK_OF(X509) *others, const struct gw_trust *trust, int64_t now_us)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    if (c == NULL || X509_STORE_CTX_init(c, trust->store, signer, others) != 1) {
        X509_STORE_CTX_free(c);
        return settle(out, GW_SOD_NOT_PERFORMED, "the chain could not be set up");
    }
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | (trust->lists > 0 ? X509_V_FLAG_CRL_CHECK : 0);
    X509_STORE_CTX_set_flags(c, flags);
    X509_STORE_CTX_set_time(c, 0, (time_t)((out->has_signing_time ? out->signing_us : now_us) / GW_US_PER_S));
    bool good = X509_verify_cert(c) == 1;
    int why = X509_STORE_CTX_get_error(c);
    X509_STORE_CTX_free(c);
    bool may_sign = (X509_get_key_usage(signer) & X509v3_KU_DIGITAL_SIGNATURE) != 0;
    if (good)
        return may_sign ? settle(out, GW_SOD_VALID, NULL)
                        : settle(out, GW_SOD_NO_TRUST_ANCHOR, "the signer's certificate is not one for signing (key usage)");
    switch (why) {
    case X509_V_ERR_CERT_REVOKED:
        return settle(out, GW_SOD_REVOKED, "the signer's certificate was revoked");
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return settle(out, GW_SOD_SIGNER_EXPIRED, "a certificate of the chain was not valid at the time of signing");
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return settle(out, GW_SOD_NO_TRUST_ANCHOR, "the signer's state has no revocation list here that is in date");
    default:
        return settle(out, GW_SOD_NO_TRUST_ANCHOR, "no certificate of a CSCA trusted here vouches for the signer");
    }
}

static bool check_cms(struct gw_sod *out, CMS_ContentInfo *cms, const struct gw_sod_group *groups, size_t n_groups,
    const struct gw_trust *trust, int64_t now_us, struct gw_err *err)
{
    const EVP_MD *md = NULL;
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || content == NULL || *content == NULL)
        return gw_fail(err, GW_ERR_FORMAT, "EF.SOD: no signed data in it (Doc 9303-10, 4.6.2)");
    char type[64];
    OBJ_obj2txt(type, sizeof type, CMS_get0_eContentType(cms), 1);
    /* 1.2.528.1.1006.1.20.1 stood in early documents. */
    if ((strcmp(type, "2.23.136.1.1.1") != 0 && strcmp(type, "1.2.528.1.1006.1.20.1") != 0) || !read_object(out, &md, *content))
        return gw_fail(err, GW_ERR_FORMAT, "EF.SOD: what is signed is not a security object (2.23.136.1.1.1)");
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    if (sk_CMS_SignerInfo_num(infos) != 1)
        return settle(out, GW_SOD_SIGNATURE_INVALID, "a security object has exactly one signer");
    if (md == NULL || !is_allowed(md, &out->weak_digest))
        return settle(out, GW_SOD_NOT_PERFORMED, "a hash algorithm that is not allowed for travel documents");
    STACK_OF(X509) *inside = CMS_get1_certs(cms);
    /* Old documents leave the signer's certificate out; then it must be among those trusted. */
    bool verified = CMS_verify(cms, inside, trust->store, NULL, NULL,
                        CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
    unsigned long code = ERR_peek_last_error();
    STACK_OF(X509) *signers = CMS_get0_signers(cms);
    X509 *signer = sk_X509_num(signers) > 0 ? sk_X509_value(signers, 0) : NULL;
    bool ok = true;
    if (signer != NULL)
        describe(out, signer);
    read_signing_time(out, sk_CMS_SignerInfo_value(infos, 0));
    bool hashes = check_hashes(out, md, groups, n_groups);
    if (!verified && signer == NULL)
        ok = settle(out, GW_SOD_NO_TRUST_ANCHOR, "the signer's certificate is neither in the file nor among those trusted");
    else if (!verified && ERR_GET_LIB(code) == ERR_LIB_EVP)
        ok = settle(out, GW_SOD_NOT_PERFORMED, "a signature algorithm that is not supported");
    else if (!verified)
        ok = settle(out, GW_SOD_SIGNATURE_INVALID, "the signature over the security object is wrong");
    else if (!hashes)
        ok = settle(out, GW_SOD_HASH_MISMATCH,
            out->unlisted ? "a group that was read is not among those signed" : "a group that was read is not the one that was signed");
    else
        ok = check_chain(out, signer, inside, trust, now_us);
    sk_X509_free(signers);
    sk_X509_pop_free(inside, X509_free);
    return ok;
}

bool gw_sod_check(struct gw_sod *out, struct gw_span sod, const struct gw_sod_group *groups, size_t n_groups,
    const struct gw_trust *trust, int64_t now_us, struct gw_err *err)
{
    *out = (struct gw_sod){ .state = GW_SOD_NOT_PERFORMED };
    struct gw_tlv t;
    size_t at = 0;
    if (sod.size > LARGEST_SOD)
        return gw_fail(err, GW_ERR_LIMIT, "an EF.SOD of more than %d bytes", LARGEST_SOD);
    if (!gw_tlv_next(&t, sod, &at) || t.tag != 0x77)
        return gw_fail(err, GW_ERR_FORMAT, "not an EF.SOD (tag 77, Doc 9303-10, 4.6.2)");
    const unsigned char *p = t.value.data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)t.value.size);
    ERR_clear_error();
    if (cms == NULL)
        return gw_fail(err, GW_ERR_FORMAT, "EF.SOD: its content is not CMS (RFC 5652)");
    bool ok = check_cms(out, cms, groups, n_groups, trust, now_us, err);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return ok;
}
