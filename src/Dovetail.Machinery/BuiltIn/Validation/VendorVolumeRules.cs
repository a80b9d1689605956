using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Storage of other machines and vendors, in pods and persistent volumes (<c>pkg/apis/core/validation</c>).</summary>
internal static partial class VendorVolumeRules
{
    private const string Partition = "must be between 1 and 255, inclusive";
    private const string Pairs = "must be a host:port pair or multiple pairs separated by commas";
    internal const string IscsiNameTooLong = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
    private const string ManagedDisk = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
    private const string BlobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

    /// <summary>Texts that must be there.</summary>
    private static readonly Dictionary<string, string[]> RequiredFields = new(StringComparer.Ordinal)
    {
        ["gitRepo"] = ["repository"],
        ["awsElasticBlockStore"] = ["volumeID"],
        ["persistentVolumeClaim"] = ["claimName"],
        ["nfs"] = ["server", "path"],
        ["glusterfs"] = ["endpoints", "path"],
        ["cinder"] = ["volumeID"],
        ["azureFile"] = ["secretName", "shareName"],
        ["azureDisk"] = ["diskName", "diskURI"],
        ["vsphereVolume"] = ["volumePath"],
        ["photonPersistentDisk"] = ["pdID"],
        ["portworxVolume"] = ["volumeID"],
        ["flexVolume"] = ["driver"],
        ["scaleIO"] = ["gateway", "system", "volumeName"],
    };

    /// <param name="source">The source.</param>
    /// <param name="kind">The field that it is in.</param>
    /// <param name="volume">Name of the persistent volume; null in a pod, where secrets are the pod's own.</param>
    public static void Check(FieldScope source, string kind, string? volume = null)
    {
        foreach (var field in RequiredFields.GetValueOrDefault(kind, []))
        {
            if (source.Text(field).Length == 0)
                source.Required(field);
        }
        switch (kind)
        {
            case "gitRepo":
                VolumeRules.CheckRelative(source, "directory");
                break;
            case "gcePersistentDisk":
                CheckGoogleDisk(new(source.Object, $"{source.Path[..^"gcePersistentDisk".Length]}persistentDisk", source.Causes)); // upstream's name for it
                break;
            case "awsElasticBlockStore":
                CheckPartition(source);
                break;
            case "nfs":
                if (!source.Text("path").StartsWith('/'))
                    source.Invalid("path", source.Text("path"), "must be an absolute path");
                break;
            case "iscsi":
                CheckIscsi(source, volume);
                break;
            case "rbd" or "cephfs":
                if (source.Count("monitors") == 0)
                    source.Required("monitors");
                if (kind == "rbd" && source.Text("image").Length == 0)
                    source.Required("image");
                break;
            case "cinder":
                CheckSecret(source, namespaced: volume is not null);
                break;
            case "fc":
                CheckFibreChannel(source);
                break;
            case "flexVolume":
                CheckOptions(source);
                break;
            case "flocker":
                CheckFlocker(source);
                break;
            case "quobyte":
                CheckQuobyte(source);
                break;
            case "azureDisk":
                CheckAzureDisk(source);
                break;
            case "storageos":
                source.RequiredName("volumeName", Names.DnsLabel);
                source.OptionalName("volumeNamespace", Names.DnsLabel);
                CheckSecret(source, namespaced: volume is not null);
                break;
            case "azureFile" when volume is not null && source.Has("secretNamespace") && source.Text("secretNamespace").Length == 0:
                source.Required("secretNamespace");
                break;
            case "glusterfs" when volume is not null && source.Has("endpointsNamespace"):
                source.Name("endpointsNamespace", static ns => ns.Length == 0 ? "if the endpointnamespace is set, it must be a valid namespace name" : Names.DnsLabel(ns));
                break;
        }
    }

    private static void CheckGoogleDisk(FieldScope disk)
    {
        if (disk.Text("pdName").Length == 0)
            disk.Required("pdName");
        CheckPartition(disk);
    }

    private static void CheckPartition(FieldScope disk)
    {
        if (disk.Whole("partition") is < 0 or > 255)
            disk.Invalid("partition", Partition);
    }

    private static void CheckSecret(FieldScope source, bool namespaced)
    {
        if (source.Child("secretRef") is not { } secret)
            return;
        if (secret.Text("name").Length == 0)
            secret.Required("name");
        if (namespaced && secret.Text("namespace").Length == 0)
            secret.Required("namespace");
    }

    private static void CheckIscsi(FieldScope source, string? volume)
    {
        const string wrong = "must be valid format";
        var persistent = volume is not null;
        var prefix = persistent ? wrong : "must be valid format starting with iqn, eui, or naa";
        if (source.Text("targetPortal").Length == 0)
            source.Required("targetPortal");
        if (persistent && source.Has("initiatorName") && $"{volume}:{source.Text("targetPortal")}".Length > 64)
            source.Invalid("targetportal", source.Text("targetPortal"), IscsiNameTooLong);
        if (source.Text("iqn").Length == 0)
            source.Required("iqn");
        else
            source.Name("iqn", Form);
        if (source.Whole("lun") is < 0 or > 255)
            source.Invalid("lun", "must be between 0 and 255, inclusive");
        if ((source.IsTrue("chapAuthDiscovery") || source.IsTrue("chapAuthSession")) && !source.Has("secretRef"))
            source.Required("secretRef");
        if (persistent)
            CheckSecret(source, namespaced: false);
        if (source.Has("initiatorName") && Form(source.Text("initiatorName")) is { } wrongName)
            source.Invalid("initiatorname", source.Text("initiatorName"), wrongName);

        string? Form(string name) =>
            name.StartsWith("iqn", StringComparison.Ordinal) ? IqnForm().IsMatch(name) ? null : wrong
            : name.StartsWith("eui", StringComparison.Ordinal) ? EuiForm().IsMatch(name) ? null : wrong
            : name.StartsWith("naa", StringComparison.Ordinal) ? NaaForm().IsMatch(name) ? null : wrong
            : prefix;
    }

    private static void CheckFibreChannel(FieldScope source)
    {
        var (targets, ids) = (source.Count("targetWWNs"), source.Count("wwids"));
        if (targets == 0 && ids == 0)
            source.Required("targetWWNs", "must specify either targetWWNs or wwids, but not both");
        if (targets > 0 && ids > 0)
            source.Invalid("targetWWNs", "targetWWNs and wwids can not be specified simultaneously");
        if (targets == 0)
            return;
        if (source.Number("lun") is null)
            source.Required("lun", "lun is required if targetWWNs is specified");
        else if (source.Number("lun") is < 0 or > 255)
            source.Invalid("lun", "must be between 0 and 255, inclusive");
    }

    private static void CheckOptions(FieldScope source)
    {
        foreach (var (key, _) in source.Object.Child("options") ?? [])
        {
            var ns = $".{key.Split('/', 2)[0].ToLowerInvariant()}";
            if (ns.EndsWith(".kubernetes.io", StringComparison.Ordinal) || ns.EndsWith(".k8s.io", StringComparison.Ordinal))
                source.Invalid($"options[{key}]", key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }

    private static void CheckFlocker(FieldScope source)
    {
        var (name, id) = (source.Text("datasetName"), source.Text("datasetUUID"));
        if (name.Length == 0 && id.Length == 0)
            source.Required("", "one of datasetName and datasetUUID is required");
        if (name.Length > 0 && id.Length > 0)
            source.Invalid("", "resource", "datasetName and datasetUUID can not be specified simultaneously");
        if (name.Contains('/', StringComparison.Ordinal))
            source.Invalid("datasetName", "must not contain '/'");
    }

    private static void CheckQuobyte(FieldScope source)
    {
        var registry = source.Text("registry");
        if (registry.Length == 0)
            source.Required("registry", Pairs);
        else if (source.Text("tenant").Length > 64)
            source.Required("tenant", "must be a UUID and may not exceed a length of 64 characters");
        else
        {
            foreach (var _ in registry.Split(',').Where(static pair => !HostPort().IsMatch(pair)))
                source.Invalid("registry", Pairs);
        }
        if (source.Text("volume").Length == 0)
            source.Required("volume");
    }

    private static void CheckAzureDisk(FieldScope source)
    {
        if (source.Has("cachingMode"))
            source.OneOf("cachingMode", "None", "ReadOnly", "ReadWrite");
        if (!source.Has("kind"))
            return;
        source.OneOf("kind", "Dedicated", "Managed", "Shared");
        var (managed, uri) = (source.Text("kind") == "Managed", source.Text("diskURI"));
        if (!uri.StartsWith(managed ? "/subscriptions/" : "https://", StringComparison.Ordinal))
            source.NotSupported("diskURI", uri, managed ? ManagedDisk : BlobDisk);
    }

    [GeneratedRegex(@"iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:[^,;*&$|\s]+)$")]
    private static partial Regex IqnForm();

    [GeneratedRegex(@"\Aeui.[a-zA-Z0-9]{16}\z")]
    private static partial Regex EuiForm();

    [GeneratedRegex(@"\Anaa.[a-zA-Z0-9]{32}\z")]
    private static partial Regex NaaForm();

    [GeneratedRegex(@"\A([^:\[\]]*|\[[^\[\]]*\]):[^:\[\]]*\z")]
    private static partial Regex HostPort();
}
