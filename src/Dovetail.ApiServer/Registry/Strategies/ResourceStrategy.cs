using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>What is particular to a kind when it is written; this one is right for custom resources and for most built-in kinds. Upstream's name for it is strategy.</summary>
internal class ResourceStrategy
{
    private static readonly ResourceStrategy Plain = new();

    private static readonly Dictionary<string, ResourceStrategy> Particular = new()
    {
        ["namespaces"] = new NamespaceStrategy(),
        ["pods"] = new PodStrategy(),
        ["secrets"] = new SecretStrategy(),
        ["persistentvolumes"] = new PersistentVolumeStrategy(),
        ["deployments.apps"] = new DeploymentStrategy(),
        ["daemonsets.apps"] = new DaemonSetStrategy(),
        ["jobs.batch"] = new JobStrategy(),
        ["statefulsets.apps"] = new NamedStrategy(NameRule.DnsLabel),
        ["persistentvolumeclaims"] = new ClaimStrategy(),
        ["customresourcedefinitions.apiextensions.k8s.io"] = new Crds.CrdStrategy(),
        ["certificatesigningrequests.certificates.k8s.io"] = new Certificates.SigningRequestStrategy(),
        ["events"] = new UpsertedStrategy(),
        ["services"] = new ServiceStrategy(),
        ["endpoints"] = new UpsertedStrategy(),
        ["leases.coordination.k8s.io"] = new UpsertedStrategy(),
        ["runtimeclasses.node.k8s.io"] = new UpsertedStrategy(),
        ["priorityclasses.scheduling.k8s.io"] = new FixedGenerationStrategy(),
        ["csidrivers.storage.k8s.io"] = new CsiDriverStrategy(),
        ["ipaddresses.networking.k8s.io"] = new NamedStrategy(NameRule.IpAddress),
        ["apiservices.apiregistration.k8s.io"] = new NamedStrategy(NameRule.PathSegment),
        ["roles.rbac.authorization.k8s.io"] = new UpsertedStrategy(NameRule.PathSegment),
        ["clusterroles.rbac.authorization.k8s.io"] = new UpsertedStrategy(NameRule.PathSegment),
        ["rolebindings.rbac.authorization.k8s.io"] = new UpsertedStrategy(NameRule.PathSegment),
        ["clusterrolebindings.rbac.authorization.k8s.io"] = new UpsertedStrategy(NameRule.PathSegment),
    };

    public static ResourceStrategy Of(ServedResource resource) => resource.Custom ? Plain : Particular.GetValueOrDefault(resource.StoreName, Plain);

    public virtual NameRule NameRule => NameRule.DnsSubdomain;

    /// <summary>Whether a PUT on a name that is not there creates the object.</summary>
    public virtual bool CreatesOnUpdate => false;

    /// <summary>Whether no earlier bytes may stay in history when the object is deleted.</summary>
    public virtual bool PurgesHistory => false;

    /// <summary>Takes out of a deleted object what history must not keep, when <see cref="PurgesHistory"/>.</summary>
    public virtual void Redact(JsonObject obj)
    {
    }

    /// <summary>Brings a new object into its first state: what only the server may say is set or taken away.</summary>
    public virtual void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        if (!resource.HasStatus) return;
        if (resource.BuiltIn is { } builtIn && BuiltInDefaults.EmptyStatus(builtIn) is { } status) obj["status"] = status;
        else obj.Remove("status");
    }

    /// <summary>Takes back what this path may not change: status on the object itself, everything else on status.</summary>
    public virtual void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        if (subresource == "status") KeepAllBut("status", resource, obj, old);
        else if (resource.HasStatus && subresource is "" or "scale") obj.TakeFrom(old, "status");
    }

    /// <summary>Rules beyond schema and metadata; every broken one is added.</summary>
    public virtual void Validate(ServedResource resource, JsonObject obj, JsonObject? old, string subresource, List<StatusCause> causes)
    {
        if (resource.BuiltIn is not { } builtIn) return;
        if (old is null) BuiltInValidation.ValidateCreate(builtIn, obj, causes);
        else BuiltInValidation.ValidateUpdate(builtIn, obj, old, subresource, causes);
    }

    /// <summary>Whether two states of an object ask for the same, so that metadata.generation need not count: everything but metadata and, where it is written apart, status.</summary>
    public virtual bool SameDesire(ServedResource resource, JsonObject a, JsonObject b)
    {
        bool Counts(string name) => name is not ("metadata" or "kind" or "apiVersion") && !(resource.HasStatus && name == "status");
        var (inA, inB) = (a.Count(p => Counts(p.Key)), b.Count(p => Counts(p.Key)));
        return inA == inB && a.All(p => !Counts(p.Key) || (b.TryGetPropertyValue(p.Key, out var other) && JsonNode.DeepEquals(p.Value, other)));
    }

    /// <summary>metadata.generation has counted a change; both states have their defaults.</summary>
    public virtual void DesireChanged(JsonObject obj, JsonObject old)
    {
    }

    /// <summary>Whether a deleted object stays although metadata.finalizers is empty.</summary>
    public virtual bool HoldsDeletion(JsonObject obj) => false;

    /// <summary>Seconds that a deletion leaves the object to end by itself; 0 for what is simply taken away.</summary>
    public virtual long GraceSeconds(JsonObject obj, long? asked) => 0;

    /// <summary>The object's deletion has begun and it stays for now.</summary>
    public virtual void BeginDeletion(JsonObject obj)
    {
    }

    /// <summary>Everything else stays; of metadata that depends (<see cref="ResetFields.KeepsMetadata"/>).</summary>
    protected static void KeepAllBut(string field, ServedResource resource, JsonObject obj, JsonObject old)
    {
        foreach (var name in obj.Select(p => p.Key).Where(n => n != field && n is not ("metadata" or "kind" or "apiVersion") && !old.ContainsKey(n)).ToArray()) obj.Remove(name);
        foreach (var (name, value) in old)
        {
            if (name != field && name is not ("metadata" or "kind" or "apiVersion")) obj[name] = value?.DeepClone();
        }

        var metadata = obj.Metadata();
        if (!ResetFields.KeepsMetadata(resource))
        {
            metadata.TakeFrom(old.Metadata(), "ownerReferences");
            metadata.TakeFrom(old.Metadata(), "finalizers");
            return;
        }

        var managed = metadata["managedFields"]?.DeepClone();
        var kept = (JsonObject)old.Metadata().DeepClone();
        kept["managedFields"] = managed;
        obj["metadata"] = kept;
    }
}

/// <summary>Kinds that a PUT creates when they are not there.</summary>
internal sealed class UpsertedStrategy(NameRule names = NameRule.DnsSubdomain) : ResourceStrategy
{
    public override NameRule NameRule => names;

    public override bool CreatesOnUpdate => true;
}
