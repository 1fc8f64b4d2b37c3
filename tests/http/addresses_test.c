/* addresses_test.c - who is counted, and with whom together. */
#include "base/crypto.h"
#include "http/addresses.h"
#include "tests/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

union any {
    struct sockaddr a;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static union any read_address(const char *text)
{
    union any u = {};
    if (strchr(text, ':') != NULL) {
        u.in6.sin6_family = AF_INET6;
        CHECK_INT(inet_pton(AF_INET6, text, &u.in6.sin6_addr), 1);
    } else {
        u.in.sin_family = AF_INET;
        CHECK_INT(inet_pton(AF_INET, text, &u.in.sin_addr), 1);
    }
    return u;
}

static const struct row {
    const char *label, *one, *other;
    bool counted, together;
} rows[] = {
    { "an IPv4 address counts by itself", "192.0.2.1", "192.0.2.2", true, false },
    { "and is itself", "192.0.2.1", "192.0.2.1", true, true },
    { "also when it comes over IPv6", "192.0.2.1", "::ffff:192.0.2.1", true, true },
    { "an IPv6 network of 64 bits counts as one", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true, true },
    { "another network is another", "2001:db8:1:2::1", "2001:db8:1:3::1", true, false },
    { "this machine is not counted", "127.0.0.1", "127.9.9.9", false, false },
    { "nor over IPv6", "::1", "::ffff:127.0.0.1", false, false },
    { "an IPv4 address is no IPv6 network", "192.0.2.1", "2001:db8::1", true, false },
};

static void row_test(void **state)
{
    const struct row *r = *state;
    union any one = read_address(r->one), other = read_address(r->other);
    struct gw_addresses *t = gw_addresses_new();
    struct gw_address a = gw_address_of(&one.a), b = gw_address_of(&other.a);
    CHECK_INT(a.counted, r->counted);
    CHECK_INT(gw_address_is_loopback(&one.a), !r->counted);
    gw_addresses_enter(t, a);
    CHECK_INT(gw_addresses_count(t, a), r->counted);
    CHECK_INT(gw_addresses_count(t, b), r->counted && r->together);
    gw_addresses_leave(t, a);
    CHECK_INT(gw_addresses_count(t, a), 0);
    gw_addresses_free(t);
}

static void many_test(void **state)
{
    (void)state;
    enum { N = 20'000 };
    struct gw_addresses *t = gw_addresses_new();
    struct sockaddr_in in = { .sin_family = AF_INET };
    union any u;
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t k = 0; k <= i % 3; k++) {
            in.sin_addr.s_addr = htonl(0x0a000000 + i);
            u.in = in;
            gw_addresses_enter(t, gw_address_of(&u.a));
        }
    for (uint32_t i = 0; i < N; i++) {
        u.in.sin_addr.s_addr = htonl(0x0a000000 + i);
        CHECK_INT(gw_addresses_count(t, gw_address_of(&u.a)), i % 3 + 1);
        gw_addresses_leave(t, gw_address_of(&u.a));
        CHECK_INT(gw_addresses_count(t, gw_address_of(&u.a)), i % 3);
    }
    gw_addresses_free(t); /* what is left in it goes with it */
}

static void none_test(void **state)
{
    (void)state;
    struct sockaddr unix_address = { .sa_family = AF_UNIX };
    CHECK(!gw_address_of(NULL).counted && !gw_address_is_loopback(NULL));
    CHECK(!gw_address_of(&unix_address).counted && !gw_address_is_loopback(&unix_address));
    gw_addresses_free(NULL);
}

int main(void)
{
    struct gw_err err = {};
    if (!gw_crypto_init(&err))
        return 1;
    check_rows("address", rows, row_test);
    check_add("table", "20,000 addresses are counted each by itself", many_test);
    check_add("table", "no address, and one that is no Internet address, is not counted", none_test);
    return check_done();
}
