using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Tests.Namespaces;

public sealed class NamespaceDeletionTests : ControllersWorld
{
    [Fact]
    public async Task Pods_go_before_everything_else()
    {
        await NamespaceAsync("demo");
        await MapAsync("demo", "a");
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "demo", Name = "p", Finalizers = ["example.com/hold"] },
            Spec = new V1PodSpec { SchedulerName = "nobody", Containers = [new V1Container { Name = "c", Image = "i" }] },
        };
        await Api.CreateAsync(BuiltInTypes.Pods, pod, Ct);
        await Api.DeleteAsync(BuiltInTypes.Namespaces, "", "demo", new DeleteOptions(), Ct);
        // The conditions are written after a look, and this one met the pod.
        await UntilAsync(BuiltInTypes.Namespaces, "", "demo", ns => Condition(ns, "NamespaceContentRemaining") is { Status: "False" });
        (await Api.FindAsync(BuiltInTypes.Pods, "demo", "p", Ct))!.Metadata.DeletionTimestamp.ShouldNotBeNull();
        (await Api.FindAsync(BuiltInTypes.ConfigMaps, "demo", "a", Ct))!.Metadata.DeletionTimestamp.ShouldBeNull();

        await LetGoAsync("p");
        await UntilAsync(BuiltInTypes.Namespaces, "", "demo", ns => ns is null);
        (await Api.FindAsync(BuiltInTypes.ConfigMaps, "demo", "a", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Conditions_say_what_holds_a_namespace_up()
    {
        await NamespaceAsync("demo");
        var held = new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = "demo", Name = "held", Finalizers = ["example.com/hold"] } };
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, held, Ct);
        await Api.DeleteAsync(BuiltInTypes.Namespaces, "", "demo", new DeleteOptions(), Ct);
        await UntilAsync(BuiltInTypes.Namespaces, "", "demo", ns => Condition(ns, "NamespaceContentRemaining") is { Status: "True" });
        var conditions = (await Api.FindAsync(BuiltInTypes.Namespaces, "", "demo", Ct))!.Status.Conditions;
        conditions.Select(c => $"{c.Type}={c.Status} {c.Reason}: {c.Message}").ShouldBe([
            "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered",
            "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed",
            "NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization",
            "NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances",
            "NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
        ]);
    }

    [Fact]
    public async Task Nothing_is_created_in_a_namespace_that_goes()
    {
        await NamespaceAsync("demo");
        var held = new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = "demo", Name = "held", Finalizers = ["example.com/hold"] } };
        await Api.CreateAsync(BuiltInTypes.ConfigMaps, held, Ct);
        await Api.DeleteAsync(BuiltInTypes.Namespaces, "", "demo", new DeleteOptions(), Ct);
        var refused = await Should.ThrowAsync<StatusException>(() => MapAsync("demo", "late"));
        refused.Status.Message.ShouldBe("configmaps \"late\" is forbidden: unable to create new content in namespace demo because it is being terminated");
        refused.Status.Causes.ShouldHaveSingleItem().ShouldBe(new StatusCause("NamespaceTerminating", "namespace demo is being terminated", "metadata.namespace"));
    }

    [Fact]
    public async Task A_thousand_namespaces_go_together()
    {
        var names = Enumerable.Range(0, 1000).Select(i => $"many-{i}").ToArray();
        foreach (var name in names)
        {
            await NamespaceAsync(name);
            await MapAsync(name, "a");
        }

        foreach (var name in names) await Api.DeleteAsync(BuiltInTypes.Namespaces, "", name, new DeleteOptions(), Ct);
        foreach (var name in names) await UntilAsync(BuiltInTypes.Namespaces, "", name, ns => ns is null);
        (await Api.ListAsync(BuiltInTypes.ConfigMaps, "", new ListOptions(), Ct)).Items.ShouldNotContain(map => map.Metadata.NamespaceProperty.StartsWith("many-"));
    }

    private async Task LetGoAsync(string pod)
    {
        var copy = BuiltInTypes.Pods.Copy((await Api.FindAsync(BuiltInTypes.Pods, "demo", pod, Ct))!);
        copy.Metadata.Finalizers = null;
        await Api.ReplaceAsync(BuiltInTypes.Pods, copy, "", Ct);
    }

    private static V1NamespaceCondition? Condition(V1Namespace? ns, string type) => ns?.Status?.Conditions?.FirstOrDefault(c => c.Type == type);
}
