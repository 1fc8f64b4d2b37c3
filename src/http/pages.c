/* pages.c - static files: which encoding, is the browser's copy still good, and what
 * a page may do (Content-Security-Policy). */
#include "http/pages.h"

#include <strings.h>

/* A page runs its own scripts and speaks to this service, and that is all: nothing inline, no frame around it, no
 * other host. blob: is for photos that were fetched with a token. Trusted Types: strings become script nowhere but
 * in the one policy that starts the worker which reads boarding passes. */
static const struct gw_header on_pages[] = {
    { "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker" },
    { "Permissions-Policy", "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), bluetooth=()" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Referrer-Policy", "no-referrer" },
    { "Vary", "Accept-Encoding" },
    { "Cache-Control", "no-cache" },
};
static const struct gw_header on_named_by_content[] = {
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Vary", "Accept-Encoding" },
    { "Cache-Control", "public, max-age=31536000, immutable" },
};

static const struct gw_page *find(const char *uri)
{
    size_t length = strcspn(uri, "?");
    for (size_t i = 0; i < gw_n_pages; i++)
        if (strlen(gw_pages[i].path) == length && memcmp(gw_pages[i].path, uri, length) == 0)
            return &gw_pages[i];
    return NULL;
}

/* Is `coding` among the codings of Accept-Encoding, and not with q=0 (RFC 9110 section 12.5.3)? "*" is not read as
 * a wish: what comes then is plain. */
static bool accepts(const struct gw_request *r, const char *coding)
{
    struct gw_span header;
    if (!gw_request_header(r, "Accept-Encoding", &header))
        return false;
    for (size_t at = 0; at < header.size;) {
        const uint8_t *comma = memchr(header.data + at, ',', header.size - at);
        size_t end = comma == NULL ? header.size : (size_t)(comma - header.data);
        struct gw_span item = gw_span_trim(gw_span_of(header.data + at, end - at)), name = item;
        const uint8_t *semicolon = memchr(item.data, ';', item.size);
        if (semicolon != NULL)
            name = gw_span_trim(gw_span_of(item.data, (size_t)(semicolon - item.data)));
        if (name.size == strlen(coding) && strncasecmp((const char *)name.data, coding, name.size) == 0) {
            struct gw_span weight = semicolon == NULL
                ? (struct gw_span){}
                : gw_span_trim(gw_span_of(semicolon + 1, item.size - (size_t)(semicolon + 1 - item.data)));
            /* "q=0", "q=0.000" refuse; anything else is more than nothing. */
            if (weight.size < 3 || strncasecmp((const char *)weight.data, "q=0", 3) != 0)
                return true;
            for (size_t i = 3; i < weight.size; i++)
                if (weight.data[i] >= '1' && weight.data[i] <= '9')
                    return true;
            return false;
        }
        at = end + 1;
    }
    return false;
}

/* If-None-Match: a list of entity tags or "*" (RFC 9110 section 13.1.2); compared weakly. */
static bool is_known(const struct gw_request *r, const char *etag)
{
    struct gw_span header;
    if (!gw_request_header(r, "If-None-Match", &header))
        return false;
    header = gw_span_trim(header);
    const char *tag = etag + strlen("W/");
    return gw_span_is(header, "*") || memmem(header.data, header.size, tag, strlen(tag)) != NULL;
}

bool gw_page_answer(struct gw_request *r)
{
    const struct gw_page *p = strcmp(r->method, "GET") == 0 ? find(r->uri) : NULL;
    if (p == NULL)
        return false;
    r->constant_headers = p->named_by_content ? on_named_by_content : on_pages;
    r->n_constant_headers = p->named_by_content ? GW_COUNT(on_named_by_content) : GW_COUNT(on_pages);
    gw_request_answer_header(r, "ETag", p->etag);
    if (is_known(r, p->etag)) {
        r->status = 304;
        return true;
    }
    r->status = 200;
    r->type = p->type;
    r->constant = p->plain;
    if (p->brotli.size != 0 && accepts(r, "br")) {
        r->constant = p->brotli;
        gw_request_answer_header(r, "Content-Encoding", "br");
    } else if (p->gzip.size != 0 && accepts(r, "gzip")) {
        r->constant = p->gzip;
        gw_request_answer_header(r, "Content-Encoding", "gzip");
    }
    return true;
}
