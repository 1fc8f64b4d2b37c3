/* sign.c - the signature of a rule pack.
 *
 * It stands in the file, as its last member on lines of its own, so that a pack that
 * is copied, mailed or kept in a repository keeps it. Signed are the exact bytes
 * before the key "signature"; after its value only closes what was opened. So
 * nothing can be added, taken away or written differently. */
#include "policy/inside.h"

#include "base/near.h"

#include <stdio.h>
#include <string.h>

static size_t back_over(struct gw_span t, size_t at)
{
    while (at > 0 && (t.data[at - 1] == ' ' || t.data[at - 1] == '\t' || t.data[at - 1] == '\n' || t.data[at - 1] == '\r'))
        at--;
    return at;
}

static bool is_tail(struct gw_span tail)
{
    return gw_span_is(gw_span_trim(tail), "}");
}

/* The bytes that are signed. False when there is no signature, or it is not the last
 * member of the whole. */
static bool find(struct gw_span *signed_part, struct gw_span text, const struct gw_json *pack)
{
    static const char key[] = "\"signature\"";
    if (gw_json_get(pack, "signature") == NULL)
        return false;
    size_t value = gw_json_place(text, "/signature");
    size_t at = back_over(text, value);
    if (at == 0 || text.data[at - 1] != ':')
        return false;
    at = back_over(text, at - 1);
    if (at < sizeof key - 1 || memcmp(text.data + at - (sizeof key - 1), key, sizeof key - 1) != 0)
        return false;
    const uint8_t *end = memchr(text.data + value, '}', text.size - value); /* of the signature: it holds no object */
    if (end == NULL || !is_tail(gw_span_slice(text, (size_t)(end - text.data) + 1, text.size)))
        return false;
    *signed_part = gw_span_slice(text, 0, at - (sizeof key - 1));
    return true;
}

static bool may_sign(const struct gw_pack_key *k, const char *authority)
{
    for (size_t i = 0; i < k->n_authorities; i++)
        if (strcmp(k->authorities[i], authority) == 0)
            return true;
    return false;
}

static bool check(struct gw_pack_reader *r, const struct gw_json *j, struct gw_span signed_part)
{
    static const char *const keys[] = { "key", "ed25519" };
    uint8_t signature[GW_SIGNATURE_BYTES];
    const char *name;
    struct gw_span hex;
    if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)) || (name = gw_pack_want_text(r, j, "key")) == NULL)
        return false;
    if (!gw_json_get_string(j, "ed25519", &hex) || !gw_hex_parse(signature, sizeof signature, hex))
        return gw_pack_error(r, "signature", "\"ed25519\" is a signature of 128 hexadecimal digits");
    for (size_t i = 0; i < r->options->n_keys; i++) {
        const struct gw_pack_key *k = &r->options->keys[i];
        if (strcmp(k->name, name) != 0)
            continue;
        if (!gw_sign_check(signature, signed_part, k->public_key))
            return gw_pack_error(r, "bad_signature", "the signature of key \"%s\" is not of this text: it was changed after it was signed", k->name);
        if (!may_sign(k, r->p->authority))
            return gw_pack_error(r, "wrong_authority", "key \"%s\" may not sign for the authority \"%s\"", k->name, r->p->authority);
        r->p->signer = gw_pack_text(r, k->name);
        return r->p->signer != NULL;
    }
    return gw_pack_error(r, "unknown_key_name", "signed with the key \"%.40s\", which is none of those trusted here", name);
}

bool gw_signature_check(struct gw_pack_reader *r, const struct gw_json *pack)
{
    struct gw_span signed_part;
    if (gw_json_get(pack, "signature") == NULL)
        return gw_pack_error(r, "unsigned", "the pack is not signed; `gangway policy sign` does it, --draft leaves the question out");
    size_t mark = gw_pack_enter(r, "signature");
    bool fine = gw_json_kind(gw_json_get(pack, "signature")) != GW_JSON_OBJECT
                    ? gw_pack_error(r, "type", "\"signature\" is an object with \"key\" and \"ed25519\"")
                : !find(&signed_part, r->text, pack)
                    ? gw_pack_error(r, "signature", "\"signature\" must be the last member of the pack")
                : r->p->authority == NULL ? false
                                          : check(r, gw_json_get(pack, "signature"), signed_part);
    gw_pack_leave(r, mark);
    return fine;
}

bool gw_pack_sign(struct gw_buf *out, struct gw_span text, const char *key_name, const uint8_t secret_key[GW_SIGN_SECRET_BYTES],
    struct gw_err *err)
{
    GW_AUTO(gw_json) *pack = gw_json_parse(text, err);
    if (pack == NULL)
        return false;
    if (gw_json_kind(pack) != GW_JSON_OBJECT || gw_json_size(pack) == 0)
        return gw_fail(err, GW_ERR_FORMAT, "a rule pack is a JSON object that is not empty");
    GW_AUTO_VALUE(gw_buf) part = {};
    struct gw_span before;
    if (gw_json_get(pack, "signature") != NULL) {
        if (!find(&before, text, pack))
            return gw_fail(err, GW_ERR_FORMAT, "\"signature\" must be the last member of the pack");
        gw_buf_add(&part, before.data, before.size);
    } else {
        size_t end = back_over(text, text.size); /* behind the closing brace */
        end = back_over(text, end - 1);
        gw_buf_add(&part, text.data, end);
        gw_buf_add_text(&part, ",\n  ");
    }
    uint8_t signature[GW_SIGNATURE_BYTES];
    char hex[2 * GW_SIGNATURE_BYTES + 1];
    gw_sign(signature, gw_buf_span(&part), secret_key);
    gw_hex(hex, gw_span_of(signature, sizeof signature));
    gw_buf_add(out, part.data, part.size);
    gw_buf_addf(out, "\"signature\": {\n    \"key\": \"%s\",\n    \"ed25519\": \"%s\"\n  }\n}\n", key_name, hex);
    return true;
}

bool gw_pack_key_parse(struct gw_pack_key *out, struct gw_span text, struct gw_err *err)
{
    static const char *const keys[] = { "format", "name", "public", "authorities", "note" };
    GW_AUTO(gw_json) *j = gw_json_parse(text, err);
    *out = (struct gw_pack_key){};
    if (j == NULL)
        return false;
    int64_t format;
    struct gw_span hex;
    const char *name, *key;
    if (!gw_json_get_integer(j, "format", &format) || format != 1)
        return gw_fail(err, GW_ERR_INVALID, "key file: \"format\" is 1");
    for (size_t i = 0; gw_json_member(j, i, &key, NULL); i++) {
        bool known = false;
        for (size_t k = 0; k < GW_COUNT(keys); k++)
            known = known || strcmp(key, keys[k]) == 0;
        if (!known)
            return gw_fail(err, GW_ERR_INVALID, "key file: nothing here is called \"%.40s\"", key);
    }
    if (!gw_json_get_text(j, "name", &name) || !gw_pack_name_check(name))
        return gw_fail(err, GW_ERR_INVALID, "key file: \"name\" has letters, digits, hyphens and underscores, at most %d", GW_PACK_ID_MAX);
    memcpy(out->name, name, strlen(name) + 1);
    if (!gw_json_get_string(j, "public", &hex) || !gw_hex_parse(out->public_key, sizeof out->public_key, hex))
        return gw_fail(err, GW_ERR_INVALID, "key file: \"public\" is an Ed25519 key of 64 hexadecimal digits");
    const struct gw_json *list = gw_json_get(j, "authorities");
    if (gw_json_kind(list) != GW_JSON_ARRAY || gw_json_size(list) == 0 || gw_json_size(list) > GW_COUNT(out->authorities))
        return gw_fail(err, GW_ERR_INVALID, "key file: \"authorities\" lists those it may sign for, 1 to %zu", GW_COUNT(out->authorities));
    for (size_t i = 0; i < gw_json_size(list); i++) {
        struct gw_span s;
        if (!gw_json_string(gw_json_at(list, i), &s) || s.size > GW_PACK_ID_MAX)
            return gw_fail(err, GW_ERR_INVALID, "key file: an authority is a name of at most %d letters", GW_PACK_ID_MAX);
        memcpy(out->authorities[out->n_authorities], s.data, s.size);
        if (!gw_pack_name_check(out->authorities[out->n_authorities++]))
            return gw_fail(err, GW_ERR_INVALID, "key file: an authority is a name of at most %d letters", GW_PACK_ID_MAX);
    }
    return true;
}
