using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Why;
using k8s.Models;

namespace Dovetail.Cli.Tests.Why;

/// <summary>A healthy platform with the VM demo/web on the node one, into which each test puts one fault.</summary>
internal static class World
{
    public static readonly DateTime Now = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);

    public static WhyFacts Facts(VirtualMachine? vm = null, VirtualMachineInstance? vmi = null, V1Pod? pod = null) => new()
    {
        Now = Now,
        Namespace = "demo",
        Name = vm is null && vmi is null && pod is not null ? pod.Metadata.Name : "web",
        NamespaceObject = new() { Metadata = new() { Name = "demo" } },
        Vm = vm,
        Vmi = vmi,
        Pod = pod,
        Nodes = [TheNode()],
        Components = [new("Deployment", "kubevirt", "virt-controller", 1, 1), new("DaemonSet", "kubevirt", "virt-handler", 1, 1)],
    };

    public static VirtualMachine Vm(string strategy = "Always", Action<VirtualMachine>? change = null)
    {
        var vm = new VirtualMachine
        {
            Metadata = new() { NamespaceProperty = "demo", Name = "web", Uid = "vm-1", CreationTimestamp = Now.AddHours(-1) },
            Spec = new() { RunStrategy = strategy, Template = new() { Spec = new() } },
            Status = new() { PrintableStatus = "Starting" },
        };
        change?.Invoke(vm);
        return vm;
    }

    public static VirtualMachineInstance Vmi(string phase = "Running", Action<VirtualMachineInstance>? change = null)
    {
        var vmi = new VirtualMachineInstance
        {
            Metadata = new() { NamespaceProperty = "demo", Name = "web", Uid = "vmi-1" },
            Spec = new(),
            Status = new() { Phase = phase, NodeName = phase is "Running" or "Scheduled" ? "one" : null, Conditions = phase == "Running" ? [Condition("Ready", "True"), Condition("AgentConnected", "True")] : [] },
        };
        change?.Invoke(vmi);
        return vmi;
    }

    public static V1Pod Pod(Action<V1Pod>? change = null, string phase = "Pending", string? node = "one")
    {
        var pod = new V1Pod
        {
            Metadata = new() { NamespaceProperty = "demo", Name = "virt-launcher-web-x" },
            Spec = new() { NodeName = node, Containers = [new() { Name = "compute" }] },
            Status = new() { Phase = phase },
        };
        change?.Invoke(pod);
        return pod;
    }

    public static V1Pod Unplaced(string message, Action<V1Pod>? change = null) => Pod(
        pod =>
        {
            pod.Status.Conditions = [new() { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message }];
            change?.Invoke(pod);
        },
        node: null);

    public static V1Pod Waiting(string reason, string message = "", string image = "registry/web:1") =>
        Pod(pod => pod.Status.ContainerStatuses = [new() { Name = "compute", Image = image, State = new() { Waiting = new() { Reason = reason, Message = message } } }]);

    public static V1Pod Ended(int code, string reason = "Error", string message = "") =>
        Pod(pod => pod.Status.ContainerStatuses = [new() { Name = "compute", State = new() { Terminated = new() { ExitCode = code, Reason = reason, Message = message } } }], "Failed");

    public static V1Node TheNode(Action<V1Node>? change = null)
    {
        var node = new V1Node
        {
            Metadata = new()
            {
                Name = "one",
                Labels = new Dictionary<string, string> { ["kubevirt.io/schedulable"] = "true", ["zone"] = "a" },
                Annotations = new Dictionary<string, string> { ["kubevirt.io/heartbeat"] = "2026-11-24T11:59:30Z" },
            },
            Spec = new(),
            Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }], Allocatable = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("4"), ["memory"] = new("8Gi"), ["devices.kubevirt.io/kvm"] = new("1k") } },
        };
        change?.Invoke(node);
        return node;
    }

    public static V1Node NodeWith(string type, string status, string reason, string message) =>
        TheNode(node => node.Status.Conditions = [.. node.Status.Conditions.Where(c => c.Type != type), new() { Type = type, Status = status, Reason = reason, Message = message, LastHeartbeatTime = Now.AddMinutes(-9) }]);

    public static VirtualMachineInstanceCondition Condition(string type, string status, string? reason = null, string? message = null) => new() { Type = type, Status = status, Reason = reason, Message = message };

    public static Corev1Event Warning(string kind, string name, string reason, string message) =>
        new() { Type = "Warning", Reason = reason, Message = message, InvolvedObject = new() { Kind = kind, Name = name }, Metadata = new() };

    public static JsonObject DataVolume(string status) => (JsonObject)JsonNode.Parse($$"""{"metadata":{"name":"disk"},"status":{{status}}}""")!;

    /// <summary>The chain has this sentence, with this step, and the command ends with this code.</summary>
    public static void Says(WhyKind kind, WhyFacts facts, int exit, string sentence, string? step = null)
    {
        var cause = WhyCommand.Explain(kind, facts)!;
        var tree = CauseTree.Render(cause);
        var found = cause.All().FirstOrDefault(c => $"{c.Object}: {c.Message}" == sentence);
        found.ShouldNotBeNull($"wanted: {sentence}\nsaid:\n{tree}");
        if (step is not null) (found.NextStep ?? "").ShouldContain(step);
        WhyCommand.ExitCode(cause).ShouldBe(exit, tree);
        // Whatever is wrong ends in something to do, or in something to wait for.
        if (exit == 4) cause.All().Any(c => c is { NextStep: not null }).ShouldBeTrue($"nothing to do:\n{tree}");
    }
}
