using System.Text;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Bootstrap;
using Dovetail.Workloads.Tests.Identity;
using k8s.Models;

namespace Dovetail.Workloads.Tests.Bootstrap;

/// <summary>Bootstrap tokens: what is signed with them, and how they end.</summary>
public sealed class BootstrapTests
{
    private const string Signature = "jws-kubeconfig-0a1b2c";

    private readonly SteppedWorld world = new(new IdentityControllersTests.PlainIssuer());

    /// <summary>The signature was made with another implementation of RFC 7515 (Python's hmac), from the same content, id and key.</summary>
    [Fact]
    public void Cluster_info_is_signed_with_each_token_that_is_meant_for_it_as_long_as_there_is_one()
    {
        Info("kind: Config\n");
        Data().Keys.ShouldBe(["kubeconfig"]);
        Token("0a1b2c", signs: true);
        Token("ffffff", signs: false);
        Data()[Signature].ShouldBe("eyJhbGciOiJIUzI1NiIsImtpZCI6IjBhMWIyYyJ9..Z9-VlRCqdj599eg43x29Q66_156oeGwYWzMpjlUCRT4");
        Data().Keys.ShouldBe(["kubeconfig", Signature], ignoreOrder: true);

        world.Replace(BuiltInTypes.ConfigMaps, "kube-public", "cluster-info", "", map => map.Data["kubeconfig"] = "kind: Config\nclusters: []\n");
        Data()[Signature].ShouldNotBe("eyJhbGciOiJIUzI1NiIsImtpZCI6IjBhMWIyYyJ9..Z9-VlRCqdj599eg43x29Q66_156oeGwYWzMpjlUCRT4", "another content has another signature");
        world.Delete(BuiltInTypes.Secrets, "kube-system", "bootstrap-token-0a1b2c");
        Data().Keys.ShouldBe(["kubeconfig"]);
    }

    [Fact]
    public void A_token_is_taken_away_at_its_end_and_so_is_what_it_signed()
    {
        Info("x");
        Token("0a1b2c", signs: true, world.Clock.GetUtcNow().AddMinutes(10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        Token("aaaaaa", signs: true);
        world.Pass(TimeSpan.FromMinutes(9));
        world.Find(BuiltInTypes.Secrets, "kube-system", "bootstrap-token-0a1b2c").ShouldNotBeNull();
        Data().ContainsKey(Signature).ShouldBeTrue();
        world.Pass(TimeSpan.FromMinutes(2));
        world.Find(BuiltInTypes.Secrets, "kube-system", "bootstrap-token-0a1b2c").ShouldBeNull();
        Data().Keys.ShouldBe(["kubeconfig", "jws-kubeconfig-aaaaaa"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2c", "", "true", true)]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2c", "", "yes", false)]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2d", "", "true", false)]
    [InlineData("other", "0a1b2c", "", "true", false)]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2c", "soon", "true", false)]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2c", "2026-01-01T00:00:00Z", "true", false)]
    [InlineData("bootstrap-token-0a1b2c", "0a1b2c", "2026-01-01T00:00:01Z", "true", true)]
    public void A_token_that_does_not_name_itself_rightly_has_ended_or_is_not_meant_for_it_signs_nothing(string name, string id, string end, string signs, bool counts)
    {
        var token = BootstrapToken.Of(Secret(name, id, end, signs));
        var wanted = ClusterInfoSigner.Decide(new Dictionary<string, string> { ["kubeconfig"] = "x" }, [token], new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        (wanted is not null).ShouldBe(counts);
    }

    [Fact]
    public void A_map_without_a_kubeconfig_is_left_as_it_is() =>
        ClusterInfoSigner.Decide(new Dictionary<string, string> { ["jws-kubeconfig-aaaaaa"] = "x" }, [], DateTimeOffset.UnixEpoch).ShouldBeNull();

    private void Info(string kubeconfig) =>
        world.Create(BuiltInTypes.ConfigMaps, new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = "kube-public", Name = "cluster-info" }, Data = new Dictionary<string, string> { ["kubeconfig"] = kubeconfig } });

    private void Token(string id, bool signs, string end = "") => world.Create(BuiltInTypes.Secrets, Secret($"bootstrap-token-{id}", id, end, signs ? "true" : "false"));

    private IDictionary<string, string> Data() => world.Find(BuiltInTypes.ConfigMaps, "kube-public", "cluster-info")!.Data;

    private static V1Secret Secret(string name, string id, string end, string signs) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "kube-system", Name = name },
        Type = BootstrapToken.Type,
        Data = new Dictionary<string, byte[]>
        {
            ["token-id"] = Encoding.UTF8.GetBytes(id),
            ["token-secret"] = "abcdef0123456789"u8.ToArray(),
            ["expiration"] = Encoding.UTF8.GetBytes(end),
            ["usage-bootstrap-signing"] = Encoding.UTF8.GetBytes(signs),
        },
    };
}
