/* decoder_test.c - the wall around the decoders, knocked on from inside and outside.
 *
 * Linked with a build of src/decoder/ that has GW_DECODER_HOOK: bytes that begin with
 * "HOOK" make a child do what a picture that has taken it over would do. */
#include "decoder/jail.h"
#include "decoder/wire.h"

#include "base/buf.h"
#include "base/clock.h"
#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 64 };

static const char *secret; /* a value of the environment, at the same address in all processes */

/* In the child. */
bool gw_decoder_hook(struct gw_decoder_answer *answer, struct gw_span bytes)
{
    if (!gw_span_starts(bytes, "HOOK") || bytes.size < 5)
        return false;
    answer->code = GW_ERR_UNSUPPORTED;
    strcpy(answer->text, "came back");
    switch (bytes.data[4]) {
    case '.': break;
    case 'L':
        for (volatile int i = 0;; i++)
            ;
    case 'S': *(volatile int *)NULL = 1; break;
    case 'Q': _exit(0);
    case 'o': (void)!open("/etc/passwd", O_RDONLY); break;
    case 'w': (void)!open("/tmp/gangway-escaped", O_WRONLY | O_CREAT, 0600); break;
    case 'n': (void)!socket(AF_INET, SOCK_STREAM, 0); break;
    case 'u': (void)!socket(AF_UNIX, SOCK_STREAM, 0); break;
    case 'f': (void)!fork(); break;
    case 'e': execl("/bin/true", "true", NULL); break;
    case 'k': kill(getppid(), SIGKILL); break;
    case 'p': ptrace(PTRACE_ATTACH, 1, 0, 0); break;
    case 'x': (void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
    case 'm': { /* a page made executable after all */
        void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(page, 4096, PROT_READ | PROT_EXEC);
        break;
    }
    case '2': (void)!write(2, "hello\n", 6); break;
    case 'M': { /* all memory there is: 16 GiB if nobody says stop */
        size_t n = 0;
        for (char *p; n < 256 && (p = malloc(64 << 20)) != NULL; n++)
            memset(p, 1, 64 << 20);
        snprintf(answer->text, sizeof answer->text, "%s", n < 256 ? "stopped" : "never stopped");
        break;
    }
    case 'v': /* what the environment held */
        snprintf(answer->text, sizeof answer->text, "%s",
            secret[0] == 0 && secret[1] == 0 && getenv("GANGWAY_TEST_SOURCE") == NULL ? "forgotten" : "remembered");
        break;
    case 'P': /* a text no log should see */
        memset(answer->text, 0x1b, sizeof answer->text);
        answer->code = 77;
        break;
    case 'R': /* pixels that are not its own */
        *answer = (struct gw_decoder_answer){ .ok = 1, .at = 1u << 30, .width = 9, .height = 9, .scale = 1, .stride = 27 };
        break;
    case 'T': /* a stride that overflows */
        *answer = (struct gw_decoder_answer){
            .ok = 1, .at = 8 << 20, .width = 2, .height = 2, .scale = 1, .stride = UINT64_MAX / 2
        };
        break;
    case 'Z': /* nothing at all */
        *answer = (struct gw_decoder_answer){ .ok = 1, .at = 8 << 20, .scale = 1 };
        break;
    default: return false;
    }
    return true;
}

static struct gw_decoder *decoder; /* opened first, as in serve */
/* A time nobody reaches, however busy the machine. */
static const struct gw_image_limits limits = { 8 << 20, 40'000'000, 60'000'000 };

static void make_picture(struct gw_buf *out, uint8_t shade)
{
    uint8_t pixels[SIDE * SIDE * 3];
    struct gw_err err = {};
    memset(pixels, shade, sizeof pixels);
    CHECK_OK(gw_image_write_png(out, &(struct gw_image){ pixels, SIDE, SIDE, SIDE * 3 }, &err));
}

static void decodes(uint8_t shade)
{
    GW_AUTO_VALUE(gw_buf) png = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_err err = {};
    struct gw_image image;
    unsigned scale = 0;
    make_picture(&png, shade);
    CHECK_OK(gw_decoder_decode(&image, a, decoder, gw_buf_span(&png), &limits, 0, &scale, &err));
    CHECK_INT(image.width, SIDE);
    CHECK_INT(image.height, SIDE);
    CHECK_INT(scale, 1);
    for (size_t i = 0; i < SIDE * SIDE * 3; i++)
        CHECK_INT(image.data[i], shade);
}

static const struct row {
    const char *label, *bytes;
    enum gw_err_code code;
    const char *text; /* contained in the sentence */
} rows[] = {
    { "a hook that does nothing comes back, so the others end for their own reason", "HOOK.", GW_ERR_UNSUPPORTED, "came back" },
    { "a picture that crashes its decoder is an error of the picture", "HOOKS", GW_ERR_INVALID, "replaced" },
    { "a decoder that quits is an error of the picture", "HOOKQ", GW_ERR_INVALID, "replaced" },
    { "no file is read", "HOOKo", GW_ERR_INVALID, "replaced" },
    { "no file is made", "HOOKw", GW_ERR_INVALID, "replaced" },
    { "no network socket is made", "HOOKn", GW_ERR_INVALID, "replaced" },
    { "no local socket is made", "HOOKu", GW_ERR_INVALID, "replaced" },
    { "no process is made", "HOOKf", GW_ERR_INVALID, "replaced" },
    { "no program is run", "HOOKe", GW_ERR_INVALID, "replaced" },
    { "nobody is killed", "HOOKk", GW_ERR_INVALID, "replaced" },
    { "nobody is debugged", "HOOKp", GW_ERR_INVALID, "replaced" },
    { "no memory is executable from the start", "HOOKx", GW_ERR_INVALID, "replaced" },
    { "no memory becomes executable", "HOOKm", GW_ERR_INVALID, "replaced" },
#if !GW_SANITIZED
    { "nothing is printed", "HOOK2", GW_ERR_INVALID, "replaced" },
    { "memory ends at the limit and the child lives", "HOOKM", GW_ERR_UNSUPPORTED, "stopped" },
#endif
    { "a child knows nothing of the environment", "HOOKv", GW_ERR_UNSUPPORTED, "forgotten" },
    { "what a child says is printable and one of the known errors", "HOOKP", GW_ERR_FORMAT, "????" },
    { "pixels outside the child's memory are not believed", "HOOKR", GW_ERR_INVALID, "replaced" },
    { "a stride that overflows is not believed", "HOOKT", GW_ERR_INVALID, "replaced" },
    { "a picture of no pixels is not believed", "HOOKZ", GW_ERR_INVALID, "replaced" },
    { "text is told from pictures through the wall", "hello, world", GW_ERR_UNSUPPORTED, "text" },
    { "nothing is an error of the format", "", GW_ERR_FORMAT, "empty" },
};

static void ends(const struct row *r, const struct gw_image_limits *l)
{
    struct gw_err err = {};
    struct gw_decoder_picture p;
    CHECK_FAILS(gw_decoder_borrow(&p, decoder, gw_span_str(r->bytes), l, 0, &err), r->code);
    if (strstr(err.text, r->text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, r->text);
    CHECK(access("/tmp/gangway-escaped", F_OK) != 0);
    CHECK(gw_decoder_ready(decoder));
    decodes(7); /* the next one, in a fresh child */
    decodes(200);
}

static void row_test(void **state)
{
    ends(*state, &limits);
}

static void loops(void **state)
{
    (void)state;
    static const struct row looping = { "", "HOOKL", GW_ERR_INVALID, "given up" };
    ends(&looping, &(struct gw_image_limits){ 8 << 20, 40'000'000, 200'000 });
}

static void same_as_direct(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    struct gw_err err = {};
    uint8_t pixels[200 * 120 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 7 % 251);
    CHECK_OK(gw_image_write_jpeg(&jpeg, &(struct gw_image){ pixels, 200, 120, 600 }, 90, &err));
    for (uint32_t want = 0; want < 120; want += 25) {
        struct gw_image direct;
        GW_AUTO_VALUE(gw_decoder_picture) walled = {};
        unsigned scale;
        CHECK_OK(gw_image_decode(&direct, a, gw_buf_span(&jpeg), &limits, want, &scale, &err));
        CHECK_OK(gw_decoder_borrow(&walled, decoder, gw_buf_span(&jpeg), &limits, want, &err));
        CHECK_INT(walled.scale, scale);
        CHECK_INT(walled.image.width, direct.width);
        CHECK_INT(walled.image.height, direct.height);
        CHECK_INT(walled.image.stride, direct.stride);
        assert_memory_equal(walled.image.data, direct.data, direct.stride * direct.height);
    }
}

/* Every golden picture, good or hostile, gives the same through the wall: all three libraries live inside it. */
static void golden_as_direct(void **state)
{
    (void)state;
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    GW_AUTO_MEM char *folder = NULL;
    CHECK(source != NULL && asprintf(&folder, "%s/tests/golden/image", source) > 0);
    struct dirent **files;
    int n = scandir(folder, &files, NULL, alphasort);
    CHECK(n > 100);
    for (int i = 0; i < n; i++) {
        GW_AUTO_MEM char *path = NULL;
        GW_AUTO_VALUE(gw_buf) file = {};
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_err err = {}, walled_err = {};
        struct gw_image direct;
        GW_AUTO_VALUE(gw_decoder_picture) walled = {};
        CHECK(asprintf(&path, "%s/%s", folder, files[i]->d_name) > 0);
        if (files[i]->d_name[0] != '.') {
            CHECK_OK(gw_buf_read_file(&file, path, 8 << 20, &err));
            bool read = gw_image_decode(&direct, a, gw_buf_span(&file), &limits, 0, NULL, &err);
            bool same = gw_decoder_borrow(&walled, decoder, gw_buf_span(&file), &limits, 0, &walled_err) == read &&
                walled_err.code == err.code && walled_err.at == err.at && strcmp(walled_err.text, err.text) == 0;
            if (!same)
                fail_msg("%s: %s directly, %s through the wall", path, err.text, walled_err.text);
            if (read)
                assert_memory_equal(walled.image.data, direct.data, direct.stride * direct.height);
        }
        free(files[i]);
    }
    free(files);
}

/* Twelve million pixels: the libraries ask the kernel for large memory and give it back. */
static void large_picture(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(40 << 20);
    struct gw_err err = {};
    struct gw_image large = { .width = 4000, .height = 3000, .stride = 12000 };
    large.data = gw_arena_alloc(a, large.height, large.stride, &err);
    CHECK(large.data != NULL);
    for (uint32_t y = 0; y < large.height; y++)
        memset(large.data + y * large.stride, (int)(y / 12), large.stride);
    CHECK_OK(gw_image_write_jpeg(&jpeg, &large, 80, &err));
    for (int i = 0; i < 3; i++) {
        GW_AUTO_VALUE(gw_decoder_picture) p = {};
        CHECK_OK(gw_decoder_borrow(&p, decoder, gw_buf_span(&jpeg), &limits, i == 1 ? 400 : 0, &err));
        CHECK_INT(p.scale, i == 1 ? 4 : 1);
        CHECK_INT(p.image.height, 3000 / p.scale);
        CHECK_NEAR(p.image.data[2400 / p.scale * p.image.stride], 200, 3);
    }
}

static void wiped_between_pictures(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) png = {};
    struct gw_decoder_picture p;
    struct gw_err err = {};
    make_picture(&png, 99);
    CHECK_OK(gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &limits, 0, &err));
    const uint8_t *pixels = p.image.data;
    const uint8_t *bytes = pixels - (8 << 20); /* most_bytes of the options */
    CHECK_INT(pixels[0], 99);
    for (size_t i = 0; i < png.size; i++) /* already */
        CHECK_INT(bytes[i], 0);
    gw_decoder_return(&p);
    /* The child does it in its own time: ask something of the same child (the last used comes first). */
    CHECK_FAILS(gw_decoder_borrow(&p, decoder, gw_span_str("x"), &limits, 0, &err), GW_ERR_UNSUPPORTED);
    for (size_t i = 0; i < SIDE * SIDE * 3; i++)
        CHECK_INT(pixels[i], 0);
}

static void limits_hold(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) png = {};
    struct gw_decoder_picture p;
    struct gw_err err = {};
    make_picture(&png, 1);
    struct gw_image_limits exact = { png.size, SIDE * SIDE, 0 }, bytes = exact, pixels = exact;
    bytes.most_bytes--;
    pixels.most_pixels--;
    CHECK_FAILS(gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &bytes, 0, &err), GW_ERR_LIMIT);
    CHECK_FAILS(gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &pixels, 0, &err), GW_ERR_LIMIT);
    CHECK_OK(gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &exact, 0, &err));
    gw_decoder_return(&p);
    gw_decoder_return(&p); /* twice is once */
    GW_AUTO(gw_arena) *small = gw_arena_new(SIDE * SIDE * 3 - 1);
    struct gw_image image;
    CHECK_FAILS(gw_decoder_decode(&image, small, decoder, gw_buf_span(&png), &limits, 0, NULL, &err), GW_ERR_LIMIT);
    /* More bytes than the shared memory has room for never get there. */
    GW_AUTO_MEM uint8_t *large = gw_alloc((8 << 20) + 1);
    struct gw_image_limits wide = { SIZE_MAX, UINT64_MAX, 0 };
    CHECK_FAILS(gw_decoder_borrow(&p, decoder, gw_span_of(large, (8 << 20) + 1), &wide, 0, &err), GW_ERR_LIMIT);
}

/* While some threads decode, children are killed: each answer is right or GW_ERR_INVALID. */
static struct {
    _Atomic bool stop;
    _Atomic unsigned good, lost, wrong;
} storm;

static void *storm_thread(void *arg)
{
    uint8_t shade = (uint8_t)(uintptr_t)arg;
    GW_AUTO_VALUE(gw_buf) png = {};
    make_picture(&png, shade);
    while (!storm.stop) {
        struct gw_err err = {};
        GW_AUTO_VALUE(gw_decoder_picture) p = {};
        if (!gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &limits, 0, &err)) {
            if (err.code == GW_ERR_INVALID)
                storm.lost++;
            else
                storm.wrong++;
            continue;
        }
        bool right = p.image.width == SIDE && p.image.height == SIDE;
        for (size_t i = 0; right && i < SIDE * SIDE * 3; i += 61)
            right = p.image.data[i] == shade;
        if (right)
            storm.good++;
        else
            storm.wrong++;
    }
    return NULL;
}

static void killed_children(void **state)
{
    (void)state;
    pthread_t threads[5];
    storm.stop = false;
    for (size_t i = 0; i < GW_COUNT(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, storm_thread, (void *)(uintptr_t)(30 + 40 * i)), 0);
    for (unsigned i = 0; i < 60; i++) {
        for (unsigned before = storm.good; storm.good == before; usleep(1000)) /* at any moment of a picture */
            ;
        kill(gw_decoder_child_pid(decoder, i % 2), SIGKILL);
    }
    storm.stop = true;
    for (size_t i = 0; i < GW_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK(storm.good >= 60);
    CHECK(storm.lost > 0);
    CHECK_INT(storm.wrong, 0);
    decodes(3);
}

static void *loop_thread(void *arg)
{
    struct gw_err *err = arg;
    struct gw_decoder_picture p;
    (void)!gw_decoder_borrow(&p, decoder, gw_span_str("HOOKL"), &limits, 0, err);
    return NULL;
}

static void killed_midway(void **state)
{
    (void)state;
    pthread_t thread;
    struct gw_err err = {};
    CHECK_INT(pthread_create(&thread, NULL, loop_thread, &err), 0);
    usleep(50'000); /* in the loop, or not yet: killed it is either way */
    for (int i = 0; i < 5; i++)
        decodes(5); /* the other child is not hurt */
    kill(gw_decoder_child_pid(decoder, 0), SIGKILL);
    kill(gw_decoder_child_pid(decoder, 1), SIGKILL);
    pthread_join(thread, NULL);
    CHECK_INT(err.code, GW_ERR_INVALID);
    /* The idle one's death is found out by the next picture at most, which pays for it. */
    struct gw_decoder_picture p;
    GW_AUTO_VALUE(gw_buf) png = {};
    make_picture(&png, 8);
    for (int i = 0; i < 2; i++)
        if (gw_decoder_borrow(&p, decoder, gw_buf_span(&png), &limits, 0, &err))
            gw_decoder_return(&p);
    decodes(8);
}

static void recycled(void **state)
{
    (void)state;
    pid_t before[2] = { gw_decoder_child_pid(decoder, 0), gw_decoder_child_pid(decoder, 1) };
    for (int i = 0; i < 120; i++) /* pictures_per_child is 50 */
        decodes((uint8_t)i);
    CHECK(gw_decoder_child_pid(decoder, 0) != before[0] || gw_decoder_child_pid(decoder, 1) != before[1]);
}

/* Each wall alone, in a process of its own that says what it met by its exit status. */
static int in_child(int (*f)(void))
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(f());
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int landlock_alone(void)
{
    int abi;
    if (!gw_jail_landlock(&abi, NULL))
        return 100;
    if (abi == 0)
        return 77;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
        return 1;
    if (open("/tmp/gangway-escaped", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
        return 2;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9) };
    if (abi >= 4 && (connect(s, (struct sockaddr *)&to, sizeof to) == 0 || errno != EACCES))
        return 3;
    if (abi >= 6 && (kill(getppid(), 0) == 0 || errno != EPERM))
        return 4;
    return 0;
}

static int limits_alone(void)
{
    struct gw_jail_limits few = { .memory_bytes = 64 << 20, .most_cpu_s = 1 };
    if (!gw_jail_limit(&few, NULL))
        return 100;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EMFILE)
        return 1;
    struct rlimit r;
    if (getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_cur != 0)
        return 2;
#if !GW_SANITIZED
    if (mmap(NULL, 65 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return 3;
    if (mmap(NULL, 65 << 20, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return 4;
#endif
    for (volatile unsigned i = 0;; i++) /* one second of processor time, then SIGXCPU or SIGKILL */
        ;
}

static int filter_alone(void)
{
    if (!gw_jail_filter(NULL))
        return 100;
    return syscall(SYS_getppid) != 0;
}

static void walls_alone(void **state)
{
    (void)state;
    int met = in_child(landlock_alone);
    if (met != 77)
        CHECK_INT(met, 0);
    else
        print_message("# this kernel has no Landlock: that wall was not tested\n");
    met = in_child(limits_alone);
    CHECK(met == 1000 + SIGKILL || met == 1000 + SIGXCPU);
    CHECK_INT(in_child(filter_alone), 1000 + SIGSYS);
    CHECK(strstr(gw_decoder_walls(decoder), "seccomp") != NULL);
}

/* A service that is killed in the middle of a picture leaves nothing running. */
static void nothing_left_running(void **state)
{
    (void)state;
    int told[2];
    CHECK_INT(pipe(told), 0);
    CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); /* they become ours, and can be waited for */
    pid_t service = fork();
    if (service == 0) {
        struct gw_err err = {};
        struct gw_decoder_options options = GW_DECODER_OPTIONS_DEFAULT;
        struct gw_decoder_picture p;
        struct gw_decoder *d = gw_decoder_open(&options, &err);
        pid_t pids[3] = {};
        if (d != NULL)
            pids[0] = gw_decoder_forker_pid(d), pids[1] = gw_decoder_child_pid(d, 0), pids[2] = gw_decoder_child_pid(d, 1);
        (void)!write(told[1], pids, sizeof pids);
        (void)!gw_decoder_borrow(&p, d, gw_span_str("HOOKL"), &limits, 0, &err); /* does not come back */
        _exit(1);
    }
    pid_t pids[3];
    int status;
    CHECK_INT(read(told[0], pids, sizeof pids), sizeof pids);
    usleep(50'000);
    kill(service, SIGKILL);
    CHECK_INT(waitpid(service, &status, 0), service);
    unsigned left = 3;
    for (int i = 0; i < 2000 && left > 0; i++) {
        left = 0;
        for (int k = 0; k < 3; k++) {
            CHECK(pids[k] > 0);
            (void)waitpid(pids[k], &status, WNOHANG);
            left += kill(pids[k], 0) == 0;
        }
        usleep(5000);
    }
    CHECK_INT(left, 0);
    close(told[0]);
    close(told[1]);
}

/* Last: afterwards nothing decodes any more. */
static void forker_lost(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_decoder_picture p;
    kill(gw_decoder_forker_pid(decoder), SIGKILL);
    for (int i = 0; i < 1000 && gw_decoder_ready(decoder); i++)
        usleep(5000);
    CHECK(!gw_decoder_ready(decoder));
    enum gw_err_code last = GW_OK;
    for (int i = 0; i < 6 && last != GW_ERR_UNAVAILABLE; i++) {
        err = (struct gw_err){};
        if (gw_decoder_borrow(&p, decoder, gw_span_str("x"), &limits, 0, &err))
            gw_decoder_return(&p);
        last = err.code;
    }
    CHECK_INT(last, GW_ERR_UNAVAILABLE);
    gw_decoder_close(decoder);
}

static void refused(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_decoder_options none = GW_DECODER_OPTIONS_DEFAULT;
    none.n_children = 0;
    CHECK_FAILS(gw_decoder_open(&none, &err), GW_ERR_USAGE);
}

int main(void)
{
    struct gw_err err = {};
    struct gw_decoder_options options = GW_DECODER_OPTIONS_DEFAULT;
    options.pictures_per_child = 50;
    secret = getenv("GANGWAY_TEST_SOURCE");
    if (secret == NULL || secret[0] == 0 || secret[1] == 0)
        return 1;
    decoder = gw_decoder_open(&options, &err);
    if (decoder == NULL) {
        printf("Bail out! %s\n", err.text);
        return 1;
    }
    check_rows("hostile", rows, row_test);
    check_add("hostile", "a picture that loops is given up", loops);
    check_add("decoder", "decodes exactly as without the wall, at every scale", same_as_direct);
    check_add("decoder", "gives every golden picture and every error as without the wall", golden_as_direct);
    check_add("decoder", "twelve million pixels pass", large_picture);
    check_add("decoder", "bytes and pixels are gone before the next picture", wiped_between_pictures);
    check_add("decoder", "limits hold at the limit and one past it", limits_hold);
    check_add("decoder", "killing children costs their pictures and no others", killed_children);
    check_add("decoder", "a child killed midway is one error, and there is a next child", killed_midway);
    check_add("decoder", "a child is replaced after its number of pictures", recycled);
    check_add("jail", "each wall stands alone", walls_alone);
    check_add("decoder", "a service that is killed leaves no process behind", nothing_left_running);
    check_add("decoder", "no children are a wrong use", refused);
    check_add("decoder", "without the forker it says that it must be restarted", forker_lost);
    return check_done();
}
