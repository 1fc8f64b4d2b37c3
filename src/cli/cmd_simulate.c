/* cmd_simulate.c - a carrier and its gates, made up: a day of departures against a
 * running server, and whether it kept the contract. */
#include "base/crypto.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/simulate.h"
#include "local/local.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { TOKENS_BYTES = 64 << 10 };
static const char another_site[] = "QQQ", another_carrier[] = "QQ"; /* that must be shown nothing */

/* Who asks, by the name in the tokens' file. Without the first there is nothing to do. */
static const struct {
    const char *name, *role;
    size_t at; /* in struct sim */
    bool elsewhere; /* another carrier, another site */
} tokens_of[] = {
    { "carrier", "carrier", offsetof(struct sim, carrier), false },
    { "officer", "officer", offsetof(struct sim, officer), false },
    { "second_officer", "officer", offsetof(struct sim, second_officer), false },
    { "supervisor", "supervisor", offsetof(struct sim, supervisor), false },
    { "auditor", "auditor", offsetof(struct sim, auditor), false },
    { "admin", "admin", offsetof(struct sim, admin), false },
    { "other_carrier", "carrier", offsetof(struct sim, other_carrier), true },
    { "other_device", "device", offsetof(struct sim, other_device), true },
};

static char **token_at(struct sim *s, size_t i)
{
    return (char **)((char *)s + tokens_of[i].at);
}

static char *text_of(const struct gw_json *j, const char *key)
{
    const char *text;
    return gw_json_get_text(j, key, &text) ? gw_strdup(text) : NULL;
}

/* {"carrier": TOKEN, "device": TOKEN or [TOKEN…], "officer": TOKEN, …}: not as options, which others see. */
static bool read_tokens(struct sim *s, const char *file, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    if (!gw_buf_read_file(&text, file, TOKENS_BYTES, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&text), err);
    gw_wipe(text.data, text.size);
    if (j == NULL)
        return false;
    for (size_t i = 0; i < GW_COUNT(tokens_of); i++)
        *token_at(s, i) = text_of(j, tokens_of[i].name);
    const struct gw_json *devices = gw_json_get(j, "device");
    char *one = text_of(j, "device");
    if (one != NULL)
        s->gates[s->n_gates++] = one;
    for (size_t i = 0; one == NULL && i < gw_json_size(devices) && s->n_gates < SIM_GATES_MAX; i++) {
        struct gw_span token;
        if (gw_json_string(gw_json_at(devices, i), &token)) {
            s->gates[s->n_gates] = gw_alloc(token.size + 1);
            memcpy(s->gates[s->n_gates++], token.data, token.size);
        }
    }
    return (s->carrier != NULL && s->n_gates > 0) ||
        gw_fail(err, GW_ERR_INVALID, "the tokens' file needs \"carrier\" and \"device\" (one, or an array: one for each gate); docs/simulation.md names the others");
}

static char *make_token(const struct gw_conf *conf, const struct sim *s, const char *role, bool elsewhere, struct gw_err *err)
{
    bool running;
    GW_AUTO(gw_json) *ask = gw_json_object();
    gw_json_set_text(ask, "verb", "token_new");
    gw_json_set_text(ask, "role", role);
    gw_json_set_text(ask, "label", "gangway simulate");
    gw_json_set_integer(ask, "days", 1);
    if (strcmp(role, "device") == 0)
        gw_json_set_text(ask, "site", elsewhere ? another_site : s->options.site);
    if (strcmp(role, "carrier") == 0)
        gw_json_set_text(ask, "carrier", elsewhere ? another_carrier : s->options.carrier);
    GW_AUTO(gw_json) *answer = gw_local_ask_running(&running, conf, ask, err);
    if (!running)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "no service of this machine has %.100s; start one, or give --tokens for one elsewhere",
            conf->store_path);
    return answer == NULL ? NULL : text_of(answer, "token");
}

static bool make_tokens(struct sim *s, const struct gw_conf *conf, size_t gates, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(tokens_of); i++)
        if ((*token_at(s, i) = make_token(conf, s, tokens_of[i].role, tokens_of[i].elsewhere, err)) == NULL)
            return false;
    for (; s->n_gates < gates; s->n_gates++)
        if ((s->gates[s->n_gates] = make_token(conf, s, "device", false, err)) == NULL)
            return false;
    return true;
}

static void forget_tokens(struct sim *s)
{
    char *all[SIM_GATES_MAX + GW_COUNT(tokens_of)];
    size_t n = 0;
    for (size_t i = 0; i < GW_COUNT(tokens_of); i++)
        all[n++] = *token_at(s, i);
    for (size_t i = 0; i < s->n_gates; i++)
        all[n++] = s->gates[i];
    for (size_t i = 0; i < n; i++)
        if (all[i] != NULL) {
            gw_wipe(all[i], strlen(all[i]));
            gw_free(all[i]);
        }
}

static bool write_file(const char *name, const struct gw_buf *text, struct gw_err *err)
{
    FILE *f = strcmp(name, "-") == 0 ? stdout : fopen(name, "w");
    bool ok = f != NULL && fwrite(gw_buf_text(text), 1, text->size, f) == text->size;
    ok = f != NULL && (f == stdout ? fflush(f) : fclose(f)) == 0 && ok;
    return ok || gw_fail(err, GW_ERR_IO, "%.160s cannot be written", name);
}

static bool report(const struct sim *s, const char *json, const char *page, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    if (json != NULL) {
        GW_AUTO(gw_json) *j = sim_report_json(s);
        gw_json_format(&text, j, true);
        gw_buf_add_text(&text, "\n");
        if (!write_file(json, &text, err))
            return false;
        gw_buf_clear(&text);
    }
    sim_report_text(&text, s, page != NULL);
    return (json != NULL && strcmp(json, "-") == 0) || write_file(page == NULL ? "-" : page, &text, err);
}

static bool simulate(struct sim *s, const struct gw_conf *conf, const char *tokens, int64_t gates, struct gw_err *err)
{
    struct sim_client c;
    if (!(tokens != NULL ? read_tokens(s, tokens, err) : make_tokens(s, conf, (size_t)gates, err)) || !sim_world_open(s, err) ||
        !sim_client_open(&c, s, err))
        return false;
    sim_plan(s);
    sim_try_doors(s, &c);
    bool there = s->rules[SIM_HEALTH].failed == 0;
    if (there)
        sim_rehearse(s, &c);
    sim_client_close(&c);
    return there ? sim_day(s, err) : gw_fail(err, GW_ERR_UNAVAILABLE, "nobody answers /healthz there: %.100s", s->rules[SIM_HEALTH].first);
}

static int run(int argc, char **argv)
{
    struct sim s = { .options = { .voyages = 4, .travelers = 15, .seed = 1, .site = "YVR", .carrier = "XX", .state = "UTO",
        .receiver = "127.0.0.1:0" } };
    const char *tokens = NULL, *json = NULL, *page = NULL;
    int64_t gates = 4;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    char url[200];
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--url", GW_OPTION_TEXT, &s.options.url, "URL", "the server; left out: this machine's, from http.listen" },
        { "--tokens", GW_OPTION_TEXT, &tokens, "FILE", "JSON with carrier, device (one, or an array: a gate each), officer and others; left out: made by this machine's service, for a day" },
        { "--receiver", GW_OPTION_TEXT, &s.options.receiver, "HOST:PORT", "where the server's webhooks reach this program; left out: a free port of 127.0.0.1" },
        { "--authorities", GW_OPTION_TEXT, &s.options.authorities, "FILE", "certificates to trust, in PEM; left out: the system's" },
        { "--photos", GW_OPTION_TEXT, &s.options.photos, "DIR", "a folder a person, or a photo a person; left out: those that come along" },
        { "--voyages", GW_OPTION_COUNT, &s.options.voyages, "N", "departures of the day, 0 for the rehearsal alone; left out: 4" },
        { "--travelers", GW_OPTION_COUNT, &s.options.travelers, "N", "on each; left out: 15" },
        { "--gates", GW_OPTION_COUNT, &gates, "N", "gates at work; left out: 4, or as many as there are device tokens" },
        { "--speed", GW_OPTION_REAL, &s.options.speed, "X", "of the day's clock, as 60: a minute a second; left out: as fast as gates are answered" },
        { "--seed", GW_OPTION_COUNT, &s.options.seed, "N", "another day; left out: 1" },
        { "--site", GW_OPTION_TEXT, &s.options.site, "CODE", "port the gates stand in; left out: YVR" },
        { "--carrier", GW_OPTION_TEXT, &s.options.carrier, "CODE", "left out: XX" },
        { "--state", GW_OPTION_TEXT, &s.options.state, "CODE", "that issued the documents; left out: UTO" },
        { "--json", GW_OPTION_TEXT, &json, "FILE", "the report as JSON; - is standard output" },
        { "--page", GW_OPTION_TEXT, &page, "FILE", "the report as Markdown instead of on standard output" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings of this machine's service" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "one of them" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_simulate, options, GW_COUNT(options), &status))
        return status;
    if (s.options.voyages < 0 || s.options.voyages > 10000 || s.options.travelers < 10 || s.options.travelers > 2000 || gates < 1 ||
        gates > SIM_GATES_MAX) {
        gw_fail(&err, GW_ERR_USAGE, "it takes 0 to 10000 voyages, 10 to 2000 travelers on each, and 1 to %d gates", SIM_GATES_MAX);
        return gw_cli_fail("simulate", &err);
    }
    if (s.options.url == NULL) {
        snprintf(url, sizeof url, "%s://%s", *conf.http_tls_certificate != 0 ? "https" : "http", conf.http_listen);
        s.options.url = url;
    }
    signal(SIGPIPE, SIG_IGN);
    gw_log_level(GW_LOG_WARN);
    pthread_mutex_init(&s.lock, NULL);
    bool fine = simulate(&s, &conf, tokens, gates, &err) && report(&s, json, page, &err);
    if (!fine)
        status = gw_cli_fail("simulate", &err);
    else if (sim_failed(&s) > 0)
        status = GW_EXIT_INVALID;
    forget_tokens(&s);
    sim_world_close(&s);
    gw_json_free(s.openapi);
    for (size_t i = 0; i < SIM_KINDS; i++)
        gw_free(s.times[i].ms);
    pthread_mutex_destroy(&s.lock);
    return status;
}

const struct gw_command gw_command_simulate = {
    .name = "simulate",
    .arguments = "",
    .summary = "plays a day of departures against a running server, and says whether it keeps the contract",
    .run = run,
};
