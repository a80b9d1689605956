using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>A watch's body: one JSON object a line, <c>{"type":"MODIFIED","object":{…}}</c>.</summary>
internal static class WatchLines
{
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken ct)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(ct);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (!line.IsEmpty) yield return line.ToArray();
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) yield break; // what follows the last newline is a torn event: the next watch brings it again
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <exception cref="StatusException">The line is an ERROR: the server ends the watch, e.g. with 410 Expired.</exception>
    public static KubeEvent<T> Parse<T>(ResourceType<T> type, ReadOnlyMemory<byte> line)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var document = JsonDocument.Parse(line);
        var body = document.RootElement.GetProperty("object");
        var kind = document.RootElement.GetProperty("type").GetString();
        return kind switch
        {
            "ADDED" => Changed(ObjectEventType.Added),
            "MODIFIED" => Changed(ObjectEventType.Modified),
            "DELETED" => Changed(ObjectEventType.Deleted),
            "BOOKMARK" => new KubeEvent<T>(ObjectEventType.Bookmark, null, body.GetProperty("metadata").GetProperty("resourceVersion").GetString()!),
            "ERROR" => throw new StatusException(StatusReader.Read(500, JsonSerializer.SerializeToUtf8Bytes(body, BuiltInJson.Default.JsonElement))),
            _ => throw new InvalidDataException($"a watch of {type.Plural} sent an event of the unknown type \"{kind}\""),
        };

        KubeEvent<T> Changed(ObjectEventType change)
        {
            var obj = body.Deserialize(type.Json)!;
            return new KubeEvent<T>(change, obj, obj.Metadata.ResourceVersion);
        }
    }
}
