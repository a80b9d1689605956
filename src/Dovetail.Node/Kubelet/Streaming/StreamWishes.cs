using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>Which streams a client of exec or attach wants, by the kubelet's own parameters (<c>input=1&amp;output=1&amp;error=1&amp;tty=1</c>).</summary>
internal sealed record StreamWishes(bool Input, bool Output, bool Error, bool Terminal)
{
    /// <summary>Null: none is wanted. A terminal shows errors with the rest.</summary>
    public static StreamWishes? Of(IQueryCollection query)
    {
        var terminal = query["tty"] == "1";
        var wishes = new StreamWishes(query["input"] == "1", query["output"] == "1", query["error"] == "1" && !terminal, terminal);
        return wishes is { Input: false, Output: false, Error: false } ? null : wishes;
    }
}

/// <summary>Documents <c>{"Width":80,"Height":24}</c>, one after the other, as clients send a terminal's size.</summary>
internal static class TerminalSizes
{
    public static Channel<TerminalSize> Channel() => System.Threading.Channels.Channel.CreateBounded<TerminalSize>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Null: it is none.</summary>
    public static TerminalSize? Parse(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var json = JsonDocument.ParseValue(ref reader);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("Width", out var width) && json.RootElement.TryGetProperty("Height", out var height)
                ? new TerminalSize(width.GetUInt16(), height.GetUInt16()) : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
