using Dovetail.Node.Kubelet;

namespace Dovetail.Node.Tests.Kubelet;

public sealed class NodeAccessTests
{
    [Theory]
    [InlineData("GET", "/pods", "get pods,proxy")]
    [InlineData("GET", "/runningpods/", "get pods,proxy")]
    [InlineData("GET", "/healthz/syncloop", "get healthz,proxy")]
    [InlineData("GET", "/configz", "get configz,proxy")]
    [InlineData("GET", "/stats/summary", "get stats")]
    [InlineData("GET", "/metrics/resource", "get metrics")]
    [InlineData("GET", "/logs/", "get log")]
    [InlineData("POST", "/exec/ns/pod/c", "create proxy")]
    [InlineData("GET", "/exec/ns/pod/c", "get proxy")]
    [InlineData("GET", "/containerLogs/ns/pod/c", "get proxy")]
    [InlineData("GET", "/podsx", "get proxy")]
    [InlineData("OPTIONS", "/pods", " pods,proxy")]
    public void A_path_asks_for_upstreams_subresources(string method, string path, string expected) =>
        NodeAccess.Of(method, path).ShouldSatisfyAllConditions(access => $"{access.Verb} {string.Join(',', access.Subresources)}".ShouldBe(expected));
}
