/* reach_test.c - which addresses are of the whole internet, which the operator named, which neither. */
#include "fetch/reach.h"
#include "tests/check.h"

static const struct {
    const char *label, *address;
    bool global;
} addresses[] = {
    { "a resolver of the internet", "9.9.9.9", true },
    { "the last before 10/8", "9.255.255.255", true },
    { "the first of 10/8", "10.0.0.0", false },
    { "the last of 10/8", "10.255.255.255", false },
    { "the first behind 10/8", "11.0.0.0", true },
    { "this machine", "127.0.0.1", false },
    { "no address", "0.0.0.0", false },
    { "carrier-grade translation begins", "100.64.0.0", false },
    { "carrier-grade translation ends", "100.127.255.255", false },
    { "behind carrier-grade translation", "100.128.0.0", true },
    { "the metadata service of clouds", "169.254.169.254", false },
    { "172.16/12 begins", "172.16.0.0", false },
    { "172.16/12 ends", "172.31.255.255", false },
    { "behind 172.16/12", "172.32.0.0", true },
    { "a house", "192.168.1.1", false },
    { "benchmarks, the upper half", "198.19.0.1", false },
    { "one of many", "224.0.0.1", false },
    { "everybody", "255.255.255.255", false },
    { "IPv6 of the internet", "2620:fe::fe", true },
    { "IPv6 this machine", "::1", false },
    { "IPv6 no address", "::", false },
    { "IPv6 link", "fe80::1", false },
    { "IPv6 a house", "fd00::1", false },
    { "IPv6 for documents", "2001:db8::1", false },
    { "6to4, which may hold any IPv4", "2002:7f00:1::1", false },
    { "Teredo, which may hold any IPv4", "2001:0:7f00:1::1", false },
    { "IPv4 in IPv6 is judged as IPv4: inside", "::ffff:127.0.0.1", false },
    { "IPv4 in IPv6 is judged as IPv4: outside", "::ffff:9.9.9.9", true },
    { "NAT64, which may hold any IPv4", "64:ff9b::7f00:1", false },
};

static void address_test(void **state)
{
    const __typeof__(addresses[0]) *row = *state;
    struct gw_address a;
    CHECK(gw_address_parse(&a, NULL, row->address));
    CHECK_INT(gw_address_is_global(a), row->global);
}

static const struct {
    const char *label, *targets, *host;
    bool is_tls, fine;
} hosts[] = {
    { "a name of the internet over TLS", "", "hooks.example.org", true, true },
    { "a name without TLS", "", "hooks.example.org", false, false },
    { "a target's name without TLS", "hooks.example.org", "hooks.example.org", false, true },
    { "names have no case", "hooks.example.org", "HOOKS.example.ORG", false, true },
    { "a target's name is all of it", "example.org", "hooks.example.org", false, false },
    { "an address inside", "", "10.1.2.3", true, false },
    { "an address of a target network", "10.1.0.0/16", "10.1.2.3", false, true },
    { "one past a target network", "10.1.0.0/16", "10.2.0.0", true, false },
    { "a network that is no whole bytes", "10.1.0.0/20", "10.1.15.255", true, true },
    { "one past it", "10.1.0.0/20", "10.1.16.0", true, false },
    { "a single address", "127.0.0.1", "127.0.0.1", false, true },
    { "the address beside it", "127.0.0.1", "127.0.0.2", true, false },
    { "the same address as IPv6 has it", "127.0.0.1", "::ffff:127.0.0.1", false, true },
    { "an IPv6 network", "fd00:1::/32", "fd00:1:2::3", false, true },
    { "an IPv6 network, one past", "fd00:1::/32", "fd00:2::3", true, false },
    { "the second of three", "a.example, 10.9.0.0/16 ,b.example", "10.9.1.1", false, true },
    { "a network of nothing is everybody", "0.0.0.0/0", "10.1.1.1", false, true },
    { "a network of IPv4 is none of IPv6", "0.0.0.0/0", "fd00::1", true, false },
};

static void host_test(void **state)
{
    const __typeof__(hosts[0]) *row = *state;
    struct gw_err err = {};
    GW_AUTO(gw_reach) *r = gw_reach_new(row->targets, "x.targets", &err);
    CHECK(r != NULL);
    if (row->fine)
        CHECK_OK(gw_reach_check(r, row->host, row->is_tls, &err));
    else
        CHECK_FAILS(gw_reach_check(r, row->host, row->is_tls, &err), GW_ERR_INVALID);
}

static const struct {
    const char *label, *targets;
    bool fine;
} targets[] = {
    { "none", NULL, true },
    { "blanks are none", "  , ", true },
    { "a network of 32 bits", "10.0.0.1/32", true },
    { "one of 33 is none", "10.0.0.1/33", false },
    { "an IPv6 network of 128 bits", "fd00::/128", true },
    { "one of 129 is none", "fd00::/129", false },
    { "a name has no bits", "example.org/8", false },
    { "a mask is no number of bits", "10.0.0.0/255.0.0.0", false },
};

static void targets_test(void **state)
{
    const __typeof__(targets[0]) *row = *state;
    struct gw_err err = {};
    GW_AUTO(gw_reach) *r = gw_reach_new(row->targets, "x.targets", &err);
    CHECK_INT(r != NULL, row->fine);
    CHECK(row->fine || (err.code == GW_ERR_USAGE && strstr(err.text, "x.targets") != NULL));
}

static void most_test(void **state)
{
    char text[(GW_REACH_TARGETS + 1) * 8] = "";
    struct gw_err err = {};
    (void)state;
    for (int i = 0; i < GW_REACH_TARGETS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "h%d ", i);
    GW_AUTO(gw_reach) *all = gw_reach_new(text, "x.targets", &err);
    CHECK(all != NULL && gw_reach_host(all, "h0") && gw_reach_host(all, "h63") && !gw_reach_host(all, "h64"));
    snprintf(text + strlen(text), sizeof text - strlen(text), "one");
    CHECK_FAILS(gw_reach_new(text, "x.targets", &err) != NULL, GW_ERR_USAGE);
    char host[GW_HOST_MAX + 1];
    memset(host, 'a', sizeof host);
    host[GW_HOST_MAX] = 0;
    CHECK_FAILS(gw_reach_new(host, "x.targets", &err) != NULL, GW_ERR_USAGE);
    host[GW_HOST_MAX - 1] = 0;
    GW_AUTO(gw_reach) *longest = gw_reach_new(host, "x.targets", &err);
    CHECK(longest != NULL && gw_reach_host(longest, host));
}

int main(void)
{
    check_rows("an address of the whole internet", addresses, address_test);
    check_rows("who may be spoken to", hosts, host_test);
    check_rows("targets are read", targets, targets_test);
    check_add("targets", "as many and as long as the limits say, not one more", most_test);
    return check_done();
}
