using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Aggregation;

/// <summary>The APIService of a group version that this server serves itself: its name, its priorities and whether it comes and goes with custom resources. Numbers are upstream's
/// (<c>pkg/controlplane/apiserver/aggregator.go</c>).</summary>
internal sealed record LocalApiService(string Group, string Version, long GroupPriority, long VersionPriority, bool BuiltIn)
{
    public const string Label = "kube-aggregator.kubernetes.io/automanaged";

    private const string OnStart = "onstart";
    private const string WhileServed = "true";
    private const long CustomGroupPriority = 1000;
    private const long CustomVersionPriority = 100;

    private static readonly FrozenDictionary<string, long> GroupPriorities = new Dictionary<string, long>
    {
        [""] = 18000,
        ["apps"] = 17800,
        ["events.k8s.io"] = 17750,
        ["authentication.k8s.io"] = 17700,
        ["authorization.k8s.io"] = 17600,
        ["autoscaling"] = 17500,
        ["batch"] = 17400,
        ["certificates.k8s.io"] = 17300,
        ["networking.k8s.io"] = 17200,
        ["policy"] = 17100,
        ["rbac.authorization.k8s.io"] = 17000,
        ["storage.k8s.io"] = 16800,
        ["apiextensions.k8s.io"] = 16700,
        ["admissionregistration.k8s.io"] = 16700,
        ["scheduling.k8s.io"] = 16600,
        ["coordination.k8s.io"] = 16500,
        ["node.k8s.io"] = 16300,
        ["discovery.k8s.io"] = 16200,
        ["resource.k8s.io"] = 16200,
        ["flowcontrol.apiserver.k8s.io"] = 16100,
    }.ToFrozenDictionary();

    public string Name => $"{Version}.{Group}";

    /// <summary>Whether the object is one that is taken away when its group version is served no more.</summary>
    public static bool ComesAndGoes(JsonObject labels) => labels[Label] is JsonValue value && value.TryGetValue(out string? text) && text == WhileServed;

    public static LocalApiService Of(string group, string version, bool builtIn) => builtIn
        ? new(group, version, GroupPriorities.GetValueOrDefault(group, CustomGroupPriority), VersionPriorityOf(group, version), true)
        : new(group, version, CustomGroupPriority, CustomVersionPriority, false);

    public JsonObject Object() => new()
    {
        ["metadata"] = new JsonObject { ["name"] = Name, ["labels"] = new JsonObject { [Label] = BuiltIn ? OnStart : WhileServed } },
        ["spec"] = new JsonObject { ["group"] = Group, ["version"] = Version, ["groupPriorityMinimum"] = GroupPriority, ["versionPriority"] = VersionPriority },
    };

    private static long VersionPriorityOf(string group, string version) => (group, version) switch
    {
        ("", _) => 1,
        ("autoscaling", "v2") => 30,
        ("flowcontrol.apiserver.k8s.io" or "resource.k8s.io", _) => 21,
        _ => 15,
    };
}
