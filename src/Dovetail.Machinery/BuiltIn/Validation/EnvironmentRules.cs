using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Environment variables of a container, and what the downward API shows.</summary>
internal static class EnvironmentRules
{
    private static readonly string[] PodFields =
        ["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"];

    private static readonly string[] ResourceFields = ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];
    private static readonly string[] ByteUnits = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    private static readonly string[] Sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

    public static void Check(FieldScope container)
    {
        foreach (var variable in container.Each("env"))
        {
            variable.RequiredName("name", NameForms.EnvironmentVariable);
            if (variable.Child("valueFrom") is { } from)
                CheckSource(variable, from);
        }
        foreach (var source in container.Each("envFrom"))
            CheckFrom(container, source);
    }

    /// <summary>A field of the pod; <paramref name="fields"/> are those that may be shown without a subscript.</summary>
    public static void CheckField(FieldScope reference, ReadOnlySpan<string> fields)
    {
        foreach (var field in (ReadOnlySpan<string>)["apiVersion", "fieldPath"])
        {
            if (reference.Text(field).Length > 0)
                continue;
            reference.Required(field);
            return;
        }
        var path = reference.Text("fieldPath");
        var bracket = path.IndexOf("['", StringComparison.Ordinal);
        if (bracket > 0 && path.EndsWith("']", StringComparison.Ordinal))
        {
            var (map, key) = (path[..bracket], path[(bracket + 2)..^2]);
            if (map is not ("metadata.annotations" or "metadata.labels"))
                reference.Invalid("fieldPath", $"error converting fieldPath: field label does not support subscript: {path}");
            else
            {
                var shown = map == "metadata.labels" ? key : key.ToLowerInvariant();
                foreach (var wrong in Names.QualifiedName(shown))
                    reference.Invalid("", shown, wrong);
            }
            return;
        }
        if (!Known(path))
            reference.Invalid("fieldPath", $"error converting fieldPath: field label not supported: {path}");
        else
            reference.OneOf("fieldPath", fields);
    }

    /// <summary>What a container asks for or is limited to.</summary>
    public static void CheckResource(FieldScope reference, bool inVolume)
    {
        var resource = reference.Text("resource");
        if (inVolume && reference.Text("containerName").Length == 0)
            reference.Required("containerName");
        else if (resource.Length == 0)
            reference.Required("resource");
        else if (!resource.StartsWith("limits.hugepages-", StringComparison.Ordinal) && !resource.StartsWith("requests.hugepages-", StringComparison.Ordinal))
            reference.OneOf("resource", ResourceFields);
        if (reference.Amount("divisor") is not { IsZero: false } divisor)
            return;
        var of = resource[(resource.IndexOf('.', StringComparison.Ordinal) + 1)..];
        if (of == "cpu" && divisor.ToString() is not ("1m" or "1"))
            reference.Invalid("divisor", resource, "only divisor's values 1m and 1 are supported with the cpu resource");
        else if (of is "memory" or "ephemeral-storage" && !ByteUnits.Contains(divisor.ToString()))
            reference.Invalid("divisor", resource, $"only divisor's values {string.Join(", ", ByteUnits)} are supported with the {(of == "memory" ? "memory" : "local ephemeral storage")} resource");
    }

    private static bool Known(string path) => path is "metadata.annotations" or "metadata.labels" || PodFields.Contains(path) || path is "spec.restartPolicy" or "spec.schedulerName" or "status.phase";

    private static void CheckSource(FieldScope variable, FieldScope from)
    {
        var count = 0;
        foreach (var kind in Sources)
        {
            if (from.Child(kind) is not { } source)
                continue;
            count++;
            switch (kind)
            {
                case "fieldRef":
                    CheckField(source, PodFields);
                    break;
                case "resourceFieldRef":
                    CheckResource(source, inVolume: false);
                    break;
                case "fileKeyRef":
                    source.RequiredName("key", NameForms.EnvironmentVariable);
                    source.RequiredName("volumeName", Names.DnsLabel);
                    source.RequiredName("path", VolumeRules.Backsteps);
                    break;
                default:
                    source.Name("name", Names.DnsSubdomain);
                    source.RequiredName("key", Names.ConfigKey);
                    break;
            }
        }
        if (count == 0)
            variable.Invalid("valueFrom", "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        else if (variable.Text("value").Length > 0)
            variable.Invalid("valueFrom", "", "may not be specified when `value` is not empty");
        else if (count > 1)
            variable.Invalid("valueFrom", "", "may not have more than one field specified at a time");
    }

    private static void CheckFrom(FieldScope container, FieldScope source)
    {
        if (source.Text("prefix").Length > 0)
            source.Name("prefix", NameForms.EnvironmentVariable);
        var count = 0;
        foreach (var kind in (ReadOnlySpan<string>)["configMapRef", "secretRef"])
        {
            if (source.Child(kind) is not { } reference)
                continue;
            count++;
            // A reference's name is masked as if it were a prefix.
            if (reference.Text("name").Length == 0)
                reference.Required("name");
            else
                reference.Name("name", static name => Names.DnsSubdomain(name.EndsWith('-') ? $"{name[..^1]}a" : name));
        }
        if (count == 0)
            container.Invalid("envFrom", "", "must specify one of: `configMapRef` or `secretRef`");
        else if (count > 1)
            container.Invalid("envFrom", "", "may not have more than one field specified at a time");
    }
}
