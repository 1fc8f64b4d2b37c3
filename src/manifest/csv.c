/* csv.c - a table of travelers to a manifest. */
#include "manifest/csv.h"

#include "manifest/text.h"
#include "manifest/words.h"

#include "base/crypto.h"

#include <stdio.h>

/* ---- columns -------------------------------------------------------------------- */

enum column {
    /* of a traveler */
    SURNAME, GIVEN_NAMES, MIDDLE_NAMES, NAME, SEX, BIRTH_DATE, NATIONALITY, RESIDENCE, RESERVATION, REFERENCE, ORIGIN,
    DESTINATION, SEAT, IN_TRANSIT, TRAVELER_KIND, STATUS, PERMANENT_RESIDENT, ACCOMPANIED, UNACCOMPANIED,
    /* of his documents: may be numbered */
    DOCUMENT_TYPE, DOCUMENT_NUMBER, ISSUING_STATE, EXPIRY_DATE,
    /* of the voyage and the message: one value for all rows, or above the header */
    MODE, DIRECTION, CARRIER, NUMBER, FLIGHT, FROM, TO, DEPARTURE, DEPARTURE_DATE, DEPARTURE_TIME, ARRIVAL, ARRIVAL_DATE,
    ARRIVAL_TIME, KIND, FUNCTION, CLOSE_LIST, MESSAGE_REFERENCE, SENDER, RECIPIENT,
    /* of the file: only above the header; in a column they are the traveler's own, and not kept */
    PARTY_NAME, TELEPHONE, EMAIL, COUNT_, DATE_ORDER,
    N_COLUMNS, UNKNOWN = N_COLUMNS,
    FIRST_DOCUMENT = DOCUMENT_TYPE, FIRST_SHARED = MODE, FIRST_OF_FILE = PARTY_NAME,
};

/* The name that problems show, then how it is written in headers: lower case, letters and
 * digits only, accents gone. docs/manifests.md has the same table; a test compares them. */
static const struct {
    const char *name, *words;
} columns[N_COLUMNS] = {
    [SURNAME] = { "surname", " surname lastname familyname paxsurname passengersurname apellido apellidos primerapellido nom nomdefamille nachname familienname cognome sobrenome " },
    [GIVEN_NAMES] = { "given_names", " givennames givenname firstname firstnames forename forenames nombre nombres prenom prenoms vorname vornamen nome " },
    [MIDDLE_NAMES] = { "middle_names", " middlenames middlename middle secondname segundonombre " },
    [NAME] = { "name", " name fullname passengername paxname travelername travellername nombrecompleto nomcomplet nomecompleto " },
    [SEX] = { "sex", " sex gender sexo sexe geschlecht sesso genero genre " },
    [BIRTH_DATE] = { "birth_date", " birthdate dateofbirth dob born birthday fechadenacimiento fechanacimiento datedenaissance geburtsdatum datadinascita datadenascimento " },
    [NATIONALITY] = { "nationality", " nationality citizenship nacionalidad nationalite staatsangehoerigkeit staatsangehorigkeit nazionalita cittadinanza nacionalidade " },
    [RESIDENCE] = { "residence", " residence countryofresidence residencecountry paisderesidencia paysderesidence wohnsitzland " },
    [RESERVATION] = { "reservation", " reservation pnr pnrlocator recordlocator locator booking bookingreference bookingnumber bookingcode reserva localizador buchung buchungsnummer buchungscode " },
    [REFERENCE] = { "reference", " reference uniquepassengerreference passengerreference passengerid paxid travelerid travellerid travelerreference upr referencia " },
    [ORIGIN] = { "origin", " origin embarkation portofembarkation embarkationport boardingport boardpoint origen embarque " },
    [DESTINATION] = { "destination", " destination debarkation disembarkation portofdebarkation portofdisembarkation offpoint destino desembarque reiseziel " },
    [SEAT] = { "seat", " seat seatnumber seatno asiento siege sitz sitzplatz cabinnumber stateroom " },
    [IN_TRANSIT] = { "in_transit", " intransit transit transito " },
    [TRAVELER_KIND] = { "kind", " kind travelerkind travelerkinds travellerkind travelertype travellertype passengertype paxtype crewindicator tipodeviajero " },
    /* A bare "status" is as often whether a booking is confirmed. */
    [STATUS] = { "class_of_admission", " classofadmission admissionclass visaclass visacategory visastatus visatype immigrationstatus immigrationclass statutmigratoire clasedevisa tipodevisa categoriedevisa visumkategorie visumart " },
    [PERMANENT_RESIDENT] = { "permanent_resident", " permanentresident lawfulpermanentresident lpr residentepermanente residentpermanent daueraufenthalt " },
    [ACCOMPANIED] = { "accompanied", " accompanied accompaniedchild accompaniedminor acompanado accompagne begleitet " },
    [UNACCOMPANIED] = { "unaccompanied", " unaccompanied unaccompaniedminor unaccompaniedchild um umnr menornoacompanado mineurnonaccompagne unbegleitet alleinreisendeskind " },
    [DOCUMENT_TYPE] = { "document_type", " documenttype doctype typeofdocument traveldocumenttype tipodedocumento tipodocumento typededocument dokumentenart dokumentart " },
    [DOCUMENT_NUMBER] = { "document_number", " documentnumber documentno docnumber docno passportnumber passportno passport documentid traveldocumentnumber numerodedocumento numerodepasaporte pasaporte numerodepasseport passeport numerodudocument passnummer reisepassnummer dokumentennummer dokumentnummer numerodipassaporto passaporto numerodopassaporte " },
    [ISSUING_STATE] = { "issuing_state", " issuingstate issuingcountry issuingauthority documentissuingstate documentissuingcountry documentcountry documentstate passportcountry passportissuingcountry countryofissue paisemisor paisdeexpedicion paysdedelivrance paysemetteur ausstellerstaat ausstellungsland " },
    [EXPIRY_DATE] = { "expiry_date", " expirydate expirationdate expiry expires expiration dateofexpiry documentexpiry documentexpirydate documentexpirationdate passportexpiry passportexpirydate passportexpirationdate validuntil fechadevencimiento fechadecaducidad datedexpiration gueltigbis gultigbis ablaufdatum scadenza datadevalidade " },
    [MODE] = { "mode", " mode transportmode modeoftransport " },
    [DIRECTION] = { "direction", " direction inboundoutbound " },
    [CARRIER] = { "carrier", " carrier carriercode airline airlinecode aerolinea operator " },
    [NUMBER] = { "number", " voyagenumber voyageno voyage sailing sailingnumber trainnumber tripnumber vesselvoyage " },
    [FLIGHT] = { "flight", " flight flightnumber flightno fltno flt vuelo numerodevuelo vol numerodevol flug flugnummer volo numerodivolo voo " },
    [FROM] = { "from", " from departureport portofdeparture departureairport airportofdeparture departurestation desde aeropuertodesalida abflughafen " },
    [TO] = { "to", " to arrivalport portofarrival arrivalairport airportofarrival arrivalstation hasta aeropuertodellegada ankunftsflughafen zielflughafen " },
    [DEPARTURE] = { "departure", " departure std etd departuredatetime scheduleddeparture scheduledtimeofdeparture salida depart abflug " },
    [DEPARTURE_DATE] = { "departure_date", " departuredate flightdate dateofdeparture dateofflight fechadesalida fechadevuelo datededepart datedevol abflugdatum " },
    [DEPARTURE_TIME] = { "departure_time", " departuretime timeofdeparture horadesalida heuredepart abflugzeit " },
    [ARRIVAL] = { "arrival", " arrival sta eta arrivaldatetime scheduledarrival scheduledtimeofarrival llegada arrivee ankunft " },
    [ARRIVAL_DATE] = { "arrival_date", " arrivaldate dateofarrival fechadellegada datedarrivee ankunftsdatum " },
    [ARRIVAL_TIME] = { "arrival_time", " arrivaltime timeofarrival horadellegada heuredarrivee ankunftszeit " },
    [KIND] = { "list", " list listkind manifestkind kindoflist messagekind manifesttype " },
    [FUNCTION] = { "function", " function messagefunction " },
    [CLOSE_LIST] = { "close_out_list", " closeoutlist " },
    [MESSAGE_REFERENCE] = { "message_reference", " messagereference messageid manifestid manifestreference " },
    [SENDER] = { "sender", " sender sentby remitente absender expediteur " },
    [RECIPIENT] = { "recipient", " recipient receiver destinatario empfaenger empfanger destinataire " },
    [PARTY_NAME] = { "reporting_party", " reportingparty contact contactname reportedby " },
    [TELEPHONE] = { "telephone", " telephone phone contacttelephone contactphone telefono telefon " },
    [EMAIL] = { "email", " email mail contactemail correo correoelectronico " },
    [COUNT_] = { "count", " count total totals passengers totalpassengers numberofpassengers numberoftravelers numberoftravellers paxcount " },
    [DATE_ORDER] = { "date_order", " dateorder dateformat formatodefecha formatdedate datumsformat " },
};

const char *gw_csv_column_words(size_t column, const char **name)
{
    if (column >= N_COLUMNS)
        return NULL;
    *name = columns[column].name;
    return columns[column].words;
}

/* ISO 8859-1's letters from U+00C0 without their accents; blank for what is no letter. */
static const char plain_letters[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";

/* Lower case, letters and digits; what stands in brackets goes to `aside`. */
enum { NAME_BYTES = 64 };
static size_t normalize(char out[NAME_BYTES], char aside[NAME_BYTES], struct gw_span s)
{
    size_t n = 0, n_aside = 0;
    bool inside = false;
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = s.data[i];
        if (c == '(' || c == '[')
            inside = true;
        else if (c == ')' || c == ']')
            inside = false;
        char letter = 0;
        if (c >= 'A' && c <= 'Z')
            letter = (char)(c | 0x20);
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            letter = (char)c;
        else if (c == 0xC3 && i + 1 < s.size && s.data[i + 1] >= 0x80 && s.data[i + 1] < 0xC0)
            letter = plain_letters[s.data[++i] - 0x80];
        else if (c >= 0xC0 && (i + 1 == s.size || s.data[i + 1] < 0x80)) /* the same in Latin-1 */
            letter = plain_letters[c - 0xC0];
        if (letter == 0 || letter == ' ')
            continue;
        if (inside && n_aside < NAME_BYTES - 1)
            aside[n_aside++] = letter;
        else if (!inside && n == NAME_BYTES - 1)
            return 0; /* longer than any name */
        else if (!inside)
            out[n++] = letter;
    }
    out[n] = aside[n_aside] = 0;
    return n;
}

static enum column column_of(const char *name)
{
    char word[NAME_BYTES + 2];
    int n = snprintf(word, sizeof word, " %s ", name);
    if (n > 2)
        for (int c = 0; c < N_COLUMNS; c++)
            if (strstr(columns[c].words, word) != NULL)
                return (enum column)c;
    return UNKNOWN;
}

/* Which part of a date comes first. */
enum order { ORDER_NONE, ORDER_DMY, ORDER_MDY, ORDER_YMD };
static enum order order_of(const char *text)
{
    static const struct {
        const char *text;
        enum order order;
    } orders[] = { { "ddmmyyyy", ORDER_DMY }, { "mmddyyyy", ORDER_MDY }, { "yyyymmdd", ORDER_YMD }, { "dmy", ORDER_DMY }, { "mdy", ORDER_MDY },
        { "ymd", ORDER_YMD }, { "ddmmyy", ORDER_DMY }, { "mmddyy", ORDER_MDY }, { "yymmdd", ORDER_YMD }, { "ddmmaaaa", ORDER_DMY }, { "jjmmaaaa", ORDER_DMY }, { "ttmmjjjj", ORDER_DMY } };
    for (size_t i = 0; i < GW_COUNT(orders); i++)
        if (strcmp(text, orders[i].text) == 0)
            return orders[i].order;
    return ORDER_NONE;
}

struct head {
    enum column column;
    unsigned document; /* 0 is the first */
    enum order order;
};

/* "Document number 2", "document2_number", "Date of birth (DD/MM/YYYY)". */
static struct head read_head(struct gw_span cell)
{
    char name[NAME_BYTES], aside[NAME_BYTES], base[NAME_BYTES];
    struct head h = { .column = UNKNOWN };
    if (normalize(name, aside, cell) == 0)
        return h;
    h.order = order_of(aside);
    h.column = column_of(name);
    size_t n = 0, digits = 0;
    unsigned number = 0;
    for (const char *c = name; *c != 0; c++)
        if (*c >= '0' && *c <= '9') {
            digits++;
            number = (unsigned)(*c - '0');
        } else {
            base[n++] = *c;
        }
    base[n] = 0;
    if (h.column != UNKNOWN || digits != 1 || number == 0 || number > GW_MANIFEST_DOCUMENTS_MAX)
        return h;
    enum column c = column_of(base);
    if (c >= FIRST_DOCUMENT && c < FIRST_SHARED) {
        h.column = c;
        h.document = number - 1;
    }
    return h;
}

/* ---- rows ------------------------------------------------------------------------- */

struct cell {
    struct gw_span text; /* trimmed, unquoted; in the input or in scratch */
    size_t offset;
};

struct value {
    struct gw_span text;
    size_t offset, row;
    bool has_row;
};

struct reader {
    struct gw_manifest *out;
    struct gw_arena *a;
    struct gw_err *err;
    struct gw_text_pool pool;
    struct gw_span in;
    size_t at;
    struct gw_date today;
    char delimiter;
    enum order order; /* of all dates, where said above the header */

    struct cell cells[GW_CSV_COLUMNS_MAX];
    size_t n_cells, row_offset, used;
    char scratch[GW_CSV_ROW_BYTES];

    struct head heads[GW_CSV_COLUMNS_MAX];
    size_t n_heads;
    struct gw_span header; /* its bytes */
    struct value shared[N_COLUMNS];
    size_t row; /* of data */
    bool has_row, has_kind;
    size_t cap_travelers, cap_problems, cap_places;
    struct place {
        size_t row, offset;
    } *places; /* of travelers */
    bool has_whole_name;
};

static bool problem(struct reader *r, bool is_error, size_t offset, const char *tag, const char *code, const char *text)
{
    return gw_manifest_problem_add(r->out, &r->cap_problems, r->a,
        (struct gw_manifest_problem){ .is_error = is_error, .has_segment = r->has_row, .segment = r->row, .offset = offset,
            .tag = tag, .code = code, .text = text },
        r->err);
}

static void end_line(struct reader *r)
{
    if (r->at < r->in.size && r->in.data[r->at] == '\r')
        r->at++;
    if (r->at < r->in.size && r->in.data[r->at] == '\n')
        r->at++;
}

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* A cell in quotes; at is behind the opening one. False where it does not close properly. */
static bool read_quoted(struct reader *r, struct gw_span *out)
{
    size_t start = r->used;
    while (r->at < r->in.size) {
        uint8_t c = r->in.data[r->at++];
        if (c == '"') {
            if (r->at == r->in.size || r->in.data[r->at] != '"')
                break;
            r->at++;
        }
        if (r->used == sizeof r->scratch || r->at == r->in.size)
            return false;
        r->scratch[r->used++] = (char)(is_line_end(c) ? ' ' : c);
    }
    *out = gw_span_of(r->scratch + start, r->used - start);
    while (r->at < r->in.size && r->in.data[r->at] == ' ' && r->delimiter != ' ')
        r->at++;
    return r->at == r->in.size || r->in.data[r->at] == (uint8_t)r->delimiter || is_line_end(r->in.data[r->at]);
}

enum row { ROW, ROW_BLANK, ROW_BAD, ROW_END };

/* One record. What is wrong in it ends at the end of the line it began on. */
static enum row next_row(struct reader *r, const char **why)
{
    r->row_offset = r->at;
    r->n_cells = r->used = 0;
    if (r->at == r->in.size)
        return ROW_END;
    bool any = false;
    *why = NULL;
    for (;;) {
        while (r->at < r->in.size && r->in.data[r->at] == ' ')
            r->at++;
        struct cell c = { .offset = r->at };
        if (r->n_cells == GW_CSV_COLUMNS_MAX) {
            *why = "a row of more cells than any table of travelers has";
            break;
        }
        if (r->at < r->in.size && r->in.data[r->at] == '"') {
            r->at++;
            if (!read_quoted(r, &c.text)) {
                *why = "a quotation mark is missing or one too many (RFC 4180, 2.5)";
                break;
            }
        } else {
            while (r->at < r->in.size && r->in.data[r->at] != (uint8_t)r->delimiter && !is_line_end(r->in.data[r->at]))
                r->at++;
            c.text = gw_span_slice(r->in, c.offset, r->at);
        }
        if (r->at - r->row_offset > GW_CSV_ROW_BYTES) {
            *why = "a row of more than 16384 bytes";
            break;
        }
        c.text = gw_span_trim(c.text);
        any = any || c.text.size > 0;
        r->cells[r->n_cells++] = c;
        if (r->at == r->in.size || is_line_end(r->in.data[r->at])) {
            end_line(r);
            return any ? ROW : ROW_BLANK;
        }
        r->at++; /* the delimiter */
    }
    r->at = r->row_offset;
    while (r->at < r->in.size && !is_line_end(r->in.data[r->at]))
        r->at++;
    end_line(r);
    return ROW_BAD;
}

/* ---- single facts ------------------------------------------------------------------- */

/* The column's name as a tag: document_number_2. */
static bool tag_of(struct reader *r, const char **out, struct head h)
{
    *out = h.column == UNKNOWN ? NULL : columns[h.column].name;
    if (h.document == 0 || h.column == UNKNOWN)
        return true;
    char name[NAME_BYTES];
    struct gw_span kept;
    int n = snprintf(name, sizeof name, "%s_%u", columns[h.column].name, h.document + 1);
    if (!gw_text_keep(&kept, &r->pool, gw_span_of(name, (size_t)n + 1), r->err))
        return false;
    *out = (const char *)kept.data;
    return true;
}

static bool wrong(struct reader *r, const struct cell *c, struct head h, const char *code, const char *text)
{
    const char *tag;
    return tag_of(r, &tag, h) && problem(r, true, c->offset, tag, code, text);
}

static bool take_text(struct reader *r, struct gw_span *out, const struct cell *c, struct head h, size_t most)
{
    struct gw_span kept;
    for (size_t i = 0; i < c->text.size; i++)
        if ((c->text.data[i] < ' ' && c->text.data[i] != '\t') || c->text.data[i] == 0x7F)
            return wrong(r, c, h, "character", "a control character");
    if (!gw_text_keep(&kept, &r->pool, c->text, r->err))
        return false;
    if (kept.size > most)
        return wrong(r, c, h, "too_long", most == GW_MANIFEST_NAME_MAX ? "longer than 200 bytes" : "longer than 64 bytes");
    *out = kept;
    return true;
}

static bool take_name(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    return take_text(r, out, c, h, GW_MANIFEST_NAME_MAX);
}

static bool take_code(struct reader *r, struct gw_span *out, const struct cell *c, struct head h, size_t least, size_t most,
    const char *others, const char *rule)
{
    bool fine = c->text.size >= least && c->text.size <= most;
    for (size_t i = 0; fine && i < c->text.size; i++) {
        uint8_t u = c->text.data[i];
        fine = (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || (u >= '0' && u <= '9') || (u != 0 && strchr(others, u) != NULL);
    }
    if (!fine)
        return wrong(r, c, h, "code", rule);
    return gw_text_keep_upper(out, &r->pool, c->text, r->err);
}

static bool take_port(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    return take_code(r, out, c, h, 2, 8, "", "not a port's code of 2 to 8 letters and digits");
}

static bool take_state(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    bool fine = c->text.size == 3 || gw_span_is(c->text, "D") || gw_span_is(c->text, "d");
    for (size_t i = 0; i < c->text.size; i++)
        fine = fine && (c->text.data[i] | 0x20) >= 'a' && (c->text.data[i] | 0x20) <= 'z';
    if (!fine)
        return wrong(r, c, h, "code", "not a state's code of three letters (ICAO Doc 9303-3, 5)");
    return gw_text_keep_upper(out, &r->pool, c->text, r->err);
}

/* One of several words, each with the letter it means; 0 when it is none of them. */
struct choice {
    const char *words;
    int means;
};
static int choose(const struct choice *choices, size_t n, struct gw_span s)
{
    char name[NAME_BYTES], aside[NAME_BYTES], word[NAME_BYTES + 2];
    if (normalize(name, aside, s) == 0)
        return 0;
    snprintf(word, sizeof word, " %s ", name);
    for (size_t i = 0; i < n; i++)
        if (strstr(choices[i].words, word) != NULL)
            return choices[i].means;
    return 0;
}

static const struct choice sexes[] = {
    { " m male man masculin masculino maschile mannlich maennlich h hombre homme mr ", 'M' },
    { " f female woman feminin feminino femenino femminile weiblich w mujer femme mrs ms ", 'F' },
    { " x other unspecified nonbinary ", 'X' },
    { " u unknown undisclosed ", 'U' },
};
static const struct choice answers[] = {
    { " yes y true 1 x si s oui o ja j sim ", 'Y' },
    { " no n false 0 non nein nao ", 'N' },
};
static const struct choice traveler_kinds[] = {
    { " passenger pax p fl adt adult chd child inf infant pasajero passager passagier ddu ", 'P' },
    { " crew c cr fm crewmember staff tripulante tripulacion equipage besatzung ddt ", 'C' },
};
static const struct choice document_types[] = {
    { " passport passeport pasaporte reisepass passaporto passaporte pass pp ", 'P' },
    { " visa visado visum visto ", 'V' },
    { " id idcard identitycard nationalid nationalidcard personalausweis cartedidentite cni dni cedula identity ", 'I' },
    { " residencepermit residencecard greencard permanentresidentcard aufenthaltstitel ", 'C' },
};
static const struct choice months[] = {
    { " jan january ene enero janv janvier januar gen gennaio janeiro ", 1 },
    { " feb february febrero fev fevrier februar febbraio fevereiro ", 2 },
    { " mar march marzo mars mrz maerz marz marco ", 3 },
    { " apr april abr abril avr avril aprile ", 4 },
    { " may mayo mai mag maggio maio ", 5 },
    { " jun june junio juin juni giu giugno junho ", 6 },
    { " jul july julio juil juillet juli lug luglio julho ", 7 },
    { " aug august ago agosto aou aout ", 8 },
    { " sep sept september septiembre septembre set settembre setembro ", 9 },
    { " oct october octubre octobre okt oktober ott ottobre out outubro ", 10 },
    { " nov november noviembre novembre novembro ", 11 },
    { " dec december dic diciembre decembre dez dezember dicembre dezembro ", 12 },
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

enum date_read { DATE_FINE, DATE_WRONG, DATE_AMBIGUOUS };

static bool number_part(struct gw_span s, int *out, size_t most_digits)
{
    uint64_t n;
    if (s.size > most_digits || !gw_span_uint(s, 9999, &n))
        return false;
    *out = (int)n;
    return true;
}

/* Two digits of a year: a birth is not after today; an expiry is from 20 years ago on. */
static int whole_year(int yy, int month, int day, bool birth, struct gw_date today)
{
    int year = today.year / 100 * 100 + yy;
    if (birth)
        return year > today.year || (year == today.year && (month > today.month || (month == today.month && day > today.day))) ? year - 100 : year;
    return year < today.year - 20 ? year + 100 : year >= today.year + 80 ? year - 100 : year;
}

/* 1963-07-25, 1963/7/25, 19630725, 25-JUL-1963, 25 July 1963, 25JUL63; 25/07/1963 where
 * only one order makes it a date or the column says which, and then 25/07/63. Births: 1985-XX-XX, too. */
static enum date_read read_date(struct gw_date *out, struct gw_span s, enum order order, bool birth, struct gw_date today)
{
    struct gw_span part[3] = {};
    size_t n = 0, at = 0;
    /* Parts are runs of digits or of other letters; X stands for a digit not known. */
    while (at < s.size) {
        uint8_t c = s.data[at];
        if (c == '-' || c == '/' || c == '.' || c == ' ' || c == ',') {
            at++;
            continue;
        }
        size_t from = at;
        bool digits = is_digit(c);
        while (at < s.size && strchr("-/. ,", s.data[at]) == NULL && s.data[at] != 0 && is_digit(s.data[at]) == digits)
            at++;
        if (n == 3 || at == from)
            return DATE_WRONG;
        part[n++] = gw_span_slice(s, from, at);
    }
    if (n == 1 && part[0].size == 8 && is_digit(part[0].data[0])) {
        bool year_first = order == ORDER_YMD || (order == ORDER_NONE && (gw_span_starts(part[0], "19") || gw_span_starts(part[0], "20")));
        if (!year_first && order == ORDER_NONE)
            return DATE_AMBIGUOUS;
        struct gw_span all = part[0];
        size_t cut[2] = { year_first ? 4 : 2, year_first ? 6 : 4 };
        part[0] = gw_span_slice(all, 0, cut[0]);
        part[1] = gw_span_slice(all, cut[0], cut[1]);
        part[2] = gw_span_slice(all, cut[1], 8);
        n = 3;
    }
    int a, b, c;
    struct gw_date d = {};
    if (n != 3)
        return DATE_WRONG;
    int month = choose(months, GW_COUNT(months), part[1]);
    if (month > 0 && number_part(part[0], &a, 2) && number_part(part[2], &c, 4) && (part[2].size == 2 || part[2].size == 4)) {
        int year = part[2].size == 4 ? c : whole_year(c, month, a, birth, today);
        d = (struct gw_date){ (int16_t)year, (uint8_t)month, (uint8_t)a };
    } else if (part[0].size == 4 && number_part(part[0], &a, 4)) {
        bool unknown_month = gw_span_is(part[1], "XX") || gw_span_is(part[1], "00");
        bool unknown_day = gw_span_is(part[2], "XX") || gw_span_is(part[2], "00");
        if (birth && unknown_day) {
            int m = 0;
            if (!unknown_month && (!number_part(part[1], &m, 2) || m < 1 || m > 12))
                return DATE_WRONG;
            *out = (struct gw_date){ (int16_t)a, (uint8_t)m, 0 };
            return a > 0 ? DATE_FINE : DATE_WRONG;
        }
        if (!number_part(part[1], &b, 2) || !number_part(part[2], &c, 2))
            return DATE_WRONG;
        d = (struct gw_date){ (int16_t)a, (uint8_t)b, (uint8_t)c };
    } else if (part[2].size == 4 && number_part(part[0], &a, 2) && number_part(part[1], &b, 2) && number_part(part[2], &c, 4)) {
        struct gw_date dmy = { (int16_t)c, (uint8_t)b, (uint8_t)a }, mdy = { (int16_t)c, (uint8_t)a, (uint8_t)b };
        if (order == ORDER_NONE && a != b && gw_date_check(dmy) && gw_date_check(mdy))
            return DATE_AMBIGUOUS;
        d = order == ORDER_DMY ? dmy : order == ORDER_MDY ? mdy : gw_date_check(dmy) ? dmy : mdy;
    } else if (order != ORDER_NONE && part[order == ORDER_YMD ? 0 : 2].size == 2 && number_part(part[0], &a, 2) &&
               number_part(part[1], &b, 2) && number_part(part[2], &c, 2)) {
        int yy = order == ORDER_YMD ? a : c, day = order == ORDER_DMY ? a : order == ORDER_MDY ? b : c;
        month = order == ORDER_MDY ? a : b;
        d = (struct gw_date){ (int16_t)whole_year(yy, month, day, birth, today), (uint8_t)month, (uint8_t)day };
    }
    if (!gw_date_check(d))
        return DATE_WRONG;
    *out = d;
    return DATE_FINE;
}

static bool take_date(struct reader *r, struct gw_date *out, const struct cell *c, struct head h, bool birth)
{
    switch (read_date(out, c->text, h.order != ORDER_NONE ? h.order : r->order, birth, r->today)) {
    case DATE_FINE:
        return true;
    case DATE_AMBIGUOUS:
        return wrong(r, c, h, "date_ambiguous",
            "a date that can be read two ways; write YYYY-MM-DD, or the order behind the column's name: (DD/MM/YYYY)");
    default:
        return wrong(r, c, h, "date", "not a date as 1963-07-25 or 25-JUL-1963");
    }
}

/* ---- a row of a traveler --------------------------------------------------------------- */

struct traveler {
    struct gw_manifest_traveler t;
    struct gw_span middle_names;
    struct gw_manifest_document documents[GW_MANIFEST_DOCUMENTS_MAX];
    bool has_document[GW_MANIFEST_DOCUMENTS_MAX];
};

/* SURNAME/GIVEN or SURNAME, GIVEN. */
static bool take_whole_name(struct reader *r, struct gw_manifest_traveler *t, const struct cell *c, struct head h)
{
    size_t at = 0;
    while (at < c->text.size && c->text.data[at] != '/' && c->text.data[at] != ',')
        at++;
    struct cell surname = { gw_span_trim(gw_span_slice(c->text, 0, at)), c->offset };
    struct cell given = { gw_span_trim(gw_span_slice(c->text, at + 1, c->text.size)), c->offset };
    if (at == c->text.size && !r->has_whole_name) {
        r->has_whole_name = true;
        if (!problem(r, false, c->offset, columns[h.column].name, "name", "a name without / or , in it is kept whole as the surname"))
            return false;
    }
    return (t->surname.size > 0 || take_name(r, &t->surname, &surname, h)) &&
           (t->given_names.size > 0 || take_name(r, &t->given_names, &given, h));
}

static bool take_document_number(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    char number[GW_MANIFEST_WORD_MAX];
    size_t n;
    const bool is_number = gw_document_number(number, &n, c->text);
    const bool fine = is_number && gw_text_keep(out, &r->pool, gw_span_of(number, n), r->err);
    gw_wipe(number, sizeof number); /* a person's: it must not stay on the stack */
    return is_number ? fine : wrong(r, c, h, "code", "not letters and digits, at most 64 of them");
}

static bool take_document_type(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    int letter = choose(document_types, GW_COUNT(document_types), c->text);
    char text[1] = { (char)letter };
    if (letter != 0 && c->text.size > 2)
        return gw_text_keep(out, &r->pool, gw_span_of(text, 1), r->err);
    return take_code(r, out, c, h, 1, 2, "", "not a document's code of one or two letters");
}

/* "B-2", "b2"; of "B1/B2" the first: who holds either is asked no more. Blanks are no part of it. */
static bool take_status(struct reader *r, struct gw_span *out, const struct cell *c, struct head h)
{
    char text[GW_MANIFEST_STATUS_MAX + 2];
    size_t n = 0;
    for (size_t i = 0; i < c->text.size && c->text.data[i] != '/' && n < sizeof text; i++)
        if (c->text.data[i] != ' ')
            text[n++] = (char)c->text.data[i];
    struct cell plain = { gw_span_of(text, n), c->offset };
    return take_code(r, out, &plain, h, 1, GW_MANIFEST_STATUS_MAX, "-", "not a class of at most 16 letters, digits and hyphens, as B-2");
}

static bool take_stated(struct reader *r, enum gw_stated *out, const struct cell *c, struct head h, bool turned, const char *rule)
{
    const int letter = choose(answers, GW_COUNT(answers), c->text);
    if (letter == 0)
        return wrong(r, c, h, "choice", rule);
    *out = (letter == 'Y') != turned ? GW_STATED_YES : GW_STATED_NO;
    return true;
}

static bool take_cell(struct reader *r, struct traveler *x, const struct cell *c, struct head h)
{
    struct gw_manifest_traveler *t = &x->t;
    struct gw_manifest_document *d = &x->documents[h.document];
    int letter;
    switch (h.column) {
    case SURNAME:
        return take_name(r, &t->surname, c, h);
    case GIVEN_NAMES:
        return take_name(r, &t->given_names, c, h);
    case MIDDLE_NAMES:
        return take_name(r, &x->middle_names, c, h);
    case NAME:
        return take_whole_name(r, t, c, h);
    case SEX:
        letter = choose(sexes, GW_COUNT(sexes), c->text);
        t->sex = letter == 'U' ? 0 : (char)letter;
        return letter != 0 || wrong(r, c, h, "choice", "sex is M, F or X");
    case BIRTH_DATE:
        return take_date(r, &t->birth_date, c, h, true);
    case NATIONALITY:
        return take_state(r, &t->nationality, c, h);
    case RESIDENCE:
        return take_state(r, &t->residence, c, h);
    case RESERVATION:
        return take_text(r, &t->reservation, c, h, GW_MANIFEST_WORD_MAX);
    case REFERENCE:
        return take_text(r, &t->reference, c, h, GW_MANIFEST_WORD_MAX);
    case ORIGIN:
        return take_port(r, &t->origin, c, h);
    case DESTINATION:
        return take_port(r, &t->destination, c, h);
    case SEAT:
        return take_text(r, &t->seat, c, h, GW_MANIFEST_WORD_MAX);
    case IN_TRANSIT:
        letter = choose(answers, GW_COUNT(answers), c->text);
        t->in_transit = letter == 'Y';
        return letter != 0 || wrong(r, c, h, "choice", "in_transit is yes or no");
    case TRAVELER_KIND:
        letter = choose(traveler_kinds, GW_COUNT(traveler_kinds), c->text);
        t->kind = letter == 'C' ? GW_TRAVELER_CREW : letter == 'P' ? GW_TRAVELER_PASSENGER : t->kind;
        return letter != 0 || wrong(r, c, h, "choice", "kind is passenger or crew");
    case STATUS:
        return take_status(r, &t->status, c, h);
    case PERMANENT_RESIDENT:
        return take_stated(r, &t->permanent_resident, c, h, false, "permanent_resident is yes or no");
    case ACCOMPANIED:
        return take_stated(r, &t->accompanied, c, h, false, "accompanied is yes or no");
    case UNACCOMPANIED:
        return take_stated(r, &t->accompanied, c, h, true, "unaccompanied is yes or no");
    case DOCUMENT_TYPE:
        return take_document_type(r, &d->type, c, h);
    case DOCUMENT_NUMBER:
        x->has_document[h.document] = true;
        return take_document_number(r, &d->number, c, h);
    case ISSUING_STATE:
        return take_state(r, &d->issuing_state, c, h);
    case EXPIRY_DATE:
        return take_date(r, &d->expiry_date, c, h, false);
    default:
        return true;
    }
}

/* A document is one where its number could be read. */
static bool keep_documents(struct reader *r, struct traveler *x)
{
    size_t n = 0;
    for (size_t i = 0; i < GW_MANIFEST_DOCUMENTS_MAX; i++)
        if (x->documents[i].number.size > 0)
            x->documents[n++] = x->documents[i];
    if (n == 0)
        return true;
    x->t.documents = gw_arena_array(r->a, n, struct gw_manifest_document, r->err);
    if (x->t.documents == NULL)
        return false;
    memcpy(x->t.documents, x->documents, n * sizeof *x->documents);
    x->t.n_documents = n;
    return true;
}

static bool join_given_names(struct reader *r, struct traveler *x)
{
    char both[2 * GW_MANIFEST_NAME_MAX + 1];
    struct gw_span given = x->t.given_names, middle = x->middle_names;
    if (middle.size == 0)
        return true;
    memcpy(both, given.data, given.size);
    size_t n = given.size;
    if (n > 0)
        both[n++] = ' ';
    memcpy(both + n, middle.data, middle.size);
    struct cell c = { gw_span_of(both, n + middle.size), r->row_offset };
    return take_name(r, &x->t.given_names, &c, (struct head){ .column = GIVEN_NAMES });
}

/* ---- the table ----------------------------------------------------------------------------- */

static bool same_folded(struct gw_span a, struct gw_span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        uint8_t x = a.data[i], y = b.data[i];
        if ((x >= 'A' && x <= 'Z' ? x | 0x20 : x) != (y >= 'A' && y <= 'Z' ? y | 0x20 : y))
            return false;
    }
    return true;
}

static bool keep_shared(struct reader *r, enum column column, const struct cell *c)
{
    struct value *v = &r->shared[column];
    *v = (struct value){ .offset = c->offset, .row = r->row, .has_row = r->has_row };
    return gw_text_keep(&v->text, &r->pool, gw_span_slice(c->text, 0, 4 * GW_MANIFEST_NAME_MAX), r->err);
}

/* What all rows share: the first says it; a row that says something else is of another
 * voyage. *other is set then. */
static bool take_shared(struct reader *r, bool *other)
{
    *other = false;
    for (size_t i = 0; i < r->n_cells && i < r->n_heads; i++) {
        enum column column = r->heads[i].column;
        if (column < FIRST_SHARED || column >= FIRST_OF_FILE || r->cells[i].text.size == 0)
            continue;
        if (r->shared[column].text.size == 0) {
            if (!keep_shared(r, column, &r->cells[i]))
                return false;
        } else if (!*other && !same_folded(r->shared[column].text, r->cells[i].text)) {
            *other = true;
            if (!problem(r, true, r->cells[i].offset, columns[column].name, "voyage",
                    "the row is of another voyage or message than the first; one file is one voyage"))
                return false;
        }
    }
    return true;
}

static struct cell shared(struct reader *r, enum column c)
{
    const struct value *v = &r->shared[c];
    r->has_row = v->has_row;
    r->row = v->row;
    return (struct cell){ v->text, v->offset };
}

/* What changes how rows are read; with the first of them, which may have it in columns. */
static bool take_kind(struct reader *r)
{
    struct gw_manifest *m = r->out;
    const size_t row = r->row;
    const bool has_row = r->has_row;
    r->has_kind = true;
    static const struct {
        enum column column;
        gw_manifest_find_fn *find;
        const char *rule;
    } words[] = {
        { KIND, gw_manifest_kind_find, "not passenger_list, crew_list, close_out or update" },
        { FUNCTION, gw_manifest_function_find, "not add, change or remove" },
        { CLOSE_LIST, gw_close_list_find, "not none, on_board or not_on_board" },
    };
    for (size_t i = 0; i < GW_COUNT(words); i++) {
        struct cell c = shared(r, words[i].column);
        unsigned found;
        if (c.text.size == 0)
            continue;
        if (!words[i].find(&found, c.text)) {
            m->unclear = true;
            if (!wrong(r, &c, (struct head){ .column = words[i].column }, "choice", words[i].rule))
                return false;
        } else if (words[i].column == KIND) {
            m->kind = (enum gw_manifest_kind)found;
            m->close_list = m->kind == GW_MANIFEST_CLOSE_OUT ? GW_CLOSE_ON_BOARD : GW_CLOSE_NONE;
        } else if (words[i].column == FUNCTION) {
            m->function = (enum gw_manifest_function)found;
        } else if (m->kind == GW_MANIFEST_CLOSE_OUT) {
            m->close_list = (enum gw_close_list)found;
        }
    }
    struct cell c = shared(r, DATE_ORDER);
    if (c.text.size > 0) {
        char name[NAME_BYTES], aside[NAME_BYTES];
        r->order = normalize(name, aside, c.text) > 0 ? order_of(name) : ORDER_NONE;
        if (r->order == ORDER_NONE && !wrong(r, &c, (struct head){ .column = DATE_ORDER }, "choice", "not DD/MM/YYYY, MM/DD/YYYY or YYYY-MM-DD"))
            return false;
    }
    r->has_row = has_row;
    r->row = row;
    return true;
}

static bool take_row(struct reader *r)
{
    struct gw_manifest *m = r->out;
    struct traveler x = {};
    bool other;
    for (size_t i = r->n_heads; i < r->n_cells; i++)
        if (r->cells[i].text.size > 0) {
            m->n_left_out++;
            return problem(r, true, r->cells[i].offset, NULL, "cells",
                "the row has more cells than the header: which belongs where is not known, so it is left out");
        }
    if (!take_shared(r, &other))
        return false;
    if (other) {
        m->n_left_out++;
        return true;
    }
    if (!r->has_kind && !take_kind(r))
        return false;
    if (m->kind == GW_MANIFEST_CREW_LIST)
        x.t.kind = GW_TRAVELER_CREW;
    for (size_t i = 0; i < r->n_cells && i < r->n_heads; i++)
        if (r->cells[i].text.size > 0 && r->heads[i].column < FIRST_SHARED && !take_cell(r, &x, &r->cells[i], r->heads[i]))
            return false;
    if (!join_given_names(r, &x) || !keep_documents(r, &x))
        return false;
    const struct gw_manifest_traveler *t = &x.t;
    bool has_name = t->surname.size > 0 || t->given_names.size > 0;
    if (!has_name && t->reference.size == 0 && t->n_documents == 0) {
        m->n_left_out++;
        return problem(r, true, r->row_offset, NULL, "missing", "a row without name, reference and document is left out");
    }
    if (!has_name && m->kind != GW_MANIFEST_CLOSE_OUT && m->function != GW_MANIFEST_REMOVE &&
        !problem(r, false, r->row_offset, "surname", "missing", "the traveler has no name"))
        return false;
    m->travelers = gw_arena_grow(r->a, m->travelers, &r->cap_travelers, m->n_travelers + 1, sizeof *m->travelers, r->err);
    r->places = gw_arena_grow(r->a, r->places, &r->cap_places, m->n_travelers + 1, sizeof *r->places, r->err);
    if (m->travelers == NULL || r->places == NULL)
        return false;
    r->places[m->n_travelers] = (struct place){ r->row, r->row_offset };
    m->travelers[m->n_travelers++] = x.t;
    return true;
}

/* `key: value`, `# key: value`, or key and value in two cells. False where it is neither. */
static bool read_pair(struct reader *r, bool *fine)
{
    char name[NAME_BYTES], aside[NAME_BYTES];
    struct cell key = r->cells[0], value = { .text = {} };
    size_t filled = 0;
    *fine = true;
    for (size_t i = 1; i < r->n_cells; i++)
        if (r->cells[i].text.size > 0 && filled++ == 0)
            value = r->cells[i];
    /* A comma may be the delimiter and stand in the value as well: take the line as it is. */
    size_t end = r->row_offset;
    while (end < r->in.size && !is_line_end(r->in.data[end]))
        end++;
    struct gw_span line = gw_span_trim(gw_span_slice(r->in, r->row_offset, end));
    bool is_comment = line.size > 0 && line.data[0] == '#';
    if (is_comment)
        line = gw_span_trim(gw_span_slice(line, 1, line.size));
    size_t colon = 0;
    while (colon < line.size && line.data[colon] != ':' && line.data[colon] != '=')
        colon++;
    struct gw_span before = gw_span_trim(gw_span_slice(line, 0, colon));
    if (colon < line.size && normalize(name, aside, before) > 0 && (column_of(name) != UNKNOWN || strcmp(name, "number") == 0)) {
        key.text = before;
        value.text = gw_span_trim(gw_span_slice(line, colon + 1, line.size));
        while (value.text.size > 0 && value.text.data[value.text.size - 1] == (uint8_t)r->delimiter)
            value.text = gw_span_trim(gw_span_slice(value.text, 0, value.text.size - 1));
        if (value.text.size > 1 && value.text.data[0] == '"' && value.text.data[value.text.size - 1] == '"')
            value.text = gw_span_trim(gw_span_slice(value.text, 1, value.text.size - 1));
        value.offset = value.text.size == 0 ? r->row_offset : (size_t)(value.text.data - r->in.data);
        filled = 1;
    } else if (key.text.size > 0 && key.text.data[0] == '#') {
        key.text = gw_span_trim(gw_span_slice(key.text, 1, key.text.size));
    }
    while (key.text.size > 0 && key.text.data[key.text.size - 1] == ':')
        key.text = gw_span_trim(gw_span_slice(key.text, 0, key.text.size - 1));
    if (normalize(name, aside, key.text) == 0)
        return is_comment;
    enum column column = column_of(name);
    if (strcmp(name, "kind") == 0) /* above the header it is the list's, and the voyage's */
        column = KIND;
    else if (strcmp(name, "number") == 0)
        column = NUMBER;
    if (column < FIRST_SHARED || column >= N_COLUMNS || filled != 1)
        return is_comment;
    *fine = value.text.size == 0 || r->shared[column].text.size > 0 || keep_shared(r, column, &value);
    return true;
}

/* How many columns of travelers there are when the row in hand is taken for a header; 0 when it is none. */
static size_t count_heads(const struct reader *r)
{
    size_t of_travelers = 0, known = 0, filled = 0;
    for (size_t i = 0; i < r->n_cells; i++) {
        enum column c = read_head(r->cells[i].text).column;
        filled += r->cells[i].text.size > 0;
        known += c != UNKNOWN;
        of_travelers += c < FIRST_SHARED;
    }
    return (of_travelers >= 2 && known * 2 >= filled) || (of_travelers == 1 && known == filled && (filled > 2 || filled == 1)) ? of_travelers : 0;
}

/* The line at hand with the delimiter that makes most columns of it. */
static bool is_header(struct reader *r, bool fixed)
{
    static const char delimiters[] = { ';', '\t', '|', ',' };
    size_t best = 0, at = r->at;
    char chosen = r->delimiter;
    const char *why;
    for (size_t i = 0; i < sizeof delimiters && !fixed; i++) {
        r->delimiter = delimiters[i];
        r->at = at;
        size_t n = next_row(r, &why) == ROW ? count_heads(r) : 0;
        if (n > best) {
            best = n;
            chosen = delimiters[i];
        }
    }
    r->delimiter = chosen;
    r->at = at;
    bool is_row = next_row(r, &why) == ROW;
    return is_row && count_heads(r) > 0;
}

static bool take_header(struct reader *r)
{
    bool seen[N_COLUMNS][GW_MANIFEST_DOCUMENTS_MAX] = {};
    r->n_heads = r->n_cells;
    r->header = gw_span_slice(r->in, r->row_offset, r->at);
    for (size_t i = 0; i < r->n_cells; i++) {
        struct head *h = &r->heads[i];
        *h = read_head(r->cells[i].text);
        if (r->cells[i].text.size == 0)
            continue;
        if (h->column >= FIRST_OF_FILE) {
            if (!problem(r, false, r->cells[i].offset, NULL, "column", "a column that is not known is passed over"))
                return false;
        } else if (seen[h->column][h->document]) {
            const char *tag;
            if (!tag_of(r, &tag, *h) || !problem(r, false, r->cells[i].offset, tag, "column", "the second column of this name is passed over"))
                return false;
            h->column = UNKNOWN;
        } else {
            seen[h->column][h->document] = true;
        }
    }
    return true;
}

static bool find_header(struct reader *r)
{
    const char *why;
    bool fixed = false;
    for (unsigned line = 0; line < GW_CSV_LINES_ABOVE && r->at < r->in.size; line++) {
        size_t at = r->at;
        /* Spreadsheets write sep=; on a line of its own. */
        if (line == 0 && gw_span_starts(gw_span_slice(r->in, at, r->in.size), "sep=") && at + 5 <= r->in.size && !is_line_end(r->in.data[at + 4])) {
            r->delimiter = (char)r->in.data[at + 4];
            fixed = true;
            r->row_offset = at;
            r->at = at + 5;
            end_line(r);
            continue;
        }
        if (is_header(r, fixed))
            return take_header(r);
        if (!fixed) { /* a pair above the header may have another look than the table */
            static const char delimiters[] = { ';', '\t', '|', ',' };
            for (size_t i = 0; i < sizeof delimiters; i++) {
                r->delimiter = delimiters[i];
                r->at = at;
                if (next_row(r, &why) != ROW_BAD && r->n_cells > 1)
                    break;
            }
        }
        r->at = at;
        enum row row = next_row(r, &why);
        bool fine = true;
        if (row == ROW && !read_pair(r, &fine) &&
            !problem(r, false, r->row_offset, NULL, "line", "a line above the header that says nothing known"))
            return false;
        if (!fine)
            return false;
    }
    return gw_fail(r->err, GW_ERR_FORMAT, "CSV: no header with columns of travelers, as surname, birth_date, document_number (docs/manifests.md)");
}

/* "Total: 420", "End of list 20NOV": what spreadsheets end with. No name has a figure or a colon in it. */
static bool is_remark(const struct reader *r)
{
    size_t i = 0;
    while (r->cells[i].text.size == 0)
        i++;
    const struct gw_span text = r->cells[i].text;
    enum column column = i < r->n_heads ? r->heads[i].column : UNKNOWN;
    if (column > NAME && column != UNKNOWN)
        return false;
    for (size_t k = 0; k < text.size; k++)
        if (is_digit(text.data[k]) || text.data[k] == ':')
            return true;
    return false;
}

static bool read_rows(struct reader *r)
{
    const char *why;
    for (;;) {
        enum row row = next_row(r, &why);
        if (row == ROW_END && r->row == 0 && r->out->n_travelers == 0 && r->out->n_left_out == 0) {
            r->out->n_left_out++; /* an export that failed looks like this: it takes nobody off */
            return problem(r, false, r->at, NULL, "missing", "a header without any row: a list of nobody");
        }
        if (row == ROW_END)
            return true;
        if (row == ROW_BLANK || gw_span_equal(r->header, gw_span_slice(r->in, r->row_offset, r->at)))
            continue; /* files put behind one another have the header again */
        bool fine = true;
        if (row == ROW && r->in.data[r->row_offset] == '#')
            continue;
        if (row == ROW) {
            /* Total: 420 */
            char name[NAME_BYTES], aside[NAME_BYTES];
            size_t filled = 0;
            for (size_t i = 0; i < r->n_cells; i++)
                filled += r->cells[i].text.size > 0;
            if (filled == 1 && r->n_heads > 2 && is_remark(r)) {
                r->out->n_left_out++; /* should it be somebody all the same, nobody is taken off for it */
                if (!problem(r, false, r->row_offset, NULL, "line", "a row of one cell with a figure or a colon in it is no traveler; passed over"))
                    return false;
                continue;
            }
            if (filled == 2 && normalize(name, aside, r->cells[0].text) > 0 && column_of(name) == COUNT_ && read_pair(r, &fine)) {
                if (!fine)
                    return false;
                continue;
            }
        }
        if (r->row == GW_MANIFEST_TRAVELERS_MAX)
            return gw_fail_at(r->err, GW_ERR_LIMIT, r->row_offset, "CSV: a manifest has at most %d travelers", GW_MANIFEST_TRAVELERS_MAX);
        r->has_row = true;
        if (row == ROW_BAD) {
            r->out->n_left_out++;
            if (!problem(r, true, r->row_offset, NULL, "syntax", why))
                return false;
        } else if (!take_row(r)) {
            return false;
        }
        r->row++;
        r->has_row = false;
    }
}

/* ---- the voyage --------------------------------------------------------------------------- */

static bool read_clock(struct gw_span s, int64_t *us)
{
    uint64_t hour, minute, second = 0;
    size_t colon = s.size >= 3 && s.data[1] == ':' ? 1 : 2;
    bool has_colon = s.size > colon && s.data[colon] == ':';
    struct gw_span rest = gw_span_slice(s, has_colon ? colon + 1 : 2, s.size);
    if (!gw_span_uint(gw_span_slice(s, 0, colon), 23, &hour) || !gw_span_uint(gw_span_slice(rest, 0, 2), 59, &minute) ||
        (rest.size != 2 && (rest.size != 5 || rest.data[2] != ':' || !gw_span_uint(gw_span_slice(rest, 3, 5), 59, &second))))
        return false;
    *us = (int64_t)(hour * 3600 + minute * 60 + second) * GW_US_PER_S;
    return true;
}

/* 2026-11-23T10:15 with or without a zone, a blank for the T; or any date and a time behind it. */
static bool read_time(struct reader *r, struct gw_manifest_time *out, struct gw_span s, enum order order, enum date_read *why)
{
    char text[40];
    *why = DATE_WRONG;
    if (s.size >= sizeof text)
        return false;
    memcpy(text, s.data, s.size);
    if (s.size > 10 && text[10] == ' ')
        text[10] = 'T';
    if (gw_time_parse(&out->us, &out->local, gw_span_of(text, s.size)) && out->us >= 0 &&
        out->us < INT64_C(253402300800) * GW_US_PER_S) {
        out->has = true;
        return true;
    }
    size_t at = s.size;
    while (at > 0 && s.data[at - 1] != ' ' && s.data[at - 1] != 'T')
        at--;
    int64_t of_day;
    struct gw_date d;
    if (at == 0 || !read_clock(gw_span_slice(s, at, s.size), &of_day))
        return false;
    *why = read_date(&d, gw_span_trim(gw_span_slice(s, 0, at - 1)), order, false, r->today);
    if (*why != DATE_FINE || d.year < 1970)
        return false;
    *out = (struct gw_manifest_time){ true, true, gw_date_days(d) * 86400 * GW_US_PER_S + of_day };
    return true;
}

static bool take_time(struct reader *r, struct gw_manifest_time *out, enum column whole, enum column date, enum column clock)
{
    struct cell c = shared(r, whole);
    struct head h = { .column = whole };
    enum date_read why;
    enum order order = r->order;
    char both[2 * 64 + 2];
    struct gw_span day = r->shared[date].text, hour = r->shared[clock].text;
    for (size_t i = 0; i < r->n_heads; i++)
        if ((r->heads[i].column == whole || r->heads[i].column == date) && r->heads[i].order != ORDER_NONE)
            order = r->heads[i].order;
    if (c.text.size == 0 && day.size > 0) {
        c = shared(r, date);
        h.column = date;
        if (hour.size == 0 || day.size > 64 || hour.size > 64)
            return wrong(r, &c, h, "time", "a day without the time of day");
        memcpy(both, day.data, day.size);
        both[day.size] = ' ';
        memcpy(both + day.size + 1, hour.data, hour.size);
        c.text = gw_span_of(both, day.size + 1 + hour.size);
    }
    if (c.text.size == 0 || read_time(r, out, c.text, order, &why))
        return true;
    *out = (struct gw_manifest_time){};
    return why == DATE_AMBIGUOUS
               ? wrong(r, &c, h, "date_ambiguous", "a date that can be read two ways; write YYYY-MM-DD, or date_order: DD/MM/YYYY above the header")
               : wrong(r, &c, h, "time", "not a time as 2026-11-23T10:15, with or without a zone");
}

static bool take_carriage(struct reader *r)
{
    __typeof__(r->out->voyage) *v = &r->out->voyage;
    struct cell c = shared(r, CARRIER);
    struct gw_span flight = {};
    const char *number_rule = "not a number of at most 16 letters and digits";
    if (c.text.size > 0 && !take_code(r, &v->carrier, &c, (struct head){ .column = CARRIER }, 2, 8, "", "not a carrier's code of 2 to 8 letters and digits"))
        return false;
    c = shared(r, NUMBER);
    if (c.text.size > 0 && !take_code(r, &v->number, &c, (struct head){ .column = NUMBER }, 1, 16, "-/. ", number_rule))
        return false;
    c = shared(r, FLIGHT);
    if (c.text.size > 0 && v->number.size == 0) {
        /* XX 123, XX-123 */
        char text[32];
        size_t n = 0;
        for (size_t i = 0; i < c.text.size && n < sizeof text; i++) /* more is too long, with or without */
            if (c.text.data[i] != ' ' && c.text.data[i] != '-')
                text[n++] = (char)c.text.data[i];
        struct cell plain = { gw_span_of(text, n), c.offset };
        if (!take_code(r, &flight, &plain, (struct head){ .column = FLIGHT }, 1, 16, "", number_rule))
            return false;
    }
    if (flight.size > 0)
        gw_manifest_split_flight(flight, v->carrier, &v->carrier, &v->number);
    struct cell mode = shared(r, MODE), direction = shared(r, DIRECTION);
    unsigned found;
    if (mode.text.size > 0) {
        static const struct choice modes[] = { { " air flight plane aircraft ", 1 + GW_MODE_AIR }, { " sea ship ferry maritime vessel ", 1 + GW_MODE_SEA },
            { " land road rail bus train ", 1 + GW_MODE_LAND } };
        int m = choose(modes, GW_COUNT(modes), mode.text);
        v->has_mode = m != 0;
        v->mode = m == 0 ? GW_MODE_AIR : (enum gw_mode)(m - 1);
        if (m == 0 && !wrong(r, &mode, (struct head){ .column = MODE }, "choice", "not air, sea or land"))
            return false;
    } else if (flight.size > 0) {
        v->has_mode = true; /* what has a flight number flies */
        v->mode = GW_MODE_AIR;
    }
    if (direction.text.size == 0)
        return true;
    shared(r, DIRECTION);
    char name[NAME_BYTES], aside[NAME_BYTES];
    if (normalize(name, aside, direction.text) == 0 || !gw_direction_find(&found, gw_span_str(name)))
        return wrong(r, &direction, (struct head){ .column = DIRECTION }, "choice", "not arrival or departure");
    v->direction = (enum gw_direction)found;
    return true;
}

static bool take_party_and_count(struct reader *r)
{
    struct gw_manifest *m = r->out;
    const struct {
        enum column column;
        struct gw_span *out;
        size_t most;
    } texts[] = {
        { MESSAGE_REFERENCE, &m->message_reference, GW_MANIFEST_WORD_MAX },
        { SENDER, &m->sender, GW_MANIFEST_WORD_MAX },
        { RECIPIENT, &m->recipient, GW_MANIFEST_WORD_MAX },
        { PARTY_NAME, &m->reporting_party.name, GW_MANIFEST_NAME_MAX },
        { TELEPHONE, &m->reporting_party.telephone, GW_MANIFEST_WORD_MAX },
        { EMAIL, &m->reporting_party.email, GW_MANIFEST_NAME_MAX },
    };
    for (size_t i = 0; i < GW_COUNT(texts); i++) {
        struct cell c = shared(r, texts[i].column);
        if (c.text.size > 0 && !take_text(r, texts[i].out, &c, (struct head){ .column = texts[i].column }, texts[i].most))
            return false;
    }
    struct cell c = shared(r, COUNT_);
    if (c.text.size == 0)
        return true;
    struct head h = { .column = COUNT_ };
    if (!gw_span_uint(c.text, UINT32_MAX, &m->declared))
        return wrong(r, &c, h, "count", "not a number of travelers");
    m->has_declared = true;
    return m->declared == m->n_travelers + m->n_left_out ||
           problem(r, false, c.offset, columns[COUNT_].name, "count", "the file declares another number of travelers than it has");
}

static bool take_voyage(struct reader *r)
{
    __typeof__(r->out->voyage) *v = &r->out->voyage;
    struct cell from = shared(r, FROM), to;
    if (from.text.size > 0 && !take_port(r, &v->from, &from, (struct head){ .column = FROM }))
        return false;
    to = shared(r, TO);
    if (to.text.size > 0 && !take_port(r, &v->to, &to, (struct head){ .column = TO }))
        return false;
    if (!take_carriage(r) || !take_time(r, &v->departure, DEPARTURE, DEPARTURE_DATE, DEPARTURE_TIME) ||
        !take_time(r, &v->arrival, ARRIVAL, ARRIVAL_DATE, ARRIVAL_TIME) || !take_party_and_count(r))
        return false;
    r->has_row = false;
    const struct {
        enum column column;
        bool has;
        const char *text;
    } needed[] = {
        { MODE, v->has_mode || r->shared[MODE].text.size > 0, "the voyage's mode is needed: air, sea or land" },
        { CARRIER, v->carrier.size > 0 || r->shared[CARRIER].text.size > 0, "the voyage's carrier is needed" },
        { NUMBER, v->number.size > 0 || r->shared[NUMBER].text.size > 0 || r->shared[FLIGHT].text.size > 0, "the voyage's number is needed" },
        { FROM, from.text.size > 0, "the voyage's port of departure is needed" },
        { TO, to.text.size > 0, "the voyage's port of arrival is needed" },
        { DEPARTURE, r->shared[DEPARTURE].text.size > 0 || r->shared[DEPARTURE_DATE].text.size > 0, "the voyage's time of departure is needed" },
    };
    for (size_t i = 0; i < GW_COUNT(needed); i++)
        if (!needed[i].has && !problem(r, true, GW_NO_PLACE, columns[needed[i].column].name, "missing", needed[i].text))
            return false;
    return true;
}

/* A reference names one traveler; the second one is left out: whose it was meant to be, nobody knows. */
static bool drop_doubles(struct reader *r)
{
    struct gw_manifest *m = r->out;
    bool *is_double;
    size_t n = 0;
    if (!gw_manifest_doubles(&is_double, m, r->a, r->err))
        return false;
    for (size_t i = 0; i < m->n_travelers; i++) {
        if (!is_double[i]) {
            m->travelers[n++] = m->travelers[i];
            continue;
        }
        r->has_row = true;
        r->row = r->places[i].row;
        m->n_left_out++;
        if (!problem(r, true, r->places[i].offset, "reference", "duplicate",
                "another traveler of this file has the same reference; this one is left out"))
            return false;
    }
    m->n_travelers = n;
    return true;
}

bool gw_manifest_parse_csv(struct gw_manifest *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    struct gw_err *err)
{
    *out = (struct gw_manifest){ .valid = true };
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a manifest of more than %d bytes", GW_MANIFEST_BYTES_MAX);
    if (gw_span_starts(text, "\xFF\xFE") || gw_span_starts(text, "\xFE\xFF"))
        return gw_fail(err, GW_ERR_UNSUPPORTED, "CSV: the file is UTF-16; save it as UTF-8");
    struct reader *r = gw_arena_one(a, struct reader, err);
    if (r == NULL)
        return false;
    r->out = out;
    r->a = a;
    r->err = err;
    r->pool.a = a;
    r->in = text;
    r->today = today;
    r->at = gw_span_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
    size_t bad;
    if (!find_header(r))
        return false;
    if (!gw_span_utf8(text, &bad) &&
        !problem(r, false, bad, NULL, "charset", "bytes that are not UTF-8 are read as Windows-1252 (Latin-1)"))
        return false;
    return read_rows(r) && (r->has_kind || take_kind(r)) && take_voyage(r) && drop_doubles(r);
}
