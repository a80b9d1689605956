using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Bootstrap;

/// <summary>An object that the API server itself answers for.</summary>
/// <param name="Group">"" for core.</param>
/// <param name="Version">The version that <paramref name="Object"/> is written in.</param>
/// <param name="Resource">The plural.</param>
/// <param name="Object">The object; kind and apiVersion may be absent.</param>
public sealed record SystemObject(string Group, string Version, string Resource, JsonObject Object)
{
    private static readonly WriteOptions Options = new() { FieldManager = "kube-apiserver" };
    private static readonly UserInfo User = UserInfo.Component("apiserver");

    private ObjectTarget Target => new() { User = User, Group = Group, Version = Version, Resource = Resource, Namespace = Object.Metadata().Text("namespace") };

    /// <summary>Whether the fields that it names are brought back to what they are here at each start; otherwise what users have made of it stays.</summary>
    public bool Repaired { get; init; }

    internal Task EnsureAsync(IObjectApi api, CancellationToken ct) => Repaired ? RepairAsync(api, ct) : CreateIfMissingAsync(api, ct);

    /// <summary>Creates it when it is missing. What users have made of it stays.</summary>
    internal async Task CreateIfMissingAsync(IObjectApi api, CancellationToken ct)
    {
        try
        {
            await api.GetAsync(Target with { Name = Object.Metadata().Text("name") }, "", ct);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            await CreateAsync(api, ct);
        }
    }

    /// <summary>Creates it, or brings the fields that it names back to what they are here. Nothing is written when nothing differs.</summary>
    internal async Task RepairAsync(IObjectApi api, CancellationToken ct)
    {
        try
        {
            await api.PatchAsync(Target with { Name = Object.Metadata().Text("name") }, PatchType.Merge, ObjectRenderer.Bytes(Object), Options, ct);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            await CreateAsync(api, ct);
        }
    }

    private async Task CreateAsync(IObjectApi api, CancellationToken ct)
    {
        try
        {
            await api.CreateAsync(Target, ObjectRenderer.Bytes(Object), Options, ct);
        }
        catch (StatusException e) when (e.Status.Reason == "AlreadyExists")
        {
            // Somebody else was faster.
        }
    }
}
