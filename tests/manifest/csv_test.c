/* csv_test.c - tables of travelers as spreadsheets write them; all persons are made up. */
#include "manifest/csv.h"
#include "tests/check.h"

static const struct gw_date today = { 2026, 11, 23 };

/* want: of each traveler surname/given sex birth nationality first-document(s) reference seat; problems as
 * row:column:code with ! for errors. */
static void render(struct gw_buf *out, const struct gw_manifest *m)
{
    for (size_t i = 0; i < m->n_travelers; i++) {
        const struct gw_manifest_traveler *t = &m->travelers[i];
        gw_buf_addf(out, "%s[%.*s/%.*s", out->size > 0 ? " " : "", (int)t->surname.size, t->surname.data, (int)t->given_names.size, t->given_names.data);
        if (t->sex != 0)
            gw_buf_addf(out, " %c", t->sex);
        if (t->birth_date.year != 0)
            gw_buf_addf(out, " %d-%d-%d", t->birth_date.year, t->birth_date.month, t->birth_date.day);
        if (t->nationality.size > 0)
            gw_buf_addf(out, " %.*s", (int)t->nationality.size, t->nationality.data);
        for (size_t k = 0; k < t->n_documents; k++) {
            gw_buf_addf(out, " %.*s:%.*s:%.*s", (int)t->documents[k].type.size, t->documents[k].type.data, (int)t->documents[k].number.size,
                t->documents[k].number.data, (int)t->documents[k].issuing_state.size, t->documents[k].issuing_state.data);
            if (t->documents[k].expiry_date.year != 0)
                gw_buf_addf(out, ":%d-%d-%d", t->documents[k].expiry_date.year, t->documents[k].expiry_date.month, t->documents[k].expiry_date.day);
        }
        if (t->reference.size > 0)
            gw_buf_addf(out, " #%.*s", (int)t->reference.size, t->reference.data);
        if (t->seat.size > 0)
            gw_buf_addf(out, " @%.*s", (int)t->seat.size, t->seat.data);
        if (t->kind == GW_TRAVELER_CREW)
            gw_buf_add_text(out, " crew");
        if (t->in_transit)
            gw_buf_add_text(out, " transit");
        if (t->status.size > 0)
            gw_buf_addf(out, " %.*s", (int)t->status.size, (const char *)t->status.data);
        if (t->permanent_resident != GW_UNSTATED)
            gw_buf_add_text(out, t->permanent_resident == GW_STATED_YES ? " resident" : " no-resident");
        if (t->accompanied != GW_UNSTATED)
            gw_buf_add_text(out, t->accompanied == GW_STATED_YES ? " accompanied" : " alone");
        gw_buf_add_text(out, "]");
    }
    for (size_t i = 0; i < m->n_problems; i++) {
        const struct gw_manifest_problem *p = &m->problems[i];
        gw_buf_addf(out, " %s", p->is_error ? "!" : "");
        if (p->has_segment)
            gw_buf_addf(out, "%zu", p->segment);
        gw_buf_addf(out, ":%s:%s", p->tag == NULL ? "" : p->tag, p->code);
    }
}

#define VOYAGE "flight: XX123\nfrom: YVR\nto: JFK\ndeparture: 2026-11-23T10:15\n"
#define CLARK "[CLARK/MICHAEL M 1963-7-25]"

static const struct row {
    const char *label, *text, *want;
} rows[] = {
    { "commas", VOYAGE "surname,given_names,sex,birth_date\nCLARK,MICHAEL,M,1963-07-25\n", CLARK },
    { "semicolons", VOYAGE "surname;given_names;sex;birth_date\nCLARK;MICHAEL;M;1963-07-25\n", CLARK },
    { "tabs", VOYAGE "surname\tgiven_names\tsex\tbirth_date\nCLARK\tMICHAEL\tM\t1963-07-25\n", CLARK },
    { "bars", VOYAGE "surname|given_names|sex|birth_date\nCLARK|MICHAEL|M|1963-07-25\n", CLARK },
    { "a spreadsheet's own line about its separator", "sep=;\n" VOYAGE "surname;given_names;sex;birth_date\nCLARK;MICHAEL;M;1963-07-25\n", CLARK },
    { "carriage returns and line feeds", "flight: XX123\r\nfrom: YVR\r\nto: JFK\r\ndeparture: 2026-11-23T10:15\r\nsurname,given_names,sex,birth_date\r\nCLARK,MICHAEL,M,1963-07-25\r\n", CLARK },
    { "carriage returns alone", "flight: XX123\rfrom: YVR\rto: JFK\rdeparture: 2026-11-23T10:15\rsurname,given_names,sex,birth_date\rCLARK,MICHAEL,M,1963-07-25\r", CLARK },
    { "no end of the last line", VOYAGE "surname,given_names,sex,birth_date\nCLARK,MICHAEL,M,1963-07-25", CLARK },
    { "UTF-8 with its mark", "\xEF\xBB\xBF" VOYAGE "surname,given_names\nÅSTRÖM,ZOË\n", "[ÅSTRÖM/ZOË]" },
    { "Latin-1 is told and converted", VOYAGE "surname,given_names\n\xC5STR\xD6M,ZO\xCB\n\x8A" "AR,\x80\n", "[ÅSTRÖM/ZOË] [ŠAR/€] ::charset" },
    { "quotes, and quotes in them", VOYAGE "\"surname\",\"given_names\",seat\n\"O\"\"NEILL, JR\",\"ADA\" , 12A\n", "[O\"NEILL, JR/ADA @12A]" },
    { "a line end in quotes is a blank", VOYAGE "surname,given_names\n\"VAN\nDYKE\",JO\nCLARK,MO\n", "[VAN DYKE/JO] [CLARK/MO]" },
    { "a quotation mark within a cell is a character", VOYAGE "surname,given_names\nO\"NEILL,ADA\n", "[O\"NEILL/ADA]" },
    { "header names in any dress", VOYAGE "LAST_NAME;First-Name;Date of Birth;PASSPORT NO.;Passport Country\nCLARK;MICHAEL;1963-07-25;MB 14-02;CAN\n", "[CLARK/MICHAEL 1963-7-25 :MB1402:CAN]" },
    { "Spanish", VOYAGE "Apellidos;Nombres;Sexo;Fecha de nacimiento;Nacionalidad;Número de pasaporte\nDA SILVA;RUI;Hombre;25/jul/1963;BRA;FT123\n", "[DA SILVA/RUI M 1963-7-25 BRA :FT123:]" },
    { "French, in Latin-1", VOYAGE "Nom;Pr\xE9nom;N\xE9;Nationalit\xE9\nDUPONT;ZOE;;FRA\n", "[DUPONT/ZOE FRA] ::column ::charset" },
    { "German", VOYAGE "Nachname;Vorname;Geschlecht;Geburtsdatum (TT.MM.JJJJ);Staatsangehörigkeit\nMÜLLER;EVA;w;03.04.1980;D\n", "[MÜLLER/EVA F 1980-4-3 D]" },
    { "middle names join the given ones", VOYAGE "surname,first name,middle name\nCLARK,MICHAEL,JAMES\n", "[CLARK/MICHAEL JAMES]" },
    { "whole names with a slash or comma", VOYAGE "name;seat\nCLARK/MICHAEL JAMES;1A\n\"OKAFOR, ADA\";1B\n", "[CLARK/MICHAEL JAMES @1A] [OKAFOR/ADA @1B]" },
    { "a whole name without either is kept whole, and told once", VOYAGE "name;seat\nMichael Clark;1A\nAda Okafor;1B\n", "[Michael Clark/ @1A] [Ada Okafor/ @1B] 0:name:name" },
    { "several documents by numbered columns", VOYAGE "surname,document_type,document_number,issuing_state,document 2 type,document_number_2,issuing_state2,expiry_date_2\nCLARK,P,MB1,CAN,visa,V7,USA,2027-01-01\nOKAFOR,,,,I,ID9,NGA,\n",
        "[CLARK/ P:MB1:CAN V:V7:USA:2027-1-1] [OKAFOR/ I:ID9:NGA]" },
    { "documents in words", VOYAGE "surname,document type,document number\nCLARK,Passport,MB1\nOKAFOR,Identity Card,ID9\nBERG,PP,N1\nX,QQQ,Z1\n", "[CLARK/ P:MB1:] [OKAFOR/ I:ID9:] [BERG/ PP:N1:] [X/ :Z1:] !3:document_type:code" },
    { "a class of admission, however it is written", VOYAGE "surname,Visa Class\nCLARK,b2\nOKAFOR,B1/B2\nPETIT,A-1\nROSSI,\n", "[CLARK/ B2] [OKAFOR/ B1] [PETIT/ A-1] [ROSSI/]" },
    { "residence, and children alone", VOYAGE "surname,permanent resident,UM\nCLARK,yes,no\nOKAFOR,N,Y\nPETIT,,\n", "[CLARK/ resident accompanied] [OKAFOR/ no-resident alone] [PETIT/]" },
    { "what is no class and no answer", VOYAGE "surname,visa class,permanent resident,accompanied\nCLARK,a very long class of admission,perhaps,sometimes\n",
        "[CLARK/] !0:class_of_admission:code !0:permanent_resident:choice !0:accompanied:choice" },
    { "a column called status is something else", VOYAGE "surname,given_names,status\nCLARK,JO,CONFIRMED\n", "[CLARK/JO] ::column" },
    { "crew and transit", VOYAGE "surname,kind,transit\nCLARK,crew,no\nOKAFOR,PAX,yes\n", "[CLARK/ crew] [OKAFOR/ transit]" },
    { "a crew list above the header", VOYAGE "kind: crew_list\nsurname,seat\nCLARK,1A\n", "[CLARK/ @1A crew]" },
    { "the voyage in columns", "flight,from,to,departure date,departure time,surname,seat\nXX123,YVR,JFK,2026-11-23,10:15,CLARK,1A\nxx123,yvr,jfk,2026-11-23,10:15,OKAFOR,1B\n", "[CLARK/ @1A] [OKAFOR/ @1B]" },
    { "a row of another flight is left out", "flight,from,to,departure,surname,seat\nXX123,YVR,JFK,2026-11-23T10:15,CLARK,1A\nXX999,YVR,JFK,2026-11-23T10:15,OKAFOR,1B\n", "[CLARK/ @1A] !1:flight:voyage" },
    { "the voyage in comments", "# flight: XX 123\n#from=YVR\n# to: JFK\n# departure: 2026-11-23 10:15\n# anything else\nsurname,seat\nCLARK,1A\n# the end\n", "[CLARK/ @1A]" },
    { "the voyage in cells of two", "Flight;XX123;;\nFrom;YVR;;\nTo;JFK;;\nDeparture;2026-11-23T10:15;;\n;;;\nsurname;seat;reference;sex\nCLARK;1A;A1;M\n", "[CLARK/ M #A1 @1A]" },
    { "a title above is told and passed over", "Passenger list\n" VOYAGE "surname,seat\nCLARK,1A\n", "[CLARK/ @1A] ::line" },
    { "a total below is the count", VOYAGE "surname,seat\nCLARK,1A\nTotal,2\n", "[CLARK/ @1A] :count:count" },
    { "blank rows are passed over", VOYAGE "surname,seat\n\n,,\nCLARK,1A\n  \n", "[CLARK/ @1A]" },
    { "the header again is passed over", VOYAGE "surname,seat\nCLARK,1A\nsurname,seat\nOKAFOR,1B\n", "[CLARK/ @1A] [OKAFOR/ @1B]" },
    { "short rows lack what they lack", VOYAGE "surname,given_names,seat\nCLARK\nOKAFOR,ADA\n", "[CLARK/] [OKAFOR/ADA]" },
    { "columns nobody knows are told", VOYAGE "surname,meal,seat,e-mail\nCLARK,VGML,1A,x@example.org\n", "[CLARK/ @1A] ::column ::column" },
    { "the same column twice", VOYAGE "surname,seat,surname\nCLARK,1A,OKAFOR\n", "[CLARK/ @1A] :surname:column" },
    { "a row with too many cells is left out", VOYAGE "surname,given_names\nDA SILVA, JR,RUI\nCLARK,MO\n", "[CLARK/MO] !0::cells" },
    { "empty cells too many do not matter", VOYAGE "surname,given_names\nCLARK,MO,,\n", "[CLARK/MO]" },
    { "an open quotation mark costs its row only", VOYAGE "surname,given_names\n\"CLARK,MO\nOKAFOR,ADA\nBERG,JO\n", "[OKAFOR/ADA] [BERG/JO] !0::syntax" },
    { "and so where a later row has some, too", VOYAGE "surname,given_names\n\"CLARK,MO\n\"OKAFOR\",\"ADA\"\n", "[OKAFOR/ADA] !0::syntax" },
    { "text behind a closing one costs the row", VOYAGE "surname,given_names\n\"CLARK\"X,MO\nOKAFOR,ADA\n", "[OKAFOR/ADA] !0::syntax" },
    { "who has nothing to be known by is left out", VOYAGE "surname,seat,reference\n,1A,\nCLARK,1B,\n", "[CLARK/ @1B] !0::missing" },
    { "a remark at the end is no traveler", VOYAGE "surname,seat,reference\nCLARK,1A,A1\nTotal passengers: 1,,\nprinted 20NOV\n",
        "[CLARK/ #A1 @1A] ::line ::line" },
    { "a name alone is somebody", VOYAGE "surname,seat,reference\nCLARK,,\n", "[CLARK/]" },
    { "a header alone is a list of nobody, and told", VOYAGE "surname,seat,reference\n", " ::missing" },
    { "who has no name is told", VOYAGE "surname,seat,reference\n,1A,A1\n", "[/ #A1 @1A] 0:surname:missing" },
    { "a reference twice leaves the second out", VOYAGE "surname,reference\nCLARK,A1\nOKAFOR,A1\n", "[CLARK/ #A1] !1:reference:duplicate" },
    { "codes that are none", VOYAGE "surname,nationality,origin,sex,in transit\nCLARK,Canada,Y,Q,perhaps\n", "[CLARK/] !0:nationality:code !0:origin:code !0:sex:choice !0:in_transit:choice" },
    { "a control character in a name", VOYAGE "surname,given_names\nCL\x07" "ARK,MO\n", "[/MO] !0:surname:character" },
    { "a document number with other characters", VOYAGE "surname,document number 2\nCLARK,M#1\n", "[CLARK/] !0:document_number_2:code" },
    { "nothing of the voyage", "surname,seat\nCLARK,1A\n", "[CLARK/ @1A] !:mode:missing !:carrier:missing !:number:missing !:from:missing !:to:missing !:departure:missing" },
    { "a ship", "mode: sea\ncarrier: SHIP\nnumber: N0042\nfrom: NOOSL\nto: GBHWI\ndeparture: 2026-11-23T10:15+01:00\nsurname,cabin number\nCLARK,4012\n", "[CLARK/ @4012]" },
    { "a departure nobody can read", "flight: XX123\nfrom: YVR\nto: JFK\ndeparture: 03/04/2026 10:15\nsurname,seat\nCLARK,1A\n", "[CLARK/ @1A] !:departure:date_ambiguous" },
    { "a day without the time", "flight: XX123\nfrom: YVR\nto: JFK\ndeparture date: 2026-11-23\nsurname,seat\nCLARK,1A\n", "[CLARK/ @1A] !:departure_date:time" },
};

static void tables(void **state)
{
    const struct row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) got = {};
    struct gw_manifest m;
    struct gw_err err = {};
    CHECK_OK(gw_manifest_parse_csv(&m, a, gw_span_str(r->text), today, &err));
    render(&got, &m);
    CHECK_TEXT(gw_buf_text(&got), r->want);
    CHECK_INT(m.valid, strchr(r->want, '!') == NULL);
    /* Every place is one of the text. */
    for (size_t i = 0; i < m.n_problems; i++)
        CHECK(m.problems[i].offset == GW_NO_PLACE || m.problems[i].offset <= strlen(r->text));
}

static const struct date_row {
    const char *label, *heading, *cell, *want; /* ? ambiguous, ! wrong */
} date_rows[] = {
    { "ISO", "birth_date", "1963-07-25", "1963-7-25" },
    { "ISO with single digits", "birth_date", "1963-7-5", "1963-7-5" },
    { "the year first in other dress", "birth_date", "1963/07/25", "1963-7-25" },
    { "eight digits", "birth_date", "19630725", "1963-7-25" },
    { "eight digits with the day first are not known", "birth_date", "25071963", "?" },
    { "unless the heading says", "birth date (DDMMYYYY)", "25071963", "1963-7-25" },
    { "a month by name", "birth_date", "25-JUL-1963", "1963-7-25" },
    { "a whole month's name", "birth_date", "25 July 1963", "1963-7-25" },
    { "run together as airlines do", "birth_date", "25JUL1963", "1963-7-25" },
    { "two digits of the year of a birth", "birth_date", "25JUL63", "1963-7-25" },
    { "a birth today", "birth_date", "23NOV26", "2026-11-23" },
    { "a birth tomorrow was long ago", "birth_date", "24NOV26", "1926-11-24" },
    { "only the day can be 25", "birth_date", "25/07/1963", "1963-7-25" },
    { "only the day can be 25, behind the month", "birth_date", "07/25/1963", "1963-7-25" },
    { "two ways to read it", "birth_date", "03/04/1980", "?" },
    { "two ways, with dots", "birth_date", "03.04.1980", "?" },
    { "the same either way", "birth_date", "04/04/1980", "1980-4-4" },
    { "day first, the heading says", "birth date (DD/MM/YYYY)", "03/04/1980", "1980-4-3" },
    { "month first, the heading says", "birth date [mm-dd-yyyy]", "03/04/1980", "1980-3-4" },
    { "the heading is wrong", "birth date (DD/MM/YYYY)", "07/25/1963", "!" },
    { "two digits of a year where the heading says the order", "birth date (DD/MM/YYYY)", "03/04/63", "1963-4-3" },
    { "two digits of a year, as the heading has them", "birth date (MM/DD/YY)", "03/04/63", "1963-3-4" },
    { "two digits of a year first", "birth date (YY-MM-DD)", "63-03-04", "1963-3-4" },
    { "two digits of a year, month and day exchanged", "birth date (DD/MM/YY)", "07/25/63", "!" },
    { "parts not known", "birth_date", "1985-XX-XX", "1985-0-0" },
    { "a day not known", "birth_date", "1985-07-00", "1985-7-0" },
    { "a day that does not exist", "birth_date", "1985-02-29", "!" },
    { "two digits everywhere", "birth_date", "25/07/63", "!" },
    { "a number of a spreadsheet", "birth_date", "23217", "!" },
    { "letters", "birth_date", "unknown", "!" },
    { "four parts", "birth_date", "1963-07-25-01", "!" },
};

static void dates(void **state)
{
    const struct date_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_manifest m;
    struct gw_err err = {};
    char got[32];
    gw_buf_addf(&text, VOYAGE "surname,%s\nCLARK,%s\n", r->heading, r->cell);
    CHECK_OK(gw_manifest_parse_csv(&m, a, gw_buf_span(&text), today, &err));
    struct gw_date d = m.travelers[0].birth_date;
    if (m.n_problems > 0)
        snprintf(got, sizeof got, "%s", strcmp(m.problems[0].code, "date_ambiguous") == 0 ? "?" : "!");
    else
        snprintf(got, sizeof got, "%d-%d-%d", d.year, d.month, d.day);
    CHECK_TEXT(got, r->want);
    if (m.n_problems > 0)
        CHECK(d.year == 0 && m.problems[0].offset == text.size - strlen(r->cell) - 1);
}

static void voyage(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_manifest m;
    struct gw_err err = {};
    CHECK_OK(gw_manifest_parse_csv(&m, a, gw_span_str("flight: 3U8888\nfrom: ctu\nto: YVR\ndeparture date: 23-NOV-2026\ndeparture time: 1015\narrival: 2026-11-23T18:40Z\n"
        "direction: arrival\nsender: XXAIR\nrecipient: BORDER\nmessage reference: M7\ncontact: CONTROL, DESK\nphone: +1 604 555\nemail: a@b.example\ncount: 1\n"
        "surname,seat\nCLARK,1A\n"), today, &err));
    CHECK(m.valid && m.n_problems == 0);
    CHECK(gw_span_is(m.voyage.carrier, "3U") && gw_span_is(m.voyage.number, "8888") && gw_span_is(m.voyage.from, "CTU"));
    CHECK(m.voyage.has_mode && m.voyage.mode == GW_MODE_AIR && m.voyage.direction == GW_DIRECTION_ARRIVAL);
    char text[GW_TIME_TEXT];
    gw_time_format(text, m.voyage.departure.us);
    CHECK(m.voyage.departure.local);
    CHECK_TEXT(text, "2026-11-23T10:15:00Z");
    gw_time_format(text, m.voyage.arrival.us);
    CHECK(!m.voyage.arrival.local);
    CHECK_TEXT(text, "2026-11-23T18:40:00Z");
    CHECK(gw_span_is(m.sender, "XXAIR") && gw_span_is(m.message_reference, "M7") && gw_span_is(m.reporting_party.name, "CONTROL, DESK"));
    CHECK(gw_span_is(m.reporting_party.telephone, "+1 604 555") && m.has_declared && m.declared == 1);
}

/* What a list of an unknown format gives, and what is no list. */
static void refused(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_manifest m;
    struct gw_err err = {};
    CHECK_FAILS(gw_manifest_parse_csv(&m, a, gw_span_str("hello world\nhow are you\n"), today, &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_manifest_parse_csv(&m, a, gw_span_str(""), today, &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_manifest_parse_csv(&m, a, gw_span_of("\xFF\xFEs\0u\0", 6), today, &err), GW_ERR_UNSUPPORTED);
    CHECK_FAILS(gw_manifest_parse_csv(&m, a, gw_span_of("", (size_t)GW_MANIFEST_BYTES_MAX + 1), today, &err), GW_ERR_LIMIT);
    for (int more = 0; more <= 1; more++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_add_text(&text, VOYAGE "surname,reference\n");
        for (int i = 0; i < GW_MANIFEST_TRAVELERS_MAX + more; i++)
            gw_buf_addf(&text, "CLARK,%d\n", i);
        if (more == 1)
            CHECK_FAILS(gw_manifest_parse_csv(&m, a, gw_buf_span(&text), today, &err), GW_ERR_LIMIT);
        else
            CHECK_OK(gw_manifest_parse_csv(&m, a, gw_buf_span(&text), today, &err));
    }
    GW_AUTO_VALUE(gw_buf) wide = {};
    gw_buf_add_text(&wide, VOYAGE "surname,seat\n\"");
    for (int i = 0; i < GW_CSV_ROW_BYTES; i++)
        gw_buf_add_text(&wide, "A");
    gw_buf_add_text(&wide, "\",1A\nCLARK,1B\n");
    CHECK_OK(gw_manifest_parse_csv(&m, a, gw_buf_span(&wide), today, &err));
    CHECK(m.n_travelers == 1 && !m.valid && m.n_left_out == 1);
    /* A reference twice: whose the second is, nobody knows. */
    CHECK_OK(gw_manifest_parse_csv(&m, a, gw_span_str(VOYAGE "surname,reference\nCLARK,A1\nOKAFOR,A1\n"), today, &err));
    CHECK(m.n_travelers == 1 && !m.valid && m.n_left_out == 1);
}

static const char mid[] = "\xEF\xBB\xBF# flight: XX123\nfrom;YVR;;\nto: JFK\ndeparture: 2026-11-23T10:15\nsurname;given_names;birth date (DD/MM/YYYY);document number 2;nationality\n"
                          "\"O\"\"NEILL\";ADA;03/04/1980;MB-1;CAN\nBERG;INGRID;31/12/1999;N1;NOR\n";

static void every_cut_and_arena(void **state)
{
    (void)state;
    struct gw_manifest m = {};
    for (size_t n = 0; n < sizeof mid; n++) {
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_err err = {};
        char *exact = malloc(n == 0 ? 1 : n);
        memcpy(exact, mid, n);
        CHECK(gw_manifest_parse_csv(&m, a, gw_span_of(exact, n), today, &err) || err.code == GW_ERR_FORMAT);
        free(exact);
    }
    bool done = false;
    for (size_t cap = 0; !done; cap += 16) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        struct gw_err err = {};
        done = gw_manifest_parse_csv(&m, a, gw_span_str(mid), today, &err);
        CHECK(done || err.code == GW_ERR_LIMIT);
        CHECK(cap < 1 << 20);
    }
    CHECK(m.n_travelers == 2 && m.valid);
}

/* The same travelers whatever the delimiter, the quotes and the order of the columns. */
static void same_in_any_dress(void **state)
{
    (void)state;
    static const char *const heads[] = { "surname", "given_names", "sex", "birth_date", "nationality", "document_number", "issuing_state", "reference" };
    static const char *const cells[2][8] = { { "O'NEILL, JR", "ADA;EVA", "F", "1980-04-03", "CAN", "MB1", "CAN", "A1" },
        { "BERG|X", "ING\"RID", "X", "1999-12-31", "NOR", "N1", "NOR", "A2" } };
    size_t order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    GW_AUTO_VALUE(gw_buf) want = {};
    uint32_t seed = 3;
    for (int round = 0; round < 200; round++) {
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO_VALUE(gw_buf) got = {};
        struct gw_manifest m;
        struct gw_err err = {};
        char delimiter = ",;\t|"[round % 4];
        gw_buf_add_text(&text, VOYAGE);
        for (int row = -1; row < 2; row++) {
            for (size_t i = 0; i < 8; i++) {
                const char *s = row < 0 ? heads[order[i]] : cells[row][order[i]];
                if (i > 0)
                    gw_buf_add(&text, &delimiter, 1);
                gw_buf_add_text(&text, "\"");
                for (; *s != 0; s++)
                    gw_buf_add_text(&text, *s == '"' ? "\"\"" : (char[]){ *s, 0 });
                gw_buf_add_text(&text, "\"");
            }
            gw_buf_add_text(&text, round % 3 == 0 ? "\r\n" : "\n");
        }
        CHECK_OK(gw_manifest_parse_csv(&m, a, gw_buf_span(&text), today, &err));
        CHECK(m.valid);
        render(round == 0 ? &want : &got, &m);
        if (round > 0)
            CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
        for (size_t i = 7; i > 0; i--) {
            seed = seed * 1664525u + 1013904223u;
            size_t k = (size_t)((uint64_t)seed * (i + 1) >> 32), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
    }
}

static void documented(void **state)
{
    (void)state;
    char path[1024];
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) page = {};
    const char *source = getenv("GANGWAY_TEST_SOURCE"), *name, *words;
    snprintf(path, sizeof path, "%s/docs/manifests.md", source == NULL ? "." : source);
    CHECK_OK(gw_buf_read_file(&page, path, 1 << 20, &err));
    for (size_t c = 0; (words = gw_csv_column_words(c, &name)) != NULL; c++) {
        GW_AUTO_VALUE(gw_buf) row = {};
        gw_buf_addf(&row, "| `%s` |", name);
        for (const char *w = words; w[1] != 0; w += 1 + strcspn(w + 1, " ")) {
            gw_buf_add_text(&row, w == words ? " " : ", ");
            gw_buf_add(&row, w + 1, strcspn(w + 1, " "));
        }
        if (strstr(gw_buf_text(&page), gw_buf_text(&row)) == NULL)
            fail_msg("docs/manifests.md lacks: %s", gw_buf_text(&row));
    }
}

int main(void)
{
    check_rows("csv", rows, tables);
    check_rows("csv date", date_rows, dates);
    check_add("csv", "the voyage's facts stand above the header", voyage);
    check_add("csv", "what is no table, and what is too large", refused);
    check_add("csv", "a file cut anywhere, in an arena of any size", every_cut_and_arena);
    check_add("csv", "the same travelers in any dress", same_in_any_dress);
    check_add("csv", "every name of a column is documented", documented);
    return check_done();
}
