/* gate.c - a gate in C with libcurl: shows one picture to Gangway.
 *
 *     cc -o gate examples/gate.c -lcurl
 *     GANGWAY=http://127.0.0.1:8090 DEVICE=token ./gate VOYAGE PICTURE.jpg
 *
 * Prints the answer's JSON. Exit status: 0 clear, 1 retry or inspect, 2 no answer: a gate
 * that is not sure sends the traveler to a person, too.
 *
 * Free to copy into a gate of your own. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 5, ANSWER_BYTES = 64 << 10, PICTURE_BYTES = 8 << 20 };

struct answer {
    char text[ANSWER_BYTES + 1];
    size_t size;
};

static size_t take(char *data, size_t size, size_t n, void *self)
{
    struct answer *a = self;
    if (size * n > ANSWER_BYTES - a->size)
        return 0;
    memcpy(a->text + a->size, data, size * n);
    a->size += size * n;
    a->text[a->size] = 0;
    return size * n;
}

/* Sixteen random bytes as text: it names this picture, however often it is sent. */
static int make_key(char out[64])
{
    unsigned char random[16];
    FILE *f = fopen("/dev/urandom", "rb");
    int fine = f != NULL && fread(random, sizeof random, 1, f) == 1;
    if (f != NULL)
        fclose(f);
    int n = snprintf(out, 64, "Idempotency-Key: ");
    for (size_t i = 0; i < sizeof random; i++)
        n += snprintf(out + n, 64 - (size_t)n, "%02x", random[i]);
    return fine;
}

/* One picture until there is an answer: the HTTP status, or 0. */
static long verify(struct answer *a, const char *url, const char *token, const char *picture, size_t size)
{
    char bearer[256], key[64];
    long status = 0;
    CURL *c = curl_easy_init();
    if (c == NULL || !make_key(key))
        return 0;
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", token);
    struct curl_slist *headers = curl_slist_append(NULL, bearer);
    headers = curl_slist_append(headers, key);
    headers = curl_slist_append(headers, "Content-Type: image/jpeg");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, picture);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 1000L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 3000L);
    for (int n = 0; n < TRIES; n++) {
        a->size = 0;
        CURLcode code = curl_easy_perform(c);
        status = 0;
        if (code == CURLE_OK)
            curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        /* 503: nobody has time. 409 in_progress: this picture's first try is being looked at. */
        if (code == CURLE_OK && status != 503 && !(status == 409 && strstr(a->text, "\"in_progress\"") != NULL))
            break;
        curl_off_t after = 0;
        if (code != CURLE_OK || curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &after) != CURLE_OK || after < 1)
            after = 1;
        nanosleep(&(struct timespec){ .tv_sec = after < 10 ? after : 10 }, NULL);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    return status;
}

int main(int argc, char **argv)
{
    const char *base = getenv("GANGWAY"), *token = getenv("DEVICE");
    static char picture[PICTURE_BYTES], url[512];
    static struct answer answer;
    if (argc != 3 || token == NULL) {
        fprintf(stderr, "usage: GANGWAY=URL DEVICE=TOKEN gate VOYAGE PICTURE.jpg\n");
        return 2;
    }
    FILE *f = fopen(argv[2], "rb");
    size_t size = f == NULL ? 0 : fread(picture, 1, sizeof picture, f);
    if (f == NULL || size == 0 || fgetc(f) != EOF) {
        fprintf(stderr, "gate: %s cannot be read, or has more than %d bytes\n", argv[2], PICTURE_BYTES);
        return 2;
    }
    fclose(f);
    snprintf(url, sizeof url, "%s/v1/voyages/%s/verifications", base == NULL ? "http://127.0.0.1:8090" : base, argv[1]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    long status = verify(&answer, url, token, picture, size);
    curl_global_cleanup();
    if (status != 200) {
        fprintf(stderr, "gate: %ld %s\n", status, answer.text);
        return 2;
    }
    fputs(answer.text, stdout);
    /* A gate of your own has a JSON reader; one word is enough here. */
    return strstr(answer.text, "\"decision\":\"clear\"") != NULL ? 0 : 1;
}
