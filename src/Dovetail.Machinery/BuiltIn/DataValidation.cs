using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Validation of ConfigMaps and Secrets.</summary>
internal static class DataValidation
{
    /// <summary>All values together, in bytes.</summary>
    private const long MaxSize = 1024 * 1024;

    public static void CheckConfigMap(JsonObject map, List<StatusCause> causes)
    {
        var (data, binary) = (map.Child("data"), map.Child("binaryData"));
        var size = CheckKeys(data, "data", decoded: false, causes) + CheckKeys(binary, "binaryData", decoded: true, causes);
        foreach (var (key, _) in data ?? [])
        {
            if (binary?.ContainsKey(key) == true)
                causes.Add(FieldErrors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData"));
        }
        if (size > MaxSize)
            causes.Add(FieldErrors.TooLong("[]", MaxSize));
    }

    public static void CheckSecret(JsonObject secret, List<StatusCause> causes)
    {
        var data = secret.Child("data");
        if (CheckKeys(data, "data", decoded: true, causes) > MaxSize)
            causes.Add(FieldErrors.TooLong("data", MaxSize));
        foreach (var key in RequiredKeys(secret.Text("type")))
        {
            if (data?.ContainsKey(key) != true)
                causes.Add(FieldErrors.Required($"data[{key}]"));
        }
        foreach (var key in (ReadOnlySpan<string>)[".dockerconfigjson", ".dockercfg"])
        {
            if (secret.Text("type") == $"kubernetes.io/{key[1..]}" && data is not null && WrongJson(data.Text(key)) is { } wrong)
                causes.Add(FieldErrors.Invalid($"data[{key}]", "<secret contents redacted>", wrong));
        }
        if (secret.Text("type") == "kubernetes.io/basic-auth" && data?.ContainsKey("username") != true && data?.ContainsKey("password") != true)
        {
            causes.Add(FieldErrors.Required("data[username]"));
            causes.Add(FieldErrors.Required("data[password]"));
        }
        if (secret.Text("type") == "kubernetes.io/service-account-token" && (secret.Child("metadata")?.Child("annotations")?.Text("kubernetes.io/service-account.name") ?? "").Length == 0)
            causes.Add(FieldErrors.Required("metadata.annotations[kubernetes.io/service-account.name]"));
    }

    /// <summary>An object marked immutable stays so, with its data.</summary>
    public static void CheckImmutable(JsonObject obj, JsonObject old, ReadOnlySpan<string> fields, List<StatusCause> causes)
    {
        if (!old.IsTrue("immutable"))
            return;
        if (!obj.IsTrue("immutable"))
            causes.Add(FieldErrors.Forbidden("immutable", "field is immutable when `immutable` is set"));
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(obj[field], old[field]))
                causes.Add(FieldErrors.Forbidden(field, "field is immutable when `immutable` is set"));
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
    private static long CheckKeys(JsonObject? data, string path, bool decoded, List<StatusCause> causes)
    {
        var size = 0L;
        foreach (var (key, node) in data ?? [])
        {
            if (Names.ConfigKey(key) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{path}[{key}]", key, wrong));
            if (node is JsonValue value && value.TryGetValue(out string? text))
                size += decoded ? text.Length / 4 * 3 : Encoding.UTF8.GetByteCount(text);
        }
        return size;
    }
}
