/* token.c - making, listing and revoking tokens, in the running service or in the store. */
#include "cli/token.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "http/tls.h"
#include "local/local.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CERTIFICATE_BYTES = 64 << 10 };

struct ask {
    const char *role, *site, *carrier, *certificate;
    int64_t days, keep;
    bool every;
};

/* How long it lasts, and the certificate if there is one. */
static bool set_credential(struct gw_json *j, const struct ask *a, struct gw_err *err)
{
    struct gw_certificate c;
    char hex[2 * GW_HASH_BYTES + 1];
    gw_json_set_integer(j, "days", a->days);
    if (a->certificate == NULL)
        return true;
    GW_AUTO_VALUE(gw_buf) file = {};
    if (!gw_buf_read_file(&file, a->certificate, CERTIFICATE_BYTES, err))
        return false;
    if (!gw_certificate_read(&c, gw_buf_span(&file), err))
        return gw_fail_prefix(err, "%s", a->certificate);
    gw_hex(hex, gw_span_of(c.fingerprint.bytes, sizeof c.fingerprint.bytes));
    gw_json_set_text(j, "certificate", hex);
    gw_json_set_integer(j, "certificate_until", c.not_after_us);
    return true;
}

static bool build(struct gw_json *j, const struct ask *a, int argc, char **argv, bool devices, struct gw_err *err)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "add") == 0 && argc <= 3) {
        gw_json_set_text(j, "verb", "token_new");
        if (!devices && a->role == NULL)
            return gw_fail(err, GW_ERR_USAGE, "add needs --role: carrier, officer, supervisor, auditor or admin");
        if (!devices && strcmp(a->role, "device") == 0)
            return gw_fail(err, GW_ERR_USAGE, "devices are added with `gangway device add --site CODE`");
        if (devices && a->site == NULL)
            return gw_fail(err, GW_ERR_USAGE, "add needs --site: the code of the port the device stands in, as YVR");
        gw_json_set_text(j, "role", devices ? "device" : a->role);
        if (argc == 3)
            gw_json_set_text(j, "label", argv[2]);
        if (a->site != NULL)
            gw_json_set_text(j, "site", a->site);
        if (a->carrier != NULL)
            gw_json_set_text(j, "carrier", a->carrier);
        return set_credential(j, a, err);
    }
    if (strcmp(verb, "rotate") == 0 && argc == 3) {
        gw_json_set_text(j, "verb", "token_renew");
        gw_json_set_text(j, "id", argv[2]);
        gw_json_set_integer(j, "keep", a->keep);
        return set_credential(j, a, err);
    }
    if (strcmp(verb, "list") == 0 && argc == 2) {
        gw_json_set_text(j, "verb", "token_list");
        gw_json_set_bool(j, "devices", devices);
        gw_json_set_bool(j, "every", a->every);
        return true;
    }
    if (strcmp(verb, "revoke") == 0 && argc == 3) {
        gw_json_set_text(j, "verb", "token_revoke");
        gw_json_set_text(j, "id", argv[2]);
        return true;
    }
    return gw_fail(err, GW_ERR_USAGE, "it takes add [LABEL], list, rotate ID, or revoke ID; --help says more");
}

int gw_token_command(int argc, char **argv, const struct gw_command *command, bool devices)
{
    struct ask a = { .days = 365 };
    bool pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--site", GW_OPTION_TEXT, &a.site, "CODE", "port or site it belongs to, as YVR; left out: all (not for devices)" },
        { "--carrier", GW_OPTION_TEXT, &a.carrier, "CODE", "carrier it speaks for, as XX; left out: all (not for carriers)" },
        { "--days", GW_OPTION_COUNT, &a.days, "N", "how long the token is valid; left out: 365" },
        { "--certificate", GW_OPTION_TEXT, &a.certificate, "FILE",
            "client certificate (PEM or DER) that is shown in place of a token; http.tls_clients must have who signed it" },
        { "--keep", GW_OPTION_COUNT, &a.keep, "MINUTES", "rotate: how long what was shown before still works; left out: 0" },
        { "--every", GW_OPTION_FLAG, &a.every, NULL, "list those expired and revoked too" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
        { "--role", GW_OPTION_TEXT, &a.role, "ROLE", "carrier, officer, supervisor, auditor or admin" },
    };
    /* Devices have one role: the last row is not theirs. */
    if (!gw_options_read(&argc, argv, command, options, GW_COUNT(options) - devices, &status))
        return status;
    gw_log_level(GW_LOG_WARN);
    umask(077); /* it may be the first to touch the store */
    GW_AUTO(gw_json) *ask = gw_json_object();
    if (!build(ask, &a, argc, argv, devices, &err))
        return gw_cli_fail(command->name, &err);
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail(command->name, &err);
    const struct gw_json *list = gw_json_get(answer, "tokens");
    if (list == NULL)
        gw_cli_print(answer, pretty);
    for (size_t i = 0; i < gw_json_size(list); i++)
        gw_cli_print(gw_json_at(list, i), pretty);
    if (gw_json_get(answer, "token") != NULL)
        fprintf(stderr, "gangway %s: the token is shown this once and kept nowhere; give it to its owner now\n", command->name);
    return GW_EXIT_OK;
}
