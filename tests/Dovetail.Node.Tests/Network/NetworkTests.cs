using Dovetail.Node.Network;
using Dovetail.Node.Network.Dns;
using Dovetail.Node.Sandbox;

namespace Dovetail.Node.Tests.Network;

public sealed class NetworkTests
{
    [Fact]
    public void Routes_are_read_from_the_kernels_table()
    {
        var routes = PodSubnet.ParseRoutes(
        [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        ]).ToList();
        routes.ShouldHaveSingleItem();
        $"{routes[0].Destination} {routes[0].Interface}".ShouldBe("10.0.2.0/24 eth0");
    }

    [Theory]
    [InlineData("10.244.0.0/16", "10.244.3.0/24", true)]
    [InlineData("10.244.3.0/24", "10.244.0.0/16", true)]
    [InlineData("10.244.3.0/24", "10.244.4.0/24", false)]
    public void Overlaps_are_seen_both_ways(string a, string b, bool overlap) => PodSubnet.Overlap(System.Net.IPNetwork.Parse(a), System.Net.IPNetwork.Parse(b)).ShouldBe(overlap);

    [Fact]
    public void The_gateway_is_the_first_address() => PodSubnet.Parse("10.244.7.0/24").Gateway.ToString().ShouldBe("10.244.7.1");

    [Fact]
    public void Two_platforms_begin_their_search_at_different_subnets() =>
        PodSubnet.Candidates("aaaa01").First().ShouldNotBe(PodSubnet.Candidates("aaaa02").First());

    [Fact]
    public void Names_fit_the_kernels_fifteen_characters() => HostNames.Bridge("abcdef").Length.ShouldBeLessThanOrEqualTo(15);

    [Fact]
    public void A_launchers_socket_path_is_at_most_107_bytes() =>
        new NodePaths("abcdef", "/var/lib/dovetail").LauncherSocket(Guid.Empty.ToString()).Length.ShouldBe(107);

    [Fact]
    public void Pods_reach_neither_the_platforms_ports_nor_the_loopback()
    {
        var rules = NftRules.Render("abcdef", PodSubnet.Parse("10.244.7.0/24"), [6443, 5000]);
        rules.ShouldContain("iifname \"dtabcdef\" tcp dport { 5000, 6443 } reject with tcp reset");
        rules.ShouldContain("ip daddr 127.0.0.0/8 drop");
    }

    [Fact]
    public void Uids_of_two_platforms_do_not_overlap()
    {
        Math.Abs(UidRange.Base("000001") - UidRange.Base("000002")).ShouldBeGreaterThan(UidRange.Size);
        UidRange.Base("ffffff").ShouldBePositive();
    }

    [Fact]
    public void A_uid_is_given_once()
    {
        var first = UidRange.Free("abcdef", new HashSet<int>())!.Value;
        UidRange.Free("abcdef", new HashSet<int> { first }).ShouldBe(first + 1);
        UidRange.Free("abcdef", Enumerable.Range(first, UidRange.Size).ToHashSet()).ShouldBeNull();
    }

    [Fact]
    public void Name_servers_are_read_and_the_rest_is_passed_over() =>
        ResolvConf.Parse(["# comment", "search example", "nameserver 10.0.0.53", "nameserver nonsense", "nameserver\tfd00::1"]).Select(s => s.ToString()).ShouldBe(["10.0.0.53:53", "[fd00::1]:53"]);

    [Fact]
    public void A_failure_repeats_the_question_without_records()
    {
        byte[] query = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, (byte)'a', 0, 0, 1, 0, 1, 0xff, 0xff];
        DnsMessage.Failure(query).ShouldBe(new byte[] { 0xab, 0xcd, 0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1 });
    }

    [Fact]
    public void A_question_that_is_cut_off_is_failed_without_it()
    {
        byte[] query = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63, (byte)'a'];
        DnsMessage.Failure(query).ShouldBe(new byte[] { 0xab, 0xcd, 0x81, 0x82, 0, 0, 0, 0, 0, 0, 0, 0 });
    }
}
