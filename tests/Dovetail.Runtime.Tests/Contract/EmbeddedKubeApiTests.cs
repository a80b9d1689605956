using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;

namespace Dovetail.Runtime.Tests.Contract;

public sealed class EmbeddedKubeApiTests : KubeApiContract
{
    public EmbeddedKubeApiTests()
    {
        Store = new MemoryRevisionStore();
        var registry = new ObjectRegistry(new ObjectRegistryOptions { Store = Store, Time = TimeProvider.System });
        Api = new EmbeddedKubeApi(registry, UserInfo.Component("tests"), new ParsedRevisions());
    }

    public override ValueTask DisposeAsync() => Store.DisposeAsync();

    [Fact]
    public async Task A_revision_is_parsed_once_and_shared()
    {
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "a" } }, Ct);
        var first = await Api.FindAsync(BuiltInTypes.ConfigMaps, "default", "a", Ct);
        var second = (await Api.ListAsync(BuiltInTypes.ConfigMaps, "default", new ListOptions(), Ct)).Items.Single(map => map.Metadata.Name == "a");
        second.ShouldBeSameAs(first);
    }
}
