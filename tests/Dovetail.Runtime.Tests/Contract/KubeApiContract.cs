using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Runtime.Tests.Contract;

/// <summary>What every engine of the seam promises; each engine's tests inherit these.</summary>
public abstract class KubeApiContract : IAsyncLifetime
{
    private const string Ns = "default";

    protected IKubeApi Api { get; set; } = null!;

    protected IRevisionStore Store { get; set; } = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        if (await Api.FindAsync(BuiltInTypes.Namespaces, "", Ns, Ct) is null)
            await Api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = Ns } }, Ct);
    }

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task What_is_created_is_found_with_a_uid_and_a_revision()
    {
        var created = await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a", ("k", "v")), Ct);
        created.Metadata.Uid.ShouldNotBeNullOrEmpty();
        var found = await Api.FindAsync(BuiltInTypes.ConfigMaps, Ns, "a", Ct);
        found!.Metadata.ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
        found.Data["k"].ShouldBe("v");
        (found.ApiVersion, found.Kind).ShouldBe(("v1", "ConfigMap"));
    }

    [Fact]
    public async Task An_object_that_is_not_there_is_null() => (await Api.FindAsync(BuiltInTypes.ConfigMaps, Ns, "none", Ct)).ShouldBeNull();

    [Fact]
    public async Task A_kind_that_is_not_served_is_an_error_and_not_an_absent_object()
    {
        var unserved = BuiltInTypes.Partial("example.org", "v1", "Nothing", "nothings", true);
        var refusal = await Should.ThrowAsync<StatusException>(() => Api.FindAsync(unserved, Ns, "a", Ct));
        refusal.Status.Code.ShouldBe(404);
    }

    [Fact]
    public async Task A_second_create_is_refused_as_AlreadyExists()
    {
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        var refusal = await Should.ThrowAsync<StatusException>(() => Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct));
        (refusal.Status.Code, refusal.Status.Reason).ShouldBe((409, "AlreadyExists"));
    }

    [Fact]
    public async Task A_replace_of_an_older_revision_is_refused_as_Conflict()
    {
        var first = await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        var changed = BuiltInTypes.ConfigMaps.Copy(first);
        changed.Data = new Dictionary<string, string> { ["k"] = "1" };
        await Api.ReplaceAsync(BuiltInTypes.ConfigMaps, changed, "", Ct);
        var refusal = await Should.ThrowAsync<StatusException>(() => Api.ReplaceAsync(BuiltInTypes.ConfigMaps, changed, "", Ct));
        (refusal.Status.Code, refusal.Status.Reason).ShouldBe((409, "Conflict"));
    }

    [Fact]
    public async Task Bad_input_names_each_field()
    {
        var pod = new V1Pod { Metadata = new V1ObjectMeta { NamespaceProperty = Ns, Name = "a" }, Spec = new V1PodSpec { Containers = [] } };
        var refusal = await Should.ThrowAsync<StatusException>(() => Api.CreateAsync(BuiltInTypes.Pods, pod, Ct));
        (refusal.Status.Code, refusal.Status.Reason).ShouldBe((422, "Invalid"));
        refusal.Status.Causes.ShouldContain(cause => cause.Field == "spec.containers");
    }

    [Fact]
    public async Task A_watch_from_a_list_s_revision_tells_every_later_change_once_and_in_order()
    {
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("before"), Ct);
        var list = await Api.ListAsync(BuiltInTypes.ConfigMaps, Ns, new ListOptions(), Ct);
        list.Items.Select(item => item.Metadata.Name).ShouldContain("before");
        var created = await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        await Patch("a", new MergePatchBuilder().Set(["data", "k"], "v"));
        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, Ns, "a", new DeleteOptions(), Ct);
        var told = await TakeAsync(3, new WatchOptions { ResourceVersion = list.ResourceVersion });
        told.Select(change => $"{change.Type} {change.Object!.Metadata.Name}").ShouldBe(["Added a", "Modified a", "Deleted a"]);
        told[0].ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
        told.Select(change => ulong.Parse(change.ResourceVersion)).ShouldBeInOrder(SortDirection.Ascending);
    }

    [Fact]
    public async Task A_watch_with_a_selector_tells_what_enters_and_what_leaves_the_selection()
    {
        var list = await Api.ListAsync(BuiltInTypes.ConfigMaps, Ns, new ListOptions(), Ct);
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        await Patch("a", new MergePatchBuilder().Set(["metadata", "labels", "colour"], "red"));
        await Patch("a", new MergePatchBuilder().Remove(["metadata", "labels", "colour"]));
        var told = await TakeAsync(2, new WatchOptions { ResourceVersion = list.ResourceVersion, LabelSelector = "colour=red" });
        told.Select(change => change.Type).ShouldBe([ObjectEventType.Added, ObjectEventType.Deleted]);
    }

    [Fact]
    public async Task A_watch_from_a_compacted_revision_is_refused_with_410()
    {
        var list = await Api.ListAsync(BuiltInTypes.ConfigMaps, Ns, new ListOptions(), Ct);
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("b"), Ct);
        await Store.CompactAsync(Store.Current.Revision, Ct);
        var refusal = await Should.ThrowAsync<StatusException>(() => TakeAsync(1, new WatchOptions { ResourceVersion = list.ResourceVersion }));
        refusal.Status.Code.ShouldBe(410);
    }

    [Fact]
    public async Task A_write_of_the_status_leaves_the_spec_and_the_other_way_round()
    {
        var node = await Api.CreateAsync(BuiltInTypes.Nodes, new V1Node { Metadata = new V1ObjectMeta { Name = "n" }, Spec = new V1NodeSpec { Unschedulable = true } }, Ct);
        var changed = BuiltInTypes.Nodes.Copy(node);
        changed.Spec.Unschedulable = false;
        changed.Status = new V1NodeStatus { Conditions = [new V1NodeCondition { Type = "Ready", Status = "True" }] };
        var written = await Api.ReplaceAsync(BuiltInTypes.Nodes, changed, "status", Ct);
        written.Spec.Unschedulable.ShouldBe(true);
        written.Status.Conditions[0].Status.ShouldBe("True");
    }

    [Fact]
    public async Task A_JSON_patch_whose_test_fails_changes_nothing()
    {
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a", ("k", "v")), Ct);
        var patch = new JsonPatchBuilder().Test(["data", "k"], "other").Replace(["data", "k"], "new").Build();
        var refusal = await Should.ThrowAsync<StatusException>(() => Api.PatchAsync(BuiltInTypes.ConfigMaps, Ns, "a", PatchType.Json, patch, new WriteOptions(), "", Ct));
        refusal.Status.Code.ShouldBe(422);
        (await Api.FindAsync(BuiltInTypes.ConfigMaps, Ns, "a", Ct))!.Data["k"].ShouldBe("v");
    }

    [Fact]
    public async Task A_delete_of_nothing_is_no_error_and_one_of_another_uid_is_refused()
    {
        await Api.DeleteAsync(BuiltInTypes.ConfigMaps, Ns, "none", new DeleteOptions(), Ct);
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a"), Ct);
        var refusal = await Should.ThrowAsync<StatusException>(() =>
            Api.DeleteAsync(BuiltInTypes.ConfigMaps, Ns, "a", new DeleteOptions { PreconditionUid = "00000000-0000-4000-8000-000000000000" }, Ct));
        refusal.Status.Reason.ShouldBe("Conflict");
    }

    [Fact]
    public async Task A_binding_places_a_pod()
    {
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Ns, Name = "p" },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "i" }] },
        };
        await Api.CreateAsync(BuiltInTypes.Pods, pod, Ct);
        await Api.CreateSubresourceAsync(BuiltInTypes.Pods, Ns, "p", "binding", """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}}"""u8.ToArray(), Ct);
        var bound = await Api.FindAsync(BuiltInTypes.Pods, Ns, "p", Ct);
        bound!.Spec.NodeName.ShouldBe("n1");
        bound.Status.Conditions.ShouldContain(condition => condition.Type == "PodScheduled" && condition.Status == "True");
    }

    [Fact]
    public async Task An_informer_shows_a_write_once_it_has_seen_its_revision()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var cache = new Informer<V1ConfigMap>(Api, BuiltInTypes.ConfigMaps, new InformerOptions(), TimeProvider.System, new Random(1), NullLogger.Instance);
        var running = cache.RunAsync(stop.Token);
        await cache.WaitForSyncAsync(Ct);
        for (var i = 0; i < 20; i++)
        {
            var created = await Api.CreateAsync(BuiltInTypes.ConfigMaps, Map($"m{i}"), Ct);
            await cache.WaitForRevisionAsync(created.Metadata.ResourceVersion, Ct);
            cache.Find(Ns, $"m{i}").ShouldNotBeNull();
        }

        await stop.CancelAsync();
        await running;
    }

    private Task Patch(string name, MergePatchBuilder patch) =>
        Api.PatchAsync(BuiltInTypes.ConfigMaps, Ns, name, PatchType.Merge, patch.Build(), new WriteOptions(), "", Ct);

    private async Task<List<KubeEvent<V1ConfigMap>>> TakeAsync(int count, WatchOptions options)
    {
        var told = new List<KubeEvent<V1ConfigMap>>();
        await foreach (var change in Api.WatchAsync(BuiltInTypes.ConfigMaps, Ns, options, Ct))
        {
            told.Add(change);
            if (told.Count == count) break;
        }

        return told;
    }

    private static V1ConfigMap Map(string name, params (string Key, string Value)[] data) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = Ns, Name = name },
        Data = data.ToDictionary(entry => entry.Key, entry => entry.Value),
    };
}
