using Dovetail.Cli.Api;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Why;

/// <summary>The kinds that can be asked about.</summary>
internal enum WhyKind
{
    Vm,
    Vmi,
    Pod,
    Node,
    Pvc,
    DataVolume,
}

/// <summary>What <c>dovetail why</c> was told.</summary>
/// <param name="Kind">As kubectl names it: vm, vmi, pod, node, pvc, dv.</param>
/// <param name="Namespace">Null: the kubeconfig's.</param>
internal sealed record WhyOptions(string? DataDir, string? Kubeconfig, string Kind, string Name, string? Namespace, bool Json);

/// <summary>
/// <c>dovetail why</c>: the chain of causes behind an object's state. Exit codes: 0 as asked, 1 the object is not there or the API cannot be asked, 2 usage, 3 on its way, 4 blocked.
/// </summary>
internal sealed class WhyCommand(TimeProvider time, TextWriter output)
{
    private const int OnItsWay = 3;
    private const int Stuck = 4;

    public async Task<int> RunAsync(WhyOptions options, CancellationToken ct)
    {
        var kind = KindOf(options.Kind);
        using var api = ApiClient.Open(options.DataDir, options.Kubeconfig);
        var ns = kind == WhyKind.Node ? "" : options.Namespace ?? api.Namespace;
        var facts = await new WhyObserver(api, time).ObserveAsync(kind, ns, options.Name, ct);
        var cause = Explain(kind, facts) ?? throw new UserErrorException(NotFound(kind, options.Name, ns, facts), $"kubectl get {options.Kind} -A lists what there is.");
        var beside = facts.Unreadable.Length > 0 || facts.ServerAhead != TimeSpan.Zero ? EngineCauses.All(facts).Where(c => c.Standing == Standing.Note).ToList() : [];
        if (beside.Count > 0) cause = cause with { Because = [.. cause.Because, .. beside] };
        await output.WriteAsync(options.Json ? $"{JsonText.Of(cause.ToJson(), indented: true)}\n" : CauseTree.Render(cause));
        return ExitCode(cause);
    }

    /// <summary>The cause chain of what the facts are about; null when it is not there.</summary>
    internal static Cause? Explain(WhyKind kind, WhyFacts f) => kind switch
    {
        WhyKind.Vm => f.Vm is { } vm ? VmCauses.Explain(vm, f) : null,
        WhyKind.Vmi => f.Vmi is { } vmi ? VmiCauses.Explain(vmi, f) : null,
        WhyKind.Pod => f.Pod is { } pod ? PodCauses.Explain(pod, f) : null,
        WhyKind.Node => f.Nodes.FirstOrDefault(n => n.Metadata.Name == f.Name) is { } node ? NodeCauses.Explain(node, f) : null,
        WhyKind.Pvc => f.Claims is [var claim, ..] ? VolumeCauses.Explain(claim, f) : null,
        WhyKind.DataVolume => f.DataVolumes is [var volume, ..] ? VolumeCauses.Explain(volume, f) : null,
    };

    internal static int ExitCode(Cause cause) => cause.Worst switch
    {
        Standing.AsAsked or Standing.Note => 0,
        Standing.Waits => OnItsWay,
        Standing.Blocked => Stuck,
    };

    /// <exception cref="UserErrorException">No such kind.</exception>
    internal static WhyKind KindOf(string word) => word.ToLowerInvariant() switch
    {
        "vm" or "vms" or "virtualmachine" or "virtualmachines" => WhyKind.Vm,
        "vmi" or "vmis" or "virtualmachineinstance" or "virtualmachineinstances" => WhyKind.Vmi,
        "po" or "pod" or "pods" => WhyKind.Pod,
        "no" or "node" or "nodes" => WhyKind.Node,
        "pvc" or "persistentvolumeclaim" or "persistentvolumeclaims" => WhyKind.Pvc,
        "dv" or "dvs" or "datavolume" or "datavolumes" => WhyKind.DataVolume,
        _ => throw new UserErrorException($"\"{word}\" is none of the kinds that can be asked about", "Ask about vm, vmi, pod, node, pvc or dv."),
    };

    private static string NotFound(WhyKind kind, string name, string ns, WhyFacts f) =>
        f.Unreadable.Length > 0 ? $"you may not read {string.Join(", ", f.Unreadable)} in {(ns.Length > 0 ? $"the namespace {ns}" : "this cluster")}"
        : $"there is no {kind.ToString().ToLowerInvariant()} {name}{(ns.Length > 0 ? $" in the namespace {ns}{(f.NamespaceObject is null ? ", which does not exist either" : "")}" : "")}";
}
