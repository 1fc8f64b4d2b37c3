/* sod.c - passive authentication; the only file with OpenSSL. */
#include "document/sod.h"
#include "base/buf.h"
#include "document/chip.h"
#include "document/state.h"

#include <dirent.h>
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/cmserr.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_TRUST_FILE = 16 << 20, LARGEST_SOD = 1 << 20 };

const char *gw_sod_state_name(enum gw_sod_state s)
{
    static const char *const names[] = { "valid", "hash_mismatch", "signature_invalid", "no_trust_anchor", "signer_expired",
        "revoked", "not_performed" };
    return names[s];
}

const char *gw_sod_revocation_name(enum gw_sod_revocation r)
{
    static const char *const names[] = { "unknown", "old_list", "checked" };
    return names[r];
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

/* Doc 9303-12: what a signer may sign, and a list of CSCA certificates. */
typedef struct {
    ASN1_INTEGER *version;
    STACK_OF(ASN1_PRINTABLESTRING) *types;
} TYPE_LIST;
DECLARE_ASN1_ITEM(ASN1_PRINTABLESTRING)
DEFINE_STACK_OF(ASN1_PRINTABLESTRING)
ASN1_SEQUENCE(TYPE_LIST) = {
    ASN1_SIMPLE(TYPE_LIST, version, ASN1_INTEGER),
    ASN1_SET_OF(TYPE_LIST, types, ASN1_PRINTABLESTRING),
} static_ASN1_SEQUENCE_END(TYPE_LIST)

typedef struct {
    ASN1_INTEGER *version;
    STACK_OF(X509) *certificates;
} MASTER_LIST;
ASN1_SEQUENCE(MASTER_LIST) = {
    ASN1_SIMPLE(MASTER_LIST, version, ASN1_INTEGER),
    ASN1_SET_OF(MASTER_LIST, certificates, X509),
} static_ASN1_SEQUENCE_END(MASTER_LIST)

/* ---- trust ------------------------------------------------------------------------- */

struct gw_trust {
    X509_STORE *store;
    STACK_OF(X509) *anchors; /* the same as in the store */
    STACK_OF(X509) *signers; /* document signers given beside */
    STACK_OF(X509_CRL) *lists;
};

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcasecmp(name + n - m, end) == 0;
}

static bool keep(struct gw_trust *t, X509 *x)
{
    bool is_ca = X509_check_ca(x) != 0;
    return (!is_ca || X509_STORE_add_cert(t->store, x) == 1) && X509_add_cert(is_ca ? t->anchors : t->signers, x, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1;
}

static bool keep_list(struct gw_trust *t, X509_CRL *crl)
{
    return X509_CRL_up_ref(crl) == 1 && sk_X509_CRL_push(t->lists, crl) > 0;
}

static bool load_pem(struct gw_trust *t, struct gw_span bytes)
{
    BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.size);
    STACK_OF(X509_INFO) *all = PEM_X509_INFO_read_bio(in, NULL, NULL, NULL);
    size_t found = 0;
    bool ok = all != NULL;
    for (int i = 0; ok && i < sk_X509_INFO_num(all); i++) {
        X509_INFO *one = sk_X509_INFO_value(all, i);
        found += one->x509 != NULL || one->crl != NULL;
        ok = (one->x509 == NULL || keep(t, one->x509)) && (one->crl == NULL || keep_list(t, one->crl));
    }
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    BIO_free(in);
    return ok && found > 0;
}

/* 2.23.136.1.1.2, Doc 9303-12. */
static bool load_master_list(struct gw_trust *t, CMS_ContentInfo *cms)
{
    char type[64];
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (content == NULL || *content == NULL || OBJ_obj2txt(type, sizeof type, CMS_get0_eContentType(cms), 1) <= 0 ||
        strcmp(type, "2.23.136.1.1.2") != 0)
        return false;
    const unsigned char *p = ASN1_STRING_get0_data(*content);
    MASTER_LIST *list = (MASTER_LIST *)ASN1_item_d2i(NULL, &p, ASN1_STRING_length(*content), ASN1_ITEM_rptr(MASTER_LIST));
    if (list == NULL)
        return false;
    bool ok = true;
    for (int i = 0; ok && i < sk_X509_num(list->certificates); i++)
        ok = keep(t, sk_X509_value(list->certificates, i));
    ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(MASTER_LIST));
    return ok;
}

static bool load_der(struct gw_trust *t, struct gw_span bytes)
{
    const unsigned char *p = bytes.data;
    X509 *x = d2i_X509(NULL, &p, (long)bytes.size);
    p = bytes.data;
    X509_CRL *crl = x != NULL ? NULL : d2i_X509_CRL(NULL, &p, (long)bytes.size);
    p = bytes.data;
    CMS_ContentInfo *cms = x != NULL || crl != NULL ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)bytes.size);
    bool ok = x != NULL ? keep(t, x) : crl != NULL ? keep_list(t, crl) : cms != NULL && load_master_list(t, cms);
    X509_free(x);
    X509_CRL_free(crl);
    CMS_ContentInfo_free(cms);
    return ok;
}

static bool load(struct gw_trust *t, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) bytes = {};
    if (!gw_buf_read_file(&bytes, path, LARGEST_TRUST_FILE, err))
        return false;
    /* DER begins with a sequence; a PEM file may begin with words for people. */
    bool pem = memmem(bytes.data, bytes.size, "-----BEGIN ", 11) != NULL && bytes.data[0] != 0x30;
    bool ok = bytes.size > 0 && (pem ? load_pem(t, gw_buf_span(&bytes)) : load_der(t, gw_buf_span(&bytes)));
    ERR_clear_error();
    return ok || gw_fail(err, GW_ERR_FORMAT, "%s is no certificate, revocation list or master list (DER or PEM)", path);
}

struct gw_trust *gw_trust_open(const char *folder, struct gw_err *err)
{
    static const char *const ends[] = { ".cer", ".crt", ".der", ".pem", ".crl", ".ml" };
    GW_AUTO(gw_trust) *t = gw_alloc(sizeof *t);
    t->store = X509_STORE_new();
    t->anchors = sk_X509_new_null();
    t->signers = sk_X509_new_null();
    t->lists = sk_X509_CRL_new_null();
    if (t->store == NULL || t->anchors == NULL || t->signers == NULL || t->lists == NULL)
        return gw_fail_null(err, GW_ERR_INTERNAL, "no memory for certificates");
    if (folder == NULL)
        return gw_take(t);
    DIR *d = opendir(folder);
    if (d == NULL)
        return gw_fail_null(err, GW_ERR_NOT_FOUND, "%s: no folder of CSCA certificates there", folder);
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        bool wanted = false;
        for (size_t i = 0; i < GW_COUNT(ends); i++)
            wanted = wanted || ends_with(e->d_name, ends[i]);
        if (!wanted || e->d_name[0] == '.')
            continue;
        GW_AUTO_VALUE(gw_buf) path = {};
        gw_buf_addf(&path, "%s/%s", folder, e->d_name);
        ok = load(t, gw_buf_text(&path), err);
    }
    closedir(d);
    return ok ? gw_take(t) : NULL;
}

void gw_trust_close(struct gw_trust *t)
{
    if (t == NULL)
        return;
    sk_X509_pop_free(t->anchors, X509_free);
    sk_X509_pop_free(t->signers, X509_free);
    sk_X509_CRL_pop_free(t->lists, X509_CRL_free);
    X509_STORE_free(t->store);
    gw_free(t);
}

size_t gw_trust_count(const struct gw_trust *t)
{
    return (size_t)sk_X509_num(t->anchors);
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
    for (char *c = out->digest; *c != 0; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
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

/* Doc 9303-12, 4.4.3; SHA-1 for what was issued before. */
static bool is_allowed(int digest, bool *weak)
{
    static const int good[] = { NID_sha224, NID_sha256, NID_sha384, NID_sha512 };
    for (size_t i = 0; i < GW_COUNT(good); i++)
        if (digest == good[i])
            return true;
    *weak = *weak || digest == NID_sha1;
    return digest == NID_sha1;
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
        if (out->groups[k].match != GW_SOD_MISMATCH) /* given twice: both must match */
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

static void read_document_types(struct gw_sod *out, X509 *signer)
{
    ASN1_OBJECT *id = OBJ_txt2obj("2.23.136.1.1.6.2", 1);
    int at = X509_get_ext_by_OBJ(signer, id, -1);
    ASN1_OBJECT_free(id);
    if (at < 0)
        return;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(signer, at));
    const unsigned char *p = ASN1_STRING_get0_data(value);
    TYPE_LIST *list = (TYPE_LIST *)ASN1_item_d2i(NULL, &p, ASN1_STRING_length(value), ASN1_ITEM_rptr(TYPE_LIST));
    if (list == NULL)
        return;
    for (int i = 0; i < sk_ASN1_PRINTABLESTRING_num(list->types) && out->n_document_types < GW_SOD_TYPES; i++) {
        const ASN1_STRING *type = (const ASN1_STRING *)sk_ASN1_PRINTABLESTRING_value(list->types, i);
        int n = ASN1_STRING_length(type);
        if (n == 1 || n == 2)
            memcpy(out->document_types[out->n_document_types++], ASN1_STRING_get0_data(type), (size_t)n);
    }
    ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(TYPE_LIST));
}

static void describe(struct gw_sod *out, X509 *signer)
{
    name_of(out->signer, sizeof out->signer, X509_get_subject_name(signer));
    name_of(out->issuer, sizeof out->issuer, X509_get_issuer_name(signer));
    int n = X509_NAME_get_text_by_NID(X509_get_issuer_name(signer), NID_countryName, out->country, sizeof out->country);
    if (n < 0)
        out->country[0] = 0;
    for (char *c = out->country; *c != 0; c++) /* some states write theirs small */
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(signer), NULL);
    char *hex = serial == NULL ? NULL : BN_bn2hex(serial);
    snprintf(out->serial, sizeof out->serial, "%s", hex == NULL ? "" : hex);
    OPENSSL_free(hex);
    BN_free(serial);
    read_document_types(out, signer);
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

/* A curve given by its numbers is taken only if they are those of a curve with a name:
 * else whoever made the numbers may know the key. */
static bool has_known_curve(X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    char name[64];
    size_t n;
    if (key == NULL)
        return false;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return true;
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &n) == 1 &&
           OBJ_txt2nid(name) != NID_undef;
}

/* Is a certificate on a list of its issuer's? A list counts when any certificate trusted here
 * of that name signed it: a CSCA signs lists with its newest key, for what all its keys
 * signed. Lists are looked at as they are now, whenever the document was signed. */
static bool is_revoked(enum gw_sod_revocation *found, X509 *x, const struct gw_trust *trust, int64_t now_us)
{
    const X509_NAME *issuer = X509_get_issuer_name(x);
    time_t now = (time_t)(now_us / GW_US_PER_S);
    *found = GW_SOD_REVOCATION_UNKNOWN;
    for (int i = 0; i < sk_X509_CRL_num(trust->lists); i++) {
        X509_CRL *list = sk_X509_CRL_value(trust->lists, i);
        bool is_signed = false;
        if (X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) != 0)
            continue;
        for (int k = 0; !is_signed && k < sk_X509_num(trust->anchors); k++) {
            X509 *ca = sk_X509_value(trust->anchors, k);
            is_signed = X509_NAME_cmp(X509_get_subject_name(ca), issuer) == 0 && has_known_curve(ca) &&
                        X509_CRL_verify(list, X509_get0_pubkey(ca)) == 1;
        }
        X509_REVOKED *entry = NULL;
        if (!is_signed)
            continue;
        if (X509_CRL_get0_by_serial(list, &entry, X509_get0_serialNumber(x)) == 1)
            return true;
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
        bool in_date = next != NULL && X509_cmp_time(next, &now) > 0;
        *found = GW_MAX(*found, in_date ? GW_SOD_REVOCATION_CHECKED : GW_SOD_REVOCATION_OLD);
    }
    return false;
}

/* What X509_verify_cert found wrong, in our states. */
static bool settle_chain(struct gw_sod *out, int why)
{
    switch (why) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return settle(out, GW_SOD_SIGNER_EXPIRED, "a certificate of the chain had expired at the time of signing");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return settle(out, GW_SOD_SIGNER_EXPIRED, "a certificate of the chain was not yet valid at the time of signing");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return settle(out, GW_SOD_NO_TRUST_ANCHOR, "the CSCA of that name did not sign the signer's certificate");
    default:
        return settle(out, GW_SOD_NO_TRUST_ANCHOR, "no certificate of a CSCA trusted here vouches for the signer");
    }
}

/* Curves given by their numbers are common among CSCAs; has_known_curve looks at them. */
static int allow_explicit_curve(int ok, X509_STORE_CTX *c)
{
    return ok || X509_STORE_CTX_get_error(c) == X509_V_ERR_EC_KEY_EXPLICIT_PARAMS;
}

/* A chain from the signer to a CSCA we trust, at the time it signed. */
static bool check_chain(struct gw_sod *out, X509 *signer, STACK_OF(X509) *others, const struct gw_trust *trust, int64_t now_us)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    if (c == NULL || X509_STORE_CTX_init(c, trust->store, signer, others) != 1) {
        X509_STORE_CTX_free(c);
        return settle(out, GW_SOD_NOT_PERFORMED, "the chain could not be set up");
    }
    /* A link certificate or an old CSCA is an anchor as it stands; a time of signing that is
     * yet to come is not believed. */
    bool believed = out->has_signing_time && out->signing_us < now_us;
    X509_STORE_CTX_set_flags(c, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_verify_cb(c, allow_explicit_curve);
    X509_STORE_CTX_set_time(c, 0, (time_t)((believed ? out->signing_us : now_us) / GW_US_PER_S));
    bool good = X509_verify_cert(c) == 1, curves = true, revoked = false;
    int why = X509_STORE_CTX_get_error(c);
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c);
    int n = good ? sk_X509_num(chain) : 0;
    for (int i = 0; i < n; i++) {
        enum gw_sod_revocation found = GW_SOD_REVOCATION_UNKNOWN;
        X509 *x = sk_X509_value(chain, i);
        curves = curves && has_known_curve(x);
        if (i + 1 == n && i > 0)
            break; /* the anchor is trusted because it is here */
        revoked = revoked || is_revoked(&found, x, trust, now_us);
        if (i == 0)
            out->revocation = found;
    }
    X509_STORE_CTX_free(c);
    if (!good)
        return settle_chain(out, why);
    if (!curves)
        return settle(out, GW_SOD_NOT_PERFORMED, "a certificate of the chain has an elliptic curve without a name");
    if (revoked)
        return settle(out, GW_SOD_REVOKED, "the signer's certificate was revoked");
    if ((X509_get_key_usage(signer) & X509v3_KU_DIGITAL_SIGNATURE) == 0)
        return settle(out, GW_SOD_NO_TRUST_ANCHOR, "the signer's certificate is not one for signing (key usage)");
    return settle(out, GW_SOD_VALID, NULL);
}

/* RFC 5652, 5.3 and 11: what is signed is the attributes, and they say what they speak of. */
static bool has_attributes(CMS_SignerInfo *info, const ASN1_OBJECT *content_type)
{
    int at = CMS_signed_get_attr_by_NID(info, NID_pkcs9_contentType, -1);
    X509_ATTRIBUTE *a = at < 0 ? NULL : CMS_signed_get_attr(info, at);
    const ASN1_TYPE *type = a == NULL ? NULL : X509_ATTRIBUTE_get0_type(a, 0);
    return type != NULL && type->type == V_ASN1_OBJECT && OBJ_cmp(type->value.object, content_type) == 0 &&
           CMS_signed_get_attr_by_NID(info, NID_pkcs9_messageDigest, -1) >= 0;
}

/* After CMS_verify failed: true if the algorithm could not even be set up. A signature
 * that was compared and is wrong leaves its own mark, whatever libcrypto's newer
 * versions put in front of it. Empties the error queue. */
static bool nothing_was_compared(void)
{
    bool compared = false, set_up = true;
    for (unsigned long e; (e = ERR_get_error()) != 0;) {
        compared = compared || (ERR_GET_LIB(e) == ERR_LIB_CMS && ERR_GET_REASON(e) == CMS_R_VERIFICATION_FAILURE);
        set_up = set_up && ERR_GET_LIB(e) != ERR_LIB_EVP;
    }
    return !compared && !set_up;
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
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);
    X509_ALGOR *digest;
    const ASN1_OBJECT *digest_id;
    CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, NULL);
    X509_ALGOR_get0(&digest_id, NULL, NULL, digest);
    if (md == NULL || !is_allowed(EVP_MD_get_type(md), &out->weak_digest) || !is_allowed(OBJ_obj2nid(digest_id), &out->weak_digest))
        return settle(out, GW_SOD_NOT_PERFORMED, "a hash algorithm that is not allowed for travel documents");
    if (!has_attributes(info, CMS_get0_eContentType(cms)))
        return settle(out, GW_SOD_SIGNATURE_INVALID, "the signed attributes do not say what was signed (RFC 5652, 11)");
    read_signing_time(out, info);
    /* Some documents leave the signer's certificate out; then it may stand in our folder. */
    STACK_OF(X509) *others = CMS_get1_certs(cms);
    if (others == NULL)
        others = sk_X509_new_null();
    X509_add_certs(others, trust->signers, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP);
    ERR_clear_error();
    bool verified = CMS_verify(cms, others, trust->store, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
    bool unsupported = !verified && nothing_was_compared();
    STACK_OF(X509) *signers = CMS_get0_signers(cms);
    X509 *signer = sk_X509_num(signers) > 0 ? sk_X509_value(signers, 0) : NULL;
    if (signer != NULL)
        describe(out, signer);
    bool hashes = check_hashes(out, md, groups, n_groups);
    bool ok;
    if (signer == NULL)
        ok = settle(out, GW_SOD_NO_TRUST_ANCHOR, "the signer's certificate is neither in the file nor among those given");
    else if (!has_known_curve(signer))
        ok = settle(out, GW_SOD_NOT_PERFORMED, "the signer's key is of a kind or curve that is not supported");
    else if (!verified && unsupported)
        ok = settle(out, GW_SOD_NOT_PERFORMED, "a signature algorithm that is not supported");
    else if (!verified)
        ok = settle(out, GW_SOD_SIGNATURE_INVALID, "the signature over the security object is wrong");
    else if (!hashes)
        ok = settle(out, GW_SOD_HASH_MISMATCH,
            out->unlisted ? "a group that was read is not among those signed" : "a group that was read is not the one that was signed");
    else
        ok = check_chain(out, signer, others, trust, now_us);
    sk_X509_free(signers);
    sk_X509_pop_free(others, X509_free);
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

const char *gw_sod_objection(const struct gw_sod *s, const char *issuing_state, const char *document_code)
{
    const struct gw_state *state = gw_state_find(issuing_state);
    if (state != NULL && state->alpha2[0] != 0 && s->country[0] != 0 && strcmp(state->alpha2, s->country) != 0) {
        /* One state, several authorities; and Kosovo, which has a code of Doc 9303 and one of everybody else. */
        static const char *const same[][2] = { { "CN", "HK" }, { "CN", "MO" }, { "XK", "KS" } };
        bool known = false;
        for (size_t i = 0; i < GW_COUNT(same); i++)
            known = known || (strcmp(state->alpha2, same[i][0]) == 0 && strcmp(s->country, same[i][1]) == 0);
        if (!known)
            return "the signer is of another state than the document (Doc 9303-11, 5.1)";
    }
    for (size_t i = 0; i < s->n_document_types; i++)
        if (strncmp(s->document_types[i], document_code, strlen(s->document_types[i])) == 0)
            return NULL;
    return s->n_document_types == 0 ? NULL : "the signer may not sign documents of this type (Doc 9303-12, document type list)";
}
