using System.Text.Json;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>Reads <c>{"metadata":{"resourceVersion":"…"},"items":[…]}</c>; items of built-in lists carry no kind, so it is put in.</summary>
internal static class ListReader
{
    public static KubeList<T> Read<T>(ResourceType<T> type, byte[] body)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var document = JsonDocument.Parse(body);
        var items = new List<T>();
        if (document.RootElement.TryGetProperty("items", out var array) && array.ValueKind == JsonValueKind.Array)
            foreach (var item in array.EnumerateArray())
            {
                var obj = item.Deserialize(type.Json)!;
                if (string.IsNullOrEmpty(obj.ApiVersion)) obj.ApiVersion = type.ApiVersion;
                if (string.IsNullOrEmpty(obj.Kind)) obj.Kind = type.Kind;
                items.Add(obj);
            }

        return new KubeList<T>(document.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!, items);
    }
}
