/* mrz_test.c - the zones of Doc 9303 and the ways they go wrong. */
#include "document/mrz.h"
#include "document/state.h"
#include "tests/check.h"

static const struct digit_row {
    const char *label, *text;
    int want;
} digit_rows[] = {
    { "9303-3 4.9: a date of birth", "520727", 3 },
    { "9303-3 4.9: a document number", "AB2134<<<", 5 },
    { "9303-4: the specimen passport", "L898902C3", 6 },
    { "fillers weigh nothing", "<<<<<<<<<", 0 },
    { "letter O is not zero", "52O727", 7 },
    { "lower case is not MRZ", "ab2134<<<", -1 },
    { "a space is not a filler", "AB2134   ", -1 },
};

static void digits(void **state)
{
    const struct digit_row *r = *state;
    CHECK_INT(gw_mrz_check_digit(r->text, strlen(r->text)), r->want);
}

#define TD3 "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"

/* want: format number surname given birth expiry valid(1/0), then field@position:code of each problem;
 * NULL: cannot be read, and then `says` is part of the reason. */
static const struct zone_row {
    const char *label, *text, *want, *says;
} zone_rows[] = {
    { "9303-4: the specimen passport is valid", TD3,
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "carriage returns, blanks and empty lines around are passed over",
        "\r\n  P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<  \r\n\r\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\r\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "lines may be run together", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "9303-5: the specimen card is valid", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n",
        "TD1 D23145890 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "9303-6: the specimen of TD2 is valid", "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6\n",
        "TD2 D23145890 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "9303-7: a visa of size A has no composite digit", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<\n",
        "MRV-A L8988901C ERIKSSON ANNA MARIA 1940-09-07 1996-12-10 1", NULL },
    { "9303-7: a visa of size B", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<\n",
        "MRV-B L8988901C ERIKSSON ANNA MARIA 1940-09-07 1996-12-10 1", NULL },
    { "9303-5: a long number, its digit without the filler", "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<\n",
        "TD1 D23145890734 STEVENSON PETER JOHN 1934-07-12 1995-07-12 1", NULL },
    { "9303-6: a long number in TD2", "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8\n",
        "TD2 D23145890734 STEVENSON PETER JOHN 1934-07-12 1995-07-12 1", NULL },
    { "a filler for a digit with nothing behind it is wrong", "I<UTOD23145890<<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n",
        "TD1 D23145890 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 document_number@14:check_digit composite@59:check_digit", NULL },
    { "a wrong digit is given with its place", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204151ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 expiry_date@71:check_digit composite@87:check_digit", NULL },
    { "K is worth 20 and hides from the sum, but a date has no letters",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74K8122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 0 birth_date@59:character", NULL },
    { "an unknown day and month are told", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74<<<<1F1204159ZE184226B<<<<<18\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-XX-XX 2012-04-15 1", NULL },
    { "a wholly unknown birth date is absent", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO<<<<<<0F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 1", NULL },
    { "30 February is no day", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7402304F1204159ZE184226B<<<<<16\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 0 birth_date@57:date", NULL },
    { "the one-letter state D is a state", "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X0006H1D<<6408125F1710319<<<<<<<<<<<<<<<0\n",
        "TD3 C01X0006H MUSTERMANN ERIKA 1964-08-12 2017-10-31 1", NULL },
    { "a state nobody knows is a warning", "P<QQQERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1 issuing_state@2:state", NULL },
    { "no << means the whole is the primary identifier", "P<UTOERIKSSON<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 1974-08-12 2012-04-15 1", NULL },
    { "a second << is one filler and a warning", "P<UTOERIKSSON<<ANNA<<MARIA<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1 given_names@19:name_separator", NULL },
    { "a name that begins with << is a given name and a warning", "P<UTO<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 - ANNA MARIA 1974-08-12 2012-04-15 1 surname@5:name_separator", NULL },
    { "no name at all is an error", "P<UTO<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 - - 1974-08-12 2012-04-15 0 surname@5:missing", NULL },
    { "a digit in a name is an error", "P<UTOERIK55ON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIK55ON ANNA MARIA 1974-08-12 2012-04-15 0 surname@9:character", NULL },
    { "lower case is a reading error", "P<UTOeriksson<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 eriksson ANNA MARIA 1974-08-12 2012-04-15 0 surname@5:character", NULL },
    { "a card's code on a passport is an error", "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 document_code@0:document_code", NULL },
    { "IV is not a code", "IVUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6\n",
        "TD2 D23145890 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 document_code@1:document_code", NULL },
    { "one character short is no zone", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<1\n", NULL, "44, 43" },
    { "four lines are no zone", "A\nB\nC\nD\n", NULL, "more than three lines" },
    { "nothing is no zone", "\n \n", NULL, "nothing there" },
    { "a Swiss driving licence is named", "AAA001D<<\nFACHE305142128097<<800126<<<<<\nMARCHAND<<FABIENNE<<<<<<<<<<<<\n", NULL, "Swiss driving licence" },
    { "an old French identity card is named", "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6\n", NULL, "French identity card" },
};

static void summary(char *out, size_t size, const struct gw_mrz *m)
{
    char birth[GW_MRZ_DATE_TEXT], expiry[GW_MRZ_DATE_TEXT];
    gw_mrz_date_format(birth, m->birth_date);
    gw_mrz_date_format(expiry, m->expiry_date);
    int n = snprintf(out, size, "%s %s %s %s %s %s %d", gw_mrz_format_name(m->format), m->document_number,
        m->surname[0] ? m->surname : "-", m->given_names[0] ? m->given_names : "-", birth[0] ? birth : "-",
        expiry[0] ? expiry : "-", m->valid);
    for (size_t i = 0; i < m->n_problems; i++)
        n += snprintf(out + n, size - (size_t)n, " %s@%zu:%s", m->problems[i].field, m->problems[i].position, m->problems[i].code);
}

static const struct gw_mrz_options on_2026 = { .today = { 2026, 11, 23 } };

static void zones(void **state)
{
    const struct zone_row *r = *state;
    struct gw_mrz m;
    struct gw_err err = {};
    bool ok = gw_mrz_parse(&m, gw_span_str(r->text), &on_2026, &err);
    if (r->want == NULL) {
        CHECK(!ok);
        if (strstr(err.text, r->says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, r->says);
        return;
    }
    if (!ok)
        fail_msg("%s", err.text);
    char got[2000];
    summary(got, sizeof got, &m);
    CHECK_TEXT(got, r->want);
}

static const struct century_row {
    const char *label;
    unsigned yy;
    uint8_t month, day;
    int want;
} century_rows[] = {
    { "born today is this century", 26, 11, 23, 2026 },
    { "born tomorrow is a hundred years ago", 26, 11, 24, 1926 },
    { "born next month is too", 26, 12, 1, 1926 },
    { "an unknown day of this month is this century", 26, 11, 0, 2026 },
    { "an unknown month of this year is this century", 26, 0, 0, 2026 },
    { "next year is last century", 27, 1, 1, 1927 },
    { "99 is 1999", 99, 1, 1, 1999 },
};

static void centuries(void **state)
{
    const struct century_row *r = *state;
    CHECK_INT(gw_mrz_birth_year(r->yy, r->month, r->day, on_2026.today), r->want);
}

static void repaired(void **state)
{
    (void)state;
    struct gw_mrz m;
    struct gw_err err = {};
    struct gw_mrz_options o = on_2026;
    o.repair = true;
    CHECK_OK(gw_mrz_parse(&m, gw_span_str("P<UT0ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO740BIZZF12041S9ZE184226B<<<<<1O\n"), &o, &err));
    CHECK(m.valid);
    CHECK_INT(m.n_fixes, 7);
    CHECK_TEXT(m.issuing_state, "UTO");
    CHECK_INT(m.birth_date.day, 12);
    /* What no digit proves stays as it was read. */
    CHECK_OK(gw_mrz_parse(&m, gw_span_str("P<UTOERIK55ON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1Z04151ZE184226B<<<<<10\n"), &o, &err));
    CHECK(!m.valid);
    CHECK_INT(m.n_fixes, 0);
}

/* xorshift, so that a failure can be repeated */
static uint32_t next(uint32_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

static void word(char *out, size_t n, const char *alphabet, uint32_t *seed)
{
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[next(seed) % strlen(alphabet)];
    out[n] = 0;
}

static void round_trip(void **state)
{
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", both[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char *const codes[] = { "I", "ID", "P", "VC", "V" };
    static const char *const states[] = { "UTO", "D", "USA", "RKS", "GBN", "XXB" };
    uint32_t seed = 20261123;
    for (int i = 0; i < 20000; i++) {
        struct gw_mrz m = { .format = (enum gw_mrz_format)(next(&seed) % 5) }, back;
        struct gw_err err = {};
        strcpy(m.document_code, codes[m.format]);
        strcpy(m.issuing_state, states[next(&seed) % GW_COUNT(states)]);
        strcpy(m.nationality, states[next(&seed) % GW_COUNT(states)]);
        word(m.surname, 1 + next(&seed) % 12, letters, &seed);
        if (next(&seed) % 8 != 0)
            word(m.given_names, 1 + next(&seed) % 10, letters, &seed);
        bool may_be_long = m.format == GW_MRZ_TD1 || m.format == GW_MRZ_TD2;
        word(m.document_number, 1 + next(&seed) % (may_be_long && next(&seed) % 3 == 0 ? (m.format == GW_MRZ_TD1 ? 23 : 15) : 9), both, &seed);
        bool is_long = strlen(m.document_number) > 9;
        if (!is_long && next(&seed) % 2)
            word(m.optional_data, 1 + next(&seed) % 7, both, &seed);
        if (m.format == GW_MRZ_TD1 && next(&seed) % 2)
            word(m.optional_data_2, 1 + next(&seed) % 11, both, &seed);
        m.sex = "MF<"[next(&seed) % 3];
        m.birth_date = (struct gw_mrz_date){ (int16_t)(1930 + next(&seed) % 90), (uint8_t)(next(&seed) % 13), 0 };
        if (m.birth_date.month != 0)
            m.birth_date.day = (uint8_t)(next(&seed) % 29);
        m.expiry_date = (struct gw_mrz_date){ (int16_t)(2000 + next(&seed) % 80), (uint8_t)(1 + next(&seed) % 12), (uint8_t)(1 + next(&seed) % 28) };
        char text[GW_MRZ_TEXT], again[GW_MRZ_TEXT];
        CHECK_OK(gw_mrz_format(text, &m, &err));
        if (!gw_mrz_parse(&back, gw_span_str(text), &on_2026, &err))
            fail_msg("round %d: %s\n%s", i, err.text, text);
        if (!back.valid)
            fail_msg("round %d: %s@%zu %s\n%s", i, back.problems[0].field, back.problems[0].position, back.problems[0].text, text);
        CHECK_TEXT(back.surname, m.surname);
        CHECK_TEXT(back.given_names, m.given_names);
        CHECK_TEXT(back.document_number, m.document_number);
        CHECK_TEXT(back.optional_data, m.optional_data);
        CHECK_TEXT(back.optional_data_2, m.optional_data_2);
        CHECK_TEXT(back.nationality, m.nationality);
        CHECK_INT(back.sex, m.sex);
        CHECK(memcmp(&back.birth_date, &m.birth_date, sizeof m.birth_date) == 0);
        CHECK(memcmp(&back.expiry_date, &m.expiry_date, sizeof m.expiry_date) == 0);
        CHECK_OK(gw_mrz_format(again, &back, &err));
        CHECK_TEXT(again, text);
    }
}

static void states_sorted(void **state)
{
    (void)state;
    static const char *const known[] = { "AFG", "ZWE", "D", "DEU", "USA", "RKS", "XXA", "XPO", "UTO", "GBN", "EUE" };
    for (size_t i = 0; i < GW_COUNT(known); i++)
        CHECK(gw_state_find(known[i]) != NULL);
    CHECK(gw_state_find("QQQ") == NULL);
    CHECK(gw_state_find("") == NULL);
    CHECK(gw_state_find("usa") == NULL);
    CHECK_TEXT(gw_state_country("D"), "DEU");
    CHECK_TEXT(gw_state_country("GBO"), "GBR");
    CHECK_TEXT(gw_state_country("XXK"), "RKS");
    CHECK(gw_state_country("QQQ") == NULL);
}

int main(void)
{
    check_rows("check digit", digit_rows, digits);
    check_rows("mrz", zone_rows, zones);
    check_rows("century", century_rows, centuries);
    check_add("mrz", "repair changes only what a digit or the list of states proves", repaired);
    check_add("mrz", "20000 random documents come back as they were written", round_trip);
    check_add("state", "codes are found, countries of citizens derived", states_sorted);
    return check_done();
}
