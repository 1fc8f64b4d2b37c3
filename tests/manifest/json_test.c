/* json_test.c - manifests in JSON: what is read, what is left out, and where each fault is. */
#include "manifest/manifest.h"
#include "tests/check.h"

static struct gw_err err;

#define VOYAGE                                                                                    \
    "\"voyage\":{\"mode\":\"air\",\"carrier\":\"XX\",\"number\":\"123\",\"from\":\"YVR\",\"to\":\"JFK\"," \
    "\"departure\":\"2026-11-23T10:15\"}"
#define ONE(traveler) "{" VOYAGE ",\"travelers\":[" traveler "]}"

/* problems: "code pointer;" for each, in order. */
static const struct row {
    const char *label, *text;
    size_t travelers;
    const char *problems;
} rows[] = {
    { "a list of nobody is a list", "{" VOYAGE ",\"travelers\":[]}", 0, "" },
    { "a list that is not there is none", "{" VOYAGE "}", 0, "missing /travelers;" },
    { "null is an absent list", "{" VOYAGE ",\"travelers\":null}", 0, "missing /travelers;" },
    { "an update needs none", "{\"kind\":\"update\"," VOYAGE "}", 0, "" },
    { "nor a close-out that names nobody", "{\"kind\":\"close_out\",\"close_out_list\":\"none\"," VOYAGE "}", 0, "" },
    { "one that lists who is on board does", "{\"kind\":\"close_out\"," VOYAGE "}", 0, "missing /travelers;" },
    { "a name is enough", ONE("{\"surname\":\"CLARK\"}"), 1, "" },
    { "a reference is enough, with a warning", ONE("{\"reference\":\"R\"}"), 1, "missing /travelers/0/surname;" },
    { "nothing at all is not", ONE("{}"), 0, "missing /travelers/0;" },
    { "a traveler is an object", ONE("7"), 0, "type /travelers/0;" },
    { "one damaged traveler does not cost the others",
        ONE("{\"surname\":\"A\"},{\"surname\":\"B\",\"surname\":\"B\"},{\"surname\":\"C\"}"), 2, "syntax /travelers/1;" },
    { "bytes that are not UTF-8 cost their own traveler", ONE("{\"surname\":\"\xff\"},{\"surname\":\"C\"}"), 1,
        "syntax /travelers/0;" },
    { "a lone surrogate costs its own traveler", ONE("{\"surname\":\"\\ud800\"},{\"surname\":\"C\"}"), 1,
        "syntax /travelers/0;" },
    { "one damaged fact does not cost the traveler", ONE("{\"surname\":\"A\",\"birth_date\":\"1985-02-30\"}"), 1,
        "date /travelers/0/birth_date;" },
    { "unknown parts of a birth date are XX", ONE("{\"surname\":\"A\",\"birth_date\":\"1985-XX-XX\"}"), 1, "" },
    { "a known day in an unknown month is no date", ONE("{\"surname\":\"A\",\"birth_date\":\"1985-XX-03\"}"), 1,
        "date /travelers/0/birth_date;" },
    { "an expiry date is whole",
        ONE("{\"surname\":\"A\",\"documents\":[{\"number\":\"X1\",\"expiry_date\":\"2028-XX-XX\"}]}"), 1,
        "date /travelers/0/documents/0/expiry_date;" },
    { "a number is letters and digits", ONE("{\"surname\":\"A\",\"documents\":[{\"number\":\"X/1\"}]}"), 1,
        "code /travelers/0/documents/0/number;missing /travelers/0/documents/0;" },
    { "a document is an object", ONE("{\"surname\":\"A\",\"documents\":[3,{\"number\":\"X1\"}]}"), 1,
        "type /travelers/0/documents/0;" },
    { "nine documents are one too many",
        ONE("{\"surname\":\"A\",\"documents\":[{\"number\":\"1\"},{\"number\":\"2\"},{\"number\":\"3\"},{\"number\":\"4\"},"
            "{\"number\":\"5\"},{\"number\":\"6\"},{\"number\":\"7\"},{\"number\":\"8\"},{\"number\":\"9\"}]}"),
        1, "too_many /travelers/0/documents;" },
    { "a state has three letters, or is D", ONE("{\"surname\":\"A\",\"nationality\":\"D\",\"residence\":\"US\"}"), 1,
        "code /travelers/0/residence;" },
    { "digits are no state", ONE("{\"surname\":\"A\",\"nationality\":\"12A\"}"), 1, "code /travelers/0/nationality;" },
    { "sex is M, F or X", ONE("{\"surname\":\"A\",\"sex\":\"W\"}"), 1, "choice /travelers/0/sex;" },
    { "a class of admission is letters, digits and hyphens", ONE("{\"surname\":\"A\",\"status\":\"B/2\"},{\"surname\":\"B\",\"status\":\"NATO-1\"},{\"surname\":\"C\",\"status\":\"LONGER-THAN-SIXTEEN\"}"), 3,
        "code /travelers/0/status;code /travelers/2/status;" },
    { "residence and company are true, false or not said",
        ONE("{\"surname\":\"A\",\"permanent_resident\":\"yes\",\"accompanied\":1},{\"surname\":\"B\",\"permanent_resident\":null,\"accompanied\":false}"), 2,
        "type /travelers/0/permanent_resident;type /travelers/0/accompanied;" },
    { "in_transit is true or false", ONE("{\"surname\":\"A\",\"in_transit\":\"yes\"}"), 1, "type /travelers/0/in_transit;" },
    { "a control character is no part of a name", ONE("{\"surname\":\"A\\u0007\",\"reference\":\"R\"}"), 1,
        "character /travelers/0/surname;missing /travelers/0/surname;" },
    { "an empty string is an absent fact", ONE("{\"surname\":\"A\",\"seat\":\"\",\"sex\":\"\",\"birth_date\":\" \"}"), 1, "" },
    { "a reference names one traveler", ONE("{\"reference\":\"R\",\"surname\":\"A\"},{\"reference\":\"R\",\"surname\":\"B\"}"), 1,
        "duplicate /travelers/1/reference;" },
    { "fields nobody knows are passed over", "{" VOYAGE ",\"x\":[{\"y\":[1,2]}],\"valid\":false,\"travelers\":[{\"surname\":\"A\",\"z\":1}]}", 1, "" },
    { "a declared count that is not so is a warning", "{" VOYAGE ",\"count\":{\"declared\":3},\"travelers\":[{\"surname\":\"A\"}]}", 1,
        "count /count/declared;" },
    { "without voyage it is told what is missing", "{\"travelers\":[]}", 0,
        "missing /voyage/mode;missing /voyage/carrier;missing /voyage/number;missing /voyage/from;missing /voyage/to;"
        "missing /voyage/departure;" },
    { "a voyage's damaged fact is told once", "{\"voyage\":{\"mode\":\"rail\",\"carrier\":\"XX\",\"number\":\"1\",\"from\":\"AAA\",\"to\":\"BBB\","
        "\"departure\":\"soon\"},\"travelers\":[]}", 0, "choice /voyage/mode;time /voyage/departure;" },
    { "a voyage that ends before it begins is a warning", "{\"voyage\":{\"mode\":\"sea\",\"carrier\":\"XX\",\"number\":\"1\",\"from\":\"AAA\","
        "\"to\":\"BBB\",\"departure\":\"2026-11-23T10:15:00Z\",\"arrival\":\"2026-11-23T10:14:00Z\"},\"travelers\":[]}", 0, "order /voyage/arrival;" },
    { "damaged legs do not cost the voyage", "{\"voyage\":{\"mode\":\"sea\",\"carrier\":\"XX\",\"number\":\"1\",\"from\":\"AAA\","
        "\"to\":\"BBB\",\"departure\":\"2026-11-23T10:15:00Z\",\"legs\":[{\"from\":\"A-B\"},5]},\"travelers\":[]}", 0,
        "code /voyage/legs/0/from;type /voyage/legs/1;" },
    { "an unknown kind is a problem", "{\"kind\":\"guests\"," VOYAGE ",\"travelers\":[]}", 0, "choice /kind;" },
    { "a kind is a string", "{\"kind\":4," VOYAGE ",\"travelers\":[]}", 0, "type /kind;" },
    { "a missing comma costs the member before it", "{\"kind\":null \"a\":1," VOYAGE ",\"travelers\":[]}", 0, "syntax /kind;" },
    { "travelers are an array", "{" VOYAGE ",\"travelers\":{}}", 0, "type /travelers;" },
};

static void row_test(void **state)
{
    const struct row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) problems = {};
    struct gw_manifest m;
    bool errors = false;
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_span_str(r->text), &err));
    for (size_t i = 0; i < m.n_problems; i++) {
        gw_buf_addf(&problems, "%s %s;", m.problems[i].code, m.problems[i].tag);
        errors = errors || m.problems[i].is_error;
        CHECK(m.problems[i].offset == GW_NO_PLACE || m.problems[i].offset < strlen(r->text));
    }
    CHECK_TEXT(gw_buf_text(&problems), r->problems);
    CHECK_INT(m.n_travelers, r->travelers);
    CHECK_INT(m.valid, !errors);
}

static const struct fail_row {
    const char *label, *text;
    enum gw_err_code code;
    size_t at;
} fail_rows[] = {
    { "nothing is not a manifest", "", GW_ERR_FORMAT, 0 },
    { "an array is not a manifest", "  []", GW_ERR_FORMAT, 2 },
    { "a message cut off is not read", "{\"travelers\":[{\"surname\":\"A\"}", GW_ERR_FORMAT, 29 },
    { "text after the end is refused", "{} x", GW_ERR_FORMAT, 3 },
    { "a member that stands twice is refused", "{\"kind\":null,\"kind\":null}", GW_ERR_FORMAT, 14 },
    { "brackets must fit", "{\"a\":[}]}", GW_ERR_FORMAT, 6 },
};

static void fail_test(void **state)
{
    const struct fail_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_manifest m;
    CHECK_FAILS(gw_manifest_parse_json(&m, a, gw_span_str(r->text), &err), r->code);
    CHECK_INT(err.at, r->at);
}

static const char rich[] =
    "{\"kind\":\"passenger_list\",\"function\":\"change\",\"message_reference\":\"M1\",\"sender\":\"XX\",\"recipient\":\"GOV\","
    "\"voyage\":{\"mode\":\"air\",\"direction\":\"departure\",\"carrier\":\"xx\",\"number\":\"123\",\"from\":\"yvr\",\"to\":\"JFK\","
    "\"departure\":\"2026-11-23T10:15\",\"arrival\":\"2026-11-23T18:40:30.5Z\",\"legs\":[{\"from\":\"YVR\",\"to\":\"SEA\","
    "\"departure\":\"2026-11-23T10:15:07\"},{\"from\":\"SEA\",\"to\":\"JFK\"}]},"
    "\"reporting_party\":{\"name\":\"Desk \xC3\x89\",\"telephone\":\"+1 604\",\"email\":\"a@b\"},"
    "\"travelers\":[{\"kind\":\"passenger\",\"surname\":\" CLARK \",\"given_names\":\"MICHAEL\",\"sex\":\"M\",\"birth_date\":\"1963-07-XX\","
    "\"nationality\":\"USA\",\"residence\":\"CAN\",\"status\":\"b-2\",\"permanent_resident\":false,\"accompanied\":true,\"documents\":[{\"type\":\"P\",\"number\":\"mb-140 241\",\"issuing_state\":\"USA\","
    "\"expiry_date\":\"2028-10-21\"}],\"reservation\":\"ABC123\",\"reference\":\"CB1029\",\"origin\":\"YVR\",\"destination\":\"JFK\","
    "\"seat\":\"12A\",\"in_transit\":true},{\"kind\":\"crew\",\"surname\":\"\\u0141\"}],\"count\":{\"declared\":2}}";

static void read_whole(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_manifest m;
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_span_str(rich), &err));
    CHECK(m.valid && m.n_problems == 0);
    CHECK_INT(m.function, GW_MANIFEST_CHANGE);
    CHECK_INT(m.voyage.direction, GW_DIRECTION_DEPARTURE);
    CHECK(gw_span_is(m.voyage.carrier, "XX") && gw_span_is(m.voyage.from, "YVR"));
    CHECK(m.voyage.departure.local && !m.voyage.arrival.local);
    CHECK_INT(m.voyage.departure.us, INT64_C(1795428900) * GW_US_PER_S);
    CHECK_INT(m.voyage.n_legs, 2);
    CHECK(!m.voyage.legs[1].departure.has);
    const struct gw_manifest_traveler *t = &m.travelers[0];
    CHECK(gw_span_is(t->surname, "CLARK"));
    CHECK(gw_span_is(t->documents[0].number, "MB140241"));
    CHECK_INT(t->birth_date.month, 7);
    CHECK_INT(t->birth_date.day, 0);
    CHECK(t->in_transit);
    CHECK(gw_span_is(t->status, "B-2") && t->permanent_resident == GW_STATED_NO && t->accompanied == GW_STATED_YES);
    CHECK(m.travelers[1].status.size == 0 && m.travelers[1].permanent_resident == GW_UNSTATED && m.travelers[1].accompanied == GW_UNSTATED);
    CHECK_INT(m.travelers[1].kind, GW_TRAVELER_CREW);
    CHECK(gw_span_is(m.travelers[1].surname, "\xC5\x81"));
}

static void format(struct gw_buf *out, const struct gw_manifest *m)
{
    GW_AUTO(gw_json) *j = gw_manifest_to_json(m);
    gw_json_format(out, j, false);
}

static void round_trip(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_manifest m, again;
    GW_AUTO_VALUE(gw_buf) once = {};
    GW_AUTO_VALUE(gw_buf) twice = {};
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_span_str(rich), &err));
    format(&once, &m);
    CHECK_OK(gw_manifest_parse_json(&again, a, gw_buf_span(&once), &err));
    CHECK(again.valid && again.n_problems == 0);
    format(&twice, &again);
    CHECK_TEXT(gw_buf_text(&twice), gw_buf_text(&once));
    CHECK(strstr(gw_buf_text(&once), "\"departure\":\"2026-11-23T10:15:07\"") != NULL);
    CHECK(strstr(gw_buf_text(&once), "\"1963-07-XX\"") != NULL);
}

/* With too little memory it says so, at every size, and never half. */
static void every_cap(void **state)
{
    (void)state;
    static const char damaged[] = ONE("{\"surname\":\"A\",\"reference\":\"R\",\"sex\":\"W\"},{\"surname\":\"A\",\"reference\":\"R\"},5");
    const char *texts[] = { rich, damaged };
    for (size_t t = 0; t < GW_COUNT(texts); t++) {
        size_t enough = 0;
        for (size_t cap = 0; enough == 0; cap += 8) {
            GW_AUTO(gw_arena) *a = gw_arena_new(cap);
            struct gw_manifest m;
            err = (struct gw_err){};
            if (gw_manifest_parse_json(&m, a, gw_span_str(texts[t]), &err))
                enough = cap;
            else
                CHECK_INT(err.code, GW_ERR_LIMIT);
            CHECK(cap < 1 << 20);
        }
        CHECK(enough > 500);
    }
}

static void limits(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_manifest m;
    gw_buf_add_text(&text, "{" VOYAGE ",\"travelers\":[");
    for (int i = 0; i < GW_MANIFEST_TRAVELERS_MAX; i++)
        gw_buf_addf(&text, "%s{\"surname\":\"S%d\",\"reference\":\"R%d\"}", i == 0 ? "" : ",", i, i);
    size_t most = text.size;
    gw_buf_add_text(&text, "]}");
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err));
    CHECK_INT(m.n_travelers, GW_MANIFEST_TRAVELERS_MAX);
    CHECK_INT(m.n_problems, 0);
    text.size = most;
    gw_buf_add_text(&text, ",{\"surname\":\"S\"}]}");
    CHECK_FAILS(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err), GW_ERR_LIMIT);
    CHECK_INT(err.at, most + 1);

    /* Every traveler damaged: as many problems as are listed, all of them counted. */
    gw_buf_clear(&text);
    gw_buf_add_text(&text, "{" VOYAGE ",\"travelers\":[0");
    for (int i = 1; i < 5000; i++)
        gw_buf_add_text(&text, ",0");
    gw_buf_add_text(&text, "]}");
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err));
    CHECK_INT(m.n_problems, GW_MANIFEST_PROBLEMS_MAX);
    CHECK_INT(m.n_problems_all, 5000);
    CHECK_INT(m.n_left_out, 5000);

    /* One past the bytes. */
    gw_buf_clear(&text);
    gw_buf_add_text(&text, "{}");
    for (size_t i = text.size; i <= GW_MANIFEST_BYTES_MAX; i++)
        gw_buf_add_text(&text, " ");
    CHECK_FAILS(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err), GW_ERR_LIMIT);
    text.size--;
    CHECK_OK(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err));

    /* Depth is bounded before anything recurses. */
    gw_buf_clear(&text);
    gw_buf_add_text(&text, "{\"x\":");
    for (int i = 0; i < 100000; i++)
        gw_buf_add_text(&text, "[");
    CHECK_FAILS(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err), GW_ERR_FORMAT);
}

#define FOUR(text) text text text text

/* Read as a whole list, such a message would take everybody off the voyage, or close it. */
static void purpose(void **state)
{
    (void)state;
    static const struct {
        const char *label, *head;
        bool unclear;
        size_t n_left_out;
    } purposes[] = {
        { "a whole list", "\"kind\":\"passenger_list\",\"function\":null,\"travelers\":[]", false, 0 },
        { "an empty word is an absent one", "\"function\":\"\",\"travelers\":[]", false, 0 },
        { "a function nobody knows", "\"function\":\"delete\",\"travelers\":[]", true, 0 },
        { "a function that is no word", "\"function\":7,\"travelers\":[]", true, 0 },
        { "a kind nobody knows", "\"kind\":\"passenger_lst\",\"travelers\":[]", true, 0 },
        { "a close-out of nobody knows whom", "\"kind\":\"close_out\",\"close_out_list\":\"some\",\"travelers\":[]", true, 0 },
        { "a close-out whose list is not there", "\"kind\":\"close_out\",\"close_out_list\":\"on_board\"", true, 0 },
        { "a list that is cancelled", "\"kind\":\"passenger_list\",\"cancelled\":true,\"travelers\":[]", true, 0 },
        { "cancelled with a word", "\"kind\":\"update\",\"cancelled\":\"yes\"", true, 0 },
        { "cancelled", "\"kind\":\"update\",\"cancelled\":true", false, 0 },
        { "not cancelled", "\"kind\":\"passenger_list\",\"cancelled\":false,\"travelers\":[]", false, 0 },
        { "a list that is not there", "\"kind\":\"passenger_list\"", false, 1 },
        { "a reference twice: whose the second is, nobody knows", "\"travelers\":[{\"surname\":\"A\",\"reference\":\"R\"},{\"surname\":\"B\",\"reference\":\"R\"}]", false, 1 },
        { "a list that is an object", "\"kind\":\"crew_list\",\"travelers\":{}", false, 1 },
    };
    for (size_t i = 0; i < GW_COUNT(purposes); i++) {
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_manifest m;
        gw_buf_addf(&text, "{" VOYAGE ",%s}", purposes[i].head);
        CHECK_OK(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err));
        CHECK_INT(m.unclear, purposes[i].unclear);
        CHECK_INT(m.n_left_out, purposes[i].n_left_out);
        CHECK(!m.unclear || !m.valid);
    }
}

/* A problem's text says what is wrong with a field and never what stood in it. */
static void says_nothing(void **state)
{
    (void)state;
    static const char *const fields[] = { "surname", "given_names", "sex", "birth_date", "nationality", "residence", "reservation",
        "reference", "origin", "destination", "seat", "in_transit", "documents", "kind", "status",
        "permanent_resident", "accompanied" };
    for (size_t i = 0; i < GW_COUNT(fields); i++)
        for (int shape = 0; shape < 4; shape++) {
            GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
            GW_AUTO_VALUE(gw_buf) text = {};
            struct gw_manifest m;
            static const char *const shapes[] = { "\"SECRET/\\u0001\"", "[\"SECRET\"]", "{\"SECRET\":\"SECRET\",\"SECRET\":1}",
                "\"" FOUR(FOUR("SECRETSECRETSECRET")) "\"" };
            gw_buf_addf(&text, "{" VOYAGE ",\"travelers\":[{\"%s\":%s}]}", fields[i], shapes[shape]);
            CHECK_OK(gw_manifest_parse_json(&m, a, gw_buf_span(&text), &err));
            CHECK(m.n_problems > 0);
            for (size_t k = 0; k < m.n_problems; k++)
                CHECK(strstr(m.problems[k].text, "SECRET") == NULL && strstr(m.problems[k].tag, "SECRET") == NULL);
        }
}

int main(void)
{
    check_rows("read", rows, row_test);
    check_rows("refused", fail_rows, fail_test);
    check_add("whole", "every fact arrives", read_whole);
    check_add("whole", "what is formatted is read the same", round_trip);
    check_add("memory", "too little is said at every size", every_cap);
    check_add("limits", "hold at the limit and one past it", limits);
    check_add("purpose", "what cannot be told is said, and takes nobody away", purpose);
    check_add("persons", "no problem repeats what stood there", says_nothing);
    return check_done();
}
