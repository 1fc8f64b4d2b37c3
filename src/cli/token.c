/* token.c - making, listing and revoking tokens, in the running service or in the store. */
#include "cli/token.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "cli/admin.h"
#include "http/tls.h"

#include <stdio.h>
#include <string.h>

enum { CERTIFICATE_BYTES = 64 << 10 };

struct asked {
    bool devices;
    const char *role, *site, *carrier, *certificate;
    int64_t days, keep;
    bool every;
};

/* How long it lasts, and the certificate if there is one. */
static bool set_credential(struct gw_json *j, const struct asked *a, struct gw_err *err)
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

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const char *verb = c->argc > 1 ? c->argv[1] : "";
    if (strcmp(verb, "add") == 0 && c->argc <= 3) {
        gw_json_set_text(j, "verb", "token_new");
        if (!a->devices && a->role == NULL)
            return gw_fail(err, GW_ERR_USAGE, "add needs --role: carrier, officer, supervisor, auditor or admin");
        if (!a->devices && strcmp(a->role, "device") == 0)
            return gw_fail(err, GW_ERR_USAGE, "devices are added with `gangway device add --site CODE`");
        if (a->devices && a->site == NULL)
            return gw_fail(err, GW_ERR_USAGE, "add needs --site: the code of the port the device stands in, as YVR");
        gw_json_set_text(j, "role", a->devices ? "device" : a->role);
        if (c->argc == 3)
            gw_json_set_text(j, "label", c->argv[2]);
        if (a->site != NULL)
            gw_json_set_text(j, "site", a->site);
        if (a->carrier != NULL)
            gw_json_set_text(j, "carrier", a->carrier);
        return set_credential(j, a, err);
    }
    if (strcmp(verb, "rotate") == 0 && c->argc == 3) {
        gw_json_set_text(j, "verb", "token_renew");
        gw_json_set_text(j, "id", c->argv[2]);
        gw_json_set_bool(j, "devices", a->devices);
        gw_json_set_integer(j, "keep", a->keep);
        return set_credential(j, a, err);
    }
    if (strcmp(verb, "list") == 0 && c->argc == 2) {
        gw_json_set_text(j, "verb", "token_list");
        gw_json_set_bool(j, "devices", a->devices);
        gw_json_set_bool(j, "every", a->every);
        return true;
    }
    if (strcmp(verb, "revoke") == 0 && c->argc == 3) {
        gw_json_set_text(j, "verb", "token_revoke");
        gw_json_set_text(j, "id", c->argv[2]);
        gw_json_set_bool(j, "devices", a->devices);
        return true;
    }
    return gw_fail(err, GW_ERR_USAGE, "it takes add [LABEL], list, rotate ID, or revoke ID; --help says more");
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *c)
{
    if (!gw_admin_print_list(answer, "tokens", pretty))
        gw_cli_print(answer, pretty);
    if (gw_json_get(answer, "token") != NULL)
        fprintf(stderr, "gangway %s: the token is shown this once and kept nowhere; give it to its owner now\n", c->argv[0]);
    return GW_EXIT_OK;
}

int gw_token_command(int argc, char **argv, const struct gw_command *command, bool devices)
{
    struct asked a = { .devices = devices, .days = 365 };
    const struct gw_option own[] = {
        { "--site", GW_OPTION_TEXT, &a.site, "CODE", "port or site it belongs to, as YVR; left out: all (not for devices)" },
        { "--carrier", GW_OPTION_TEXT, &a.carrier, "CODE", "carrier it speaks for, as XX; left out: all (not for carriers)" },
        { "--days", GW_OPTION_COUNT, &a.days, "N", "how long the token is valid; left out: 365" },
        { "--certificate", GW_OPTION_TEXT, &a.certificate, "FILE",
            "client certificate (PEM or DER) that is shown in place of a token; http.tls_clients must have who signed it" },
        { "--keep", GW_OPTION_COUNT, &a.keep, "MINUTES", "rotate: how long what was shown before still works; left out: 0" },
        { "--every", GW_OPTION_FLAG, &a.every, NULL, "list those expired and revoked too" },
        { "--role", GW_OPTION_TEXT, &a.role, "ROLE", "carrier, officer, supervisor, auditor or admin" },
    };
    /* Devices have one role: the last row is not theirs. */
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = command, .options = own, .n_options = GW_COUNT(own) - devices,
        .out = &a, .ask = ask, .tell = tell });
}
