using Dovetail.ApiServer.Registry.Pods;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Registry;

/// <summary>The subresources that are created and speak another kind than their object: binding and eviction of pods, tokens of service accounts.</summary>
internal sealed class Subresources(PodBindings bindings, PodEvictions evictions, TokenRequests tokens)
{
    /// <summary>What a binding and an eviction answer.</summary>
    public static ReadOnlyMemory<byte> Success { get; } = """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}"""u8.ToArray();

    public ValueTask<WriteResult> CreateAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct) => (write.Resource.StoreName, write.Target.Subresource) switch
    {
        ("pods", "binding") => bindings.BindAsync(write, json, ownership, ct),
        ("pods", "eviction") => evictions.EvictAsync(write, json, ownership, ct),
        ("serviceaccounts", "token") => tokens.CreateAsync(write, json, ct),
        _ => throw Refusals.UnknownResource(),
    };

    /// <summary>A binding that is no subresource: the kind Binding itself.</summary>
    public ValueTask<WriteResult> BindAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct) => bindings.BindAsync(write, json, ownership, ct);
}
