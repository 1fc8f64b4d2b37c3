/* simulate_world.c - persons and their pictures, voyages and their manifests. Everything
 * comes from the seed, so a day can be had again. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/place.h"
#include "cli/frame.h"
#include "cli/simulate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { PERSONS_MAX = 4096, PHOTO_BYTES = 16 << 20, PIXELS_BYTES = 256 << 20, FILES_MAX = 64 };

static const struct {
    const char *name, *photos[3]; /* the first is the portrait */
} shipped[] = {
#define SIM_PERSON(name, portrait, one, other) { name, { portrait, one, other } },
#include "cli/simulate.def"
};

uint64_t sim_random(struct sim *s)
{
    s->seed ^= s->seed << 13, s->seed ^= s->seed >> 7, s->seed ^= s->seed << 17;
    return s->seed;
}

static double between(struct sim *s, double a, double b)
{
    return a + (b - a) * ((double)(sim_random(s) >> 11) / 9007199254740992.0);
}

/* ---- pictures ---- */

static bool shot(struct gw_buf *out, struct gw_arena *mem, const struct gw_image *photo, double share, double x, double light,
    struct gw_err *err)
{
    struct gw_image frame;
    if (!gw_frame_wall(&frame, mem, err))
        return false;
    if (photo != NULL)
        gw_frame_place(&frame, photo, share, x);
    gw_frame_dim(&frame, light);
    return gw_image_write_jpeg(out, &frame, 85, err);
}

/* paths: the portrait, then others; those missing are made of those there are. */
static bool add_person(struct sim *s, const char *name, const char *const *paths, size_t n, struct gw_err *err)
{
    GW_AUTO(gw_arena) *mem = gw_arena_new(PIXELS_BYTES);
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    struct sim_person *p = &s->persons[s->n_persons];
    struct gw_image photos[SIM_FRAMES];
    *p = (struct sim_person){};
    snprintf(p->name, sizeof p->name, "%s", name);
    if (!gw_buf_read_file(&p->portrait, paths[0], PHOTO_BYTES, err))
        return false;
    s->n_persons++; /* from here on its buffers are let go with the rest */
    for (size_t i = 0; i < SIM_FRAMES; i++) {
        GW_AUTO_VALUE(gw_buf) bytes = {};
        const char *path = paths[n == 1 ? 0 : 1 + i % (n - 1)];
        if (!gw_buf_read_file(&bytes, path, PHOTO_BYTES, err) ||
            !gw_image_decode(&photos[i], mem, gw_buf_span(&bytes), &limits, 1000, NULL, err) ||
            !shot(&p->good[i], mem, &photos[i], between(s, 0.62, 0.8), between(s, 0.42, 0.58), between(s, 0.85, 1), err))
            return false;
    }
    return shot(&p->far, mem, &photos[0], 0.2, 0.5, 1, err) && shot(&p->dark, mem, &photos[0], 0.72, 0.5, 1.0 / 7, err);
}

static bool is_photo(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 || strcasecmp(dot, ".png") == 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder, sorted, so that the seed means the same everywhere. */
static size_t names_in(char ***out, const char *folder)
{
    size_t n = 0, room = 0;
    char **names = NULL;
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (*e->d_name == '.')
            continue;
        if (n == room) {
            room = room == 0 ? 64 : room * 2;
            names = gw_realloc_array(names, room, sizeof *names);
        }
        names[n++] = gw_strdup(e->d_name);
    }
    if (d != NULL)
        closedir(d);
    if (n > 0)
        qsort(names, n, sizeof *names, by_name);
    *out = names;
    return n;
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gw_free(names[i]);
    gw_free(names);
}

static bool person_of(struct sim *s, const char *folder, const char *name, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) at = {};
    struct stat st;
    gw_buf_addf(&at, "%s/%s", folder, name);
    if (stat(gw_buf_text(&at), &st) != 0)
        return true;
    if (!S_ISDIR(st.st_mode)) {
        const char *one[1] = { gw_buf_text(&at) };
        return !is_photo(name) || add_person(s, name, one, 1, err);
    }
    char **files, *paths[FILES_MAX];
    size_t n_files = names_in(&files, gw_buf_text(&at)), n = 0;
    for (size_t i = 0; i < n_files && n < FILES_MAX; i++)
        if (is_photo(files[i])) {
            GW_AUTO_VALUE(gw_buf) path = {};
            gw_buf_addf(&path, "%s/%s", gw_buf_text(&at), files[i]);
            paths[n++] = gw_strdup(gw_buf_text(&path));
        }
    bool fine = n == 0 || add_person(s, name, (const char *const *)paths, n, err);
    for (size_t i = 0; i < n; i++)
        gw_free(paths[i]);
    free_names(files, n_files);
    return fine;
}

static bool read_folder(struct sim *s, struct gw_err *err)
{
    char **names;
    bool fine = true;
    size_t n = names_in(&names, s->options.photos);
    for (size_t i = 0; fine && i < n && s->n_persons < PERSONS_MAX; i++)
        fine = person_of(s, s->options.photos, names[i], err);
    free_names(names, n);
    return fine;
}

static bool read_shipped(struct sim *s, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(shipped); i++) {
        struct gw_buf files[3] = {};
        const char *paths[3];
        size_t n = 0;
        for (; n < 3 && shipped[i].photos[n] != NULL; n++) {
            char in_source[200], in_prefix[220];
            snprintf(in_source, sizeof in_source, "vendor/media/%s", shipped[i].photos[n]);
            snprintf(in_prefix, sizeof in_prefix, "share/gangway/media/%s", shipped[i].photos[n]);
            if (!gw_place_find(&files[n], in_source, in_prefix))
                return gw_fail(err, GW_ERR_NOT_FOUND, "the photo %s is not here: run tools/setup in the source tree, or give --photos",
                    shipped[i].photos[n]);
        }
        assert(n > 0); /* of everybody in the table */
        for (size_t k = 0; k < n; k++)
            paths[k] = gw_buf_text(&files[k]);
        bool fine = add_person(s, shipped[i].name, paths, n, err);
        for (size_t k = 0; k < n; k++)
            gw_buf_done(&files[k]);
        if (!fine)
            return false;
    }
    return true;
}

bool sim_world_open(struct sim *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *mem = gw_arena_new(PIXELS_BYTES);
    s->seed = (uint64_t)s->options.seed * 2862933555777941757u + 3037000493u;
    s->persons = gw_alloc_array(PERSONS_MAX, sizeof *s->persons);
    if (!shot(&s->nobody, mem, NULL, 0, 0, 1, err) || !(s->options.photos == NULL ? read_shipped(s, err) : read_folder(s, err)))
        return false;
    return s->n_persons >= 6 ||
        gw_fail(err, GW_ERR_INVALID, "photos of at least 6 persons are needed; there are %zu", s->n_persons);
}

void sim_world_close(struct sim *s)
{
    for (size_t i = 0; i < s->n_persons; i++) {
        struct sim_person *p = &s->persons[i];
        gw_buf_done(&p->portrait);
        for (size_t k = 0; k < SIM_FRAMES; k++)
            gw_buf_done(&p->good[k]);
        gw_buf_done(&p->far);
        gw_buf_done(&p->dark);
    }
    gw_free(s->persons);
    gw_buf_done(&s->nobody);
    for (size_t i = 0; i < s->n_voyages; i++) {
        gw_free(s->voyages[i].travelers);
        gw_free(s->voyages[i].answered);
    }
    gw_free(s->voyages);
}

/* ---- voyages ---- */

/* In every twenty travelers with a portrait: these, and the rest just come. */
static enum sim_fate fate_of(size_t i)
{
    static const enum sim_fate some[] = { SIM_IS_REMOVED, SIM_IS_ADDED, SIM_DECLINES, SIM_COMES_TWICE, SIM_COMES_FAR, SIM_COMES_DARK,
        SIM_SHOWS_DOCUMENT, SIM_IS_CUT_OFF };
    return i % 20 < GW_COUNT(some) ? some[i % 20] : SIM_COMES;
}

static void plan_one(struct sim *s, struct sim_voyage *v, size_t index, int64_t now_us)
{
    size_t n = (size_t)s->options.travelers;
    /* The last persons of the order stay strangers to this voyage. */
    size_t covered = GW_MIN(n * 4 / 5, s->n_persons - GW_MAX(s->n_persons / 6, (size_t)1));
    size_t *order = gw_alloc_array(s->n_persons, sizeof *order);
    for (size_t i = 0; i < s->n_persons; i++) {
        size_t k = sim_random(s) % (i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    *v = (struct sim_voyage){ .edifact = index % 2 == 1, .n = n, .departure_us = now_us + (int64_t)(3600 + 900 * index) * GW_US_PER_S };
    snprintf(v->number, sizeof v->number, "%u", (unsigned)(100 + sim_random(s) % 8900));
    v->travelers = gw_alloc_array(n, sizeof *v->travelers);
    unsigned base = (unsigned)(sim_random(s) % 90000) * 10000;
    for (size_t i = 0; i < n; i++) {
        struct sim_traveler *t = &v->travelers[i];
        snprintf(t->reference, sizeof t->reference, "S%zu", i + 1);
        snprintf(t->document, sizeof t->document, "S%09u", base + (unsigned)i);
        snprintf(t->seat, sizeof t->seat, "%zu%c", i / 6 + 1, "ABCDEF"[i % 6]);
        snprintf(t->surname, sizeof t->surname, "SIMULATED%c%c", 'A' + (char)(i / 26 % 26), 'A' + (char)(i % 26));
        if (i < covered) {
            t->person = &s->persons[order[i]];
            t->fate = fate_of(i);
        } else
            t->fate = (i - covered) % 2 == 0 ? SIM_HAS_NO_PORTRAIT : SIM_STAYS_AWAY;
    }
    gw_free(order);
}

void sim_plan(struct sim *s)
{
    int64_t now_us = gw_clock_now(NULL) / (60 * GW_US_PER_S) * (60 * GW_US_PER_S);
    s->n_voyages = (size_t)s->options.voyages;
    s->voyages = gw_alloc_array(s->n_voyages, sizeof *s->voyages);
    for (size_t i = 0; i < s->n_voyages; i++)
        plan_one(s, &s->voyages[i], i, now_us);
}

static bool is_on(const struct sim_traveler *t, bool later)
{
    return t->fate != (later ? SIM_IS_REMOVED : SIM_IS_ADDED);
}

void sim_manifest_json(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v, bool later)
{
    GW_AUTO(gw_json) *o = gw_json_object();
    struct gw_json *voyage = gw_json_object(), *list = gw_json_array();
    gw_json_set_text(o, "kind", "passenger_list");
    gw_json_set_text(voyage, "mode", "air");
    gw_json_set_text(voyage, "direction", "departure");
    gw_json_set_text(voyage, "carrier", s->options.carrier);
    gw_json_set_text(voyage, "number", v->number);
    gw_json_set_text(voyage, "from", s->options.site);
    gw_json_set_text(voyage, "to", "JFK");
    gw_json_set_time(voyage, "departure", v->departure_us);
    gw_json_set_time(voyage, "arrival", v->departure_us + 5 * 3600 * GW_US_PER_S);
    gw_json_set(o, "voyage", voyage);
    for (size_t i = 0; i < v->n; i++) {
        const struct sim_traveler *t = &v->travelers[i];
        if (!is_on(t, later))
            continue;
        struct gw_json *j = gw_json_object(), *documents = gw_json_array(), *d = gw_json_object();
        gw_json_set_text(j, "kind", "passenger");
        gw_json_set_text(j, "surname", t->surname);
        gw_json_set_text(j, "given_names", "OF THE SIMULATOR");
        gw_json_set_text(j, "sex", "X");
        gw_json_set_text(j, "birth_date", "1980-01-01");
        gw_json_set_text(j, "nationality", s->options.state);
        gw_json_set_text(d, "type", "P");
        gw_json_set_text(d, "number", t->document);
        gw_json_set_text(d, "issuing_state", s->options.state);
        gw_json_set_text(d, "expiry_date", "2039-01-01");
        gw_json_add(documents, d);
        gw_json_set(j, "documents", documents);
        gw_json_set_text(j, "reference", t->reference);
        gw_json_set_text(j, "seat", t->seat);
        gw_json_add(list, j);
    }
    gw_json_set(o, "travelers", list);
    gw_json_format(out, o, false);
}

/* "2026-11-23T10:15…" as DTM 2379 code 201 (YYMMDDHHMM) or 101 (YYMMDD). */
static void moment(char out[11], int64_t us, bool day)
{
    char t[GW_TIME_TEXT];
    gw_time_format(t, us);
    snprintf(out, 11, "%.2s%.2s%.2s%.2s%.2s", t + 2, t + 5, t + 8, day ? "" : t + 11, day ? "" : t + 14);
}

/* PAXLST D.05B, a passenger list (BGM 745) as the WCO/IATA/ICAO guide lays it out. */
void sim_manifest_edifact(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v, bool later)
{
    char departs[11], arrives[11];
    size_t segments = 9, n = 0;
    moment(departs, v->departure_us, false);
    moment(arrives, v->departure_us + 5 * 3600 * GW_US_PER_S, false);
    gw_buf_addf(out, "UNA:+.? '\r\nUNB+UNOA:4+SIMULATOR+GANGWAY+%.6s:%.4s+%s++APIS'\r\nUNH+1+PAXLST:D:05B:UN:IATA+%s%s/%s'\r\nBGM+745'\r\n"
                     "RFF+TN:SIM%s'\r\n",
        departs, departs + 6, v->number, s->options.carrier, v->number, departs, v->number);
    gw_buf_addf(out, "TDT+20+%s%s'\r\nLOC+125+%s'\r\nDTM+189:%s:201'\r\nLOC+87+JFK'\r\nDTM+232:%s:201'\r\n", s->options.carrier,
        v->number, s->options.site, departs, arrives);
    for (size_t i = 0; i < v->n; i++) {
        const struct sim_traveler *t = &v->travelers[i];
        if (!is_on(t, later))
            continue;
        gw_buf_addf(out, "NAD+FL+++%s:SIMULATOR'\r\nATT+2++M'\r\n%sLOC+178+%s'\r\nLOC+179+JFK'\r\nNAT+2+%s'\r\n",
            t->surname, t->damaged ? "" : "DTM+329:800101:101'\r\n", s->options.site, s->options.state);
        gw_buf_addf(out, "RFF+ABO:%s'\r\nRFF+SEA:%s'\r\nDOC+P+%s'\r\nDTM+36:390101:101'\r\nLOC+91+%s'\r\n", t->reference, t->seat, t->document,
            s->options.state);
        segments += t->damaged ? 10 : 11;
        n++;
    }
    gw_buf_addf(out, "CNT+42:%zu'\r\nUNT+%zu+1'\r\nUNZ+1+%s'\r\n", n, segments + 1, v->number);
}

void sim_manifest_csv(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v)
{
    char departs[GW_TIME_TEXT];
    gw_time_format(departs, v->departure_us);
    gw_buf_addf(out, "flight: %s%s\nfrom: %s\nto: JFK\ndeparture: %.16s\nsurname,given names,reference,birth date,passport number,issuing country\n",
        s->options.carrier, v->number, s->options.site, departs);
    for (size_t i = 0; i < v->n; i++)
        gw_buf_addf(out, "%s,OF THE SIMULATOR,%s,1980-01-01,%s,%s\n", v->travelers[i].surname, v->travelers[i].reference, v->travelers[i].document,
            s->options.state);
}
