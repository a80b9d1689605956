using System.Collections.Immutable;
using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>
/// What upstream asks its neighbours for when somebody lists componentstatuses: scheduler, controller manager and etcd. Here they live in this very process, and whoever gets an answer has
/// heard that it lives. Nothing of them is stored: they have no uid and no revision.
/// </summary>
internal sealed class ComponentStatuses
{
    public const string Plural = "componentstatuses";

    // Upstream's names and order, which is none of the alphabet's.
    private readonly ImmutableArray<StoredObject> components = [.. new[] { "scheduler", "controller-manager", "etcd-0" }.Select(Healthy)];

    public static bool Are(ServedResource resource) => resource is { Group: "", Plural: Plural };

    public ObjectBytes Get(ObjectTarget target) =>
        components.FirstOrDefault(c => c.Key.Name == target.Name) is { } found ? new(0, found.Bytes) : throw Refusals.NotFound(target.Group, target.Resource, target.Name);

    public ObjectListing List(ServedResource resource, ObjectTarget target, ListOptions options, long revision)
    {
        var filter = ObjectFilter.Parse(resource, target, options.LabelSelector, options.FieldSelector);
        return new(revision, [.. components.Where(filter.Matches).Select(c => new ObjectBytes(0, c.Bytes))], "", null);
    }

    private static StoredObject Healthy(string name) => new(
        new ObjectKey(Plural, "", name), 0, 0, 0,
        Encoding.UTF8.GetBytes($$$"""{"kind":"ComponentStatus","apiVersion":"v1","metadata":{"name":"{{{name}}}"},"conditions":[{"type":"Healthy","status":"True","message":"ok"}]}"""));
}
