using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>
/// Parses each revision once. The store keeps one byte array for each revision and never changes it, so the array itself is the key; when the store lets go
/// of the array, the parsed object goes with it.
/// </summary>
public sealed class ParsedRevisions
{
    private readonly ConditionalWeakTable<byte[], object> parsed = [];

    public T Parse<T>(ResourceType<T> type, ObjectBytes bytes)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        // Heads are read of every object there is by those who keep the few that concern them: remembered, they would cost more memory than the objects.
        if (typeof(T) == typeof(PartialObject)) return Read(type, bytes);
        // Only an array that is the whole object stands for a revision; a slice of a larger buffer may share its array with others.
        if (!MemoryMarshal.TryGetArray(bytes.Json, out var segment) || segment.Offset != 0 || segment.Count != segment.Array!.Length) return Read(type, bytes);
        if (parsed.TryGetValue(segment.Array, out var known)) return known as T ?? Read(type, bytes);
        var obj = Read(type, bytes);
        return parsed.GetOrAdd(segment.Array, obj) as T ?? obj;
    }

    private static T Read<T>(ResourceType<T> type, ObjectBytes bytes)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var obj = JsonSerializer.Deserialize(bytes.Json.Span, type.Json) ?? throw new InvalidDataException($"a {type.Kind} is JSON null");
        obj.ApiVersion ??= type.ApiVersion;
        obj.Kind ??= type.Kind;
        return obj;
    }
}
