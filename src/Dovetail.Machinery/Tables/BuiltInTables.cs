using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Dovetail.Machinery.Tables;

/// <summary>The tables of Kubernetes' own kinds, with the columns that kubectl's users know.</summary>
public static class BuiltInTables
{
    private static readonly FrozenDictionary<string, TableDefinition> ByResource = new Dictionary<string, TableDefinition>(StringComparer.Ordinal)
    {
        ["componentstatuses"] = CoreTables.ComponentStatuses,
        ["configmaps"] = CoreTables.ConfigMaps,
        ["endpoints"] = NetworkingTables.Endpoints,
        ["events"] = CoreTables.Events,
        ["namespaces"] = CoreTables.Namespaces,
        ["nodes"] = NodeTable.Definition,
        ["persistentvolumeclaims"] = StorageTables.PersistentVolumeClaims,
        ["persistentvolumes"] = StorageTables.PersistentVolumes,
        ["pods"] = PodTable.Definition,
        ["podtemplates"] = CoreTables.PodTemplates,
        ["replicationcontrollers"] = WorkloadTables.ReplicationControllers,
        ["resourcequotas"] = PolicyTables.ResourceQuotas,
        ["secrets"] = CoreTables.Secrets,
        ["serviceaccounts"] = CoreTables.ServiceAccounts,
        ["services"] = NetworkingTables.Services,
        ["mutatingadmissionpolicies.admissionregistration.k8s.io"] = ConfigurationTables.MutatingPolicies,
        ["mutatingadmissionpolicybindings.admissionregistration.k8s.io"] = ConfigurationTables.PolicyBindings,
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = ConfigurationTables.Webhooks,
        ["validatingadmissionpolicies.admissionregistration.k8s.io"] = ConfigurationTables.ValidatingPolicies,
        ["validatingadmissionpolicybindings.admissionregistration.k8s.io"] = ConfigurationTables.PolicyBindings,
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = ConfigurationTables.Webhooks,
        ["apiservices.apiregistration.k8s.io"] = ConfigurationTables.ApiServices,
        ["controllerrevisions.apps"] = WorkloadTables.ControllerRevisions,
        ["daemonsets.apps"] = WorkloadTables.DaemonSets,
        ["deployments.apps"] = WorkloadTables.Deployments,
        ["replicasets.apps"] = WorkloadTables.ReplicaSets,
        ["statefulsets.apps"] = WorkloadTables.StatefulSets,
        ["horizontalpodautoscalers.autoscaling"] = PolicyTables.HorizontalPodAutoscalers,
        ["cronjobs.batch"] = BatchTables.CronJobs,
        ["jobs.batch"] = BatchTables.Jobs,
        ["certificatesigningrequests.certificates.k8s.io"] = ConfigurationTables.CertificateSigningRequests,
        ["leases.coordination.k8s.io"] = CoreTables.Leases,
        ["endpointslices.discovery.k8s.io"] = NetworkingTables.EndpointSlices,
        ["events.events.k8s.io"] = CoreTables.Events,
        ["flowschemas.flowcontrol.apiserver.k8s.io"] = ConfigurationTables.FlowSchemas,
        ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"] = ConfigurationTables.PriorityLevels,
        ["ingressclasses.networking.k8s.io"] = NetworkingTables.IngressClasses,
        ["ingresses.networking.k8s.io"] = NetworkingTables.Ingresses,
        ["ipaddresses.networking.k8s.io"] = NetworkingTables.IpAddresses,
        ["networkpolicies.networking.k8s.io"] = NetworkingTables.NetworkPolicies,
        ["servicecidrs.networking.k8s.io"] = NetworkingTables.ServiceCidrs,
        ["runtimeclasses.node.k8s.io"] = CoreTables.RuntimeClasses,
        ["poddisruptionbudgets.policy"] = PolicyTables.PodDisruptionBudgets,
        ["clusterrolebindings.rbac.authorization.k8s.io"] = ConfigurationTables.RoleBindings,
        ["rolebindings.rbac.authorization.k8s.io"] = ConfigurationTables.RoleBindings,
        ["deviceclasses.resource.k8s.io"] = DeviceTables.NameAndAge,
        ["resourceclaims.resource.k8s.io"] = DeviceTables.ResourceClaims,
        ["resourceclaimtemplates.resource.k8s.io"] = DeviceTables.NameAndAge,
        ["resourceslices.resource.k8s.io"] = DeviceTables.ResourceSlices,
        ["priorityclasses.scheduling.k8s.io"] = PolicyTables.PriorityClasses,
        ["csidrivers.storage.k8s.io"] = StorageTables.CsiDrivers,
        ["csinodes.storage.k8s.io"] = StorageTables.CsiNodes,
        ["storageclasses.storage.k8s.io"] = StorageTables.StorageClasses,
        ["volumeattachments.storage.k8s.io"] = StorageTables.VolumeAttachments,
        ["volumeattributesclasses.storage.k8s.io"] = StorageTables.VolumeAttributesClasses,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Name and creation time: kinds without columns of their own, CustomResourceDefinitions among them.</summary>
    public static TableDefinition Default { get; } = new(
        [TableColumn.ObjectName, new TableColumn("Created At", "date", Description: "When the object was created.")],
        static (row, cells) => cells.Text(row.Name).Text(row.Object.Text("metadata", "creationTimestamp")));

    /// <summary>What a scale subresource shows, whatever it scales.</summary>
    public static TableDefinition Scale => WorkloadTables.Scales;

    /// <summary>The table of a resource ("" is the core group's name); <see cref="Default"/> when it has no columns of its own.</summary>
    public static TableDefinition Find(string group, string plural) =>
        ByResource.GetValueOrDefault(group.Length == 0 ? plural : $"{plural}.{group}", Default);

    /// <summary>Columns and cells of the plain kind, with name first and age last.</summary>
    internal static TableDefinition Simple(ImmutableArray<TableColumn> columns, Action<TableRow, CellWriter> fill) =>
        new([TableColumn.ObjectName, .. columns, TableColumn.Age], (row, cells) =>
        {
            cells.Text(row.Name);
            fill(row, cells);
            cells.Text(row.Age);
        });
}
