using Dovetail.Machinery.Errors;

namespace Dovetail.Runtime.Engines;

internal static class Refusals
{
    /// <summary>The object is not there. A 404 that names no object tells that the kind is not served, which is an error.</summary>
    public static bool IsNotFound(this StatusException refusal, string name) =>
        refusal.Status is { Code: 404, Reason: "NotFound" } status && status.Name == name;
}
