/* settings.c - texts of the settings that only their users can judge, judged before anything is opened. */
#include "service/internal.h"

#include <string.h>
#include <sys/stat.h>

static bool check_unvetted(const char *text, struct gw_err *err)
{
    enum gw_clearance c;
    return (gw_clearance_find(&c, gw_span_str(text)) && (c == GW_CLEARANCE_NOT_YET || c == GW_CLEARANCE_CLEARED)) ||
        gw_fail(err, GW_ERR_USAGE, "manifest.unvetted is not_yet or cleared");
}

static bool check_zones(const char *text, struct gw_err *err)
{
    GW_AUTO(gw_port_zones) *z = gw_port_zones_read(text, err);
    return z != NULL;
}

static bool check_profile(const char *text, struct gw_err *err)
{
    struct gw_status_profile profile;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PROFILE_BYTES);
    return gw_service_profile(&profile, a, text, err) || gw_fail_prefix(err, "manifest.profile");
}

/* Words of small letters, as en, pt-br. */
static bool check_languages(const char *text, struct gw_err *err)
{
    for (const char *p = text + strspn(text, " "); *p != 0; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " "), base = strspn(p, "abcdefghijklmnopqrstuvwxyz");
        if (base < 2 || base > 3 || (n > base && (p[base] != '-' || strspn(p + base + 1, "abcdefghijklmnopqrstuvwxyz0123456789-") != n - base - 1)))
            return gw_fail(err, GW_ERR_USAGE, "notice.languages: \"%.*s\" is no language; it takes codes with blanks between, as: en fr", (int)GW_MIN(n, (size_t)40), p);
        p += n;
    }
    return true;
}

static bool check_receipt_url(const char *text, struct gw_err *err)
{
    return *text == 0 || strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0 ||
        gw_fail(err, GW_ERR_USAGE, "receipt.url is \"%.80s\"; it takes an address that begins with https:// or http://", text);
}

static bool check_keys(const char *text, struct gw_err *err)
{
    struct stat st;
    return *text == 0 || (stat(text, &st) == 0 && S_ISDIR(st.st_mode)) ||
        gw_fail(err, GW_ERR_USAGE, "packs.keys: %.120s is no folder that can be seen: it takes the one with the public keys of authorities", text);
}

bool gw_service_settings(const struct gw_conf *c, struct gw_err *err)
{
    const struct {
        int row;
        const char *text;
        bool (*check)(const char *text, struct gw_err *err);
    } checks[] = {
        { GW_CONF_ROW_manifest_unvetted, c->manifest_unvetted, check_unvetted },
        { GW_CONF_ROW_ports_zones, c->ports_zones, check_zones },
        { GW_CONF_ROW_manifest_profile, c->manifest_profile, check_profile },
        { GW_CONF_ROW_audit_witnesses, c->audit_witnesses, gw_signer_witnesses_check },
        { GW_CONF_ROW_notice_languages, c->notice_languages, check_languages },
        { GW_CONF_ROW_receipt_url, c->receipt_url, check_receipt_url },
        { GW_CONF_ROW_packs_keys, c->packs_keys, check_keys },
    };
    for (size_t i = 0; i < GW_COUNT(checks); i++)
        if (!checks[i].check(checks[i].text, err))
            return gw_conf_blame(c, checks[i].row, err);
    return true;
}
