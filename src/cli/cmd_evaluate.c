/* cmd_evaluate.c - measures recognition on labelled pictures. */
#include "cli/evaluate.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "cli/commands.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `--set NAME` takes that set of the index; `--set NAME=VALUE` is a setting, as with
 * every command. The first is taken out here. */
static bool take_set(int *argc, char **argv, const char **set)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;
        bool next = false; /* the value is an argument of its own */
        if (strcmp(argv[i], "--") == 0) {
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        if (strncmp(argv[i], "--set=", 6) == 0) {
            value = argv[i] + 6;
        } else if (strcmp(argv[i], "--set") == 0 && i + 1 < *argc) {
            value = argv[i + 1];
            assert(value != NULL); /* only argv[argc] is */
            next = true;
        }
        if (value == NULL || strchr(value, '=') != NULL) {
            argv[kept++] = argv[i];
            continue;
        }
        if (*set != NULL)
            return false;
        *set = value;
        i += next;
    }
    *argc = kept;
    return true;
}

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool write_out(const struct gw_buf *text, const char *path, struct gw_err *err)
{
    if (!is_stdout(path))
        return gw_buf_write_file(gw_buf_span(text), path, 0644, err);
    return (fwrite(text->data, 1, text->size, stdout) == text->size && fflush(stdout) == 0) ||
           gw_fail(err, GW_ERR_IO, "standard output: %s", strerror(errno));
}

static bool write_json(const struct gw_json *j, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, true);
    gw_buf_add_text(&text, "\n");
    return write_out(&text, path, err);
}

/* The operating points of a model card, and how they were come by. */
static bool write_points(const struct gw_eval_plots *plots, const struct gw_json *answer, struct gw_faces *faces,
    const char *path, struct gw_err *err)
{
    int64_t impostor = 0;
    gw_json_get_integer(gw_json_get(answer, "verification"), "impostor", &impostor);
    if (plots->n_operating < 2)
        return gw_fail(err, GW_ERR_INVALID, "too few comparisons of different people for operating points: %lld", (long long)impostor);
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *points = gw_json_array(), *fitted = gw_json_array();
    gw_json_set_text(j, "model", gw_faces_name(faces));
    gw_json_set_integer(j, "comparisons", impostor);
    gw_json_set_text(j, "method",
        "measured where at least 30 false matches stand behind the point; beyond, fitted: exponential tail over the 200 highest scores");
    for (size_t i = 0; i < plots->n_operating; i++) {
        struct gw_json *p = gw_json_object();
        gw_json_set_real(p, "fmr", plots->operating[i].fmr);
        gw_json_set_rounded(p, "score", plots->operating[i].score, 4);
        gw_json_add(points, p);
        if (plots->operating[i].fitted)
            gw_json_add_real(fitted, plots->operating[i].fmr);
    }
    gw_json_set(j, "operating_points", points);
    gw_json_set(j, "fitted", fitted);
    return write_json(j, path, err);
}

struct asked {
    const char *index, *set, *pairs, *json, *html, *calibrate, *cache;
    int64_t threads, seed, gallery, draws;
    bool progress, pretty, largest;
};

/* Asked before the work begins: it may take hours, and a mistake in a name should not cost them. */
static bool may_write(const char *path, struct gw_err *err)
{
    if (path == NULL || is_stdout(path))
        return true;
    GW_AUTO_MEM char *copy = gw_strdup(path);
    if (access(dirname(copy), W_OK | X_OK) == 0)
        return true;
    return gw_fail(err, GW_ERR_IO, "%s: %s", path, strerror(errno));
}

static bool evaluate(const struct asked *a, const char *folder, const struct gw_conf *conf, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_eval) e = {};
    gw_eval_init(&e);
    if (!may_write(a->json, err) || !may_write(a->html, err) || !may_write(a->calibrate, err))
        return false;
    if (!(folder != NULL ? gw_eval_read_folder(&e, folder, err) : gw_eval_read_index(&e, a->index, a->set, err)) ||
        (a->pairs != NULL && !gw_eval_read_pairs(&e, a->pairs, err)))
        return false;

    const struct gw_faces_options options = gw_faces_options_of(conf);
    GW_AUTO(gw_faces) *faces = gw_faces_open(&options, err);
    if (faces == NULL)
        return false;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct gw_eval_embedding how = {
        .conf = conf,
        .threads = a->threads > 0 ? (unsigned)a->threads : (unsigned)GW_MAX(cores, 1L),
        .cache = a->cache,
        .progress = a->progress,
        .largest = a->largest,
    };
    if (!gw_eval_embed(&e, faces, &how, err))
        return false;

    struct gw_eval_plots plots;
    struct gw_eval_question q = { .fpir = conf->verify_fpir, .seed = (uint64_t)a->seed, .size = (unsigned)a->gallery,
        .draws = (unsigned)a->draws, .progress = a->progress };
    q.n_points = gw_faces_operating_points(faces, &q.points);
    GW_AUTO(gw_json) *answer = gw_eval_run(&plots, &e, &q, err);
    if (answer == NULL)
        return false;
    gw_json_set_text(answer, "model", gw_faces_name(faces));
    gw_json_set_integer(answer, "seed", a->seed);
    if (!is_stdout(a->html) && !is_stdout(a->calibrate))
        gw_cli_print(answer, a->pretty); /* whatever becomes of the files, the work was not for nothing */

    if (a->html != NULL) {
        GW_AUTO_VALUE(gw_buf) page = {};
        gw_eval_report(&page, answer, &plots);
        if (!write_out(&page, a->html, err))
            return false;
    }
    if (a->json != NULL && !is_stdout(a->json) && !write_json(answer, a->json, err))
        return false;
    /* Rates of nothing are no measurement, and a script must not take them for one. */
    if (e.unreadable == e.n_pictures)
        return gw_fail(err, GW_ERR_FORMAT, "none of the %zu pictures could be read; the first: %.190s", e.n_pictures,
            e.why_unreadable.text);
    return a->calibrate == NULL || write_points(&plots, answer, faces, a->calibrate, err);
}

static int run(int argc, char **argv)
{
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    struct asked a = { .seed = 1, .gallery = 420, .draws = 10 };
    int status = GW_EXIT_OK;
    if (!take_set(&argc, argv, &a.set)) {
        fputs("gangway evaluate: --set names one set of the index\n", stderr);
        return GW_EXIT_USAGE;
    }
    const struct gw_option options[] = {
        { "--index", GW_OPTION_TEXT, &a.index, "FILE", "CSV of pictures instead of DIR: path, identity, and any of set, role, sex, ancestry, birth" },
        { "--pairs", GW_OPTION_TEXT, &a.pairs, "FILE", "CSV of labelled pairs: a, b, same, fold" },
        { "--json", GW_OPTION_TEXT, &a.json, "FILE", "write the answer here as well; - is standard output, where it goes in any case" },
        { "--html", GW_OPTION_TEXT, &a.html, "FILE", "write a page with plots; - is standard output, instead of the answer" },
        { "--calibrate", GW_OPTION_TEXT, &a.calibrate, "FILE", "write operating points for the model card; - is standard output, instead of the answer" },
        { "--cache", GW_OPTION_TEXT, &a.cache, "FILE", "keep what the networks made of each picture, and go on from there (holds templates: protect it)" },
        { "--threads", GW_OPTION_COUNT, &a.threads, "N", "threads that look at pictures; one a core if not said" },
        { "--largest", GW_OPTION_FLAG, &a.largest, NULL, "of several faces take the largest, not the one nearest the middle" },
        { "--gallery", GW_OPTION_COUNT, &a.gallery, "N", "persons in a gallery drawn by lot, where the index has no roles; 420 if not said" },
        { "--draws", GW_OPTION_COUNT, &a.draws, "N", "such galleries; 10 if not said" },
        { "--seed", GW_OPTION_COUNT, &a.seed, "N", "of lots drawn; 1 if not said" },
        { "--progress", GW_OPTION_FLAG, &a.progress, NULL, "say on standard error how far it is" },
        { "--pretty", GW_OPTION_FLAG, &a.pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "read settings from this file" },
        { "--set", GW_OPTION_CONF_READ, &conf, "NAME[=VALUE]", "NAME: only this set of the index; NAME=VALUE: change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_evaluate, options, GW_COUNT(options), &status))
        return status;
    const char *folder = argc == 2 ? argv[1] : NULL;
    const char *wrong = NULL;
    if (argc > 2 || (folder == NULL) == (a.index == NULL))
        wrong = "name one folder, or an index with --index";
    else if (a.set != NULL && a.index == NULL)
        wrong = "--set NAME chooses a set of an index; a setting is NAME=VALUE";
    else if (is_stdout(a.json) + is_stdout(a.html) + is_stdout(a.calibrate) > 1)
        wrong = "of --json, --html and --calibrate one can go to standard output (-)";
    else if (a.threads < 0 || a.threads > 64)
        wrong = "--threads takes 1 to 64";
    else if (a.gallery < 2 || a.gallery > 1'000'000)
        wrong = "--gallery takes 2 to 1000000";
    else if (a.draws < 1 || a.draws > 1000)
        wrong = "--draws takes 1 to 1000";
    if (wrong != NULL) {
        fprintf(stderr, "gangway evaluate: %s\n", wrong);
        return GW_EXIT_USAGE;
    }
    if (!gw_crypto_init(&err) || !evaluate(&a, folder, &conf, &err))
        return gw_cli_fail("evaluate", &err), GW_EXIT_UNREADABLE;
    return GW_EXIT_OK;
}

const struct gw_command gw_command_evaluate = {
    .name = "evaluate",
    .arguments = "DIR | --index FILE",
    .summary = "measures recognition on labelled pictures",
    .run = run,
};
