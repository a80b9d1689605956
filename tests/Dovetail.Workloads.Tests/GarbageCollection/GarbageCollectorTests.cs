using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.GarbageCollection;
using Dovetail.Workloads.Kinds;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

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
    public async Task A_reference_with_an_owners_uid_and_a_wrong_name_takes_nobody_elses_dependents_away()
    {
        var owner = await MapAsync("default", "owner");
        var wrong = OwnedBy(owner);
        wrong.Name = "nobody";
        await MapAsync("default", "wrong", wrong);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "wrong", map => map is null);
        // Its other owner is gone: what becomes of it shows that it was looked at.
        var lost = OwnedBy(owner);
        lost.Uid = "00000000-0000-0000-0000-000000000000";
        await MapAsync("default", "dependent", OwnedBy(owner), lost);

        V1ConfigMap? seen = null;
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "dependent", map => (seen = map) is not { Metadata.OwnerReferences.Count: 2 });
        seen.ShouldNotBeNull().Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe(owner.Metadata.Uid);
    }

    [Fact]
    public async Task A_kind_that_goes_before_it_was_ever_listed_is_not_waited_for()
    {
        var served = new Kinds { Current = [BuiltInTypes.Partial("never.example.com", "v1", "Thing", "things", true)] };
        var graph = new ObjectGraph(served, type => new Informer<PartialObject>(Api, type, new InformerOptions(), TimeProvider.System, new Random(1), NullLogger.Instance));
        using var queue = new WorkQueue<GcKey>(TimeProvider.System, new Random(1), new RetryBackoff());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        List<Task> running = [];
        graph.Follow(queue, running, stop.Token);
        var waits = graph.WaitForSyncAsync(Ct);
        waits.IsCompleted.ShouldBeFalse();

        served.Current = [];
        graph.Follow(queue, running, stop.Token);

        await waits.WaitAsync(TimeSpan.FromMinutes(1), Ct);
        await Task.WhenAll(running);
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

    [Fact]
    public async Task A_kind_whose_stored_version_is_not_served_holds_up_nobody()
    {
        var schema = new V1CustomResourceValidation { OpenAPIV3Schema = new V1JSONSchemaProps { Type = "object" } };
        await Api.CreateAsync(
            BuiltInTypes.CustomResourceDefinitions,
            new V1CustomResourceDefinition
            {
                Metadata = new V1ObjectMeta { Name = "things.example.com" },
                Spec = new V1CustomResourceDefinitionSpec
                {
                    Group = "example.com",
                    Scope = "Namespaced",
                    Names = new V1CustomResourceDefinitionNames { Plural = "things", Kind = "Thing" },
                    Versions =
                    [
                        new V1CustomResourceDefinitionVersion { Name = "v1", Served = false, Storage = true, Schema = schema },
                        new V1CustomResourceDefinitionVersion { Name = "v2", Served = true, Storage = false, Schema = schema },
                    ],
                },
            },
            Ct);
        var owner = await MapAsync("default", "owner");
        await MapAsync("default", "dependent", OwnedBy(owner));

        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "owner", new DeleteOptions(), Ct);

        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "dependent", map => map is null);
    }

    private async Task WaitForEventAsync(string about)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await foreach (var change in Api.WatchAsync(BuiltInTypes.Events, "", new WatchOptions(), limit.Token))
            if (change.Object is { Reason: "OwnerRefInvalidNamespace" } told && told.InvolvedObject.Name == about)
                return;
    }

    private sealed class Kinds : IServedKinds
    {
        public bool HasSynced => true;

        public ImmutableArray<ResourceType<PartialObject>> Current { get; set; }

        public Task WaitForSyncAsync(CancellationToken ct) => Task.CompletedTask;
    }
}
