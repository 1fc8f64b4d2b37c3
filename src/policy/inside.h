/* inside.h - what the files of the rule packs share: how a pack lies in memory, and
 * the reader that fills it. Only for policy/. */
#pragma once
#include "base/zone.h"
#include "policy/pack.h"

/* ---- conditions ---------------------------------------------------------- */

/* What conditions ask about. Each is divided into classes: values that no question of
 * the pack tells apart. */
enum gw_dim {
    GW_DIM_CITIZENSHIP, GW_DIM_STATUS, GW_DIM_SITE,                                       /* codes */
    GW_DIM_DOCUMENT, GW_DIM_MODE, GW_DIM_DIRECTION, GW_DIM_RESIDENT, GW_DIM_ACCOMPANIED,  /* few values */
    GW_DIM_AGE, GW_DIM_DATE,                                                              /* ranges */
    GW_DIM_COUNT
};
enum gw_dim_kind { GW_DIM_CODES, GW_DIM_VALUES, GW_DIM_RANGES };
struct gw_dim_row {
    const char *key; /* in the file */
    enum gw_dim_kind kind;
    const char *const *values;
    size_t n_values; /* at most GW_DIM_VALUES_MAX */
};
extern const struct gw_dim_row gw_dims[GW_DIM_COUNT];

enum { GW_ATOMS_MAX = 64, GW_DIM_VALUES_MAX = 16, GW_CODES_MAX = 4096, GW_AGE_END = GW_PACK_ANY_AGE };

typedef char gw_code[GW_PACK_CODE_MAX + 1];

/* One question about one of them. */
struct gw_atom {
    const gw_code *codes; /* sorted; "" is none (a status that is null) */
    size_t n_codes;
    uint32_t values; /* bits */
    int64_t from, to; /* from <= v < to */
};
struct gw_split {
    struct gw_atom atoms[GW_ATOMS_MAX];
    size_t n_atoms;
    /* Classes: masks[c] has a bit for each atom that holds. */
    uint64_t *masks;
    size_t n_classes, stride;
    uint16_t class_of_value[GW_DIM_VALUES_MAX];
    gw_code *codes; /* sorted, all that are mentioned */
    uint16_t *class_of_code;
    size_t n_codes;
    uint16_t other_class; /* codes that are not mentioned */
    int64_t *starts; /* of the intervals; the first is the least value there is */
    uint16_t *class_of_interval;
    size_t n_intervals;
    int64_t end;
    bool has_unknown;
    uint16_t unknown_class;
};

enum gw_node_op { GW_NODE_ALL, GW_NODE_ANY, GW_NODE_NOT, GW_NODE_ATOM, GW_NODE_CLASS };
/* Children stand together and behind their parent, so going backwards meets them first. */
struct gw_node {
    uint8_t op, dim;
    uint16_t ref; /* atom or class */
    uint16_t first, n;
};

/* Kleene's three values: what is not known stays so until it does not matter. */
enum { GW_NO = 0, GW_UNKNOWN = 1, GW_YES = 2 };

struct gw_pack_class {
    const char *name, *means;
    struct gw_pack_sources sources;
    uint16_t begin, end; /* nodes; the root first */
    bool used;
};
struct gw_rule_inside {
    uint16_t begin, end;
    const char **who; /* by language, as the notices name its persons; NULL where it is not told */
};

/* What is meant where a fact is not recorded. */
struct gw_unrecorded {
    bool is_said;   /* else it is not known */
    size_t value;   /* of a dimension of values; a status is none */
    const char *because;
    struct gw_pack_sources sources;
};

struct gw_pack_duration { /* how a language says "12h" */
    const char *period, *text;
};
struct gw_pack_language {
    const char *code;
    const char **phrases; /* by enum gw_phrase; NULL where the pack needs none */
    struct gw_pack_duration *durations;
    size_t n_durations;
};

struct gw_pack {
    const char *name, *id, *title, *authority, *signer;
    struct gw_hash hash;
    struct gw_zone zone;
    const char *zone_means;
    struct gw_date from, until;
    unsigned id_line, from_line, until_line; /* of the file */
    const char *(*country)(const char *code);
    struct gw_pack_source *sources;
    size_t n_sources;
    struct gw_pack_class *classes;
    size_t n_classes;
    uint16_t *class_order; /* each after those it refers to */
    struct gw_retention *retention;
    size_t n_retention;
    struct gw_pack_rule *rules;
    struct gw_rule_inside *inside;
    size_t n_rules;
    struct gw_node *nodes;
    size_t n_nodes;
    struct gw_unrecorded unrecorded[GW_DIM_COUNT];
    const char **document_states; /* whose residence documents count; NULL: everybody's */
    size_t n_document_states;
    struct gw_split split[GW_DIM_COUNT];
    uint8_t *table; /* cell -> rule, or GW_CELL_UNDETERMINED */
    size_t n_cells;
    struct gw_pack_language *languages;
    const char **language_codes;
    size_t n_languages;
    struct gw_pack_rule *merged; /* what is answered where a missing fact leaves several rules open */
    size_t n_merged;
    struct gw_pack_rule undetermined, not_in_force;
};
/* In the table: a rule, or GW_CELL_MERGED and on: one of merged, or that nothing can be said. */
enum { GW_CELL_MERGED = GW_PACK_RULES_MAX, GW_CELL_UNDETERMINED = 255, GW_MERGED_MAX = GW_CELL_UNDETERMINED - GW_CELL_MERGED };

struct gw_pack_reader;

/* The parts of a notice that a language must have (notice.c). */
enum gw_phrase {
#define GW_PHRASE(NAME, name) GW_PHRASE_##NAME,
#include "policy/phrase.def"
#undef GW_PHRASE
    GW_PHRASE_COUNT
};
extern const char *const gw_phrase_names[GW_PHRASE_COUNT];
/* False: *bad is a name in braces that is no placeholder of notices. */
bool gw_phrase_check(struct gw_span *bad, const char *text);
const char *gw_notice_duration(const struct gw_pack_language *l, struct gw_period period); /* NULL: not said */
/* Reads notices and who they speak to; every language says everything that the rules need. */
bool gw_notice_read(struct gw_pack_reader *r, const struct gw_json *pack);

/* ---- reading ------------------------------------------------------------- */

struct gw_pack_reader {
    struct gw_arena *a;
    struct gw_span text;
    const struct gw_pack_options *options;
    struct gw_pack *p;
    struct gw_pack_problem *problems;
    size_t n_problems, n_errors;
    char path[1024];
    size_t path_size;
    bool full; /* the arena or a limit: stop */
    struct gw_err err; /* the first error */
};
/* All of these name the present path. They return false, so that one can return them. */
bool gw_pack_error(struct gw_pack_reader *r, const char *code, const char *format, ...) GW_PRINTF(3, 4);
void gw_pack_warning(struct gw_pack_reader *r, const char *code, const char *format, ...) GW_PRINTF(3, 4);
bool gw_pack_full(struct gw_pack_reader *r, const struct gw_err *err); /* nothing more can be read */
size_t gw_pack_enter(struct gw_pack_reader *r, const char *key);       /* gives what leave takes */
size_t gw_pack_enter_item(struct gw_pack_reader *r, size_t i);
void gw_pack_leave(struct gw_pack_reader *r, size_t mark);
void *gw_pack_array(struct gw_pack_reader *r, size_t n, size_t size); /* NULL when full */
const char *gw_pack_text(struct gw_pack_reader *r, const char *s);
/* Every key of the object is one of these, else an error with the nearest. */
bool gw_pack_keys(struct gw_pack_reader *r, const struct gw_json *object, const char *const *names, size_t n);
bool gw_pack_name_check(const char *s); /* a-z, A-Z, 0-9, hyphen, underscore, at most GW_PACK_ID_MAX */
/* A text that must be there; NULL with an error. */
const char *gw_pack_want_text(struct gw_pack_reader *r, const struct gw_json *object, const char *key);
bool gw_pack_code_check(const char *s); /* A-Z, 0-9 and hyphen, at most GW_PACK_CODE_MAX */

/* condition.c: compiles the condition at the present path to nodes [*begin, *end). */
bool gw_condition_read(uint16_t *begin, uint16_t *end, struct gw_pack_reader *r, const struct gw_json *j);
/* Puts classes in order; refuses circles and classes that are not there. */
bool gw_condition_order(struct gw_pack_reader *r);

/* sign.c: is the text signed by a key that may? Sets p->signer. An error if not. */
bool gw_signature_check(struct gw_pack_reader *r, const struct gw_json *pack);

/* table.c */
bool gw_table_build(struct gw_pack_reader *r);
/* Classes of the facts in each dimension; the cell they make. */
size_t gw_table_cell(uint16_t classes[GW_DIM_COUNT], const struct gw_pack *p, const struct gw_pack_facts *f);
/* Value of every node for these classes; values: p->n_nodes. */
void gw_table_values(uint8_t *values, const struct gw_pack *p, const uint16_t classes[GW_DIM_COUNT]);
/* First rule that holds, or the first undetermined one before it (*undetermined). */
size_t gw_table_first(bool *undetermined, const struct gw_pack *p, const uint8_t *values);
uint16_t gw_split_code(const struct gw_split *s, const char *code);
bool gw_split_find_code(uint16_t *out, const struct gw_split *s, const char *code);
uint16_t gw_split_range(const struct gw_split *s, int64_t value);
bool gw_atom_has_code(const struct gw_atom *a, const char *code);

/* explain.c */
struct gw_pack_decision gw_pack_decision_of(const struct gw_pack *p, size_t cell, const struct gw_pack_facts *f);
struct gw_json *gw_pack_answer(const struct gw_pack *p, const struct gw_pack_decision *d); /* contract section 3 */
/* A person as tests and diff write it. False with an error at the present path. */
bool gw_pack_facts_read(struct gw_pack_facts *out, struct gw_pack_reader *r, const struct gw_json *test);
/* Does `want` hold of `answer`: each member it names is the same. *key: one that is not. */
bool gw_pack_answer_is(const struct gw_json *answer, const struct gw_json *want, const char **key);
