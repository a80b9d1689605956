using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Http;

/// <summary>Bodies in YAML.</summary>
internal static class YamlBody
{
    /// <exception cref="Machinery.Errors.StatusException">400: no YAML.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> yaml)
    {
        _ = yaml;
        throw Refusals.BadRequest("YAML bodies are not read yet");
    }
}
