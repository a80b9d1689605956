using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Secrets: <c>stringData</c> is only ever written, as base64 into <c>data</c>; nothing of a deleted secret stays in history.</summary>
internal sealed class SecretStrategy : ResourceStrategy
{
    public override bool PurgesHistory => true;

    public override void Redact(JsonObject obj)
    {
        obj.Remove("data");
        // What kubectl apply has written there is the whole object, values included.
        obj.Metadata().Child("annotations")?.Remove("kubectl.kubernetes.io/last-applied-configuration");
    }

    public override void PrepareForCreate(ServedResource resource, JsonObject obj) => FoldStringData(obj);

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource) => FoldStringData(obj);

    private static void FoldStringData(JsonObject obj)
    {
        // What is no text is left for the decoder to refuse; null is the empty text, as Go reads it.
        if (obj["stringData"] is not JsonObject plain || plain.Any(p => p.Value is not null && p.Value.GetValueKind() != JsonValueKind.String)) return;
        var data = obj.Child("data") ?? [];
        foreach (var (name, _) in plain) data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(plain.Text(name)));
        obj.Remove("stringData");
        if (data.Count > 0) obj["data"] = data;
    }
}
