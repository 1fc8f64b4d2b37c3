/* cmd_serve.c - runs the service until it is told to stop.
 *
 * The order is the point (docs/operations.md): settings, then the decoder's children,
 * then networks, keys and store (gw_service_open), then the doors. Signals are blocked
 * before the first thread exists and taken here, one at a time. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cli/commands.h"
#include "http/http.h"
#include "local/local.h"
#include "service/service.h"
#include "version.h"

#include <errno.h>
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

/* What a signal may have something done with. */
struct running {
    struct gw_service *service;
    struct gw_http *http;
    struct gw_conf *conf;
    int argc;
    char *const *argv;
};

/* Reads the settings anew, as at the start, and takes over what may change. */
static void reload(const struct running *r)
{
    GW_AUTO_VALUE(gw_conf) fresh = {};
    struct gw_err err = {};
    gw_conf_init(&fresh);
    char **words = gw_alloc_array((size_t)r->argc + 1, sizeof *words);
    memcpy(words, r->argv, (size_t)r->argc * sizeof *words);
    int n = r->argc, status = 0;
    const struct gw_option options[] = {
        { "--config", GW_OPTION_CONF_FILE, &fresh, "FILE", "" },
        { "--set", GW_OPTION_CONF, &fresh, "NAME=VALUE", "" },
    };
    bool ok = gw_options_read(&n, words, &gw_command_serve, options, GW_COUNT(options), &status);
    gw_free(words);
    if (!ok || !set_log_level(fresh.log_level, &err)) {
        gw_log(GW_LOG_ERROR, "reload", GW_LOG_WORD("result", "refused"), GW_LOG_WHY(&err));
        return;
    }
    size_t n_changed, n_waiting;
    gw_conf_adopt(r->conf, &fresh, &n_changed, &n_waiting);
    gw_log(GW_LOG_INFO, "reload", GW_LOG_INT("changed", n_changed), GW_LOG_INT("need_restart", n_waiting));
    /* A pack that is not valid leaves the old ones in force; the log says why. */
    (void)gw_service_packs(r->service, fresh.packs_path, fresh.packs_keys, fresh.packs_authority, &err);
    if (!gw_http_reload(r->http, &err))
        gw_log(GW_LOG_ERROR, "reload_certificate", GW_LOG_WORD("result", "refused"), GW_LOG_WHY(&err));
    if (!gw_service_reloaded(r->service, &err))
        gw_log(GW_LOG_WARN, "log", GW_LOG_WHY(&err));
}

static void wait_for_the_end(const struct running *r, const sigset_t *signals)
{
    for (;;) {
        siginfo_t info;
        int signal = sigwaitinfo(signals, &info);
        if (signal == SIGHUP)
            reload(r);
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
    gw_log(GW_LOG_INFO, "serve", GW_LOG_WORD("state", "ready"), GW_LOG_SETTING("address", gw_http_address(http)),
        GW_LOG_SETTING("store", conf->store_path), GW_LOG_INT("us", gw_clock_monotonic_us() - began_us));
    wait_for_the_end(&(struct running){ service, http, conf, argc, argv }, signals);
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
    if (n > 1) {
        gw_fail(&err, GW_ERR_USAGE, "it takes options only; --help lists them");
        status = gw_cli_fail("serve", &err);
    } else if (!set_log_level(conf.log_level, &err))
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
