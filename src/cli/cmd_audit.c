/* cmd_audit.c - the log: handed out, and checked by whoever has the public key. */
#include "audit/proof.h"
#include "audit/receipt.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cli/audit.h"
#include "cli/commands.h"
#include "local/local.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PROOF_BYTES = 1 << 20 };

struct ask {
    struct gw_conf conf;
    const char *key, *witness, *head, *from, *to, *check;
    int64_t entry, size, first, second;
    bool fresh, pretty;
};

/* A key as it is printed, or a file that holds one. kind: whose it must be, for the log cannot be its own witness. */
static bool read_key(struct gw_note_key *out, const char *name, uint8_t kind, const char *text, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    if (text == NULL)
        return gw_fail(err, GW_ERR_USAGE, "%s is needed: the public key (NAME+ID+KEY) or a file that holds it, from somewhere you trust", name);
    bool is_key = strchr(text, '+') != NULL && access(text, F_OK) != 0;
    if (!is_key && !gw_buf_read_file(&file, text, 4096, err))
        return false;
    if (!gw_note_key_parse(out, is_key ? gw_span_str(text) : gw_buf_span(&file), err))
        return false;
    if (out->kind == kind)
        return true;
    return gw_fail(err, GW_ERR_USAGE, kind == GW_NOTE_COSIGNATURE
            ? "%s: this is no key of a witness (kind 0x04, c2sp.org/tlog-cosignature) but of a log: %.64s"
            : "%s: this is the key of a witness (kind 0x04), not of a log: %.64s", name, out->name);
}

/* ---- from the service or the store ------------------------------------------------ */

static int show_head(const struct ask *a, bool only_key)
{
    struct gw_err err = {};
    GW_AUTO(gw_json) *ask = gw_json_object();
    gw_json_set_text(ask, "verb", "audit_head");
    gw_json_set_bool(ask, "fresh", a->fresh);
    gw_log_level(GW_LOG_WARN);
    GW_AUTO(gw_json) *j = gw_local_ask(&a->conf, ask, &err);
    const char *text = NULL;
    if (j == NULL)
        return gw_cli_fail("audit", &err);
    if (!gw_json_get_text(j, only_key ? "key" : "note", &text)) {
        fputs("gangway audit: no head was signed yet; --fresh signs one\n", stderr);
        return GW_EXIT_INVALID;
    }
    /* As it is: what is signed is these bytes. */
    printf("%s%s", text, only_key ? "\n" : "");
    return GW_EXIT_OK;
}

static bool write_export(FILE *f, const struct ask *a, struct gw_err *err)
{
    GW_AUTO(gw_json) *ask = gw_json_object();
    gw_json_set_text(ask, "verb", "audit_export");
    if (a->from != NULL)
        gw_json_set_text(ask, "from", a->from);
    if (a->to != NULL)
        gw_json_set_text(ask, "to", a->to);
    for (bool done = false; !done;) {
        GW_AUTO(gw_json) *piece = gw_local_ask(&a->conf, ask, err);
        struct gw_span text = {};
        int64_t next = 0, size = 0;
        if (piece == NULL)
            return false;
        gw_json_get_string(piece, "text", &text);
        gw_json_get_integer(piece, "next", &next);
        gw_json_get_integer(piece, "size", &size);
        gw_json_get_bool(piece, "done", &done);
        gw_json_set_integer(ask, "next", next);
        gw_json_set_integer(ask, "size", size);
        if (fwrite(text.data, 1, text.size, f) != text.size)
            return gw_fail(err, GW_ERR_IO, "the export cannot be written: %s", strerror(errno));
    }
    return fflush(f) == 0 || gw_fail(err, GW_ERR_IO, "the export cannot be written: %s", strerror(errno));
}

static int export_log(const struct ask *a, const char *path)
{
    struct gw_err err = {};
    bool to_stdout = strcmp(path, "-") == 0;
    gw_log_level(GW_LOG_WARN);
    FILE *f = to_stdout ? stdout : fopen(path, "wbx");
    if (f == NULL) {
        gw_fail(&err, GW_ERR_IO, "%.150s: %s", path, strerror(errno));
        return gw_cli_fail("audit", &err);
    }
    bool fine = write_export(f, a, &err);
    if (!to_stdout && fclose(f) != 0 && fine)
        fine = gw_fail(&err, GW_ERR_IO, "%.150s: %s", path, strerror(errno));
    if (!fine && !to_stdout)
        unlink(path); /* half of it would only be taken for a log cut off */
    return fine ? GW_EXIT_OK : gw_cli_fail("audit", &err);
}

/* ---- with the public key alone ------------------------------------------------------- */

static int check(const struct ask *a, int argc, char **argv)
{
    struct gw_note_key key, witness;
    struct gw_err err = {};
    if (!read_key(&key, "--key", GW_NOTE_ED25519, a->key, &err) ||
        (a->witness != NULL && !read_key(&witness, "--witness", GW_NOTE_COSIGNATURE, a->witness, &err)))
        return gw_cli_fail("audit", &err);
    struct gw_audit_check_ask ask = { .exports = (const char *const *)argv, .n_exports = (size_t)argc, .key = &key,
        .heads = &a->head, .n_heads = a->head != NULL, .witness = a->witness == NULL ? NULL : &witness, .pretty = a->pretty };
    return gw_audit_check(&ask);
}

/* A proof or a receipt from a file, checked. */
static int check_json(const struct ask *a, const char *path,
    bool (*holds)(struct gw_buf *sentence, const struct gw_json *j, const struct gw_note_key *key, struct gw_err *err))
{
    struct gw_note_key key;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) sentence = {};
    GW_AUTO(gw_json) *j = NULL;
    if (!read_key(&key, "--key", GW_NOTE_ED25519, a->key, &err) || !gw_buf_read_file(&text, path, PROOF_BYTES, &err) ||
        (j = gw_json_parse(gw_buf_span(&text), &err)) == NULL)
        return gw_cli_fail("audit", &err);
    bool fine = holds(&sentence, j, &key, &err);
    if (!fine && err.code != GW_ERR_INVALID)
        return gw_cli_fail("audit", &err);
    GW_AUTO(gw_json) *answer = gw_json_object();
    gw_json_set_span(answer, "file", gw_span_str(path));
    gw_json_set_bool(answer, "valid", fine);
    gw_json_set_text(answer, "text", fine ? gw_buf_text(&sentence) : err.text);
    gw_cli_print(answer, a->pretty);
    if (!fine)
        fprintf(stderr, "gangway audit: %s: %s\n", path, err.text);
    return fine ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int prove(const struct ask *a, const char *path)
{
    struct gw_note_key key;
    struct gw_err err = {};
    if (a->check != NULL)
        return check_json(a, a->check, gw_proof_check);
    if (path == NULL || (a->entry >= 0) == (a->first >= 0)) {
        fputs("gangway audit prove: takes an export and --entry N (--size M), or --first N (--second M); or --check PROOF\n", stderr);
        return GW_EXIT_USAGE;
    }
    if (!read_key(&key, "--key", GW_NOTE_ED25519, a->key, &err))
        return gw_cli_fail("audit", &err);
    struct gw_audit_prove_ask ask = { .path = path, .key = &key, .inclusion = a->entry >= 0,
        .a = a->entry >= 0 ? a->entry : a->first, .b = a->entry >= 0 ? a->size : a->second, .pretty = a->pretty };
    return gw_audit_prove(&ask);
}

static int run(int argc, char **argv)
{
    struct ask a = { .entry = -1, .size = -1, .first = -1, .second = -1 };
    struct gw_err err = {};
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--key", GW_OPTION_TEXT, &a.key, "KEY", "check, prove, receipt: the log's public key, or a file that holds it" },
        { "--head", GW_OPTION_TEXT, &a.head, "FILE", "check: a signed head from elsewhere; the log must contain it" },
        { "--witness", GW_OPTION_TEXT, &a.witness, "KEY", "check: the last head must be signed by this witness, too" },
        { "--from", GW_OPTION_TEXT, &a.from, "WHEN", "export: from this entry, day or time on" },
        { "--to", GW_OPTION_TEXT, &a.to, "WHEN", "export: up to the first head after this entry, day or time" },
        { "--entry", GW_OPTION_COUNT, &a.entry, "N", "prove: that this entry is in the log" },
        { "--size", GW_OPTION_COUNT, &a.size, "N", "prove: … of so many entries; the last head's without it" },
        { "--first", GW_OPTION_COUNT, &a.first, "N", "prove: that the log begins with that of so many entries" },
        { "--second", GW_OPTION_COUNT, &a.second, "N", "prove: … when it has so many; the last head's without it" },
        { "--check", GW_OPTION_TEXT, &a.check, "PROOF", "prove: checks a proof instead" },
        { "--fresh", GW_OPTION_FLAG, &a.fresh, NULL, "head: signs one over all there is now" },
        { "--pretty", GW_OPTION_FLAG, &a.pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &a.conf, "FILE", "settings" },
        { "--set", GW_OPTION_CONF, &a.conf, "NAME=VALUE", "one setting; may be repeated" },
    };
    gw_conf_init(&a.conf);
    if (!gw_crypto_init(&err))
        status = gw_cli_fail("audit", &err);
    else if (gw_options_read(&argc, argv, &gw_command_audit, options, GW_COUNT(options), &status)) {
        const char *verb = argc > 1 ? argv[1] : "";
        if (strcmp(verb, "key") == 0 && argc == 2)
            status = show_head(&a, true);
        else if (strcmp(verb, "head") == 0 && argc == 2)
            status = show_head(&a, false);
        else if (strcmp(verb, "export") == 0 && argc == 3)
            status = export_log(&a, argv[2]);
        else if (strcmp(verb, "check") == 0 && argc >= 3)
            status = check(&a, argc - 2, argv + 2);
        else if (strcmp(verb, "prove") == 0 && argc <= 3)
            status = prove(&a, argc == 3 ? argv[2] : NULL);
        else if (strcmp(verb, "receipt") == 0 && argc == 3)
            status = check_json(&a, argv[2], gw_receipt_check);
        else {
            fputs("gangway audit: takes key, head, export FILE, check FILE…, prove FILE or receipt FILE\n", stderr);
            status = GW_EXIT_USAGE;
        }
    }
    gw_conf_done(&a.conf);
    return status;
}

const struct gw_command gw_command_audit = {
    .name = "audit",
    .arguments = "key | head | export FILE | check FILE… | prove FILE | receipt FILE",
    .summary = "hands out the log, and checks it with the public key alone",
    .run = run,
};
