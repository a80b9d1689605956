using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>An object that another one needs by name.</summary>
/// <param name="Kind">Secret, ConfigMap, ServiceAccount, PersistentVolumeClaim, DataVolume, VirtualMachineInstancetype, …</param>
/// <param name="Field">The field that names it.</param>
internal sealed record Reference(string Kind, string Name, string Field);

/// <summary>A part of the platform as its Deployment or DaemonSet tells it.</summary>
internal sealed record Component(string Kind, string Namespace, string Name, int Wanted, int Ready);

/// <summary>All that an explanation rests on. What may not be read is empty and named in <see cref="Unreadable"/>.</summary>
internal sealed record WhyFacts
{
    /// <summary>UTC, by the clock of the machine that asks.</summary>
    public required DateTime Now { get; init; }

    /// <summary>"" for a node.</summary>
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public V1Namespace? NamespaceObject { get; init; }

    public VirtualMachine? Vm { get; init; }

    public VirtualMachineInstance? Vmi { get; init; }

    /// <summary>The launcher pod, or the pod that is asked about.</summary>
    public V1Pod? Pod { get; init; }

    /// <summary>Every node; the one that is asked about is among them.</summary>
    public ImmutableArray<V1Node> Nodes { get; init; } = [];

    /// <summary>Of the objects above, newest first.</summary>
    public ImmutableArray<Corev1Event> Events { get; init; } = [];

    /// <summary>Needed by name, and not there.</summary>
    public ImmutableArray<Reference> Missing { get; init; } = [];

    public ImmutableArray<V1PersistentVolumeClaim> Claims { get; init; } = [];

    /// <summary>As JSON: CDI may be absent, or of another version.</summary>
    public ImmutableArray<JsonObject> DataVolumes { get; init; } = [];

    public ImmutableArray<V1StorageClass> StorageClasses { get; init; } = [];

    /// <summary>virt-controller, virt-handler, virt-api.</summary>
    public ImmutableArray<Component> Components { get; init; } = [];

    /// <summary>The API server's clock less this one's.</summary>
    public TimeSpan ServerAhead { get; init; }

    /// <summary>What this user may not read.</summary>
    public ImmutableArray<string> Unreadable { get; init; } = [];

    /// <summary>By the API server's clock, with which times in objects are compared.</summary>
    public DateTime ServerNow => Now + ServerAhead;

    /// <summary>Warnings about an object, newest first.</summary>
    public IEnumerable<Corev1Event> Warnings(string kind, string name) =>
        Events.Where(e => e.Type == "Warning" && e.InvolvedObject?.Kind == kind && e.InvolvedObject.Name == name);

    public static string Describe(string kind, string ns, string name) => ns.Length == 0 ? $"{kind} {name}" : $"{kind} {ns}/{name}";

    public string About(string kind, string name) => Describe(kind, Namespace, name);

    /// <summary>"40 s", "12 min", "3 h", "2 d".</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Round(span.TotalSeconds))} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalMinutes)} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalHours)} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalDays)} d"),
    };

    /// <summary>A clause from another component as one sentence with a full stop.</summary>
    public static string Sentence(string? text) => string.IsNullOrWhiteSpace(text) ? "" : text.TrimEnd() is var trimmed && trimmed.EndsWith('.') ? trimmed : $"{trimmed}.";
}
