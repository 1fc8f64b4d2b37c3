/* cmd_serve.c - runs the service until it is told to stop.
 *
 * The order is the point (docs/operations.md): settings, then the decoder's children,
 * then networks, keys and store (gw_service_open), then the doors. Signals are blocked
 * before the first thread exists and taken here, one at a time. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/rank.h"
#include "cli/commands.h"
#include "http/http.h"
#include "local/local.h"
#include "service/service.h"
#include "version.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_log_level(const char *level, struct gw_err *err)
{
    static const struct {
        const char *name;
        enum gw_log_level level;
    } levels[] = { { "error", GW_LOG_ERROR }, { "warn", GW_LOG_WARN }, { "info", GW_LOG_INFO }, { "debug", GW_LOG_DEBUG } };
    for (size_t i = 0; i < GW_COUNT(levels); i++)
        if (strcmp(levels[i].name, level) == 0) {
            gw_log_level(levels[i].level);
            return true;
        }
    return gw_fail(err, GW_ERR_USAGE, "log.level takes error, warn, info or debug, not \"%.40s\"", level);
}

/* What a signal or a request may have something done with. */
struct running {
    struct gw_service *service;
    struct gw_http *http;
    struct gw_conf *conf;
    int argc;
    char *const *argv;
    pthread_mutex_t reloading; /* one at a time */
};

static bool read_again(struct gw_conf *fresh, const struct running *r, struct gw_err *err)
{
    char **words = gw_alloc_array((size_t)r->argc + 1, sizeof *words);
    memcpy(words, r->argv, (size_t)r->argc * sizeof *words);
    int n = r->argc, status = 0;
    const struct gw_option options[] = {
        { "--config", GW_OPTION_CONF_FILE, fresh, "FILE", "" },
        { "--set", GW_OPTION_CONF, fresh, "NAME=VALUE", "" },
    };
    bool ok = gw_options_read(&n, words, &gw_command_serve, options, GW_COUNT(options), &status);
    gw_free(words);
    return ok ? set_log_level(fresh->log_level, err)
              : gw_fail(err, GW_ERR_INVALID, "the settings have a mistake, which standard error names: nothing was taken over");
}

/* Reads the settings anew, as at the start, and takes over what may change. A certificate or rule pack that is not valid
 * leaves the old ones in force; the first of such mistakes is told. */
static bool take_over(struct gw_reloaded *out, const struct running *r, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_conf) fresh = {};
    struct gw_err packs = {}, certificate = {}, log = {};
    gw_conf_init(&fresh);
    if (!read_again(&fresh, r, err)) {
        gw_log(GW_LOG_ERROR, "reload", GW_LOG_WORD("result", "refused"), GW_LOG_WHY(err));
        return false;
    }
    gw_conf_adopt(r->conf, &fresh, &out->changed, &out->need_restart);
    gw_log(GW_LOG_INFO, "reload", GW_LOG_INT("changed", out->changed), GW_LOG_INT("need_restart", out->need_restart));
    bool fine = gw_service_packs(r->service, fresh.packs_path, fresh.packs_keys, fresh.packs_authority, &packs); /* logs why not */
    if (!gw_http_reload(r->http, &certificate))
        gw_log(GW_LOG_ERROR, "reload_certificate", GW_LOG_WORD("result", "refused"), GW_LOG_WHY(&certificate));
    if (!gw_service_reloaded(r->service, &log))
        gw_log(GW_LOG_WARN, "log", GW_LOG_WHY(&log));
    if (fine && certificate.code == GW_OK)
        return true;
    return gw_fail(err, GW_ERR_INVALID, "%s", fine ? certificate.text : packs.text);
}

static bool reload(struct gw_reloaded *out, void *to, struct gw_err *err)
{
    struct running *r = to;
    pthread_mutex_lock(&r->reloading);
    bool fine = take_over(out, r, err);
    pthread_mutex_unlock(&r->reloading);
    return fine;
}

static void wait_for_the_end(struct running *r, const sigset_t *signals)
{
    for (;;) {
        siginfo_t info;
        int signal = sigwaitinfo(signals, &info);
        struct gw_reloaded done = {};
        struct gw_err err = {};
        if (signal == SIGHUP)
            (void)reload(&done, r, &err); /* the log has it */
        else if (signal == SIGTERM || signal == SIGINT)
            return;
    }
}

/* Into the hands of whoever started it, and nowhere else: not the log. */
static void print_setup(struct gw_service *service, const char *address)
{
    char code[GW_SETUP_TEXT], until[GW_TIME_TEXT];
    int64_t until_us;
    if (!gw_service_setup_code(code, &until_us, service))
        return;
    gw_time_format(until, until_us);
    printf("setup code %s\n  (makes the first admin, once, until %s: type it into %s/ or send it to POST /v1/setup)\n", code, until, address);
    gw_wipe(code, sizeof code);
}

static int serve(struct gw_conf *conf, const sigset_t *signals, int argc, char *const *argv, int64_t began_us)
{
    struct gw_err err = {};
    const struct gw_service_options options = { .conf = conf };
    if (!gw_http_settings(conf, &err))
        return gw_cli_fail("serve", &err);
    GW_AUTO(gw_service) *service = gw_service_open(&options, &err);
    if (service == NULL)
        return gw_cli_fail("serve", &err);
    GW_AUTO(gw_local) *local = gw_local_open(service, conf, &err);
    if (local == NULL)
        return gw_cli_fail("serve", &err);
    GW_AUTO(gw_http) *http = gw_http_open(service, conf, &err);
    if (http == NULL)
        return gw_cli_fail("serve", &err);
    printf("listening %s\n", gw_http_address(http));
    print_setup(service, gw_http_address(http));
    fflush(stdout);
    clearerr(stdout); /* nobody need listen: the service is as good */
    gw_log(GW_LOG_INFO, "serve", GW_LOG_WORD("state", "ready"), GW_LOG_SETTING("address", gw_http_address(http)),
        GW_LOG_SETTING("store", conf->store_path), GW_LOG_INT("us", gw_clock_monotonic_us() - began_us));
    struct running running = { service, http, conf, argc, argv, PTHREAD_MUTEX_INITIALIZER };
    gw_http_on_reload(http, reload, &running);
    wait_for_the_end(&running, signals);
    gw_log(GW_LOG_INFO, "serve", GW_LOG_WORD("state", "stopping"));
    gw_http_close(gw_take(http));
    gw_local_close(gw_take(local));
    gw_service_close(gw_take(service));
    gw_log(GW_LOG_INFO, "serve", GW_LOG_WORD("state", "stopped"));
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    int64_t began_us = gw_clock_monotonic_us();
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    int status = GW_EXIT_OK, n = argc;
    /* gw_options_read sorts argv; a reload reads it again as it was. */
    char **words = gw_alloc_array((size_t)argc + 1, sizeof *words);
    memcpy(words, argv, (size_t)argc * sizeof *words);
    const struct gw_option options[] = {
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings; the environment and --set go before it" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "one setting; may be repeated" },
    };
    if (!gw_options_read(&n, argv, &gw_command_serve, options, GW_COUNT(options), &status)) {
        gw_free(words);
        return status;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    umask(077); /* whatever it makes is its owner's */
    gw_secret_process();
    gw_rank_take(GW_RANK_PROMPT); /* and so every thread it starts, but those who compute */
    if (!set_log_level(conf.log_level, &err) && !gw_conf_blame(&conf, GW_CONF_ROW_log_level, &err))
        status = gw_cli_fail("serve", &err);
    else
        status = serve(&conf, &signals, argc, words, began_us);
    gw_free(words);
    return status;
}

const struct gw_command gw_command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "runs the service",
    .run = run,
};
