using System.Reflection;
using Dovetail.ApiServer.Registry;
using Dovetail.Cli.Commands;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;

namespace Dovetail.Cli.Tests.Commands;

public sealed class NodeGateTests
{
    private static readonly WriteOptions Options = new() { FieldManager = "test" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_changes_meanwhile_is_closed_and_opened_all_the_same_and_other_taints_stay_as_they_are()
    {
        var registry = new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = TimeProvider.System, Randomness = Randomness.Seeded(new Random(0)) });
        await registry.BootstrapAsync(Ct);
        var api = new EmbeddedKubeApi(registry, UserInfo.Component("test"), new ParsedRevisions());
        var since = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var taint = new V1Taint { Key = "node.kubernetes.io/unreachable", Effect = "NoExecute", TimeAdded = since };
        await api.CreateAsync(BuiltInTypes.Nodes, new V1Node { Metadata = new() { Name = "n" }, Spec = new() { Taints = [taint] } }, Ct);

        await NodeGate.CloseAsync(Racing.With(api), "n", Ct);
        var closed = (await api.FindAsync(BuiltInTypes.Nodes, "", "n", Ct))!.Spec.Taints;
        closed.Select(t => t.Key).ShouldContain("node.dovetail.dev/down");
        closed.Single(t => t.Key == taint.Key).TimeAdded.ShouldBe(since);

        await NodeGate.OpenAsync(Racing.With(api), "n", Ct);
        (await api.FindAsync(BuiltInTypes.Nodes, "", "n", Ct))!.Spec.Taints.Select(t => t.Key).ShouldNotContain("node.dovetail.dev/down");
    }

    /// <summary>Somebody else writes the node ahead of the first patch.</summary>
    public class Racing : DispatchProxy
    {
        private IKubeApi inner = null!;
        private bool raced;

        public static IKubeApi With(IKubeApi inner)
        {
            var proxy = Create<IKubeApi, Racing>();
            ((Racing)(object)proxy).inner = inner;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? args)
        {
            if (method!.Name == nameof(IKubeApi.PatchAsync) && !raced)
            {
                raced = true;
                return OvertakenAsync(method, args);
            }

            return method.Invoke(inner, args);
        }

        private async Task<V1Node> OvertakenAsync(MethodInfo method, object?[]? args)
        {
            await inner.PatchAsync(BuiltInTypes.Nodes, "", "n", PatchType.Merge, """{"metadata":{"labels":{"written":"meanwhile"}}}"""u8.ToArray(), Options, "", Ct);
            return await (Task<V1Node>)method.Invoke(inner, args)!;
        }
    }
}
