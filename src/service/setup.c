/* setup.c - the first admin: a code that whoever started the service types into the console, once. */
#include "service/internal.h"

#include "base/log.h"

enum {
    CODE = 16,         /* characters of 5 bits */
    GROUP = 4,         /* written with a hyphen between */
    WRONG_MOST = 5,    /* a minute, from each address */
    GUESSERS = 64,     /* more addresses than that guessing within a minute: nobody is asked */
};
#define MINUTE_US (60 * GW_US_PER_S)
static_assert(CODE + CODE / GROUP == GW_SETUP_TEXT);

struct gw_setup {
    pthread_mutex_t lock;
    bool has_code;
    struct gw_hash code;       /* under a key of the store's */
    int64_t until_us;
    struct guesser {
        uint64_t from;
        unsigned wrong;
        int64_t since_us;      /* monotonic; a minute later it starts anew */
    } guessers[GUESSERS];
    size_t n_guessers;
};

struct gw_setup *gw_setup_new(void)
{
    struct gw_setup *u = gw_alloc(sizeof *u);
    pthread_mutex_init(&u->lock, NULL);
    return u;
}

void gw_setup_free(struct gw_setup *u)
{
    if (u == NULL)
        return;
    pthread_mutex_destroy(&u->lock);
    gw_wipe(u, sizeof *u);
    gw_free(u);
}

static struct gw_hash hash_of(const struct gw_service *s, const char code[CODE])
{
    return gw_store_hash(s->store, GW_HASH_TOKEN, gw_span_of(code, CODE));
}

bool gw_service_setup_code(char out[GW_SETUP_TEXT], int64_t *until_us, struct gw_service *s)
{
    struct gw_setup *u = s->setup;
    char code[CODE];
    *out = 0;
    *until_us = 0;
    if (s->conf->setup_lasts == 0 || gw_tokens_had_admin(s->tokens))
        return false;
    gw_token_random(code, CODE);
    char *p = out;
    for (size_t i = 0; i < CODE; i++) {
        if (i > 0 && i % GROUP == 0)
            *p++ = '-';
        *p++ = code[i];
    }
    *p = 0;
    *until_us = gw_clock_now(&s->clock) + s->conf->setup_lasts;
    pthread_mutex_lock(&u->lock);
    u->has_code = true;
    u->code = hash_of(s, code);
    u->until_us = *until_us;
    pthread_mutex_unlock(&u->lock);
    gw_wipe(code, sizeof code);
    return true;
}

bool gw_service_setup_open(struct gw_service *s, int64_t *until_us)
{
    struct gw_setup *u = s->setup;
    pthread_mutex_lock(&u->lock);
    bool open = u->has_code && gw_clock_now(&s->clock) < u->until_us;
    *until_us = open ? u->until_us : 0;
    pthread_mutex_unlock(&u->lock);
    return open && !gw_tokens_had_admin(s->tokens);
}

/* As it was printed, or as somebody reads it off: capitals, o for 0, i and l for 1. False: it cannot be one. */
static bool read_code(char out[CODE], struct gw_span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)(text.data[i] | 0x20); /* digits and the hyphen stay what they are */
        if (c == '-' || c == ' ')
            continue;
        if (n == CODE)
            return false;
        out[n++] = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
    }
    return n == CODE;
}

/* May this one guess? Under the lock. NULL: not now. */
static struct guesser *guesser_of(struct gw_setup *u, uint64_t from)
{
    int64_t now = gw_clock_monotonic_us();
    for (size_t i = 0; i < u->n_guessers;)
        if (now - u->guessers[i].since_us >= MINUTE_US)
            u->guessers[i] = u->guessers[--u->n_guessers];
        else
            i++;
    for (size_t i = 0; i < u->n_guessers; i++)
        if (u->guessers[i].from == from)
            return u->guessers[i].wrong < WRONG_MOST ? &u->guessers[i] : NULL;
    if (u->n_guessers == GUESSERS)
        return NULL;
    u->guessers[u->n_guessers] = (struct guesser){ .from = from, .since_us = now };
    return &u->guessers[u->n_guessers++];
}

static bool check_code(struct gw_service *s, const struct gw_setup_ask *ask, struct gw_err *err)
{
    struct gw_setup *u = s->setup;
    char code[CODE] = {};
    bool readable = read_code(code, ask->code);
    struct gw_hash hash = hash_of(s, code);
    gw_wipe(code, sizeof code);
    pthread_mutex_lock(&u->lock);
    struct guesser *g = guesser_of(u, ask->from);
    bool asked = g != NULL;
    bool right = asked && gw_equal_secret(hash.bytes, u->code.bytes, sizeof hash.bytes) && readable && u->has_code &&
        gw_clock_now(&s->clock) < u->until_us;
    if (asked && !right)
        g->wrong++;
    pthread_mutex_unlock(&u->lock);
    if (right)
        return true;
    gw_log(GW_LOG_WARN, "setup", GW_LOG_WORD("result", "refused"));
    return asked ? gw_fail(err, GW_ERR_FORBIDDEN, "this is not the code that was printed at start, or it has expired: another start prints another")
                 : gw_fail(err, GW_ERR_TOO_OFTEN, "too many codes that were wrong");
}

static bool take_code(struct gw_token_made *out, struct gw_service *s, const struct gw_setup_ask *ask, struct gw_once *once,
    struct gw_err *err)
{
    struct gw_setup *u = s->setup;
    const struct gw_token_new admin = { .role = GW_ROLE_ADMIN, .label = ask->label.size > 0 ? ask->label : gw_span_str("first admin") };
    /* Two with the right code at the same time: the transaction lets one of them be the first. */
    if (!check_code(s, ask, err) || !gw_token_make(out, s, NULL, &admin, "setup", true, once, err))
        return false;
    pthread_mutex_lock(&u->lock);
    u->has_code = false;
    gw_wipe(&u->code, sizeof u->code);
    pthread_mutex_unlock(&u->lock);
    gw_log(GW_LOG_INFO, "setup", GW_LOG_WORD("result", "done"));
    return true;
}

bool gw_service_setup(struct gw_token_made *out, struct gw_service *s, const struct gw_setup_ask *ask, struct gw_once *once,
    struct gw_err *err)
{
    bool replayed, fine;
    *out = (struct gw_token_made){};
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    fine = replayed ||
        (gw_tokens_had_admin(s->tokens)
                ? gw_fail(err, GW_ERR_CONFLICT, "there is an admin already: ask them for a token, or use `gangway user add` on the machine")
                : take_code(out, s, ask, once, err));
    gw_once_leave(s, once, fine);
    return fine;
}
