using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>resource.k8s.io (<c>pkg/apis/resource/v1/defaults.go</c>).</summary>
internal static class DeviceDefaults
{
    public static void Claim(JsonObject claim) => Requests(claim.Child("spec"));

    public static void Template(JsonObject template) => Requests(template.Child("spec")?.Child("spec"));

    /// <summary>Lists of values and mappings to the node's resources are behind gates that are off in upstream's releases.</summary>
    public static void Slice(JsonObject slice)
    {
        foreach (var device in slice.Child("spec")?.Objects("devices") ?? [])
        {
            device.Remove("nodeAllocatableResourceMappings");
            foreach (var (_, node) in device.Child("attributes") ?? [])
            {
                foreach (var list in (ReadOnlySpan<string>)["bools", "ints", "strings", "versions"])
                    (node as JsonObject)?.Remove(list);
            }
        }
    }

    private static void Requests(JsonObject? spec)
    {
        foreach (var request in spec?.Child("devices")?.Objects("requests") ?? [])
        {
            if (request.Child("exactly") is { } exactly)
                Count(exactly);
            foreach (var alternative in request.Objects("firstAvailable"))
                Count(alternative);
        }
    }

    private static void Count(JsonObject request)
    {
        request.Default("allocationMode", "ExactCount");
        if (request.Text("allocationMode") == "ExactCount")
            request.DefaultZero("count", 1);
    }
}
