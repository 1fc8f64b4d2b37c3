/* log.h - one event per line on standard error, no person in it.
 *
 *     gw_log(GW_LOG_INFO, "verify", GW_LOG_ID("voyage", id), GW_LOG_INT("us", 1812));
 *     -> time=2026-11-23T07:30:00.1Z level=info event=verify voyage=06f1... us=1812
 *
 * What cannot be passed cannot leak: there is no field for a span, a char pointer
 * from elsewhere, or a struct about a person. Text is a literal (GW_LOG_WORD), a
 * word of one of our tables (struct gw_word), a path or address the operator
 * configured, or the text of a struct gw_err, which never names a person.
 *
 * Whoever reads the log and stops reading (a full pipe) stops nobody who writes: after a tenth of a second lines are
 * dropped, and the first one after says how many: event=log_lost lines=12.
 *
 * Layers 0 to 2 never log; they return. Threads: any, lines never mix. */
#pragma once
#include "base/fail.h"
#include "base/id.h"

enum gw_log_level { GW_LOG_ERROR, GW_LOG_WARN, GW_LOG_INFO, GW_LOG_DEBUG };

/* A word from a table of ours: made where the table is, never from input. */
struct gw_word {
    const char *text;
};

enum gw_log_kind { GW_LOG_END, GW_LOG_KIND_INT, GW_LOG_KIND_WORD, GW_LOG_KIND_TEXT, GW_LOG_KIND_ID, GW_LOG_KIND_UUID };
struct gw_log_field {
    enum gw_log_kind kind;
    const char *key;
    union {
        int64_t number;
        const char *text;
        struct gw_id id;
    };
};

#define GW_LOG_INT(k, n) ((struct gw_log_field){ .kind = GW_LOG_KIND_INT, .key = "" k, .number = (int64_t)(n) })
#define GW_LOG_WORD(k, literal)                                                                   \
    ((struct gw_log_field){ .kind = GW_LOG_KIND_WORD, .key = "" k, .text = "" literal })
#define GW_LOG_OF_TABLE(k, word)                                                                  \
    ((struct gw_log_field){ .kind = GW_LOG_KIND_WORD, .key = "" k, .text = (word).text })
#define GW_LOG_ID(k, i) ((struct gw_log_field){ .kind = GW_LOG_KIND_ID, .key = "" k, .id = (i) })
/* The same bits written as a UUID: an id that another system gave. */
#define GW_LOG_UUID(k, i) ((struct gw_log_field){ .kind = GW_LOG_KIND_UUID, .key = "" k, .id = (i) })
/* A path, address or setting of the operator's own. */
#define GW_LOG_SETTING(k, s) ((struct gw_log_field){ .kind = GW_LOG_KIND_TEXT, .key = "" k, .text = (s) })
#define GW_LOG_WHY(err_pointer)                                                                   \
    ((struct gw_log_field){ .kind = GW_LOG_KIND_TEXT, .key = "why", .text = (err_pointer)->text })

void gw_log_level(enum gw_log_level most); /* nothing above is written; at first INFO */
uint64_t gw_log_lost(void);                /* lines dropped since start */
void gw_log_fields(enum gw_log_level level, const char *event, const struct gw_log_field *fields, size_t n);
#define gw_log(level, event, ...)                                                                 \
    do {                                                                                          \
        const struct gw_log_field gw_fields_[] = { __VA_ARGS__ __VA_OPT__(,) {} };                \
        gw_log_fields((level), "" event, gw_fields_, GW_COUNT(gw_fields_) - 1);                   \
    } while (0)
