/* cmd_doctor.c - is this machine fit to run the service, and what to do if not.
 *
 * Each check says one of three things: ok; a warning (the service runs, but something
 * should be seen to); failed (it will not run, or not keep its promises). Nothing is
 * changed: a store that is not there yet is not made. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/camera.h"
#include "cli/commands.h"
#include "decoder/decoder.h"
#include "face/face.h"
#include "http/addresses.h"
#include "http/http.h"
#include "http/server.h"
#include "local/local.h"
#include "packs/packs.h"
#include "service/service.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#define MIB (INT64_C(1) << 20)
#define CLOCK_LEAST_US (INT64_C(1577836800) * GW_US_PER_S) /* 2020 */
#define CERTIFICATE_LOW_US (INT64_C(14) * 86'400 * GW_US_PER_S)
enum { DISK_LEAST_MIB = 100, DISK_LOW_MIB = 1024, LOCK_LEAST_MIB = 8, FILES_LEAST = 256 };

/* The store's own words name the folder and the fault. */
#define STORE_NEXT "do as it says; nothing is lost by looking again afterwards"

enum state { STATE_OK, STATE_WARNING, STATE_FAILED };

struct check {
    enum state state;
    char text[400]; /* how it is */
    char next[240]; /* what to do; "" when ok */
};

struct patient {
    const struct gw_conf *conf;
    struct gw_decoder *decoder; /* opened first: it forks */
    struct gw_err decoder_err;
    bool running;               /* a service has the store */
    bool is_new;                /* there is no store yet */
    bool opened;                /* the store, with its keys */
};

static void say(struct check *c, enum state state, const char *next, const char *format, ...) GW_PRINTF(4, 5);
static void say(struct check *c, enum state state, const char *next, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, sizeof c->text, format, args);
    va_end(args);
    snprintf(c->next, sizeof c->next, "%s", next);
    c->state = state;
}

/* next: what to do about this check, which says more than what all errors of a code have in common. */
static void fail(struct check *c, const struct gw_err *err, const char *next)
{
    say(c, STATE_FAILED, next, "%s", err->text);
}

static void check_clock(struct check *c, struct patient *p)
{
    (void)p;
    char now[GW_TIME_TEXT];
    int64_t us = gw_clock_now(NULL);
    gw_time_format(now, us / GW_US_PER_S * GW_US_PER_S);
    struct timex t = {};
    int state = adjtimex(&t);
    if (us < CLOCK_LEAST_US)
        say(c, STATE_FAILED, "set the clock and switch on time synchronisation: timedatectl set-ntp true", "it is %s, before 2020", now);
    else if (state < 0)
        say(c, STATE_WARNING, "check time synchronisation by hand", "it is %s; the kernel does not say if it is synchronised", now);
    else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        say(c, STATE_WARNING, "switch on time synchronisation (timedatectl set-ntp true), or see that the host keeps the time",
            "it is %s, and the kernel says it is not synchronised", now);
    else
        say(c, STATE_OK, "", "%s, synchronised, off by at most %ld ms", now, t.maxerror / 1000);
}

static void check_sandbox(struct check *c, struct patient *p)
{
    if (p->decoder == NULL)
        fail(c, &p->decoder_err, "see docs/operations.md for what the decoder needs of the kernel");
    else
        say(c, STATE_OK, "", "pictures are decoded behind %s", gw_decoder_walls(p->decoder));
}

static void check_models(struct check *c, struct patient *p)
{
    struct gw_err err = {};
    const struct gw_faces_options options = gw_faces_options_of(p->conf);
    int64_t began = gw_clock_monotonic_us();
    GW_AUTO(gw_faces) *f = gw_faces_open(&options, &err);
    if (f == NULL) {
        fail(c, &err, "run tools/setup for the networks and the runtime that belong to this program, or set models.path, face.card or runtime.path");
        return;
    }
    struct gw_face_model models[8];
    size_t n = gw_faces_models(f, models, GW_COUNT(models)), prepared = 0;
    for (size_t i = 0; i < n; i++)
        prepared += models[i].prepared;
    say(c, STATE_OK, "", "%s: %zu networks, each as its card says, %zu of them made faster; ONNX Runtime %s; opened in %" PRId64 " ms",
        gw_faces_name(f), n, prepared, gw_faces_runtime(f), (gw_clock_monotonic_us() - began) / 1000);
}

/* The folder that path is made in. */
static const char *parent_of(char (*out)[4096], const char *path)
{
    snprintf(*out, sizeof *out, "%s", path);
    char *slash = strrchr(*out, '/');
    if (slash == NULL)
        snprintf(*out, sizeof *out, ".");
    else
        slash[slash == *out] = 0;
    return *out;
}

static void check_store(struct check *c, struct patient *p)
{
    struct gw_err err = {};
    GW_AUTO(gw_json) *ask = gw_json_object();
    gw_json_set_text(ask, "verb", "state");
    gw_json_set_bool(ask, "deep", true);
    GW_AUTO(gw_json) *answer = gw_local_ask_running(&p->running, p->conf, ask, &err);
    if (p->running) {
        bool ready = false;
        const char *why = "";
        if (answer == NULL)
            fail(c, &err, "look at the service's log, then look again");
        else if (gw_json_get_bool(answer, "ready", &ready) && ready)
            say(c, STATE_OK, "", "%s: in use by a running service, which is ready; every page was read", p->conf->store_path);
        else {
            gw_json_get_text(answer, "why", &why);
            say(c, STATE_FAILED, "do as it says, then look again", "a service is running but not ready: %s", why);
        }
        return;
    }
    struct stat st;
    if (stat(p->conf->store_path, &st) != 0 && errno == ENOENT) {
        p->is_new = true;
        char parent[4096];
        if (access(parent_of(&parent, p->conf->store_path), W_OK | X_OK) == 0)
            say(c, STATE_OK, "", "%s does not exist yet; the first start makes it", p->conf->store_path);
        else
            say(c, STATE_FAILED, "make the folder and give it to the user the service runs as, or set store.path",
                "%s does not exist and cannot be made: %s", p->conf->store_path, strerror(errno));
        return;
    }
    const struct gw_service_options options = { .conf = p->conf, .without_recognition = true };
    GW_AUTO(gw_service) *s = gw_service_open(&options, &err);
    p->opened = s != NULL;
    if (s == NULL || !gw_service_check_store(s, &err))
        fail(c, &err, STORE_NEXT);
    else if ((st.st_mode & 077) != 0)
        say(c, STATE_WARNING, "chmod go-rwx on the folder", "%s is whole, but other users may look into the folder", p->conf->store_path);
    else
        say(c, STATE_OK, "", "%s: the database is there, every page was read", p->conf->store_path);
}

static void check_keys(struct check *c, struct patient *p)
{
    struct gw_err err = {};
    const char *source = p->conf->keys_source;
    int kind = (int)strcspn(source, ":"); /* what is behind it may name a file with a PIN */
    if (p->running)
        say(c, STATE_OK, "", "in the hands of the running service");
    else if (p->opened)
        say(c, STATE_OK, "", "keys.source (%.*s) opens the keyring", kind, source);
    else if (!p->is_new)
        say(c, STATE_WARNING, "see what is said of the store", "not looked at, because the store does not open");
    else if (!gw_store_keys_check(p->conf->store_path, source, &err))
        fail(c, &err, "put the key there, or set keys.source to where it is");
    else
        say(c, STATE_OK, "", "keys.source (%.*s) is usable; the first start makes the keyring", kind, source);
}

static void check_packs(struct check *c, struct patient *p)
{
    struct gw_err err = {};
    GW_AUTO_MEM struct gw_pack_keys *keys = gw_alloc(sizeof *keys);
    GW_AUTO(gw_packs) *packs = gw_packs_keys(keys, p->conf->packs_keys, &err) ? gw_packs_open(p->conf->packs_path, keys, false, &err) : NULL;
    if (packs == NULL) {
        fail(c, &err, "set packs.path and packs.keys, or leave them out for what came with this program; gangway policy check says more");
        return;
    }
    const struct gw_pack *const *all;
    size_t n = gw_packs_all(packs, &all);
    const struct gw_pack *now = gw_pack_find(all, n, p->conf->packs_authority, gw_clock_now(NULL));
    if (now == NULL)
        say(c, STATE_WARNING, "put the authority's rule pack into packs.path, or set packs.authority",
            "%zu rule packs, none in force today for %s: nobody will be photographed", n, p->conf->packs_authority);
    else
        say(c, STATE_OK, "", "%zu rule packs, each signed; %s is in force for %s", n, gw_pack_name(now), p->conf->packs_authority);
}

static void check_cameras(struct check *c, struct patient *)
{
    struct gw_camera cameras[16];
    size_t n = gw_camera_list(cameras, GW_COUNT(cameras), "/dev", gw_camera_ask), at = 0;
    if (n == 0) {
        say(c, STATE_OK, "", "none on this machine; a gate's page uses those of the machine that shows it");
        return;
    }
    bool denied = false;
    for (size_t i = 0; i < n && at < sizeof c->text; i++) {
        const struct gw_camera *k = &cameras[i];
        denied |= k->denied;
        at += (size_t)snprintf(c->text + at, sizeof c->text - at, "%s%s", i == 0 ? "" : "; ", k->path);
        if (!k->denied && at < sizeof c->text)
            at += (size_t)snprintf(c->text + at, sizeof c->text - at, " %s", k->name);
        if (k->width > 0 && at < sizeof c->text)
            at += (size_t)snprintf(c->text + at, sizeof c->text - at, ", up to %u x %u", k->width, k->height);
        if (k->denied && at < sizeof c->text)
            at += (size_t)snprintf(c->text + at, sizeof c->text - at, " may not be opened by this user");
    }
    c->state = denied ? STATE_WARNING : STATE_OK;
    if (denied)
        snprintf(c->next, sizeof c->next, "if a gate's page is shown on this machine, add its user to the group video");
}

static void check_disk(struct check *c, struct patient *p)
{
    struct statvfs v;
    char parent[4096];
    const char *path = access(p->conf->store_path, F_OK) == 0 ? p->conf->store_path : parent_of(&parent, p->conf->store_path);
    if (statvfs(path, &v) != 0) {
        say(c, STATE_FAILED, "check store.path", "%s: %s", path, strerror(errno));
        return;
    }
    int64_t free_mib = (int64_t)v.f_bavail * (int64_t)v.f_frsize / MIB;
    if ((v.f_flag & ST_RDONLY) != 0)
        say(c, STATE_FAILED, "mount it writable, or set store.path to another one", "the file system of %s is read-only", path);
    else if (free_mib < DISK_LEAST_MIB)
        say(c, STATE_FAILED, "make room, or set store.path to another disk", "%" PRId64 " MiB free for %s", free_mib, path);
    else if (free_mib < DISK_LOW_MIB)
        say(c, STATE_WARNING, "make room soon", "%" PRId64 " MiB free for %s", free_mib, path);
    else
        say(c, STATE_OK, "", "%" PRId64 " MiB free for %s", free_mib, path);
}

static bool has_swap(void)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, "/proc/swaps", 64 << 10, &err))
        return false;
    const char *newline = strchr(gw_buf_text(&text), '\n'); /* after the heading */
    return newline != NULL && newline[1] != 0;
}

static void check_memory(struct check *c, struct patient *p)
{
    (void)p;
    struct rlimit r;
    if (getrlimit(RLIMIT_MEMLOCK, &r) != 0 || r.rlim_cur == RLIM_INFINITY || (int64_t)r.rlim_cur >= LOCK_LEAST_MIB * MIB)
        say(c, STATE_OK, "", "keys and templates can be kept out of swap");
    else if (!has_swap())
        say(c, STATE_OK, "", "this machine has no swap for keys to get into");
    else
        say(c, STATE_WARNING, "LimitMEMLOCK=infinity in the service's unit (ulimit -l)",
            "only %" PRId64 " KiB may be locked, and the machine has swap: keys and templates could get into it",
            (int64_t)r.rlim_cur / 1024);
}

static void check_files(struct check *c, struct patient *p)
{
    struct rlimit r = {};
    getrlimit(RLIMIT_NOFILE, &r);
    int64_t need = p->conf->http_connections + FILES_LEAST;
    if (r.rlim_cur == RLIM_INFINITY || (int64_t)r.rlim_cur >= need)
        say(c, STATE_OK, "", "enough for http.connections = %" PRId64, p->conf->http_connections);
    else
        say(c, STATE_WARNING, "raise LimitNOFILE (ulimit -n), or lower http.connections",
            "%" PRId64 " may be open, and http.connections = %" PRId64 " may need %" PRId64, (int64_t)r.rlim_cur,
            p->conf->http_connections, need);
}

/* Can the address be listened on? Binds and lets go. */
static void check_address(struct check *c, struct patient *p)
{
    char host[256], port[6];
    const char *text = p->conf->http_listen;
    struct addrinfo *found = NULL;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    if (!gw_server_split_address(host, port, text) || getaddrinfo(host, port, &hints, &found) != 0) {
        say(c, STATE_FAILED, "write address:port, as 127.0.0.1:8090 or [::1]:8090", "http.listen is \"%.80s\"", text);
        return;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = bind(fd, found->ai_addr, found->ai_addrlen) == 0;
    int why = errno;
    bool private = gw_address_is_loopback(found->ai_addr) || *p->conf->http_tls_certificate != 0 || p->conf->http_tls_by_proxy;
    freeaddrinfo(found);
    close(fd);
    if (!ok && why == EADDRINUSE && p->running)
        say(c, STATE_OK, "", "%s, in use, as it should be while a service runs", text);
    else if (!ok)
        say(c, STATE_FAILED, why == EADDRINUSE ? "stop the program that has it (ss -ltnp), or set http.listen" : "set http.listen",
            "%s: %s", text, strerror(why));
    else if (!private)
        say(c, STATE_FAILED, "set http.tls_certificate and http.tls_key, or http.tls_by_proxy = yes where a proxy does TLS",
            "%s is reached from other machines, and the service will not answer them without TLS", text);
    else
        say(c, STATE_OK, "", "%s is free", text);
}

static void check_tls(struct check *c, struct patient *p)
{
    struct gw_err err = {};
    struct gw_tls *tls;
    char end[GW_TIME_TEXT];
    int64_t now = gw_clock_now(NULL);
    if (!gw_http_tls_open(&tls, p->conf, now, &err)) {
        fail(c, &err, "set http.tls_certificate and http.tls_key to files of one certificate, or leave both out");
        return;
    }
    if (tls == NULL) {
        say(c, STATE_OK, "", "not used: http.tls_certificate is empty");
        return;
    }
    gw_time_format(end, gw_tls_not_after_us(tls));
    if (gw_tls_not_after_us(tls) - now < CERTIFICATE_LOW_US)
        say(c, STATE_WARNING, "renew it, then send the service SIGHUP", "the certificate ends soon, %s", end);
    else
        say(c, STATE_OK, "", "key and certificate belong together; the certificate ends %s", end);
    gw_tls_close(tls);
}

static const struct {
    const char *name;
    void (*look)(struct check *c, struct patient *p);
} checks[] = {
    { "clock", check_clock },
    { "sandbox", check_sandbox },
    { "models", check_models },
    { "store", check_store }, /* before address: finds out whether a service runs */
    { "keys", check_keys },   /* after store: asks only what that did not */
    { "packs", check_packs },
    { "disk", check_disk },
    { "memory", check_memory },
    { "files", check_files },
    { "address", check_address },
    { "tls", check_tls },
    { "cameras", check_cameras },
};
static const char *const state_names[] = { "ok", "warning", "failed" };

static int run(int argc, char **argv)
{
    bool json = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--json", GW_OPTION_FLAG, &json, NULL, "a JSON object a line: check, state, text, next" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "the settings the service will have" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_doctor, options, GW_COUNT(options), &status))
        return status;
    gw_log_level(GW_LOG_WARN); /* it tells by itself what it found */
    struct patient p = { .conf = &conf };
    struct gw_decoder_options decoder = GW_DECODER_OPTIONS_DEFAULT;
    decoder.n_children = 1;
    GW_AUTO(gw_decoder) *walls = gw_decoder_open(&decoder, &p.decoder_err);
    p.decoder = walls;
    for (size_t i = 0; i < GW_COUNT(checks); i++) {
        struct check c = {};
        checks[i].look(&c, &p);
        if (c.state == STATE_FAILED)
            status = GW_EXIT_INVALID;
        if (json) {
            GW_AUTO(gw_json) *j = gw_json_object();
            gw_json_set_text(j, "check", checks[i].name);
            gw_json_set_text(j, "state", state_names[c.state]);
            gw_json_set_text(j, "text", c.text);
            gw_json_set_text(j, "next", *c.next == 0 ? NULL : c.next);
            gw_cli_print(j, false);
        } else {
            printf("%-8s %-8s %s\n", state_names[c.state], checks[i].name, c.text);
            if (*c.next != 0)
                printf("%17s-> %s\n", "", c.next);
        }
    }
    return status;
}

const struct gw_command gw_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "is this machine fit? models, store, keys, rule packs, clock, disk, cameras, and what to do",
    .run = run,
};
