using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Conversion between the versions of a built-in resource whose fields differ. All other versions of one resource differ in apiVersion only.</summary>
public static class VersionConversion
{
    private const string EventsGroup = "events.k8s.io";

    /// <summary>Whether what is stored has other fields than this version.</summary>
    public static bool IsNeeded(BuiltInResource resource) => resource is { Group: "autoscaling", Version: "v1" } or { Group: EventsGroup };

    /// <summary>Turns an object of this version into the stored one, in place; apiVersion is left to the writer.</summary>
    public static void ToStored(BuiltInResource resource, JsonObject obj)
    {
        if (resource.Group == EventsGroup)
            EventConversion.ToCore(obj);
        else if (IsNeeded(resource))
            HorizontalPodAutoscalerConversion.FromV1(obj);
    }

    /// <summary>Turns a stored object into one of this version, in place.</summary>
    public static void FromStored(BuiltInResource resource, JsonObject obj)
    {
        if (resource.Group == EventsGroup)
            EventConversion.FromCore(obj);
        else if (IsNeeded(resource))
            HorizontalPodAutoscalerConversion.ToV1(obj);
    }
}
