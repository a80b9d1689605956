using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>resource.k8s.io ResourceClaim and ResourceClaimTemplate (<c>pkg/apis/resource/validation</c>).</summary>
internal static class ResourceClaimRules
{
    private const int MaxItems = 32;
    private const int MaxAlternatives = 8;
    private const string UnknownRequest = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

    private static readonly string[] Effects = ["NoExecute", "NoSchedule", "None"];

    public static void Check(FieldScope claim, JsonObject? old)
    {
        if (old is not null)
            claim.Unchanged("spec", old["spec"]);
        else
            CheckDevices(claim.Part("spec").Part("devices"));
    }

    public static void CheckTemplate(FieldScope template, JsonObject? old)
    {
        if (old is not null)
        {
            template.Unchanged("spec", old["spec"]);
            return;
        }
        var metadata = template.Part("spec").Part("metadata");
        ObjectMetaValidation.CheckAnnotations(metadata.Object.Child("annotations"), metadata.At("annotations"), metadata.Causes);
        metadata.Labels("labels");
        foreach (var field in (ReadOnlySpan<string>)["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "ownerReferences", "finalizers"])
        {
            if (metadata.Has(field))
                metadata.Forbidden(field == "uid" ? "uID" : field, "cannot be set"); // upstream goes by the names of Go's fields
        }
        CheckDevices(template.Part("spec").Part("spec").Part("devices"));
    }

    /// <summary>Every item of a list, unless there are too many to look at; then which of them are there twice.</summary>
    public static void CheckSet(FieldScope holder, string field, int most, Action<FieldScope> check, Func<FieldScope, string> key)
    {
        if (most >= 0 && holder.Count(field) > most)
        {
            holder.TooMany(field, holder.Count(field), most);
            return;
        }
        foreach (var item in holder.Each(field))
            check(item);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in holder.Each(field))
        {
            if (!keys.Add(key(item)))
                item.Duplicate("", key(item));
        }
    }

    /// <summary>References to requests, as constraints, configurations and results have them.</summary>
    private static void CheckReferences(FieldScope holder, HashSet<string> requests)
    {
        var names = holder.Values("requests");
        if (names.Count > MaxItems)
        {
            holder.TooMany("requests", names.Count, MaxItems);
            return;
        }
        for (var i = 0; i < names.Count; i++)
            CheckReference(holder, $"requests[{i}]", names[i], requests);
        for (var i = 0; i < names.Count; i++)
        {
            if (names.IndexOf(names[i]) < i)
                holder.Duplicate($"requests[{i}]", names[i]);
        }
    }

    private static void CheckReference(FieldScope holder, string field, string name, HashSet<string> requests)
    {
        var segments = name.Split('/');
        foreach (var segment in segments.Length > 2 ? [] : segments)
        {
            if (Names.DnsLabel(segment) is { } wrong)
                holder.Invalid(field, segment, wrong);
        }
        if (segments.Length > 2 || !requests.Contains(name))
            holder.Invalid(field, name, UnknownRequest);
    }

    private static void CheckDevices(FieldScope devices)
    {
        CheckSet(devices, "requests", MaxItems, CheckRequest, static r => r.Text("name"));
        var requests = RequestNames(devices);
        CheckList(devices, "constraints", constraint =>
        {
            CheckReferences(constraint, requests);
            CheckAttribute(constraint);
        });
        CheckList(devices, "config", configuration =>
        {
            CheckReferences(configuration, requests);
            DeviceClassRules.CheckConfiguration(configuration);
        });
    }

    private static void CheckList(FieldScope holder, string field, Action<FieldScope> check)
    {
        if (holder.Count(field) > MaxItems)
        {
            holder.TooMany(field, holder.Count(field), MaxItems);
            return;
        }
        foreach (var item in holder.Each(field))
            check(item);
    }

    private static HashSet<string> RequestNames(FieldScope devices)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var request in devices.Each("requests"))
        {
            names.Add(request.Text("name"));
            foreach (var alternative in request.Each("firstAvailable"))
                names.Add($"{request.Text("name")}/{alternative.Text("name")}");
        }
        return names;
    }

    private static void CheckRequest(FieldScope request)
    {
        request.Name("name", Names.DnsLabel);
        var (several, exactly) = (request.Count("firstAvailable") > 0, request.Child("exactly"));
        if (!several && exactly is null)
            request.Required("", "exactly one of `exactly` or `firstAvailable` is required");
        else if (several && exactly is not null)
            request.Invalid("", null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
        else if (exactly is { } one)
            CheckDevice(one);
        else
        {
            CheckSet(
                request, "firstAvailable", MaxAlternatives,
                static alternative =>
                {
                    alternative.Name("name", Names.DnsLabel);
                    CheckDevice(alternative);
                },
                static alternative => alternative.Text("name"));
        }
    }

    private static void CheckDevice(FieldScope request)
    {
        request.RequiredName("deviceClassName", Names.DnsSubdomain);
        DeviceClassRules.CheckSelectors(request);
        var (mode, count) = (request.Text("allocationMode"), request.Whole("count"));
        if (mode == "All" && count != 0)
            request.Invalid("count", count, "must not be specified when allocationMode is 'All'");
        else if (mode == "ExactCount" && count <= 0)
            request.Invalid("count", count, "must be greater than zero");
        else
            request.OneOf("allocationMode", "All", "ExactCount");
        foreach (var toleration in request.Each("tolerations"))
            CheckToleration(toleration);
    }

    private static void CheckToleration(FieldScope toleration)
    {
        if (toleration.Text("key").Length > 0)
            toleration.Name("key", Names.QualifiedName);
        switch (toleration.Text("operator"))
        {
            case "Exists":
                if (toleration.Text("value").Length > 0)
                    toleration.Invalid("value", "must be empty for operator `Exists`");
                break;
            case "Equal":
                toleration.Name("value", Names.LabelValue);
                break;
            default:
                toleration.RequiredOneOf("operator", "Equal", "Exists");
                break;
        }
        if (toleration.Text("effect").Length > 0)
            toleration.OneOf("effect", Effects);
    }

    private static void CheckAttribute(FieldScope constraint)
    {
        var field = constraint.Has("matchAttribute") ? "matchAttribute" : "distinctAttribute";
        if (!constraint.Has(field))
        {
            constraint.Required("", "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set"); // upstream's words for none
            return;
        }
        DeviceNames.CheckQualified(constraint, field, constraint.Text(field));
        if (!constraint.Text(field).Contains('/', StringComparison.Ordinal))
            constraint.Invalid(field, "a fully qualified name must be a domain and a name separated by a slash");
    }
}
