using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Cli.Api;

namespace Dovetail.Cli.Backup;

/// <summary>One file of a backup.</summary>
internal sealed record BackupFile(string Path, long Size, string Sha256);

/// <summary>The first entry of a backup: what it holds and how to tell that it is whole.</summary>
internal sealed record BackupManifest(int Format, string Version, string Created, long Revision, ImmutableArray<BackupFile> Files)
{
    public const string EntryName = "manifest.json";
    public const string Kind = "DovetailBackup";

    /// <summary>The layout that this program writes and reads.</summary>
    public const int CurrentFormat = 1;

    public byte[] ToJson()
    {
        var json = new JsonObject
        {
            ["kind"] = Kind,
            ["format"] = Format,
            ["version"] = Version,
            ["created"] = Created,
            ["revision"] = Revision,
            ["files"] = new JsonArray([.. Files.Select(file => new JsonObject { ["path"] = file.Path, ["size"] = file.Size, ["sha256"] = file.Sha256 })]),
        };
        return JsonText.Bytes(json, indented: true);
    }

    /// <exception cref="InvalidDataException">It is no manifest, or a newer program wrote it; the message says which.</exception>
    public static BackupManifest Parse(byte[] text)
    {
        try
        {
            var json = (JsonObject)JsonNode.Parse(text)!;
            if (json["kind"]?.ToString() != Kind) throw new InvalidDataException("it is no backup of Dovetail's");
            var format = json["format"]!.GetValue<int>();
            if (format > CurrentFormat)
                throw new InvalidDataException($"it has backup format {format}, written by Dovetail {json["version"]}; this program reads formats up to {CurrentFormat}. Restore it with the newer program.");
            return new(
                format,
                json["version"]!.ToString(),
                json["created"]!.ToString(),
                json["revision"]!.GetValue<long>(),
                [.. ((JsonArray)json["files"]!).Select(file => new BackupFile(file!["path"]!.ToString(), file["size"]!.GetValue<long>(), file["sha256"]!.ToString()))]);
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("its manifest cannot be read", e);
        }
    }
}
