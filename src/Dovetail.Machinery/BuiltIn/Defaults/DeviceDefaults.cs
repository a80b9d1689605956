using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>resource.k8s.io (<c>pkg/apis/resource/v1/defaults.go</c>).</summary>
internal static class DeviceDefaults
{
    public static void Claim(JsonObject claim) => Requests(claim.Child("spec"));

    public static void Template(JsonObject template) => Requests(template.Child("spec")?.Child("spec"));

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
