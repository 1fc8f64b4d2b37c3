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
    { "a filler keeps its place in the weights", "592166117<231", 8 },
    { "a long number of a card, fillers and all", "D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<<", 2 },
    { "a run that ends in fillers", "HA672242<658022549601086<<<<<<<<<<<<<<0", 8 },
    { "a question mark is not MRZ", "HA672242<658022549601086?<<<<<<", -1 },
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
    { "lines may end in CR alone", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\rL898902C36UTO7408122F1204159ZE184226B<<<<<10\r",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "X is for the page, the zone has a filler", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122X1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 sex@64:sex", NULL },
    { "an unspecified sex is a filler", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122<1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "an unknown month of a known day is told", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74<<126F1204159ZE184226B<<<<<18\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-XX-12 2012-04-15 1", NULL },
    { "an unknown year leaves no date and a warning", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO<<08121F1204159ZE184226B<<<<<12\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 1 birth_date@57:date", NULL },
    { "half a day is no date", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74081<0F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 0 birth_date@57:date", NULL },
    { "month 00 is no month", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7400126F1204159ZE184226B<<<<<18\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA - 2012-04-15 0 birth_date@57:date", NULL },
    { "a document without expiry may leave date and digit empty", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F<<<<<<<UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n",
        "TD1 D23145890 ERIKSSON ANNA MARIA 1974-08-12 - 1", NULL },
    { "empty optional data may have the digit 0", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159<<<<<<<<<<<<<<08\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "empty optional data may have a filler for a digit", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159<<<<<<<<<<<<<<<8\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "optional data with a filler for a digit is wrong", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<<9\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 optional_data@86:check_digit", NULL },
    { "9303-5: a long number whose digit counts the filler (Belgium)", "IDBEL000590240<6013<<<<<<<<<<<\n8512017F1311048BEL851201002007\nREINARTZ<<ULRIKE<KATIA<E<<<<<<\n",
        "TD1 000590240601 REINARTZ ULRIKE KATIA E 1985-12-01 2013-11-04 1", NULL },
    { "the longest number of TD1 has 22 characters", "I<NLD123456789<01234567880122<\n6503101F3108022NLDOPT<DATA2<<8\nDE<BRUIJN<<WILLEKE<LISELOTTE<<\n",
        "TD1 1234567890123456788012 DE BRUIJN WILLEKE LISELOTTE 1965-03-10 2031-08-02 1", NULL },
    { "a long number without a filler behind it is an error", "I<UTOD23145890<123456789012342\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<<<<<<<<<<<<<<<<\n",
        "TD1 D2314589012345678901234 ERIKSSON ANNA 1974-08-12 2012-04-15 0 document_number@29:length", NULL },
    { "a number marked long that does not go on is a warning", "I<UTOD23145890<7<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<8\nERIKSSON<<ANNA<<<<<<<<<<<<<<<<\n",
        "TD1 D23145890 ERIKSSON ANNA 1974-08-12 2012-04-15 1 document_number@15:length", NULL },
    { "a passport has no long number", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C3<UTO7408122F1204159ZE184226B<<<<<18\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 document_number@53:check_digit", NULL },
    { "one filler in front of a name is passed over", "P<UTO<ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1 surname@5:name_separator", NULL },
    { "a name to the last place may be cut", "P<MYSMEGAN<ELLA<RUTH<BIN<ISMAELAR<EZZAHUDDIN\nL898902C36MYS7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 MEGAN ELLA RUTH BIN ISMAELAR EZZAHUDDIN - 1974-08-12 2012-04-15 1 cut", NULL },
    { "a crew certificate is a card", "ACUTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<<<<<<<<<<<<<<<<\n",
        "TD1 D23145890 ERIKSSON ANNA 1974-08-12 2012-04-15 1", NULL },
    { "a passport card is a card", "IPUSAC036003480<<<<<<<<<<<<<<<\n7408122F1204159USA<<<<<<<<<<<0\nTRAVELER<<HAPPY<<<<<<<<<<<<<<<\n",
        "TD1 C03600348 TRAVELER HAPPY 1974-08-12 2012-04-15 1", NULL },
    { "Kosovo is a state", "P<RKSERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36RKS7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "a Romanian identity card is an ordinary TD2", "IDROUPOPESCU<<ION<<<<<<<<<<<<<<<<<<<\nRX123456<9ROU8001014M300101911234566\n",
        "TD2 RX123456 POPESCU ION 1980-01-01 2030-01-01 1", NULL },
    { "a refugee document has a kind of person for a state", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36XXB7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 1", NULL },
    { "a digit in a nationality is an error", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UT07408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 nationality@56:character", NULL },
    { "letter O in a check digit is an error", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<1O\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 composite@87:check_digit", NULL },
    { "a blank inside a line is a reading error", "P<UTOERIKSSON<<ANNA MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "TD3 L898902C3 ERIKSSON ANNA MARIA 1974-08-12 2012-04-15 0 surname@19:character", NULL },
    { "an old French identity card is named though misread", "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512069F6\n", NULL, "French identity card" },
    { "a French driving licence is named", "D1FRA13AA000026181231MARTIN<<9", NULL, "French driving licence" },
    { "another driving licence is named", "D1EST13AA000026181231MARTIN<<9", NULL, "driving licence" },
    { "an old Slovak identity card is named", "I<SVKNOVAK<<JAN<<<<<<<<<<<<<<<<<<<\nSP123456<8SVK8001011M0801011<<<<<<\n", NULL, "Slovak" },
    { "47 characters on a line are no zone", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<<<", NULL, "47 characters" },
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
    if (m->name_may_be_cut)
        n += snprintf(out + n, size - (size_t)n, " cut");
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

static const struct repair_row {
    const char *label, *text, *want;
} repair_rows[] = {
    { "a date and its digit are put right together", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74O8I22F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 2 1" },
    { "the digit of the whole is put right", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<1O\n",
        "birth_date 1974-08-12 fixes 1 1" },
    { "the digit of a number is put right", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C3GUTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 1 1" },
    { "the list of states proves a state", "P<UT0ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 1 1" },
    { "0 is the D of Germany, the only such state", "P<0<<ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 1 1" },
    { "a state that could be two stays", "P<GB0ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 0 0" },
    { "what does not make the whole right is undone", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74O8122F1204159ZE184226B<<<<<15\n",
        "birth_date - fixes 0 0" },
    { "a name is never put right", "P<UTOERIK55ON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 0 0" },
    { "a number is never put right", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8989O2C36UTO7408122F1204159ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 0 0" },
    { "a date the digits do not prove stays", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1Z04151ZE184226B<<<<<10\n",
        "birth_date 1974-08-12 fixes 0 0" },
    { "L is not taken for 1", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408L22F1204159ZE184226B<<<<<10\n",
        "birth_date - fixes 0 0" },
    { "everything at once", "P<UT0ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO740BIZZF12041S9ZE184226B<<<<<1O\n",
        "birth_date 1974-08-12 fixes 7 1" },
    { "a visa has no digit of the whole", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4OO9078F9612109<<<<<<<<\n",
        "birth_date 1940-09-07 fixes 2 1" },
};

static void repaired(void **state)
{
    const struct repair_row *r = *state;
    struct gw_mrz m;
    struct gw_err err = {};
    struct gw_mrz_options o = on_2026;
    char got[80], date[GW_MRZ_DATE_TEXT];
    o.repair = true;
    CHECK_OK(gw_mrz_parse(&m, gw_span_str(r->text), &o, &err));
    gw_mrz_date_format(date, m.birth_date);
    snprintf(got, sizeof got, "birth_date %s fixes %zu %d", date[0] ? date : "-", m.n_fixes, m.valid);
    CHECK_TEXT(got, r->want);
    /* Each fix is told with what stood there. */
    char zone[128] = {};
    size_t n = 0;
    for (const char *c = r->text; *c != 0; c++)
        if (*c != '\n')
            zone[n++] = *c;
    for (size_t i = 0; i < m.n_fixes; i++)
        CHECK_INT(zone[m.fixes[i].position], m.fixes[i].from);
    /* Unasked, nothing is touched. */
    o.repair = false;
    CHECK_OK(gw_mrz_parse(&m, gw_span_str(r->text), &o, &err));
    CHECK_INT(m.n_fixes, 0);
}

static const struct write_row {
    const char *label, *surname, *given, *want; /* the name field of TD2; NULL: refused */
} write_rows[] = {
    { "a name that fits", "ERIKSSON", "ANNA MARIA", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<<" },
    { "a name without given names", "ERIKSSON", "", "ERIKSSON<<<<<<<<<<<<<<<<<<<<<<<" },
    { "a name cut inside a given name", "PAPANDROPOULOUS", "JONATHAN ALEXANDER", "PAPANDROPOULOUS<<JONATHAN<ALEXA" },
    { "a cut never ends in a filler", "NILAVADHANANANDA", "CHAYAPADEJO K", "NILAVADHANANANDA<<CHAYAPADEJO<K" },
    { "a letter makes room for the one behind a filler", "NILAVADHANANANDAA", "CHAYAPADEJO KASEM", "NILAVADHANANANDAA<<CHAYAPADEJ<K" },
    { "so it does before two fillers", "NILAVADHANANANDACHAYAPADEJTHAM", "KASEM", "NILAVADHANANANDACHAYAPADEJTH<<K" },
    { "two blanks would be read as the end of the surname", "ERIK  SSON", "ANNA", NULL },
    { "a blank in front is refused", " ERIKSSON", "ANNA", NULL },
    { "a blank behind is refused", "ERIKSSON ", "ANNA", NULL },
    { "lower case is refused", "Eriksson", "ANNA", NULL },
    { "no name is refused", "", "", NULL },
};

static void written(void **state)
{
    const struct write_row *r = *state;
    struct gw_mrz m = { .format = GW_MRZ_TD2, .document_code = "I", .issuing_state = "UTO", .nationality = "UTO",
        .document_number = "D23145890", .sex = 'F', .birth_date = { 1974, 8, 12 }, .expiry_date = { 2012, 4, 15 } };
    struct gw_err err = {};
    char text[GW_MRZ_TEXT];
    snprintf(m.surname, sizeof m.surname, "%s", r->surname);
    snprintf(m.given_names, sizeof m.given_names, "%s", r->given);
    if (r->want == NULL) {
        CHECK_FAILS(gw_mrz_format(text, &m, &err), GW_ERR_INVALID);
        return;
    }
    CHECK_OK(gw_mrz_format(text, &m, &err));
    text[36] = 0;
    CHECK_TEXT(text + 5, r->want);
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
        word(m.document_number, 1 + next(&seed) % (may_be_long && next(&seed) % 3 == 0 ? (m.format == GW_MRZ_TD1 ? 22 : 14) : 9), both, &seed);
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
    check_rows("mrz repair", repair_rows, repaired);
    check_rows("mrz written", write_rows, written);
    check_add("mrz", "20000 random documents come back as they were written", round_trip);
    check_add("state", "codes are found, countries of citizens derived", states_sorted);
    return check_done();
}
