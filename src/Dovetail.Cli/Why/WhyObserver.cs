using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Api;
using Dovetail.Cli.Platform;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;
using k8s;
using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>Reads what an explanation rests on, as the user: one read each of the objects in the chain. What may not be read is noted, not fatal.</summary>
internal sealed class WhyObserver(ApiClient api, TimeProvider time)
{
    private readonly List<string> unreadable = [];
    private TimeSpan serverAhead;

    public async Task<WhyFacts> ObserveAsync(WhyKind kind, string ns, string name, CancellationToken ct)
    {
        var facts = new WhyFacts { Now = time.GetUtcNow().UtcDateTime, Namespace = ns, Name = name };
        facts = kind switch
        {
            WhyKind.Vm => facts with { Vm = await FindAsync(KubeVirtTypes.VirtualMachines, ns, name, ct), Vmi = await FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, name, ct) },
            WhyKind.Vmi => facts with { Vmi = await FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, name, ct) },
            WhyKind.Pod => facts with { Pod = await FindAsync(BuiltInTypes.Pods, ns, name, ct) },
            WhyKind.Pvc => facts with { Claims = await FindAsync(BuiltInTypes.PersistentVolumeClaims, ns, name, ct) is { } claim ? [claim] : [] },
            WhyKind.DataVolume => facts with { DataVolumes = await RawAsync(DataVolumePath(ns, name), "datavolumes", ct) is { } volume ? [volume] : [] },
            WhyKind.Node => facts,
        };
        // A guest of another VM's is a stranger: its state is not this VM's.
        if (facts is { Vm: { } vm, Vmi: { } vmi } && vmi.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true)?.Uid != vm.Metadata.Uid) facts = facts with { Vmi = null };
        if (facts.Vmi is { } guest) facts = facts with { Pod = await LauncherAsync(guest, ct) };
        facts = facts with
        {
            NamespaceObject = ns.Length == 0 ? null : await FindAsync(BuiltInTypes.Namespaces, "", ns, ct),
            Nodes = await ListAsync(BuiltInTypes.Nodes, "", "", ct),
            Components = await ComponentsAsync(ct),
        };
        facts = await WithReferencesAsync(facts, ct);
        facts = facts with { Events = await EventsAsync(kind == WhyKind.Node ? "" : ns, name, ct) };
        return facts with { ServerAhead = serverAhead, Unreadable = [.. unreadable] };
    }

    private async Task<WhyFacts> WithReferencesAsync(WhyFacts f, CancellationToken ct)
    {
        var needed = ReferenceCauses.Of(f.Vm?.Spec).Concat(ReferenceCauses.Of(f.Vmi?.Spec ?? f.Vm?.Spec?.Template?.Spec)).Concat(ReferenceCauses.Of(f.Pod?.Spec)).DistinctBy(r => (r.Kind, r.Name)).ToList();
        var missing = ImmutableArray.CreateBuilder<Reference>();
        var (claims, volumes) = (f.Claims.ToBuilder(), f.DataVolumes.ToBuilder());
        foreach (var reference in needed)
        {
            switch (reference.Kind)
            {
                case "PersistentVolumeClaim":
                    if (await FindAsync(BuiltInTypes.PersistentVolumeClaims, f.Namespace, reference.Name, ct) is { } claim) claims.Add(claim);
                    else Miss(reference, "persistentvolumeclaims");
                    break;
                case "DataVolume":
                    if (await RawAsync(DataVolumePath(f.Namespace, reference.Name), "datavolumes", ct) is { } volume) volumes.Add(volume);
                    else if (f.Vm?.Spec?.DataVolumeTemplates?.Any(t => t.Metadata?.Name == reference.Name) != true) Miss(reference, "datavolumes");
                    break;
                default:
                    if (await RawAsync(PathOf(reference, f.Namespace), Plural(reference), ct) is null) Miss(reference, Plural(reference));
                    break;
            }
        }

        var classes = claims.Any(c => c.Status?.Phase != "Bound") ? await ListAsync(BuiltInTypes.StorageClasses, "", "", ct) : [];
        return f with { Missing = missing.ToImmutable(), Claims = claims.ToImmutable(), DataVolumes = volumes.ToImmutable(), StorageClasses = classes };

        void Miss(Reference reference, string plural)
        {
            if (!unreadable.Contains(plural)) missing.Add(reference);
        }
    }

    private async Task<V1Pod?> LauncherAsync(VirtualMachineInstance vmi, CancellationToken ct)
    {
        var pods = await ListAsync(BuiltInTypes.Pods, vmi.Metadata.NamespaceProperty, $"labelSelector={Uri.EscapeDataString($"{KubeVirtLabels.CreatedBy}={vmi.Metadata.Uid}")}", ct);
        return pods.OrderBy(pod => pod.Status?.Phase is "Succeeded" or "Failed").ThenByDescending(pod => pod.Metadata.CreationTimestamp).FirstOrDefault();
    }

    private async Task<ImmutableArray<Component>> ComponentsAsync(CancellationToken ct)
    {
        const string Ours = "labelSelector=kubevirt.io";
        var deployments = await ListAsync(BuiltInTypes.Deployments, "", Ours, ct);
        var sets = await ListAsync(BuiltInTypes.DaemonSets, "", Ours, ct);
        return
        [
            .. deployments.Select(d => new Component("Deployment", d.Metadata.NamespaceProperty, d.Metadata.Name, d.Spec?.Replicas ?? 1, d.Status?.ReadyReplicas ?? 0)),
            .. sets.Select(d => new Component("DaemonSet", d.Metadata.NamespaceProperty, d.Metadata.Name, d.Status?.DesiredNumberScheduled ?? 0, d.Status?.NumberReady ?? 0)),
        ];
    }

    /// <summary>Those of the namespace whose object carries the name, or the name with a suffix as a launcher pod does.</summary>
    private async Task<ImmutableArray<Corev1Event>> EventsAsync(string ns, string name, CancellationToken ct)
    {
        var all = await ListAsync(BuiltInTypes.Events, ns, "fieldSelector=type%3DWarning", ct);
        return [.. all.Where(e => e.InvolvedObject?.Name?.Contains(name, StringComparison.Ordinal) == true).OrderByDescending(e => e.LastTimestamp ?? e.EventTime ?? e.FirstTimestamp ?? e.Metadata.CreationTimestamp)];
    }

    private async Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await RawAsync($"{Collection(type, ns)}/{Uri.EscapeDataString(name)}", type.Plural, ct) is { } found ? Typed(found, type.Json) : null;

    private async Task<ImmutableArray<T>> ListAsync<T>(ResourceType<T> type, string ns, string query, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await RawAsync($"{Collection(type, ns)}{(query.Length > 0 ? $"?{query}" : "")}", type.Plural, ct) is { } list ? [.. (list["items"] as JsonArray ?? []).OfType<JsonObject>().Select(item => Typed(item, type.Json))] : [];

    private async Task<JsonObject?> RawAsync(string path, string plural, CancellationToken ct)
    {
        var answer = await api.SendAsync(HttpMethod.Get, path, null, "application/json", ct);
        if (answer.Date is { } date) serverAhead = date - time.GetUtcNow() is var ahead && ahead.Duration() > TimeSpan.FromSeconds(2) ? ahead : TimeSpan.Zero;
        switch (answer.Status)
        {
            case HttpStatusCode.OK: return answer.Body;
            case HttpStatusCode.NotFound: return null;
            case HttpStatusCode.Forbidden:
                if (!unreadable.Contains(plural)) unreadable.Add(plural);
                return null;
            default: throw new UserErrorException(answer.Body?["message"]?.ToString() ?? $"{path} answered {(int)answer.Status}", "Nothing was changed.");
        }
    }

    private static T Typed<T>(JsonObject json, JsonTypeInfo<T> type) => json.Deserialize(type)!;

    private static string Collection<T>(ResourceType<T> type, string ns)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        $"{(type.Group.Length == 0 ? "api/" : $"apis/{type.Group}/")}{type.Version}{(ns.Length > 0 ? $"/namespaces/{Uri.EscapeDataString(ns)}" : "")}/{type.Plural}";

    private static string Plural(Reference reference) => $"{reference.Kind.ToLowerInvariant()}s";

    private static string DataVolumePath(string ns, string name) => $"apis/cdi.kubevirt.io/v1beta1/namespaces/{Uri.EscapeDataString(ns)}/datavolumes/{Uri.EscapeDataString(name)}";

    private static string PathOf(Reference reference, string ns)
    {
        var name = Uri.EscapeDataString(reference.Name);
        return reference.Kind switch
        {
            "Secret" or "ConfigMap" or "ServiceAccount" => $"api/v1/namespaces/{Uri.EscapeDataString(ns)}/{Plural(reference)}/{name}",
            _ when reference.Kind.Contains("Cluster", StringComparison.Ordinal) => $"apis/instancetype.kubevirt.io/v1beta1/{Plural(reference)}/{name}",
            _ => $"apis/instancetype.kubevirt.io/v1beta1/namespaces/{Uri.EscapeDataString(ns)}/{Plural(reference)}/{name}",
        };
    }
}
