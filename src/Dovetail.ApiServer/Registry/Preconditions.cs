using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>What a client demands of the object that its request meets (<c>metav1.Preconditions</c>); "" demands nothing.</summary>
internal readonly record struct Preconditions(string Uid, string ResourceVersion)
{
    public static Preconditions Of(DeleteOptions options) => new(options.PreconditionUid, options.PreconditionResourceVersion);

    /// <summary>Those that an object of a request carries in its own metadata.</summary>
    public static Preconditions In(JsonObject obj) => new(obj.Metadata().Text("uid"), obj.Metadata().Text("resourceVersion"));

    /// <exception cref="StatusException">409: another object of the name, or another state of it.</exception>
    public void Require(ObjectTarget target, JsonObject present)
    {
        var (uid, revision) = (present.Metadata().Text("uid"), present.Metadata().Text("resourceVersion"));
        if (Uid.Length > 0 && Uid != uid) throw Failed(target, "UID", Uid, uid);
        if (ResourceVersion.Length > 0 && ResourceVersion != revision) throw Failed(target, "ResourceVersion", ResourceVersion, revision);
    }

    private static StatusException Failed(ObjectTarget target, string what, string asked, string present) =>
        Refusals.Conflict(target.Group, target.Resource, target.Name, $"Precondition failed: {what} in precondition: {asked}, {what} in object meta: {present}");
}
