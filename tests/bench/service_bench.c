/* service_bench.c - what a decision costs over HTTP, beside the networks it cannot do
 * without and a disk's fsync, measured in turns in one run. One line of JSON for each
 * question.
 *
 *     service_bench PROGRAM PICTURE PHOTO...     (gangway, a live picture of the first photo, portraits)
 *     service_bench … --requests N               of the comparison of answers, default 10000
 *     service_bench … --in DIR                  where its store lives; /dev/shm leaves the disk out; default /tmp
 *     service_bench … --only WORD                start, decision, load, cores, queue or answers
 *
 * It starts the real program on a free port of this machine with a store of its own,
 * and ends it. The load comes from this one thread: sockets in an epoll loop, requests
 * written as they were prepared, so that it takes little of the machine it measures. */
#define BENCH "service"
#include "tests/bench/bare.h"
#include "tests/bench/drive.h"

#include <fcntl.h>

enum { GALLERY = 420, ROUNDS = 300 };

/* ---- the board: a voyage of 420, each with a portrait; the first photo is of the one who comes ---- */

static struct gw_buf photos[64], picture;
static size_t n_photos;

struct board {
    char *carrier, *officer, *device;
    char voyage[64];
};

static struct board board(const char *store, int port)
{
    struct board b = { token(store, "user add bench --role carrier --carrier XX"),
        token(store, "user add bench --role officer"), token(store, "device add bench --site YVR"), "" };
    GW_AUTO_VALUE(gw_buf) body = {};
    GW_AUTO_VALUE(gw_buf) one = {};
    char departure[GW_TIME_TEXT], headers[256];
    gw_time_format(departure, (gw_clock_now(NULL) / GW_US_PER_S + 7200) * GW_US_PER_S);
    gw_buf_addf(&body, "{\"kind\":\"passenger_list\",\"voyage\":{\"mode\":\"air\",\"direction\":\"departure\",\"carrier\":\"XX\",\"number\":\"1\","
                       "\"from\":\"YVR\",\"to\":\"JFK\",\"departure\":\"%s\"},\"travelers\":[", departure);
    for (int i = 0; i < GALLERY; i++)
        gw_buf_addf(&body, "%s{\"surname\":\"BENCH\",\"reference\":\"R%d\",\"seat\":\"%dA\",\"documents\":[{\"type\":\"P\",\"number\":\"B%05d\",\"issuing_state\":\"UTO\"}]}",
            i == 0 ? "" : ",", i, i, i);
    gw_buf_add_text(&body, "]}");
    request(&one, "POST", "/v1/manifests", b.carrier, "Content-Type: application/json\r\n", gw_buf_span(&body));
    GW_AUTO(gw_json) *j = ask(port, &one);
    const char *voyage;
    if (!gw_json_get_text(j, "voyage", &voyage))
        stop("the manifest was refused");
    snprintf(b.voyage, sizeof b.voyage, "%s", voyage);
    static struct gw_buf portraits[GALLERY];
    for (int i = 0; i < GALLERY; i++) {
        snprintf(headers, sizeof headers, "Content-Type: image/jpeg\r\nX-Document-Number: B%05d\r\nX-Issuing-State: UTO\r\nX-Portrait-Source: passport\r\n", i);
        const struct gw_buf *photo = &photos[i == 0 ? 0 : 1 + (size_t)(i - 1) % (n_photos - 1)];
        request(&portraits[i], "PUT", "/v1/portraits", b.carrier, headers, gw_buf_span(photo));
    }
    struct load l = { .port = port, .connections = 2, .requests = GALLERY, .variants = portraits, .n_variants = GALLERY };
    run(&l);
    if (l.n_ok != GALLERY)
        stop("portraits were refused");
    forget(&l);
    for (int i = 0; i < GALLERY; i++)
        gw_buf_done(&portraits[i]);
    return b;
}

static void verification(struct gw_buf *out, const struct board *b, struct gw_span body)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", b->voyage);
    request(out, "POST", path, b->device, "Content-Type: image/jpeg\r\n", body);
}

/* ---- the questions ---- */

static void decision(const struct served *s, const struct board *b)
{
    static double http[ROUNDS], nets[ROUNDS], nets_cpu[ROUNDS], disk[ROUNDS];
    static struct gw_embedding embedding;
    struct bare bare;
    GW_AUTO_VALUE(gw_buf) one = {};
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/fsync", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    bare_open(&bare);
    const struct gw_image image = bare_picture(&bare, gw_buf_span(&picture));
    verification(&one, b, gw_buf_span(&picture));
    size_t n = 0;
    double cpu = 0;
    for (size_t i = 0; i < ROUNDS + 20; i++) {
        if (i == 20)
            cpu = cpu_ms(s->pid);
        double net = bare_run(&embedding, &bare, &image), sync = fsync_once(fd);
        struct load l = { .port = s->port, .connections = 1, .requests = 1, .variants = &one, .n_variants = 1 };
        run(&l);
        if (l.n_ok != 1)
            stop("a verification was refused");
        if (i >= 20) { /* the first are for warming up */
            nets[n] = net;
            nets_cpu[n] = networks_cpu_ms;
            disk[n] = sync;
            http[n++] = l.latency_ms[0];
        }
        forget(&l);
    }
    cpu = (cpu_ms(s->pid) - cpu) / ROUNDS;
    close(fd);
    struct gw_json *j = line("decision");
    gw_json_set_text(j, "picture", "640x480 JPEG");
    gw_json_set_integer(j, "gallery", GALLERY);
    gw_json_set_integer(j, "bytes", (int64_t)picture.size);
    set_spread(j, "http_ms", http, n);
    set_spread(j, "networks_ms", nets, n);
    set_spread(j, "fsync_ms", disk, n);
    gw_json_set_rounded(j, "ratio", quantile(http, n, 0.5) / (quantile(nets, n, 0.5) + quantile(disk, n, 0.5)), 3);
    gw_json_set_real(j, "goal_at_most", 1.25);
    /* The same in processor time, for a machine that is not ours alone: all of the service's, over the networks'. */
    gw_json_set_rounded(j, "service_cpu_ms", cpu, 3);
    set_spread(j, "networks_cpu_ms", nets_cpu, n);
    gw_json_set_rounded(j, "cpu_ratio", cpu / quantile(nets_cpu, n, 0.5), 3);
    print(j);
    bare_close(&bare);
}

struct pace {
    double per_s, service_cpu_ms, client_cpu_ms; /* processor time for each request */
};

static double own_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static struct pace pace_of(const struct served *s, const struct board *b, size_t connections, size_t requests)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    verification(&one, b, gw_buf_span(&picture));
    struct load l = { .port = s->port, .connections = connections, .requests = requests, .variants = &one, .n_variants = 1 };
    double service = cpu_ms(s->pid), client = own_cpu_ms();
    run(&l);
    client = own_cpu_ms() - client;
    service = cpu_ms(s->pid) - service;
    if (l.n_ok != requests)
        stop("verifications were refused");
    forget(&l);
    return (struct pace){ (double)requests / l.took_ms * 1000, service / (double)requests, client / (double)requests };
}

/* The service, its decoders and all their threads on the first n of our cores. */
static void confine(pid_t session, int n)
{
    cpu_set_t all, some;
    CPU_ZERO(&some);
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        stop("cores");
    for (int i = 0, left = n; i < CPU_SETSIZE && left > 0; i++)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &some);
            left--;
        }
    DIR *d = opendir("/proc");
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        pid_t pid = (pid_t)atoi(e->d_name);
        char path[64];
        if (pid <= 0 || getsid(pid) != session)
            continue;
        snprintf(path, sizeof path, "/proc/%d/task", pid);
        DIR *tasks = opendir(path);
        for (struct dirent *t; tasks != NULL && (t = readdir(tasks)) != NULL;)
            if (atoi(t->d_name) > 0)
                sched_setaffinity((pid_t)atoi(t->d_name), sizeof some, &some);
        if (tasks != NULL)
            closedir(tasks);
    }
    closedir(d);
}

/* Takes turns: a whole service on one core; one recognition thread with the other core
 * free for everything beside it; a whole service on two cores. As many recognition
 * threads as the program would take by itself: one more than cores. */
static void two_cores(void)
{
    enum { TURNS = 7, REQUESTS = 200 };
    static double one[TURNS], helped[TURNS], two[TURNS], ratio[TURNS], ratio_helped[TURNS], cpu[3][TURNS], client[TURNS];
    struct served a = serve("one", "work.threads=2"), b = serve("helped", "work.threads=1"), c = serve("two", "work.threads=3");
    struct board of_a = board("one", a.port), of_b = board("helped", b.port), of_c = board("two", c.port);
    confine(a.pid, 1);
    confine(c.pid, 2);
    for (size_t i = 0; i < TURNS; i++) {
        struct pace p = pace_of(&a, &of_a, 4, REQUESTS), q = pace_of(&b, &of_b, 4, REQUESTS), r = pace_of(&c, &of_c, 8, REQUESTS * 2);
        one[i] = p.per_s, helped[i] = q.per_s, two[i] = r.per_s;
        cpu[0][i] = p.service_cpu_ms, cpu[1][i] = q.service_cpu_ms, cpu[2][i] = r.service_cpu_ms;
        client[i] = r.client_cpu_ms;
        ratio[i] = r.per_s / p.per_s;
        ratio_helped[i] = r.per_s / q.per_s;
    }
    struct gw_json *j = line("two cores");
    set_spread(j, "one_core_per_s", one, TURNS);
    set_spread(j, "one_thread_per_s", helped, TURNS);
    set_spread(j, "two_per_s", two, TURNS);
    set_spread(j, "one_core_cpu_ms", cpu[0], TURNS);
    set_spread(j, "one_thread_cpu_ms", cpu[1], TURNS);
    set_spread(j, "two_cpu_ms", cpu[2], TURNS);
    set_spread(j, "client_cpu_ms", client, TURNS);
    gw_json_set_rounded(j, "ratio", quantile(ratio, TURNS, 0.5), 3);
    gw_json_set_rounded(j, "ratio_to_one_thread", quantile(ratio_helped, TURNS, 0.5), 3);
    gw_json_set_real(j, "goal_at_least", 1.8);
    print(j);
    end(&a);
    end(&b);
    end(&c);
}

struct same {
    int port;
    const struct gw_buf *one;
};
static struct load same_again(void *self, size_t requests)
{
    const struct same *s = self;
    return (struct load){ .port = s->port, .requests = requests, .variants = s->one, .n_variants = 1 };
}

static void at_load(const struct served *s, const struct board *b)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    struct bare bare;
    bare_open(&bare);
    const struct gw_image image = bare_picture(&bare, gw_buf_span(&picture));
    verification(&one, b, gw_buf_span(&picture));
    struct load_asked a = { .next = same_again, .self = &(struct same){ s->port, &one }, .bare = &bare, .images = &image,
        .n_images = 1, .officer = b->officer };
    measure_at_load(&a);
    a.poisson = true;
    measure_at_load(&a);
    bare_close(&bare);
}

/* Clients that ask again as soon as they are refused, then clients that ask at a pace of ten times what can be answered. */
static void full_queue(void)
{
    static const struct {
        size_t clients, requests;
        double per_s; /* 0: without a pause */
    } rows[] = { { 32, 10000, 0 }, { 64, 20000, 0 }, { 256, 40000, 0 }, { 64, 10000, 1000 }, { 256, 10000, 1000 } };
    GW_AUTO_VALUE(gw_buf) one = {};
    struct served s = serve("full", "work.queue=2");
    struct board b = board("full", s.port);
    verification(&one, &b, gw_buf_span(&picture));
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct load l = { .port = s.port, .connections = rows[i].clients, .requests = rows[i].requests, .variants = &one,
            .n_variants = 1, .interval_ms = rows[i].per_s == 0 ? 0 : 1000 / rows[i].per_s };
        double client = own_cpu_ms(), service = cpu_ms(s.pid);
        run(&l);
        struct gw_json *j = line("full queue");
        gw_json_set_integer(j, "clients", (int64_t)rows[i].clients);
        gw_json_set_rounded(j, "asked_per_s", (double)l.requests / l.took_ms * 1000, 1);
        gw_json_set_integer(j, "answered", (int64_t)l.n_ok);
        gw_json_set_integer(j, "refused", (int64_t)l.n_busy);
        set_spread(j, "refused_ms", l.refused_ms, l.n_busy);
        gw_json_set_rounded(j, "refused_most_ms", quantile(l.refused_ms, l.n_busy, 1), 3);
        set_spread(j, "refused_there_ms", l.refused_there_ms, l.n_busy);
        gw_json_set_rounded(j, "refused_there_most_ms", quantile(l.refused_there_ms, l.n_busy, 1), 3);
        gw_json_set_real(j, "goal_ms", 10);
        gw_json_set_rounded(j, "client_cpu", (own_cpu_ms() - client) / l.took_ms, 2);
        gw_json_set_rounded(j, "service_cpu", (cpu_ms(s.pid) - service) / l.took_ms, 2);
        gw_json_set_rounded(j, "answered_per_s", (double)l.n_ok / l.took_ms * 1000, 1);
        forget(&l);
        l = (struct load){ .port = s.port, .connections = 1, .requests = 50, .variants = &one, .n_variants = 1 };
        run(&l);
        gw_json_set_bool(j, "recovered", l.n_ok == 50);
        print(j);
        forget(&l);
    }
    end(&s);
}

/* ---- the same answers: what was measured of each picture, from 1 client and from 64 ---- */

struct answers {
    size_t n;
    struct {
        char id[32];
        size_t variant;
    } *of;
};
static void keep_id(void *self, size_t variant, int status, struct gw_span body)
{
    struct answers *a = self;
    const char *id;
    GW_AUTO(gw_json) *j = gw_json_parse(body, NULL);
    if (status == 200 && gw_json_get_text(j, "verification", &id)) {
        snprintf(a->of[a->n].id, sizeof a->of[0].id, "%s", id);
        a->of[a->n++].variant = variant;
    }
}
static int by_id(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Facts of a picture as the record has them; who was first to be cleared is left out. */
static void compare_page(const struct gw_json *list, struct answers *a, struct gw_buf *facts, size_t *compared, size_t *differing)
{
    for (size_t i = 0; i < gw_json_size(list); i++) {
        const struct gw_json *v = gw_json_at(list, i);
        const char *id = "", *reason = "";
        double score = 0, next = 0, quality = 0, live = 0;
        gw_json_get_text(v, "verification", &id);
        gw_json_get_text(v, "reason", &reason);
        gw_json_get_real(v, "score", &score);
        gw_json_get_real(v, "next_score", &next);
        gw_json_get_real(v, "quality", &quality);
        gw_json_get_real(v, "liveness", &live);
        const size_t *found = bsearch(id, a->of, a->n, sizeof a->of[0], by_id);
        if (found == NULL)
            continue;
        size_t variant = a->of[((const char *)found - (const char *)a->of) / (ptrdiff_t)sizeof a->of[0]].variant;
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_addf(&text, "%s %.4f %.4f %.1f %.3f", strcmp(reason, "already_cleared") == 0 ? "matched" : reason, score, next, quality, live);
        ++*compared;
        if (facts[variant].size == 0)
            gw_buf_add(&facts[variant], text.data, text.size);
        else
            *differing += !gw_span_equal(gw_buf_span(&facts[variant]), gw_buf_span(&text));
    }
}

static void compare(int port, const struct board *b, struct answers *a, struct gw_buf *facts, size_t *compared, size_t *differing)
{
    char cursor[128] = "";
    qsort(a->of, a->n, sizeof a->of[0], by_id);
    for (bool more = true; more;) {
        GW_AUTO_VALUE(gw_buf) one = {};
        char path[256];
        snprintf(path, sizeof path, "/v1/voyages/%s/verifications?limit=500%s%s", b->voyage, *cursor == 0 ? "" : "&cursor=", cursor);
        request(&one, "GET", path, b->officer, "", (struct gw_span){});
        GW_AUTO(gw_json) *j = ask(port, &one);
        compare_page(gw_json_get(j, "verifications"), a, facts, compared, differing);
        const char *next;
        more = gw_json_get_text(j, "cursor", &next);
        if (more)
            snprintf(cursor, sizeof cursor, "%s", next);
    }
}

static void same_answers(size_t requests)
{
    static struct gw_buf variants[64], facts[64];
    struct served s = serve("same", "work.queue=100");
    struct board b = board("same", s.port);
    size_t n = GW_MIN(n_photos, GW_COUNT(variants) - 1), compared[2] = {}, differing = 0;
    verification(&variants[0], &b, gw_buf_span(&picture));
    for (size_t i = 0; i < n; i++)
        verification(&variants[i + 1], &b, gw_buf_span(&photos[i]));
    double took[2];
    for (int many = 0; many < 2; many++) {
        struct answers a = { .of = calloc(requests, sizeof a.of[0]) };
        struct load l = { .port = s.port, .connections = many ? 64 : 1, .requests = requests, .variants = variants, .n_variants = n + 1,
            .answered = keep_id, .self = &a };
        run(&l);
        took[many] = l.took_ms;
        if (l.n_ok != requests)
            stop("verifications were refused");
        compare(s.port, &b, &a, facts, &compared[many], &differing);
        forget(&l);
        free(a.of);
    }
    struct gw_json *j = line("same answers");
    gw_json_set_integer(j, "pictures", (int64_t)n + 1);
    gw_json_set_integer(j, "from_one", (int64_t)compared[0]);
    gw_json_set_integer(j, "from_sixty_four", (int64_t)compared[1]);
    gw_json_set_integer(j, "differing", (int64_t)differing);
    gw_json_set_rounded(j, "one_per_s", (double)requests / took[0] * 1000, 1);
    gw_json_set_rounded(j, "sixty_four_per_s", (double)requests / took[1] * 1000, 1);
    print(j);
    end(&s);
}

static void start(void)
{
    enum { STARTS = 7 };
    double ready[STARTS], rss[STARTS];
    for (size_t i = 0; i < STARTS; i++) {
        char store[32];
        snprintf(store, sizeof store, "start%zu", i);
        struct served s = serve(store, "work.queue=64");
        ready[i] = s.ready_ms;
        rss[i] = rss_mib(s.pid);
        end(&s);
    }
    struct gw_json *j = line("start");
    set_spread(j, "ready_ms", ready, STARTS);
    gw_json_set_real(j, "goal_ready_ms", 500);
    set_spread(j, "rss_mib", rss, STARTS);
    gw_json_set_real(j, "goal_rss_mib", 150);
    print(j);
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    size_t requests = 10000;
    const char *only = NULL;
    for (; argc > 4 && strncmp(argv[argc - 2], "--", 2) == 0; argc -= 2)
        if (strcmp(argv[argc - 2], "--requests") == 0)
            requests = strtoul(argv[argc - 1], NULL, 10);
        else if (strcmp(argv[argc - 2], "--only") == 0)
            only = argv[argc - 1];
        else if (strcmp(argv[argc - 2], "--in") == 0)
            snprintf(folder, sizeof folder, "%s/gangway-bench-XXXXXX", argv[argc - 1]);
        else
            argc = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: service_bench PROGRAM PICTURE PHOTO PHOTO… [--requests N] [--in DIR] [--only WORD]\n");
        return 2;
    }
    program = argv[1];
    if (mkdtemp(folder) == NULL || !gw_buf_read_file(&picture, argv[2], 8 << 20, &err))
        stop("files");
    atexit(sweep);
    /* Only those the service takes as portraits are of use. */
    for (int i = 3; i < argc && n_photos < GW_COUNT(photos); i++)
        if (!gw_buf_read_file(&photos[n_photos++], argv[i], 8 << 20, &err))
            stop(argv[i]);
    if (only == NULL || strcmp(only, "start") == 0)
        start();
    if (only == NULL || strcmp(only, "decision") == 0) {
        struct served s = serve("main", "work.queue=100");
        struct board b = board("main", s.port);
        decision(&s, &b);
        end(&s);
    }
    if (only == NULL || strcmp(only, "load") == 0) {
        struct served s = serve("load", "work.queue=100");
        struct board b = board("load", s.port);
        at_load(&s, &b);
        end(&s);
    }
    if (only == NULL || strcmp(only, "cores") == 0)
        two_cores();
    if (only == NULL || strcmp(only, "queue") == 0)
        full_queue();
    if (only == NULL || strcmp(only, "answers") == 0)
        same_answers(requests);
    return 0;
}
