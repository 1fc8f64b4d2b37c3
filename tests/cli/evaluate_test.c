/* evaluate_test.c - gangway evaluate: its tables, and the command as users run it. */
#include "base/buf.h"
#include "base/json.h"
#include "cli/evaluate.h"
#include "tests/check.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/gangway-evaluate-XXXXXX";

static const char *at(const char *name)
{
    static char path[4][256];
    static unsigned n;
    char *p = path[n++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}
static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "wb");
    CHECK(f != NULL);
    fputs(text, f);
    fclose(f);
}

static void index_test(void **)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_eval) e = {};
    gw_eval_init(&e);
    write_text("index.csv",
        "\xef\xbb\xbfset,path,identity,sex,birth,role,note\r\n"
        "one,a/1.jpg,a,F,1985-02-03,gallery,\"said \"\"hello\"\", then left\"\r\n"
        "one,a/2.jpg,a,F,XXXX,probe,\n"
        "\n"
        "two,a/3.jpg,a,M,1990,,\n"
        "one,\"b,b/1.jpg\",b,,,probe,\"two\nlines\"");
    CHECK_OK(gw_eval_read_index(&e, at("index.csv"), NULL, &err));
    CHECK_INT(e.n_pictures, 4);
    CHECK_INT(e.identities.n, 3); /* a of one is not a of two */
    CHECK_INT(e.pictures[0].identity, e.pictures[1].identity);
    CHECK(e.pictures[0].identity != e.pictures[2].identity);
    CHECK(e.roles);
    CHECK_INT(e.pictures[0].role, GW_EVAL_GALLERY);
    CHECK_INT(e.pictures[2].role, GW_EVAL_NO_ROLE);
    CHECK_TEXT(e.values[GW_EVAL_BIRTH].text[e.pictures[0].group[GW_EVAL_BIRTH]], "1980s");
    CHECK_INT(e.pictures[1].group[GW_EVAL_BIRTH], 0);
    CHECK_TEXT(e.values[GW_EVAL_SEX].text[e.pictures[2].group[GW_EVAL_SEX]], "M");
    CHECK_INT(e.pictures[3].group[GW_EVAL_SEX], 0);
    CHECK(strstr(e.pictures[3].path, "/b,b/1.jpg") != NULL);

    GW_AUTO_VALUE(gw_eval) one = {};
    gw_eval_init(&one);
    CHECK_OK(gw_eval_read_index(&one, at("index.csv"), "one", &err));
    CHECK_INT(one.n_pictures, 3);

    write_text("pairs.csv", "fold,a,b,same\n1,a/1.jpg,a/2.jpg,1\n2,a/1.jpg,new.jpg,0\n");
    CHECK_OK(gw_eval_read_pairs(&one, at("pairs.csv"), &err));
    CHECK_INT(one.n_pairs, 2);
    CHECK_INT(one.n_pictures, 4);
    CHECK(!one.pictures[3].counted); /* only a pair names it */
    CHECK_INT(one.pairs[0].a, 0);
    CHECK(one.pairs[0].same && !one.pairs[1].same);
    CHECK_INT(one.pairs[1].fold, 2);
}

static const struct bad_row {
    const char *label, *text;
    bool pairs;
    enum gw_err_code want;
} bad_rows[] = {
    { "an index without paths", "set,identity\nx,y\n", false, GW_ERR_FORMAT },
    { "an index without rows", "path,identity\n", false, GW_ERR_INVALID },
    { "an empty index", "", false, GW_ERR_FORMAT },
    { "a role nobody knows", "path,identity,role\na,b,judge\n", false, GW_ERR_INVALID },
    { "a quote that does not end", "path,identity\n\"a,b\n", false, GW_ERR_FORMAT },
    { "text behind a quote", "path,identity\n\"a\"x,b\n", false, GW_ERR_FORMAT },
    { "a row without a path", "path,identity\n,b\n", false, GW_ERR_INVALID },
    { "pairs that do not say whether", "a,b\nx,y\n", true, GW_ERR_FORMAT },
    { "pairs that say maybe", "a,b,same\nx,y,maybe\n", true, GW_ERR_INVALID },
    { "a fold that is no number", "a,b,same,fold\nx,y,1,first\n", true, GW_ERR_INVALID },
};
static void bad_test(void **state)
{
    const struct bad_row *r = *state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_eval) e = {};
    gw_eval_init(&e);
    write_text("bad.csv", r->text);
    if (r->pairs)
        CHECK_FAILS(gw_eval_read_pairs(&e, at("bad.csv"), &err), r->want);
    else
        CHECK_FAILS(gw_eval_read_index(&e, at("bad.csv"), NULL, &err), r->want);
}

/* Embeddings made by hand: what the run says can be counted. Eight persons on axes of
 * their own, three pictures each; the last picture of person 7 looks like person 6. */
static void whole_test(void **)
{
    enum { PERSONS = 8, EACH = 3, DIM = 16 };
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_eval) e = {};
    gw_eval_init(&e);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add_text(&text, "path,identity,sex\n");
    for (int i = 0; i < PERSONS; i++)
        for (int k = 0; k < EACH; k++)
            gw_buf_addf(&text, "p%d_%d.jpg,person%d,%s\n", i, k, i, i < 4 ? "F" : "M");
    gw_buf_add_text(&text, "broken.jpg,person0,F\n");
    write_text("made.csv", gw_buf_text(&text));
    CHECK_OK(gw_eval_read_index(&e, at("made.csv"), NULL, &err));
    e.dim = DIM;
    for (size_t i = 0; i < e.n_pictures; i++) {
        struct gw_eval_picture *p = &e.pictures[i];
        p->state = i + 1 == e.n_pictures ? GW_EVAL_UNREADABLE : GW_EVAL_ACQUIRED;
        p->v = gw_arena_array(e.mem, DIM, float, &err);
        p->v[i == PERSONS * EACH - 1 ? 6 : i / EACH] = 0.8F;
        p->v[PERSONS + i % EACH] = 0.6F;
    }
    struct gw_eval_plots plots;
    const struct gw_operating_point points[] = { { 1e-2, 0.5 }, { 1e-4, 0.6 } };
    const struct gw_eval_question q = { .fpir = 0.01, .seed = 1, .size = 4, .draws = 5, .points = points, .n_points = 2 };
    GW_AUTO(gw_json) *j = gw_eval_run(&plots, &e, &q, &err);
    CHECK_OK(j != NULL);
    int64_t n;
    double d;
    CHECK(gw_json_get_integer(j, "images", &n) && n == 25);
    CHECK(gw_json_get_integer(j, "identities", &n) && n == 8);
    CHECK(gw_json_get_integer(j, "unreadable", &n) && n == 1);
    CHECK(gw_json_get_real(j, "failure_to_acquire", &d));
    CHECK_NEAR(d, 0.04, 1e-9);
    const struct gw_json *v = gw_json_get(j, "verification");
    CHECK(gw_json_get_integer(v, "genuine", &n) && n == 8 * 3);
    CHECK(gw_json_get_integer(v, "impostor", &n) && n == 24 * 23 / 2 - 24);
    /* Two of 24 comparisons of one person score 0; all others 0.64 or more. Of 252 of two persons, three
     * with the wrong picture score 0.64 or 1, and same poses 0.36: at FMR 1e-2 two may match. */
    CHECK(gw_json_get_real(gw_json_get(v, "fnmr"), "1e-2", &d));
    const double threshold_wants = 2.0 / 24;
    CHECK(d >= threshold_wants - 1e-6);
    CHECK_INT(gw_json_size(gw_json_get(j, "identification")), 2);
    const struct gw_json *first = gw_json_at(gw_json_get(j, "identification"), 0);
    CHECK(gw_json_get_integer(first, "gallery", &n) && n == 4);
    CHECK(gw_json_get_integer(first, "drawn", &n) && n == 5);
    CHECK_INT(gw_json_size(gw_json_get(j, "groups")), 2);
    CHECK(gw_json_get_integer(gw_json_get(j, "integer_scores"), "first_changed", &n) && n == 0);

    /* The same again gives the same. */
    struct gw_eval_plots again;
    GW_AUTO(gw_json) *k = gw_eval_run(&again, &e, &q, &err);
    GW_AUTO_VALUE(gw_buf) a = {}, b = {};
    gw_json_set_null(j, "time_ms");
    gw_json_set_null(k, "time_ms");
    gw_json_format(&a, j, false);
    gw_json_format(&b, k, false);
    CHECK_TEXT(gw_buf_text(&a), gw_buf_text(&b));

    GW_AUTO_VALUE(gw_buf) page = {};
    gw_json_set_text(j, "model", "<script>");
    gw_eval_report(&page, j, &plots);
    CHECK(strstr(gw_buf_text(&page), "<svg") != NULL);
    CHECK(strstr(gw_buf_text(&page), "&lt;script&gt;") != NULL);
    CHECK(strstr(gw_buf_text(&page), "<script>") == NULL);
    CHECK(strstr(gw_buf_text(&page), "http") == NULL); /* needs nothing from elsewhere */
}

/* What stands beside the lower edge of the DET plot. */
static const struct edge_row {
    const char *label;
    double fnmr[2];
    const char *says;
} edge_rows[] = {
    { "rates of zero alone lie on an edge called 0", { 0, 0 }, ">0</text>" },
    { "beside others a decade below the least of these", { 0.02, 0 }, ">0</text>" },
    { "without any the edge is the decade they begin in", { 0.2, 0.02 }, ">0.01</text>" },
};
static void edge_test(void **state)
{
    const struct edge_row *r = *state;
    GW_AUTO(gw_json) *answer = gw_json_object();
    GW_AUTO_VALUE(gw_buf) page = {};
    const struct gw_eval_plots plots = { .n_det = 2, .det = { { .fmr = 1e-3, .fnmr = r->fnmr[0] }, { .fmr = 1e-2, .fnmr = r->fnmr[1] } } };
    gw_eval_report(&page, answer, &plots);
    const char *edge = strstr(gw_buf_text(&page), "y=356.0");
    CHECK(edge != NULL && strncmp(strchr(edge, '>'), r->says, strlen(r->says)) == 0);
}

static int status_of(const char *arguments)
{
    GW_AUTO_VALUE(gw_buf) command = {};
    gw_buf_addf(&command, "env -u GANGWAY_TEST_BUILD -u GANGWAY_TEST_SOURCE -u GANGWAY_SHARED '%s/gangway' evaluate %s >%s 2>%s", getenv("GANGWAY_TEST_BUILD"), arguments, at("out"), at("err"));
    const int status = system(gw_buf_text(&command));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct usage_row {
    const char *label, *arguments;
    int want;
} usage_rows[] = {
    { "nothing to look at is wrong usage", "", 2 },
    { "a folder and an index is wrong usage", "/tmp --index x.csv", 2 },
    { "a set without an index is wrong usage", "/tmp --set lfw", 2 },
    { "an unknown setting is wrong usage", "/tmp --set no.such=1", 2 },
    { "two answers on one standard output", "/tmp --json - --html -", 2 },
    { "operating points and a page there", "/tmp --calibrate - --html -", 2 },
    { "no such folder", "/no/such/folder", 3 },
    { "no such index", "--index /no/such/index.csv", 3 },
    { "help", "--help", 0 },
};
static void usage_test(void **state)
{
    const struct usage_row *r = *state;
    CHECK_INT(status_of(r->arguments), r->want);
}

static bool without_networks(void)
{
    GW_AUTO_VALUE(gw_buf) media = {};
    gw_buf_addf(&media, "%s/vendor/media", getenv("GANGWAY_TEST_SOURCE"));
    if (access(gw_buf_text(&media), R_OK) == 0)
        return false;
    printf("# skipped: tools/setup has not been run\n");
    return true;
}

/* The real networks on the stills that tools/setup brings. */
static void command_test(void **)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) media = {}, out = {}, command = {};
    gw_buf_addf(&media, "%s/vendor/media", getenv("GANGWAY_TEST_SOURCE"));
    if (without_networks())
        skip();
    gw_buf_addf(&command, "mkdir -p %s/p/a %s/p/b && n=0; for f in $(ls %s/*.jpg | head -6); do n=$((n+1)); cp $f %s/p/$([ $n -le 3 ] && echo a || echo b)/$n.jpg; done",
        folder, folder, gw_buf_text(&media), folder);
    CHECK_INT(system(gw_buf_text(&command)), 0);
    /* Where the answer cannot go is said before the work, not behind it. */
    gw_buf_clear(&command);
    gw_buf_addf(&command, "%s/p --cache %s/cache --html %s/none/page.html", folder, folder, folder);
    CHECK_INT(status_of(gw_buf_text(&command)), 3);
    CHECK(access(at("cache"), F_OK) != 0);
    gw_buf_clear(&command);
    gw_buf_addf(&command, "%s/p --cache %s/cache --html %s/page.html --gallery 2", folder, folder, folder);
    CHECK_INT(status_of(gw_buf_text(&command)), 0);
    CHECK_OK(gw_buf_read_file(&out, at("out"), 1 << 20, &err));
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&out), &err);
    CHECK_OK(j != NULL);
    int64_t images = 0, timed = 0, again = 1;
    CHECK(gw_json_get_integer(j, "images", &images) && images == 6);
    CHECK(gw_json_get_integer(gw_json_get(j, "time_ms"), "timed", &timed) && timed > 0);

    /* From the cache, and as good as new when its last record was cut off. */
    struct stat s;
    CHECK_INT(stat(at("cache"), &s), 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    CHECK_INT(status_of(gw_buf_text(&command)), 0);
    gw_buf_clear(&out);
    CHECK_OK(gw_buf_read_file(&out, at("out"), 1 << 20, &err));
    GW_AUTO(gw_json) *k = gw_json_parse(gw_buf_span(&out), &err);
    CHECK(gw_json_get_integer(gw_json_get(k, "time_ms"), "timed", &again) && again == 0);
    CHECK_INT(truncate(at("cache"), s.st_size - 5), 0);
    CHECK_INT(status_of(gw_buf_text(&command)), 0);
    struct stat t;
    CHECK_INT(stat(at("cache"), &t), 0);
    CHECK_INT(t.st_size, s.st_size);
    /* Too little for operating points: that is said, and what was measured is not lost for it. */
    GW_AUTO_VALUE(gw_buf) few = {};
    gw_buf_addf(&few, "%s --calibrate %s/points.json", gw_buf_text(&command), folder);
    CHECK_INT(status_of(gw_buf_text(&few)), 3);
    CHECK(access(at("points.json"), F_OK) != 0);
    gw_buf_clear(&out);
    CHECK_OK(gw_buf_read_file(&out, at("out"), 1 << 20, &err));
    GW_AUTO(gw_json) *l = gw_json_parse(gw_buf_span(&out), &err);
    CHECK(gw_json_get_integer(l, "images", &images) && images == 6);
    /* Another model's cache is refused. */
    FILE *f = fopen(at("cache"), "r+b");
    fputs("another model", f);
    fclose(f);
    CHECK_INT(status_of(gw_buf_text(&command)), 3);
    /* So is a file of somebody else's, however short; it stays what it is. */
    write_text("cache", "mine\n");
    CHECK_INT(status_of(gw_buf_text(&command)), 3);
    CHECK_INT(stat(at("cache"), &t), 0);
    CHECK_INT(t.st_size, 5);
}

static bool holds(const char *name, const char *text)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) file = {};
    CHECK_OK(gw_buf_read_file(&file, at(name), 1 << 20, &err));
    return strstr(gw_buf_text(&file), text) != NULL;
}

static void nothing_read_test(void **)
{
    if (without_networks())
        skip();
    GW_AUTO_VALUE(gw_buf) ask = {};
    CHECK_INT(mkdir(at("none"), 0700), 0);
    CHECK_INT(mkdir(at("none/a"), 0700), 0);
    write_text("none/a/1.pgm", "P5 1 1 255\nx");
    write_text("none/a/2.pgm", "P5 1 1 255\ny");
    gw_buf_addf(&ask, "%s/none --cache %s/none.cache", folder, folder);
    /* The second time the cache knows it. */
    for (int i = 0; i < 2; i++) {
        CHECK_INT(status_of(gw_buf_text(&ask)), 3);
        CHECK(holds("out", "\"unreadable\":2"));
        CHECK(holds("err", "none of the 2 pictures could be read; the first: "));
        CHECK(holds("err", i == 0 ? "none/a/1.pgm: " : "it could not be read when it came into the cache"));
    }
    gw_buf_clear(&ask);
    write_text("gone.csv", "path,identity\ngone/1.jpg,a\ngone/2.jpg,b\n");
    gw_buf_addf(&ask, "--index %s/gone.csv", folder);
    CHECK_INT(status_of(gw_buf_text(&ask)), 3);
    CHECK(holds("err", "the first: "));
    CHECK(holds("err", "gone/1.jpg: No such file or directory"));
}

/* `-` is standard output, as everywhere; none of these leaves a file of that name. */
static void standard_output_test(void **)
{
    if (without_networks())
        skip();
    GW_AUTO_VALUE(gw_buf) ask = {};
    static const struct {
        const char *options, *begins;
    } rows[] = { { "--json -", "{\"images\":2," }, { "--html -", "<!doctype html>" } };
    CHECK_INT(mkdir(at("two"), 0700), 0);
    gw_buf_addf(&ask, "mkdir %s/two/a && cp $(ls %s/vendor/media/*.jpg | head -2) %s/two/a", folder, getenv("GANGWAY_TEST_SOURCE"), folder);
    CHECK_INT(system(gw_buf_text(&ask)), 0);
    CHECK_INT(chdir(folder), 0);
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct gw_err err = {};
        GW_AUTO_VALUE(gw_buf) out = {};
        gw_buf_clear(&ask);
        gw_buf_addf(&ask, "%s/two %s", folder, rows[i].options);
        CHECK_INT(status_of(gw_buf_text(&ask)), 0);
        CHECK_OK(gw_buf_read_file(&out, at("out"), 1 << 20, &err));
        CHECK(strncmp(gw_buf_text(&out), rows[i].begins, strlen(rows[i].begins)) == 0);
        CHECK(strstr(gw_buf_text(&out) + 1, rows[i].begins) == NULL); /* once */
        CHECK(access("-", F_OK) != 0);
    }
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    check_add("index", "columns by name, quotes, sets, roles and groups", index_test);
    check_rows("refused", bad_rows, bad_test);
    check_add("run", "counts what was made to be counted", whole_test);
    check_rows("edge", edge_rows, edge_test);
    check_rows("usage", usage_rows, usage_test);
    check_add("command", "real networks, a cache, and a cache cut short", command_test);
    check_add("command", "nothing that could be read is not a measurement", nothing_read_test);
    check_add("command", "- is standard output", standard_output_test);
    const int status = check_done();
    char remove[64];
    snprintf(remove, sizeof remove, "rm -rf %s", folder);
    return system(remove) != 0 ? 1 : status;
}
