using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>ConfigMaps and Secrets (<c>pkg/apis/core/validation</c>).</summary>
internal static class DataRules
{
    /// <summary>All values together, in bytes.</summary>
    private const long MaxSize = 1024 * 1024;

    public static void CheckConfigMap(FieldScope map, JsonObject? old)
    {
        var binary = map.Object.Child("binaryData");
        var size = CheckKeys(map, "data", decoded: false) + CheckKeys(map, "binaryData", decoded: true);
        foreach (var (key, _) in map.Object.Child("data") ?? [])
        {
            if (binary?.ContainsKey(key) == true)
                map.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
        }
        if (size > MaxSize)
            map.TooLong("[]", MaxSize);
        CheckImmutable(map, old, "data", "binaryData");
    }

    public static void CheckSecret(FieldScope secret, JsonObject? old)
    {
        var data = secret.Object.Child("data");
        var type = secret.Text("type");
        if (CheckKeys(secret, "data", decoded: true) > MaxSize)
            secret.TooLong("data", MaxSize);
        foreach (var key in RequiredKeys(type))
        {
            if (data?.ContainsKey(key) != true)
                secret.Required($"data[{key}]");
        }
        foreach (var key in (ReadOnlySpan<string>)[".dockerconfigjson", ".dockercfg"])
        {
            if (type == $"kubernetes.io/{key[1..]}" && data is not null && WrongJson(data.Text(key)) is { } wrong)
                secret.Invalid($"data[{key}]", "<secret contents redacted>", wrong);
        }
        if (type == "kubernetes.io/basic-auth" && data?.ContainsKey("username") != true && data?.ContainsKey("password") != true)
        {
            secret.Required("data[username]");
            secret.Required("data[password]");
        }
        if (type == "kubernetes.io/service-account-token" && secret.Part("metadata").Part("annotations").Text("kubernetes.io/service-account.name").Length == 0)
            secret.Required("metadata.annotations[kubernetes.io/service-account.name]");
        if (old is not null)
            secret.Unchanged("type", old["type"]);
        CheckImmutable(secret, old, "data");
    }

    /// <summary>An object marked immutable stays so, with its data.</summary>
    private static void CheckImmutable(FieldScope obj, JsonObject? old, params ReadOnlySpan<string> fields)
    {
        if (old is null || !old.IsTrue("immutable"))
            return;
        if (!obj.IsTrue("immutable"))
            obj.Forbidden("immutable", "field is immutable when `immutable` is set");
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(obj.Object[field], old[field]))
                obj.Forbidden(field, "field is immutable when `immutable` is set");
        }
    }

    /// <summary>What Go says about data that begins like no JSON; null when it is JSON.</summary>
    private static string? WrongJson(string base64)
    {
        try
        {
            var bytes = Convert.FromBase64String(base64);
            using var parsed = JsonDocument.Parse(bytes);
            return null;
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(base64)).TrimStart();
            return text.Length == 0 || text[0] is '{' or '[' or '"' ? "unexpected end of JSON input" : $"invalid character '{text[0]}' looking for beginning of value";
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string[] RequiredKeys(string type) => type switch
    {
        "kubernetes.io/tls" => ["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
        "kubernetes.io/dockercfg" => [".dockercfg"],
        "kubernetes.io/ssh-auth" => ["ssh-privatekey"],
        _ => [],
    };

    /// <summary>Checks every key; answers the size of the values.</summary>
    private static long CheckKeys(FieldScope obj, string field, bool decoded)
    {
        var size = 0L;
        foreach (var (key, node) in obj.Object.Child(field) ?? [])
        {
            if (Names.ConfigKey(key) is { } wrong)
                obj.Invalid($"{field}[{key}]", key, wrong);
            if (node is JsonValue value && value.TryGetValue(out string? text))
                size += decoded ? text.Length / 4 * 3 : Encoding.UTF8.GetByteCount(text);
        }
        return size;
    }
}
