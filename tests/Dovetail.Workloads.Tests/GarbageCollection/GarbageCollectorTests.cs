using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Tests.GarbageCollection;

public sealed class GarbageCollectorTests : ControllersWorld
{
    [Fact]
    public async Task A_circle_of_owners_does_not_hold_up_its_deletion()
    {
        var one = await MapAsync("default", "one");
        var two = await MapAsync("default", "two", OwnedBy(one));
        var three = await MapAsync("default", "three", OwnedBy(two));
        var closed = BuiltInTypes.ConfigMaps.Copy(one);
        closed.Metadata.OwnerReferences = [OwnedBy(three)];
        await Api.ReplaceAsync(BuiltInTypes.ConfigMaps, closed, "", Ct);
        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "one", new DeleteOptions { PropagationPolicy = "Foreground" }, Ct);
        foreach (var name in new[] { "one", "two", "three" }) await UntilAsync(BuiltInTypes.ConfigMaps, "default", name, map => map is null);
    }

    [Fact]
    public async Task An_owner_in_another_namespace_counts_as_gone_and_an_event_says_so()
    {
        await NamespaceAsync("far");
        var owner = await MapAsync("far", "owner");
        var dependent = await MapAsync("default", "dependent", OwnedBy(owner));
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "dependent", map => map is null);
        var told = (await Api.ListAsync(BuiltInTypes.Events, "default", new ListOptions(), Ct)).Items.ShouldHaveSingleItem();
        told.Reason.ShouldBe("OwnerRefInvalidNamespace");
        told.Message.ShouldBe($"ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: {owner.Metadata.Uid}] does not exist in namespace \"default\"");
        told.InvolvedObject.Uid.ShouldBe(dependent.Metadata.Uid);
    }

    [Fact]
    public async Task A_cluster_scoped_object_with_a_namespaced_owner_stays()
    {
        var owner = await MapAsync("default", "owner");
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = "n", OwnerReferences = [OwnedBy(owner)] } };
        await Api.CreateAsync(BuiltInTypes.Nodes, node, Ct);
        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "owner", new DeleteOptions(), Ct);
        await WaitForEventAsync("n");
        (await Api.FindAsync(BuiltInTypes.Nodes, "", "n", Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_owner_of_the_same_name_and_another_uid_is_no_owner()
    {
        var owner = await MapAsync("default", "owner");
        var reference = OwnedBy(owner);
        reference.Uid = "00000000-0000-0000-0000-000000000000";
        await MapAsync("default", "dependent", reference);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "dependent", map => map is null);
    }

    [Fact]
    public async Task A_dependent_with_another_owner_outlives_one_that_is_deleted_in_the_foreground()
    {
        var going = await MapAsync("default", "going");
        var staying = await MapAsync("default", "staying");
        await MapAsync("default", "both", OwnedBy(going), OwnedBy(staying));
        await MapAsync("default", "only", OwnedBy(going));
        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "going", new DeleteOptions { PropagationPolicy = "Foreground" }, Ct);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "going", map => map is null);
        (await Api.FindAsync(BuiltInTypes.ConfigMaps, "default", "only", Ct)).ShouldBeNull();
        (await Api.FindAsync(BuiltInTypes.ConfigMaps, "default", "both", Ct))!.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe(staying.Metadata.Uid);
    }

    private async Task WaitForEventAsync(string about)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await foreach (var change in Api.WatchAsync(BuiltInTypes.Events, "", new WatchOptions(), limit.Token))
            if (change.Object is { Reason: "OwnerRefInvalidNamespace" } told && told.InvolvedObject.Name == about)
                return;
    }
}
