/* evaluate_report.c - one page for people: the DET curve, both histograms, and the
 * numbers behind them. Needs nothing but itself, names nobody. */
#include "cli/evaluate.h"

#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void escaped(struct gw_buf *out, const char *text)
{
    for (; *text != 0; text++)
        switch (*text) {
        case '<':
            gw_buf_add_text(out, "&lt;");
            break;
        case '>':
            gw_buf_add_text(out, "&gt;");
            break;
        case '&':
            gw_buf_add_text(out, "&amp;");
            break;
        case '"':
            gw_buf_add_text(out, "&quot;");
            break;
        default:
            gw_buf_add(out, text, 1);
        }
}

/* A number of the answer, as one reads it; a dash where there is none. */
static void number(struct gw_buf *out, const struct gw_json *object, const char *key)
{
    double v;
    int64_t n;
    const struct gw_json *j = gw_json_get(object, key);
    if (gw_json_integer(j, &n) && gw_json_kind(j) == GW_JSON_INTEGER)
        gw_buf_addf(out, "%lld", (long long)n);
    else if (!gw_json_real(j, &v))
        gw_buf_add_text(out, "–");
    else if (v == 0 || fabs(v) >= 0.001)
        gw_buf_addf(out, "%.4g", v);
    else
        gw_buf_addf(out, "%.2e", v);
}

static void cell(struct gw_buf *out, const struct gw_json *object, const char *key)
{
    gw_buf_add_text(out, "<td>");
    number(out, object, key);
    gw_buf_add_text(out, "</td>");
}

static void range_cell(struct gw_buf *out, const struct gw_json *object, const char *key)
{
    double low, high;
    const struct gw_json *j = gw_json_get(object, key);
    if (gw_json_real(gw_json_at(j, 0), &low) && gw_json_real(gw_json_at(j, 1), &high))
        gw_buf_addf(out, "<td>%.3g – %.3g</td>", low, high);
    else
        gw_buf_add_text(out, "<td>–</td>");
}

static void word_cell(struct gw_buf *out, const struct gw_json *object, const char *key)
{
    const char *text = "";
    (void)gw_json_get_text(object, key, &text);
    gw_buf_add_text(out, "<th scope=row>");
    escaped(out, text);
    gw_buf_add_text(out, "</th>");
}

enum { WIDE = 720, HIGH = 400, LEFT = 64, RIGHT = 16, TOP = 16, BOTTOM = 48 };

static double across(double share)
{
    return LEFT + share * (WIDE - LEFT - RIGHT);
}
static double down(double share) /* 0 below, 1 on top */
{
    return TOP + (1 - share) * (HIGH - TOP - BOTTOM);
}

static void frame(struct gw_buf *out, const char *title, const char *x, const char *y)
{
    gw_buf_addf(out, "<svg viewBox=\"0 0 %d %d\" role=img aria-label=\"%s\"><rect class=frame x=%d y=%d width=%d height=%d />", WIDE,
        HIGH, title, LEFT, TOP, WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM);
    gw_buf_addf(out, "<text class=axis x=%d y=%d>%s</text>", (LEFT + WIDE - RIGHT) / 2, HIGH - 8, x);
    gw_buf_addf(out, "<text class=axis transform=\"translate(16 %d) rotate(-90)\">%s</text>", (TOP + HIGH - BOTTOM) / 2, y);
}

static void tick_x(struct gw_buf *out, double share, const char *label)
{
    gw_buf_addf(out, "<line class=grid x1=%.1f x2=%.1f y1=%d y2=%d /><text class=axis x=%.1f y=%d>%s</text>", across(share),
        across(share), TOP, HIGH - BOTTOM, across(share), HIGH - BOTTOM + 18, label);
}
static void tick_y(struct gw_buf *out, double share, const char *label)
{
    gw_buf_addf(out, "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f /><text class=number x=%d y=%.1f>%s</text>", LEFT, WIDE - RIGHT,
        down(share), down(share), LEFT - 6, down(share) + 4, label);
}

/* Both axes in decades. A rate of zero is below every decade: where there are some, the lower edge is one further down and called 0. */
struct det_axes {
    int fmr_low, fnmr_low; /* decades */
    bool zero;             /* fnmr_low stands for 0 */
};

static struct det_axes det_axes_of(const struct gw_eval_plots *p)
{
    struct det_axes a = { -1, -1, false };
    for (size_t i = 0; i < p->n_det; i++) {
        a.fmr_low = GW_MIN(a.fmr_low, (int)floor(log10(fmax(p->det[i].fmr, 1e-9)) + 1e-9));
        if (p->det[i].fnmr > 0)
            a.fnmr_low = GW_MIN(a.fnmr_low, (int)floor(log10(p->det[i].fnmr)));
        else
            a.zero = true;
    }
    a.fnmr_low -= a.zero;
    return a;
}

static double det_x(const struct det_axes *a, const struct gw_det_point *d)
{
    return across((log10(d->fmr) - a->fmr_low) / fmax(1, -1 - a->fmr_low));
}
static double det_y(const struct det_axes *a, const struct gw_det_point *d)
{
    return down(d->fnmr > 0 ? fmax(0, (log10(d->fnmr) - a->fnmr_low) / -a->fnmr_low) : 0);
}

static void det_plot(struct gw_buf *out, const struct gw_eval_plots *p)
{
    const struct det_axes a = det_axes_of(p);
    frame(out, "DET curve", "false match rate (FMR)", "false non-match rate (FNMR)");
    for (int d = a.fmr_low; d <= -1; d++) {
        char label[16];
        snprintf(label, sizeof label, "1e%d", d);
        tick_x(out, a.fmr_low < -1 ? (double)(d - a.fmr_low) / (-1 - a.fmr_low) : 1, label);
    }
    for (int d = a.fnmr_low; d <= 0; d++) {
        char label[16];
        snprintf(label, sizeof label, "%g", a.zero && d == a.fnmr_low ? 0 : pow(10, d));
        tick_y(out, (double)(d - a.fnmr_low) / -a.fnmr_low, label);
    }
    gw_buf_add_text(out, "<polyline class=det points=\"");
    for (size_t i = 0; i < p->n_det; i++)
        gw_buf_addf(out, "%.1f,%.1f ", det_x(&a, &p->det[i]), det_y(&a, &p->det[i]));
    gw_buf_add_text(out, "\" />");
    for (size_t i = 0; i < p->n_det; i++)
        gw_buf_addf(out, "<circle class=point r=3 cx=%.1f cy=%.1f><title>FMR %.2e, FNMR %.4f at %.4f</title></circle>",
            det_x(&a, &p->det[i]), det_y(&a, &p->det[i]), p->det[i].fmr, p->det[i].fnmr, p->det[i].threshold);
    gw_buf_add_text(out, "</svg>");
}

static void bars(struct gw_buf *out, const char *class, const double share[GW_TALLY_PLOT], double most)
{
    gw_buf_addf(out, "<path class=%s d=\"M%.1f %.1f", class, across(0), down(0));
    for (size_t i = 0; i < GW_TALLY_PLOT; i++)
        gw_buf_addf(out, "H%.1fV%.1f", across((double)i / GW_TALLY_PLOT), down(share[i] / most));
    gw_buf_addf(out, "H%.1fV%.1fZ\" />", across(1), down(0));
}

static void histogram(struct gw_buf *out, const struct gw_eval_plots *p)
{
    double most = 1e-9;
    for (size_t i = 0; i < GW_TALLY_PLOT; i++)
        most = fmax(most, fmax(p->genuine[i], p->impostor[i]));
    frame(out, "Scores", "score", "share of comparisons");
    for (int k = 0; k <= 8; k++) {
        char label[16];
        snprintf(label, sizeof label, "%.1f", -0.6 + 0.2 * k);
        tick_x(out, k / 8.0, label);
    }
    for (int k = 0; k <= 4; k++) {
        char label[16];
        snprintf(label, sizeof label, "%.1f %%", most * 25 * k);
        tick_y(out, k / 4.0, label);
    }
    bars(out, "impostor", p->impostor, most);
    bars(out, "genuine", p->genuine, most);
    gw_buf_add_text(out, "</svg><p class=key><span class=impostor></span> two persons <span class=genuine></span> one person</p>");
}

static void tables(struct gw_buf *out, const struct gw_json *a, const struct gw_eval_plots *p)
{
    const struct gw_json *pairs = gw_json_get(a, "pairs"), *v = gw_json_get(a, "verification");
    static const char *const rates[] = { "1e-2", "1e-3", "5e-4", "1e-4", "1e-5", "1e-6" };

    if (gw_json_kind(pairs) == GW_JSON_OBJECT) {
        gw_buf_add_text(out, "<h2>Labelled pairs</h2><p>");
        number(out, pairs, "count");
        gw_buf_add_text(out, " pairs in ");
        number(out, pairs, "folds");
        gw_buf_add_text(out, " folds: accuracy <b>");
        number(out, pairs, "accuracy");
        gw_buf_add_text(out, "</b>, standard error ");
        number(out, pairs, "standard_error");
        gw_buf_add_text(out, "; each fold decided with the threshold that was best on the others.</p>");
    }
    gw_buf_add_text(out, "<h2>One to one</h2><p>");
    number(out, v, "genuine");
    gw_buf_add_text(out, " comparisons of one person, ");
    number(out, v, "impostor");
    gw_buf_add_text(out, " of two. Equal error rate ");
    number(out, v, "eer");
    gw_buf_add_text(out, ".</p><table><tr><th>FMR<th>FNMR<th>95 %, by person<th>threshold</tr>");
    for (size_t i = 0; i < GW_COUNT(rates); i++) {
        if (gw_json_get(gw_json_get(v, "fnmr"), rates[i]) == NULL)
            continue;
        gw_buf_addf(out, "<tr><th scope=row>%s</th>", rates[i]);
        cell(out, gw_json_get(v, "fnmr"), rates[i]);
        range_cell(out, gw_json_get(v, "fnmr_95"), rates[i]);
        cell(out, gw_json_get(v, "thresholds"), rates[i]);
        gw_buf_add_text(out, "</tr>");
    }
    gw_buf_add_text(out, "</table>");
    det_plot(out, p);
    histogram(out, p);

    gw_buf_add_text(out, "<h2>Operating points</h2><table><tr><th>FMR<th>score<th></tr>");
    for (size_t i = 0; i < p->n_operating; i++)
        gw_buf_addf(out, "<tr><th scope=row>%.0e</th><td>%.4f</td><td>%s</td></tr>", p->operating[i].fmr, p->operating[i].score,
            p->operating[i].fitted ? "fitted: fewer than 30 false matches behind it" : "measured");
    gw_buf_add_text(out, "</table>");

    gw_buf_add_text(out, "<h2>One to many</h2><table><tr><th>gallery<th>portraits each<th>searches<th>asked FPIR<th>threshold<th>FNIR<th>95 %, by "
                         "person<th>FPIR with the card's threshold<th>FNIR with it</tr>");
    const struct gw_json *list = gw_json_get(a, "identification");
    for (size_t i = 0; i < gw_json_size(list); i++) {
        const struct gw_json *j = gw_json_at(list, i), *card = gw_json_get(j, "with_card_threshold");
        gw_buf_add_text(out, "<tr>");
        cell(out, j, "gallery");
        cell(out, j, "portraits_per_person");
        cell(out, j, "searches");
        cell(out, j, "fpir");
        cell(out, j, "threshold");
        cell(out, j, "fnir");
        range_cell(out, j, "fnir_95");
        cell(out, card, "fpir");
        cell(out, card, "fnir");
        gw_buf_add_text(out, "</tr>");
    }
    gw_buf_add_text(out, "</table>");

    const struct gw_json *groups = gw_json_get(a, "groups"), *differentials = gw_json_get(a, "differentials");
    if (gw_json_size(groups) > 0) {
        gw_buf_add_text(out, "<h2>Groups</h2><p>All at one threshold, ");
        number(out, a, "groups_at_threshold");
        gw_buf_add_text(out, ", where the FMR over everybody is ");
        number(out, a, "groups_at_fmr");
        gw_buf_add_text(out, ". FMR within a group: of pairs of its own people. Its interval takes comparisons for independent, which they are not "
                             "quite. Groups with too few comparisons are shown and left out of the differentials.</p><table><tr><th><th>group<th>pictures"
                             "<th>not acquired<th>FNMR<th>95 %, by person<th>FMR<th>95 %</tr>");
        for (size_t i = 0; i < gw_json_size(groups); i++) {
            const struct gw_json *j = gw_json_at(groups, i);
            gw_buf_add_text(out, "<tr>");
            word_cell(out, j, "label");
            word_cell(out, j, "value");
            cell(out, j, "images");
            cell(out, j, "failure_to_acquire");
            cell(out, j, "fnmr");
            range_cell(out, j, "fnmr_95");
            cell(out, j, "fmr");
            range_cell(out, j, "fmr_95");
            gw_buf_add_text(out, "</tr>");
        }
        gw_buf_add_text(out, "</table><table><tr><th>differential<th>groups<th>FNMR, largest over geometric mean<th>FMR, the same<th>GARBE</tr>");
        for (size_t i = 0; i < gw_json_size(differentials); i++) {
            const struct gw_json *j = gw_json_at(differentials, i);
            gw_buf_add_text(out, "<tr>");
            word_cell(out, j, "label");
            cell(out, j, "groups");
            cell(out, j, "fnmr_max_over_geometric_mean");
            cell(out, j, "fmr_max_over_geometric_mean");
            cell(out, j, "garbe");
            gw_buf_add_text(out, "</tr>");
        }
        gw_buf_add_text(out, "</table>");
    }

    static const char *const steps[] = { "decode", "detect", "landmarks", "quality", "align", "embed", "search" };
    gw_buf_add_text(out, "<h2>Time</h2><table><tr>");
    for (size_t i = 0; i < GW_COUNT(steps); i++)
        gw_buf_addf(out, "<th>%s", steps[i]);
    gw_buf_add_text(out, "</tr><tr>");
    for (size_t i = 0; i < GW_COUNT(steps); i++)
        cell(out, gw_json_get(a, "time_ms"), steps[i]);
    gw_buf_add_text(out, "</tr></table><p>Milliseconds a picture, means, as many threads as were asked for.</p>");
}

void gw_eval_report(struct gw_buf *out, const struct gw_json *answer, const struct gw_eval_plots *plots)
{
    const char *model = "";
    (void)gw_json_get_text(answer, "model", &model);
    gw_buf_add_text(out,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Recognition, measured</title><style>"
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
        "h1,h2{line-height:1.2}table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}"
        "th,td{padding:.25rem .75rem;border-bottom:1px solid #d5d9df;text-align:right}th{font-weight:600;vertical-align:bottom}"
        "svg{width:100%;height:auto;margin:1rem 0}.frame{fill:none;stroke:#8a93a0}.grid{stroke:#e4e7eb}"
        "text{font:12px system-ui,sans-serif;fill:#4a525c}.axis{text-anchor:middle}.number{text-anchor:end}"
        ".det{fill:none;stroke:#0b5cad;stroke-width:2}.point{fill:#0b5cad}path.genuine{fill:#0b5cad99}path.impostor{fill:#c2570c99}"
        ".key span{display:inline-block;width:1em;height:1em;vertical-align:-.1em}span.genuine{background:#0b5cad}span.impostor{background:#c2570c}"
        "</style><h1>Recognition, measured</h1><p>Model ");
    escaped(out, model);
    gw_buf_add_text(out, ". ");
    number(out, answer, "images");
    gw_buf_add_text(out, " pictures of ");
    number(out, answer, "identities");
    gw_buf_add_text(out, " persons; ");
    number(out, answer, "no_face");
    gw_buf_add_text(out, " without a face that was found, ");
    number(out, answer, "unreadable");
    gw_buf_add_text(out, " that could not be read.</p>");
    tables(out, answer, plots);
    gw_buf_add_text(out, "</html>\n");
}
