/* load_bench.c - a whole airport's day in one process: 1,000 open voyages of 300 travelers, each
 * with a portrait. How soon it is ready again after it was killed, what a verification costs at
 * 70 % load, how fast portraits are enrolled beside the bare networks, and what memory it takes.
 * One line of JSON for each question.
 *
 *     load_bench PROGRAM LIVE PHOTO [LIVE PHOTO]...   (gangway; live pictures, and portraits of the same persons)
 *     load_bench … --voyages N --travelers N          default 1000 and 300
 *     load_bench … --only WORD                        start, latency or enrolment
 *     load_bench … --folder DIR                       takes the store of an earlier run from there, or leaves it there
 *
 * The store is filled by the service's own code in this process, as a list and its portraits would
 * fill it, but the faces are made: only those who will be verified have real ones. Then the
 * real program serves it. */
#define BENCH "load"
#define PLACE_DIM 512
#include "tests/bench/bare.h"
#include "tests/bench/drive.h"
#include "tests/service/place.h"

#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

enum { PERSONS_MOST = 16, SYNCS = 240 };

static const char store[] = "store";
static size_t n_voyages = 1000, n_travelers = 300;
static struct gw_buf lives[PERSONS_MOST], photos[PERSONS_MOST];
static struct gw_image images[PERSONS_MOST]; /* the photos, decoded */
static struct gw_template templates[PERSONS_MOST];
static size_t n_persons;

/* ---- the store ---- */

struct filling {
    struct place *p;
    struct gw_arena *a;
    struct gw_id voyage;
    size_t number;
};

/* What gw_portrait_keep does for one traveler, for all of a voyage at once: a commit each would take minutes. */
static bool fill_portraits(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct filling *f = arg;
    struct gw_traveler_row *rows;
    size_t n;
    const int64_t now = gw_clock_now(&f->p->s->clock);
    if (!gw_store_travelers(&rows, &n, f->a, tx, f->voyage, gw_service_model(f->p->s), -1, n_travelers, false, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        char number[32];
        const struct gw_template t = i < n_persons ? templates[i] : face((unsigned)(f->number * n_travelers + i));
        struct gw_portrait_row row = { .id = gw_id_new(now), .source = GW_PORTRAIT_PASSPORT, .carrier = gw_span_str("XX"), .received_us = now,
            .expires_us = now + f->p->conf.retention_portrait, .model = gw_service_model(f->p->s), .quality = 70 };
        uint8_t bytes[GW_TEMPLATE_BYTES_MAX];
        snprintf(number, sizeof number, "V%04zuT%03zu", f->number, i);
        gw_template_format(bytes, &t);
        row.template = gw_span_of(bytes, gw_template_bytes(t.dim));
        memcpy(row.picture.bytes, number, sizeof number);
        if (!gw_document_hash_of(&row.document, f->p->s, gw_span_str(number), gw_span_str("UTO"), err) ||
            !gw_store_portrait_put(tx, &row, err) || !gw_store_template_put(tx, rows[i].id, f->voyage, &row, err))
            return false;
    }
    return n == n_travelers || gw_fail(err, GW_ERR_INTERNAL, "%zu travelers came back", n);
}

static void list_text(struct gw_buf *out, size_t voyage, size_t travelers)
{
    char departure[GW_TIME_TEXT];
    /* Over the next 20 hours; nobody is late. */
    const int64_t in_s = 7200 + (int64_t)(voyage % 1000) * 65;
    gw_time_format(departure, (gw_clock_now(NULL) / GW_US_PER_S + in_s) * GW_US_PER_S);
    gw_buf_addf(out, "{\"kind\":\"passenger_list\",\"voyage\":{\"mode\":\"air\",\"direction\":\"departure\",\"carrier\":\"XX\",\"number\":\"%zu\","
        "\"from\":\"YVR\",\"to\":\"JFK\",\"departure\":\"%s\"},\"travelers\":[", voyage + 1, departure);
    for (size_t i = 0; i < travelers; i++)
        gw_buf_addf(out, "%s{\"surname\":\"SURNAME%zu\",\"given_names\":\"GIVEN\",\"birth_date\":\"1980-01-01\",\"nationality\":\"UTO\",\"sex\":\"F\","
            "\"reference\":\"V%zuR%zu\",\"seat\":\"%zuA\",\"documents\":[{\"type\":\"P\",\"number\":\"V%04zuT%03zu\",\"issuing_state\":\"UTO\"}]}",
            i == 0 ? "" : ",", i, voyage, i, i, voyage, i);
    gw_buf_add_text(out, "]}");
}

static void fill(const char *model)
{
    struct gw_err err = {};
    struct place p;
    char path[PATH_MAX + 16];
    const double began = now_ms();
    place_init(&p);
    p.opened_us = 0; /* the machine's clock */
    snprintf(path, sizeof path, "%s/%s", folder, store);
    bare_must(gw_conf_set(&p.conf, "store.path", path, "bench", &err) && place_open(&p, &err), &err);
    snprintf(p.s->model, sizeof p.s->model, "%s", model);
    for (size_t i = 0; i < n_voyages; i++) {
        struct gw_manifest_receipt m;
        GW_AUTO_VALUE(gw_buf) text = {};
        list_text(&text, i, n_travelers);
        bare_must(send_manifest(&m, &p, &p.carrier, gw_buf_text(&text), NULL, &err), &err);
        struct filling f = { .p = &p, .a = p.a, .voyage = m.voyage, .number = i };
        bare_must(gw_store_write(p.s->store, fill_portraits, &f, &err), &err);
        if (i % 64 == 63)
            bare_must(gw_store_checkpoint(p.s->store, false, &err), &err);
        gw_arena_reset(p.a);
    }
    place_done(&p);
    struct gw_json *j = line("fill");
    gw_json_set_integer(j, "voyages", (int64_t)n_voyages);
    gw_json_set_integer(j, "travelers", (int64_t)(n_voyages * n_travelers));
    gw_json_set_rounded(j, "s", (now_ms() - began) / 1000, 1);
    print(j);
}

/* ---- who asks ---- */

static struct {
    char *carrier, *officer, *device;
} as;
static char (*voyages)[33];

static void find_voyages(int port)
{
    char cursor[64] = "";
    size_t n = 0;
    voyages = calloc(n_voyages, sizeof *voyages);
    for (bool more = true; more;) {
        GW_AUTO_VALUE(gw_buf) one = {};
        char path[256];
        snprintf(path, sizeof path, "/v1/voyages?limit=500%s%s", *cursor == 0 ? "" : "&cursor=", cursor);
        request(&one, "GET", path, as.officer, "", (struct gw_span){});
        GW_AUTO(gw_json) *j = ask(port, &one);
        const struct gw_json *list = gw_json_get(j, "voyages");
        for (size_t i = 0; i < gw_json_size(list) && n < n_voyages; i++) {
            const char *id = "";
            gw_json_get_text(gw_json_at(list, i), "voyage", &id);
            snprintf(voyages[n++], sizeof *voyages, "%s", id);
        }
        const char *next;
        more = gw_json_get_text(j, "cursor", &next);
        if (more)
            snprintf(cursor, sizeof cursor, "%s", next);
    }
    if (n != n_voyages)
        stop("the board has not all voyages");
}

static void verification(struct gw_buf *out, size_t voyage, size_t person)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", voyages[voyage]);
    request(out, "POST", path, as.device, "Content-Type: image/jpeg\r\n", gw_buf_span(&lives[person]));
}

/* Everybody real at every voyage, each once, in a random order: whoever comes is cleared. */
static struct gw_buf *crowd;
static size_t n_crowd, crowd_at;

static void make_crowd(void)
{
    const size_t all = n_voyages * n_persons;
    GW_AUTO_MEM uint32_t *order = gw_alloc_array(all, sizeof *order);
    for (size_t i = 0; i < all; i++) {
        const size_t k = (size_t)(uniform() * (double)(i + 1));
        order[i] = order[k];
        order[k] = (uint32_t)i;
    }
    n_crowd = GW_MIN(all, (size_t)4000);
    crowd = calloc(n_crowd, sizeof *crowd);
    for (size_t i = 0; i < n_crowd; i++)
        verification(&crowd[i], order[i] % n_voyages, order[i] / n_voyages);
}

static void count_clear(void *self, size_t variant, int status, struct gw_span body)
{
    const char *decision = "";
    GW_AUTO(gw_json) *j = gw_json_parse(body, NULL);
    (void)variant;
    if (status == 200 && gw_json_get_text(j, "decision", &decision) && strcmp(decision, "clear") == 0)
        ++*(size_t *)self;
}

static struct load next_of_crowd(int port, size_t requests, size_t *cleared)
{
    if (crowd_at + requests > n_crowd)
        crowd_at = 0; /* then they are cleared already, which costs an alert more */
    *cleared = 0;
    struct load l = { .port = port, .requests = requests, .variants = crowd + crowd_at, .n_variants = GW_MIN(requests, n_crowd), .answered = count_clear, .self = cleared };
    crowd_at = GW_MIN(crowd_at + requests, n_crowd);
    return l;
}

static double metric(int port, const char *name)
{
    GW_AUTO_VALUE(gw_buf) body = {};
    read_metrics(&body, port, as.officer);
    return number_after(&body, name);
}

/* ---- under what conditions ---- */

/* What the disk does for somebody who asks it for nothing else: a small file written over, and waited for, as often as
 * verifications come. */
static void set_disk(struct gw_json *j)
{
    static const uint8_t page[16 << 10] = { 1 };
    double ms[SYNCS];
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/sync", folder);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < SYNCS; i++) {
        const double began = now_ms();
        if (pwrite(fd, page, sizeof page, (off_t)(i % 64 * sizeof page)) != (ssize_t)sizeof page || fdatasync(fd) != 0)
            stop(path);
        ms[i] = now_ms() - began;
        usleep(10'000);
    }
    close(fd);
    unlink(path);
    set_spread(j, "disk_sync_ms", ms, SYNCS);
}

static void conditions(const char *model)
{
    char row[256], processor[128] = "";
    double load = NAN;
    struct statfs fs;
    struct utsname u;
    cpu_set_t set;
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f != NULL && fgets(row, sizeof row, f) != NULL)
        if (*processor == 0 && strncmp(row, "model name", 10) == 0)
            sscanf(row, "model name : %127[^\n]", processor);
    if (f != NULL)
        fclose(f);
    if (getloadavg(&load, 1) != 1 || statfs(folder, &fs) != 0 || uname(&u) != 0)
        stop("the machine");
    struct gw_json *j = line("conditions");
    gw_json_set_text(j, "processor", processor);
    gw_json_set_integer(j, "cores", sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0);
    gw_json_set_text(j, "kernel", u.release);
    gw_json_set_text(j, "networks", model);
    gw_json_set_integer(j, "pictures", (int64_t)n_persons);
    gw_json_set_integer(j, "voyages", (int64_t)n_voyages);
    gw_json_set_integer(j, "travelers_each", (int64_t)n_travelers);
    gw_json_set_rounded(j, "load_average", load, 2);
    gw_json_set_bool(j, "store_in_memory", fs.f_type == TMPFS_MAGIC);
    set_disk(j);
    print(j);
}

/* ---- the questions ---- */

/* What begins in the background must not be measured with what is asked. */
static void wait_for_galleries(int port)
{
    const double wanted = (double)(n_voyages * n_travelers);
    while (metric(port, "\ngangway_gallery_templates ") < wanted)
        usleep(10'000);
}

enum how { AT_REST, AMID_WORK, AMID_WORK_COLD, HOW_COUNT };
static const char *const how_words[HOW_COUNT] = { "at rest", "while it verified", "while it verified, then its files out of the page cache" };

/* Its store's files, and itself. */
static void drop_pages(void)
{
    char path[PATH_MAX + 512];
    snprintf(path, sizeof path, "%s/%s", folder, store);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL;) {
        e = readdir(d);
        snprintf(path, sizeof path, "%s/%s/%s", folder, store, e == NULL ? "" : e->d_name);
        const int fd = open(e == NULL ? program : path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && (fsync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) && errno != EINVAL)
            stop("the page cache");
        if (fd >= 0)
            close(fd);
        if (e == NULL)
            break;
    }
    if (d == NULL)
        stop(path);
    closedir(d);
}

static double wal_mib(void)
{
    struct stat st;
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s/gangway.db-wal", folder, store);
    return stat(path, &st) == 0 ? (double)st.st_size / (1 << 20) : 0;
}

/* Somebody else asks as fast as it goes, until there is nobody to ask. */
static void kill_amid(const struct served *s)
{
    const pid_t asker = fork();
    if (asker == 0) {
        size_t cleared;
        for (is_asker = true;;) {
            struct load l = next_of_crowd(s->port, 500, &cleared);
            l.connections = 8;
            run(&l);
            forget(&l);
        }
    }
    usleep(3'000'000);
    kill(s->pid, SIGKILL);
    waitpid(asker, NULL, 0);
    crowd_at = (crowd_at + 500) % n_crowd;
}

struct started {
    double listening_ms, ready_ms, first_ms, worst_ms, galleries_ms, wal_mib;
    size_t cleared;
};

/* Until /readyz says so, until somebody was verified, until all galleries are in memory. */
static struct served start_again(struct started *out)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    const double began = now_ms();
    struct served s = serve(store, "work.queue=100");
    request(&one, "GET", "/readyz", as.officer, "", (struct gw_span){});
    double ready = NAN;
    while (isnan(ready)) {
        struct load l = { .port = s.port, .connections = 1, .requests = 1, .variants = &one, .n_variants = 1 };
        run(&l);
        ready = l.n_ok == 1 ? now_ms() - began : NAN;
        forget(&l);
    }
    enum { FIRST = 20 };
    struct load l = next_of_crowd(s.port, FIRST, &out->cleared);
    l.connections = 1;
    run(&l);
    if (l.n_ok != FIRST)
        stop("verifications were refused");
    out->listening_ms = s.ready_ms;
    out->ready_ms = ready;
    out->first_ms = l.latency_ms[0];
    out->worst_ms = quantile(l.latency_ms, l.n_ok, 1);
    forget(&l);
    wait_for_galleries(s.port);
    out->galleries_ms = now_ms() - began;
    return s;
}

static void set_started(struct gw_json *j, const char *key, const struct started *of, size_t n, size_t member)
{
    double v[8];
    for (size_t i = 0; i < n; i++)
        memcpy(&v[i], (const char *)&of[i] + member, sizeof v[i]);
    struct gw_json *o = gw_json_object();
    gw_json_set_rounded(o, "median", quantile(v, n, 0.5), 1);
    gw_json_set_rounded(o, "most", quantile(v, n, 1), 1);
    gw_json_set(j, key, o);
}

static void restart(struct served *s, enum how how)
{
    enum { TURNS = 5 };
    struct started of[TURNS] = {};
    for (size_t i = 0; i < TURNS; i++) {
        if (how == AT_REST)
            kill(s->pid, SIGKILL);
        else
            kill_amid(s);
        waitpid(s->pid, NULL, 0);
        close(s->out);
        of[i].wal_mib = wal_mib();
        if (how == AMID_WORK_COLD)
            drop_pages();
        *s = start_again(&of[i]);
    }
    struct gw_json *j = line("start after a kill");
    gw_json_set_text(j, "killed", how_words[how]);
    gw_json_set_integer(j, "times", TURNS);
    set_started(j, "wal_mib", of, TURNS, offsetof(struct started, wal_mib));
    set_started(j, "ready_ms", of, TURNS, offsetof(struct started, ready_ms));
    gw_json_set_real(j, "goal_ready_ms", 5000);
    set_started(j, "listening_ms", of, TURNS, offsetof(struct started, listening_ms));
    set_started(j, "first_verification_ms", of, TURNS, offsetof(struct started, first_ms));
    set_started(j, "worst_of_first_20_ms", of, TURNS, offsetof(struct started, worst_ms));
    set_started(j, "all_galleries_ms", of, TURNS, offsetof(struct started, galleries_ms));
    gw_json_set_integer(j, "voyages", (int64_t)n_voyages);
    gw_json_set_integer(j, "templates", (int64_t)metric(s->port, "\ngangway_gallery_templates "));
    const double bytes = metric(s->port, "\ngangway_gallery_bytes "), rss = rss_mib(s->pid);
    gw_json_set_rounded(j, "galleries_mib", bytes / (1 << 20), 1);
    gw_json_set_rounded(j, "rss_mib", rss, 0);
    gw_json_set_rounded(j, "kib_a_traveler", rss * 1024 / (double)(n_voyages * n_travelers), 2);
    print(j);
}

struct crowd_asked {
    int port;
    size_t cleared;
};
static struct load crowd_again(void *self, size_t requests)
{
    struct crowd_asked *c = self;
    return next_of_crowd(c->port, requests, &c->cleared);
}

static void latency(const struct served *s, const struct bare *b)
{
    struct load_asked a = { .next = crowd_again, .self = &(struct crowd_asked){ .port = s->port }, .bare = b, .images = images,
        .n_images = n_persons, .officer = as.officer };
    measure_at_load(&a);
    a.poisson = true;
    measure_at_load(&a);
}

static size_t enrol(const struct served *s, size_t turn, size_t n, double *took_ms)
{
    struct gw_buf *puts = calloc(n, sizeof *puts);
    for (size_t i = 0; i < n; i++) {
        char headers[256];
        /* A new source for somebody announced: attached to a voyage, its gallery follows. */
        snprintf(headers, sizeof headers, "Content-Type: image/jpeg\r\nX-Document-Number: V%04zuT%03zu\r\nX-Issuing-State: UTO\r\nX-Portrait-Source: visa\r\n",
            turn, n_persons + i % (n_travelers - n_persons));
        request(&puts[i], "PUT", "/v1/portraits", as.carrier, headers, gw_buf_span(&photos[i % n_persons]));
    }
    struct load l = { .port = s->port, .connections = LOAD_ASKERS, .requests = n, .variants = puts, .n_variants = n };
    run(&l);
    *took_ms = l.took_ms;
    const size_t ok = l.n_ok;
    forget(&l);
    for (size_t i = 0; i < n; i++)
        gw_buf_done(&puts[i]);
    free(puts);
    return ok;
}

static void enrolment(const struct served *s, const struct bare *b)
{
    enum { TURNS = 7 };
    double service[TURNS], bare[TURNS], ratio[TURNS], cpu[TURNS], took;
    const size_t n = GW_MIN((size_t)200, n_travelers - n_persons);
    for (size_t i = 0; i < TURNS; i++) {
        bare[i] = bare_crew(&(struct bare_worker){ .bare = *b, .images = images, .n_images = n_persons, .requests = n });
        cpu[i] = cpu_ms(s->pid);
        if (enrol(s, i % n_voyages, n, &took) != n)
            stop("portraits were refused");
        cpu[i] = (cpu_ms(s->pid) - cpu[i]) / (double)n;
        service[i] = (double)n / took * 1000;
        ratio[i] = service[i] / bare[i];
    }
    struct gw_json *j = line("enrolment");
    gw_json_set_integer(j, "portraits", (int64_t)(n * TURNS));
    gw_json_set_integer(j, "pictures", (int64_t)n_persons);
    set_spread(j, "per_s", service, TURNS);
    set_spread(j, "networks_per_s", bare, TURNS);
    set_spread(j, "cpu_ms_each", cpu, TURNS); /* of the service and its decoders */
    gw_json_set_rounded(j, "ratio", quantile(ratio, TURNS, 0.5), 3);
    gw_json_set_real(j, "goal_at_least", 0.9);
    print(j);
}

/* Pairs of files; a person whose portrait or live picture shows no face is left out. */
static void read_persons(int argc, char **argv, struct bare *b)
{
    struct gw_err err = {};
    static struct gw_embedding embedding;
    for (int i = 0; i + 1 < argc && n_persons < PERSONS_MOST; i += 2) {
        if (!gw_buf_read_file(&lives[n_persons], argv[i], 8 << 20, &err) || !gw_buf_read_file(&photos[n_persons], argv[i + 1], 8 << 20, &err))
            stop(argv[i]);
        images[n_persons] = bare_picture(b, gw_buf_span(&photos[n_persons]));
        bare_run(&embedding, b, &images[n_persons]);
        bare_must(gw_template_make(&templates[n_persons], embedding.v, embedding.dim, &err), &err);
        n_persons++;
    }
}

int main(int argc, char **argv)
{
    const char *only = NULL, *keep = NULL;
    for (; argc > 4 && strncmp(argv[argc - 2], "--", 2) == 0; argc -= 2)
        if (strcmp(argv[argc - 2], "--voyages") == 0)
            n_voyages = strtoul(argv[argc - 1], NULL, 10);
        else if (strcmp(argv[argc - 2], "--travelers") == 0)
            n_travelers = strtoul(argv[argc - 1], NULL, 10);
        else if (strcmp(argv[argc - 2], "--only") == 0)
            only = argv[argc - 1];
        else if (strcmp(argv[argc - 2], "--folder") == 0)
            keep = argv[argc - 1];
        else
            argc = 0;
    if (argc < 4 || argc % 2 != 0 || n_voyages < 1 || n_travelers < 50) {
        fprintf(stderr, "usage: load_bench PROGRAM LIVE PHOTO [LIVE PHOTO]… [--voyages N] [--travelers N] [--only WORD] [--folder DIR]\n");
        return 2;
    }
    program = argv[1];
    gw_log_level(GW_LOG_ERROR);
    struct bare bare = {};
    bare_open(&bare);
    read_persons(argc - 2, argv + 2, &bare);
    bool filled = false;
    if (keep != NULL) {
        char path[PATH_MAX];
        snprintf(folder, sizeof folder, "%s", keep);
        snprintf(path, sizeof path, "%s/%s/gangway.db", keep, store);
        filled = access(path, F_OK) == 0;
        if (mkdir(keep, 0700) != 0 && errno != EEXIST)
            stop(keep);
    } else if (mkdtemp(folder) == NULL)
        stop("files");
    else
        atexit(sweep);
    if (!filled)
        fill(gw_faces_name(bare.faces));
    as.carrier = token(store, "user add bench --role carrier --carrier XX");
    as.officer = token(store, "user add bench --role officer");
    as.device = token(store, "device add bench --site YVR");
    conditions(gw_faces_name(bare.faces));
    struct served s = serve(store, "work.queue=100");
    find_voyages(s.port);
    make_crowd();
    wait_for_galleries(s.port);
    if (only == NULL || strcmp(only, "start") == 0)
        for (enum how how = 0; how < HOW_COUNT; how++)
            restart(&s, how);
    if (only == NULL || strcmp(only, "latency") == 0)
        latency(&s, &bare);
    if (only == NULL || strcmp(only, "enrolment") == 0)
        enrolment(&s, &bare);
    end(&s);
    bare_close(&bare);
    return 0;
}
