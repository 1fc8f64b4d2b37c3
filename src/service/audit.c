/* audit.c - what the service did, appended to the log in the transaction that did it. */
#include "service/internal.h"
#include "version.h"

bool gw_audit_add(struct gw_tx *tx, const struct gw_service *s, const struct gw_caller *who, enum gw_audit_kind kind,
    const struct gw_audit_facts *given, struct gw_err *err)
{
    struct gw_audit_facts facts = *given;
    if (who != NULL) {
        facts.actor = gw_id_is_none(who->token) ? NULL : &who->token; /* the machine's own operator has none */
        if (facts.role == NULL)
            facts.role = gw_role_name(who->role);
        facts.site = who->site[0] == 0 ? NULL : who->site;
    }
    return gw_store_audit_add(tx, kind, &facts, gw_clock_now(&s->clock), err);
}

const struct gw_hash *gw_audit_person(struct gw_hash *memory, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_id *traveler)
{
    uint8_t text[12 + sizeof traveler->bytes] = "log person: ";
    if (traveler == NULL)
        return NULL;
    memcpy(text + 12, traveler->bytes, sizeof traveler->bytes);
    /* After the purge there is no key, and nobody to refer to. */
    return gw_store_voyage_hash(memory, tx, voyage, gw_span_of(text, sizeof text), NULL) ? memory : NULL;
}

/* ---- start and stop ------------------------------------------------------------ */

/* Every setting as it is, so that a change between two starts shows. */
static struct gw_hash settings_digest(const struct gw_conf *conf)
{
    size_t n;
    const struct gw_conf_row *rows = gw_conf_rows(&n);
    GW_AUTO_VALUE(gw_buf) text = {};
    for (size_t i = 0; i < n; i++) {
        gw_buf_addf(&text, "%s = ", rows[i].name);
        gw_conf_format(&text, conf, &rows[i]);
        gw_buf_add(&text, "\n", 1);
    }
    return gw_sha256(gw_buf_span(&text));
}

const char *gw_audit_word(char out[GW_AUDIT_WORD_MAX + 1], const char *text)
{
    size_t n = GW_MIN(strlen(text), (size_t)GW_AUDIT_WORD_MAX);
    for (size_t i = 0; i < n; i++)
        out[i] = gw_audit_is_word(gw_span_of(&text[i], 1)) ? text[i] : '_';
    out[n] = 0;
    return n == 0 ? NULL : out;
}

static bool log_start(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct gw_service *s = arg;
    char version[GW_AUDIT_WORD_MAX + 1], model[GW_AUDIT_WORD_MAX + 1];
    struct gw_hash digest = settings_digest(s->conf);
    return gw_audit_add(tx, s, NULL, GW_AUDIT_START,
        &(struct gw_audit_facts){
            .version = gw_audit_word(version, GW_VERSION "-" GW_COMMIT),
            .model = gw_audit_word(model, s->model),
            .digest = &digest,
        },
        err);
}

bool gw_audit_start(struct gw_service *s, struct gw_err *err)
{
    return gw_store_write(s->store, log_start, s, err);
}

static bool log_reload(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct gw_service *s = arg;
    struct gw_hash digest = settings_digest(s->conf);
    return gw_audit_add(tx, s, NULL, GW_AUDIT_RELOAD, &(struct gw_audit_facts){ .name = "settings", .digest = &digest }, err);
}

bool gw_service_reloaded(struct gw_service *s, struct gw_err *err)
{
    return gw_store_write(s->store, log_reload, s, err);
}

struct law {
    const struct gw_service *s;
    const char *name;
    const struct gw_hash *hash;
};

static bool log_law(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct law *l = arg;
    char name[GW_AUDIT_WORD_MAX + 1];
    return gw_audit_add(tx, l->s, NULL, GW_AUDIT_RELOAD,
        &(struct gw_audit_facts){
            .name = l->name == NULL ? "none" : gw_audit_word(name, l->name),
            .digest = l->name == NULL ? NULL : l->hash,
            .reason = "pack",
        },
        err);
}

bool gw_audit_law(struct gw_service *s, const char *name, const struct gw_hash *hash, struct gw_err *err)
{
    struct law l = { s, name, hash };
    return gw_store_write(s->store, log_law, &l, err);
}

static bool log_stop(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return gw_audit_add(tx, arg, NULL, GW_AUDIT_STOP, &(struct gw_audit_facts){}, err);
}

bool gw_audit_stop(struct gw_service *s, struct gw_err *err)
{
    return gw_store_write(s->store, log_stop, s, err);
}

/* ---- looks ----------------------------------------------------------------------- */

enum { LOOKS = 512 };
#define LOOK_US (60 * GW_US_PER_S)

/* The latest looks, by place; one that falls on another's place is said again. */
struct gw_audit_looks {
    pthread_mutex_t lock; /* over all of it */
    struct login {
        struct gw_caller who;
        int64_t day;  /* last used */
        int64_t seen_us, kept_us; /* last used, and what of that is in the store (devices) */
        bool unsaid;
    } *logins;        /* open addressing by token; grows */
    size_t n_logins, n_slots;
    bool any_unsaid;
    struct look {
        struct gw_id token, voyage;
        const char *name;
        int64_t at_us;
    } looks[LOOKS];
};

struct gw_audit_looks *gw_audit_looks_new(void)
{
    struct gw_audit_looks *l = gw_alloc(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void gw_audit_looks_free(struct gw_audit_looks *looks)
{
    if (looks == NULL)
        return;
    pthread_mutex_destroy(&looks->lock);
    gw_free(looks->logins);
    gw_free(looks);
}

struct viewing {
    struct gw_service *s;
    const struct gw_caller *who;
    const char *name;
    struct gw_id voyage;
};

static bool log_view(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct viewing *v = arg;
    return gw_audit_add(tx, v->s, v->who, GW_AUDIT_VIEW,
        &(struct gw_audit_facts){ .name = v->name, .voyage = &v->voyage }, err);
}

bool gw_audit_view(struct gw_service *s, const struct gw_caller *who, const char *name, struct gw_id voyage,
    struct gw_err *err)
{
    int64_t now = gw_clock_now(&s->clock);
    size_t at = 0;
    memcpy(&at, &voyage.bytes[8], sizeof at);
    size_t other = 0;
    memcpy(&other, &who->token.bytes[8], sizeof other);
    struct look *l = &s->looks->looks[(at ^ other ^ (size_t)name[0]) % LOOKS];
    pthread_mutex_lock(&s->looks->lock);
    bool seen = l->name != NULL && strcmp(l->name, name) == 0 && gw_id_equal(l->token, who->token) &&
                gw_id_equal(l->voyage, voyage) && now >= l->at_us && now - l->at_us < LOOK_US;
    pthread_mutex_unlock(&s->looks->lock);
    if (seen)
        return true;
    struct viewing v = { s, who, name, voyage };
    if (!gw_store_write(s->store, log_view, &v, err))
        return false;
    pthread_mutex_lock(&s->looks->lock);
    *l = (struct look){ who->token, voyage, name, now };
    pthread_mutex_unlock(&s->looks->lock);
    return true;
}

/* ---- logins -------------------------------------------------------------------------- */

static struct login *login_of(const struct gw_audit_looks *l, struct gw_id token)
{
    size_t i = 0;
    memcpy(&i, &token.bytes[8], sizeof i); /* random bits of the id */
    for (i %= l->n_slots; l->logins[i].day != 0; i = (i + 1) % l->n_slots)
        if (gw_id_equal(l->logins[i].who.token, token))
            break;
    return &l->logins[i];
}

static void grow_logins(struct gw_audit_looks *l)
{
    struct gw_audit_looks bigger = { .n_slots = GW_MAX(2 * l->n_slots, (size_t)64) };
    bigger.logins = gw_alloc_array(bigger.n_slots, sizeof *bigger.logins);
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->logins[i].day != 0)
            *login_of(&bigger, l->logins[i].who.token) = l->logins[i];
    gw_free(l->logins);
    l->logins = bigger.logins;
    l->n_slots = bigger.n_slots;
}

void gw_login_note(struct gw_service *s, const struct gw_caller *who)
{
    struct gw_audit_looks *l = s->looks;
    int64_t now = gw_clock_now(&s->clock), day = gw_date_days(gw_date_of(now));
    pthread_mutex_lock(&l->lock);
    if (2 * (l->n_logins + 1) > l->n_slots)
        grow_logins(l);
    struct login *at = login_of(l, who->token);
    if (at->day != day) {
        l->n_logins += at->day == 0;
        *at = (struct login){ .who = *who, .day = day, .kept_us = at->kept_us, .unsaid = true };
        l->any_unsaid = true;
    }
    at->seen_us = now;
    pthread_mutex_unlock(&l->lock);
}

size_t gw_logins_seen(struct gw_device_seen *out, size_t most, struct gw_service *s, int64_t older_us)
{
    struct gw_audit_looks *l = s->looks;
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->n_slots && n < most; i++) {
        struct login *at = &l->logins[i];
        if (at->day == 0 || at->who.role != GW_ROLE_DEVICE || at->seen_us - at->kept_us <= older_us)
            continue;
        at->kept_us = at->seen_us;
        out[n++] = (struct gw_device_seen){ at->who.token, at->seen_us };
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

int64_t gw_login_seen(struct gw_service *s, struct gw_id token)
{
    struct gw_audit_looks *l = s->looks;
    pthread_mutex_lock(&l->lock);
    int64_t seen = l->n_slots == 0 ? 0 : login_of(l, token)->seen_us;
    pthread_mutex_unlock(&l->lock);
    return seen;
}

enum { LOGINS_AT_ONCE = 64 };
struct logins {
    struct gw_service *s;
    struct gw_caller who[LOGINS_AT_ONCE];
    size_t n;
};

static bool log_logins(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct logins *l = arg;
    for (size_t i = 0; i < l->n; i++)
        if (!gw_audit_add(tx, l->s, &l->who[i], GW_AUDIT_LOGIN, &(struct gw_audit_facts){}, err))
            return false;
    return true;
}

/* Takes some that nobody has written yet; they are said before the write, so a write that fails loses them until
 * tomorrow: what such a token did is in the log by itself. */
static size_t take_logins(struct gw_audit_looks *l, struct gw_caller *who)
{
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    bool more = false;
    for (size_t i = 0; l->any_unsaid && i < l->n_slots && !more; i++) {
        more = n == LOGINS_AT_ONCE;
        if (!more && l->logins[i].unsaid) {
            who[n++] = l->logins[i].who;
            l->logins[i].unsaid = false;
        }
    }
    l->any_unsaid = more;
    pthread_mutex_unlock(&l->lock);
    return n;
}

bool gw_logins_log(struct gw_service *s, struct gw_err *err)
{
    struct logins l = { .s = s };
    while ((l.n = take_logins(s->looks, l.who)) > 0)
        if (!gw_store_write(s->store, log_logins, &l, err))
            return false;
    return true;
}
