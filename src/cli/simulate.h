/* simulate.h - `gangway simulate`: a day of departures against any server that speaks the
 * contract, in six steps: who travels (simulate_world.c), how it is asked
 * (simulate_ask.c, simulate_listen.c, simulate_hook.c), what is tried of the service
 * itself (simulate_rule.c), one voyage slowly, by everybody who has to do with it
 * (simulate_rehearsal.c, simulate_desk.c, simulate_record.c), the day itself
 * (simulate_day.c), and what is said of it (simulate_report.c).
 *
 * Threads: a struct sim is shared by all gates; what changes in it is under its lock or
 * is a gate's own. */
#pragma once
#include "base/json.h"
#include "fetch/fetch.h"

#include <pthread.h>
#include <stdatomic.h>

enum sim_rule {
#define SIM_RULE(NAME, clause, sentence) SIM_##NAME,
#include "cli/simulate.def"
    SIM_RULES
};

/* What is asked, for the times. */
enum sim_kind { SIM_ASK_MANIFEST, SIM_ASK_PORTRAIT, SIM_ASK_VERIFICATION, SIM_ASK_DECLINE, SIM_ASK_CLOSE, SIM_ASK_OTHER, SIM_KINDS };

enum { SIM_FRAMES = 3, SIM_GATES_MAX = 64, SIM_TEXT = 256, SIM_ID = 64 };

struct sim_person {
    char name[SIM_ID];
    struct gw_buf portrait;               /* as a carrier has it */
    struct gw_buf good[SIM_FRAMES], far, dark; /* as a gate sees them */
};

enum sim_fate { /* what a traveler does */
    SIM_COMES, SIM_COMES_FAR, SIM_COMES_DARK, SIM_COMES_TWICE, SIM_SHOWS_DOCUMENT, SIM_IS_CUT_OFF, SIM_DECLINES, SIM_IS_REMOVED, SIM_IS_ADDED,
    SIM_HAS_NO_PORTRAIT, SIM_STAYS_AWAY, SIM_FATES
};

struct sim_traveler {
    char reference[24], document[24], seat[24], surname[SIM_ID];
    enum sim_fate fate;
    const struct sim_person *person;      /* NULL: nobody has seen them */
    bool came, cleared;                   /* as the gate was told; one gate's at a time */
    bool damaged;                         /* no birth date in a PAXLST */
};

struct sim_voyage {
    char number[8], id[SIM_ID];
    bool edifact;
    struct sim_traveler *travelers;
    size_t n;
    int64_t departure_us;
    atomic_size_t remaining;              /* events not over yet */
    atomic_bool changed;                  /* the later manifest is in */
    /* under the lock of the sim */
    struct sim_answered { char id[SIM_ID]; } *answered;
    size_t n_answered, answered_room;
};

struct sim_times {
    double *ms;
    size_t n, room;
};

struct sim_options {
    const char *url, *photos, *authorities;
    int64_t voyages, travelers, seed;
    double speed;                         /* of the day's clock; 0: as fast as gates are answered */
    const char *site, *carrier, *state;
    const char *receiver;                 /* host:port where the server's messages reach us */
};

struct sim {
    struct sim_options options;
    struct sim_person *persons;
    size_t n_persons;
    struct gw_buf nobody;                 /* a frame without anybody */
    char *carrier;                        /* tokens */
    /* What needs one that is NULL is not tried. */
    char *officer, *second_officer, *supervisor, *auditor, *admin, *other_carrier, *other_device;
    char *gates[SIM_GATES_MAX];
    size_t n_gates;
    struct gw_json *openapi;              /* as the server announced it, or NULL */
    bool edifact;                         /* PAXLST is taken */
    struct sim_voyage *voyages;
    size_t n_voyages;
    uint64_t seed;

    pthread_mutex_t lock;                 /* over what follows */
    struct {
        size_t tried, failed;
        char first[SIM_TEXT];             /* the first failure */
    } rules[SIM_RULES];
    struct sim_times times[SIM_KINDS];
    struct {
        size_t expected, cleared_right, cleared_wrong, inspected; /* of those with a portrait who came and did not decline */
        size_t strangers, strangers_cleared, declined, without_portrait, retries, attempts, busy, unanswered;
    } seen;
    double day_s;
};

/* ---- simulate_world.c ---- */
/* Photos of persons: a folder with one folder a person, a folder of one photo each, or NULL: those that come along. */
bool sim_world_open(struct sim *s, struct gw_err *err);
void sim_world_close(struct sim *s);
uint64_t sim_random(struct sim *s);
/* Voyages and who is on them, out of the seed. */
void sim_plan(struct sim *s);
void sim_manifest_json(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v, bool later);
void sim_manifest_edifact(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v, bool later);
void sim_manifest_csv(struct gw_buf *out, const struct sim *s, const struct sim_voyage *v);

/* ---- simulate_ask.c ---- */
struct sim_client {
    struct sim *sim;
    struct gw_fetch *fetch;
    struct gw_fetch_answer answer;        /* of the last asking */
};
bool sim_client_open(struct sim_client *c, struct sim *s, struct gw_err *err);
void sim_client_close(struct sim_client *c);
struct sim_asked {
    enum sim_kind kind;
    const char *method, *path, *token, *type, *key; /* token, type, key: NULL for none */
    const char *headers[4];               /* more, until NULL */
    struct gw_span body;
    size_t cut_after;
};
/* The status, 0 where there was no answer; *json is yours (NULL where it is none). A server that says 503 with
 * Retry-After is asked again. */
int sim_ask(struct gw_json **json, struct sim_client *c, const struct sim_asked *a);
/* The same once, whatever comes. */
int sim_ask_once(struct gw_json **json, struct sim_client *c, const struct sim_asked *a);
/* Asks twice under one key, holds that the answers are the same (SIM_ONCE_SAME), and gives the first. */
int sim_ask_keyed(struct gw_json **json, struct sim_client *c, const struct sim_asked *a);
/* GET, or POST with a JSON body, of a path that is printed. */
int sim_get(struct gw_json **json, struct sim_client *c, const char *token, const char *format, ...) GW_PRINTF(4, 5);
int sim_post(struct gw_json **json, struct sim_client *c, const char *token, const char *body, const char *format, ...) GW_PRINTF(5, 6);
/* The same where only the status counts. */
int sim_get_status(struct sim_client *c, const char *token, const char *format, ...) GW_PRINTF(3, 4);
/* Held or broken; `format` says how it was instead. Any thread. */
void sim_hold(struct sim *s, enum sim_rule rule, bool ok, const char *format, ...) GW_PRINTF(4, 5);
/* Is the path in /openapi.json? Where there is no such document, all are. */
bool sim_offers(const struct sim *s, const char *method, const char *path);
/* Every member of every object of an answer, until one is found. */
bool sim_any_member(const struct gw_json *j, bool (*is)(const char *key, const struct gw_json *value, const void *self), const void *self);
/* Is a key of these words anywhere in it? */
bool sim_shows(const struct gw_json *j, const char *const *words, size_t n);
const char *sim_key(char out[40]); /* an Idempotency-Key nobody had */

const char *sim_text(const struct gw_json *object, const char *key); /* "" where there is none */
/* What neither a carrier nor a gate is ever shown. */
extern const char *const sim_hidden[];
extern const size_t sim_n_hidden;

/* A list that is answered in pages, page for page. */
struct sim_pages {
    const char *path, *token, *list; /* path without a query; list: its name in the answer */
    unsigned limit;
    char cursor[200];
    unsigned read;
    bool done;
    struct gw_json *answer;          /* of this page */
};
/* False: there is no further page, or too many; the page before is gone. */
bool sim_next_page(const struct gw_json **list, struct sim_pages *p, struct sim_client *c);

/* ---- simulate_listen.c ---- */
struct sim_told {
    int64_t id;
    char kind[32];
    struct gw_json *data;
};
struct sim_listening {
    const char *token, *query;       /* query: "?voyage=…", or "" */
    int64_t after;                   /* as Last-Event-ID, 0 too */
    int64_t most_us;
    /* True: that is all that is waited for. */
    bool (*enough)(const struct sim_told *last, const void *self);
    const void *self;
};
struct sim_heard {
    struct sim_told *events;
    size_t n, room;
    int status;
};
/* What is told, in the order it came, until that is enough or the time is over. */
void sim_listen(struct sim_heard *out, struct sim *s, const struct sim_listening *l);
void sim_heard_done(struct sim_heard *h);
GW_AUTO_DONE(sim_heard, sim_heard_done)

/* ---- simulate_hook.c ---- */
struct sim_hook; /* a receiver of Standard Webhooks, on a thread of its own; opaque */
/* NULL where the server offers none, or may not reach us. */
struct sim_hook *sim_hook_open(struct sim *s, struct sim_client *c);
/* Once the voyage is closed: waits for that message, holds all that came, and lets go. verifications: ids that must have been told. */
void sim_hook_close(struct sim_hook *h, struct sim_client *c, const char *voyage, const char *const *verifications, size_t n);

/* ---- simulate_rule.c ---- */
void sim_try_doors(struct sim *s, struct sim_client *c);   /* before the day */
/* Of the verification of one voyage's gate: what was said before, and what is said now. */
struct sim_series {
    bool retrying;
    int64_t attempt;
};
void sim_hold_verification(struct sim *s, const struct sim_voyage *v, const struct gw_json *j, struct sim_series *series);

/* ---- simulate_rehearsal.c: one voyage, step by step ---- */
enum { SIM_CAST = 6, SIM_DECISIONS = 40 };
struct sim_stage {
    struct sim *s;
    struct sim_client *c;
    struct sim_voyage v;             /* its travelers are the cast */
    const struct sim_person *stranger;
    struct sim_series series;
    char decided[SIM_DECISIONS][SIM_ID]; /* every verification that was answered with clear or inspect */
    size_t n_decided;
    char receipt[2 * SIM_ID];        /* of a clear */
    int64_t log_size;                /* of the audit log before; 0: not known */
    char log_head[1024];
};
struct sim_outcome {
    char decision[12], reference[40], verification[SIM_ID], receipt[2 * SIM_ID];
};
/* Shows the person until the gate is not asked to try again. query: "?document=…" or ""; pass: a header or NULL. */
struct sim_outcome sim_stage_verify(struct sim_stage *g, const struct sim_person *p, const char *query, const char *pass);
/* The status of a traveler of the stage, "" where it cannot be had. */
void sim_stage_status(char out[16], struct sim_stage *g, const char *reference);
void sim_rehearse(struct sim *s, struct sim_client *c);
/* ---- simulate_desk.c: who decides what a gate could not ---- */
void sim_try_boarding(struct sim_stage *g, const struct sim_traveler *t);
void sim_try_mismatch(struct sim_stage *g, const struct sim_traveler *t);
void sim_try_decline(struct sim_stage *g, const struct sim_traveler *t);
/* Does a supervisor have such an alert of the voyage? */
bool sim_alerted(struct sim_stage *g, const char *kind, const char *voyage, struct gw_json **alert);
/* ---- simulate_record.c: what is written down, and who may read it ---- */
void sim_record_before(struct sim_stage *g);
void sim_try_receipt(struct sim_stage *g);
void sim_try_reports(struct sim_stage *g);
void sim_record_after(struct sim_stage *g);

/* ---- simulate_day.c ---- */
bool sim_day(struct sim *s, struct gw_err *err);

/* ---- simulate_report.c ---- */
struct gw_json *sim_report_json(const struct sim *s);
void sim_report_text(struct gw_buf *out, const struct sim *s, bool markdown);
size_t sim_failed(const struct sim *s);
