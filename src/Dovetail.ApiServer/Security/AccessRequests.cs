using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Selectors;

namespace Dovetail.ApiServer.Security;

/// <summary>What a request to a resource asks for, as upstream's request info has it.</summary>
internal static class AccessRequests
{
    /// <param name="target">The resource, and the object of it.</param>
    /// <param name="verb">get, list, watch, …</param>
    /// <param name="fieldSelector">Of lists and watches; one that demands a name counts as naming the object, so that a right to one object serves to watch it.</param>
    public static AccessRequest Of(ObjectTarget target, string verb, string fieldSelector) => new()
    {
        User = target.User,
        Verb = verb,
        Group = target.Group,
        Resource = target.Resource,
        Subresource = target.Subresource,
        // A namespace counts as being in itself.
        Namespace = target is { Group: "", Resource: "namespaces", Name.Length: > 0 } ? target.Name : target.Namespace,
        Name = target.Name.Length == 0 && fieldSelector.Length > 0 ? NameIn(fieldSelector) : target.Name,
        FieldSelector = fieldSelector,
    };

    private static string NameIn(string fieldSelector)
    {
        try
        {
            return FieldSelector.Parse(fieldSelector).RequiredValue("metadata.name") ?? "";
        }
        catch (FormatException)
        {
            // The list says what is wrong with it.
            return "";
        }
    }
}
